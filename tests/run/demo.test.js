// nginx/demo as a user meets it: connectors of all kinds within a minute, and nothing left behind.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { after, test } = require('node:test');
const { prepareDemo } = require('../lib/demo');
const { family, processes } = require('../lib/program');
const { request } = require('../lib/raw');
const { startStack, until } = require('../lib/stack');

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync demo '));
after(() => fs.rmSync(folder, { recursive: true }));

const living = (pids) => processes().filter(({ pid }) => pids.includes(pid));

async function overview(port) {
  return (await request({ port }, 'GET', '/_lastsync/overview?history=50&size=100')).json;
}

test('connectors of many kinds report until SIGINT, which leaves nothing', async () => {
  const { demo, port } = await prepareDemo(folder);
  await demo.start();
  try {
    assert.ok(demo.output().includes(`http://127.0.0.1:${port}/_lastsync/`), demo.output());
    const first = await overview(port);
    assert.ok(first.count >= 36, String(first.count));
    for (const state of ['failing', 'late', 'never_synced', 'running', 'fresh', 'disabled']) {
      assert.ok(first.states[state] > 0, state);
    }
    assert.ok(first.results.some(({ access_control: access }) => access.status === 'error'));
    for (const state of ['failing', 'late', 'running']) { // beside each of these a sync runs
      assert.ok(first.results.some((row) => row.state === state && row.running_since), state);
    }
    // One whose access control fails may run, too; its content has no error.
    const retrying = first.results.find(({ state, content }) => state === 'failing' &&
      content.status === 'in_progress' && content.ended_status === 'error');
    assert.ok(retrying?.running_since, 'a sync that runs after a failed one');
    assert.ok(retrying.content.error, 'the error of the sync before');
    const withPast = first.results.filter(({ history }) => history.length >= 15);
    assert.ok(withPast.length >= 30, String(withPast.length));
    const newest = ({ results }) => results.map(({ history }) => history[0]?.id ?? '').sort().pop();
    const chance = 300000; // milliseconds: syncs begin and end by chance
    await until(async () => newest(await overview(port)) > newest(first), 'another report', chance, 200);
    const jobs = async (status) => (await request({ port }, 'GET',
      `/_connector/_sync_job?status=${status}`)).json.count;
    assert.ok(await jobs('in_progress') > 0, 'no job runs');
    await until(() => jobs('completed'), 'a job to be completed', chance, 200);
    const pids = family(demo.pid);
    assert.ok(pids.length > 5, String(pids));
    assert.deepStrictEqual(await demo.stop('SIGINT'), { code: 0, signal: null });
    await until(() => !living(pids).length, 'all of it to end');
    assert.doesNotMatch(demo.output(), /^curl: |error[:\]]|unbound/im);
  } finally {
    await demo.stop();
  }
});

test('a demo that is killed leaves nothing running', async () => {
  const { demo } = await prepareDemo(folder, path.join(folder, 'killed'));
  await demo.start();
  const pids = family(demo.pid);
  demo.signal('SIGKILL');
  await until(() => !living(pids).length, 'all of it to end');
  await demo.stop();
});

test('what nginx/run refuses, it refuses', async () => {
  const { demo } = await prepareDemo(folder, '/proc/nowhere');
  await assert.rejects(demo.start(), /The state folder \/proc\/nowhere cannot be made\./);
  assert.strictEqual(demo.exit.code, 1);
});

test('a server that is not its own gets no connectors', async () => {
  const stack = await startStack();
  const state = path.join(folder, 'stale');
  fs.mkdirSync(state);
  fs.writeFileSync(path.join(state, 'nginx.pid'), `${stack.nginx.pid}\n`); // as a run that was killed leaves them
  const socket = net.createServer().listen(path.join(state, 'fcgi.sock'));
  const { demo } = await prepareDemo(folder, state);
  demo.environment.PORT = String(stack.port);
  try {
    await assert.rejects(demo.start(), new RegExp(`Port ${stack.port} is in use: `));
    assert.strictEqual(demo.exit.code, 1);
    assert.strictEqual((await request(stack, 'GET', '/_connector')).json.count, 0);
  } finally {
    socket.close();
    await demo.stop();
    await stack.stop();
  }
});

test('a second demo on the same state folder sends nothing to the first', async () => {
  const state = path.join(folder, 'twice');
  const { demo, port } = await prepareDemo(folder, state);
  await demo.start();
  const { demo: second } = await prepareDemo(folder, state);
  second.environment.PORT = String(port);
  try {
    await assert.rejects(second.start(), /is in use by another run\./);
    assert.doesNotMatch(second.output(), /made-up connectors report/);
  } finally {
    await second.stop();
    await demo.stop();
  }
});

for (const [words, reached] of [[{ AUTH: 'on' }, '127.0.0.1'], [{ HOST: '0.0.0.0' }, '0.0.0.0'],
  [{ HOST: '0.0.0.0', AUTH: 'on' }, '0.0.0.0']]) {
  test(`it has no keys, and refuses ${JSON.stringify(words)} in a sentence`, async () => {
    const { demo } = await prepareDemo(folder, path.join(folder, 'refused'));
    Object.assign(demo.environment, words);
    try {
      await assert.rejects(demo.start());
      assert.strictEqual(demo.output(),
        `The demo's connectors have no keys: set AUTH=off if anybody who can reach ${reached} may do everything.\n`);
      assert.strictEqual(demo.exit.code, 1);
    } finally {
      await demo.stop();
    }
  });
}

test('with AUTH=off it serves where others reach it', async () => {
  const { demo } = await prepareDemo(folder, path.join(folder, 'open'));
  Object.assign(demo.environment, { HOST: '0.0.0.0', AUTH: 'off' });
  await demo.start();
  try {
    assert.match(demo.output(), /^Beware: anybody who can reach this machine /m);
  } finally {
    await demo.stop();
  }
});
