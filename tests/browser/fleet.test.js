// The fleet's view in a real browser: all syncs over time, the worst connectors, the errors, and tables for
// spreadsheets; and a connector's ninety days.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const { beforeEach, test } = require('node:test');
const { axeFaults, openPage, put, usePage, useDashboard } = require('./browser');
const { putDay, putHour } = require('../lib/counts');
const { createKey } = require('../lib/keys');
const { RawConnection, request } = require('../lib/raw');
const { shardPrefix } = require('../lib/shards');
const { startStack } = require('../lib/stack');
const { until, untilHourLasts } = require('../lib/until');

const HOUR = 3600000;
const DAY = 24 * HOUR;
const PHONE = { width: 390, height: 844 };

let stack;
let browser;
let home;

// Tables of thousands take longer than the default where other work goes on.
useDashboard((opened) => ({ stack, browser, home } = opened), { stackOptions: { options: ['--deadline', '4500'] } });
beforeEach(() => stack.emptyRedis());

const withPage = (address, use, size) => usePage(browser.context, home + address, use, size);
const report = (id, body) => put(stack, `/_connector/${id}/_last_sync`, body);
const fail = (id, error) => report(id, { last_sync_status: 'error', last_sync_error: error });

async function make(id, body = {}) {
  await put(stack, `/_connector/${id}`, { name: `Name of ${id}`, service_type: 'jira', ...body });
}

// Three connectors, of which two fail, and hours of the past.
async function fill() {
  const now = Date.now();
  await make('calm', { service_type: 'postgresql' });
  await make('broken');
  await make('worse');
  await report('calm', { last_sync_status: 'completed', last_indexed_document_count: 1500 });
  await fail('broken', 'HTTP 401 for user 17');
  for (let i = 0; i < 2; i++) {
    await report('worse', { last_sync_status: 'in_progress' });
    const begun = Date.now();
    await until(() => Date.now() > begun, 'a millisecond to pass: a sync of none has no "longest"');
    await fail('worse', `HTTP 401 for user ${i}`);
  }
  await putHour(stack, now - 3 * HOUR, { completed: 95, failed: 2, canceled: 1, indexed: 500, deleted: 7, longest: 61000 });
  await putHour(stack, now - 30 * HOUR, { completed: 9, failed: 1, indexed: 50 });
  await putHour(stack, now - 13 * DAY, { completed: 100, failed: 100 });
}

const figures = (page) => page.locator('.figures > div').evaluateAll((nodes) =>
  Object.fromEntries(nodes.map((node) => [node.querySelector('dt').textContent,
    [...node.querySelectorAll('dd')].map((value) => value.textContent)])));
const title = (page) => page.locator('#fleet-title');
const rowsOf = (page, table) => page.locator(`.${table} tbody tr`);
const panel = (page, name) => page.locator('#fleet .panel').filter({ has: page.getByRole('heading', { name, exact: true }) });

test('it says how syncs went, beside the time before', async () => {
  await fill();
  await withPage('', async (page) => {
    await page.locator('#list').waitFor(); // it has been let in
    await page.getByRole('link', { name: 'Fleet' }).click();
    await title(page).getByText('95.0 % of syncs succeeded in the last 24 hours').waitFor(); // 96 of 101
    assert.strictEqual(await page.title(), '95.0 % of syncs succeeded in the last 24 hours – lastsync');
    assert.strictEqual(await page.getByRole('link', { name: 'Fleet' }).getAttribute('aria-current'), 'page');
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'fleet-title');
    assert.strictEqual(await page.locator('#fleet .lead').textContent(), 'The 24 hours before: 90.0 % of 10 syncs');
    assert.deepStrictEqual(await figures(page), { Succeeded: ['95.0 %', 'before: 90.0 %'],
      Syncs: ['102', 'before: 10'], Failed: ['5', 'before: 1'], 'Canceled, suspended': ['1', 'before: 0'], Indexed: ['2K', 'before: 50'],
      Deleted: ['7', 'before: 0'] });
    await page.getByRole('button', { name: '7 days' }).click();
    await title(page).getByText('94.5 % of syncs succeeded in the last 7 days').waitFor();
    assert.match(page.url(), /\?view=fleet&period=7d$/);
    assert.strictEqual(await page.locator('#fleet .lead').textContent(), 'The 7 days before: 50.0 % of 200 syncs');
    await page.getByRole('button', { name: '30 days' }).click();
    await title(page).getByText('in the last 30 days').waitFor();
    assert.strictEqual((await figures(page)).Syncs[0], '312');
    await page.goBack();
    await title(page).getByText('in the last 7 days').waitFor();
  });
});

