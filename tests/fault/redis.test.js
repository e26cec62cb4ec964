// Redis away, loading, full, read-only or slow: what clients see, and how soon service returns.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { PATIENCE, freePort, pause, startStack, until } = require('../lib/stack');
const { Redis } = require('../lib/redis');
const { request } = require('../lib/raw');
const { READS, RECOVERY, WRITES, create, expectInternal, expectRecovery, expectStatus, expectUnavailable,
  fresh, get, redisAnswers, remove, report, served, withStack } = require('./common');

// Reading goes on if only writing is refused: at once, or on a new connection.
async function expectReads(stack) {
  for (const read of READS) {
    await until(async () => (await read(stack)).status === 200, 'a read to succeed', RECOVERY);
  }
}

test('Redis is not there at the start', async () => {
  const stack = await startStack({ redis: false });
  try {
    const workers = stack.lastsync.children();
    await expectUnavailable(stack);
    await stack.redis.start({ wait: false });
    await redisAnswers(stack);
    const created = performance.now();
    await until(async () => (await create(stack, 'c1')).status === 201, 'a connector', 5000, 1);
    assert.equal(performance.now() - created < RECOVERY, true);
    await expectRecovery(stack);
    assert.deepEqual(stack.lastsync.children(), workers);
  } finally {
    await stack.stop();
  }
});

for (const signal of ['SIGTERM', 'SIGKILL']) {
  // With `always`, because under everysec a Redis whose disk is busy keeps writes in its own memory for a while.
  test(`Redis ends by ${signal} and comes back`, () => withStack({ appendfsync: 'always' }, async (stack) => {
    for (let round = 0; round < 2; round++) {
      await stack.redis.stop(signal);
      await expectUnavailable(stack);
      await stack.redis.start({ wait: false });
      await redisAnswers(stack);
      await expectRecovery(stack);
    }
  }));
}

test('Redis loads its data', async () => {
  // Redis takes 100 us for each of 12,000 keys, and serves its clients after every KiB.
  const slowly = ['--enable-debug-command', 'yes', '--key-load-delay', '100',
    '--loading-process-events-interval-bytes', '1024'];
  await withStack({ redis: slowly }, async (stack) => {
    await stack.redisCommand('DEBUG', 'POPULATE', '12000', 'ballast', '64');
    await stack.redisCommand('BGREWRITEAOF');
    await until(async () => {
      const persistence = await stack.redisCommand('INFO', 'persistence');
      return /aof_rewrite_in_progress:0/.test(persistence) &&
        /aof_rewrite_scheduled:0/.test(persistence);
    }, 'the data to be written');
    await stack.redis.stop();
    await stack.redis.start({ wait: false });
    const loading = () =>
      stack.redisCommand('PING').catch(({ message }) => /^LOADING/.test(message));
    await until(async () => (await loading()) === true, 'Redis to load', PATIENCE, 1);
    await expectUnavailable(stack);
    assert.equal(await loading(), true, 'Redis still loads after the requests');
    await redisAnswers(stack);
    await expectRecovery(stack);
  });
});

test('Redis is out of memory', () => withStack({}, async (stack) => {
  await stack.redisCommand('CONFIG', 'SET', 'maxmemory', '1');
  await expectUnavailable(stack, WRITES);
  await expectReads(stack);
  await stack.redisCommand('CONFIG', 'SET', 'maxmemory', '0');
  await expectRecovery(stack);
}));

test('Redis fills up: what was acknowledged stays, what was refused is not there by halves',
  () => withStack({}, async (stack) => {
    const [, used] = /used_memory:(\d+)/.exec(await stack.redisCommand('INFO', 'memory'));
    await stack.redisCommand('CONFIG', 'SET', 'maxmemory', Number(used) + 3000000);
    const created = ['c1', 'doomed'];
    const refused = [];
    for (let i = 0; refused.length < 5; i++) {
      const id = `big-${i}`;
      const body = { index_name: `search-${id}`, description: 'x'.repeat(300000) };
      const { status, text } = await create(stack, id, body);
      assert.equal([201, 503].includes(status), true, text);
      (status === 201 ? created : refused).push(id);
      assert.equal(created.length < 30, true, 'Redis never filled up');
    }
    assert.equal(created.length > 3, true);
    for (const id of created) await expectStatus(200, get(stack, id));
    for (const id of refused) await expectStatus(404, get(stack, id));
    const { count, results } = (await request(stack, 'GET', '/_connector?size=100')).json;
    assert.deepEqual(results.map(({ id }) => id).sort(), created.sort());
    assert.equal(count, created.length);
    await stack.redisCommand('CONFIG', 'SET', 'maxmemory', '0');
    await expectRecovery(stack);
    for (const id of refused) await create(stack, id, { index_name: `search-${id}` });
    for (const id of refused) await expectStatus(200, get(stack, id));
  }));

