// A Redis Cluster of three primaries and three replicas under faults: nodes that die, hang and come back, slots that
// move, redirections without an end. Each acknowledged report is stored exactly once.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const { test } = require('node:test');
const { startCommand } = require('../lib/command');
const { request } = require('../lib/raw');
const { readSamples } = require('../lib/samples');
const { shardOf, slotOf, tagsOf } = require('../lib/shards');
const { freePort, startStack, until } = require('../lib/stack');
const { Reporters } = require('./reporters');

const DEADLINE = 2000;
const SLACK = 3000; // for a machine that others use, too
const ALL_HISTORY = ['--history', '10000'];

const ids = (count) => Array.from({ length: count }, (_, i) => `c${i}`);

// The slot of a connector's keys.
const slotOfId = (stack, id) => slotOf(tagsOf(stack.shards)[shardOf(id, stack.shards)]);

// A metric of each node, by the node's name.
async function metricOfNodes(stack, metric) {
  const { text } = await request(stack, 'GET', '/_lastsync/metrics');
  const samples = [...readSamples(text)].filter(([series]) => series.startsWith(`${metric}{`));
  return new Map(samples.map(([series, value]) => [/node="([^"]*)"/.exec(series)[1], value]));
}

// Waits until both workers speak to a node.
const followed = (stack, node) => until(async () =>
  (await metricOfNodes(stack, 'lastsync_redis_node_connections')).get(node.name) === 2, `both workers to speak to ${node.name}`);

// One of the ids that a node serves.
async function idServedBy(stack, node, among) {
  const owners = await Promise.all(among.map((id) => stack.cluster.ownerOf(slotOfId(stack, id))));
  return among[owners.indexOf(node)];
}

async function withCluster(options, use) {
  const stack = await startStack({ cluster: true, ...options });
  try {
    await use(stack);
  } finally {
    await stack.stop();
  }
}

async function expectNothingWrong(stack) {
  const { code, stdout, stderr } = await startCommand(['check', '--redis', stack.redisUrl]).ended;
  assert.equal(code, 0, stdout + stderr);
}

async function expectNoFaults(stack, reporters) {
  await reporters.stop();
  assert.deepEqual(await reporters.faults(), []);
  await expectNothingWrong(stack);
}

test('each primary is killed in turn: the others serve on, and nothing acknowledged is lost', () =>
  withCluster({ options: [...ALL_HISTORY, '--acknowledge-replicas', '1'] }, async (stack) => {
    let down = null; // the slots of the node that is killed
    const others = []; // failed reports to the other nodes
    const reporters = new Reporters(stack.url, ids(40), {
      onAnswer: (id, status) => { if (status !== 200 && !(down && down(slotOfId(stack, id)))) others.push([id, status]); },
    });
    await reporters.create();
    reporters.start();
    await reporters.progress();
    for (const node of stack.cluster.nodes.slice(0, 3)) {
      const ranges = (await node.command('CLUSTER', 'SLOTS')).filter(([, , [, port]]) => port === node.port);
      down = (slot) => ranges.some(([first, last]) => slot >= first && slot <= last);
      await node.program.stop('SIGKILL');
      await reporters.progress();
      await until(async () => (await stack.cluster.primariesNow()).length === 3, 'a replica to take over');
      await node.program.start();
      await stack.cluster.untilWhole();
      await reporters.allServed(); // the replica that is back acknowledges
      await followed(stack, await stack.cluster.ownerOf(ranges[0][0]));
      down = null;
    }
    await expectNoFaults(stack, reporters);
    assert.deepEqual(others, []);
  }));

test('a write waits for a replica of each primary that it goes to', () =>
  withCluster({ workers: 1, options: ['--acknowledge-replicas', '1', '--acknowledge-timeout', '200'] }, async (stack) => {
    const { nodes } = stack.cluster;
    const reporters = new Reporters(stack.url, ids(40));
    await reporters.create();
    const put = async (id, more) =>
      (await reporters.call('PUT', `/_connector/${id}`, { name: `name ${performance.now()}`, ...more })).status;
    for (const [i, node] of nodes.slice(0, 3).entries()) {
      const own = await idServedBy(stack, node, reporters.ids);
      const other = await idServedBy(stack, nodes[(i + 1) % 3], reporters.ids);
      const name = await idServedBy(stack, node, Array.from({ length: 40 }, (_, k) => `search-${k}`));
      assert.ok(own && other && name);
      const replica = nodes[i + 3];
      replica.stopped = true;
      replica.program.signal('SIGSTOP');
      await until(async () => await put(own) === 503, 'the replica to be missed');
      assert.deepEqual(await Promise.all([put(own), put(other)]), [503, 200]);
      assert.equal(await put(other, { index_name: name }), 503, 'its name is reserved with the first primary');
      replica.program.signal('SIGCONT');
      replica.stopped = false;
      await until(async () => await put(other, { index_name: name }) === 200, 'the replica to acknowledge');
    }
    reporters.agent.destroy();
  }));

test('a worker that has nothing to do follows a failover: its first request is served', () =>
  withCluster({ workers: 1 }, async (stack) => {
    const [node] = stack.cluster.nodes;
    const reporters = new Reporters(stack.url, ids(12));
    await reporters.create();
    const id = await idServedBy(stack, node, reporters.ids);
    await node.program.stop('SIGKILL');
    await until(async () => (await stack.cluster.primariesNow()).length === 3, 'a replica to take over');
    const owner = await stack.cluster.ownerOf(slotOfId(stack, id));
    await until(async () => /cmd=(hello|role)/.test(await owner.command('CLIENT', 'LIST')), 'the worker to come');
    const { status, json } = await reporters.call('PUT', `/_connector/${id}/_last_sync`, { last_sync_status: 'completed' });
    assert.equal(status, 200, JSON.stringify(json));
    reporters.agent.destroy();
  }));

test('a worker that stood still during a failover is redirected: its first request is served', () =>
  withCluster({ workers: 1, options: ['--acknowledge-replicas', '1'] }, async (stack) => {
    const [node] = stack.cluster.nodes;
    const reporters = new Reporters(stack.url, ids(12));
    await reporters.create();
    const id = await idServedBy(stack, node, reporters.ids);
    const [worker] = stack.lastsync.children();
    process.kill(worker, 'SIGSTOP');
    await node.program.stop('SIGKILL');
    await until(async () => (await stack.cluster.primariesNow()).length === 3, 'a replica to take over');
    await node.program.start();
    await stack.cluster.untilWhole();
    process.kill(worker, 'SIGCONT');
    const { status, json } = await reporters.call('PUT', `/_connector/${id}/_last_sync`, { last_sync_status: 'completed' });
    assert.equal(status, 200, JSON.stringify(json));
    const redirections = await metricOfNodes(stack, 'lastsync_redis_node_redirections_total');
    assert.ok(redirections.get(node.name) > 0);
    assert.doesNotMatch(stack.lastsync.output(), /refuses/);
    reporters.agent.destroy();
  }));

test('a slot that nobody serves is told of in the log and by ready, and served as soon as somebody does', () =>
  withCluster({ workers: 1 }, async (stack) => {
    const reporters = new Reporters(stack.url, ['c0']);
    const report = () => reporters.call('PUT', '/_connector/c0/_last_sync', { last_sync_status: 'completed' });
    await reporters.create();
    const slot = slotOfId(stack, 'c0');
    const owner = await stack.cluster.ownerOf(slot);
    for (const node of stack.cluster.nodes) await node.command('CLUSTER', 'DELSLOTS', slot);
    await until(async () => (await report()).status === 503
      && /no node of the cluster serves 1 of its 16384 slots/.test(stack.lastsync.output()), 'the log');
    const warnings = async () => (await reporters.call('GET', '/_lastsync/health/ready')).json.warnings;
    assert.match((await warnings())[0], /^no node serves 1 of the cluster's 16384 slots/);
    await owner.command('CLUSTER', 'ADDSLOTS', slot);
    await until(async () => (await report()).status === 200, 'the slot to be served');
    assert.deepEqual(await warnings(), []);
    reporters.agent.destroy();
  }));

test('slots that go to a replica and back, as the operator asks, cost no request', () =>
  withCluster({ options: ALL_HISTORY }, async (stack) => {
    const [node] = stack.cluster.nodes;
    const replica = stack.cluster.nodes[3];
    const refused = [];
    const reporters = new Reporters(stack.url, ids(12), {
      onAnswer: (id, status) => { if (status !== 200) refused.push([id, status]); },
    });
    await reporters.create();
    reporters.start();
    await reporters.progress();
    // What failed once is not avoided later. A worker that has nothing under way does not fail.
    const haveComeBack = () => new Set(stack.lastsync.output().match(/lastsync\[\d+\](?=.* is back)/g)).size;
    await until(async () => {
      await node.command('CLIENT', 'KILL', 'TYPE', 'normal');
      await reporters.progress();
      await followed(stack, node);
      return haveComeBack() === 2;
    }, 'both workers to come back');
    await reporters.allServed();
    refused.length = 0;
    for (const next of [replica, node]) {
      await next.command('CLUSTER', 'FAILOVER');
      await until(async () => await next.role() === 'master', 'the failover');
      await stack.cluster.untilWhole();
      await reporters.progress();
    }
    await reporters.stop();
    assert.deepEqual(refused, []);
    assert.deepEqual(await reporters.faults(), []);
  }));

test('a primary that hangs fails what it serves, by the deadline, and nothing else', () =>
  withCluster({ workers: 1 }, async (stack) => {
    const [node] = stack.cluster.nodes;
    const answers = [];
    const reporters = new Reporters(stack.url, ids(12), {
      onAnswer: (id, status, milliseconds) => answers.push({ id, status, milliseconds }),
    });
    await reporters.create();
    reporters.start();
    await reporters.progress(50);
    const owned = new Set();
    for (const id of reporters.ids) {
      if (await stack.cluster.ownerOf(slotOfId(stack, id)) === node) owned.add(id);
    }
    assert.ok(owned.size > 0 && owned.size < reporters.ids.length);
    answers.length = 0;
    node.stopped = true;
    node.program.signal('SIGSTOP');
    await until(() => answers.some(({ status }) => status === 503), 'a refusal');
    await reporters.progress(100);
    await until(async () => (await stack.cluster.ownerOf(slotOfId(stack, [...owned][0]))) !== node, 'the failover');
    await reporters.allServed();
    node.program.signal('SIGCONT');
    node.stopped = false;
    await stack.cluster.untilWhole();
    await reporters.allServed();
    await reporters.stop();
    assert.deepEqual(answers.filter(({ status, id }) => status !== 200 && !owned.has(id)), []);
    assert.ok(Math.max(...answers.map(({ milliseconds }) => milliseconds)) < DEADLINE + SLACK);
    assert.deepEqual(reporters.strange, []);
  }));

test('a slot moves there and back under load: no wrong answer, and nothing is written by halves', () =>
  withCluster({ options: ALL_HISTORY }, async (stack) => {
    const reporters = new Reporters(stack.url, ids(16));
    await reporters.create();
    const slot = slotOfId(stack, 'c0');
    const home = await stack.cluster.ownerOf(slot);
    const away = (await stack.cluster.primariesNow()).find((node) => node !== home);
    const reads = [];
    let over = false;
    const read = async () => {
      while (!over) {
        const { status, json } = await reporters.call('GET', '/_connector/c0');
        reads.push(status);
        if (status === 200) assert.equal(json.name, 'c0');
        const list = await reporters.call('GET', '/_connector?size=100');
        if (list.status === 200) assert.equal(list.json.count, 16);
        else assert.equal(list.status, 503);
      }
    };
    reporters.start();
    const reading = read();
    await reporters.progress();
    const during = () => reporters.progress(100); // the others serve on
    await stack.cluster.moveSlot(slot, away, during);
    await reporters.allServed();
    await stack.cluster.moveSlot(slot, home, during);
    await reporters.allServed();
    over = true;
    await reading;
    for (const metric of ['commands', 'flushes', 'wait_seconds']) {
      const values = await metricOfNodes(stack, `lastsync_redis_node_${metric}_total`);
      for (const { name } of [home, away]) assert.ok(values.get(name) > 0, `${metric} of ${name}`);
    }
    const redirections = await metricOfNodes(stack, 'lastsync_redis_node_redirections_total');
    for (const { name } of [home, away]) assert.ok(redirections.get(name) > 0, name);
    await expectNoFaults(stack, reporters);
    assert.deepEqual(reads.filter((status) => status !== 200 && status !== 503), []);
    assert.ok(reads.includes(200));
  }));

test('index names: many clients, few names, nodes that die: each name has one connector', () =>
  withCluster({ options: ['--acknowledge-replicas', '1'] }, async (stack) => {
    const reporters = new Reporters(stack.url, []);
    const names = Array.from({ length: 8 }, (_, i) => `search-${i}`);
    let over = false;
    const client = async (number) => {
      for (let turn = 0; !over; turn++) {
        const { status } = await reporters.call('PUT', `/_connector/n${number}`,
          { index_name: names[(number + turn) % names.length] });
        assert.ok([200, 201, 400, 409, 503].includes(status), String(status));
      }
    };
    const clients = Promise.all(Array.from({ length: 64 }, (_, i) => client(i)));
    for (const node of stack.cluster.nodes.slice(0, 2)) {
      await node.program.stop('SIGKILL');
      await until(async () => (await stack.cluster.primariesNow()).length === 3, 'a replica to take over');
      await node.program.start();
      await stack.cluster.untilWhole();
    }
    over = true;
    await clients;
    const { json } = await until(async () => {
      const answer = await reporters.call('GET', '/_connector?size=1000');
      return answer.status === 200 && answer;
    }, 'the list');
    const taken = json.results.map(({ index_name: name }) => name).filter(Boolean);
    assert.equal(new Set(taken).size, taken.length, taken.join(' '));
    await until(async () => (await startCommand(['check', '--fix', '--redis', stack.redisUrl]).ended).code === 0,
      'the intents that were left to be settled');
    await expectNothingWrong(stack);
    reporters.agent.destroy();
  }));

test('a node that is met by redis:// is refused in words, and nothing is written', () =>
  withCluster({ nginx: false, cluster: { replicas: 0 } }, async (cluster) => {
    const redisUrl = `redis://127.0.0.1:${cluster.cluster.nodes[0].port}`;
    const stack = await startStack({ redisUrl, redis: false });
    try {
      const reporters = new Reporters(stack.url, []);
      const put = await reporters.call('PUT', '/_connector/c1', { name: 'c1' });
      assert.equal(put.status, 503, JSON.stringify(put.json));
      const ready = await reporters.call('GET', '/_lastsync/health/ready');
      assert.equal(ready.status, 503);
      for (const sentence of [put.json.error.reason, ready.json.problems[0], stack.lastsync.output()]) {
        assert.match(sentence, /is a node of a Redis Cluster, .* redis\+cluster:\/\/ speaks to all of it/);
      }
      reporters.agent.destroy();
      const keys = await cluster.redisCommand('KEYS', '*');
      assert.deepEqual(keys.filter((key) => key !== 'lastsync:schema'), []);
    } finally {
      await stack.stop();
    }
  }));

test('a Redis alone that is met by redis+cluster:// is refused in words', async () => {
  const port = await freePort();
  const alone = await startStack({ nginx: false, redis: ['--bind', '127.0.0.1', '--port', String(port)] });
  try {
    const { code, stderr } = await startCommand(['check', '--redis', `redis+cluster://127.0.0.1:${port}`,
      '--patience', '500']).ended;
    assert.equal(code, 69);
    assert.match(stderr, /^lastsync: Redis is no node of a Redis Cluster: redis:\/\/ speaks to it/m);
  } finally {
    await alone.stop();
  }
});

// A server that claims to be a whole cluster, and redirects each command to itself.
async function redirectingServer(kind) {
  const seen = { commands: 0 };
  const server = net.createServer((socket) => {
    let text = '';
    socket.on('error', () => {});
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (;;) {
        const words = takeRequest();
        if (!words) return;
        socket.write(answer(words));
      }
    });
    const takeRequest = () => {
      const head = /^\*(\d+)\r\n/.exec(text);
      if (!head) return null;
      let at = head[0].length;
      const words = [];
      for (let i = 0; i < Number(head[1]); i++) {
        const length = /^\$(\d+)\r\n/.exec(text.slice(at, at + 20));
        if (!length || text.length < at + length[0].length + Number(length[1]) + 2) return null;
        at += length[0].length;
        words.push(text.slice(at, at + Number(length[1])));
        at += Number(length[1]) + 2;
      }
      text = text.slice(at);
      return words;
    };
    const { port } = server.address();
    const answer = ([name]) => {
      seen.commands += 1;
      if (name === 'PING' || name === 'ASKING') return '+OK\r\n';
      if (name === 'HELLO') return '*2\r\n$4\r\nmode\r\n$7\r\ncluster\r\n';
      if (name === 'CLUSTER') return `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${port}\r\n`;
      if (name === 'HMGET' && seen.known === undefined) {
        seen.known = true;
        return '*2\r\n$1\r\n2\r\n$2\r\n16\r\n';
      }
      return `-${kind} 1 127.0.0.1:${port}\r\n`;
    };
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return { server, seen, port: server.address().port };
}

for (const kind of ['MOVED', 'ASK']) {
  test(`a storm of ${kind} without an end is a 503, by the deadline`, async () => {
    const { server, seen, port } = await redirectingServer(kind);
    const stack = await startStack({ workers: 1, redis: false, redisUrl: `redis+cluster://127.0.0.1:${port}` });
    try {
      const reporters = new Reporters(stack.url, []);
      await until(() => seen.known, 'the cluster to be known');
      const before = seen.commands;
      const began = Date.now();
      const { status } = await reporters.call('PUT', '/_connector/c1', { name: 'c1' });
      assert.equal(status, 503);
      assert.ok(Date.now() - began < DEADLINE + SLACK);
      assert.ok(seen.commands - before < 200, `${seen.commands - before} commands`);
      reporters.agent.destroy();
    } finally {
      await stack.stop();
      server.close();
    }
  });
}

test('check, export, import and keys go over all nodes; data moves from one Redis to a cluster and back', () =>
  withCluster({ access: 'keys', nginx: false, cluster: { replicas: 0 } }, async (cluster) => {
    const source = await startStack();
    const target = await startStack({ nginx: false });
    const run = async (words, input) => {
      const { code, stdout, stderr } = await startCommand(words, input).ended;
      assert.equal(code, 0, `${words}: ${stderr}${stdout}`);
      return stdout;
    };
    const documents = (text) => text.trim().split('\n').filter((line) => !/^\{"type":"(meta|end)"/.test(line)).sort();
    try {
      const reporters = new Reporters(source.url, ids(60));
      await reporters.create();
      reporters.start();
      await reporters.progress();
      await reporters.stop();
      const exported = await run(['export', '--redis', source.redisUrl]);
      await run(['import', ...cluster.storeOptions], exported);
      const there = await run(['export', '--redis', cluster.redisUrl]);
      assert.deepEqual(documents(there), documents(exported));
      await expectNothingWrong(cluster);
      await run(['import', ...target.storeOptions], there);
      assert.deepEqual(documents(await run(['export', '--redis', target.redisUrl])), documents(exported));
      await run(['key', 'create', '--name', 'k', '--role', 'manage_connector', '--redis', cluster.redisUrl]);
      assert.match(await run(['key', 'list', '--redis', cluster.redisUrl]), /manage_connector/);
      const sizes = await Promise.all(cluster.cluster.nodes.map((node) => node.command('DBSIZE')));
      assert.ok(sizes.every((size) => size > 10), sizes.join(' '));
    } finally {
      await source.stop();
      await target.stop();
    }
  }));

test('a node that is away is told of by ready, and by metrics', () =>
  withCluster({ workers: 1 }, async (stack) => {
    const reporters = new Reporters(stack.url, []);
    const ready = () => reporters.call('GET', '/_lastsync/health/ready');
    assert.deepEqual((await ready()).json.warnings, []);
    assert.equal((await ready()).json.redis.primaries, 3);
    for (const node of [stack.cluster.nodes[1], stack.cluster.nodes[4]]) await node.program.stop('SIGKILL');
    const { json, status } = await until(async () => {
      const answer = await ready();
      return answer.json.warnings.length === 1 && answer;
    }, 'the warning');
    assert.equal(status, 200);
    assert.match(json.warnings[0], /^1 of the cluster's 3 primaries: Redis does not answer/);
    assert.equal(json.redis.primaries_that_answer, 2);
    const [dead, ...others] = [1, 0, 2].map((i) => stack.cluster.nodes[i].name);
    const connections = await metricOfNodes(stack, 'lastsync_redis_node_connections');
    assert.equal(connections.get(dead), 0);
    for (const name of others) assert.ok(connections.get(name) > 0, name);
    const failures = await metricOfNodes(stack, 'lastsync_redis_node_failures_total');
    assert.ok(failures.get(dead) > 0);
    for (const name of others) assert.equal(failures.get(name), 0);
    reporters.agent.destroy();
  }));

// As a CGI program it starts for each request. It would wait a second for what is under way.
test('a program that starts beside a dead primary does not wait for it', () =>
  withCluster({ workers: 1 }, async (stack) => {
    const { nodes } = stack.cluster;
    const reporters = new Reporters(stack.url, ids(12));
    await reporters.create();
    const id = await idServedBy(stack, nodes[0], reporters.ids);
    for (const node of [nodes[4], nodes[1]]) await node.program.stop('SIGKILL');
    const environment = { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', REQUEST_URI: `/_connector/${id}`,
      LASTSYNC_REDIS: stack.redisUrl, LASTSYNC_ACCESS: 'off' };
    const began = performance.now();
    for (let i = 0; i < 10; i++) {
      const { stdout, stderr } = await startCommand([], '', { environment }).ended;
      assert.match(stdout, /^Status: 200 /, stdout + stderr);
    }
    const took = performance.now() - began;
    assert.equal(took < 6000, true, `${took} ms`);
    reporters.agent.destroy();
  }));

test('ready is not, if no primary can serve: one is dead, and the others have no replica to acknowledge', () =>
  withCluster({ workers: 1, options: ['--acknowledge-replicas', '1', '--acknowledge-timeout', '200'] }, async (stack) => {
    const reporters = new Reporters(stack.url, []);
    for (const i of [1, 4, 3, 5]) await stack.cluster.nodes[i].program.stop('SIGKILL');
    const { problems } = await until(async () => {
      const { status, json } = await reporters.call('GET', '/_lastsync/health/ready');
      return status === 503 && json.problems.length === 2 && json;
    }, 'each to be told of');
    assert.match(problems[0], /^1 of the cluster's 3 primaries: Redis does not answer/);
    assert.match(problems[1], /^2 of the cluster's 3 primaries: Redis has fewer replicas/);
    reporters.agent.destroy();
  }));

test('servers that gave a meeting up, as one of them stood still, meet after it', () =>
  withCluster({}, async (stack) => {
    await stack.lastsync.stop();
    const { cluster } = stack;
    const [first, second] = cluster.nodes;
    for (const node of cluster.nodes) {
      if (await node.role() === 'master') await node.command('FLUSHALL');
      await node.command('CLUSTER', 'RESET', 'HARD');
    }
    first.program.signal('SIGSTOP');
    const met = cluster.meet();
    const lines = async () => (await second.command('CLUSTER', 'NODES')).trim().split('\n').length;
    await until(async () => await lines() > 1, 'the second server to begin');
    await until(async () => await lines() === 1, 'the second server to give up');
    first.program.signal('SIGCONT');
    await met;
  }));

test('data that this lastsync does not know are served once they are those that it knows', () =>
  withCluster({}, async (stack) => {
    const status = async () => (await request(stack, 'GET', '/_connector')).status;
    const restarted = async (version) => {
      await stack.lastsync.stop();
      await stack.redisCommand('HSET', 'lastsync:schema', 'version', version);
      await stack.lastsync.start();
    };
    await restarted('9');
    assert.equal(await status(), 503);
    await stack.redisCommand('HSET', 'lastsync:schema', 'version', '2');
    await until(async () => await status() === 200, 'it to serve');
  }));

test('a cluster that does not permit to ask for its slots is told of in the log, and served once it does', () =>
  withCluster({}, async (stack) => {
    const status = async () => (await request(stack, 'GET', '/_connector')).status;
    const permit = (rule) => Promise.all(stack.cluster.nodes.map((node) => node.command('ACL', 'SETUSER', 'default', rule)));
    await stack.lastsync.stop();
    await permit('-cluster');
    await stack.lastsync.start();
    assert.equal(await status(), 500);
    assert.match(stack.lastsync.output(), /the cluster does not tell its slots.*: NOPERM /);
    await permit('+cluster');
    await until(async () => await status() === 200, 'it to serve');
  }));
