// Prints the share of lines and branches of cgi/ that have run, by gcov's counts below BUILD; then the
// lines that have not, and why. Fails if the share is below LEAST. It reads the sources below the folder
// in which it runs.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync } = require('node:child_process');

const { BUILD } = process.env;
const LEAST = { lines: 95, branches: 85 };
const ROOM = 64 * 1024 * 1024; // bytes of gcov's output for a file

// Reasons why a line does not run: the first that fits its file and its text counts.
const WHY = [
  ['TLS to Redis: the hiredis of Debian 12 has none', { file: /^cgi\/store\/redis\/tls\.c$/ }],
  ['a progress bar: tests have no terminal', { file: /^cgi\/command\/progress\.[ch]$/ }],
  ['the system refuses memory, a descriptor, a thread or a process', { text: /\babort\(\)|strerror\(errno\)|_exit\(|\bno memory\b/ }],
];
const UNKNOWN = 'no test that is counted here reaches them';

const notes = fs.readdirSync(path.join(BUILD, 'cgi'), { recursive: true }).filter((name) => /\.gcno$/.test(name) && !/\.lua\./.test(name))
  .map((name) => path.join(BUILD, 'cgi', name)).sort();

// By file and line: how often the line and its branches ran, summed over all objects that include it.
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

function why(file, text) {
  const found = WHY.find(([, fits]) => (!fits.file || fits.file.test(file)) && (!fits.text || fits.text.test(text)));
  return found ? found[0] : UNKNOWN;
}

// The lines that have not run: by reason and file.
const reasons = new Map([...WHY.map(([words]) => words), UNKNOWN].map((words) => [words, new Map()]));

function noteMissing(file, missing) {
  const source = fs.readFileSync(file, 'utf8').split('\n');
  for (const number of missing) {
    const ofReason = reasons.get(why(file, source[number - 1]));
    ofReason.set(file, [...(ofReason.get(file) || []), number]);
  }
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
  noteMissing(name, missing);
  process.stdout.write(`${share(run, all.length).toFixed(1).padStart(5)} % of lines, ${share(taken, branches.length).toFixed(1).padStart(5)} % of branches  ${name}\n`);
}
for (const [words, ofFiles] of reasons) {
  const count = [...ofFiles.values()].flat().length;
  if (!count) continue;
  process.stdout.write(`\n${count} lines have not run: ${words}\n`);
  for (const [name, numbers] of ofFiles) process.stdout.write(`    ${name}: ${ranges(numbers)}\n`);
}
process.stdout.write('\n');
for (const [what, [part, whole]] of Object.entries(sums)) {
  process.stdout.write(`${share(part, whole).toFixed(1)} % of ${whole} ${what}, of which ${LEAST[what]} % are promised\n`);
  if (!(share(part, whole) >= LEAST[what])) process.exitCode = 1;
}
