// tests/stages with a made-up `make`, whose argument decides its exit status.
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { REPOSITORY } = require('../lib/stack');

function stages(...names) {
  const make = 'sh -c \'echo ran $2; test $2 != bad\'';
  const words = ['-c', 'eval "make() { $1; }"; shift; export -f make; exec "$@"', 'bash',
    `${make} "$@"`, path.join(REPOSITORY, 'tests/stages'), 'make', ...names];
  return spawnSync('bash', words, { encoding: 'utf8' });
}

test('each stage runs, whatever became of those before it', () => {
  const { status, stdout } = stages('bad', 'good');
  assert.match(stdout, /^ran bad\nran good\n/);
  assert.match(stdout, /^FAILED bad +\d+ s\npassed good +\d+ s\n\n1 passed, 1 failed\n/m);
  assert.strictEqual(status, 1);
});

test('all of them have passed', () => {
  const { status, stdout } = stages('good', 'better');
  assert.match(stdout, /\n2 passed, 0 failed\n$/);
  assert.strictEqual(status, 0);
});
