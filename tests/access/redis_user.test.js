// The dashboards' user of Redis, by the line that the README has for it: it reads how syncs went, and
// nothing of access control.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { REPORT } = require('./common');
const { createKey } = require('../lib/keys');
const { request } = require('../lib/raw');
const { Redis } = require('../lib/redis');
const { REPOSITORY, startStack } = require('../lib/stack');

let stack;
let dashboard;
let key;

before(async () => {
  stack = await startStack({ access: 'keys' });
  key = await createKey(stack, 'manage_connector');
  for (const [target, body] of [['c1', { index_name: 'search-c1' }], ['c1/_last_sync', REPORT]]) {
    const answer = await request(stack, 'PUT', `/_connector/${target}`, { headers: key.headers, body });
    assert.ok(answer.status < 300, answer.text);
  }
  const readme = fs.readFileSync(path.join(REPOSITORY, 'README.md'), 'utf8');
  const [line] = /^ACL SETUSER dashboard .*$/m.exec(readme);
  await stack.redisCommand(...line.replace('LONG-AND-RANDOM', 'pass').split(' '));
  dashboard = await Redis.connect(stack.redisSocket);
  await dashboard.command('AUTH', 'dashboard', 'pass');
});
after(async () => {
  dashboard.close();
  await stack.stop();
});

test('it reads connectors, their lists and their history', async () => {
  const fields = await dashboard.command('HGETALL', 'connector:{c1}');
  assert.equal(fields[fields.indexOf('last_sync_status') + 1], 'completed');
  assert.deepEqual(await dashboard.command('HMGET', 'connector:{c1}', 'last_sync_status'), ['completed']);
  assert.equal(await dashboard.command('ZCOUNT', 'connectors', '0', '1'), 1);
  assert.deepEqual(await dashboard.command('ZRANGE', 'connectors', '0', '-1'), ['search-c1 c1']);
  assert.ok(Array.isArray(await dashboard.command('XREVRANGE', 'connector:{c1}:syncs', '+', '-')));
  assert.match(await dashboard.command('INFO', 'memory'), /used_memory/);
});

for (const words of [
  ['HGETALL', 'lastsync:key:{ID}'], ['HGET', 'lastsync:key:{ID}', 'role'], ['TYPE', 'lastsync:keys'],
  ['SMEMBERS', 'lastsync:keys'], ['HGETALL', 'connector:{c1}:secrets'], ['HGETALL', 'lastsync:schema'],
  ['GET', 'index_name:{search-c1}'], ['HSET', 'connector:{c1}', 'name', 'x'], ['DEL', 'connector:{c1}'],
  ['SCAN', '0'], ['KEYS', '*'], ['DUMP', 'lastsync:key:{ID}'], ['COPY', 'lastsync:key:{ID}', 'x'],
  ['EVAL', "return redis.call('HGETALL', 'lastsync:key:{ID}')", '0'], ['MONITOR'],
  ['ACL', 'LIST'], ['CONFIG', 'GET', '*'], ['FLUSHALL'], ['SHUTDOWN'], ['CLIENT', 'LIST'],
]) {
  test(`it may not: ${words.join(' ')}`, async () => {
    const line = words.map((word) => word.replace('{ID}', `{${key.id}}`));
    await assert.rejects(dashboard.command(...line), /^Error: NOPERM/);
  });
}
