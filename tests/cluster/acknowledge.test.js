// acknowledge-replicas: a write is acknowledged once replicas have it, or its answer is 503.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { startCommand } = require('../lib/command');
const { Redis, takesWrites } = require('../lib/redis');
const { request } = require('../lib/raw');
const { freePort, startStack, until } = require('../lib/stack');
const { Reporters } = require('./reporters');

const TIMEOUT = ['--acknowledge-timeout', '200'];

// A stack whose Redis has replicas, each with `port` and `program`. `use` gets the stack, the replicas, the port of
// the primary, and a function that adds a replica.
async function withReplicas(count, options, use) {
  const port = await freePort();
  const stack = await startStack({ ...options, redis: ['--bind', '127.0.0.1', '--port', String(port),
    '--repl-diskless-sync-delay', '0'] });
  const replicas = [];
  const add = async () => {
    const own = await freePort();
    const name = `replica-${replicas.length}`;
    const directory = path.join(stack.directory, name);
    fs.mkdirSync(directory);
    const program = stack.program(name, () => [process.env.REDIS_SERVER || 'redis-server',
      '--bind', '127.0.0.1', '--port', String(own), '--dir', directory, '--save', '', '--replicaof', '127.0.0.1', String(port)],
    async () => (await one(own, 'ROLE'))[3] === 'connected');
    replicas.push({ port: own, program });
    await program.start();
    await until(() => takesWrites(port, replicas.length), 'all replicas to follow');
  };
  try {
    while (replicas.length < count) await add();
    await use(stack, replicas, port, add);
  } finally {
    for (const { program } of replicas) {
      if (program.pid) program.signal('SIGCONT');
      await program.stop('SIGKILL');
    }
    await stack.stop();
  }
}

async function one(port, ...words) {
  const redis = await Redis.connect(port);
  try {
    return await redis.command(...words);
  } finally {
    redis.close();
  }
}

const clientOf = (stack) => new Reporters(stack.url, []);

test('a write is answered once a replica has it, and 503 while none takes it', () =>
  withReplicas(1, { options: ['--acknowledge-replicas', '1', ...TIMEOUT] }, async (stack, [replica]) => {
    const client = clientOf(stack);
    const put = (name) => client.call('PUT', '/_connector/c1', { name });
    await until(async () => (await put('first')).status < 300, 'a first write to be acknowledged');
    assert.equal(await one(replica.port, 'HGET', 'connector:{c1}', 'name'), 'first');
    replica.program.signal('SIGSTOP');
    const refused = await put('second');
    assert.equal(refused.status, 503, JSON.stringify(refused.json));
    assert.equal(refused.json.error.type, 'unavailable_exception');
    assert.equal(refused.retryAfter, '1');
    assert.match(stack.lastsync.output(), /0 of 1 replicas had a write in time: it is not acknowledged/);
    assert.match((await request(stack, 'GET', '/_lastsync/metrics')).text, /^lastsync_redis_errors_total{kind="replicas"} [1-9]/m);
    // The 503 means "unknown": the primary has the write. A repeat finds it written, and is not acknowledged either
    // while no replica has it.
    assert.equal(await stack.redisCommand('HGET', 'connector:{c1}', 'name'), 'second');
    assert.equal((await put('second')).status, 503);
    assert.equal((await client.call('GET', '/_connector/c1')).status, 200, 'reads go on');
    replica.program.signal('SIGCONT');
    await until(async () => (await put('second')).status === 200, 'the write to be acknowledged');
    assert.equal(await one(replica.port, 'HGET', 'connector:{c1}', 'name'), 'second');
    replica.program.signal('SIGSTOP');
    const remove = () => client.call('DELETE', '/_connector/c1?hard=true');
    assert.deepEqual([(await remove()).status, (await remove()).status], [503, 503], 'it is gone, but the replica has it');
    replica.program.signal('SIGCONT');
    await until(async () => (await remove()).status === 404, 'the deletion to be acknowledged');
    client.agent.destroy();
  }));

