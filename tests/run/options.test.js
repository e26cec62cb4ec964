// The program's command line: --check-config, files, refusals and exit statuses. The table of options in
// nginx/README.md and the examples in the manual pages must fit the program.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { sectionOf } = require('../lib/documents');
const { BUILD, REPOSITORY, startStack } = require('../lib/stack');
const { request } = require('../lib/raw');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-options-'));
after(() => fs.rmSync(folder, { recursive: true }));

function run(words, variables = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LASTSYNC_'));
  return spawnSync(path.join(BUILD, 'lastsync'), words,
    { env: { ...Object.fromEntries(kept), ...variables }, encoding: 'utf8', timeout: 10000 });
}

function file(text) {
  const name = path.join(folder, 'lastsync.conf');
  fs.writeFileSync(name, text);
  return name;
}

// One clear sentence on standard error, nothing else, and status 78.
function refuse(words, pattern, variables) {
  const { status, stdout, stderr } = run(words, variables);
  assert.equal(status, 78, stdout + stderr);
  assert.match(stderr, /^lastsync: [^\n]+\n$/);
  assert.match(stderr, pattern);
  assert.doesNotMatch(stderr, /secret/);
  assert.equal(stdout, '');
}

test('--check-config prints what is in force, and where it comes from', () => {
  const name = file('# ours\nbody-limit=7\nbatch-limit = 8\nredis=redis://u:secret@h:1/2\n');
  const variables = { LASTSYNC_BATCH_LIMIT: '9', LASTSYNC_CONFIG: name };
  const { status, stdout, stderr } = run(['--check-config', '--workers', '3'], variables);
  assert.equal(status, 0, stderr);
  assert.equal(stderr, '');
  const lines = stdout.trimEnd().split('\n');
  for (const line of [`body-limit=7\t# ${name}, line 2`,
    'batch-limit=9\t# the environment: LASTSYNC_BATCH_LIMIT', 'workers=3\t# the flag --workers',
    `redis=redis://u:***@h:1/2\t# ${name}, line 4`, 'depth-limit=64\t# the default',
    `config=${name}\t# the environment: LASTSYNC_CONFIG`]) {
    assert.equal(lines.includes(line), true, `${line} in\n${stdout}`);
  }
  assert.doesNotMatch(stdout, /secret(?!-file=)/);
});

const URL = 'redis://u:secret@h';
const MISTAKES = [
  [['--nonsense'], /there is no option "--nonsense"/],
  [['--redis-password=secret'], /there is no option "--redis-password"/],
  [['--redis', URL], /--redis-password-file/],
  [[`--redis=${URL}`], /--redis-password-file/],
  [[], /must be unix:\/path, redis:.*"redi:\/\/u:\*\*\*@h"/, { LASTSYNC_REDIS: 'redi://u:secret@h' }],
  [[], /LASTSYNC_NONSENSE/, { LASTSYNC_NONSENSE: 'secret' }],
  [[], /LASTSYNC_WORKERS must be a number/, { LASTSYNC_WORKERS: 'x' }],
  [['--redis-password-file', '/nonexistent'], /the file with its password is not there/],
  [['--config', '/nonexistent'], /cannot read the configuration file \/nonexistent/],
  [['word'], /./, {}, 64],
];

// The output of --help on a terminal of so many columns.
function helpAt(columns, ...words) {
  const line = [path.join(BUILD, 'lastsync'), ...words, '--help'].join(' ');
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns}; ${line}`, '/dev/null'],
    { encoding: 'utf8', timeout: 10000 });
  return stdout.replaceAll('\r', '').trimEnd().split('\n');
}

test('--help is as wide as its terminal', () => {
  for (const columns of [72, 80, 100, 200]) {
    for (const words of [[], ['key', 'create'], ['check'], ['status']]) {
      const lines = helpAt(columns, ...words);
      const widest = Math.max(...lines.map((line) => line.length));
      assert.ok(widest <= columns, `${widest} of ${columns} columns`);
    }
  }
  const text = (lines) => lines.join(' ').replace(/\s+/g, ' ').trim();
  assert.equal(text(helpAt(80)), text(run(['--help']).stdout.split('\n')));
  assert.ok(helpAt(80).length > helpAt(200).length);
});

for (const [words, pattern, status] of [
  [['chekc'], /there is no command "chekc", did you mean \[check\]\?; lastsync --help/, 64],
  [['zzzzz'], /there is no command "zzzzz"; lastsync --help/, 64],
  [['--wrokers', '3'], /there is no option "--wrokers", did you mean \[--workers\]\?; --help/, 78],
  [['key', 'create', '--rol', 'x'], /"--rol", did you mean \[--role\]\?/, 78],
  [['check', '--workers', '3'], /there is no option "--workers"; --help/, 78],
]) {
  test(`a suggestion, or none: ${words.join(' ')}`, () => {
    const answer = run(words);
    assert.match(answer.stderr, pattern);
    assert.equal(answer.status, status);
  });
}

for (const [words, pattern, variables, status] of MISTAKES) {
  test(`refused: ${words.join(' ')} ${Object.keys(variables || {})}`, () => {
    if (status) {
      assert.equal(run(words).status, status);
      return;
    }
    refuse(words, pattern, variables);
    refuse([...words, '--check-config'], pattern, variables);
  });
}

for (const [text, pattern] of [
  ['body-limit=1\nnonsense=secret\n', /lastsync\.conf, line 2: there is no option "nonsense"/],
  ['body-limit=1\nbody-limit=2\n', /line 2: this option came before: "body-limit"/],
  ['body-limit\n', /line 1: this is not "name=value": "body-limit"/],
  ['\nworkers=many\n', /line 2: workers must be a number/],
]) {
  test(`refused in a file: ${JSON.stringify(text)}`, () => {
    refuse(['--config', file(text), '--check-config'], pattern);
  });
}

test('a file configures the service', async () => {
  const name = file('workers=3\nbody-limit=10\n');
  const stack = await startStack({ options: ['--config', name, '--workers=1'] });
  try {
    const { status } = await request(stack, 'PUT', '/_connector/c1', { body: '{"name":"long"}' });
    assert.equal(status, 413);
    assert.equal(stack.lastsync.children().length, 1);
  } finally {
    await stack.stop();
  }
});

test('nginx/README.md names the options and defaults that the program has', () => {
  const { stdout } = run(['--check-config']);
  const program = stdout.trimEnd().split('\n').map((line) => line.split('\t')[0]);
  const section = sectionOf('nginx/README.md', '## Configuration');
  const rows = [...section.matchAll(/^\| `([a-z-]+)` \| (?:`([^`]*)`)? ?\|/gm)];
  assert.deepEqual(rows.map(([, name, value]) => `${name}=${value || ''}`), program);
});

