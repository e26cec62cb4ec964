// Keys lie in Redis: while it is away no client can be identified, for any request.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startStack } = require('../lib/stack');
const { createKey, encode } = require('../lib/keys');
const { request } = require('../lib/raw');
const { assertUnavailable } = require('../fault/common');

const headers = { authorization: `ApiKey ${Buffer.from('id:secret').toString('base64')}` };

for (const target of ['/_connector/c1', '/nonesuch', '/_lastsync/metrics']) {
  test(`${target} is 503 to a client that shows a key, and no worker dies`, async () => {
    const stack = await startStack({ options: ['--access', 'keys'] });
    try {
      const workers = stack.lastsync.children();
      await stack.redis.stop();
      const { status, text } = await request(stack, 'GET', target, { headers });
      assert.equal(status, 503, text);
      assert.deepEqual(stack.lastsync.children(), workers, stack.lastsync.output());
    } finally {
      await stack.stop();
    }
  });
}

// The time and the answer for a wrong secret must not depend on whether the key exists: not in a
// worker that knows the key, not when it is repeated, and not while Redis is away.
test('a known id and an unknown one cannot be told apart', async () => {
  const stack = await startStack({ access: 'keys', workers: 1 });
  const ask = (id, secret) => request(stack, 'GET', '/_connector', {
    headers: { authorization: encode(id, secret) } });
  const reads = async () => Number(/cmdstat_hmget:calls=(\d+)/
    .exec(await stack.redisCommand('INFO', 'commandstats'))[1]);
  try {
    const key = await createKey(stack, 'manage_connector');
    const ids = { known: key.id, unknown: 'x'.repeat(key.id.length) };
    assert.equal((await ask(key.id, key.api_key)).status, 200);
    const seen = {};
    for (const [what, id] of Object.entries(ids)) {
      seen[what] = [];
      for (const secret of ['wrong', 'wrong', 'another']) {
        const before = await reads();
        const answer = await ask(id, secret);
        const told = answer.text.replaceAll(id, 'ID');
        seen[what].push([answer.status, told, (await reads()) - before]);
      }
    }
    assert.deepEqual(seen.known, seen.unknown);
    assert.deepEqual(seen.known.map(([status, , commands]) => [status, commands]),
      [[401, 1], [401, 0], [401, 1]]);
    assert.equal((await ask(key.id, key.api_key)).status, 200);
    await stack.redis.stop();
    for (const id of Object.values(ids)) {
      for (let i = 0; i < 2; i++) assertUnavailable(await ask(id, 'third'));
    }
  } finally {
    await stack.stop();
  }
});

// A key is read, whatever the request that shows it: it waits for no replica.
test('a write does not tell them apart either, while no replica acknowledges writes', async () => {
  const stack = await startStack({ access: 'keys', workers: 1, options: ['--acknowledge-replicas', '1'] });
  const ask = (method, id, secret) => request(stack, method, '/_connector/c1', { headers: { authorization: encode(id, secret) },
    body: method === 'PUT' ? {} : undefined });
  try {
    const key = await createKey(stack, 'manage_connector');
    const told = async (id) => {
      const answers = [];
      for (const secret of ['wrong', 'wrong', 'another']) {
        const { status, text } = await ask('PUT', id, secret);
        answers.push([status, text.replaceAll(id, 'ID')]);
      }
      return answers;
    };
    const known = [await told(key.id)]; // before the worker knows the key, and after
    assert.equal((await ask('GET', key.id, key.api_key)).status, 404);
    known.push(await told(key.id));
    const unknown = await told('x'.repeat(key.id.length));
    assert.deepEqual(known, [unknown, unknown]);
    assert.deepEqual(unknown.map(([status]) => status), [401, 401, 401]);
    assertUnavailable(await ask('PUT', key.id, key.api_key));
  } finally {
    await stack.stop();
  }
});
