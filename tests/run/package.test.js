// What is shipped besides the program: manual pages, units, and the files of `make install`.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { after, before, test } = require('node:test');
const { DOCUMENTS, sectionOf } = require('../lib/documents');
const { BUILD, REPOSITORY } = require('../lib/stack');

const MANUAL = path.join(REPOSITORY, 'nginx/man');
const PAGES = fs.readdirSync(MANUAL);
const EXPOSURE = '15'; // in tenths, as systemd-analyze takes it

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-package-'));
const prefix = path.join(folder, 'usr');
after(() => fs.rmSync(folder, { recursive: true }));

function make(...words) {
  const { PATH } = process.env;
  return execFileSync('make', ['-s', ...words], { cwd: REPOSITORY, encoding: 'utf8', env: { PATH } });
}

function makeInto(target, ...words) {
  return make(target, `BUILD=${path.relative(REPOSITORY, BUILD)}`, ...words);
}

// Every file below a folder.
function filesIn(directory) {
  return fs.readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

before(() => makeInto('install', `PREFIX=${prefix}`, `SYSCONFDIR=${folder}/etc`));

for (const page of PAGES) {
  test(`${page} is a manual page without faults`, () => {
    const { stdout, stderr } = spawnSync('mandoc', ['-T', 'lint', '-W', 'warning', path.join(MANUAL, page)],
      { encoding: 'utf8' });
    assert.equal(stdout + stderr, '');
  });
}

function program(word) {
  return execFileSync(path.join(BUILD, 'lastsync'), [word], { encoding: 'utf8' });
}

// The options that `lastsync --help` names.
function options() {
  const found = [...program('--help').matchAll(/^ {2}--([a-z-]+)/mg)].map(([, name]) => name);
  assert.equal(found.length > 5, true);
  return found.sort();
}

test('lastsync(8) has the options of --help, and no others', () => {
  const text = fs.readFileSync(path.join(MANUAL, 'lastsync.8'), 'utf8');
  const named = [...text.matchAll(/^\.It Fl -([a-z-]+)/mg)].map(([, name]) => name);
  assert.deepEqual(named.sort(), options());
});

test('lastsync.conf(5) has an item for each option, with its default', () => {
  const text = fs.readFileSync(path.join(MANUAL, 'lastsync.conf.5'), 'utf8');
  const items = new Map(text.split('.It Cm ').slice(1).map((item) => item.split(/\n([^]*)/)));
  const help = [...program('--help').matchAll(/^ {2}--([a-z-]+) .*?(?: \(([^ )]+)\))?$/mg)]
    .filter(([, name]) => !['help', 'version', 'check-config'].includes(name));
  assert.deepEqual([...items.keys()], help.map(([, name]) => name));
  for (const [, name, fallback] of help) {
    const said = /^Default: (.*)\.$/m.exec(items.get(name));
    if (name === 'require-durable') assert.equal(said[1], 'false'); // --help does not print this
    else assert.equal(said && said[1], fallback || null, name);
  }
});

test('lastsync(8) has the commands of --help, and no others', () => {
  const [, list] = /^Commands:\n\n([^]*?)\n\n/m.exec(program('--help'));
  const commands = list.split('\n').map((line) => line.trim().split(' ')[0]);
  const text = fs.readFileSync(path.join(MANUAL, 'lastsync.8'), 'utf8');
  const named = [...text.matchAll(/^\.It Cm ([a-z]+)/mg)].map(([, name]) => name);
  assert.deepEqual(named, commands);
});