test('Redis is a read-only replica', () => withStack({}, async (stack) => {
  await stack.redisCommand('REPLICAOF', '127.0.0.1', '1');
  await expectUnavailable(stack, WRITES);
  await expectReads(stack);
  // Reads go on beside writes that are refused, and the log is not filled with each.
  let over = false;
  const writer = (async () => {
    let refused = 0;
    for (; !over; refused++) assert.equal((await report(stack, 'c1')).status, 503);
    return refused;
  })();
  for (let i = 0; i < 300; i++) await expectStatus(200, get(stack, 'c1'));
  over = true;
  assert.ok(await writer > 50);
  assert.doesNotMatch(stack.lastsync.output(), /Redis is away/);
  await stack.redisCommand('CONFIG', 'SET', 'replica-serve-stale-data', 'no');
  await expectUnavailable(stack);
  await stack.redisCommand('REPLICAOF', 'NO', 'ONE');
  await expectRecovery(stack);
}));

test('Redis misses its replicas', () => withStack({}, async (stack) => {
  await stack.redisCommand('CONFIG', 'SET', 'min-replicas-to-write', '1');
  await expectUnavailable(stack, WRITES);
  await expectReads(stack);
  await stack.redisCommand('CONFIG', 'SET', 'min-replicas-to-write', '0');
  await expectRecovery(stack);
}));

test('Redis cannot write its snapshot (MISCONF)', () => withStack({}, async (stack) => {
  // A folder in place of the file stops even root.
  fs.mkdirSync(path.join(stack.directory, 'redis', 'dump.rdb'));
  await stack.redisCommand('CONFIG', 'SET', 'save', '3600 1000000');
  await stack.redisCommand('BGSAVE');
  await until(async () => /rdb_last_bgsave_status:err/.test(
    await stack.redisCommand('INFO', 'persistence')), 'the snapshot to fail');
  await expectUnavailable(stack, WRITES);
  await expectReads(stack);
  await stack.redisCommand('CONFIG', 'SET', 'stop-writes-on-bgsave-error', 'no');
  await expectRecovery(stack);
  await stack.redisCommand('CONFIG', 'SET', 'save', ''); // else it refuses to end without one
}));

// A new request every 50 ms, for longer than a deadline: each is refused within its own deadline.
async function expectSteadilyUnavailable(stack) {
  const calls = [];
  for (let i = 0; i < 50; i++) {
    calls.push(expectUnavailable(stack, [(any) => report(any, 'c1')]));
    await pause(50);
  }
  await Promise.all(calls);
}

test('Redis is stopped (SIGSTOP) for longer than a deadline', () => withStack({}, async (stack) => {
  stack.redis.signal('SIGSTOP');
  await expectUnavailable(stack);
  await expectSteadilyUnavailable(stack);
  stack.redis.signal('SIGCONT');
  await redisAnswers(stack);
  await expectRecovery(stack);
}));

const SHORT = { options: ['--deadline', '500'] };

test('Redis pauses its clients', () => withStack(SHORT, async (stack) => {
  await stack.redisCommand('CLIENT', 'PAUSE', '10000', 'WRITE');
  await expectUnavailable(stack, WRITES);
  await stack.redisCommand('CLIENT', 'UNPAUSE');
  await expectRecovery(stack);
  await stack.redisCommand('CLIENT', 'PAUSE', '1200', 'ALL');
  await expectUnavailable(stack);
  await redisAnswers(stack);
  await expectRecovery(stack);
}));

test('Redis sleeps (DEBUG SLEEP)', async () => {
  await withStack({ ...SHORT, redis: ['--enable-debug-command', 'yes'] }, async (stack) => {
    const operator = await operatorOf(stack); // it has been accepted: what it sends now comes before any request
    const asleep = operator.command('DEBUG', 'SLEEP', '1.2');
    await expectUnavailable(stack);
    await asleep;
    operator.close();
    await expectRecovery(stack);
  });
});

