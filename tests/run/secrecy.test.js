// Places other than answers where secrets could show: core dumps, lists of processes, files that others read.
'use strict';

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { after, test } = require('node:test');
const { Program, family, processes } = require('../lib/program');
const { createKey } = require('../lib/keys');
const { request } = require('../lib/raw');
const { BUILD, REPOSITORY, freePort, startStack, until } = require('../lib/stack');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync-secrecy-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

const secret = () => crypto.randomBytes(16).toString('hex');

function secretFile(name, text) {
  const file = path.join(folder, name);
  fs.writeFileSync(file, `${text}\n`, { mode: 0o600 });
  return file;
}

// ---- core dumps ----

// 1 and not 0: Linux gives a dump to a program by any other limit.
function assertNoDumps(pid) {
  const limits = fs.readFileSync(`/proc/${pid}/limits`, 'utf8');
  assert.match(limits, /^Max core file size +1 +1 +bytes/m);
}

const dumps = { within: ['prlimit', '--core=unlimited:unlimited'] };

test('neither the pool nor its workers leave core dumps', async () => {
  const stack = await startStack({ ...dumps, nginx: false });
  try {
    const pids = [stack.lastsync.pid, ...stack.lastsync.children()];
    assert.equal(pids.length, 3);
    pids.forEach(assertNoDumps);
  } finally {
    await stack.stop();
  }
});

for (const [what, words, environment] of [
  ['a command', ['import', '-'], {}],
  ['a CGI program', [], { GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'PUT', REQUEST_URI: '/_connector/c1',
    CONTENT_LENGTH: '7', LASTSYNC_ACCESS: 'off' }],
]) {
  test(`nor does ${what}`, async () => {
    const stack = await startStack({ nginx: false });
    const LASTSYNC_REDIS = `unix:${stack.redisSocket}`;
    const child = spawn('prlimit', ['--core=unlimited:unlimited', path.join(BUILD, 'lastsync'), ...words],
      { env: { ...process.env, LASTSYNC_REDIS, ...environment }, stdio: ['pipe', 'ignore', 'ignore'] });
    try {
      await until(() => fs.readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'lastsync\n', 'its start');
      await until(() => assertNoDumps(child.pid) === undefined, 'its limit'); // it waits for its input
    } finally {
      child.kill('SIGKILL');
      await once(child, 'exit');
      await stack.stop();
    }
  });
}

// In Linux, the files in /proc of a process that is not dumpable belong to root.
test('a process that may not raise its limit counts as not dumpable', async () => {
  const program = path.join(folder, 'lastsync');
  fs.chmodSync(folder, 0o755);
  fs.copyFileSync(path.join(BUILD, 'lastsync'), program);
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
  const [file, ...words] = [...(process.getuid() === 0 ? nobody : []), 'prlimit', '--core=0:0', program];
  const child = spawn(file, words, { stdio: ['pipe', 'ignore', 'ignore'], env: { ...process.env,
    GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'PUT', REQUEST_URI: '/_connector/c1', CONTENT_LENGTH: '7',
    LASTSYNC_ACCESS: 'off' } });
  try {
    await until(() => fs.readFileSync(`/proc/${child.pid}/comm`, 'utf8') === 'lastsync\n', 'its start');
    await until(() => fs.statSync(`/proc/${child.pid}/fd`).uid === 0, 'its files to be root\'s');
  } finally {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

// ---- what every user of a machine sees ----

test('no list of processes has a secret', async () => {
  const [password, proxy] = [secret(), secret()];
  const stack = await startStack({ access: 'proxy', redis: ['--requirepass', password],
    environment: { LASTSYNC_REDIS_PASSWORD_FILE: secretFile('password', password) },
    options: ['--proxy-secret-file', secretFile('proxy', proxy)] });
  try {
    const seen = () => processes().filter(({ pid }) => pid !== stack.redis.pid).map(({ pid }) => {
      try {
        return ['cmdline', 'comm'].map((name) => fs.readFileSync(`/proc/${pid}/${name}`, 'latin1')).join(' ');
      } catch {
        return ''; // it has ended
      }
    }).join('\n');
    assert.match(seen(), /lastsync/);
    for (const word of [password, proxy]) assert.equal(seen().includes(word), false);
  } finally {
    await stack.stop();
  }
});

test('a key is on no command line, and in no log', async () => {
  const stack = await startStack({ access: 'keys', options: ['--log-level', 'debug'] });
  try {
    const key = await createKey(stack, 'manage_connector');
    const body = { api_key_id: 'id', api_key_secret_id: secret() };
    assert.equal((await request(stack, 'PUT', '/_connector/c1', { headers: key.headers })).status, 201);
    await request(stack, 'PUT', '/_connector/c1/_api_key_id', { headers: key.headers, body });
    await request(stack, 'GET', '/_connector', { headers: { authorization: `${key.headers.authorization}x` } });
    const lines = family(stack.lastsync.pid).map((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
    const texts = [...lines, stack.lastsync.output(), stack.nginx.output(),
      fs.readFileSync(path.join(stack.directory, 'nginx-error.log'), 'utf8')];
    for (const text of texts) {
      for (const word of [key.api_key, key.encoded, body.api_key_secret_id]) {
        assert.equal(text.includes(word), false);
      }
    }
  } finally {
    await stack.stop();
  }
});

// ---- files ----

// All files below a folder that other users may use, as "name mode". A link has no mode of its own.
function openToOthers(directory) {
  return fs.readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const name = path.join(directory, entry.name);
    const mode = fs.lstatSync(name).mode & 0o777;
    const own = !entry.isSymbolicLink() && (mode & 0o077) ? [`${entry.name} ${mode.toString(8)}`] : [];
    return entry.isDirectory() ? [...own, ...openToOthers(name)] : own;
  });
}

test('make run: nobody else reads what it keeps', async () => {
  const state = path.join(folder, 'state');
  const port = await freePort();
  const log = path.join(folder, 'output');
  const run = new Program({ name: 'run', log, watch() {}, unwatch() {},
    command: () => ['bash', '-c', 'umask 000; exec setpriv --pdeathsig TERM "$0"', path.join(REPOSITORY, 'nginx', 'run')],
    ready: () => fs.readFileSync(log, 'utf8').includes('HGETALL'),
    environment: { ...process.env, BUILD, PORT: String(port), STATE: state, AUTH: 'off' } });
  await run.start();
  try {
    const long = { last_sync_error: 'x'.repeat(900000) }; // nginx keeps it in a file
    assert.equal((await request({ port }, 'PUT', '/_connector/c1')).status, 201);
    assert.equal((await request({ port }, 'PUT', '/_connector/c1/_last_sync', { body: long })).status, 200);
    assert.equal(fs.statSync(state).mode & 0o777, 0o700);
    // nginx's group may use the workers' socket, but cannot reach it here: the folder is closed.
    assert.deepEqual(openToOthers(state), ['fcgi.sock 660']);
  } finally {
    await run.stop();
  }
  assert.deepEqual(openToOthers(state), []);
});

test('the workers\' socket is for nginx\'s group, by any umask', async () => {
  const within = ['bash', '-c', 'umask 000; exec "$0" "$@"'];
  const stack = await startStack({ nginx: false, within });
  try {
    assert.equal(fs.statSync(stack.fcgiSocket).mode & 0o777, 0o660);
  } finally {
    await stack.stop();
  }
});
