// lastsync notify against real targets: each event is told once and in order, even if something fails meanwhile.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { RedisRelay } = require('../fault/relay');
const { BUILD, startStack } = require('../lib/stack');
const { startTarget, startNotify, writeTargets, startCommand, withTargets, send, put, create, report, mute, unmute, toldOf } = require('./targets');
const { until, within } = require('../lib/until');

test('it and the workers use one number of shards, though it comes first and is told another one', async (t) => {
  const stack = await startStack({ workers: 1, shards: '1', options: ['--events', '1000'] });
  t.after(() => stack.stop());
  const target = await startTarget();
  t.after(() => target.stop());
  await stack.lastsync.stop();
  await stack.redisCommand('FLUSHALL');
  stack.shards = 4;
  const notify = await startNotify(stack, [{ name: 't', type: 'webhook', url: target.url, group_seconds: 0 }]);
  t.after(() => notify.stop());
  stack.shards = 1; // what the workers are told
  await stack.lastsync.start();
  await create(stack, 'c');
  await report(stack, 'c', 'error', 'no');
  await toldOf(target, ['c failing']);
});

test('one learns that a connector began to fail, mutes it, and is told when it has recovered', async (t) => {
  const { stack, target } = await withTargets(t, { secret: 'a secret', dashboard: 'https://x.example/_lastsync/' });
  await create(stack, 'a');
  await report(stack, 'a', 'error', '401 Unauthorized');
  await toldOf(target, ['a failing']);
  const [{ text, headers, body }] = target.received;
  const signed = crypto.createHmac('sha256', 'a secret').update(`${headers['x-lastsync-timestamp']}.${text}`).digest('hex');
  assert.equal(headers['x-lastsync-signature'], `sha256=${signed}`);
  assert.equal(body.text, 'The a (a) began to fail: 401 Unauthorized');
  assert.equal(body.target, 't0');
  const [event] = body.events;
  assert.match(event.id, /^0:\d+-\d+$/);
  assert.ok(Math.abs(event.since - Date.now() / 1000) < 60);
  assert.deepEqual({ ...event, id: '', since: 0 }, { id: '', event: 'failing', connector_id: 'a', name: 'The a',
    service_type: 'google_drive', told_before: '', state: 'failing', since: 0, failures: 1,
    error: 'error: 401 Unauthorized', url: event.url });
  await mute(stack, 'a');
  await report(stack, 'a', 'completed');
  await toldOf(target, ['a failing', 'a recovered']);
  assert.equal(target.received[1].body.events[0].told_before, 'failing');
});