test('Redis runs a script that does not end (BUSY)', async () => {
  await withStack({ redis: ['--busy-reply-threshold', '50'] }, async (stack) => {
    const endless = stack.redisCommand('EVAL', 'while true do end', '0')
      .catch(({ message }) => message);
    await until(() => stack.redisCommand('PING').catch(({ message }) => /^BUSY/.test(message)),
      'Redis to be busy');
    await expectUnavailable(stack);
    await stack.redisCommand('SCRIPT', 'KILL');
    await redisAnswers(stack);
    await expectRecovery(stack);
    assert.match(await endless, /killed/i);
  });
});

test('while Redis cannot tell how its data are divided, nothing is looked for or written', async () => {
  const stack = await startStack({ shards: 4, redis: ['--busy-reply-threshold', '50'] });
  try {
    await expectStatus(201, create(stack, 'c1'));
    await stack.lastsync.stop();
    stack.shards = 1; // as if the option had been forgotten, which is for empty data only
    stack.redisCommand('EVAL', 'while true do end', '0').catch(() => {});
    await until(() => stack.redisCommand('PING').catch(({ message }) => /^BUSY/.test(message)),
      'Redis to be busy');
    await stack.lastsync.start();
    await expectStatus(503, get(stack, 'c1'));
    await stack.redisCommand('SCRIPT', 'KILL');
    for (let i = 0, last = 0; last !== 200 || i < 20; i++) {
      last = (await get(stack, 'c1')).status;
      assert.equal(last === 200 || last === 503, true, `${last}`);
      await create(stack, `new-${i}`);
    }
    const keys = await stack.redisCommand('KEYS', '*');
    assert.deepEqual(keys.filter((key) => !/^(\{\d+\}:|lastsync:)/.test(key)), []);
  } finally {
    await stack.stop();
  }
});

test('Redis takes no more clients', () => withStack({}, async (stack) => {
  const operator = await Redis.connect(stack.redisSocket);
  await operator.command('CONFIG', 'SET', 'maxclients', '1');
  await operator.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await expectUnavailable(stack);
  await operator.command('CONFIG', 'SET', 'maxclients', '1000');
  await expectRecovery(stack);
  operator.close();
}));

test('Redis forgets the scripts (NOSCRIPT): nobody notices', () => withStack({}, async (stack) => {
  for (let round = 0; round < 10; round++) {
    const calls = Array.from({ length: 40 }, (_, i) =>
      create(stack, `c${i}`, { name: `${fresh()}` }));
    await stack.redisCommand('SCRIPT', 'FLUSH');
    calls.push(...Array.from({ length: 40 }, () => report(stack, 'c1')));
    for (const { status, text } of await Promise.all(calls)) {
      assert.equal([200, 201].includes(status), true, text);
    }
  }
}));

