// The tests of the store, all orders of the races among them, over a Redis Cluster.
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const test = require('node:test');
const { startCommand } = require('../lib/command');
const { startStack, BUILD } = require('../lib/stack');

test('the tests of the store, over three primaries', async (t) => {
  const stack = await startStack({ cluster: { replicas: 0 }, nginx: false });
  t.after(() => stack.stop());
  await stack.lastsync.stop(); // its workers say which schema the data have, and so write into what the tests empty
  const { code, stdout, stderr } = await startCommand([], undefined, {
    program: path.join(BUILD, 'tests', 'store', 'store_test'),
    environment: { SHARDS: '16', REDIS_CLUSTER: stack.redisUrl, REDIS_SOCKET: stack.redisSocket },
  }).ended;
  // cmocka tells of failures on its standard error, among what the stores log: both are needed, what passed is not.
  const told = `${stdout}\n${stderr}`.split('\n').filter((line) => !/^\[ +(RUN|OK|PASSED) |^lastsync\[/.test(line));
  assert.equal(code, 0, told.join('\n'));
});
