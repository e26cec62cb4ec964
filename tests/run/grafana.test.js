// The Grafana dashboard for the Infinity data source: each of its queries, as the plugin would send
// it, is answered by a filled lastsync, and each field that a panel names is in the answer.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { checkLayout, checkLinks } = require('../lib/grafana');
const { REPOSITORY, startStack } = require('../lib/stack');
const { call, fill } = require('../redis/fill');

const FILE = path.join(REPOSITORY, 'nginx', 'grafana', 'analytics.json');
const dashboard = JSON.parse(fs.readFileSync(FILE, 'utf8'));
const { panels } = dashboard;
const SOURCE = { type: 'yesoreyeram-infinity-datasource', uid: '${DS_LASTSYNC}' };
const DAY = 24 * 3600 * 1000;

// Whether a column of the type can show a value; null is an empty cell.
const TYPES = {
  number: (value) => typeof value === 'number',
  string: (value) => typeof value === 'string',
  timestamp: (value) => new Date(value).toISOString() === value,
};

let stack;

before(async () => {
  stack = await startStack();
  await fill(stack);
});

after(() => stack && stack.stop());

// The address of a query, with the values that Grafana fills in for the last 30 days.
function addressOf({ url, url_options: { method, params } }) {
  assert.equal(method, 'GET');
  const query = new URLSearchParams(params.map(({ key, value }) => [key, value
    .replace('${__from:date:iso}', new Date(Date.now() - 30 * DAY).toISOString())
    .replace('${__to:date:iso}', new Date().toISOString())]));
  assert.ok(!`${query}`.includes('%24'), `a variable that nothing fills in: ${query}`);
  return `${url}?${query}`;
}

// The rows that the plugin makes of an answer: { text of a column: value }.
async function run({ columns, root_selector: root, ...target }) {
  const answer = await call(stack, 'GET', addressOf(target));
  assert.ok(root in answer, `no ${root}`);
  return [answer[root]].flat().map((result) => Object.fromEntries(columns.map(({ selector, text, type }) => {
    const names = selector.split('.');
    const last = names.pop();
    const parent = names.reduce((value, name) => value[name], result);
    assert.ok(last in parent, `no ${selector}`);
    assert.ok(parent[last] === null || TYPES[type](parent[last]), `${selector}: ${parent[last]}`);
    return [text, parent[last]];
  })));
}

for (const panel of panels) {
  test(`panel: ${panel.title}`, async () => {
    const [target] = panel.targets;
    assert.equal(panel.targets.length, 1);
    assert.deepEqual([panel.datasource, target.datasource], [SOURCE, SOURCE]);
    const rows = await run(target);
    assert.ok(rows.length > 0);
    for (const { text } of target.columns) {
      assert.ok(rows.some((row) => row[text] !== null), `${text} is always empty`);
    }
    const named = [...panel.fieldConfig.overrides.map(({ matcher }) => matcher.options),
      ...(panel.options.sortBy || []).map(({ displayName }) => displayName)];
    for (const name of named) assert.ok(name in rows[0], `no column ${name}`);
    assert.equal('Time' in rows[0], panel.type === 'timeseries');
  });
}

const rowsOf = (title) => run(panels.find((panel) => panel.title === title).targets[0]);

test('the panels show what the syncs did', async () => {
  const [{ Failed: failed }] = await rowsOf('Failed');
  assert.ok(failed > 0);
  const days = await rowsOf('Syncs by day');
  assert.equal(days.length, 31);
  assert.equal(days.reduce((sum, day) => sum + day.Failed, 0), failed);
  const hours = await rowsOf('Syncs by hour');
  assert.equal(hours.length, 24);
  assert.equal(hours.reduce((sum, hour) => sum + hour.Failed, 0), failed);
  const errors = await rowsOf('Errors of connectors that fail now');
  assert.ok(errors.some(({ Example: text, Connector: id }) => text === 'no route to host' && id === 'failing'));
});

test('panels have ids of their own and do not overlap', () => checkLayout(dashboard));

test('a connector leads to its page', () => {
  const linkOf = checkLinks(dashboard, ['The most failures', 'The slowest', 'Errors of connectors that fail now']);
  assert.equal(linkOf('https://x/_lastsync/', 'a b&c'), 'https://x/_lastsync/?connector=a%20b%26c');
});
