// Clauses of the contract that need no fault: refused requests change nothing, and the largest answer.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { request } = require('../lib/raw');
const { startStack } = require('../lib/stack');
const { create, expectStatus, report } = require('./common');

const UPDATES = ['_last_sync', '_api_key_id', '_configuration', '_error', '_features', '_filtering', '_index_name', '_name', '_native', '_pipeline',
  '_scheduling', '_service_type', '_status'].map((call) => ['PUT', `/_connector/c1/${call}`]);
const WRITES = [...UPDATES, ['PUT', '/_connector/c1'], ['POST', '/_connector'], ['POST', '/_connector/_sync_job'],
  ['PUT', '/_connector/_sync_job/JOB/_stats'], ['PUT', '/_connector/_sync_job/JOB/_error'], ['PUT', '/_connector/_sync_job/JOB/_claim'],
  ['PUT', '/_lastsync/sync_job/JOB/_complete'], ['PUT', '/_lastsync/connector/c1/mute'], ['PUT', '/_connector/_secret/s1'],
  ['POST', '/.elastic-connectors/_update/c1'], ['POST', '/.elastic-connectors-sync-jobs/_update/JOB'], ['POST', '/.elastic-connectors-sync-jobs/_doc']];

// Bodies that no write accepts, and the status.
const BODIES = [
  ['a body that is cut', '{"name":"n', [400]],
  ['a field that there is not', '{"nonesuch":1}', [400]],
  ['a list', '[]', [400]],
  ['bytes that are no UTF-8', Buffer.from('{"name":"\xff"}', 'latin1'), [400]],
  ['a body over the limit', `{"name":"${'x'.repeat(1100000)}"}`, [413]],
  ['another type', 'name=n', [406, 415], { 'content-type': 'application/x-www-form-urlencoded' }],
];

// Requests that are refused because of the stored data, or for reasons outside the body.
const REQUESTS = [
  ['PUT', '/_connector/nonesuch/_last_sync', { last_sync_error: 'x' }, 404],
  ['PUT', '/_connector/c1/_index_name', { index_name: 'search-c2' }, 400],
  ['PUT', '/_connector/c1', { index_name: 'search-c2', name: 'taken' }, 400],
  ['POST', '/_connector', { index_name: 'search-c2' }, 400],
  ['PUT', '/_connector/c1/_status', { status: 'connected' }, 400],
  ['PUT', '/_connector/c1/_scheduling', { scheduling: { full: { enabled: true, interval: '0 0 0 30 2 ?' } } }, 400],
  ['PUT', '/_connector/c1/_last_sync', { last_synced: 'yesterday', last_sync_error: 'x' }, 400],
  ['PUT', '/_connector/c1/_last_sync?nonesuch=1', { last_sync_error: 'x' }, 400],
  ['PUT', '/_connector/_sync_job/nonesuch/_cancel', undefined, 404],
  ['DELETE', '/_connector/nonesuch', undefined, 404],
  ['POST', '/_connector/c1/_last_sync', { last_sync_error: 'x' }, 405],
  ['PUT', '/_connector/_sync_job', { id: 'c1' }, 405],
  ['POST', '/.elastic-connectors/_update/c1?if_seq_no=999&if_primary_term=1', { doc: { description: 'd' } }, 409],
];

test('what is refused changes nothing', async () => {
  const stack = await startStack({ redis: ['--enable-debug-command', 'yes'] });
  try {
    for (const id of ['c1', 'c2']) await expectStatus(201, create(stack, id, { index_name: `search-${id}`, service_type: 'dir' }));
    await expectStatus(200, report(stack, 'c1', { last_sync_status: 'completed', last_sync_error: 'e' }));
    await expectStatus(201, request(stack, 'PUT', '/_connector/_secret/s1', { body: { value: 'v' } }));
    const { id: job } = (await expectStatus(201, request(stack, 'POST', '/_connector/_sync_job', { body: { id: 'c1' } }))).json;
    const digest = () => stack.redisCommand('DEBUG', 'DIGEST');
    const before = await digest();
    const refused = async (what, statuses, [method, target], options) => {
      const answer = await request(stack, method, target, options);
      assert.ok(statuses.includes(answer.status), `${method} ${target}: ${what}: ${answer.status} ${answer.text}`);
      assert.equal(await digest(), before, `${method} ${target}: ${what}`);
    };
    for (const [method, target] of WRITES) {
      for (const [what, body, statuses, headers] of BODIES) {
        await refused(what, statuses, [method, target.replace('JOB', job)], { body, headers });
      }
    }
    for (const [method, target, body, status] of REQUESTS) await refused('a request', [status], [method, target], { body });
    await expectStatus(200, report(stack, 'c1', { last_sync_error: 'another' }));
    assert.notEqual(await digest(), before, 'a digest tells');
  } finally {
    await stack.stop();
  }
});

test('--answer-limit: a list that is larger is refused in words', async () => {
  const stack = await startStack({ options: ['--answer-limit', '8192'] });
  try {
    for (let i = 0; i < 20; i++) await expectStatus(201, create(stack, `c${i}`, { description: 'x'.repeat(500) }));
    const { text } = await expectStatus(400, request(stack, 'GET', '/_connector?size=20'));
    assert.match(text, /more than \[8192\] bytes: ask for fewer results at once/);
    const { body } = await expectStatus(200, request(stack, 'GET', '/_connector?size=5'));
    assert.ok(body.length <= 8192 && body.length > 2500, `${body.length}`);
  } finally {
    await stack.stop();
  }
});

test('--answer-limit: an overview that is larger is refused in words', async () => {
  const stack = await startStack({ options: ['--answer-limit', '8192'] });
  try {
    for (let i = 0; i < 20; i++) {
      await expectStatus(201, create(stack, `c${i}`));
      await expectStatus(200, report(stack, `c${i}`, { last_sync_status: 'error', last_sync_error: 'x'.repeat(500) }));
    }
    const { text } = await expectStatus(400, request(stack, 'GET', '/_lastsync/overview?size=20'));
    assert.match(text, /more than \[8192\] bytes: ask for fewer results at once/);
    const { body } = await expectStatus(200, request(stack, 'GET', '/_lastsync/overview?size=5'));
    assert.ok(body.length <= 8192 && body.length > 2500, `${body.length}`);
  } finally {
    await stack.stop();
  }
});

test('--answer-limit: an answer that pretty makes larger is refused in words', async () => {
  const stack = await startStack({ workers: 1 });
  const body = `{"sync_cursor":${'{"a":'.repeat(60)}[${'0,'.repeat(9800)}0]${'}'.repeat(61)}`;
  try {
    for (let i = 0; i < 16; i++) {
      await expectStatus(201, create(stack, `c${i}`));
      await expectStatus(200, report(stack, `c${i}`, body));
    }
    await expectStatus(200, request(stack, 'GET', '/_connector'));
    const { text } = await expectStatus(400, request(stack, 'GET', '/_connector?pretty'));
    assert.match(text, /more than \[16777216\] bytes: ask for fewer results at once/);
    const { body: one } = await expectStatus(200, request(stack, 'GET', '/_connector?pretty&size=1'));
    assert.ok(one.length > 1000000, `${one.length}`);
  } finally {
    await stack.stop();
  }
});
