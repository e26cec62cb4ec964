// The dashboard in a real browser, against a whole stack.
'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const { beforeEach, test } = require('node:test');
const { PATIENCE, axeFaults, put, usePage, useDashboard } = require('./browser');
const { RawConnection, request } = require('../lib/raw');
const { until } = require('../lib/stack');

const HOUR = 3600000;
const PHONE = { width: 390, height: 844 };

let stack;
let browser;
let home;

useDashboard((opened) => ({ stack, browser, home } = opened));
beforeEach(() => stack.emptyRedis());

const earlier = (milliseconds) => new Date(Date.now() - milliseconds).toISOString();

const again = (id, body) => put(stack, `/_connector/${encodeURIComponent(id)}/_last_sync`, body);

// The first report of a new connector.
async function report(id, body, about = {}) {
  await put(stack, `/_connector/${encodeURIComponent(id)}`, { name: `Name of ${id}`, ...about });
  await again(id, body);
}

const completed = (age = HOUR, count = 42) => ({ last_sync_status: 'completed',
  last_sync_error: null, last_synced: earlier(age), last_indexed_document_count: count });
const failed = (text = 'Houston, we have a problem!') => ({ last_sync_status: 'error',
  last_sync_error: text, last_synced: earlier(HOUR) });

// A fresh connector, a failing one, and one that never synced.
async function fillThree() {
  await report('calm', completed(), { service_type: 'postgresql', index_name: 'search-calm' });
  await report('broken', failed(), { service_type: 'jira' });
  await put(stack, '/_connector/new', { name: 'Name of new', service_type: 'jira' });
}

// Opens an address below the dashboard, gives { page, faults } to `use`, and allows no faults.
async function withPage(address, use, { context = browser.context, size } = {}) {
  await usePage(context, home + address, use, size);
}

const row = (page, id) => page.locator('#rows tr').filter({
  has: page.locator('bdi').getByText(id, { exact: true }) });
const names = (page) => page.locator('#rows .name a').allTextContents();
const untilNames = (page, wanted) => until(async () =>
  JSON.stringify(await names(page)) === JSON.stringify(wanted), `the rows ${wanted}`)
  .catch(async (error) => { throw new Error(`${error.message}, not ${await names(page)}`); });

test('it shows what is wrong first, and all that is known of each connector', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await untilNames(page, ['Name of broken', 'Name of new', 'Name of calm']);
    const verdict = await page.locator('h1#verdict').textContent();
    assert.strictEqual(verdict, '1 connector needs attention');
    assert.strictEqual(await page.title(), '(1) lastsync');
    const broken = row(page, 'broken');
    assert.match(await broken.textContent(), /Failing.*jira.*Houston, we have a problem!/);
    assert.strictEqual(await broken.locator('.indexed .blank').textContent(), '–');
    const calm = row(page, 'calm');
    const success = calm.locator('.success > time');
    assert.match(await success.locator('.ago').textContent(), /^(59 min|1 h) ago$/);
    const exact = success.locator('.exact');
    assert.match(await exact.textContent(), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC$/);
    assert.strictEqual(await exact.evaluate((node) => getComputedStyle(node).opacity), '0');
    await success.hover();
    await until(() => exact.evaluate((node) => getComputedStyle(node).opacity === '1'), 'the moment');
    assert.strictEqual(await calm.locator('.indexed').textContent(), '42');
    assert.match(await calm.locator('svg.strip').getAttribute('aria-label'), /1 completed/);
  });
});

test('a try that runs is told beside the state, and the last error stays', async () => {
  await fillThree();
  await again('broken', { last_sync_status: 'in_progress', last_sync_error: null });
  await again('calm', { last_sync_status: 'in_progress' });
  await withPage('', async (page) => {
    const broken = row(page, 'broken');
    await broken.getByText('Houston, we have a problem!').waitFor();
    assert.match(await broken.locator('.state').textContent(), /^Failing.*retrying for \d+ s/);
    assert.match(await row(page, 'calm').locator('.state').textContent(), /^Fresh.*running for \d+ s/);
    assert.match(await row(page, 'calm').locator('.success').textContent(), /due in 2[23] h/);
    assert.strictEqual(await row(page, 'calm').locator('.indexed .blank').textContent(), '–');
    assert.match(await page.locator('#verdict-more').textContent(),
      /^1 failing, of 3 in all; 2 run a sync$/);
    await again('calm', { last_indexed_document_count: 7 });
    await until(async () => await row(page, 'calm').locator('.indexed').textContent() === '7',
      'the count of the sync that runs', PATIENCE);
    await broken.locator('a').click();
    await page.locator('.title .run').getByText('retrying for').waitFor();
    assert.match(await page.locator('.panel.errors pre').textContent(), /Houston/);
    assert.match(await page.locator('.about').textContent(), /Failing since/);
    assert.strictEqual(await page.locator('.past:not(.jobs) tbody tr').count(), 1);
  });
});

