// Which sentinels a worker believes, and which connections it drops: with sentinels made by the test, and two Redis
// servers that both take writes, as an old primary does after a failover.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { BUILD, freePort, startStack, until } = require('../lib/stack');
const { Redis } = require('../lib/redis');
const { request } = require('../lib/raw');
const { allConnected, assertUnavailable, create, expectStatus, fresh, report } = require('../fault/common');
const { FakeSentinel } = require('./fake');

const NAME = 'mymaster';
// One second is promised, from the moment when sentinels name another primary; test machines are slower.
const FOLLOWS = 3000;

async function commandAt(port, ...words) {
  const redis = await Redis.connect(port);
  try {
    return await redis.command(...words);
  } finally {
    redis.close();
  }
}

// A stack that asks `count` sentinels, and two servers, the first being the named primary: `use` gets
// { stack, sentinels, ports }.
async function withSentinels({ count = 3, says, first, dead = [], ...options }, use) {
  const ports = [await freePort(), await freePort()];
  const sentinels = [];
  for (let i = 0; i < count; i++) {
    sentinels.push(await new FakeSentinel({ name: NAME, port: ports[0], says: says && says[i], first }).start());
  }
  for (const i of dead) await sentinels[i].stop();
  const hosts = sentinels.map(({ port }) => `127.0.0.1:${port}`).join(',');
  const stack = await startStack({ sentinel: false, redis: ['--port', String(ports[0]), '--repl-diskless-sync-delay', '0'],
    redisUrl: `redis+sentinel://${hosts}/${NAME}`, ...options });
  const other = stack.program('redis-other', () => [process.env.REDIS_SERVER || 'redis-server', '--port', String(ports[1]),
    '--bind', '127.0.0.1', '--save', '', '--dir', stack.directory],
  () => commandAt(ports[1], 'PING').catch(() => false));
  try {
    await other.start();
    const workers = stack.lastsync.children();
    await use({ stack, sentinels, ports, other });
    assert.deepEqual(stack.lastsync.children(), workers, stack.lastsync.output());
  } finally {
    await other.stop();
    await stack.stop();
    for (const sentinel of sentinels) await sentinel.stop().catch(() => {});
  }
}

async function ready(stack) {
  return (await request(stack, 'GET', '/_lastsync/health/ready')).json;
}

// Reports to c1 without a pause; gives each acknowledged number, with the time when it was sent.
async function reportAll(stack, milliseconds) {
  const sent = [];
  const end = performance.now() + milliseconds;
  const client = async () => {
    while (performance.now() < end) {
      const number = fresh();
      const at = performance.now();
      const { status } = await report(stack, 'c1', { last_sync_error: String(number) });
      sent.push({ number, at, status });
    }
  };
  await Promise.all(Array.from({ length: 4 }, client));
  return sent;
}

// Each worker writes a line when it hears of another primary, and leaves the old one in the same call.
const untilBothHeard = (stack, port) => until(() => stack.lastsync.output()
  .match(new RegExp(`say that the primary of ${NAME} is 127\\.0\\.0\\.1 port ${port}$`, 'gm'))?.length === 2, 'both workers to hear of it');

const has = async (port, id) => await commandAt(port, 'EXISTS', `connector:{${id}}`) === 1;

for (const announced of [false, true]) {
  const how = announced ? 'told of a switch' : 'asked';
  test(`a healthy connection to a demoted primary is let go, by sentinels that are ${how}`, async () => {
    await withSentinels({}, async ({ stack, sentinels, ports }) => {
      await expectStatus(201, create(stack, 'c1'));
      await commandAt(ports[1], 'REPLICAOF', '127.0.0.1', ports[0]);
      await until(async () => await has(ports[1], 'c1'), 'the replica to follow');
      await commandAt(ports[1], 'REPLICAOF', 'NO', 'ONE'); // from here on both take writes
      sentinels[1].primary = ports[1]; // this sentinel leads the failover
      sentinels[1].epoch = 2;
      const switched = performance.now();
      if (announced) sentinels[1].announceSwitch(...ports);
      const sent = await reportAll(stack, FOLLOWS + 200);
      const late = sent.filter(({ at }) => at > switched + FOLLOWS);
      assert.ok(late.length > 0);
      assert.deepEqual(late.filter(({ status }) => status !== 200), []);
      const [kept] = await commandAt(ports[1], 'HMGET', 'connector:{c1}', 'last_sync_error');
      assert.ok(sent.slice(-8).some(({ number }) => String(number) === kept), kept);
      await commandAt(ports[0], 'DEL', 'connector:{c1}'); // a request to the old one would miss it
      for (let i = 0; i < 20; i++) await expectStatus(200, report(stack, 'c1'));
      const { redis: { sentinels: told }, warnings } = await ready(stack);
      assert.deepEqual(told, { name: NAME, primary: { host: '127.0.0.1', port: ports[1] }, named: 3, answering: 3, agreeing: 1 });
      assert.ok(warnings.includes('2 of 3 sentinels that answer name another primary, or none'), warnings);
      const { text } = await request(stack, 'GET', '/_lastsync/metrics');
      assert.match(text, /^lastsync_redis_failovers_total 2$/m); // one of each worker
    });
  });
}

