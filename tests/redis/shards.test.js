// The tests compute the same keys as lastsync itself, for any number of shards.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');
const { connectorKey, indexNameKey, shardPrefix } = require('../lib/shards');
const { startStack } = require('../lib/stack');

const CONNECTORS = 200; // enough for each of 16 shards
const PLAIN = Array.from({ length: CONNECTORS }, (_, i) => `c${i}`);
const IDS = [...PLAIN, '{braces}', '100%', 'a\nb', 'ü /'];

async function create(stack, id, number) {
  const answer = await fetch(`${stack.url}/_connector/${encodeURIComponent(id)}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ index_name: `search-${number}` }),
  });
  assert.equal(answer.status, 201, await answer.text());
}

for (const shards of [1, 2, 16]) {
  test(`keys, shards: ${shards}`, async (t) => {
    const stack = await startStack({ shards });
    t.after(() => stack.stop());
    for (const [i, id] of IDS.entries()) await create(stack, id, i);
    for (const [i, id] of IDS.entries()) {
      const key = connectorKey(id, shards);
      assert.equal(await stack.redisCommand('HGET', key, 'index_name'), `search-${i}`, key);
      assert.equal(await stack.redisCommand('GET', indexNameKey(`search-${i}`, shards)), id);
    }
    const lists = Array.from({ length: shards }, (_, shard) => `${shardPrefix(shard, shards)}connectors`);
    assert.deepEqual((await stack.redisCommand('KEYS', '*connectors')).sort(), lists.sort());
  });
}
