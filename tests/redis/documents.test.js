// The descriptions of the data agree with the code's tables: the schema, the API, the man page, the rights of the
// dashboards' user and the Grafana dashboard are compared with fields.def and words.def.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { readDocument, sectionOf } = require('../lib/documents');
const { REPOSITORY } = require('../lib/stack');
const readme = require('./readme');

const read = (...names) => fs.readFileSync(path.join(REPOSITORY, ...names), 'utf8');

// The rows of a macro in a table: the texts after its enumerator.
function rowsOf(text, macro) {
  const rows = [...text.matchAll(new RegExp(`^${macro}\\((.*)\\)$`, 'gm'))].map(([, row]) => row);
  assert.ok(rows.length > 0, macro);
  return rows.map((row) => row.split(/, */));
}

const FIELDS = read('cgi', 'store', 'schema', 'fields.def');
const WORDS = read('cgi', 'store', 'schema', 'words.def');
const SCHEMA = readDocument('cgi/store/README.md');
const unquoted = (text) => text.replace(/^"|"$/g, '');

const TYPES = { STRING: 'text', MAP: 'JSON', OBJECT: 'JSON', RECORD: 'JSON', RECORDS: 'JSON',
  BOOLEAN: 'boolean', INSTANT: 'datetime', CHOICE: 'word', LONG: 'decimal' };

// { name: { type, unit, secret } } of a document, as the code stores it.
function storedFields(kind) {
  const stored = {};
  for (const row of rowsOf(FIELDS, `${kind}_FIELD`)) {
    const [, name, type, secrecy] = row;
    stored[unquoted(name)] = { type: TYPES[type], unit: unquoted(row.at(-1)),
      secret: secrecy === 'SECRET' };
  }
  for (const [, name, type, unit] of rowsOf(FIELDS, `${kind}_(?:OWN|READ)`)) {
    stored[unquoted(name)] = { type: unquoted(type), unit: unquoted(unit), secret: false };
  }
  return stored;
}

for (const [kind, key] of [['CONNECTOR', 'connector:{<id>}'], ['JOB', 'sync_job:{<id>}']]) {
  const stored = storedFields(kind);
  for (const secret of [false, true]) {
    const name = secret ? `${key}:secrets` : key;
    test(`the schema has the fields of ${name}, with types and units`, () => {
      const wanted = Object.entries(stored).filter(([, field]) => field.secret === secret)
        .map(([field, { type, unit }]) => [field, type, unit]).sort();
      const documented = Object.entries(readme.fields[name])
        .map(([field, type]) => [field, type, readme.units[name][field]]).sort();
      assert.ok(wanted.length > 0);
      assert.deepEqual(documented, wanted);
    });
  }
}

// Each pattern of the dashboards' user, without its prefix.
const allowed = readme.userCommand('x').filter((word) => word.startsWith('%R~'))
  .map((word) => word.slice(3));

test('the dashboards\' user has rights to each key that is not secret, and to no other', () => {
  const isHidden = ({ name }) => /:secrets$|:token$|:intents$|^lastsync:/.test(name);
  const wanted = readme.keys.filter((key) => !isHidden(key))
    .map(({ name }) => name.replace(/\{<\w+>\}/g, '{*}').replace('<status>', '*')).sort();
  assert.deepEqual([...allowed].sort(), wanted);
});

test('the man page has every key of the schema', () => {
  const page = read('nginx', 'man', 'lastsync-schema.7').replace(/ , Li /g, '\n.It Li ');
  const named = [...page.matchAll(/^\.It Li (.*)$/gm)].map(([, words]) => words
    .replace(/ Ns Ar (\w+)/g, '<$1>').replace(/ Ns Li /g, '').replace(/ /g, ''));
  assert.deepEqual(named.sort(), readme.keys.map(({ name }) => name).sort());
});

const statuses = rowsOf(WORDS, 'SYNC_STATUS').map(([, word, nature, code]) =>
  ({ word: unquoted(word), nature, code: unquoted(code) }));
const ended = statuses.filter(({ nature }) => nature === 'ENDED');

test('the schema has the codes of the statuses with which syncs end', () => {
  const [, cell] = /^\| `status_code` \| decimal \| \| (.*) \|$/m.exec(SCHEMA);
  const codes = [...cell.matchAll(/`(\d)` (\w+)/g)].map(([, code, word]) => `${code} ${word}`);
  assert.deepEqual(codes, ended.map(({ word, code }) => `${code} ${word}`).sort());
});

test('the schema has the words of statuses, the API those of states', () => {
  const words = statuses.map(({ word }) => word).join(' ');
  assert.ok(SCHEMA.includes(`one of \`${words}\` |`), words);
  const own = rowsOf(WORDS, 'CONNECTOR_STATUS_WORD').map(([, word]) => unquoted(word)).join(' ');
  assert.ok(SCHEMA.includes(`| \`status\` | word | | \`${own}\` |`), own);
  const states = rowsOf(WORDS, 'CONNECTOR_STATE').map(([, word]) => unquoted(word));
  const table = sectionOf('cgi/api/README.md', '### 11.1 How a connector stands');
  assert.deepEqual([...table.matchAll(/^\| `(\w+)` \|/gm)].slice(0, states.length)
    .map(([, state]) => state), states);
});