test('with keys, strangers are not told where the primary lies', async () => {
  await withSentinels({ access: 'keys' }, async ({ stack }) => {
    assert.deepEqual((await ready(stack)).redis.sentinels, { name: NAME, named: 3, answering: 3, agreeing: 3 });
  });
});

test('a replica that is about to be promoted is the primary before a sentinel says so', async () => {
  await withSentinels({}, async ({ stack, sentinels, ports }) => {
    await expectStatus(201, create(stack, 'c1'));
    await commandAt(ports[1], 'REPLICAOF', '127.0.0.1', ports[0]);
    await until(async () => await has(ports[1], 'c1'), 'the replica to follow');
    sentinels[0].announcePromotion(...ports, 'another');
    for (const sentinel of sentinels) await sentinel.untilHeard();
    for (let i = 0; i < 20; i++) await expectStatus(200, report(stack, 'c1'));
    sentinels[0].announcePromotion(...ports);
    await untilBothHeard(stack, ports[1]);
    for (let i = 0; i < 20; i++) assertUnavailable(await report(stack, 'c1')); // nobody writes to either
    await commandAt(ports[1], 'REPLICAOF', 'NO', 'ONE');
    await until(() => allConnected(stack), 'both workers to be connected', FOLLOWS);
    await commandAt(ports[0], 'DEL', 'connector:{c1}'); // a request to the old one would miss it
    for (let i = 0; i < 20; i++) await expectStatus(200, report(stack, 'c1'));
  });
});

test('a promotion that never comes is given up, and the old primary serves', async () => {
  await withSentinels({}, async ({ stack, sentinels, ports }) => {
    await expectStatus(201, create(stack, 'c1'));
    await commandAt(ports[1], 'REPLICAOF', '127.0.0.1', ports[0]);
    sentinels[0].announcePromotion(...ports);
    await until(async () => (await report(stack, 'c1')).status === 503, 'the old primary to be left');
    await until(async () => (await report(stack, 'c1')).status === 200, 'the old primary to be used again');
  });
});

test('an older configuration is not believed, nor one that does not know the name', async () => {
  await withSentinels({}, async ({ stack, sentinels, ports }) => {
    sentinels[0].epoch = 5;
    await sentinels[0].untilHeard(); // else the second one's configuration is newer, for a moment
    sentinels[1].primary = ports[1];
    sentinels[1].epoch = 4;
    sentinels[2].name = 'another';
    sentinels[2].epoch = 9;
    await expectStatus(201, create(stack, 'c1'));
    await until(async () => (await ready(stack)).redis.sentinels.agreeing === 1, 'the sentinels to differ');
    await Promise.all(sentinels.map((sentinel) => sentinel.untilHeard()));
    for (let i = 0; i < 20; i++) await expectStatus(200, report(stack, 'c1'));
    assert.equal(await has(ports[1], 'c1'), false);
    assert.doesNotMatch(stack.lastsync.output(), /say that the primary/);
  });
});

test('half an answer is not believed: a new epoch with the address of before', async () => {
  let holds = false;
  const hold = (words) => (holds && words[1] === 'GET-MASTER-ADDR-BY-NAME' ? '' : undefined);
  await withSentinels({ count: 2, says: [undefined, hold] }, async ({ stack, sentinels, ports }) => {
    sentinels[0].epoch = 5;
    await sentinels[0].untilHeard();
    Object.assign(sentinels[1], { primary: ports[1], epoch: 4 });
    await sentinels[1].untilHeard();
    Object.assign(sentinels[1], { primary: ports[0], epoch: 6 });
    holds = true;
    await sentinels[0].untilHeard();
    await sentinels[0].untilHeard(); // asked at the same time, it has answered
    holds = false;
    await expectStatus(201, create(stack, 'c1'));
    assert.equal(await has(ports[0], 'c1'), true);
    assert.doesNotMatch(stack.lastsync.output(), /say that the primary/);
  });
});

