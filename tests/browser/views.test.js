// What belongs to one view, and must not show in another: the age of its data, its words, its questions.
'use strict';

const assert = require('node:assert');
const { beforeEach, test } = require('node:test');
const { PATIENCE, put, usePage, useDashboard } = require('./browser');
const { request } = require('../lib/raw');
const { until, untilHourLasts } = require('../lib/until');

let stack;
let browser;
let home;

useDashboard((opened) => ({ stack, browser, home } = opened));
beforeEach(() => stack.emptyRedis());

const withPage = (address, use) => usePage(browser.context, home + address, use);
const report = (id, status = 'completed') => put(stack, `/_connector/${id}/_last_sync`,
  { last_sync_status: status, last_sync_error: status === 'error' ? 'it fails' : null });

async function make(id, status) {
  await put(stack, `/_connector/${id}`, { name: `Name of ${id}`, service_type: 'jira', index_name: `search-${id}` });
  await report(id, status);
}

const link = (page, id) => page.locator('#rows a').getByText(`Name of ${id}`, { exact: true });
const pulse = (page) => page.locator('#pulse');

// ---- the age of data ----

test('a list that is shown again has the age of its own data, and is busy until it has new ones', async () => {
  await make('calm');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    const listed = await page.evaluate(() => {
      document.querySelector('#rows a').click();
      return document.getElementById('found').textContent;
    });
    assert.strictEqual(listed, '1 connector');
    await page.locator('#connector:not(.loading)').waitFor();
    const first = await pulse(page).getAttribute('title');
    await until(async () => await pulse(page).getAttribute('title') > first, 'another answer', PATIENCE); // to the second
    const later = await pulse(page).getAttribute('title');
    let answer;
    const held = new Promise((resolve) => { answer = resolve; });
    await page.route(/overview\?/, async (route) => {
      await held;
      await route.abort();
    });
    await page.goBack();
    await page.locator('#list[aria-busy="true"]').waitFor();
    const age = await pulse(page).getAttribute('title');
    assert.ok(age < later, `${age}, as the connector's`);
    answer();
    await page.locator('#problem').getByText(`What you see is from ${age}`).waitFor();
    await page.unroute(/overview\?/);
    await page.locator('#problem').waitFor({ state: 'hidden' });
    assert.strictEqual(await page.locator('#list[aria-busy]').count(), 0);
    assert.ok(await pulse(page).getAttribute('title') >= later);
  });
});

test('a view that never came is not shown as if it had', async () => {
  await make('calm');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    await page.route(/connector\/calm/, (route) => route.abort());
    await link(page, 'calm').click();
    await page.locator('#gate-title').getByText('does not answer').waitFor();
    assert.ok(!await page.locator('#connector').isVisible());
    assert.strictEqual(await page.locator('#pulse-text').textContent(), 'No data');
    await page.goBack();
    await link(page, 'calm').waitFor();
    assert.ok(!await page.locator('#gate').isVisible());
    await page.goForward();
    await page.locator('#gate-title').getByText('does not answer').waitFor();
    await page.unroute(/connector\/calm/);
    await page.locator('#connector:not(.loading)').waitFor();
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'connector-name');
  });
});

// ---- a search ----

