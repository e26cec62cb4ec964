// The Grafana dashboard for the Redis data source: each of its queries, as the plugin would send it,
// is run by the dashboards' user on a filled Redis. A result that the plugin cannot show is a fault.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { checkLayout, checkLinks } = require('../lib/grafana');
const { Redis } = require('../lib/redis');
const { REPOSITORY, startStack } = require('../lib/stack');
const { call, fill } = require('./fill');
const readme = require('./readme');
const { pairs } = require('./stored');

const FILE = path.join(REPOSITORY, 'nginx', 'grafana', 'redis.json');
const dashboard = JSON.parse(fs.readFileSync(FILE, 'utf8'));
const panels = dashboard.panels.filter(({ type }) => type !== 'row');
const REDIS = { type: 'redis-datasource', uid: '${DS_REDIS}' };
const SHARED = { type: 'datasource', uid: '-- Dashboard --' };
const WEEK = 7 * 24 * 3600 * 1000;

let stack;
let user;
let connectors; // the values that the variable offers

before(async () => {
  stack = await startStack({ options: ['--events', '1000'] });
  await fill(stack);
  // Their syncs fail and succeed, with and without numbers: columns must keep their types.
  for (const body of [{ last_sync_status: 'error', last_sync_error: 'NaN' },
    { last_sync_status: 'completed', last_sync_error: null, last_indexed_document_count: 0 },
    { last_sync_status: 'error', last_sync_error: '', last_deleted_document_count: 5 },
    { last_access_control_sync_status: 'error', last_access_control_sync_error: '0x1p4' }]) {
    await call(stack, 'PUT', '/_connector/never/_last_sync', body);
  }
  await stack.redisCommand(...readme.userCommand('pass'));
  user = await Redis.connect(stack.redisSocket);
  await user.command('AUTH', 'dashboard', 'pass');
  const [variable] = dashboard.templating.list;
  connectors = await user.command(...variable.query.split(' '));
});

after(async () => {
  if (user) user.close();
  if (stack) await stack.stop();
});

// Go's ParseFloat, by which the plugin tells numbers from texts.
function isNumber(text) {
  return /^[+-]?((\d+\.?\d*|\.\d+)(e[+-]?\d+)?|0x[\da-f]*\.?[\da-f]*p[+-]?\d+|inf(inity)?|nan)$/i
    .test(text);
}

function hasNil(reply) {
  return reply === null || (Array.isArray(reply) && reply.some(hasNil));
}

// The words that the plugin sends for a query, and its columns: { column: [every value] }.
const COMMANDS = {
  hgetall: ({ keyName }) => ({ words: ['HGETALL', keyName],
    columns: (reply) => Object.fromEntries(Object.entries(pairs(reply)).map(([k, v]) => [k, [v]])) }),
  xrange: ({ keyName }) => ({ words: ['XRANGE', keyName, `${Date.now() - WEEK}-0`, `${Date.now() + 1}-0`],
    columns: (reply) => {
      const found = { $streamId: reply.map(([id]) => id), $time: reply.map(([id]) => id) };
      for (const [, entry] of reply) {
        for (const [field, value] of Object.entries(pairs(entry))) (found[field] ||= []).push(value);
      }
      return found;
    } }),
  zrange: ({ keyName, min, max, zrangeQuery }) => ({
    words: ['ZRANGE', keyName, min, max, zrangeQuery, 'WITHSCORES'],
    columns: (reply) => Object.fromEntries(Object.entries(pairs(reply)).map(([k, v]) => [k, [v]])) }),
};

function translate(target, connector) {
  const fill = (text) => text && text.replaceAll('$connector', connector);
  if (target.type === 'cli') {
    return { words: fill(target.query).split(' '), columns: (reply) => ({ Value: [reply].flat() }) };
  }
  assert.equal(target.type, 'command');
  return COMMANDS[target.command]({ ...target, keyName: fill(target.keyName) });
}

async function run(target, connector) {
  const { words, columns } = translate(target, connector);
  const reply = await user.command(...words);
  assert.ok(!hasNil(reply), `nil in the answer to ${words.join(' ')}`);
  return columns(reply);
}