test('a WAIT that Redis does not permit is told of in the log', () =>
  withReplicas(1, { options: ['--acknowledge-replicas', '1', '--acknowledge-timeout', '1000'] }, async (stack) => {
    const client = clientOf(stack);
    const put = async (name) => (await client.call('PUT', '/_connector/c1', { name })).status;
    await until(async () => await put('first') < 300, 'a first write to be acknowledged');
    await stack.redisCommand('ACL', 'SETUSER', 'default', '-wait');
    assert.equal(await put('second'), 503);
    assert.match(stack.lastsync.output(), /Redis refuses: NOPERM .*wait/);
    await stack.redisCommand('ACL', 'SETUSER', 'default', '+wait');
    assert.equal(await put('third'), 200);
    client.agent.destroy();
  }));

// Redis ends a WAIT up to 100 ms late, and the worker gives its replies up after half of the deadline.
test('reads go on while no replica takes writes, though the time limit of these is that of the flush', () =>
  withReplicas(1, { workers: 1, options: ['--acknowledge-replicas', '1', '--deadline', '600'] }, async (stack, [replica]) => {
    const client = clientOf(stack);
    const put = async () => (await client.call('PUT', '/_connector/c1', { name: `name ${performance.now()}` })).status;
    await until(async () => await put() < 300, 'a first write');
    replica.program.signal('SIGSTOP');
    await until(async () => await put() === 503, 'the replica to be missed');
    for (let i = 0; i < 6; i++) {
      const [written, read] = await Promise.all([put(), client.call('GET', '/_connector/c1')]);
      assert.deepEqual([written, read.status], [503, 200]);
    }
    assert.doesNotMatch(stack.lastsync.output(), /Redis is away/);
    client.agent.destroy();
  }));

test('all: each replica that Redis has, and at least one', () =>
  withReplicas(2, { options: ['--acknowledge-replicas', 'all', ...TIMEOUT] }, async (stack, replicas) => {
    const client = clientOf(stack);
    const put = (name) => client.call('PUT', '/_connector/c1', { name });
    await until(async () => (await put(`name ${Date.now()}`)).status < 300, 'a first write');
    replicas[1].program.signal('SIGSTOP');
    await until(async () => (await put(`name ${Date.now()}`)).status === 503, 'the lack of one to be seen');
    replicas[1].program.signal('SIGCONT');
    await until(async () => (await put(`name ${Date.now()}`)).status === 200, 'both to acknowledge');
    await replicas[1].program.stop('SIGKILL'); // Redis has one replica from now on
    await until(async () => (await put(`name ${Date.now()}`)).status === 200, 'the other one to be all');
    await replicas[0].program.stop('SIGKILL');
    await until(async () => (await put(`name ${Date.now()}`)).status === 503, 'none to be too few');
    const ready = await client.call('GET', '/_lastsync/health/ready');
    assert.equal(ready.status, 503);
    assert.match(ready.json.problems[0], /fewer replicas than are to acknowledge each write/);
    client.agent.destroy();
  }));

// How often Redis was asked for its role.
async function rolesAsked(port) {
  const [, calls] = /^cmdstat_role:calls=(\d+)/m.exec(await one(port, 'INFO', 'commandstats')) || [0, 0];
  return Number(calls);
}

test('all: a replica that has come meanwhile counts at once', () =>
  withReplicas(1, { workers: 1, options: ['--acknowledge-replicas', 'all', ...TIMEOUT] }, async (stack, replicas, port, add) => {
    const client = clientOf(stack);
    const put = async () => (await client.call('PUT', '/_connector/c1', { name: `name ${performance.now()}` })).status;
    await until(async () => await put() < 300, 'a first write');
    await add();
    const joined = performance.now();
    replicas[1].program.signal('SIGSTOP');
    await until(() => performance.now() > joined + 1000, 'what the worker knows from before to be old');
    assert.equal(await put(), 503);
    replicas[1].program.signal('SIGCONT');
    await until(async () => await put() === 200, 'both to acknowledge');
    client.agent.destroy();
  }));