for (const [what, address, field, target, step] of [
  ['list', '', '#query', '#rows a', '#states button.failing'],
  ['fleet', '?view=fleet', '#fleet input', '.errors-now tbody a', '[data-value="7d"]'],
]) {
  test(`a letter that was typed in the ${what} leads nobody back to it`, async () => {
    await make('broken', 'error');
    await withPage(address, async (page) => {
      await page.locator(target).waitFor();
      await page.locator(field).focus();
      await page.locator(target).evaluate((node) => new Promise((resolve) => {
        document.execCommand('insertText', false, 'x');    // at once, so that the search cannot come before the click
        node.click();
        setTimeout(resolve, 300);    // fires after the search's, which was set before it and for less
      }));
      assert.ok(page.url().endsWith('?connector=broken'), page.url());
      assert.ok(await page.locator('#connector').isVisible());
    });
  });

  test(`words that were typed in the ${what} just before another choice are part of it`, async () => {
    await make('broken', 'error');
    await withPage(address, async (page) => {
      await page.locator(target).waitFor();
      await page.locator(field).focus();
      await page.locator(step).evaluate((node) => {
        document.execCommand('insertText', false, 'fails');
        node.focus();                    // as with the mouse
        node.click();
      });
      await page.waitForURL(/=fails/);
      assert.match(page.url(), /state=failing|period=7d/);
      assert.strictEqual(await page.locator(field).inputValue(), 'fails');
      await page.goBack();               // it was one step
      await page.waitForURL(home + address);
    });
  });

  test(`a step back in the ${what} takes its words out of the field, though it has the focus`, async () => {
    await make('broken', 'error');
    await withPage(address, async (page) => {
      await page.locator(target).waitFor();
      await page.locator(step).click();
      await page.locator(field).fill('fails');
      await page.waitForURL(/=fails/);
      await page.route(/analytics|overview\?/, (route) => route.abort()); // not only with the next answer
      await page.goBack();
      await page.waitForURL(home + address);
      assert.strictEqual(await page.locator(field).inputValue(), '');
      await page.goForward();
      await page.waitForURL(/=fails/);
      assert.strictEqual(await page.locator(field).inputValue(), 'fails');
    });
  });
}

// ---- questions, and what was done ----

test('a question and the words on what was done go with their view', async () => {
  await make('calm');
  await withPage('', async (page) => {
    await link(page, 'calm').click();
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.locator('dialog.question').waitFor();
    await page.goBack();
    await link(page, 'calm').waitFor();
    await page.locator('dialog').waitFor({ state: 'detached' });
    await link(page, 'calm').click();
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await page.locator('dialog.question').getByRole('button', { name: 'Mute' }).click();
    await page.locator('#done').getByText('is muted').waitFor();
    await page.goBack();
    await link(page, 'calm').waitFor();
    assert.ok(!await page.locator('#done').isVisible());
  });
});

test('if a question was left before its answer, the page still says that it failed, and of whom', async () => {
  await make('calm');
  await withPage('?connector=calm', async (page) => {
    let answer;
    const held = new Promise((resolve) => { answer = resolve; });
    await page.route('**/mute', async (route) => {
      await held;
      await route.abort();
    });
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    const asked = page.waitForRequest('**/mute');
    await page.locator('dialog.question').getByRole('button', { name: 'Mute' }).click();
    await asked;
    await page.keyboard.press('Escape');
    await page.locator('dialog').waitFor({ state: 'detached' });
    answer();
    await page.locator('#done').getByText('Name of calm: It is not known').waitFor();
  });
});

// ---- answers that are on their way ----

// Holds the answers of a kind of request: `asked` resolves when one is under way; `release` lets them go.
async function hold(page, pattern) {
  const held = {};
  held.asked = new Promise((resolve) => { held.come = resolve; });
  const released = new Promise((resolve) => { held.release = resolve; });
  await page.route(pattern, async (route) => {
    const response = await route.fetch().catch(() => null);
    held.come();
    await released;
    await (response ? route.fulfill({ response }) : route.abort()).catch(() => {}); // the page may have given it up
  });
  return held;
}

test('an answer that comes after the pause changes nothing', async () => {
  await make('calm');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    await put(stack, '/_connector/calm/_name', { name: 'Another name' });
    const held = await hold(page, /overview\?/);
    await held.asked;
    await page.locator('#pause').click();
    held.release();
    await page.locator('#pulse-text').getByText('Paused').waitFor();
    await page.unroute(/overview\?/);
    await page.evaluate(() => fetch('overview?size=1')); // answered after what was on its way
    assert.strictEqual(await link(page, 'calm').count(), 1);
    await page.locator('#pause').click();
    await page.locator('#rows a').getByText('Another name').waitFor();
  });
});

test('what was asked for before the pause still comes', async () => {
  await make('calm');
  await make('broken', 'error');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    const held = await hold(page, /overview\?/);
    await page.locator('#states button.failing').click();
    await held.asked;
    await page.locator('#pause').click();
    held.release();
    await page.locator('#list:not([aria-busy])').waitFor();
    assert.strictEqual(await link(page, 'calm').count(), 0);
    assert.strictEqual(await link(page, 'broken').count(), 1);
  });
});

