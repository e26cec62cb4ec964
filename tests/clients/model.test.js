// Random valid calls of the official clients to a few connectors, compared with a model of the connectors. SEED=n
// repeats a run.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { startStack } = require('../lib/stack');
const { describeClients, dice, failure } = require('./clients');

const STEPS = 600;
const IDS = ['a', 'b/ü', '{c}', 'd d'];
const INDEX_NAMES = ['search-1', 'search-2', 'search-3'];
const SYNC_STATUSES = ['in_progress', 'completed', 'error', 'canceled', 'pending', 'suspended', 'canceling'];
const NEVER = { enabled: false, interval: '0 0 0 * * ?' };

const TRANSITIONS = {
  created: ['needs_configuration', 'error'],
  needs_configuration: ['configured', 'error'],
  configured: ['needs_configuration', 'configured', 'connected', 'error'],
  connected: ['configured', 'connected', 'error'],
  error: ['configured', 'connected', 'error'],
};

const created = (fields) => ({
  configuration: {}, custom_scheduling: {}, error: null, index_name: null, is_native: false, name: '',
  scheduling: { access_control: NEVER, full: NEVER, incremental: NEVER }, status: 'created',
  sync_now: false, deleted: false, ...fields,
});

// Objects merge, and all else replaces (API, section 3.4).
function merge(stored, sent) {
  const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);
  if (!isObject(stored) || !isObject(sent)) return sent;
  const merged = { ...stored };
  for (const [key, value] of Object.entries(sent)) merged[key] = merge(stored[key], value);
  return merged;
}

// Each gives the call's name, its body, and the fields that it changes in the stored connector, or false if it must be
// refused.
const CALLS = [
  ({ text }) => ['updateName', { name: text, description: text }, { name: text, description: text }],
  ({ text }) => ['updateApiKeyId', { api_key_id: text }, { api_key_id: text }],
  ({ text, roll }) => (roll(2)
    ? ['updateError', { error: text }, { error: text, status: 'error' }]
    : ['updateError', { error: null }, { error: null, status: 'connected' }]),
  ({ text, stored }) => ['updateServiceType', { service_type: text },
    { service_type: text, status: stored.status === 'created' ? 'created' : 'needs_configuration' }],
  ({ pick, stored }) => {
    const status = pick(Object.keys(TRANSITIONS));
    return ['updateStatus', { status }, TRANSITIONS[stored.status].includes(status) && { status }];
  },
  ({ pick, roll, stored }) => {
    const scheduling = { [pick(['full', 'incremental', 'access_control'])]:
      { enabled: roll(2) === 1, interval: pick(['0 0 0 * * ?', '0 0/5 * ? * MON-FRI']) } };
    return ['updateScheduling', { scheduling }, { scheduling: merge(stored.scheduling, scheduling) }];
  },
  ({ pick, roll, stored }) => {
    const features = pick([{ incremental_sync: { enabled: roll(2) === 1 } },
      { sync_rules: { basic: { enabled: roll(2) === 1 } } }, { sync_rules: { advanced: { enabled: roll(2) === 1 } } }]);
    return ['updateFeatures', { features }, { features: merge(stored.features, features) }];
  },
  ({ text, roll }) => {
    const pipeline = { extract_binary_content: roll(2) === 1, name: text, reduce_whitespace: true, run_ml_inference: false };
    return ['updatePipeline', { pipeline }, { pipeline }];
  },
  ({ pick, text }) => {
    const key = pick(['host', 'port']);
    const field = { label: text, required: false, sensitive: true, default_value: null, value: null };
    return ['updateConfiguration', { configuration: { [key]: { label: text, sensitive: true } } },
      { configuration: { [key]: field }, status: 'configured' }];
  },
  ({ pick, text, stored }) => {
    const key = pick(['host', 'port']);
    return ['updateConfiguration', { values: { [key]: text } }, stored.configuration[key]
      && { configuration: merge(stored.configuration, { [key]: { value: text } }), status: 'configured' }];
  },
  ({ pick, model, id }) => {
    const index_name = pick([...INDEX_NAMES, null]);
    const taken = index_name && [...model].some(([other, connector]) =>
      other !== id && !connector.deleted && connector.index_name === index_name);
    return ['updateIndexName', { index_name }, !taken && { index_name }];
  },
  ({ roll, pick, step, text, stored }) => {
    const body = { last_sync_status: pick([...SYNC_STATUSES, null]) };
    if (roll(2)) body.last_sync_error = pick([text, null, '']);
    if (roll(2)) body.last_indexed_document_count = step;
    if (roll(2)) body.last_synced = new Date(1700000000000 + step * 1000).toISOString();
    if (roll(2)) body.last_access_control_sync_status = pick(SYNC_STATUSES);
    if (roll(3) === 0) body.sync_cursor = { [pick(['x', 'y'])]: { [pick(['p', 'q'])]: step } };
    const cursor = body.sync_cursor && { sync_cursor: merge(stored.sync_cursor, body.sync_cursor) };
    return ['lastSync', body, { ...body, ...cursor }];
  },
];

