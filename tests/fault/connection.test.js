// Broken, hostile and slow peers: no part of a body runs as a request, and other peers are served.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const { execFileSync } = require('node:child_process');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { RawConnection } = require('../lib/raw');
const { within } = require('../lib/until');
const { FastcgiConnection, TYPE, begin, fastcgiRequest, pairs, parameters, record, requestBytes,
  stream } = require('../lib/fastcgi');
const { RedisRelay } = require('./relay');
const { create, expectStatus, fresh, get } = require('./common');

const LIMIT = 1048576;
const PROMPT = 1500; // milliseconds, on a busy machine, for an answer without a wait: a deadline is 2,000

// One worker, so that every peer meets the same one; in the end it must still live.
async function withWorker(options, use, { replaced = false } = {}) {
  const stack = await startStack({ workers: 1, nginx: false, ...options });
  try {
    const created = await worker(stack, { method: 'PUT', uri: '/_connector/c1', body: '{}' });
    assert.equal(created.status, 201, created.text);
    const workers = stack.lastsync.children();
    await use(stack);
    await expectService(stack);
    if (!replaced) assert.deepEqual(stack.lastsync.children(), workers, stack.lastsync.output());
  } finally {
    await stack.stop();
  }
}

function worker(stack, options) {
  return fastcgiRequest(stack.fcgiSocket, options);
}

// Another peer is served correctly and at once.
async function expectService(stack) {
  const text = `text ${fresh()}`;
  const uri = '/_connector/c1';
  const began = performance.now();
  const written = await worker(stack, { method: 'PUT', uri: `${uri}/_last_sync`,
    body: JSON.stringify({ last_sync_error: text }) });
  assert.deepEqual([written.status, written.text], [200, '{"result":"updated"}']);
  const read = await worker(stack, { uri });
  assert.deepEqual([read.json.id, read.json.last_sync_error], ['c1', text]);
  const took = performance.now() - began;
  assert.equal(took < PROMPT, true, `served after ${took} ms`);
}

// A whole FastCGI request that would create a connector; and one without the end of its body, which the end of the
// surrounding body may complete.
const FORGED = requestBytes({ method: 'PUT', uri: '/_connector/forged' });
const OPEN_END = FORGED.subarray(0, FORGED.length - record(TYPE.STDIN).length);
const COPIES = Buffer.concat(Array(Math.ceil((LIMIT + 70000) / FORGED.length)).fill(FORGED));

// Bodies full of forged requests: for any offset, one body has a request that begins there.
function* fullBodies(length) {
  for (let pad = 0; pad < FORGED.length; pad++) {
    yield Buffer.concat([Buffer.alloc(pad, ' '), COPIES.subarray(0, length - pad)]);
  }
}

// Bodies that end with a forged request, which begins where a reader of 8 KiB may have stopped.
function* tailBodies(shortest) {
  for (let pad = shortest; pad < 9000; pad += pad > 7600 && pad < 8200 ? 1 : 61) {
    yield Buffer.concat([Buffer.alloc(pad, ' '), OPEN_END]);
  }
}

async function expectNothingForged(stack) {
  assert.deepEqual(await stack.redisCommand('KEYS', '*forged*'), []);
  assert.equal(await stack.redisCommand('ZCARD', 'connectors'), 1);
}

test('the forged request is one: alone, it runs', () => withWorker({}, async (stack) => {
  for (const bytes of [FORGED, Buffer.concat([OPEN_END, record(TYPE.STDIN)])]) {
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    await connection.write(bytes);
    assert.equal((await connection.answer()).json.id, 'forged');
    connection.close();
  }
  assert.equal(await stack.redisCommand('EXISTS', 'connector:{forged}'), 1);
}));

function httpRequest(method, path, body, headers = ['Content-Type: application/json']) {
  const lines = [`${method} ${path} HTTP/1.1`, 'Host: localhost', `Content-Length: ${body.length}`];
  return Buffer.concat([Buffer.from(`${[...lines, ...headers].join('\r\n')}\r\n\r\n`), body]);
}

const REPORT_PATH = '/_connector/c1/_last_sync';
const SMALL = ['--body-limit', '1000'];