test('0 and not reported stay apart', async () => {
  await report('zero', completed(HOUR, 0));
  await withPage('', async (page) => {
    assert.strictEqual(await row(page, 'zero').locator('.indexed').textContent(), '0');
    assert.strictEqual(await row(page, 'zero').locator('.deleted .blank').textContent(), '–');
  });
});

test('counts of 64 bits are shown to the last digit', async () => {
  await report('large', { last_indexed_document_count: 9007199254740993 });
  await stack.redisCommand('HSET', 'connector:{large}', 'last_indexed_document_count',
    '9223372036854775807');
  await withPage('', async (page) => {
    const cell = row(page, 'large').locator('.indexed');
    assert.strictEqual(await cell.textContent(), '9,223,372,036,854,775,807');
  });
});

test('filters and the search are in the address, and the back button undoes them', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await page.locator('#states button.failing').click();
    await untilNames(page, ['Name of broken']);
    assert.ok(page.url().endsWith('?state=failing'), page.url());
    const pressed = await page.locator('#states button.failing').getAttribute('aria-pressed');
    assert.strictEqual(pressed, 'true');
    await page.locator('#states button.fresh').click();
    await untilNames(page, ['Name of broken', 'Name of calm']);
    await page.goBack();
    await untilNames(page, ['Name of broken']);
    await page.goBack();
    await untilNames(page, ['Name of broken', 'Name of new', 'Name of calm']);
    await page.keyboard.press('/');
    await page.keyboard.type('calm');
    await page.waitForURL((url) => url.searchParams.get('query') === 'calm'); // the rows suit "c" as well
    await untilNames(page, ['Name of calm']);
    assert.ok(page.url().endsWith('?query=calm'), page.url());
    await page.reload();
    await untilNames(page, ['Name of calm']);
    await page.locator('#clear').click();
    await page.locator('#type option').getByText('jira (2)').waitFor({ state: 'attached' });
    await page.locator('#type').selectOption('jira');
    await untilNames(page, ['Name of broken', 'Name of new']);
  });
});

test('filters that nothing matches say so, and can be cleared there', async () => {
  await fillThree();
  await withPage('?query=nobody', async (page) => {
    await page.locator('#nothing').getByText('No connector matches').waitFor();
    await page.locator('#nothing button').click();
    await untilNames(page, ['Name of broken', 'Name of new', 'Name of calm']);
  });
});

test('a page beyond the end says so, and leads to the first one of the same filters', async () => {
  await fillThree();
  for (const [address, first] of [['?state=failing&query=broken', ['Name of broken']],
    ['?size=25', ['Name of broken', 'Name of new', 'Name of calm']]]) {
    await withPage(`${address}&from=50`, async (page) => {
      await page.locator('#nothing').getByText('There are not as many pages any more.').waitFor();
      await page.locator('#nothing').getByRole('button', { name: 'To the first page' }).click();
      await untilNames(page, first);
      assert.ok(page.url().endsWith(address), page.url());
      assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'content');
    });
  }
});

test('it sorts by the names of columns, both ways', async () => {
  await fillThree();
  await withPage('', async (page) => {
    const head = page.locator('#head').getByRole('button', { name: 'Connector' });
    await head.click();
    await untilNames(page, ['Name of broken', 'Name of calm', 'Name of new']);
    assert.strictEqual(await page.locator('th[aria-sort]').getAttribute('aria-sort'), 'ascending');
    await head.click();
    await untilNames(page, ['Name of new', 'Name of calm', 'Name of broken']);
    assert.ok(page.url().endsWith('?sort=-name'), page.url());
    await page.locator('#sort').selectOption('indexed');
    await until(async () => (await names(page))[0] === 'Name of calm', 'the one with documents');
  });
});

