// Keys lie in Redis: while it is away nobody can be known, whatever is asked for.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startStack } = require('../lib/stack');
const { request } = require('../lib/raw');

const headers = { authorization: `ApiKey ${Buffer.from('id:secret').toString('base64')}` };

for (const target of ['/_connector/c1', '/nonesuch', '/_lastsync/metrics']) {
  test(`${target} is 503 to whoever shows a key, and no worker dies`, async () => {
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
