// The three images of nginx/Containerfile, built on a Debian that debootstrap made, and run as
// compose.yaml runs them, except that each is without a network. The variable CONTAINERS names a folder
// for images and containers.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { once } = require('node:events');
const { after, before, test } = require('node:test');
const { REPOSITORY, until } = require('../lib/stack');

const FOLDER = path.resolve(process.env.CONTAINERS);
const LOCKED = ['--cgroups=disabled', '--ulimit', 'nofile=4096:4096', '--ulimit', 'nproc=4096:4096',
  '--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--network', 'none'];
const MOUNTS = {
  redis: ['-v', 'redis:/run/redis', '-v', 'data:/var/lib/redis'],
  lastsync: ['-v', 'redis:/run/redis', '-v', 'workers:/run/lastsync'],
  nginx: ['-v', 'workers:/run/lastsync', '--tmpfs', '/tmp'],
};
const MOST = 20e6; // bytes that lastsync's image may have above its base

let key;

// Runs podman, and gives what it prints.
function podman(...words) {
  const { status, stdout, stderr } = spawnSync(path.join(__dirname, 'podman'), [FOLDER, ...words],
    { cwd: REPOSITORY, encoding: 'utf8', maxBuffer: 1 << 26 });
  assert.equal(status, 0, `podman ${words.join(' ')}\n${stdout}${stderr}`);
  return stdout.trim();
}

const inside = (name, ...words) => podman('exec', name, ...words);
const start = (name) => podman('run', '--detach', '--name', name, ...LOCKED, ...MOUNTS[name], `lastsync-${name}`);
const pidOf = (name) => podman('inspect', '--format', '{{.State.Pid}}', name);
const curl = (...words) => ['-t', pidOf('nginx'), '-n', 'curl', '-sS', '-H', `Authorization: ApiKey ${key}`,
  '-H', 'Content-Type: application/json', ...words];

function ask(...words) {
  const { stdout, stderr } = spawnSync('nsenter', curl(...words), { encoding: 'utf8' });
  return stdout || stderr;
}

const report = (count) => ask('-X', 'PUT', 'localhost:8080/_connector/c1/_last_sync', '-d',
  `{"last_sync_status":"completed","last_indexed_document_count":${count}}`);

function clear() {
  spawnSync(path.join(__dirname, 'podman'), [FOLDER, 'rm', '--force', '--volumes', ...Object.keys(MOUNTS)]);
  spawnSync(path.join(__dirname, 'podman'), [FOLDER, 'volume', 'rm', '--force', 'redis', 'workers', 'data']);
}

before(() => {
  clear();
  for (const target of Object.keys(MOUNTS)) {
    podman('build', '--isolation', 'chroot', '--network', 'host', '--build-arg', 'BASE=localhost/lastsync-base',
      '--file', 'nginx/Containerfile', '--target', target, '--tag', `lastsync-${target}`, '.');
  }
});
after(clear);

test('lastsync takes little above its base', () => {
  const [image, base] = ['lastsync-lastsync', 'lastsync-base']
    .map((name) => Number(podman('image', 'inspect', '--format', '{{.Size}}', name)));
  assert.ok(image - base < MOST, `${image - base} bytes`);
});

test('they start, a client without a key is refused, a key is made and a sync is reported', async () => {
  for (const name of Object.keys(MOUNTS)) start(name);
  await until(() => inside('redis', 'redis-cli', '-s', '/run/redis/redis.sock', 'ping') === 'PONG', 'Redis');
  key = 'none';
  await until(() => JSON.parse(ask('localhost:8080/_connector')).status === 401, 'nginx and workers');
  key = JSON.parse(inside('lastsync', 'lastsync', 'key', 'create', '--role', 'manage_connector', '--json')).encoded;
  assert.match(ask('-X', 'PUT', 'localhost:8080/_connector/c1', '-d', '{"index_name":"search-c1"}'), /created/);
  assert.match(report(1), /updated/);
  assert.match(ask('localhost:8080/_lastsync/'), /<html/);
  assert.match(ask('localhost:8080/_lastsync/overview'), /"state":"fresh"/);
  inside('lastsync', 'lastsync-health');
});

test('none is root, has a capability, or writes to its own files', () => {
  for (const name of Object.keys(MOUNTS)) {
    const status = fs.readFileSync(`/proc/${pidOf(name)}/status`, 'utf8');
    assert.match(status, /^Uid:\s+1000[123]\s/m, name);
    assert.match(status, /^CapEff:\s+0+$/m, name);
    assert.match(status, /^CapBnd:\s+0+$/m, name);
    assert.match(status, /^NoNewPrivs:\s+1$/m, name);
    assert.throws(() => inside(name, 'sh', '-c', 'echo >/etc/x'), /Read-only file system/, name);
  }
});

test('it is stopped within 2 s under load, and what was acknowledged is there', async () => {
  const load = spawn('nsenter', ['-t', pidOf('nginx'), '-n', process.execPath, path.join(__dirname, 'load.js'), key],
    { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  load.stdout.on('data', (data) => { output += data; });
  await once(load.stdout, 'data');
  const idle = performance.now();
  podman('inspect', 'lastsync');
  const own = performance.now() - idle; // what podman itself takes
  const began = performance.now();
  podman('stop', 'lastsync');
  const took = performance.now() - began - own;
  assert.ok(took < 2000, `${took} ms`);
  podman('start', 'lastsync');
  await until(() => /updated|noop/.test(report(1)), 'it to serve again');
  load.kill('SIGTERM');
  await once(load, 'close');
  const { statuses, acknowledged } = JSON.parse(output);
  assert.deepEqual(Object.keys(statuses).filter((status) => !['200', '503'].includes(status)), []);
  assert.ok(statuses[200] > 20, output);
  const stored = JSON.parse(ask('localhost:8080/_connector/load?filter_path=last_indexed_document_count'));
  assert.ok(stored.last_indexed_document_count >= acknowledged, `${output} ${JSON.stringify(stored)}`);
});

test('the data outlive their containers', async () => {
  report(42);
  podman('rm', '--force', 'nginx', 'lastsync');
  podman('stop', 'redis');
  podman('rm', 'redis');
  for (const name of Object.keys(MOUNTS)) start(name);
  await until(() => /"last_indexed_document_count":42/.test(ask('localhost:8080/_connector/c1')), 'the data');
});

test('a worker that is away makes the healthcheck fail', () => {
  podman('stop', 'lastsync');
  podman('run', '--detach', '--replace', '--name', 'lastsync', ...LOCKED, ...MOUNTS.lastsync, '--entrypoint',
    'sleep', 'lastsync-lastsync', '1000');
  assert.throws(() => inside('lastsync', 'lastsync-health'));
});

// podman-compose prints the commands that it would run; /bin/true answers its questions in between.
test('compose.yaml runs these images, and locks them as they were here', () => {
  const { stdout, stderr } = spawnSync('podman-compose', ['--podman-path', '/bin/true', '--dry-run', '-f',
    'nginx/compose.yaml', 'up', '--detach'], { cwd: REPOSITORY, encoding: 'utf8' });
  const runs = `${stdout}${stderr}`.split('\n').filter((line) => / run --name=/.test(line));
  assert.equal(runs.length, 3, stderr);
  for (const [i, image] of ['lastsync-redis', 'lastsync', 'lastsync-nginx'].entries()) {
    for (const word of ['--read-only', '--cap-drop ALL', 'no-new-privileges', image]) {
      assert.ok(runs[i].includes(word), `${word}: ${runs[i]}`);
    }
    assert.equal(runs[i].includes('--network none'), image !== 'lastsync-nginx');
  }
});