test('it shows pages', async () => {
  for (let i = 10; i < 70; i++) await put(stack, `/_connector/c${i}`, { name: `c${i}` });
  await withPage('?sort=name&size=25', async (page) => {
    await page.locator('#page').getByText('1–25 of 60').waitFor();
    assert.ok(await page.locator('#previous').isDisabled());
    await page.locator('#next').click();
    await page.locator('#page').getByText('26–50 of 60').waitFor();
    await page.locator('#next').click();
    await page.locator('#page').getByText('51–60 of 60').waitFor();
    assert.strictEqual((await names(page))[0], 'c60');
    assert.ok(await page.locator('#next').isDisabled());
    await page.goBack();
    await page.locator('#page').getByText('26–50 of 60').waitFor();
  });
});

test('a report shows by itself; focus, selection and rows stay what they are', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'calm').locator('a').focus();
    await page.evaluate(() => {
      globalThis.kept = document.activeElement;
      getSelection().selectAllChildren(document.activeElement);
    });
    await again('calm', failed('a new error'));
    await row(page, 'calm').getByText('a new error').waitFor();
    await page.locator('#verdict').getByText('2 connectors need attention').waitFor();
    const kept = await page.evaluate(() => globalThis.kept.isConnected &&
      document.activeElement === globalThis.kept && String(getSelection()) === 'Name of calm');
    assert.ok(kept, 'the focus or the selection is lost');
    await put(stack, '/_connector/fourth', { name: 'Name of fourth' });
    await row(page, 'fourth').waitFor();
  });
});

test('a pause holds the page still', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'calm').waitFor();
    await page.locator('#pause').click();
    await page.locator('#pulse-text').getByText('Paused').waitFor();
    await put(stack, '/_connector/fourth', { name: 'Name of fourth' });
    await page.locator('#pulse-text').getByText(/[7-9] s ago/).waitFor(); // beyond the interval
    assert.strictEqual(await row(page, 'fourth').count(), 0);
    await page.locator('#pause').click();
    await row(page, 'fourth').waitFor();
  });
});

test('it says that the server is gone, keeps what it had, and goes on after it', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'calm').waitFor();
    await stack.lastsync.stop();
    await page.locator('#problem').getByText('503').waitFor();
    assert.strictEqual(await row(page, 'calm').count(), 1);
    assert.match(await page.locator('#pulse-text').textContent(), /^Data from /);
    await stack.nginx.stop();
    await page.locator('#retry').click();
    await page.locator('#problem').waitFor();
    await stack.lastsync.start();
    await stack.nginx.start();
    await page.locator('#problem').waitFor({ state: 'hidden', timeout: 30000 });
    assert.match(await page.locator('#pulse-text').textContent(), /^Updated /);
  });
});

test('the last line follows as soon as Redis is gone, or the server, and when they are back', async () => {
  await fillThree();
  await withPage('', async (page) => {
    const line = page.locator('#health');
    const isSoon = { timeout: 30000 };   // within half of its usual interval
    await line.locator('.badge-icon.fresh, .badge-icon.late').waitFor();
    await stack.redis.stop();
    await line.locator('.badge-icon.failing').waitFor(isSoon);
    assert.match(await line.textContent(), /^lastsync \d/);
    await stack.nginx.stop();
    await line.getByText('not known').waitFor(isSoon);
    await stack.nginx.start();
    await stack.redis.start();
    await line.locator('.badge-icon.fresh, .badge-icon.late').waitFor(isSoon);
  });
});

test('a connector has a view of its own: errors in full, history, schedule, keys', async () => {
  const error = `first line\n${'x'.repeat(3000)}\nlast line`;
  await fillThree();
  for (let i = 0; i < 20; i++) await again('broken', completed(HOUR * (30 - i), i + 1));
  await again('broken', { ...failed(error), last_access_control_sync_status: 'error',
    last_access_control_sync_error: 'no rights' });
  await put(stack, '/_connector/broken/_scheduling',
    { scheduling: { full: { enabled: true, interval: '0 0 3 * * ?' } } });
  await withPage('', async (page) => {
    await row(page, 'broken').locator('a').click();
    await page.locator('h1#connector-name').getByText('Name of broken').waitFor();
    await page.locator('.panel.errors pre').first().waitFor();
    assert.ok(page.url().endsWith('?connector=broken'), page.url());
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'connector-name');
    assert.deepStrictEqual(await page.locator('.panel.errors pre').allTextContents(),
      [error, 'no rights']);
    const view = await page.locator('#connector').textContent();
    assert.match(view, /daily at 03:00 UTC/);
    assert.ok(view.includes("HGETALL 'connector:{broken}'"), view);
    const label = await page.locator('svg.chart').getAttribute('aria-label');
    assert.match(label, /22 syncs.*20 completed/);
    const pastSyncs = page.locator('.past:not(.jobs) tbody tr');
    assert.strictEqual(await pastSyncs.count(), 15);
    await page.getByRole('button', { name: 'Show older' }).click();
    await until(async () => await pastSyncs.count() === 22, 'all syncs');
    await page.getByRole('button', { name: 'Access control', exact: true }).click();
    await until(async () => await pastSyncs.count() === 1, 'one sync');
    await again('broken', completed(0, 777));
    await page.locator('.facts').getByText('777').first().waitFor();
    await page.goBack();
    await row(page, 'broken').waitFor();
    const focused = await page.evaluate(() => document.activeElement.textContent);
    assert.strictEqual(focused, 'Name of broken');
  });
});

