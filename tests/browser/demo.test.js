// The demo's three faults are found as its story says.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, before, test } = require('node:test');
const { openBrowser, usePage } = require('./browser');
const { startCommand } = require('../lib/command');
const { prepareDemo } = require('../lib/demo');
const { sectionOf } = require('../lib/documents');

let folder;
let demo;
let port;
let browser;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-demo-'));
  ({ demo, port } = await prepareDemo(folder));
  await demo.start();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await demo?.stop('SIGINT');
  fs.rmSync(folder, { recursive: true, force: true });
});

// A sentence of the story, without its lines.
function tells(sentence) {
  assert.ok(demo.output().replace(/\s+/g, ' ').includes(sentence), demo.output());
}

// Clicks a state and then a connector, as the story says; gives its page's text to `check`.
async function follow(state, name, check) {
  tells(`Click "${state}", then "${name}"`);
  await usePage(browser.context, `http://127.0.0.1:${port}/_lastsync/`, async (page) => {
    await page.getByRole('button', { name: state }).click();
    await page.locator('#list[aria-busy]').waitFor({ state: 'detached' }); // the rows are those of the state
    await page.getByRole('link', { name, exact: true }).click();
    await page.getByRole('heading', { name, exact: true }).waitFor();
    await page.getByText('Failures in a row').first().waitFor();
    check((await page.locator('main').innerText()).replace(/\s+/g, ' '));
  });
}

test('Orders fails, and says why', async () => {
  tells('1. Orders gets nothing new.');
  await follow('Failing', 'Orders', (text) => {
    assert.match(text, /Fails, \d+ in a row/);
    assert.match(text, /port 5432 failed: Connection refused/);
    assert.match(text, /Last success (5\d min|1 h) ago/);
  });
});

test('Tickets is late, and nothing has failed', async () => {
  tells('2. Tickets gets nothing new either, yet no sync of it has failed.');
  await follow('Late', 'Tickets', (text) => {
    assert.match(text, /Every 15 minutes, missed [45]/);
    assert.match(text, /100 % of 20 syncs/);
    assert.match(text, /Failures in a row 0/);
  });
});

test('Finance fails in access control alone, for a reason that it shares', async () => {
  tells('3. Finance is up to date, but');
  const [command] = /curl '[^']+\/errors[^']+'/.exec(demo.output());
  const { stdout, stderr } = await startCommand(['-c', command], '', { program: 'sh' }).ended;
  const [{ connectors, kind, example, error }] = JSON.parse(stdout || assert.fail(stderr)).results;
  assert.deepStrictEqual({ connectors, kind, id: example.connector_id },
    { connectors: 2, kind: 'access_control', id: 'drive-finance' });
  assert.match(error, /may no longer read the members/);
  await usePage(browser.context,
    `http://127.0.0.1:${port}/_lastsync/?connector=${example.connector_id}`, async (page) => {
      await page.getByText('100 % of').waitFor(); // its content
    });
});

test('the document has the same three, with the same ways', () => {
  const section = sectionOf('nginx/dashboard/README.md', '## What is wrong in the demo');
  const [, ...rows] = [...section.matchAll(/^\| (\w+) [^|]*\| ([^|]*) \| /gm)];
  assert.strictEqual(rows.length, 3);
  for (const [place, [, name, way]] of rows.entries()) {
    tells(`${place + 1}. ${name} `);
    tells(/^`curl/.test(way) ? way.replaceAll('`', '').replace('localhost:9200', `http://127.0.0.1:${port}`)
      : way.replaceAll('`', '"'));
  }
});
