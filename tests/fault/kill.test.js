// Processes killed and restarted under load: nothing that was acknowledged is lost.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const { once } = require('node:events');
const { test } = require('node:test');
const { pause, startStack, until } = require('../lib/stack');
const { FastcgiConnection, TYPE, fastcgiRequest, requestBytes } = require('../lib/fastcgi');
const { Registers } = require('../lib/checker');
const { request } = require('../lib/raw');
const { Redis } = require('../lib/redis');
const { RedisRelay } = require('./relay');
const { allConnected, assertUnavailable, create, expectStatus, fresh, get, remove, report } = require('./common');

const WRITERS = 12;
const SHARED = ['shared-0', 'shared-1'];
const MEMORY = '/dev/shm';
const WORKERS = 2;

// Writers that report without a pause to connectors of their own and to shared ones, and readers.
// Each report sets three fields to one value, so that a half-applied report would show.
class Load {
  constructor(stack) {
    this.stack = stack;
    this.history = new Registers();
    this.refused = [];
    this.agent = new http.Agent({ keepAlive: true });
    this.ids = [...SHARED, ...Array.from({ length: WRITERS }, (_, i) => `own-${i}`)];
    this.over = false;
    this.held = false; // nobody writes
  }

  async start() {
    for (const id of this.ids) await expectStatus(201, create(this.stack, id));
    this.clients = Array.from({ length: WRITERS }, (_, i) => this.#writer(i));
    this.clients.push(this.#reader(), this.#reader());
  }

  // Ends the clients, reads everything once more, and asserts that nothing is lost.
  async finish() {
    this.over = true;
    await Promise.all(this.clients);
    await this.look();
    assert.deepEqual(this.history.faults(), []);
  }

  // Reads each connector until it is shown: a read that is refused shows nothing.
  async look() {
    for (const id of this.ids) await until(() => this.#read(id), `${id} to be read`);
  }

  async stop() {
    this.over = true;
    await Promise.allSettled(this.clients);
    this.agent.destroy();
  }

  // Waits until more reports have been acknowledged.
  progress(count = 100) {
    const goal = this.history.acknowledged + count;
    return until(() => this.history.acknowledged >= goal, 'reports to succeed');
  }

  async #writer(number) {
    for (let turn = 0; !this.over; turn++) {
      await until(() => !this.held || this.over, 'the writers to go on');
      const id = turn % 3 ? `own-${number}` : SHARED[turn % SHARED.length];
      const value = fresh();
      const body = {
        last_sync_error: String(value),
        last_indexed_document_count: value,
        last_deleted_document_count: value,
      };
      await this.history.write(id, value,
        () => this.#note(report(this.stack, id, body, { agent: this.agent })));
    }
  }

  async #reader() {
    for (let turn = 0; !this.over; turn++) await this.#read(this.ids[turn % this.ids.length]);
  }

  // Gives whether the connector was shown.
  async #read(id) {
    let shown = false;
    await this.history.read(async () => {
      const answer = await this.#note(get(this.stack, id, { agent: this.agent }));
      if (answer.status !== 200) return { status: answer.status, values: [] };
      const { last_sync_error: text, last_indexed_document_count: value, ...rest } = answer.json;
      assert.equal(rest.last_deleted_document_count, value);
      assert.equal(text, value === undefined ? undefined : String(value));
      shown = true;
      return { status: 200, values: [[id, value]] };
    });
    return shown;
  }

  // Keeps every answer that is no success, with the time when it was asked for. nginx always answers, so a lost
  // connection throws.
  async #note(call) {
    const began = performance.now();
    const answer = Object.assign(await call, { began });
    if (answer.status !== 200) this.refused.push(answer);
    return answer;
  }
}

async function underLoad(options, use) {
  const stack = await startStack({ workers: WORKERS, ...options });
  const load = new Load(stack);
  try {
    await load.start();
    await load.progress();
    await use(stack, load);
    await load.finish();
  } finally {
    await load.stop();
    await stack.stop();
  }
}

// The oldest or the youngest worker, by chance.
async function aWorker(stack) {
  await until(() => stack.lastsync.children().length, 'a worker');
  const workers = stack.lastsync.children();
  return workers[Math.floor(Math.random() * workers.length)];
}