test('nothing is told of one that is muted, nor of its recovery', async (t) => {
  const { stack, target } = await withTargets(t, {});
  await create(stack, 'a');
  await create(stack, 'b');
  await mute(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await report(stack, 'a', 'completed');
  await report(stack, 'b', 'error', 'no');
  await toldOf(target, ['b failing']);
});

test('one that still fails when its mute ends is told of, and why', async (t) => {
  const { stack, target } = await withTargets(t, {});
  await create(stack, 'a');
  await mute(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await report(stack, 'a', 'in_progress');
  await report(stack, 'a', 'error', 'still no');
  const since = Number(await stack.redisCommand('HGET', 'connector:{a}', '_failing_since'));
  await until(async () => await stack.redisCommand('ZCARD', 'notify:{t0}:held') === 1, 'it to be held back');
  await stack.redisCommand('ZADD', 'muted', '1', 'a');
  await stack.redisCommand('ZADD', 'notify:{t0}:held', '1', 'a');
  await toldOf(target, ['a failing']);
  const [{ body: { text, events: [event] } }] = target.received;
  assert.deepEqual([event.failures, event.error, event.since], [2, 'error: still no', since]);
  assert.match(text, /began to fail: still no$/);
});

// A connector of which a target was told that it is lost comes back, but late: the target is not told of that.
test('the end of a bad state is told, also if another bad state ends it that is not told', async (t) => {
  const { stack, target } = await withTargets(t, { events: ['lost'] });
  await create(stack, 'a');
  await report(stack, 'a', 'completed');
  const lose = async (status) => {
    await report(stack, 'a', status);
    const score = Number(await stack.redisCommand('ZSCORE', 'standings', 'a'));
    await stack.redisCommand('ZADD', 'standings', String(score - (score % 2 ** 40) + Math.floor(Date.now() / 1000) - 1), 'a');
  };
  await lose('in_progress');
  await toldOf(target, ['a lost']);
  await stack.redisCommand('HSET', 'connector:{a}', '_due_at', '1');
  await send(stack, 'PUT', 'a', '/_connector/ID/_check_in');
  await toldOf(target, ['a lost', 'a back']);
  await lose('in_progress');
  await toldOf(target, ['a lost', 'a back', 'a lost']);
  assert.deepEqual(target.received.map(({ body: { events: [event] } }) => event.told_before), ['', 'lost', '']);
});

test('one that still fails when its mute is ended by hand, or made shorter, is told of at once', async (t) => {
  const { stack, target } = await withTargets(t, {});
  const isHeld = (count) => until(async () => await stack.redisCommand('ZCARD', 'notify:{t0}:held') === count, `${count} held back`);
  for (const id of ['a', 'b', 'c']) {
    await create(stack, id);
    await mute(stack, id);
    await report(stack, id, 'error', 'no');
  }
  await isHeld(3);
  await report(stack, 'c', 'completed');
  await unmute(stack, 'c');
  await isHeld(2);
  await unmute(stack, 'a');
  await toldOf(target, ['a failing']);
  await put(stack, 'b', '/_lastsync/connector/ID/mute', { until: new Date(Date.now() + 2000).toISOString() });
  await toldOf(target, ['a failing', 'b failing']);
  await isHeld(0);
});

test('the metrics tell how many events wait for a target, and since when', async (t) => {
  const { stack, target } = await withTargets(t, {});
  const samples = async () => {
    const text = await (await fetch(`${stack.url}/_lastsync/metrics`)).text();
    return Object.fromEntries([...text.matchAll(/^lastsync_notify_(\w+)\{target="t0"\} (\S+)$/gm)].map(([, name, value]) => [name, Number(value)]));
  };
  const waiting = (count) => until(async () => (await samples()).waiting === count, `${count} waiting`);
  await waiting(0);
  assert.deepEqual(await samples(), { waiting: 0 });
  target.answer = (request, response) => { response.writeHead(500).end(); };
  for (const id of ['a', 'b']) await create(stack, id);
  const before = Date.now() / 1000;
  for (const id of ['a', 'b']) await report(stack, id, 'error', 'no');
  await waiting(2);
  await until(() => target.requests > 0, 'it to be tried'); // then they are taken, and not settled
  const { waiting: count, oldest_timestamp_seconds: oldest } = await samples();
  assert.equal(count, 2);
  assert.ok(oldest > before - 1 && oldest < Date.now() / 1000 + 1, `${oldest}`);
  target.answer = null;
  await toldOf(target, ['a failing', 'b failing']);
  await waiting(0);
  assert.deepEqual(await samples(), { waiting: 0 });
});

test('many at once are one message with a line for each error', async (t) => {
  const { stack, target } = await withTargets(t, { group_seconds: 2 });
  const ids = Array.from({ length: 37 }, (_, i) => `c${i}`);
  for (const id of ids) await create(stack, id);
  for (const id of ids) await report(stack, id, 'error', `401 Unauthorized: request ${id.slice(1)}`);
  await create(stack, 'other');
  await report(stack, 'other', 'error', 'disk full');
  await until(() => target.told().length === 38, 'all to be told');
  const lines = target.received.flatMap(({ body }) => body.text.split('\n'));
  assert.ok(target.received.length <= 2, `${target.received.length} messages`);
  assert.ok(lines.some((line) => /^\d+ connectors began to fail: 401 Unauthorized: request \d+ \(The c\d+, .* and \d+ more\)$/.test(line)), `${lines}`);
  assert.ok(lines.includes('The other (other) began to fail: disk full'));
});

// notify's clock is an hour behind Redis's; or Redis's clock was an hour ahead, and its ids still are.
for (const [what, offset, ahead] of [['is', '-1h', 0], ['was', '+0s', 3600000]]) {
  test(`events are told though Redis's clock ${what} ahead`, async (t) => {
    const within = ['env', 'LD_PRELOAD=/usr/$LIB/faketime/libfaketime.so.1', `FAKETIME=${offset}`, 'FAKETIME_DONT_FAKE_MONOTONIC=1'];
    const { stack, notify, target } = await withTargets(t, { group_seconds: 2 }, { within });
    assert.doesNotMatch(notify.output(), /cannot be preloaded/); // else its clock is right
    for (const stream of ahead ? await stack.redisCommand('KEYS', '*events') : []) {
      await stack.redisCommand('XADD', stream, `${Date.now() + ahead}-0`, 'event', 'none', 'key', 'connector:{none}');
    }
    await create(stack, 'a');
    await report(stack, 'a', 'error', 'no');
    await toldOf(target, ['a failing']);
  });
}

test('one that was told of by a clock ahead is told of again', async (t) => {
  const { stack, target } = await withTargets(t, { window_seconds: 3600 });
  await create(stack, 'a');
  const [key] = (await stack.redisCommand('KEYS', '*connector:{a}')).map((name) => name.replace('connector:{a}', 'notify:{t0}:told'));
  await stack.redisCommand('HSET', key, 'a', `ok ${Math.floor(Date.now() / 1000) + 86400}`);
  await report(stack, 'a', 'error', 'no');
  await toldOf(target, ['a failing']);
});

test('one that flaps is told of once in a window, and once more if it then stays so', async (t) => {
  const { stack, target } = await withTargets(t, { window_seconds: 3600 });
  await create(stack, 'a');
  for (let i = 0; i < 3; i += 1) {
    await report(stack, 'a', 'error', 'no');
    await report(stack, 'a', 'completed');
  }
  await report(stack, 'a', 'error', 'no');
  await create(stack, 'b');
  await report(stack, 'b', 'error', 'no');
  await toldOf(target, ['a failing', 'a recovered', 'b failing']);
  await until(() => stack.redisCommand('HGET', 'notify:{t0}:told', 'b'), 'that to be noted');
  await stack.redisCommand('HSET', 'notify:{t0}:told', 'a', 'ok 1');
  await stack.redisCommand('ZADD', 'notify:{t0}:held', '1', 'a');
  await toldOf(target, ['a failing', 'a recovered', 'b failing', 'a failing']);
});

test('filters: service types, ids, states', async (t) => {
  const { stack, target } = await withTargets(t,
    { service_types: ['google_*'], connectors: ['sales-*', 'b'], events: ['failing'] });
  await create(stack, 'sales-1', { service_type: 'jira' });
  await create(stack, 'a');
  await create(stack, 'b');
  for (const id of ['sales-1', 'a', 'b']) await report(stack, id, 'error', 'no');
  await toldOf(target, ['b failing']);
  await report(stack, 'b', 'completed');
  await toldOf(target, ['b failing', 'b recovered']);
});

test('a target that fails, hangs, answers late or closes gets all in order', async (t) => {
  const { stack, target } = await withTargets(t, { timeout_seconds: 1 });
  const faults = [
    (request, response) => response.writeHead(500).end(),
    () => {}, // hangs
    (request, response) => setTimeout(() => response.end(), 5000),
    (request) => request.socket.destroy(),
  ];
  target.answer = (request, response) => {
    const fault = faults.shift();
    if (fault) fault(request, response);
    return !fault;
  };
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => target.requests >= 1, 'a first request');
  await report(stack, 'a', 'completed');
  await until(() => target.told().length >= 2, 'both to be taken');
  assert.deepEqual(target.told(), ['a failing', 'a recovered']);
  assert.equal(faults.length, 0);
});

test('a target that answers 429 or 503 is left alone for as long as its Retry-After asks', async (t) => {
  const { stack, target } = await withTargets(t, {});
  const refusals = [429, 503];
  const times = [];
  target.answer = (request, response) => {
    times.push(performance.now());
    const status = refusals.shift();
    if (status) response.writeHead(status, { 'retry-after': '4' }).end();
    return !status;
  };
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await toldOf(target, ['a failing']);
  assert.equal(times.length, 3);
  for (const i of [1, 2]) assert.ok(times[i] - times[i - 1] >= 3900, `${times}`);
});

test('a target that sends elsewhere is asked again, and nobody is told there', async (t) => {
  const { stack, target } = await withTargets(t, {});
  const elsewhere = await startTarget();
  t.after(() => elsewhere.stop());
  const redirections = [307, 302];
  target.answer = (request, response) => {
    const status = redirections.shift();
    if (status) response.writeHead(status, { location: elsewhere.url }).end();
    return !status;
  };
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => target.told().length + elsewhere.requests > 0, 'it to be told');
  assert.equal(elsewhere.requests, 0);
  assert.deepEqual(target.told(), ['a failing']);
  assert.equal(target.requests, 3);
});

