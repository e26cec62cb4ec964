// lastsync check, export and import, and data of another version of the schema, with a real Redis
// under the running service.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile, execFileSync } = require('node:child_process');
const { promisify } = require('node:util');
const { after, before, test } = require('node:test');
const { PATIENCE, startStack, until } = require('../lib/stack');
const { startCommand } = require('../lib/command');
const { Redis } = require('../lib/redis');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-care-'));
let stack;
let redis;

before(async () => {
  stack = await startStack({ redis: ['--enable-debug-command', 'yes', '--key-load-delay', '100',
    '--loading-process-events-interval-bytes', '1024'] });
  redis = await Redis.connect(stack.redisSocket);
});
after(async () => {
  redis.close();
  await stack.stop();
  fs.rmSync(folder, { recursive: true });
});

// Runs a command against the stack's Redis: see startCommand.
function start(words, { input, database } = {}) {
  const address = `unix:${stack.redisSocket}${database ? `?db=${database}` : ''}`;
  return startCommand([...words, '--redis', address], input);
}

const run = (words, options) => start(words, options).ended;

async function call(method, target, body) {
  const answer = await fetch(`${stack.url}${target}`, { method,
    ...(body !== undefined && { body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' } }) });
  return { status: answer.status, json: await answer.json() };
}

async function make(method, target, body) {
  const { status, json } = await call(method, target, body);
  assert.equal(status < 300, true, JSON.stringify(json));
  return json;
}

async function read(key) {
  switch (await redis.command('TYPE', key)) {
    case 'hash': {
      const words = await redis.command('HGETALL', key);
      const pairs = words.flatMap((word, i) => (i % 2 ? [] : [[word, words[i + 1]]]));
      return Object.fromEntries(pairs.sort());
    }
    case 'zset': return redis.command('ZRANGE', key, '0', '-1', 'WITHSCORES');
    case 'stream': return redis.command('XRANGE', key, '-', '+');
    case 'set': return (await redis.command('SMEMBERS', key)).sort();
    case 'string': return redis.command('GET', key);
    default: return null;
  }
}

// The whole database, except keys that expire.
async function snapshot() {
  const found = {};
  for (const key of (await redis.command('KEYS', '*')).sort()) {
    if ((await redis.command('PTTL', key)) === -1) found[key] = await read(key);
  }
  return found;
}

async function empty() {
  await redis.command('FLUSHALL');
  await redis.command('HSET', 'lastsync:schema', 'version', '2', 'shards', '1');
}

// Connectors, reports, jobs and a key; gives the ids of the jobs.
async function fill() {
  await empty();
  const schedule = { enabled: true, interval: '0 0 * * * ?' };
  for (const id of ['a', 'b', 'c', '{d} % \n"']) {
    const target = `/_connector/${encodeURIComponent(id)}`;
    await make('PUT', target, { index_name: id === 'c' ? null : `search-${'abcd'.indexOf(id)}`,
      name: id, service_type: 'x' });
    await make('PUT', `${target}/_last_sync`, { last_sync_status: 'in_progress' });
    await make('PUT', `${target}/_last_sync`, { last_sync_status: 'completed',
      last_indexed_document_count: 42, last_sync_error: null });
  }
  await make('PUT', '/_connector/a/_scheduling', { scheduling: { full: schedule } });
  await make('PUT', '/_connector/a/_configuration', { configuration: {
    password: { label: 'p', value: 'secret', sensitive: true } } });
  await make('DELETE', '/_connector/b');
  const jobs = [];
  for (const type of ['full', 'incremental', 'access_control']) {
    jobs.push((await make('POST', '/_connector/_sync_job', { id: 'a', job_type: type })).id);
  }
  await make('PUT', `/_connector/_sync_job/${jobs[1]}/_cancel`);
  await make('PUT', `/_connector/_sync_job/${jobs[2]}/_claim`, { worker_hostname: 'w' });
  const key = await run(['key', 'create', '--role', 'monitor_connector', '--json']);
  assert.equal(key.code, 0, key.stderr);
  return { jobs, key: JSON.parse(key.stdout).id };
}

const summary = (wrong, fixed, notes = 0) =>
  new RegExp(`: ${wrong} wrong, ${fixed} of them fixed; ${notes} notes\n$`);

async function expectWell(notes = 0) {
  const { code, stdout, stderr } = await run(['check']);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, summary(0, 0, notes));
  assert.equal(stderr, '');
}

test('of a service that works, nothing is wrong, and check changes nothing', async () => {
  await fill();
  const earlier = await snapshot();
  await expectWell();
  assert.deepEqual((await run(['check', '--fix'])).code, 0);
  assert.deepEqual(await snapshot(), earlier);
});

// [damage to the data, what check says of it]
const DAMAGE = [
  ['a connector is in no list', () => ['ZREM', 'connectors', 'search-0 a'],
    /connector "a" is not in its places in connectors and directory/],
  ['a connector is in the wrong place', () => ['ZADD', 'connectors', '2', 'search-0 a'],
    /connector "a" is not in its places in connectors and directory/],
  ['a list has a connector by another name', () => ['ZADD', 'connectors', '0', 'other a'],
    /connectors lists "other a"/],
  ['a list has a connector that is gone', () => ['ZADD', 'connectors', '1', ' gone'],
    /connectors lists " gone"/],
  ['a list has what is no connector', () => ['ZADD', 'connectors', '1', 'nonsense'],
    /connectors lists "nonsense"/],
  ['a connector stands nowhere', () => ['ZREM', 'standings', '{d} % \n"'],
    /connector "\{d\} % \\n\\"" is not in its places in standings and successes/],
  ['a connector stands wrong', () => ['ZADD', 'standings', '7', 'a'],
    /connector "a" is not in its places in standings and successes/],
  ['one that is deleted stands somewhere', () => ['ZADD', 'standings', '7', 'b'],
    /"standings" lists connector "b", which is gone or deleted/],
  ['one that is gone stands somewhere', () => ['ZADD', 'standings', '7', 'gone'],
    /"standings" lists connector "gone"/],
  ['a connector has no success where it should', () => ['ZADD', 'successes', '7', 'c'],
    /connector "c" is not in its places in standings and successes/],
  ['one that is gone has a success', () => ['ZADD', 'successes', '7', 'gone'],
    /"successes" lists connector "gone"/],
  ['a connector is due at another time', () => ['HSET', 'connector:{c}', '_due_at', '7'],
    /connector "c" is not in its places in standings and successes/],
  ['the directory has a connector twice', () => ['ZADD', 'directory', '0', '0other\0a\0\0search-0\0\0.'],
    /directory lists "0other/],
  ['the directory has what is no connector', () => ['ZADD', 'directory', '0', 'nonsense'],
    /directory lists "nonsense"/],
  ['a service type is counted wrong', () => ['HSET', 'service_types', 'x', '7'],
    /service_types does not count what the directory lists/],
  ['a service type that nobody has is counted', () => ['HSET', 'service_types', 'gone', '1'],
    /service_types does not count what the directory lists/],
  ['no service type is counted', () => ['DEL', 'service_types'],
    /service_types does not count what the directory lists/],
  ['an index name is free', () => ['DEL', 'index_name:{search-0}'],
    /connector "a" does not hold its index name/],
  ['an index name is held by one that does not have it',
    () => ['SET', 'index_name:{search-9}', 'c'], /index name "search-9" is held by/],
  ['an index name is held by one that is gone', () => ['SET', 'index_name:{search-9}', 'gone'],
    /index name "search-9" is held by/],
  ['a job is not among all', ({ jobs }) => ['ZREM', '{sync_jobs}', jobs[0]],
    /sync job "\S+" is not in all of its lists/],
  ['a job is not among those of its status', ({ jobs }) => ['ZREM', '{sync_jobs}:pending', jobs[0]],
    /sync job "\S+" is not in all of its lists/],
  ['a job is not among those of its connector',
    ({ jobs }) => ['ZREM', 'connector:{a}:sync_jobs:pending', jobs[0]],
    /sync job "\S+" is not in all of its lists/],
  ['a job has a wrong time', ({ jobs }) => ['ZADD', '{sync_jobs}', '5', jobs[0]],
    /sync job "\S+" is not in all of its lists/],
  ['a job is listed by another status', ({ jobs }) => ['ZADD', '{sync_jobs}:error', '5', jobs[0]],
    /"\{sync_jobs\}:error" lists sync job "\S+"/],
  ['a job is listed by another connector',
    ({ jobs }) => ['ZADD', 'connector:{c}:sync_jobs', '5', jobs[0]],
    /"connector:\{c\}:sync_jobs" lists sync job "\S+"/],
  ['a job that is gone is listed', () => ['ZADD', '{sync_jobs}:pending', '5', 'gone'],
    /"\{sync_jobs\}:pending" lists sync job "gone"/],
  ['a job that is gone is listed by a connector',
    () => ['ZADD', 'connector:{c}:sync_jobs:error', '5', 'gone'],
    /"connector:\{c\}:sync_jobs:error" lists sync job "gone"/],
  ['a history has no connector', () => ['XADD', 'connector:{gone}:syncs', '*', 'at', 'now'],
    /"connector:\{gone\}:syncs" belongs to a document that is gone/],
  ['a connector that is gone is muted', () => ['ZADD', 'muted', '5', 'gone'],
    /"muted" lists connector "gone", which is gone or deleted/],
  ['days have no connector', () => ['HSET', 'connector:{gone}:days', '2026-01-01', '1 0 0 0 0 0 0'],
    /"connector:\{gone\}:days" belongs to a document that is gone/],
  ['secrets have no connector', () => ['HSET', 'connector:{gone}:secrets', 'api_key_id', 'x'],
    /"connector:\{gone\}:secrets" belongs to/],
  ['secrets have no job', () => ['HSET', 'sync_job:{gone}:secrets', 'connector', '{}'],
    /"sync_job:\{gone\}:secrets" belongs to/],
  ['a key is not listed', ({ key }) => ['SREM', 'lastsync:keys', key],
    /key of access control "\S+" is not in lastsync:keys/],
  ['the data does not say its version', () => ['HDEL', 'lastsync:schema', 'version'],
    /the data does not say its version/],
];

test('a sign of life by the system index keeps a connector in its places', async () => {
  await empty();
  await make('PUT', '/_connector/seen', {});
  await make('PUT', '/_connector/seen/_last_sync', { last_sync_status: 'in_progress' });
  for (const doc of [{ last_seen: '2090-01-01T00:00:00Z' }, { last_seen: null },
    { last_seen: '2090-01-01T00:00:00Z', language: 'en' }, { last_seen: null, language: 'de' }]) {
    await make('POST', '/.elastic-connectors/_update/seen', { doc });
    await expectWell();
  }
});

test('each damage is found, and mended, and nothing else changes', async (t) => {
  const things = await fill();
  const good = await snapshot();
  for (const [name, damage, sentence] of DAMAGE) {
    await t.test(name, async () => {
      await redis.command(...damage(things));
      const bad = await snapshot();
      const found = await run(['check']);
      assert.equal(found.code, 1, found.stdout + found.stderr);
      assert.match(found.stdout, /^wrong: [^\n]+\n[^\n]+\n$/);
      assert.match(found.stdout, sentence);
      assert.match(found.stdout, summary(1, 0));
      assert.equal(found.stderr, '');
      assert.deepEqual(await snapshot(), bad);
      const fixed = await run(['check', '--fix']);
      assert.equal(fixed.code, 0, fixed.stdout + fixed.stderr);
      assert.match(fixed.stdout, /^fixed: [^\n]+\n[^\n]+\n$/);
      assert.match(fixed.stdout, summary(1, 1));
      const { ...now } = await snapshot();
      assert.deepEqual(now, good);
    });
  }
});

// Damage that only its owner can mend: it is reported, and left alone.
const UNMENDABLE = [
  [['SET', 'connector:{x}', 'foreign'], /"connector:\{x\}" is a string, and should be a hash/],
  [['SADD', 'connector:{a}:syncs:x', 'nothing of ours'], null],
  [['HSET', 'connector:{a}', 'last_synced', 'yesterday'],
    /connector "a": its field "last_synced" cannot be read/],
  [['HSET', 'connector:{a}', 'sync_cursor', '{"a":'], /its field "sync_cursor" cannot be read/],
  [['HSET', 'connector:{a}', 'last_indexed_document_count', 'many'],
    /its field "last_indexed_document_count" cannot be read/],
  [['HSET', 'connector:{a}:secrets', 'configuration', '[]'],
    /its field "configuration" cannot be read/],
  [['HSET', 'connector:{a}', 'configuration', '{}'], /its field "configuration" cannot be read/],
  [['HSET', 'connector:{a}', 'status', 'unknown'], /its field "status" cannot be read/],
  [['HSET', 'connector:{a}', '_version', '1e3'], /its field "_version" cannot be read/],
  [['HSET', 'sync_job:{x}', 'job_type', 'full'], /sync job "x" lacks required fields/],
  [['SET', 'connector:{c}:days', 'foreign'], /wrong: connector "c" cannot be read/],
  [['SET', 'connector:{c}:syncs', 'foreign'], /wrong: connector "c" cannot be read/],
];

test('what cannot be mended is told, and left alone', async () => {
  for (const [damage, sentence] of UNMENDABLE) {
    await fill();
    await redis.command(...damage);
    const bad = await snapshot();
    const { code, stdout, stderr } = await run(['check', '--fix']);
    assert.equal(code, sentence ? 1 : 0, stdout + stderr);
    if (sentence) assert.match(stdout, sentence);
    assert.deepEqual(await snapshot(), bad);
  }
});

test('documents that Redis does not let it read are wrong', async () => {
  await fill();
  await redis.command('ACL', 'SETUSER', 'default', '-xrange');
  const { code, stdout } = await run(['check']);
  await redis.command('ACL', 'SETUSER', 'default', '+xrange');
  assert.equal(code, 1, stdout);
  for (const id of ['a', 'b', 'c']) assert.match(stdout, new RegExp(`wrong: connector "${id}" cannot be read\n`));
  assert.match(stdout, summary(4, 0));
});

test('of two connectors with one index name, the second is told of', async () => {
  await fill();
  await redis.command('HSET', 'connector:{c}', 'index_name', 'search-0');
  const { code, stdout } = await run(['check', '--fix']);
  assert.equal(code, 1, stdout);
  assert.match(stdout, /wrong: connector "c" does not hold its index name/);
  assert.match(stdout, /fixed: connector "c" is not in its places in connectors and directory/);
  assert.equal(await redis.command('GET', 'index_name:{search-0}'), 'a');
});

test('a job whose connector is gone is a note', async () => {
  await fill();
  await make('DELETE', '/_connector/a?hard=true');
  const { code, stdout } = await run(['check']);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /note: sync job "\S+" belongs to a connector that is gone/);
  assert.match(stdout, summary(0, 0, 3));
});

test('a directory that is gone is made anew, and the counts of service types stay right', async () => {
  await fill();
  const good = await snapshot();
  await redis.command('DEL', 'directory');
  const found = await run(['check']);
  assert.equal(found.code, 1);
  assert.match(found.stdout, /wrong: service_types does not count what the directory lists/);
  assert.match(found.stdout, summary(5, 0));
  const fixed = await run(['check', '--fix']);
  assert.equal(fixed.code, 0, fixed.stdout + fixed.stderr);
  assert.match(fixed.stdout, summary(4, 4));
  assert.deepEqual(await snapshot(), good);
});

test('much damage is mended at once', async () => {
  await fill();
  for (let i = 0; i < 2500; i++) await redis.command('ZADD', 'connectors', '1', ` gone${i}`);
  const { code, stdout } = await run(['check', '--fix']);
  assert.equal(code, 0, stdout.slice(-200));
  assert.match(stdout, summary(2500, 2500));
  await expectWell();
});

// Writers that change the same few connectors and jobs without a pause, until they are told to end.
async function load(writers, state) {
  const random = (most) => Math.floor(Math.random() * most);
  const steps = [
    (id) => call('PUT', `/_connector/${id}`, { index_name: `search-${random(4)}` }),
    (id) => call('PUT', `/_connector/${id}`, {}),
    (id) => call('DELETE', `/_connector/${id}`),
    (id) => call('DELETE', `/_connector/${id}?hard=true`),
    (id) => call('PUT', `/_connector/${id}/_last_sync`, { last_sync_status:
      ['completed', 'error', 'in_progress'][random(3)], last_indexed_document_count: random(99) }),
    (id) => call('PUT', `/_connector/${id}/_index_name`, { index_name: `search-${random(4)}` }),
    async (id) => {
      const { json } = await call('POST', '/_connector/_sync_job', { id });
      if (json.id) state.jobs.push(json.id);
    },
    () => state.jobs.length && call('PUT',
      `/_connector/_sync_job/${state.jobs[random(state.jobs.length)]}/_cancel`),
    () => state.jobs.length && call('DELETE',
      `/_connector/_sync_job/${state.jobs.splice(random(state.jobs.length), 1)[0]}`),
  ];
  await Promise.all(Array.from({ length: writers }, async () => {
    while (state.left-- > 0) await steps[random(steps.length)](`c${random(6)}`);
  }));
}

test('under racing writers, check raises no alarm, and --fix does no harm', async () => {
  await empty();
  const state = { left: 12000, jobs: [] };
  const loading = load(8, state);
  let rounds = 0;
  while (state.left > 0) {
    const { code, stdout, stderr } = await run(rounds % 2 ? ['check', '--fix'] : ['check']);
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /: 0 wrong, 0 of them fixed/);
    rounds++;
  }
  await loading;
  assert.equal(rounds > 1, true, `${rounds} rounds`);
  const { code, stdout } = await run(['check']);
  assert.equal(code, 0, stdout);
});

// ---- export and import ----

const sorted = (text) => text.trimEnd().split('\n').map((line) => {
  const { time, ...rest } = JSON.parse(line);
  return time ? JSON.stringify(rest) : line;
}).sort();

async function exported(words = [], database) {
  const { code, stdout, stderr } = await run(['export', ...words], { database });
  assert.equal(code, 0, stderr);
  assert.equal(stderr, '');
  return stdout;
}

async function imported(input, words = [], database) {
  const { code, stderr } = await run(['import', ...words], { input, database });
  assert.equal(code, 0, stderr);
  return stderr;
}

test('an export that is imported elsewhere gives the same export', async () => {
  await fill();
  const hostile = '"}\n{"type":"end"}\u2028\u0000\u{1f600} %s {x}';
  await make('PUT', '/_connector/h', { name: hostile, description: '\u0001\\' });
  await make('PUT', '/_connector/h/_last_sync', { last_sync_error: hostile,
    last_sync_status: 'error', sync_cursor: { [hostile.replace('\u0000', '')]: [1.50, null] } });
  await redis.command('HSET', 'connector:{h}:days', '2026-01-01', '1 2 3 4 5 6 7',
    '2026-01-02', '1 2 3 4 5 6 7 8 9 10 11 12');
  await make('PUT', '/_lastsync/connector/h/mute', { note: 'known' });
  const good = await snapshot();
  const text = await exported(['--keys']);
  await redis.command('FLUSHALL');
  for (const key of ['hour', 'hours', 'days']) delete good[key]; // counts of all connectors are no document
  delete good['connector:{b}']._due_at; // an import derives it anew, but not for a deleted connector
  assert.match(await imported(text), /^9 documents: 9 made, 0 replaced, 0 skipped, 0 there already/);
  assert.deepEqual(await snapshot(), good);
  assert.deepEqual(sorted(await exported(['--keys'])), sorted(text));
  await expectWell();
  assert.match(await imported(text), /^9 documents: 0 made, 0 replaced, 0 skipped, 9 there already/);
  assert.deepEqual(await snapshot(), good);
});

// Microseconds that a client took for milliseconds, and the limits of what is accepted.
const DISTANT = { last_sync_scheduled_at: '1699542788000000',
  last_access_control_sync_scheduled_at: '9223372036854775807',
  last_incremental_sync_scheduled_at: '-9223372036854775808' };

test('datetimes of distant years are exported, imported, and accepted as they are shown', async () => {
  await fill();
  for (const last_synced of [DISTANT.last_sync_scheduled_at, '-10000-02-29T00:00:00Z']) {
    await make('PUT', '/_connector/distant', { name: 'n' });
    await make('PUT', '/_connector/distant/_last_sync',
      { ...DISTANT, last_synced, last_sync_status: 'completed' });
    const { json: shown } = await call('GET', '/_connector/distant');
    assert.equal(shown.last_sync_scheduled_at, '+55826-05-15T02:53:20.000Z');
    assert.equal(shown.last_access_control_sync_scheduled_at, '+292278994-08-17T07:12:55.807Z');
    assert.equal(shown.last_incremental_sync_scheduled_at, '-292275055-05-16T16:47:04.192Z');
    const names = [...Object.keys(DISTANT), 'last_synced'];
    const report = Object.fromEntries(names.map((name) => [name, shown[name]]));
    assert.deepEqual(await make('PUT', '/_connector/distant/_last_sync', report),
      { result: 'noop' });
    const text = await exported(['--keys']);
    const good = await snapshot();
    for (const key of ['hour', 'hours', 'days']) delete good[key]; // counts of all connectors are no document
    delete good['connector:{b}']._due_at; // as above
    await redis.command('FLUSHALL');
    await imported(text);
    assert.deepEqual(await snapshot(), good);
    await expectWell();
  }
});

// A document that an import writes over a changed one continues from its version.
function goOn(snapshot, key, writes) {
  snapshot[key]._version = String(Number(snapshot[key]._version || 0) + writes);
}

test('an export has keys only with --keys, and no secrets with --no-secrets', async () => {
  await fill();
  const all = await exported(['--keys']);
  assert.match(all, /"value\\":\\"secret/);
  assert.match(all, /"type":"key"/);
  assert.doesNotMatch(await exported(), /"type":"key"/);
  const text = await exported(['--keys', '--no-secrets']);
  assert.doesNotMatch(text, /"secrets"|\\"secret\\"/);
  assert.equal(text.trimEnd().split('\n').length, all.trimEnd().split('\n').length);
  const good = await snapshot();
  await make('PUT', '/_connector/a/_name', { name: 'another' });
  await imported(text, ['--on-conflict', 'replace']); // the secrets stay
  goOn(good, 'connector:{a}', 2);
  assert.deepEqual(await snapshot(), good);
});

test('conflicts: fail writes nothing, skip leaves, replace replaces', async () => {
  await fill();
  const good = await snapshot();
  const name = path.join(folder, 'conflict');
  assert.equal((await run(['export', name])).code, 0);
  await make('PUT', '/_connector/c/_name', { name: 'another' });
  await make('DELETE', '/_connector/a?hard=true');
  const earlier = await snapshot();
  const failed = await run(['import', name]);
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /^lastsync: line \d+: connector "c" exists already, and differs/);
  assert.deepEqual(await snapshot(), earlier);
  const skipped = await run(['import', '--on-conflict=skip', name]);
  assert.match(skipped.stderr, /1 made, 0 replaced, 1 skipped/);
  assert.equal((await make('GET', '/_connector/c')).name, 'another');
  const replaced = await run(['import', '--on-conflict', 'replace', name]);
  assert.match(replaced.stderr, /0 made, 1 replaced, 0 skipped/);
  goOn(good, 'connector:{c}', 2);
  assert.deepEqual(await snapshot(), good);
});

test('check --fix says that Redis took no writes', async () => {
  await fill();
  await redis.command('DEL', 'service_types');
  await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '1');
  try {
    const { code, stdout, stderr } = await run(['check', '--fix']);
    assert.equal(code > 0, true, stdout);
    assert.doesNotMatch(stdout, /0 wrong/);
    assert.match(stderr, /lastsync: Redis is away, or cannot serve now\n$/);
  } finally {
    await redis.command('CONFIG', 'SET', 'min-replicas-to-write', '0');
  }
  const { code, stdout } = await run(['check', '--fix']);
  assert.equal(code, 0, stdout);
  assert.match(stdout, /fixed: service_types/);
});

test('a full Redis keeps keys and secrets that an import was to replace', async () => {
  await fill();
  await make('POST', '/_connector/_secret', { value: 'sesame' });
  const good = await snapshot();
  const text = await exported(['--keys']);
  const kinds = new Set();
  const changed = text.trimEnd().split('\n').map((line) => {
    const { type, ...rest } = JSON.parse(line);
    if (type !== 'key' && type !== 'secret') return line;
    kinds.add(type);
    return JSON.stringify({ type, ...rest, fields: { ...rest.fields, another: '1' } });
  }).join('\n');
  assert.deepEqual([...kinds].sort(), ['key', 'secret']);
  await redis.command('CONFIG', 'SET', 'maxmemory', '1');
  try {
    const { code, stderr } = await run(['import', '--on-conflict', 'replace'], { input: changed });
    assert.notEqual(code, 0);
    assert.match(stderr, /it could not be written/);
    assert.deepEqual(await snapshot(), good);
  } finally {
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
  }
  assert.match(await imported(changed, ['--on-conflict', 'replace']), / [1-9]\d* replaced/);
  assert.notDeepEqual(await snapshot(), good);
  await imported(text, ['--on-conflict', 'replace']); // what the former one had alone is gone
  assert.deepEqual(await snapshot(), good);
});

// Many lines are written in one go.
function manyLines(count, change = () => {}) {
  const documents = Array.from({ length: count }, (_, i) => ({ type: 'connector', id: `c${i}`,
    fields: { deleted: 'false', index_name: `search-${i}` }, secrets: {}, history: [] }));
  change(documents);
  return ['{"type":"meta","format":1,"schema":2}', ...documents.map((document) => JSON.stringify(document)),
    `{"type":"end","documents":${documents.length}}\n`].join('\n');
}

const idsNow = async () => (await make('GET', '/_connector?size=1000')).results.map(({ id }) => id);

test('from standard input, what stands before a wrong line is written, and nothing behind it', async () => {
  const mistakes = [
    [(documents) => { documents[200].fields = 1; }, /line 202: /],
    [(documents) => { documents[200].id = 'there'; }, /line 202: connector "there" exists already, and differs/],
    [(documents) => { documents[200] = { ...documents[150], fields: { deleted: 'false' } }; },
      /line 202: connector "c150" exists already, and differs/],
  ];
  for (const [change, sentence] of mistakes) {
    await empty();
    await make('PUT', '/_connector/there', {});
    const { code, stderr } = await run(['import'], { input: manyLines(300, change) });
    assert.equal(code, 1);
    assert.match(stderr, sentence);
    assert.match(stderr, /^lastsync: [^\n]+\n$/);
    const expected = [...Array.from({ length: 200 }, (_, i) => `c${i}`), 'there'];
    assert.deepEqual((await idsNow()).sort(), expected.sort());
    assert.equal((await run(['check'])).code, 0);
  }
});

test('a document that no import could read is not exported in silence', async () => {
  await empty();
  await make('PUT', '/_connector/c', {});
  const set = (bytes) => redis.command('EVAL', `return redis.call('HSET', KEYS[1], 'description', string.rep('x', ${bytes}))`, '1', 'connector:{c}');
  const file = path.join(folder, 'large');
  await set(67000000);
  assert.equal((await run(['export', file])).code, 0);
  await set(67108864);
  const { code, stderr } = await run(['export', file]);
  assert.equal(code, 1);
  assert.match(stderr, /connector "c" is too large: an import reads lines of 67108864 bytes/);
});

// Most likely it is not the Redis that was meant.
test('an export of nothing says so', async () => {
  await empty();
  const { code, stderr } = await run(['export']);
  assert.equal(code, 0);
  assert.equal(stderr, 'lastsync: the export is empty: this database has no documents\n');
});

test('a document that is in the file twice: the same is there already, another replaces', async () => {
  await empty();
  const again = (documents) => {
    documents.push(documents[2], { ...documents[3], fields: { deleted: 'false', name: 'new' } });
  };
  assert.match(await imported(manyLines(10, again), ['--on-conflict', 'replace']),
    /^12 documents: 10 made, 1 replaced, 0 skipped, 1 there already/);
  assert.equal((await make('GET', '/_connector/c3')).name, 'new');
  assert.equal((await run(['check'])).code, 0);
});

test('an import is repeated: it settles what was only written, and what was derived is no difference', async () => {
  await empty();
  await make('PUT', '/_connector/c', {});
  await make('PUT', '/_connector/c/_scheduling', { scheduling: { full: { enabled: true, interval: '0 0 * * * ?' } } });
  await make('PUT', '/_connector/c/_last_sync', { last_sync_status: 'completed', last_synced: '2026-01-01T00:00:00Z' });
  await make('PUT', '/_connector/d', {});
  await make('PUT', '/_connector/d/_last_sync', { last_sync_status: 'error', last_sync_error: 'no' });
  const text = await exported();
  const good = await snapshot();
  await redis.command('HDEL', 'connector:{c}', '_due_at', '_next_syncs'); // as before it was settled
  for (const id of ['c', 'd']) await redis.command('ZADD', 'standings', '0', id);
  await redis.command('ZADD', 'successes', '0', 'c');
  assert.match(await imported(text), /^2 documents: 0 made, 0 replaced, 0 skipped, 2 there already/);
  assert.deepEqual(await snapshot(), good);
  await empty();
  const events = ['--events', '100'];
  assert.match(await imported(text.replace(/"_failing_since":"\d+",/, ''), events), /^2 documents: 2 made/);
  assert.match(await redis.command('HGET', 'connector:{c}', '_told'), /^late /);
  assert.match(await redis.command('HGET', 'connector:{d}', '_failing_since'), /^\d+$/);
  assert.match(await imported(text, events), / 2 there already/);
});

test('two connectors of one index name: one is made, and the other is told of', async () => {
  await empty();
  const twice = (documents) => { documents[7].fields.index_name = 'search-3'; };
  const { code, stderr } = await run(['import'], { input: manyLines(10, twice) });
  assert.equal(code, 1);
  assert.match(stderr, /^lastsync: line [59]: connector "c[37]": another connector has its index name\n$/);
  assert.equal((await run(['check'])).code, 0, 'all that were written are whole');
  assert.match(await imported(manyLines(10, twice), ['--on-conflict', 'skip']), /0 replaced, 1 skipped, 9 there already/);
});

test('a file with a byte order mark is imported, one in UTF-16 is refused by name', async () => {
  await fill();
  const good = await snapshot();
  const text = await exported();
  await imported(`\ufeff${text}`);
  assert.deepEqual(await snapshot(), good);
  const refused = await run(['import'], { input: Buffer.from(`\ufeff${text}`, 'utf16le') });
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /line 1: at byte 1: this is UTF-16, and must be UTF-8/);
});

test('an export goes through links, and into pipes and devices', async () => {
  await fill();
  const expected = sorted(await exported());
  const at = (name) => path.join(folder, name);
  const read = (name) => sorted(fs.readFileSync(at(name), 'utf8'));
  fs.mkdirSync(at('daily'));
  fs.symlinkSync('daily/first', at('latest'));
  fs.symlinkSync(at('latest'), at('link-to-link'));
  for (const before of [null, 'old']) { // the target is made, then replaced
    if (before) fs.writeFileSync(at('daily/first'), before);
    assert.equal((await run(['export', at('link-to-link')])).code, 0);
    assert.deepEqual(read('daily/first'), expected);
    assert.equal(fs.statSync(at('daily/first')).mode & 0o777, 0o600);
  }
  assert.equal(fs.readlinkSync(at('latest')), 'daily/first');
  assert.deepEqual(fs.readdirSync(at('daily')), ['first']);
  fs.symlinkSync('round', at('round'));
  const round = await run(['export', at('round')]);
  assert.equal(round.code, 1);
  assert.match(round.stderr, /cannot be written: Too many levels of symbolic links/);
  assert.deepEqual(sorted(await exported(['/dev/stdout'])), expected);
  execFileSync('mkfifo', [at('fifo')]);
  const reader = promisify(execFile)('cat', [at('fifo')]);
  assert.equal((await run(['export', at('fifo')])).code, 0);
  assert.deepEqual(sorted((await reader).stdout), expected);
  assert.equal(fs.statSync(at('fifo')).isFIFO(), true);
  assert.equal((await run(['export', '/dev/null'])).code, 0);
  assert.equal(fs.statSync('/dev/null').isCharacterDevice(), true);
  const full = await run(['export', '/dev/full']);
  assert.equal(full.code, 1);
  assert.match(full.stderr, /it cannot be written: No space left on device/);
});

test('a wrong line is named, and nothing of the file is written', async () => {
  await fill();
  const lines = (await exported()).trimEnd().split('\n');
  await empty();
  const earlier = await snapshot();
  const meta = lines[0];
  const document = { type: 'connector', id: 'x', fields: { deleted: 'false' }, history: [] };
  const changed = (change) => JSON.stringify({ ...document, ...change });
  const end = (documents) => `{"type":"end","documents":${documents}}`;
  const mistakes = [
    [[...lines.slice(0, -1)], /line \d+: the file ends before/],
    [lines.slice(1), /line 1: the first line/],
    [[meta.replace('"format":1', '"format":2'), ...lines.slice(1)], /line 1: it has another format/],
    [[meta.replace('"schema":2', '"schema":3'), ...lines.slice(1)], /line 1: .*schema/],
    [[meta, '', end(0)], /line 2: it is empty/],
    [[meta, '{"type":"connector"', end(1)], /line 2: at byte \d+/],
    [[meta, '[]', end(1)], /line 2: it is not an object with a type/],
    [[meta, changed({ type: 'nonsense' }), end(1)], /line 2: there is no type "nonsense"/],
    [[meta, changed({ id: '' }), end(1)], /line 2: an id must have/],
    [[meta, changed({ id: 'x'.repeat(513) }), end(1)], /line 2: an id must have/],
    [[meta, changed({ other: 1 }), end(1)], /line 2: its member "other"/],
    [[meta, changed({ id: '\u009b2J\u007f', fields: {} }), end(1)], /line 2: "\\u009b2J\\u007f" lacks required fields/],
    [[meta, changed({ fields: {} }), end(1)], /line 2: "x" lacks required fields/],
    [[meta, changed({ fields: { deleted: false } }), end(1)], /line 2: the field "deleted"/],
    [[meta, changed({ fields: { deleted: 'false', status: 'odd' } }), end(1)], /line 2: .*"status"/],
    [[meta, changed({ fields: { deleted: 'false', index_name: 'a b' } }), end(1)], /line 2: "a b" is/],
    [[meta, changed({ fields: { deleted: 'false', configuration: '{}' } }), end(1)],
      /line 2: .*"configuration"/],
    [[meta, changed({ fields: Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, '']))
    }), end(1)], /line 2: it has more than 1000 fields/],
    [[meta, changed({ history: [{ id: '5', fields: { a: '1' } }] }), end(1)], /line 2: an entry/],
    [[meta, changed({ history: [{ id: '5-2', fields: { a: '1' } }, { id: '5-1', fields: { a: '1' } }]
    }), end(1)], /line 2: an entry/],
    [[meta, changed({ history: [{ id: '5-1', fields: {} }] }), end(1)], /line 2: the entry/],
    ...[['_version', '1e3'], ['_version', '9223372036854775807'], ['_muted_until', 'soon'],
      ['_version', ''], ['_failing_since', '-1'], ['_consecutive_failures', '1.5'], ['_last_duration_ms', '9007199254740993'],
      ['_next_syncs', ''], ['_next_syncs', 'x'], ['_next_syncs', '.'], ['_access_control_next_syncs', '5 soon'],
      ['_told', 'failing'], ['_told', 'fresh 5'], ['_told', 'late soon'], ['_today', '2026-01-01'],
      ['_today', 'today 1 0 0 0 0 0 0'], ['_counted', 'all'], ['_consecutive_failures', '007'], ['_version', '+5'],
      ...['007', '+5', '-', '.5', '5.', '1e3', ''].map((number) => ['last_indexed_document_count', number]),
      ['features', '\ufeff{}'], ['filtering', '\ufeff[]'], ['features', '{/**/}']].map(([name, value]) =>
      [[meta, changed({ fields: { deleted: 'false', [name]: value } }), end(1)],
        new RegExp(`line 2: its field "${name}" cannot be read`)]),
    ...['indexed', 'deleted', 'duration_ms'].map((name) =>
      [[meta, changed({ history: [{ id: '5-1', fields: { kind: 'content', [name]: 'None' } }] }), end(1)],
        new RegExp(`line 2: its field "${name}" cannot be read`)]),
    [[meta, changed({ days: { '2026-01-01': '1 2 3' } }), end(1)], /line 2: its day "2026-01-01" cannot be read/],
    [[meta, changed({ days: { yesterday: '1 0 0 0 0 0 0' } }), end(1)], /line 2: its day "yesterday"/],
    [[meta, changed({ history: Array.from({ length: 20001 }, (_, i) => ({ id: `5-${i}`, fields: { a: '1' } })) }), end(1)],
      /line 2: .*20000/],
    [[meta, changed({ history: 1 }), end(1)], /line 2: "history" must be a list/],
    [[meta, changed({ history: [0] }), end(1)], /line 2: an entry of its "history" is not an object/],
    [[meta, changed({ history: [{ id: '5-1', fields: { a: '1' }, other: 1 }] }), end(1)], /line 2: .* a member "other"/],
    [[meta, changed({ days: 1 }), end(1)], /line 2: "days" must be an object/],
    [[meta, changed({ id: 1 }), end(1)], /line 2: its member "id" is not a string/],
    ...[['{"type":"connector"', '"id"'], ['"id":"x"', '"id"'], ['"deleted":"false"', '"deleted"'], ['"a":"1"', '"a"'],
      ['"2026-01-01":"1 0 0 0 0 0 0"', '"2026-01-01"']].map(([member, name], i) =>
      [[meta, changed({ days: { '2026-01-01': '1 0 0 0 0 0 0' }, history: [{ id: '5-1', fields: { b: '', a: '1' } }] })
        .replace(member, i ? `${member},${member.replace(/^\{/, '')}` : '{"type":"connector","id":"x"'), end(1)],
        new RegExp(`line 2: .*${name} comes twice`)]),
    [[meta, JSON.stringify({ type: 'sync_job', id: 'j', fields: { job_type: 'full' } }), end(1)],
      /line 2: "j" lacks required fields/],
    [[meta, changed({}), end(2)], /line 3: it gives another number of documents/],
    [[meta, end(0), changed({})], /line 3: nothing may follow/],
    [[meta, Buffer.from('{"type":"\xff"}', 'latin1'), end(1)], /line 2: at byte \d+/],
  ];
  for (const [wrong, sentence] of mistakes) {
    const name = path.join(folder, 'wrong');
    fs.writeFileSync(name, Buffer.concat(wrong.flatMap((line) => [Buffer.from(line),
      Buffer.from('\n')])));
    const { code, stdout, stderr } = await run(['import', name]);
    assert.equal(code, 1, `${stderr} and not ${sentence}`);
    assert.match(stderr, sentence);
    assert.match(stderr, /^lastsync: [^\n]+\n$/);
    assert.equal(stdout, '');
    assert.deepEqual(await snapshot(), earlier);
  }
});