test('a server that is named, and is a replica, gets nothing', async () => {
  await withSentinels({}, async ({ stack, sentinels, ports }) => {
    await expectStatus(201, create(stack, 'c1'));
    await commandAt(ports[1], 'REPLICAOF', '127.0.0.1', ports[0]);
    await until(async () => await has(ports[1], 'c1'), 'the replica to follow');
    for (const sentinel of sentinels) Object.assign(sentinel, { primary: ports[1], epoch: 2 });
    await untilBothHeard(stack, ports[1]);
    await until(async () => /it is a replica, which the sentinels name/.test(stack.lastsync.output()), 'a word in the log');
    assertUnavailable(await report(stack, 'c1'));
    await commandAt(ports[1], 'REPLICAOF', 'NO', 'ONE'); // it is promoted late
    await until(async () => (await report(stack, 'c1')).status === 200, 'the new primary to be used', FOLLOWS);
  });
});

test('a sentinel that is dead: the others serve, ready warns, and it is asked again when it is back', async () => {
  await withSentinels({ dead: [0] }, async ({ stack, sentinels, ports }) => {
    await expectStatus(201, create(stack, 'c1'));
    const { status, warnings, redis } = await ready(stack);
    assert.equal(status, 'ready');
    assert.deepEqual(warnings.filter((text) => /sentinel/.test(text)), ['1 of 3 sentinels do not answer']);
    assert.deepEqual(redis.sentinels, { name: NAME, primary: { host: '127.0.0.1', port: ports[0] }, named: 3, answering: 2, agreeing: 2 });
    assert.match(stack.lastsync.output(), new RegExp(`the sentinel 127.0.0.1 port ${sentinels[0].port} is away: Connection refused`));
    await sentinels[0].start(sentinels[0].port);
    await until(async () => (await ready(stack)).redis.sentinels.answering === 3, 'the sentinel to be asked');
    await until(() => new RegExp(`the sentinel 127.0.0.1 port ${sentinels[0].port} is back`).test(stack.lastsync.output()), 'a word in the log');
  });
});

