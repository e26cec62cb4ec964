// Changes that the page makes with a key that allows them, and that no other page can make.
'use strict';

const assert = require('node:assert');
const { execFileSync } = require('node:child_process');
const http = require('node:http');
const { beforeEach, test } = require('node:test');
const { axeFaults, openPage, put, usePage, useDashboard } = require('./browser');
const { createKey } = require('../lib/keys');
const { request } = require('../lib/raw');
const { startStack, until } = require('../lib/stack');

const PHONE = { width: 390, height: 844 };

let stack;                           // open to everybody
let browser;
let home;
let number = 0;
let id;                              // of the connector, which is new in each test

useDashboard(async (opened) => {
  ({ stack, browser, home } = opened);
  await browser.context.grantPermissions(['clipboard-read', 'clipboard-write']);
});
beforeEach(async () => {
  id = `c/${++number} 'x'`;
  await put(stack, `/_connector/${encodeURIComponent(id)}`,
    { name: `Name ${number}`, index_name: `search-${number}`, service_type: 'jira' });
});

async function withPage(use, { size, address = `?connector=${encodeURIComponent(id)}` } = {}) {
  await usePage(browser.context, home + address, use, size);
}

const read = async (target) => (await request(stack, 'GET', target)).json;
const jobs = async () =>
  (await read(`/_connector/_sync_job?connector_id=${encodeURIComponent(id)}`)).results;
const isFocused = (place) => until(() => place.evaluate((node) => node === document.activeElement), 'the focus');
const dialog = (page) => page.locator('dialog.question');

test('a sync is asked for, once, and the page says which job it became', async () => {
  await withPage(async (page) => {
    await page.getByRole('button', { name: 'Sync now', exact: true }).click();
    await dialog(page).getByText(`Sync “Name ${number}” now?`).waitFor();
    await dialog(page).getByRole('button', { name: 'Leave it' }).click();
    assert.deepStrictEqual(await jobs(), []);
    await page.getByRole('button', { name: 'Sync now', exact: true }).click();
    await dialog(page).locator('select').selectOption('access_control');
    await dialog(page).getByRole('button', { name: 'Sync now' }).click();
    await page.locator('#done').waitFor();
    const [job] = await jobs();
    assert.strictEqual(job.job_type, 'access_control');
    assert.strictEqual(job.trigger_method, 'on_demand');
    assert.match(await page.locator('#done').textContent(), new RegExp(job.id));
    assert.strictEqual(await dialog(page).count(), 0);
    await page.locator('.jobs tbody tr').getByText('Pending').waitFor();
  });
});

test('a job is canceled', async () => {
  const { json: { id: job } } = await request(stack, 'POST', '/_connector/_sync_job',
    { body: { id, job_type: 'full' } });
  await withPage(async (page) => {
    await page.getByRole('button', { name: `Cancel job ${job}` }).click();
    await dialog(page).getByRole('button', { name: 'Cancel the job' }).click();
    await page.locator('#done').getByText(job).waitFor();
    assert.strictEqual((await read(`/_connector/_sync_job/${job}`)).status, 'canceled');
    await page.locator('.jobs tbody tr').getByText('Canceled').waitFor();
    assert.strictEqual(await page.getByRole('button', { name: `Cancel job ${job}` }).count(), 0);
    await isFocused(page.getByRole('heading', { name: 'Sync jobs' }));
  });
});

test('a schedule is changed; a bad one is refused in words, and changes nothing', async () => {
  await withPage(async (page) => {
    await page.getByRole('button', { name: 'Change the schedule: full content' }).click();
    await dialog(page).getByLabel('On').check();
    await dialog(page).getByLabel('Times').fill('0 0 25 * * ?');
    await dialog(page).getByRole('button', { name: 'Change it' }).click();
    await dialog(page).locator('.fault').getByText('Nothing was changed').waitFor();
    const target = `/_connector/${encodeURIComponent(id)}`;
    assert.strictEqual((await read(target)).scheduling.full.enabled, false);
    await dialog(page).getByLabel('Times').fill('0 30 2 * * ?');
    await dialog(page).getByText('As a command').click();
    const command = await dialog(page).locator('pre').textContent();
    assert.match(command, /curl -X PUT 'http.*_scheduling'/);
    assert.ok(command.includes('"interval":"0 30 2 * * ?"'), command);
    assert.deepStrictEqual(await axeFaults(page), []);
    await dialog(page).getByRole('button', { name: 'Change it' }).click();
    await page.locator('#done').getByText('on, 0 30 2 * * ?').waitFor();
    const { scheduling } = await read(target);
    assert.deepStrictEqual(scheduling.full, { enabled: true, interval: '0 30 2 * * ?' });
    await page.locator('.schedule').getByText('daily at 02:30 UTC').waitFor();
    await isFocused(page.getByRole('button', { name: 'Change the schedule: full content' }));
  });
});