test('members may come in any order, as other programs write them', async () => {
  await fill();
  const text = await exported();
  const good = await snapshot();
  const turned = (object) => Object.fromEntries(Object.entries(object).reverse());
  const lines = text.trimEnd().split('\n').map((line) => {
    const { history, fields, ...rest } = JSON.parse(line);
    return JSON.stringify(turned({ ...rest, ...(fields && { fields: turned(fields) }),
      ...(history && { history: history.map(turned) }) }));
  });
  assert.match(lines[1], /^\{"(history|fields)":.*"type":"[a-z_]+"\}$/);
  await imported(lines.join('\n'));
  assert.deepEqual(await snapshot(), good);
});

test('a line that is too long is refused', async () => {
  const name = path.join(folder, 'long');
  fs.writeFileSync(name, Buffer.alloc(64 * 1024 * 1024 + 2, ' '));
  const { code, stderr } = await run(['import', name]);
  assert.equal(code, 1);
  assert.match(stderr, /line 1: it is longer than 67108864 bytes/);
});

test('lines of any length are read, the last one without an end, too', async () => {
  await empty();
  const sizes = Array.from({ length: 100 }, (_, i) => (i * i * 7919) % 200000);
  const lines = ['{"type":"meta","format":1,"schema":2}', ...sizes.map((size, i) => JSON.stringify({ type: 'connector',
    id: `c${i}`, fields: { deleted: 'false', description: 'x'.repeat(size) }, secrets: {}, history: [] })),
  '{"type":"end","documents":100}'];
  const { code, stderr } = await run(['import'], { input: lines.join('\n') });
  assert.equal(code, 0, stderr);
  assert.match(stderr, /^100 documents: 100 made/);
  for (const [i, size] of sizes.entries()) assert.equal(await redis.command('HSTRLEN', `connector:{c${i}}`, 'description'), size);
});

