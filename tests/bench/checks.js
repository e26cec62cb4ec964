// What a stack must do right before its speed counts, and what must be in its Redis afterwards.
'use strict';

const assert = require('node:assert');
const { spawnSync } = require('node:child_process');
const { CONNECTORS, VARIATIONS, connectorId, report } = require('./requests');

const JSON_TYPE = 'application/json';

const PRESENT = connectorId(999);
const MISSING = connectorId(999999);

// A report as a client may write it, and as it must be stored.
const SENT = {
  last_access_control_sync_error: 'Houston, "wir" haben ein Problem: ü',
  last_access_control_sync_scheduled_at: '2023-11-09T15:13:08.231Z',
  last_access_control_sync_status: 'Pending',
  last_deleted_document_count: -5,
  last_incremental_sync_scheduled_at: '2024-03-01T00:30:00.1234+01:00',
  last_indexed_document_count: 9007199254740991,
  last_sync_error: '',
  last_sync_scheduled_at: '1700000000123',
  last_sync_status: 'COMPLETED',
  last_synced: '2023-05-25T12:30',
};
const STORED = {
  ...SENT,
  last_access_control_sync_status: 'pending',
  last_deleted_document_count: '-5',
  last_incremental_sync_scheduled_at: '2024-02-29T23:30:00.1234Z',
  last_indexed_document_count: '9007199254740991',
  last_sync_scheduled_at: '2023-11-14T22:13:20.123Z',
  last_sync_status: 'completed',
  last_synced: '2023-05-25T12:30:00.000Z',
};

// The statuses of a sync that has ended, and the fields of a report that are about one kind of sync.
const ENDED = new Set(['canceled', 'completed', 'error', 'suspended']);
const KINDS_OF_SYNCS = {
  content: { status: 'last_sync_status', error: 'last_sync_error' },
  access_control: { status: 'last_access_control_sync_status', error: 'last_access_control_sync_error' },
};

const REFUSED = [
  ['an unknown field', 400, '{"last_seen":"2023-11-09T15:13:08.231Z"}'],
  ['a bad status word', 400, '{"last_sync_status":"bad"}'],
  ['no datetime', 400, '{"last_synced":"yesterday"}'],
  ['a date without time', 400, '{"last_synced":"2023-05-25"}'],
  ['a day that does not exist', 400, '{"last_synced":"2023-02-29T00:00:00.000Z"}'],
  ['an hour that does not exist', 400, '{"last_synced":"2023-02-28T24:00:00.000Z"}'],
  ['a datetime as a number', 400, '{"last_synced":1684999999999}'],
  ['a number for a string', 400, '{"last_sync_error":1}'],
  ['null for a count', 400, '{"last_indexed_document_count":null}'],
  ['no number for a count', 400, '{"last_indexed_document_count":"many"}'],
  ['a count beyond 64 bits', 400, '{"last_indexed_document_count":1e30}'],
  ['an array', 400, '[]'],
  ['no JSON', 400, '{"last_sync_error":'],
  ['no body', 400, ''],
  ['a form', 406, '{}', 'application/x-www-form-urlencoded'],
];

async function put(stack, id, body, type = JSON_TYPE) {
  const answer = await fetch(`http://127.0.0.1:${stack.port}/_connector/${id}/_last_sync`, {
    method: 'PUT', headers: { 'Content-Type': type }, body,
  });
  const text = await answer.text();
  assert.strictEqual(answer.headers.get('x-elastic-product'), 'Elasticsearch');
  assert.match(answer.headers.get('content-type'), /^application\/json/);
  return { status: answer.status, json: JSON.parse(text) };
}

async function readStored(stack, id) {
  const names = Object.keys(STORED);
  const values = await stack.redis.command('HMGET', stack.keyOf(id), ...names);
  return Object.fromEntries(names.map((name, i) => [name, values[i]]));
}

async function checkRefusals(stack, before) {
  for (const [what, status, body, type] of REFUSED) {
    const answer = await put(stack, PRESENT, body, type);
    assert.strictEqual(answer.status, status, `${what}: ${JSON.stringify(answer)}`);
    assert.strictEqual(answer.json.status, status, what);
  }
  const answer = await put(stack, MISSING, '{"last_sync_error":"x"}');
  assert.strictEqual(answer.status, 404, 'a connector that does not exist');
  assert.strictEqual(answer.json.error.type, 'resource_not_found_exception');
  assert.deepStrictEqual(await readStored(stack, PRESENT), before, 'a refused report was stored');
}

async function checkAll(stack) {
  const body = JSON.stringify(SENT);
  assert.deepStrictEqual(await put(stack, PRESENT, body), { status: 200, json: { result: 'updated' } });
  assert.deepStrictEqual(await readStored(stack, PRESENT), STORED);
  assert.deepStrictEqual(await put(stack, PRESENT, body), { status: 200, json: { result: 'noop' } });
  await checkRefusals(stack, STORED);
  const cleared = await put(stack, PRESENT, '{"last_sync_error":null,"last_synced":null}');
  assert.deepStrictEqual(cleared, { status: 200, json: { result: 'updated' } });
  assert.deepStrictEqual(await readStored(stack, PRESENT),
    { ...STORED, last_sync_error: null, last_synced: null });
}

