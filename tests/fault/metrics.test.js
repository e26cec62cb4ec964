// The metrics of a real pool: every worker answers for all, and nothing goes backwards.
'use strict';

const assert = require('node:assert/strict');
const { spawnSync } = require('node:child_process');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { request } = require('../lib/raw');
const { readSamples } = require('../lib/samples');
const { create, expectStatus, report } = require('./common');

const WORKERS = 3;
const LAST_SYNC = 'lastsync_http_requests_total{route="/_connector/{connector_id}/_last_sync",'
  + 'method="PUT",code="200"}';

// A scrape from a worker that the kernel chooses, as a Map from a series to its value.
async function scrape(stack, options) {
  const { text } = await expectStatus(200, request(stack, 'GET', '/_lastsync/metrics', options));
  return readSamples(text);
}

function isCounter(series) {
  return /(_total|_bucket|_sum|_count)({|$)/.test(series);
}

function assertForward(before, after) {
  for (const [series, value] of before) {
    if (!isCounter(series)) continue;
    assert.ok(after.get(series) >= value, `${series}: ${value}, then ${after.get(series)}`);
  }
}

async function withPool(options, use) {
  const stack = await startStack({ workers: WORKERS, ...options });
  try {
    await use(stack);
  } finally {
    await stack.stop();
  }
}

async function reports(stack, count) {
  const waves = 8;
  for (let i = 0; i < count; i += waves) {
    await Promise.all(Array.from({ length: waves }, () => expectStatus(200, report(stack, 'c1'))));
  }
}

// Scrapes often, so that each worker answers some of them.
async function expectReports(stack, count) {
  for (let i = 0; i < 6 * WORKERS; i++) {
    assert.equal((await scrape(stack)).get(LAST_SYNC), count);
  }
}

test('requests are counted whichever worker answers', () => withPool({}, async (stack) => {
  await expectStatus(201, create(stack, 'c1'));
  await reports(stack, 240);
  await expectReports(stack, 240);
  const seen = await scrape(stack);
  assert.equal(seen.get('lastsync_workers'), WORKERS);
  assert.equal(seen.get('lastsync_workers_configured'), WORKERS);
  assert.equal(seen.get('lastsync_redis_up'), 1);
  assert.equal(seen.get('lastsync_redis_connections'), WORKERS);
}));

test('no counter goes backwards when workers are killed', () => withPool({}, async (stack) => {
  await expectStatus(201, create(stack, 'c1'));
  await reports(stack, 80);
  const before = await scrape(stack);
  const workers = stack.lastsync.children();
  for (const worker of workers) process.kill(worker, 'SIGKILL');
  await until(() => {
    const now = stack.lastsync.children();
    return now.length === WORKERS && now.every((pid) => !workers.includes(pid));
  }, 'new workers');
  await until(async () => (await scrape(stack)).get('lastsync_workers') === WORKERS, 'all of them');
  const after = await scrape(stack);
  assertForward(before, after);
  assert.equal(after.get('lastsync_worker_deaths_total'), WORKERS);
  assert.equal(after.get('lastsync_worker_starts_total'), 2 * WORKERS);
  await reports(stack, 80);
  await expectReports(stack, 160);
}));

test('no counter goes backwards when workers are replaced', () => withPool({}, async (stack) => {
  await expectStatus(201, create(stack, 'c1'));
  await reports(stack, 80);
  for (let round = 1; round <= 3; round++) {
    const before = await scrape(stack);
    const workers = stack.lastsync.children();
    stack.lastsync.signal('SIGHUP');
    await until(() => {
      const now = stack.lastsync.children();
      return now.length === WORKERS && now.every((pid) => !workers.includes(pid));
    }, 'new workers');
    assertForward(before, await scrape(stack));
    await reports(stack, 80);
    await expectReports(stack, 80 * (round + 1));
  }
  const seen = await scrape(stack);
  assert.equal(seen.get('lastsync_worker_deaths_total'), 0);
  assert.equal(seen.get('lastsync_workers'), WORKERS);
}));

test('without a pool too', () => withPool({ workers: 0 }, async (stack) => {
  await expectStatus(201, create(stack, 'c1'));
  await reports(stack, 16);
  const seen = await scrape(stack);
  assert.equal(seen.get(LAST_SYNC), 16);
  assert.equal(seen.get('lastsync_workers'), 1);
}));

test('a scrape answers while Redis is away', () => withPool({}, async (stack) => {
  await expectStatus(201, create(stack, 'c1'));
  assert.equal((await scrape(stack)).get('lastsync_connectors{state="never_synced"}'), 1);
  await stack.redis.stop();
  const seen = await scrape(stack);
  assert.equal(seen.get('lastsync_redis_up'), 0);
  assert.equal(seen.get('lastsync_redis_ready'), 0);
  assert.equal(seen.has('lastsync_redis_durable'), false);
  assert.deepEqual([...seen.keys()].filter((name) => /^lastsync_connectors?[_{]/.test(name)), []);
  await stack.redis.start();
  await until(async () => (await scrape(stack)).get('lastsync_redis_up') === 1, 'Redis to be seen');
}));

test('a scrape tells that Redis takes no writes, or may lose data', () => withPool({}, async (stack) => {
  const health = async () => {
    const seen = await scrape(stack);
    return ['up', 'ready', 'durable'].map((name) => seen.get(`lastsync_redis_${name}`));
  };
  assert.deepEqual(await health(), [1, 1, 1]);
  await stack.redisCommand('CONFIG', 'SET', 'appendonly', 'no');
  assert.deepEqual(await health(), [1, 1, 0]);
  await stack.redisCommand('CONFIG', 'SET', 'maxmemory', '1');
  assert.deepEqual(await health(), [1, 0, 0]);
}));

test('Redis does not count as up while its data have another version', () => withPool({}, async (stack) => {
  const up = async () => (await scrape(stack)).get('lastsync_redis_up');
  assert.equal(await up(), 1);
  for (const [version, expected] of [['1000', 0], ['2', 1]]) {
    await stack.redisCommand('HSET', 'lastsync:schema', 'version', version);
    await stack.redisCommand('CLIENT', 'KILL', 'TYPE', 'normal');
    await until(async () => await up() === expected, `${expected}`);
  }
}));

for (const [most, shown] of [[0, 0], [2, 2], [3, 3], [4, 3]]) {
  test(`--metrics-connectors ${most}`,
    () => withPool({ options: ['--metrics-connectors', String(most)] }, async (stack) => {
      for (const id of ['a', 'b', 'c']) await expectStatus(201, create(stack, id));
      const seen = await scrape(stack);
      const named = [...seen.keys()].filter((name) => name.startsWith('lastsync_connector_info{'));
      assert.equal(named.length, shown);
      assert.equal(seen.get('lastsync_connectors_truncated'), most < 3 ? 1 : 0);
      assert.equal(seen.get('lastsync_connectors{state="never_synced"}'), 3);
    }));
}

test('--answer-limit: once series have so many bytes, further connectors have none, and it is told', async () => {
  const limit = 8192;
  await withPool({ options: ['--answer-limit', String(limit)] }, async (stack) => {
    for (let i = 0; i < 40; i++) await expectStatus(201, create(stack, `${i}`));
    await expectStatus(200, report(stack, '39', '{"last_sync_status":"error","last_sync_error":"no"}'));
    const { text } = await expectStatus(200, request(stack, 'GET', '/_lastsync/metrics'));
    const own = text.split('\n').filter((line) => line.startsWith('lastsync_connector_'));
    const idOf = (line) => /connector_id="([^"]*)"/.exec(line)[1];
    const ids = own.filter((line) => line.startsWith('lastsync_connector_info{')).map(idOf);
    const bytes = own.join('\n').length + 1;
    assert.ok(bytes >= limit && bytes < limit + 2 * bytes / ids.length, `${bytes}`);
    assert.equal(ids[0], '39', 'the worst first');
    assert.deepEqual(new Set(own.map(idOf)), new Set(ids));
    assert.equal(own.filter((line) => line.startsWith('lastsync_connector_state{')).length, 7 * ids.length);
    const seen = readSamples(text);
    assert.equal(seen.get('lastsync_connectors_truncated'), 1);
    assert.equal(seen.get('lastsync_connectors{state="never_synced"}'), 39);
    assert.equal(seen.get('lastsync_redis_up'), 1);
  });
});