test('an import ends though more may come: by a fault, and by a signal', async () => {
  const name = path.join(folder, 'pipe');
  execFileSync('mkfifo', [name]);
  const writer = fs.openSync(name, 'r+'); // it stays open
  try {
    await empty();
    const wrong = start(['import', name]);
    fs.writeSync(writer, '{"type":"meta","format":1,"schema":2}\nwrong\n');
    const { code, stderr } = await wrong.ended;
    assert.equal(code, 1);
    assert.match(stderr, /line 2: /);
    for (const [signal, expected] of [['SIGINT', 130], ['SIGTERM', 143]]) {
      await empty();
      const { child, ended } = start(['import', name]);
      fs.writeSync(writer, manyLines(200).split('\n').slice(0, 151).join('\n').concat('\n'));
      await until(async () => (await idsNow()).length === 128, 'the first documents to be written');
      child.kill(signal);
      assert.equal((await ended).code, expected);
      assert.equal((await idsNow()).length, 128);
    }
  } finally {
    fs.closeSync(writer);
  }
});

// The peak memory of a command in KiB, read while it runs.
async function peakMemory(started) {
  let peak = 0;
  let ended = false;
  started.ended.then(() => { ended = true; });
  while (!ended) {
    try {
      const status = fs.readFileSync(`/proc/${started.child.pid}/status`, 'latin1');
      peak = Math.max(peak, Number((/VmHWM:\s+(\d+)/.exec(status) || [0, 0])[1]));
    } catch {
      break; // it has ended
    }
    await new Promise(setImmediate);
  }
  return peak;
}

