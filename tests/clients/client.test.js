// The official Elasticsearch clients against a whole stack: the same tests for each major version.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const { after, afterEach, before, test } = require('node:test');
const { badRequest, describeClients, failure, fields, notFound } = require('./clients');
const { connectorKey, prefixOf } = require('../lib/shards');
const { startStack, until } = require('../lib/stack');

const FULL_REPORT = {
  last_access_control_sync_error: 'Houston, we have a problem!',
  last_access_control_sync_scheduled_at: '2023-11-09T15:13:08.231Z',
  last_access_control_sync_status: 'pending',
  last_deleted_document_count: 42,
  last_incremental_sync_scheduled_at: '2023-11-09T15:13:08.231Z',
  last_indexed_document_count: 42,
  last_sync_error: 'Houston, we have a problem!',
  last_sync_scheduled_at: '2024-11-09T15:13:08.231Z',
  last_sync_status: 'completed',
  last_synced: '2024-11-09T15:13:08.231Z',
};

const DEFAULT_SCHEDULE = { enabled: false, interval: '0 0 0 * * ?' };

const STRANGE_IDS = [
  'with space', ' leading and trailing ', 'a/b/c', '/', 'a//b', 'back\\slash',
  'ümlaut-€-日本語-😀', '100%', '%2F', '%', '%zz', '{braces}', '}{', '{}', '"double"', "it's",
  'plus+plus', 'a?b#c&d=e;f', 'a:b*c,d|e<f>', '[x](y)', '@~^`$!', 'tab\tline\nbell\u0007', '\u007f',
  '_last_sync', 'connectors', '...', 'é', 'e\u0301', 'x'.repeat(512), 'ü'.repeat(256),
];

// A relay to the stack's nginx that counts the connections made through it.
function countingRelay(port) {
  return new Promise((resolve) => {
    const open = new Set();
    const relay = { connections: 0 };
    const server = net.createServer((near) => {
      relay.connections++;
      const far = net.connect(port, '127.0.0.1');
      for (const socket of [near, far]) {
        open.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => {
          open.delete(socket);
          near.destroy();
          far.destroy();
        });
      }
      near.pipe(far).pipe(near);
    });
    relay.close = () => {
      for (const socket of open) socket.destroy();
      server.close();
    };
    server.listen(0, '127.0.0.1', () => {
      relay.url = `http://127.0.0.1:${server.address().port}`;
      resolve(relay);
    });
  });
}