test('a connector\'s view has its sync jobs', async () => {
  await report('worker', completed(), { service_type: 'jira', index_name: 'search-worker' });
  await withPage('?connector=worker', async (page) => {
    await page.getByText('No job was created for this connector.').waitFor();
    const body = { id: 'worker', job_type: 'access_control' };
    const { status } = await request(stack, 'POST', '/_connector/_sync_job', { body });
    assert.strictEqual(status, 201);
    await page.locator('.jobs tbody tr').waitFor();
    assert.match(await page.locator('.jobs tbody tr').textContent(), /access control.*Pending/);
    const panel = page.locator('.panel:has(.jobs)');
    assert.strictEqual(await panel.locator('.panel-head .hint').textContent(), '');
    for (let i = 0; i < 20; i++) {
      const { json: { id } } = await request(stack, 'POST', '/_connector/_sync_job', { body });
      await put(stack, `/_connector/_sync_job/${id}/_cancel`);
    }
    await panel.getByText('the last 20 of 21').waitFor();
    assert.strictEqual(await page.locator('.jobs tbody tr').count(), 20);
  });
});

test('a sync that is reported for a time beyond the year 9999 breaks no view', async () => {
  await report('far', { ...completed(), last_synced: '1700000000000000' });
  await withPage('', async (page) => {
    await row(page, 'far').locator('a').click();
    await page.locator('svg.chart').waitFor();
    await page.locator('.past:not(.jobs) tbody .when').getByText('20').waitFor();
    assert.ok(!await page.locator('#problem').isVisible());
  });
});

test('the commands for Redis are right for an id with quotes', async () => {
  for (const id of ['it\'s "1" \\ %', 'a "2" \\']) {
    await report(id, completed());
    await withPage(`?connector=${encodeURIComponent(id)}`, async (page) => {
      await page.locator('#connector:not(.loading) .keys code').first().waitFor();
      const command = await page.locator('.keys code').first().textContent();
      const fields = execFileSync('redis-cli', ['-s', stack.redisSocket], { input: `${command}\n`, encoding: 'utf8' });
      assert.ok(fields.includes(`Name of ${id}`), `${command}: ${fields}`);
    });
  }
});

test('a connector that is not there is said to be so', async () => {
  await withPage('?connector=nobody', async (page) => {
    await page.getByText('No such connector').waitFor();
    await page.getByText('nobody').waitFor();
  });
});

const HOSTILE = ['<img src=x onerror="globalThis.hacked=1">', '</script><script>hacked=1</script>',
  '\u202Eexe.gpj\u202C right to left \u2066', '😀👩‍👩‍👧‍👦 é\u0301\u0302\u0303', 'ل'.repeat(300),
  'javascript:alert(1)', '" onmouseover="hacked=1', "' & &lt; {{7*7}} ${1}"];

test('no text of a connector becomes markup, breaks the layout or is lost', async () => {
  for (const [i, text] of HOSTILE.entries()) {
    await report(`${text}${i}`.slice(0, 200), { ...failed(text),
      last_access_control_sync_error: text, last_access_control_sync_status: 'error' },
    { name: text, service_type: text });
    const target = `/_connector/${encodeURIComponent(`${text}${i}`.slice(0, 200))}`;
    await put(stack, `${target}/_error`, { error: text });
  }
  const about = { name: 'n'.repeat(10000), service_type: 't'.repeat(5000) };
  await report('long', failed('w'.repeat(10000)), about);
  for (const size of [undefined, PHONE]) {
    await withPage('', async (page) => {
      await page.locator('#rows tr').nth(HOSTILE.length).waitFor();
      const shown = new Set(await names(page));
      for (const text of HOSTILE) assert.ok(shown.has(text), text);
      await assertIntact(page);
      const addresses = await page.locator('#rows .name a').evaluateAll((links) =>
        links.map((link) => link.getAttribute('href')));
      for (const address of addresses) {
        await page.goto(new URL(address, home).href);
        await page.locator('.panel.errors pre').first().waitFor();
        await assertIntact(page);
      }
    }, { size });
  }
});

