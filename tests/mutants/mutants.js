// Builds lastsync with one planted fault after the other, and sees that the harness finds each of them: so each of
// its checks can fail. ONLY is a pattern of their names, SECONDS is how long each one is looked at.
//
// A mutant is NAME.sed, whose first lines say what is wrong, the file, the faults of the nemesis that show it, the
// number of shards, and what the report must say.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { BUILD, REPOSITORY } = require('../lib/stack');

const TREE = path.join(BUILD, 'mutants');
const ONLY = new RegExp(process.env.ONLY || '');
const SECONDS = process.env.SECONDS || '6';
const PATIENCE = 120000; // milliseconds for a round, which ends by itself long before
const ROUNDS = 6; // that one may take to show

const run = (file, words, options) => execFileSync(file, words, { cwd: TREE, encoding: 'utf8', ...options });

// The sources, and what was built of them: only what differs is built again.
function copySources() {
  fs.rmSync(TREE, { recursive: true, force: true });
  fs.mkdirSync(path.join(TREE, 'build'), { recursive: true });
  execFileSync('cp', ['-a', '--parents', 'Makefile', 'cgi', 'nginx/package.mk', 'tests/tests.mk', 'tests/all.mk', TREE], { cwd: REPOSITORY });
  execFileSync('cp', ['-a', path.join(BUILD, 'cgi'), path.join(TREE, 'build')]);
}

function readMutant(file) {
  const text = fs.readFileSync(file, 'utf8');
  const field = (name) => new RegExp(`^# ${name}: (.*)$`, 'm').exec(text)[1];
  return { name: path.basename(file, '.sed'), sed: file, what: text.split('\n')[0].slice(2), file: field('file'),
    faults: field('faults'), shards: field('shards'), found: new RegExp(field('found by')) };
}

// Builds a mutant, and gives the path of its program; the source is as it was afterwards.
function build({ name, sed, file }) {
  const source = path.join(TREE, file);
  const original = fs.readFileSync(source);
  run('sed', ['-i', '-f', sed, source]);
  if (fs.readFileSync(source).equals(original)) throw new Error(`${sed} changes nothing in ${file}`);
  run('make', ['-s', 'BUILD=build', 'build/lastsync']);
  const program = path.join(TREE, `lastsync-${name}`);
  fs.copyFileSync(path.join(TREE, 'build/lastsync'), program);
  fs.writeFileSync(source, original);
  return program;
}

function nemesis(mutant, program, seed) {
  const environment = { ...process.env, PROGRAM: program, ONLY: mutant.faults, SHARDS: mutant.shards, SECONDS, SEED: String(seed) };
  delete environment.NODE_TEST_CONTEXT;
  const { stdout, status } = spawnSync(process.execPath, ['--test', path.join(REPOSITORY, 'tests/nemesis/nemesis.test.js')],
    { env: environment, encoding: 'utf8', timeout: PATIENCE });
  return { stdout, status };
}

// The first line of what was found, or nothing.
function lineOf({ stdout }, found) {
  return stdout.split('\n').map((line) => line.trim()).find((line) => found.test(line));
}

function main() {
  const mutants = fs.readdirSync(__dirname).filter((file) => file.endsWith('.sed')).sort()
    .map((file) => readMutant(path.join(__dirname, file))).filter(({ name }) => ONLY.test(name));
  let missed = 0;
  copySources();
  for (const mutant of mutants) {
    const program = build(mutant);
    let line;
    let last;
    for (let round = 1; !line && round <= ROUNDS; round++) {
      last = nemesis(mutant, program, round);
      line = lineOf(last, mutant.found);
    }
    if (!line) missed += 1;
    process.stdout.write(`${line ? 'found ' : 'MISSED'} ${mutant.name.padEnd(10)} ${mutant.what}\n       ${(line || last.stdout).slice(0, line ? 160 : 3000)}\n`);
  }
  process.stdout.write(`\n${mutants.length - missed} found, ${missed} missed\n`);
  return missed || !mutants.length ? 1 : 0;
}

process.exitCode = main();
