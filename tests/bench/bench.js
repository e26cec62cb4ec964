// The benchmark: lastsync, its limits, and peers, on this machine.
//
//   [ROUNDS=3] [SECONDS=5] [CONNECTIONS="1 16 64 256"] [ONLY="lastsync webdis"] [BASELINE=COMMIT] node bench.js
//
// The job is PUT /_connector/{id}/_last_sync over 1,000 connectors, with ten fields that are all new
// each time. The peers check a report and run lastsync's own script for it, report.lua, which does all the work in
// Redis. Rows that say so do less: without history, without checks, or only the merge of the fields (update.lua).
// BASELINE adds the lastsync of another commit, which is built below $(BUILD)/baseline.
//
// All stacks run side by side. They are measured in turns while the others idle, so that a slow minute of the machine
// hits all. Each must do its job correctly before the load, and its data in Redis must be correct after it. lastsync's
// other endpoints follow, without peers. Prints medians as Markdown; exits with 1 if a request failed, and with 2 if it
// could not measure, a stack did not do its job, or one did not end well.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { buildBaseline } = require('./baseline');
const { check, checkLeft } = require('./checks');
const { openEndpoints } = require('./endpoints');
const { countPerConnection, measureHttp, stopLoad } = require('./load');
const { addCounts, median } = require('./numbers');
const { memory } = require('./resources');
const { chosen, say, wholeNumber } = require('./settings');
const { KINDS, Stack, baselineKind } = require('./stacks');
const { BUILD, REPOSITORY } = require('../lib/stack');
const tables = require('./tables');

const NODE_PEER = path.join(__dirname, 'peers', 'node');

// Starvation shows once there are more clients than a stack has processes.
const COUNTED_CONNECTIONS = 64;

// For programs that compile themselves as they run; a second more precedes each measurement.
const WARM_UP_SECONDS = 3;

// With the lastsync of another commit behind ours, if one is named.
function withBaseline(kinds, commit) {
  if (commit === '') return kinds;
  say(`building the baseline, ${commit}`);
  const behind = kinds.findIndex(({ key }) => key === 'lastsync') + 1;
  return [...kinds.slice(0, behind), baselineKind(buildBaseline(commit)), ...kinds.slice(behind)];
}

function readSettings({
  ROUNDS = '3', SECONDS = '5', CONNECTIONS = '1 16 64 256', ONLY = '', BASELINE = '',
}) {
  return {
    rounds: wholeNumber('ROUNDS', ROUNDS),
    seconds: wholeNumber('SECONDS', SECONDS),
    connections: CONNECTIONS.trim().split(/\s+/).map((text) => wholeNumber('CONNECTIONS', text)),
    kinds: withBaseline(chosen(KINDS, ONLY), BASELINE.trim()),
  };
}

function installNodePeer() {
  if (fs.existsSync(path.join(NODE_PEER, 'node_modules/.package-lock.json'))) return; // npm writes it last
  say('installing the Node.js peer (npm ci)');
  const words = [path.join(BUILD, 'npm'), 'ci', '--ignore-scripts'];
  const { status } = spawnSync(path.join(REPOSITORY, 'tests', 'npm'), words, {
    cwd: NODE_PEER,
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Error('npm ci failed');
}

// The rounds' results as one: medians, and the sum of the failures.
function combined(results) {
  const medianOf = (pick) => median(results.map(pick));
  return {
    rate: medianOf(({ rate }) => rate),
    p50: medianOf(({ p50 }) => p50),
    p99: medianOf(({ p99 }) => p99),
    cpu: Object.fromEntries(Object.keys(results[0].cpu).map((name) =>
      [name, medianOf(({ cpu }) => cpu[name])])),
    failures: addCounts(results.map(({ failures }) => failures)),
    spread: medianOf((result) => result.spread),
  };
}

// Starts a stack, gives it to `use`, and stops it in any case. One that does not end well spoils the
// exit status, not what was measured.
async function withStack(kind, use) {
  const stack = new Stack(kind);
  try {
    await stack.start();
    return await use(stack);
  } finally {
    await stack.stop().catch((error) => {
      say(`${kind.title} did not end well: ${error.message}`);
      process.exitCode = 2;
    });
  }
}

// Does so with several stacks at once.
function withStacks(kinds, use, started = []) {
  if (kinds.length === 0) return use(started);
  const [kind, ...others] = kinds;
  say(`starting ${kind.title}`);
  return withStack(kind, async (stack) => {
    await check(stack);
    await stack.measure(stack, COUNTED_CONNECTIONS, WARM_UP_SECONDS);
    return withStacks(others, use, [...started, stack]);
  });
}

// { key: { connections: result } }
async function measureRounds(stacks, { rounds, seconds, connections }) {
  const all = Object.fromEntries(stacks.map(({ key }) =>
    [key, Object.fromEntries(connections.map((number) => [number, []]))]));
  for (let round = 1; round <= rounds; round++) {
    for (const number of connections) {
      for (const stack of stacks) {
        const result = await stack.measure(stack, number, seconds);
        all[stack.key][number].push(result);
        say(`round ${round}, ${number} connections, ${stack.title}: ${tables.brief(result)}`);
      }
    }
  }
  return Object.fromEntries(Object.entries(all).map(([key, byConnections]) =>
    [key, Object.fromEntries(Object.entries(byConnections).map(([number, results]) =>
      [number, combined(results)]))]));
}

// Answers per connection, and memory, of a stack that runs alone: memory shared with others of its kind would make it
// look smaller.
function measureAlone(kind, { seconds, connections }) {
  say(`${kind.title} alone: answers per connection, memory`);
  return withStack(kind, async (stack) => {
    await stack.measure(stack, Math.max(...connections), seconds);
    const used = memory(stack.processes());
    return { counts: await countPerConnection(stack, COUNTED_CONNECTIONS, seconds), memory: used };
  });
}

// [{ title, result }] of lastsync's other endpoints, in turns.
function measureEndpoints(kind, { rounds, seconds }) {
  return withStack(kind, async (stack) => {
    const endpoints = await openEndpoints(stack);
    const all = endpoints.map(() => []);
    for (let round = 1; round <= rounds; round++) {
      for (const [i, { title, measure }] of endpoints.entries()) {
        const result = await measure(tables.GOALS_AT, seconds);
        all[i].push(result);
        say(`round ${round}, ${title}: ${tables.brief(result)}`);
      }
    }
    return endpoints.map(({ title }, i) => ({ title, result: combined(all[i]) }));
  });
}

async function bench(settings) {
  const { kinds } = settings;
  if (kinds.some(({ key }) => key.startsWith('node'))) installNodePeer();
  const results = await withStacks(kinds, async (stacks) => {
    const measured = await measureRounds(stacks, settings);
    for (const stack of stacks) await checkLeft(stack);
    return measured;
  });
  const alone = {};
  for (const kind of kinds) {
    if (kind.measure === measureHttp) alone[kind.key] = await measureAlone(kind, settings);
  }
  const ours = kinds.find(({ key }) => key === 'lastsync');
  const endpoints = ours ? await measureEndpoints(ours, settings) : [];
  process.stdout.write(tables.report({ ...settings, results, alone, endpoints }));
  const failed = endpoints.some(({ result }) => tables.failureText(result.failures) !== '');
  if (failed || tables.anyFailure(results)) process.exitCode = 1;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stopLoad);

async function main() {
  try {
    await bench(readSettings(process.env));
  } catch (error) {
    say(`bench: ${error.message}`);
    process.exitCode = 2;
  }
}

main();
