// How long Redis is held at scale: many connectors and sync jobs, and then lists, claims, ends and
// deletions through the whole stack, while Redis logs every command that takes longer than a limit.
//
//   [SCALE_CONNECTORS=100000] [SCALE_JOBS=1000000] node scale.js
//
// Prints the slowest commands as Markdown; exits with 1 if one held Redis for longer than the limit.
'use strict';

const net = require('node:net');
const { startStack } = require('../lib/stack');

const LIMIT_MICROSECONDS = 5000;
const LOGGED_MICROSECONDS = 500;
const BUNCH = 2000; // documents that are sent before a reply is waited for
const CALLS = 300;
const JOBS_OF_THE_FIRST = 1000; // of the connector that is deleted with its jobs

const STATUSES = ['completed', 'completed', 'completed', 'error', 'canceled', 'pending', 'in_progress', 'suspended'];
const TYPES = ['full', 'incremental', 'access_control'];
const TYPE_STEP = 1e13;
const { SCALE_CONNECTORS = '100000', SCALE_JOBS = '1000000' } = process.env;
const CONNECTORS = Number(SCALE_CONNECTORS);
const JOBS = Number(SCALE_JOBS);

const say = (text) => process.stderr.write(`${text}\n`);

function encoded(...words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`;
}

// Sends what `commands(i)` gives for each i, in bunches; an ECHO behind each says that it is done.
async function fill(path, count, commands) {
  const socket = net.connect(path);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let tail = '';
  let wake = () => {};
  socket.on('data', (data) => {
    if (/^-/m.test(data.latin1Slice())) throw new Error(data.latin1Slice(0, 200));
    tail = (tail + data.latin1Slice()).slice(-40);
    wake();
  });
  for (let from = 0; from < count; from += BUNCH) {
    const mark = `done-${from}`;
    let text = '';
    for (let i = from; i < Math.min(from + BUNCH, count); i++) text += commands(i);
    socket.write(text + encoded('ECHO', mark));
    while (!tail.includes(`${mark}\r\n`)) await new Promise((resolve) => { wake = resolve; });
  }
  socket.destroy();
}

const jobId = (i) => `job-${String(i).padStart(16, '0')}`;
const connectorOf = (i) => `c${i < JOBS_OF_THE_FIRST ? 0 : i % CONNECTORS}`;

function connectorCommands(i) {
  const name = `search-${String(i).padStart(6, '0')}`;
  return encoded('HSET', `connector:{c${i}}`, 'deleted', 'false', 'name', `n${i}`, 'index_name', name,
    'service_type', 'mysql', 'status', 'connected', 'filtering', '[]') +
    encoded('HSET', `connector:{c${i}}:secrets`, 'configuration', '{}') +
    encoded('ZADD', 'connectors', 0, `${name} c${i}`);
}

const START = Date.now() - JOBS;

function jobCommands(i) {
  const id = jobId(i);
  const connector = connectorOf(i);
  const status = STATUSES[i % STATUSES.length];
  const type = i % TYPES.length;
  const score = START + i + type * TYPE_STEP;
  const time = new Date(START + i).toISOString();
  const snapshot = JSON.stringify({ id: connector, index_name: 'search', service_type: 'mysql', configuration: {} });
  return encoded('HSET', `sync_job:{${id}}`, '_connector_id', connector, 'created_at', time,
    'last_seen', time, 'job_type', TYPES[type], 'status', status, 'metadata', '{}', 'trigger_method',
    'scheduled', 'deleted_document_count', 0, 'indexed_document_count', 0,
    'indexed_document_volume', 0, 'total_document_count', 0) +
    encoded('HSET', `sync_job:{${id}}:secrets`, 'connector', snapshot) +
    encoded('ZADD', '{sync_jobs}', score, id) +
    encoded('ZADD', `{sync_jobs}:${status}`, score, id) +
    encoded('ZADD', `connector:{${connector}}:sync_jobs`, score, id) +
    encoded('ZADD', `connector:{${connector}}:sync_jobs:${status}`, score, id);
}

// The times of the calls' answers, in milliseconds.
async function timed(count, call) {
  const times = [];
  for (let i = 0; i < count; i++) {
    const start = process.hrtime.bigint();
    await call(i);
    times.push(Number(process.hrtime.bigint() - start) / 1e6);
  }
  times.sort((a, b) => a - b);
  return { count, p50: times[Math.floor(count / 2)], most: times[count - 1] };
}

function caller(url) {
  return async (method, path, body) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const response = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 200)}`);
    return JSON.parse(text);
  };
}

