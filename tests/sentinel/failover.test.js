// Failovers of real sentinels under load: the service follows, and losses are counted.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { request } = require('../lib/raw');
const { allConnected, assertUnavailable, create, expectStatus, get, remove, report } = require('../fault/common');
const { startCommand } = require('../lib/command');
const { takesWrites } = require('../lib/redis');
const { Load } = require('./load');
const { Partition } = require('./partition');

// lastsync's options, and whether a failover may then lose acknowledged reports: if so, the losses are counted and
// printed. A planned failover promotes any replica, so all replicas must have a report; after a loss, the replica with
// the most data is promoted.
const UNACKNOWLEDGED = { options: [], lossless: false };
const BY_ONE = { options: ['--acknowledge-replicas', '1'], lossless: true };
const BY_ALL = { options: ['--acknowledge-replicas', 'all'], lossless: true };

// A primary that comes back is to have all that it has acknowledged: with everysec, a Redis whose disk is busy keeps writes
// in its own memory for a while.
const DURABLE = { lines: ['appendfsync always'] };

const KILLS = 20;
const PLANNED = 20;
const UNSAFE = 5; // failovers, if nothing is asked of replicas; their losses are counted
// The first success comes at most a second after sentinels name another primary; three times as long if others use the
// machine.
const FIRST_SUCCESS = 3000;

async function withStack({ options }, use, sentinel = true) {
  const stack = await startStack({ sentinel, options: ['--history', '10000', ...options] });
  try {
    const workers = stack.lastsync.children();
    await use(stack, stack.sentinel);
    assert.deepEqual(stack.lastsync.children(), workers, stack.lastsync.output());
  } finally {
    await stack.stop();
  }
}

// Waits until each replica has all that was written: any may be promoted, and what it is sent it drops then.
async function untilTaken(sentinel) {
  const primary = await sentinel.untilReplicated();
  await until(() => takesWrites(primary.port, sentinel.servers.length - 1), 'all replicas to take what is written');
  return primary;
}

// Under load, `fail` makes the primary fail and gives { primary, at }: the new primary, and when it was named. After
// `mend`, no report may be lost without need.
async function failUnderLoad(stack, name, { lossless }, fail, mend = () => {}) {
  await untilTaken(stack.sentinel);
  const load = await Load.start(stack, name);
  try {
    await until(() => load.firstSince(0), 'reports to succeed');
    const { primary, at } = await fail();
    const first = await until(() => load.firstSince(at), 'a report to succeed after the failover');
    assert.ok(first.end - at < FIRST_SUCCESS, `the first success came ${first.end - at} ms after the switch`);
    await until(() => allConnected(stack), 'each worker to follow', FIRST_SUCCESS);
    await mend();
    await stack.sentinel.untilReplicated();
    await load.stop();
    await stack.sentinel.untilWatched();
    const { acknowledged, lost, wrong } = await load.judge(primary);
    assert.deepEqual(wrong, []);
    const late = lost.filter(({ start }) => start > at + FIRST_SUCCESS);
    assert.deepEqual(lossless ? lost : late, []);
    return { acknowledged, lost: lost.length, first: first.end - at, pause: load.longestPause() };
  } finally {
    await load.stop();
  }
}

function summarize(context, rounds) {
  const sum = (of) => rounds.reduce((total, round) => total + of(round), 0);
  context.diagnostic(`${rounds.length} failovers: ${sum(({ lost }) => lost)} of ${sum(({ acknowledged }) => acknowledged)} acknowledged reports lost, `
    + `first success after ${rounds.map(({ first }) => Math.round(first)).join(' ')} ms, `
    + `none for ${rounds.map((round) => Math.round(round.pause)).join(' ')} ms`);
}