// A panel's query, which may be another panel's.
function targetOf(panel) {
  const [target] = panel.targets;
  assert.equal(panel.targets.length, 1, panel.title);
  assert.deepEqual(target.datasource, panel.datasource, panel.title);
  if (target.datasource.uid !== SHARED.uid) return target;
  const other = panels.find(({ id }) => id === target.panelId);
  assert.ok(other, `${panel.title} shows panel ${target.panelId}`);
  assert.deepEqual(other.datasource, REDIS, panel.title);
  return other.targets[0];
}

test('the variable offers the connectors, the worst first', () => {
  assert.deepEqual(dashboard.templating.list[0].datasource, REDIS);
  assert.equal(connectors.length, 7);
  assert.ok(['failing', 'never'].includes(connectors[0]), connectors.join());
});

for (const panel of panels) {
  test(`panel: ${panel.title}`, async () => {
    const target = targetOf(panel);
    for (const connector of connectors) {
      for (const [column, values] of Object.entries(await run(target, connector))) {
        const numbers = values.filter(isNumber).length;
        assert.ok(numbers === 0 || numbers === values.length, `${column}: ${values.join(' | ')}`);
      }
    }
  });
}

test('each connector is counted once, where it stands', async () => {
  const counted = {};
  for (const { title, targets: [target] } of panels) {
    if (!/^Z(COUNT|CARD)/.test(target.query)) continue;
    counted[title] = (await run(target)).Value[0];
  }
  assert.deepEqual(counted, { Connectors: 7, Failing: 3, 'Running, or lost': 1, 'Fresh, or late': 2,
    'Never synced': 0, Disabled: 1, 'Jobs: waiting': 1, 'Jobs: in progress': 0,
    'Jobs: being canceled': 0, 'Jobs: failed': 1, 'Jobs: suspended': 0, 'Jobs: completed': 0 });
});

test('a connector that began to fail is among the changes of state', async () => {
  const { key, event } = await run(panels.find(({ title }) => title === 'Changes of state').targets[0]);
  assert.ok(event.some((word, at) => word === 'failing' && key[at] === 'connector:{failing}'));
});

// The names of columns in a panel's settings, as the plugin gives them.
function namesOf(panel) {
  const names = [];
  const made = new Set(); // made by transformations
  for (const { id, options } of panel.transformations) {
    if (id === 'organize') {
      names.push(...Object.keys(options.renameByName), ...Object.keys(options.excludeByName),
        ...Object.keys(options.indexByName));
      Object.values(options.renameByName).forEach((name) => made.add(name));
    }
    if (id === 'filterFieldsByName') names.push(...options.include.names);
    if (id === 'convertFieldType') names.push(...options.conversions.map((one) => one.targetField));
    if (id === 'calculateField') made.add(options.alias).add(options.binary.left);
    if (id === 'reduce') ['Field', 'Last', 'Last *'].forEach((name) => made.add(name));
  }
  names.push(...panel.fieldConfig.overrides.map(({ matcher }) => matcher.options));
  const { fields } = panel.options.reduceOptions || {};
  if (fields && fields !== '/.*/') names.push(fields.slice(2, -2));
  return names.filter((name) => !made.has(name));
}

test('every field that a panel names is one of the schema', () => {
  let count = 0;
  for (const panel of panels) {
    const { command, keyName } = targetOf(panel);
    const stream = keyName === 'events' ? 'events' : 'connector:{<id>}:syncs';
    const known = { hgetall: readme.fields['connector:{<id>}'],
      xrange: { $streamId: '', $time: '', ...readme.fields[stream] } }[command] || {};
    for (const name of namesOf(panel)) {
      assert.ok(name in known, `${panel.title}: ${name}`);
      count += 1;
    }
  }
  assert.ok(count > 30);
});

test('panels have ids of their own and do not overlap', () => checkLayout(dashboard));

test('a connector leads to its page', () => {
  const linkOf = checkLinks(dashboard, ['Failing, and since when', 'Running a sync, with their states']);
  assert.equal(linkOf('https://x/_lastsync/', 'a b&c'), 'https://x/_lastsync/?connector=a%20b%26c');
});
