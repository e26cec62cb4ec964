// The history of a connector when things go wrong: a request that nginx sends twice, a Redis that
// knows no streams.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');

const JSON_TYPE = { 'Content-Type': 'application/json' };

async function put(stack, target, body) {
  const answer = await fetch(`${stack.url}${target}`,
    { method: 'PUT', headers: JSON_TYPE, body: JSON.stringify(body) });
  return { status: answer.status, body: await answer.json() };
}

async function get(stack, target) {
  const answer = await fetch(`${stack.url}${target}`);
  return { status: answer.status, body: await answer.json() };
}

// Passes everything on to the workers, and nothing back: nginx sees the connection break after the request was carried
// out.
function startOneWay(socket, workers) {
  const passed = { requests: 0 };
  const server = net.createServer((client) => {
    const worker = net.connect(workers);
    passed.requests += 1;
    client.pipe(worker, { end: false });
    worker.once('data', () => {
      client.destroy();
      worker.destroy();
    });
    client.on('error', () => {});
    worker.on('error', () => {});
  });
  return new Promise((resolve) => server.listen(socket, () => resolve({ server, passed })));
}

// Lets nginx resend a failed request to another server.
function resend(stack, oneWay) {
  const edit = (name, pattern, replacement) => {
    const file = path.join(stack.directory, name);
    const text = fs.readFileSync(file, 'utf8');
    assert.match(text, pattern);
    fs.writeFileSync(file, text.replace(pattern, replacement));
  };
  edit('nginx.conf', /server ("unix:[^"]+");/, `server "unix:${oneWay}" max_fails=0; server $1 backup;`);
  edit('include/lastsync.conf', /fastcgi_next_upstream off;/, 'fastcgi_next_upstream error timeout;');
}

test('a report that nginx sends twice is in the history once', async () => {
  const stack = await startStack({ nginx: { bodyLimit: '1m' } });
  const socket = path.join(stack.directory, 'one-way.sock');
  const { server, passed } = await startOneWay(socket, stack.fcgiSocket);
  try {
    fs.chmodSync(socket, 0o666);
    assert.strictEqual((await put(stack, '/_connector/c1', {})).status, 201);
    resend(stack, socket);
    stack.nginx.signal('SIGHUP');
    let tried = 0;
    let kept = 0;
    let answer;
    await until(async () => { // a former process of nginx may still serve, or close a connection
      tried += 1;
      const minute = String(tried % 60).padStart(2, '0');
      answer = await put(stack, '/_connector/c1/_last_sync',
        { last_sync_status: 'completed', last_synced: `2026-01-01T00:${minute}:00Z` });
      kept += 1;
      return passed.requests > 0;
    }, 'nginx to use the other way');
    assert.deepStrictEqual(answer, { status: 200, body: { result: 'noop' } }); // it was there already
    assert.strictEqual(await stack.redisCommand('XLEN', 'connector:{c1}:syncs'), kept);
    const { body } = await get(stack, '/_lastsync/overview');
    assert.strictEqual(body.states.late, 1);
    const { results: [{ id, at }] } = (await get(stack, '/_lastsync/connector/c1/history')).body;
    assert.strictEqual(Date.parse(at), Number(/^(\d+)-\d+$/.exec(id)[1]));
  } finally {
    server.close();
    await stack.stop();
  }
});

test('a Redis without streams: reports are kept, a history is not', async () => {
  const stack = await startStack({
    redis: ['--rename-command', 'XADD', '', '--rename-command', 'XREVRANGE', ''],
  });
  try {
    assert.strictEqual((await put(stack, '/_connector/c1', {})).status, 201);
    for (const status of ['in_progress', 'error', 'completed', 'error']) {
      assert.deepStrictEqual(await put(stack, '/_connector/c1/_last_sync', { last_sync_status: status }),
        { status: 200, body: { result: 'updated' } });
    }
    const { status, body } = await get(stack, '/_lastsync/overview?history=5');
    assert.strictEqual(status, 200);
    assert.deepStrictEqual(body.results.map(({ state, history }) => [state, history]), [['failing', []]]);
    assert.deepStrictEqual(await get(stack, '/_lastsync/connector/c1/history'),
      { status: 200, body: { results: [], next: null } });
    const lines = stack.lastsync.output().match(/knows no streams/g);
    assert.ok(lines.length >= 1 && lines.length <= 2, 'more than a line of each worker');
  } finally {
    await stack.stop();
  }
});
