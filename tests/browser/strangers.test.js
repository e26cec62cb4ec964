// Pages of other sites can do nothing to a `make run`, without keys or with a password that the browser sends by itself:
// tried in a real browser.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');
const { test } = require('node:test');
const { Program } = require('../lib/program');
const { request } = require('../lib/raw');
const { BUILD, REPOSITORY, freePort } = require('../lib/stack');
const { openBrowser } = require('./browser');

const RUN = path.join(REPOSITORY, 'nginx', 'run');

async function withRun(use, AUTH = 'off') {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-strangers-'));
  const port = await freePort();
  const log = path.join(folder, 'output');
  const run = new Program({ name: 'run', log, watch() {}, unwatch() {},
    command: () => ['setpriv', '--pdeathsig', 'TERM', RUN],
    ready: () => fs.readFileSync(log, 'utf8').includes('HGETALL'),
    environment: { ...process.env, BUILD, PORT: String(port), STATE: path.join(folder, 'state'), AUTH } });
  try {
    await run.start();
    await use(port, fs.readFileSync(log, 'utf8'));
  } finally {
    await run.stop();
    fs.rmSync(folder, { recursive: true, force: true });
  }
}

// A request's result as a page sees it: the status, or why there is no answer.
const tryFetch = (page, url, options) => page.evaluate(([target, how]) =>
  fetch(target, how).then((answer) => answer.status, (error) => error.name), [url, options]);

const made = async (port) => (await request({ port }, 'GET', '/_connector')).json.count;

test('a name that DNS has turned to this machine', () => withRun(async (port) => {
  const { context, close } = await openBrowser({
    args: ['--host-resolver-rules=MAP evil.example 127.0.0.1'] });
  try {
    const page = await context.newPage();
    await page.goto(`http://evil.example:${port}/_lastsync/icon.svg`); // a page of that origin
    const url = `http://evil.example:${port}/_connector`;
    assert.equal(await tryFetch(page, url), 403);
    assert.equal(await tryFetch(page, url, { method: 'POST' }), 403);
    assert.equal(await tryFetch(page, `${url}/c1`, { method: 'PUT' }), 403);
    await page.goto(`http://localhost:${port}/_lastsync/icon.svg`);
    const own = `http://localhost:${port}/_connector`;
    assert.equal(await tryFetch(page, own), 200);
    assert.equal(await tryFetch(page, own, { method: 'POST' }), 201);
    assert.equal(await made(port), 1);
  } finally {
    await close();
  }
}));

async function withSite(use) {
  const site = http.createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end('<!doctype html><title>another site</title>');
  });
  await new Promise((resolve) => { site.listen(0, '127.0.0.1', resolve); });
  const { context, close } = await openBrowser();
  try {
    const page = await context.newPage();
    await page.goto(`http://localhost:${site.address().port}/`);
    await use(page);
  } finally {
    await close();
    site.close();
  }
}

// What a page may send without being asked for leave: and a form, which leads to the answer's page.
async function postBlindly(page, url) {
  await tryFetch(page, url, { method: 'POST', mode: 'no-cors', credentials: 'include' });
  const body = { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{"name":"forged"}' };
  await tryFetch(page, url, body);
  await Promise.all([page.waitForNavigation(), page.evaluate((action) => {
    const form = document.createElement('form');
    Object.assign(form, { action, method: 'POST' });
    document.body.append(form);
    form.submit();
  }, url)]);
  assert.match(await page.content(), /security_exception/);
}

test('a page of another site that posts blindly', () => withRun((port) => withSite(async (page) => {
  const url = `http://127.0.0.1:${port}/_connector`;
  assert.equal(await tryFetch(page, url), 'TypeError'); // no CORS header: it may not be read
  await postBlindly(page, url);
  assert.equal(await made(port), 0);
})));

test('a page of another site, where the browser has a password', () => withRun((port, output) => withSite(async (page) => {
  const [, key] = /^ *KEY=(\S+)$/m.exec(output);
  const url = `http://127.0.0.1:${port}/_connector`;
  const another = page.url();
  await page.goto(url.replace('//', `//${Buffer.from(key, 'base64')}@`)); // it keeps the password for this server
  assert.match(await page.content(), /"count":0/);
  await page.goto(another);
  await postBlindly(page, url);
  const { json } = await request({ port }, 'GET', '/_connector', { headers: { authorization: `ApiKey ${key}` } });
  assert.equal(json.count, 0);
}), 'on'));
