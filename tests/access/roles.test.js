// Each role at each endpoint: a forbidden request is answered 403, and changes nothing.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, describe, test } = require('node:test');
const { REPORT, assertForbidden } = require('./common');
const { createKey, createReporter } = require('../lib/keys');
const { request } = require('../lib/raw');
const { REPOSITORY, startStack } = require('../lib/stack');

const SCHEDULE = { enabled: true, interval: '0 0 0 * * ?' };
const VALIDATION = { validation: { errors: [], state: 'valid' } };
const ADMIN = 'cluster:admin/xpack/connector/';

// Every endpoint with a request that a manager may make, its action, and the other roles that may: `v` view_connector,
// `m` monitor_connector, `r` report_connector, `-` none. {id} is a connector that the reporter's patterns fit.
const ENDPOINTS = [
  ['GET', '/', undefined, '', 'vmr'],
  ['HEAD', '/', undefined, '', 'vmr'],
  ['GET', '/_nodes/http', undefined, '', 'vmr'],
  ['GET', '/_nodes/_all/http', undefined, '', 'vmr'],
  ['GET', '/_license', undefined, '', 'vmr'],
  ['GET', '/_connector', undefined, 'list', 'm'],
  ['GET', '/_connector/{id}', undefined, 'get', 'm'],
  ['GET', '/_lastsync/overview', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/service_types', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/self', undefined, undefined, 'vmr'],
  ['GET', '/_lastsync/metrics', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/connector/{id}', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/connector/{id}/history', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/connector/{id}/days', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/analytics', undefined, undefined, 'vm'],
  ['GET', '/_lastsync/errors', undefined, undefined, 'vm'],
  ['PUT', '/_connector/{id}', {}, 'put', '-'],
  ['PUT', '/_connector', {}, 'put', '-'],
  ['POST', '/_connector', {}, 'post', '-'],
  ['PUT', '/_connector/{id}/_last_sync', REPORT, 'update_last_sync_stats', 'r'],
  ['PUT', '/_connector/{id}/_check_in', undefined, 'update_last_seen', 'r'],
  ['PUT', '/_connector/{id}/_api_key_id', { api_key_id: 'x' }, 'update_api_key_id', '-'],
  ['PUT', '/_connector/{id}/_configuration', { configuration: {} }, 'update_configuration', '-'],
  ['PUT', '/_connector/{id}/_error', { error: 'x' }, 'update_error', '-'],
  ['PUT', '/_connector/{id}/_features', { features: { document_level_security: { enabled: true } } },
    'update_features', '-'],
  ['PUT', '/_connector/{id}/_filtering', { rules: [] }, 'update_filtering', '-'],
  ['PUT', '/_connector/{id}/_filtering/_validation', VALIDATION,
    'update_filtering/draft_validation', '-'],
  ['PUT', '/_connector/{id}/_filtering/_activate', undefined, 'update_filtering/activate', '-'],
  ['PUT', '/_connector/{id}/_index_name', { index_name: 'search-x' }, 'update_index_name', '-'],
  ['PUT', '/_connector/{id}/_name', { name: 'x' }, 'update_name', '-'],
  ['PUT', '/_connector/{id}/_native', { is_native: false }, 'update_native', '-'],
  ['PUT', '/_connector/{id}/_pipeline', { pipeline: { extract_binary_content: true, name: 'x',
    reduce_whitespace: true, run_ml_inference: false } }, 'update_pipeline', '-'],
  ['PUT', '/_connector/{id}/_scheduling', { scheduling: { full: SCHEDULE } }, 'update_scheduling', '-'],
  ['PUT', '/_connector/{id}/_service_type', { service_type: 'x' }, 'update_service_type', '-'],
  ['PUT', '/_connector/{id}/_status', { status: 'error' }, 'update_status', '-'],
  ['PUT', '/_lastsync/connector/{id}/mute', {}, undefined, '-'],
  ['DELETE', '/_lastsync/connector/{id}/mute', undefined, undefined, '-'],
  ['DELETE', '/_connector/{id}', undefined, 'delete', '-'],
];

