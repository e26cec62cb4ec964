// The Grafana dashboard for the Prometheus data source: a real Prometheus scrapes a filled lastsync
// and evaluates each of its expressions.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { checkLayout, checkLinks } = require('../lib/grafana');
const { REPOSITORY, canConnect, freePort, startStack, until } = require('../lib/stack');
const { call, fill } = require('../redis/fill');

const FILE = path.join(REPOSITORY, 'nginx', 'grafana', 'prometheus.json');
const dashboard = JSON.parse(fs.readFileSync(FILE, 'utf8'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const variables = dashboard.templating.list.filter(({ type }) => type === 'query');
const SOURCE = { type: 'prometheus', uid: '${datasource}' };
const OTHERS = ['up']; // metrics that Prometheus itself adds
// What a variable stands for here. Connectors: one that has everything, one that fails.
const VALUES = { job: 'lastsync', instance: '.+', connector_id: '(c1|failing)',
  __rate_interval: '1m' };

let stack;
let prometheus;
let port;
let at; // when all was scraped; all queries are of then, because a scrape that fails later ends each series
let names; // of all metrics that were scraped

// Reports that give the failing and the late connector all that a table shows, and c1 a duration.
async function report() {
  const put = (id, what, body) => call(stack, 'PUT', `/_connector/${id}/${what}`, body);
  for (const [id, ...statuses] of [['failing', 'completed', 'error'], ['late', 'completed']]) {
    for (const status of statuses) {
      await put(id, '_last_sync', { last_access_control_sync_status: status });
    }
    await put(id, '_index_name', { index_name: `search-${id}` });
    await put(id, '_check_in');
  }
  await put('c1', '_last_sync', { last_sync_status: 'in_progress' });
  await put('c1', '_last_sync', { last_sync_status: 'completed',
    last_synced: new Date().toISOString() });
}

function commandLine() {
  const file = path.join(stack.directory, 'prometheus.yml');
  const job = { job_name: 'lastsync', metrics_path: '/_lastsync/metrics', scrape_interval: '1s',
    scrape_timeout: '1s', static_configs: [{ targets: [`127.0.0.1:${stack.port}`] }] };
  fs.writeFileSync(file, JSON.stringify({ scrape_configs: [job] })); // JSON is YAML
  return ['prometheus', `--config.file=${file}`, `--web.listen-address=127.0.0.1:${port}`,
    `--storage.tsdb.path=${path.join(stack.directory, 'prometheus')}`, '--log.level=warn'];
}

// What Prometheus's API answers; an error rejects with its words.
async function ask(what, parameters = {}) {
  const address = `http://127.0.0.1:${port}/api/v1/${what}?${new URLSearchParams(parameters)}`;
  const { status, data, error } = await (await fetch(address)).json();
  if (status !== 'success') throw new Error(`${JSON.stringify(parameters)}: ${error}`);
  return data;
}

const query = async (text, time = at) => (await ask('query', { query: text, time })).result;

// Two scrapes of each series, so that each has a rate. lastsync counts a scrape when it is over, so
// the series of that route comes last.
async function isScraped() {
  const own = 'lastsync_http_requests_total{route="/_lastsync/metrics"}';
  const now = Date.now() / 1000;
  const counted = await query(`count_over_time(${own}[1m])`, now);
  const up = await query('up', now);
  at = now;
  return up[0]?.value[1] === '1' && counted.length > 0 && counted.every(({ value }) => Number(value[1]) >= 2);
}

before(async () => {
  stack = await startStack();
  await fill(stack);
  await report();
  port = await freePort();
  prometheus = stack.program('prometheus', commandLine, () => canConnect(port));
  await prometheus.start();
  await until(isScraped, 'two scrapes of each series', 30000, 50);
  names = (await ask('label/__name__/values')).concat(OTHERS);
});

after(async () => {
  try {
    if (prometheus) await prometheus.stop();
  } finally {
    if (stack) await stack.stop();
  }
});

// The text with the variables filled in, of which each must be known.
function filled(text) {
  return text.replace(/\$\{?(\w+)\}?/g, (word, name) => {
    assert.ok(name in VALUES, `${word} in ${text}`);
    return VALUES[name];
  });
}

// The metrics that a text names. Each has a selector, with the job in it.
function checkMetrics(text) {
  const found = [...text.matchAll(/([a-zA-Z_:][\w:]*)\{([^}]*)\}/g)];
  assert.ok(found.length > 0, text);
  assert.equal(text.match(/\blastsync_\w+|\bup\b/g).length, found.length, `no selector: ${text}`);
  for (const [, name, labels] of found) {
    assert.ok(names.includes(name), `${name} is no metric: ${text}`);
    assert.ok(labels.startsWith('job="$job"'), text);
  }
}

// The labels that a legend or a table shows, each of which a series must have.
function checkLabels({ legendFormat = '' }, result, title) {
  for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
    for (const { metric } of result) assert.ok(label in metric, `${title}: no ${label}`);
  }
}

