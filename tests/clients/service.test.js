// The requests of the Elastic connector service, one by one, by the official clients: a connector's life from the
// command line on, syncs of each kind, failures, and two services at once.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const { execFileSync } = require('node:child_process');
const { after, afterEach, before, test } = require('node:test');
const { describeClients, failure } = require('./clients');
const { sortable } = require('../lib/datetime');
const { BUILD, startStack } = require('../lib/stack');

const IX = '.elastic-connectors';
const JX = '.elastic-connectors-sync-jobs';
const PAGE = 100;
const ROUNDS = 100;

const now = () => new Date().toISOString().replace('Z', '+00:00');

// As sources describe themselves: some properties are null.
const FIELD = { default_value: null, depends_on: [], display: 'text', label: 'Directory', options: [],
  order: 1, required: true, sensitive: false, tooltip: null, type: 'str', ui_restrictions: [],
  validations: [], value: '/data' };
const FEATURES = { sync_rules: { basic: { enabled: true }, advanced: { enabled: true } },
  incremental_sync: { enabled: true }, document_level_security: { enabled: true } };
const SCHEDULE = { enabled: true, interval: '0 0 0 * * ?' };
const SCHEDULED = { full: 'last_sync_scheduled_at', incremental: 'last_incremental_sync_scheduled_at',
  access_control: 'last_access_control_sync_scheduled_at' };
const STATS = { indexed_document_count: 3, indexed_document_volume: 1, deleted_document_count: 1,
  total_document_count: 2 };

// A service: its work at each wake-up, by its client.
class Service {
  constructor(client, ids) {
    this.client = client;
    this.ids = ids;
  }

  async all(index, query, sort) {
    const found = [];
    for (;;) {
      const answer = await this.client.search({ index, query, sort, from: found.length, size: PAGE,
        expand_wildcards: 'hidden', seq_no_primary_term: true });
      found.push(...answer.hits.hits);
      if (found.length >= answer.hits.total.value) return found;
    }
  }

  // Its work at the start.
  async start() {
    await this.client.info();
    for (const index of [`${IX}-v1`, `${JX}-v1`]) {
      assert.ok(await this.client.indices.exists({ index }));
    }
  }

  connectors() {
    return this.all(IX, { bool: { must_not: [{ term: { deleted: true } }],
      filter: [{ terms: { _id: this.ids } }] } });
  }

  connector(id = this.ids[0]) {
    return this.client.get({ index: IX, id });
  }

  // Writes, unless the connector was changed since it was read.
  write({ _id: id, _seq_no, _primary_term }, doc) {
    return this.client.update({ index: IX, id, doc, if_seq_no: _seq_no, if_primary_term: _primary_term });
  }

  async prepare(connector) {
    await this.write(connector, { configuration: { directory: FIELD }, features: FEATURES,
      service_type: 'dir', status: 'needs_configuration' });
    await this.client.connector.checkIn({ connector_id: connector._id });
    const { configuration, features } = (await this.connector(connector._id))._source;
    assert.deepEqual(configuration, { directory: FIELD }); // otherwise it would write it at each wake-up
    assert.deepEqual(features, FEATURES);
  }

  // Claims a scheduled sync, and makes its job; false if another service was first.
  async schedule(connector, type) {
    const { statusCode } = await this.write(connector, { [SCHEDULED[type]]: now() })
      .then(() => ({ statusCode: 200 }), (error) => error);
    if (statusCode === 409) return false;
    assert.equal(statusCode, 200);
    await this.client.connector.syncJobPost({ id: connector._id, job_type: type,
      trigger_method: 'scheduled' });
    return true;
  }

  pending(types) {
    return this.all(JX, { bool: { must: [{ terms: { status: ['pending', 'suspended'] } },
      { terms: { 'connector.id': this.ids } }, { terms: { job_type: types } }] } },
    [{ created_at: 'asc' }]);
  }

  async begin(job) {
    await this.client.connector.syncJobClaim({ connector_sync_job_id: job._id, worker_hostname: 'w',
      sync_cursor: { page: 1 } });
    const kind = job._source.job_type === 'access_control' ? 'last_access_control_sync' : 'last_sync';
    await this.write(await this.connector(job._source.connector.id), { status: 'connected', error: null,
      [`${kind}_status`]: 'in_progress', [`${kind}_error`]: null });
  }

