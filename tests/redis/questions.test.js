// The README's questions: each of its commands, run as it stands there by the dashboards' user,
// answers what a filled Redis has.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { after, before, test } = require('node:test');
const { promisify } = require('node:util');
const { startStack } = require('../lib/stack');
const { fill } = require('./fill');
const readme = require('./readme');

const OLD = '1577836800'; // 2020-01-01, the last success of those that are failing and late

let stack;
let jobs;
let folder;

// By the question: what its answer is, as text or a check of its lines.
const answers = {
  'How many connectors are there?': '6\n',
  'How many are failing?': '1\n',
  'Which are failing, and since which second of a last success?': `failing\n${Number(OLD) + 60}\n`,
  'Which are late?': 'late\n',
  'Which are lost?': '\n',
  'How many sync now?': '1\n',
  'How many have never synced?': '1\n',
  'What is known of a connector?': (lines) => {
    for (const [field, value] of [['last_sync_status', 'completed'], ['name', 'c1'],
      ['last_indexed_document_count', '42'], ['_consecutive_failures', '0']]) {
      assert.equal(lines[lines.indexOf(field) + 1], value, field);
    }
  },
  'How did its last sync end, since when does it fail, and how often has it since?': (lines) => {
    assert.deepEqual([lines[0], lines[1], lines[3]], ['completed', '', '0']);
    assert.match(lines[2], /^\d{4}-.*Z$/);
  },
  'What were its last ten syncs?': (lines) => {
    const statuses = lines.filter((line, at) => lines[at - 1] === 'status');
    assert.deepEqual(statuses, ['completed', 'error', 'in_progress']);
  },
  'What did it report in the last hour?': (lines) => {
    assert.equal(lines.filter((line) => line === 'status').length, 3);
  },
  'Who was not heard of for an hour?': 'failing never\nlate never\nnever never\nrunning never\noff never\n',
  'How many sync jobs wait?': '1\n',
  'Which sync jobs of a connector wait, the oldest first?': () => `${jobs[2]}\n`,
  'Which connector writes into an index?': 'c1\n',
};

before(async () => {
  stack = await startStack();
  jobs = await fill(stack);
  await stack.redisCommand(...readme.userCommand('pass'));
  folder = path.join(stack.directory, 'bin');
  fs.mkdirSync(folder);
  const client = (await promisify(execFile)('which', ['redis-cli'])).stdout.trim();
  fs.writeFileSync(path.join(folder, 'redis-cli'), '#!/bin/sh\n'
    + `exec '${client}' -s '${stack.redisSocket}' --user dashboard --pass pass --no-auth-warning "$@"\n`,
  { mode: 0o755 });
});

after(async () => {
  if (stack) await stack.stop();
});

test('each question of the README has its answer here', () => {
  assert.deepEqual(readme.questions.map(({ question }) => question), Object.keys(answers));
});

const sorted = (text) => text.split('\n').sort().join('\n');

for (const shell of ['bash', 'sh']) {
  for (const { question, command } of readme.questions) {
    test(`${shell}: ${question}`, async () => {
      const environment = { ...process.env, PATH: `${folder}:${process.env.PATH}` };
      const run = await promisify(execFile)(shell, ['-c', command], { env: environment });
      assert.equal(run.stderr, '');
      const answer = answers[question];
      const wanted = typeof answer === 'function' ? answer(run.stdout.split('\n')) : answer;
      if (wanted !== undefined) assert.equal(sorted(run.stdout), sorted(wanted));
    });
  }
}
