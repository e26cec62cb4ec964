// nginx/example/site.conf, the server for production: started as it is except for paths and port, with a real lastsync
// behind it and real requests.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http2 = require('node:http2');
const path = require('node:path');
const { after, before, test } = require('node:test');
const tls = require('node:tls');
const { once } = require('node:events');
const { makeCertificate } = require('../lib/certificates');
const { request, send } = require('../lib/raw');
const { askSite, startSite } = require('../lib/site');
const { freePort, startStack, until } = require('../lib/stack');

const FEW = [
  [/zone=lastsync_client:10m rate=200r\/s/, 'zone=lastsync_client:10m rate=30r/m'],
  [/zone=lastsync_key:10m rate=100r\/s/, 'zone=lastsync_key:10m rate=30r/m'],
  [/zone=lastsync_client burst=400/, 'zone=lastsync_client burst=9'],
  [/zone=lastsync_key burst=200/, 'zone=lastsync_key burst=3'],
];
const CREATE = { method: 'PUT', path: '/_connector/c1', body: '{"index_name":"search-c1"}' };

let stack;

before(async () => {
  stack = await startStack({ nginx: false });
  await startSite(stack);
});
after(() => stack.stop());

const ask = ({ site = stack, ...rest } = {}) => askSite(site, rest);

// The lines of the access log, each of which must be JSON.
function logged(site = stack) {
  return fs.readFileSync(site.accessLog, 'utf8').split('\n').filter(Boolean).map(JSON.parse);
}

// The log's line for the request with this X-Opaque-Id. nginx writes it after the answer.
function lineOf(opaqueId, site = stack) {
  return until(() => logged(site).find(({ opaque_id: id }) => id === opaqueId),
    `a line of ${opaqueId} in the log`);
}

function assertRefused({ status, headers, text }, [code, type, reason]) {
  assert.equal(status, code, text);
  assert.deepEqual(JSON.parse(text), { error: { root_cause: [{ type, reason }], type, reason },
    status: code });
  assert.equal(headers['content-type'], 'application/json');
  assert.equal(headers['x-elastic-product'], 'Elasticsearch');
}

test('the API by TLS', async () => {
  const created = await ask(CREATE);
  assert.equal(created.status, 201, created.text);
  assert.equal(created.protocol, 'TLSv1.3');
  const found = await ask({ path: '/_connector/c1' });
  assert.equal(JSON.parse(found.text).index_name, 'search-c1');
  assert.equal(await stack.redisCommand('HGET', 'connector:{c1}', 'index_name'), 'search-c1');
});

test('the dashboard by TLS', async () => {
  const page = await ask({ path: '/_lastsync/' });
  assert.equal(page.status, 200, page.text);
  assert.match(page.headers['content-security-policy'], /^default-src 'none'/);
  const script = await ask({ path: '/_lastsync/main.js' });
  assert.equal(script.headers['content-type'], 'text/javascript; charset=utf-8');
});

test('nginx warns of nothing in it', () => {
  const log = fs.readFileSync(path.join(stack.directory, 'nginx.log'), 'utf8');
  assert.doesNotMatch(log, /warn|deprecated/);
});

// Each kind of answer.
for (const [status, request] of [
  [200, { path: '/' }],
  [200, { path: '/_connector' }],
  [200, { path: '/_lastsync/' }],
  [200, { path: '/_lastsync/main.js' }],
  [301, { path: '/_lastsync' }],
  [304, { path: '/_lastsync/main.js', headers: { 'if-none-match': '*' } }],
  [400, { path: '/nonesuch' }],
  [400, { headers: { long: 'x'.repeat(9000) } }],
  [405, { method: 'TRACE' }],
  [413, { ...CREATE, body: 'x'.repeat(2 * 1024 * 1024) }],
  [414, { path: `/${'x'.repeat(9000)}` }],
]) {
  const { method = 'GET', path: target = '/' } = request;
  test(`headers that browsers heed: ${status} to ${method} ${target.slice(0, 20)}`, async () => {
    const { headers, ...answer } = await ask(request);
    assert.equal(answer.status, status, answer.text);
    assert.equal(headers['strict-transport-security'], 'max-age=31536000');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['referrer-policy'], 'no-referrer');
    assert.doesNotMatch(headers.server, /\d/);
  });
}

test('HTTP/2, several requests on one connection', async () => {
  const session = http2.connect(`https://localhost:${stack.port}`, { ca: stack.ca,
    lookup: (name, options, done) => (options.all ? done(null, [{ address: '127.0.0.1', family: 4 }])
      : done(null, '127.0.0.1', 4)) });
  const get = async () => {
    const call = session.request({ ':path': '/' });
    const [headers] = await once(call.resume(), 'response');
    await once(call, 'close');
    return headers[':status'];
  };
  try {
    assert.deepEqual(await Promise.all([get(), get(), get()]), [200, 200, 200]);
  } finally {
    session.close();
  }
});