async function assertIntact(page) {
  const found = await page.evaluate(() => ({ hacked: globalThis.hacked,
    images: document.querySelectorAll('main img, main script, main [onmouseover]').length,
    wider: document.documentElement.scrollWidth - innerWidth }));
  assert.deepStrictEqual({ ...found, wider: Math.max(0, found.wider) },
    { hacked: undefined, images: 0, wider: 0 });
}

test('all of it can be done with the keyboard', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'calm').waitFor();
    const tabTo = async (selector) => {
      for (let i = 0; i < 60; i++) {
        await page.keyboard.press('Tab');
        const isThere = (wanted) => document.activeElement.matches(wanted);
        if (await page.evaluate(isThere, selector)) return;
      }
      assert.fail(`${selector} is not reached by Tab`);
    };
    await tabTo('.skip');
    await tabTo('#pause');
    await tabTo('#states button.failing');
    await page.keyboard.press('Space');
    await untilNames(page, ['Name of broken']);
    await tabTo('#sort');
    await tabTo('#rows a');
    assert.strictEqual(await row(page, 'broken').locator('.success .exact').count(), 0); // never
    await page.keyboard.press('Enter');
    await page.locator('h1#connector-name').getByText('Name of broken').waitFor();
    await page.locator('svg.chart').waitFor();
    await page.keyboard.press('Alt+ArrowLeft');
    await untilNames(page, ['Name of broken']);
  });
});

test('colours follow the system, or the button, which is remembered', async () => {
  await fillThree();
  await withPage('', async (page) => {
    const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    await page.emulateMedia({ colorScheme: 'light' });
    const light = await background();
    await page.emulateMedia({ colorScheme: 'dark' });
    const dark = await background();
    assert.notStrictEqual(dark, light);
    await page.locator('#theme').click();
    assert.strictEqual(await background(), light);
    await page.reload();
    assert.strictEqual(await background(), light);
    await page.locator('#theme').click();
    await page.locator('#theme').click();
    assert.strictEqual(await page.locator('#theme').textContent(), 'Colours: system');
  });
});

test('on a phone rows are cards, and nothing is wider than the screen', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'broken').waitFor();
    await assertIntact(page);
    const { width } = await row(page, 'broken').boundingBox();
    assert.ok(width > 300 && width <= PHONE.width, String(width));
    await row(page, 'broken').locator('a').click();
    await page.locator('svg.chart').waitFor();
    await assertIntact(page);
  }, { size: PHONE });
});