for (const [now, before, headline, lead] of [
  [{ canceled: 3 }, { canceled: 3 }, 'No sync completed or failed in the last 24 hours, 3 canceled or suspended',
    'The 24 hours before: 3 canceled or suspended'],
  [{ completed: 1, canceled: 99 }, { completed: 1, failed: 1, canceled: 2 },
    'No sync failed in the last 24 hours, 99 canceled or suspended',
    'The 24 hours before: 50.0 % of 2 syncs; 2 canceled or suspended'],
]) {
  test(`a share is of syncs that completed or failed: ${headline}`, async () => {
    await untilHourLasts();
    await make('calm');
    await putHour(stack, Date.now() - 3 * HOUR, now);
    await putHour(stack, Date.now() - 30 * HOUR, before);
    await putDay(stack, 'calm', Date.now() - 10 * DAY, before);
    await withPage('?view=fleet', async (page) => {
      await title(page).getByText(headline, { exact: true }).waitFor();
      assert.strictEqual(await page.locator('#fleet .lead').textContent(), lead);
      assert.strictEqual((await figures(page)).Succeeded[0], now.completed ? '100.0 %' : '–');
      await page.goto(`${home}?connector=calm`);
      await page.locator('#connector .panel').filter({ hasText: 'The last 90 days' }).getByText(before.failed
        ? '50.0 % of 2 syncs; 1 failed, on 1 day; 2 canceled or suspended' : '3 canceled or suspended', { exact: true }).waitFor();
    });
  });
}

test('the seven days before have all of their hours, also when an hour has ended', async () => {
  await untilHourLasts();
  const now = Date.now();
  await make('calm');
  await putHour(stack, now - (2 * 7 * 24 - 1) * HOUR, { completed: 30, failed: 10 });
  await stack.redisCommand('SET', `${shardPrefix(0, stack.shards)}hour`,
    `${new Date(now - HOUR).toISOString().slice(0, 13)} 1 0 0 0 0 0 0`);
  await report('calm', { last_sync_status: 'completed' });
  await withPage('?view=fleet&period=7d', async (page) => {
    await title(page).getByText('Every sync succeeded in the last 7 days').waitFor();
    assert.strictEqual(await page.locator('#fleet .lead').textContent(), 'The 7 days before: 75.0 % of 40 syncs');
  });
});

test('of a time before that is not kept it says nothing', async () => {
  await fill();
  await withPage('?view=fleet&period=90d', async (page) => {
    await title(page).getByText('in the last 90 days').waitFor();
    assert.strictEqual(await page.locator('#fleet .lead').textContent(), 'The 90 days before: not kept');
    assert.strictEqual((await figures(page)).Syncs[1], 'before: not kept');
    await page.getByRole('button', { name: '30 days' }).click();
    await page.locator('#fleet .lead').getByText('The 30 days before: no sync').waitFor();
  });
});

// Without --days, which is the default.
test('where syncs are not counted it says so, and has the errors alone', async () => {
  const plain = await startStack({ days: null });
  try {
    await request(plain, 'PUT', '/_connector/a', { body: { name: 'Name a' } });
    await request(plain, 'PUT', '/_connector/a/_last_sync', { body: { last_sync_status: 'error', last_sync_error: 'no route' } });
    await usePage(browser.context, `${plain.url}/_lastsync/?view=fleet`, async (page) => {
      await title(page).getByText('Syncs are not counted', { exact: true }).waitFor();
      await page.locator('#fleet .lead').getByText('Syncs are counted from when lastsync is started with --days on.').waitFor();
      await rowsOf(page, 'errors-now').getByText('no route').first().waitFor();
      assert.deepStrictEqual(await page.locator('#fleet h2:visible').allTextContents(), ['Errors now']);
      assert.ok(!await page.locator('.figures').isVisible());
      assert.deepStrictEqual(await axeFaults(page), []);
    });
  } finally {
    await plain.stop();
  }
});

