// Data of the schema's first version: `lastsync check --fix` upgrades them, though it is killed again and again, and
// `lastsync import` reads an export of them.
//
// version1.json.gz was written by the last program that had version 1 (commit fece1d4), with its own Redis and nginx,
// and has not been changed since. It holds `commands`, which write all keys; `keys` of access control; `exported`, by
// `lastsync export --keys`; and `answers`, that program's answers to GET requests, by target. The data were made
// through the API: connectors that are fresh (with 60 reports in their history), failing by content or by access
// control, late by age or by schedule, without a sync, disabled (one after a failure), and that run a sync: a first
// one, one of content or of access control, one that is being canceled, one after a failure; one with reports of both
// kinds of sync at once; one with all fields; one with odd characters in all texts; one with long texts; one deleted,
// whose index name another has; one deleted while it ran; and one gone, with a job left. Two connectors have jobs of
// each type in each status. Schedules that make a connector fresh begin in 2099, so that the answers of then are still
// right; connectors that ran are lost by now.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const zlib = require('node:zlib');
const { after, before, test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { startCommand } = require('../lib/command');
const { Redis } = require('../lib/redis');

const FILE = path.join(__dirname, 'version1.json.gz');
const OLD = JSON.parse(zlib.gunzipSync(fs.readFileSync(FILE)).toString());
const OVERVIEW = '/_lastsync/overview?size=100';
const TEXT_MAX = 1024; // bytes of a text in an overview, which version 1 did not cut

let stack;
let redis;

before(async () => {
  stack = await startStack();
  redis = await Redis.connect(stack.redisSocket);
});
after(async () => {
  redis?.close();
  await stack?.stop();
});

// Runs a command against the stack's Redis, or another: see startCommand.
const start = (words, { socket = stack.redisSocket, input } = {}) =>
  startCommand([...words, '--redis', `unix:${socket}`], input);
const run = (words, options) => start(words, options).ended;

// Runs a command whose connection to Redis goes through here, and kills it after `most` writes; a further one does
// not reach Redis.
async function runUntil(most, words) {
  const socket = path.join(stack.directory, 'cut.sock');
  const command = {};
  let sent = 0;
  const server = net.createServer((client) => {
    const behind = net.connect(stack.redisSocket);
    for (const one of [client, behind]) one.on('error', () => {});
    client.on('close', () => behind.destroy());
    behind.pipe(client);
    client.on('data', (data) => {
      if (++sent > most) command.child.kill('SIGKILL');
      else behind.write(data);
    });
  });
  await new Promise((resolve) => server.listen(socket, resolve));
  Object.assign(command, start(words, { socket }));
  const ended = await command.ended;
  await new Promise((resolve) => server.close(resolve));
  return { ...ended, sent };
}

async function load() {
  await redis.command('FLUSHALL');
  for (const command of OLD.commands) await redis.command(...command);
  // A request that the first version had begun.
  await redis.command('SADD', 'index_name:{search-new}:claims', 'someone');
  await redis.command('SET', 'index_name:{search-new}:look', 'someone');
}

// A list of times begins with the time when it was made.
const valueOf = (name, value) => (name.endsWith('_next_syncs') ? value.replace(/^\d+ /, '') : value);

// All that is stored, except the times when running connectors become lost, which depend on when they were settled, and
// the number of writes, because an upgrade writes each document.
async function snapshot() {
  const found = {};
  const read = { hash: ['HGETALL'], zset: ['ZRANGE', '0', '-1', 'WITHSCORES'], set: ['SMEMBERS'],
    string: ['GET'], stream: ['XRANGE', '-', '+'] };
  for (const key of (await redis.command('KEYS', '*')).sort()) {
    if (key === 'standings') continue;
    const [name, ...rest] = read[await redis.command('TYPE', key)];
    const reply = await redis.command(name, key, ...rest);
    const pairs = () => reply.flatMap((word, i) => (i % 2 || word === '_version' ? []
      : [[word, valueOf(word, reply[i + 1])]])).sort();
    found[key] = name === 'HGETALL' ? pairs() : name === 'SMEMBERS' ? reply.sort() : reply;
  }
  return found;
}

async function get(target, { url, headers } = stack) {
  const answer = await fetch(url + target, { headers });
  return { status: answer.status, json: await answer.json() };
}

// An id as it stands in keys.
const inKey = (id) => id.replace(/[{}%\n]/g,
  (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);

// ---- what must be as it was ----

// Lists sorted by time may have those of one millisecond in any order.
const byId = (a, b) => (a.id < b.id ? -1 : 1);
const isJobs = (target) => target.startsWith('/_connector/_sync_job?');

function comparable(target, { ...answer }) {
  if (isJobs(target)) answer.results = [...answer.results].sort(byId);
  return answer;
}

async function expectApiAnswers(from) {
  let count = 0;
  for (const [target, answer] of Object.entries(OLD.answers)) {
    if (target.startsWith('/_lastsync/')) continue;
    const { json } = await get(target, from);
    assert.deepEqual(comparable(target, json), comparable(target, answer), target);
    count++;
  }
  assert.ok(count > 80, String(count));
}

// Version 1 knew no other state while a sync runs; now the state stays what it was before.
const STATES_OF_RUNNING = { 'first running': ['running', 'lost'], running: ['fresh', 'lost'],
  'failing, running': ['failing'], 'access running': ['fresh', 'lost'], canceling: ['late', 'lost'] };

// A connector in an answer of either version, without what only the second has.
function rowOf({ state, due_at: due, content, access_control: access, history, ...rest }) {
  const row = { ...rest, name: rest.name.slice(0, TEXT_MAX), content: { ...content },
    access_control: { ...access } };
  for (const name of ['running_since', 'failing_since', 'muted', 'schedules']) delete row[name];
  for (const kind of [row.content, row.access_control]) delete kind.ended_status;
  delete row.access_control.schedule;
  for (const name of ['indexed_document_count', 'deleted_document_count', 'duration_ms']) {
    if (content.started_at) delete row.content[name]; // counts of the sync before are no longer shown
  }
  if (content.started_at || content.status === 'canceling') delete row.content.error; // see below
  return row;
}

// The second of the first failure since the last success, as version 1 had it in the stream.
function failingSince({ id, content, access_control: access }) {
  if (!content.consecutive_failures && !access.consecutive_failures) return null;
  const name = content.consecutive_failures ? 'status' : 'access_control_status';
  const statuses = OLD.commands.filter(([word, key]) => word === 'XADD' &&
    key === `connector:{${inKey(id)}}:syncs`)
    .map(([, , at, ...fields]) => [Number(at.split('-')[0]), fields[fields.indexOf(name) + 1]]);
  const success = statuses.findLastIndex(([, status]) => status === 'completed');
  const [at] = statuses.slice(success + 1).find(([, status]) => status === 'error');
  return new Date(Math.floor(at / 1000) * 1000).toISOString();
}

async function expectOverview(from) {
  const { json } = await get(OVERVIEW, from);
  const old = OLD.answers[OVERVIEW];
  assert.equal(json.count, old.count);
  const rows = new Map(json.results.map((row) => [row.id, row]));
  for (const was of old.results) {
    const is = rows.get(was.id);
    assert.deepEqual(rowOf(is), rowOf(was), was.id);
    const running = STATES_OF_RUNNING[was.id];
    assert.equal(was.state === 'running', Boolean(running), was.id);
    if (running) assert.ok(running.includes(is.state), `${was.id}: ${is.state}`);
    else assert.equal(is.state, was.state, was.id);
    assert.equal(is.running_since, was.content.started_at ?? was.access_control.started_at, was.id);
    assert.equal(is.failing_since, failingSince(was), was.id);
    // Version 1 rounded the time when one is late up to a whole minute.
    if (was.due_at) {
      const later = Date.parse(was.due_at) - Date.parse(is.due_at);
      assert.ok(later >= 0 && later <= 60000, `${was.id}: ${is.due_at}, and was ${was.due_at}`);
    }
  }
  const retrying = rows.get('failing, running').content;
  assert.deepEqual([retrying.ended_status, retrying.error], ['error', 'the one before']);
  const running = json.results.filter((row) => row.running_since && row.state !== 'lost');
  assert.equal(json.running, running.length);
}

// The reports of version 1 that ended a sync, each as a sync of its kind.
const ENDED = ['completed', 'error', 'canceled', 'suspended'];

async function expectHistory(from) {
  for (const [target, { results }] of Object.entries(OLD.answers)) {
    if (!target.endsWith('/history?size=100')) continue;
    const wanted = { content: [], access_control: [] };
    for (const report of results) {
      const kinds = report.kind === 'both' ? ['content', 'access_control'] : [report.kind];
      for (const kind of kinds.filter((word) => word in wanted)) {
        const status = kind === 'content' ? report.status : report.access_control_status;
        if (ENDED.includes(status)) wanted[kind].push([report.at, status]);
      }
    }
    const { json } = await get(target, from);
    for (const kind of Object.keys(wanted)) {
      assert.deepEqual(json.results.filter((entry) => entry.kind === kind)
        .map(({ at, status }) => [at, status]), wanted[kind], `${target}, ${kind}`);
    }
  }
}

async function expectAll(from) {
  await expectApiAnswers(from);
  await expectOverview(from);
  await expectHistory(from);
}

async function expectClean(socket) {
  const { code, stdout, stderr } = await run(['check'], { socket });
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^note: sync job "\S+" belongs to a connector that is gone\n[^\n]+\n$/);
  assert.match(stdout, /23 connectors, 44 sync jobs, 2 keys of access control: 0 wrong/);
}

test('data of version 1 are refused, and check alone changes nothing', async () => {
  await load();
  await redis.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
  await until(async () => /check --fix/.test((await get('/_connector')).json.error?.reason),
    'the refusal');
  const loaded = await snapshot();
  const { code, stdout } = await run(['check']);
  assert.equal(code, 1);
  assert.match(stdout, /^wrong: the data has an older version[^\n]*\n[^\n]+: 1 wrong, 0 of them fixed/);
  assert.deepEqual(await snapshot(), loaded);
});

test('check --fix upgrades them, though it is killed again and again', async () => {
  await load();
  const version = () => redis.command('HGET', 'lastsync:schema', 'version');
  let most = 1;
  while (await version() === '1') {
    const { code, signal, stdout, stderr } = await runUntil(most, ['check', '--fix']);
    // How much the last run has to write depends on the order in which SCAN gives the keys: it may end by itself.
    if (signal !== 'SIGKILL') assert.deepEqual([code, await version()], [0, '2'], stdout + stderr);
    most = Math.ceil(most * 1.5);
  }
  assert.ok(most > 100, `${most} commands did all`);
  await redis.command('HSET', 'lastsync:schema', 'version', '1');
  const { code, stdout, stderr } = await run(['check', '--fix']);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /^fixed: the data has an older version[^\n]*\nnote: [^\n]*\n[^\n]*: 1 wrong, 1 of them fixed/);
  assert.equal(await redis.command('HGET', 'lastsync:schema', 'version'), '2');
  assert.deepEqual(await redis.command('KEYS', 'index_name:*:*'), []);
  await expectClean();
  await until(async () => (await get('/_connector')).status === 200, 'it to serve');
  await expectAll();
});