// The request arrives, but its answer does not.
for (const [what, lose] of [
  ['is cut off', (route) => route.abort()],
  ['is a gateway\'s', (route) => route.fulfill({ status: 504, contentType: 'text/html', body: '<p>504</p>' })]]) {
  test(`an answer that ${what} is not called "nothing was changed", and the view shows what is there`, async () => {
    await withPage(async (page) => {
      await page.getByText('No job was created for this connector.').waitFor();
      await page.locator('#pause').click(); // what comes now was asked for by the action
      await page.route('**/_connector/_sync_job', async (route) => {
        await route.fetch();
        await lose(route);
      });
      await page.getByRole('button', { name: 'Sync now', exact: true }).click();
      await dialog(page).getByRole('button', { name: 'Sync now' }).click();
      const fault = dialog(page).locator('.fault');
      await fault.getByText('It is not known whether this was done').waitFor();
      assert.doesNotMatch(await fault.textContent(), /Nothing was changed/);
      assert.strictEqual((await jobs()).length, 1);
      await page.locator('.jobs tbody tr').getByText('Pending').waitFor();
    });
  });
}

test('a connector is muted with a note, which the list has, too, and unmuted', async () => {
  const target = `/_lastsync/connector/${encodeURIComponent(id)}`;
  await put(stack, `/_connector/${encodeURIComponent(id)}/_last_sync`,
    { last_sync_status: 'error', last_sync_error: 'no route to host' });
  await withPage(async (page) => {
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await dialog(page).getByLabel('For').selectOption('24 hours');
    await dialog(page).getByLabel('Note').fill('  <b>ticket</b> 4711 ');
    await dialog(page).getByLabel('Who').fill('ann');
    await dialog(page).getByText('As a command').click();
    assert.match(await dialog(page).locator('pre').textContent(), /curl -X PUT 'http.*\/mute'/);
    assert.strictEqual((await read(target)).muted, null);
    assert.deepStrictEqual(await axeFaults(page), []);
    await dialog(page).getByRole('button', { name: 'Mute' }).click();
    await page.locator('#done').getByText(`“Name ${number}” is muted: 24 hours.`).waitFor();
    const { muted } = await read(target);
    assert.deepStrictEqual([muted.note, muted.who], ['<b>ticket</b> 4711', 'ann']);
    const hours = (Date.parse(muted.until) - Date.now()) / 3600000;
    assert.ok(hours > 23.9 && hours <= 24, String(hours));
    const line = page.locator('.mute');
    await line.getByText('<b>ticket</b> 4711').waitFor();
    assert.match(await line.textContent(), /^Muted until \d{4}-.* by ann: <b>ticket<\/b> 4711$/);
    await page.getByRole('link', { name: 'All connectors' }).click();
    const row = page.locator('#rows tr').filter({ hasText: `Name ${number}` });
    await row.getByText('muted, ends').waitFor();
    assert.match(await row.locator('.state').textContent(), /Failing.*muted, ends ?in 2[34] h/);
    assert.strictEqual(await row.locator('.note[title]').getAttribute('title'), '<b>ticket</b> 4711');
    assert.match(await page.locator('#verdict-more').textContent(), /1 muted/);
    await row.locator('a').click();
    await page.getByRole('button', { name: 'Unmute' }).click();
    await dialog(page).getByRole('button', { name: 'Unmute' }).click();
    await page.locator('#done').getByText('is not muted any more').waitFor();
    assert.strictEqual((await read(target)).muted, null);
    await page.getByRole('button', { name: 'Mute', exact: true }).waitFor();
    assert.ok(!await line.isVisible());
    await page.getByRole('button', { name: 'Mute', exact: true }).click();
    await dialog(page).getByLabel('For').selectOption('until somebody ends it');
    await dialog(page).getByRole('button', { name: 'Mute' }).click();
    await until(async () => await line.innerText() === 'Muted.', 'the words for no end');
  });
});

test('a list of which every connector is muted is a list', async () => {
  await stack.emptyRedis();
  await put(stack, '/_connector/only', { name: 'Name of only' });
  await put(stack, '/_lastsync/connector/only/mute', {});
  await withPage(async (page) => {
    await page.locator('#rows a').getByText('Name of only').waitFor();
    assert.ok(await page.locator('#filters').isVisible());
    await page.locator('#query').fill('nobody');
    await page.locator('#nothing').getByText('No connector matches these filters.').waitFor();
    await page.locator('#nothing button').click();
    await page.locator('#rows a').getByText('Name of only').waitFor();
  }, { address: '' });
});

test('a view is copied as a command, which works', async () => {
  await withPage(async (page) => {
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    const command = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(command.startsWith(`curl -X GET '${stack.url}/_lastsync/connector/c%2F`), command);
    const text = execFileSync('sh', ['-c', `${command} --silent`], { encoding: 'utf8' });
    assert.strictEqual(JSON.parse(text).id, id);
    assert.strictEqual(await page.getByRole('button', { name: 'As JSON' }).count(), 0); // it needs no key
    await page.getByRole('link', { name: 'As JSON' }).click();
    assert.strictEqual(JSON.parse(await page.locator('pre').textContent()).id, id);
  });
});