test('beyond the days that are kept it says so, and a connector shows these days alone', async () => {
  const short = await startStack({ days: 30 });
  try {
    await request(short, 'PUT', '/_connector/a', { body: { name: 'Name a' } });
    await request(short, 'PUT', '/_connector/a/_last_sync', { body: { last_sync_status: 'completed' } });
    await usePage(browser.context, `${short.url}/_lastsync/?view=fleet&period=30d`, async (page) => {
      const lead = page.locator('#fleet .lead');
      await lead.getByText('The 30 days before: not kept', { exact: true }).waitFor();
      assert.strictEqual((await figures(page)).Succeeded[1], 'before: not kept');
      await page.getByRole('button', { name: '7 days' }).click();
      await lead.getByText('The 7 days before: no sync', { exact: true }).waitFor();
      await page.getByRole('button', { name: '90 days' }).click();
      await lead.getByText('Counts are kept for 30 days. The 90 days before: not kept', { exact: true }).waitFor();
      await page.goto(`${short.url}/_lastsync/?connector=a`);
      await page.getByRole('heading', { name: 'The last 30 days' }).waitFor();
    });
  } finally {
    await short.stop();
  }
});

test('the period is by the clock of the server, though the viewer\'s is wrong', async () => {
  await fill();
  await withPage('icon.svg', async (page) => {
    await page.addInitScript((ahead) => {
      const right = Date.now;
      Date.now = () => right() + ahead;
    }, 5 * DAY);
    await page.goto(`${home}?view=fleet`);
    await title(page).getByText('95.0 % of syncs succeeded in the last 24 hours').waitFor();
    await page.locator('svg.flow').waitFor();
  });
});

// As on a laptop whose clock is set while the page is open.
test('a viewer\'s clock that is set later changes neither the period nor ages', async () => {
  await fill();
  await withPage('?view=fleet', async (page) => {
    const setClock = (ahead) => page.evaluate((milliseconds) => {
      const right = Date.now;
      Date.now = () => right() + milliseconds;
    }, ahead);
    await title(page).getByText('95.0 % of syncs succeeded in the last 24 hours').waitFor();
    await setClock(5 * DAY);
    await page.getByRole('button', { name: '7 days' }).click();
    await title(page).getByText('in the last 7 days').waitFor();
    assert.strictEqual(await page.locator('#fleet .lead').textContent(), 'The 7 days before: 50.0 % of 200 syncs');
    await rowsOf(page, 'worst').getByText('Name of broken').click();
    await page.locator('#connector .trouble time').getByText(/^\d+ (s|min)( ago)?$/).first().waitFor();
    await setClock(7 * DAY);
    await page.locator('#connector .trouble time').getByText(/\d d/).first().waitFor(); // until an answer comes
    await page.locator('#connector .trouble time').getByText(/^\d+ (s|min)( ago)?$/).first().waitFor();
  });
});

test('without any sync it says so', async () => {
  await withPage('?view=fleet', async (page) => {
    await title(page).getByText('No sync ended in the last 24 hours').waitFor();
    await page.getByText('Syncs are counted from when lastsync is started with --days on.').waitFor();
    await page.getByText('No connector fails now').waitFor();
    await page.getByText('No connector has failed in this time.').waitFor();
    assert.deepStrictEqual(await axeFaults(page), []);
  });
});

