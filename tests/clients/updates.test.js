// The official Elasticsearch clients update connectors: each endpoint, and many of them at once.
'use strict';

const assert = require('node:assert/strict');
const { after, afterEach, before, test } = require('node:test');
const { badRequest, describeClients, dice, failure, fields, notFound } = require('./clients');
const { connectorKey, indexNameKey, shardPrefix, untagged } = require('../lib/shards');
const { startStack } = require('../lib/stack');

const OFF = { enabled: false, interval: '0 0 0 * * ?' };
const ON = { enabled: true, interval: '0 30 1 ? * MON-FRI' };

const PIPELINE = {
  extract_binary_content: true, name: 'search-default-ingestion', reduce_whitespace: false,
  run_ml_inference: true,
};

const TIMES = { created_at: '2024-01-01T00:00:00.000Z', updated_at: '2024-02-02T00:00:00.000Z' };
const SNIPPET = { ...TIMES, value: { find: { a: [1, null] } } };
const VALID = { errors: [], state: 'valid' };

function rule(id, order, values = {}) {
  return {
    ...TIMES, field: 'name', id, order, policy: 'include', rule: 'equals', value: 'x', ...values,
  };
}

const DEFAULT_RULE = {
  created_at: TIMES.created_at, field: '_', id: 'DEFAULT', order: 0, policy: 'include',
  rule: 'regex', updated_at: TIMES.created_at, value: '.*',
};
const RULE_SET = { advanced_snippet: SNIPPET, rules: [DEFAULT_RULE], validation: VALID };

// How a field of a configuration is stored.
const configured = (label, value) =>
  ({ default_value: null, label, required: false, sensitive: false, value });

// A body for each method; on a missing connector all of them fail alike.
const SOME_VALUES = {
  checkIn: {},
  updateActiveFiltering: {},
  updateApiKeyId: { api_key_id: 'k' },
  updateConfiguration: { values: { host: 'x' } },
  updateError: { error: 'e' },
  updateFeatures: { features: { incremental_sync: { enabled: true } } },
  updateFiltering: { rules: [] },
  updateFilteringValidation: { validation: VALID },
  updateIndexName: { index_name: 'search-x' },
  updateName: { name: 'n' },
  updateNative: { is_native: true },
  updatePipeline: { pipeline: PIPELINE },
  updateScheduling: { scheduling: { full: ON } },
  updateServiceType: { service_type: 'mysql' },
  updateStatus: { status: 'error' },
};

const range = (count) => Array.from({ length: count }, (_, i) => i);