// Requests that are refused, for their body or for another reason, with which the body may stay unread.
const REFUSALS = [
  { name: 'body over the limit', method: 'PUT', path: REPORT_PATH, status: 413,
    bodies: () => fullBodies(LIMIT + 66000) },
  { name: 'body over a small limit', method: 'PUT', path: REPORT_PATH, status: 413, options: SMALL,
    bodies: () => tailBodies(1001) },
  { name: 'no JSON', method: 'PUT', path: REPORT_PATH, status: 400 },
  { name: 'body where none belongs', method: 'GET', path: '/_connector/c1', status: 400 },
  { name: 'wrong method', method: 'PATCH', path: '/_connector/c1', status: 405 },
  { name: 'unknown route', method: 'PUT', path: '/_connector/c1/_nope', status: 400 },
  { name: 'wrong media type', method: 'PUT', path: REPORT_PATH, status: 406,
    headers: ['Content-Type: text/plain'] },
  { name: 'no gzip', method: 'PUT', path: REPORT_PATH, status: 400,
    headers: ['Content-Type: application/json', 'Content-Encoding: gzip'] },
  { name: 'unknown encoding', method: 'PUT', path: REPORT_PATH, status: 415,
    headers: ['Content-Type: application/json', 'Content-Encoding: br'] },
];

function* bothBodies() {
  yield* fullBodies(20000);
  yield* tailBodies(0);
}

for (const { name, method, path, status, headers, options, bodies = bothBodies } of REFUSALS) {
  test(`through nginx, nothing of a refused body runs: ${name}`, async () => {
    // nginx passes all of it on, over a kept connection to the worker.
    await withWorker({ options, nginx: { bodyLimit: '20m', workers: 1 } }, async (stack) => {
      const client = await RawConnection.open(stack.port);
      for (const body of bodies()) {
        await client.write(httpRequest(method, path, body, headers));
        const refused = await client.answer(method);
        assert.equal(refused.status, status, refused.text);
        await client.write('GET /_connector/c1 HTTP/1.1\r\nHost: localhost\r\n\r\n');
        const next = await client.answer();
        assert.equal(next.status, 200, next.text);
        assert.equal(next.json.id, 'c1');
      }
      await expectNothingForged(stack);
      client.close();
    });
  });
}

test('at the worker, nothing of a body over the limit runs',
  () => withWorker({ options: SMALL }, async (stack) => {
    for (const body of [...fullBodies(20000), ...tailBodies(1001)]) {
      const connection = await FastcgiConnection.open(stack.fcgiSocket);
      const refused = await connection.request({ method: 'PUT', uri: REPORT_PATH, body });
      assert.equal(refused.status, 413, refused.text);
      assert.equal(refused.json.error.type, 'content_too_long_exception');
      const next = await connection.request({ uri: '/_connector/c1' }).catch(() => null);
      if (next) assert.equal(next.json.id, 'c1'); // else the worker has closed, which is allowed
      connection.close();
    }
    await expectNothingForged(stack);
  }));

test('a body that is longer or shorter than announced does not run', () =>
  withWorker({}, async (stack) => {
    const body = Buffer.from(JSON.stringify({ last_sync_error: 'as announced' }));
    for (const announced of [0, 1, body.length - 1, body.length + 1, 100000, 'many', -1, '']) {
      const connection = await FastcgiConnection.open(stack.fcgiSocket);
      const entries = parameters({ method: 'PUT', uri: REPORT_PATH, body })
        .map(([name, value]) => [name, name === 'CONTENT_LENGTH' ? String(announced) : value]);
      await connection.write(Buffer.concat([begin(), stream(TYPE.PARAMS, pairs(entries)),
        stream(TYPE.STDIN, Buffer.concat([body, FORGED]))]));
      const answer = await connection.answer().catch(() => null);
      if (answer) assert.equal(answer.status >= 400, true, `${announced}: ${answer.text}`);
      await expectService(stack);
      connection.close();
    }
    await expectNothingForged(stack);
  }));

test('a request without its parameters is a 500', () => withWorker({}, async (stack) => {
  const connection = await FastcgiConnection.open(stack.fcgiSocket);
  await connection.write(Buffer.concat([begin(), stream(TYPE.PARAMS, Buffer.alloc(0)),
    stream(TYPE.STDIN, Buffer.alloc(0))]));
  assert.equal((await connection.answer()).status, 500);
  connection.close();
}));

