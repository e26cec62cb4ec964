// Users with passwords, as nginx/example/users-*.conf have them: nginx asks, and vouches for them.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { REPORT, assertForbidden, headerValues } = require('./common');
const { createKey, encode } = require('../lib/keys');
const { fastcgiRequest } = require('../lib/fastcgi');
const { request, send } = require('../lib/raw');
const { REPOSITORY, startStack } = require('../lib/stack');

const SECRET = crypto.randomBytes(24).toString('base64url');
const PASSWORDS = { alice: 'wonder:land', bob: 'builder', crawler: 'ü', nobody: 'x' };

function example(name, changes) {
  const file = path.join(REPOSITORY, 'nginx', 'example', name);
  return changes.reduce((text, [from, to]) => {
    assert.ok(text.includes(from), `${name} has no ${from}`);
    return text.replaceAll(from, to);
  }, fs.readFileSync(file, 'utf8'));
}

// A line as htpasswd -s writes it.
const passwordLine = ([user, password]) =>
  `${user}:{SHA}${crypto.createHash('sha1').update(password).digest('base64')}\n`;

let folder;
let stack;
let manager;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-users-'));
  const files = Object.fromEntries(['passwords', 'secret'].map((name) => [name, path.join(folder, name)]));
  fs.writeFileSync(files.passwords, Object.entries(PASSWORDS).map(passwordLine).join(''));
  fs.writeFileSync(files.secret, `${SECRET}\n`, { mode: 0o600 });
  stack = await startStack({
    access: 'proxy',
    options: ['--proxy-secret-file', files.secret],
    nginx: {
      http: example('users-http.conf', [
        ['    crawler report_connector;', '    crawler report_connector;\n    nobody "";']]),
      location: example('users-location.conf', [
        ['/etc/nginx/lastsync.passwords', files.passwords], ['put the secret here', SECRET]]),
    },
  });
  manager = await createKey(stack, 'manage_connector');
  for (const id of ['sales-1', 'it-1']) {
    const made = await request(stack, 'PUT', `/_connector/${id}`, { headers: manager.headers });
    assert.equal(made.status, 201, made.text);
  }
});
after(async () => {
  await stack.stop();
  fs.rmSync(folder, { recursive: true });
});

const as = (user, password = PASSWORDS[user]) =>
  ({ authorization: encode(user, password, { scheme: 'Basic' }) });
const call = (method, target, headers, body) => request(stack, method, target, { headers, body });

// nginx's own refusal.
function assertAsked(answer) {
  assert.equal(answer.status, 401, answer.text);
  assert.deepEqual(headerValues(answer, 'www-authenticate'), ['Basic realm="security"', 'ApiKey']);
  const cause = { type: 'security_exception', reason: 'unable to authenticate this user',
    header: { 'WWW-Authenticate': ['Basic realm="security"', 'ApiKey'] } };
  assert.deepEqual(answer.json, { error: { root_cause: [cause], ...cause }, status: 401 });
  assert.equal(answer.headers['content-type'], 'application/json');
  assert.equal(answer.headers['x-elastic-product'], undefined);
}

test('a manager, a reader and a reporter', async () => {
  const rows = [
    ['alice', 'PUT', '/_connector/sales-1/_name', { name: 'x' }, 200],
    ['bob', 'GET', '/_connector/sales-1', undefined, 200],
    ['bob', 'PUT', '/_connector/sales-1/_last_sync', REPORT, 403],
    ['crawler', 'PUT', '/_connector/sales-1/_last_sync', REPORT, 200],
    ['crawler', 'PUT', '/_connector/it-1/_last_sync', REPORT, 403],
    ['crawler', 'GET', '/_connector/sales-1', undefined, 403],
    ['nobody', 'GET', '/', undefined, 403],
    ['nobody', 'PUT', '/_connector/sales-1/_last_sync', REPORT, 403],
  ];
  for (const [user, method, target, body, status] of rows) {
    const answer = await call(method, target, as(user), body);
    assert.equal(answer.status, status, `${user} ${method} ${target}: ${answer.text}`);
  }
});

test('403 names the user and the role', async () => {
  assertForbidden(await call('DELETE', '/_connector/sales-1', as('bob')),
    'action [cluster:admin/xpack/connector/delete] is unauthorized for user [bob] with effective ' +
    'roles [monitor_connector], this action is granted by the cluster privileges ' +
    '[manage_connector]');
  assertForbidden(await call('GET', '/_connector', as('nobody')),
    'action [cluster:admin/xpack/connector/list] is unauthorized for user [nobody] with effective ' +
    'roles [], this action is granted by the cluster privileges ' +
    '[monitor_connector,manage_connector]');
});

