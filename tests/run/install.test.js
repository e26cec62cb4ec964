// nginx/install on a made-up machine: its programs are scripts in a folder of the test.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { REPOSITORY, replaced } = require('../lib/stack');

const INSTALL = path.join(REPOSITORY, 'nginx', 'install');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-install-'));
after(() => fs.rmSync(folder, { recursive: true }));

function realPath(name) {
  return spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout.trim();
}

// Runs install for `purpose` where all packages but `missing` are installed, only `programs` (name:
// shell text) are there, and the user is not root. `sudo` runs nothing, it notes its arguments.
function install(purpose, { missing = [], programs = {}, script = INSTALL, tools = [] }) {
  const bin = fs.mkdtempSync(path.join(folder, 'bin-'));
  const notes = path.join(bin, 'notes');
  const cases = missing.map((name) => `${name}) exit 1 ;;`).join(' ');
  const all = { id: 'echo 1000', dpkg: 'echo amd64',
    'dpkg-query': `case $4 in ${cases} ca-certificates) echo all installed ;; *) echo amd64 installed ;; esac`, ...programs };
  for (const name of ['bash', 'env', 'awk', ...tools]) fs.symlinkSync(realPath(name), path.join(bin, name));
  for (const [name, text] of Object.entries(all)) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  const options = { env: { PATH: bin, NOTES: notes }, encoding: 'utf8' };
  const result = spawnSync(script, [purpose], options);
  const noted = fs.existsSync(notes) ? fs.readFileSync(notes, 'utf8').trim().split('\n') : [];
  return { ...result, noted };
}

const SUDO = 'echo "$@" >>"$NOTES"';
const APT = 'case "$*" in *--print-uris*) echo "x a.deb 1500000 y"; echo "x b.deb 700000 y" ;; *) exit 99 ;; esac';
const DEBIAN = { 'apt-get': APT, sudo: SUDO };

function assertRefused({ status, stderr }, pattern) {
  assert.match(stderr, pattern);
  assert.strictEqual(status, 1);
}

const PURPOSES = ['build', 'run', 'lint', 'programs', 'sanitize', 'integration', 'test', 'deb', 'test-deb',
  'test-fresh', 'test-container', 'bench'];
for (const purpose of PURPOSES) {
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
  assert.deepStrictEqual(stdout.split('\n'), ['Debian packages that are missing: libhiredis-dev',
    'apt-get updates its list of packages...',
    'apt-get fetches and installs them, and the packages they depend on: 2 files, 2 MB. That happens once.', '']);
  assert.match(noted[1], /^env DEBIAN_FRONTEND=noninteractive apt-get .*update$/);
  assert.match(noted.find((line) => / install /.test(line) && /apt-get/.test(line)),
    / install --no-install-recommends libhiredis-dev$/);
});

test('a program that is there by other means is not asked for', () => {
  const missing = ['nodejs', 'chromium-headless-shell'];
  const programs = { ...DEBIAN, node: '' };
  const { stdout } = install('test', { missing, programs });
  assert.match(stdout, /^Debian packages that are missing: chromium-headless-shell\n/);
});

for (const [states, there] of [['i386 installed\\namd64 installed', true], ['amd64 installed\\ni386 installed', true],
  ['i386 installed', false], ['amd64 config-files', false], ['amd64 config-files\\ni386 installed', false],
  [' not-installed', false]]) {
  test(`a library of these states is ${there ? 'there' : 'missing'}: ${states}`, () => {
    const programs = { ...DEBIAN, 'dpkg-query': `case $4 in libfcgi-dev) printf '${states}\\n' ;; *) echo amd64 installed ;; esac` };
    const { stdout } = install('build', { programs });
    assert.strictEqual(stdout.split('\n')[0], there ? '' : 'Debian packages that are missing: libfcgi-dev');
  });
}

test('LLVM is the one that the Makefile names', () => {
  const [, version] = /^LLVM = (\d+)$/m.exec(fs.readFileSync(path.join(REPOSITORY, 'Makefile'), 'utf8'));
  const missing = [`clang-${version}`, `libclang-rt-${version}-dev`];
  const { stdout } = install('sanitize', { missing, programs: DEBIAN });
  assert.match(stdout, new RegExp(`^Debian packages that are missing: ${missing.join(' ')}\n`));
});

test('progress is told, at each quarter where nobody looks', () => {
  const status = ['dlstatus:1:0.0:a', 'dlstatus:1:30.0:a', 'dlstatus:1:100,0:a', 'pmstatus:a:0.0:b',
    'pmerror:a:1.0:b', 'pmstatus:a:20.0:b', 'pmstatus:a:80.0:b'].join('\\n');
  const programs = { ...DEBIAN, sudo: `case "$*" in *Status*) printf '${status}\\n' ;; esac` };
  const { stdout } = install('run', { missing: ['curl'], programs });
  assert.deepStrictEqual(stdout.split('\n').slice(3, -1), ['  fetching: 30 %', '  fetching: 100 %',
    '  installing: 0 %', '  installing: 80 %']);
});

test('refused: no apt-get', () => {
  assertRefused(install('run', { missing: ['redis-server', 'curl'], programs: { sudo: SUDO } }),
    /there is no apt-get to install them: redis-server curl$/m);
});

test('refused: neither root nor sudo', () => {
  assertRefused(install('run', { missing: ['curl'], programs: { 'apt-get': '' } }),
    /^Only root may install packages, and there is no sudo\. As root:\napt-get install --no-install-recommends curl\n$/);
});