test('what was asked for in a pause, or before it, is tried again until it comes', async () => {
  await make('calm');
  await make('broken', 'error');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    await page.locator('#pause').click();
    await page.route(/overview\?|connector\/broken/, (route) => route.abort());
    await page.locator('#states button.failing').click();
    await page.locator('#problem').waitFor();
    await page.unroute(/overview\?|connector\/broken/);
    await page.locator('#list:not([aria-busy])').waitFor();
    assert.strictEqual(await link(page, 'calm').count(), 0);
    await page.route(/connector\/broken/, (route) => route.abort());
    await page.locator('#pause').click();
    await link(page, 'broken').click();
    await page.locator('#gate-words').getByText('tries again by itself').waitFor();
    await page.locator('#pause').click();
    await page.unroute(/connector\/broken/);
    await page.locator('#connector-name').getByText('Name of broken').waitFor();
    await page.locator('#pulse-text').getByText('Paused').waitFor();
  });
});

test('an answer of the list that comes after it was left changes no other view', async () => {
  await make('calm', 'error');
  await withPage('icon.svg', async (page) => {
    const types = await hold(page, /service_types/);
    const fleet = await hold(page, /analytics/);
    const listed = page.waitForResponse(/overview\?/);
    await page.goto(home);
    await (await listed).finished();
    await types.asked;
    await page.locator('.views a').getByText('Fleet').click();
    await fleet.asked;
    assert.doesNotMatch(await page.title(), /1/); // not one that needs attention
    types.release();
    fleet.release();
    await page.locator('#fleet-title').getByText('succeeded').waitFor();
  });
});

test('the title is of the view that was chosen, before its answer comes', async () => {
  await make('calm');
  await withPage('?connector=calm', async (page) => {
    await page.locator('#connector-name').getByText('Name of calm').waitFor();
    const [fleet, overview] = [await hold(page, /analytics/), await hold(page, /overview\?/)];
    await page.locator('.views a').getByText('Fleet').click();
    await fleet.asked;
    assert.strictEqual(await page.title(), 'Fleet – lastsync');
    await page.locator('.views a').getByText('Connectors').click();
    await overview.asked;
    assert.strictEqual(await page.title(), 'lastsync');
    fleet.release();
    overview.release();
    await link(page, 'calm').waitFor();
  });
});

test('the focus goes to a view that is chosen before the first answer has come', async () => {
  await make('calm');
  await withPage('icon.svg', async (page) => {
    const held = await hold(page, /overview\?/);
    await page.goto(home);
    await held.asked;
    await page.locator('.views a').getByText('Fleet').click();
    await page.locator('#fleet-title').getByText('succeeded').waitFor();
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'fleet-title');
    held.release();
  });
});

// ---- the focus, and announcements, at polls ----

const isFocused = (place) => until(() => place.evaluate((node) => node === document.activeElement), 'the focus');

