// Workers on several hosts behind one nginx, by the example: both are used, the loss of one costs a few requests, and
// nothing is sent twice.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { BUILD, REPOSITORY, canConnect, freePort, replaced, startStack, until } = require('../lib/stack');
const { askSite, startSite } = require('../lib/site');

const NGINX_WORKERS = 2;
const EXAMPLE = path.join(REPOSITORY, 'nginx', 'example', 'hosts.conf');

let stack;
const hosts = [];
let number = 0;

before(async () => {
  stack = await startStack({ nginx: false, options: ['--history', '10000'] });
  const ports = [await freePort(), await freePort()];
  for (const port of ports) {
    const host = stack.program(`host-${port}`, () => [path.join(BUILD, 'lastsync'), '--listen', `127.0.0.1:${port}`,
      ...stack.storeOptions, '--access', 'off', '--log-level', 'info', '--history', '10000'], () => canConnect(port));
    await host.start();
    hosts.push(host);
  }
  await startSite(stack, [upstreamOf(ports)]);
  const { status, text } = await call('PUT', '/_connector/c1', { name: 'c1' });
  assert.equal(status, 201, text);
});
after(async () => {
  for (const host of hosts) await host.stop();
  await stack.stop();
});

// The example's upstream in place of the site's, with hosts at these ports.
function upstreamOf([first, second]) {
  const example = replaced(fs.readFileSync(EXAMPLE, 'utf8'), /10\.0\.0\.11:9000 max/, `127.0.0.1:${first} max`);
  return [/upstream lastsync \{[^}]*\}/, replaced(example, /10\.0\.0\.12:9000 max/, `127.0.0.1:${second} max`)];
}

const call = (method, target, body) => askSite(stack, { method, path: target, body: JSON.stringify(body) });

// Reports a sync that no other report has.
async function report() {
  number += 1;
  const { status, headers, text } = await call('PUT', '/_connector/c1/_last_sync', { last_sync_status: 'completed',
    last_synced: new Date(1.7e12 + number * 1000).toISOString(), last_indexed_document_count: number });
  if (status !== 200) {
    assert.equal(status, 503, text);
    assert.equal(headers['retry-after'], '1');
  }
  return status === 200;
}

const answered = (host) => host.output().split('\n').filter((line) => /request method=/.test(line)).length;

// What notices a web server's host that vanished without a word.
test('a kept connection has a timer that asks whether the other end lives', async () => {
  const ports = hosts.map(({ name }) => `:${Number(/\d+$/.exec(name)[0]).toString(16).toUpperCase().padStart(4, '0')}`);
  await until(async () => {
    assert.equal((await call('GET', '/_connector/c1')).status, 200);
    const rows = fs.readFileSync('/proc/net/tcp', 'latin1').split('\n').map((line) => line.trim().split(/\s+/));
    const ours = rows.filter(([, local, , state]) => ports.some((port) => local?.endsWith(port)) && state === '01');
    return ours.length && ours.every((row) => row[5].startsWith('02:'));
  }, 'the timers');
});

test('both hosts answer', () => until(async () => {
  await report();
  return hosts.every((host) => answered(host) > 3);
}, 'both to answer'));

test('a host that is lost costs at most a request of each of nginx\'s workers; what it got is stored once', async () => {
  await hosts[0].stop('SIGKILL');
  const began = performance.now();
  let failed = 0;
  for (let i = 0; i < 200; i++) failed += !(await report());
  const again = Math.floor((performance.now() - began) / 10000); // fail_timeout: then a request tries it
  assert.ok(failed <= NGINX_WORKERS * (1 + again), `${failed} of 200 reports failed`);
  const entries = await stack.redisCommand('XRANGE', 'connector:{c1}:syncs', '-', '+');
  const counts = entries.map(([, fields]) => fields[fields.indexOf('indexed') + 1]);
  assert.equal(new Set(counts).size, counts.length);
  assert.ok(counts.length >= number - failed && counts.length <= number, `${counts.length} of ${number}`);
});

test('a host that is back is used again, and no request fails', async () => {
  await hosts[0].start();
  const before = answered(hosts[0]);
  let failed = 0;
  await until(async () => {
    failed += !(await report().catch(() => false));
    return answered(hosts[0]) > before;
  }, 'it to be used', 30000, 50);
  assert.equal(failed, 0);
});

// A host that takes requests and never answers: it does `then` with a connection that has brought one.
function startSilent(then) {
  const host = { asked: 0 };
  host.server = net.createServer((connection) => {
    connection.on('error', () => {});
    connection.once('data', () => {
      host.asked += 1;
      then(connection);
    });
  });
  return new Promise((resolve) => host.server.listen(0, '127.0.0.1', () => resolve(host)));
}

for (const [what, then] of [['breaks its connection', (connection) => connection.destroy()], ['says nothing', () => {}]]) {
  test(`a request that a host has got goes to no other one, though it ${what}`, async () => {
    const silent = [await startSilent(then), await startSilent(then)];
    const alone = await startStack({ nginx: false });
    try {
      await startSite(alone, [upstreamOf(silent.map(({ server }) => server.address().port))]);
      const began = performance.now();
      const { status, text } = await askSite(alone, { method: 'PUT', path: '/_connector/c1/_check_in' });
      const took = performance.now() - began;
      assert.equal(status, 503, text);
      assert.ok(took < 8000, `answered after ${took} ms`); // nginx's five seconds, where other work goes on
      assert.deepEqual(silent.map(({ asked }) => asked).sort(), [0, 1]);
    } finally {
      await alone.stop();
      for (const { server } of silent) server.close();
    }
  });
}
