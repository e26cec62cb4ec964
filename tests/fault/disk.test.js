// A disk that is full under Redis's append-only file, and then a kill: no more is lost than nginx/README.md says.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { assertUnavailable, create, expectStatus, get, report } = require('./common');

const ROOM = 20000000; // bytes of a file
const LOST = 3000; // milliseconds: a second of everysec, and the two that Redis may wait for a flush

// A Redis that cannot write files beyond a size; its writes fail as on a full disk. The signal that the kernel sends as
// well is ignored.
const FULL = ['bash', '-c', 'trap "" XFSZ; exec prlimit "--fsize=$0" "$@"', String(ROOM)];

// Reports numbers, after a while with long texts, until one is refused, and gives when each was acknowledged.
async function fillDisk(stack) {
  const acknowledged = [];
  const began = Date.now();
  for (let number = 1; ; number++) {
    const length = Date.now() - began < LOST ? 0 : 500000;
    const last_sync_error = `${number} ${'x'.repeat(length)}`;
    const answer = await report(stack, 'c1', { last_indexed_document_count: number, last_sync_error });
    if (answer.status === 503) {
      assertUnavailable(answer);
      return acknowledged;
    }
    assert.equal(answer.status, 200, answer.text);
    acknowledged.push({ number, at: Date.now() });
  }
}

async function fillAndKill(appendfsync) {
  const stack = await startStack({ appendfsync, redisWithin: FULL });
  try {
    await expectStatus(201, create(stack, 'c1'));
    const acknowledged = await fillDisk(stack);
    const end = Date.now();
    await stack.redis.stop('SIGKILL').catch(() => {}); // it may have ended by itself
    stack.options.redisWithin = [];
    await stack.redis.start();
    const { last_indexed_document_count: kept } = await until(async () => {
      const { status, json } = await get(stack, 'c1');
      return status === 200 && json;
    }, 'service');
    return { kept, end, acknowledged };
  } finally {
    await stack.stop();
  }
}

test('appendfsync always: nothing is lost', async () => {
  const { kept, acknowledged } = await fillAndKill('always');
  assert.equal(acknowledged.length > 10, true);
  assert.equal(kept >= acknowledged.at(-1).number, true, `${kept} of ${acknowledged.length}`);
});

test('appendfsync everysec: what came just before the first 503 may be lost, and no more', async () => {
  const { kept, end, acknowledged } = await fillAndKill('everysec');
  const earlier = acknowledged.filter(({ at }) => at < end - LOST);
  assert.equal(earlier.length > 10, true);
  assert.equal(kept >= earlier.length, true, `${kept} of ${acknowledged.length}, ${earlier.length} earlier`);
});
