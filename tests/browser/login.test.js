// Logging in, and the page's words while it has nothing to show.
'use strict';

const assert = require('node:assert');
const { test } = require('node:test');
const { axeFaults, openPage, useDashboard } = require('./browser');
const { createKey, createReporter, revokeKey } = require('../lib/keys');
const { request } = require('../lib/raw');
const { until } = require('../lib/until');

const PHONE = { width: 390, height: 844 };

let stack;
let browser;
let home;
const keys = {};

useDashboard(async (opened) => {
  ({ stack, browser, home } = opened);
  keys.manager = await createKey(stack, 'manage_connector');
  keys.monitor = await createKey(stack, 'monitor_connector');
  keys.viewer = await createKey(stack, 'view_connector');
  keys.reporter = await createReporter(stack, '*');
  await request(stack, 'PUT', '/_connector/calm',
    { headers: keys.manager.headers, body: { name: 'Name of calm' } });
}, { stackOptions: { access: 'keys' } });

async function withPage(use, { address = '', size, prepare } = {}) {
  const { page, faults } = await openPage(browser.context, 'about:blank', size);
  try {
    await prepare?.(page);
    await page.goto(home + address);
    await use(page);
    assert.deepStrictEqual(faults.filter((fault) => !fault.startsWith('request: ')), []);
  } finally {
    await page.close();
  }
}

const title = (page, words) => page.locator('#gate-title').getByText(words).waitFor();
const row = (page) => page.locator('#rows a').getByText('Name of calm');

async function logIn(page, id, secret) {
  await page.locator('#login').waitFor();
  await page.locator('#key-id').fill(id);
  await page.locator('#key-secret').fill(secret);
  await page.keyboard.press('Enter');
}

for (const [form, shown] of [['id and secret', ({ id, api_key: secret }) => [id, secret]],
  ['encoded', ({ encoded }) => ['', encoded]],
  ['encoded, as a header', ({ encoded }) => ['', ` ApiKey ${encoded} `]]]) {
  test(`a login by ${form} lasts as long as the tab, or until the log-out`, async () => {
    await withPage(async (page) => {
      await title(page, 'Log in');
      assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'key-id');
      assert.ok(!await page.locator('#list').isVisible());
      await logIn(page, ...shown(keys.monitor));
      await row(page).waitFor();
      assert.ok(!await page.locator('#gate').isVisible());
      await page.locator('#health').getByText(`${keys.monitor.id} (monitor_connector)`).waitFor();
      await page.reload();
      await row(page).waitFor();
      await page.locator('#logout').click();
      await title(page, 'Log in');
      assert.strictEqual(await row(page).count(), 0);
      await page.reload();
      await title(page, 'Log in');
    });
  });
}

test('another tab knows nothing of a login', async () => {
  await withPage(async (page) => {
    await logIn(page, '', keys.monitor.encoded);
    await row(page).waitFor();
    await withPage((other) => title(other, 'Log in'));
  });
});

test('the browser asks for nothing by itself, and nothing is asked again and again', async () => {
  await withPage(async (page) => {
    let asked = 0;
    page.on('request', () => asked++);
    await title(page, 'Log in');
    const before = asked;
    await page.locator('#pulse-text').getByText('Locked').waitFor();
    const { challenge } = await page.evaluate(async () => {
      const answer = await fetch('overview', { headers: { 'x-requested-with': 'XMLHttpRequest' } });
      return { challenge: answer.headers.get('www-authenticate') };
    });
    assert.strictEqual(challenge, 'ApiKey');
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 6000); }));
    assert.strictEqual(asked, before + 1);
  });
});

test('a wrong key is said to be wrong, and another one may follow', async () => {
  await withPage(async (page) => {
    for (const [id, secret] of [['nobody', 'nothing'], ['', 'no base64 at all'], ['ü', '€'],
      ['', 'line\tfeed']]) {
      await logIn(page, id, secret);
      await title(page, 'does not open');
    }
    await logIn(page, '', keys.monitor.encoded);
    await row(page).waitFor();
  });
});

test('each refusal of a key is told, also if it is as the one before', async () => {
  await withPage(async (page) => {
    await title(page, 'Log in');
    await page.evaluate(() => {
      globalThis.said = [];
      for (const id of ['announcement', 'gate-words']) {
        const node = document.getElementById(id);
        new MutationObserver(() => globalThis.said.push(`${id}: ${node.textContent.slice(0, 20)}`))
          .observe(node, { childList: true, characterData: true, subtree: true });
      }
    });
    const said = (words) => page.evaluate((wanted) => globalThis.said.filter((text) => text === wanted).length, words);
    for (const times of [1, 2, 3]) {
      await logIn(page, 'nobody', 'nothing');
      await until(async () => await said('announcement: This key does not op') === times, `refusal ${times}`);
      assert.strictEqual(await said('gate-words: It is not known, was'), times);
    }
  });
});

test('a key of another role is said to be one', async () => {
  await withPage(async (page) => {
    await logIn(page, '', keys.reporter.encoded);
    await title(page, 'may not look');
    await page.locator('#logout').click();
    await title(page, 'Log in');
  });
});

test('a key that may only view sees a connector, and asks for nothing that has its configuration', async () => {
  await withPage(async (page) => {
    await logIn(page, '', keys.viewer.encoded);
    await page.locator('#health').getByText(`${keys.viewer.id} (view_connector)`).waitFor();
    const asked = [];
    page.on('request', (sent) => asked.push(new URL(sent.url()).pathname));
    await row(page).click();
    await page.locator('#connector-name').getByText('Name of calm').waitFor();
    await until(() => asked.filter((path) => path === '/_lastsync/connector/calm').length > 1, 'the page to ask again');
    assert.deepStrictEqual(asked.filter((path) => !path.startsWith('/_lastsync/')), []);
    assert.ok(!await page.getByRole('heading', { name: 'Sync jobs' }).isVisible());
    assert.ok(!await page.locator('dl.schedule').isVisible(), 'of no schedule it says that none is reported');
    await page.reload(); // who it is, it learns only then
    await page.locator('#connector-name').getByText('Name of calm').waitFor();
    assert.ok(!await page.locator('#gate').isVisible());
  });
});