test('a key that may only look is offered nothing; a manager\'s is, and shows in no command', async () => {
  const locked = await startStack({ access: 'keys' });
  try {
    const manager = await createKey(locked, 'manage_connector');
    const monitor = await createKey(locked, 'monitor_connector');
    await request(locked, 'PUT', '/_connector/c1', { headers: manager.headers, body: { name: 'n' } });
    for (const [key, offered] of [[monitor, false], [manager, true]]) {
      const { page } = await openPage(browser.context, `${locked.url}/_lastsync/?connector=c1`);
      await page.locator('#key-secret').fill(key.encoded);
      await page.keyboard.press('Enter');
      await page.locator('#health').getByText(key.id).waitFor();
      const button = page.getByRole('button', { name: 'Sync now', exact: true });
      assert.strictEqual(await button.isVisible(), offered);
      const mute = page.getByRole('button', { name: 'Mute', exact: true });
      assert.strictEqual(await mute.isVisible(), offered);
      if (offered) {
        await mute.click();
        assert.strictEqual(await dialog(page).getByLabel('Who').count(), 0); // the server knows who it is
        await dialog(page).getByRole('button', { name: 'Mute' }).click();
        await page.locator('.mute').getByText(`by ${key.id}`).waitFor();
        await button.click();
        const command = await dialog(page).locator('pre').textContent();
        assert.match(command, /ApiKey \$LASTSYNC_KEY/);
        assert.ok(!command.includes(key.encoded));
      }
      await page.close();
    }
  } finally {
    await locked.stop();
  }
});

test('the command for the first connector shows the key, and works', async () => {
  const locked = await startStack({ access: 'keys' });
  try {
    const manager = await createKey(locked, 'manage_connector');
    const { page } = await openPage(browser.context, `${locked.url}/_lastsync/`);
    await page.locator('#key-secret').fill(manager.encoded);
    await page.keyboard.press('Enter');
    const command = await page.locator('#nothing code').first().textContent();
    execFileSync('sh', ['-c', `${command} --silent --fail`], { env: { ...process.env, LASTSYNC_KEY: manager.encoded } });
    await page.locator('#rows a').getByText('My Connector').waitFor();
    await page.close();
  } finally {
    await locked.stop();
  }
});

// A page of another origin, which tries all requests that browsers let it send without asking the server.
test('a foreign page changes nothing, though everybody may come in', async () => {
  const server = http.createServer((_, answer) => {
    answer.setHeader('content-type', 'text/html');
    answer.end('<!doctype html><title>foreign</title>');
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  const page = await browser.context.newPage();
  try {
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    const reached = await page.evaluate(async ([url, body]) => {
      let sent = 0;
      const target = `${url}/_connector/_sync_job`;
      const kinds = ['text/plain', 'application/x-www-form-urlencoded', 'application/json', ''];
      for (const type of kinds) {
        for (const mode of ['no-cors', 'cors']) {
          const options = { method: 'POST', mode, body: new Blob([body], { type }),
            credentials: 'include' };
          sent += await fetch(target, options).then(() => 1, () => 0);
        }
      }
      for (const method of ['PUT', 'DELETE']) {
        await fetch(`${url}/_connector/x`, { method }).catch(() => {});
      }
      const form = document.createElement('form');
      Object.assign(form, { method: 'post', action: target, enctype: 'text/plain', target: 'f' });
      const field = document.createElement('input');
      Object.assign(field, { name: body.slice(0, -1), value: '}' });
      const frame = document.createElement('iframe');
      frame.name = 'f';
      form.append(field);
      document.body.append(frame, form);
      const answered = new Promise((resolve) => { frame.addEventListener('load', resolve); });
      form.submit();
      await answered;
      return sent;
    }, [stack.url, JSON.stringify({ id, job_type: 'full' })]);
    assert.ok(reached >= 3, 'no request has come through');
    assert.deepStrictEqual(await jobs(), []);
    assert.strictEqual((await request(stack, 'GET', '/_connector/x')).status, 404);
    await page.evaluate(async (url) => {
      const frame = document.createElement('iframe');
      frame.src = url;
      const loaded = new Promise((resolve) => { frame.addEventListener('load', resolve); });
      document.body.append(frame);
      await loaded;
    }, home);
    const inner = page.frames().find((frame) => frame.url().startsWith(home));
    assert.strictEqual(inner, undefined);
  } finally {
    await page.close();
    server.close();
  }
});

for (const scheme of ['light', 'dark']) {
  for (const size of [undefined, PHONE]) {
    test(`axe-core finds no fault in a question: ${scheme}${size ? ', phone' : ''}`, async () => {
      await withPage(async (page) => {
        await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
        await page.getByRole('button', { name: 'Sync now', exact: true }).click();
        await dialog(page).getByText('As a command').click();
        assert.deepStrictEqual(await axeFaults(page), []);
        const wider = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wider <= 0, `${wider} pixels too wide`);
        const hidden = await dialog(page).evaluate((node) => node.scrollWidth - node.clientWidth);
        assert.ok(hidden <= 0, `${hidden} pixels of the question are out of it`);
        await dialog(page).getByRole('button', { name: 'Sync now' }).click();
        await page.locator('#done').waitFor();
        await until(async () => (await jobs()).length === 1, 'the job');
        assert.deepStrictEqual(await axeFaults(page), []);
      }, { size });
    });
  }
}
