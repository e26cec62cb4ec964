// Time as the page shows it: strips with holes, what is missing by the schedule, and exact moments.
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { beforeEach, test } = require('node:test');
const { axeFaults, put, usePage, useDashboard } = require('./browser');
const { connectorKey } = require('../lib/shards');
const { REPOSITORY } = require('../lib/stack');
const { until, untilHourLasts } = require('../lib/until');

const MINUTE = 60000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

let stack;
let browser;                         // of a user in Kolkata: five and a half hours ahead of UTC
let home;

const load = (name) =>
  import(pathToFileURL(path.join(REPOSITORY, 'nginx', 'dashboard', name)).href);

useDashboard((opened) => ({ stack, browser, home } = opened),
  { browserOptions: { timezoneId: 'Asia/Kolkata' } });
beforeEach(() => stack.emptyRedis());

const at = (moment) => new Date(moment).toISOString();

async function create(id, interval) {
  await put(stack, `/_connector/${id}`, { name: `Name of ${id}` });
  if (interval) {
    await put(stack, `/_connector/${id}/_scheduling`,
      { scheduling: { full: { enabled: true, interval } } });
  }
}

const report = (id, moment, status = 'completed') => put(stack, `/_connector/${id}/_last_sync`,
  { last_sync_status: status, last_sync_error: status === 'error' ? 'it fails' : null,
    last_synced: at(moment), last_indexed_document_count: 42 });

async function withPage(address, use, size) {
  await usePage(browser.context, home + address, use, size);
}

const row = (page, id) => page.locator('#rows tr').filter({
  has: page.locator('bdi').getByText(id, { exact: true }) });
const label = (place) => place.locator('svg.strip').getAttribute('aria-label');

// Daily, and silent for five days: 2 successes, then 5 times that have passed, the last one `ago` milliseconds ago.
// Gives the schedule in words.
async function fillSilent(ago) {
  const last = Math.floor((Date.now() - ago) / MINUTE) * MINUTE;
  const [hour, minute] = [new Date(last).getUTCHours(), new Date(last).getUTCMinutes()];
  await create('silent', `0 ${minute} ${hour} * * ?`);
  for (const back of [6, 5]) await report('silent', last - back * DAY + MINUTE);
  return `daily at ${at(last).slice(11, 16)} UTC`;
}

test('who is late by days has holes and hollow cells, and the reason in words', async () => {
  const schedule = await fillSilent(12 * HOUR);
  await withPage('?range=7d', async (page) => {
    const silent = row(page, 'silent');
    await silent.locator('.state').getByText(`${schedule}, missed 5`).waitFor();
    assert.match(await label(silent), /^last 7 days: 2 completed, 0 failed, 5 missed$/);
    assert.strictEqual(await silent.locator('svg.strip .missed').count(), 5);
    assert.strictEqual(await silent.locator('svg.strip .completed').count(), 2);
    await page.locator('#range').selectOption('24h');
    await until(async () => /^last 24 h: 0 completed, 0 failed, 1 missed$/.test(await label(silent)),
      'the last day');
    assert.doesNotMatch(page.url(), /range/);
    await page.goBack();
    await until(async () => (await label(silent)).startsWith('last 7 days'), 'the week again');
    await silent.locator('a').click();
    await page.locator('.trouble').getByText(`D${schedule.slice(1)}, missed 5`).waitFor();
    await page.locator('[data-range="7d"][aria-pressed="true"]').waitFor();
    assert.deepStrictEqual(await axeFaults(page), []);
  });
});

test('a sync that may still come is not called missed, by the words as by the strip', async () => {
  const schedule = await fillSilent(2 * MINUTE);
  await withPage('?range=7d', async (page) => {
    const silent = row(page, 'silent');
    await silent.locator('.state').getByText(`${schedule}, missed 4`).waitFor();
    assert.match(await label(silent), /, 4 missed$/);
  });
});

test('what may still come follows --late-grace', async () => {
  stack.options.options = ['--late-grace', '60'];
  try {
    await stack.lastsync.stop();
    await stack.lastsync.start();
    const schedule = await fillSilent(2 * MINUTE);
    await withPage('?range=7d', async (page) => {
      const silent = row(page, 'silent');
      await silent.locator('.state').getByText(`${schedule}, missed 5`).waitFor();
      assert.match(await label(silent), /, 5 missed$/);
    });
  } finally {
    stack.options.options = [];
    await stack.lastsync.stop();
    await stack.lastsync.start();
  }
});

