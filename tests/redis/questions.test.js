// The schema's questions: each of its commands, run as written by the dashboards' user, gives the right answer from a
// filled Redis.
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

let stack;
let jobs;
let folder;

// By question: the answer, as text or a check of its lines.
const answers = {
  'How many connectors are there?': '7\n',
  'How many are failing?': '2\n',
  'Which are failing, and since which second?': (lines) => {
    assert.deepEqual(lines.map((line) => line.split(' ')[0]), ['failing', 'retrying', '']);
    for (const line of lines.slice(0, 2)) {
      const age = Date.now() / 1000 - Number(line.split(' ')[1]);
      assert.ok(age >= 0 && age < 600, line);
    }
  },
  'Which are failing, and try again now?': 'retrying\n',
  'Which are late?': (lines) => {
    assert.deepEqual(lines.filter(Boolean), ['late']);
  },
  'Which are lost?': (lines) => {
    assert.deepEqual(lines.filter(Boolean), []);
  },
  'How many run a sync, lost ones too?': '2\n',
  'How many have never synced, and do not now?': '1\n',
  'Which had no success for the longest time?': (lines) => {
    assert.deepEqual(lines.slice(-4), ['failing', 'late', 'c1', '']);
  },
  'How many have each service type?': 'postgresql\n1\n',
  'What is known of a connector?': (lines) => {
    for (const [field, value] of [['last_sync_status', 'completed'], ['name', 'c1'],
      ['last_indexed_document_count', '42'], ['_consecutive_failures', '0']]) {
      assert.equal(lines[lines.indexOf(field) + 1], value, field);
    }
  },
  'How many of its syncs completed and failed yesterday, or on the latest day with any, and what did they do?': ([yesterday, latest]) => {
    assert.equal(yesterday, '3 1 0 42 0 5200 5200');
    assert.match(latest, /^\d{4}-\d\d-\d\d \d+ \d+ 0 /);
  },
  'How did its last sync end, since when does it fail, and how often has it since?': (lines) => {
    assert.deepEqual(lines.slice(0, 5), ['completed', '', '', '', '0']);
  },
  'What were its last ten syncs?': (lines) => {
    const statuses = lines.filter((line, at) => lines[at - 1] === 'status');
    assert.deepEqual(statuses, ['completed', 'completed', 'error', 'error']);
  },
  'Which of its syncs ended in the last hour?': (lines) => {
    assert.equal(lines.filter((line) => line === 'status').length, 4);
  },
  'Who was not heard of for an hour?': 'failing never\nlate never\nnever never\nrunning never\nretrying never\noff never\n',
  'How many sync jobs wait?': '1\n',
  'Which sync jobs of a connector wait, by type, and the oldest first of each?': () => `${jobs[2]}\n`,
  'Which connector writes into an index?': 'c1\n',
};

before(async () => {
  stack = await startStack();
  jobs = await fill(stack);
  for (const ago of [86400000, 0]) { // today is yesterday, once it is midnight
    const [day] = new Date(Date.now() - ago).toISOString().split('T');
    await stack.redisCommand('HSET', 'connector:{c1}:days', day, '3 1 0 42 0 5200 5200');
  }
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

test('each question of the schema has its answer here', () => {
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
