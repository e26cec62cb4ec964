// Commands while Redis is slow, late or away: they wait as long as a person would, and say why.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const path = require('node:path');
const { execFile } = require('node:child_process');
const { after, before, test } = require('node:test');
const { BUILD, pause, startStack, until } = require('../lib/stack');
const { startCommand } = require('../lib/command');

const ONE_WAY = 600; // milliseconds: a round trip is longer than opening waits

let stack;
before(async () => { stack = await startStack({ nginx: false }); });
after(() => stack.stop());

function run(words, redis = stack.redisSocket) {
  const began = performance.now();
  return new Promise((resolve) => {
    execFile(path.join(BUILD, 'lastsync'), [...words, '--redis', `unix:${redis}`],
      (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stdout, stderr,
        took: performance.now() - began }));
  });
}

// Passes bytes on in both directions, with a delay.
async function far(name, use) {
  const socket = path.join(stack.directory, name);
  const pass = async (from, to) => {
    from.on('error', () => {});
    from.on('close', () => to.destroy());
    from.on('data', async (data) => {
      await pause(ONE_WAY);
      if (!to.destroyed) to.write(data);
    });
  };
  const server = net.createServer((client) => {
    const redis = net.connect(stack.redisSocket);
    pass(client, redis);
    pass(redis, client);
  });
  await new Promise((resolve) => { server.listen(socket, resolve); });
  try {
    await use(socket);
  } finally {
    server.close();
  }
}

for (const words of [['key', 'create', '--role', 'monitor_connector'], ['key', 'list'], ['check'],
  ['export', '--keys', '-']]) {
  test(`a Redis that is far away: ${words.join(' ')}`, () => far(words.join('-'), async (socket) => {
    const { code, stderr, took } = await run(words, socket);
    assert.equal(code, 0, stderr);
    assert.ok(took > 2 * ONE_WAY, 'the delay is no delay');
  }));
}

test('a Redis that comes late is waited for, and that is said', async () => {
  const late = path.join(stack.directory, 'late.sock');
  const { child, ended } = startCommand(['key', 'list', '--redis', `unix:${late}`]);
  let said = '';
  child.stderr.on('data', (data) => { said += data; });
  await until(() => /trying for \d+ s more/.test(said), 'the command to say that it waits');
  const redis = stack.program('late', () => ['redis-server', '--port', '0', '--unixsocket', late,
    '--save', ''], () => true);
  await redis.start();
  const { code, stderr } = await ended;
  await redis.stop();
  assert.equal(code, 0, stderr);
  assert.match(stderr, /Redis is away: .*No such file/);
  assert.match(stderr, /Redis does not serve yet; trying for 9 s more/);
});

test('a Redis that does not come: its reason, then the end', async () => {
  const { code, stderr, took } = await run(['key', 'list', '--patience', '300'],
    path.join(stack.directory, 'never.sock'));
  assert.equal(code, 69);
  assert.ok(took < 5000, `it took ${took} ms`);
  assert.match(stderr, /Redis is away: .*No such file.*\nlastsync: Redis is away, or cannot serve now\n$/);
});

test('a Redis that refuses is not waited for', async () => {
  await stack.redisCommand('CONFIG', 'SET', 'requirepass', 'secret');
  const { code, stderr, took } = await run(['key', 'list']);
  assert.equal(code, 69);
  assert.match(stderr, /NOAUTH|password/);
  assert.ok(took < 5000, `it took ${took} ms`);
});
