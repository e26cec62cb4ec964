// A real browser for tests, and the helpers of all tests of the dashboard.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before } = require('node:test');
const { chromium } = require('playwright-core');
const { request } = require('../lib/raw');
const { startStack } = require('../lib/stack');

// Chromium without windows of its own, which costs a quarter less than the browser that has them.
const PROGRAM = '/usr/bin/chromium-headless-shell';
const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
// What comes with the page's next answer may take so long: it asks every minute at least.
const PATIENCE = 75000;
const AXE = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

// A browser with a fresh profile: { context, close }.
async function openBrowser({ args = [], ...options } = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-browser-'));
  const context = await chromium.launchPersistentContext(folder, {
    executablePath: PROGRAM, args: [...ARGUMENTS, ...args], timezoneId: 'UTC', ...options });
  context.setDefaultTimeout(PATIENCE);
  return { context,
    async close() {
      await context.close();
      fs.rmSync(folder, { recursive: true, force: true });
    } };
}

// Before a file's tests, starts a stack and a browser, and gives { stack, browser, home } to `take`: `home` is
// the dashboard's address. After them, ends both.
function useDashboard(take, { stackOptions, browserOptions } = {}) {
  let stack;
  let browser;
  before(async () => {
    stack = await startStack(stackOptions);
    browser = await openBrowser(browserOptions);
    await take({ stack, browser, home: `${stack.url}/_lastsync/` });
  });
  after(async () => {
    await browser?.close();
    await stack?.stop();
  });
}

// A page and its faults: exceptions, violations of the policy, requests to other hosts.
async function openPage(context, url, size = { width: 1440, height: 900 }) {
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`exception: ${error.message}`));
  page.on('dialog', (dialog) => { faults.push('dialog'); dialog.dismiss(); });
  page.on('console', (message) => {
    if (/Content Security Policy|Trusted/i.test(message.text())) faults.push(message.text());
  });
  page.on('request', (sent) => {
    if (new URL(sent.url()).origin !== new URL(url).origin) faults.push(`request: ${sent.url()}`);
  });
  await page.setViewportSize(size);
  await page.goto(url);
  return { page, faults };
}

// Opens a page for `use`, which gets it and its faults; there must be none in the end.
async function usePage(context, url, use, size) {
  const { page, faults } = await openPage(context, url, size);
  try {
    await use(page, faults);
    assert.deepStrictEqual(faults, []);
  } finally {
    await page.close();
  }
}

async function put(stack, target, body) {
  const answer = await request(stack, 'PUT', target, { body });
  if (answer.status >= 300) throw new Error(`${target}: ${answer.status} ${answer.text}`);
}

// The findings of axe-core, as lines of text.
async function axeFaults(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) =>
      `${html} ${failureSummary}`).join('\n')}`);
}

module.exports = { PATIENCE, openBrowser, useDashboard, openPage, usePage, put, axeFaults };