test('a button that has nothing more to do keeps the focus, or gives it to what is beside it', async () => {
  for (let i = 10; i < 40; i++) await put(stack, `/_connector/c${i}`, { name: `c${i}` });
  for (let i = 0; i < 20; i++) await report('c10', i % 2 ? 'error' : 'completed');
  await withPage('?sort=name&size=25', async (page) => {
    const [previous, next] = ['Previous', 'Next'].map((name) => page.getByRole('button', { name, exact: true }));
    await next.focus();
    await page.keyboard.press('Enter');
    await page.locator('#page').getByText('26–30 of 30').waitFor();
    assert.ok(await next.isDisabled());
    await isFocused(next);
    await page.keyboard.press('Enter');  // does nothing
    assert.match(page.url(), /from=25&/);
    await previous.focus();
    await page.keyboard.press('Enter');
    await page.locator('#page').getByText('1–25 of 30').waitFor();
    await isFocused(previous);
    await page.locator('#rows a').getByText('c10', { exact: true }).click();
    await page.getByRole('button', { name: 'Show older' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Show older' }).waitFor({ state: 'hidden' });
    await isFocused(page.getByRole('table', { name: 'Past syncs' }));
  });
});

for (const [what, address, target] of [['list', '', '#content'], ['fleet', '?view=fleet', '#fleet-title'],
  ['connector', '?connector=calm', '#connector-name']]) {
  test(`"Try now" gives the focus to the ${what} when its bar goes`, async () => {
    await make('calm');
    await withPage(address, async (page) => {
      await page.locator('#pulse-text').getByText('Updated').waitFor();
      const asks = /overview\?|analytics|connector\/calm/;
      await page.clock.install();
      await page.route(asks, (route) => route.abort());
      await page.clock.runFor(61000);
      const retry = page.locator('#retry');
      await retry.waitFor();
      await retry.focus();
      await page.unroute(asks);
      await page.keyboard.press('Enter');
      await retry.waitFor({ state: 'hidden' });
      await isFocused(page.locator(target));
    });
  });
}

test('a job that changes keeps the focus on its button, and its row', async () => {
  await make('calm');
  const { json: { id: job } } = await request(stack, 'POST', '/_connector/_sync_job',
    { body: { id: 'calm', job_type: 'full' } });
  await withPage('?connector=calm', async (page) => {
    const button = page.getByRole('button', { name: `Cancel job ${job}` });
    await button.focus();
    await put(stack, `/_connector/_sync_job/${job}/_claim`, { worker_hostname: 'worker-1' });
    await page.locator('.jobs .worker').getByText('worker-1').waitFor();
    await page.locator('.jobs tbody tr').getByText('In progress').waitFor();
    assert.ok(await button.evaluate((node) => node === document.activeElement));
    await request(stack, 'POST', '/_connector/_sync_job', { body: { id: 'calm', job_type: 'access_control' } });
    await page.locator('.jobs tbody tr').nth(1).waitFor();
    assert.ok(await button.evaluate((node) => node === document.activeElement));
    await put(stack, `/_connector/_sync_job/${job}/_error`, { error: 'it broke' });
    await page.locator('.jobs tbody tr .error-text').getByText('it broke').waitFor();
    assert.strictEqual(await button.count(), 0);
  });
});

test('the page of a connector that is missing stays as it is', async () => {
  await withPage('?connector=nobody', async (page) => {
    await page.getByText('No such connector').waitFor();
    const back = page.locator('#connector a.back');
    await back.focus();
    const answer = page.waitForResponse(/_sync_job\?/);
    await page.locator('#pause').evaluate((node) => { node.click(); node.click(); }); // it asks at once
    await (await answer).finished();
    await page.locator('#pulse-text').getByText(/^Updated (now|[0-2] s)/).waitFor();
    assert.ok(await back.evaluate((node) => node === document.activeElement));
    await make('nobody');
    await page.locator('h1#connector-name').getByText('Name of nobody').waitFor();
  });
});

test('the headline is announced when it changes, not after each other announcement', async () => {
  await untilHourLasts();
  await make('calm');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    const announcement = page.locator('#announcement');
    await announcement.getByText('Nothing needs attention').waitFor({ state: 'attached' });
    await link(page, 'calm').focus();
    await page.keyboard.press('ArrowLeft');
    await announcement.getByText('1 sync completed').waitFor({ state: 'attached' });
    await put(stack, '/_connector/calm/_name', { name: 'Another name' });
    await page.locator('#rows a').getByText('Another name').waitFor();
    assert.match(await announcement.textContent(), /1 sync completed/);
  });
});

test('a change of the headline or of the troubles is announced, and no other', async () => {
  await make('calm');
  await make('broken', 'error');
  await withPage('', async (page) => {
    await link(page, 'calm').waitFor();
    const announcement = page.locator('#announcement');
    const words = '1 connector needs attention: 1 failing';
    await until(async () => await announcement.textContent() === words, words);
    await report('calm', 'in_progress');
    await put(stack, '/_connector/third', { name: 'Name of third' });
    await page.locator('#verdict-more').getByText('of 3 in all; 1 runs a sync').waitFor();
    assert.strictEqual(await announcement.textContent(), words);
    await report('calm', 'error');
    await until(async () => /^2 connectors need attention: 2 failing$/.test(await announcement.textContent()), 'the other one');
  });
});

