// Secrets lie in keys of their own: no other key shows one, whichever endpoint has written it.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { request } = require('../lib/raw');
const { Redis } = require('../lib/redis');
const { startStack } = require('../lib/stack');
const { stored } = require('./stored');

const SECRET = 'Tr0ub4dor';

let stack;
let redis;

before(async () => {
  stack = await startStack();
  redis = await Redis.connect(stack.redisSocket);
});

after(async () => {
  if (redis) redis.close();
  if (stack) await stack.stop();
});

async function call(method, path, body) {
  const answer = await request(stack, method, path, { body });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
}

function field(value, sensitive) {
  return { label: 'a label', sensitive, type: 'str', value };
}

// Calls the API, and checks that only the keys for secrets hold secrets, and that they do.
async function writes(secrets, method, path, body) {
  const answer = await call(method, path, body);
  const found = [];
  for (const { key, value } of await stored(redis)) {
    if (!(key + JSON.stringify(value)).includes(SECRET)) continue;
    assert.match(key, /^[a-z_]+:\{[^{}]*\}:secrets$/, `after ${method} ${path}`);
    found.push(key);
  }
  assert.deepEqual(found, secrets, `after ${method} ${path}`);
  return answer;
}

test('no key but those of secrets ever shows one', async () => {
  const own = 'connector:{c1}:secrets';
  const connector = { index_name: 'search-x', service_type: 'postgresql', name: 'c1' };
  await writes([], 'PUT', '/_connector/c1', connector);
  await writes([own], 'PUT', '/_connector/c1/_configuration',
    { configuration: { password: field(SECRET, true), host: field('h', false) } });
  await writes([own], 'PUT', '/_connector/c1/_configuration',
    { values: { password: `${SECRET}2`, host: SECRET } });
  await writes([own], 'PUT', '/_connector/c1/_api_key_id',
    { api_key_id: `${SECRET}3`, api_key_secret_id: `${SECRET}4` });
  const shown = await call('GET', '/_connector/c1');
  assert.equal(shown.configuration.password.value, `${SECRET}2`);
  assert.equal(shown.api_key_id, `${SECRET}3`);
  assert.equal(shown.api_key_secret_id, `${SECRET}4`);
  assert.deepEqual((await call('GET', '/_connector')).results, [shown]);

  const { id } = await call('POST', '/_connector/_sync_job', { id: 'c1', job_type: 'full' });
  const both = [own, `sync_job:{${id}}:secrets`];
  await writes(both, 'PUT', `/_connector/_sync_job/${id}/_claim`,
    { worker_hostname: 'w', sync_cursor: { page: 1 } });
  await writes(both, 'PUT', `/_connector/_sync_job/${id}/_stats`,
    { deleted_document_count: 1, indexed_document_count: 2, indexed_document_volume: 3 });
  const job = await call('GET', `/_connector/_sync_job/${id}`);
  assert.equal(job.connector.configuration.password.value, `${SECRET}2`);
  assert.deepEqual(job.connector.sync_cursor, { page: 1 });
  assert.deepEqual((await call('GET', '/_connector/_sync_job')).results, [job]);
  await writes(both, 'PUT', `/_lastsync/sync_job/${id}/_complete`, { report: true });

  for (const [path, body] of [
    ['_last_sync', { last_sync_status: 'completed', sync_cursor: { page: 2 } }],
    ['_check_in'], ['_error', { error: 'broken' }], ['_native', { is_native: false }],
    ['_service_type', { service_type: 'other' }], ['_status', { status: 'configured' }],
    ['_index_name', { index_name: 'search-y' }],
  ]) await writes(both, 'PUT', `/_connector/c1/${path}`, body);
  await writes(both, 'DELETE', '/_connector/c1');
  await writes(both.slice(1), 'PUT', '/_connector/c1', connector);
  assert.deepEqual((await call('GET', '/_connector/c1')).configuration, {});
  await writes([], 'DELETE', `/_connector/_sync_job/${id}`);
  await writes([own], 'PUT', '/_connector/c1/_configuration',
    { configuration: { password: field(SECRET, true) } });
  await writes([], 'DELETE', '/_connector/c1?hard=true');
  const left = (await stored(redis)).map(({ key }) => key);
  const ofEndedHours = ['days', 'hours']; // there, if an hour has ended meanwhile
  assert.deepEqual(left.filter((key) => !ofEndedHours.includes(key)), ['hour', 'lastsync:schema']);
});

// Both hashes come from one table: a field that the API writes must be in one of them.
test('of a connector, its configuration and its keys are secret, of a job its connector', async () => {
  await call('PUT', '/_connector/c2', { index_name: 'search-z', service_type: 's' });
  await call('PUT', '/_connector/c2/_configuration', { configuration: {} });
  await call('PUT', '/_connector/c2/_api_key_id', { api_key_id: 'a', api_key_secret_id: 'b' });
  const { id } = await call('POST', '/_connector/_sync_job', { id: 'c2' });
  const fields = async (key) => (await redis.command('HKEYS', key)).sort();
  assert.deepEqual(await fields('connector:{c2}:secrets'),
    ['api_key_id', 'api_key_secret_id', 'configuration']);
  assert.deepEqual(await fields(`sync_job:{${id}}:secrets`), ['connector']);
  assert.equal(await redis.command('HGET', 'connector:{c2}:secrets', 'configuration'), '{}');
});