test('syncs lie where their time is, and what is not known is not called a hole', async () => {
  await untilHourLasts();
  const hour = Math.floor(Date.now() / HOUR) * HOUR;
  await create('two');
  await report('two', hour - 10 * HOUR + MINUTE, 'error');
  await report('two', hour - 3 * HOUR + MINUTE);
  await withPage('', async (page) => {
    const strip = row(page, 'two').locator('svg.strip');
    await strip.waitFor();
    const places = await strip.evaluate((svg) => ['error', 'completed', 'unknown'].map((name) => {
      const node = svg.querySelector(`.${name}`);
      const width = svg.viewBox.baseVal.width / Number(svg.dataset.cells);
      return Math.round((Number(node.getAttribute('x') ?? node.getAttribute('x2')) - width / 10) / width);
    }));
    assert.deepStrictEqual(places, [13, 20, 13]);
    await row(page, 'two').locator('.syncs .note').getByText('50 % of 2 syncs').waitFor();
  });
});

// Of a client that sends last_synced with successes only, each failure has the time of the last success.
test('beyond a history that is cut no success is known, and nothing missed', async () => {
  await untilHourLasts();
  await create('broken', '0 0/15 * * * ?');
  await report('broken', Date.now() - 20 * HOUR);
  for (let i = 0; i < 120; i++) {
    await put(stack, '/_connector/broken/_last_sync', { last_sync_status: 'in_progress' });
    await put(stack, '/_connector/broken/_last_sync', { last_sync_status: 'error', last_sync_error: 'it fails' });
  }
  await withPage('', async (page) => {
    await row(page, 'broken').locator('svg.strip').waitFor();
    assert.strictEqual(await label(row(page, 'broken')), 'last 24 h: 0 completed, 50 failed');
    assert.strictEqual(await row(page, 'broken').locator('svg.strip .error').count(), 1);
    await row(page, 'broken').locator('a').click();
    const figure = page.locator('.figure.timeline');
    await figure.locator('svg').waitFor();
    assert.strictEqual(await label(figure), 'last 24 h: 0 completed, 100 failed');
    assert.strictEqual(await figure.locator('svg .error').count(), 1);
    await page.getByRole('slider', { name: 'Past syncs by time' }).press('Home');
    await page.locator('.panel:has(.timeline) .read-out').getByText('older than what is kept here').waitFor();
  });
});

test('a strip is read by the pointer and by the arrow keys', async () => {
  await untilHourLasts();
  const hour = Math.floor(Date.now() / HOUR) * HOUR;
  await create('two');
  await report('two', hour - 3 * HOUR + MINUTE);
  await report('two', hour - 2 * HOUR + MINUTE, 'error');
  await withPage('', async (page) => {
    const strip = row(page, 'two').locator('svg.strip');
    await strip.waitFor();
    const box = await strip.boundingBox();
    const read = row(page, 'two').locator('.read');
    await page.mouse.move(box.x + (20 + 0.5) * box.width / 24, box.y + 5);
    await read.getByText('1 sync completed, 42 indexed').waitFor();
    await page.mouse.move(5, 5);
    await until(async () => !await read.isVisible(), 'nothing to read');
    await row(page, 'two').locator('a').focus();
    for (let i = 0; i < 3; i++) await page.keyboard.press('ArrowLeft');
    await read.getByText('1 failed').waitFor();
    assert.match(await page.locator('#announcement').textContent(), /1 failed$/);
    await page.keyboard.press('ArrowRight');
    await read.getByText('no sync').waitFor();
    await page.keyboard.press('Enter');
    const slider = page.getByRole('slider', { name: 'Past syncs by time' });
    await slider.focus();
    for (const key of ['End', 'ArrowLeft', 'ArrowLeft']) await page.keyboard.press(key);
    assert.match(await slider.getAttribute('aria-valuetext'), /1 failed$/);
    await page.locator('.panel:has(.timeline) .read-out').getByText('1 failed').waitFor();
    await page.keyboard.press('Home');
    assert.strictEqual(await slider.getAttribute('aria-valuenow'), '0');
  });
});

test('one that fails says since when, and when it tries again', async () => {
  await create('broken', '0 0/15 * * * ?');
  for (const back of [3, 2]) await report('broken', Date.now() - back * HOUR, 'error');
  await withPage('', async (page) => {
    await row(page, 'broken').locator('.state')
      .getByText(/2 in a row, for \d+ (s|min)/).waitFor();
    await row(page, 'broken').locator('.state')
      .getByText(/tries again in \d+ (s|min)/).waitFor();
    await row(page, 'broken').locator('a').click();
    await page.locator('.trouble').getByText(/^Fails, 2 in a row, for .*It tries again in \d+/).waitFor();
  });
});

