// The official Elasticsearch clients drive sync jobs: each method, a whole sync from the connector's
// creation to its report, workers that race, and random calls, compared with a model.
'use strict';

const assert = require('node:assert/strict');
const { after, afterEach, before, test } = require('node:test');
const { badRequest, describeClients, dice, failure } = require('./clients');
const { sortable } = require('../lib/datetime');
const { startStack } = require('../lib/stack');

const range = (count) => Array.from({ length: count }, (_, i) => i);

const STATS = {
  deleted_document_count: 0, indexed_document_count: 0, indexed_document_volume: 0,
};

function notFound(reason) {
  const cause = { type: 'resource_not_found_exception', reason };
  return { error: { root_cause: [cause], ...cause }, status: 404 };
}

// A body for each method, and the answer if the job is missing.
const METHODS = {
  syncJobGet: [{}, 'nope'],
  syncJobDelete: [{}, 'nope'],
  syncJobCancel: [{}, 'nope'],
  syncJobCheckIn: [{}, 'connector sync job [nope] not found'],
  syncJobClaim: [{ worker_hostname: 'w' }, 'connector sync job [nope] not found'],
  syncJobError: [{ error: 'e' }, 'nope'],
  syncJobUpdateStats: [STATS, 'connector sync job [nope] not found'],
};