for (const [version, ok] of [['TLSv1.1', false], ['TLSv1.2', true], ['TLSv1.3', true]]) {
  test(`${version} is ${ok ? 'spoken' : 'refused'}`, async () => {
    const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', port: stack.port,
      ca: stack.ca, minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' });
    const came = await Promise.race([once(socket, 'secureConnect').then(() => 'connected'),
      once(socket, 'error').then(([error]) => error.code)]).catch((error) => error.code);
    socket.destroy();
    if (ok) assert.equal(came, 'connected');
    else assert.match(came, /ALERT_PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL/);
  });
}

test('plain HTTP on the port of HTTPS', async () => {
  const answer = await send(stack.port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  assertRefused(answer, [400, 'illegal_argument_exception',
    'this port speaks HTTPS, not plain HTTP']);
});

test('a client certificate that is missing, signed by somebody else, or meant for another host', async () => {
  const site = await startStack({ nginx: false });
  try {
    for (const name of ['authority', 'stranger']) makeCertificate(site.directory, name);
    makeCertificate(site.directory, 'client', { authority: 'authority', names: 'DNS:client' });
    const file = (name) => path.join(site.directory, name);
    await startSite(site, [[/^ *ssl_protocols/m, `ssl_verify_client on; ssl_client_certificate ${file('authority.pem')};\n$&`],
      [/server_name lastsync\.example\.com;/, 'server_name localhost;'],
      [/\n\}\n$/, () => `\n}\nserver { listen 127.0.0.1:${site.port} ssl; server_name a.example; ssl_reject_handshake on; }\n`]]);
    const by = (name, host = 'localhost') => ask({ site, headers: { host }, certificate: name &&
      { cert: fs.readFileSync(file(`${name}.pem`)), key: fs.readFileSync(file(`${name}.key`)) } });
    assert.equal((await by('client')).status, 200);
    assertRefused(await by('stranger'), [400, 'illegal_argument_exception', 'the client certificate is not valid']);
    assertRefused(await by(), [400, 'illegal_argument_exception', 'a client certificate is required']);
    assertRefused(await by('client', 'b.example'),
      [421, 'illegal_argument_exception', 'the connection was made for another host name']);
  } finally {
    await site.stop();
  }
});

test('a body over the limit', async () => {
  const body = `{"name":"${'a'.repeat(1024 * 1024)}"}`;
  const headers = { 'x-opaque-id': 'large' };
  assertRefused(await ask({ ...CREATE, body, headers }), [413, 'content_too_long_exception',
    'request body is larger than the limit']);
  const { method, target, status } = await lineOf('large');
  assert.deepEqual({ method, target, status }, { method: 'PUT', target: CREATE.path, status: 413 });
});

test('the access log has a line of JSON for each request', async () => {
  const path = '/_connector/%22%5c%0a?pretty=%ff';
  const agent = 'say "hi" \\ \xfc\xff\tend';
  await ask({ path, headers: { 'x-opaque-id': 'line "1"\\', 'user-agent': agent,
    authorization: 'ApiKey c2VjcmV0LWlkOnNlY3JldA==' } });
  const line = await lineOf('line "1"\\');
  assert.match(line.request_id, /^[0-9a-f]{32}$/);
  assert.match(line.time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
  const { client, method, target, protocol, tls: version, status } = line;
  assert.deepEqual({ client, method, target, protocol, version, status }, { client: '127.0.0.1',
    method: 'GET', target: path, protocol: 'HTTP/1.1', version: 'TLSv1.3', status: 400 });
  assert.equal(line.upstream_status, '400');
  assert.match(line.upstream_seconds, /^\d+\.\d{3}$/);
  assert.equal(typeof line.seconds, 'number');
  assert.equal(line.request_bytes > 100 && line.bytes > 100, true);
  assert.match(line.agent, /^say "hi" \\ /);
  assert.doesNotMatch(fs.readFileSync(stack.accessLog, 'latin1'), /c2VjcmV0|secret/);
});

// Bytes that no good client would send, each over a TLS connection of its own.
for (const [what, bytes] of [['of HTTP/0.9', 'GET /nine\r\n'], ['without sense', 'GARBAGE\r\n\r\n'],
  ['that ends early', 'PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{']]) {
  test(`the access log is JSON after a request ${what}`, async () => {
    const before = logged().length;
    const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', port: stack.port,
      ca: stack.ca });
    await once(socket, 'secureConnect');
    socket.on('error', () => {}); // nginx may close it by a reset: only its log counts
    const closed = new Promise((resolve) => { socket.once('close', resolve); });
    socket.end(bytes);
    socket.resume();
    await closed;
    const [line] = await until(() => logged().length > before && logged().slice(before), 'a line');
    assert.equal(typeof line.status, 'number');
  });
}

test('health that is fine is not logged, other health is', async () => {
  const path = '/_lastsync/health/live';
  const { status } = await ask({ path, headers: { 'x-opaque-id': 'health' } });
  await ask({ path: `${path}?x`, headers: { 'x-opaque-id': 'behind' } });
  await lineOf('behind');
  const lines = logged().filter(({ opaque_id: id }) => id === 'health');
  assert.deepEqual(lines.map((line) => line.status), status === 200 ? [] : [status]);
});