test('nginx asks whom it does not know', async () => {
  const strangers = [{}, as('alice', 'x'), as('alice', ''), as('mallory', 'x'), as('', ''),
    { authorization: 'Basic' }, { authorization: 'Basic !!!' }, { authorization: 'Bearer x' },
    { authorization: `Basic ${manager.encoded}` }];
  for (const headers of strangers) {
    assertAsked(await call('GET', '/_connector/sales-1', headers));
    assertAsked(await call('PUT', '/_connector/sales-1/_last_sync', headers, REPORT));
  }
});

test('health is open to everybody, and nothing else that looks like it', async () => {
  for (const target of ['/_lastsync/health/live', '/_lastsync/health/ready', '/_lastsync/health/ready?pretty']) {
    const answer = await call('GET', target, {});
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await call('HEAD', target, {})).status, 200);
    assert.equal((await call('GET', target, as('bob'))).status, 200);
    assertAsked(await call('GET', target, as('bob', 'x'))); // nginx vouches for nobody unseen
  }
  for (const target of ['/_lastsync/health', '/_lastsync/health/livex', '/_lastsync/health/live/x', '/_lastsync/health/',
    '/_lastsync/health/%6cive', '/x/../_lastsync/health/live', '/_lastsync/health/live%3f', '/_lastsync/health/live;x',
    '/_connector/sales-1?/_lastsync/health/live', '/_lastsync/health/live/../../../_connector/sales-1']) {
    assertAsked(await call('GET', target, {}));
  }
});

test('a key passes nginx, and is looked at', async () => {
  assert.equal((await call('GET', '/_connector/sales-1', manager.headers)).status, 200);
  for (const authorization of ['ApiKey', 'ApiKey ', 'ApiKey x', encode(manager.id, 'x'),
    'apikey  x', 'ApiKey\tx']) {
    const answer = await call('GET', '/_connector/sales-1', { authorization });
    assert.equal(answer.status, 401, answer.text);
    assert.equal(answer.headers['x-elastic-product'], undefined);
  }
});

test('nobody becomes a user by a header', async () => {
  for (const name of ['Remote-User', 'REMOTE_USER', 'Remote_User', 'X-Remote-User']) {
    const more = { [name]: 'alice', 'Lastsync-Role': 'manage_connector' };
    assertAsked(await call('GET', '/_connector/sales-1', more));
    const reader = await call('DELETE', '/_connector/sales-1', { ...as('bob'), ...more });
    assert.equal(reader.status, 403);
    const stranger = await call('GET', '/_connector/sales-1', { authorization: 'ApiKey x', ...more });
    assert.equal(stranger.status, 401);
  }
});

test('a user in the target is no user', async () => {
  const answer = await send(stack.port,
    'GET http://alice:wonder@localhost/_connector/sales-1 HTTP/1.1\r\nHost: x\r\n\r\n');
  assert.ok([400, 401].includes(answer.status), answer.text);
});

test('at the socket nobody is vouched for without the secret', async () => {
  const at = (...more) =>
    fastcgiRequest(stack.fcgiSocket, { uri: '/_connector/sales-1', more }).then(({ status }) => status);
  const alice = [['REMOTE_USER', 'alice'], ['LASTSYNC_ROLE', 'manage_connector']];
  assert.equal(await at(...alice, ['LASTSYNC_PROXY_SECRET', SECRET]), 200);
  for (const secret of ['', 'x', SECRET.slice(1), `${SECRET} `, `${SECRET}\n`, SECRET.toLowerCase()]) {
    assert.equal(await at(...alice, ['LASTSYNC_PROXY_SECRET', secret]), 401);
    assert.equal(await at(...alice, ['HTTP_LASTSYNC_PROXY_SECRET', SECRET],
      ['LASTSYNC_PROXY_SECRET', secret]), 401);
  }
  assert.equal(await at(...alice), 401);
  assert.equal(await at(['REMOTE_USER', ''], ['LASTSYNC_ROLE', 'manage_connector'],
    ['LASTSYNC_PROXY_SECRET', SECRET]), 401);
  assert.equal(await at(['REMOTE_USER', Buffer.from([0xff])], ['LASTSYNC_ROLE', 'manage_connector'],
    ['LASTSYNC_PROXY_SECRET', SECRET]), 401);
});

test('a key counts before a user', async () => {
  const vouched = [['REMOTE_USER', 'alice'], ['LASTSYNC_ROLE', 'manage_connector'],
    ['LASTSYNC_PROXY_SECRET', SECRET]];
  const answer = await fastcgiRequest(stack.fcgiSocket, { uri: '/_connector/sales-1',
    headers: { authorization: 'ApiKey x' }, more: vouched });
  assert.equal(answer.status, 401);
});
