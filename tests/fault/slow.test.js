// A Redis that is slow: a deadline holds over all steps of a request, an operation that is cut off leaves the store
// whole, and lists stop when their client has left.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { promisify } = require('node:util');
const { test } = require('node:test');
const { BUILD, startStack, until } = require('../lib/stack');
const { within } = require('../lib/until');
const { FastcgiConnection, requestBytes } = require('../lib/fastcgi');
const { request } = require('../lib/raw');
const { RedisRelay } = require('./relay');
const { DEADLINE, assertUnavailable, create, expectStatus, get, remove } = require('./common');

const CONNECTORS = 600;
const FAR = 700; // milliseconds of a round trip: two of them fit into the default deadline, and a flush waits for 1,000

async function withStack(options, use) {
  const stack = await startStack({ workers: 1, ...options });
  try {
    await use(stack);
  } finally {
    await stack.stop();
  }
}

async function createMany(stack) {
  const kept = await Promise.all(Array.from({ length: 20 }, () =>
    FastcgiConnection.open(stack.fcgiSocket)));
  await Promise.all(kept.map(async (connection, first) => {
    for (let i = first; i < CONNECTORS; i += kept.length) {
      const uri = `/_connector/many-${i}`;
      assert.equal((await connection.request({ method: 'PUT', uri, body: '{}' })).status, 201);
    }
    connection.close();
  }));
}

// Sends a request, ends the connection once Redis has been asked, and resolves when the worker has closed it too.
async function abandon(stack, relay, uri) {
  const socket = net.connect({ path: stack.fcgiSocket, allowHalfOpen: true });
  const closed = new Promise((resolve) => socket.once('end', resolve));
  socket.resume();
  socket.write(requestBytes({ uri }));
  await until(() => relay.commands > 0, 'the first step');
  socket.end();
  await within(closed, 'the worker to close the connection');
}

test('a list whose client has left is not read on', () => withStack({}, async (stack) => {
  const uri = `/_connector?size=${CONNECTORS}`;
  await createMany(stack);
  const relay = await RedisRelay.before(stack, 20);
  const whole = await FastcgiConnection.open(stack.fcgiSocket);
  assert.equal((await whole.request({ uri })).json.results.length, CONNECTORS);
  whole.close();
  const all = relay.commands;
  assert.equal(all > CONNECTORS, true, `${all} commands`);
  relay.commands = 0;
  await abandon(stack, relay, uri);
  assert.equal(relay.commands < all / 2, true, `${relay.commands} of ${all} commands`);
  const { text } = await request(stack, 'GET', '/_lastsync/metrics');
  assert.match(text, /route="\/_connector",method="GET",code="200"\} 1\n/);
  assert.doesNotMatch(text, /code="503"\} [1-9]/);
  relay.close();
}));

// Redis's greeting takes longer here than a request would wait for it.
test('a connection that Redis has closed is made anew before a request needs it', () => withStack({}, async (stack) => {
  await expectStatus(201, create(stack, 'c1'));
  const relay = await RedisRelay.before(stack, 300);
  await expectStatus(200, get(stack, 'c1'));
  relay.commands = relay.replies = 0;
  await stack.redisCommand('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(() => relay.commands > 0 && relay.replies === relay.commands, 'a new connection');
  await expectStatus(200, get(stack, 'c1'));
  assert.doesNotMatch(stack.lastsync.output(), /Redis is away/);
  relay.close();
}));

// In several shards it takes more than one step.
test('a write whose client has left is done', () => withStack({ shards: '16' }, async (stack) => {
  const relay = await RedisRelay.before(stack, 20);
  const connection = await FastcgiConnection.open(stack.fcgiSocket);
  relay.commands = 0;
  await connection.write(requestBytes({ method: 'PUT', uri: '/_connector/c1', body: '{"index_name":"i1"}' }));
  await until(() => relay.commands > 0, 'the first step');
  connection.close();
  await until(async () => (await get(stack, 'c1')).json.index_name === 'i1', 'the connector');
  relay.close();
}));

const check = (stack) => promisify(execFile)(path.join(BUILD, 'lastsync'),
  ['check', '--redis', `unix:${stack.redisSocket}`]);

// In several shards an index name takes more steps than fit into the deadline.
test('a request of many steps is refused by its deadline, and leaves the store whole',
  () => withStack({ shards: '16' }, async (stack) => {
    await expectStatus(201, create(stack, 'renamed', { index_name: 'before' }));
    await expectStatus(201, create(stack, 'doomed', { index_name: 'doomed' }));
    const relay = await RedisRelay.before(stack, 0);
    await expectStatus(200, get(stack, 'doomed'));
    relay.delay = FAR;
    const calls = [
      () => create(stack, 'new', { index_name: 'of-new' }),
      () => create(stack, 'renamed', { index_name: 'after' }),
      () => request(stack, 'GET', '/_connector?size=1000&query=zzz'),
      () => remove(stack, 'doomed'),
    ];
    const answers = [];
    for (const call of calls) {
      const began = performance.now();
      const answer = await call();
      const took = performance.now() - began;
      assert.equal(took < DEADLINE, true, `answered after ${took} ms`);
      if (answer.status >= 300) assertUnavailable(answer);
      answers.push(answer.status);
    }
    assert.equal(answers.includes(503), true, answers.join(' '));
    assert.match(stack.lastsync.output(), /Redis does not answer a request by its deadline/);
    relay.delay = 0;
    await until(async () => (await get(stack, 'renamed')).status === 200, 'Redis to be there');
    await check(stack); // exits with 0
    assert.equal((await create(stack, 'new', { index_name: 'of-new' })).status < 300, true);
    assert.equal((await create(stack, 'renamed', { index_name: 'after' })).status < 300, true);
    assert.equal([200, 404].includes((await remove(stack, 'doomed')).status), true);
    for (const name of ['before', 'doomed']) {
      await expectStatus(201, create(stack, `next-${name}`, { index_name: name }));
    }
    const { stdout } = await check(stack);
    assert.match(stdout, /: 0 wrong, 0 of them fixed; 0 notes\n$/);
    relay.close();
  }));