// A report's fields as they are stored.
function storedReport(variation) {
  return Object.fromEntries(Object.entries(report(variation)).map(([name, value]) => [name, String(value)]));
}

// For a peer that checks nothing: that the requests of the benchmark store what they say.
async function checkStored(stack) {
  const request = stack.format(PRESENT, report(0));
  const [head, body] = request.split('\r\n\r\n');
  const [method, target] = head.split(' ');
  const answer = await fetch(`http://127.0.0.1:${stack.port}${target}`, { method, body });
  assert.match(await answer.text(), /:"updated"\}/);
  assert.deepStrictEqual(await readStored(stack, PRESENT), storedReport(0));
}

const CHECKS = { all: checkAll, stored: checkStored };

// All reports that were sent.
function sentReports() {
  return Array.from({ length: 2 * VARIATIONS }, (_, variation) => storedReport(variation));
}

// Every connector holds the whole of one of them.
async function checkFields(stack) {
  const reports = sentReports();
  for (let i = 0; i < CONNECTORS; i++) {
    const stored = await readStored(stack, connectorId(i));
    const sent = reports.find(({ last_synced: synced }) => synced === stored.last_synced);
    assert.deepStrictEqual(stored, sent, `the fields of ${connectorId(i)}`);
  }
}

// The fields of a history's entry for a sync that a report ended, as far as the report has them.
function historyEntry(kind, stored) {
  const { status, error } = KINDS_OF_SYNCS[kind];
  return { kind, status: stored[status], error: `error: ${stored[error]}`, last_synced: stored.last_synced,
    indexed: stored.last_indexed_document_count, deleted: stored.last_deleted_document_count };
}

// A stream's entries as objects, the newest first.
async function readHistory(stack, stream) {
  const entries = await stack.redis.command('XREVRANGE', stream, '+', '-');
  return entries.map(([, words]) => Object.fromEntries(
    words.flatMap((word, i) => (i % 2 ? [] : [[word, words[i + 1]]]))));
}

const hasFields = (entry, wanted) => Object.entries(wanted).every(([name, value]) => entry[name] === value);

// For each kind, a connector's latest sync in the history is the one that its stored report ended; if that ended none
// of this kind, the latest is from another report.
async function checkHistory(stack) {
  const reports = sentReports();
  for (let i = 0; i < CONNECTORS; i++) {
    const stored = await readStored(stack, connectorId(i));
    const stream = `${stack.keyOf(connectorId(i))}:syncs`;
    const entries = await readHistory(stack, stream);
    for (const [kind, { status }] of Object.entries(KINDS_OF_SYNCS)) {
      const latest = entries.find((entry) => entry.kind === kind);
      const ended = (one) => ENDED.has(one[status]);
      const candidates = ended(stored) ? [stored]
        : reports.filter((one) => ended(one) && one.last_synced !== stored.last_synced);
      assert.ok(latest, `${stream} has nothing of ${kind}`);
      assert.ok(candidates.some((one) => hasFields(latest, historyEntry(kind, one))),
        `${stream}, latest of ${kind}: ${JSON.stringify(latest)}`);
    }
  }
}

// What `lastsync check` finds: { status, stdout, stderr }.
function lastsyncCheck(stack) {
  const { status, error, stdout, stderr } = spawnSync(stack.program,
    ['check', '--redis', stack.base.redisUrl], { encoding: 'utf8', env: {} });
  if (error) throw error;
  return { status, stdout, stderr };
}

// Every connector has the places in `standings` and `successes` that follow from its hash, and `lastsync check` finds
// no fault.
function checkPlaces(stack) {
  const sound = `${CONNECTORS} connectors, 0 sync jobs, 0 keys of access control: `
    + '0 wrong, 0 of them fixed; 0 notes\n';
  assert.deepStrictEqual(lastsyncCheck(stack), { status: 0, stdout: sound, stderr: '' });
}

// Another lastsync may use other words.
function checkSound(stack) {
  const { status, stdout, stderr } = lastsyncCheck(stack);
  assert.strictEqual(status, 0, `${stdout}${stderr}`);
}

const LEFT = { fields: checkFields, history: checkHistory, places: checkPlaces, sound: checkSound };

async function run(stack, checks) {
  try {
    for (const one of checks) await one(stack);
  } catch (error) {
    throw new Error(`${stack.title} does not do the job that is measured: ${error.message}`);
  }
}

// Before the load. Rejects, naming the stack, if it does not do its job.
function check(stack) {
  return run(stack, stack.checks in CHECKS ? [CHECKS[stack.checks]] : []);
}

// After the load: checks the data in its Redis.
function checkLeft(stack) {
  return run(stack, stack.leaves.map((what) => LEFT[what]));
}

module.exports = { check, checkLeft };