function testClient({ name }) {
  const { Client } = require(name);
  let stack;
  let client;

  before(async () => {
    stack = await startStack({ workers: 4 });
    client = new Client({ node: stack.url, maxRetries: 0 });
  });
  after(async () => {
    await client.close();
    await stack.stop();
  });
  afterEach(() => stack.emptyRedis());

  const create = (id, values = {}) => client.connector.put({ connector_id: id, ...values });
  const get = (id, values = {}) => client.connector.get({ connector_id: id, ...values });
  const remove = (id, values = {}) => client.connector.delete({ connector_id: id, ...values });
  const update = (method, values, id = 'c1') =>
    client.connector[method]({ connector_id: id, ...values });

  // Updates the connector c1 step by step. Each step has the values to send, the result, and some fields' values
  // afterwards; all other fields must stay unchanged.
  async function walk(method, steps) {
    for (const [values, result, changed] of steps) {
      const expected = { ...await get('c1'), ...changed };
      assert.deepEqual(await update(method, values), { result }, JSON.stringify(values));
      for (const key of Object.keys(expected)) {
        if (expected[key] === undefined) delete expected[key];
      }
      assert.deepEqual(await get('c1'), expected, JSON.stringify(values));
    }
  }

  async function refused(method, values, expected) {
    const { statusCode, body } = await failure(update(method, values));
    assert.equal(statusCode, 400);
    assert.deepEqual(body, expected);
  }

  test('checkIn', async () => {
    await create('c1');
    const start = Date.now();
    assert.deepEqual(await update('checkIn'), { result: 'updated' });
    const first = await get('c1');
    assert.match(first.last_seen, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/);
    assert.equal(Date.parse(first.last_seen) >= start, true);
    assert.equal(Date.parse(first.last_seen) <= Date.now(), true);
    await update('checkIn');
    const { last_seen: lastSeen, ...rest } = await get('c1');
    assert.notEqual(lastSeen, first.last_seen);
    assert.deepEqual({ ...rest, last_seen: first.last_seen }, first);
  });

  test('updateApiKeyId', async () => {
    await create('c1');
    await walk('updateApiKeyId', [
      [{ api_key_id: 'k', api_key_secret_id: 's' }, 'updated',
        { api_key_id: 'k', api_key_secret_id: 's' }],
      [{ api_key_id: 'k' }, 'noop', {}],
      [{ api_key_id: 'l', api_key_secret_id: null }, 'updated', { api_key_id: 'l' }],
      [{ api_key_id: null, api_key_secret_id: 't' }, 'updated', { api_key_secret_id: 't' }],
    ]);
    await refused('updateApiKeyId', { api_key_id: null }, badRequest(
      'action_request_validation_exception', 'Validation Failed: 1: [api_key_id] and ' +
      '[api_key_secret_id] cannot both be [null]. Please provide a value for at least one of ' +
      'them.;'));
  });

  test('updateConfiguration', async () => {
    const host = {
      category: 'Connection', default_value: 'localhost', depends_on: [{ field: 'f', value: true }],
      display: 'textbox', label: 'Host', options: [{ label: 'one', value: 1 }], order: 1,
      placeholder: 'a host', required: true, sensitive: false, tooltip: 'where it is', type: 'str',
      ui_restrictions: ['advanced'], validations: [{ constraint: '^[a-z]+$', type: 'regex' }],
      value: null,
    };
    const configuration = { host, port: configured('Port', null) };
    const withValues = (value, port) => ({
      configuration: { host: { ...host, value }, port: configured('Port', port) },
      status: 'configured',
    });
    await create('c1');
    await walk('updateConfiguration', [
      [{ configuration: { old: { label: 'Old' } } }, 'updated',
        { configuration: { old: configured('Old', null) }, status: 'configured' }],
      [{ configuration: { host, port: { label: 'Port', tooltip: null, unknown: 1 } } }, 'updated',
        { configuration }],
      [{ configuration }, 'updated', {}],
      [{ values: { host: 'example.org' } }, 'updated', withValues('example.org', null)],
      [{ values: { host: 'example.org', port: null } }, 'noop', {}],
      [{ values: { port: 9200 } }, 'updated', withValues('example.org', 9200)],
      [{ values: { port: [1, { a: null }], host: true } }, 'updated',
        withValues(true, [1, { a: null }])],
      [{ values: { port: { a: { b: 1 } } } }, 'updated', withValues(true, { a: { b: 1 } })],
      [{ values: { port: { a: { c: 2 } } } }, 'updated', withValues(true, { a: { b: 1, c: 2 } })],
      [{ values: { port: null, host: '' } }, 'updated', withValues('', null)],
      [{ values: {} }, 'noop', {}],
      [{ configuration: {} }, 'updated', { configuration: {} }],
    ]);
    await refused('updateConfiguration', { values: { host: 1, port: 2 } }, badRequest(
      'status_exception', 'Unknown [configuration] fields in the request payload: [host, port]. ' +
      'Remove them from request or register their schema first.'));
    await refused('updateConfiguration', { values: {}, configuration: {} }, badRequest(
      'action_request_validation_exception', 'Validation Failed: 1: [configuration] and [values] ' +
      'cannot both be provided in the same request.;'));
  });

  test('updateError', async () => {
    await create('c1');
    await walk('updateError', [
      [{ error: null }, 'updated', { status: 'connected' }],
      [{ error: null }, 'noop', {}],
      [{ error: 'Traceback:\n  "ü"' }, 'updated', { error: 'Traceback:\n  "ü"', status: 'error' }],
      [{ error: 'Traceback:\n  "ü"' }, 'noop', {}],
      [{ error: '' }, 'updated', { error: '', status: 'connected' }],
      [{ error: null }, 'updated', { error: null }],
    ]);
  });

  test('updateFeatures', async () => {
    const on = { enabled: true };
    const off = { enabled: false };
    await create('c1');
    await walk('updateFeatures', [
      [{ features: { document_level_security: on } }, 'updated',
        { features: { document_level_security: on } }],
      [{ features: { document_level_security: on } }, 'noop', {}],
      [{ features: { sync_rules: { basic: on } } }, 'updated',
        { features: { document_level_security: on, sync_rules: { basic: on } } }],
      [{ features: { sync_rules: { advanced: off }, unknown: on } }, 'updated',
        { features: { document_level_security: on, sync_rules: { basic: on, advanced: off } } }],
      [{ features: {} }, 'noop', {}],
      [{ features: { incremental_sync: off, native_connector_api_keys: on } }, 'updated',
        { features: { document_level_security: on, sync_rules: { basic: on, advanced: off },
          incremental_sync: off, native_connector_api_keys: on } }],
    ]);
  });

  test('updateFiltering, updateFilteringValidation and updateActiveFiltering', async () => {
    const edited = { errors: [], state: 'edited' };
    const invalid = { errors: [{ ids: ['r1'], messages: ['no such field'] }], state: 'invalid' };
    const rules = [rule('r1', 1), rule('r2', 2), { ...DEFAULT_RULE, order: 3 }];
    const filtering = (active, draft) => ({ filtering: [{ active, domain: 'DEFAULT', draft }] });
    const draft = (validation) => ({ advanced_snippet: SNIPPET, rules, validation });
    await create('c1');
    await walk('updateFiltering', [
      [{ filtering: [{ active: RULE_SET, draft: RULE_SET }] }, 'updated',
        filtering(RULE_SET, RULE_SET)],
      [{ filtering: [{ active: RULE_SET, domain: 'x', draft: RULE_SET }] }, 'noop', {}],
      [{ rules: [DEFAULT_RULE, rule('r2', 2), rule('r1', 1)] }, 'updated',
        filtering(RULE_SET, { ...RULE_SET, rules, validation: edited })],
      [{ advanced_snippet: { ...SNIPPET, value: [] } }, 'updated', filtering(RULE_SET,
        { advanced_snippet: { ...SNIPPET, value: [] }, rules, validation: edited })],
      [{ advanced_snippet: SNIPPET, rules }, 'updated', filtering(RULE_SET, draft(edited))],
      [{ advanced_snippet: SNIPPET, rules }, 'noop', {}],
    ]);
    const notValid = (state) => badRequest('status_exception', 'Filtering draft needs to be ' +
      'validated by the connector service before activation. Current filtering draft validation ' +
      `state [${state}] is not equal to [valid].`);
    await refused('updateActiveFiltering', {}, notValid('edited'));
    await walk('updateFilteringValidation', [
      [{ validation: invalid }, 'updated', filtering(RULE_SET, draft(invalid))],
      [{ validation: invalid }, 'noop', {}],
    ]);
    await refused('updateActiveFiltering', {}, notValid('invalid'));
    await walk('updateFilteringValidation', [
      [{ validation: VALID }, 'updated', filtering(RULE_SET, draft(VALID))],
    ]);
    await walk('updateActiveFiltering', [
      [{}, 'updated', filtering(draft(VALID), draft(VALID))],
      [{}, 'noop', {}],
    ]);
  });

  test('updateIndexName', async () => {
    await create('c1');
    await create('other', { index_name: 'search-other' });
    await walk('updateIndexName', [
      [{ index_name: 'search-x' }, 'updated', { index_name: 'search-x' }],
      [{ index_name: 'search-x' }, 'noop', {}],
      [{ index_name: 'search-y' }, 'updated', { index_name: 'search-y' }],
      [{ index_name: null }, 'updated', { index_name: null }],
      [{ index_name: null }, 'noop', {}],
    ]);
    await refused('updateIndexName', { index_name: 'search-other' }, badRequest(
      'status_exception', 'Index name [search-other] is used by another connector.'));
    await remove('other');
    await walk('updateIndexName', [
      [{ index_name: 'search-other' }, 'updated', { index_name: 'search-other' }],
    ]);
  });

  test('updateName', async () => {
    await create('c1', { name: 'first', description: 'd' });
    await walk('updateName', [
      [{ name: 'first' }, 'noop', {}],
      [{ name: 'second' }, 'updated', { name: 'second' }],
      [{ description: 'e', name: null }, 'updated', { description: 'e' }],
      [{ name: '', description: '' }, 'updated', { name: '', description: '' }],
    ]);
  });

  test('updateNative', async () => {
    await create('c1', { index_name: 'search-x' });
    await refused('updateNative', { is_native: true }, badRequest('status_exception',
      'The index name [search-x] attached to the connector [c1] must start with the required ' +
      'prefix: [content-] to be Elastic-managed. Please update the attached index first to ' +
      'comply with this requirement.'));
    await update('updateIndexName', { index_name: 'content-x' });
    await walk('updateNative', [
      [{ is_native: false }, 'noop', {}],
      [{ is_native: true }, 'updated', { is_native: true }],
    ]);
    await update('updateError', { error: null });
    await walk('updateNative', [
      [{ is_native: true }, 'updated', { status: 'configured' }],
      [{ is_native: false }, 'updated', { is_native: false }],
    ]);
  });

  test('updatePipeline', async () => {
    await create('c1');
    await walk('updatePipeline', [
      [{ pipeline: PIPELINE }, 'updated', { pipeline: PIPELINE }],
      [{ pipeline: { ...PIPELINE, unknown: {} } }, 'noop', {}],
      [{ pipeline: { ...PIPELINE, name: 'p' } }, 'updated',
        { pipeline: { ...PIPELINE, name: 'p' } }],
    ]);
  });

  test('updateScheduling', async () => {
    await create('c1');
    await walk('updateScheduling', [
      [{ scheduling: { full: OFF } }, 'noop', {}],
      [{ scheduling: { full: ON } }, 'updated',
        { scheduling: { access_control: OFF, full: ON, incremental: OFF } }],
      [{ scheduling: { access_control: ON } }, 'updated',
        { scheduling: { access_control: ON, full: ON, incremental: OFF } }],
      [{ scheduling: { full: OFF, incremental: ON } }, 'updated',
        { scheduling: { access_control: ON, full: OFF, incremental: ON } }],
    ]);
    const { statusCode, body } = await failure(update('updateScheduling',
      { scheduling: { full: { enabled: true, interval: '61 0 0 * * ?' } } }));
    assert.equal(statusCode, 400);
    assert.match(JSON.stringify(body), /"invalid cron expression \[61 0 0 \* \* \?\]"/);
  });

  test('updateServiceType', async () => {
    await create('c1', { service_type: 'mysql' });
    await walk('updateServiceType', [
      [{ service_type: 'mysql' }, 'noop', {}],
      [{ service_type: 's3' }, 'updated', { service_type: 's3' }],
    ]);
    await update('updateConfiguration', { configuration: { host: { label: 'Host' } } });
    await walk('updateServiceType', [
      [{ service_type: 's3' }, 'updated', { status: 'needs_configuration' }],
      [{ service_type: 'mysql' }, 'updated', { service_type: 'mysql' }],
    ]);
  });

  test('updateStatus', async () => {
    const illegal = (from, to) => {
      const reason = `Invalid transition attempt from [${from}] to [${to}]. Such a status ` +
        'transition is not supported by the Connector Protocol.';
      return badRequest('status_exception', reason,
        { type: 'connector_invalid_status_transition_exception', reason });
    };
    await create('c1');
    await refused('updateStatus', { status: 'connected' }, illegal('created', 'connected'));
    await refused('updateStatus', { status: 'created' }, illegal('created', 'created'));
    await walk('updateStatus', [
      [{ status: 'needs_configuration' }, 'updated', { status: 'needs_configuration' }],
      [{ status: 'configured' }, 'updated', { status: 'configured' }],
      [{ status: 'configured' }, 'noop', {}],
      [{ status: 'CONNECTED' }, 'updated', { status: 'connected' }],
      [{ status: 'error' }, 'updated', { status: 'error' }],
    ]);
    await refused('updateStatus', { status: 'created' }, illegal('error', 'created'));
  });

  test('a missing connector is a 404 to all of them, and so is a deleted one', async () => {
    await create('deleted');
    await remove('deleted');
    const document = async () => fields(await stack.redisCommand('HGETALL', connectorKey('deleted', stack.shards)));
    const documentBefore = await document();
    for (const [method, values] of Object.entries(SOME_VALUES)) {
      for (const id of ['nope', 'deleted']) {
        const { statusCode, body } = await failure(update(method, values, id));
        assert.equal(statusCode, 404, method);
        assert.deepEqual(body, notFound(id), method);
      }
    }
    assert.deepEqual(await document(), documentBefore);
    const keys = await stack.redisCommand('KEYS', '*');
    assert.deepEqual(keys.map(untagged).sort(), ['connector:{deleted}', 'connectors', 'directory', 'lastsync:schema']);
  });

  test('an id may hold any characters', async () => {
    const id = 'a/b {c}%2F?ü\n';
    await create(id);
    await update('updateConfiguration', { configuration: { host: { label: 'Host' } } }, id);
    for (const [method, values] of Object.entries(SOME_VALUES)) {
      if (method === 'updateNative') await update('updateIndexName', { index_name: null }, id);
      const { result } = await update(method, values, id);
      assert.match(result, /^(updated|noop)$/, method);
    }
    assert.equal((await get(id)).name, 'n');
  });

  // ---- many at once ----

  // Each write lets all others try again: the work grows with the square, and must end by a request's deadline.
  const WRITERS = 30;

  test('writers of different configuration values lose none', async () => {
    const keys = range(WRITERS).map((i) => `field ${i}`);
    const schema = (value) =>
      Object.fromEntries(keys.map((key, i) => [key, configured(key, value(i))]));
    await create('c1');
    await update('updateConfiguration', { configuration: schema(() => null) });
    const results = await Promise.all(keys.map((key, i) =>
      update('updateConfiguration', { values: { [key]: { [i]: [i] } } })));
    assert.deepEqual(results, keys.map(() => ({ result: 'updated' })));
    assert.deepEqual((await get('c1')).configuration, schema((i) => ({ [i]: [i] })));
  });

  test('writers of different members of one value lose none', async () => {
    await create('c1');
    await update('updateConfiguration', { configuration: { host: { label: 'Host', value: {} } } });
    await Promise.all(range(WRITERS).map((i) =>
      update('updateConfiguration', { values: { host: { all: { [i]: i } } } })));
    const { configuration } = await get('c1');
    assert.deepEqual(configuration.host.value,
      { all: Object.fromEntries(range(WRITERS).map((i) => [i, i])) });
  });

  test('writers of different features and schedules lose none', async () => {
    await create('c1');
    for (let round = 0; round < 20; round++) {
      const enabled = round % 2 === 0;
      const interval = `${round} 0 0 * * ?`;
      const features = [{ document_level_security: { enabled } }, { incremental_sync: { enabled } },
        { native_connector_api_keys: { enabled } }, { sync_rules: { advanced: { enabled } } },
        { sync_rules: { basic: { enabled } } }];
      const kinds = ['access_control', 'full', 'incremental'];
      const results = await Promise.all([
        ...features.map((one) => update('updateFeatures', { features: one })),
        ...kinds.map((kind) =>
          update('updateScheduling', { scheduling: { [kind]: { enabled, interval } } })),
      ]);
      assert.deepEqual(results, results.map(() => ({ result: 'updated' })));
      const connector = await get('c1');
      assert.deepEqual(connector.features, {
        document_level_security: { enabled }, incremental_sync: { enabled },
        native_connector_api_keys: { enabled },
        sync_rules: { advanced: { enabled }, basic: { enabled } },
      });
      assert.deepEqual(connector.scheduling,
        Object.fromEntries(kinds.map((kind) => [kind, { enabled, interval }])));
    }
  });

  test('writers of different members of the cursor, deep inside, lose none', async () => {
    await create('c1');
    const results = await Promise.all(range(WRITERS).map((i) => update('lastSync',
      { sync_cursor: { drives: { [`drive ${i % 4}`]: { [`file ${i}`]: { at: i } } } } })));
    assert.deepEqual(results, results.map(() => ({ result: 'updated' })));
    const drives = {};
    for (const i of range(WRITERS)) {
      drives[`drive ${i % 4}`] = { ...drives[`drive ${i % 4}`], [`file ${i}`]: { at: i } };
    }
    assert.deepEqual((await get('c1')).sync_cursor, { drives });
  });

  test('writers of rules and of snippets keep each other\'s part of the draft', async () => {
    for (let round = 0; round < 20; round++) {
      await create('c1');
      const rules = [rule(`r${round}`, 1), { ...DEFAULT_RULE, order: 2 }];
      const snippet = { ...SNIPPET, value: { round } };
      await Promise.all([update('updateFiltering', { rules }),
        update('updateFiltering', { advanced_snippet: snippet })]);
      const { filtering } = await get('c1');
      assert.deepEqual(filtering[0].draft,
        { advanced_snippet: snippet, rules, validation: { errors: [], state: 'edited' } });
    }
  });

  test('writers of different fields do not disturb each other', async () => {
    await create('c1');
    const configuration = { host: { label: 'Host' } };
    const calls = { ...SOME_VALUES, updateConfiguration: { configuration } };
    // The result of these depends on the others.
    for (const method of ['updateActiveFiltering', 'updateNative', 'updateServiceType',
      'updateStatus']) delete calls[method];
    await Promise.all(Object.entries(calls).map(([method, values]) => update(method, values)));
    const { last_seen: lastSeen, filtering, status, ...rest } = await get('c1');
    assert.equal(typeof lastSeen, 'string');
    assert.equal(['error', 'configured'].includes(status), true, status);
    assert.equal(['edited', 'valid'].includes(filtering[0].draft.validation.state), true);
    assert.deepEqual(rest, {
      id: 'c1', api_key_id: 'k', configuration: { host: configured('Host', null) },
      custom_scheduling: {}, error: 'e', features: { incremental_sync: { enabled: true } },
      index_name: 'search-x', is_native: false, name: 'n', pipeline: PIPELINE,
      scheduling: { access_control: OFF, full: ON, incremental: OFF }, sync_now: false,
      deleted: false,
    });
  });

  test('of two transitions the second is judged by the first', async () => {
    const ids = range(40).map((i) => `c${i}`);
    for (let round = 0; round < 5; round++) {
      await Promise.all(ids.map((id) => create(id)));
      // From created both are allowed; then the error may come second, but the other one may not.
      const error = ids.map((id) => update('updateStatus', { status: 'error' }, id));
      const needs = Promise.allSettled(ids.map((id) =>
        update('updateStatus', { status: 'needs_configuration' }, id)));
      await Promise.all(error);
      for (const { status, reason } of await needs) {
        if (status === 'fulfilled') continue;
        assert.match(reason.meta.body.error.reason, /from \[error\] to \[needs_configuration\]/);
      }
      for (const id of ids) assert.equal((await get(id)).status, 'error');
    }
  });

  // ---- index names ----

  // The connectors in Redis: { id: { index_name, deleted } }.
  async function stored() {
    const connectors = {};
    for (const key of await stack.redisCommand('KEYS', '*')) {
      const [, id] = /^connector:\{(.*)\}$/.exec(untagged(key)) || [];
      if (id === undefined) continue;
      const [indexName, deleted] = await stack.redisCommand('HMGET', key, 'index_name', 'deleted');
      connectors[id] = { indexName: indexName || '', deleted: deleted === 'true' };
    }
    return connectors;
  }

  // Checks that the list has exactly the connectors, and that each name has the right owner.
  async function agree(what) {
    const connectors = Object.entries(await stored());
    const live = connectors.filter(([, { indexName, deleted }]) => indexName && !deleted);
    const names = live.map(([, { indexName }]) => indexName);
    assert.equal(new Set(names).size, names.length, `${what}: ${JSON.stringify(live)}`);

    const members = connectors.map(([id, { indexName, deleted }]) =>
      [`${indexName} ${id}`, String((indexName ? 0 : 1) + (deleted ? 2 : 0))]);
    const lists = range(stack.shards).map((shard) => `${shardPrefix(shard, stack.shards)}connectors`);
    const listed = (await Promise.all(lists.map((list) =>
      stack.redisCommand('ZRANGE', list, 0, -1, 'WITHSCORES')))).flat();
    const pairs = range(listed.length / 2).map((i) => [listed[2 * i], listed[2 * i + 1]]);
    assert.deepEqual(pairs.sort(), members.sort(), what);

    for (const [id, { indexName }] of live) {
      assert.equal(await stack.redisCommand('GET', indexNameKey(indexName, stack.shards)), id, what);
    }
    return names;
  }

  // Checks that a name can be taken if no connector has it, and not otherwise.
  async function checkOwned(names, owned, what) {
    for (const indexName of names) {
      if (owned.includes(indexName)) {
        const { body } = await failure(create('probe', { index_name: indexName }));
        assert.equal(body.error.reason, `Index name [${indexName}] is used by another connector.`);
      } else {
        const { result } = await create('probe', { index_name: indexName });
        assert.equal(result, 'created', `${what}: ${indexName}`);
        await remove('probe', { hard: true });
      }
    }
  }

  test('twenty clients want one index name: one gets it', async () => {
    const ids = range(20).map((i) => `c${i}`);
    const clients = ids.map(() => new Client({ node: stack.url, maxRetries: 0 }));
    try {
      await Promise.all(ids.map((id) => create(id)));
      for (let round = 0; round < 10; round++) {
        const outcomes = await Promise.allSettled(ids.map((id, i) =>
          clients[i].connector.updateIndexName({ connector_id: id, index_name: 'search-one' })));
        const winners = ids.filter((id, i) => outcomes[i].status === 'fulfilled');
        assert.equal(winners.length, 1, `winners: ${winners}`);
        for (const { status, reason } of outcomes) {
          if (status === 'fulfilled') continue;
          assert.deepEqual(reason.meta.body, badRequest('status_exception',
            'Index name [search-one] is used by another connector.'));
        }
        assert.deepEqual(await agree(`round ${round}`), ['search-one']);
        assert.equal((await get(winners[0])).index_name, 'search-one');
        await update('updateIndexName', { index_name: null }, winners[0]);
        assert.deepEqual(await stack.redisCommand('KEYS', '*index_name:*'), []);
      }
    } finally {
      await Promise.all(clients.map((one) => one.close()));
    }
  });

  test('one connector gets many index names at once: the others are free', async () => {
    const names = range(20).map((i) => `search-${i}`);
    await create('c1');
    for (let round = 0; round < 10; round++) {
      await Promise.all(names.map((one) => update('updateIndexName', { index_name: one })));
      const owned = await agree(`round ${round}`);
      assert.equal(owned.length, 1);
      await checkOwned(names, owned, `round ${round}`);
    }
  });

  test('renaming, creating and deleting at once leaves names, lists and connectors in agreement',
    async () => {
      const ids = ['a', 'b', 'c', 'd', 'e'];
      const names = ['search-1', 'search-2', 'search-3'];
      for (let seed = 1; seed <= 12; seed++) {
        const roll = dice(seed);
        const act = () => {
          const id = ids[roll(ids.length)];
          const indexName = [...names, null][roll(names.length + 1)];
          switch (roll(6)) {
            case 0: return create(id, { index_name: indexName });
            case 1: return remove(id);
            case 2: return remove(id, { hard: true });
            default: return update('updateIndexName', { index_name: indexName }, id);
          }
        };
        await Promise.all(range(16).map(async () => {
          for (let i = 0; i < 25; i++) {
            await act().catch(({ meta }) => {
              const { status, error } = meta.body;
              assert.equal(status === 404 || /is used by another/.test(error.reason), true,
                JSON.stringify(meta.body));
            });
          }
        }));
        const owned = await agree(`seed ${seed}`);
        await checkOwned(names, owned, `seed ${seed}`);
      }
    });
}

describeClients(testClient);