test('a key that is revoked while it looks: the page shows nothing more', async () => {
  const key = await createKey(stack, 'monitor_connector');
  await withPage(async (page) => {
    await logIn(page, '', key.encoded);
    await row(page).waitFor();
    await revokeKey(stack, key.id);
    await page.locator('#gate-title').getByText('does not open').waitFor();
    assert.ok(!await page.locator('#list').isVisible());
  });
});

test('after a key is revoked nothing of it stays, and the next one is asked about at once', async () => {
  const key = await createKey(stack, 'manage_connector');
  await withPage(async (page) => {
    await logIn(page, '', key.encoded);
    await page.locator('#health').getByText(`${key.id} (manage_connector)`).waitFor();
    await page.locator('body.may-change').waitFor();
    await row(page).click();
    const mute = page.getByRole('button', { name: 'Mute', exact: true });
    await mute.click();
    await page.locator('dialog.question').getByRole('button', { name: 'Mute' }).click();
    await page.locator('#done').getByText('Name of calm').waitFor();
    await page.getByRole('button', { name: 'Unmute' }).click();
    await page.locator('dialog.question').getByText('Name of calm').waitFor();
    await revokeKey(stack, key.id);
    await page.locator('#gate-title').getByText('does not open').waitFor();
    assert.strictEqual(await page.locator('dialog').count(), 0);
    assert.strictEqual(await page.locator('#done').textContent(), '');
    assert.strictEqual(await page.locator('#announcement').textContent(), 'This key does not open the door');
    assert.strictEqual(await page.evaluate(() => document.activeElement.id), 'key-id');
    assert.strictEqual(await page.locator('body.may-change').count(), 0);
    assert.ok(!await page.locator('#health').isVisible());
    await logIn(page, '', keys.monitor.encoded);
    await page.locator('#health').getByText(`${keys.monitor.id} (monitor_connector)`).waitFor();
    assert.strictEqual(await page.locator('body.may-change').count(), 0);
  });
});

test('after a lock no refusal of another kind shows what was known', async () => {
  await withPage(async (page) => {
    await logIn(page, '', keys.monitor.encoded);
    await row(page).waitFor();
    let answer = error(401, 'not known');
    await page.route('**/overview?*', (route) => route.fulfill(answer));
    await title(page, 'does not open');
    answer = error(400, 'too large');
    await logIn(page, '', keys.monitor.encoded);
    await title(page, 'refuses to answer');
    assert.ok(!await page.locator('#list').isVisible());
  });
});

test('a connector has its address also before the login', async () => {
  await withPage(async (page) => {
    await logIn(page, '', keys.monitor.encoded);
    await page.locator('h1#connector-name').getByText('Name of calm').waitFor();
  }, { address: '?connector=calm' });
});

// ---- other first answers ----

const error = (status, reason) => ({ status, contentType: 'application/json',
  body: JSON.stringify({ error: { reason }, status }) });

for (const [what, answer, said, advice] of [
  ['403 of the web server', error(403, 'this client may not come in'), 'does not let you in',
    'this client may not come in'],
  ['502', error(502, 'no worker answers'), 'cannot serve now', 'no worker answers'],
  ['503', error(503, 'Redis does not answer'), 'cannot serve now', 'Redis does not answer'],
  ['429', error(429, 'too many requests'), 'patience', 'by itself'],
  ['404', error(404, 'nothing here'), 'not behind this page', '_connector'],
  ['a page of a proxy', { status: 200, contentType: 'text/html', body: '<p>Log in</p>' },
    'not lastsync', 'Reload'],
  ['a proxy that leads away', { status: 302, headers: { location: 'http://127.0.0.1:1/login' } },
    'not lastsync', 'Reload'],
]) {
  test(`at first ${what}: one sentence, and what to do`, async () => {
    await withPage(async (page) => {
      await title(page, said);
      await page.locator('#gate-words').getByText(advice).waitFor();
      assert.ok(!await page.locator('#list').isVisible());
      assert.ok(!await page.locator('#login').isVisible());
      assert.deepStrictEqual(await axeFaults(page), []);
    }, { prepare: (page) => page.route('**/overview?*', (route) => route.fulfill(answer)) });
  });
}

test('at first nothing at all: it says so, tries when asked to, and goes on by itself', async () => {
  await withPage(async (page) => {
    await title(page, 'does not answer');
    const asked = page.waitForRequest('**/overview?*');
    await page.locator('#knock').click();
    await asked;
    await page.unroute('**/overview?*');
    await page.locator('#gate-title').getByText('Log in').waitFor({ timeout: 60000 });
  }, { prepare: (page) => page.route('**/overview?*', (route) => route.abort()) });
});

for (const scheme of ['light', 'dark']) {
  for (const size of [undefined, PHONE]) {
    test(`axe-core finds no fault in the login: ${scheme}${size ? ', phone' : ''}`, async () => {
      await withPage(async (page) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await title(page, 'Log in');
        assert.deepStrictEqual(await axeFaults(page), []);
        await logIn(page, 'nobody', 'nothing');
        await title(page, 'does not open');
        assert.deepStrictEqual(await axeFaults(page), []);
      }, { size });
    });
  }
}
