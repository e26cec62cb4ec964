// What /_lastsync/health says of Redis in each of its conditions.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { freePort, startStack, until } = require('../lib/stack');
const { Redis } = require('../lib/redis');
const { request } = require('../lib/raw');
const { create, redisAnswers } = require('./common');
const { RedisRelay } = require('./relay');

const DURABLE = ['--require-durable'];

const lives = []; // the answers of `live`

async function withStack(options, use) {
  const stack = await startStack(options);
  try {
    await use(stack);
    for (const { status, json } of lives.splice(0)) assert.deepEqual([status, json], [200, { status: 'live' }]);
  } finally {
    await stack.stop();
  }
}

// The answer of `ready`, which is JSON with any status; meanwhile `live` must answer that it lives.
async function readiness(stack) {
  const [live, ready] = await Promise.all(['live', 'ready'].map((name) =>
    request(stack, 'GET', `/_lastsync/health/${name}`)));
  lives.push(live); // the test asserts it in the end, because a wait takes a failure for "not yet"
  assert.equal(ready.headers['content-type'], 'application/json');
  assert.equal(ready.json.status, ready.status === 200 ? 'ready' : 'not_ready');
  assert.equal(ready.json.problems.length === 0, ready.status === 200, ready.text);
  const head = await request(stack, 'HEAD', '/_lastsync/health/ready');
  assert.equal(head.status, ready.status);
  return { code: ready.status, ...ready.json };
}

async function expectReady(stack) {
  const ready = await readiness(stack);
  assert.equal(ready.code, 200, JSON.stringify(ready));
  return ready;
}

// Not ready, for one reason, which matches the pattern.
async function expectProblem(stack, pattern) {
  const ready = await readiness(stack);
  assert.equal(ready.code, 503, JSON.stringify(ready));
  assert.equal(ready.problems.length, 1, JSON.stringify(ready));
  assert.match(ready.problems[0], pattern);
  return ready;
}

// May lose data: a warning, or with --require-durable a problem.
async function expectLoss(stack, durable, pattern) {
  const ready = durable ? await expectProblem(stack, pattern) : await expectReady(stack);
  assert.equal(ready.durable, false);
  assert.equal(ready.warnings.length, durable ? 0 : 1, JSON.stringify(ready));
  if (!durable) assert.match(ready.warnings[0], pattern);
  return ready;
}

test('all is well', () => withStack({ options: DURABLE }, async (stack) => {
  const { redis, ...ready } = await expectReady(stack);
  assert.deepEqual(ready, { code: 200, status: 'ready', durable: true, problems: [], warnings: [],
    schema_version: '2' });
  const { milliseconds, version, ...rest } = redis;
  assert.equal(milliseconds >= 0 && milliseconds < 1000, true);
  assert.match(version, /^\d+\.\d+/);
  assert.deepEqual(rest, { connected: true, role: 'master', loading: false, aof_enabled: true,
    aof_last_write_status: 'ok', rdb_last_bgsave_status: 'ok', maxmemory_policy: 'noeviction',
    connected_replicas: 0 });
  const posted = await request(stack, 'POST', '/_lastsync/health/ready');
  assert.equal(posted.status, 405);
}));

for (const durable of [false, true]) {
  const options = durable ? DURABLE : [];
  const how = durable ? 'with --require-durable' : 'without --require-durable';

  test(`no append-only file, an evicting policy, ${how}`, () =>
    withStack({ options }, async (stack) => {
      await stack.redisCommand('CONFIG', 'SET', 'appendonly', 'no');
      await expectLoss(stack, durable, /append-only/);
      await stack.redisCommand('CONFIG', 'SET', 'appendonly', 'yes');
      await until(async () => /aof_rewrite_in_progress:0/.test(
        await stack.redisCommand('INFO', 'persistence')), 'the file to be written');
      for (const policy of ['allkeys-lru', 'allkeys-random', 'allkeys-lfu']) {
        await stack.redisCommand('CONFIG', 'SET', 'maxmemory-policy', policy);
        const { redis } = await expectLoss(stack, durable, /evict/);
        assert.equal(redis.maxmemory_policy, policy);
      }
      await stack.redisCommand('CONFIG', 'SET', 'maxmemory-policy', 'volatile-lru');
      assert.equal((await expectReady(stack)).durable, true);
    }));

  test(`INFO is not permitted, ${how}`, () => withStack({ options }, async (stack) => {
    await stack.redisCommand('ACL', 'SETUSER', 'default', '-info');
    const { redis } = await expectLoss(stack, durable, /\+info/);
    assert.deepEqual(Object.keys(redis), ['connected', 'milliseconds']);
    await stack.redisCommand('ACL', 'SETUSER', 'default', '+info');
    assert.equal((await expectReady(stack)).durable, true);
  }));
}

test('Redis is full', () => withStack({}, async (stack) => {
  await stack.redisCommand('CONFIG', 'SET', 'maxmemory', '1');
  assert.equal((await create(stack, 'c1')).status, 503);
  await expectProblem(stack, /memory is full/);
  await stack.redisCommand('CONFIG', 'SET', 'maxmemory', '1gb');
  await expectReady(stack);
}));

