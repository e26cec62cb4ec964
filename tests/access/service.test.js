// The keys that may use connector secrets and the system indices; and places where a secret never shows.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const fs = require('node:fs');
const { after, before, test } = require('node:test');
const { assertForbidden } = require('./common');
const { createKey, createReporter } = require('../lib/keys');
const { request } = require('../lib/raw');
const { BUILD, startStack } = require('../lib/stack');

const SECRET = '/_connector/_secret';
const IX = '/.elastic-connectors';
const JX = '/.elastic-connectors-sync-jobs';
const VALUE = 'Tr0ub4dor';
const ADMIN = 'cluster:admin/xpack/connector/';

let stack;
const keys = {};

before(async () => {
  stack = await startStack({ access: 'keys', options: ['--log-level', 'debug'] });
  keys.manager = await createKey(stack, 'manage_connector');
  keys.monitor = await createKey(stack, 'monitor_connector');
  keys.reporter = await createReporter(stack, '*');
  keys.reader = await createKey(stack, 'read_connector_secrets');
  keys.writer = await createKey(stack, 'write_connector_secrets');
});
after(() => stack.stop());

const call = (key, method, target, body) =>
  request(stack, method, target, { body, headers: keys[key].headers });

// The requests, each with its answer, its action, and the roles besides the manager's that may make it.
const SECRETS = [
  ['PUT', `${SECRET}/s1`, { value: VALUE }, 'secret/put', 'writer'],
  ['POST', SECRET, { value: VALUE }, 'secret/post', 'writer'],
  ['GET', `${SECRET}/s1`, undefined, 'secret/get', 'reader'],
  ['DELETE', `${SECRET}/s1`, undefined, 'secret/delete', 'writer'],
];

for (const [method, target, body, action, who] of SECRETS) {
  test(`${method} ${target} is for ${who} and manager`, async () => {
    await call('manager', 'PUT', `${SECRET}/s1`, { value: VALUE });
    for (const key of ['monitor', 'reporter', 'reader', 'writer'].filter((name) => name !== who)) {
      const role = { reader: 'read_connector_secrets', writer: 'write_connector_secrets' }[who];
      assertForbidden(await call(key, method, target, body), `action [${ADMIN}${action}] is ` +
        `unauthorized for API key id [${keys[key].id}] of user [lastsync], this action is granted ` +
        `by the cluster privileges [${role},manage_connector]`);
    }
    for (const key of [who, 'manager']) {
      await call('manager', 'PUT', `${SECRET}/s1`, { value: VALUE });
      const answer = await call(key, method, target, body);
      assert.ok(answer.status === 200 || answer.status === 201, answer.text);
    }
  });
}

test('keys for secrets are for nothing else', async () => {
  await call('manager', 'PUT', '/_connector/c1', {});
  for (const key of ['reader', 'writer']) {
    assert.equal((await call(key, 'GET', '/')).status, 200);
    for (const [method, target, body] of [['GET', '/_connector'], ['GET', '/_connector/c1'],
      ['PUT', '/_connector/c1/_check_in'], ['POST', `${IX}/_search`, {}], ['GET', `${IX}/_doc/c1`]]) {
      assertForbidden(await call(key, method, target, body));
    }
  }
});

test('a secret is seen where it is asked for, and nowhere else', async () => {
  await call('manager', 'PUT', '/_connector/c1', {});
  await call('writer', 'PUT', `${SECRET}/s1`, { value: VALUE });
  assert.equal((await call('reader', 'GET', `${SECRET}/s1`)).json.value, VALUE);
  for (const target of ['/_connector', '/_connector/c1', '/_lastsync/overview', '/_lastsync/metrics',
    `${IX}/_search`, `${JX}/_search`]) {
    const answer = await call('manager', 'GET', target);
    assert.equal(answer.status, 200, target);
    assert.ok(!answer.text.includes(VALUE), target);
  }
  for (const name of fs.readdirSync(stack.directory).filter((file) => file.endsWith('.log'))) {
    assert.ok(!fs.readFileSync(path.join(stack.directory, name), 'utf8').includes(VALUE), name);
  }
  const lastsync = (...words) => execFileSync(path.join(BUILD, 'lastsync'),
    [...words, '--redis', `unix:${stack.redisSocket}`], { encoding: 'utf8' });
  assert.ok(!lastsync('export', '--no-secrets').includes(VALUE));
  const whole = lastsync('export');
  assert.ok(whole.includes(`{"type":"secret","id":"s1","fields":{"value":"${VALUE}"}}`), whole);
  await call('writer', 'DELETE', `${SECRET}/s1`);
  const file = path.join(stack.directory, 'export.ndjson');
  fs.writeFileSync(file, whole);
  lastsync('import', file);
  assert.equal((await call('reader', 'GET', `${SECRET}/s1`)).json.value, VALUE);
  lastsync('import', file); // the same data are there already
  lastsync('check');
});

// A monitor's requests: all reads.
const READS = [
  ['HEAD', IX], ['POST', `${IX}/_refresh`], ['POST', `${IX}/_search`, {}], ['POST', `${IX}/_count`, {}],
  ['GET', `${IX}/_doc/c1`], ['HEAD', `${JX}-v1`], ['POST', `${JX}/_search`, {}],
];
const WRITES = [
  ['PUT', `${IX}-v1`, {}], ['POST', `${IX}/_doc`, {}], ['POST', `${IX}/_update/c1`, { doc: { status: 'error' } }],
  ['DELETE', `${IX}/_doc/c1`], ['POST', `${JX}/_doc`, { connector: { id: 'c1' } }],
  ['POST', `${JX}/_update/j1`, { doc: { status: 'error' } }], ['DELETE', `${JX}/_doc/j1`],
  ['POST', `${JX}/_delete_by_query`, { query: { match_all: {} } }],
];

test('a monitor reads the system indices, a reporter does not, and neither writes', async () => {
  await call('manager', 'PUT', '/_connector/c1', {});
  const version = async () => (await call('manager', 'GET', `${IX}/_doc/c1`)).json._seq_no;
  const before = await version();
  for (const [method, target, body] of READS) {
    assert.equal((await call('monitor', method, target, body)).status, 200, target);
    assert.equal((await call('reporter', method, target, body)).status, 403, target);
  }
  for (const [method, target, body] of WRITES) {
    for (const key of ['monitor', 'reporter']) assertForbidden(await call(key, method, target, body));
  }
  assert.equal(await version(), before);
});