test('all: a worker that writes nothing knows of a replica that has come, and that it has left', () =>
  withReplicas(1, { workers: 1, options: ['--acknowledge-replicas', 'all', ...TIMEOUT] }, async (stack, replicas, port, add) => {
    const client = clientOf(stack);
    const put = async () => (await client.call('PUT', '/_connector/c1', { name: `name ${performance.now()}` })).status;
    await until(async () => await put() < 300, 'a first write');
    await add();
    const before = await rolesAsked(port);
    await until(async () => await rolesAsked(port) >= before + 2, 'the worker to ask');
    await replicas[1].program.stop('SIGKILL');
    await until(async () => (await one(port, 'ROLE'))[2].length === 1, 'Redis to miss it');
    assert.equal(await put(), 503); // it may have been promoted
    client.agent.destroy();
  }));

// A planned failover of Sentinel begins so, and it takes seconds until anybody is told.
test('all: a replica that is promoted counts for ten seconds more, on new connections too', () =>
  withReplicas(2, { workers: 1, options: ['--acknowledge-replicas', 'all', ...TIMEOUT] }, async (stack, [promoted], port) => {
    const client = clientOf(stack);
    const answers = [];
    const put = async () => {
      const name = `name ${answers.length}`;
      answers.push({ name, status: (await client.call('PUT', '/_connector/c1', { name })).status, at: performance.now() });
      return answers.at(-1).status;
    };
    const untilRolesAsked = async (times) => {
      const before = await rolesAsked(port);
      await until(async () => { await put(); return await rolesAsked(port) >= before + times; }, 'the worker to ask');
    };
    await untilRolesAsked(2);
    await until(async () => await put() < 300, 'a write that both replicas have');
    const from = performance.now();
    await one(promoted.port, 'REPLICAOF', 'NO', 'ONE');
    await untilRolesAsked(2);
    await stack.redisCommand('CLIENT', 'KILL', 'TYPE', 'normal');
    await untilRolesAsked(2);
    await until(async () => await put() === 200, 'the other replica to be all');
    const kept = await one(promoted.port, 'HGET', 'connector:{c1}', 'name');
    const early = answers.filter(({ status, at }) => status < 300 && at < from + 10000);
    assert.deepEqual(early.filter(({ name }) => Number(name.slice(5)) > Number(kept.slice(5))), []);
    client.agent.destroy();
  }));

test('a primary that dies takes nothing along that was acknowledged', () =>
  withReplicas(1, { options: ['--acknowledge-replicas', '1', '--history', '10000'] }, async (stack, [replica]) => {
    const reporters = new Reporters(stack.url, Array.from({ length: 20 }, (_, i) => `c${i}`));
    await reporters.create();
    reporters.start();
    await reporters.progress(300);
    await stack.redis.stop('SIGKILL');
    await reporters.stop();
    await one(replica.port, 'REPLICAOF', 'NO', 'ONE');
    const promoted = await startStack({ redis: false, redisUrl: `redis://127.0.0.1:${replica.port}` });
    try {
      reporters.url = promoted.url;
      assert.deepEqual(await reporters.faults(), []);
    } finally {
      await promoted.stop();
    }
  }));

test('what it may be', async () => {
  const check = (...words) => startCommand(['--check-config', ...words]).ended;
  for (const value of ['0', '1', '100', 'all']) {
    assert.equal((await check('--acknowledge-replicas', value)).code, 0, value);
  }
  for (const value of ['-1', '101', 'most', '']) {
    const { code, stderr } = await check('--acknowledge-replicas', value);
    assert.equal(code, 78, value);
    assert.match(stderr, /--acknowledge-replicas must be a number from 0 to 100, or all/);
  }
});
