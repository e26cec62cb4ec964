// Tricks with paths, methods and headers, byte by byte through nginx: none of them lets a stranger in, and none takes a
// key beyond its rights.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { REPORT, assertForbidden, assertStranger } = require('./common');
const { createKey, createReporter, encode } = require('../lib/keys');
const { fastcgiRequest } = require('../lib/fastcgi');
const { RawConnection, request, send } = require('../lib/raw');
const { startStack } = require('../lib/stack');

const BODY = JSON.stringify(REPORT);

// Targets that mean, or could be taken to mean, something about the connector `secret`.
const TARGETS = [
  '/_connector/secret/_last_sync',
  '//_connector/secret/_last_sync',
  '/_connector//secret/_last_sync',
  '/_connector/secret//_last_sync',
  '/_connector/secret/_last_sync/',
  '/_connector/secret/_last_sync//',
  '/./_connector/secret/_last_sync',
  '/_connector/./secret/_last_sync',
  '/_connector/open/../secret/_last_sync',
  '/_connector/open/..//secret/_last_sync',
  '/_connector/open/%2e%2e/secret/_last_sync',
  '/_connector/open/%2E%2E/secret/_last_sync',
  '/_connector/open/.%2e/secret/_last_sync',
  '/_connector/open%2f..%2fsecret/_last_sync',
  '/_connector/open%2F..%2Fsecret/_last_sync',
  '/_connector/open%252f..%252fsecret/_last_sync',
  '/_connector/open/..%2fsecret/_last_sync',
  '/_connector/open/..%5csecret/_last_sync',
  '/_connector/open\\..\\secret/_last_sync',
  '/_connector/secret%2f_last_sync',
  '/_connector%2fsecret%2f_last_sync',
  '/%5fconnector/secret/_last_sync',
  '/_connector/secret/%5flast_sync',
  '/_connector/secret/_last_sync%20',
  '/_connector/secret%00/_last_sync',
  '/_connector/secret%0a/_last_sync',
  '/_connector/secret;open/_last_sync',
  '/_connector/open;/secret/_last_sync',
  '/_CONNECTOR/secret/_last_sync',
  '/_lastsync/../_connector/secret/_last_sync',
  '/_lastsync/%2e%2e/_connector/secret/_last_sync',
  '/_lastsync/..%2f_connector/secret/_last_sync',
  '/_lastsync/health/live/../../../_connector/secret/_last_sync',
  '/_lastsync/health/live%2f..%2f..%2f..%2f_connector/secret/_last_sync',
  '/_connector/secret%2f..%2f..%2f_lastsync%2fhealth%2flive/_last_sync',
  '/_connector/env%2f..%2f..%2fhealth%2fx/_last_sync',
  '/_connector/secret/_last_sync#open',
  '/_connector/open#/../secret/_last_sync',
  '/#/_connector/secret/_last_sync',
  '/_connector/secret/_last_sync?',
  '/_connector/secret/_last_sync?connector_id=open',
  '/_connector/open/_last_sync?connector_id=secret',
  '/?/_connector/secret/_last_sync',
  '/_connector?/secret/_last_sync',
  '/_connector/open?/../secret/_last_sync',
  '/_connector/open%3f/../secret/_last_sync',
  '/?authorization=ApiKey',
  'http://localhost/_connector/secret/_last_sync',
  'http://open/_connector/secret/_last_sync',
  'http://user:password@localhost/_connector/secret/_last_sync',
  'https://localhost/_connector/secret/_last_sync',
  'http://localhost/_lastsync/../_connector/secret/_last_sync',
  'http:///_connector/secret/_last_sync',
  '_connector/secret/_last_sync',
  '*',
];
const METHODS = ['PUT', 'GET', 'POST', 'DELETE', 'HEAD', 'OPTIONS', 'PATCH', 'put', 'TRACE', 'PROPFIND'];

let stack;
let reporter;
let manager;

before(async () => {
  stack = await startStack({ access: 'keys' });
  manager = await createKey(stack, 'manage_connector');
  reporter = await createReporter(stack, 'open*');
  for (const id of ['secret', 'open', 'open/../secret', 'open#']) {
    const target = `/_connector/${encodeURIComponent(id)}`;
    const made = await request(stack, 'PUT', target, { headers: manager.headers });
    assert.equal(made.status, 201, made.text);
  }
});
after(() => stack.stop());