for (const panel of panels) {
  test(`panel: ${panel.title}`, async () => {
    assert.deepEqual(panel.datasource, SOURCE);
    assert.ok(panel.targets.length > 0);
    for (const target of panel.targets) {
      checkMetrics(target.expr);
      const result = await query(filled(target.expr));
      checkLabels(target, result, panel.title);
      assert.ok(result.some(({ value }) => Number.isFinite(Number(value[1]))),
        `no data: ${filled(target.expr)}`);
    }
  });
}

test('the variables offer jobs, instances and connectors', async () => {
  const offered = {};
  for (const { name, datasource, definition, query: { query: text } } of variables) {
    assert.deepEqual(datasource, SOURCE);
    assert.equal(text, definition);
    const [, selector, label] = /^label_values\((.*), (\w+)\)$/.exec(text);
    assert.ok(names.includes(selector.replace(/\{.*/, '')), selector);
    offered[name] = await ask(`label/${label}/values`, { 'match[]': filled(selector) });
  }
  assert.deepEqual(offered, { job: ['lastsync'], instance: [`127.0.0.1:${stack.port}`],
    connector_id: ['c1', 'failing', 'late', 'never', 'off', 'retrying', 'running'] });
});

const panelOf = (title) => panels.find((panel) => panel.title === title);

test('each connector is counted once, where it stands', async () => {
  const counted = {};
  for (const { expr, legendFormat } of panelOf('By state').targets) {
    const [{ value }] = await query(filled(expr));
    counted[legendFormat] = Number(value[1]);
  }
  const { states } = await call(stack, 'GET', '/_lastsync/overview');
  assert.deepEqual(counted, states);
  assert.equal(counted.failing, 2);
});

// The rows of a table: { connector: { column: value } }, as its transformations name the columns.
async function rowsOf({ title, targets, transformations: [merge, organize] }) {
  const rows = {};
  const { renameByName, excludeByName } = organize.options;
  const known = new Set(['Time']);
  assert.equal(merge.id, 'merge');
  for (const { expr, refId } of targets) {
    for (const { metric, value: [, value] } of await query(filled(expr))) {
      const cells = { ...metric, [`Value #${refId}`]: Number(value) };
      const row = rows[metric.connector_id] ||= {};
      for (const [name, cell] of Object.entries(cells)) {
        known.add(name);
        if (!excludeByName[name]) row[renameByName[name]] = cell;
      }
    }
  }
  for (const name of Object.keys({ ...renameByName, ...excludeByName })) {
    assert.ok(known.has(name), `${title}: ${name}`);
  }
  return rows;
}

function checkTable(panel, rows, connectors) {
  const overridden = panel.fieldConfig.overrides.map(({ matcher }) => matcher.options);
  const columns = Object.keys(rows[connectors[0]]);
  assert.deepEqual(Object.keys(rows).sort(), connectors);
  assert.ok(!columns.includes('undefined'), 'a column has no name');
  for (const name of overridden) assert.ok(columns.includes(name), name);
  for (const { displayName } of panel.options.sortBy) assert.ok(columns.includes(displayName));
}

test('the tables have the connectors that need care, and no others', async () => {
  const years = 5 * 365 * 24 * 3600;
  const failing = await rowsOf(panelOf('Failing'));
  const late = await rowsOf(panelOf('Late or lost'));
  checkTable(panelOf('Failing'), failing, ['failing', 'retrying']);
  checkTable(panelOf('Late or lost'), late, ['late']);
  assert.equal(failing.failing.Failures, 1);
  assert.deepEqual([failing.failing.Try, failing.retrying.Try], [0, 1]);
  assert.equal(late.late.State, 'late');
  for (const row of [failing.failing, late.late]) assert.ok(row['Since success'] > years);
});

test('the state that a code stands for is the connector\'s', async () => {
  const { targets: [{ expr }], fieldConfig } = panelOf('State');
  const [{ options: words }] = fieldConfig.defaults.mappings;
  const states = {};
  for (const { metric, value } of await query(filled(expr))) {
    states[metric.connector_id] = words[value[1]].text;
  }
  assert.deepEqual(states, { c1: 'fresh', failing: 'failing' });
});

test('an annotation marks how long a connector fails, is late or is lost', async () => {
  const [{ datasource, expr, titleFormat, tagKeys }] = dashboard.annotations.list;
  assert.deepEqual(datasource, SOURCE);
  checkMetrics(expr);
  const result = await query(filled(expr));
  checkLabels({ legendFormat: titleFormat }, result, titleFormat);
  assert.deepEqual(result.map(({ metric }) => metric), [{ connector_id: 'failing', state: 'failing' }]);
  assert.ok(tagKeys in result[0].metric, tagKeys);
});

test('panels have ids of their own and do not overlap', () => checkLayout(dashboard));

test('a connector leads to its page', () => {
  const linkOf = checkLinks(dashboard, ['Failing', 'Late or lost']);
  assert.equal(linkOf('https://x/_lastsync/', 'a b&c'), 'https://x/_lastsync/?connector=a%20b%26c');
});
