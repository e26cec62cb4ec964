// What one request may cost: the most expensive of each kind that the limits allow, for each role. Measured are the CPU
// time of the worker, which other processes do not change, and Redis's longest command, by its own clock.
'use strict';

const assert = require('node:assert/strict');
const zlib = require('node:zlib');
const { after, before, test } = require('node:test');
const { cpuTimes, peakMemory } = require('../bench/resources');
const { createKey } = require('../lib/keys');
const { request } = require('../lib/raw');
const { startStack } = require('../lib/stack');

const RUNS = 25; // at most, until one is within the limits: other processes may disturb the rest
const DELETES = 5;
const MEBIBYTE = 1024 * 1024;

const CPU = 20; // milliseconds of a worker
const CPU_OF_MANY = 100; // of a request that reads thousands of documents, in turns with other requests
const COMMAND = 5; // milliseconds of one command in Redis
const COMMAND_THAT_MERGES = 15; // of one that compares old and new values, a MiB each
const ANSWER = 8 * MEBIBYTE; // and twice that when it is pretty
const PEAK = 64; // MiB of a worker, after all of them

// The limits are for a machine on which this work takes REFERENCE milliseconds of a processor; on a slower or shared
// one they grow in proportion.
const REFERENCE = 20;
const LISTING = JSON.stringify(Array.from({ length: 2000 }, (_, i) => ({ id: `n${i}`, text: 'x'.repeat(400) })));

function work() {
  const began = process.cpuUsage();
  for (let i = 0; i < 5; i++) JSON.stringify(JSON.parse(LISTING), null, 2);
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

const CONNECTORS = 2000;
let stack;
let keys;
let fresh = 0;

const text = (bytes) => 'x'.repeat(bytes);
const members = (count, value = 0) => Object.fromEntries(Array.from({ length: count },
  (_, i) => [`member-${String(i).padStart(5, '0')}`, value || fresh + i]));
const deep = (levels, inner) => (levels ? { a: deep(levels - 1, inner) } : inner);

// One request with a key of a role; a body is sent as JSON.
const ask = (role, [method, target, body, headers = {}]) => request(stack, method, target,
  { body: body && (Buffer.isBuffer(body) ? body : JSON.stringify(body)),
    headers: { ...keys[role].headers, ...headers } });

async function make(method, target, body) {
  const answer = await ask('manage', [method, target, body]);
  assert.equal(answer.status < 300, true, answer.text.slice(0, 500));
  return answer.json;
}

const PATHS = Array.from({ length: 128 }, (_, i) => `**.m*b${i}.**.y`).join(',');
const OTHERS = Array.from({ length: 128 }, (_, i) => `-**.a*${i % 10}e?.**`).join(',');
const QUERY = `${'x'.repeat(120)}*${'x'.repeat(130)}y`;

// Words that are in the long descriptions, but the last of them.
const WORDS = `${Array.from({ length: 66 }, (_, i) => text(i < 15 ? i + 1 : 1)).join('+')}+q`;

// [role, title, function that gives the next request, limits that differ]
const MANY = { cpu: CPU_OF_MANY };
const REQUESTS = [
  ['report', 'an error of a MiB', () => ['PUT', '/_connector/c1/_last_sync',
    { last_sync_error: text(MEBIBYTE - 200), last_indexed_document_count: ++fresh }]],
  ['report', 'a cursor of 9,990 members', () => ['PUT', '/_connector/c1/_last_sync',
    { sync_cursor: members(9990), last_indexed_document_count: ++fresh }]],
  ['report', 'a cursor of a MiB, in an object of the same', () => ['PUT', '/_connector/wide/_last_sync',
    { sync_cursor: { part: members(9000, text(90) + ++fresh) } }], { refused: true }],
  ['report', 'a little cursor for a MiB', () => ['PUT', '/_connector/wide/_last_sync',
    { sync_cursor: { little: ++fresh } }], { command: COMMAND_THAT_MERGES }],
  ['report', 'a deep cursor', () => ['PUT', '/_connector/deep/_last_sync',
    { sync_cursor: deep(61, { n: ++fresh, list: Array(9900).fill(1) }) }]],
  ['report', 'escapes alone', () => ['PUT', '/_connector/c1/_last_sync',
    Buffer.from(`{"last_sync_error":"${'\\u00e4'.repeat(170000)}${++fresh}"}`)]],
  ['report', 'gzip of a MiB', () => ['PUT', '/_connector/c1/_last_sync',
    zlib.gzipSync(JSON.stringify({ last_sync_error: text(MEBIBYTE - 200) + (++fresh % 100) })),
    { 'content-encoding': 'gzip' }]],
  ['monitor', 'a read with paths', () => ['GET', `/_connector/wide?filter_path=${PATHS}`]],
  ['monitor', 'a read that leaves out', () => ['GET', `/_connector/wide?pretty&filter_path=${OTHERS}`]],
  ['monitor', 'a pretty read', () => ['GET', '/_connector/wide?pretty']],
  ['report', 'jobs of a connector', () => ['GET', '/_connector/_sync_job?connector_id=c1&size=1000']],
  ['monitor', 'a list', () => ['GET', '/_connector?size=2000'], MANY],
  ['monitor', 'a pretty list', () => ['GET', '/_connector?size=2000&pretty'], MANY],
  ['monitor', 'a list with paths', () => ['GET', `/_connector?size=2000&filter_path=${PATHS}`], { ...MANY, refused: true }],
  ['monitor', 'a search', () => ['GET', `/_connector?size=10000&query=${QUERY}`], MANY],
  ['monitor', 'a list of service types', () => ['GET', `/_connector?size=10000&service_type=${text(3000)}`]],
  ['monitor', 'the last page', () => ['GET', `/_connector?from=${CONNECTORS - 10}&size=${10000 - CONNECTORS}`]],
  ['monitor', 'an overview', () => ['GET', '/_lastsync/overview?size=1000&history=50']],
  ['monitor', 'an overview by words, beside long descriptions', () =>
    ['GET', `/_lastsync/overview?size=0&query=${WORDS}`], MANY],
  ['monitor', 'an overview by name', () => ['GET', `/_lastsync/overview?size=1000&history=50&sort=-name&query=n`], MANY],
  ['monitor', 'a history', () => ['GET', '/_lastsync/connector/c1/history?size=100']],
  ['monitor', 'a connector', () => ['GET', '/_lastsync/connector/c1?history=50']],
  ['monitor', 'service types', () => ['GET', '/_lastsync/service_types']],
  ['monitor', 'metrics', () => ['GET', '/_lastsync/metrics']],
  ['manage', 'a connector with a name of a MiB', () => ['PUT', '/_connector/named', { name: text(MEBIBYTE - 200) + (++fresh % 100) }]],
  ['manage', 'a configuration of 1,000 fields', () => ['PUT', '/_connector/c2/_configuration', { configuration:
    Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`field${i}`, { label: `l${++fresh}`, type: 'str', value: 'v',
      default_value: null, depends_on: [], display: 'textbox', options: [] }])) }]],
  ['manage', 'values of a configuration', () => ['PUT', '/_connector/c2/_configuration', { values:
    Object.fromEntries(Array.from({ length: 900 }, (_, i) => [`field${i}`, `${++fresh}`])) }]],
  ['manage', 'a delete with its jobs', () => ['DELETE', `/_connector/old-${++fresh % DELETES}?delete_sync_jobs=true&hard=true`],
    { runs: DELETES }],
];

