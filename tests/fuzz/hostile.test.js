// Mutated requests through nginx, and mutated FastCGI at the workers' socket, against a lastsync with
// sanitizers: each answer is well formed, no worker ends, and no sanitizer reports anything. HOSTILE is the number of
// requests, STREAMS that of FastCGI streams, SEED where they begin.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const zlib = require('node:zlib');
const { test } = require('node:test');
const { requestBytes } = require('../lib/fastcgi');
const { parseAnswer, request } = require('../lib/raw');
const { startStack } = require('../lib/stack');
const { create, expectStatus } = require('../fault/common');
const { Mutator } = require('./mutate');

const COUNT = Number(process.env.HOSTILE || 20000);
const STREAMS = Number(process.env.STREAMS || COUNT);
const SEED = Number(process.env.SEED || 1);
const AT_ONCE = 32;
const SILENT = 300; // milliseconds without an answer, after which no more is expected
const PATIENCE = 20000;

const BODIES = {
  '/_connector/c1/_last_sync': ['{"last_sync_status":"completed","last_synced":"2026-01-02T03:04:05Z","sync_cursor":{"a":[1,{"b":null}]}}',
    '{"last_sync_error":"\\u00e4","last_indexed_document_count":1e3,"last_access_control_sync_status":"error"}'],
  '/_connector/c1/_scheduling': ['{"scheduling":{"full":{"enabled":true,"interval":"0 0 12 ? * MON-FRI *"}}}'],
  '/_connector/c1/_configuration': ['{"configuration":{"a":{"label":"A","type":"str","value":"v","options":[{"label":"x","value":"y"}]}}}', '{"values":{"a":"w"}}'],
  '/_connector/c1/_filtering': ['{"rules":[{"field":"_","id":"DEFAULT","order":0,"policy":"include","rule":"regex","value":".*"}]}'],
  '/_connector/c1': ['{"name":"n","index_name":"i1","service_type":"s","language":"en"}'],
  '/_lastsync/connector/c1/mute': ['{"until":"2099-01-01T00:00:00Z","note":"n","who":"w"}'],
  '/_connector/_secret/s1': ['{"value":"geheim"}'],
  '/_connector/_sync_job/nonesuch/_stats': ['{"deleted_document_count":1,"metadata":{"a":1}}'],
};
const READS = ['/', '/_connector?size=3&from=0&query=n*', '/_connector/c1?pretty&filter_path=*.a,-**.b', '/_connector/_sync_job?status=pending',
  '/_lastsync/overview?history=3&sort=-name', '/_lastsync/metrics', '/_lastsync/health/ready', '/_lastsync/connector/c1/history?size=2',
  '/_lastsync/service_types', '/_lastsync/', '/_lastsync/analytics?from=2026-01-01&to=2026-02-01&group_by=connector&top=slowest', '/_lastsync/errors?size=2',
  '/_lastsync/connector/c1/days?from=now', '/.elastic-connectors/_doc/c1'];

// The connector service's requests to the system indices.
const SERVICE = [
  ['/.elastic-connectors/_search?size=5', '{"query":{"bool":{"filter":[{"term":{"is_native":false}},{"terms":{"_id":["c1","c2"]}}]}},"from":0,"_source":["name"]}'],
  ['/.elastic-connectors-sync-jobs/_search', '{"query":{"range":{"last_seen":{"lte":"now-60s"}}},"sort":[{"created_at":{"order":"asc"}}]}'],
  ['/.elastic-connectors/_update/c1?if_seq_no=1&if_primary_term=1', '{"doc":{"description":"d","last_seen":"2026-01-02T03:04:05Z"}}'],
  ['/.elastic-connectors-sync-jobs/_doc', '{"connector":{"id":"c1"},"job_type":"full","status":"pending","trigger_method":"on_demand"}'],
];

function httpBytes(method, target, body, headers = '') {
  const length = body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n`;
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\nHost: h\r\nConnection: close\r\n${headers}${length}\r\n`),
    Buffer.from(body || '')]);
}

