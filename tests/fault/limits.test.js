// Each limit at its default and at another value, and races with exactly one winner.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const net = require('node:net');
const path = require('node:path');
const zlib = require('node:zlib');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { RawConnection, request, send } = require('../lib/raw');
const { FastcgiConnection, fastcgiRequest, requestBytes } = require('../lib/fastcgi');
const { RedisRelay } = require('./relay');
const { DEADLINE, create, expectStatus, expectUnavailable, fresh, get, remove, report } = require('./common');

const LAST_SYNC = '/_connector/c1/_last_sync';
const GZIP = { 'content-encoding': 'gzip' };

async function withStack(options, use) {
  const stack = await startStack(options);
  try {
    await expectStatus(201, create(stack, 'c1'));
    await use(stack);
  } finally {
    await stack.stop();
  }
}

// A report of exactly `length` bytes.
function bodyOf(length) {
  const empty = JSON.stringify({ last_sync_error: '' });
  return JSON.stringify({ last_sync_error: 'x'.repeat(length - empty.length) });
}

function assertError(answer, status, type, reason = /./) {
  assert.equal(answer.status, status, answer.text.slice(0, 500));
  const { type: seen, reason: text } = answer.json.error;
  assert.equal(seen, type);
  assert.match(text, reason);
  const root = { type: seen, reason: text };
  assert.deepEqual(answer.json.error.root_cause, [root]);
  assert.equal(answer.json.status, status);
  assert.equal(answer.headers['x-elastic-product'], 'Elasticsearch');
}

// A fault in the text itself: the root cause lies within the named field.
function assertParseError(answer) {
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.json.error.type, 'x_content_parse_exception');
}

function assertTooLarge(answer) {
  assertError(answer, 413, 'content_too_long_exception');
}

async function expectUpdated(call) {
  const answer = await expectStatus(200, call);
  assert.deepEqual(answer.json, { result: 'updated' });
}

// A limit as a user may write it, and the body sizes on both sides of it.
const BODY_LIMITS = [
  { name: 'default', limit: 1048576 },
  { name: 'a flag', options: ['--body-limit', '1000'], limit: 1000 },
  { name: 'the environment', environment: { LASTSYNC_BODY_LIMIT: '2000' }, limit: 2000 },
  { name: 'a flag, which wins over the environment', options: ['--body-limit', '3000'],
    environment: { LASTSYNC_BODY_LIMIT: '2000' }, limit: 3000 },
  { name: 'a larger one, with nginx', options: ['--body-limit', '4194304', '--deadline', '4500'], limit: 4194304,
    nginx: { bodyLimit: '4m' } },
];

for (const { name, limit, ...options } of BODY_LIMITS) {
  test(`--body-limit: ${name}`, () => withStack(options, async (stack) => {
    await expectUpdated(report(stack, 'c1', bodyOf(limit)));
    assertTooLarge(await report(stack, 'c1', bodyOf(limit + 1)));
    const direct = { method: 'PUT', uri: LAST_SYNC };
    const over = await fastcgiRequest(stack.fcgiSocket, { ...direct, body: bodyOf(limit + 1) });
    assertTooLarge(over);
    await expectUpdated(fastcgiRequest(stack.fcgiSocket, { ...direct, body: bodyOf(limit - 1) }));
  }));
}

// An object of so many levels, including the body's own.
function deep(levels) {
  const open = '{"a":'.repeat(levels - 2);
  return `{"sync_cursor":${open}{"n":${fresh()}}${'}'.repeat(levels - 1)}`;
}

// A body of so many members in all: one of its own, and those of the cursor.
function wide(members) {
  const pairs = Array.from({ length: members - 1 }, (_, i) => [`m${i}`, fresh()]);
  return { sync_cursor: Object.fromEntries(pairs) };
}