// The files of cgi/api whose routes have tests of their own.
const ELSEWHERE = {
  'connector/secret.c': 'access/service.test.js',
  'service/service.c': 'access/service.test.js',
  'own/health.c': 'unit/api/common/access_test.c', // open to strangers
  'job/sync_job.c': 'access/roles.test.js', // below
  'job/sync_job_end.c': 'access/roles.test.js',
  'job/sync_job_updates.c': 'access/roles.test.js',
};

let stack;
const keys = {};

before(async () => {
  stack = await startStack({ access: 'keys' });
  keys.manager = await createKey(stack, 'manage_connector');
  keys.monitor = await createKey(stack, 'monitor_connector');
  keys.viewer = await createKey(stack, 'view_connector');
  keys.reporter = await createReporter(stack, 'sales-*, hr-?');
});
after(() => stack.stop());

const call = (key, method, target, body) =>
  request(stack, method, target, { body, headers: keys[key].headers });

async function create(id) {
  const answer = await call('manager', 'PUT', `/_connector/${encodeURIComponent(id)}`, {});
  assert.ok(answer.status < 300, answer.text);
}

// All of Redis's data.
async function everything() {
  const names = (await stack.redisCommand('KEYS', '*')).sort();
  return Promise.all(names.map(async (name) => [name, await stack.redisCommand('DUMP', name)]));
}

function grants(others) {
  const more = { '-': '', m: 'monitor_connector,', r: 'report_connector,', vm: 'view_connector,monitor_connector,' };
  return `granted by the cluster privileges [${more[others]}manage_connector]`;
}

// HEAD has no body to check.
async function expectForbidden(key, [method, target, body, action, others]) {
  const before = await everything();
  const answer = await call(key, method, target.replace('{id}', 'sales-1'), body);
  const name = action === undefined ? `${method} ${target.replace('{id}', '{connector_id}')}`
    : `${ADMIN}${action}`;
  assertForbidden(answer, `action [${name}] is unauthorized for API key id ` +
    `[${keys[key].id}] of user [lastsync], this action is ${grants(others)}`);
  assert.deepEqual(await everything(), before);
}

async function expectServed(key, [method, target, body]) {
  const answer = await call(key, method, target.replace('{id}', 'sales-1'), body);
  assert.ok(answer.status === 200 || answer.status === 201, `${answer.status} ${answer.text}`);
}

for (const endpoint of ENDPOINTS) {
  const [method, target, , , others] = endpoint;
  describe(`${method} ${target}`, () => {
    before(() => create('sales-1'));
    const viewers = others.includes('v') ? expectServed : expectForbidden;
    const readers = others.includes('m') ? expectServed : expectForbidden;
    const reporters = others.includes('r') ? expectServed : expectForbidden;
    test('view_connector', () => viewers('viewer', endpoint));
    test('monitor_connector', () => readers('monitor', endpoint));
    test('report_connector', () => reporters('reporter', endpoint));
    test('manage_connector', () => expectServed('manager', endpoint));
  });
}

test('each learns who it is', async () => {
  for (const [key, role] of [['manager', 'manage'], ['monitor', 'monitor'], ['viewer', 'view'], ['reporter', 'report']]) {
    const { json: { version, ...self } } = await call(key, 'GET', '/_lastsync/self');
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.deepEqual(self,
      { name: keys[key].id, role: `${role}_connector`, may_change: key === 'manager',
        late_grace: 600, history: 100, days: 90 });
  }
});