test('a Retry-After of more than an hour counts as an hour', async (t) => {
  const { stack, notify, target } = await withTargets(t, {});
  target.answer = (request, response) => {
    response.writeHead(429, { 'retry-after': '999999' }).end();
    return false;
  };
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => / is asked again in 3600 s$/m.test(notify.output()), 'the pause in the log');
});

test('a target is not told again and again while Redis does not take note of it', async (t) => {
  const { stack, notify, target } = await withTargets(t, {});
  const pauses = () => notify.output().match(/ is asked again in \d+ s$/mg) || [];
  await stack.redisCommand('ACL', 'SETUSER', 'default', '-xack');
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => pauses().length === 2 || target.requests > 10, 'two pauses, or a storm');
  assert.deepEqual(pauses(), [' is asked again in 1 s', ' is asked again in 2 s']);
  assert.equal(target.requests, 2);
  await stack.redisCommand('ACL', 'SETUSER', 'default', '+xack');
  await until(async () => (await stack.redisCommand('XPENDING', 'events', 'notify:t0'))[0] === 0, 'it to be noted');
  assert.equal(new Set(target.received.map(({ body }) => body.events[0].id)).size, 1);
});

test('a target that hangs holds up no other', async (t) => {
  const { stack, targets } = await withTargets(t, {}, { count: 2 });
  let hanging = 0;
  targets[0].answer = (request, response) => {
    hanging += 1;
    response.on('close', () => { hanging -= 1; });
  };
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => hanging === 1, 'one to hang');
  await create(stack, 'b');
  await report(stack, 'b', 'error', 'no');
  await toldOf(targets[1], ['a failing', 'b failing']);
  assert.equal(hanging, 1, 'it hangs still');
  assert.deepEqual(targets[0].told(), []);
  await targets[0].stop();
});

