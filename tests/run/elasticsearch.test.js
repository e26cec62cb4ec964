// nginx/elasticsearch.conf: lastsync's requests go to lastsync, and all others to the Elasticsearch beside it; here a
// server stands in for that.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const os = require('node:os');
const path = require('node:path');
const { after, before, beforeEach, test } = require('node:test');
const { makeCertificate } = require('../lib/certificates');
const { request } = require('../lib/raw');
const { REPOSITORY, freePort, startStack } = require('../lib/stack');

let stack;
let other;
let port;
let seen; // the requests that Elasticsearch got

function answer(incoming, response) {
  const parts = [];
  incoming.on('data', (part) => parts.push(part));
  incoming.on('end', () => {
    const { method, url, headers } = incoming;
    seen.push({ method, url, headers, body: Buffer.concat(parts).toString() });
    response.writeHead(url.startsWith('/missing') ? 404 : 200,
      { 'content-type': 'application/json', 'x-elastic-product': 'OpenSearch?' });
    response.end('{"other":true}');
  });
}

const TOO_MANY = 'too many requests from this client or with this key';

// Rules of access and a rate, as a site may have, for requests with these headers.
const RULES = 'if ($http_x_foreign) { return 403; }\nlimit_req zone=limited;\n';
const RATE = 'limit_req_zone $http_x_limited zone=limited:1m rate=1r/m;\nlimit_req_status 429;\n';