// The routes in a source file of cgi/api, as the table above writes them.
function routesIn(source) {
  const rows = source.matchAll(
    /^ {4}(?:\{ (GET|HEAD|PUT|POST|DELETE), +STR_ROW\("([^"]+)"\)|R[A-Z]+\("(_\w+)")/gm);
  return [...rows].map(([, method, target, update]) => (update
    ? `PUT /_connector/{id}/${update}` : `${method} ${target.replace('{connector_id}', '{id}')}`));
}

// A new route must be added to the table above, so that somebody thinks about it: also one in a new file.
test('the table has every route', () => {
  const folder = path.join(REPOSITORY, 'cgi', 'api');
  const sources = fs.readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
    .flatMap(({ name }) => fs.readdirSync(path.join(folder, name)).map((file) => `${name}/${file}`))
    .map((name) => [name, fs.readFileSync(path.join(folder, name), 'utf8')])
    .filter(([, source]) => /^const struct route_table \w+ = /m.test(source));
  const names = sources.map(([name]) => name);
  for (const [name, tests] of Object.entries(ELSEWHERE)) {
    assert.ok(names.includes(name), name);
    assert.ok(fs.existsSync(path.join(REPOSITORY, 'tests', tests)), tests);
  }
  const here = sources.filter(([name]) => !(name in ELSEWHERE)).map(([name, source]) => [name, routesIn(source)]);
  assert.deepEqual(here.filter(([, routes]) => routes.length === 0), []);
  assert.deepEqual(here.flatMap(([, routes]) => routes).sort(),
    ENDPOINTS.map(([method, target]) => `${method} ${target}`).sort());
});

for (const [id, fits] of [
  ['sales-1', true], ['sales-', true], ['sales-a/b', true], ['sales-*', true], ['hr-1', true],
  ['hr-12', false], ['sales', false], ['Sales-1', false], ['x-sales-1', false], ['hr-?x', false],
  [' sales-1', false], ['*', false], ['sales-*, hr-?', true], ['hr-ü', true],
]) {
  test(`a reporter of "sales-*, hr-?" ${fits ? 'may' : 'may not'} report for ${JSON.stringify(id)}`,
    async () => {
      await create(id);
      const target = `/_connector/${encodeURIComponent(id)}`;
      for (const [name, body, action] of [['_last_sync', REPORT, 'update_last_sync_stats'],
        ['_check_in', undefined, 'update_last_seen']]) {
        const answer = await call('reporter', 'PUT', `${target}/${name}`, body);
        if (fits) {
          assert.equal(answer.status, 200, answer.text);
          continue;
        }
        assertForbidden(answer, `action [${ADMIN}${action}] is unauthorized for API key id ` +
          `[${keys.reporter.id}] of user [lastsync] on connector [${id}], this action is granted by ` +
          'the cluster privileges [report_connector,manage_connector]');
      }
    });
}

test('a reporter is told of missing connectors that are its own, and of no others', async () => {
  assert.equal((await call('reporter', 'PUT', '/_connector/sales-gone/_check_in')).status, 404);
  assertForbidden(await call('reporter', 'PUT', '/_connector/gone/_check_in'));
});

// ---- sync jobs ----

const JOBS = '/_connector/_sync_job';
const STATS = { deleted_document_count: 1, indexed_document_count: 2, indexed_document_volume: 3 };

// A reporter's requests on its own jobs, in an order in which each succeeds.
const OWN_JOBS = [
  ['GET', `${JOBS}/{job}`],
  ['PUT', `${JOBS}/{job}/_claim`, { worker_hostname: 'w' }],
  ['PUT', `${JOBS}/{job}/_check_in`],
  ['PUT', `${JOBS}/{job}/_stats`, STATS],
  ['PUT', '/_lastsync/sync_job/{job}/_suspend'],
  ['PUT', `${JOBS}/{job}/_claim`, { worker_hostname: 'w' }],
  ['PUT', '/_lastsync/sync_job/{job}/_complete', {}],
];
const FOREIGN_TO_ALL = [['PUT', `${JOBS}/{job}/_cancel`], ['DELETE', `${JOBS}/{job}`],
  ['POST', JOBS, { id: 'sales-jobs' }]];

async function createJob(connector) {
  await create(connector);
  for (const [name, body] of [['_index_name', { index_name: `search-${connector}` }],
    ['_service_type', { service_type: 'x' }]]) {
    const set = await call('manager', 'PUT', `/_connector/${connector}/${name}`, body);
    assert.equal(set.status, 200, set.text);
  }
  const made = await call('manager', 'POST', JOBS, { id: connector });
  assert.equal(made.status, 201, made.text);
  return made.json.id;
}

test('a reporter works on its connectors\' jobs, and on no others', async () => {
  const [own, foreign] = [await createJob('sales-jobs'), await createJob('it-jobs')];
  for (const [method, target, body] of OWN_JOBS) {
    const before = await everything();
    const refused = await call('reporter', method, target.replace('{job}', foreign), body);
    assertForbidden(refused);
    assert.doesNotMatch(refused.text, /it-jobs/); // it is not told whose job it is
    assert.deepEqual(await everything(), before);
    const answer = await call('reporter', method, target.replace('{job}', own), body);
    assert.equal(answer.status, 200, `${target}: ${answer.text}`);
  }
  const failing = await createJob('sales-jobs');
  for (const [name, body] of [['_claim', { worker_hostname: 'w' }], ['_error', { error: 'x' }]]) {
    const answer = await call('reporter', 'PUT', `${JOBS}/${failing}/${name}`, body);
    assert.equal(answer.status, 200, answer.text);
    assertForbidden(await call('reporter', 'PUT', `${JOBS}/${foreign}/${name}`, body));
  }
  for (const [method, target, body] of FOREIGN_TO_ALL) {
    assertForbidden(await call('reporter', method, target.replace('{job}', own), body));
    assertForbidden(await call('monitor', method, target.replace('{job}', own), body));
  }
});

test('a reporter lists jobs by its own connectors alone', async () => {
  await createJob('sales-jobs');
  await createJob('it-jobs');
  const list = (key, query) => call(key, 'GET', `${JOBS}${query}`);
  assert.ok((await list('reporter', '?connector_id=sales-jobs')).json.count > 0);
  assert.ok((await list('monitor', '')).json.count > 1);
  for (const query of ['', '?connector_id=', '?connector_id=it-jobs',
    '?connector_id=sales-jobs&connector_id=it-jobs', '?size=1']) {
    assertForbidden(await list('reporter', query));
  }
});

test('a monitor reads jobs and changes none; a missing job is missing', async () => {
  const job = await createJob('sales-jobs');
  assert.equal((await call('monitor', 'GET', `${JOBS}/${job}`)).status, 200);
  for (const [method, target, body] of OWN_JOBS.filter(([verb]) => verb !== 'GET')) {
    assertForbidden(await call('monitor', method, target.replace('{job}', job), body));
  }
  assert.equal((await call('reporter', 'GET', `${JOBS}/none`)).status, 404);
  assert.equal((await call('reporter', 'PUT', `${JOBS}/none/_check_in`)).status, 404);
});

test('who may view sees no configuration, in no answer', async () => {
  const SECRET = 'opensesame';
  const job = await createJob('sales-view');
  const field = { label: 'Password', sensitive: true, required: true, type: 'str', value: SECRET };
  const target = '/_connector/sales-view';
  const set = await call('manager', 'PUT', `${target}/_configuration`, { configuration: { password: field } });
  assert.equal(set.status, 200, set.text);
  assert.match((await call('monitor', 'GET', target)).text, new RegExp(SECRET));
  for (const forbidden of [target, '/_connector', JOBS, `${JOBS}/${job}`, `${JOBS}?connector_id=sales-view`,
    '/.elastic-connectors/_search', '/.elastic-connectors/_doc/sales-view', '/_connector/_secret/x']) {
    assertForbidden(await call('viewer', 'GET', forbidden));
  }
  const viewed = ENDPOINTS.filter(([method, , , , others]) => method === 'GET' && others.includes('v'));
  assert.ok(viewed.length > 10);
  for (const [method, path] of [...viewed, ['GET', '/_lastsync/overview?history=50&query=opensesame']]) {
    const answer = await call('viewer', method, path.replace('{id}', 'sales-view'));
    assert.equal(answer.status, 200, answer.text);
    assert.doesNotMatch(answer.text, new RegExp(SECRET), path);
  }
});
