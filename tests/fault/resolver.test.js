// Redis known by a name, and a resolver that does not answer: only requests that need Redis may wait for it.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { after, test } = require('node:test');
const { PATIENCE, freePort, startStack, until } = require('../lib/stack');
const { request } = require('../lib/raw');
const { FakeSentinel } = require('../sentinel/fake');
const { assertUnavailable, create, expectStatus, get, report } = require('./common');

const PROMPT = 3000; // milliseconds, out of the dead resolver's ten seconds

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-resolver-'));
const preload = path.join(folder, 'resolver.so');
execFileSync('cc', ['-shared', '-fPIC', '-o', preload, path.join(__dirname, 'resolver.c'), '-ldl']);
after(() => fs.rmSync(folder, { recursive: true }));

// A stack whose workers know Redis by a name. `say` changes the resolver's behaviour. `urlOf` makes the address from
// Redis's port.
async function withName(word, use, urlOf = (port) => `redis://redis.example:${port}`) {
  const file = path.join(folder, 'resolver');
  const say = (text) => fs.writeFileSync(file, text);
  say(word);
  const port = await freePort();
  const stack = await startStack({ workers: 1, redis: ['--port', String(port)],
    redisUrl: await urlOf(port), environment: { LD_PRELOAD: preload, RESOLVER: file } });
  try {
    await use(stack, say);
  } finally {
    await stack.stop(); // in order, even while a name is looked up
  }
}

async function promptly(call) {
  const began = performance.now();
  const answer = await call;
  const took = performance.now() - began;
  assert.equal(took < PROMPT, true, `${took} ms`);
  return answer;
}

test('a resolver that is dead from the beginning', () => withName('dead', async (stack, say) => {
  for (let i = 0; i < 5; i++) {
    await expectStatus(200, promptly(request(stack, 'GET', '/_lastsync/health/live')));
    assertUnavailable(await promptly(get(stack, 'c1')));
  }
  await until(() => /Redis is away: its name is still being looked up/.test(stack.lastsync.output()),
    'a word of it in the log');
  say('good');
  await until(async () => (await create(stack, 'c1')).status === 201, 'Redis to be found');
  await expectStatus(200, report(stack, 'c1'));
}));

test('a resolver that dies with Redis', () => withName('good', async (stack, say) => {
  await expectStatus(201, create(stack, 'c1'));
  say('dead');
  await stack.redis.stop();
  const [worker] = stack.lastsync.children();
  const looksUp = () => fs.readdirSync(`/proc/${worker}/task`).length > 1; // in a thread
  const answers = [];
  await until(async () => {
    answers.push(await get(stack, 'c1'));
    return looksUp();
  }, 'a lookup');
  for (const answer of answers) assertUnavailable(answer);
  for (let i = 0; i < 5; i++) {
    assertUnavailable(await promptly(get(stack, 'c1')));
    await expectStatus(200, promptly(request(stack, 'GET', '/_lastsync/health/live')));
  }
  say('good');
  await stack.redis.start();
  await until(async () => (await report(stack, 'c1')).status === 200, 'Redis to be found');
}));

// The same with a sentinel on this machine, whose name is looked up.
async function withSentinel(word, use) {
  let sentinel;
  const urlOf = async (port) => {
    sentinel = await new FakeSentinel({ name: 'primary', port }).start();
    return `redis+sentinel://redis.example:${sentinel.port}/primary`;
  };
  await withName(word, use, urlOf).finally(() => sentinel.stop());
}

for (const [whose, withWhat] of [['Redis', withName], ['a sentinel', withSentinel]]) {
  test(`a slow resolver of ${whose} costs no request when a worker is replaced`, () => withWhat('good', async (stack, say) => {
    await expectStatus(201, create(stack, 'c1'));
    say('slow');
    const [before] = stack.lastsync.children();
    stack.lastsync.signal('SIGHUP');
    const end = performance.now() + PATIENCE;
    while (stack.lastsync.children().includes(before)) {
      await expectStatus(200, report(stack, 'c1'));
      assert.ok(performance.now() < end, 'the worker does not leave');
    }
    for (let i = 0; i < 20; i++) await expectStatus(200, report(stack, 'c1'));
  }));
}

test('a slow resolver costs no read while Redis takes no writes', () => withName('good', async (stack, say) => {
  await expectStatus(201, create(stack, 'c1'));
  const connects = async () => Number(/^lastsync_redis_connects_total (\d+)$/m
    .exec((await request(stack, 'GET', '/_lastsync/metrics')).text)[1]);
  const goal = await connects() + 3;
  await stack.redisCommand('REPLICAOF', '127.0.0.1', '1');
  say('slow');
  let over = false;
  const writer = (async () => { while (!over) assertUnavailable(await report(stack, 'c1')); })();
  const end = performance.now() + PATIENCE;
  try {
    while (await connects() < goal) {
      await expectStatus(200, get(stack, 'c1'));
      assert.ok(performance.now() < end, 'the connection is not renewed');
    }
  } finally {
    over = true;
    await writer;
  }
}));

test('a sentinel that is known by a name, and a resolver that is dead', () => withSentinel('dead', async (stack, say) => {
  for (let i = 0; i < 5; i++) {
    await expectStatus(200, promptly(request(stack, 'GET', '/_lastsync/health/live')));
    assertUnavailable(await promptly(get(stack, 'c1')));
  }
  say('good');
  await until(async () => (await create(stack, 'c1')).status === 201, 'the primary to be found');
}));
