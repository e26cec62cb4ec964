// What becomes of a command whose connection to Redis, or whose output, nobody reads any more.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { after, before, test } = require('node:test');
const { BUILD, startStack, until } = require('../lib/stack');
const { writeTargets } = require('../notify/targets');

const PROGRAM = path.join(BUILD, 'lastsync');

let stack;
before(async () => { stack = await startStack({ nginx: false }); });
after(() => stack.stop());

// Starts it: { child, ended }; `ended` resolves with { code, signal, stdout, stderr }.
function start(program, words, { environment = {}, stdio = ['ignore', 'pipe', 'pipe'] } = {}) {
  const child = spawn(program, words, { stdio, env: { ...process.env, ...environment } });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr']) child[name]?.on('data', (data) => { output[name] += data; });
  const ended = new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal, ...output }));
  });
  return { child, ended, output };
}

// What the kernel says a process does: R runs, S sleeps, T is stopped.
const stateOf = (pid) => fs.readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /, '')[0];

// Runs it against a Redis that closes the connection behind its answer `last`, before the program can go on.
async function runUntil(last, words, environment) {
  const socket = path.join(stack.directory, 'closing.sock');
  let started;
  let answers = 0;
  const server = net.createServer((client) => {
    const redis = net.connect(stack.redisSocket);
    client.on('data', (data) => redis.write(data));
    client.on('error', () => {});
    client.on('close', () => redis.destroy());
    redis.on('data', async (data) => {
      answers += 1;
      if (answers !== last) {
        client.write(data);
        return;
      }
      started.child.kill('SIGSTOP');
      await until(() => stateOf(started.child.pid) === 'T', 'it to be stopped');
      await new Promise((resolve) => { client.end(data, resolve); });
      client.destroy();
      await new Promise((resolve) => { client.once('close', resolve); });
      started.child.kill('SIGCONT');
    });
  });
  await new Promise((resolve) => { server.listen(socket, resolve); });
  const redis = `unix:${socket}`;
  started = start(PROGRAM, words && [...words, '--redis', redis, '--patience', '1000'],
    { environment: words ? {} : { ...environment, LASTSYNC_REDIS: redis } });
  try {
    return { ...await started.ended, answers };
  } finally {
    server.close();
  }
}

for (const words of [['status'], ['check'], ['check', '--fix'], ['key', 'list']]) {
  test(`Redis closes the connection between two commands: ${words.join(' ')}`, async () => {
    for (let last = 1; ; last += 1) {
      const { code, signal, stderr, answers } = await runUntil(last, words);
      assert.equal(signal, null, `after answer ${last}`);
      assert.ok([0, 69].includes(code), `${code}: ${stderr}`);
      if (answers < last) break;
    }
  });
}

test('Redis closes the connection to a CGI program', async () => {
  const { code, signal, stdout, stderr } = await runUntil(1, null, { GATEWAY_INTERFACE: 'CGI/1.1',
    REQUEST_METHOD: 'GET', REQUEST_URI: '/_connector', LASTSYNC_ACCESS: 'off' });
  assert.deepEqual([signal, code], [null, 0], stderr);
  assert.match(stdout, /^Status: (200|503) /);
});

test('check ends when nobody reads its output any more', async () => {
  const scans = async () => Number(/cmdstat_scan:calls=(\d+)|$/.exec(await stack.redisCommand('INFO', 'commandstats'))[1] || 0);
  await stack.redisCommand('EVAL', "for i = 1, 20000 do redis.call('SET', 'connector:{' .. i .. '}', '') end", 0);
  const counts = [];
  for (const isRead of [true, false]) {
    const before = await scans();
    const { child, ended } = start(PROGRAM, ['check', '--redis', stack.redisUrl]);
    if (!isRead) child.stdout.destroy();
    const { code, signal, stderr } = await ended;
    assert.deepEqual([signal, code], [null, 1], stderr);
    counts.push(await scans() - before);
  }
  await stack.emptyRedis();
  assert.ok(counts[1] < counts[0] / 2, `${counts}`);
});

test('lastsync notify goes on when nobody reads its log any more', async (t) => {
  const file = writeTargets(stack, [{ name: 'a', type: 'webhook', url: 'http://127.0.0.1:1/' }]);
  const { child, ended, output } = start(PROGRAM, ['notify', '--redis', stack.redisUrl, '--targets', file]);
  t.after(() => child.kill('SIGKILL'));
  const worker = () => fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim();
  await until(() => /a is told from here/.test(output.stderr), 'it to begin');
  const first = worker();
  child.stderr.destroy();
  process.kill(Number(first), 'SIGKILL');
  await until(() => worker() && worker() !== first, 'another process for the target');
  child.kill('SIGTERM');
  assert.deepEqual([(await ended).signal], [null]);
});

// Runs it with a descriptor that is closed.
const startWithout = (number, words, environment) => start('sh', ['-c', `exec "$0" "$@" ${number}>&-`, PROGRAM, ...words],
  { environment }).ended;

test('what a command writes to a closed output does not go to Redis', async () => {
  const words = ['key', 'create', '--role', 'monitor_connector', '--redis', stack.redisUrl];
  const errors = async () => /total_error_replies:(\d+)/.exec(await stack.redisCommand('INFO', 'stats'))[1];
  const before = await errors();
  for (const number of [0, 1, 2]) {
    const { code, signal } = await startWithout(number, words);
    assert.deepEqual([signal, code], [null, number === 1 ? 1 : 0], `${number}`);
  }
  assert.equal(await errors(), before);
});

test('a closed descriptor 0 is no listening socket', async () => {
  const { code, stderr } = await startWithout(0, ['--redis', stack.redisUrl]);
  assert.equal(code, 1);
  assert.match(stderr, /descriptor 0: it is not a listening socket/);
});

for (const [expected, ...words] of [[1, 'key', 'create', '--role', 'monitor_connector'], [1, 'key', 'list'], [1, 'check'],
  [74, 'status']]) {
  test(`a full disk takes no output: ${words.join(' ')}`, async () => {
    const full = fs.openSync('/dev/full', 'w');
    const { code, stderr } = await start(PROGRAM, [...words, '--redis', stack.redisUrl], { stdio: ['ignore', full, 'pipe'] }).ended;
    fs.closeSync(full);
    assert.equal(code, expected, stderr);
    assert.match(stderr, /^lastsync: it cannot be written: No space left on device$/m);
    if (words[1] !== 'create') return;
    const [, id] = /nobody has its secret: lastsync key revoke (\S+) ends it\n$/.exec(stderr);
    assert.equal((await start(PROGRAM, ['key', 'revoke', id, '--redis', stack.redisUrl]).ended).code, 0);
  });
}