test('one without a schedule says so when it is late', async () => {
  await create('forgotten');
  await report('forgotten', Date.now() - 3 * DAY);
  await withPage('', async (page) => {
    await row(page, 'forgotten').locator('.state')
      .getByText('no schedule; one within 24 h is expected').waitFor();
  });
});

test('moments are in the viewer\'s zone or in UTC, as the bar says, and that is remembered', async () => {
  await create('calm');
  await report('calm', Date.parse('2026-01-15T20:15:07Z'));
  await withPage('?connector=calm', async (page) => {
    const cell = page.locator('.past:not(.jobs) tbody .when').first();
    await cell.getByText('2026-01-16 01:45:07').waitFor();
    const zone = page.locator('#zone');
    assert.strictEqual(await zone.textContent(), 'Times: UTC+5:30');
    await page.locator('.facts').getByText('2026-01-16 01:45:07 UTC+5:30').first().waitFor();
    await zone.click();
    assert.strictEqual(await zone.textContent(), 'Times: UTC');
    assert.match(await cell.textContent(), /^2026-01-15 20:15:07/);
    await page.reload();
    await cell.getByText('2026-01-15 20:15:07').waitFor();
    await page.locator('#zone').click();
    await cell.getByText('2026-01-16 01:45:07').waitFor();
  });
});

test('the bar follows when summer time begins or ends', async () => {
  await withPage('', async (page) => {
    await page.locator('#zone').getByText('Times: UTC+5:30').waitFor();
    await page.evaluate(() => { Date.prototype.getTimezoneOffset = () => -390; });
    await page.locator('#zone').getByText('Times: UTC+6:30').waitFor();
  });
});

test('the figure of the fleet is in the zone of the bar at once', async () => {
  await withPage('?view=fleet', async (page) => {
    const last = page.locator('svg.flow .tick').last();
    await last.getByText(/:30$/).waitFor();
    await page.route('**/analytics?*', (route) => route.abort());
    await page.locator('#zone').click();
    await last.getByText(/:00$/).waitFor();
    await page.locator('#zone').click();
    await last.getByText(/:30$/).waitFor();
  });
});

test('what is read of a connector\'s strip is in the zone of the bar at once, and its range in the address', async () => {
  await untilHourLasts();
  await create('calm');
  await report('calm', Date.now());
  await withPage('?connector=calm', async (page) => {
    await page.locator('.figure.timeline svg').waitFor();
    const slider = page.getByRole('slider', { name: 'Past syncs by time' });
    await slider.press('End');
    const read = page.locator('.panel:has(.timeline) .read-out');
    await read.getByText(/:30 to .*: 1 sync completed/).waitFor();
    await page.route(/connector\/calm/, (route) => route.abort());
    await page.locator('#zone').click();
    await read.getByText(/:00 to .*: 1 sync completed/).waitFor();
    assert.match(await slider.getAttribute('aria-valuetext'), /:00 to /);
    await page.unroute(/connector\/calm/);
    await page.locator('#zone').click();
    const week = page.locator('[data-range="7d"]');
    await week.click();
    await until(async () => (await label(page.locator('.figure.timeline'))).startsWith('last 7 days'), 'the week');
    assert.match(page.url(), /connector=calm&range=7d$/);
    assert.ok(await week.evaluate((node) => node === document.activeElement));
    await page.reload();
    await until(async () => (await label(page.locator('.figure.timeline'))).startsWith('last 7 days'), 'the week again');
    await page.goBack();
    await until(async () => (await label(page.locator('.figure.timeline'))).startsWith('last 24 h'), 'the day');
  });
});

test('the ages below a chart go on, though no other sync ends', async () => {
  await create('calm');
  await report('calm', Date.now());
  await withPage('?connector=calm', async (page) => {
    const age = page.locator('svg.chart text[text-anchor="end"]').last();
    const seconds = async () => Number(/^(\d+) s ago$/.exec(await age.textContent())[1]);
    await until(seconds, 'an age');
    const first = await seconds();
    await until(async () => await seconds() > first, 'a later one');
  });
});

test('exact moments of a row are reached by the keyboard', async () => {
  await create('calm');
  await report('calm', Date.parse('2026-01-15T20:15:07Z'));
  await withPage('', async (page) => {
    const exact = row(page, 'calm').locator('.success > time .exact');
    await exact.waitFor({ state: 'attached' });
    const opacity = () => exact.evaluate((node) => getComputedStyle(node).opacity);
    assert.strictEqual(await opacity(), '0');
    await page.locator('#size').focus().catch(() => {});
    await page.locator('#range').focus();
    for (let i = 0; i < 20 && await opacity() === '0'; i++) {
      await page.keyboard.press('Tab');
      await page.waitForFunction(() => document.getAnimations().length === 0);
    }
    await until(async () => await opacity() === '1', 'the moment');
    assert.strictEqual(await exact.textContent(), '2026-01-16 01:45:07 UTC+5:30');
  });
});