// ---- the manual pages ----

const page = (name) => fs.readFileSync(path.join(REPOSITORY, 'nginx/man', name), 'utf8');
const NOWHERE = ['--redis', 'unix:/nowhere/redis.sock', '--patience', '20'];

test('it exits as lastsync(8) says', () => {
  for (const [expected, ...words] of [
    [0, '--version'], [0, 'help', 'check'], [0, 'key', 'create', '--help'],
    [1, '--listen', 'unix:/nowhere/fcgi.sock'],
    [64, 'chekc'], [64, 'help', 'chekc'], [64, 'key', 'make'], [64, 'key'],
    [69, 'check', ...NOWHERE], [69, 'export', ...NOWHERE], [69, 'key', 'list', ...NOWHERE],
    [78, '--nonsense'], [78, 'check', '--nonsense'], [78, 'export', 'one', 'two'], [78, 'key', 'revoke'],
  ]) {
    const { status, stderr } = run(words);
    assert.equal(status, expected, `${words.join(' ')}: ${stderr}`);
    assert.match(page('lastsync.8'), new RegExp(`^\\.It ${status}$`, 'm'));
  }
});

test('lastsync(8) says that key needs a word of its own', () => {
  const [, item] = /^\.It 64\n([^]*?)^\.It/m.exec(page('lastsync.8'));
  for (const word of ['key', 'create', 'list', 'revoke']) assert.match(item, new RegExp(`\\b${word}\\b`));
});

test('lastsync notify exits as lastsync-notify(8) says', () => {
  for (const [expected, ...words] of [[0, '--help'], [78, '--nonsense'], [78, '--targets', '/nowhere']]) {
    const { status, stderr } = run(['notify', ...words]);
    assert.equal(status, expected, stderr);
    assert.match(page('lastsync-notify.8'), new RegExp(`^\\.It ${status}$`, 'm'));
  }
});

test('--version is the one that the changelog begins with', () => {
  const changes = fs.readFileSync(path.join(REPOSITORY, 'nginx/debian/changelog'), 'utf8');
  const { stdout, stderr } = run(['--version']);
  assert.deepEqual([stdout, stderr], [`lastsync ${/^lastsync \(([^)]+)\)/.exec(changes)[1]}\n`, '']);
});

// Their options are read, and nothing happens: the service only checks them, and the commands find no Redis.
test('lastsync takes the command lines in the examples of lastsync(8)', () => {
  const examples = [...page('lastsync.8').matchAll(/^\.Dl (.*)$/gm)].flatMap(([, line]) => line.split(/ \|\|? |\$\(/))
    .map((part) => part.replace(/ 2>&1\)$/, '')).filter((part) => !/^(report=$|echo |mail )/.test(part))
    .map((line) => line.replace(/'|\\\(dq/g, '').replace('$PWD', folder).replace('/etc/lastsync/lastsync.conf', file('')).split(' '));
  assert.ok(examples.length > 5, String(examples.length));
  for (const [name, ...words] of examples) {
    const serves = words[0].startsWith('-');
    const { status, stderr } = run([...words, ...(serves ? ['--check-config'] : NOWHERE)]);
    assert.deepEqual([name, status], ['lastsync', serves ? 0 : 69], `${words.join(' ')}: ${stderr}`);
  }
});

test('lastsync takes the file in the examples of lastsync.conf(5)', () => {
  const [, text] = /^\.Bd -literal\n([^]*?)^\.Ed$/m.exec(page('lastsync.conf.5'));
  const { status, stdout, stderr } = run(['--config', file(text), '--check-config']);
  assert.equal(status, 0, stderr);
  for (const line of text.trimEnd().split('\n')) assert.ok(stdout.includes(`${line}\t`), line);
});

test('the help names the commands and the options', () => {
  const { status, stdout } = run(['--help']);
  assert.equal(status, 0);
  for (const word of ['--check-config', '--config', '--redis-password-file', '  help']) {
    assert.equal(stdout.includes(word), true, word);
  }
  assert.equal(run(['help']).stdout, stdout);
});
