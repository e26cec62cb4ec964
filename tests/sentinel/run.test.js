// nginx/sentinel as a user meets it: it serves, the primary is killed, it serves again; Ctrl-C ends all of it.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { Program, processes } = require('../lib/program');
const { BUILD, REPOSITORY, freePort, until } = require('../lib/stack');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync sentinel '));
after(() => fs.rmSync(folder, { recursive: true }));

const PATIENCE = 60000;
const state = path.join(folder, 'state');

function prepare(port, more = {}) {
  const log = path.join(folder, `output-${port}`);
  return new Program({ name: 'sentinel', log, watch() {}, unwatch() {},
    command: () => ['setpriv', '--pdeathsig', 'TERM', path.join(REPOSITORY, 'nginx', 'sentinel')],
    ready: () => fs.readFileSync(log, 'utf8').includes('sentinel failover'),
    environment: { ...process.env, BUILD, STATE: state, PORT: String(port), ...more } });
}

// What a user does with a line that it prints.
function paste(run, pattern) {
  const line = run.output().split('\n').find((one) => pattern.test(one));
  const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.equal(status, 0, `${line}\n${stderr}`);
  return stdout;
}

const PRIMARY = /^redis-cli .* sentinel get-master-addr-by-name /;
const ofState = () => processes().filter(({ pid }) => {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`STATE=${state}\0`);
  } catch {
    return false;
  }
});

async function reported(run) {
  return JSON.parse(paste(run, /^curl .*_last_sync/)).result;
}

test('any server may be killed, and the data are there in the next run', { timeout: 120000 }, async () => {
  const first = prepare(await freePort());
  await first.start();
  try {
    assert.equal(JSON.parse(paste(first, /^curl .*my-connector\?/)).result, 'created');
    assert.equal(await reported(first), 'updated');
    assert.match(paste(first, /^redis-cli .* HGETALL/), /^completed$/m);
    const [, port] = paste(first, PRIMARY).trim().split('\n');
    const [, name, pid] = new RegExp(`(redis-\\d) +127\\.0\\.0\\.1:${port}, process (\\d+)`).exec(first.output());
    process.kill(Number(pid), 'SIGKILL');
    await until(() => paste(first, PRIMARY).trim().split('\n')[1] !== port, 'another primary', PATIENCE, 200);
    await until(async () => ['updated', 'noop'].includes(await reported(first)), 'reports to succeed', PATIENCE, 100);
    await until(() => new RegExp(`${name} is started again`).test(first.output()), 'it to be started again', PATIENCE);
    const { status, stderr } = spawnSync(path.join(REPOSITORY, 'nginx', 'sentinel'), [], { encoding: 'utf8', env: { ...process.env, BUILD, STATE: state } });
    assert.equal(status, 1);
    assert.match(stderr, /^The state folder .* is in use by another run\.\n$/);
    assert.deepEqual(await first.stop('SIGINT'), { code: 0, signal: null });
    assert.deepEqual(ofState(), []);
  } finally {
    await first.stop();
  }
  const second = prepare(await freePort());
  await second.start();
  try {
    assert.match(paste(second, /^redis-cli .* HGETALL/), /^completed$/m);
  } finally {
    await second.stop();
  }
  assert.deepEqual(ofState(), []);
});

test('the servers cannot be chosen', () => {
  const { status, stderr } = spawnSync(path.join(REPOSITORY, 'nginx', 'sentinel'), [],
    { encoding: 'utf8', env: { ...process.env, BUILD, STATE: path.join(folder, 'none'), REDIS_URL: 'redis://h:1' } });
  assert.equal(status, 1);
  assert.equal(stderr, 'REDIS_URL cannot be chosen: the servers are its own.\n');
  assert.equal(fs.existsSync(path.join(folder, 'none')), false);
});