// It stands still with an event that it has read and not sent. Another one tells it, and what came then.
test('a process that has lost its lease sends nothing', async (t) => {
  const stack = await startStack({ workers: 1, options: ['--events', '1000'] });
  t.after(() => stack.stop());
  const target = await startTarget();
  t.after(() => target.stop());
  await create(stack, 'a');
  const relay = new RedisRelay(path.join(stack.directory, 'relay.sock'), stack.redisSocket, 0);
  await relay.listening;
  const rows = [{ name: 't', type: 'webhook', url: target.url, group_seconds: 0, window_seconds: 0 }];
  const first = await startNotify(stack, rows, { options: ['--redis', `unix:${relay.server.address()}`] });
  t.after(() => first.stop());
  const reading = crypto.createHash('sha1').update(fs.readFileSync(path.join(BUILD, 'cgi/store/event/notices_read.lua'))).digest('hex');
  const stopped = new Promise((resolve) => {
    relay.meet = async (data) => {
      if (!data.includes(reading)) return;
      relay.meet = null;
      for (const pid of first.children()) process.kill(pid, 'SIGSTOP');
      await report(stack, 'a', 'error', 'no');
      resolve();
    };
  });
  await within(stopped, 'it to read');
  const second = await startNotify(stack, rows); // once the lease is over
  t.after(() => second.stop());
  await toldOf(target, ['a failing']);
  await report(stack, 'a', 'completed');
  await toldOf(target, ['a failing', 'a recovered']);
  const before = relay.commands;
  for (const pid of first.children()) process.kill(pid, 'SIGCONT');
  await until(() => relay.commands > before, 'it to go on');
  assert.deepEqual(target.told(), ['a failing', 'a recovered']);
  relay.close();
});