test('Redis drops the connections of its clients', () => withStack({}, async (stack) => {
  for (let round = 0; round < 3; round++) {
    await stack.redisCommand('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await expectRecovery(stack);
  }
}));

// What notices a host that vanished while nothing is sent to it.
test('a connection to Redis by TCP has a timer that asks whether the other end lives', async () => {
  const port = await freePort();
  await withStack({ redis: ['--port', String(port)], redisUrl: `redis://127.0.0.1:${port}` }, async () => {
    const peer = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
    await until(() => {
      const rows = fs.readFileSync('/proc/net/tcp', 'latin1').split('\n').map((line) => line.trim().split(/\s+/));
      const ours = rows.filter(([, , remote, state]) => remote?.endsWith(peer) && state === '01');
      return ours.length && ours.every((row) => row[5].startsWith('02:'));
    }, 'the timers');
  });
});

test('foreign data is a 500 for those who meet it', () => withStack({}, async (stack) => {
  await create(stack, 'c2');
  await stack.redisCommand('SET', 'connector:{foreign}', 'text');
  for (const call of [report, get, create, remove]) await expectInternal(call(stack, 'foreign'));
  await expectStatus(200, report(stack, 'c2'));
  await stack.redisCommand('DEL', 'connectors');
  await stack.redisCommand('SET', 'connectors', 'text');
  await expectInternal(request(stack, 'GET', '/_connector'));
  await expectStatus(200, report(stack, 'c1'));
  await expectStatus(200, get(stack, 'c1'));
}));

test('foreign data fails its own request and none beside it', () => withStack({}, async (stack) => {
  await stack.redisCommand('SET', 'connector:{foreign}', 'text');
  const calls = Array.from({ length: 200 }, (_, i) => report(stack, i % 10 ? 'c1' : 'foreign'));
  const answers = await Promise.all(calls);
  for (const [i, { status, text }] of answers.entries()) {
    assert.equal(status, i % 10 ? 200 : 500, text);
  }
}));

// An operator with a connection of its own, which the restrictions below do not touch.
async function operatorOf(stack) {
  const operator = await Redis.connect(stack.redisSocket);
  await operator.command('ACL', 'SETUSER', 'operator', 'on', 'nopass', '~*', '&*', '+@all');
  await operator.command('AUTH', 'operator', 'any');
  return operator;
}

test('Redis permits nothing (NOPERM)', () => withStack({}, async (stack) => {
  const operator = await operatorOf(stack);
  await operator.command('ACL', 'SETUSER', 'default', '-@all');
  await expectInternal(report(stack, 'c1'));
  await expectInternal(get(stack, 'c1'));
  await operator.command('ACL', 'SETUSER', 'default', '+@all');
  await expectRecovery(stack);
  operator.close();
}));

test('Redis asks for a password (NOAUTH)', () => withStack({ workers: 1 }, async (stack) => {
  const operator = await operatorOf(stack);
  await operator.command('CONFIG', 'SET', 'requirepass', 'secret');
  await operator.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(async () => (await report(stack, 'c1')).status === 500, 'the lack of it to show');
  await expectInternal(report(stack, 'c1'));
  await expectInternal(get(stack, 'c1'));
  await operator.command('CONFIG', 'SET', 'requirepass', '');
  await expectRecovery(stack);
  operator.close();
}));

// One client's endless requests: each must give the client's own id, or a 503.
async function checkEchoes(stack, client, isOver) {
  const id = `echo-${client}`;
  const sent = new Set(['none yet']);
  const seen = { answered: 0, refused: 0 };
  const check = (answer, expected) => {
    if (answer.status === 503) {
      seen.refused++;
    } else {
      seen.answered++;
      expected(answer);
    }
  };
  while (!isOver()) {
    const text = `${id} ${fresh()}`;
    sent.add(text);
    check(await report(stack, id, { last_sync_error: text }),
      (answer) => assert.deepEqual(answer.json, { result: 'updated' }));
    check(await get(stack, id), ({ json }) => {
      assert.equal(json.id, id);
      assert.equal(sent.has(json.last_sync_error), true, json.last_sync_error);
    });
    check(await get(stack, `${id}-missing`), ({ status, json }) => {
      assert.equal(status, 404);
      assert.match(json.error.reason, new RegExp(`\\[${id}-missing\\]`));
    });
    check(await request(stack, 'GET', `/_connector?index_name=search-${id}`), ({ json }) =>
      assert.deepEqual(json.results.map((connector) => connector.id), [id]));
  }
  return seen;
}

test('late replies of a slow Redis reach nobody', async () => {
  await withStack({ options: ['--deadline', '100'] }, async (stack) => {
    const clients = Array.from({ length: 12 }, (_, i) => i);
    for (const i of clients) {
      const body = { index_name: `search-echo-${i}` };
      const { status } = await served(() => create(stack, `echo-${i}`, body));
      assert.equal(status < 300, true);
      await expectStatus(200, served(() => report(stack, `echo-${i}`, { last_sync_error: 'none yet' })));
    }
    let over = false;
    const checks = clients.map((i) => checkEchoes(stack, i, () => over));
    for (let round = 0; round < 8; round++) {
      stack.redis.signal('SIGSTOP');
      await expectUnavailable(stack, [(any) => report(any, 'c1')]);
      stack.redis.signal('SIGCONT');
      await redisAnswers(stack);
      await until(async () => (await report(stack, 'c1')).status === 200, 'reports to succeed');
    }
    over = true;
    for (const { answered, refused } of await Promise.all(checks)) {
      assert.equal(answered > 0, true, `${answered} answers`);
      assert.equal(refused > 0, true, `${refused} refused`);
    }
  });
});
