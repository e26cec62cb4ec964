// Redis's users and passwords: right, wrong, and changed while lastsync runs; none is ever shown.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { freePort, startStack, until } = require('../lib/stack');
const { Redis } = require('../lib/redis');
const { startCommand } = require('../lib/command');
const { sectionOf } = require('../lib/documents');
const { request } = require('../lib/raw');
const { create, expectInternal, expectStatus, get, remove, report } = require('./common');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-password-'));
after(() => fs.rmSync(folder, { recursive: true }));

const USER = ['ACL', 'SETUSER', 'lastsync', 'on', 'resetpass', '~*', '+@all', '-@admin'];

function passwordFile(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function operatorOf(stack, password) {
  const operator = await Redis.connect(stack.redisSocket);
  await operator.command('AUTH', password);
  return operator;
}

// One worker, because each learns of a change at a moment of its own.
async function withStack(options, use) {
  const stack = await startStack({ workers: 1, ...options });
  try {
    await use(stack);
  } finally {
    assert.doesNotMatch(stack.lastsync.output(), /secret|sesame/);
    await stack.stop();
  }
}

// Waits for the first answer with that status, and expects only this status from then on.
async function becomes(stack, status) {
  await until(async () => (await get(stack, 'c1')).status === status, `status ${status}`, 2000);
  for (let i = 0; i < 20; i++) {
    await expectStatus(status, get(stack, 'c1'));
  }
}

test('a password from a file, changed while it runs', async () => {
  const file = passwordFile('changed', 'secret 1\n');
  await withStack({
    redis: ['--requirepass', 'secret 1'],
    options: ['--redis-password-file', file],
  }, async (stack) => {
    await expectStatus(201, create(stack, 'c1'));
    const operator = await operatorOf(stack, 'secret 1');
    await operator.command('CONFIG', 'SET', 'requirepass', 'secret 2');
    await expectStatus(200, report(stack, 'c1')); // Redis keeps authenticated connections
    await operator.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await becomes(stack, 500);
    await expectInternal(report(stack, 'c1'));
    const lines = stack.lastsync.output().match(/error: Redis does not let lastsync in: WRONGPASS/g);
    assert.equal(lines.length, 1, stack.lastsync.output());
    fs.writeFileSync(file, 'secret 2');
    await becomes(stack, 200);
    assert.match(stack.lastsync.output(), /notice: Redis is back/);
    await operator.command('CONFIG', 'SET', 'requirepass', 'secret 3');
    fs.writeFileSync(file, 'secret 3');
    await operator.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await becomes(stack, 200);
    fs.rmSync(file);
    await operator.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
    await becomes(stack, 500);
    assert.match(stack.lastsync.output(), /the file with its password is not there/);
    fs.writeFileSync(file, 'secret 3\n');
    await becomes(stack, 200);
    operator.close();
  });
});

test('a wrong password at the start', async () => {
  const file = passwordFile('wrong', 'secret wrong\n');
  await withStack({
    redis: ['--requirepass', 'secret'],
    options: ['--redis-password-file', file],
  }, async (stack) => {
    const workers = stack.lastsync.children();
    await expectInternal(get(stack, 'c1'));
    await expectInternal(create(stack, 'c1'));
    assert.match(stack.lastsync.output(), /does not let lastsync in: WRONGPASS/);
    fs.writeFileSync(file, 'secret\n');
    await becomes(stack, 404);
    await expectStatus(201, create(stack, 'c1'));
    assert.deepEqual(stack.lastsync.children(), workers);
  });
});

test('a user by --redis-user, whose rights are taken and given back', async () => {
  const file = passwordFile('user', 'open sesame\r\n');
  await withStack({
    redis: ['--requirepass', 'secret'],
    options: ['--redis-user', 'lastsync', '--redis-password-file', file],
  }, async (stack) => {
    await expectInternal(get(stack, 'c1')); // there is no such user yet
    const operator = await operatorOf(stack, 'secret');
    await operator.command(...USER, '>open sesame');
    await becomes(stack, 404);
    await expectStatus(201, create(stack, 'c1'));
    assert.equal(await operator.command('EXISTS', 'connector:{c1}'), 1);
    await operator.command('ACL', 'SETUSER', 'lastsync', '-@write');
    await expectInternal(report(stack, 'c1'));
    await expectStatus(200, get(stack, 'c1'));
    await operator.command('ACL', 'SETUSER', 'lastsync', '+@all');
    await expectStatus(200, report(stack, 'c1'));
    await operator.command('ACL', 'DELUSER', 'lastsync');
    await becomes(stack, 500);
    operator.close();
  });
});

test('a user and a password in the environment, by TCP and IPv6, and a database', async () => {
  const port = await freePort();
  await withStack({
    redis: ['--port', String(port), '--bind', '::1', '--requirepass', 'secret',
      '--user', 'last@sync', 'on', '>open:/@%sesame', '~*', '+@all'],
    redisUrl: '', // only the variable gives it
    environment: {
      LASTSYNC_REDIS: `redis://last%40sync:open%3a%2F%40%25sesame@[::1]:${port}/5`,
    },
  }, async (stack) => {
    await expectStatus(201, create(stack, 'c1'));
    const operator = await operatorOf(stack, 'secret');
    await operator.command('SELECT', 5);
    assert.equal(await operator.command('EXISTS', 'connector:{c1}'), 1);
    operator.close();
    const line = `Redis at redis://last%40sync:***@[::1]:${port}/5`;
    assert.equal(stack.lastsync.output().includes(line), true, stack.lastsync.output());
  });
});

test('Redis asks for no password: it is not told ours for nothing', async () => {
  const file = passwordFile('unasked', 'secret\n');
  await withStack({ options: ['--redis-password-file', file] }, async (stack) => {
    await expectInternal(get(stack, 'c1'));
    assert.match(stack.lastsync.output(), /does not let lastsync in: ERR AUTH/);
    await stack.redisCommand('CONFIG', 'SET', 'requirepass', 'secret');
    await becomes(stack, 404);
  });
});

// The user's rights, as README gives them: its words for ACL SETUSER.
function rights() {
  const [line] = /^ACL SETUSER lastsync .*$/m.exec(sectionOf('nginx/README.md', '### Redis'));
  return line.split(' ').slice(3);
}

// The commands that the scripts call, and those that the program sends.
function commandsOfSources() {
  const folder = path.join(__dirname, '../../cgi/store');
  const sources = fs.readdirSync(folder, { recursive: true }).filter((name) => /\.(c|lua)$/.test(name))
    .map((name) => fs.readFileSync(path.join(folder, name), 'utf8')).join('\n');
  const called = [...sources.matchAll(/redis\.p?call\('([A-Z]+)'(?:, '([A-Z]+)')?/g),
    ...sources.matchAll(/\bASK\(\w+, STR\("([A-Z]+)"\)(?:, STR\("([A-Z]+)"\))?/g)];
  return new Set(called.map(([, name, next]) => (/^(XGROUP|XINFO|CLUSTER)$/.test(name) ? `${name}|${next}` : name)));
}

test('the rights that README gives to lastsync\'s user are those of all its commands, and none is dangerous', async () => {
  const stack = await startStack({ nginx: false });
  try {
    const names = commandsOfSources();
    for (const name of ['HSET', 'XREADGROUP', 'SCAN', 'ZMSCORE', 'DBSIZE']) assert.ok(names.has(name), name);
    const words = rights();
    for (const name of names) {
      const [[, , , , , , categories]] = await stack.redisCommand('COMMAND', 'INFO', name);
      const named = words.includes(`+${name.toLowerCase()}`);
      const general = categories.some((one) => words.includes(`+${one}`)) && !categories.includes('@dangerous');
      assert.ok(named || general, name);
    }
    assert.ok(words.indexOf('-@dangerous') > words.indexOf('+@write'));
  } finally {
    await stack.stop();
  }
});

test('lastsync\'s user with the rights of README does all that it is asked', async () => {
  const file = passwordFile('rights', 'LONG-AND-RANDOM\n');
  const rightsOf = rights();
  await withStack({
    redis: ['--user', 'lastsync', ...rightsOf],
    options: ['--redis-user', 'lastsync', '--redis-password-file', file, '--days', '90', '--events', '100'],
  }, async (stack) => {
    const command = async (...words) => {
      const { code, stderr } = await startCommand([...words, '--redis', stack.redisUrl, '--redis-user', 'lastsync',
        '--redis-password-file', file]).ended;
      assert.equal(code, 0, `${words}: ${stderr}`);
    };
    await expectStatus(201, create(stack, 'c1', { index_name: 'search-c1', name: 'one', service_type: 'dir' }));
    await expectStatus(200, create(stack, 'c1', { index_name: 'search-c2', name: 'one', service_type: 'dir' }));
    await expectStatus(200, report(stack, 'c1', { last_sync_status: 'error', last_sync_error: 'no' }));
    await expectStatus(200, report(stack, 'c1', { last_sync_status: 'completed' }));
    const { json: { id } } = await expectStatus(201, request(stack, 'POST', '/_connector/_sync_job', { body: { id: 'c1' } }));
    for (const [method, target, body] of [['PUT', `/_connector/_sync_job/${id}/_claim`, { worker_hostname: 'w' }],
      ['PUT', `/_lastsync/sync_job/${id}/_complete`, {}], ['GET', '/_connector?query=one'], ['GET', '/_connector/_sync_job'],
      ['GET', '/_lastsync/overview?history=5&query=n'], ['GET', '/_lastsync/analytics?group_by=connector'], ['GET', '/_lastsync/errors'],
      ['GET', '/_lastsync/connector/c1/days'], ['GET', '/_lastsync/metrics'], ['GET', '/_lastsync/health/ready'],
      ['PUT', '/_lastsync/connector/c1/mute', { until: '2099-01-01T00:00:00Z' }], ['DELETE', '/_lastsync/connector/c1/mute']]) {
      await expectStatus(200, request(stack, method, target, { body }));
    }
    await command('key', 'create', '--role', 'manage_connector');
    await command('key', 'list');
    await command('status');
    await command('check', '--fix');
    await command('export', path.join(folder, 'export'));
    await expectStatus(200, remove(stack, 'c1', '?delete_sync_jobs=true'));
    await command('import', path.join(folder, 'export'), '--on-conflict', 'replace');
    const denied = (await stack.redisCommand('INFO', 'stats')).match(/^acl_access_denied_\w+:[1-9].*$/gm);
    assert.equal(denied, null);
  });
});
