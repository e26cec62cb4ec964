// How much of a list is asked of Redis at once: others wait meanwhile.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { startStack } = require('../lib/stack');

async function send(stack, method, target, value) {
  const answer = await fetch(stack.url + target, {
    method,
    headers: value && { 'content-type': 'application/json' },
    body: value && JSON.stringify(value),
  });
  assert.ok(answer.ok, `${method} ${target}: ${answer.status}`);
  return answer.json();
}

// Before each slice it is asked which of the next documents are long.
async function slicesOf(stack, target) {
  await stack.redisCommand('CONFIG', 'RESETSTAT');
  const { results } = await send(stack, 'GET', target);
  const stats = await stack.redisCommand('INFO', 'commandstats');
  return { results: results.length, slices: Number(/^cmdstat_smismember:calls=(\d+)/m.exec(stats)[1]) };
}

test('each long document is a slice of its own, and the others are together', async (t) => {
  const stack = await startStack();
  t.after(() => stack.stop());
  for (let i = 0; i < 10; i++) await send(stack, 'PUT', `/_connector/c${i}`, { name: `n${i}` });
  for (const target of ['/_lastsync/overview', '/_connector']) {
    assert.deepEqual(await slicesOf(stack, target), { results: 10, slices: 1 }, target);
  }
  for (let i = 5; i < 10; i++) {
    await send(stack, 'PUT', `/_connector/c${i}/_last_sync`, { last_sync_status: 'error', last_sync_error: 'x'.repeat(2000) });
  }
  for (const target of ['/_lastsync/overview', '/_connector']) {
    assert.deepEqual(await slicesOf(stack, target), { results: 10, slices: 6 }, target);
  }
});
