// The page's modules that need no page, in Node.js.
'use strict';

const assert = require('node:assert');
const path = require('node:path');
const { pathToFileURL } = require('node:url');
const { test } = require('node:test');
const { REPOSITORY } = require('../lib/stack');

const load = (name) =>
  import(pathToFileURL(path.join(REPOSITORY, 'nginx', 'dashboard', name)).href);

// ---- syncs ----

test('a time that JavaScript cannot read gives way to that of the report', async () => {
  const { syncsOf } = await load('syncs.js');
  const at = '2026-01-15T20:15:07.000Z';
  const when = (said) => syncsOf([{ id: '1', kind: 'content', at, last_synced: said }], 'content', true)[0].when;
  assert.strictEqual(when('1700000000000000'), at);
  assert.strictEqual(when('2026-01-15T20:00:00Z'), '2026-01-15T20:00:00Z');
  assert.strictEqual(when(null), at);
});

test('the oldest sync of a history that is cut has the time of its report, unless the next one is earlier', async () => {
  const { syncsOf } = await load('syncs.js');
  const sync = (id, at, said, kind = 'content') => ({ id, kind, at: `2026-01-15T${at}:00Z`, last_synced: said && `2026-01-14T${said}:00Z` });
  const when = (history, isWhole) => syncsOf(history, 'content', isWhole).map((each) => each.when.slice(8, 16));
  const failures = [sync('3', '20:30', '23:00'), sync('2', '20:15', '23:00')];
  assert.deepStrictEqual(when(failures, false), ['15T20:30', '15T20:15']);
  assert.deepStrictEqual(when([...failures, sync('1', '20:00', '23:00')], true), ['15T20:30', '15T20:15', '14T23:00']);
  const told = [sync('3', '20:02', '13:00'), sync('2', '20:01', '12:00')]; // later, one after the other
  assert.deepStrictEqual(when(told, false), ['14T13:00', '14T13:00']);
  assert.deepStrictEqual(when(told, true), ['14T13:00', '14T12:00']);
  const access = sync('1', '20:00', '23:00', 'access_control'); // it tells what the one of content has reported
  assert.deepStrictEqual(when([...failures, access], false), ['15T20:30', '15T20:15']);
});

// ---- histories ----

const syncs = (...ids) => ids.map((id) => ({ id }));
const idsOf = (histories, id) => histories.of(id).map((sync) => sync.id);