// INFO's text in a piece of replies, with other numbers: no test has a Redis of that size.
function altered(data, numbers) {
  const text = data.toString('latin1');
  const [head, length] = /\$(\d+)\r\n(?=# )/.exec(text) || [];
  if (!head) return data;
  const start = text.indexOf(head) + head.length;
  const end = start + Number(length);
  const info = Object.entries(numbers).reduce(
    (all, [name, number]) => all.replace(new RegExp(`^${name}:.*$`, 'm'), `${name}:${number}`), text.slice(start, end));
  return Buffer.from(`${text.slice(0, start - head.length)}$${info.length}\r\n${info}${text.slice(end)}`, 'latin1');
}

test('a large Redis is full', () => withStack({}, async (stack) => {
  const relay = await RedisRelay.before(stack, 0);
  const GB = 2 ** 30;
  relay.alter = (data) => altered(data, { maxmemory: 4 * GB, used_memory: 4 * GB + 1, mem_not_counted_for_evict: 0 });
  await expectProblem(stack, /memory is full/);
  relay.alter = (data) => altered(data, { maxmemory: 4 * GB, used_memory: 6 * GB, mem_not_counted_for_evict: 2 * GB });
  await expectReady(stack);
  relay.close();
}));

test('Redis is a replica', () => withStack({}, async (stack) => {
  await stack.redisCommand('REPLICAOF', '127.0.0.1', '1');
  const { redis } = await expectProblem(stack, /replica/);
  assert.equal(redis.role, 'replica');
  assert.equal(redis.master_link_status, 'down');
  await stack.redisCommand('REPLICAOF', 'NO', 'ONE');
  await expectReady(stack);
}));

test('Redis has a replica', () => withStack({}, async (stack) => {
  const replica = await startStack({ nginx: false });
  try {
    const port = await freePort();
    await stack.redisCommand('CONFIG', 'SET', 'port', port);
    await replica.redisCommand('REPLICAOF', '127.0.0.1', port);
    await until(async () => (await expectReady(stack)).redis.connected_replicas === 1,
      'the replica to be counted');
  } finally {
    await replica.stop();
  }
}));

test('Redis is away, and hangs, and comes back', () => withStack({}, async (stack) => {
  await stack.redis.stop();
  const { redis, durable } = await expectProblem(stack, /does not answer/);
  assert.deepEqual(redis, { connected: false });
  assert.equal(durable, false);
  await stack.redis.start();
  await until(async () => (await readiness(stack)).code === 200, 'it to be ready', 1000);
  stack.redis.signal('SIGSTOP');
  const began = performance.now();
  await expectProblem(stack, /does not answer/);
  assert.equal(performance.now() - began < 4000, true);
  stack.redis.signal('SIGCONT');
  await until(async () => (await readiness(stack)).code === 200, 'it to be ready', 1000);
}));

test('Redis loads its data', async () => {
  const slowly = ['--enable-debug-command', 'yes', '--key-load-delay', '100',
    '--loading-process-events-interval-bytes', '1024'];
  await withStack({ redis: slowly }, async (stack) => {
    await stack.redisCommand('DEBUG', 'POPULATE', '12000', 'ballast', '64');
    await stack.redisCommand('BGREWRITEAOF');
    await until(async () => /aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/.test(
      await stack.redisCommand('INFO', 'persistence')), 'the data to be written');
    await stack.redis.stop();
    await stack.redis.start({ wait: false });
    const loading = await until(async () => {
      const ready = await readiness(stack);
      return ready.redis.loading && ready;
    }, 'Redis to be asked', 5000, 1);
    assert.equal(loading.code, 503);
    assert.deepEqual(loading.problems.filter((problem) => !/loading/.test(problem)), []);
    await redisAnswers(stack);
    await until(() => expectReady(stack), 'both workers to be ready');
  });
});

test('Redis could not write its snapshot', () => withStack({ options: DURABLE }, async (stack) => {
  fs.mkdirSync(path.join(stack.directory, 'redis', 'dump.rdb'));
  await stack.redisCommand('BGSAVE');
  const ready = await until(async () => {
    const seen = await readiness(stack);
    return seen.redis.rdb_last_bgsave_status === 'err' && seen;
  }, 'the snapshot to fail');
  assert.equal(ready.code, 200);
  assert.match(ready.warnings[0], /snapshot/);
}));

test('the schema has a version', () => withStack({ options: ['--key-prefix', 'p:'] },
  async (stack) => {
    await stack.redisCommand('HSET', 'lastsync:schema', 'version', '7');
    await expectReady(stack);
    await stack.redisCommand('HSET', 'p:lastsync:schema', 'version', '2');
    assert.equal((await expectReady(stack)).schema_version, '2');
    for (const version of ['1', '3', 'two', '']) {
      await stack.redisCommand('HSET', 'p:lastsync:schema', 'version', version);
      await expectProblem(stack, /schema/);
    }
    await stack.redisCommand('DEL', 'p:lastsync:schema');
    await stack.redisCommand('SET', 'p:lastsync:schema', 'foreign');
    await expectReady(stack);
  }));

test('Redis does not let lastsync in', () => withStack({}, async (stack) => {
  const operator = await Redis.connect(stack.redisSocket);
  await operator.command('CONFIG', 'SET', 'requirepass', 'secret');
  await operator.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(() => expectProblem(stack, /let lastsync in/), 'the lack of a password to show');
  await operator.command('CONFIG', 'SET', 'requirepass', '');
  await until(async () => (await readiness(stack)).code === 200, 'it to be ready', 1000);
  operator.close();
}));