function testClient({ name, major }) {
  const { Client } = require(name);
  let stack;
  let client;

  before(async () => {
    stack = await startStack();
    client = new Client({ node: stack.url, maxRetries: 0 });
  });
  after(async () => {
    await client.close();
    await stack.stop();
  });
  afterEach(() => stack.emptyRedis());

  const create = (id, values = {}) => client.connector.put({ connector_id: id, ...values });
  const get = (id, values = {}) => client.connector.get({ connector_id: id, ...values });
  const report = (id, values) => client.connector.lastSync({ connector_id: id, ...values });
  const remove = (id, values = {}) => client.connector.delete({ connector_id: id, ...values });

  const keyOf = (id) => connectorKey(id, stack.shards);

  // A client with its own settings, which is closed afterwards.
  async function withClient(settings, use) {
    const own = new Client({ node: stack.url, maxRetries: 0, ...settings });
    try {
      return await use(own);
    } finally {
      await own.close();
    }
  }

  async function listed(values) {
    const { count, results } = await client.connector.list(values);
    return { count, ids: results.map(({ id }) => id) };
  }

  test('info() and ping()', async () => {
    const info = await client.info();
    assert.equal(info.tagline, 'You Know, for Search');
    for (const key of ['name', 'cluster_name', 'cluster_uuid']) {
      assert.equal(typeof info[key], 'string', key);
    }
    for (const key of ['number', 'minimum_wire_compatibility_version',
      'minimum_index_compatibility_version']) {
      assert.match(info.version[key], /^\d+\.\d+\.\d+/, key);
    }
    assert.equal(typeof info.version.build_flavor, 'string');
    assert.equal(await client.ping(), true);
  });

  test('connector.put creates, then replaces', async () => {
    const values = {
      description: 'a description', index_name: 'search-x', is_native: false, language: 'en',
      name: 'My Connector', service_type: 'postgresql',
    };
    const first = await client.connector.put({ connector_id: 'c1', ...values }, { meta: true });
    assert.equal(first.statusCode, 201);
    assert.deepEqual(first.body, { id: 'c1', result: 'created' });
    await report('c1', FULL_REPORT);

    const second = await client.connector.put({ connector_id: 'c1', ...values }, { meta: true });
    assert.equal(second.statusCode, 200);
    assert.deepEqual(second.body, { id: 'c1', result: 'updated' });

    const { filtering, ...rest } = await get('c1');
    assert.deepEqual(rest, {
      id: 'c1', configuration: {}, custom_scheduling: {}, error: null, ...values,
      scheduling: {
        access_control: DEFAULT_SCHEDULE, full: DEFAULT_SCHEDULE, incremental: DEFAULT_SCHEDULE,
      },
      status: 'created', sync_now: false, deleted: false,
    });
    assert.equal(filtering.length, 1);
    assert.equal(filtering[0].domain, 'DEFAULT');
    assert.deepEqual(filtering[0].active, filtering[0].draft);
    assert.equal(filtering[0].active.rules[0].id, 'DEFAULT');
  });

  test('connector.post and connector.put without an id make one', async () => {
    const posted = await client.connector.post({ name: 'posted', is_native: true }, { meta: true });
    const put = await client.connector.put({ name: 'put' }, { meta: true });
    const empty = await client.connector.post();
    for (const { statusCode, body } of [posted, put]) {
      assert.equal(statusCode, 201);
      assert.equal(body.result, 'created');
    }
    const ids = [posted.body.id, put.body.id, empty.id];
    for (const id of ids) assert.match(id, /^[A-Za-z0-9_-]{20}$/);
    assert.equal(new Set(ids).size, 3);
    const connector = await get(posted.body.id);
    assert.equal(connector.name, 'posted');
    assert.equal(connector.status, 'needs_configuration');
    assert.deepEqual(await report(put.body.id, { last_sync_error: 'x' }), { result: 'updated' });
  });

  test('an index name has one owner', async () => {
    await create('owner', { index_name: 'search-one' });
    const reason = 'Index name [search-one] is used by another connector.';
    const expected = badRequest('status_exception', reason);
    for (const call of [() => create('other', { index_name: 'search-one' }),
      () => client.connector.post({ index_name: 'search-one' })]) {
      const { statusCode, body } = await failure(call());
      assert.equal(statusCode, 400);
      assert.deepEqual(body, expected);
    }
    await remove('owner');
    assert.equal((await create('other', { index_name: 'search-one' })).result, 'created');
  });

  test('lastSync writes all ten fields, as plain values in Redis', async () => {
    await create('c1', { index_name: 'search-google-drive', service_type: 'google_drive' });
    assert.deepEqual(await report('c1', FULL_REPORT), { result: 'updated' });
    assert.deepEqual(await report('c1', FULL_REPORT), { result: 'noop' });
    const connector = await get('c1');
    const stored = fields(await stack.redisCommand('HGETALL', keyOf('c1')));
    for (const [key, value] of Object.entries(FULL_REPORT)) {
      assert.equal(connector[key], value, key);
      assert.equal(stored[key], String(value), key);
    }
    assert.equal(connector.index_name, 'search-google-drive');
    assert.equal(connector.status, 'created');
  });

  test('lastSync leaves absent fields alone and clears with null', async () => {
    await create('c1');
    await report('c1', FULL_REPORT);
    assert.deepEqual(await report('c1', { last_sync_error: null }), { result: 'updated' });
    assert.deepEqual(await report('c1', { last_sync_error: null }), { result: 'noop' });
    const { last_sync_error: error, last_sync_status: status } = await get('c1');
    assert.equal(error, undefined);
    assert.equal(status, 'completed');
    assert.equal(await stack.redisCommand('HEXISTS', keyOf('c1'), 'last_sync_error'), 0);
    const all = Object.keys(FULL_REPORT).filter((key) => !key.endsWith('_count'));
    await report('c1', Object.fromEntries(all.map((key) => [key, null])));
    const left = Object.keys(await get('c1')).filter((key) => key.startsWith('last_'));
    assert.deepEqual(left.sort(), ['last_deleted_document_count', 'last_indexed_document_count']);
  });

  test('lastSync normalises what the client sends', async () => {
    await create('c1');
    await report('c1', {
      last_synced: new Date(Date.UTC(2024, 10, 9, 15, 13, 8, 231)),
      last_sync_scheduled_at: '2024-11-09T17:13:08.2315+02:00',
      last_sync_status: 'IN_PROGRESS',
      last_indexed_document_count: '17',
      last_deleted_document_count: Number.MAX_SAFE_INTEGER,
    });
    const connector = await get('c1');
    assert.equal(connector.last_synced, '2024-11-09T15:13:08.231Z');
    assert.equal(connector.last_sync_scheduled_at, '2024-11-09T15:13:08.2315Z');
    assert.equal(connector.last_sync_status, 'in_progress');
    assert.equal(connector.last_indexed_document_count, 17);
    assert.equal(connector.last_deleted_document_count, Number.MAX_SAFE_INTEGER);
  });

  test('sync_cursor is merged deeply and keeps what was empty', async () => {
    await create('c1');
    const cursor = (value) => report('c1', { sync_cursor: value });
    assert.deepEqual(await cursor({}), { result: 'updated' });
    assert.deepEqual(await cursor({}), { result: 'noop' });
    await cursor({ a: 1, b: { x: [], y: {} }, c: [1, { d: null }] });
    await cursor({ b: { z: 'ü"\\/\n' }, c: [] });
    assert.deepEqual(await cursor({ b: { y: {} } }), { result: 'noop' });
    const merged = { a: 1, b: { x: [], y: {}, z: 'ü"\\/\n' }, c: [] };
    assert.deepEqual((await get('c1')).sync_cursor, merged);
    assert.deepEqual(
      JSON.parse(await stack.redisCommand('HGET', keyOf('c1'), 'sync_cursor')), merged);
    await cursor(null);
    assert.equal((await get('c1')).sync_cursor, undefined);
  });

  test('a missing connector is a ResponseError 404', async () => {
    for (const call of [() => get('nope'), () => report('nope', FULL_REPORT), () => remove('nope'),
      () => remove('nope', { hard: true })]) {
      const { statusCode, body } = await failure(call());
      assert.equal(statusCode, 404);
      assert.deepEqual(body, notFound('nope'));
    }
    assert.deepEqual(await stack.redisCommand('KEYS', '*'), ['lastsync:schema']);
  });

  test('a bad report is a ResponseError 400 that says what is wrong', async () => {
    await create('c1');
    const parser = '[connector_update_last_sync_stats_request]';
    const type = 'x_content_parse_exception';
    const refused = [
      [{ last_sync_status: 'bad' },
        badRequest(type, `[1:21] ${parser} failed to parse field [last_sync_status]`,
          { type: 'illegal_argument_exception', reason: 'Unknown ConnectorSyncStatus [bad].' })],
      [{ last_seen: '2024-11-09T15:13:08.231Z' },
        badRequest(type, `[1:2] ${parser} unknown field [last_seen] did you mean [last_synced]?`)],
      [{ last_indexed_document_count: null },
        badRequest(type, `[1:32] ${parser} last_indexed_document_count doesn't support values of ` +
          'type: VALUE_NULL')],
      [{ last_sync_error: 1 },
        badRequest(type, `[1:20] ${parser} last_sync_error doesn't support values of type: ` +
          'VALUE_NUMBER')],
      [{ sync_cursor: [1] },
        badRequest(type, `[1:16] ${parser} sync_cursor doesn't support values of type: ` +
          'START_ARRAY')],
    ];
    const document = async () => fields(await stack.redisCommand('HGETALL', keyOf('c1')));
    const before = await document();
    for (const [values, expected] of refused) {
      const { statusCode, body } = await failure(report('c1', values));
      assert.equal(statusCode, 400);
      assert.deepEqual(body, expected);
    }
    assert.deepEqual(await document(), before);
  });

  test('a text body is refused as Elasticsearch does', async () => {
    await create('c1');
    const { statusCode, body } = await failure(client.transport.request(
      { method: 'PUT', path: '/_connector/c1/_last_sync', body: '{"last_sync_error":"x"}' }));
    assert.equal(statusCode, 406);
    assert.match(body.error, /^Content-Type header \[text\/plain.*\] is not supported$/);
  });

  test('delete hides, hard delete removes, put revives', async () => {
    await create('c1', { index_name: 'search-x' });
    await report('c1', FULL_REPORT);
    assert.deepEqual(await remove('c1', { delete_sync_jobs: true }), { acknowledged: true });
    for (const call of [() => get('c1'), () => remove('c1'), () => report('c1', FULL_REPORT)]) {
      const { statusCode, body } = await failure(call());
      assert.equal(statusCode, 404);
      assert.deepEqual(body, notFound('c1'));
    }
    const hidden = await get('c1', { include_deleted: true });
    assert.equal(hidden.deleted, true);
    assert.equal(hidden.last_sync_status, 'completed');
    assert.equal(hidden.index_name, 'search-x');

    const again = await create('c1', { index_name: 'search-y' });
    assert.deepEqual(again, { id: 'c1', result: 'updated' });
    const revived = await get('c1');
    assert.equal(revived.deleted, false);
    assert.equal(revived.last_sync_status, undefined);

    await remove('c1');
    assert.deepEqual(await remove('c1', { hard: true }), { acknowledged: true });
    await failure(get('c1', { include_deleted: true }));
    assert.deepEqual(await listed({ include_deleted: true }), { count: 0, ids: [] });
  });

  test('list: order, pages and filters', async () => {
    assert.deepEqual(await client.connector.list(), { count: 0, results: [] });
    await create('z', { index_name: 'search-a', name: 'Drive one', service_type: 'google_drive' });
    await create('y', { index_name: 'search-B', name: 'Drive two', service_type: 'google_drive' });
    await create('x', { index_name: 'search-c', name: 'Rows', service_type: 'postgresql',
      description: 'All The Rows' });
    await create('w', { name: 'unattached', service_type: 'postgresql' });
    await create('gone', { index_name: 'search-0', name: 'Drive zero' });
    await remove('gone');

    const all = ['y', 'z', 'x', 'w']; // by the bytes of the index name, connectors without one last
    const expectations = [
      [undefined, { count: 4, ids: all }],
      [{ from: 1 }, { count: 4, ids: all.slice(1) }],
      [{ size: 2 }, { count: 4, ids: all.slice(0, 2) }],
      [{ from: 1, size: 2 }, { count: 4, ids: all.slice(1, 3) }],
      [{ from: 4, size: 2 }, { count: 4, ids: [] }],
      [{ size: 0 }, { count: 4, ids: [] }],
      [{ index_name: 'search-a' }, { count: 1, ids: ['z'] }],
      [{ index_name: ['search-c', 'search-a', 'search-none'] }, { count: 2, ids: ['z', 'x'] }],
      [{ index_name: 'search' }, { count: 0, ids: [] }],
      [{ connector_name: 'Rows' }, { count: 1, ids: ['x'] }],
      [{ connector_name: ['Drive one', 'unattached'] }, { count: 2, ids: ['z', 'w'] }],
      [{ connector_name: 'rows' }, { count: 0, ids: [] }],
      [{ service_type: 'google_drive' }, { count: 2, ids: ['y', 'z'] }],
      [{ service_type: ['postgresql', 'google_drive'], size: 1 }, { count: 4, ids: ['y'] }],
      [{ service_type: 'postgresql', connector_name: 'Rows' }, { count: 1, ids: ['x'] }],
      [{ service_type: 'google_drive', from: 1 }, { count: 2, ids: ['z'] }],
      [{ query: 'Drive' }, { count: 2, ids: ['y', 'z'] }],
      [{ query: 'search-' }, { count: 3, ids: ['y', 'z', 'x'] }],
      [{ query: 'row' }, { count: 1, ids: ['x'] }],
      [{ query: 'nothing like it' }, { count: 0, ids: [] }],
      [{ include_deleted: false }, { count: 4, ids: all }],
    ];
    for (const [values, expected] of expectations) {
      assert.deepEqual(await listed(values), expected, JSON.stringify(values));
    }
    const everything = await listed({ include_deleted: true });
    assert.equal(everything.count, 5);
    assert.deepEqual([...everything.ids].sort(), ['gone', ...all].sort());

    const { results } = await client.connector.list({ index_name: 'search-a' });
    assert.deepEqual(results, [await get('z')]);
  });

  test('list: pages put together are the whole', async () => {
    const ids = Array.from({ length: 250 }, (_, i) => `c${String(i).padStart(3, '0')}`);
    await Promise.all(ids.map((id) => create(id, { index_name: `search-${id}` })));
    const seen = [];
    for (let from = 0; from < 260; from += 20) {
      const page = await listed({ from, size: 20 });
      assert.equal(page.count, 250);
      seen.push(...page.ids);
    }
    assert.deepEqual(seen, ids);
    assert.equal((await listed()).ids.length, 100);
  });

  test('list: bad parameters are a ResponseError 400', async () => {
    const refused = [
      [{ from: -1 }, 'Parameter [from] cannot be < 0'],
      [{ size: -1 }, 'Parameter [size] cannot be < 0'],
      [{ size: 'abc' }, 'Failed to parse int parameter [size] with value [abc]'],
    ];
    for (const [values, reason] of refused) {
      const { statusCode, body } = await failure(client.connector.list(values));
      assert.equal(statusCode, 400);
      assert.equal(body.error.reason.includes(reason), true, body.error.reason);
    }
    assert.equal((await failure(client.connector.list({ from: 9999, size: 2 }))).statusCode, 400);
  });

  test('ids may hold any characters', async () => {
    for (const [i, id] of STRANGE_IDS.entries()) {
      const error = `error of ${i}`;
      const index = `search-${i}`;
      assert.deepEqual(await create(id, { index_name: index }), { id, result: 'created' });
      assert.deepEqual(await report(id, { last_sync_error: error }), { result: 'updated' });
      const connector = await get(id);
      assert.equal(connector.id, id);
      assert.equal(connector.last_sync_error, error);
      assert.deepEqual(await listed({ index_name: index }), { count: 1, ids: [id] });
    }
    const everything = await listed({ size: 1000 });
    assert.deepEqual([...everything.ids].sort(), [...STRANGE_IDS].sort());
    for (const id of STRANGE_IDS) {
      assert.deepEqual(await remove(id, { hard: true }), { acknowledged: true });
      assert.deepEqual((await failure(get(id))).body, notFound(id));
    }
    assert.equal((await listed()).count, 0);
  });

  test('ids inside keys are encoded where Redis or a reader would misread them', async () => {
    const keys = [['{braces}', 'connector:{%7Bbraces%7D}'], ['100%', 'connector:{100%25}'],
      ['a\nb', 'connector:{a%0Ab}'], ['ü /', 'connector:{ü /}']];
    for (const [id, name] of keys) {
      const key = prefixOf(id, stack.shards) + name;
      await create(id);
      assert.equal(await stack.redisCommand('HGET', key, 'status'), 'created', key);
    }
  });

  test('an id that is too long is refused at its creation and missing elsewhere', async () => {
    const id = 'x'.repeat(513);
    const { statusCode, body } = await failure(create(id));
    assert.equal(statusCode, 400);
    assert.equal(body.error.type, 'action_request_validation_exception');
    assert.equal((await failure(get(id))).statusCode, 404);
  });

  test('compatible-with is answered in kind', async () => {
    await create('c1');
    const written = await client.connector.lastSync(
      { connector_id: 'c1', last_sync_status: 'pending' }, { meta: true });
    assert.equal(written.headers['content-type'],
      `application/vnd.elasticsearch+json;compatible-with=${major}`);
    assert.equal(written.headers['x-elastic-product'], 'Elasticsearch');
    for (const version of [7, 8, 9]) {
      const type = `application/vnd.elasticsearch+json; compatible-with=${version}`;
      const { headers, body } = await client.connector.get(
        { connector_id: 'c1' }, { meta: true, headers: { accept: type } });
      assert.equal(headers['content-type'], type.replace(' ', ''));
      assert.equal(body.last_sync_status, 'pending');
    }
    const plain = { accept: 'application/json', 'content-type': 'application/json' };
    const { headers, body } = await client.connector.lastSync(
      { connector_id: 'c1', last_sync_status: 'error' }, { meta: true, headers: plain });
    assert.equal(headers['content-type'], 'application/json');
    assert.deepEqual(body, { result: 'updated' });
  });

  test('compression goes both ways', async () => {
    await withClient({ compression: true }, async (compressing) => {
      const sent = [];
      compressing.diagnostic.on('request', (error, event) => {
        sent.push(event.meta.request.params.headers['content-encoding']);
      });
      const text = 'a long and repetitive error. '.repeat(4000);
      await compressing.connector.put({ connector_id: 'c1', index_name: 'search-x' });
      const result = await compressing.connector.lastSync(
        { connector_id: 'c1', last_sync_error: text });
      assert.deepEqual(result, { result: 'updated' });
      assert.deepEqual(sent, ['gzip', 'gzip']);
      const { body, headers } = await compressing.connector.get(
        { connector_id: 'c1' }, { meta: true });
      assert.equal(headers['content-encoding'], 'gzip');
      assert.equal(body.last_sync_error, text);
    });
  });

  test('connections are kept', async () => {
    const relay = await countingRelay(stack.port);
    try {
      await withClient({ node: relay.url }, async (own) => {
        await own.connector.put({ connector_id: 'c1' });
        for (let i = 0; i < 300; i++) {
          await own.connector.lastSync({ connector_id: 'c1', last_indexed_document_count: i });
        }
        await failure(own.connector.lastSync({ connector_id: 'c1', nonsense: true }));
        await failure(own.connector.get({ connector_id: 'nope' }));
        assert.equal((await own.connector.list()).count, 1);
      });
      // The client itself may open a second one while the first is being made.
      assert.equal(relay.connections <= 2, true, `${relay.connections} connections`);
    } finally {
      relay.close();
    }
  });

  test('many calls at once', async () => {
    const ids = Array.from({ length: 20 }, (_, i) => `c${i}`);
    await Promise.all(ids.map((id) => create(id, { index_name: `search-${id}` })));
    const calls = Array.from({ length: 500 }, (_, i) =>
      report(ids[i % ids.length], { last_sync_error: `report ${i}`, sync_cursor: { [i]: i } }));
    for (const result of await Promise.all(calls)) assert.deepEqual(result, { result: 'updated' });
    for (const [n, id] of ids.entries()) {
      const { sync_cursor: cursor, last_sync_error: error } = await get(id);
      const own = calls.map((_, i) => i).filter((i) => i % ids.length === n);
      assert.deepEqual(cursor, Object.fromEntries(own.map((i) => [i, i])));
      assert.equal(own.some((i) => error === `report ${i}`), true, error);
    }
  });

  const several = process.env.SENTINEL === 'on' && 'there are several servers: see tests/sentinel/';
  test('a 503 is retried until Redis is back', { skip: several }, async () => {
    await create('c1');
    await stack.redis.stop();
    const refused = await failure(report('c1', FULL_REPORT));
    assert.equal(refused.statusCode, 503);
    assert.equal(refused.body.error.type, 'unavailable_exception');
    assert.equal(refused.headers['retry-after'], '1');

    await withClient({}, async (own) => {
      let requests = 0; // it repeats at once after a 503, in spite of retryBackoff
      own.diagnostic.on('request', () => { requests++; });
      const call = own.connector.lastSync({ connector_id: 'c1', ...FULL_REPORT },
        { meta: true, maxRetries: 1000000 });
      try {
        await until(() => requests > 2, 'the client to repeat its request');
      } finally {
        await stack.redis.start();
      }
      const { statusCode, meta, body } = await call;
      assert.equal(statusCode, 200);
      assert.deepEqual(body, { result: 'updated' });
      assert.equal(meta.attempts >= 2, true, `${meta.attempts} attempts`);
    });
    // Each worker finds Redis again by itself, and another worker may answer now.
    const connector = await until(() => get('c1'), 'the connector to be read');
    assert.equal(connector.last_sync_status, 'completed');
  });
}

describeClients(testClient);
