// nginx/README.md names each metric as the program does, with the same words.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { readDocument } = require('../lib/documents');
const { startStack } = require('../lib/stack');
const { request } = require('../lib/raw');

test('document and program agree', async () => {
  const rows = [...readDocument('nginx/README.md').matchAll(/^\| `(lastsync_\w+)` \| (\w+) \|.*\| (.*) \|$/gm)];
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
