// The peers of the benchmark do lastsync's job: their calls of a report's script have the effect of a report by the
// API, and the three languages agree.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { FIELDS, WORDS, readOutcome } = require('../bench/report_call');
const { report } = require('../bench/requests');
const { SCRIPTS } = require('../bench/scripts');
const { connectorKey } = require('../lib/shards');
const { startStack, REPOSITORY } = require('../lib/stack');

const PEERS = ['report_call.js', 'peers/lua/report_call.lua', 'peers/php/report_call.php']
  .map((name) => fs.readFileSync(path.join(REPOSITORY, 'tests/bench', name), 'utf8'));

let stack;

// One Redis in one shard, as in the benchmark.
before(async () => { stack = await startStack({ shards: 1, cluster: false, sentinel: false, days: null }); });
after(() => stack.stop());

async function send(method, target, body) {
  const answer = await fetch(`${stack.url}${target}`, { method, body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' } });
  assert.ok(answer.ok, await answer.text());
}

async function viaScript(id, fields) {
  const stored = Object.fromEntries(Object.entries(fields)
    .map(([name, value]) => [name, value === null ? null : String(value)]));
  return readOutcome(await stack.redisCommand('EVALSHA', SCRIPTS.report.sha, ...WORDS.report(id, stored)));
}

// A connector's stored fields, without those that depend on the moment; the class of its state, and its history.
async function storedOf(id) {
  const pairs = await stack.redisCommand('HGETALL', connectorKey(id));
  const fields = {};
  for (let i = 0; i < pairs.length; i += 2) fields[pairs[i]] = pairs[i + 1];
  for (const name of ['_reported_at', '_last_duration_ms', '_access_control_last_duration_ms',
    '_sync_started_at', '_access_control_sync_started_at', '_failing_since']) {
    if (fields[name]) fields[name] = 'a moment';
  }
  delete fields.filtering; // has the time at which the connector was made
  const history = await stack.redisCommand('XRANGE', `${connectorKey(id)}:syncs`, '-', '+');
  const class_ = Math.floor(await stack.redisCommand('ZSCORE', 'standings', id) / 2 ** 40);
  const words = (entry) => entry.filter((word, i) => i % 2 === 0 || !/^\d/.test(word));
  return { fields, class_, history: history.map(([, entry]) => words(entry)) };
}

test('a peer\'s report does what a report by the API does', async () => {
  for (const id of ['api', 'peer']) await send('PUT', `/_connector/${id}`, { name: 'Same' });
  for (let variation = 0; variation < 10; variation++) {
    const fields = report(variation);
    await send('PUT', '/_connector/api/_last_sync', fields);
    assert.equal(await viaScript('peer', fields), 'updated');
    assert.equal(await viaScript('peer', fields), 'noop');
    const [api, peer] = [await storedOf('api'), await storedOf('peer')];
    assert.deepEqual(peer, api);
    assert.equal(peer.fields.last_sync_error, fields.last_sync_error);
  }
  const cleared = { last_sync_error: null, last_sync_status: 'canceled' };
  await send('PUT', '/_connector/api/_last_sync', cleared);
  assert.equal(await viaScript('peer', cleared), 'updated');
  assert.deepEqual(await storedOf('peer'), await storedOf('api'));
  assert.ok((await storedOf('peer')).history.length > 4);
  assert.equal(await viaScript('nobody', cleared), 'missing');
});

test('the peers agree on the settings and on the order of the fields', () => {
  const said = (text) => ({
    settings: Object.fromEntries(['HISTORY', 'LATENESS', 'DAYS', 'EVENTS', 'LONG_TEXT']
      .map((name) => [name, new RegExp(`^(?:local|const) ${name} = ["']?([\\d ]+)`, 'm').exec(text)?.[1]])),
    fields: [...text.matchAll(/["'](last_\w+)["']/g)].map(([, name]) => name).slice(0, FIELDS.length),
  });
  for (const text of PEERS) assert.deepEqual(said(text), said(PEERS[0]));
  assert.deepEqual(said(PEERS[0]).fields, FIELDS);
  assert.ok(Object.values(said(PEERS[0]).settings).every(Boolean));
});
