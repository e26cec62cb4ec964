// Other web servers than nginx, by the examples that are shipped for them: started as they are but for
// paths and ports, with a real lastsync behind.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, before, describe, test } = require('node:test');
const { createKey } = require('../lib/keys');
const { request, send } = require('../lib/raw');
const { REPOSITORY, canConnect, freePort, replaced, startStack, until } = require('../lib/stack');

const EXAMPLE = path.join(REPOSITORY, 'nginx', 'example');
const SOCKET = /\/run\/lastsync\/fcgi\.sock/;
const ROOT = process.getuid() === 0;

function example(name, stack, changes = []) {
  const text = fs.readFileSync(path.join(EXAMPLE, name), 'utf8');
  return [[SOCKET, stack.fcgiSocket], ...changes].reduce((all, change) => replaced(all, ...change), text);
}

const modules = (...names) => names.map((name) =>
  `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so\n`).join('');

// How each is configured and started, whether its own refusals are JSON, and the status of the one while no worker
// answers.
const SERVERS = [
  { name: 'Apache',
    json: true,
    away: 503,
    chunked: 200,
    command(stack, port) {
      const file = path.join(stack.directory, 'apache.conf');
      fs.writeFileSync(file, `${modules('mpm_event', 'authz_core', 'proxy', 'proxy_fcgi', 'headers', 'env')}
ServerName localhost
Listen 127.0.0.1:${port}
${ROOT ? 'User www-data\nGroup www-data' : ''}
PidFile ${stack.directory}/apache.pid
ErrorLog ${stack.directory}/apache.error
DefaultRuntimeDir ${stack.directory}
${example('apache.conf', stack)}`);
      return ['apache2', '-d', stack.directory, '-f', file, '-DFOREGROUND'];
    } },
  { name: 'lighttpd',
    json: false,
    away: 503,
    chunked: 200,
    command(stack, port) {
      const file = path.join(stack.directory, 'lighttpd.conf');
      fs.writeFileSync(file, `server.document-root = "${stack.directory}"
server.bind = "127.0.0.1"
server.port = ${port}
server.errorlog = "${stack.directory}/lighttpd.error"
${example('lighttpd.conf', stack)}`);
      return ['lighttpd', '-D', '-f', file];
    } },
  { name: 'Caddy',
    json: true,
    away: 502,
    chunked: 400, // it passes no length, and so no worker can tell whether all of it came
    command(stack, port) {
      const file = path.join(stack.directory, 'Caddyfile');
      fs.writeFileSync(file, `{
	admin off
	auto_https off
	storage file_system ${stack.directory}/caddy
}
${example('Caddyfile', stack, [[/^:8080 \{/m, `http://127.0.0.1:${port} {`]])}`);
      return ['env', `HOME=${stack.directory}`, 'caddy', 'run', '--adapter', 'caddyfile', '--config', file];
    } },
];

// Some servers never run as root, even if root starts them.
function expose(stack) {
  fs.chmodSync(stack.directory, 0o711);
  fs.chmodSync(stack.fcgiSocket, 0o666);
}

// The status of the answer to a body in chunks.
function sendChunks(port, target, headers, pieces) {
  return new Promise((resolve, reject) => {
    const call = http.request({ host: '127.0.0.1', port, method: 'PUT', path: target, agent: false,
      headers: { 'content-type': 'application/json', ...headers } }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode));
    });
    call.on('error', reject);
    for (const piece of pieces) call.write(piece);
    call.end();
  });
}