test('an upgrade that is repeated changes nothing', async () => {
  await load();
  assert.equal((await run(['check', '--fix'])).code, 0);
  const once = await snapshot();
  await redis.command('HSET', 'lastsync:schema', 'version', '1');
  assert.equal((await run(['check', '--fix'])).code, 0);
  assert.deepEqual(await snapshot(), once);
});

test('keys of access control hold as they did', async () => {
  const guarded = await startStack({ redis: false, access: 'keys',
    redisUrl: `unix:${stack.redisSocket}` });
  try {
    const headers = { authorization: `ApiKey ${OLD.keys[0].encoded}` };
    assert.equal((await get('/_connector', { url: guarded.url, headers })).status, 200);
    assert.equal((await get('/_connector', { url: guarded.url })).status, 401);
  } finally {
    await guarded.stop();
  }
});

for (const shards of [1, 16]) {
  test(`an export of version 1 can be imported into ${shards} shards`, async () => {
    const other = await startStack({ options: ['--shards', String(shards)] });
    try {
      await until(async () => await other.redisCommand('HGET', 'lastsync:schema', 'shards') ===
        String(shards), 'the shards');
      const { code, stderr } = await run(['import'], { socket: other.redisSocket,
        input: OLD.exported });
      assert.equal(code, 0, stderr);
      assert.match(stderr, /^69 documents: 69 made, 0 replaced, 0 skipped/);
      await expectClean(other.redisSocket);
      await expectAll(other);
    } finally {
      await other.stop();
    }
  });
}
