// The tests of the store, with all orders of its races, over a Redis Cluster.
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const test = require('node:test');
const { startCommand } = require('../lib/command');
const { startStack, BUILD } = require('../lib/stack');

test('the tests of the store, over three primaries', async (t) => {
  const stack = await startStack({ cluster: { replicas: 0 }, nginx: false });
  t.after(() => stack.stop());
  await stack.lastsync.stop(); // its workers write the schema's version into data that the tests empty
  const { code, stdout, stderr } = await startCommand([], undefined, {
    program: path.join(BUILD, 'tests', 'store', 'store_test'),
    environment: { SHARDS: '16', REDIS_CLUSTER: stack.redisUrl, REDIS_SOCKET: stack.redisSocket },
  }).ended;
  // cmocka reports failures on standard error, among the stores' log lines: both are shown, the passed tests are not.
  const told = `${stdout}\n${stderr}`.split('\n').filter((line) => !/^\[ +(RUN|OK|PASSED) |^lastsync\[/.test(line));
  assert.equal(code, 0, told.join('\n'));
});
