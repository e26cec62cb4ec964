// nginx/cluster and nginx/sentinel as a user meets them: they serve, a server is killed, they serve again; Ctrl-C ends
// everything.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const { execFileSync, spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { Program, processes } = require('../lib/program');
const { BUILD, PATIENCE, REPOSITORY, freePort, replaced, until } = require('../lib/stack');

// A folder with a space and other characters that Redis's configuration interprets.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync servers "it\'s" \\n '));
after(() => fs.rmSync(folder, { recursive: true }));


const PRIMARY = /^redis-cli .* sentinel get-master-addr-by-name /;

// The printed lines on the servers, and the port of the server to kill: the one that has the connector.
const KINDS = {
  sentinel: {
    replicas: 2,
    described: /^The sentinels and the servers .*\n( {2}\S+ +127\.0\.0\.1:\d+, process \d+\n){6}[^]*^redis-cli .* sentinel failover .*\n$/m,
    victim: (run) => paste(run, PRIMARY).trim().split('\n')[1],
  },
  cluster: {
    replicas: 3,
    described: /^The nodes of the cluster.*\n( {2}\S+ +127\.0\.0\.1:\d+, process \d+\n){6}[^]*^redis-cli .* cluster nodes\n$/m,
    victim: (run) => {
      const [, tag] = /HGETALL '(\{\d+\})/.exec(run.output());
      const [, port] = /redis-1 +127\.0\.0\.1:(\d+)/.exec(run.output());
      const slot = Number(spawnSync('redis-cli', ['-p', port, 'cluster', 'keyslot', tag], { encoding: 'utf8' }).stdout);
      const nodes = spawnSync('redis-cli', ['-p', port, 'cluster', 'nodes'], { encoding: 'utf8' }).stdout.trim().split('\n');
      const owner = nodes.find((line) => /[ ,]master /.test(line) && line.split(' ').slice(8)
        .map((range) => range.split('-').map(Number)).some(([from, to = from]) => slot >= from && slot <= to));
      return /:(\d+)@/.exec(owner)[1];
    },
  },
};

function prepare(kind, state, port, more = {}, scripts = path.join(REPOSITORY, 'nginx')) {
  const log = path.join(folder, `output-${port}`);
  return new Program({ name: kind, log, watch() {}, unwatch() {},
    command: () => ['setpriv', '--pdeathsig', 'TERM', path.join(scripts, kind)],
    ready: () => KINDS[kind].described.test(fs.readFileSync(log, 'utf8')),
    environment: { ...process.env, BUILD, STATE: state, PORT: String(port), ...more } });
}

// Runs a printed line, as a user does.
function paste(run, pattern) {
  const line = run.output().split('\n').find((one) => pattern.test(one));
  const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
  assert.equal(status, 0, `${line}\n${stderr}`);
  return stdout;
}

// What the servers know of their replicas: a line each.
const replicasOf = (run) => [...run.output().matchAll(/redis-\d +127\.0\.0\.1:(\d+)/g)].flatMap(([, port]) =>
  spawnSync('redis-cli', ['-p', port, 'info', 'replication'], { encoding: 'utf8' }).stdout.match(/^slave\d.*$/gm) || []);

// The processes of a run: by their environment, or by their folder, because Redis overwrites its environment.
const ofState = (state) => processes().filter(({ pid }) => {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, 'latin1').includes(`STATE=${state}\0`)
      || fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(state);
  } catch {
    return false;
  }
});

const reported = (run) => JSON.parse(paste(run, /^curl .*_last_sync/)).result;

