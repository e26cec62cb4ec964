// Shared by the fault tests: requests, the form of a 503, and the time of a recovery.
'use strict';

const assert = require('node:assert/strict');
const { PATIENCE, startStack, until } = require('../lib/stack');
const { request } = require('../lib/raw');

const RECOVERY = 1000; // milliseconds from Redis's first answer to the last refused request, on a busy machine
const DEADLINE = 2500; // the workers' 2 s, as a client may see them

let latest = 0;

// A new number with each call: an update with it is never a noop.
function fresh() {
  latest += 1;
  return latest;
}

function create(stack, id, body = {}, options = {}) {
  return request(stack, 'PUT', `/_connector/${encodeURIComponent(id)}`, { body, ...options });
}

function report(stack, id, body = { last_indexed_document_count: fresh() }, options = {}) {
  const path = `/_connector/${encodeURIComponent(id)}/_last_sync`;
  return request(stack, 'PUT', path, { body, ...options });
}

function get(stack, id, options = {}) {
  return request(stack, 'GET', `/_connector/${encodeURIComponent(id)}`, options);
}

function remove(stack, id, query = '') {
  return request(stack, 'DELETE', `/_connector/${encodeURIComponent(id)}${query}`);
}

async function expectStatus(status, call) {
  const answer = await call;
  assert.equal(answer.status, status, answer.text);
  return answer;
}

// Whether all workers have a connection to Redis. One that has none refuses at once, even if the others serve all
// clients meanwhile.
async function allConnected(stack) {
  const { text } = await request(stack, 'GET', '/_lastsync/metrics');
  const value = (name) => Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)[1]);
  return value('lastsync_redis_connections') >= value('lastsync_workers');
}

// The first answer that is no 503.
function served(call) {
  return until(async () => {
    const answer = await call();
    return answer.status !== 503 && answer;
  }, 'an answer');
}

// Runs `use` with a new stack that has the connectors `c1` and `doomed`, and asserts in the end that no worker had to
// be replaced.
async function withStack(options, use) {
  const stack = await startStack(options);
  try {
    for (const [id, body] of [['c1', { index_name: 'search-c1' }], ['doomed', {}]]) {
      const { status } = await served(() => create(stack, id, body)); // some tests have short deadlines
      assert.equal(status < 300, true, id);
    }
    const workers = stack.lastsync.children();
    await use(stack);
    assert.deepEqual(stack.lastsync.children(), workers, stack.lastsync.output());
  } finally {
    await stack.stop();
  }
}

const WRITES = [
  (stack) => report(stack, 'c1'),
  (stack) => create(stack, `new-${fresh()}`, { index_name: `search-new-${fresh()}` }),
  (stack) => create(stack, 'c1', { name: `name ${fresh()}` }),
  (stack) => request(stack, 'POST', '/_connector', { body: { name: 'posted' } }),
  (stack) => remove(stack, 'doomed'),
];
const READS = [
  (stack) => get(stack, 'c1'),
  (stack) => request(stack, 'GET', '/_connector'),
];
const EVERYTHING = [...WRITES, ...READS];

function assertUnavailable(answer) {
  assert.equal(answer.status, 503, answer.text);
  const { type, reason } = answer.json.error;
  assert.equal(type, 'unavailable_exception');
  assert.equal(typeof reason, 'string');
  const error = { root_cause: [{ type, reason }], type, reason };
  assert.deepEqual(answer.json, { error, status: 503 });
  assert.equal(answer.headers['retry-after'], '1');
  assert.equal(answer.headers['x-elastic-product'], 'Elasticsearch');
  assert.equal(answer.headers['content-type'], 'application/json');
}

// Makes the calls at once; each must be answered 503 in the right form and in time.
async function expectUnavailable(stack, calls = EVERYTHING) {
  const began = performance.now();
  await Promise.all(calls.map(async (call) => {
    assertUnavailable(await call(stack));
    const took = performance.now() - began;
    assert.equal(took < DEADLINE, true, `answered after ${took} ms`);
  }));
}

// An operator's error or foreign data: 500, without any of Redis's own words.
async function expectInternal(call) {
  const answer = await expectStatus(500, call);
  const { type, reason } = answer.json.error;
  const error = { root_cause: [{ type, reason }], type, reason };
  assert.deepEqual(answer.json, { error, status: 500 });
  assert.equal(typeof type, 'string');
  assert.equal(typeof reason, 'string');
  assert.doesNotMatch(answer.text, /WRONGTYPE|NOAUTH|NOPERM|lua|script/i);
  assert.equal(answer.headers['x-elastic-product'], 'Elasticsearch');
}

// Reports from eight clients without a pause for a little more than RECOVERY; Redis has just answered. Every report
// that begins after RECOVERY must succeed.
async function expectRecovery(stack, id = 'c1') {
  const began = performance.now();
  const since = () => performance.now() - began;
  const late = [];
  let first = Infinity;
  const client = async () => {
    while (since() < RECOVERY + 150) {
      const start = since();
      const { status, text } = await report(stack, id);
      if (status === 200) first = Math.min(first, since());
      else if (start > RECOVERY || since() > DEADLINE) late.push(`${status} from ${start} to ${since()} ms: ${text}`);
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  assert.deepEqual(late, []);
  assert.equal(first < RECOVERY, true, `the first success came after ${first} ms`);
}

// Waits until Redis itself answers again.
function redisAnswers(stack) {
  return until(() => stack.redisCommand('PING'), 'Redis to answer', PATIENCE, 1);
}

module.exports = { DEADLINE, READS, RECOVERY, WRITES, allConnected, assertUnavailable, create, expectInternal, expectRecovery,
  expectStatus, expectUnavailable, fresh, get, redisAnswers, remove, report, served, withStack };