  async progress(job) {
    await this.client.connector.syncJobUpdateStats({ connector_sync_job_id: job._id, ...STATS,
      metadata: {} });
    const { _source: { status } } = await this.client.get({ index: JX, id: job._id });
    return status;
  }

  async end(job, status, error = null) {
    await this.client.update({ index: JX, id: job._id, doc: { last_seen: now(), status, error,
      ...(status !== 'suspended' && { completed_at: now() }),
      ...(status === 'canceled' && { canceled_at: now() }), ...STATS, metadata: { source: 'x' } } });
    const { _source: { job_type: type, connector } } = await this.client.get({ index: JX, id: job._id });
    const kind = type === 'access_control' ? 'last_access_control_sync' : 'last_sync';
    await this.client.update({ index: IX, id: connector.id, doc: { last_synced: now(), error,
      status: status === 'error' ? 'error' : 'connected', [`${kind}_status`]: status,
      [`${kind}_error`]: error,
      ...(kind === 'last_sync' && status === 'completed' && { sync_cursor: { page: 2, none: null } }),
      last_indexed_document_count: 3, last_deleted_document_count: 1 } });
  }

  async sync(type, status, error) {
    assert.ok(await this.schedule(await this.connector(), type));
    const [job, ...more] = await this.pending([type]);
    assert.equal(more.length, 0);
    await this.begin(job);
    assert.equal(await this.progress(job), 'in_progress');
    await this.end(job, status, error);
    return job;
  }
}

// The command line's writes for a new connector.
function newConnector(indexName) {
  return { api_key_id: 'k', api_key_secret_id: null, configuration: {}, index_name: indexName,
    name: indexName, service_type: 'dir', status: 'configured', is_native: false, language: 'en',
    last_access_control_sync_error: null, last_access_control_sync_scheduled_at: null,
    last_access_control_sync_status: null, last_sync_status: null, last_sync_error: null,
    last_sync_scheduled_at: null, last_synced: null, last_seen: null, created_at: now(),
    updated_at: now(), filtering: [], custom_scheduling: {}, last_indexed_document_count: 0,
    scheduling: { full: SCHEDULE, incremental: SCHEDULE, access_control: SCHEDULE },
    pipeline: { extract_binary_content: true, name: 'p', reduce_whitespace: true,
      run_ml_inference: true }, last_deleted_document_count: 0 };
}

