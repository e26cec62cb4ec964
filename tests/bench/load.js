// Puts load on a stack, and measures it from outside.
'use strict';

const path = require('node:path');
const { spawn } = require('node:child_process');
const { addCounts } = require('./numbers');
const { cpuTimes } = require('./resources');
const { benchmarkWords } = require('./requests');

const STOPPED = 'the benchmark was stopped';

const children = new Set();
let stopped = false;

// Runs a program to its end and gives its output.
function output(file, words) {
  return new Promise((resolve, reject) => {
    if (stopped) throw new Error(STOPPED);
    const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    let complaints = '';
    children.add(child);
    child.stdout.on('data', (text) => { printed += text; });
    child.stderr.on('data', (text) => { complaints += text; });
    child.on('error', reject);
    child.on('close', (code) => {
      children.delete(child);
      if (stopped) reject(new Error(STOPPED));
      else if (code === 0) resolve(printed);
      else reject(new Error(`${file} failed:\n${complaints}${printed}`));
    });
  });
}

// Ends the load generators that are running, and fails those that are started later.
function stopLoad() {
  stopped = true;
  for (const child of children) child.kill();
}

async function wrk(stack, connections, seconds, requests) {
  const printed = await output('wrk', ['-t', '1', '-c', String(connections), '-d', `${seconds}s`,
    '--timeout', '10s', '-s', path.join(__dirname, 'wrk.lua'),
    `http://127.0.0.1:${stack.port}/`, '--', requests]);
  return JSON.parse(/^\{.*\}$/m.exec(printed)[0]);
}

// How often each Redis ran the script, and how often that wrote something: the difference is noops.
async function countWrites(stack) {
  const texts = await stack.infos('commandstats');
  const calls = (text, name) => Number((new RegExp(`cmdstat_${name}:calls=(\\d+)`).exec(text) || [0, 0])[1]);
  return texts.map((text) =>
    ({ scripts: calls(text, 'evalsha') + calls(text, 'eval'), writes: calls(text, 'hset') }));
}

// What was run and written since then, on each Redis.
function since(before, after) {
  return after.map(({ scripts, writes }, i) =>
    ({ scripts: scripts - before[i].scripts, writes: writes - before[i].writes }));
}

// Requests that were no new write: answers other than 2xx, connections that broke or timed out, and, if each request
// should write, noops and requests that wrote nothing at all.
function countFailures(newWrites, counts, { requests, refused, broken }) {
  if (!newWrites) return { refused, broken };
  const { scripts, writes } = addCounts(counts);
  const noops = scripts - writes;
  return { refused, broken, noops, unwritten: Math.max(0, requests - refused - noops - writes) };
}

// The work of the busiest Redis, relative to the mean.
function spread(counts) {
  const scripts = counts.map((count) => count.scripts);
  return Math.max(...scripts) * scripts.length / scripts.reduce((sum, number) => sum + number);
}

// Runs `load`, which gives the number of answers, and adds their cost and the failures.
async function measured(stack, load, newWrites = stack.writes) {
  const groups = stack.processes();
  const writesBefore = await countWrites(stack);
  const before = cpuTimes(groups);
  const result = await load();
  const after = cpuTimes(groups);
  const counts = since(writesBefore, await countWrites(stack));
  const failures = countFailures(newWrites, counts, result);
  const cpu = Object.fromEntries(Object.keys(groups).map((name) =>
    [name, (after[name] - before[name]) / 1000 / result.requests]));
  return { rate: result.requests / result.seconds, p50: result.p50, p99: result.p99, cpu, failures,
    spread: spread(counts) };
}

// Warms a stack up with the first file of requests and measures it with the second: { rate, p50, p99
// (ms), cpu: { group: us per request }, failures: { kind: number }, spread }.
async function measureRequests(stack, { connections, seconds, files: [first, second], newWrites }) {
  await stack.settle();
  await wrk(stack, connections, 1, first);
  return measured(stack, async () => {
    const result = await wrk(stack, connections, seconds, second);
    return { ...result, p50: result.p50 / 1000, p99: result.p99 / 1000 };
  }, newWrites);
}

function measureHttp(stack, connections, seconds) {
  return measureRequests(stack, { connections, seconds, files: stack.requests });
}

// A measurement of Redis with the script alone, in the form of `measureHttp`.
async function measureRedis(stack, { clients, pipeline, seconds }) {
  const run = async (count) => {
    const printed = await output('redis-benchmark', ['-s', stack.redisSocket, '--csv', '-r', '1000',
      '-c', String(clients), '-P', String(pipeline), '-n', String(count), ...benchmarkWords()]);
    const cells = printed.trim().split('\n').pop().split('","').map((cell) => parseFloat(cell));
    const [, rate, , , p50, , p99] = cells;
    return { rate, p50, p99, requests: count, seconds: count / rate, refused: 0, broken: 0 };
  };
  await stack.settle();
  const trial = await run(20000);
  return measured(stack, () => run(Math.ceil(trial.rate * seconds)));
}

function measureCommands(stack, connections, seconds) {
  return measureRedis(stack, { clients: connections, pipeline: 1, seconds });
}

// As many requests at once as the other stacks get, in the pipelines of two workers.
function measurePipelines(stack, connections, seconds) {
  const clients = Math.min(2, connections);
  return measureRedis(stack, { clients, pipeline: Math.ceil(connections / clients), seconds });
}

// Answers per connection: { least, most, longest (ms) }.
async function countPerConnection(stack, connections, seconds) {
  return JSON.parse(await output(process.execPath, [path.join(__dirname, 'connections.js'),
    String(stack.port), String(connections), String(seconds), stack.requests[0]]));
}

module.exports = {
  countPerConnection, measureCommands, measureHttp, measurePipelines, measureRequests, output, stopLoad,
};
