// lastsync at scale: many connectors and sync jobs, and then overviews, searches, lists, claims, ends and
// deletions through the whole stack. Measures how long answers take, how much CPU time they cost the workers, and how
// long a command holds Redis, which logs commands over a limit.
//
//   [SHARDS=1] [SCALE_CONNECTORS=100000] [SCALE_JOBS=1000000] [SCALE_ONLY=] node scale.js
//
// SCALE_ONLY is a regular expression: only the kinds of calls that it finds are measured.
//
// Other processes may take the processor meanwhile, and Redis's log has wall time too. So an answer or command over its
// goal counts only if each repeat of that kind of call, run alone, has one over it again. Smaller sizes (at least 3,000
// and 20,000) make a quick trial. Prints Markdown; exits with 1 if a goal is missed, and with 2 if it could not
// measure.
'use strict';

const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { startStack, BUILD } = require('../lib/stack');
const { median } = require('./numbers');
const { cpuTimes } = require('./resources');
const { Data, STREAMED } = require('./scale/data');
const { say, wholeNumber } = require('./settings');
const { rounded, table } = require('./tables');

const COMMAND_GOAL = 5; // milliseconds, of any command in Redis
const LOGGED_MILLISECONDS = 0.5;

// For an answer, and for the workers' CPU time for it, in milliseconds. A page made of a range of each shard's list
// takes longer with more shards.
const SEARCH_GOALS = { answer: 100, cpu: 60 };
const pageGoals = (shards) => ({ answer: shards === 1 ? 5 : 15 });
const LAST_PART_GOALS = { answer: 40 };

const CALLS = 300;
const SEARCHES = 20;
const REPEATS = 5; // at most, of a call that looks slow
const FIRSTS = 1 + REPEATS; // connectors that can be deleted with their jobs

const JOB = '/_connector/_sync_job';
const OVERVIEW = '/_lastsync/overview';