test('with 10,000 connectors it works as with three', async () => {
  const connection = await RawConnection.open(stack.port);
  for (let i = 0; i < 10000; i++) {
    const body = JSON.stringify({ name: `c${String(i).padStart(5, '0')}` });
    await connection.write(`PUT /_connector/c${i} HTTP/1.1\r\nHost: x\r\nContent-Type: ` +
      `application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    assert.strictEqual((await connection.answer('PUT')).status, 201);
  }
  connection.close();
  await report('c7777', failed());
  await withPage('', async (page) => {
    await page.locator('#states button.all').getByText('10,000').waitFor();
    assert.strictEqual((await names(page))[0], 'Name of c7777');
    assert.ok(await page.locator('#rows tr').count() <= 100);
    await page.locator('#query').fill('c04321');
    await untilNames(page, ['c04321']);
    await page.locator('#clear').click();
    await page.locator('#sort').selectOption('-name');
    const isC = (name) => name.startsWith('c');
    await until(async () => (await names(page)).find(isC) === 'c09999', 'the last name first');
    await page.goto(`${home}?sort=name&from=9900&size=100`);
    await page.locator('#page').getByText('9,901–10,000 of 10,000').waitFor();
    assert.ok(await page.locator('#next').isDisabled());
  });
});

test('old rows are said to be old while a filter looks for others', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'calm').waitFor();
    let answer;
    const held = new Promise((resolve) => { answer = resolve; });
    await page.route(/overview\?.*query=broken/, async (route) => {
      await held;
      await route.continue();
    });
    await page.locator('#query').fill('broken');
    await page.locator('#list[aria-busy="true"]').waitFor();
    await page.locator('#found').getByText('Looking').waitFor();
    assert.strictEqual(await row(page, 'calm').count(), 1);
    answer();
    await untilNames(page, ['Name of broken']);
    assert.strictEqual(await page.locator('#list[aria-busy]').count(), 0);
  });
});

test('a search is of words, in either case, of the name, the id and the index', async () => {
  await fillThree();
  await report('drive-fin', completed(), { name: 'Google Drive – Finance', index_name: 'Money' });
  for (const words of ['drive fin', 'FINANCE google', 'money drive-fin', 'drive  fin ']) {
    await withPage(`?query=${encodeURIComponent(words)}`, async (page) => {
      await untilNames(page, ['Google Drive – Finance']);
    });
  }
});

test('a search finds what fails by its error, and marks the words there', async () => {
  await fillThree();
  await report('odd', failed(`${'first '.repeat(40)}HTTP 401 (Unauthorized)`));
  await withPage('', async (page) => {
    await page.getByLabel(/search words of .* error/i).fill('unauth* (401|x) 401');
    await page.locator('#found').getByText('0 connectors match').waitFor();
    await page.locator('#query').fill('ODD 401 (unauth*');
    await untilNames(page, ['Name of odd']);
    const marks = row(page, 'odd').locator('.errors mark');
    assert.deepStrictEqual(await marks.allTextContents(), ['401', '(Unauth']);
    assert.match(await row(page, 'odd').locator('.errors bdi').textContent(), /^…(?:.{0,10}first ){4,}HTTP 401/);
    assert.ok(await marks.first().isVisible());
    await page.locator('#query').fill('houston');
    await untilNames(page, ['Name of broken']);
    await page.locator('#clear').click();
    await row(page, 'calm').waitFor();
    assert.strictEqual(await page.locator('#rows mark').count(), 0);
  });
});

test('of a search that is too long the first words are searched, and it says so', async () => {
  await fillThree();
  const words = 'Houston, we have a problem! a We A';
  const more = Array.from({ length: 20 }, (_, i) => `more${i}`).join(' ');
  await again('broken', failed(`${words} ${more}`));
  await withPage('', async (page) => {
    const limit = page.locator('#query-limit');
    await page.locator('#query').fill(`${words} ${more} and nothing`);
    await limit.getByText('at most 16 different words').waitFor();
    await untilNames(page, ['Name of broken']);
    assert.ok(!await page.locator('#problem').isVisible());
    await page.goto(`${home}?query=${encodeURIComponent(`${words} ${more}`)}`);
    await untilNames(page, ['Name of broken']);
    assert.match(await page.locator('#query').inputValue(), /more10$/);
    assert.strictEqual(await limit.textContent(), '');
    assert.deepStrictEqual(await axeFaults(page), []);
  });
});

test('choices that the server refuses can be changed, also at first, and are not asked for at once again', async () => {
  await fillThree();
  await withPage('icon.svg', async (page) => {
    let asked = 0;
    await page.route(/overview\?.*size=100/, async (route) => {
      asked++;
      await route.fulfill({ status: 400, json: { error: { reason: 'too large' }, status: 400 } });
    });
    await page.clock.install();
    await page.goto(`${home}?size=100&state=failing`);
    await page.locator('#problem').getByText('400: too large').waitFor();
    assert.ok(!await page.locator('#gate').isVisible());
    await page.locator('#pulse-text').getByText('No data').waitFor();
    await page.clock.runFor(40000);
    assert.strictEqual(asked, 1);
    await page.clock.runFor(22000);    // what there is may have changed; a minute is over, and no request's time
    await until(() => asked === 2, 'another request');
    await page.locator('#clear').click();
    await page.locator('#size').selectOption('50');
    await untilNames(page, ['Name of broken', 'Name of new', 'Name of calm']);
    await page.locator('#problem').waitFor({ state: 'hidden' });
  });
});

test('a search says whose errors it has not searched', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await page.route(/overview\?.*query=/, async (route) => {
      const answer = await route.fetch();
      await route.fulfill({ json: { ...await answer.json(), unsearched_errors: 1234 } });
    });
    await page.locator('#query').fill('houston');
    await page.locator('#found').getByText('1 connector matches; the errors of 1,234 connectors were not searched')
      .waitFor();
  });
});

test('a view that is dear to the server is asked for seldom, and says so', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await row(page, 'calm').waitFor();
    await page.locator('#pulse-text').filter({ hasText: /Updated/, hasNotText: /every/ }).waitFor(); // once the machine is free
    let asked = 0;
    await page.route(/overview\?.*query=/, async (route) => {
      asked++;
      await new Promise((resolve) => { setTimeout(resolve, 1500); });
      await route.continue();
    });
    await page.locator('#query').fill('calm');
    await page.locator('#pulse-text').getByText(/every ([3-5]\d s|1 min)/).waitFor();
    await page.locator('#pulse-text').getByText(/[7-9] s ago/).waitFor(); // beyond the usual interval
    assert.strictEqual(asked, 1);
  });
});

test('the end of the pages says why it is there, and leads to the search', async () => {
  await fillThree();
  await withPage('', async (page) => {
    await page.route(/overview\?from=9900/, async (route) => {
      const answer = await route.fetch({ url: route.request().url().replace('from=9900', 'from=0') });
      const body = await answer.json();
      const [first] = body.results;
      const results = Array.from({ length: 100 }, (_, i) => ({ ...first, id: `far-${i}` }));
      await route.fulfill({ response: answer, json: { ...body, count: 100000, results } });
    });
    await page.goto(`${home}?from=9900&size=100`);
    await page.locator('#end').getByText('first 10,000 of 100,000').waitFor();
    assert.ok(await page.locator('#next').isDisabled());
    await page.locator('#narrow').click();
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'query');
  });
});

test('a name that cannot be seen gives way to the id, and an id of dots can be opened', async () => {
  const blanks = ['   ', '\u200b\u2800', '\u3164'];
  for (const [i, name] of blanks.entries()) await report(`blank-${i}`, failed(), { name });
  await report('..', failed('the dots fail'), { name: 'Dots' });
  await report('x..y', completed(), { name: 'Other dots' });
  await withPage('', async (page) => {
    await page.locator('#rows .name a').getByText('blank-2', { exact: true }).waitFor();
    assert.deepStrictEqual((await names(page)).sort(),
      ['Dots', 'Other dots', 'blank-0', 'blank-1', 'blank-2']);
    await page.locator('#rows .name a').getByText('Dots', { exact: true }).click();
    await page.locator('h1#connector-name').getByText('Dots', { exact: true }).waitFor();
    await page.locator('.panel.errors').getByText('the dots fail').waitFor();
    assert.strictEqual(await page.locator('.past:not(.jobs) tbody tr').count(), 1);
  });
});

test('counts of 16 digits stay within a card', async () => {
  await report('large', { ...completed(), last_indexed_document_count: 9007199254740993,
    last_deleted_document_count: 9007199254740993 });
  await withPage('', async (page) => {
    const boxes = async () => Promise.all(['.indexed', '.deleted'].map((name) =>
      row(page, 'large').locator(name).boundingBox()));
    await row(page, 'large').waitFor();
    const [indexed, deleted] = await boxes();
    assert.ok(indexed.x + indexed.width <= deleted.x + 1, JSON.stringify([indexed, deleted]));
    await assertIntact(page);
  }, { size: PHONE });
});

test('what the pointer reads of a chart is seen in a window of usual height', async () => {
  await fillThree();
  await withPage('?connector=broken', async (page) => {
    const chart = page.locator('svg.chart');
    const readOut = page.locator('.panel:has(svg.chart) .read-out');
    let box;
    await until(async () => { // a chart that is drawn anew is another element
      box = await chart.evaluate((node) => {
        node.scrollIntoView({ block: 'center' });
        return node.getBoundingClientRect().toJSON();
      });
      await page.mouse.move(box.x + box.width - 15, box.y + 100);
      return readOut.getByText('Error').isVisible();
    }, 'the chart to be read');
    const { y, height } = await readOut.boundingBox();
    assert.ok(y + height <= box.y, 'it stands above the chart');
    const places = await chart.locator('path.cross:not(.rim), rect.bar').evaluateAll((nodes) =>
      nodes.map((node) => node.getAttribute('class')));
    assert.strictEqual(places.at(-1), 'cross', 'a cross lies on its bar');
  });
});

test('nothing in the page moves by itself', async () => {
  await report('first', { last_sync_status: 'in_progress' });
  await withPage('', async (page) => {
    await row(page, 'first').getByText('Running', { exact: true }).waitFor();
    const moving = await page.evaluate(() =>
      document.getAnimations().filter(({ effect }) => effect.getTiming().iterations > 1).length);
    assert.strictEqual(moving, 0);
  });
});

// The bytes on the wire of requests whose addresses match.
function countBytes(page, pattern) {
  const sizes = [];
  page.on('requestfinished', async (sent) => {
    if (!pattern.test(sent.url())) return;
    const { responseBodySize } = await sent.sizes();
    sizes.push(responseBodySize);
  });
  return sizes;
}

test('the page is light: at first, and each time it asks', async () => {
  const random = (length) => Array.from({ length }, () =>
    Math.random().toString(36).slice(2, 9)).join(' ');
  for (let i = 0; i < 50; i++) {
    const id = `c${i}-${random(1)}`;
    await report(id, completed(HOUR), { service_type: 'jira', index_name: `search-${id}` });
    for (let k = 40; k > 0; k--) await again(id, completed(HOUR - k * 1000, k * 17));
    await again(id, failed(`HTTPError: 401 for https://example.com/${random(4)} ${'x'.repeat(1000)}`));
  }
  await withPage('icon.svg', async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('Network.setCacheDisabled', { cacheDisabled: true });
    const all = countBytes(page, /./);
    const polls = countBytes(page, /overview/);
    await page.goto(home);
    await page.locator('#rows tr').nth(49).waitFor();
    await until(() => polls.length >= 3, 'three polls', 3 * PATIENCE);
    const first = all.reduce((sum, size) => sum + size, 0);
    assert.ok(first < 150 * 1024, `${first} bytes in all`);
    assert.ok(polls[0] < 60 * 1024, `${polls[0]} bytes in the first answer`);
    for (const size of polls.slice(1)) assert.ok(size > 0 && size < 15 * 1024, `${size} bytes per poll`);
  });
});