test('sentinels that say nothing, nonsense or an error cost the others nothing', async () => {
  const says = [(words) => (words[0] === 'SUBSCRIBE' ? undefined : ''), () => 'HTTP/1.1 400 Bad Request\r\n\r\n',
    (words) => (words[0] === 'SENTINEL' ? '-NOPERM this user may not\r\n' : undefined)];
  await withSentinels({ count: 4, says }, async ({ stack }) => {
    await expectStatus(201, create(stack, 'c1'));
    await until(async () => (await ready(stack)).warnings.includes('3 of 4 sentinels do not answer'), 'ready to warn');
    await until(() => /is away: it does not answer/.test(stack.lastsync.output()), 'a word on the first');
    assert.match(stack.lastsync.output(), /is away: it does not speak Redis's protocol/);
    assert.match(stack.lastsync.output(), /is away: NOPERM this user may not/);
    for (let i = 0; i < 20; i++) {
      const began = performance.now();
      await expectStatus(200, report(stack, 'c1'));
      assert.ok(performance.now() - began < 1000);
    }
  });
});

test('a sentinel that tells no epoch, and refuses SUBSCRIBE, is believed where no other is there', async () => {
  const refuse = (words) => (words[0] === 'SUBSCRIBE' || words[1] === 'MASTER' ? '-NOPERM no\r\n' : undefined);
  await withSentinels({ count: 1, says: [refuse] }, async ({ stack, sentinels, ports }) => {
    await expectStatus(201, create(stack, 'c1'));
    sentinels[0].primary = ports[1];
    await until(() => has(ports[1], 'c2').then((there) => there || create(stack, 'c2').then(() => false)), 'the other server to be used', FOLLOWS);
  });
});

test('a sentinel far away has more than a second until its first answer', async () => {
  await withSentinels({ count: 1, first: 1500 }, async ({ stack }) => {
    await until(async () => (await create(stack, 'c1')).status === 201, 'the primary to be found');
    assert.doesNotMatch(stack.lastsync.output(), /the sentinel .* is away/);
  });
});

test('all sentinels dead: the primary is kept, over a lost connection too, and ready warns', async () => {
  await withSentinels({}, async ({ stack, sentinels }) => {
    await expectStatus(201, create(stack, 'c1'));
    for (const sentinel of sentinels) await sentinel.stop();
    const warning = 'none of the 3 sentinels answers: a failover would not be noticed';
    await until(async () => (await ready(stack)).warnings.includes(warning), 'ready to warn');
    assert.equal((await ready(stack)).status, 'ready');
    await expectStatus(200, report(stack, 'c1'));
    await stack.redisCommand('CLIENT', 'KILL', 'TYPE', 'normal');
    await until(async () => (await report(stack, 'c1')).status === 200, 'the primary to be used again', FOLLOWS);
    for (const sentinel of sentinels) await sentinel.start(sentinel.port);
    await until(async () => !(await ready(stack)).warnings.includes(warning), 'the sentinels to be asked');
  });
});

test('sentinels that are dead at the start: 503, in words, until one is there', async () => {
  await withSentinels({ dead: [0, 1, 2] }, async ({ stack, sentinels }) => {
    assertUnavailable(await create(stack, 'c1'));
    const { status, problems } = await ready(stack);
    assert.equal(status, 'not_ready');
    assert.ok(problems.includes('none of the 3 sentinels answers'), problems);
    await sentinels[2].start(sentinels[2].port);
    await until(async () => (await create(stack, 'c1')).status === 201, 'the primary to be found', FOLLOWS);
  });
});

test('a wrong name is said in the log, in ready, and by a command', async () => {
  const says = Array(3).fill((words) => (words[1] === 'GET-MASTER-ADDR-BY-NAME' ? '*-1\r\n' : words[1] === 'MASTER' ? '-ERR No such master with that name\r\n' : undefined));
  const sentence = `the sentinels know no primary of the name "${NAME}"`;
  await withSentinels({ says }, async ({ stack, sentinels }) => {
    assertUnavailable(await create(stack, 'c1'));
    const { problems, redis } = await ready(stack);
    assert.ok(problems.includes(sentence), problems);
    assert.deepEqual(redis.sentinels, { name: NAME, named: 3, answering: 3, agreeing: 0 });
    assert.ok(stack.lastsync.output().includes(sentence), stack.lastsync.output());
    const { status, stderr } = await run('key', 'list', '--patience', '500', '--redis', `redis+sentinel://127.0.0.1:${sentinels[0].port}/${NAME}`);
    assert.notEqual(status, 0);
    assert.ok(stderr.includes(sentence), stderr);
  });
});

// The fake sentinels live in this process, so it must not block while a command runs.
async function run(...words) {
  const { startCommand } = require('../lib/command');
  const { code, stderr, stdout } = await startCommand(words).ended;
  return { status: code, stderr, stdout };
}

const CHECKED = [
  ['redis+sentinel://h', /must be unix.*redis\+sentinel:\/\/host:port,host:port\/name\/database, not "redis\+sentinel:\/\/h"/],
  ['redis+sentinel://u:secret@h,/m', /not "redis\+sentinel:\/\/u:\*\*\*@h,\/m"/],
  ['redis+sentinel://h/two words', /must be unix/],
  ['redis://h', /--sentinel-user and --sentinel-password-file are for an address that names sentinels/, '--sentinel-user=u'],
  ['redis+sentinel://h/m', /the sentinels' user needs a password/, '--sentinel-user=u'],
  ['redis+sentinel://h/m', /the sentinels' password, --sentinel-password-file \/nonexistent: the file with its password is not there/, '--sentinel-password-file=/nonexistent'],
];

for (const [url, pattern, ...words] of CHECKED) {
  test(`--check-config refuses ${url} ${words}`, () => {
    const { status, stdout, stderr } = spawnSync(path.join(BUILD, 'lastsync'), ['--check-config', ...words],
      { encoding: 'utf8', env: { PATH: process.env.PATH, LASTSYNC_REDIS: url } });
    assert.equal(status, 78, stdout + stderr);
    assert.match(stderr, pattern);
    assert.doesNotMatch(stdout + stderr, /secret@/);
  });
}

