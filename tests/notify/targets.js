// A target of notifications: a real server, which takes messages, or fails as a test wishes.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const fs = require('node:fs');
const path = require('node:path');
const { startCommand } = require('../lib/command');
const { BUILD, startStack } = require('../lib/stack');
const { until } = require('../lib/until');

// `answer(request, response)` handles each request; without it, all are taken. `received` has those that were taken, as
// { path, headers, text, body }; `requests` counts all.
async function startTarget() {
  const target = { received: [], requests: 0, answer: null };
  const server = http.createServer(async (request, response) => {
    const parts = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return; // the client has gone
    }
    target.requests += 1;
    const text = Buffer.concat(parts).toString();
    if (target.answer && !target.answer(request, response)) return;
    target.received.push({ path: request.url, headers: request.headers, text, body: JSON.parse(text) });
    if (!response.writableEnded) response.end('{}');
  });
  await new Promise((resolve) => server.listen(target.port || 0, '127.0.0.1', resolve));
  target.port = server.address().port;
  target.url = `http://127.0.0.1:${target.port}/hook`;
  target.stop = () => new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
  // The events of all messages of a webhook that were taken, as "connector event".
  target.told = () => target.received.flatMap(({ body }) => body.events).map(({ connector_id: id, event }) => `${id} ${event}`);
  return target;
}

// A file of targets in the folder of a stack.
function writeTargets(stack, targets, mode = 0o600) {
  const file = path.join(stack.directory, 'targets.json');
  fs.writeFileSync(file, JSON.stringify({ targets }));
  fs.chmodSync(file, mode);
  return file;
}

// lastsync notify as a program of a stack, once it has begun with all of its targets. `within` is a command that runs it.
async function startNotify(stack, targets, { options = [], within = [] } = {}) {
  const file = writeTargets(stack, targets);
  const command = [...within, path.join(BUILD, 'lastsync'), 'notify', ...stack.storeOptions, '--events', '1000', '--patience', '1000',
    '--log-level', 'info', '--targets', file, ...options];
  let before = 0;
  const program = stack.program('notify', () => {
    before = program.output().length;
    return command;
  }, async () => {
    const said = program.output().slice(before);
    if (!targets.every(({ name }) => said.includes(`${name} is told from here`))) return false;
    const streams = await stack.redisCommand('KEYS', '*events');
    if (streams.length !== stack.shards) return false;
    const groups = await Promise.all(streams.map((stream) => stack.redisCommand('XINFO', 'GROUPS', stream)));
    return groups.every((all) => all.length >= targets.length);
  });
  await program.start({ wait: false });
  await until(() => program.ready(), 'notify to tell its targets');
  return program;
}

const quick = { group_seconds: 0, window_seconds: 0, timeout_seconds: 15 };

// A stack whose events lastsync notify tells to `count` targets, by rows of `settings`, until the test ends. The
// setting `dashboard: true` stands for the stack's own.
async function withTargets(t, settings, { count = 1, workers = 1, options = [], within = [], ...more } = {}) {
  const stack = await startStack({ workers, options: ['--events', '1000', ...options], ...more });
  t.after(() => stack.stop());
  const targets = [];
  for (let i = 0; i < count; i += 1) {
    targets.push(await startTarget());
    t.after(() => targets[i].stop());
  }
  const rows = targets.map((target, i) => ({ name: `t${i}`, type: 'webhook', url: target.url, ...quick, ...settings,
    ...(settings.dashboard === true ? { dashboard: `${stack.url}/_lastsync/` } : {}) }));
  const notify = await startNotify(stack, rows, { within });
  t.after(() => notify.stop());
  return { stack, notify, targets, target: targets[0] };
}

async function send(stack, method, id, path, body) {
  const response = await fetch(`${stack.url}${path.replace('ID', encodeURIComponent(id))}`, {
    method, headers: { 'content-type': 'application/json' }, body: body && JSON.stringify(body),
  });
  assert.ok(response.ok, `${response.status} ${await response.text()}`);
}

const put = (stack, id, path, body) => send(stack, 'PUT', id, path, body);
const create = (stack, id, more = {}) => put(stack, id, '/_connector/ID', { name: `The ${id}`, service_type: 'google_drive', ...more });
const report = (stack, id, status, error = null) => put(stack, id, '/_connector/ID/_last_sync',
  { last_sync_status: status, last_sync_error: error });
const mute = (stack, id) => put(stack, id, '/_lastsync/connector/ID/mute',
  { until: new Date(Date.now() + 3600000).toISOString(), note: 'known', who: 'ann' });
const unmute = (stack, id) => send(stack, 'DELETE', id, '/_lastsync/connector/ID/mute');

// Waits until a target has received as many events as `wanted` has; they must be `wanted`.
async function toldOf(target, wanted) {
  await until(() => target.told().length >= wanted.length, `${wanted}`).catch((error) => {
    throw new Error(`${error.message}: there is ${target.told()}`);
  });
  assert.deepEqual(target.told(), wanted);
}

module.exports = { startTarget, writeTargets, startNotify, startCommand, withTargets, send, put, create, report, mute, unmute, toldOf };