for (const kind of Object.keys(KINDS)) {
  const state = path.join(folder, kind);
  const again = (more) => spawnSync(path.join(REPOSITORY, 'nginx', kind), [],
    { encoding: 'utf8', env: { ...process.env, BUILD, STATE: state, ...more } });

  test(`${kind}: any server may be killed, and the data are there in the next run`, { timeout: 180000 }, async () => {
    const first = prepare(kind, state, await freePort());
    await first.start();
    try {
      const [greeting, description] = first.output().split(/(?<=HGETALL .*\n)\n/);
      assert.match(greeting, /^lastsync serves on /);
      assert.match(description, KINDS[kind].described);
      const replicas = replicasOf(first);
      assert.equal(replicas.length, KINDS[kind].replicas);
      for (const replica of replicas) assert.match(replica, /,state=online,offset=[1-9]/); // else it may miss writes
      assert.equal(JSON.parse(paste(first, /^curl .*my-connector\?/)).result, 'created');
      assert.equal(reported(first), 'updated');
      assert.match(paste(first, /^redis-cli .* HGETALL/), /^completed$/m);
      const port = KINDS[kind].victim(first);
      const [, name, pid] = new RegExp(`(redis-\\d) +127\\.0\\.0\\.1:${port}, process (\\d+)`).exec(first.output());
      process.kill(Number(pid), 'SIGKILL');
      await until(() => ['updated', 'noop'].includes(reported(first)), 'reports to succeed', PATIENCE, 100);
      await until(() => new RegExp(`${name} is started again`).test(first.output()), 'it to be started again');
      const second = again({});
      assert.equal(second.status, 1);
      assert.match(second.stderr, /^The state folder .* is in use by another run\.\n$/);
      assert.deepEqual(await first.stop('SIGINT'), { code: 0, signal: null });
      assert.deepEqual(ofState(state), []);
    } finally {
      await first.stop();
    }
    const second = prepare(kind, state, await freePort());
    await second.start();
    try {
      assert.match(paste(second, /^redis-cli .* HGETALL/), /^completed$/m);
    } finally {
      await second.stop();
    }
    assert.deepEqual(ofState(state), []);
  });

  test(`${kind}: the servers cannot be chosen`, () => {
    const { status, stderr } = again({ STATE: path.join(folder, 'none'), REDIS_URL: 'redis://h:1' });
    assert.equal(status, 1);
    assert.equal(stderr, `REDIS_URL cannot be chosen: ${kind} starts its own servers.\n`);
    assert.equal(fs.existsSync(path.join(folder, 'none')), false);
  });

  for (const name of ['v[1]', 'a*b', 'a?b']) {
    test(`${kind}: refused is a state folder that Redis would read otherwise, ${name}`, () => {
      const { status, stderr } = again({ STATE: path.join(folder, name) });
      assert.equal(status, 1);
      assert.match(stderr, /^The state folder .* has a \[, \* or \? in its name, which Redis would take for a pattern\.\n$/);
      assert.equal(fs.existsSync(path.join(folder, name)), false);
    });
  }
}

const serverOf = (run, name) => new RegExp(`^ *${name} +127\\.0\\.0\\.1:(\\d+), process (\\d+)$`, 'm').exec(run.output())
  .slice(1).map(Number);

test('a cluster whose creation was ended in the middle is made anew', { timeout: 90000 }, async () => {
  const state = path.join(folder, 'begun');
  const first = prepare('cluster', state, await freePort());
  await first.start({ wait: false });
  try {
    await until(() => {
      const [, port] = /^port (\d+)$/m.exec(fs.readFileSync(path.join(state, 'servers/redis-1/redis-1.conf'), 'utf8'));
      const info = execFileSync('redis-cli', ['-p', port, 'cluster', 'info'], { encoding: 'utf8', stdio: 'pipe' });
      return /^cluster_known_nodes:[2-6]\r$/m.test(info);
    }, 'nodes to know each other');
    process.kill(-first.pid, 'SIGINT'); // to what it runs as well, as Ctrl-C does
    await until(() => first.exit, 'it to end');
    assert.equal(first.output(), '');
  } finally {
    await first.stop();
  }
  assert.deepEqual(ofState(state), []);
  const second = prepare('cluster', state, await freePort());
  await second.start();
  try {
    const replicas = replicasOf(second);
    assert.equal(replicas.length, 3);
    for (const replica of replicas) assert.match(replica, /,state=online,offset=[1-9]/);
    assert.equal(JSON.parse(paste(second, /^curl .*my-connector\?/)).result, 'created');
  } finally {
    await second.stop();
  }
});

// Redis forgets a SIGTERM that comes meanwhile, as after each full resync of a replica.
test('a server that writes its first AOF ends once that is written', { timeout: 60000 }, async () => {
  const state = path.join(folder, 'first');
  const run = prepare('sentinel', state, await freePort());
  await run.start();
  try {
    assert.equal(ofState(state).length > 6, true);
    const [port] = serverOf(run, 'redis-1');
    const tell = (...words) => execFileSync('redis-cli', ['-p', String(port), ...words], { encoding: 'utf8' });
    tell('eval', 'for i = 1, 40 do redis.call("set", i, i) end', '0');
    tell('config', 'set', 'rdb-key-save-delay', '100000'); // microseconds, so that it takes four seconds
    tell('config', 'set', 'appendonly', 'no');
    tell('config', 'set', 'appendonly', 'yes');
    assert.deepEqual(await run.stop('SIGINT'), { code: 0, signal: null });
    assert.match(fs.readFileSync(path.join(state, 'servers', 'redis-1.log'), 'utf8'),
      /Writing initial AOF, can't exit[^]*Redis is now ready to exit/);
    assert.deepEqual(ofState(state), []);
  } finally {
    await run.stop();
  }
});

// A copy of the scripts that have other limits: [file, name, seconds] for each.
function scriptsWith(name, limits) {
  const scripts = path.join(folder, name);
  fs.cpSync(path.join(REPOSITORY, 'nginx'), scripts, { recursive: true });
  for (const [script, limit, seconds] of limits) {
    const file = path.join(scripts, script);
    fs.writeFileSync(file, replaced(fs.readFileSync(file, 'utf8'), new RegExp(`^${limit}=60 `, 'm'), `${limit}=${seconds} `));
  }
  return scripts;
}

test('a cluster is made anew if a server stands still meanwhile', { timeout: 90000 }, async () => {
  const state = path.join(folder, 'hung');
  const scripts = scriptsWith('brief', [['cluster', 'create_within', 15], ['servers.sh', 'stop_within', 3]]);
  const run = prepare('cluster', state, await freePort(), {}, scripts);
  await run.start({ wait: false });
  try {
    await until(() => fs.existsSync(path.join(state, 'servers/create.log')), 'its creation to begin');
    const last = ofState(state).find(({ pid }) => fs.readlinkSync(`/proc/${pid}/cwd`).endsWith('/redis-6'));
    process.kill(last.pid, 'SIGSTOP');
    await until(() => KINDS.cluster.described.test(run.output()), 'it to serve');
    assert.equal(JSON.parse(paste(run, /^curl .*my-connector\?/)).result, 'created');
    assert.deepEqual(await run.stop('SIGINT'), { code: 0, signal: null });
  } finally {
    await run.stop();
  }
  assert.deepEqual(ofState(state), []);

  // A node that has forgotten the cluster is no reason to forget the data of all.
  const nodes = (name) => path.join(state, 'servers', name, 'nodes.conf');
  fs.rmSync(nodes('redis-1'));
  const next = prepare('cluster', state, await freePort(), {}, scripts);
  await next.start({ wait: false });
  await until(() => next.exit, 'it to refuse');
  assert.match(next.output(), /^The cluster cannot be made: /m);
  for (const name of ['redis-2', 'redis-6']) assert.match(fs.readFileSync(nodes(name), 'utf8'), /myself/);
});

test('a server that stands still is killed in the end', { timeout: 60000 }, async () => {
  const scripts = scriptsWith('impatient', [['servers.sh', 'stop_within', 3]]);
  const state = path.join(folder, 'still');
  const run = prepare('sentinel', state, await freePort(), {}, scripts);
  await run.start();
  try {
    const [, pid] = serverOf(run, 'sentinel-1'); // for a replica, its primary would wait
    process.kill(pid, 'SIGSTOP');
    assert.deepEqual(await run.stop('SIGINT'), { code: 0, signal: null });
    const log = (name) => fs.readFileSync(path.join(state, 'servers', `${name}.log`), 'utf8');
    assert.match(log('sentinel-2'), /now ready to exit/);
    assert.doesNotMatch(log('sentinel-1'), /now ready to exit/);
    assert.deepEqual(ofState(state), []);
  } finally {
    await run.stop();
  }
});
