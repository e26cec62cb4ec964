// lastsync status: its output and exit status, over one Redis, 16 shards (SHARDS=16) and a cluster (CLUSTER=on).
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, before, beforeEach, test } = require('node:test');
const { BUILD, startStack, until } = require('../lib/stack');
const { putHour } = require('../lib/counts');
const { startCommand } = require('../lib/command');

const HOUR = 3600000;
const DAY = 24 * HOUR;
let stack;

before(async () => { stack = await startStack(); });
after(() => stack.stop());
beforeEach(() => stack.emptyRedis());

const run = (...words) => startCommand(['status', '--redis', stack.redisUrl, ...words]).ended;

async function send(method, target, body) {
  const answer = await fetch(`${stack.url}${target}`, { method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  assert.ok(answer.ok, await answer.text());
}

const make = (id, name = `Connector ${id}`) => send('PUT', `/_connector/${id}`, { name });
const report = (id, body) => send('PUT', `/_connector/${id}/_last_sync`, body);
const fail = (id, error) => report(id, { last_sync_status: 'error', last_sync_error: error });

// A file of options, as the service has.
function limited() {
  const file = path.join(stack.directory, 'limited.conf');
  fs.writeFileSync(file, 'answer-limit=65536\n');
  return file;
}

// The first line, and the exit status.
async function expectHeadline(headline, code) {
  const answer = await run();
  assert.equal(answer.stdout.split('\n')[0], headline, answer.stderr);
  assert.equal(answer.code, code);
  assert.equal(answer.stderr, '');
  return answer.stdout;
}

test('nothing there, and nothing wrong', async () => {
  assert.match(await expectHeadline('No connectors yet', 0), /No syncs were counted today/);
  await make('a');
  await report('a', { last_sync_status: 'completed', last_indexed_document_count: 12345 });
  const stdout = await expectHeadline('Nothing needs attention', 0);
  assert.match(stdout, /\n1 fresh, of 1 in all\n/);
  assert.match(stdout, /\ndocuments indexed +12,345 +- +-\n/);
  assert.match(stdout, /\nDays are in UTC; no day of the week before has syncs\.\n$/);
  assert.doesNotMatch(stdout, /CONNECTOR/);
});

test('what is wrong, the worst first, as plain text in a pipe', async () => {
  for (const id of ['a', 'b', 'c', 'd']) await make(id);
  await make('e', 'e');
  for (const id of ['a', 'd']) await report(id, { last_sync_status: 'completed' });
  await report('c', { last_sync_status: 'completed', last_synced: '2026-01-01T00:00:00Z' });
  await fail('b', 'no route to host');
  await fail('e', 'quota');
  await report('d', { last_access_control_sync_status: 'error',
    last_access_control_sync_error: 'not the groups' });
  const stdout = await expectHeadline('4 connectors need attention', 1);
  assert.match(stdout, /\n3 failing, 1 late, 1 fresh, of 5 in all\n/);
  assert.match(stdout, /\nfailing +\d s +- +Connector b \(b\) +no route to host\n/);
  assert.match(stdout, /\nfailing +\d s +- +e +quota\n/);
  assert.match(stdout, /\nfailing +\d s +\d s ago +Connector d \(d\) +not the groups\n/);
  assert.match(stdout, /\nlate +\d+ d +\d+ d ago +Connector c \(c\)\n/);
  assert.ok(stdout.lastIndexOf('\nfailing') < stdout.indexOf('\nlate'));
  assert.doesNotMatch(stdout, /\x1b/);
});

test('one needs attention; those that run are counted', async () => {
  await make('a');
  await fail('a', 'x');
  await report('a', { last_sync_status: 'in_progress' });
  assert.match(await expectHeadline('1 connector needs attention', 1),
    /\n1 failing, of 1 in all; 1 runs a sync\n/);
});

test('--top says how many; muted ones are not among them, and no trouble', async () => {
  for (let i = 0; i < 12; i++) {
    await make(`c${i}`);
    await fail(`c${i}`, `error ${i}`);
  }
  assert.match((await run()).stdout, /(\nfailing[^\n]+){10}\nand 2 more\n/);
  assert.match((await run('--top', '3')).stdout, /[a-z]\n\nSTATE[^\n]+(\nfailing[^\n]+){3}\nand 9 more\n/i);
  assert.doesNotMatch((await run('--top=0')).stdout, /STATE/);
  assert.doesNotMatch((await run('--top=100')).stdout, /more/);
  for (let i = 1; i < 12; i++) await send('PUT', `/_lastsync/connector/c${i}/mute`);
  const stdout = await expectHeadline('1 connector needs attention', 1);
  assert.match(stdout, /\n1 failing, 11 muted, of 12 in all\n/);
  assert.match(stdout, /ERROR\nfailing [^\n]+ error 0\n\n/);
  await send('PUT', '/_lastsync/connector/c0/mute');
  await expectHeadline('Nothing needs attention', 0);
});

test('more than a page of muted ones hides none behind them', async () => {
  for (let i = 0; i < 130; i++) {
    await make(`c${i}`);
    await fail(`c${i}`, 'x');
    if (i < 125) await send('PUT', `/_lastsync/connector/c${i}/mute`);
  }
  assert.match(await expectHeadline('5 connectors need attention', 1), /(\nfailing[^\n]+){5}\n\n/);
});

const MANY_MUTED = `for i = 1, 10000 do
  local id = string.format('m%d', i)
  redis.call('HSET', 'connector:{' .. id .. '}', 'deleted', 'false', '_muted_until', '4102444800')
  redis.call('ZADD', 'standings', ARGV[1], id)
  redis.call('ZADD', 'successes', '0', id)
  redis.call('ZADD', 'muted', '4102444800', id)
end`;

test('as many muted ones as a list may have hide none before them, and fail nothing', async (t) => {
  if (stack.shards > 1) t.skip('it writes the keys of one shard');
  else {
    await make('a');
    await fail('a', 'x');
    const score = Number(await stack.redisCommand('ZSCORE', 'standings', 'a'));
    await stack.redisCommand('EVAL', MANY_MUTED, 0, score + 1);
    assert.match(await expectHeadline('1 connector needs attention', 1), /(\nfailing[^\n]+){1}\n\n/);
    await stack.redisCommand('ZADD', 'standings', score + 2, 'a');
    assert.doesNotMatch(await expectHeadline('1 connector needs attention', 1), /STATE/);
  }
});

test('the answers\' limit of the service is not its own', async () => {
  for (let i = 0; i < 121; i++) {
    await make(`c${i}`);
    await fail(`c${i}`, 'e'.repeat(600));
  }
  const { code, stdout, stderr } = await run('--top', '100', '--config', limited());
  assert.equal(code, 1, stderr);
  assert.match(stdout, /(\nfailing[^\n]+){100}\nand 21 more\n/);
});

// Counts in an hour of the past, in two shards if there are that many.
async function count(time, completed, failed) {
  const shards = stack.shards > 1 ? [0, stack.shards - 1] : [0];
  const part = (number) => number / shards.length;
  for (const shard of shards) {
    await putHour(stack, time, { completed: part(completed), failed: part(failed), indexed: part(completed * 10) }, shard);
  }
}

test('today beside the week before', async () => {
  await until(() => Date.now() % DAY < DAY - 5000, 'a day that does not change under it');
  const now = Date.now();
  const midnight = now - now % DAY;
  await count(midnight - 7 * DAY, 600, 100);   // the first hour of the week
  await count(midnight - HOUR, 60, 10);        // the last one, which today has only in its last hour
  await count(midnight - 7 * DAY - HOUR, 7000, 0); // before it
  await make('a');
  await report('a', { last_sync_status: 'completed', last_indexed_document_count: 5 });
  const { stdout } = await run();
  const passed = (hour) => Math.min(Math.max((now - midnight) / HOUR - hour, 0), 1); // the part of an hour of today
  const rows = Object.fromEntries(stdout.split('\n').filter(Boolean).map((line) => [line.slice(0, 20).trim(),
    line.slice(20).trim().split(/ {2,}/)]));
  assert.deepEqual(rows[''], ['TODAY', 'USUAL BY NOW', 'USUAL IN A DAY'], stdout);
  assert.deepEqual([rows.syncs[0], rows.syncs[2]], ['1', '110.0']);
  assert.ok(Math.abs(Number(rows.syncs[1]) - 100 * passed(0) - 10 * passed(23)) < 2, stdout);
  assert.deepEqual([rows.failed[0], rows.failed[2]], ['0', '15.7']);
  assert.deepEqual([rows['documents indexed'][0], rows['documents indexed'][2]], ['5', '942.9']);
  assert.deepEqual([rows.success[0], rows.success[2]], ['100.0 %', '85.7 %']);
  assert.match(stdout, /\nDays are in UTC; usual is the mean of the seven before today\.\n$/);
});

test('usual is by the days that were counted, and says how many', async () => {
  await until(() => Date.now() % DAY < DAY - 5000, 'a day that does not change under it');
  const midnight = Date.now() - Date.now() % DAY;
  await count(midnight - HOUR, 60, 10);
  let { stdout } = await run();
  assert.match(stdout, /\nsyncs +0 +\S+ +70\.0\nfailed +0 +\S+ +10\.0\n/);
  assert.match(stdout, /\nDays are in UTC; usual is the day before today\.\n$/);
  await count(midnight - 2 * DAY, 30, 0);
  ({ stdout } = await run());
  const [, byNow] = stdout.match(/\nsyncs +0 +(\S+) +50\.0\nfailed /);
  assert.ok(Math.abs(byNow - 15 * Math.min((Date.now() - midnight) / HOUR, 1)
    - 35 * Math.max((Date.now() - midnight) / HOUR - 23, 0)) < 1, stdout);
  assert.match(stdout, /\nDays are in UTC; usual is the mean of the two before today\.\n$/);
});

// On a terminal of so many columns, with further variables.
function onTerminal(columns, variables = '') {
  const line = `stty cols ${columns}; ${variables} ${path.join(BUILD, 'lastsync')} status --redis '${stack.redisUrl}'`;
  const { stdout } = spawnSync('script', ['-qec', line, '/dev/null'],
    { encoding: 'utf8', timeout: 20000, env: { ...process.env, TERM: 'xterm', NO_COLOR: '' } });
  return stdout.replaceAll('\r', '');
}

test('a terminal has colours, unless it is not wanted, and lines that fit', async () => {
  await make('a', 'N'.repeat(90));
  await fail('a', `long ${'e'.repeat(300)}`);
  const coloured = onTerminal(100);
  assert.match(coloured, /^\x1b\[1;31m1 connector needs attention\x1b\[0m\n/);
  assert.match(coloured, /\n\x1b\[31mfailing\x1b\[0m /);
  for (const variables of ['NO_COLOR=1', 'TERM=dumb']) {
    const plain = onTerminal(100, variables);
    assert.doesNotMatch(plain, /\x1b/);
    assert.ok(plain.split('\n').every((line) => line.length <= 100), plain);
  }
  assert.ok((await run()).stdout.includes('e'.repeat(300)), 'a pipe has all of it');
});

test('what others have named cannot write to the terminal', async () => {
  await make('a', 'x\u001b[2Jy\u009b31mz\u0007');
  await fail('a', 'line 1\nline 2\ttab \u001b]0;title\u0007');
  const { stdout } = await run();
  assert.match(stdout, /x \[2Jy  31mz  \(a\)/);
  assert.match(stdout, /line 1 line 2 tab  \]0;title \n/);
  assert.doesNotMatch(stdout, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
});

test('what is wrong with its options', async () => {
  for (const words of [['--top', 'x'], ['--top', '101'], ['--nonsense'], ['word']]) {
    const { code, stdout, stderr } = await run(...words);
    assert.equal(code, 78, stderr);
    assert.match(stderr, /^lastsync: [^\n]+\n$/);
    assert.equal(stdout, '');
  }
});

test('Redis is away', async () => {
  const { code, stdout, stderr } = await startCommand(['status', '--redis', 'unix:/nonexistent',
    '--patience', '100']).ended;
  assert.equal(code, 69);
  assert.equal(stdout, '');
  assert.match(stderr, /lastsync: Redis is away, or cannot serve now\n$/);
});