// Management records, unknown types and nonsense, each sent first on a connection, and again after a request on the
// same one.
const management = (type, content) => record(type, content, { id: 0 });
const values = (names) =>
  management(TYPE.GET_VALUES, pairs(names.map((name) => [name, ''])));
const KNOWN = ['FCGI_MAX_CONNS', 'FCGI_MAX_REQS', 'FCGI_MPXS_CONNS'];
const NOISE = {
  'GET_VALUES': values(KNOWN),
  'GET_VALUES with a name 5 times': values(Array(5).fill('FCGI_MPXS_CONNS')),
  'GET_VALUES with a name 3000 times': values(Array(3000).fill('FCGI_MPXS_CONNS')),
  'GET_VALUES with an unknown name of 60000 bytes': values(['x'.repeat(60000)]),
  'GET_VALUES cut inside a name': management(TYPE.GET_VALUES, [200, 0, 65, 66]),
  'GET_VALUES with a huge length': management(TYPE.GET_VALUES,
    Buffer.from('ffffffffffffffff4142', 'hex')),
  'GET_VALUES 200 times': Buffer.concat(Array(200).fill(values([...KNOWN, ...KNOWN]))),
  'an unknown management record': management(100, Buffer.alloc(8)),
  'an unknown record of a request': record(100, Buffer.alloc(8)),
  'unknown records of every type': Buffer.concat(
    Array.from({ length: 240 }, (_, i) => record(12 + i, Buffer.alloc(i), { id: i % 3 }))),
  'an abort of nothing': record(TYPE.ABORT_REQUEST),
  'STDIN of nothing': record(TYPE.STDIN, 'abc'),
  'PARAMS of nothing': record(TYPE.PARAMS, pairs([['A', 'B']])),
  'END_REQUEST from the wrong side': record(TYPE.END_REQUEST, Buffer.alloc(8)),
  'a begin that is too short': record(TYPE.BEGIN_REQUEST, [0, 1]),
  'a begin that is too long': record(TYPE.BEGIN_REQUEST, Buffer.alloc(9000, 1)),
  'an unknown role': begin({ role: 9 }),
  'another protocol version': Buffer.from([9, 1, 0, 1, 0, 8, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]),
  'HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'zeros': Buffer.alloc(70000),
  'ones': Buffer.alloc(70000, 255),
  'PARAMS cut inside a pair': Buffer.concat([begin(),
    stream(TYPE.PARAMS, Buffer.from([30, 30, 65])), record(TYPE.STDIN)]),
  'PARAMS with huge lengths': Buffer.concat([begin(),
    stream(TYPE.PARAMS, Buffer.from('ffffffffffffffff41', 'hex')), record(TYPE.STDIN)]),
  'PARAMS of 4 MB': Buffer.concat([begin(),
    stream(TYPE.PARAMS, pairs([['REQUEST_URI', 'x'.repeat(4000000)]])), record(TYPE.STDIN)]),
  'a begin inside a request': Buffer.concat([begin(), begin(), begin({ id: 2 })]),
  'an aborted request': Buffer.concat([begin(), record(TYPE.ABORT_REQUEST)]),
};

for (const [name, bytes] of Object.entries(NOISE)) {
  test(`at the worker: ${name}`, () => withWorker({}, async (stack) => {
    const first = await FastcgiConnection.open(stack.fcgiSocket);
    await first.write(bytes);
    await expectService(stack);
    const kept = await FastcgiConnection.open(stack.fcgiSocket);
    assert.equal((await kept.request({ uri: '/_connector/c1' })).json.id, 'c1');
    await kept.write(bytes);
    await expectService(stack);
    first.close();
    kept.close();
    await expectService(stack);
  }));
}

test('GET_VALUES does not show what lies in memory', () => withWorker({}, async (stack) => {
  for (const names of [KNOWN, KNOWN.slice(2), ['FCGI_MAX_CONNS', 'FCGI_MAX_CONNS']]) {
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    await connection.write(values(names));
    const answer = await connection.record().catch(() => null); // closing is an answer, too
    if (answer) assert.match(answer.content.toString('latin1'), /^[ -~\r\n\0-\x0f]*$/);
    connection.close();
  }
}));