test('every call is served through sentinels, and by the next primary', async () => {
  await withStack(UNACKNOWLEDGED, async (stack, sentinel) => {
    const walk = async (id) => {
      await expectStatus(201, create(stack, id, { index_name: `search-${id}`, service_type: 'mysql' }));
      await expectStatus(200, report(stack, id));
      await expectStatus(201, request(stack, 'POST', '/_connector/_sync_job', { body: { id, job_type: 'full' } }));
      assert.equal((await expectStatus(200, get(stack, id))).json.index_name, `search-${id}`);
      await expectStatus(200, request(stack, 'GET', '/_lastsync/overview?history=5'));
      await expectStatus(200, request(stack, 'GET', `/_connector/_sync_job?connector_id=${id}`));
      await expectStatus(400, create(stack, `${id}-2`, { index_name: `search-${id}` }));
      await expectStatus(201, create(stack, `${id}-3`));
      await expectStatus(200, remove(stack, `${id}-3`));
    };
    await walk('first');
    await untilTaken(sentinel);
    await sentinel.failOver();
    // Until then the former primary takes writes. On a machine that stands still the next one may be failed over, too.
    const primary = await sentinel.untilReplicated();
    await until(() => expectStatus(200, report(stack, 'first')), 'reports to succeed', FIRST_SUCCESS);
    // Each of the workers has heard of it.
    for (let served = 0; served < 20;) served = (await report(stack, 'first')).status === 200 ? served + 1 : 0;
    await walk('second');
    assert.equal(await primary.command('EXISTS', 'connector:{second}'), 1);
    const { redis } = (await request(stack, 'GET', '/_lastsync/health/ready')).json;
    assert.equal(redis.role, 'master');
    assert.deepEqual(redis.sentinels.primary, { host: '127.0.0.1', port: primary.port });
  });
});

test('commands work through sentinels', async () => {
  await withStack(UNACKNOWLEDGED, async (stack, sentinel) => {
    const run = async (words, input) => {
      const ended = await startCommand([...words, '--redis', sentinel.url], input).ended;
      assert.equal(ended.code, 0, ended.stderr);
      return ended.stdout;
    };
    await expectStatus(201, create(stack, 'c1'));
    await run(['key', 'create', '--role', 'monitor_connector', '--name', 'theirs']);
    assert.match(await run(['key', 'list']), /theirs/);
    await run(['check']);
    const exported = await run(['export', '-']);
    assert.match(exported, /"c1"/);
    await stack.emptyRedis();
    await run(['import', '-'], exported);
    await expectStatus(200, get(stack, 'c1'));
    await untilTaken(sentinel);
    await sentinel.failOver();
    await until(async () => /"c1"/.test(await run(['export', '-'])), 'the new primary');
  });
});

test(`the primary is killed ${KILLS} times under load, and started again at once`, { timeout: 240000 }, async (context) => {
  await withStack(BY_ONE, async (stack, sentinel) => {
    const rounds = [];
    for (let i = 0; i < KILLS; i++) {
      const old = await sentinel.primary();
      rounds.push(await failUnderLoad(stack, `killed-${i}`, BY_ONE, async () => {
        await old.program.stop('SIGKILL');
        return sentinel.untilAnotherPrimary(old);
      }, () => old.program.start()));
    }
    summarize(context, rounds);
  });
});

test('the primary stands still under load, and goes on after it was replaced', { timeout: 120000 }, async (context) => {
  await withStack(BY_ONE, async (stack, sentinel) => {
    const rounds = [];
    for (let i = 0; i < 2; i++) {
      const old = await sentinel.primary();
      rounds.push(await failUnderLoad(stack, `stopped-${i}`, BY_ONE, () => {
        old.program.signal('SIGSTOP');
        return sentinel.untilAnotherPrimary(old);
      }, () => old.program.signal('SIGCONT')));
    }
    summarize(context, rounds);
  });
});

for (const [what, setting, count] of [['acknowledged by all replicas', BY_ALL, PLANNED], ['acknowledged by none', UNACKNOWLEDGED, UNSAFE]]) {
  test(`${count} planned failovers under load, ${what}`, { timeout: 240000 }, async (context) => {
    await withStack(setting, async (stack, sentinel) => {
      const rounds = [];
      for (let i = 0; i < count; i++) rounds.push(await failUnderLoad(stack, `planned-${i}`, setting, () => sentinel.failOver()));
      summarize(context, rounds);
    });
  });
}