function fullPool(stack) {
  return until(() => stack.lastsync.children().length === WORKERS, 'the pool to be full');
}

test('workers are killed under load', () => underLoad({}, async (stack, load) => {
  const parent = stack.lastsync.pid;
  for (let kills = 0; kills < 6; kills++) {
    const worker = await aWorker(stack);
    process.kill(worker, 'SIGKILL');
    await load.progress(20);
    await until(() => !stack.lastsync.children().includes(worker), 'the worker to be gone');
    await fullPool(stack);
  }
  for (const answer of load.refused) assertUnavailable(answer);
  assert.equal(stack.lastsync.pid, parent);
  const full = performance.now();
  await load.progress(500);
  await load.finish(); // what is under way is judged, too
  assert.deepEqual(load.refused.filter(({ began }) => began > full), [], 'nothing is refused once the pool is full again');
}));

test('all workers are killed at once', () => underLoad({}, async (stack, load) => {
  for (let round = 0; round < 4; round++) {
    await fullPool(stack);
    for (const worker of stack.lastsync.children()) process.kill(worker, 'SIGKILL');
    await load.progress();
  }
  await load.finish();
  for (const answer of load.refused) assertUnavailable(answer);
}));

test('SIGHUP replaces the workers under load, and no request fails',
  () => underLoad({}, async (stack, load) => {
    const parent = stack.lastsync.pid;
    for (let round = 0; round < 5; round++) {
      const before = stack.lastsync.children();
      stack.lastsync.signal('SIGHUP');
      await until(() => {
        const now = stack.lastsync.children();
        return now.length === WORKERS && now.every((pid) => !before.includes(pid));
      }, 'new workers in place of all old ones');
      await load.progress();
    }
    await load.finish();
    assert.deepEqual(load.refused.map(({ status, text }) => `${status} ${text}`), []);
    assert.equal(stack.lastsync.pid, parent);
  }));

// A report with a cursor takes two steps: whenever a worker looks, one of them waits for its second.
test('SIGHUP replaces a worker that always has requests in the middle, and no request fails', async () => {
  const stack = await startStack({ workers: 1, options: ['--deadline', '4500'] });
  const agent = new http.Agent({ keepAlive: true });
  try {
    for (let i = 0; i < 40; i++) await expectStatus(201, create(stack, `c${i}`));
    const relay = await RedisRelay.before(stack, 250); // the greeting, too, takes longer than a busy worker waits
    let over = false;
    let answers = 0;
    const clients = Array.from({ length: 40 }, async (_, i) => {
      while (!over) {
        await pause((i * 37 + answers * 11) % 300);
        await expectStatus(200, report(stack, `c${i}`, { sync_cursor: { page: fresh() } }, { agent }));
        answers += 1;
      }
    });
    const all = Promise.all(clients);
    all.catch(() => {}); // it is awaited in the end
    for (let round = 0; round < 3; round++) {
      const goal = answers + 100;
      await Promise.race([all, until(() => answers >= goal, 'reports')]);
      const [before] = stack.lastsync.children();
      stack.lastsync.signal('SIGHUP');
      await Promise.race([all, until(() => !stack.lastsync.children().includes(before), 'the worker to leave')]);
    }
    over = true;
    await all;
    relay.close();
    assert.doesNotMatch(stack.lastsync.output(), /does not leave/);
  } finally {
    agent.destroy();
    await stack.stop();
  }
});

test('SIGTERM ends the pool under load', () => underLoad({}, async (stack, load) => {
  for (let round = 0; round < 3; round++) {
    const exit = await stack.lastsync.stop('SIGTERM');
    assert.deepEqual(exit, { code: 0, signal: null }, stack.lastsync.output());
    assert.equal(fs.existsSync(stack.fcgiSocket), false, 'the socket is removed');
    await stack.lastsync.start();
    await load.progress();
  }
  await load.finish();
  for (const answer of load.refused) assertUnavailable(answer);
}));