test('sudo says what it asks a password for', () => {
  const programs = { ...DEBIAN, sudo: `case $1 in --non-interactive) exit 1 ;; *) ${SUDO} ;; esac` };
  const { status, noted } = install('run', { missing: ['curl'], programs });
  assert.strictEqual(status, 0);
  assert.match(noted[0], /^--prompt=.*password.* to install these packages: +--validate$/);
});

test('refused: a sudo that may not', () => {
  const programs = { 'apt-get': '', sudo: 'echo no >&2; exit 1' };
  assertRefused(install('run', { missing: ['curl'], programs }),
    /^no\nsudo gives no rights .*\nsudo apt-get install --no-install-recommends curl\n$/);
});

test('an installation that fails says so', () => {
  const programs = { 'apt-get': '', sudo: 'case "$*" in *no-install*) exit 100 ;; esac' };
  const { status, stderr } = install('run', { missing: ['curl'], programs });
  assert.strictEqual(stderr, 'apt-get could not install all of these Debian packages: curl\n');
  assert.strictEqual(status, 1);
});

// ---- the file that tells Debian to start no service ----

const policy = path.join(folder, 'policy-rc.d');
const script = path.join(folder, 'install');
fs.writeFileSync(script, replaced(fs.readFileSync(INSTALL, 'utf8'), /^policy=.*$/m, `policy=${policy}`), { mode: 0o755 });

// A sudo that runs what it is given, and asks for a password ("no") once packages are installed. apt-get notes how
// services would fare, and whether it fails is up to `end`.
function installWithPolicy({ end = 'exit 0', more = {}, tools = ['install'] } = {}) {
  const programs = { ...more,
    sudo: 'case $1 in --*) exit 0 ;; esac\n[ ! -e "$NOTES" ] || { echo no >&2; exit 1; }\nexec "$@"',
    'apt-get': `case "$*" in *Status*) ${policy}; echo "policy $?" >>"$NOTES"; ${end} ;; *--print-uris*) ;; esac`,
  };
  return install('run', { missing: ['curl'], programs, script, tools: ['sh', 'rm', 'grep', ...tools] });
}

const MACHINES_OWN = '#!/bin/sh\nexit 104\n';

for (const [how, end, status] of [['succeeds', 'exit 0', 0], ['fails', 'exit 100', 1]]) {
  test(`no service starts meanwhile, and the next one does, though sudo asks again: apt-get ${how}`, () => {
    const result = installWithPolicy({ end });
    assert.deepStrictEqual(result.noted, ['policy 101']);
    assert.strictEqual(fs.existsSync(policy), false);
    assert.doesNotMatch(result.stderr, /^no$/m);
    assert.strictEqual(result.status, status);
  });
}

test('the policy of an install that was killed is not taken for the machine\'s own', () => {
  installWithPolicy({ end: 'kill -KILL $PPID' });
  assert.strictEqual(fs.existsSync(policy), true);
  const { status, noted } = installWithPolicy();
  assert.deepStrictEqual([status, noted], [0, ['policy 101']]);
  assert.strictEqual(fs.existsSync(policy), false);
});

test('a policy that the machine has stays', () => {
  fs.writeFileSync(policy, MACHINES_OWN, { mode: 0o755 });
  assert.deepStrictEqual(installWithPolicy().noted, ['policy 104']);
  assert.strictEqual(fs.readFileSync(policy, 'utf8'), MACHINES_OWN);
  fs.rmSync(policy);
});

test('nothing is installed if the policy cannot be made', () => {
  const { status, noted, stderr } = installWithPolicy({ more: { install: 'exit 1' }, tools: [] });
  assert.deepStrictEqual([status, noted], [1, []]);
  assert.strictEqual(stderr, 'apt-get could not install all of these Debian packages: curl\n');
});

test('refused: no purpose', () => {
  assertRefused(install('', {}), new RegExp(`^usage: .*install ${PURPOSES.join('\\|')}$`, 'm'));
});

test('make compiles anew when a library has another version, and only then', () => {
  const build = path.join(folder, 'build');
  const object = path.join(build, 'cgi/base/text.o');
  const shims = path.join(folder, 'other-versions');
  fs.mkdirSync(shims);
  fs.writeFileSync(path.join(shims, 'pkg-config'), `#!/bin/sh
case "$*" in *--modversion*) echo 99 ;; *) exec ${realPath('pkg-config')} "$@" ;; esac\n`, { mode: 0o755 });
  const made = (PATH) => execFileSync('make', [`BUILD=${build}`, object], { cwd: REPOSITORY, encoding: 'utf8',
    env: { PATH } });
  const other = `${shims}:${process.env.PATH}`;
  for (const PATH of [process.env.PATH, other, process.env.PATH]) {
    assert.match(made(PATH), /^CC +cgi\/base\/text\.c$/m);
    assert.match(made(PATH), /is up to date/);
  }
  assert.doesNotMatch(fs.readFileSync(path.join(build, 'libraries'), 'utf8'), /99/);
});

for (const [target, purpose] of [['run', 'run'], ['demo', 'run'], ['test', 'test'], ['lint', 'lint'],
  ['unit', 'programs'], ['cases', 'programs'], ['store-test', 'programs'], ['sanitize', 'sanitize'],
  ['fuzz-brief', 'sanitize'], ['hostile', 'integration'], ['integration', 'integration'], ['deb', 'deb'], ['test-deb', 'test-deb'],
  ['test-fresh', 'test-fresh'], ['bench', 'bench']]) {
  test(`make ${target} begins by installing what is missing`, () => {
    const { status, stdout } = spawnSync('make', ['-n', target], { cwd: REPOSITORY, encoding: 'utf8',
      env: { PATH: process.env.PATH } });
    assert.strictEqual(status, 0);
    assert.match(stdout, new RegExp(`^nginx/install ${purpose}$`, 'm'));
  });
}