test('what was not taken is told after notify was killed', async (t) => {
  const { stack, notify, target } = await withTargets(t, {});
  target.answer = () => false; // it hangs
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => target.requests >= 1, 'a request');
  for (const worker of notify.children()) process.kill(worker, 'SIGKILL');
  await notify.stop('SIGKILL').catch(() => {});
  await report(stack, 'a', 'completed');
  target.answer = null;
  await notify.start({ wait: false });
  await until(() => target.told().length >= 2, 'both to be taken');
  assert.deepEqual(target.told(), ['a failing', 'a recovered']);
});

test('what happened is told after Redis was killed', async (t) => {
  const { stack, target } = await withTargets(t, {}, { appendfsync: 'always' }); // see tests/fault/redis.test.js
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await toldOf(target, ['a failing']);
  await stack.redis.stop('SIGKILL');
  await stack.redis.start();
  await until(() => report(stack, 'a', 'completed').then(() => true), 'lastsync to find Redis');
  // Redis may die before it learns that the first was taken: then that comes once more, with the same id.
  await until(() => target.told().includes('a recovered'), 'its recovery');
  const ids = new Map(target.received.flatMap(({ body }) => body.events).map(({ id, event }) => [id, event]));
  assert.deepEqual([...ids.values()], ['failing', 'recovered']);
});

test('names and ids make neither a line of their own nor a large message', async (t) => {
  const { stack, target } = await withTargets(t, {});
  const id = `a\nb (b) has recovered ${'i'.repeat(400)}`;
  await create(stack, id, { name: `\u{7f}x\ny (y) has recovered ${'ä'.repeat(400000)}`, service_type: 'é'.repeat(2000) });
  await report(stack, id, 'error', 'no');
  await until(() => target.received.length === 1, 'a message');
  const [{ text, body }] = target.received;
  assert.ok(text.length < 10000, `${text.length} characters`);
  assert.ok(/^ x y \(y\) has recovered ä+ \(a b \(b\) has recovered i+\) began to fail: no$/.test(body.text), body.text);
  assert.equal(body.events[0].connector_id, id);
  assert.equal(body.events[0].service_type, 'é'.repeat(512));
});

test('Slack takes text, with its three characters escaped', async (t) => {
  const { stack, target } = await withTargets(t, { type: 'slack' });
  await create(stack, 'a', { name: 'A & <B>' });
  await report(stack, 'a', 'error', 'no');
  await until(() => target.received.length === 1, 'a message');
  assert.deepEqual(target.received[0].body, { text: 'A &amp; &lt;B&gt; (a) began to fail: no' });
});

test('Alertmanager gets alerts that end by the same labels', async (t) => {
  const { stack, target } = await withTargets(t, { type: 'alertmanager' });
  await create(stack, 'a');
  await report(stack, 'a', 'error', 'no');
  await until(() => target.received.length === 1, 'an alert');
  await report(stack, 'a', 'completed');
  await until(() => target.received.length === 2, 'its end');
  const [{ path, body: [begun] }, { body: [ended] }] = target.received;
  assert.equal(path, '/hook/api/v2/alerts');
  assert.deepEqual(begun.labels, { alertname: 'LastsyncConnector', connector_id: 'a', state: 'failing' });
  assert.deepEqual(ended.labels, begun.labels);
  assert.equal(begun.annotations.summary, 'The a (a) began to fail: no');
  assert.ok(Date.parse(begun.startsAt) < Date.parse(begun.endsAt));
  assert.ok(Date.parse(begun.endsAt) > Date.now() + 86400000);
  assert.ok(Date.parse(ended.endsAt) <= Date.now());
  assert.ok(Date.parse(ended.startsAt) < Date.parse(ended.endsAt));
});

