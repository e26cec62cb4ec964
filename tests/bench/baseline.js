// Another commit of this repository, built to be measured in the same run.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { BUILD, REPOSITORY } = require('../lib/stack');

// This make's variables must not reach the make of the other commit.
const MAKE_VARIABLES = ['MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'MAKEOVERRIDES', 'BUILD'];

// Runs a program to its end; its output goes to the terminal.
function run(words, cwd = REPOSITORY) {
  const env = { ...process.env };
  for (const name of MAKE_VARIABLES) delete env[name];
  const [file, ...rest] = words;
  const { status, error } = spawnSync(file, rest, { cwd, env, stdio: ['ignore', 2, 2] });
  if (error) throw error;
  if (status !== 0) throw new Error(`${words.join(' ')} failed`);
}

function fullName(commit) {
  const { status, error, stdout } = spawnSync('git',
    ['rev-parse', '--verify', '--quiet', '--end-of-options', `${commit}^{commit}`],
    { cwd: REPOSITORY, encoding: 'utf8' });
  if (error) throw error;
  if (status !== 0) throw new Error(`BASELINE is not a commit of this repository: ${commit}`);
  return stdout.trim();
}

// The commit's files, all of them or none.
function unpack(sha, folder) {
  const part = `${folder}.part`;
  fs.rmSync(part, { recursive: true, force: true });
  fs.mkdirSync(part, { recursive: true });
  const archive = path.join(part, 'archive.tar');
  run(['git', 'archive', '--output', archive, sha]);
  run(['tar', '-x', '-f', archive, '-C', part]);
  fs.rmSync(archive);
  fs.renameSync(part, folder);
}

// Builds a commit below $(BUILD)/baseline, unless it is there: { title, program }. Its own make knows what is left to
// do.
function buildBaseline(commit) {
  const sha = fullName(commit);
  const folder = path.join(BUILD, 'baseline', sha);
  if (!fs.existsSync(folder)) unpack(sha, folder);
  run(['make', '-s', '-j', '2', 'BUILD=build', 'build/lastsync'], folder);
  return { title: `lastsync, ${sha.slice(0, 7)}`, program: path.join(folder, 'build', 'lastsync') };
}

module.exports = { buildBaseline };
