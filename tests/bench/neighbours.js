// How clients that report fare beside a neighbour that reads much, on this machine.
//
//   [ROUNDS=3] [SECONDS=5] [ONLY="list search"] [LISTED=10000] [SEARCHED=100000] node neighbours.js
//
// Eight reporters, each with one connection through nginx and with connectors of its own, report one
// report after the other. Beside them, in turns: nobody; or one client that repeats a request without a pause, after
// any answer. LISTED and SEARCHED: how many connectors there are for lists, overviews and metrics, and for searches;
// fewer (at least 1,040 and 40) make a quick trial.
//
// The workers are started anew before each measurement, so that nothing of a former neighbour is left in them. Prints
// medians as Markdown; exits with 1 if a goal is missed, and with 2 if it could not measure.
'use strict';

const path = require('node:path');
const { startStack } = require('../lib/stack');
const { output, stopLoad } = require('./load');
const { forgetPeak, peakMemory } = require('./resources');
const { chosen, say, wholeNumber } = require('./settings');
const { LARGE_DOCUMENTS } = require('./neighbours/data');
const { combined } = require('./neighbours/results');
const { brief, missed, report } = require('./neighbours/tables');

const WARM_UP_SECONDS = 1;

// As in the other benchmarks, the AOF is never rewritten within a measurement.
const REDIS_OPTIONS = ['--auto-aof-rewrite-percentage', '0'];

const QUERY = 'query=12345';

// In the order of the table. `set`: see neighbours/data.js. Of several targets the first that is not refused as too
// large is used. The first list is used in any case, to see the cost of its refusal.
const NEIGHBOURS = [
  { key: 'nobody', set: 'listed', targets: [] },
  { key: 'list', set: 'listed', targets: ['/_connector?size=10000'] },
  { key: 'smaller-list', set: 'listed', targets: [5000, 2000, 1000].map((size) => `/_connector?size=${size}`) },
  { key: 'overview', set: 'listed', targets: [1000, 500, 200, 100, 50].map((size) =>
    `/_lastsync/overview?size=${size}&history=50`) },
  { key: 'search', set: 'searched', targets: [`/_connector?${QUERY}`] },
  { key: 'overview-search', set: 'searched', targets: [`/_lastsync/overview?${QUERY}`] },
  { key: 'large-list', set: 'large', targets: ['/_connector?size=100'] },
  { key: 'large-overview', set: 'large', targets: ['/_lastsync/overview?size=60'] },
  { key: 'metrics', set: 'listed', targets: ['/_lastsync/metrics'] },
];

function readSettings({
  ROUNDS = '3', SECONDS = '5', ONLY = '', LISTED = '10000', SEARCHED = '100000',
}) {
  return {
    rounds: wholeNumber('ROUNDS', ROUNDS),
    seconds: wholeNumber('SECONDS', SECONDS),
    sizes: {
      listed: wholeNumber('LISTED', LISTED),
      searched: wholeNumber('SEARCHED', SEARCHED),
      large: LARGE_DOCUMENTS,
    },
    // all are compared with nobody
    neighbours: chosen(NEIGHBOURS, ONLY && `nobody ${ONLY}`),
  };
}

function run(program, ...words) {
  return output(process.execPath, [path.join(__dirname, 'neighbours', program), ...words.map(String)]);
}

async function json(...words) {
  return JSON.parse(await run(...words));
}

async function isRefused(stack, target) {
  const answer = await fetch(stack.url + target);
  await answer.arrayBuffer();
  return answer.status >= 400 && answer.status < 500;
}

// The largest that is allowed; the last one if none is.
async function chooseTarget(stack, targets) {
  const [target, ...smaller] = targets;
  if (smaller.length === 0 || !await isRefused(stack, target)) return target;
  return chooseTarget(stack, smaller);
}

// One measurement: the results of the reporters and the neighbour, the peak of each worker in MiB, the largest first,
// and how many workers ended meanwhile.
async function measure({ stack, target }, seconds) {
  await stack.lastsync.stop();
  await stack.lastsync.start();
  await run('reporters.js', stack.port, WARM_UP_SECONDS);
  const workers = stack.lastsync.children();
  workers.forEach(forgetPeak);
  const [reports, reads] = await Promise.all([
    json('reporters.js', stack.port, seconds),
    target && json('reader.js', stack.port, seconds, target),
  ]);
  const peaks = workers.map(peakMemory).sort((a, b) => b - a);
  const left = stack.lastsync.children();
  return { reports, reads, peaks, ended: workers.filter((pid) => !left.includes(pid)).length };
}

// The results of all rounds, the neighbours taking turns: [{ key, title, result }].
async function measureRounds(neighbours, { rounds, seconds }) {
  const all = neighbours.map(() => []);
  for (let round = 1; round <= rounds; round++) {
    for (const [i, neighbour] of neighbours.entries()) {
      const result = await measure(neighbour, seconds);
      all[i].push(result);
      say(`round ${round}, ${neighbour.title}: ${brief(combined([result]))}`);
    }
  }
  return neighbours.map(({ key, title }, i) => ({ key, title, result: combined(all[i]) }));
}

// Starts a stack for each set of data, fills it, gives them to `use` by the set's name, and stops them in
// any case.
async function withStacks([set, ...others], sizes, use, stacks = {}) {
  if (set === undefined) return use(stacks);
  const stack = await startStack({ redis: REDIS_OPTIONS, days: null });
  try {
    say(`filling the connectors that are ${set}: ${sizes[set]}`);
    await run('data.js', stack.port, set, sizes[set]);
    return await withStacks(others, sizes, use, { ...stacks, [set]: stack });
  } finally {
    await stack.stop();
  }
}

async function placed(neighbour, stacks) {
  const stack = stacks[neighbour.set];
  const target = await chooseTarget(stack, neighbour.targets);
  return { ...neighbour, stack, target, title: target ? `\`GET ${target}\`` : 'nobody' };
}

async function main() {
  try {
    const settings = readSettings(process.env);
    const sets = [...new Set(settings.neighbours.map(({ set }) => set))];
    const results = await withStacks(sets, settings.sizes, async (stacks) => {
      const neighbours = [];
      for (const neighbour of settings.neighbours) neighbours.push(await placed(neighbour, stacks));
      return measureRounds(neighbours, settings);
    });
    process.stdout.write(report({ ...settings, results }));
    if (missed(results)) process.exitCode = 1;
  } catch (error) {
    say(`neighbours: ${error.message}`);
    process.exitCode = 2;
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stopLoad);

main();