test('a history with a gap is kept as it was until the whole one comes', async () => {
  const { Histories, LATEST, WHOLE } = await load('histories.js');
  const histories = new Histories();
  assert.ok(histories.take([{ id: 'a', history: syncs(5, 4, 3, 2, 1) }], WHOLE));
  const gap = [{ id: 'a', history: syncs(9, 8, 7) }];
  for (let i = 0; i < 2; i++) {      // the request for the whole one fails, and the next poll comes
    assert.ok(!histories.take(gap, LATEST));
    assert.deepStrictEqual(idsOf(histories, 'a'), [5, 4, 3, 2, 1]);
  }
  assert.ok(histories.take([{ id: 'a', history: syncs(9, 8, 7, 6, 5, 4, 3, 2, 1) }], WHOLE));
  assert.ok(histories.take([{ id: 'a', history: syncs(10, 9, 8) }], LATEST));
  assert.deepStrictEqual(idsOf(histories, 'a'), [10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
});

test('a connector that was made anew has nothing of the former one\'s history', async () => {
  const { Histories, LATEST, WHOLE } = await load('histories.js');
  const histories = new Histories();
  histories.take([{ id: 'a', history: syncs(5, 4, 3, 2, 1) }, { id: 'b', history: syncs(6) }], WHOLE);
  assert.ok(histories.take([{ id: 'a', history: syncs(7) }, { id: 'b', history: [] }], LATEST));
  assert.deepStrictEqual([idsOf(histories, 'a'), idsOf(histories, 'b')], [[7], []]);
});

test('a history is whole if it has fewer syncs than were asked for, and than are kept', async () => {
  const { Histories, setKept, LATEST, WHOLE } = await load('histories.js');
  const histories = new Histories();
  const ids = (from, number) => Array.from({ length: number }, (_, i) => from - i);
  const isWhole = (history, asked) => histories.take([{ id: 'a', history: syncs(...history) }], asked) && histories.isWhole('a');
  assert.ok(!histories.isWhole('a'));
  assert.ok(!isWhole(ids(90, 50), WHOLE));
  assert.ok(!isWhole(ids(91, 3), LATEST));
  assert.ok(isWhole(ids(49, 49), WHOLE));
  for (let last = 50; last < 200; last++) assert.ok(isWhole(ids(last, 3), LATEST), String(last));
  assert.ok(!isWhole(ids(200, 3), LATEST)); // the first one is kept no more
  assert.ok(isWhole([1], LATEST));   // made anew
  try {
    assert.ok(setKept(20));
    assert.ok(!setKept(20));
    assert.ok(isWhole(ids(19, 19), WHOLE));
    assert.ok(!isWhole(ids(45, 45), WHOLE)); // as far as none was taken away yet
  } finally {
    setKept(100);
  }
});

// ---- why it is late ----

test('if content is on time and access control is late, the words say so, and count nothing', async () => {
  const { lateWords } = await load('syncs.js');
  const now = Date.parse('2026-01-15T02:05:00Z');
  const words = (success, due, schedules = ['0 0 2 * * ?']) =>
    lateWords({ schedules, content: { last_success: success }, due_at: due }, now);
  assert.strictEqual(words('2026-01-14T02:01:00Z', '2026-01-15T01:10:00Z'), 'access control is late'); // within the grace
  assert.strictEqual(words('2026-01-15T02:01:00Z', '2026-01-15T01:10:00Z'), 'access control is late'); // no time has passed
  assert.strictEqual(words('2026-01-12T02:01:00Z', '2026-01-13T01:10:00Z'), 'daily at 02:00 UTC, missed 2'); // content, too
  assert.strictEqual(words('2026-01-14T01:54:00Z', '2026-01-14T02:05:30Z', ['30 55 1 * * ?']),
    'daily at 01:55 UTC, missed 1'); // its times have seconds
  assert.strictEqual(words('2026-01-15T01:50:00Z', '2026-01-15T02:05:00Z', ['0 55 1 * * ?']),
    'daily at 01:55 UTC, missed 1'); // late since this moment
});

test('access control has a schedule of its own', async () => {
  const { lateWords } = await load('syncs.js');
  const now = Date.parse('2026-01-15T03:00:00Z');
  const words = ({ schedules = [], schedule = '0 0 2 * * ?', last, due = '2026-01-14T02:10:00Z' }) =>
    lateWords({ schedules, content: { last_success: '2026-01-15T02:01:00Z' },
      access_control: { schedule, last_success: last }, due_at: due }, now);
  assert.strictEqual(words({ last: '2026-01-13T02:01:00Z' }), 'access control: daily at 02:00 UTC, missed 2');
  assert.strictEqual(words({ last: '2026-01-13T02:01:00Z', schedules: ['0 0 1 * * ?'] }),
    'access control: daily at 02:00 UTC, missed 2');
  assert.strictEqual(words({ last: null, due: '2026-01-15T02:11:00Z' }), 'no schedule; one within 10 min is expected');
  assert.strictEqual(words({ schedule: null, last: '2026-01-13T02:01:00Z', due: '2026-01-15T02:11:00Z' }),
    'no schedule; one within 10 min is expected');
});

// ---- schedules ----

test('steps that do not divide the hour or the day have no words', async () => {
  const { cronInWords } = await load('schedule.js');
  for (const [expression, words] of [['0 0/15 * * * ?', 'every 15 minutes'], ['0 */60 * * * ?', 'every 60 minutes'],
    ['0 0 0/6 * * ?', 'every 6 hours'], ['0 30 */24 * * ?', 'every 24 hours at :30'], ['0 0/1 * * * ?', 'every minute'],
    ['0 0/45 * * * ?', null], ['0 0/90 * * * ?', null], ['0 0/0 * * * ?', null],
    ['0 0 0/5 * * ?', null], ['0 0 0/36 * * ?', null], ['0 0 0/48 ? * MON', null]]) {
    assert.strictEqual(cronInWords(expression), words, expression);
  }
});

// ---- addresses ----

test('the last page of each size can be reached', async () => {
  const { readAddress } = await load('address.js');
  for (const [search, from, size] of [['?from=9950', 9950, 50], ['?from=9999', 9950, 50], ['?from=9950&size=100', 9900, 100],
    ['?from=9980&size=25', 9975, 25], ['?from=9950&size=7', 9950, 50]]) {
    const view = readAddress(search);
    assert.deepStrictEqual([view.from, view.size], [from, size], search);
  }
});

// ---- words ----

test('a query has as many words and bytes as the server takes, and whole words', async () => {
  const { fitQuery } = await load('words.js');
  const { readAddress } = await load('address.js');
  const words = Array.from({ length: 20 }, (_, i) => `w${i}`);
  const first = words.slice(0, 16).join(' ');
  for (const [text, query, isCut] of [
    [' a  b ', 'a b', false], ['', '', false], [words.join(' '), first, true], [first, first, false],
    [`${first} W1 w2`, `${first} W1 w2`, false], // they are among them
    [`a ${'b'.repeat(254)}`, `a ${'b'.repeat(254)}`, false], [`a ${'b'.repeat(255)}`, 'a', true],
    ['ü'.repeat(129), 'ü'.repeat(128), true], ['€'.repeat(100), '€'.repeat(85), true]]) {
    assert.deepStrictEqual(fitQuery(text), { query, isCut }, text);
  }
  assert.strictEqual(readAddress(`?query=${words.join('+')}`).query, first);
});

test('an hour in which summer time begins or ends has its zones', async (context) => {
  const { span } = await load('words.js');
  const before = process.env.TZ;
  process.env.TZ = 'Europe/Berlin';
  context.after(() => {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  });
  const hour = (from) => span(Date.parse(from), Date.parse(from) + 3600000);
  assert.strictEqual(hour('2026-10-25T00:00:00Z'), 'Sun 2026-10-25, 02:00 UTC+2 to 02:00 UTC+1');
  assert.strictEqual(hour('2026-10-25T01:00:00Z'), 'Sun 2026-10-25, 02:00 to 03:00');
  assert.strictEqual(hour('2026-03-29T00:00:00Z'), 'Sun 2026-03-29, 01:00 UTC+1 to 03:00 UTC+2');
});

test('a share is computed of whole numbers, and never rounded up', async () => {
  const { shareWords } = await load('strip.js');
  const words = (completed, failed) => shareWords([{ syncs: [...Array(completed).fill({ status: 'completed' }),
    ...Array(failed).fill({ status: 'error' }), { status: 'canceled' }] }]);
  assert.strictEqual(words(29, 21), '58 % of 50 syncs');
  assert.strictEqual(words(999, 1), '99 % of 1,000 syncs');
  assert.strictEqual(words(0, 1), '0 % of 1 sync');
  assert.strictEqual(words(0, 0), '');
});

test('a cell counts the documents of syncs that completed, if any were reported', async () => {
  const { describeCell } = await load('strip.js');
  const words = (...cell) => describeCell({ from: 0, to: 3600000, missed: 0, known: true,
    syncs: cell.map(([status, number]) => ({ status, indexed_document_count: number })) }).split(/\d: /)[1];
  assert.strictEqual(words(['completed', null]), '1 sync completed');
  assert.strictEqual(words(['completed', 0]), '1 sync completed, 0 indexed');
  assert.strictEqual(words(['completed', 5], ['completed', null], ['error', 70]), '2 syncs completed, 5 indexed, 1 failed');
  assert.strictEqual(words(['canceled'], ['suspended'], ['canceled']), '2 canceled, 1 suspended');
});
