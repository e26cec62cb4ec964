// Passwords and TLS of sentinels, beside those of Redis.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, before, describe, test } = require('node:test');
const { BUILD, canConnect, freePort, startStack, until } = require('../lib/stack');
const { makeCertificate } = require('../lib/certificates');
const { request } = require('../lib/raw');
const { assertUnavailable, create, expectInternal, expectStatus, report } = require('../fault/common');
const { FakeSentinel } = require('./fake');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-sentinel-'));
after(() => fs.rmSync(folder, { recursive: true }));

function write(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, text, { mode: 0o600 });
  return file;
}

const PASSWORDS = { password: ['watcher', 'open-sesame'], redisPassword: 'secret-1' };

test('sentinels and Redis each have a password of their own, and keep it through a failover', async () => {
  const theirs = write('theirs', 'open-sesame\n');
  const stack = await startStack({ sentinel: PASSWORDS, options: ['--sentinel-user', 'watcher', '--sentinel-password-file', theirs,
    '--redis-password-file', write('redis', 'secret-1\n')] });
  try {
    await expectStatus(201, create(stack, 'c1'));
    const { at } = await stack.sentinel.failOver();
    await until(async () => (await report(stack, 'c1')).status === 200, 'reports to succeed');
    assert.ok(performance.now() > at);
    const { redis } = (await request(stack, 'GET', '/_lastsync/health/ready')).json;
    assert.equal(redis.sentinels.answering, 3);
    assert.doesNotMatch(stack.lastsync.output(), /secret-1|sesame/);
  } finally {
    await stack.stop();
  }
});

test('a wrong password is said in words, and a changed file is read', async () => {
  const theirs = write('wrong', 'close-sesame\n');
  const stack = await startStack({ sentinel: PASSWORDS, options: ['--sentinel-user', 'watcher', '--sentinel-password-file', theirs,
    '--redis-password-file', write('redis', 'secret-1\n')] });
  try {
    assertUnavailable(await create(stack, 'c1'));
    assert.match(stack.lastsync.output(), /the sentinel 127\.0\.0\.1 port \d+ is away: WRONGPASS/);
    assert.match(stack.lastsync.output(), /none of the 3 sentinels answers/);
    fs.writeFileSync(theirs, 'open-sesame\n');
    await until(async () => (await create(stack, 'c1')).status === 201, 'it to serve');
    assert.doesNotMatch(stack.lastsync.output(), /secret-1|sesame/);
  } finally {
    await stack.stop();
  }
});

test('a user who may not ask ROLE is told so: a replica could not be told from a primary', async () => {
  const file = write('role', 'secret-2\n');
  const stack = await startStack({ sentinel: { lines: ['user lastsync on >secret-2 ~* &* +@all -@admin'] },
    options: ['--redis-user', 'lastsync', '--redis-password-file', file] });
  try {
    await expectInternal(create(stack, 'c1'));
    assert.match(stack.lastsync.output(), /does not permit ROLE \(ACL: \+role\)/);
    for (const server of stack.sentinel.servers) await server.command('ACL', 'SETUSER', 'lastsync', '+role');
    await until(async () => (await create(stack, 'c1')).status === 201, 'it to serve');
  } finally {
    await stack.stop();
  }
});

const absent = /built without TLS/.test(spawnSync(path.join(BUILD, 'lastsync'), ['--check-config', '--redis', 'rediss+sentinel://h/m'],
  { encoding: 'utf8' }).stderr);

describe('with TLS', { skip: absent && 'this lastsync was built without it: hiredis is older than 1.0' }, () => {
  const file = (name) => path.join(folder, name);
  const secure = (name) => ({ key: fs.readFileSync(file(`${name}.key`)), cert: fs.readFileSync(file(`${name}.pem`)) });

  before(() => {
    makeCertificate(folder, 'authority');
    for (const name of ['server', 'other']) {
      makeCertificate(folder, name, { authority: 'authority', names: name === 'server' ? 'IP:127.0.0.1' : 'IP:127.0.0.9' });
    }
  });

  // Sentinels and a Redis with these certificates.
  async function withCertificates(ofSentinel, ofRedis, use) {
    const port = await freePort();
    const sentinel = await new FakeSentinel({ name: 'm', port, secure: secure(ofSentinel) }).start();
    const stack = await startStack({ redis: ['--tls-port', String(port), '--tls-cert-file', file(`${ofRedis}.pem`),
      '--tls-key-file', file(`${ofRedis}.key`), '--tls-ca-cert-file', file('authority.pem'), '--tls-auth-clients', 'no'],
    redisUrl: `rediss+sentinel://127.0.0.1:${sentinel.port}/m`, options: ['--redis-ca-file', file('authority.pem')] });
    try {
      assert.equal(await canConnect(port), true);
      await use(stack, sentinel);
    } finally {
      await stack.stop();
      await sentinel.stop();
    }
  }

  test('sentinels and Redis are spoken to by TLS', async () => {
    await withCertificates('server', 'server', async (stack, sentinel) => {
      await until(async () => (await create(stack, 'c1')).status === 201, 'it to serve');
      await sentinel.untilHeard();
      await expectStatus(200, report(stack, 'c1'));
    });
  });

  for (const [who, certificates, words] of [
    ['a sentinel', ['other', 'server'], /the sentinel 127\.0\.0\.1 port \d+ is away: its certificate is not accepted: IP address mismatch/],
    ['Redis', ['server', 'other'], /Redis is away: its certificate is not accepted: IP address mismatch/],
  ]) {
    test(`a certificate of another address is refused of ${who}`, async () => {
      await withCertificates(...certificates, async (stack) => {
        await until(() => words.test(stack.lastsync.output()), 'a word in the log');
        assertUnavailable(await create(stack, 'c1'));
      });
    });
  }
});