function caller(url) {
  return async (method, target, body) => {
    const headers = body ? { 'content-type': 'application/json' } : {};
    const response = await fetch(url + target, { method, headers, body: body && JSON.stringify(body) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${target}: ${response.status} ${text.slice(0, 200)}`);
    return JSON.parse(text);
  };
}

// Every kind of question: [what, how many, step, goals]. A repeat uses the numbers from `how many` on: jobs that were
// not ended or deleted yet.
function work(call, data) {
  const get = (target) => () => call('GET', target);
  const list = (query) => get(`${JOB}?${query}`);
  const pending = (i) => data.jobId(data.jobsOfTheFirst + 5 + 8 * i);
  const overview = (query) => get(`${OVERVIEW}?${query}`);
  return [
    ['overview, first page', CALLS, overview('size=100'), pageGoals(data.shards)],
    ['overview with history', CALLS, overview('size=100&history=20')],
    ['overview, the last part', CALLS, overview('from=9900&size=100'), LAST_PART_GOALS],
    ['overview of one state', CALLS, overview('state=fresh&size=100')],
    ['overview by name', SEARCHES, overview('sort=name&size=100'), SEARCH_GOALS],
    ['overview by name, the last first', SEARCHES, overview('sort=-name&size=100'), SEARCH_GOALS],
    ['overview by last success', SEARCHES, overview('sort=last_success&size=100'), SEARCH_GOALS],
    ['overview of a query', SEARCHES, overview('query=n77&size=100'), SEARCH_GOALS],
    ['overview of words in errors', SEARCHES, overview('query=route+database&size=100'), SEARCH_GOALS],
    ['overview of a query that finds nothing', SEARCHES, overview('query=nothing&size=100'), SEARCH_GOALS],
    ['overview of a service type', SEARCHES, overview('service_type=mysql&size=100'), SEARCH_GOALS],
    ['overview of a service type by name', SEARCHES, overview('service_type=mysql&sort=name&size=100'), SEARCH_GOALS],
    ['connectors of a query', SEARCHES, get('/_connector?query=n77&size=100'), SEARCH_GOALS],
    ['connectors of a service type', SEARCHES, get('/_connector?service_type=mysql&size=100'), SEARCH_GOALS],
    ['service types', CALLS, get('/_lastsync/service_types')],
    ['history of a connector', CALLS, (i) => call('GET', `/_lastsync/connector/c${i % STREAMED}/history?size=100`)],
    ['all jobs, newest first', CALLS, list('size=100')],
    ['pending jobs', CALLS, list('status=pending&size=100')],
    ['jobs of a connector', CALLS, (i) => call('GET', `${JOB}?connector_id=c${i + FIRSTS}`)],
    ['two types', CALLS, list('job_type=full,access_control&status=completed')],
    ['the last part', SEARCHES, list('from=9900&size=100')],
    ['the largest part', 5, list('size=10000')],
    ['connectors', CALLS, get('/_connector?size=100')],
    ['a job', CALLS, (i) => call('GET', `${JOB}/${data.jobId(i)}`)],
    ['new jobs', CALLS, (i) => call('POST', JOB, { id: `c${i + FIRSTS}` })],
    ['claims', 2 * CALLS, (i) => call('PUT', `${JOB}/${pending(i)}/_claim`, { worker_hostname: 'w' })],
    ['ends', CALLS, (i) => call('PUT', `/_lastsync/sync_job/${pending(i)}/_complete`, { report: true })],
    ['deletions of a job', CALLS, (i) => call('DELETE', `${JOB}/${pending(i)}`)],
    ['a connector with its jobs', 1, (i) => call('DELETE', `/_connector/c${i}?delete_sync_jobs=true&hard=true`)],
  ];
}

const NOTHING_SLOW = { milliseconds: 0 };

const longer = (a, b) => (b.milliseconds > a.milliseconds ? b : a);

// The slowest command in Redis's log, which this empties.
async function takeSlowest(stack) {
  const logged = await stack.redisCommand('SLOWLOG', 'GET', 1000);
  if (logged.length === 0) return NOTHING_SLOW;
  await stack.redisCommand('SLOWLOG', 'RESET');
  return logged.map(([, , microseconds, [name]]) => ({ milliseconds: microseconds / 1000, name }))
    .filter(({ name }) => name !== 'SLOWLOG') // which is not lastsync's
    .reduce(longer, NOTHING_SLOW);
}

// Milliseconds of CPU time that the workers have used.
const workerTime = (workers) => cpuTimes({ workers }).workers / 1e6;

// One call: the milliseconds of its answer and of the workers, and the slowest command.
async function callOnce(stack, workers, step) {
  const cpuBefore = workerTime(workers);
  const start = performance.now();
  await step();
  const answer = performance.now() - start;
  return { answer, cpu: workerTime(workers) - cpuBefore, command: await takeSlowest(stack) };
}

function isOver({ answer, cpu, command }, goals) {
  return answer > goals.answer || cpu > goals.cpu || command.milliseconds > COMMAND_GOAL;
}

const least = (a, b) => ({
  answer: Math.min(a.answer, b.answer),
  cpu: Math.min(a.cpu, b.cpu),
  command: b.command.milliseconds < a.command.milliseconds ? b.command : a.command,
});

// The figures that count for a call. A call over a goal is repeated until all is within the goals, and the least of
// each figure counts.
async function confirmed(first, goals, repeat) {
  let counted = first;
  for (let i = 0; i < REPEATS && isOver(counted, goals); i++) counted = least(counted, await repeat());
  return counted;
}

// Makes the calls of one kind, and tells the result.
async function measureKind(stack, [what, count, step, goals = {}]) {
  const workers = stack.lastsync.children();
  const once = (number) => callOnce(stack, workers, () => step(number));
  const answers = [];
  let worst = { answer: 0, cpu: 0, command: NOTHING_SLOW };
  let next = count;
  let excused = 0;
  await takeSlowest(stack);
  for (let i = 0; i < count; i++) {
    const first = await once(i);
    const counted = await confirmed(first, goals, () => once(next++));
    if (counted !== first && !isOver(counted, goals)) excused += 1;
    answers.push(counted.answer);
    worst = { answer: Math.max(worst.answer, counted.answer), cpu: Math.max(worst.cpu, counted.cpu),
      command: longer(worst.command, counted.command) };
  }
  if (excused) say(`${what}: ${excused} calls were over a goal, and were not when repeated`);
  return { what, count, goals, p50: median(answers), worst };
}

// Checks that lastsync reads the data as they are meant.
async function checkData(stack, call, data) {
  const { count } = await call('GET', `${JOB}?size=0`);
  if (count !== data.jobs) throw new Error(`${count} jobs are listed, not ${data.jobs}`);
  const { states } = await call('GET', `${OVERVIEW}?size=0`);
  for (const state of ['failing', 'late', 'never_synced', 'fresh']) {
    const expected = data.countOf(state);
    if (states[state] !== expected) throw new Error(`${states[state]} connectors are ${state}, not ${expected}`);
  }
  const { results } = await call('GET', `${OVERVIEW}?size=100&history=20`);
  if (results.some(({ history }) => history.length !== 20)) throw new Error('the first page lacks history');
  const { status, stdout, stderr } = spawnSync(path.join(BUILD, 'lastsync'),
    ['check', '--redis', `unix:${stack.redisSocket}`], { encoding: 'utf8', env: {} });
  if (status !== 0) throw new Error(`lastsync check: ${stdout.slice(0, 2000)}${stderr}`);
  say(stdout.trim());
}

const goalCell = (goal) => (goal === undefined ? '-' : `<= ${goal}`);

function report(results, { shards, connectors, jobs }) {
  const head = [`${connectors} connectors, ${jobs} jobs, ${shards === 1 ? '1 shard' : `${shards} shards`}`, 'calls', 'p50 ms',
    'slowest ms', 'goal', 'most CPU ms of the workers', 'goal', 'slowest command in Redis, ms', 'goal', ''];
  return table(head, results.map(({ what, count, goals, p50, worst }) => {
    const { milliseconds, name } = worst.command;
    return [what, count, rounded(p50), rounded(worst.answer), goalCell(goals.answer), rounded(worst.cpu), goalCell(goals.cpu),
      name ? `${rounded(milliseconds)} (${name})` : `< ${LOGGED_MILLISECONDS}`, goalCell(COMMAND_GOAL),
      isOver(worst, goals) ? 'missed' : ''];
  }));
}

async function measure(stack, data) {
  const call = caller(stack.url);
  await checkData(stack, call, data);
  await stack.redisCommand('CONFIG', 'SET', 'slowlog-log-slower-than', LOGGED_MILLISECONDS * 1000, 'slowlog-max-len', 1000);
  const results = [];
  const only = new RegExp(process.env.SCALE_ONLY || '');
  for (const kind of work(call, data).filter(([what]) => only.test(what))) {
    say(kind[0]);
    results.push(await measureKind(stack, kind));
  }
  process.stdout.write(report(results, data));
  return results.every(({ goals, worst }) => !isOver(worst, goals));
}

async function main() {
  const { SHARDS = '1', SCALE_CONNECTORS = '100000', SCALE_JOBS = '1000000' } = process.env;
  const data = new Data({
    connectors: wholeNumber('SCALE_CONNECTORS', SCALE_CONNECTORS),
    jobs: wholeNumber('SCALE_JOBS', SCALE_JOBS),
    shards: wholeNumber('SHARDS', SHARDS),
    firsts: FIRSTS,
  });
  const stack = await startStack({
    shards: data.shards, redis: ['--appendonly', 'no'], options: ['--deadline', '10000'],
  });
  try {
    say(`filling ${data.connectors} connectors and ${data.jobs} jobs`);
    await data.fill(stack.redisSocket);
    const memory = /used_memory_human:(\S+)/.exec(await stack.redisCommand('INFO', 'memory'))[1];
    say(`filled; Redis uses ${memory}`);
    if (!await measure(stack, data)) process.exitCode = 1;
  } finally {
    await stack.stop();
  }
}

main().catch((error) => {
  say(`scale: ${error.stack}`);
  process.exitCode = 2;
});