test('10,000 connectors go out and in again in bounded memory', async () => {
  await empty();
  const lines = ['{"type":"meta","format":1,"schema":2}'];
  for (let i = 0; i < 10000; i++) {
    lines.push(JSON.stringify({ type: 'connector', id: `c${i}`, fields: { deleted: 'false',
      index_name: `search-${i}`, name: 'x'.repeat(500) }, secrets: {},
    history: [{ id: '1-1', fields: { at: 'x'.repeat(500) } }] }));
  }
  lines.push('{"type":"end","documents":10000}\n');
  const importing = start(['import'], { input: lines.join('\n') });
  const importPeak = await peakMemory(importing);
  const { code, stderr } = await importing.ended;
  assert.equal(code, 0, stderr);
  const name = path.join(folder, 'many');
  const exporting = start(['export', name]);
  const exportPeak = await peakMemory(exporting);
  assert.equal((await exporting.ended).code, 0);
  assert.equal(fs.statSync(name).mode & 0o777, 0o600);
  assert.equal(fs.existsSync(`${name}.part`), false);
  const checking = start(['check']);
  const checkPeak = await peakMemory(checking);
  assert.equal((await checking.ended).code, 0);
  assert.equal(fs.readFileSync(name, 'utf8').split('\n').length, 10003);
  for (const peak of [importPeak, exportPeak, checkPeak]) {
    assert.equal(peak > 0 && peak < 32 * 1024, true, `${importPeak} ${exportPeak} ${checkPeak} KiB`);
  }
});

