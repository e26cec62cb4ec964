// The dashboard's files as nginx serves them, and the requests that it must leave to the workers.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { request } = require('../lib/raw');
const { REPOSITORY, startStack } = require('../lib/stack');

const FOLDER = path.join(REPOSITORY, 'nginx', 'dashboard');
const TYPES = { html: 'text/html; charset=utf-8', css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; " +
  "img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; " +
  "require-trusted-types-for 'script'";
const HEADERS = { 'cache-control': 'no-cache', 'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin', 'cross-origin-resource-policy': 'same-origin' };

let stack;

before(async () => { stack = await startStack(); });
after(() => stack.stop());

function assertHeaders(answer, expected) {
  for (const [name, value] of Object.entries(expected)) {
    assert.strictEqual(answer.headers[name], value, name);
  }
}

for (const file of fs.readdirSync(FOLDER).filter((name) => name !== 'README.md')) {
  test(`${file} is served, with its headers`, async () => {
    const target = `/_lastsync/${file === 'index.html' ? '' : file}`;
    const answer = await request(stack, 'GET', target);
    assert.strictEqual(answer.status, 200, answer.text);
    assert.strictEqual(answer.text, fs.readFileSync(path.join(FOLDER, file), 'utf8'));
    assertHeaders(answer, { ...HEADERS, 'content-type': TYPES[file.split('.').pop()] });
    const headers = { 'if-none-match': answer.headers.etag };
    assert.strictEqual((await request(stack, 'GET', target, { headers })).status, 304);
    assert.strictEqual((await request(stack, 'GET', `${target}?x=1`)).status, 200);
    assert.strictEqual((await request(stack, 'HEAD', target)).status, 200);
  });
}

test('/_lastsync leads to /_lastsync/, with its query', async () => {
  for (const [target, place] of [['/_lastsync', '/_lastsync/'],
    ['/_lastsync?state=late', '/_lastsync/?state=late']]) {
    const answer = await request(stack, 'GET', target);
    assert.strictEqual(answer.status, 301);
    assert.strictEqual(answer.headers.location, place);
  }
});

// Targets that nginx resolves to one of the files, though they are spelt differently; and methods.
const WORKERS = [
  ['GET', '/_lastsync/index.html'], ['GET', '/_lastsync/overview'],
  ['GET', '/_lastsync/nothing.js'],
  ['GET', '/_lastsync//'], ['GET', '/_lastsync/.'], ['GET', '/_lastsync/%6dain.js'],
  ['GET', '/_lastsync%2Fmain.js'], ['GET', '/_lastsync/x/../main.js'], ['GET', '/%5flastsync'],
  ['GET', '/./dashboard/main.js'], ['GET', '/dashboard/main.js'], ['GET', '/./worker'],
  ['GET', '/_connector/x%2F..%2F..%2F_lastsync%2F'],
  ['GET', '/_connector/x%2F..%2F..%2F_lastsync'],
  ['GET', '/_connector/x%2F..%2F..%2F_lastsync%2Fmain.js'],
  ['GET', '/_connector/x%2F..%2F..%2F.%2Fdashboard%2Fmain.js'],
  ['PUT', '/_lastsync/'], ['POST', '/_lastsync/main.js'], ['DELETE', '/_lastsync/style.css'],
];

for (const [method, target] of WORKERS) {
  test(`a worker answers ${method} ${target}`, async () => {
    const answer = await request(stack, method, target);
    assert.strictEqual(answer.headers['x-elastic-product'], 'Elasticsearch');
    assert.strictEqual(answer.headers['content-security-policy'], undefined);
    assert.match(answer.headers['content-type'], /json/);
    assert.ok([200, 400, 404, 405].includes(answer.status), String(answer.status));
  });
}

test('an id that looks like a file of ours is an id', async () => {
  const target = `/_connector/${encodeURIComponent('x/../../_lastsync/main.js')}`;
  assert.strictEqual((await request(stack, 'PUT', target, { body: { name: 'n' } })).status, 201);
  assert.strictEqual((await request(stack, 'GET', target)).json.name, 'n');
});
