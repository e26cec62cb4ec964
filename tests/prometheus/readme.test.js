// The README names each metric as the program does, with the same words.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { test } = require('node:test');
const { startStack, REPOSITORY } = require('../lib/stack');
const { request } = require('../lib/raw');

test('README and program agree', async () => {
  const readme = fs.readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8');
  const rows = [...readme.matchAll(/^\| `(lastsync_\w+)` \| (\w+) \|.*\| (.*) \|$/gm)];
  const stack = await startStack({});
  try {
    const { text } = await request(stack, 'GET', '/_lastsync/metrics');
    const helps = [...text.matchAll(/^# HELP (\w+) (.*)$/gm)].map(([, name, help]) => [name, help]);
    assert.ok(helps.length > 0);
    assert.deepEqual(rows.map(([, name, , help]) => [name, help]), helps);
  } finally {
    await stack.stop();
  }
});