test('it prints as a table as wide as the sheet, in light colours, without controls', async () => {
  await fillThree();
  await put(stack, '/_connector/broken/_error', { error: 'e'.repeat(300) });
  for (let i = 0; i < 60; i++) await again('calm', completed(HOUR * (60 - i), i * i));
  await withPage('', async (page) => {
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await row(page, 'broken').waitFor();
    const sheet = 1032;
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(await wide() <= sheet, String(await wide()));
    const { width } = await row(page, 'broken').boundingBox();
    assert.ok(width > 900, `a row of ${width} pixels`);
    assert.ok(await page.locator('#connectors thead').isVisible());
    for (const control of ['#pause', '#filters', '#theme']) {
      assert.ok(!await page.locator(control).isVisible(), control);
    }
    const color = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    assert.strictEqual(color, 'rgb(255, 255, 255)');
    assert.deepStrictEqual(await axeFaults(page), []);
    await page.emulateMedia({ media: 'screen' });
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.goto(`${home}?connector=calm`);
    await page.locator('svg.chart').waitFor();
    await page.emulateMedia({ media: 'print' });
    await page.setViewportSize({ width: sheet, height: 700 });
    for (const picture of ['svg.chart', 'svg.strip']) {
      await until(async () => {      // it is redrawn when its width changes
        const box = await page.locator(picture).boundingBox();
        return box && box.x >= 0 && box.x + box.width <= sheet;
      }, `${picture} within the sheet`);
    }
    assert.ok(await wide() <= sheet, String(await wide()));
    assert.deepStrictEqual(await axeFaults(page), []);
  }, { size: { width: 1032, height: 700 } });
});