// On a socket that stays open, as systemd's does: requests that come meanwhile wait in it.
test('a restart under load, and no request fails',
  () => underLoad({ supervised: true }, async (stack, load) => {
    const pools = new Set();
    for (let round = 0; round < 5; round++) {
      const [pool] = stack.lastsync.children();
      pools.add(pool);
      stack.lastsync.signal('SIGUSR1');
      await until(() => stack.lastsync.children().some((pid) => pid !== pool), 'the next pool');
      await load.progress(500);
    }
    await load.finish();
    assert.deepEqual(load.refused.map(({ status, text }) => `${status} ${text}`), []);
    assert.equal(pools.size, 5, stack.lastsync.output());
  }));

// Restarts the pool three times in front of a distant Redis, after `prepare(pool)`: no request fails.
const restartAfar = (prepare) => underLoad({ supervised: true }, async (stack, load) => {
  const relay = await RedisRelay.before(stack, 150);
  await load.progress(60);
  await until(() => allConnected(stack), 'all workers to be connected to Redis');
  const from = performance.now();
  for (let round = 0; round < 3; round++) {
    const [pool] = stack.lastsync.children();
    prepare(pool);
    stack.lastsync.signal('SIGUSR1');
    await until(() => stack.lastsync.children().some((pid) => pid !== pool), 'the next pool');
    await load.progress(60);
  }
  await load.finish();
  relay.close();
  assert.deepEqual(load.refused.filter(({ began }) => began > from).map(({ status, text }) => `${status} ${text}`), []);
  assert.doesNotMatch(stack.lastsync.output(), /do(es)? not leave/);
});

// While a worker waits for a distant Redis, the next requests come: none is left unread in a connection that it closes.
test('a restart under load in front of a distant Redis, and no request fails', () => restartAfar(() => {}));

// The workers that are leaving hand their connections to those that the restart ends.
test('a restart while the workers are replaced, and no request fails',
  () => restartAfar((pool) => process.kill(pool, 'SIGHUP')));

// A worker asks its idle connections to be closed, and waits for that, so a web server that is slow to look sends no
// request into one that nobody would read. The worker's own connection shows when it has asked.
test('a restart while nginx stands still, and no request fails', async () => {
  const stack = await startStack({ workers: 1, supervised: true, nginx: { workers: 1 } });
  const agent = new http.Agent({ keepAlive: true });
  const own = await FastcgiConnection.open(stack.fcgiSocket);
  const requests = () => Array.from({ length: 8 }, () => get(stack, 'none', { agent }));
  const served = async (all) => assert.deepEqual((await Promise.all(all)).map(({ status }) => status), Array(8).fill(404));
  try {
    await served(requests());
    assert.equal((await own.request({})).status, 200);
    for (const pid of stack.nginx.children()) process.kill(pid, 'SIGSTOP');
    const waiting = requests();
    stack.lastsync.signal('SIGUSR1');
    const { type } = await own.record();
    for (const pid of stack.nginx.children()) process.kill(pid, 'SIGCONT');
    assert.equal(type, TYPE.STDERR);
    assert.equal((await own.request({})).status, 200);
    await served(waiting);
    await until(() => stack.lastsync.output().match(/serving on/g).length === 2, 'the next pool');
    await served(requests());
  } finally {
    agent.destroy();
    own.close();
    await stack.stop();
  }
});

// The last answer before it is followed by a record that makes nginx drop the connection, so that
// nginx sends no request into it that nobody would read.
test('a restart ends a connection that is in use behind an answer', async () => {
  const stack = await startStack({ nginx: false, supervised: true });
  const connection = await FastcgiConnection.open(stack.fcgiSocket);
  try {
    assert.equal((await connection.request({})).status, 200);
    stack.lastsync.signal('SIGUSR1');
    while (!connection.records.some(({ type }) => type === TYPE.UNKNOWN_TYPE)) {
      assert.equal((await connection.request({})).status, 200);
    }
    assert.equal((await fastcgiRequest(stack.fcgiSocket, {})).status, 200);
    // A program that has not installed its own handler yet simply dies of SIGTERM.
    await until(() => stack.lastsync.output().match(/serving on/g).length === 2, 'the next pool');
  } finally {
    connection.close();
    await stack.stop();
  }
});