const REPORT = requestBytes({ method: 'PUT', uri: REPORT_PATH,
  body: '{"last_sync_status":"completed"}' });
// Inside the first header, inside BEGIN, between records, inside PARAMS, and before the last byte.
const CUTS = [1, 3, 7, 8, 12, 16, 20, 24, 60, 100, REPORT.length - 40, REPORT.length - 9,
  REPORT.length - 8, REPORT.length - 1];

test('requests that stay unfinished hold nobody up', () => withWorker({}, async (stack) => {
  const open = [];
  for (const cut of CUTS) {
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    await connection.write(REPORT.subarray(0, cut));
    open.push({ connection, cut });
    await expectService(stack);
  }
  for (const { connection, cut } of open) {
    await connection.write(REPORT.subarray(cut));
    assert.equal((await connection.answer()).status, 200, `cut at ${cut}`);
    connection.close();
  }
}));

test('an unfinished request on a kept connection holds nobody up', () =>
  withWorker({}, async (stack) => {
    for (const cut of CUTS) {
      const connection = await FastcgiConnection.open(stack.fcgiSocket);
      assert.equal((await connection.request({ uri: '/_connector/c1' })).json.id, 'c1');
      await connection.write(REPORT.subarray(0, cut));
      await expectService(stack);
      await connection.write(REPORT.subarray(cut));
      assert.equal((await connection.answer()).status, 200, `cut at ${cut}`);
      connection.close();
    }
  }));

// A request that is longer than the bytes that a worker looks at is taken as it comes, and kept until its end.
for (const length of [30000, 900000]) {
  test(`a body of ${length} bytes that stays unfinished`, () => withWorker({}, async (stack) => {
    const body = JSON.stringify({ last_sync_error: 'x'.repeat(length) });
    const bytes = requestBytes({ method: 'PUT', uri: REPORT_PATH, body });
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    await connection.write(bytes.subarray(0, bytes.length - 5000));
    await expectService(stack);
    await connection.write(bytes.subarray(bytes.length - 5000));
    assert.equal((await connection.answer()).status, 200);
    await connection.write(bytes.subarray(0, bytes.length - 5000));
    await expectService(stack);
    connection.close();
    await expectService(stack);
  }));
}

test('a request that comes byte by byte is answered', () => withWorker({}, async (stack) => {
  const connection = await FastcgiConnection.open(stack.fcgiSocket);
  for (const byte of REPORT) await connection.write(Buffer.from([byte]));
  assert.equal((await connection.answer()).status, 200);
  await expectService(stack);
  connection.close();
}));

test('records of one byte each are a request', () => withWorker({}, async (stack) => {
  const answer = await worker(stack, { method: 'PUT', uri: REPORT_PATH, piece: 1,
    body: JSON.stringify({ last_sync_error: 'in many pieces' }) });
  assert.deepEqual([answer.status, answer.text], [200, '{"result":"updated"}']);
}));

test('two requests in one write: no answer is wrong', () => withWorker({}, async (stack) => {
  const connection = await FastcgiConnection.open(stack.fcgiSocket);
  await connection.write(Buffer.concat([requestBytes({ uri: '/_connector/first' }),
    requestBytes({ uri: '/_connector/second' })]));
  for (const id of ['first', 'second']) {
    const answer = await connection.answer().catch(() => null); // closing is allowed
    if (answer) assert.equal(answer.json.error.reason, `connector [${id}] not found`);
  }
  connection.close();
}));

test('peers that leave at any byte', () => withWorker({}, async (stack) => {
  for (let cut = 0; cut < REPORT.length; cut += 1) {
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    await connection.write(REPORT.subarray(0, cut));
    connection.close();
  }
  await expectService(stack);
}));

test('peers that leave before their answer', () => withWorker({}, async (stack) => {
  for (let round = 0; round < 200; round++) {
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    await connection.write(REPORT);
    connection.close();
  }
  await expectService(stack);
}));

