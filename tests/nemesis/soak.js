// The nemesis for long: rounds of a minute over one service, whose processes all stay. After each round the store is
// emptied, and the memory and files of the processes are noted: they must not grow. MINUTES is how long, SEED where it
// begins.
'use strict';

const fs = require('node:fs');
const { memory } = require('../bench/resources');
const { percentile } = require('../bench/numbers');
const { pause } = require('../lib/until');
const { dice } = require('../clients/clients');
const { FAULTS } = require('./faults');
const { Harness, lines, shuffled } = require('./harness');

const MINUTES = Number(process.env.MINUTES) || 10;
const SEED = Number(process.env.SEED) || Date.now() % 2147483648;
const SHARDS = Number(process.env.SHARDS) || 1;
const WARM = 3; // rounds in which caches and heaps fill
const JUDGED = 30; // minutes after which the growth of memory is judged: chance is small by then
const GROWTH = 1; // MiB an hour
const DESCRIPTORS = 8; // more than at first: nginx keeps connections as it needs them
const SETTLED = 4000; // milliseconds after which nothing is under way, not even what deadlines gave up

const NAMES = Object.keys(FAULTS).filter((name) => !FAULTS[name].ends && name !== 'nginx is reloaded');

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
const descriptorsOf = (pid) => fs.readdirSync(`/proc/${pid}/fd`).length;

// The processes' resources now: MiB and open files.
async function note({ stack }) {
  for (const program of stack.programs.filter(({ pid }) => !pid)) {
    throw new Error(`${program.name} has ended: ${JSON.stringify(program.exit)}\n${program.output()}`);
  }
  const groups = { workers: stack.lastsync.children(), pool: [stack.lastsync.pid],
    nginx: [stack.nginx.pid, ...stack.nginx.children()] };
  await stack.redisCommand('MEMORY', 'PURGE');
  const used = /^used_memory:(\d+)/m.exec(await stack.redisCommand('INFO', 'memory'))[1];
  const sizes = Object.entries(memory(groups)).map(([name, parts]) => [name, sum(parts)]);
  return { pids: JSON.stringify(groups), descriptors: sum(Object.values(groups).flat().map(descriptorsOf)),
    sizes: { ...Object.fromEntries(sizes), redis: Number(used) / 1048576 } };
}

// The growth in an hour, by least squares; a round is a minute.
function slope(values) {
  const middle = (values.length - 1) / 2;
  const mean = sum(values) / values.length;
  const over = sum(values.map((value, i) => (i - middle) * (value - mean)));
  return values.length < 2 ? 0 : 60 * over / sum(values.map((_, i) => (i - middle) ** 2));
}

function print(text) {
  process.stdout.write(`${text}\n`);
}

// Prints the growth, and gives in words what is too large.
function growth(notes) {
  const warm = notes.slice(WARM);
  const faults = [];
  for (const name of Object.keys(notes[0].sizes)) {
    const grown = slope(warm.map(({ sizes }) => sizes[name]));
    print(`${name}: ${notes.at(-1).sizes[name].toFixed(2)} MiB in the end, ${grown.toFixed(2)} MiB more an hour`);
    if (MINUTES >= JUDGED && grown > GROWTH) faults.push(`the memory of ${name} grows by ${grown.toFixed(2)} MiB an hour`);
  }
  const [first, last] = [notes[0].descriptors, notes.at(-1).descriptors];
  print(`open files: ${first} at first, ${last} in the end`);
  if (last > first + DESCRIPTORS) faults.push(`open files: ${first}, then ${last}`);
  if (new Set(notes.map(({ pids }) => pids)).size > 1) faults.push('a process ended');
  return faults;
}

async function main() {
  print(`SEED=${SEED}, ${MINUTES} rounds of a minute, ${SHARDS} shards`);
  const harness = await Harness.open({ seed: SEED, shards: SHARDS });
  const notes = [];
  let waits = [];
  let wrong = '';
  try {
    for (let round = 1; round <= MINUTES && !wrong; round++) {
      if (round > 1) await harness.begin(SEED + round);
      await harness.run(50, shuffled(NAMES, dice(SEED + round)));
      wrong = lines(await harness.judge(() => pause(SETTLED)));
      waits = waits.concat(harness.world.waits);
      await harness.stack.emptyRedis();
      notes.push(await note(harness));
      print(`${round}: ${harness.summary}; ${JSON.stringify(notes.at(-1).sizes, (_, value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value))}`);
    }
    print(`all: ${waits.length} requests, p50 ${percentile(waits, 0.5).toFixed(1)} ms, p99 ${percentile(waits, 0.99).toFixed(1)} ms, `
      + `longest ${waits.reduce((most, wait) => Math.max(most, wait), 0).toFixed(0)} ms`);
    wrong ||= growth(notes).join('\n');
  } finally {
    await harness.close();
  }
  if (wrong) print(wrong);
  return wrong ? 1 : 0;
}

main().then((code) => { process.exitCode = code; }, (error) => {
  print(error.stack);
  process.exitCode = 1;
});
