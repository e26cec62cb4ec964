// nginx's own refusals, byte by byte: always JSON in the API's form, never nginx's HTML.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, before, test } = require('node:test');
const { execFileSync } = require('node:child_process');
const net = require('node:net');
const { once } = require('node:events');
const { RawConnection, parseAnswer, request, send } = require('../lib/raw');
const { fastcgiRequest } = require('../lib/fastcgi');
const { REPOSITORY, startStack } = require('../lib/stack');
const { until, within } = require('../lib/until');
const { RedisRelay } = require('../fault/relay');

const HOST = 'Host: localhost\r\n';
const PUT = `PUT /_connector/c1/_last_sync HTTP/1.1\r\n${HOST}Content-Type: application/json\r\n`;
const CHUNKED = 'Transfer-Encoding: chunked\r\n';
const MEBIBYTE = 1024 * 1024;

// The answers, by name: status, type, reason and further headers.
const INVALID = [400, 'illegal_argument_exception', 'the request is not valid HTTP'];
const HEADERS = [400, 'too_long_http_header_exception',
  'the request headers are larger than the limit'];
const LINE = [414, 'too_long_http_line_exception', 'the request line is larger than the limit'];
const BODY = [413, 'content_too_long_exception', 'request body is larger than the limit'];
const METHOD = [405, 'illegal_argument_exception', 'the HTTP method is not allowed',
  { allow: 'GET,HEAD,POST,PUT,DELETE' }];
const CODING = [501, 'unsupported_operation_exception', 'the transfer encoding is not supported'];
const VERSION = [505, 'illegal_argument_exception', 'the HTTP version is not supported'];
const NO_ROOM = [503, 'unavailable_exception',
  'nginx has no room for the request, its error log says why', { 'retry-after': '1' }];
const UNAVAILABLE = [503, 'unavailable_exception', 'no worker answers', { 'retry-after': '1' }];

function lines(count, length) {
  return Array.from({ length: count }, (_, i) => `X-${i}: ${'a'.repeat(length)}\r\n`).join('');
}

function chunks(length) {
  const size = 0x8000;
  return `${size.toString(16)}\r\n${'a'.repeat(size)}\r\n`.repeat(Math.ceil(length / size));
}

const REFUSALS = [
  ['a TLS handshake', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', INVALID],
  ['a request line of plain words', 'hello world this is\r\n\r\n', INVALID],
  ['a request line without version or target', 'GARBAGE\r\n', INVALID],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', INVALID],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', INVALID],
  ['a NUL in the target', `GET /a%00 HTTP/1.1\r\n${HOST}\r\n`, INVALID],
  ['a target above the root', `GET /a/../../b HTTP/1.1\r\n${HOST}\r\n`, INVALID],
  ['CONNECT', `CONNECT a:80 HTTP/1.1\r\n${HOST}\r\n`, INVALID],
  ['one header that is too large', `GET / HTTP/1.1\r\n${HOST}${lines(1, 9000)}\r\n`, HEADERS],
  ['headers that are too large together',
    `GET / HTTP/1.1\r\n${HOST}${lines(5, 8000)}\r\n`, HEADERS],
  ['a target that is too long', `GET /${'a'.repeat(9000)} HTTP/1.1\r\n${HOST}\r\n`, LINE],
  ['a body that is declared too large', `${PUT}Content-Length: ${MEBIBYTE + 1}\r\n\r\n`, BODY],
  ['the same with Expect',
    `${PUT}Expect: 100-continue\r\nContent-Length: ${MEBIBYTE + 1}\r\n\r\n`, BODY],
  ['chunks that are too large together',
    `${PUT}${CHUNKED}\r\n${chunks(MEBIBYTE + 1)}0\r\n\r\n`, BODY],
  ['a malformed chunk', `${PUT}${CHUNKED}\r\nzz\r\nhello\r\n0\r\n\r\n`, INVALID],
  ['a length and chunks', `${PUT}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n`, INVALID],
  ['two lengths', `${PUT}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, INVALID],
  ['a negative length', `${PUT}Content-Length: -2\r\n\r\n{}`, INVALID],
  ['chunks in HTTP/1.0', `${PUT.replace('1.1', '1.0')}${CHUNKED}\r\n0\r\n\r\n`, INVALID],
  ['another transfer encoding', `${PUT}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, CODING],
  ['another HTTP version', `GET / HTTP/3.0\r\n${HOST}\r\n`, VERSION],
  ['TRACE', `TRACE / HTTP/1.1\r\n${HOST}\r\n`, METHOD],
  ['TRACE with a body that is too large',
    `TRACE / HTTP/1.1\r\n${HOST}Content-Length: ${MEBIBYTE + 1}\r\n\r\n`, METHOD],
  ['TRACE with a malformed chunk', `TRACE / HTTP/1.1\r\n${HOST}${CHUNKED}\r\nzz\r\n`, INVALID],
];