function bytes(method, target, headers = {}) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
  const body = ['PUT', 'POST', 'put'].includes(method) ? BODY : '';
  return Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n${lines}\r\n${body}`);
}

// Redis's data on connectors.
async function connectors() {
  const names = (await stack.redisCommand('KEYS', '*')).sort()
    .filter((name) => !name.startsWith('lastsync:'));
  return Promise.all(names.map(async (name) => [name, await stack.redisCommand('DUMP', name)]));
}

// A stranger learns only that it is one, unless nginx refuses the request before that, in its own words.
function assertLockedOut(answer) {
  const { reason } = answer.json.error;
  if (answer.status === 401) return assertStranger(answer, reason);
  assert.ok([400, 405].includes(answer.status), `${answer.status} ${answer.text}`);
  return assert.match(`${reason}`, /not valid HTTP|method is not allowed/, answer.text);
}

for (const target of TARGETS) {
  test(`a stranger gets nowhere: ${target}`, async () => {
    const before = await connectors();
    const answers = {};
    for (const method of METHODS) {
      answers[method] = await send(stack.port, bytes(method, target), method);
      if (method !== 'HEAD') assertLockedOut(answers[method]);
    }
    assert.equal(answers.HEAD.status, answers.GET.status); // it has no words
    assert.deepEqual(await connectors(), before);
  });

  test(`a reporter gets no further than its own: ${target}`, async () => {
    const before = await stack.redisCommand('DUMP', 'connector:{secret}');
    for (const method of METHODS) {
      const answer = await send(stack.port, bytes(method, target, reporter.headers), method);
      assert.ok(answer.status < 500 || answer.status === 501, answer.text);
      const served = answer.status < 300 && method !== 'OPTIONS';
      const isInfo = ['/?/_connector/secret/_last_sync', '/#/_connector/secret/_last_sync']
        .includes(target) && ['GET', 'HEAD'].includes(method);
      const isOwn = method === 'PUT' && /^\/_connector\/open[^/?]*\/_last_sync/.test(target);
      assert.ok(!served || isInfo || isOwn, `${method}: ${answer.status} ${answer.text}`);
    }
    assert.equal(await stack.redisCommand('DUMP', 'connector:{secret}'), before);
  });
}

test('an id with a slash is one id, and its own pattern\'s', async () => {
  const put = (target, headers) => send(stack.port, bytes('PUT', target, headers));
  assert.equal((await put('/_connector/open%2f..%2fsecret/_last_sync', reporter.headers)).status, 200);
  assert.ok(await stack.redisCommand('HGET', 'connector:{open/../secret}', 'last_sync_status'));
  assert.equal(await stack.redisCommand('HGET', 'connector:{secret}', 'last_sync_status'), null);
});

// ---- headers and parameters ----

const get = (headers) => {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return send(stack.port,
    `GET /_connector/secret HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${lines}\r\n`);
};

for (const headers of [
  [['Remote-User', 'admin']], [['Remote_User', 'admin']], [['REMOTE_USER', 'admin']],
  [['X-Remote-User', 'admin']], [['X-Forwarded-User', 'admin']],
  [['Http-Authorization', 'ApiKey x']], [['HTTP_AUTHORIZATION', 'ApiKey x']],
  [['Lastsync-Role', 'manage_connector'], ['Lastsync-Proxy-Secret', ''], ['Remote-User', 'admin']],
  [['LASTSYNC_ROLE', 'manage_connector'], ['LASTSYNC_PROXY_SECRET', ''], ['REMOTE_USER', 'admin']],
  [['Es-Security-Runas-User', 'admin']], [['Proxy-Authorization', 'ApiKey x']],
  [['Authorization', '']], [['Authorization_', 'ApiKey x']],
]) {
  test(`headers that are no key: ${JSON.stringify(headers)}`, async () => {
    const answer = await get(headers);
    assert.equal(answer.status, 401, answer.text);
  });
}

test('a key in a header of another name, or in the query, is none', async () => {
  for (const name of ['Authorization_', 'Proxy-Authorization', 'X-Authorization', 'Api-Key',
    'es-secondary-authorization']) {
    assert.equal((await get([[name, manager.headers.authorization]])).status, 401);
  }
  const target = `/_connector/secret?authorization=ApiKey%20${manager.encoded}`;
  assert.equal((await request(stack, 'GET', target)).status, 401);
});

test('Authorization twice: refused', async () => {
  for (const other of [manager.headers.authorization, encode('x', 'y'), 'Basic x', 'ApiKey']) {
    for (const pair of [[manager.headers.authorization, other], [other, manager.headers.authorization]]) {
      const answer = await get(pair.map((value) => ['Authorization', value]));
      assert.ok([400, 401].includes(answer.status), answer.text);
    }
  }
});

test('what is smuggled behind a stranger\'s body is no request', async () => {
  const forged = `PUT /_connector/forged HTTP/1.1\r\nHost: x\r\n${'Authorization'}: ` +
    `${manager.headers.authorization}\r\nContent-Length: 0\r\n\r\n`;
  const connection = await RawConnection.open(stack.port);
  await connection.write(`PUT /_connector/secret/_last_sync HTTP/1.1\r\nHost: x\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${forged.length}\r\n\r\n${forged}` +
    'GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.equal((await connection.answer()).status, 401);
  assert.equal((await connection.answer()).status, 401);
  connection.close();
  assert.equal(await stack.redisCommand('EXISTS', 'connector:{forged}'), 0);
});

// ---- at the workers' socket, without nginx ----

const atSocket = (...more) =>
  fastcgiRequest(stack.fcgiSocket, { uri: '/_connector/secret', more });

test('who reaches the socket is a stranger there', async () => {
  for (const parameters of [[], [['REMOTE_USER', 'admin']],
    [['REMOTE_USER', 'admin'], ['LASTSYNC_ROLE', 'manage_connector'], ['LASTSYNC_PROXY_SECRET', '']],
    [['AUTH_TYPE', 'Basic'], ['REMOTE_USER', 'admin'], ['LASTSYNC_PROXY_SECRET', 'x']]]) {
    assert.equal((await atSocket(...parameters)).status, 401);
  }
});

test('two keys in one request are none', async () => {
  const own = ['HTTP_AUTHORIZATION', manager.headers.authorization];
  assert.equal((await atSocket(own)).status, 200);
  assert.equal((await atSocket(own, own)).status, 200); // one, said twice
  assert.equal((await atSocket(own, ['HTTP_AUTHORIZATION', 'x'])).status, 401);
  assert.equal((await atSocket(['HTTP_AUTHORIZATION', 'x'], own)).status, 401);
});

test('a reporter is told what it may not, without a word of what exists', async () => {
  const answer = await request(stack, 'GET', '/_connector/secret', { headers: reporter.headers });
  assertForbidden(answer);
  const none = await request(stack, 'GET', '/_connector/nothing', { headers: reporter.headers });
  assert.equal(answer.text, none.text);
});