for (const [flag, value, body] of [['--depth-limit', 64, deep], ['--member-limit', 10000, wide]]) {
  for (const [options, limit] of [[[], value], [[flag, '12'], 12]]) {
    const name = `${flag}: ${options.length ? limit : 'default'}`;
    test(name, () => withStack({ options }, async (stack) => {
      await expectUpdated(report(stack, 'c1', body(limit)));
      const before = await stack.redisCommand('HGET', 'connector:{c1}', 'sync_cursor');
      assertParseError(await report(stack, 'c1', body(limit + 1)));
      const after = await stack.redisCommand('HGET', 'connector:{c1}', 'sync_cursor');
      assert.equal(after, before);
    }));
  }
}

// Of all answers, a search for jobs wraps what a body had in the most levels.
test('--depth-limit: at its most, each answer is JSON', () => withStack({ options: ['--depth-limit', '248'] },
  async (stack) => {
    await expectStatus(201, create(stack, 'deep', { index_name: 'search-deep', service_type: 's' }));
    const { id } = (await expectStatus(201, request(stack, 'POST', '/_connector/_sync_job', { body: { id: 'deep' } }))).json;
    const body = deep(248);
    await expectUpdated(report(stack, 'deep', body));
    await expectUpdated(request(stack, 'PUT', `/_connector/_sync_job/${id}/_claim`,
      { body: body.replace('{', '{"worker_hostname":"w",') }));
    const { sync_cursor: cursor } = JSON.parse(body);
    for (const parameters of ['', '?pretty', '?filter_path=**.sync_cursor', '?pretty&filter_path=**.sync_cursor']) {
      const jobs = await expectStatus(200,
        request(stack, 'POST', `/.elastic-connectors-sync-jobs/_search${parameters}`, { body: {} }));
      assert.deepEqual(jobs.json.hits.hits[0]._source.connector.sync_cursor, cursor, parameters);
      const list = await expectStatus(200, request(stack, 'GET', `/_connector/_sync_job${parameters}`));
      assert.deepEqual(list.json.results[0].connector.sync_cursor, cursor, parameters);
    }
    const table = await expectStatus(200, request(stack, 'GET', '/_connector?format=csv'));
    assert.match(table.text, /deep/);
  }));

test('--member-limit counts the elements of lists, and their cost stays small',
  () => withStack({ workers: 1 }, async (stack) => {
    for (const element of ['{}', '[]', '0', '""', '{"a":1}']) {
      const list = `${`${element},`.repeat(Math.floor(1000000 / (element.length + 1)))}0`;
      const answer = await report(stack, 'c1', `{"sync_cursor":{"list":[${list}]}}`);
      assertParseError(answer);
    }
    assert.equal(mostMemory(stack) < 32, true, `${mostMemory(stack)} MiB`);
  }));

// The most memory that a worker ever held, in MiB.
function mostMemory(stack) {
  const sizes = stack.lastsync.children().map((pid) =>
    Number(/VmHWM:\s+(\d+) kB/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]));
  return Math.max(...sizes) / 1024;
}

// Connections to the worker, each of which has had an answer.
async function openKept(stack, count) {
  const kept = [];
  for (let i = 0; i < count; i++) {
    kept.push(await FastcgiConnection.open(stack.fcgiSocket));
    assert.equal((await kept[i].request({ uri: '/_connector/c1' })).status, 200);
  }
  return kept;
}

const BATCHES = [[[], 64], [['--batch-limit', '5'], 5], [['--batch-limit', '1'], 1]];

for (const [options, limit] of BATCHES) {
  test(`--batch-limit: ${options.length ? limit : 'default'}`, async () => {
    await withStack({ workers: 1, options }, async (stack) => {
      const relay = await RedisRelay.before(stack, 2);
      const kept = await openKept(stack, 200);
      relay.most = 0; // a report is one command, the GETs above were two each
      const bodies = kept.map(() => JSON.stringify({ last_indexed_document_count: fresh() }));
      const calls = kept.map((connection, i) =>
        connection.request({ method: 'PUT', uri: LAST_SYNC, body: bodies[i] }));
      await Promise.all(calls.map(expectUpdated));
      for (const connection of kept) connection.close();
      relay.close();
      assert.equal(relay.most <= limit, true, `${relay.most} commands at once`);
      assert.equal(relay.most > limit / 3, true, `only ${relay.most} commands at once`);
    });
  });
}