test('a restart cuts no answer off that a web server reads slowly', async () => {
  const stack = await startStack({ workers: 1, nginx: false, supervised: true });
  const [own, reader] = [await FastcgiConnection.open(stack.fcgiSocket), await FastcgiConnection.open(stack.fcgiSocket)];
  try {
    for (let i = 0; i < 10; i++) {
      const body = JSON.stringify({ description: 'x'.repeat(100000) });
      assert.equal((await own.request({ method: 'PUT', uri: `/_connector/large-${i}`, body })).status, 201);
    }
    await reader.write(requestBytes({ uri: '/_connector' }));
    await once(reader.socket, 'data'); // its answer was begun
    reader.socket.pause();
    stack.lastsync.signal('SIGUSR1');
    assert.equal((await own.record()).type, TYPE.STDERR);
    own.close();
    reader.socket.resume();
    assert.equal((await reader.answer()).json.results.length, 10);
    assert.equal((await reader.record()).type, TYPE.STDERR, 'it is asked to close the connection');
    reader.close();
    await until(() => stack.lastsync.output().match(/serving on/g).length === 2, 'the next pool');
    assert.equal((await fastcgiRequest(stack.fcgiSocket, {})).status, 200);
  } finally {
    own.close();
    reader.close();
    await stack.stop();
  }
});

test('SIGINT ends an idle pool', async () => {
  const stack = await startStack({ nginx: false });
  try {
    assert.deepEqual(await stack.lastsync.stop('SIGINT'), { code: 0, signal: null });
    assert.equal(fs.existsSync(stack.fcgiSocket), false);
  } finally {
    await stack.stop();
  }
});

test('the pool itself is killed: its workers go, and the next one takes over the socket',
  () => underLoad({}, async (stack, load) => {
    await stack.lastsync.stop('SIGKILL');
    await stack.lastsync.start();
    await load.progress();
    await load.finish();
    for (const answer of load.refused) assertUnavailable(answer);
  }));

// While the worker waits for a distant Redis, more requests come: whenever it looks, it finds some.
test('the pool is killed while its worker is never idle: the worker goes all the same',
  () => underLoad({ workers: 1 }, async (stack, load) => {
    const relay = await RedisRelay.before(stack, 100);
    for (let round = 0; round < 3; round++) {
      await load.progress(30);
      const began = performance.now();
      await stack.lastsync.stop('SIGKILL');
      const took = performance.now() - began;
      assert.ok(took < 3000, `the worker left after ${took} ms`);
      await stack.lastsync.start();
    }
    await load.progress(30);
    await load.finish();
    relay.close();
    for (const answer of load.refused) assertUnavailable(answer);
  }));

// The worker does not live to take the second step, which derives the state.
test('a worker dies as it makes a connector for the connector service: the schedule counts all the same', async () => {
  const stack = await startStack({ workers: 1 });
  try {
    const relay = await RedisRelay.before(stack, 0);
    const scheduling = { full: { enabled: true, interval: '0 0 0 * * ?' } };
    const make = () => request(stack, 'POST', '/.elastic-connectors/_doc', { body: { scheduling } });
    const keys = () => stack.redisCommand('KEYS', 'connector:{*}');
    await expectStatus(201, make()); // Redis knows the scripts from now on
    const [known] = await keys();
    relay.delay = 5000; // longer than the worker lives
    const made = make();
    await until(async () => (await keys()).length === 2, 'the connector to be written');
    process.kill(stack.lastsync.children()[0], 'SIGKILL');
    assertUnavailable(await made);
    const key = (await keys()).find((one) => one !== known);
    const fields = await stack.redisCommand('HMGET', key, '_paused', '_next_syncs');
    assert.equal(fields[0], 'false');
    assert.match(fields[1], /^\d+( \d+)+$/);
    relay.close();
  } finally {
    await stack.stop();
  }
});

// With everysec, Redis holds writes back in its own memory while a flush to the disk is under way, which begins with the
// first write of a second, up to Redis 7.0; killed then, it loses them itself. In a file system in memory that is a short moment.
async function betweenFlushes(stack) {
  const redis = await Redis.connect(stack.redisSocket);
  await until(async () => {
    const [, microseconds] = await redis.command('TIME');
    return microseconds > 200000 && microseconds < 500000
      && /aof_pending_bio_fsync:0/.test(await redis.command('INFO', 'persistence'));
  }, 'no flush to be under way');
  redis.close();
}

