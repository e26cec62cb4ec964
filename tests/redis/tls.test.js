// TLS to Redis: it works if all is right, and otherwise names the fault. A lastsync that was built without TLS (Debian
// 12's hiredis has none) says so.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFile, execFileSync, spawnSync } = require('node:child_process');
const { after, before, describe, test } = require('node:test');
const { makeCertificate } = require('../lib/certificates');
const { request } = require('../lib/raw');
const { BUILD, canConnect, freePort, startStack, until } = require('../lib/stack');

const LASTSYNC = path.join(BUILD, 'lastsync');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-tls-'));
const file = (name) => path.join(folder, name);
after(() => fs.rmSync(folder, { recursive: true }));

function check(...words) {
  return spawnSync(LASTSYNC, ['--check-config', ...words], { encoding: 'utf8' });
}

const absent = /built without TLS/.test(check('--redis', 'rediss://h').stderr);

test('a lastsync without TLS says so, and one with it does not', () => {
  const linked = /libssl/.test(execFileSync('ldd', [LASTSYNC], { encoding: 'utf8' }));
  assert.equal(absent, !linked);
  assert.equal(check('--redis', 'rediss://h').status, absent ? 78 : 0);
});

describe('with TLS', { skip: absent && 'this lastsync was built without it: hiredis is older than 1.0' }, () => {
  const servers = {};
  let stack;

  // A Redis that shows a certificate; `more` has further options.
  async function startRedis(certificate, ...more) {
    const port = await freePort();
    const program = stack.program(`redis-${port}`, () => ['redis-server', '--port', '0', '--tls-port', String(port),
      '--tls-cert-file', file(`${certificate}.pem`), '--tls-key-file', file(`${certificate}.key`),
      '--tls-ca-cert-file', file('authority.pem'), '--save', '', '--dir', folder, ...more],
    () => canConnect(port));
    await program.start();
    return { port, program };
  }

  before(async () => {
    makeCertificate(folder, 'authority');
    makeCertificate(folder, 'stranger');
    const names = 'DNS:localhost,IP:127.0.0.1';
    makeCertificate(folder, 'server', { authority: 'authority', names });
    makeCertificate(folder, 'other', { authority: 'authority', names: 'DNS:other.example,IP:127.0.0.9' });
    makeCertificate(folder, 'expired', { authority: 'authority', names,
      more: ['-not_before', '20200101000000Z', '-not_after', '20200201000000Z'] });
    makeCertificate(folder, 'client', { authority: 'authority', names: 'DNS:client' });
    fs.writeFileSync(file('rubbish.pem'), 'rubbish\n');
    stack = await startStack({ nginx: false });
    servers.server = await startRedis('server', '--tls-auth-clients', 'no');
    servers.other = await startRedis('other', '--tls-auth-clients', 'no');
    servers.expired = await startRedis('expired', '--tls-auth-clients', 'no');
    servers.strict = await startRedis('server');
  });
  after(async () => {
    for (const { program } of Object.values(servers)) await program.stop();
    await stack.stop();
  });

  const CA = () => ['--redis-ca-file', file('authority.pem')];
  const CLIENT = () => ['--redis-certificate-file', file('client.pem'), '--redis-key-file', file('client.key')];

  function run(name, words, host = 'localhost') {
    return new Promise((resolve) => {
      execFile(LASTSYNC, ['key', 'list', '--patience', '500', '--redis', `rediss://${host}:${servers[name].port}`,
        ...words], (error, stdout, stderr) => resolve({ code: error ? error.code : 0, stderr }));
    });
  }

  for (const host of ['localhost', '127.0.0.1']) {
    test(`a certificate for ${host} of a known authority is accepted`, async () => {
      const { code, stderr } = await run('server', CA(), host);
      assert.equal(code, 0, stderr);
    });
  }

  test('a client that shows a certificate is let in', async () => {
    const { code, stderr } = await run('strict', [...CA(), ...CLIENT()]);
    assert.equal(code, 0, stderr);
  });

  for (const [what, name, words, reason, host] of [
    ['of another name', 'other', CA, /its certificate is not accepted: hostname mismatch/],
    ['of another address', 'other', CA, /its certificate is not accepted: IP address mismatch/, '127.0.0.1'],
    ['that has expired', 'expired', CA, /its certificate is not accepted: certificate has expired/],
    ['of an unknown authority', 'server', () => [], /its certificate is not accepted: (unable to get|self-signed)/],
    ['of another authority', 'server', () => ['--redis-ca-file', file('stranger.pem')],
      /its certificate is not accepted: (unable to get|self-signed)/],
  ]) {
    test(`a certificate ${what} is refused`, async () => {
      const { code, stderr } = await run(name, words(), host);
      assert.equal(code, 69);
      assert.match(stderr, reason);
    });
  }

  test('Redis wants a certificate, and there is none', async () => {
    const { code, stderr } = await run('strict', CA());
    assert.equal(code, 69);
    assert.match(stderr, /Redis is away: TLS: .*(certificate required|wants a certificate)/);
  });

  test('Redis speaks no TLS', async () => {
    const port = await freePort();
    const program = stack.program('plain', () => ['redis-server', '--port', String(port), '--save', '', '--dir', folder],
      () => canConnect(port));
    await program.start();
    servers.plain = { port, program };
    const { code, stderr } = await run('plain', CA());
    assert.equal(code, 69);
    assert.match(stderr, /Redis is away: (TLS: \w|.*closed the connection)/);
    assert.doesNotMatch(stderr, /Success/);
  });

  test('nobody listens', async () => {
    servers.nobody = { port: await freePort(), program: { stop: async () => {} } };
    const { code, stderr } = await run('nobody', CA(), '127.0.0.1');
    assert.equal(code, 69);
    assert.match(stderr, /Redis is away: .*Connection refused/);
  });

  for (const [what, words, sentence] of [
    ['no file of authorities', () => ['--redis-ca-file', file('none.pem')], /authorities .*none\.pem.* No such file/],
    ['a file of authorities that is rubbish', () => ['--redis-ca-file', file('rubbish.pem')], /authorities .*rubbish\.pem/],
    ['a certificate without its key', () => CLIENT().slice(0, 2), /need each other/],
    ['a certificate that is rubbish', () => ['--redis-certificate-file', file('rubbish.pem'), ...CLIENT().slice(2)],
      /the certificate .*rubbish\.pem/],
    ['a key that is not there', () => [...CLIENT().slice(0, 3), file('none.key')], /the key .*none\.key.* No such file/],
    ['a key of another certificate', () => [...CLIENT().slice(0, 3), file('server.key')], /the key .*server\.key.*mismatch/],
  ]) {
    test(`refused at once, with the file's name: ${what}`, () => {
      const { status, stderr } = check('--redis', 'rediss://localhost', ...words());
      assert.equal(status, 78, stderr);
      assert.match(stderr, sentence);
    });
  }

  test('workers serve by TLS, and again when Redis comes back', async () => {
    const { port, program } = servers.strict;
    const secure = await startStack({ redis: false, redisUrl: `rediss://localhost:${port}`,
      options: [...CA(), ...CLIENT()] });
    try {
      const create = (id) => request(secure, 'PUT', `/_connector/${id}`, { body: {} });
      assert.equal((await create('c1')).status, 201);
      await program.stop();
      assert.equal((await create('c2')).status, 503);
      await program.start();
      await until(async () => (await create('c3')).status === 201, 'it to serve again');
    } finally {
      await secure.stop();
    }
  });
});
