// Fills Redis through the API with every part of its schema, and connectors of each state.
'use strict';

const assert = require('node:assert/strict');
const { request } = require('../lib/raw');

const SECRET = 'Tr0ub4dor';
const RULES = [{ advanced_snippet: { value: {} },
  rules: [{ field: '_', id: 'DEFAULT', order: 0, policy: 'include', rule: 'regex', value: '.*' }] }][0];
const PIPELINE = { extract_binary_content: true, name: 'p', reduce_whitespace: true,
  run_ml_inference: false };
const DAILY = { enabled: true, interval: '0 0 12 * * ?' };

// Calls the API; `headers` shows a key, if the stack asks for one.
async function call(stack, method, path, body) {
  const answer = await request(stack, method, path, { body, headers: stack.headers || {} });
  assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.json;
}

const put = (stack, path, body) => call(stack, 'PUT', path, body);

// A connector with every field.
async function fillConnector(stack, id, step) {
  const at = `/_connector/${encodeURIComponent(id)}`;
  for (const [path, body] of [
    ['', { index_name: 'search-old', service_type: 'postgresql', name: id, description: 'd',
      language: 'en', is_native: false }],
    ['/_index_name', { index_name: `search-${id}` }],
    ['/_configuration', { configuration: { password: { label: 'l', sensitive: true, type: 'str',
      value: SECRET } } }],
    ['/_configuration', { values: { password: `${SECRET}2` } }],
    ['/_api_key_id', { api_key_id: `${SECRET}3`, api_key_secret_id: `${SECRET}4` }],
    ['/_features', { features: { incremental_sync: { enabled: true } } }],
    ['/_filtering', RULES],
    ['/_pipeline', { pipeline: PIPELINE }],
    ['/_scheduling', { scheduling: { full: DAILY, access_control: DAILY } }],
    ['/_check_in'],
    ['/_error', { error: 'Houston' }],
    ['/_last_sync', { last_sync_status: 'in_progress',
      last_access_control_sync_status: 'in_progress' }],
    ['/_last_sync', { last_sync_status: 'error', last_sync_error: '42', last_deleted_document_count: 0,
      last_access_control_sync_status: 'error', last_access_control_sync_error: '1e5',
      last_access_control_sync_scheduled_at: '2023-11-09T15:13:08.231Z',
      last_incremental_sync_scheduled_at: '2023-11-09T15:13:08.231Z',
      last_sync_scheduled_at: '2024-11-09T15:13:08.231Z', last_synced: '2024-11-09T15:13:08.231Z' }],
    ['/_last_sync', { last_sync_status: 'completed', last_sync_error: null, last_indexed_document_count: 42,
      last_synced: new Date(Date.now() - 1).toISOString(), sync_cursor: { page: 7 } }],
    ['/_last_sync', { last_access_control_sync_status: 'completed', last_indexed_document_count: 42,
      last_synced: new Date().toISOString() }],
  ]) {
    await put(stack, at + path, body);
    await step();
  }
}

// A sync job of a connector that has been through every transition.
async function fillJob(stack, connector, step) {
  const post = (type) => call(stack, 'POST', '/_connector/_sync_job',
    { id: connector, job_type: type, trigger_method: 'scheduled' });
  const ids = [];
  for (const type of ['full', 'incremental', 'access_control']) ids.push((await post(type)).id);
  const [one, two] = ids;
  for (const [path, body] of [
    [`/_connector/_sync_job/${one}/_claim`, { worker_hostname: 'w', sync_cursor: { page: 1 } }],
    [`/_connector/_sync_job/${one}/_stats`, { deleted_document_count: 1, indexed_document_count: 2,
      indexed_document_volume: 3, total_document_count: 4, metadata: { a: 1 } }],
    [`/_lastsync/sync_job/${one}/_suspend`],
    [`/_connector/_sync_job/${one}/_claim`, { worker_hostname: 'w' }],
    [`/_connector/_sync_job/${one}/_error`, { error: 'broken' }],
    [`/_lastsync/sync_job/${one}/_complete`],
    [`/_connector/_sync_job/${two}/_cancel`],
  ]) {
    await put(stack, path, body);
    await step();
  }
  return ids;
}

// Everything; `step` follows each call. Gives the ids of the sync jobs: one has an error, one is
// canceled, one is pending. c1 is fresh and has all fields, and further connectors have the states that
// their names say.
async function fill(stack, step = async () => {}) {
  await fillConnector(stack, 'c1', step);
  const jobs = await fillJob(stack, 'c1', step);
  const long = '2020-01-01T00:00:00.000Z';
  for (const [id, ...reports] of [
    ['failing', { last_sync_status: 'completed', last_synced: long },
      { last_sync_status: 'error', last_sync_error: 'no route to host', last_synced: long }],
    ['late', { last_sync_status: 'completed', last_synced: long }],
    ['never', { last_sync_status: 'canceled' }],
    ['running', { last_sync_status: 'in_progress' }],
    ['retrying', { last_sync_status: 'error', last_sync_error: 'the one before',
      last_access_control_sync_status: 'error', last_access_control_sync_error: 'this, too' },
    { last_sync_status: 'in_progress', last_sync_error: null, last_indexed_document_count: 1,
      last_access_control_sync_status: 'in_progress' }],
    ['gone'],
  ]) {
    await put(stack, `/_connector/${id}`, { name: id });
    for (const body of reports) await put(stack, `/_connector/${id}/_last_sync`, body);
    await step();
  }
  await put(stack, '/_connector/off', { name: 'off', description: 'long '.repeat(300) });
  await put(stack, '/_connector/off/_scheduling', { scheduling: { full: { ...DAILY, enabled: false } } });
  await call(stack, 'DELETE', '/_connector/gone');
  await put(stack, '/_connector/_secret/s1', { value: `${SECRET}5` });
  await step();
  return jobs;
}

module.exports = { SECRET, call, fill, put };