const SIZE = 2 ** 40;
const classes = rowsOf(WORDS, 'STATE_CLASS').map(([name, before, after]) => ({ runs:
  name.endsWith('_RUNNING'), states: [before, after].map((state) => state.toLowerCase()) }));

test('the schema has the classes of scores, their ranges and their states', () => {
  const rows = [...SCHEMA.matchAll(
    /^\| (\d) \| (\d+) - (\d+) \| `(\w+)`(, runs)? \| .* \| `(\w+)` \|$/gm)];
  assert.deepEqual(rows.map(([, number, from, to, before, runs, after]) =>
    [Number(number), Number(from), Number(to), before, Boolean(runs), after]),
  classes.map(({ states, runs }, i) =>
    [i, i * SIZE, (i + 1) * SIZE - 1, states[0], runs, states[1]]));
});

// ---- Grafana ----

const dashboard = JSON.parse(read('nginx', 'grafana', 'redis.json'));

test('a range of scores in the Grafana dashboard is one of whole classes, and all are counted', () => {
  const counted = [];
  for (const { title, targets: [target] = [] } of dashboard.panels) {
    const [, from, to] = /^ZCOUNT standings (\d+) (\d+)$/.exec(target?.query ?? '') ?? [];
    const range = from ? [from, to] : target?.command === 'zrange' ? [target.min, target.max] : null;
    if (!range) continue;
    assert.equal(Number(range[0]) % SIZE, 0, title);
    assert.equal((Number(range[1]) + 1) % SIZE, 0, title);
    for (let at = Number(range[0]); from && at < Number(to); at += SIZE) counted.push(at / SIZE);
  }
  assert.deepEqual(counted.sort(), classes.map((_, i) => i));
});

test('the Grafana dashboard has a word for each code, and for each class that runs', () => {
  const mappings = [];
  const collect = (value) => {
    if (value === null || typeof value !== 'object') return;
    if (Array.isArray(value.mappings)) mappings.push(...value.mappings);
    if (value.id === 'mappings') mappings.push(...value.value);
    Object.values(value).forEach(collect);
  };
  collect(dashboard.panels);
  const codes = mappings.filter(({ type, options }) => type === 'value' && options['4']);
  assert.ok(codes.length > 0);
  for (const { options } of codes) {
    assert.deepEqual(Object.entries(options).map(([code, { text }]) => `${code} ${text}`),
      ended.map(({ word, code }) => `${code} ${word}`).sort());
  }
  const ranges = mappings.filter(({ type }) => type === 'range').map(({ options }) =>
    [options.from / SIZE, (options.to + 1) / SIZE, options.result.text]);
  assert.deepEqual(ranges, classes.map(({ states: [state] }, i) => [i, i + 1, state])
    .filter(([i]) => classes[i].runs));
});

test('the alerts and the Prometheus dashboard know the states that there are', () => {
  const states = rowsOf(WORDS, 'CONNECTOR_STATE').map(([, word]) => unquoted(word));
  for (const file of ['grafana/prometheus.json', 'prometheus/lastsync.rules.yml']) {
    const text = read('nginx', ...file.split('/')).replaceAll('\\"', '"');
    const named = [...text.matchAll(/\bstate=~?"([^"$]+)"/g)].flatMap(([, words]) => words.split('|'));
    assert.ok(named.length > 0, file);
    for (const state of named) assert.ok(states.includes(state), `${file}: ${state}`);
  }
});

test('the dashboard knows the states and statuses that there are', async () => {
  const module = encodeURIComponent(read('nginx', 'dashboard', 'words.js'));
  const words = await import(`data:text/javascript,${module}`);
  assert.deepEqual(Object.keys(words.STATES),
    rowsOf(WORDS, 'CONNECTOR_STATE').map(([, word]) => unquoted(word)));
  assert.deepEqual(Object.keys(words.STATUSES).sort(), statuses.map(({ word }) => word).sort());
});

// The texts of the files of a folder and those below it.
function sources(folder) {
  return fs.readdirSync(path.join(REPOSITORY, folder), { recursive: true }).filter((name) => name.endsWith('.c'))
    .map((name) => read(folder, name));
}

// A route as the tables of the API's document write it: the whole path, or its last part after that of another.
test('the API\'s tables have each route', () => {
  const rows = ['## 1. Routes', '## 11. Our own endpoints', '### 7.2 Endpoints']
    .flatMap((heading) => sectionOf('cgi/api/README.md', heading).split('\n'))
    .filter((line) => line.startsWith('| `'));
  const documented = new Set(rows.flatMap((row) => row.split(' | ')[0].match(/\/?_[\w/{}]+/g) || []));
  const routes = sources('cgi/api').flatMap((text) => [
    ...[...text.matchAll(/STR_ROW\("(\/_(?:connector|lastsync)[^"]*[^"/])"\)/g)].map(([, route]) => route),
    ...[...text.matchAll(/^ {4}(?:ROUTE|REPORT)\("(_\w+)"/gm)].map(([, part]) => part),
  ]).map((route) => route.replace(/\{\w+\}/g, '{id}'));
  assert.ok(routes.length > 40);
  const isDocumented = (route) => documented.has(route)
    || [...documented].some((name) => name.startsWith('/') && name.endsWith(`/${route}`))
    || documented.has(route.replace(/^\/_connector\/\{id\}\//, ''));
  assert.deepEqual(routes.filter((route) => !isDocumented(route)), []);
});