// The old primary takes writes while it is cut off, and throws them away when it is back.
for (const [what, setting] of [['acknowledged by a replica', BY_ONE], ['acknowledged by none', UNACKNOWLEDGED]]) {
  test(`lastsync is cut off with the old primary, ${what}`, { timeout: 120000 }, async (context) => {
    const partition = new Partition();
    const relay = (port, before) => partition.relay(port, before === 'primary' ? 'HELLO' : undefined); // lastsync says it
    await withStack(setting, async (stack, sentinel) => {
      const old = await untilTaken(sentinel);
      const load = await Load.start(stack, 'cut');
      try {
        await until(() => load.sent.filter(({ status }) => status === 200).length > 200, 'reports to succeed');
        partition.cut();
        const { primary, at } = await sentinel.untilAnotherPrimary(old);
        const meanwhile = () => load.sent.filter(({ start, status }) => start > at && status);
        await until(() => meanwhile().length > 20, 'reports to be answered');
        const answers = new Set(meanwhile().map(({ status }) => status));
        const healed = performance.now();
        partition.heal();
        await until(async () => (await old.command('ROLE'))[0] === 'slave', 'the old primary to be told');
        await until(() => load.firstSince(healed), 'reports to succeed again');
        await load.stop();
        await sentinel.untilReplicated();
        const { acknowledged, lost, wrong } = await load.judge(primary);
        context.diagnostic(`${lost.length} of ${acknowledged} acknowledged reports lost`);
        assert.deepEqual(wrong, []);
        assert.equal(lost.length > 0, !setting.lossless);
        assert.deepEqual([...answers], [setting.lossless ? 503 : 200]);
      } finally {
        await load.stop();
        partition.close();
      }
    }, { relay });
  });
}

test('the primary is killed and comes back before anybody has noticed', async () => {
  await withStack(UNACKNOWLEDGED, async (stack, sentinel) => {
    await expectStatus(201, create(stack, 'c1'));
    const old = await sentinel.primary();
    await old.program.stop('SIGKILL');
    await old.program.start();
    await until(() => expectStatus(200, report(stack, 'c1')), 'reports to succeed', FIRST_SUCCESS);
    await sentinel.untilReplicated();
  }, DURABLE);
});

test('one sentinel of three is killed, and a failover is followed nevertheless', async () => {
  await withStack(UNACKNOWLEDGED, async (stack, sentinel) => {
    await expectStatus(201, create(stack, 'c1'));
    await sentinel.sentinels[2].program.stop('SIGKILL');
    const old = await untilTaken(sentinel);
    await old.program.stop('SIGKILL');
    const { at } = await sentinel.untilAnotherPrimary(old);
    await until(() => expectStatus(200, report(stack, 'c1')), 'reports to succeed', FIRST_SUCCESS);
    assert.ok(performance.now() - at < FIRST_SUCCESS);
    const { warnings } = (await request(stack, 'GET', '/_lastsync/health/ready')).json;
    assert.ok(warnings.includes('1 of 3 sentinels do not answer'), warnings);
  });
});

test('all sentinels are killed: the primary goes on serving, and its loss is 503', async () => {
  await withStack(UNACKNOWLEDGED, async (stack, sentinel) => {
    await expectStatus(201, create(stack, 'c1'));
    for (const one of sentinel.sentinels) await one.program.stop('SIGKILL');
    await expectStatus(200, report(stack, 'c1'));
    const [primary] = sentinel.servers;
    await primary.program.stop('SIGKILL');
    assertUnavailable(await report(stack, 'c1'));
    await primary.program.start();
    await until(() => expectStatus(200, report(stack, 'c1')), 'the primary to be used again', FIRST_SUCCESS);
  }, DURABLE);
});