function testClient({ name }) {
  const { Client } = require(name);
  let stack;
  let client;

  before(async () => {
    stack = await startStack({ workers: 4, options: ['--elasticsearch-version', '8.19.20'] });
    client = new Client({ node: stack.url, maxRetries: 0 });
  });
  after(async () => {
    await client.close();
    await stack.stop();
  });
  afterEach(async () => {
    execFileSync(path.join(BUILD, 'lastsync'), ['check', '--redis', stack.redisUrl]);
    await stack.emptyRedis();
  });

  const get = (target) => client.transport.request({ method: 'GET', path: target });

  async function serve(indexName = 'search-dir') {
    const { _id: id, result, _seq_no } = await client.index({ index: IX, document: newConnector(indexName) });
    assert.equal(result, 'created');
    assert.equal(_seq_no, 0);
    const service = new Service(client, [id]);
    await service.start();
    await service.prepare((await service.connectors())[0]);
    return service;
  }

  test('clients are told the version that was chosen', async () => {
    assert.equal((await client.info()).version.number, '8.19.20');
  });

  for (const [type, kind] of [['full', 'content'], ['incremental', 'content'],
    ['access_control', 'access_control']]) {
    test(`a sync that is ${type}`, async () => {
      const service = await serve();
      const job = await service.sync(type, 'completed');
      const [id] = service.ids;
      const connector = await client.connector.get({ connector_id: id });
      const field = kind === 'content' ? 'last_sync_status' : 'last_access_control_sync_status';
      assert.equal(connector[field], 'completed');
      assert.equal(connector.status, 'connected');
      assert.ok(connector[SCHEDULED[type]]);
      assert.deepEqual(connector.sync_cursor, kind === 'content' ? { page: 2, none: null } : undefined);
      const shown = await get(`/_lastsync/connector/${id}`);
      assert.equal(shown.state, kind === 'content' ? 'fresh' : 'never_synced');
      const { results } = await get(`/_lastsync/connector/${id}/history`);
      assert.deepEqual(results.map((entry) => [entry.kind, entry.status, entry.indexed_document_count]),
        [[kind, 'completed', 3]]);
      assert.ok(results[0].duration_ms >= 0);
      const ended = await client.connector.syncJobGet({ connector_sync_job_id: job._id });
      assert.equal(ended.status, 'completed');
      assert.deepEqual(ended.metadata, { source: 'x' });
      assert.equal(ended.connector.configuration.directory.tooltip, null);
    });
  }

  test('a sync that fails, and the next one', async () => {
    const service = await serve();
    const [id] = service.ids;
    await service.sync('full', 'error', 'no such directory');
    assert.equal((await get(`/_lastsync/connector/${id}`)).state, 'failing');
    assert.equal((await client.connector.get({ connector_id: id })).error, 'no such directory');
    await service.sync('full', 'completed');
    const connector = await client.connector.get({ connector_id: id });
    assert.equal(connector.error, null);
    assert.equal(connector.last_sync_error, undefined);
    assert.equal((await get(`/_lastsync/connector/${id}`)).state, 'fresh');
  });

  for (const [running, due, kind] of [['full', 'incremental', 'content'], ['full', 'full', 'content'],
    ['access_control', 'access_control', 'access_control']]) {
    test(`a sync that is ${running} runs on when one that is ${due} is due`, async () => {
      const service = await serve();
      const [id] = service.ids;
      assert.ok(await service.schedule(await service.connector(), running));
      const [job] = await service.pending([running]);
      await service.begin(job);
      const begun = (await get(`/_lastsync/connector/${id}`))[kind].started_at;
      assert.ok(begun);
      assert.ok(await service.schedule(await service.connector(), due));
      assert.equal((await get(`/_lastsync/connector/${id}`))[kind].started_at, begun);
      await service.end(job, 'completed');
      const { results } = await get(`/_lastsync/connector/${id}/history`);
      assert.deepEqual(results.map(({ status, started_at: at }) => [status, at]), [['completed', begun]]);
    });
  }

  test('a sync that is canceled by the command line', async () => {
    const service = await serve();
    await service.schedule(await service.connector(), 'full');
    const [job] = await service.pending(['full']);
    await service.begin(job);
    for (const found of await service.all(JX, { bool: { must: [{ term: { _id: job._id } }] } },
      [{ created_at: 'asc' }])) {
      await client.update({ index: JX, id: found._id, doc: { status: 'canceling', error: null,
        last_seen: now() } });
    }
    assert.equal(await service.progress(job), 'canceling');
    await service.end(job, 'canceled');
    assert.equal((await client.connector.syncJobList({ status: 'canceled' })).count, 1);
    assert.equal((await client.connector.get({ connector_id: service.ids[0] })).last_sync_status,
      'canceled');
  });

  test('a sync that is suspended, and goes on', async () => {
    const service = await serve();
    const job = await service.sync('full', 'suspended');
    const [again] = await service.pending(['full']);
    assert.equal(again._id, job._id);
    await service.begin(again);
    await service.end(again, 'completed');
    assert.deepEqual(await service.pending(['full']), []);
    const { results } = await get(`/_lastsync/connector/${service.ids[0]}/history`);
    assert.deepEqual(results.map(({ status }) => status), ['completed', 'suspended']);
  });

  test('an idle job is marked, and an orphan', async () => {
    const service = await serve();
    await service.schedule(await service.connector(), 'full');
    const [job] = await service.pending(['full']);
    await service.begin(job);
    const running = { terms: { status: ['in_progress', 'canceling'] } };
    const idle = () => service.all(JX, { bool: { filter: [{ terms: { 'connector.id': service.ids } },
      running, { range: { last_seen: { lte: 'now-300s' } } }] } });
    assert.deepEqual(await idle(), []);
    await client.update({ index: JX, id: job._id, doc: { last_seen: '2026-01-01T00:00:00+00:00' } });
    assert.deepEqual((await idle()).map(({ _id: id }) => id), [job._id]);

    const orphans = () => service.all(JX, { bool: { must_not: { terms: { 'connector.id':
      ['somebody'] } }, filter: [running] } });
    assert.deepEqual((await orphans()).map(({ _id: id }) => id), [job._id]);
    await service.end(job, 'error', 'idle');
    assert.deepEqual(await idle(), []);
    assert.deepEqual(await orphans(), []);
    const { deleted, failures } = await client.deleteByQuery({ index: JX,
      query: { terms: { _id: [job._id] } } });
    assert.equal(deleted, 1);
    assert.deepEqual(failures, []);
    await failure(client.get({ index: JX, id: job._id }));
  });

  test('a service that does not use the Connector API', async () => {
    const service = await serve();
    const connector = await service.connector();
    const { _id: id } = await client.index({ index: JX, document: { connector: { id: connector._id,
      filtering: [], index_name: 'search-dir', language: null, pipeline: {}, service_type: 'dir',
      configuration: connector._source.configuration }, trigger_method: 'on_demand', job_type: 'full',
    status: 'pending', indexed_document_count: 0, indexed_document_volume: 0,
    deleted_document_count: 0, created_at: now(), last_seen: now() } });
    await client.update({ index: IX, id: connector._id, doc: { last_seen: now() } });
    await client.update({ index: JX, id, doc: { status: 'in_progress', started_at: now(),
      last_seen: now(), worker_hostname: 'w', 'connector.sync_cursor': null } });
    await client.update({ index: JX, id, doc: { last_seen: now(), ...STATS, metadata: { a: 1 } } });
    const [job] = await service.all(JX, { bool: { filter: [{ term: { 'connector.index_name':
      'search-dir' } }] } });
    await service.end(job, 'completed');
    assert.equal((await client.connector.syncJobGet({ connector_sync_job_id: id })).worker_hostname, 'w');
    assert.equal((await get(`/_lastsync/connector/${connector._id}`)).state, 'fresh');
  });

  test('more connectors and jobs than a page', async () => {
    const service = await serve();
    const [id] = service.ids;
    for (let i = 0; i < PAGE + 5; i++) {
      await client.connector.put({ connector_id: `c${i}`, name: `c${i}` });
      await client.connector.syncJobPost({ id, job_type: i % 2 ? 'full' : 'incremental' });
    }
    const connectors = await service.all(IX, undefined);
    assert.equal(new Set(connectors.map(({ _id }) => _id)).size, PAGE + 6);
    const jobs = await service.pending(['full', 'incremental']);
    assert.equal(new Set(jobs.map(({ _id }) => _id)).size, PAGE + 5);
    const times = jobs.map(({ _source }) => sortable(_source.created_at));
    assert.deepEqual(times, [...times].sort());
  });

  test(`of two services one has each scheduled sync, ${ROUNDS} of ${ROUNDS} times`, async () => {
    const one = await serve();
    const two = new Service(client, one.ids);
    const types = Object.keys(SCHEDULED);
    for (let round = 1; round <= ROUNDS; round++) {
      const read = await Promise.all([one.connectors(), two.connectors()]);
      const won = await Promise.all([one, two].map((service, i) =>
        service.schedule(read[i][0], types[round % types.length])));
      assert.equal(won.filter(Boolean).length, 1, `round ${round}`);
      assert.equal((await client.count({ index: JX })).count, round);
    }
  });

  test('who comes late is told so in Elasticsearch\'s words', async () => {
    const service = await serve();
    const connector = await service.connector();
    await client.connector.checkIn({ connector_id: connector._id });
    const { statusCode, body } = await failure(service.write(connector, { status: 'error' }));
    assert.equal(statusCode, 409);
    assert.equal(body.error.type, 'version_conflict_engine_exception');
    assert.ok(body.error.reason.startsWith(`[${connector._id}]: version conflict, required seqNo ` +
      `[${connector._seq_no}], primary term [1]. current document has seqNo [${connector._seq_no + 1}]`));
  });

  test('connector secrets', async () => {
    const { id } = await client.transport.request({ method: 'POST', path: '/_connector/_secret',
      body: { value: 'geheim' } });
    const at = `/_connector/_secret/${id}`;
    assert.deepEqual(await get(at), { id, value: 'geheim' });
    assert.deepEqual(await client.transport.request({ method: 'PUT', path: at, body: { value: 'x' } }),
      { result: 'updated' });
    assert.deepEqual(await client.transport.request({ method: 'DELETE', path: at }), { deleted: true });
  });

  test('a client that sniffs finds the one node', async () => {
    const sniffer = new Client({ node: stack.url, sniffOnStart: true, maxRetries: 0 });
    try {
      const hosts = await new Promise((resolve, reject) => {
        sniffer.diagnostic.on('sniff', (error, event) => {
          if (error) reject(error);
          else resolve(event.meta.sniff.hosts);
        });
      });
      assert.deepEqual(hosts.map(({ url }) => url.host), [new URL(stack.url).host]);
    } finally {
      await sniffer.close();
    }
  });
}

describeClients(testClient);