for (const [appendfsync, temporary] of [['always', undefined], ['everysec', MEMORY]]) {
  const skip = temporary !== undefined && !fs.existsSync(temporary);
  test(`Redis (appendfsync ${appendfsync}) is killed under load`, { skip },
    () => underLoad({ appendfsync, temporary }, async (stack, load) => {
      const workers = stack.lastsync.children();
      for (let round = 0; round < 4; round++) {
        if (appendfsync === 'everysec') await betweenFlushes(stack);
        await stack.redis.stop('SIGKILL');
        load.held = true; // what was acknowledged is read before it is written over
        await stack.redis.start();
        await load.look();
        load.held = false;
        await load.progress();
      }
      await load.finish();
      for (const answer of load.refused) assertUnavailable(answer);
      assert.deepEqual(stack.lastsync.children(), workers);
    }));
}

// Creates and deletes its own connectors until told to end; any answer may be a 503.
async function churn(stack, number, isOver) {
  for (let turn = 0; !isOver(); turn++) {
    const id = `churn-${number}-${turn % 5}`;
    const name = `search-${number}-${turn % 3}`;
    const answer = turn % 4 === 3
      ? await remove(stack, id, turn % 8 === 3 ? '?hard=true' : '')
      : await create(stack, id, { index_name: name });
    assert.equal([200, 201, 400, 404, 503].includes(answer.status), true, answer.text);
  }
}

// The list and GET must show the same connectors.
async function expectConsistent(stack, ids) {
  const path = '/_connector?size=1000&include_deleted=true';
  const { results, count } = (await expectStatus(200, request(stack, 'GET', path))).json;
  const listed = results.map(({ id }) => id).sort();
  assert.equal(new Set(listed).size, listed.length, `twice in the list: ${listed}`);
  assert.equal(count, listed.length);
  const existing = [];
  const owners = new Map();
  for (const id of ids) {
    const answer = await request(stack, 'GET', `/_connector/${id}?include_deleted=true`);
    if (answer.status === 404) continue;
    assert.equal(answer.status, 200, answer.text);
    existing.push(id);
    assert.deepEqual(results.find((result) => result.id === id), answer.json);
    const { index_name: name, deleted } = answer.json;
    if (deleted) continue;
    assert.equal(owners.has(name), false, `${name} belongs to ${owners.get(name)} and ${id}`);
    owners.set(name, id);
  }
  assert.deepEqual(listed, existing.sort());
}

test('connectors are created and deleted while workers and Redis are killed', async () => {
  const stack = await startStack({ appendfsync: 'always' });
  let over = false;
  const clients = Array.from({ length: 8 }, (_, i) => churn(stack, i, () => over));
  try {
    for (let round = 0; round < 12; round++) {
      process.kill(await aWorker(stack), 'SIGKILL');
      if (round % 4 === 3) {
        await stack.redis.stop('SIGKILL');
        await stack.redis.start();
      }
      await pause(100); // time for the load: each kill must meet requests under way
    }
    over = true;
    await Promise.all(clients);
    await fullPool(stack);
    const ids = clients.flatMap((_, i) => Array.from({ length: 5 }, (__, j) => `churn-${i}-${j}`));
    await until(() => allConnected(stack), 'all workers to be connected to Redis');
    await expectConsistent(stack, ids);

    // Nothing is left that would block the same names.
    for (const id of ids) assert.ok([200, 404].includes((await remove(stack, id, '?hard=true')).status), id);
    await expectConsistent(stack, ids);
    for (const [i, id] of ids.entries()) {
      const body = { index_name: `search-${Math.floor(i / 5)}-${i % 5}` };
      await until(async () => (await create(stack, id, body)).status === 201, `${id} to exist`);
    }
    await expectConsistent(stack, ids);
  } finally {
    over = true;
    await Promise.allSettled(clients);
    await stack.stop();
  }
});