// Paths that nginx resolves to the one of its own answers, or near it.
const DISGUISES = ['/./refused', '/%2e/refused', '/.%2frefused', '/%2E%2Frefused?type=x',
  '/x%2f..%2f.%2frefused', '//./refused', '/.//refused', '/refused', '/.\\refused'];

const WORKERS = 2;
let stack;

before(async () => { stack = await startStack({ workers: WORKERS }); });
after(() => stack.stop());

function assertRefusal(answer, [status, type, reason, headers = {}]) {
  assert.strictEqual(answer.status, status, answer.text);
  const cause = { type, reason };
  assert.deepStrictEqual(answer.json, { error: { root_cause: [cause], ...cause }, status });
  const expected = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch',
    'retry-after': undefined, allow: undefined, ...headers };
  for (const [name, value] of Object.entries(expected)) {
    assert.strictEqual(answer.headers[name], value, name);
  }
  assert.ok(!/\d/.test(answer.headers.server), 'nginx tells its version');
}

for (const [what, bytes, refusal] of REFUSALS) {
  test(`refused: ${what}`, async () => {
    assertRefusal(await send(stack.port, Buffer.from(bytes, 'latin1')), refusal);
  });
}

test('a refused HEAD has headers and no body', async () => {
  const answer = await send(stack.port, 'HEAD / HTTP/1.1\r\n\r\n', 'HEAD');
  assert.strictEqual(answer.status, 400);
  assert.strictEqual(answer.headers['x-elastic-product'], 'Elasticsearch');
  assert.strictEqual(answer.body.length, 0);
});

test('what is smuggled behind a refused request is not run', async () => {
  const connection = await RawConnection.open(stack.port);
  const forged = `PUT /_connector/forged HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`;
  await connection.write(`${PUT}Content-Length: 5\r\n${CHUNKED}\r\n0\r\n\r\n${forged}`);
  assertRefusal(await connection.answer(), INVALID);
  await assert.rejects(connection.answer(), /ended before the answer/);
  connection.close();
  assert.strictEqual(await stack.redisCommand('EXISTS', 'connector:{forged}'), 0);
});

for (const target of DISGUISES) {
  test(`nginx's own answers are out of reach: ${target}`, async () => {
    const answer = await request(stack, 'GET', target);
    assert.strictEqual(answer.status, 400, answer.text);
    assert.match(answer.json.error, /^no handler found for uri /); // the worker's answer
  });
}

// ---- each way to a 503 from nginx: one form, after which clients retry by themselves ----

// Stops the pool and its workers for as long as `use` takes.
async function whileStopped(use) {
  await until(() => stack.lastsync.children().length === WORKERS, 'all workers to be there');
  const pids = [stack.lastsync.pid, ...stack.lastsync.children()];
  pids.forEach((pid) => process.kill(pid, 'SIGSTOP'));
  try {
    return await use(pids);
  } finally {
    pids.forEach((pid) => process.kill(pid, 'SIGCONT'));
  }
}

// Leaves a process of nginx room for one more open file.
function fillFiles(pid) {
  const taken = new Set(fs.readdirSync(`/proc/${pid}/fd`).map(Number));
  const free = Array.from({ length: taken.size + 2 }, (_, i) => i).filter((i) => !taken.has(i));
  execFileSync('prlimit', ['--pid', pid, `--nofile=${free[1]}:`]);
}