test('promtool has nothing to say, hostile names or not', () => withPool({}, async (stack) => {
  const name = 'a"} 1\nlastsync_fake 1\n\\"{\\\\,=\u{1f600}';
  await expectStatus(201, create(stack, 'c1', { name }));
  await expectStatus(201, create(stack, 'x"} 1\\'));
  await reports(stack, 8);
  const { text } = await expectStatus(200, request(stack, 'GET', '/_lastsync/metrics'));
  const { status, stdout, stderr } = spawnSync('promtool', ['check', 'metrics'],
    { input: text, encoding: 'utf8' });
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: '', stderr: '' });
  const escaped = name.replace(/\\/g, '\\\\').replace(/"/g, '\\"').replace(/\n/g, '\\n');
  assert.ok(text.includes(`lastsync_connector_info{connector_id="c1",name="${escaped}",`), text);
  assert.doesNotMatch(text, /^lastsync_fake/m);
}));

// Scrapers have limits of their own, and drop a whole page for one label beyond them.
test('a label is cut at 1,024 bytes, between characters', () => withPool({}, async (stack) => {
  const long = `x${'ä'.repeat(30000)}`;
  await expectStatus(201, create(stack, 'c1', { name: long, service_type: long }));
  await expectStatus(201, create(stack, 'c2', { name: 'y'.repeat(1024) }));
  const labels = (series) => Object.fromEntries([...series.matchAll(/(\w+)="([^"]*)"/g)]
    .map(([, name, value]) => [name, value]));
  const infos = [...(await scrape(stack)).keys()].map(labels).filter((info) => 'name' in info);
  const cut = `x${'ä'.repeat(511)}`;
  const [one, other] = infos.sort((a, b) => (a.connector_id < b.connector_id ? -1 : 1));
  assert.deepEqual([one.name, one.service_type, other.name], [cut, cut, 'y'.repeat(1024)]);
}));