function testClient({ name }) {
  const { Client } = require(name);
  let stack;
  let client;
  let connector;

  before(async () => {
    stack = await startStack({ workers: 4 });
    client = new Client({ node: stack.url, maxRetries: 0 });
    ({ connector } = client);
  });
  after(async () => {
    await client.close();
    await stack.stop();
  });
  afterEach(() => stack.emptyRedis());

  const create = (id = 'c1') =>
    connector.put({ connector_id: id, index_name: `search-${id}`, service_type: 'mysql' });
  const post = async (values = {}) => (await connector.syncJobPost({ id: 'c1', ...values })).id;
  const get = (id) => connector.syncJobGet({ connector_sync_job_id: id });
  const call = (method, id, values = {}) =>
    connector[method]({ connector_sync_job_id: id, ...values });
  const end = (id, what, body) =>
    client.transport.request({ method: 'PUT', path: `/_lastsync/sync_job/${id}/${what}`, body });

  for (const [method, [values, reason]] of Object.entries(METHODS)) {
    test(`${method} of a job that is missing`, async () => {
      const { statusCode, body } = await failure(call(method, 'nope', values));
      assert.equal(statusCode, 404);
      assert.deepEqual(body, notFound(reason));
    });
  }

  test('a whole sync, by the types of the client', async () => {
    await connector.put({ connector_id: 'c1', index_name: 'search-x', name: 'X' });
    await connector.updateServiceType({ connector_id: 'c1', service_type: 'postgresql' });
    await connector.updateConfiguration({
      connector_id: 'c1', configuration: { host: { label: 'Host', type: 'str', value: null } },
    });
    await connector.updateConfiguration({ connector_id: 'c1', values: { host: 'db' } });
    await connector.updateScheduling({
      connector_id: 'c1', scheduling: { full: { enabled: true, interval: '0 0 1 * * ?' } },
    });
    await connector.checkIn({ connector_id: 'c1' });
    const id = await post({ job_type: 'full', trigger_method: 'scheduled' });

    const { count, results: [waiting] } = await connector.syncJobList({ status: 'pending', connector_id: 'c1' });
    assert.equal(count, 1);
    assert.equal(waiting.id, id);
    assert.equal(waiting.connector.configuration.host.value, 'db');
    await call('syncJobClaim', id, { worker_hostname: 'worker', sync_cursor: { page: 1 } });
    await connector.lastSync({ connector_id: 'c1', last_sync_status: 'in_progress' });
    await call('syncJobCheckIn', id);
    await call('syncJobUpdateStats', id, {
      ...STATS, indexed_document_count: 5, total_document_count: 9, metadata: { step: 1 },
    });
    await end(id, '_complete', {
      indexed_document_count: 9, metadata: { done: true }, report: true, sync_cursor: { page: 2 },
    });

    const job = await get(id);
    const times = [job.created_at, job.started_at, job.completed_at].map(sortable);
    assert.deepEqual(times, [...times].sort());
    assert.equal(job.status, 'completed');
    assert.equal(job.worker_hostname, 'worker');
    assert.equal(job.indexed_document_count, 9);
    assert.equal(job.total_document_count, 9);
    assert.deepEqual(job.metadata, { step: 1, done: true });
    assert.deepEqual(job.connector.sync_cursor, { page: 1 });
    const reported = await connector.get({ connector_id: 'c1' });
    assert.equal(reported.last_sync_status, 'completed');
    assert.equal(reported.last_synced, job.completed_at);
    assert.equal(reported.last_indexed_document_count, 9);
    assert.equal(reported.status, 'connected');
    assert.deepEqual(reported.sync_cursor, { page: 2 });
    await call('syncJobDelete', id);
    assert.equal((await connector.syncJobList()).count, 0);
  });

  test('a sync that fails', async () => {
    await create();
    const id = await post();
    await call('syncJobClaim', id, { worker_hostname: 'worker' });
    await call('syncJobError', id, { error: 'boom' });
    await end(id, '_complete', { report: true });
    const { status, error, last_sync_status, last_sync_error } = await connector.get({ connector_id: 'c1' });
    assert.deepEqual({ status, error, last_sync_status, last_sync_error },
      { status: 'error', error: 'boom', last_sync_status: 'error', last_sync_error: 'boom' });
  });

  test('racing claims: all are answered, and one has the job whole', async () => {
    await create();
    const id = await post();
    const answers = await Promise.all(range(20).map((i) =>
      call('syncJobClaim', id, { worker_hostname: `w${i}`, sync_cursor: { by: `w${i}` } })));
    for (const { result } of answers) assert.equal(result, 'updated');
    const job = await get(id);
    assert.equal(job.status, 'in_progress');
    assert.equal(job.connector.sync_cursor.by, job.worker_hostname);
  });

  test('racing ends: one of them wins', async () => {
    await create();
    for (const _ of range(10)) {
      const id = await post();
      await call('syncJobClaim', id, { worker_hostname: 'w' });
      const ends = await Promise.allSettled([
        ...range(5).map(() => call('syncJobCancel', id)),
        ...range(5).map(() => call('syncJobError', id, { error: 'e' })),
        ...range(5).map(() => end(id, '_suspend', {})),
      ]);
      for (const { reason } of ends) assert.ok(!reason || reason.meta.statusCode === 400, String(reason));
      const { status } = await get(id);
      const { results } = await connector.syncJobList({ status });
      assert.ok(results.some((job) => job.id === id));
    }
  });

  test('many writers of disjoint members lose nothing', async () => {
    await create();
    const id = await post();
    await Promise.all(range(40).map((i) =>
      call('syncJobUpdateStats', id, { ...STATS, metadata: { [`m${i}`]: i, all: { [`n${i}`]: i } } })));
    const { metadata } = await get(id);
    assert.deepEqual(metadata.all, Object.fromEntries(range(40).map((i) => [`n${i}`, i])));
    for (const i of range(40)) assert.equal(metadata[`m${i}`], i);
    const features = [
      { document_level_security: { enabled: true } }, { incremental_sync: { enabled: true } },
      { native_connector_api_keys: { enabled: true } }, { sync_rules: { basic: { enabled: true } } },
      { sync_rules: { advanced: { enabled: true } } },
    ];
    await Promise.all(features.map((one) => connector.updateFeatures({ connector_id: 'c1', features: one })));
    assert.deepEqual((await connector.get({ connector_id: 'c1' })).features, {
      document_level_security: { enabled: true }, incremental_sync: { enabled: true },
      native_connector_api_keys: { enabled: true },
      sync_rules: { basic: { enabled: true }, advanced: { enabled: true } },
    });
  });

  test('deleting a connector deletes more jobs than a step does', async () => {
    await create();
    await Promise.all(range(250).map(() => post()));
    assert.equal((await connector.syncJobList({ size: 0 })).count, 250);
    await connector.delete({ connector_id: 'c1', delete_sync_jobs: true, hard: true });
    assert.equal((await connector.syncJobList()).count, 0);
    // Apart from the connector's history, nothing is left of the jobs.
    const keys = await stack.redisCommand('KEYS', '*sync_job*');
    assert.deepEqual(keys, []);
  });

  test('lists refuse what is none', async () => {
    const { statusCode, body } = await failure(connector.syncJobList({ status: 'nope' }));
    assert.equal(statusCode, 400);
    assert.deepEqual(body, badRequest('illegal_argument_exception', 'Unknown ConnectorSyncStatus [nope].'));
  });

  // ---- random calls, compared with a model ----

  // The status after each call; absent: refused.
  const NEXT = {
    syncJobClaim: Object.fromEntries(['pending', 'in_progress', 'suspended', 'canceling', 'canceled', 'completed', 'error']
      .map((from) => [from, 'in_progress'])),
    syncJobCancel: { pending: 'canceled', suspended: 'canceled', in_progress: 'canceling' },
    syncJobError: { in_progress: 'error', canceling: 'error' },
    _complete: {
      in_progress: 'completed', canceling: 'canceled', completed: 'completed', canceled: 'canceled', error: 'error',
    },
    _suspend: { in_progress: 'suspended', suspended: 'suspended' },
  };

  test('random calls agree with a model', async (t) => {
    const seed = Number(process.env.SEED) || Date.now() % 2147483648;
    t.diagnostic(`SEED=${seed}`);
    const roll = dice(seed);
    const pick = (list) => list[roll(list.length)];
    const model = { jobs: new Map(), connector: { name: '', sync_cursor: undefined } };
    await create();
    for (const step of range(400)) {
      const ids = [...model.jobs.keys()];
      const what = pick(['post', 'delete', 'name', 'cursor', 'stats', 'stats', ...Object.keys(NEXT), ...Object.keys(NEXT)]);
      if (what === 'post' || ids.length === 0) {
        const job_type = pick(['full', 'incremental', 'access_control']);
        model.jobs.set(await post({ job_type }), { job_type, status: 'pending', metadata: {}, indexed_document_count: 0 });
        continue;
      }
      const id = pick(ids);
      const job = model.jobs.get(id);
      if (what === 'delete') {
        if (roll(3)) continue;
        await call('syncJobDelete', id);
        model.jobs.delete(id);
      } else if (what === 'name') {
        model.connector.name = `n${step}`;
        await connector.updateName({ connector_id: 'c1', name: model.connector.name });
      } else if (what === 'cursor') {
        const part = { [`k${roll(5)}`]: step };
        model.connector.sync_cursor = { ...model.connector.sync_cursor, ...part };
        await connector.lastSync({ connector_id: 'c1', sync_cursor: part });
      } else if (what === 'stats') {
        const metadata = { [`k${roll(5)}`]: step };
        Object.assign(job.metadata, metadata);
        job.indexed_document_count = step;
        await call('syncJobUpdateStats', id, { ...STATS, indexed_document_count: step, metadata });
      } else {
        const values = { syncJobClaim: { worker_hostname: `w${step}` }, syncJobError: { error: `e${step}` } }[what] || {};
        const next = NEXT[what][job.status];
        const answer = what.startsWith('_') ? end(id, what, {}) : call(what, id, values);
        if (!next) {
          assert.equal((await failure(answer)).statusCode, 400, `${what} of ${job.status}`);
        } else {
          await answer;
          Object.assign(job, values, { status: next });
        }
      }
      if (!model.jobs.has(id)) continue;
      const stored = await get(id);
      for (const [key, value] of Object.entries(job)) assert.deepEqual(stored[key], value, `${what}, step ${step}: ${key}`);
    }
    const { name: stored, sync_cursor } = await connector.get({ connector_id: 'c1' });
    assert.deepEqual({ name: stored, sync_cursor }, model.connector);
    const newest = [...model.jobs.keys()].reverse();
    const { count, results } = await connector.syncJobList({ size: 1000 });
    assert.equal(count, newest.length);
    assert.deepEqual(results.map(({ id }) => id), newest);
    for (const status of ['pending', 'in_progress', 'canceling', 'canceled', 'completed', 'error', 'suspended']) {
      const list = await connector.syncJobList({ status, connector_id: 'c1', size: 1000 });
      assert.deepEqual(list.results.map(({ id }) => id), newest.filter((id) => model.jobs.get(id).status === status));
    }
  });
}

describeClients(testClient);