// The end comes with the request, and is signalled once: a kept connection would stay for ever.
test('peers that send no more behind a request are answered, and let go', () => withWorker({}, async (stack) => {
  for (let round = 0; round < 50; round++) {
    const socket = net.connect({ path: stack.fcgiSocket, allowHalfOpen: true });
    const parts = [];
    socket.on('data', (part) => parts.push(part));
    socket.on('error', () => {}); // a reset, if half a request is thrown away
    const closed = new Promise((resolve) => { socket.on('close', resolve); });
    socket.end(round % 2 ? REPORT : REPORT.subarray(0, REPORT.length - 9));
    await within(closed, 'the worker to close the connection');
    assert.equal(/"result":"(updated|noop)"/.test(Buffer.concat(parts).toString('latin1')), round % 2 === 1);
  }
}));

const LARGE = '/_connector?size=100';

// Connectors whose list is larger than a socket holds.
async function createLarge(stack, count) {
  for (let i = 0; i < count; i++) {
    const body = JSON.stringify({ description: 'x'.repeat(100000) });
    await worker(stack, { method: 'PUT', uri: `/_connector/large-${i}`, body });
  }
}

// A peer that has asked for that list, and does not read it yet; all others are served meanwhile.
async function deafPeer(stack, count = 1) {
  const deaf = await FastcgiConnection.open(stack.fcgiSocket);
  deaf.socket.pause();
  await deaf.write(requestBytes({ uri: LARGE }));
  for (let i = 0; i < count; i++) await expectService(stack);
  return deaf;
}

test('a peer that reads its large answer late gets all of it, and nobody waits for it', () => withWorker({}, async (stack) => {
  await createLarge(stack, 40);
  const all = (await worker(stack, { uri: LARGE })).json.results.map(({ id }) => id);
  const deaf = await deafPeer(stack, 3);
  deaf.socket.resume();
  const late = await deaf.answer();
  assert.deepEqual(late.json.results.map(({ id }) => id), all);
  assert.equal((await deaf.request({ uri: '/_connector/c1' })).status, 200, 'the connection stays');
  deaf.close();
}));

test('peers that never read their large answers, and leave', () => withWorker({}, async (stack) => {
  await createLarge(stack, 10);
  const [pid] = stack.lastsync.children();
  const before = fs.readdirSync(`/proc/${pid}/fd`).length;
  for (let round = 0; round < 5; round++) (await deafPeer(stack)).close();
  await until(() => fs.readdirSync(`/proc/${pid}/fd`).length === before, 'the worker to let go of them');
}));

for (const [options, kept] of [[[], true], [['--slow-limit', '1000000'], false]]) {
  test(`--slow-limit: ${kept ? 'default' : 1000000}`, () => withWorker({ options }, async (stack) => {
    await createLarge(stack, 20);
    const [pid] = stack.lastsync.children();
    const open = () => fs.readdirSync(`/proc/${pid}/fd`).length;
    const before = open();
    const body = JSON.stringify({ last_sync_error: 'x'.repeat(900000) });
    const bytes = requestBytes({ method: 'PUT', uri: REPORT_PATH, body });
    const sender = await FastcgiConnection.open(stack.fcgiSocket);
    await sender.write(bytes.subarray(0, 800000));
    const readers = [await deafPeer(stack), await deafPeer(stack)];
    if (!kept) await until(() => open() === before + 1, 'two of three to be given up');
    for (const { socket } of readers) socket.resume();
    const [first, last] = await Promise.allSettled(readers.map((reader) => reader.answer()));
    assert.equal(last.value.json.results.length, 21, 'the last one is never given up');
    assert.equal(first.status, kept ? 'fulfilled' : 'rejected');
    await sender.write(bytes.subarray(800000));
    const [sent] = await Promise.allSettled([sender.answer()]);
    assert.equal(sent.status, kept ? 'fulfilled' : 'rejected');
    assert.equal(stack.lastsync.output().includes('--slow-limit'), !kept, stack.lastsync.output());
    for (const connection of [sender, ...readers]) connection.close();
  }));
}

// Asks for that list, reads it as fast as it comes, and gives the number of its bytes.
async function readLarge(stack) {
  const socket = net.connect(stack.fcgiSocket);
  const end = record(TYPE.END_REQUEST, Buffer.alloc(8));
  let size = 0;
  try {
    socket.write(requestBytes({ uri: LARGE }));
    for await (const part of socket) {
      if (!size) assert.match(part.toString('latin1', 0, 100), /Status: 200 OK/);
      size += part.length;
      if (part.subarray(-end.length).equals(end)) return size;
    }
    throw new Error(`closed after ${size} bytes`);
  } finally {
    socket.destroy();
  }
}