test('forced colours leave shapes to see', async () => {
  await fillThree();
  await withPage('?connector=broken', async (page) => {
    await page.emulateMedia({ forcedColors: 'active' });
    await page.locator('svg.chart').waitFor();
    const looks = await page.evaluate(() => [...document.querySelectorAll(
      'svg.chart .cross:not(.rim), svg.strip .error, svg.strip .base')].map((node) => {
      const { stroke } = getComputedStyle(node);
      return [stroke, getComputedStyle(document.body).backgroundColor];
    }));
    assert.ok(looks.length >= 3, String(looks.length));
    for (const [stroke, paper] of looks) assert.notStrictEqual(stroke, paper);
    assert.deepStrictEqual(await axeFaults(page), []);
  });
});

for (const scheme of ['light', 'dark']) {
  for (const size of [undefined, PHONE]) {
    test(`axe-core finds no fault: ${scheme}${size ? ', phone' : ''}`, async () => {
      await withPage('', async (page) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.getByText('No connectors yet').first().waitFor();
        assert.deepStrictEqual(await axeFaults(page), []);
        await fillThree();
        await row(page, 'broken').waitFor();
        await page.locator('#states button.failing').click();
        await untilNames(page, ['Name of broken']);
        assert.deepStrictEqual(await axeFaults(page), []);
        await row(page, 'broken').locator('a').click();
        await page.locator('svg.chart').waitFor();
        assert.deepStrictEqual(await axeFaults(page), []);
      }, { size });
    });
  }
}