test('a time is read by the keyboard and by the pointer', async () => {
  await untilHourLasts();
  await fill();
  await withPage('?view=fleet', async (page) => {
    const figure = page.getByRole('slider', { name: 'Syncs over time' });
    await page.locator('svg.flow').waitFor();
    await figure.focus();
    await page.keyboard.press('ArrowLeft');
    const read = page.locator('#fleet .read-out');
    assert.match(await read.textContent(), /: 1 sync completed, 3 failed, 25\.0 % succeeded, 1,500 indexed, the longest took (\d+ ms|\d+\.\d s)$/);
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft');
    assert.match(await read.textContent(), /^\w{3} \d{4}-\d\d-\d\d, \d\d:00 to .*: 95 syncs completed, 2 failed, 1 canceled or suspended, 97\.9 % succeeded, 500 indexed, 7 deleted, the longest took 1 min 1 s$/);
    assert.strictEqual(await figure.getAttribute('aria-valuenow'), '20');
    assert.strictEqual(await figure.getAttribute('aria-valuetext'), await read.textContent());
    await page.keyboard.press('Home');
    assert.match(await read.textContent(), /: no sync ended$/);
    const box = await page.locator('svg.flow').boundingBox();
    await page.mouse.move(box.x + box.width - 5, box.y + 100);
    assert.match(await read.textContent(), /1,500 indexed, /);
    await page.mouse.move(5, 5);
    assert.match(await read.textContent(), /^Point at a time/);
  });
});

test('the worst connectors lead to their views, and back', async () => {
  await fill();
  await withPage('?view=fleet', async (page) => {
    await rowsOf(page, 'worst').first().getByText('Name of worse').waitFor();
    assert.deepStrictEqual(await rowsOf(page, 'worst').evaluateAll((rows) =>
      rows.map((row) => row.cells[0].textContent)), ['Name of worse', 'Name of broken']);
    assert.match(await rowsOf(page, 'worst').first().textContent(), /Name of worse220\.0 %/); // 2 failed of 2
    await page.getByRole('button', { name: 'Most documents' }).click();
    await rowsOf(page, 'worst').getByText('Name of calm').waitFor();
    assert.strictEqual(await rowsOf(page, 'worst').count(), 1);
    assert.match(page.url(), /top=documents/);
    await page.getByLabel('Service type of connectors').selectOption('jira');
    await page.getByText('No documents in this time.').waitFor();
    await page.getByRole('button', { name: 'Most failures' }).click();
    await rowsOf(page, 'worst').getByText('Name of broken').click();
    await page.locator('#connector-name').getByText('Name of broken').waitFor();
    assert.ok(!await page.locator('#fleet').isVisible());
    await page.goBack();
    await rowsOf(page, 'worst').getByText('Name of broken').waitFor();
    await rowsOf(page, 'types').getByText('postgresql').click();
    await page.locator('#rows a').getByText('Name of calm').waitFor();
    assert.match(page.url(), /\?service_type=postgresql$/);
  });
});