function descriptors(pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).length;
}

for (const [options, limit] of [[[], 1024], [['--connection-limit', '8'], 8]]) {
  test(`--connection-limit: ${options.length ? limit : 'default'}`,
    () => withStack({ workers: 1, options }, async (stack) => {
      const uri = '/_connector/c1';
      await stack.nginx.stop(); // it keeps a connection of its own
      const [worker] = stack.lastsync.children();
      const first = await FastcgiConnection.open(stack.fcgiSocket);
      await until(async () => /^lastsync_connections 1$/m.test((await first.request({ uri: '/_lastsync/metrics' })).text),
        'the worker to let go of all others');
      const before = descriptors(worker) - 1;
      const kept = [first];
      while (kept.length < limit) kept.push(await FastcgiConnection.open(stack.fcgiSocket));
      await until(() => descriptors(worker) === before + limit, 'the worker to be full');
      // One more waits its turn, is not refused, and the others are still served.
      const waiting = await FastcgiConnection.open(stack.fcgiSocket);
      let answered = false;
      const answer = waiting.request({ uri }).then((value) => {
        answered = true;
        return value;
      });
      for (let i = 0; i < 50; i++) await stack.redisCommand('PING'); // time enough for an answer
      assert.equal(answered, false, 'the limit holds');
      assert.equal((await kept[0].request({ uri })).status, 200);
      // A full worker closes an answered connection, and takes the next one.
      assert.equal((await answer).status, 200);
      for (const connection of [...kept, waiting]) connection.close();
    }));
}

test('--connection-limit: more clients than that are all served',
  () => withStack({ options: ['--connection-limit', '8'] }, async (stack) => {
    const calls = Array.from({ length: 200 }, () => report(stack, 'c1'));
    await Promise.all(calls.map(expectUpdated));
  }));

// The soft limit of open files on most systems, and the hard limits to which it may be raised.
for (const [hard, limit] of [[4096, 1024], [256, 192]]) {
  test(`${hard} open files at most: ${limit} connections, and none is lost when workers are replaced`,
    () => withStack({ within: ['prlimit', `--nofile=64:${hard}`] }, async (stack) => {
      const uri = '/_connector/c1';
      await stack.nginx.stop(); // it keeps a connection of its own
      assert.equal(/a worker keeps 192 connections instead of 1024/.test(stack.lastsync.output()),
        limit === 192, stack.lastsync.output());
      const kept = [];
      while (kept.length < limit * 1.4) kept.push(await FastcgiConnection.open(stack.fcgiSocket));
      const former = new Set();
      for (let round = 1; round <= 2; round++) {
        for (const worker of stack.lastsync.children()) former.add(worker);
        stack.lastsync.signal('SIGHUP');
        await until(() => {
          const now = stack.lastsync.children();
          return now.length === 2 && now.every((pid) => !former.has(pid));
        }, 'new workers in place of all old ones', 20000);
      }
      assert.equal(kept.filter(({ ended }) => ended).length, 0, 'none is closed');
      const answers = await Promise.all(kept.map((connection) => connection.request({ uri })));
      assert.deepEqual(answers.filter(({ status }) => status !== 200), []);
      for (const connection of kept) connection.close();
    }));
}