test('X-Forwarded-For counts from a load balancer', async () => {
  await ask({ headers: { 'x-forwarded-for': '198.51.100.9, 203.0.113.7', 'x-opaque-id': 'known' } });
  assert.equal((await lineOf('known')).client, '203.0.113.7');
});

test('X-Forwarded-For counts from nobody else', async () => {
  await ask({ from: '127.0.0.2', headers: { 'x-forwarded-for': '203.0.113.7',
    'x-opaque-id': 'unknown' } });
  assert.equal((await lineOf('unknown')).client, '127.0.0.2');
});

test('another site of this nginx is left as it is', async () => {
  const site = await startStack({ nginx: false });
  const port = await freePort();
  try {
    await startSite(site, [[/^server \{$/m, `server {
    listen 127.0.0.1:${port};
    location / { return 200 "$remote_addr $limit_req_status"; }
}

server {`]]);
    const { text, headers } = await request({ port }, 'GET', '/', { headers: { 'x-forwarded-for': '203.0.113.7' } });
    assert.equal(text, '127.0.0.1 ');
    assert.equal(headers['x-content-type-options'], undefined);
  } finally {
    await site.stop();
  }
});

// Runs `use` with a new site that grants few requests.
async function withFewRequests(use, changes = FEW) {
  const site = await startStack({ nginx: false });
  try {
    await startSite(site, changes);
    await use(site);
  } finally {
    await site.stop();
  }
}

async function askOften(count, options) {
  const answers = await Promise.all(Array.from({ length: count }, () => ask(options)));
  const limited = answers.filter(({ status }) => status === 429);
  for (const answer of limited) {
    assertRefused(answer, [429, 'es_rejected_execution_exception',
      'too many requests from this client or with this key']);
    assert.equal(answer.headers['retry-after'], '1');
  }
  const rest = answers.filter(({ status }) => status !== 429);
  assert.deepEqual(rest.map(({ status }) => status), rest.map(() => 200));
  return { limited: limited.length, served: rest.length };
}

test('a client over its rate is answered 429, and no other client', () =>
  withFewRequests(async (site) => {
    const { limited, served } = await askOften(30, { site });
    assert.equal(served >= 10 && served < 20, true, `${served} of 30 were served`);
    assert.equal(limited, 30 - served);
    assert.deepEqual(await askOften(5, { site, from: '127.0.0.2' }), { limited: 0, served: 5 });
    const refused = await until(() => logged(site).find(({ status }) => status === 429), 'a 429');
    assert.equal(refused.limited, 'REJECTED');
    assert.equal(refused.upstream_status, '');
  }));

// Four in a minute of a key, and many of a client.
const FEW_OF_A_KEY = [
  [/zone=lastsync_key:10m rate=100r\/s/, 'zone=lastsync_key:10m rate=1r/m'],
  [/zone=lastsync_key burst=200/, 'zone=lastsync_key burst=3'],
];

// A key as a header shows it.
const shown = (scheme, id, secret = 'secret') =>
  ({ authorization: `${scheme} ${btoa(`${id}-0123456789abcdef:${secret}`)}` });

for (const scheme of ['ApiKey', 'Basic']) {
  test(`a key over its rate is answered 429, and no other key: ${scheme}`, () =>
    withFewRequests(async (site) => {
      assert.deepEqual(await askOften(9, { site, headers: shown(scheme, 'one') }), { limited: 5, served: 4 });
      assert.deepEqual(await askOften(1, { site, headers: shown(scheme, 'one', 'guess') }), { limited: 1, served: 0 });
      assert.deepEqual(await askOften(4, { site, headers: shown(scheme, 'two') }), { limited: 0, served: 4 });
    }, FEW_OF_A_KEY));
}

test('a stranger who knows the id of a key takes nothing from its owner', () => withFewRequests(async (site) => {
  for (const scheme of ['ApiKey', 'Basic']) {
    const stranger = await askOften(9, { site, headers: shown(scheme, 'one', 'guess'), from: '127.0.0.2' });
    assert.equal(stranger.limited > 0, true);
    assert.deepEqual(await askOften(4, { site, headers: shown(scheme, 'one') }), { limited: 0, served: 4 });
  }
}, FEW_OF_A_KEY));

test('connections over their limit are answered 429', () => withFewRequests(async (site) => {
  const slow = await Promise.all(Array.from({ length: 2 }, async () => {
    const socket = tls.connect({ host: '127.0.0.1', servername: 'localhost', port: site.port,
      ca: site.ca });
    await once(socket, 'secureConnect');
    socket.on('error', () => {}); // nginx closes it in the end
    socket.write('PUT /_connector/c1 HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{');
    return socket;
  }));
  try {
    await until(async () => (await ask({ site })).status === 429, 'the limit to be reached');
  } finally {
    slow.forEach((socket) => socket.destroy());
  }
  await until(async () => (await ask({ site })).status === 200, 'connections to be free again');
}, [[/lastsync_connections 200/, 'lastsync_connections 2']]));