for (const server of SERVERS) {
  describe(server.name, () => {
    let stack;
    let headers;

    const ask = (method, target, options = {}) =>
      request(stack, method, target, { ...options, headers: { ...headers, ...options.headers } });

    before(async () => {
      stack = await startStack({ nginx: false, access: 'keys' });
      ({ headers } = await createKey(stack, 'manage_connector'));
      expose(stack);
      stack.port = await freePort();
      stack.nginx = stack.program(server.name, () => server.command(stack, stack.port),
        () => canConnect(stack.port));
      await stack.nginx.start();
    });
    after(() => stack.stop());

    test('a stranger is refused, a key holds', async () => {
      const stranger = await request(stack, 'GET', '/_connector');
      assert.equal(stranger.status, 401, stranger.text);
      assert.equal(stranger.json.error.type, 'security_exception');
      assert.equal((await ask('GET', '/_connector')).status, 200);
    });

    test('a connector is created, reports and is read', async () => {
      const created = await ask('PUT', '/_connector/c1', { body: { index_name: 'search-c1' } });
      assert.deepEqual([created.status, created.text], [201, '{"id":"c1","result":"created"}']);
      const reported = await ask('PUT', '/_connector/c1/_last_sync?pretty',
        { body: { last_sync_status: 'completed' } });
      assert.deepEqual([reported.status, reported.json], [200, { result: 'updated' }]);
      assert.equal((await ask('GET', '/_connector/c1')).json.last_sync_status, 'completed');
      const head = await ask('HEAD', '/');
      assert.deepEqual([head.status, head.text], [200, '']);
      assert.equal((await ask('DELETE', '/_connector/none')).status, 404);
      assert.equal((await ask('GET', '/')).headers['x-elastic-product'], 'Elasticsearch');
    });

    test('targets come to the workers unchanged', async () => {
      for (const id of ['a%2Fb', 'a%20b', '%C3%BC', 'a+b']) {
        const created = await ask('PUT', `/_connector/${id}`, { body: {} });
        assert.deepEqual(created.json, { id: decodeURIComponent(id), result: 'created' });
      }
      const { json } = await ask('GET', '/_connector?connector_name=&filter_path=results.id');
      assert.deepEqual(json.results.map(({ id }) => id).sort(), ['a b', 'a+b', 'a/b', 'c1', 'ü']);
    });

    test('large bodies, bodies in chunks, packed ones', async () => {
      for (const size of [20000, 35000, 45000, 60000, 70000, 200000, 900000]) {
        const large = await ask('PUT', '/_connector/c1/_error', { body: { error: 'e'.repeat(size) } });
        assert.equal(large.status, 200, `${size}: ${large.text}`);
      }
      const pieces = ['{"error":', ' "in ', 'chunks"}'];
      assert.equal(await sendChunks(stack.port, '/_connector/c1/_error', headers, pieces), server.chunked);
      const error = await stack.redisCommand('HGET', 'connector:{c1}', 'error');
      assert.equal(error === 'in chunks', server.chunked === 200, error);
      const packed = await ask('PUT', '/_connector/c1/_error', { body: zlib.gzipSync('{"error":"packed"}'),
        headers: { 'content-encoding': 'gzip' } });
      assert.equal(packed.status, 200, packed.text);
    });

    // One byte over it, so that no server closes the connection on bytes that it has not read.
    test('a body over the limit is refused', async () => {
      const body = `{"error":"${'e'.repeat(1024 * 1024 + 1 - 12)}"}`;
      const answer = await send(stack.port, 'PUT /_connector/c1/_error HTTP/1.1\r\nHost: 127.0.0.1\r\n'
        + `Authorization: ${headers.authorization}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
      assert.equal(answer.status, 413, answer.text);
      assert.equal(answer.headers['retry-after'], undefined);
      if (server.json) {
        const cause = { type: 'content_too_long_exception', reason: 'request body is larger than the limit' };
        assert.deepEqual(answer.json, { error: { root_cause: [cause], ...cause }, status: 413 });
        assert.match(answer.headers['content-type'], /^application\/json/);
      }
      assert.equal((await ask('GET', '/')).status, 200);
    });

    test('many requests on kept connections, side by side', async () => {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
      const calls = Array.from({ length: 200 }, (_, i) => ask('PUT', '/_connector/c1/_last_sync',
        { body: { last_indexed_document_count: i }, agent }));
      const answers = await Promise.all(calls);
      agent.destroy();
      assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
    });

    test('no worker answers', async () => {
      await stack.lastsync.stop();
      const answer = await ask('GET', '/_connector');
      assert.equal(answer.status, server.away, answer.text);
      if (server.json) {
        assert.equal(answer.json.error.type, 'unavailable_exception');
        assert.equal(answer.headers['retry-after'], '1');
        assert.match(answer.headers['content-type'], /^application\/json/);
      }
      await stack.lastsync.start();
      expose(stack);
      await until(async () => (await ask('GET', '/_connector')).status === 200, 'it to serve again');
    });
  });
}