function apply(connector, changes) {
  for (const [key, value] of Object.entries(changes)) {
    if (value === null && key !== 'error' && key !== 'index_name') delete connector[key];
    else connector[key] = value;
  }
}

function testClient({ name }) {
  const { Client } = require(name);
  let stack;
  let client;

  before(async () => {
    stack = await startStack({ workers: 3 });
    client = new Client({ node: stack.url, maxRetries: 0 });
  });
  after(async () => {
    await client.close();
    await stack.stop();
  });

  async function put(model, id, { pick, text }) {
    const index_name = pick([...INDEX_NAMES, undefined]);
    const taken = [...model].some(([other, connector]) =>
      index_name && other !== id && !connector.deleted && connector.index_name === index_name);
    const body = { name: text, ...(index_name && { index_name }) };
    const answer = client.connector.put({ connector_id: id, ...body });
    if (taken) assert.equal((await failure(answer)).statusCode, 400);
    else assert.deepEqual(await answer, { id, result: model.has(id) ? 'updated' : 'created' });
    if (!taken) model.set(id, created(body));
  }

  async function remove(model, id, { roll }) {
    const hard = roll(2) === 1;
    const there = model.has(id) && (hard || !model.get(id).deleted);
    const answer = client.transport.request({ method: 'DELETE',
      path: `/_connector/${encodeURIComponent(id)}`, querystring: { hard } });
    if (!there) assert.equal((await failure(answer)).statusCode, 404);
    else assert.deepEqual(await answer, { acknowledged: true });
    if (there && hard) model.delete(id);
    else if (there) model.get(id).deleted = true;
  }

  async function update(model, id, chances) {
    const stored = model.has(id) && !model.get(id).deleted ? model.get(id) : undefined;
    const [method, body, changes] =
      chances.pick(CALLS)({ ...chances, model, id, stored: stored || created({}) });
    const answer = client.connector[method]({ connector_id: id, ...body });
    if (changes && stored) {
      assert.match((await answer).result, /^(updated|noop)$/);
      apply(stored, changes);
    } else {
      const { statusCode } = await failure(answer);
      assert.ok(statusCode === 400 || (statusCode === 404 && !stored), `${method}: ${statusCode}`);
    }
  }

  // GET's answer, without the times of creation within `filtering`.
  async function read(id) {
    const { id: own, filtering, ...connector } = await client.transport.request({ method: 'GET',
      path: `/_connector/${encodeURIComponent(id)}`, querystring: { include_deleted: true } });
    assert.equal(own, id);
    assert.equal(filtering.length, 1);
    return connector;
  }

  test('random calls agree with a model', async (t) => {
    const seed = Number(process.env.SEED) || Date.now() % 2147483648;
    t.diagnostic(`SEED=${seed}`);
    const roll = dice(seed);
    const pick = (list) => list[roll(list.length)];
    const model = new Map();
    for (let step = 0; step < STEPS; step += 1) {
      const id = pick(IDS);
      const chances = { roll, pick, step, text: `text ${step} \u00e4 "<` };
      const kind = roll(20);
      await (kind < 2 ? put : kind === 2 ? remove : update)(model, id, chances);
      if (model.has(id)) assert.deepEqual(await read(id), model.get(id), `step ${step}, ${id}`);
    }
    const { results } = await client.connector.list({ size: 100 });
    const live = [...model].filter(([, { deleted }]) => !deleted).map(([id]) => id).sort();
    assert.deepEqual(results.map(({ id }) => id).sort(), live);
    const overview = await client.transport.request({ method: 'GET', path: '/_lastsync/overview' });
    assert.deepEqual(overview.results.map(({ id }) => id).sort(), live);
  });
}

describeClients(testClient);