test('an export that is interrupted leaves no file, and the former one in place', async () => {
  const name = path.join(folder, 'interrupted');
  fs.writeFileSync(name, 'former');
  for (const [signal, code] of [['SIGINT', 130], ['SIGTERM', 143]]) {
    const { child, ended } = start(['export', name]); // of 10,000 connectors
    await until(() => fs.existsSync(`${name}.part`), 'it to begin', PATIENCE, 1);
    child.kill(signal);
    assert.equal((await ended).code, code);
    assert.equal(fs.readFileSync(name, 'utf8'), 'former');
    assert.equal(fs.existsSync(`${name}.part`), false);
  }
});

test('an export to where nothing can be written says so', async () => {
  for (const name of [path.join(folder, 'no', 'folder'), `${folder}/${'x'.repeat(5000)}`]) {
    const { code, stderr } = await run(['export', name]);
    assert.equal(code, 1);
    assert.match(stderr, /^lastsync: [^\n]+\n$/);
  }
});

// ---- the version of the schema ----

async function reconnect() {
  await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
}

test('the first worker marks an empty database, and refuses one whose data have no version', async () => {
  await redis.command('FLUSHALL');
  await reconnect();
  await until(async () => (await call('GET', '/_connector')).status === 200 &&
    await redis.command('HGET', 'lastsync:schema', 'version') === '2', 'the version');
  assert.equal(await redis.command('HGET', 'lastsync:schema', 'shards'), '1');
  await redis.command('FLUSHALL');
  await redis.command('ZADD', 'connectors', '1', ' x');
  await reconnect();
  await until(async () => /check --fix/.test((await call('GET', '/_connector')).json.error?.reason),
    'the refusal');
  assert.equal(await redis.command('EXISTS', 'lastsync:schema'), 0);
  await empty();
  await reconnect();
  await until(async () => (await call('GET', '/_connector')).status === 200, 'it to serve');
});