const worker = () => stack.lastsync.children()[0];
const cpuTime = (pid) => cpuTimes({ worker: [pid] }).worker;

// The longest command since the log was emptied, in milliseconds.
async function slowest() {
  const entries = await stack.redisCommand('SLOWLOG', 'GET', '-1');
  return Math.max(0, ...entries.map(([, , microseconds]) => Number(microseconds) / 1000));
}

before(async () => {
  stack = await startStack({ access: 'keys', workers: 1 });
  keys = { manage: await createKey(stack, 'manage_connector'),
    monitor: await createKey(stack, 'monitor_connector'),
    report: await createKey(stack, 'report_connector', '--connectors', 'c1,deep,wide') };
  for (let i = 0; i < CONNECTORS; i += 20) {
    await Promise.all(Array.from({ length: 20 }, (_, k) => make('PUT', `/_connector/n${i + k}`,
      { name: `name ${i + k}`, index_name: `index-${i + k}`, service_type: `type-${(i + k) % 1000}`, description: text(400) })));
  }
  for (let i = 0; i < 4; i++) await make('PUT', `/_connector/long-${i}`, { description: text(250000) });
  for (const id of ['c1', 'c2', 'deep', 'wide']) await make('PUT', `/_connector/${id}`, { index_name: `i-${id}`, service_type: 's' });
  await make('PUT', '/_connector/wide/_last_sync', { sync_cursor: { big: members(9000, text(90)) } });
  for (let i = 0; i < 110; i++) {
    await make('PUT', '/_connector/c1/_last_sync', { last_sync_status: 'error', last_sync_error: text(4096),
      last_synced: new Date(Date.now() - (200 - i) * 60000).toISOString() });
  }
  for (let i = 0; i < 500; i++) await make('POST', '/_connector/_sync_job', { id: 'c1', job_type: 'full' });
  for (let i = 0; i < DELETES; i++) {
    await make('PUT', `/_connector/old-${i}`, { index_name: `old-${i}`, service_type: 's' });
    for (let k = 0; k < 200; k++) await make('POST', '/_connector/_sync_job', { id: `old-${i}`, job_type: 'full' });
  }
  await stack.redisCommand('CONFIG', 'SET', 'slowlog-log-slower-than', '300');
});
after(() => stack.stop());

// Makes a request until it costs less than it may, and gives its least cost, scaled to the limits' machine.
async function measure(role, next, most) {
  const least = { cpu: Infinity, command: Infinity };
  for (let run = 0; run < most.runs && (least.cpu >= most.cpu || least.command >= most.command); run++) {
    await stack.redisCommand('SLOWLOG', 'RESET');
    const before = work();
    const began = cpuTime(worker());
    least.answer = await ask(role, next());
    const cpu = (cpuTime(worker()) - began) / 1e6;
    const slowness = Math.max(1, (before + work()) / 2 / REFERENCE);
    least.cpu = Math.min(least.cpu, cpu / slowness);
    least.command = Math.min(least.command, await slowest() / slowness);
  }
  return least;
}

for (const [role, what, next, limits] of REQUESTS) {
  test(`${role}: ${what}`, async (context) => {
    const most = { cpu: CPU, command: COMMAND, runs: RUNS, ...limits };
    const { answer, cpu, command } = await measure(role, next, most);
    context.diagnostic(`${answer.status}, ${answer.body.length} bytes, ${cpu.toFixed(1)} ms of the worker, `
      + `${command.toFixed(1)} ms of Redis`);
    const expected = most.refused ? [400] : [200, 201];
    assert.equal(expected.includes(answer.status), true, answer.text.slice(0, 300));
    assert.equal(cpu < most.cpu, true, `${cpu} ms of the worker`);
    assert.equal(command < most.command, true, `${command} ms of Redis`);
    assert.equal(answer.body.length <= ANSWER * (/pretty/.test(what) ? 2 : 1), true);
  });
}

test('the worker has never held much', () => {
  const peak = peakMemory(worker());
  assert.equal(peak < PEAK, true, `${peak} MiB`);
});
