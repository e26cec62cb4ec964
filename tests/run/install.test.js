// nginx/install, on a machine that is made up: its programs are scripts in a folder of the test.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { REPOSITORY } = require('../lib/stack');

const INSTALL = path.join(REPOSITORY, 'nginx', 'install');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-install-'));
after(() => fs.rmSync(folder, { recursive: true }));

function realPath(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}

// Runs install for `purpose` where all packages but `missing` are installed, only `programs` (name:
// shell text) are there, and the user is not root. `sudo` runs nothing, it notes what it is given.
function install(purpose, { missing = [], programs = {} }) {
  const bin = fs.mkdtempSync(path.join(folder, 'bin-'));
  const notes = path.join(bin, 'notes');
  const cases = missing.map((name) => `${name}) exit 1 ;;`).join(' ');
  const all = { id: 'echo 1000', 'dpkg-query': `case $4 in ${cases} *) printf installed ;; esac`,
    ...programs };
  for (const name of ['bash', 'env']) fs.symlinkSync(realPath(name), path.join(bin, name));
  for (const [name, text] of Object.entries(all)) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const options = { env: { PATH: bin, NOTES: notes }, encoding: 'utf8' };
  const result = spawnSync(INSTALL, [purpose], options);
  const noted = fs.existsSync(notes) ? fs.readFileSync(notes, 'utf8').trim().split('\n') : [];
  return { ...result, noted };
}

const SUDO = 'echo "$@" >>"$NOTES"';
const DEBIAN = { 'apt-get': 'exit 99', sudo: SUDO };

function assertRefused({ status, stdout, stderr }, pattern) {
  assert.strictEqual(stdout, '');
  assert.match(stderr, pattern);
  assert.match(stderr, /^[^\n]+\n$/, 'not one line');
  assert.strictEqual(status, 1);
}

for (const purpose of ['run', 'build', 'test', 'deb', 'test-deb', 'bench']) {
  test(`${purpose}: nothing is said or done where all is there`, () => {
    const { status, stdout, stderr, noted } = install(purpose, { programs: DEBIAN });
    assert.deepStrictEqual({ status, stdout, stderr, noted },
      { status: 0, stdout: '', stderr: '', noted: [] });
  });
}

test('what is missing is named and installed, and nothing else', () => {
  const missing = ['libhiredis-dev', 'libcmocka-dev'];
  const { status, stdout, noted } = install('run', { missing, programs: DEBIAN });
  assert.strictEqual(status, 0);
  assert.strictEqual(stdout, 'Installing the Debian packages that are missing: libhiredis-dev\n');
  assert.match(noted[1], /^env DEBIAN_FRONTEND=noninteractive apt-get .*update$/);
  assert.match(noted.find((line) => / install /.test(line) && /apt-get/.test(line)),
    / install --no-install-recommends libhiredis-dev$/);
});

test('a program that is there by other means is not asked for', () => {
  const missing = ['nodejs', 'npm'];
  const programs = { ...DEBIAN, node: '' };
  const { stdout } = install('test', { missing, programs });
  assert.strictEqual(stdout, 'Installing the Debian packages that are missing: npm\n');
});

test('sanitizers are those of the clang at hand', () => {
  const programs = { ...DEBIAN, clang: 'echo 19.1.7' };
  const { stdout } = install('test', { missing: ['libclang-rt-19-dev'], programs });
  assert.match(stdout, /: libclang-rt-19-dev\n$/);
});

test('refused: no apt-get', () => {
  assertRefused(install('run', { missing: ['redis-server', 'curl'], programs: { sudo: SUDO } }),
    /there is no apt-get to install them: redis-server curl$/m);
});

test('refused: neither root nor sudo', () => {
  assertRefused(install('run', { missing: ['curl'], programs: { 'apt-get': '' } }),
    /only root may install them: curl$/m);
});

test('refused: a sudo that may not', () => {
  const programs = { 'apt-get': '', sudo: 'echo no >&2; exit 1' };
  assertRefused(install('run', { missing: ['curl'], programs }),
    /only root may install them: curl$/m);
});

test('an installation that fails says so', () => {
  const programs = { 'apt-get': '', sudo: 'case "$*" in *install*) exit 100 ;; esac' };
  const { status, stderr } = install('run', { missing: ['curl'], programs });
  assert.strictEqual(stderr, 'apt-get could not install all of these Debian packages: curl\n');
  assert.strictEqual(status, 1);
});

test('refused: no purpose', () => {
  assertRefused(install('', {}), /^usage: .*install run\|build\|test\|deb\|test-deb\|bench$/m);
});

for (const [target, purpose] of [['run', 'run'], ['test', 'test'],
  ['deb', 'deb'], ['test-deb', 'test-deb'], ['bench', 'bench']]) {
  test(`make ${target} begins by installing what is missing`, () => {
    const { status, stdout } = spawnSync('make', ['-n', target], { cwd: REPOSITORY, encoding: 'utf8',
      env: { PATH: process.env.PATH } });
    assert.strictEqual(status, 0);
    assert.match(stdout, new RegExp(`^nginx/install ${purpose}$`, 'm'));
  });
}