// Its lines; those for http { } come from the example file.
function example() {
  const text = fs.readFileSync(path.join(REPOSITORY, 'nginx/example/elasticsearch-http.conf'), 'utf8');
  return text.replace('127.0.0.1:9201', `127.0.0.1:${port}`)
    .replace(/# ("ApiKey )<.*?>" "ApiKey <.*?>";.*$/m, '$1own" "ApiKey theirs";');
}

before(async () => {
  port = await freePort();
  other = http.createServer(answer).listen(port, '127.0.0.1');
  stack = await startStack({ nginx: { http: RATE + example(),
    server: 'set $elasticsearch http://elasticsearch; include "@NGINX@/elasticsearch.conf";' } });
  await stack.nginx.stop();
  fs.mkdirSync(path.join(stack.directory, 'elasticsearch.d'));
  fs.writeFileSync(path.join(stack.directory, 'elasticsearch.d', 'test.conf'), RULES);
  await stack.nginx.start();
});
beforeEach(() => {
  seen = [];
});
after(async () => {
  await stack.stop();
  if (other.listening) {
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  }
});

const OURS = [
  '/', '/?pretty', '/_connector', '/_connector/', '/_connector?size=1', '/_connector/_sync_job',
  '/_lastsync/health/live', '/_lastsync/', '/_lastsync/main.js', '/_license', '/_nodes/http',
  '/_nodes/_all/http', '/.elastic-connectors/_search', '/.elastic-connectors-v1/_count',
  '/.elastic-connectors-sync-jobs/_search', '/.elastic-connectors-sync-jobs-v1/_search',
];
const THEIRS = [
  '/_bulk', '/search-x', '/search-x/_search?size=1', '/_cluster/health', '/_connectors', '/_nodes/stats',
  '/.elastic-connectors-other/_search', '/.elastic-connectors*/_search',
  '/.search-acl-filter-x', '/_ingest/pipeline/a%2Fb', '//_connector', '/a/b?c=/_connector',
];

for (const target of OURS) {
  test(`${target} is lastsync's`, async () => {
    const { status, text } = await request(stack, 'GET', target);
    assert.equal(status, 200, text);
    assert.deepEqual(seen, []);
  });
}

for (const target of THEIRS) {
  test(`${target} is the other one's, as it was sent`, async () => {
    const { status, text, headers } = await request(stack, 'GET', target);
    assert.equal(status, 200, text);
    assert.equal(text, '{"other":true}');
    assert.equal(headers['x-elastic-product'], 'Elasticsearch');
    assert.deepEqual(seen.map(({ url }) => url), [target]);
  });
}

test('a body, and an answer that is no success, pass', async () => {
  const body = '{"index":{}}\n{"a":1}\n'.repeat(200000); // more than lastsync takes
  const { status, headers } = await request(stack, 'POST', '/missing/_bulk',
    { body, headers: { 'content-type': 'application/x-ndjson' } });
  assert.equal(status, 404);
  assert.equal(headers['x-elastic-product'], 'Elasticsearch');
  assert.equal(seen[0].body, body);
  assert.equal(seen[0].headers['content-type'], 'application/x-ndjson');
});

test('the service\'s key becomes theirs, and what others show is passed on', async () => {
  for (const [shown, passed] of [['ApiKey own', 'ApiKey theirs'], ['ApiKey else', 'ApiKey else'],
    ['Basic eDp5', 'Basic eDp5'], [undefined, undefined]]) {
    seen = [];
    await request(stack, 'GET', '/_bulk', { headers: shown ? { authorization: shown } : {} });
    assert.equal(seen[0].headers.authorization, passed);
  }
});

test('browsers are told what lastsync\'s own answers tell them', async () => {
  const { headers } = await request(stack, 'GET', '/_bulk');
  assert.equal(headers['x-content-type-options'], 'nosniff');
  assert.equal(headers['referrer-policy'], 'no-referrer');
});

for (const [status, how, reason] of [
  [403, { headers: { 'x-foreign': 'yes' } }, 'this client may not come in'],
  [429, { headers: { 'x-limited': 'yes' } }, TOO_MANY],
  [413, { headers: { 'content-length': '1000000000' } }, 'request body is larger than the limit'],
]) {
  test(`nginx refuses with ${status} in the API's form`, async () => {
    if (status === 429) assert.equal((await request(stack, 'GET', '/_bulk', how)).status, 200);
    const { status: got, json, headers } = await request(stack, 'GET', '/_bulk', how);
    assert.equal(got, status);
    assert.equal(json.error.reason, reason);
    assert.equal(headers['retry-after'], status === 429 ? '1' : undefined);
  });
}

// How a server that speaks TLS is asked: `name` is the one in the handshake, or false.
async function askByTls(folder, lines) {
  const [key, cert] = ['key', 'pem'].map((kind) => fs.readFileSync(path.join(folder, `es.${kind}`)));
  const secure = https.createServer({ key, cert }, ({ socket }, response) =>
    response.end(JSON.stringify({ name: socket.servername })));
  const securePort = await freePort();
  await new Promise((resolve) => { secure.listen(securePort, '127.0.0.1', resolve); });
  const own = await startStack({ nginx: { http: example().replace(String(port), String(securePort)),
    server: `set $elasticsearch https://elasticsearch; include "@NGINX@/elasticsearch.conf"; ${lines}` } });
  try {
    const { status, json } = await request(own, 'GET', '/_bulk');
    return { status, name: json.name };
  } finally {
    await own.stop();
    secure.closeAllConnections();
    await new Promise((resolve) => { secure.close(resolve); });
  }
}

test('one that speaks TLS is asked for the name that is set, which nginx verifies if told to', async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-elasticsearch-'));
  try {
    makeCertificate(folder, 'authority');
    makeCertificate(folder, 'es', { authority: 'authority', names: 'DNS:es.example.com' });
    const named = 'set $elasticsearch_name es.example.com;';
    const verify = `proxy_ssl_verify on; proxy_ssl_trusted_certificate ${folder}/authority.pem;`;
    assert.deepEqual(await askByTls(folder, ''), { status: 200, name: 'elasticsearch' }); // the upstream's
    assert.deepEqual(await askByTls(folder, named), { status: 200, name: 'es.example.com' });
    assert.deepEqual(await askByTls(folder, named + verify), { status: 200, name: 'es.example.com' });
    assert.equal((await askByTls(folder, verify)).status, 503);
    assert.equal((await askByTls(folder, named.replace('es', 'other') + verify)).status, 503);
  } finally {
    fs.rmSync(folder, { recursive: true });
  }
});

test('while the other one is away lastsync serves, and its requests are answered 503', async () => {
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  const { status, json, headers } = await request(stack, 'GET', '/_bulk');
  assert.equal(status, 503);
  assert.equal(json.error.reason, 'Elasticsearch does not answer');
  assert.equal(headers['retry-after'], '1');
  assert.equal((await request(stack, 'GET', '/_connector')).status, 200);
});
