// The walk of somebody on duty who has lastsync alone: told by a webhook, looks at the page, mutes, is told again.
'use strict';

const test = require('node:test');
const assert = require('node:assert/strict');
const { openBrowser, usePage } = require('../browser/browser');
const { withTargets, create, report, toldOf } = require('./targets');

const MINUTE = 60000;

// Reads the page: why it fails, since when, and how often in 90 days.
async function readTrouble(page) {
  const trouble = page.locator('.trouble');
  await trouble.getByText('Fails').waitFor();
  return { why: await page.locator('.errors pre').textContent(),
    since: Date.parse(await trouble.locator('time').first().getAttribute('datetime')),
    often: await page.locator('.panel').filter({ hasText: 'The last 90 days' }).locator('.hint').first().textContent() };
}

async function muteByPage(page, note) {
  const dialog = page.locator('dialog.question');
  await page.getByRole('button', { name: 'Mute', exact: true }).click();
  await dialog.getByLabel('Note').fill(note);
  await dialog.getByRole('button', { name: 'Mute' }).click();
  await page.locator('#done').getByText('is muted').waitFor();
  await page.locator('.mute').getByText(note).waitFor();
}

test('one is told of a failure, sees why, since when and how often, mutes it with a note, and is told of its end', async (t) => {
  const { stack, target } = await withTargets(t, { dashboard: true });
  const browser = await openBrowser();
  t.after(() => browser.close());
  await create(stack, 'a/1');
  await report(stack, 'a/1', 'completed');
  const failed = Date.now();
  await report(stack, 'a/1', 'error', '401 Unauthorized');
  await toldOf(target, ['a/1 failing']);
  assert.ok(Date.now() - failed < MINUTE);
  const [event] = target.received[0].body.events;
  assert.equal(event.error, 'error: 401 Unauthorized');
  await usePage(browser.context, event.url, async (page) => {
    const { why, since, often } = await readTrouble(page);
    assert.equal(why, '401 Unauthorized');
    assert.equal(Math.floor(since / 1000), event.since);
    assert.match(often, /^50\.0 % of 2 syncs; 1 failed, on 1 day$/);
    await muteByPage(page, 'ticket 4711');
    await report(stack, 'a/1', 'error', '403 Forbidden');
    await report(stack, 'a/1', 'completed');
    await toldOf(target, ['a/1 failing', 'a/1 recovered']);
    await page.locator('.trouble').waitFor({ state: 'hidden' });
  });
});