test('a worker that does not leave is killed, and a SIGHUP that comes meanwhile is remembered',
  () => withStack({}, async (stack) => {
    const [stuck, other] = stack.lastsync.children();
    process.kill(stuck, 'SIGSTOP');
    const began = performance.now();
    stack.lastsync.signal('SIGHUP');
    await until(() => stack.lastsync.children().length === 3, 'the first new worker');
    const [first] = stack.lastsync.children().filter((pid) => pid !== stuck && pid !== other);
    stack.lastsync.signal('SIGHUP');
    await until(() => stack.lastsync.output().includes('does not leave: it is killed'), 'it to be killed');
    const seconds = (performance.now() - began) / 1000;
    assert.equal(seconds > 11 && seconds < 30, true, `after ${seconds} s instead of 12`);
    await until(() => {
      const now = stack.lastsync.children();
      return now.length === 2 && ![stuck, other, first].some((pid) => now.includes(pid));
    }, 'the second new worker in place of the first', 40000);
    const said = stack.lastsync.output();
    assert.equal(said.match(/the workers are replaced one by one/g).length, 2, said);
    assert.equal(said.match(/does not leave: it is killed/g).length, 1, said);
  }));

test('a worker that does not leave is killed, and the pool ends', async () => {
  const stack = await startStack({ nginx: false, options: ['--deadline', '300'] });
  try {
    process.kill(stack.lastsync.children()[0], 'SIGSTOP');
    const began = performance.now();
    const exit = await stack.lastsync.stop();
    const seconds = (performance.now() - began) / 1000;
    assert.equal(seconds > 9, true, `after ${seconds} s instead of 10.3`);
    assert.deepEqual(exit, { code: 1, signal: null });
    assert.match(stack.lastsync.output(), /workers do not leave: they are killed/);
  } finally {
    await stack.stop();
  }
});

for (const deadline of [300, 1000]) {
  test(`--deadline ${deadline}`, async () => {
    await withStack({ options: ['--deadline', String(deadline)] }, async (stack) => {
      stack.redis.signal('SIGSTOP');
      const began = performance.now();
      await expectUnavailable(stack, [(any) => report(any, 'c1')]);
      const took = performance.now() - began;
      assert.equal(took > deadline / 2 && took < deadline + 1000, true, `${took} ms`);
    });
  });
}

// lastsync's output and exit status with these arguments.
async function refusal(words) {
  const stack = await startStack({ nginx: false });
  try {
    await stack.lastsync.stop();
    stack.options.options = words;
    await stack.lastsync.start().catch(() => {});
    await until(() => !stack.lastsync.pid, 'lastsync to refuse');
    return { exit: await stack.lastsync.stop(), output: stack.lastsync.output() };
  } finally {
    await stack.stop();
  }
}

test('a limit that is no number is refused in words', async () => {
  for (const words of [['--body-limit', 'many'], ['--deadline', '-1'], ['--depth-limit', ''],
    ['--batch-limit', '0'], ['--no-such-flag', '1'], ['--member-limit']]) {
    const { exit, output } = await refusal(words);
    assert.notEqual(exit.code, 0, words.join(' '));
    assert.equal(output.includes(words[0].slice(2)), true, output);
  }
});

test('gzip bodies are unpacked', () => withStack({}, async (stack) => {
  const body = bodyOf(300000);
  await expectUpdated(report(stack, 'c1', zlib.gzipSync(body), { headers: GZIP }));
  assert.equal((await get(stack, 'c1')).json.last_sync_error, JSON.parse(body).last_sync_error);
  assert.equal((await report(stack, 'c1', body)).json.result, 'noop');

  const packed = zlib.gzipSync(bodyOf(5000));
  for (const broken of [packed.subarray(0, packed.length - 1), packed.subarray(0, 12),
    Buffer.concat([packed, Buffer.from('x')]), Buffer.from('no gzip at all'),
    Buffer.concat([packed.subarray(0, 30), Buffer.from([1, 2, 3]), packed.subarray(33)])]) {
    const answer = await report(stack, 'c1', broken, { headers: GZIP });
    assert.equal(answer.status, 400, answer.text);
  }
  const other = await report(stack, 'c1', body, { headers: { 'content-encoding': 'br' } });
  assert.equal(other.status, 415, other.text);
}));