// How many connections there are to a port, and how many to the workers' socket.
function clients(port) {
  const local = port.toString(16).toUpperCase().padStart(4, '0');
  const open = new RegExp(`^ *\\d+: [0-9A-F]+:${local} [0-9A-F:]+ 0[1-9] `, 'gm');
  const all = fs.readFileSync('/proc/net/tcp', 'utf8').match(open) || [];
  return all.filter((line) => !/ 06 $/.test(line)).length; // without those in TIME_WAIT
}
const connections = () => fs.readFileSync('/proc/net/unix', 'utf8').split('\n')
  .filter((line) => line.endsWith(` ${stack.fcgiSocket}`)).length;

const ROADS = [
  ['a body that nginx cannot keep', NO_ROOM, async () => {
    const [folder, away] = ['nginx-body', 'away'].map((name) => path.join(stack.directory, name));
    const body = `{"sync_cursor":{"text":"${'a'.repeat(MEBIBYTE / 2)}"}}`;
    fs.renameSync(folder, away);
    try {
      return [await request(stack, 'PUT', '/_connector/c1/_last_sync', { body })];
    } finally {
      fs.renameSync(away, folder);
    }
  }],
  ['no open file for a connection to a worker', NO_ROOM, async () => {
    const own = await startStack({ nginx: { workers: 1 } });
    try {
      await until(() => clients(own.port) === 0, 'nginx to close what looked whether it serves');
      fillFiles(own.nginx.children()[0]);
      return [await request(own, 'GET', '/')];
    } finally {
      await own.stop();
    }
  }],
  ['workers that hang, and a socket with no more room', UNAVAILABLE, async () => {
    const answers = await whileStopped(() =>
      Promise.all(Array.from({ length: 1100 }, () => request(stack, 'GET', '/'))));
    assert.match(fs.readFileSync(path.join(stack.directory, 'nginx-error.log'), 'utf8'),
      /connect\(\) to unix:.* failed \(11: /);
    // What nginx has given up fills the socket until the workers have taken it.
    await until(() => connections() < 1000, 'the workers to take what waits');
    return answers;
  }],
  ['a pool that ends with a request', UNAVAILABLE, async () => {
    await stack.lastsync.stop(); // so that nginx has no connection to it
    await stack.lastsync.start();
    const answer = await whileStopped(async (pids) => {
      const before = connections();
      const call = request(stack, 'GET', '/');
      await until(() => connections() > before, 'the request to wait for a worker');
      pids.splice(0).forEach((pid) => process.kill(pid, 'SIGKILL'));
      await stack.lastsync.stop('SIGKILL');
      return call;
    });
    await stack.lastsync.start();
    return [answer];
  }],
  ['workers that are away', UNAVAILABLE, async () => {
    await stack.lastsync.stop();
    const body = { last_sync_error: 'x'.repeat(900000) };
    const headers = { accept: 'application/vnd.elasticsearch+json' };
    const answers = [await request(stack, 'GET', '/'), await request(stack, 'GET', '/_connector'),
      await request(stack, 'GET', '/_connector?pretty', { headers }),
      await request(stack, 'PUT', '/_connector/c1/_last_sync', { body })];
    await stack.lastsync.start();
    return answers;
  }],
];

for (const [what, refusal, take] of ROADS) {
  test(`503, and then service: ${what}`, async () => {
    for (const answer of await take()) assertRefusal(answer, refusal);
    assert.strictEqual((await request(stack, 'GET', '/')).status, 200);
  });
}

// Sends a request, closes the sending side behind it, and gives the answer.
async function halfClosed(bytes) {
  const socket = net.connect({ port: stack.port, host: '127.0.0.1', allowHalfOpen: true });
  const parts = [];
  socket.on('data', (part) => parts.push(part));
  socket.end(bytes);
  await within(once(socket, 'close'), 'the end of the connection');
  const parsed = parseAnswer(Buffer.concat(parts), { ended: true });
  return parsed ? parsed.answer : null;
}

test('a client that closes its sending side behind a request is answered', async () => {
  const { redisSocket, lastsync, options } = stack;
  assert.strictEqual((await request(stack, 'PUT', '/_connector/half')).status, 201);
  const relay = await RedisRelay.before(stack, 20); // otherwise answers could come before nginx sees the end
  try {
    const report = '{"last_indexed_document_count":7}';
    const put = await halfClosed(`PUT /_connector/half/_last_sync HTTP/1.1\r\n${HOST}`
      + `Content-Type: application/json\r\nContent-Length: ${report.length}\r\n\r\n${report}`);
    assert.deepStrictEqual([put.status, put.json], [200, { result: 'updated' }]);
    const made = await halfClosed(`POST /_connector HTTP/1.1\r\n${HOST}Content-Length: 0\r\n\r\n`);
    assert.strictEqual(made.status, 201);
    const read = await halfClosed(`GET /_connector/half HTTP/1.1\r\n${HOST}\r\n`);
    assert.strictEqual(read.json.last_indexed_document_count, 7);
    // To nginx this client looks as if it had left, and lists stop for clients that have left.
    assert.strictEqual(await halfClosed(`GET /_connector HTTP/1.1\r\n${HOST}\r\n`), null);
  } finally {
    relay.close();
    options.redisUrl = `unix:${redisSocket}`;
    await lastsync.stop();
    await lastsync.start();
  }
});

test('a large answer is packed for who can unpack it, and says to caches what it depends on', async () => {
  const body = { description: 'a'.repeat(2000) };
  assert.strictEqual((await request(stack, 'PUT', '/_connector/packed', { body })).status, 201);
  for (const target of ['/_connector/packed', '/_connector']) {
    const [packed, plain] = await Promise.all([{ 'accept-encoding': 'gzip' }, {}].map((headers) =>
      request(stack, 'GET', target, { headers })));
    assert.strictEqual(packed.headers['content-encoding'], 'gzip');
    assert.strictEqual(plain.headers['content-encoding'], undefined);
    assert.deepStrictEqual(JSON.parse(zlib.gunzipSync(packed.body)), plain.json);
    for (const { headers } of [packed, plain]) assert.strictEqual(headers.vary, 'Accept-Encoding');
  }
});

// Both locations send requests to the workers; the other must not let in what one refuses.
test('lists come by the same way as all else', () => {
  const text = fs.readFileSync(path.join(REPOSITORY, 'nginx', 'lastsync.conf'), 'utf8');
  const lines = (start) => text.slice(text.indexOf(start)).split(/\n\}/)[0].split('\n').slice(1)
    .map((line) => line.replace(/#.*/, '').trim().replace(/\s+/g, ' ')).filter(Boolean).sort();
  const own = ['internal;', 'fastcgi_ignore_client_abort off;',
    'if ($request_method !~ "^(GET|HEAD)$") { rewrite ^ /./worker last; }'];
  assert.deepStrictEqual(lines('location = /./list {'), [...lines('location / {'), ...own].sort());
});

for (const [method, target] of [['GET', '/_connector'], ['GET', '/_connector?size=1'],
  ['HEAD', '/_connector'], ['GET', '/_connector/_sync_job'], ['GET', '/_lastsync/overview'],
  ['POST', '/_connector'], ['OPTIONS', '/_connector'], ['PUT', '/_lastsync/overview'],
  ['GET', '/x/..%2F_connector'], ['GET', '/_connector/'], ['GET', '/./list'], ['GET', '/%2E/list']]) {
  test(`the worker answers ${method} ${target} as it was sent`, async () => {
    const uri = target;
    const direct = await fastcgiRequest(stack.fcgiSocket, { method, uri });
    const answer = await request(stack, method, target);
    assert.strictEqual(answer.status, direct.status);
    const form = (text) => text.replace(/"id":"[^"]*"/, '');
    if (method !== 'HEAD' && !/overview/.test(target)) {
      assert.strictEqual(form(answer.text), form(direct.text));
    }
  });
}
