// Tells which lines and branches of cgi/ have run, from what gcov counted below BUILD, and fails where there are fewer
// than promised. Lines that only a death of the process reaches are told as all others.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const { BUILD } = process.env;
const LEAST = { lines: 95, branches: 85 };
const ROOM = 64 * 1024 * 1024; // bytes of what gcov says of a file

const notes = fs.readdirSync(path.join(BUILD, 'cgi'), { recursive: true }).filter((name) => /\.gcno$/.test(name) && !/\.lua\./.test(name))
  .map((name) => path.join(BUILD, 'cgi', name)).sort();

// By file: of each line how often it ran, and of its branches. A header counts in each object.
const files = new Map();
for (const file of notes) {
  const text = execFileSync('gcov', ['--json-format', '--stdout', '--branch-probabilities', file], { encoding: 'utf8', maxBuffer: ROOM, stdio: ['ignore', 'pipe', 'ignore'] });
  for (const { file: name, lines } of JSON.parse(text).files) {
    if (!name.startsWith('cgi/')) continue;
    if (!files.has(name)) files.set(name, new Map());
    const known = files.get(name);
    for (const { line_number: number, count, branches } of lines) {
      const line = known.get(number) || { count: 0, branches: [] };
      line.count += count;
      branches.forEach(({ count: taken }, i) => { line.branches[i] = (line.branches[i] || 0) + taken; });
      known.set(number, line);
    }
  }
}

const share = (part, all) => (all ? 100 * part / all : 100);

// Numbers as ranges: 3 4 5 9 is 3-5 9.
function ranges(numbers) {
  const found = [];
  for (const number of numbers) {
    const last = found.at(-1);
    if (last && number === last[1] + 1) last[1] = number;
    else found.push([number, number]);
  }
  return found.map(([from, to]) => (from === to ? from : `${from}-${to}`)).join(' ');
}

const sums = { lines: [0, 0], branches: [0, 0] };
for (const [name, lines] of [...files].sort()) {
  const all = [...lines.values()];
  const branches = all.flatMap((line) => line.branches);
  const missing = [...lines].filter(([, { count }]) => !count).map(([number]) => number).sort((a, b) => a - b);
  const [run, taken] = [all.length - missing.length, branches.filter(Boolean).length];
  for (const [what, part, whole] of [['lines', run, all.length], ['branches', taken, branches.length]]) {
    sums[what][0] += part;
    sums[what][1] += whole;
  }
  process.stdout.write(`${share(run, all.length).toFixed(1).padStart(5)} % of lines, ${share(taken, branches.length).toFixed(1).padStart(5)} % of branches  ${name}${missing.length ? `: ${ranges(missing)}` : ''}\n`);
}
for (const [what, [part, whole]] of Object.entries(sums)) {
  process.stdout.write(`${share(part, whole).toFixed(1)} % of ${whole} ${what}, of which ${LEAST[what]} % are promised\n`);
  if (!(share(part, whole) >= LEAST[what])) process.exitCode = 1;
}