test('the oldest row has another time once an older sync tells which one is its own', async () => {
  await make('calm');
  await withPage('?connector=calm', async (page) => {
    await page.locator('.past:not(.jobs) tbody tr').waitFor();
    const times = await page.evaluate(async () => {
      const { History } = await import('./history.js');
      const history = new History('calm');
      const sync = (id, said) => ({ id, kind: 'content', at: '2026-01-15T20:00:00Z', status: 'completed', last_synced: said,
        indexed_document_count: null, deleted_document_count: null, duration_ms: null });
      const [first, second] = [sync('1', '2026-01-13T20:00:00Z'), sync('2', '2026-01-14T20:00:00Z')];
      history.update({ next: '2', results: [second] }, false);
      const before = history.body.querySelector('time').dateTime;
      history.update({ next: null, results: [second, first] }, true);
      return [before, ...[...history.body.querySelectorAll('time')].map((time) => time.dateTime)];
    });
    assert.deepStrictEqual(times, ['2026-01-15T20:00:00Z', '2026-01-14T20:00:00Z', '2026-01-13T20:00:00Z']);
  });
});

// Takes a History through steps, of a server with the syncs up to `last`: it is updated or, with `grow`, loads older
// ones, while the update comes. Gives the ids that it has then.
const growHistory = (page, steps) => page.evaluate(async (wanted) => {
  const { History } = await import('./history.js');
  const history = new History('calm');
  const sync = (id) => ({ id: String(id), kind: 'content', at: new Date().toISOString(), status: 'completed', last_synced: null,
    indexed_document_count: null, deleted_document_count: null, duration_ms: null });
  const answer = (last) => ({ next: String(last - 99), results: Array.from({ length: 100 }, (_, i) => sync(last - i)) });
  let between = null;
  globalThis.fetch = async (path) => {
    if (between) history.update(answer(between), false);
    const before = Number(new URLSearchParams(path.split('?')[1]).get('before'));
    return new Response(JSON.stringify(answer(before - 1)));
  };
  history.limit = 100;
  for (const { last, grow } of wanted) {
    if (grow) {
      between = last;
      const idle = new Promise((resolve) => {
        new MutationObserver(() => history.more.hasAttribute('aria-disabled') || resolve())
          .observe(history.more, { attributeFilter: ['aria-disabled'] });
      });
      history.more.click();
      await idle;
    } else history.update(answer(last), false);
  }
  return [...history.latest, ...history.older].map(({ id }) => Number(id));
}, steps);
const range = (last, first) => Array.from({ length: last - first + 1 }, (_, i) => last - i);

test('between the latest syncs of a connector and older ones none is missing', async () => {
  await make('calm');
  for (const [what, steps, ids] of [
    ['one pushed out', [{ last: 250 }, { grow: true }, { last: 253 }], range(253, 51)],
    ['pushed out while older ones come', [{ last: 250 }, { grow: true, last: 253 }], range(253, 51)],
    ['more than an answer has', [{ last: 250 }, { grow: true }, { last: 400 }], range(400, 301)],
    ['these are loaded', [{ last: 250 }, { grow: true }, { last: 400 }, { grow: true }], range(400, 201)],
    ['more while older ones come', [{ last: 250 }, { grow: true, last: 400 }], range(400, 301)],
  ]) {
    await withPage('?connector=calm', async (page) => {
      await page.locator('.past:not(.jobs) tbody tr').waitFor();
      await page.locator('#pause').click();
      assert.deepStrictEqual(await growHistory(page, steps), ids, what);
    });
  }
});

test('a page that is left open keeps no rows of former syncs', async () => {
  await make('calm');
  await withPage('?connector=calm', async (page) => {
    await page.locator('.past:not(.jobs) tbody tr').waitFor();
    const kept = await page.evaluate(async () => {
      const { History } = await import('./history.js');
      const history = new History('calm');
      const sync = (id) => ({ id: String(id), kind: 'content', at: new Date().toISOString(), status: 'completed',
        last_synced: null, indexed_document_count: null, deleted_document_count: null, duration_ms: null });
      for (let last = 100; last < 200; last++) {
        history.update({ next: null, results: Array.from({ length: 100 }, (_, i) => sync(last - i)) });
      }
      return history.rows.size;
    });
    assert.strictEqual(kept, 15);
  });
});