test('the ticker of a pool tells of what time causes, also when its workers are killed', async (t) => {
  const { stack, target } = await withTargets(t, {}, { workers: 2 });
  await create(stack, 'a');
  await report(stack, 'a', 'completed');
  process.kill(stack.lastsync.children()[0], 'SIGKILL');
  const classSize = 2 ** 40;
  const score = Number(await stack.redisCommand('ZSCORE', 'standings', 'a'));
  await stack.redisCommand('ZADD', 'standings', String(score - (score % classSize) + Math.floor(Date.now() / 1000) - 1), 'a');
  await until(() => target.told().length === 1, 'the ticker');
  assert.deepEqual(target.told(), ['a late']);
});

test('--test sends to each target, and says how that went', async (t) => {
  const stack = await startStack({ workers: 1, nginx: false });
  t.after(() => stack.stop());
  const target = await startTarget();
  t.after(() => target.stop());
  const rows = [{ name: 'good', type: 'webhook', url: target.url },
    { name: 'bad', type: 'slack', url: 'http://127.0.0.1:1/', timeout_seconds: 1 }];
  const run = () => startCommand(['notify', '--test', '--targets', writeTargets(stack, rows)]).ended;
  const both = await run();
  assert.equal(both.stdout, 'good: taken\nbad: not taken\n');
  assert.match(both.stderr, /bad does not take 1 events: .*connect/i);
  assert.equal(both.code, 1);
  rows.pop();
  assert.equal((await run()).code, 0);
  assert.deepEqual(target.told(), ['test failing', 'test failing']);
  const [first, second] = target.received.map(({ body }) => body.events[0].id);
  assert.notEqual(first, second); // an id that comes again is a repetition
});

test('files that are wrong are refused in words', async (t) => {
  const stack = await startStack({ workers: 1, nginx: false });
  t.after(() => stack.stop());
  const good = { name: 'a', type: 'webhook', url: 'http://127.0.0.1:1/' };
  const wrong = [
    [[{ ...good, url: 'ftp://x' }], /target 1: "url" must begin with https/],
    [[{ ...good, name: 'a b' }], /"name" must be 1 to 64 letters/],
    [[good, good], /target 2: "name" is another target's already/],
    [[{ ...good, type: 'pager' }], /"type" must be webhook, slack, alertmanager or email/],
    [[{ ...good, typo: 1 }], /"typo" is none of a target's members/],
    [[{ ...good, timeout_seconds: 16 }], /"timeout_seconds" must be a number from 1 to 15/],
    [[{ ...good, events: ['recovered'] }], /"events" must be an array of failing/],
    [[{ ...good, connectors: [] }], /"connectors" must be an array of 1 to 64 patterns/],
    [[{ ...good, type: 'slack', secret: 'x' }], /"secret" is for a webhook/],
    [[], /an array of 1 to 64 targets/],
    [Array.from({ length: 65 }, (_, i) => ({ ...good, name: `n${i}` })), /an array of 1 to 64 targets/],
  ];
  for (const [targets, expected] of wrong) {
    const { code, stderr } = await startCommand(['notify', '--test', '--targets', writeTargets(stack, targets)]).ended;
    assert.equal(code, 78, stderr);
    assert.match(stderr, expected);
  }
  const open = await startCommand(['notify', '--test', '--targets', writeTargets(stack, [good], 0o604)]).ended;
  assert.equal(open.code, 78);
  assert.match(open.stderr, /all users can read it/);
});