test('of many service types the first ones are shown, and called so', async () => {
  for (let i = 10; i < 31; i++) await make(`c${i}`, { service_type: `type ${i}` });
  await withPage('?view=fleet&period=30d', async (page) => {
    await panel(page, 'Service types').getByText('The first 20 by “Most failures”.', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Slowest' }).click();
    await panel(page, 'Service types').getByText('The first 20 by “Slowest”.', { exact: true }).waitFor();
    assert.strictEqual(await rowsOf(page, 'types').count(), 20);
  });
});

test('errors are grouped, and searched by words', async () => {
  await fill();
  await make('other');
  await fail('other', 'connection refused by 10.0.0.1');
  await withPage('?view=fleet', async (page) => {
    await panel(page, 'Errors now').getByText('2 different errors of 3 connectors').waitFor();
    const texts = () => rowsOf(page, 'errors-now').locator('.error-text > bdi').allTextContents();
    assert.deepStrictEqual(await texts(), ['HTTP # for user #', 'connection refused by <address>']);
    assert.match(await rowsOf(page, 'errors-now').first().textContent(), /^2.*as in: HTTP 401 for user/);
    await page.locator('#fleet-title').focus();
    await page.keyboard.press('/');
    await page.keyboard.type('REFUSED 10.0');
    await panel(page, 'Errors now').getByText('1 of 2 different errors').waitFor();
    assert.deepStrictEqual(await texts(), ['connection refused by <address>']);
    await page.waitForURL((url) => url.searchParams.get('error') === 'REFUSED 10.0'); // the rows suit a part of it as well
    await rowsOf(page, 'errors-now').getByRole('link', { name: 'other' }).click();
    await page.locator('.panel.errors pre').getByText('connection refused by 10.0.0.1').waitFor();
    await page.goBack();
    await panel(page, 'Errors now').getByText('1 of 2 different errors').waitFor();
    assert.strictEqual(await page.getByLabel('Search errors').inputValue(), 'REFUSED 10.0');
  });
});

// The file that a click saves: its name and text.
async function saved(page, button) {
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return { name: download.suggestedFilename(), text: fs.readFileSync(await download.path(), 'utf8') };
}

test('each panel is saved as a table, and a connector as JSON, with the key of the tab', async () => {
  const locked = await startStack({ access: 'keys' });
  try {
    await untilHourLasts();
    const manager = await createKey(locked, 'manage_connector');
    const monitor = await createKey(locked, 'monitor_connector');
    for (const [id, error] of [['a', '=1+1'], ['b', null]]) {
      await request(locked, 'PUT', `/_connector/${id}`, { headers: manager.headers, body: { name: `Name ${id}`, service_type: 'jira' } });
      await request(locked, 'PUT', `/_connector/${id}/_last_sync`, { headers: manager.headers,
        body: { last_sync_status: error ? 'error' : 'completed', last_sync_error: error } });
    }
    const { page, faults } = await openPage(browser.context, `${locked.url}/_lastsync/?state=failing`);
    await page.locator('#key-secret').fill(monitor.encoded);
    await page.keyboard.press('Enter');
    await page.locator('#rows tr').waitFor();
    await page.locator('#rows a').click();
    const json = await saved(page, page.getByRole('button', { name: 'As JSON' }));
    assert.deepStrictEqual([json.name, JSON.parse(json.text).name], ['lastsync-a.json', 'Name a']);
    assert.strictEqual(await page.getByRole('link', { name: 'As JSON' }).count(), 0);
    await page.goBack();
    await page.locator('#rows tr').waitFor();
    const list = await saved(page, page.locator('#export button'));
    assert.match(list.name, /^lastsync-connectors-\d{4}-\d\d-\d\d\.csv$/);
    assert.match(list.text, /^id,name,[^\r]*\r\na,Name a,jira,[^\r]*'=1\+1[^\r]*\r\n$/);
    await page.getByRole('link', { name: 'Fleet' }).click();
    await rowsOf(page, 'worst').getByText('Name a').waitFor();
    for (const [name, file, pattern] of [
      ['Over time', 'syncs', /^time,completed,[^]*T\d\d:00:00\.000Z,1,1,0,[^\r]*\r\n$/],
      ['Errors now', 'errors', /^error,kind,[^]*\r\n'=#\+#,content,1,/],
      ['Connectors', 'connectors', /^connector_id,name,[^\r]*\r\na,Name a,jira,failing,0,1,/],
      ['Service types', 'service-types', /^service_type,connectors,[^\r]*\r\njira,2,1,1,0,/],
    ]) {
      const table = await saved(page, panel(page, name).getByRole('button', { name: 'Export CSV' }));
      assert.ok(table.name.startsWith(`lastsync-${file}-20`), table.name);
      assert.match(table.text, pattern);
    }
    assert.deepStrictEqual(faults, []);
    await page.close();
  } finally {
    await locked.stop();
  }
});

test('an export keeps the focus, and what it says of a failure only until it succeeds', async () => {
  await make('calm');
  await withPage('', async (page) => {
    const button = page.locator('#export button');
    await page.locator('#list[aria-busy]').waitFor({ state: 'detached' });
    await button.focus();
    await button.evaluate((node) => { // its words stay for two seconds, in which a busy machine may not look
      node.said = [];
      new MutationObserver(() => node.said.push(node.textContent)).observe(node, { childList: true, characterData: true, subtree: true });
    });
    const pattern = /overview\?.*size=2500/;
    await page.route(pattern, (route) => route.abort());
    await page.keyboard.press('Enter');
    await page.locator('#export button[title]').waitFor();
    assert.match(await button.getAttribute('title'), /not there/);
    assert.ok(await button.evaluate((node) => node.said.includes('Not saved')));
    await page.unroute(pattern);
    let answer;
    const held = new Promise((resolve) => { answer = resolve; });
    await page.route(pattern, async (route) => {
      await held;
      await route.continue();
    });
    await page.keyboard.press('Enter');
    await page.locator('#export button[aria-disabled]').waitFor();
    assert.ok(await button.evaluate((node) => node === document.activeElement));
    const [download] = await Promise.all([page.waitForEvent('download'), answer()]);
    assert.match(download.suggestedFilename(), /csv$/);
    await page.locator('#export button:not([aria-disabled])').waitFor();
    assert.strictEqual(await button.getAttribute('title'), null);
    assert.ok(await button.evaluate((node) => node === document.activeElement));
  });
});

test('rows that are too large together for one answer are saved in smaller parts', async () => {
  const narrow = await startStack({ options: ['--answer-limit', '100000'] });
  try {
    for (let i = 0; i < 101; i++) {
      await request(narrow, 'PUT', `/_connector/c${i}`, { body: {} });
      await request(narrow, 'PUT', `/_connector/c${i}/_last_sync`, { body: { last_sync_status: 'error', last_sync_error: 'x'.repeat(600) } });
    }
    const { page, faults } = await openPage(browser.context, `${narrow.url}/_lastsync/?size=25`);
    await page.locator('#page').getByText('of 101').waitFor();
    const { text } = await saved(page, page.locator('#export button'));
    const ids = text.split(/\r\n/).slice(1, -1).map((line) => line.split(',')[0]);
    assert.strictEqual(ids.length, 101);
    assert.strictEqual(new Set(ids).size, 101);
    assert.deepStrictEqual(faults, []);
    await page.close();
  } finally {
    await narrow.stop();
  }
});

test('sums of 64 bits are shown', async () => {
  await putHour(stack, Date.now() - 3 * HOUR, { completed: 9300, indexed: '9300000000000001' });
  await withPage('?view=fleet', async (page) => {
    await title(page).getByText('Every sync succeeded').waitFor();
    assert.ok(!await page.locator('#gate').isVisible());
    await page.locator('#fleet .flows').first().waitFor();
  });
});

test('more connectors than one table takes are saved whole', async () => {
  const connection = await RawConnection.open(stack.port);
  for (let i = 0; i < 2600; i++) {
    const body = JSON.stringify({ name: i % 7 ? `c${i}` : `two\nlines, "${i}"` });
    await connection.write(`PUT /_connector/c${i} HTTP/1.1\r\nHost: x\r\nContent-Type: ` +
      `application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.strictEqual((await connection.answer('PUT')).status, 201);
  }
  connection.close();
  await withPage('?size=25', async (page) => {
    await page.locator('#page').getByText('of 2,600').waitFor();
    const { text } = await saved(page, page.locator('#export button'));
    const ids = text.split(/\r\n/).slice(1, -1).map((line) => line.split(',')[0]);
    assert.strictEqual(new Set(ids).size, 2600);
    assert.strictEqual(ids.length, 2600);
  });
});

test('a server that cannot group so many says why, and the rest is shown', async () => {
  const connection = await RawConnection.open(stack.port);
  for (let i = 0; i <= 10000; i++) {
    const body = JSON.stringify({ service_type: i ? 'many' : 'one' });
    await connection.write(`PUT /_connector/c${i} HTTP/1.1\r\nHost: x\r\nContent-Type: ` +
      `application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.strictEqual((await connection.answer('PUT')).status, 201);
  }
  connection.close();
  await fail('c0', 'no route to host');
  await withPage('?view=fleet', async (page) => {
    await panel(page, 'Connectors').getByText('At most [10000] connectors can be grouped').waitFor();
    await panel(page, 'Errors now').getByText('no route to host').first().waitFor();
    await page.getByLabel('Service type of connectors').selectOption('one');
    await rowsOf(page, 'worst').getByText('c0').waitFor();
  });
});

test('a connector shows how often it failed in ninety days', async () => {
  await make('broken');
  await fail('broken', 'x');
  await putDay(stack, 'broken', Date.now() - 10 * DAY, { completed: 6, failed: 3, indexed: 12 });
  await putDay(stack, 'broken', Date.now() - 20 * DAY, { completed: 90 });
  await putDay(stack, 'broken', Date.now() - 95 * DAY, { failed: 1000 });
  await withPage('?connector=broken', async (page) => {
    const days = page.locator('#connector .panel').filter({ hasText: 'The last 90 days' });
    await days.getByText('96.0 % of 100 syncs; 4 failed, on 2 days').waitFor();
    await days.getByRole('slider', { name: 'Syncs by day' }).focus();
    for (let i = 0; i < 11; i++) await page.keyboard.press('ArrowLeft');
    assert.match(await days.locator('.read-out').textContent(), / \(UTC\): 6 syncs completed, 3 failed, 66\.6 % succeeded, 12 indexed$/);
  });
});

test('a fleet asks seldom, and for little', async () => {
  for (let i = 0; i < 60; i++) {
    await make(`c${i}`, { service_type: `type ${i % 30}` });
    await fail(`c${i}`, `error of ${String.fromCharCode(97 + i % 26).repeat(200)}`);
  }
  for (let i = 0; i < 14 * 24; i++) {
    await putHour(stack, Date.now() - i * HOUR, { completed: 100 + i % 7, failed: i % 5, indexed: 12345 * i, deleted: i, longest: 60000 + i });
  }
  await withPage('icon.svg', async (page) => {
    const sizes = [];
    page.on('response', async (answer) => {
      if (!/analytics|errors|service_types/.test(answer.url())) return;
      sizes.push((await answer.request().sizes()).responseBodySize);
    });
    await page.goto(`${home}?view=fleet&period=7d`);
    await until(() => sizes.length === 5, 'five answers');
    const all = sizes.reduce((sum, size) => sum + size, 0);
    assert.ok(all < 15 * 1024, `${all} bytes`);
    await page.locator('#pulse-text').getByText(/Updated [7-9] s ago/).waitFor(); // two of the list's intervals
    assert.strictEqual(sizes.length, 5);
  });
});

for (const scheme of ['light', 'dark']) {
  for (const size of [undefined, PHONE]) {
    test(`axe-core finds no fault in the fleet: ${scheme}${size ? ', phone' : ''}`, async () => {
      await fill();
      await make('long', { name: 'N'.repeat(300), service_type: 't'.repeat(300) });
      await fail('long', 'e'.repeat(1000));
      await withPage('?view=fleet&period=30d', async (page) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await rowsOf(page, 'worst').first().waitFor();
        await page.locator('svg.flow').waitFor();
        assert.deepStrictEqual(await axeFaults(page), []);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${wider} pixels too wide`);
      }, size);
    });
  }
}

test('the fleet prints within the sheet, and forced colours leave its shapes', async () => {
  await fill();
  const sheet = 1032;
  await withPage('?view=fleet', async (page) => {
    await page.locator('svg.flow').waitFor();
    await page.emulateMedia({ media: 'print' });
    await until(async () => {        // it is redrawn when its width changes
      const box = await page.locator('svg.flow').boundingBox();
      return box && box.x >= 0 && box.x + box.width <= sheet;
    }, 'the figure within the sheet');
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth) <= sheet);
    for (const control of ['.views', '#fleet .switch', '#fleet .export', '#fleet .search']) {
      assert.ok(!await page.locator(control).first().isVisible(), control);
    }
    assert.deepStrictEqual(await axeFaults(page), []);
    await page.emulateMedia({ media: 'screen', forcedColors: 'active' });
    const looks = await page.locator('svg.flow :is(.bar.failed, .rate, .base)').evaluateAll((nodes) =>
      nodes.map((node) => [getComputedStyle(node).stroke, getComputedStyle(document.body).backgroundColor]));
    assert.ok(looks.length >= 3, String(looks.length));
    for (const [stroke, paper] of looks) assert.notStrictEqual(stroke, paper);
    assert.deepStrictEqual(await axeFaults(page), []);
  }, { width: sheet, height: 700 });
});
