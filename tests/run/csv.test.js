// Tables have the data of the same answer's JSON; the test has its own reader of RFC 4180.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { startStack, until } = require('../lib/stack');

let stack;

async function send(method, target, body) {
  const answer = await fetch(`${stack.url}${target}`, { method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  assert.ok(answer.ok, await answer.text());
}

const NASTY = ['plain', 'a,b', 'say "x"', 'two\nlines', 'two\r\nlines', ' blanks ', 'ä€😀', '', '"', ',', '";'];

before(async () => {
  stack = await startStack({ options: ['--deadline', '4500'] }); // a large table takes long where other work goes on
  for (const [i, name] of NASTY.entries()) {
    await send('PUT', `/_connector/c${i}`, { name, service_type: `t${i % 2}`, index_name: `search-${i}`, description: name });
    await send('PUT', `/_connector/c${i}/_last_sync`, { last_sync_status: i % 2 ? 'error' : 'completed',
      last_sync_error: i % 2 ? `x ${name}` : null, last_indexed_document_count: i * 1000, last_synced: '2026-01-01T00:00:00Z' });
  }
  const every = (interval) => ({ enabled: true, interval });
  await send('PUT', '/_connector/c0/_scheduling', { scheduling: { full: every('0 0 2 * * ?'), incremental: every('0 30 * * * ?') } });
  await send('PUT', '/_connector/c0/_last_sync', { last_access_control_sync_status: 'error',
    last_access_control_sync_error: 'groups', last_sync_status: 'in_progress' });
  await send('PUT', '/_lastsync/connector/c0/mute', { note: 'known', who: 'me' });
  await send('POST', '/_connector/_sync_job', { id: 'c1', job_type: 'full' });
});
after(() => stack.stop());

// The cells of a table; all its lines end with CRLF.
function readTable(text) {
  const rows = [];
  let row = [];
  let at = 0;
  while (at < text.length) {
    const [whole, quoted, bare, end] = /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/.exec(text.slice(at)) ?? assert.fail(text.slice(at));
    row.push(quoted === undefined ? bare : quoted.replaceAll('""', '"'));
    at += whole.length;
    if (end === ',') continue;
    rows.push(row);
    row = [];
  }
  assert.deepEqual(row, []);
  return rows;
}

// A result's members by their paths, in the form of cells.
function flat(result, path = '') {
  if (Array.isArray(result)) return [[path, result.join('; ')]];
  if (result === null || typeof result !== 'object') return [[path, result ?? '']];
  return Object.entries(result).flatMap(([name, value]) => flat(value, path ? `${path}.${name}` : name));
}

// Answers, and the paths that a table leaves out: lists, objects and secrets.
for (const [target, leavesOut = []] of [
  ['/_lastsync/overview'],
  ['/_lastsync/overview?history=3', ['history']],
  ['/_lastsync/errors'],
  ['/_lastsync/service_types'],
  ['/_lastsync/analytics'],
  ['/_lastsync/analytics?interval=hour'],
  ['/_lastsync/analytics?group_by=state'],
  ['/_lastsync/analytics?group_by=service_type'],
  ['/_lastsync/analytics?group_by=connector'],
  ['/_lastsync/connector/c1/days'],
  ['/_lastsync/connector/c1/history'],
  ['/_connector', ['configuration', 'custom_scheduling', 'features', 'filtering', 'pipeline', 'scheduling', 'sync_cursor', 'api_key_id', 'api_key_secret_id']],
  ['/_connector/_sync_job', ['connector', 'metadata']],
]) {
  test(`${target} as a table`, async () => {
    const json = await (await fetch(`${stack.url}${target}`)).json();
    const answer = await fetch(`${stack.url}${target}`, { headers: { accept: 'text/csv' } });
    assert.equal(answer.status, 200);
    const [heads, ...rows] = readTable(await answer.text());
    assert.ok(json.results.length > 0);
    assert.equal(rows.length, json.results.length);
    assert.equal(new Set(heads).size, heads.length);
    const isLeft = (path) => leavesOut.some((name) => path === name || path.startsWith(`${name}.`));
    const paths = new Set();
    for (const [i, result] of json.results.entries()) {
      assert.equal(rows[i].length, heads.length);
      const cells = Object.fromEntries(heads.map((head, k) => [head, rows[i][k]]));
      for (const [path, value] of flat(result)) {
        if (!isLeft(path)) paths.add(path);
        const cell = typeof value === 'number' ? Number(cells[path]) : cells[path];
        if (heads.includes(path)) assert.equal(cell, typeof value === 'boolean' ? String(value) : value, path);
      }
    }
    const missing = [...paths].filter((path) => !heads.includes(path) && path !== 'muted'); // null, or an object
    assert.deepEqual(missing, []);
  });
}

test('a table of ten thousand connectors', { timeout: 120000 }, async () => {
  const many = 10000;
  for (let i = 0; i < many; i += 100) {
    await Promise.all(Array.from({ length: 100 }, (_, k) => send('PUT', `/_connector/many-${i + k}`, { name: `Many ${i + k}` })));
  }
  const answer = await until(async () => {
    const one = await fetch(`${stack.url}/_lastsync/overview?query=many&size=10000&format=csv`);
    return one.status !== 503 && one; // where other work goes on, its deadline may pass
  }, 'an answer by the deadline', 60000);
  assert.equal(answer.status, 200, 'its JSON fits the answer');
  const rows = readTable(await answer.text());
  assert.equal(rows.length, many + 1);
});