// Together they are more than --slow-limit, but no reader is slow.
test('many large answers at once are read to their end', () => withWorker({ options: ['--deadline', '30000'] },
  async (stack) => {
    await createLarge(stack, 60);
    const size = await readLarge(stack);
    assert.equal(size > 6000000, true, `${size} bytes`);
    for (let round = 0; round < 2; round++) {
      assert.deepEqual(await Promise.all(Array.from({ length: 8 }, () => readLarge(stack))), Array(8).fill(size));
    }
    assert.doesNotMatch(stack.lastsync.output(), /--slow-limit/);
  }));

test('a worker that is to leave waits for peers that are slow', () => withWorker({}, async (stack) => {
  await createLarge(stack, 20);
  const body = JSON.stringify({ last_sync_error: 'x'.repeat(900000) });
  const bytes = requestBytes({ method: 'PUT', uri: REPORT_PATH, body });
  const sender = await FastcgiConnection.open(stack.fcgiSocket);
  await sender.write(bytes.subarray(0, 800000));
  const reader = await deafPeer(stack);
  const [before] = stack.lastsync.children();
  stack.lastsync.signal('SIGHUP');
  await until(() => stack.lastsync.children().length === 2, 'the new worker');
  await expectService(stack);
  reader.socket.resume();
  assert.equal((await reader.answer()).json.results.length, 21);
  await sender.write(bytes.subarray(800000));
  assert.equal((await sender.answer()).status, 200);
  await until(() => !stack.lastsync.children().includes(before), 'the former worker to leave');
  for (const connection of [sender, reader]) {
    assert.equal((await connection.request({ uri: '/_connector/c1' })).status, 200, 'its successor has the connection');
    connection.close();
  }
}, { replaced: true }));

// The listening socket stays readable: a worker that tried again and again would be busy.
test('a worker without open files to accept a connection does other work', async () => {
  const stack = await startStack({ workers: 0, nginx: false, options: ['--deadline', '4500'] });
  try {
    const relay = await RedisRelay.before(stack, 50);
    const { pid } = stack.lastsync;
    const client = await FastcgiConnection.open(stack.fcgiSocket);
    const turns = async () => Number(/^lastsync_turns_total (\d+)$/m.exec(
      (await client.request({ uri: '/_lastsync/metrics' })).text)[1]);
    await turns();
    const open = new Set(fs.readdirSync(`/proc/${pid}/fd`).map(Number));
    let free = 0;
    while (open.has(free)) free += 1;
    execFileSync('prlimit', ['--pid', String(pid), `--nofile=${free}:`]);
    const other = await FastcgiConnection.open(stack.fcgiSocket);
    const answer = other.request({ uri: '/_connector' });
    await until(() => /cannot accept a connection: too many open files/.test(stack.lastsync.output()), 'the log');
    const before = await turns();
    for (let i = 0; i < 20; i++) await client.request({ uri: '/_connector/c1' });
    const after = await turns();
    assert.equal(after - before < 300, true, `${after - before} turns for 20 requests`);
    execFileSync('prlimit', ['--pid', String(pid), '--nofile=1024:']);
    assert.equal((await answer).status, 200);
    for (const connection of [client, other]) connection.close();
    relay.close();
  } finally {
    await stack.stop();
  }
});

test('through nginx: clients that leave, and clients that send half a request', async () => {
  const stack = await startStack({ workers: 1 });
  try {
    await expectStatus(201, create(stack, 'c1'));
    const workers = stack.lastsync.children();
    const body = Buffer.from('{"sync_cursor":{}}');
    const whole = httpRequest('PUT', REPORT_PATH, body);
    const open = [];
    for (let cut = 0; cut <= whole.length; cut++) {
      const client = await RawConnection.open(stack.port);
      await client.write(whole.subarray(0, cut));
      if (cut % 2) client.close();
      else open.push(client);
    }
    await until(async () => (await get(stack, 'c1')).status === 200, 'an answer', PROMPT);
    for (const client of open) client.close();
    assert.deepEqual(stack.lastsync.children(), workers);
  } finally {
    await stack.stop();
  }
});
