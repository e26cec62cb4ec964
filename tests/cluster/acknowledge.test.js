// acknowledge-replicas: a write is acknowledged once replicas have it, or its answer is 503.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { startCommand } = require('../lib/command');
const { Redis, takesWrites } = require('../lib/redis');
const { freePort, startStack, until } = require('../lib/stack');
const { Reporters } = require('./reporters');

const TIMEOUT = ['--acknowledge-timeout', '200'];

// A stack whose Redis has replicas, each with `port` and `program`.
async function withReplicas(count, options, use) {
  const port = await freePort();
  const stack = await startStack({ ...options, redis: ['--bind', '127.0.0.1', '--port', String(port),
    '--repl-diskless-sync-delay', '0'] });
  const replicas = [];
  try {
    for (let i = 0; i < count; i++) {
      const own = await freePort();
      const directory = path.join(stack.directory, `replica-${i}`);
      fs.mkdirSync(directory);
      const program = stack.program(`replica-${i}`, () => [process.env.REDIS_SERVER || 'redis-server',
        '--bind', '127.0.0.1', '--port', String(own), '--dir', directory, '--save', '', '--replicaof', '127.0.0.1', String(port)],
      async () => (await one(own, 'ROLE'))[3] === 'connected');
      replicas.push({ port: own, program });
      await program.start();
    }
    await until(() => takesWrites(port, count), 'all replicas to follow');
    await use(stack, replicas, port);
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
    // The 503 means "unknown": the primary has the write. A repeat finds it written, and is not acknowledged either
    // while no replica has it.
    assert.equal(await stack.redisCommand('HGET', 'connector:{c1}', 'name'), 'second');
    assert.equal((await put('second')).status, 503);
    assert.equal((await client.call('GET', '/_connector/c1')).status, 200, 'reads go on');
    replica.program.signal('SIGCONT');
    await until(async () => (await put('second')).status === 200, 'the write to be acknowledged');
    assert.equal(await one(replica.port, 'HGET', 'connector:{c1}', 'name'), 'second');
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