// The page computes scheduled times by itself: they must be the server's.
test('the times of schedules are the server\'s', async () => {
  const { timesOf } = await load('schedule.js');
  const expressions = ['0 0 2 * * ?', '0 0/15 * * * ?', '0 0 0/6 * * ?', '0 30 8-18 ? * MON-FRI',
    '0 5,35 * * * ?', '0 0 12 1 * ?', '0 0 1 ? JAN-MAR,dec 2,4', '0 /20 3 * * ?', '0 0 4 1/5 * ?',
    '0 0 3 ? * MON-SUN', '0 0 3 ? * FRI-MON', '0 0 22-2 * * ?', '0 50-10/10 5 * * ?', '0 0 5 ? NOV-feb 6', '0 35,5 6 * * ?'];
  for (const [i, expression] of expressions.entries()) {
    await create(`c${i}`, expression);
    const text = await stack.redisCommand('HGET', `connector:{c${i}}`, '_next_syncs');
    const [begin, ...times] = text.split(' ').map((second) => Number(second) * 1000);
    assert.strictEqual(times.length, 8, text);
    assert.deepStrictEqual(timesOf(expression, begin + 1, times[7] + 1), times, expression);
  }
  for (const unknown of ['0 0 2 L * ?', '0 0 2 ? * 6#3', '0 0 2 15W * ?', 'nonsense', '', '0 0 2 * * ? 2030']) {
    assert.strictEqual(timesOf(unknown, 0, DAY), null, unknown);
  }
});

test('a sync that takes longer than its schedule misses nothing', async () => {
  const { cellsOf } = await load('strip.js');
  const now = 100 * HOUR + 30 * MINUTE;
  const sync = (hour, duration) => ({ when: at(hour * HOUR), duration_ms: duration * HOUR,
    status: 'completed', indexed_document_count: 1 });
  const missed = (syncs) => cellsOf({ syncs, schedules: ['0 0 * * * ?'], range: '24h', now })
    .reduce((sum, cell) => sum + cell.missed, 0);
  const early = sync(95.1, 0.1);
  assert.strictEqual(missed([sync(100.2, 4.9), early]), 0);
  assert.strictEqual(missed([sync(100.2, 0.2), early]), 4);
});

// Sets the beginning of a sync that runs: by a report it would be now.
const begin = (id, moment) => stack.redisCommand('HSET', connectorKey(id, stack.shards), '_sync_started_at', at(moment));

test('a sync that still runs misses nothing, but what passed before it began', async () => {
  await untilHourLasts();
  const hour = Math.floor(Date.now() / HOUR) * HOUR;
  for (const [id, began] of [['on-time', hour - 4 * HOUR + MINUTE], ['after-two', hour - 2 * HOUR + MINUTE]]) {
    await create(id, '0 0 * * * ?');
    await report(id, hour - 5 * HOUR + MINUTE);
    await put(stack, `/_connector/${id}/_last_sync`, { last_sync_status: 'in_progress' });
    await begin(id, began);
  }
  await withPage('', async (page) => {
    for (const [id, words, missed] of [['on-time', 'every hour; a sync still runs', ''],
      ['after-two', 'every hour, missed 2', ', 2 missed']]) {
      await row(page, id).locator('.state').getByText(words).waitFor();
      assert.strictEqual(await label(row(page, id)), `last 24 h: 1 completed, 0 failed${missed}; one is running`);
      await row(page, id).locator('a').click();
      await page.locator('.trouble').getByText(`E${words.slice(1)}`).waitFor();
      const figure = page.locator('.figure.timeline');
      await figure.locator('svg .running').waitFor();
      assert.strictEqual(await label(figure), `last 24 h: 1 completed, 0 failed${missed}`);
      await page.goBack();
    }
  });
});

test('of a sync that is lost nothing is known but its beginning', async () => {
  const { runningSync } = await load('syncs.js');
  const since = (state) => runningSync({ state, content: { started_at: at(HOUR) } }, 5 * HOUR);
  assert.deepStrictEqual(since('late'), { began: HOUR, at: 5 * HOUR });
  assert.deepStrictEqual(since('lost'), { began: HOUR, at: HOUR });
  assert.strictEqual(runningSync({ state: 'late', content: { started_at: null } }, HOUR), null);
});
