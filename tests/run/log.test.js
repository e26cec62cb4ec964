// The log as its readers get it: a line for each request, valid with any bytes from clients, and no secrets.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { startStack, until } = require('../lib/stack');
const { FastcgiConnection, begin, pairs, stream, TYPE } = require('../lib/fastcgi');
const { request } = require('../lib/raw');

async function withLog(words, use) {
  const stack = await startStack({ options: words });
  try {
    await use(stack);
  } finally {
    await stack.stop();
  }
}

const requestLines = (stack) =>
  stack.lastsync.output().trimEnd().split('\n').filter((line) => line.includes('request'));

// A worker writes the line before it answers.
function parsedLines(stack) {
  return stack.lastsync.output().trimEnd().split('\n').map((line) => JSON.parse(line));
}

test('JSON: a line for each request', () => withLog(['--log-format', 'json', '--log-level', 'info'],
  async (stack) => {
    await request(stack, 'PUT', '/_connector/c%201?pretty', { body: { name: 'hidden' },
      headers: { 'X-Opaque-Id': 'my job', Authorization: 'ApiKey hidden' } });
    await request(stack, 'GET', '/_connector/none?filter_path=hidden');
    await request(stack, 'GET', '/hidden/or/not');
    const lines = parsedLines(stack).filter(({ message }) => message === 'request');
    assert.equal(lines.length, 3);
    const [{ time, pid, milliseconds, request_id: id, ...put }, missing, unknown] = lines;
    assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.equal(stack.lastsync.children().includes(pid), true);
    assert.equal(Number.isInteger(milliseconds), true);
    assert.match(id, /^[0-9a-f]{32}$/);
    assert.deepEqual(put, { level: 'info', message: 'request', method: 'PUT',
      route: '/_connector/{connector_id}', id: 'c 1', status: 201, outcome: 'created',
      opaque_id: 'my job' });
    assert.deepEqual([missing.status, missing.outcome], [404, 'missing']);
    assert.deepEqual([unknown.status, unknown.route], [400, 'none']);
    assert.doesNotMatch(stack.lastsync.output(), /hidden/);
  }));

test('text: the same', () => withLog(['--log-level', 'info'], async (stack) => {
  await request(stack, 'PUT', '/_connector/c%0a%22x', { body: {}, headers: { 'X-Opaque-Id': 'a' } });
  const [line, ...more] = requestLines(stack);
  assert.deepEqual(more, []);
  assert.match(line, new RegExp('^lastsync\\[\\d+\\] info: request method=PUT ' +
    'route=/_connector/{connector_id} id="c\\\\u000a\\\\"x" status=201 outcome=created ' +
    'milliseconds=\\d+ request_id=[0-9a-f]{32} opaque_id=a$'));
}));

test('JSON: hostile bytes, from a peer that nginx does not stand before', () => withLog(
  ['--log-format', 'json', '--log-level', 'debug', '--workers', '1'], async (stack) => {
    const hostile = Buffer.from(Array.from({ length: 255 }, (_, i) => i + 1));
    const encoded = [...hostile.subarray(0, 127)]
      .map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');
    const connection = await FastcgiConnection.open(stack.fcgiSocket);
    const sent = [hostile, Buffer.alloc(3000, 0x22), Buffer.alloc(3000, 0xe2),
      Buffer.from('","level":"error')];
    for (const value of sent) {
      const parameters = pairs([['REQUEST_METHOD', value], ['REQUEST_URI', `/_connector/${encoded}`],
        ['REQUEST_ID', value], ['HTTP_X_OPAQUE_ID', value]]);
      const get = pairs([['REQUEST_METHOD', 'GET'], ['REQUEST_URI', `/_connector/${encoded}`],
        ['REQUEST_ID', value], ['HTTP_X_OPAQUE_ID', value]]);
      for (const bytes of [parameters, get]) {
        await connection.write(Buffer.concat([begin(), stream(TYPE.PARAMS, bytes),
          stream(TYPE.STDIN, Buffer.alloc(0))]));
        await until(() => connection.records.some(({ type }) => type === TYPE.END_REQUEST), 'an end');
        connection.records.length = 0;
      }
    }
    connection.close();
    const lines = parsedLines(stack).filter(({ message }) => message === 'request');
    assert.equal(lines.length, 2 * sent.length);
    for (const { level, request_id: id } of lines) {
      assert.equal(level, 'info');
      assert.equal(id.length <= 259, true);
    }
  }));

test('the usual level has no line for a request', () => withLog([], async (stack) => {
  await request(stack, 'GET', '/_connector/c1');
  assert.deepEqual(requestLines(stack), []);
}));

test('a line about a request has its ids', () => withLog(['--log-format=json'], async (stack) => {
  await stack.redisCommand('SET', 'connector:{c1}', 'foreign');
  await request(stack, 'GET', '/_connector/c1', { headers: { 'X-Opaque-Id': 'mine' } });
  const [line] = parsedLines(stack).filter(({ level }) => level === 'error');
  assert.match(line.message, /^Redis refuses: WRONGTYPE/);
  assert.match(line.request_id, /^[0-9a-f]{32}$/);
  assert.equal(line.opaque_id, 'mine');
}));