test('lastsync-schema(7) has the keys of the schema', () => {
  const [, table] = /^\| Key \|[^\n]*\n([^]*?)^$/m.exec(sectionOf('cgi/store/README.md', '## Keys'));
  const keys = [...table.matchAll(/^\| `([^`]+)`/mg)].map(([, key]) => key.replace(/[<>]/g, ''));
  const page = execFileSync('mandoc', ['-T', 'ascii', path.join(MANUAL, 'lastsync-schema.7')],
    { encoding: 'utf8' }).replace(/.\x08/g, '');
  assert.equal(keys.length > 3, true);
  assert.deepEqual(keys.filter((key) => !page.includes(key)), []);
});

// bash's suggestions for a command line that ends at the last word.
function complete(...words) {
  const script = `. ${path.join(prefix, 'share/bash-completion/completions/lastsync')}
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)); _lastsync; printf '%s\n' "\${COMPREPLY[@]}"`;
  const PATH = `${path.join(prefix, 'bin')}:${process.env.PATH}`;
  return execFileSync('bash', ['--norc', '-c', script, 'bash', ...words], { encoding: 'utf8', env: { PATH } })
    .split('\n').filter(Boolean);
}

for (const [words, offered] of [
  [['ch'], ['check']],
  [['s'], ['status']],
  [['status', '--t'], ['--top']],
  [['key', 'c'], ['create']],
  [['help', 'im'], ['import']],
  [['--redis-u'], ['--redis-user']],
  [['key', 'create', '--ro'], ['--role']],
  [['key', 'create', '--role', '=', 'mon'], ['monitor_connector']],
  [['import', '--on-conflict', ''], ['fail', 'replace', 'skip']],
  [['--access', ''], ['keys', 'proxy', 'off']],
  [['--log-format', 'j'], ['json']],
  [['--proxy-secret-file', '/etc/passw'], ['/etc/passwd']],
]) {
  test(`bash completes: lastsync ${words.join(' ')}`, () => {
    const found = complete('lastsync', ...words).filter((word) => word !== '/etc/passwd-');
    assert.deepEqual(found.sort(), [...offered].sort());
  });
}

test('bash offers no command where the sentinels\' password is a file', () => {
  const found = complete('lastsync', '--sentinel-password-file', '');
  assert.deepEqual(found.filter((word) => word === 'check'), []);
});

test('the manual pages have examples', () => {
  for (const page of PAGES) {
    assert.match(fs.readFileSync(path.join(MANUAL, page), 'utf8'), /^\.Sh EXAMPLES$/m, page);
  }
});

test('each manual page names the others', () => {
  for (const page of PAGES) {
    const also = fs.readFileSync(path.join(MANUAL, page), 'utf8').split(/^\.Sh SEE ALSO$/m)[1];
    for (const other of PAGES.filter((one) => one !== page)) {
      const [, name, section] = /^(.*)\.(\d)$/.exec(other);
      assert.match(also, new RegExp(`^\\.Xr ${name} ${section}( ,)?$`, 'm'), `${page}: ${other}`);
    }
  }
});

// lastsync and mail are made up here; the line comes from the page as it is shown.
test('the line for cron in lastsync(8) mails what is wrong, and nothing if nothing is', () => {
  const page = execFileSync('mandoc', ['-T', 'ascii', '-O', 'width=200', path.join(MANUAL, 'lastsync.8')], { encoding: 'utf8' });
  const line = page.replace(/.\x08/g, '').split('\n').find((one) => / \| mail /.test(one));
  assert.doesNotMatch(line, /%/); // for cron the end of a line
  const bin = fs.mkdtempSync(path.join(folder, 'cron-'));
  const mail = path.join(bin, 'mailed');
  for (const [name, text] of [['lastsync', 'echo "$OUT"; echo "$ERR" >&2; exit "$STATUS"'],
    ['mail', 'echo "$@" >"$MAIL"; cat >>"$MAIL"']]) {
    fs.writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  }
  for (const [STATUS, OUT, ERR, expected] of [['0', 'all is well', '', null], ['1', '2 connectors\n  failing  one', '', '2 connectors\n  failing  one'],
    ['69', '', 'Redis is away', '\nRedis is away']]) {
    fs.rmSync(mail, { force: true });
    const { stdout, stderr } = spawnSync('sh', ['-c', line], { cwd: bin, encoding: 'utf8',
      env: { PATH: `${bin}:${process.env.PATH}`, OUT, ERR, STATUS, MAIL: mail } });
    assert.equal(stdout + stderr, '');
    assert.equal(fs.existsSync(mail) ? fs.readFileSync(mail, 'utf8').trimEnd() : null,
      expected === null ? null : `-s lastsync duty\n${expected}`);
  }
});

test('the units are without faults', () => {
  const units = ['lastsync.socket', 'lastsync.service', 'lastsync-notify.service']
    .map((name) => path.join(prefix, 'lib/systemd/system', name));
  const { status, stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', '--recursive-errors=no',
    ...units], { encoding: 'utf8' });
  assert.equal(stderr.split('\n').filter((line) => /lastsync/.test(line)).join('\n'), '');
  assert.equal(status, 0, stderr);
});

test('the service is in a sandbox', () => {
  const { status, stdout, stderr } = spawnSync('systemd-analyze', ['security', '--offline=true',
    '--no-pager', `--threshold=${EXPOSURE}`, path.join(REPOSITORY, 'nginx/systemd/lastsync.service')],
  { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /Overall exposure level for lastsync.service: [01]\.\d/);
});

test('what is installed names its own places', () => {
  const unit = fs.readFileSync(path.join(prefix, 'lib/systemd/system/lastsync.service'), 'utf8');
  assert.match(unit, new RegExp(`^ExecStart=${prefix}/bin/lastsync --config ${folder}/etc/lastsync.conf$`,
    'm'));
  assert.match(unit, new RegExp(`^ExecPaths=${prefix}/bin/lastsync `, 'm'));
  const site = fs.readFileSync(path.join(prefix, 'share/lastsync/examples/site.conf'), 'utf8');
  const [, include] = /^ *include (.*);$/m.exec(site);
  assert.equal(fs.existsSync(include), true, include);
  const [, dashboard] = /set \$lastsync_dashboard (.*);$/m.exec(site);
  assert.equal(fs.existsSync(path.join(dashboard, 'index.html')), true, dashboard);
  assert.equal(execFileSync(path.join(prefix, 'bin/lastsync'), ['--version'], { encoding: 'utf8' }),
    program('--version'));
});

// Manual pages, units, examples and the configuration, as [path, text].
function localized() {
  return ['usr/share/man', 'usr/lib', 'usr/share/lastsync/systemd', 'usr/share/lastsync/examples', 'etc']
    .flatMap((name) => fs.readdirSync(path.join(folder, name), { recursive: true }).map((file) => path.join(folder, name, file)))
    .filter((file) => fs.statSync(file).isFile()).map((file) => [file, fs.readFileSync(file, 'utf8')]);
}

test('all that is installed names paths that are there', () => {
  const elsewhere = new RegExp(`(?<!${folder})/(usr/bin|usr/share|usr/share/doc|etc)/lastsync\\b.*`);
  let count = 0;
  for (const [file, text] of localized()) {
    assert.doesNotMatch(text, elsewhere, file);
    for (const [named] of text.matchAll(new RegExp(`${prefix}/[\\w./-]*\\w`, 'g'))) {
      assert.equal(fs.existsSync(named), true, `${named} in ${file}`);
      count++;
    }
  }
  assert.equal(count > 10, true);
});

test('the documents are installed as they link to each other', () => {
  for (const name of [...DOCUMENTS, 'nginx/dashboard.png']) {
    assert.equal(fs.existsSync(path.join(prefix, 'share/doc/lastsync', name)), true, name);
  }
});

test('uninstall removes a configuration as it was installed, wherever that names its places', () => {
  const words = [`DESTDIR=${path.join(folder, 'own')}`, 'SYSCONFDIR=/opt/etc'];
  makeInto('install', ...words);
  assert.equal(fs.existsSync(path.join(folder, 'own/opt/etc/lastsync.conf')), true);
  makeInto('uninstall', ...words);
  assert.equal(fs.existsSync(path.join(folder, 'own/opt/etc')), false);
});

test('install keeps a configuration that is there, and uninstall one that was changed', () => {
  const destination = path.join(folder, 'kept');
  const file = path.join(destination, 'etc/lastsync/lastsync.conf');
  makeInto('install', `DESTDIR=${destination}`);
  fs.appendFileSync(file, 'workers=3\n');
  makeInto('install', `DESTDIR=${destination}`);
  makeInto('uninstall', `DESTDIR=${destination}`);
  assert.match(fs.readFileSync(file, 'utf8'), /\nworkers=3\n$/);
});

test('the configuration that is shipped is one', () => {
  const output = execFileSync(path.join(BUILD, 'lastsync'), ['--config',
    path.join(folder, 'etc/lastsync.conf'), '--check-config'], { encoding: 'utf8' });
  assert.match(output, /^workers\b/m);
});

test('uninstall removes what install put there, and nothing else', () => {
  const destination = path.join(folder, 'destination');
  const words = [`DESTDIR=${destination}`, 'PREFIX=/opt/it'];
  const foreign = path.join(destination, 'opt/it/bin/foreign');
  fs.mkdirSync(path.dirname(foreign), { recursive: true });
  fs.writeFileSync(foreign, '');
  makeInto('install', ...words);
  const installed = filesIn(destination);
  for (const name of [...PAGES, 'lastsync', 'lastsync.conf', 'site.conf', 'lastsync.service',
    'lastsync.socket', 'redis-password.conf', 'README.md', 'LICENSE', 'index.html',
    'dashboard.conf']) {
    assert.equal(installed.includes(name), true, name);
  }
  makeInto('uninstall', ...words);
  assert.deepEqual(filesIn(destination), ['foreign']);
  const folders = fs.readdirSync(destination, { recursive: true });
  assert.deepEqual(folders.filter((name) => /lastsync/.test(name)), []);
});

test('the container fills in each variable of nginx.conf.in', () => {
  const read = (name) => fs.readFileSync(path.join(__dirname, '../../nginx', name), 'utf8');
  const filled = read('Containerfile').match(/@[A-Z]+@/g);
  assert.deepEqual([...new Set(read('nginx.conf.in').match(/@[A-Z]+@/g))].filter((name) => !filled.includes(name)), []);
});