test('data of another version is refused, in words, until it fits', async () => {
  await fill();
  for (const [version, sentence] of [['3', /newer/], ['odd', /newer/], ['1', /check --fix/]]) {
    await redis.command('HSET', 'lastsync:schema', 'version', version);
    await reconnect();
    const answer = await until(async () => {
      const seen = await call('GET', '/_connector/a');
      return seen.status === 503 && sentence.test(seen.json.error.reason) && seen;
    }, 'the refusal');
    assert.equal(answer.json.error.type, 'unavailable_exception');
    await until(async () => { // of the other worker, too
      const { status, json } = await call('GET', '/_lastsync/health/ready');
      return status === 503 && sentence.test(json.problems[0]);
    }, 'the problem to be told');
    const commands = [['export'], ['import'], ['key', 'list'], ...(version === '1' ? [] : [['check']])];
    for (const words of commands) {
      const { code, stdout, stderr } = await run(words);
      assert.equal(code, 69, `${words}: ${stdout}${stderr}`);
      assert.match(stderr, sentence);
    }
  }
  const found = await run(['check']);
  assert.equal(found.code, 1);
  assert.match(found.stdout, /^wrong: the data has an older version/);
  const fixed = await run(['check', '--fix']);
  assert.equal(fixed.code, 0, fixed.stdout + fixed.stderr);
  assert.match(fixed.stdout, /^fixed: the data has an older version/);
  assert.equal(await redis.command('HGET', 'lastsync:schema', 'version'), '2');
  await until(async () => (await call('GET', '/_connector/a')).status === 200, 'it to serve');
  await expectWell();
});

test('a version that Redis could not tell while it loaded is looked at once it serves', async () => {
  await fill();
  await redis.command('HSET', 'lastsync:schema', 'version', '3');
  await redis.command('DEBUG', 'POPULATE', '3000', 'ballast', '64');
  await redis.command('BGREWRITEAOF');
  await until(async () => /aof_rewrite_in_progress:0[^]*aof_rewrite_scheduled:0/.test(
    await redis.command('INFO', 'persistence')), 'the data to be written');
  await stack.redis.stop();
  await stack.redis.start({ wait: false });
  const reasons = new Set();
  await until(async () => {
    const { status, json } = await call('GET', '/_connector/a');
    reasons.add(status === 503 ? json.error.reason : status);
    return /newer/.test(json.error && json.error.reason);
  }, 'the refusal', PATIENCE, 1);
  assert.match([...reasons].pop(), /newer/);
});
