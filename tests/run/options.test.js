// The program's command line: --check-config, files, what is refused; and that the table in nginx/README.md of
// options is the program's.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { sectionOf } = require('../lib/documents');
const { BUILD, startStack } = require('../lib/stack');
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

// What --help prints on a terminal of so many columns.
function helpAt(columns, ...words) {
  const line = [path.join(BUILD, 'lastsync'), ...words, '--help'].join(' ');
  const { stdout } = spawnSync('script', ['-qec', `stty cols ${columns}; ${line}`, '/dev/null'],
    { encoding: 'utf8', timeout: 10000 });
  return stdout.replaceAll('\r', '').trimEnd().split('\n');
}

test('--help is as wide as its terminal', () => {
  for (const columns of [80, 100, 200]) {
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
  ['body-limit\n', /line 1: this is no "name=value": "body-limit"/],
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
    assert.equal(stack.lastsync.children().length, 1);
    const { status } = await request(stack, 'PUT', '/_connector/c1', { body: '{"name":"long"}' });
    assert.equal(status, 413);
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

test('the help names the commands and the options', () => {
  const { status, stdout } = run(['--help']);
  assert.equal(status, 0);
  for (const word of ['--check-config', '--config', '--redis-password-file', '  help']) {
    assert.equal(stdout.includes(word), true, word);
  }
  assert.equal(run(['help']).stdout, stdout);
});