const written = Object.entries(BODIES).flatMap(([target, bodies]) => bodies.map((body) => [target, Buffer.from(body)]));
const HTTP = [
  ...written.map(([target, body]) => httpBytes('PUT', target, body)),
  ...written.map(([target, body]) => httpBytes('PUT', target, zlib.gzipSync(body), 'Content-Encoding: gzip\r\n')),
  ...READS.map((target) => httpBytes('GET', target)),
  httpBytes('POST', '/_connector/_sync_job', Buffer.from('{"id":"c1","job_type":"full","trigger_method":"on_demand"}')),
  httpBytes('DELETE', '/_connector/c9?hard=true'),
  ...SERVICE.map(([target, body]) => httpBytes('POST', target, Buffer.from(body))),
  Buffer.from('PUT /_connector/c1/_name HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{"name":"n"}\r\n0\r\n\r\n'),
];
const FASTCGI = [...written.map(([uri, body]) => requestBytes({ method: 'PUT', uri, body })),
  ...READS.map((uri) => requestBytes({ uri }))];

// Sends the bytes, and gives all bytes that come back until the end of the connection.
function exchange({ silent, ...where }, bytes) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ ...where, allowHalfOpen: true });
    const parts = [];
    const silence = setTimeout(() => socket.end(), silent);
    const hang = setTimeout(() => socket.destroy(new Error(`no end after ${JSON.stringify(bytes.toString('latin1'))}`)), PATIENCE);
    socket.on('data', (part) => parts.push(part));
    socket.on('end', () => socket.end());
    socket.on('error', (error) => (/no end/.test(error.message) ? reject(error) : undefined)); // a reset is an end
    socket.on('close', () => {
      clearTimeout(silence);
      clearTimeout(hang);
      resolve(Buffer.concat(parts));
    });
    socket.write(bytes);
  });
}

// The fault of an answer, or null.
function faultOf(received) {
  if (!received.length) return null; // a request that was not whole
  const parsed = parseAnswer(received, { method: 'HEAD', ended: true }) && parseAnswer(received, { ended: true });
  if (!parsed) return null; // the answer to a HEAD, or cut by the end
  const { status, text, headers } = parsed.answer;
  if (status >= 500 && status !== 501 && status !== 505) return `status ${status}`;
  if (!/json/.test(headers['content-type'] || '') || !text) return null;
  try {
    JSON.parse(text);
    return Buffer.from(text).equals(parsed.answer.body) ? null : 'not UTF-8';
  } catch (error) {
    return error.message;
  }
}

// Sends mutants of the seeds, several at once; `judge` gives the fault of what comes back.
async function attack(where, seeds, count, judge) {
  const mutator = new Mutator(SEED * 2654435761);
  let left = count;
  const client = async () => {
    while (left-- > 0) {
      const bytes = mutator.mutant(seeds);
      const received = await exchange(where, bytes);
      const fault = judge(received);
      assert.equal(fault, null, `${fault}\n${JSON.stringify(bytes.toString('latin1'))}\n${received.toString('latin1').slice(0, 1000)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
}

async function withStack(use) {
  const stack = await startStack({ environment: { ASAN_OPTIONS: 'abort_on_error=1:detect_leaks=0' } });
  try {
    await expectStatus(201, create(stack, 'c1', { index_name: 'i1', service_type: 's' }));
    const workers = stack.lastsync.children();
    await use(stack);
    assert.deepEqual(stack.lastsync.children(), workers, stack.lastsync.output());
    assert.doesNotMatch(stack.lastsync.output(), /AddressSanitizer|runtime error/);
    await expectStatus(200, request(stack, 'GET', '/_connector?size=1'));
  } finally {
    await stack.stop();
  }
}

test(`${COUNT} mutated requests through nginx, seed ${SEED}`, () => withStack((stack) =>
  attack({ port: stack.port, host: '127.0.0.1', silent: SILENT }, HTTP, COUNT, faultOf)));

test(`${STREAMS} mutated FastCGI streams, seed ${SEED}`, () => withStack((stack) =>
  attack({ path: stack.fcgiSocket, silent: 0 }, FASTCGI, STREAMS, () => null)));
