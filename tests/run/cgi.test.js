// lastsync as a plain CGI program: the real binary, without a server.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, before, test } = require('node:test');
const { createKey } = require('../lib/keys');
const { BUILD, startStack } = require('../lib/stack');
const { parseAnswer } = require('../lib/raw');

let stack;
before(async () => { stack = await startStack({ nginx: false }); });
after(() => stack.stop());

// Runs it with these variables, on this body: { code, status, headers, text, json, stderr }.
function run(variables, { body = '', words = [], access = 'off' } = {}) {
  const length = Buffer.byteLength(body);
  const { status: code, stdout, stderr } = spawnSync(path.join(BUILD, 'lastsync'), words, {
    input: body,
    env: { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', CONTENT_LENGTH: length ? String(length) : '',
      CONTENT_TYPE: length ? 'application/json' : '', LASTSYNC_REDIS: `unix:${stack.redisSocket}`,
      LASTSYNC_ACCESS: access, ...variables },
  });
  const [, status] = /^Status: (\d{3} [^\r]*)\r\n/.exec(stdout.toString()) || [];
  const head = Buffer.from(`HTTP/1.1 ${status}\r\n`);
  const parsed = status && parseAnswer(Buffer.concat([head, stdout]),
    { ended: true, method: variables.REQUEST_METHOD });
  const { answer } = parsed || {};
  return { code, stderr: stderr.toString(), status: answer?.status, headers: answer?.headers,
    text: answer?.text, get json() { return answer.json; } };
}

test('a connector is created, reports and is read', async () => {
  const at = { REQUEST_URI: '/_connector/c1' };
  const created = run({ REQUEST_METHOD: 'PUT', ...at }, { body: '{"index_name":"search-c1"}' });
  assert.equal(created.code, 0, created.stderr);
  assert.deepEqual([created.status, created.json], [201, { id: 'c1', result: 'created' }]);
  const reported = run({ REQUEST_METHOD: 'PUT', REQUEST_URI: '/_connector/c1/_last_sync' },
    { body: '{"last_sync_status":"completed"}' });
  assert.deepEqual([reported.status, reported.json], [200, { result: 'updated' }]);
  assert.equal(run(at).json.last_sync_status, 'completed');
  assert.match(await stack.redisCommand('HGET', 'connector:{c1}', 'last_sync_status'), /completed/);
});

test('HEAD, a route that there is not, a body that is no JSON', () => {
  const head = run({ REQUEST_METHOD: 'HEAD', REQUEST_URI: '/' });
  assert.deepEqual([head.status, head.text], [200, '']);
  assert.equal(run({ REQUEST_URI: '/nowhere' }).status, 400);
  assert.equal(run({ REQUEST_METHOD: 'PUT', REQUEST_URI: '/_connector/c2' }, { body: '{' }).status, 400);
});

test('the path below which it is served is not the API\'s', () => {
  const script = { SCRIPT_NAME: '/cgi-bin/lastsync' };
  run({ REQUEST_METHOD: 'PUT', ...script, REQUEST_URI: '/cgi-bin/lastsync/_connector/a%2Fb' }, { body: '{}' });
  const names = [
    { REQUEST_URI: '/cgi-bin/lastsync/_connector/a%2Fb?filter_path=id', PATH_INFO: '/_connector/a/b' },
    { REQUEST_URI: '/_connector/a%2Fb?filter_path=id' },
  ];
  for (const name of names) assert.equal(run({ ...script, ...name }).status, 200, JSON.stringify(name));
  assert.equal(run({ ...script, REQUEST_URI: '/cgi-bin/lastsync' }).json.name, 'lastsync');
  assert.equal(run({ ...script, REQUEST_URI: '/cgi-bin/lastsync?pretty' }).json.name, 'lastsync');
  assert.equal(run({ ...script, REQUEST_URI: '/cgi-bin/lastsyncs' }).status, 400);
});

test('a server that passes what RFC 3875 has and no more', () => {
  run({ REQUEST_METHOD: 'PUT', REQUEST_URI: '/_connector/a%20%25%C3%BC' }, { body: '{"name":"spaced"}' });
  const found = run({ SCRIPT_NAME: '/ls', PATH_INFO: '/_connector/a %ü', QUERY_STRING: 'filter_path=name' });
  assert.deepEqual(found.json, { name: 'spaced' });
  assert.equal(run({ SCRIPT_NAME: '/ls' }).json.name, 'lastsync');
});

test('arguments are the client\'s, and are not heeded', () => {
  for (const words of [['--version'], ['--redis=unix:/nowhere'], ['export'], ['key', 'list']]) {
    const answer = run({ REQUEST_URI: '/' }, { words });
    assert.equal(answer.json.name, 'lastsync', words.join(' '));
  }
});

test('a body over the limit, a body that is cut, a length that is none', () => {
  const put = { REQUEST_METHOD: 'PUT', REQUEST_URI: '/_connector/c3' };
  assert.equal(run({ ...put, LASTSYNC_BODY_LIMIT: '10' }, { body: '{"name":"long"}' }).status, 413);
  assert.equal(run({ ...put, CONTENT_LENGTH: '50' }, { body: '{"name":"cut"}' }).status, 400);
  assert.equal(run({ ...put, CONTENT_LENGTH: '-1' }, { body: '{}' }).status, 400);
  assert.equal(run({ REQUEST_URI: '/_connector/c3' }).status, 404);
});

test('keys hold, and so does what the web server vouches for', async () => {
  const key = await createKey(stack, 'monitor_connector');
  const list = { REQUEST_URI: '/_connector' };
  assert.equal(run(list, { access: 'keys' }).status, 401);
  const shown = { HTTP_AUTHORIZATION: key.headers.authorization };
  assert.equal(run({ ...list, ...shown }, { access: 'keys' }).status, 200);
  const vouched = { LASTSYNC_PROXY_SECRET_FILE: '/proc/version', REMOTE_USER: 'alice',
    LASTSYNC_ROLE: 'manage_connector', LASTSYNC_PROXY_SECRET: 'wrong-wrong-wrong' };
  assert.equal(run({ ...list, ...vouched }, { access: 'proxy' }).status, 401);
  const secret = fs.readFileSync('/proc/version', 'utf8').trimEnd();
  assert.equal(run({ ...list, ...vouched, LASTSYNC_PROXY_SECRET: secret }, { access: 'proxy' }).status, 200);
});

test('Redis is away, and options that are wrong', () => {
  const away = run({ REQUEST_URI: '/_connector', LASTSYNC_REDIS: 'unix:/nowhere' });
  assert.deepEqual([away.code, away.status, away.headers['retry-after']], [0, 503, '1']);
  const wrong = run({ REQUEST_URI: '/', LASTSYNC_WORKERS: 'many' });
  assert.deepEqual([wrong.code, wrong.status], [78, undefined]);
  assert.match(wrong.stderr, /LASTSYNC_WORKERS/);
});