const JOB = '/_connector/_sync_job';

// Every kind of question; [what, how many, call].
function work(call) {
  const list = (query) => () => call('GET', `${JOB}?${query}`);
  const pending = (i) => jobId(JOBS_OF_THE_FIRST + 5 + 8 * i);
  return [
    ['all jobs, newest first', CALLS, list('size=100')],
    ['pending jobs', CALLS, list('status=pending&size=100')],
    ['jobs of a connector', CALLS, (i) => call('GET', `${JOB}?connector_id=c${i + 1}`)],
    ['two types', CALLS, list('job_type=full,access_control&status=completed')],
    ['the last part', 20, list('from=9900&size=100')],
    ['the largest part', 5, list('size=10000')],
    ['connectors', CALLS, () => call('GET', '/_connector?size=100')],
    ['a job', CALLS, (i) => call('GET', `${JOB}/${jobId(i)}`)],
    ['new jobs', CALLS, (i) => call('POST', JOB, { id: `c${i + 1}` })],
    ['claims', CALLS, (i) => call('PUT', `${JOB}/${pending(i)}/_claim`, { worker_hostname: 'w' })],
    ['ends', CALLS, (i) => call('PUT', `/_lastsync/sync_job/${pending(i)}/_complete`, { report: true })],
    ['deletions of a job', CALLS, (i) => call('DELETE', `${JOB}/${pending(i)}`)],
    ['a connector with its jobs', 1, () => call('DELETE', '/_connector/c0?delete_sync_jobs=true&hard=true')],
  ];
}

async function measure(stack) {
  const call = caller(stack.url);
  const { count } = await call('GET', `${JOB}?size=0`);
  if (count !== JOBS) throw new Error(`${count} jobs are listed, not ${JOBS}`);
  await stack.redisCommand('CONFIG', 'SET', 'slowlog-log-slower-than', LOGGED_MICROSECONDS, 'slowlog-max-len', 1000);
  let worst = 0;
  process.stdout.write('| At scale | calls | p50 ms | slowest ms | slowest command in Redis, us |\n| --- | ---: | ---: | ---: | --- |\n');
  for (const [what, times, step] of work(call)) {
    await stack.redisCommand('SLOWLOG', 'RESET');
    const { p50, most } = await timed(times, step);
    const slow = (await stack.redisCommand('SLOWLOG', 'GET', 1000)).sort((a, b) => b[2] - a[2]);
    const slowest = slow.length ? `${slow[0][2]} (${slow[0][3][0]})` : `< ${LOGGED_MICROSECONDS}`;
    if (slow.length) worst = Math.max(worst, slow[0][2]);
    process.stdout.write(`| ${what} | ${times} | ${p50.toFixed(2)} | ${most.toFixed(2)} | ${slowest} |\n`);
  }
  return worst;
}

async function main() {
  const stack = await startStack({ redis: ['--appendonly', 'no'], options: ['--deadline', '10000'] });
  try {
    say(`filling ${CONNECTORS} connectors and ${JOBS} jobs`);
    await fill(stack.redisSocket, CONNECTORS, connectorCommands);
    await fill(stack.redisSocket, JOBS, jobCommands);
    const memory = /used_memory_human:(\S+)/.exec(await stack.redisCommand('INFO', 'memory'))[1];
    say(`filled; Redis uses ${memory}`);
    if (await measure(stack) > LIMIT_MICROSECONDS) process.exitCode = 1;
  } finally {
    await stack.stop();
  }
}

main().catch((error) => {
  say(`scale: ${error.stack}`);
  process.exitCode = 2;
});