// How many milliseconds something takes.
async function timed(act) {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

test('a gzip bomb is cut off at the body limit', () => withStack({ workers: 1 }, async (stack) => {
  const limit = 1048576;
  await expectUpdated(report(stack, 'c1', zlib.gzipSync(bodyOf(limit)), { headers: GZIP }));
  assertTooLarge(await report(stack, 'c1', zlib.gzipSync(bodyOf(limit + 1)), { headers: GZIP }));
  const bomb = zlib.gzipSync(Buffer.alloc(100000000, ' '), { level: 9 });
  let refused = Infinity;
  let unpacked = Infinity; // to its end, on this machine
  for (let round = 0; round < 5; round++) {
    refused = Math.min(refused, await timed(async () => assertTooLarge(await report(stack, 'c1', bomb, { headers: GZIP }))));
    unpacked = Math.min(unpacked, await timed(() => zlib.gunzipSync(bomb)));
  }
  assert.equal(refused < unpacked / 2, true, `${refused} ms, and ${unpacked} ms to its end`);
  assert.equal(mostMemory(stack) < 32, true, `${mostMemory(stack)} MiB`);
}));

// A body in chunks of the given sizes, repeated.
function chunked(body, sizes) {
  const parts = [];
  let at = 0;
  for (let i = 0; at < body.length; i++) {
    const chunk = body.subarray(at, at + sizes[i % sizes.length]);
    parts.push(Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n'));
    at += chunk.length;
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

function chunkedRequest(body, sizes, headers = []) {
  const head = [`PUT ${LAST_SYNC} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json',
    'Transfer-Encoding: chunked', ...headers];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), chunked(body, sizes)]);
}

test('chunked bodies, gzipped ones too', () => withStack({}, async (stack) => {
  for (const sizes of [[1, 2, 3], [1000], [70000, 1]]) {
    const body = Buffer.from(JSON.stringify({ last_sync_error: `${fresh()} ${'x'.repeat(3000)}` }));
    await expectUpdated(send(stack.port, chunkedRequest(body, sizes), 'PUT'));
    assert.equal((await get(stack, 'c1')).json.last_sync_error, JSON.parse(body).last_sync_error);
  }
  const packed = zlib.gzipSync(bodyOf(200000));
  const gzip = ['Content-Encoding: gzip'];
  await expectUpdated(send(stack.port, chunkedRequest(packed, [100], gzip), 'PUT'));
  assert.equal((await get(stack, 'c1')).json.last_sync_error.length, 200000 - 22);
  const empty = await send(stack.port, chunkedRequest(Buffer.alloc(0), [1]), 'PUT');
  assertError(empty, 400, 'parse_exception', /^request body is required$/);
  const over = chunkedRequest(Buffer.from(bodyOf(1048577)), [50000]);
  assertTooLarge(await send(stack.port, over, 'PUT'));
}));

// Twenty clients, each with a connection of its own that is open before the race begins.
async function race(stack, runners) {
  const agent = new http.Agent({ keepAlive: true });
  const warm = runners.map(() => request(stack, 'GET', '/', { agent }));
  await Promise.all(warm);
  const answers = await Promise.all(runners.map((run) => run(agent)));
  agent.destroy();
  return answers;
}

function assertOneWinner(answers, name) {
  const winners = answers.filter(({ status }) => status < 300);
  const losers = answers.filter(({ status }) => status >= 300);
  assert.equal(winners.length, 1, `${winners.length} clients got ${name}`);
  const reason = /^Index name \[.*\] is used by another connector\.$/;
  for (const loser of losers) assertError(loser, 400, 'status_exception', reason);
  return winners[0].json.id;
}

test('1,000 service types are grouped, and more are refused in words', () => withStack({}, async (stack) => {
  const client = await RawConnection.open(stack.port);
  const put = async (i) => {
    const body = JSON.stringify({ service_type: `type-${i}` });
    await client.write(`PUT /_connector/t${i} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n` +
      `Content-Length: ${body.length}\r\n\r\n${body}`);
    assert.equal((await client.answer('PUT')).status, 201);
  };
  const groups = (query = '') => request(stack, 'GET', `/_lastsync/analytics?group_by=service_type&size=100${query}`);
  for (let i = 1; i < 1000; i++) await put(i); // the connector that is there has none
  assert.equal((await expectStatus(200, groups())).json.results.length, 100);
  await put(1000);
  assertError(await groups(), 400, 'illegal_argument_exception', /^There are more than \[1000\] groups/);
  assert.equal((await expectStatus(200, groups('&service_type=type-1000'))).json.results[0].service_type, 'type-1000');
  client.close();
}));

test('twenty clients race for an index name: one gets it', () => withStack({}, async (stack) => {
  for (let round = 0; round < 20; round++) {
    const name = `search-${round}`;
    const body = { index_name: name };
    const runners = Array.from({ length: 20 }, (_, i) => (agent) => (i % 2
      ? request(stack, 'POST', '/_connector', { body, agent })
      : create(stack, `racer-${i}`, body, { agent })));
    const winner = assertOneWinner(await race(stack, runners), name);
    const { count, results } = (await request(stack, 'GET', `/_connector?index_name=${name}`)).json;
    assert.deepEqual([count, results.map(({ id }) => id)], [1, [winner]]);
    assert.equal(await stack.redisCommand('GET', `index_name:{${name}}`), winner);
  }
}));

test('connectors race for another index name: one gets it', () => withStack({}, async (stack) => {
  const ids = Array.from({ length: 20 }, (_, i) => `racer-${i}`);
  for (let round = 0; round < 20; round++) {
    const name = `search-${round}`;
    for (const id of ids) await create(stack, id, { index_name: `${id}-${round}` });
    const runners = ids.map((id) => (agent) => create(stack, id, { index_name: name }, { agent }));
    const winner = assertOneWinner(await race(stack, runners), name);
    for (const id of ids) {
      const expected = id === winner ? name : `${id}-${round}`;
      assert.equal((await get(stack, id)).json.index_name, expected);
    }
    // The winner has let go of its earlier name, and the others have kept theirs.
    const free = await create(stack, 'heir', { index_name: `${winner}-${round}` });
    assert.equal(free.status < 300, true, free.text);
    const loser = ids.find((id) => id !== winner);
    await expectStatus(400, create(stack, 'heir', { index_name: `${loser}-${round}` }));
    await remove(stack, 'heir', '?hard=true');
  }
}));

// Checks that all ways to read a connector agree, once nothing is under way.
async function expectOneTruth(stack, id, names) {
  const path = `/_connector/${id}?include_deleted=true`;
  const { status, json } = await request(stack, 'GET', path);
  const all = (await request(stack, 'GET', '/_connector?include_deleted=true')).json;
  const live = (await request(stack, 'GET', '/_connector')).json;
  const shown = (list) => list.results.filter((connector) => connector.id === id);
  if (status === 404) {
    assert.deepEqual([shown(all), shown(live)], [[], []]);
  } else {
    assert.deepEqual(shown(all), [json]);
    assert.deepEqual(shown(live), json.deleted ? [] : [json]);
  }
  for (const name of names) {
    const owned = status === 200 && !json.deleted && json.index_name === name;
    const found = (await request(stack, 'GET', `/_connector?index_name=${name}`)).json;
    assert.equal(found.count, owned ? 1 : 0, `${name} of ${JSON.stringify(json)}`);
    // A name that nobody holds can be taken; one that is held cannot.
    const heir = await create(stack, 'heir', { index_name: name });
    assert.equal(heir.status < 300, !owned, heir.text);
    await remove(stack, 'heir', '?hard=true');
  }
}

test('racing creates, reports and deletes of one id leave one truth',
  () => withStack({}, async (stack) => {
    const names = ['search-a', 'search-b', 'search-c'];
    const moves = [
      ...names.map((name) => (agent) =>
        create(stack, 'contested', { index_name: name }, { agent })),
      (agent) => create(stack, 'contested', {}, { agent }),
      (agent) => report(stack, 'contested', undefined, { agent }),
      () => remove(stack, 'contested'),
      () => remove(stack, 'contested', '?hard=true'),
    ];
    for (let round = 0; round < 40; round++) {
      const anyMove = () => moves[Math.floor(Math.random() * moves.length)];
      const runners = Array.from({ length: 20 }, anyMove);
      for (const { status, text } of await race(stack, runners)) {
        assert.equal([200, 201, 404].includes(status), true, text);
      }
      await expectOneTruth(stack, 'contested', names);
    }
  }));

test('racing cursors are merged, and none is lost', () => withStack({}, async (stack) => {
  for (let round = 0; round < 5; round++) {
    const runners = Array.from({ length: 20 }, (_, i) => (agent) =>
      report(stack, 'c1', { sync_cursor: { [`r${round}`]: { [`k${i}`]: fresh() } } }, { agent }));
    for (const { status, text } of await race(stack, runners)) assert.equal(status, 200, text);
    const keys = Object.keys((await get(stack, 'c1')).json.sync_cursor[`r${round}`]);
    assert.deepEqual(keys.sort(), runners.map((_, i) => `k${i}`).sort());
  }
}));

test('racing configurations are merged, and none is lost', () => withStack({}, async (stack) => {
  const configure = (body, options) => request(stack, 'PUT', '/_connector/c1/_configuration', { body, ...options });
  const names = Array.from({ length: 20 }, (_, i) => `field${i}`);
  const field = { default_value: null, depends_on: [], display: 'text', label: '', options: [], order: 1, required: false,
    sensitive: false, tooltip: null, type: 'str', ui_restrictions: [], validations: [], value: '' };
  await expectStatus(200, configure({ configuration: Object.fromEntries(names.map((name) => [name, field])) }));
  for (let round = 0; round < 5; round++) {
    const runners = names.map((name) => (agent) => configure({ values: { [name]: `${name} ${round}` } }, { agent }));
    for (const { status, text } of await race(stack, runners)) assert.equal(status, 200, text);
    const { configuration } = (await get(stack, 'c1')).json;
    assert.deepEqual(names.map((name) => configuration[name].value), names.map((name) => `${name} ${round}`));
  }
}));

// Reports are answered one after the other, and none has to wait.
async function expectNoWait(stack, count) {
  let longest = 0;
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await expectUpdated(report(stack, 'c1'));
    longest = Math.max(longest, performance.now() - began);
  }
  assert.equal(longest < DEADLINE, true, `one waited ${longest} ms`);
}

test('150 slow clients do not delay the others', () => withStack({ workers: 1 }, async (stack) => {
  const body = JSON.stringify({ sync_cursor: { slow: 'x'.repeat(1000) } });
  const head = [`PUT ${LAST_SYNC} HTTP/1.1`, 'Host: localhost', 'Content-Type: application/json',
    `Content-Length: ${body.length}`, '', ''].join('\r\n');
  const [worker] = stack.lastsync.children();
  const before = descriptors(worker);
  const slow = [];
  for (let i = 0; i < 150; i++) {
    const client = await RawConnection.open(stack.port);
    await client.write(head + body.slice(0, 500));
    slow.push(client);
  }
  await expectNoWait(stack, 300);
  const opened = descriptors(worker) - before;
  assert.equal(opened < 50, true, `${opened} connections more`); // nginx keeps what has not come whole
  for (const client of slow) await client.write(body.slice(500));
  for (const client of slow) {
    assert.equal((await client.answer()).status, 200);
    client.close();
  }
}));

test('150 connections to the worker that begin and do not go on do not delay the others',
  () => withStack({ workers: 1 }, async (stack) => {
    const bytes = requestBytes({ method: 'PUT', uri: LAST_SYNC, body: '{}' });
    const slow = [];
    for (let i = 0; i < 150; i++) {
      const connection = await FastcgiConnection.open(stack.fcgiSocket);
      await connection.write(bytes.subarray(0, 1 + i % (bytes.length - 1)));
      slow.push(connection);
    }
    await expectNoWait(stack, 100);
    for (const connection of slow) connection.close();
  }));
