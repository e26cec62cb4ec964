// nginx/run as a user meets it: it starts, serves what it prints, keeps data, and ends cleanly.
'use strict';

const assert = require('node:assert');
const fs = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { spawn, spawnSync } = require('node:child_process');
const { after, test } = require('node:test');
const { makeCertificate } = require('../lib/certificates');
const { Program, processes } = require('../lib/program');
const { request } = require('../lib/raw');
const { redisCommand } = require('../lib/redis');
const { BUILD, PATIENCE, REPOSITORY, canConnect, freePort, until } = require('../lib/stack');
const { startTarget, writeTargets, toldOf } = require('../notify/targets');

const RUN = path.join(REPOSITORY, 'nginx', 'run');
const SETTINGS = ['HOST', 'PORT', 'STATE', 'WORKERS', 'REDIS_URL', 'AUTH', 'NAMES', 'NOTIFY', 'ELASTICSEARCH',
  'ELASTICSEARCH_VERSION'];

// A folder with a space and other characters that nginx's configuration and a shell interpret.
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'lastsync run "it\'s" '));
after(() => fs.rmSync(folder, { recursive: true }));

function environment(settings) {
  const kept = Object.entries(process.env).filter(([name]) => !SETTINGS.includes(name));
  return { ...Object.fromEntries(kept), BUILD, ...settings };
}

let runs = 0;

// The program `run`, not yet started. It ends with this test, even if the test is killed.
function prepareRun(settings, command = [RUN]) {
  const log = path.join(folder, `output-${++runs}`); // a port may be used again
  return new Program({
    name: 'run',
    command: () => ['setpriv', '--pdeathsig', 'TERM', 'env', '-C', os.tmpdir(), ...command],
    ready: () => fs.readFileSync(log, 'utf8').includes('HGETALL'),
    watch() {},
    unwatch() {},
    log,
    environment: environment(settings),
  });
}

function children(pid) {
  return processes().filter(({ parent }) => parent === pid).map((child) => child.pid);
}

// Redis, lastsync and nginx of a run by name. Each leads a process group.
function programsOf(run) {
  const found = {};
  for (const { pid, parent, group } of processes()) {
    if (parent !== run.pid || group !== pid) continue;
    const name = fs.readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
    found[name.replace('redis-server', 'redis')] = pid;
  }
  return found;
}

function membersOf(groups) {
  return processes().filter(({ group }) => groups.includes(group));
}

// For a test that fails: ends the processes that the run has left behind.
function killAll(groups) {
  for (const { pid } of membersOf(groups)) process.kill(pid, 'SIGKILL');
}

function socketsIn(directory) {
  return fs.readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isSocket()).map(({ name }) => name);
}

// Starts a run, gives { run, port, state, programs } to `use`, and always ends it.
async function withRun(settings, use) {
  const port = await freePort();
  const state = settings.STATE || fs.mkdtempSync(path.join(folder, 'state '));
  const run = prepareRun({ PORT: String(port), STATE: state, ...settings });
  let programs = {};
  try {
    await run.start();
    programs = programsOf(run);
    await use({ run, port, state, programs });
  } finally {
    await run.stop();
    killAll(Object.values(programs));
  }
}

async function assertNothingLeft(programs, state) {
  const groups = Object.values(programs);
  await until(() => membersOf(groups).length === 0, 'all processes to end');
  assert.deepStrictEqual(socketsIn(state), []);
}

function get(port, target) {
  const url = `http://127.0.0.1:${port}${target}`;
  const { stdout } = spawnSync('curl', ['--silent', '--noproxy', '*', url], { encoding: 'utf8' });
  return JSON.parse(stdout);
}

function put(port, target, body) {
  const words = ['--silent', '--noproxy', '*', '-X', 'PUT', '-H', 'Content-Type: application/json',
    '-d', JSON.stringify(body), `http://127.0.0.1:${port}${target}`];
  return JSON.parse(spawnSync('curl', words, { encoding: 'utf8' }).stdout);
}

// Runs the printed lines, as a user does.
function paste(run, pattern) {
  const pasted = run.output().split('\n').filter((line) => pattern.test(line));
  return pasted.map((line) => {
    const { stdout, stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8' });
    assert.strictEqual(status, 0, `${line}\n${stderr}`);
    return stdout;
  });
}

test('what it prints works when pasted, and the data outlives a restart', async () => {
  const state = path.join(folder, 'kept', 'below');
  await withRun({ STATE: state }, async ({ run, port }) => {
    assert.ok(run.output().includes(`http://127.0.0.1:${port}`), run.output());
    assert.ok(run.output().includes(state), run.output());
    const page = `http://127.0.0.1:${port}/_lastsync/`;
    assert.ok(run.output().includes(page), run.output());
    assert.strictEqual(spawnSync('curl', ['--silent', '--fail', '--noproxy', '*', page]).status, 0);
    const [created, reported] = paste(run, /^curl /).map(JSON.parse);
    assert.deepStrictEqual(created, { id: 'my-connector', result: 'created' });
    assert.deepStrictEqual(reported, { result: 'updated' });
    const [hash] = paste(run, /^redis-cli /);
    assert.match(hash, /^last_sync_status\ncompleted$/m);
    assert.strictEqual(get(port, '/_lastsync/connector/my-connector').state, 'fresh');
  });
  await withRun({ STATE: state }, async ({ port }) => {
    assert.strictEqual(get(port, '/_connector/my-connector').last_indexed_document_count, 42);
  });
});

// The value in the first line that begins with KEY=, for the commands pasted after it.
function keyOf(run) {
  const [, key] = /^KEY=(\S+)$/m.exec(run.output()) || [];
  return key;
}

function status(port, target, ...more) {
  const words = ['--silent', '--noproxy', '*', '-o', '/dev/null', '-w', '%{http_code}', ...more,
    `http://127.0.0.1:${port}${target}`];
  return Number(spawnSync('curl', words, { encoding: 'utf8' }).stdout);
}

test('it is open to all and says so, or with AUTH=on prints a first key once', async () => {
  await withRun({}, async ({ run, port }) => {
    assert.match(run.output(), /There is no access control/);
    assert.strictEqual(status(port, '/_connector'), 200);
  });
  const state = path.join(folder, 'with keys');
  let key;
  await withRun({ STATE: state, AUTH: 'on' }, async ({ run, port }) => {
    key = keyOf(run);
    assert.doesNotMatch(run.output(), /There is no access control/);
    assert.strictEqual(status(port, '/_connector'), 401);
    assert.strictEqual(status(port, '/_connector', '-H', `Authorization: ApiKey ${key}`), 200);
    process.env.KEY = key; // as a user who pastes the line that sets it
    const [created, reported] = paste(run, /^curl /).map(JSON.parse);
    delete process.env.KEY;
    assert.deepStrictEqual(created, { id: 'my-connector', result: 'created' });
    assert.deepStrictEqual(reported, { result: 'updated' });
    const [another] = paste({ output: () => run.output().replace(/^Another: /m, '') }, / key create /);
    assert.match(another, /^encoded /m);
  });
  await withRun({ STATE: state, AUTH: 'on' }, async ({ run, port }) => {
    assert.strictEqual(keyOf(run), undefined);
    assert.match(run.output(), /there are keys already/);
    assert.strictEqual(status(port, '/_connector', '-H', `Authorization: ApiKey ${key}`), 200);
  });
});

// How many rows of 80 columns a text takes.
function rows(text) {
  return text.trimEnd().split('\n').reduce((sum, line) => sum + Math.ceil((line.length || 1) / 80), 0);
}

for (const AUTH of ['on', 'off']) {
  test(`AUTH=${AUTH}: its greeting fits on a screen of 80 columns and 24 rows`, async () => {
    await withRun({ AUTH, STATE: path.join(folder, `greeting ${AUTH}`) }, async ({ run }) => {
      assert.ok(rows(run.output()) <= 24, run.output());
    });
  });
}

for (const [HOST, near] of [['127.0.0.5', '127.0.0.5'], ['localhost', '127.0.0.1'], ['::1', '[::1]']]) {
  test(`HOST=${HOST}: it is served there, and what it prints names it`, async () => {
    await withRun({ HOST }, async ({ run, port }) => {
      assert.match(run.output(), /There is no access control/);
      const [created] = paste(run, /^curl /).map(JSON.parse);
      assert.strictEqual(created.result, 'created');
      assert.ok(run.output().includes(`http://${near}:${port}/_lastsync/`), run.output());
    });
  });
}

test('where other machines reach it, it asks for keys unless told otherwise', async () => {
  await withRun({ HOST: '0.0.0.0' }, async ({ run, port }) => {
    assert.strictEqual(status(port, '/_connector'), 401);
    assert.match(run.output(), /^KEY=/m);
  });
  await withRun({ HOST: '0.0.0.0', AUTH: 'off' }, async ({ run, port }) => {
    assert.strictEqual(status(port, '/_connector'), 200);
    assert.match(run.output(), /^Beware: /m);
  });
});

// If nginx reads a path as a pattern of names, these characters do not stand for themselves.
for (const name of ['v[1]', 'a\\b', 'c*d#$%41']) {
  const strange = { host: 'evil.example' };

  test(`a state folder named ${name} has the rules of access`, async () => {
    const state = path.join(folder, name);
    await withRun({ STATE: state }, async ({ port }) => {
      assert.strictEqual(await statusOf(port, { host: 'localhost' }), 200);
      assert.strictEqual(await statusOf(port, strange), 403);
    });
    await withElasticsearch((ELASTICSEARCH) => withRun({ STATE: state, ELASTICSEARCH, AUTH: 'on' }, async ({ port }) => {
      assert.strictEqual((await request({ port }, 'DELETE', '/search-x')).status, 401);
      assert.strictEqual((await request({ port }, 'DELETE', '/search-x', { headers: strange })).status, 403);
    }));
  });
}

// The status of a request with these headers.
async function statusOf(port, headers, method = 'GET') {
  const answer = await request({ port }, method, '/_connector', { headers });
  if (answer.status === 403) {
    assert.match(answer.json.error.reason, /^without access control \(AUTH=off\) only requests to this/);
    assert.strictEqual(answer.json.error.type, 'security_exception');
  }
  return answer.status;
}

test('without keys it answers to names of this machine alone', () =>
  withRun({ NAMES: 'docs.example.com other' }, async ({ port }) => {
    const own = ['127.0.0.1', '127.0.0.9', '[::1]', 'localhost', 'LocalHost', 'a.localhost', '10.1.2.3',
      os.hostname(), 'docs.example.com', 'other'];
    for (const name of own) {
      assert.strictEqual(await statusOf(port, { host: name }), 200, name);
      assert.strictEqual(await statusOf(port, { host: `${name}:${port}` }), 200, name);
    }
    for (const name of ['evil.example', `evil.example:${port}`, 'localhost.evil.example', 'example.com',
      'docsxexample.com', '127.0.0.1.evil.example', 'a.b.localhost.', 'x.other']) {
      assert.strictEqual(await statusOf(port, { host: name }), 403, name);
      assert.strictEqual(await statusOf(port, { host: name }, 'POST'), 403, name);
    }
  }));

test('without keys it refuses pages of other origins', () => withRun({}, async ({ port }) => {
  const host = `localhost:${port}`;
  for (const origin of [`http://${host}`, `https://${host}`]) {
    assert.strictEqual(await statusOf(port, { host, origin }), 200, origin);
    assert.strictEqual(await statusOf(port, { host, origin }, 'POST'), 201, origin);
  }
  for (const origin of ['http://evil.example', 'null', `http://127.0.0.1:${port}`, 'http://localhost',
    `http://${host}.evil.example`, `http://${host} `.repeat(2), `file://${host}`, `http://evil.example/${host}`]) {
    assert.strictEqual(await statusOf(port, { host, origin }), 403, origin);
    assert.strictEqual(await statusOf(port, { host, origin }, 'POST'), 403, origin);
  }
  assert.strictEqual(get(port, '/_connector').count, 2);
}));

test('with keys it answers to any name', () => withRun({ AUTH: 'on' }, async ({ port, state }) => {
  const headers = { host: 'docs.example.com', origin: 'http://evil.example' };
  assert.strictEqual(await statusOf(port, headers), 401);
  assert.ok(!fs.existsSync(path.join(state, 'lastsync.d', 'names.conf')));
}));

test('Redis keeps an AOF, takes no snapshots, evicts nothing and listens on no port', async () => {
  await withRun({}, async ({ state }) => {
    const expected = { appendonly: 'yes', appendfsync: 'everysec', save: '', port: '0',
      'maxmemory-policy': 'noeviction', dir: path.join(state, 'redis') };
    for (const [name, value] of Object.entries(expected)) {
      const reply = await redisCommand(path.join(state, 'redis.sock'), 'CONFIG', 'GET', name);
      assert.deepStrictEqual(reply, [name, value]);
    }
  });
});

test('it counts syncs for 90 days', () => withRun({}, async ({ port, state }) => {
  const [recent, kept, old] = [2, 88, 92].map((days) => new Date(Date.now() - days * 86400000).toISOString().slice(0, 10));
  const redis = (...words) => redisCommand(path.join(state, 'redis.sock'), ...words);
  const counts = '1 0 0 0 0 0 0';
  put(port, '/_connector/c1', {});
  put(port, '/_connector/c1/_last_sync', { last_sync_status: 'completed' });
  for (const day of [kept, old]) await redis('HSET', 'connector:{c1}:days', day, counts);
  await redis('HSET', 'connector:{c1}', '_today', `${recent} ${counts}`);
  put(port, '/_connector/c1/_last_sync', { last_sync_status: 'error' }); // the first of a new day
  assert.deepStrictEqual((await redis('HKEYS', 'connector:{c1}:days')).sort(), [kept, recent]);
}));

// Gives the address of a server that stands in for Elasticsearch, and counts the bytes of bodies.
async function withElasticsearch(use) {
  const port = await freePort();
  const other = http.createServer((incoming, response) => {
    let bytes = 0;
    incoming.on('data', (part) => { bytes += part.length; });
    incoming.on('end', () => response.end(`{"other":${bytes}}`));
  }).listen(port, '127.0.0.1');
  try {
    await use(`http://127.0.0.1:${port}`);
  } finally {
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
  }
}

test('ELASTICSEARCH has what is not lastsync\'s, and ELASTICSEARCH_VERSION is what clients are told', () =>
  withElasticsearch((ELASTICSEARCH) => withRun({ ELASTICSEARCH, ELASTICSEARCH_VERSION: '8.19.3' },
    async ({ run, port: own }) => {
      assert.equal(get(own, '/').version.number, '8.19.3');
      assert.match(run.output(), /Elasticsearch 8\.19\.3 \(connector service 8\.0 to 8\.19\)/);
      assert.equal(get(own, '/_connector').count, 0);
      const asked = await fetch(`http://127.0.0.1:${own}/_bulk`);
      assert.deepEqual(await asked.json(), { other: 0 });
      const foreign = await fetch(`http://127.0.0.1:${own}/_bulk`,
        { headers: { origin: 'http://another.example' } });
      assert.equal(foreign.status, 403); // as lastsync's own
    })));

function createKey(state, role, ...more) {
  const words = ['key', 'create', '--redis', `unix://${state}/redis.sock`, '--role', role, '--json', ...more];
  return JSON.parse(spawnSync(path.join(BUILD, 'lastsync'), words, { encoding: 'utf8' }).stdout).encoded;
}

test('with keys, only those of the role manage_connector lead to Elasticsearch', () =>
  withElasticsearch((ELASTICSEARCH) => withRun({ ELASTICSEARCH, AUTH: 'on' }, async ({ run, port, state, programs }) => {
    const body = '{"index":{}}\n'.repeat(200000); // more than lastsync takes
    const key = keyOf(run);
    const ask = (shown, headers = {}) => request({ port }, 'POST', '/_bulk',
      { body, headers: { ...(shown && { authorization: `ApiKey ${shown}` }), ...headers } });
    assert.deepEqual((await ask(key)).json, { other: body.length });
    for (const shown of [undefined, '', 'x', `${key}x`, btoa('id:secret'), 'x'.repeat(2000)]) {
      const { status: got, json, headers } = await ask(shown);
      assert.equal(got, 401, shown);
      assert.equal(json.error.type, 'security_exception');
      assert.match(headers['www-authenticate'], /^Basic realm="security".*, ApiKey$/);
    }
    for (const [role, ...more] of [['monitor_connector'], ['report_connector', '--connectors', '*'],
      ['read_connector_secrets'], ['write_connector_secrets']]) {
      const { status: got, json } = await ask(createKey(state, role, ...more));
      assert.equal(got, 403, role);
      assert.equal(json.error.reason, 'only a key of the role manage_connector may use Elasticsearch');
    }
    for (const foreign of [{ host: 'evil.example' }, { origin: 'http://evil.example' }]) {
      const { status: got, json } = await ask(key, foreign);
      assert.equal(got, 403);
      assert.match(json.error.reason, /^in front of Elasticsearch only requests to this machine by its own name/);
    }
    process.kill(programs.redis, 'SIGSTOP');
    try {
      const { status: got, json, headers } = await ask(btoa('other:secret'));
      assert.equal(got, 503);
      assert.match(json.error.reason, /^lastsync could not check the key/);
      assert.equal(headers['retry-after'], '1');
    } finally {
      process.kill(programs.redis, 'SIGCONT');
    }
  })));

test('an Elasticsearch behind TLS is asked for its name, and its certificate is said not to be verified', async () => {
  makeCertificate(folder, 'elasticsearch');
  const [key, cert] = ['key', 'pem'].map((kind) => fs.readFileSync(path.join(folder, `elasticsearch.${kind}`)));
  const other = https.createServer({ key, cert }, ({ socket }, response) => response.end(`{"name":"${socket.servername}"}`));
  const ELASTICSEARCH = `https://localhost:${await freePort()}`;
  await new Promise((resolve) => { other.listen(ELASTICSEARCH.split(':').pop(), '::', resolve); });
  try {
    await withRun({ ELASTICSEARCH }, async ({ run, port }) => {
      assert.match(run.output(), /^The certificate of the Elasticsearch beside it is not verified\.$/m);
      assert.deepEqual((await request({ port }, 'GET', '/_bulk')).json, { name: 'localhost' });
    });
  } finally {
    other.closeAllConnections();
    await new Promise((resolve) => { other.close(resolve); });
  }
});

test('while Elasticsearch is away, a client with a key is told so', async () => {
  const ELASTICSEARCH = `http://127.0.0.1:${await freePort()}`;
  await withRun({ ELASTICSEARCH, AUTH: 'on' }, async ({ run, port }) => {
    const { status: got, json } = await request({ port }, 'GET', '/_bulk',
      { headers: { authorization: `ApiKey ${keyOf(run)}` } });
    assert.equal(got, 503);
    assert.equal(json.error.reason, 'Elasticsearch does not answer');
  });
});

test('NOTIFY has the targets that are told of who fails, and SIGINT leaves nothing of it', async (t) => {
  const target = await startTarget();
  t.after(() => target.stop());
  const NOTIFY = writeTargets({ directory: folder },
    [{ name: 'hook', type: 'webhook', url: target.url, group_seconds: 0 }]);
  await withRun({ NOTIFY }, async ({ run, port, state }) => {
    const group = () => redisCommand(path.join(state, 'redis.sock'), 'XINFO', 'GROUPS', 'events').catch(() => []);
    await until(async () => (await group()).length === 1, 'the target to be told from now on');
    put(port, '/_connector/c1', { name: 'One' });
    put(port, '/_connector/c1/_last_sync', { last_sync_status: 'error', last_sync_error: 'no' });
    await toldOf(target, ['c1 failing']);
    const groups = processes().filter(({ pid, parent, group: own }) => parent === run.pid && own === pid).map(({ pid }) => pid);
    assert.strictEqual(groups.length, 4); // Redis, lastsync, nginx, and lastsync notify
    assert.deepStrictEqual(await run.stop('SIGINT'), { code: 0, signal: null });
    assert.deepStrictEqual(membersOf(groups), []);
    assert.deepStrictEqual(socketsIn(state), []);
  });
});

test('WORKERS is the number of workers', async () => {
  await withRun({ WORKERS: '3' }, async ({ programs }) => {
    assert.strictEqual(children(programs.lastsync).length, 3);
  });
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  test(`${signal} ends all of it with status 0`, async () => {
    await withRun({}, async ({ run, state, programs }) => {
      assert.deepStrictEqual(Object.keys(programs).sort(), ['lastsync', 'nginx', 'redis']);
      assert.deepStrictEqual(await run.stop(signal), { code: 0, signal: null });
      assert.deepStrictEqual(membersOf(Object.values(programs)), []);
      assert.deepStrictEqual(socketsIn(state), []);
    });
  });
}

// `script` gives the run a terminal of its own, on which \x03 is Ctrl-C for all processes in the foreground.
test('Ctrl-C on a terminal ends all of it in order and without noise', async () => {
  const port = await freePort();
  const state = path.join(folder, 'terminal');
  const words = ['--pdeathsig', 'TERM', 'script', '-qefc', 'exec "$RUN"', '/dev/null'];
  const settings = { PORT: String(port), STATE: state, RUN, SHELL: '/bin/sh' };
  const terminal = spawn('setpriv', words, { env: environment(settings) });
  let output = '';
  let programs = {};
  let code;
  terminal.stdout.on('data', (data) => { output += data; });
  terminal.on('exit', (status) => { code = status; });
  try {
    await until(() => output.includes('HGETALL'), 'the run to serve');
    const [run] = children(terminal.pid);
    programs = programsOf({ pid: run });
    const before = output.length;
    terminal.stdin.write('\x03');
    await until(() => code !== undefined, 'the run to end');
    assert.strictEqual(code, 0, output);
    assert.match(output.slice(before), /^[^\n]*\n?[^\n]*\n?$/); // the rest of its text, and ^C
    await assertNothingLeft(programs, state);
    const log = fs.readFileSync(path.join(state, 'redis.log'), 'utf8');
    assert.match(log, /Received SIGTERM[^]*Redis is now ready to exit/);
  } finally {
    terminal.kill('SIGTERM');
    killAll(Object.values(programs));
  }
});

test('a run that is killed leaves nothing running, and the next one finds the data', async () => {
  const state = path.join(folder, 'killed');
  await withRun({ STATE: state }, async ({ run, port, programs }) => {
    put(port, '/_connector/c1', { name: 'kept' });
    run.signal('SIGKILL');
    await assertNothingLeft(programs, state);
  });
  await withRun({ STATE: state }, async ({ port }) => {
    assert.strictEqual(get(port, '/_connector/c1').name, 'kept');
  });
});

for (const name of ['redis', 'lastsync', 'nginx']) {
  test(`when ${name} dies, all end, and it says so`, async () => {
    await withRun({}, async ({ run, state, programs }) => {
      const before = run.output().length;
      process.kill(programs[name], 'SIGKILL');
      await until(() => run.exit !== null, 'the run to end');
      assert.deepStrictEqual(run.exit, { code: 1, signal: null });
      const said = run.output().slice(before);
      assert.match(said, new RegExp(`^${name} ended unexpectedly with status 137[^\n]*\n$`));
      await assertNothingLeft(programs, state);
    });
  });
}

// ---- another Redis ----

async function withRedis(words, ready, use) {
  const redis = new Program({
    name: 'redis',
    command: () => ['setpriv', '--pdeathsig', 'KILL', 'redis-server', '--save', '', ...words],
    ready,
    watch() {},
    unwatch() {},
    log: path.join(folder, 'redis.log'),
  });
  await redis.start();
  try {
    await use();
  } finally {
    await redis.stop();
  }
}

test('REDIS_URL=unix:///path uses that Redis and starts none', async () => {
  const socket = path.join(folder, 'own.sock');
  const words = ['--port', '0', '--unixsocket', socket];
  await withRedis(words, () => canConnect(socket), async () => {
    await withRun({ REDIS_URL: `unix://${socket}` }, async ({ run, state, programs }) => {
      assert.deepStrictEqual(Object.keys(programs).sort(), ['lastsync', 'nginx']);
      assert.deepStrictEqual(socketsIn(state), ['fcgi.sock']);
      assert.match(paste(run, /^(curl|redis-cli) /).pop(), /^last_sync_status\ncompleted$/m);
    });
    assert.strictEqual(await redisCommand(socket, 'EXISTS', 'connector:{my-connector}'), 1);
  });
});

test('REDIS_URL=redis://host:port/db uses that Redis and database', async () => {
  const port = await freePort();
  const words = ['--port', String(port), '--bind', '127.0.0.1'];
  await withRedis(words, () => canConnect(port), async () => {
    await withRun({ REDIS_URL: `redis://127.0.0.1:${port}/3` }, async ({ run, programs }) => {
      assert.deepStrictEqual(Object.keys(programs).sort(), ['lastsync', 'nginx']);
      paste(run, /^curl /);
      assert.match(paste(run, /^redis-cli /)[0], /^last_sync_status\ncompleted$/m);
    });
  });
});

test('a Redis that is away does not keep it from serving', async () => {
  const url = `unix://${path.join(folder, 'nobody.sock')}`;
  await withRun({ REDIS_URL: url }, async ({ port }) => {
    assert.strictEqual(get(port, '/_connector/c1').status, 503);
  });
});

// ---- what it refuses ----

function refuse(settings, pattern, program = RUN) {
  const options = { env: environment(settings), encoding: 'utf8', timeout: PATIENCE };
  const { stdout, stderr, status } = spawnSync(program, [], options);
  assert.match(stderr, pattern);
  assert.match(stderr, /^[^\n]+\n$/, 'not one line');
  assert.strictEqual(stdout, '');
  assert.strictEqual(status, 1);
}

const notMade = path.join(folder, 'not made');
const long = path.join(folder, 'l'.repeat(100 - folder.length));
const file = path.join(folder, 'file');
fs.writeFileSync(file, '');

const MISTAKES = [
  [{ HOST: 'example.com' }, /^HOST is 'example\.com', but must be an address of this machine, /],
  [{ HOST: '127.0.0.1;' }, /^HOST is /],
  [{ PORT: 'http' }, /^PORT is 'http', but must be a number from 1 to 65535\.$/m],
  [{ PORT: '0' }, /^PORT is '0', but /],
  [{ PORT: '65536' }, /^PORT is '65536', but /],
  [{ PORT: '9200 ' }, /^PORT is '9200 ', but /],
  [{ PORT: '-1' }, /^PORT is '-1', but /],
  [{ ELASTICSEARCH: 'localhost:9201' }, /^ELASTICSEARCH is 'localhost:9201', but /],
  [{ ELASTICSEARCH: 'http://a:1; x' }, /^ELASTICSEARCH is 'http:\/\/a:1; x', but /],
  [{ ELASTICSEARCH_VERSION: '9' }, /^ELASTICSEARCH_VERSION is '9', but /],
  [{ AUTH: 'yes' }, /^AUTH is 'yes', but must be on or off\.$/m],
  [{ NAMES: 'a;b' }, /^NAMES is 'a;b', but must be names of hosts with blanks between them\.$/m],
  [{ WORKERS: 'two' }, /^WORKERS is 'two', but must be a number from 1 to 256\.$/m],
  [{ WORKERS: '0' }, /^WORKERS is '0', but /],
  [{ WORKERS: '99999' }, /^WORKERS is '99999', but /],
  [{ REDIS_URL: 'localhost:6379' },
    /^REDIS_URL is 'localhost:6379', but must be unix:\/\/\/path, redis:\/\/host:port\/db, redis\+cluster:\/\/.* or redis\+sentinel:\/\//],
  [{ REDIS_URL: 'redis+sentinel://localhost:1' }, /^REDIS_URL is /],
  [{ REDIS_URL: 'redis+sentinel://localhost/name' }, /^REDIS_URL is /],
  [{ REDIS_URL: 'redis://localhost' }, /^REDIS_URL is /],
  [{ REDIS_URL: 'redis://localhost:66666' }, /^REDIS_URL is /],
  [{ REDIS_URL: 'redis://localhost:6379/x' }, /^REDIS_URL is /],
  [{ REDIS_URL: 'unix://relative' }, /^REDIS_URL is /],
  [{ REDIS_URL: `unix:///${'l'.repeat(120)}` }, /^REDIS_URL has a path that is too long/],
  [{ STATE: path.join(folder, 'a?b') }, /^The state folder .*a\?b has a \? in its name, /],
  [{ STATE: long }, /^The state folder's path is too long: a Unix socket has 107 bytes for /],
  [{ STATE: path.join(file, 'below') }, /^The state folder .* cannot be made\.$/m],
  [{ STATE: file }, /^The state folder .* cannot be written to\.$/m],
  [{ BUILD: folder }, /^The program .*lastsync is missing: make builds it\.$/m],
];

for (const [settings, pattern] of MISTAKES) {
  const [[name, value]] = Object.entries(settings);
  test(`refused: ${name}=${value.replace(folder, '')}`, async () => {
    const port = String(await freePort());
    refuse({ PORT: port, STATE: notMade, ...settings }, pattern);
    assert.ok(!fs.existsSync(notMade), 'the state folder is left behind');
  });
}

test('the longest possible state path works', async () => {
  const state = path.join(folder, 'l'.repeat(107 - '/redis.sock'.length - folder.length - 1));
  await withRun({ STATE: state }, async ({ port }) => {
    assert.strictEqual(put(port, '/_connector/c1', {}).result, 'created');
  });
  const port = String(await freePort());
  refuse({ PORT: port, STATE: `${state}l` }, /^The state folder's path is too long/);
});

test('refused: a port in use', async () => {
  const port = await freePort();
  const server = net.createServer();
  await new Promise((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  try {
    refuse({ PORT: String(port), STATE: notMade }, new RegExp(`^Port ${port} is in use: `));
    assert.ok(!fs.existsSync(notMade), 'the state folder is left behind');
  } finally {
    server.close();
  }
});

test('refused: a second run on the same state folder, which leaves the first alone', async () => {
  await withRun({}, async ({ port, state }) => {
    const second = { PORT: String(await freePort()), STATE: state };
    refuse(second, /^The state folder .* is in use by another run\.$/m);
    assert.deepStrictEqual(socketsIn(state).sort(), ['fcgi.sock', 'redis.sock']);
    assert.strictEqual(put(port, '/_connector/c1', {}).result, 'created');
  });
});

// A file that leads to /dev/full cannot be written: it stands for a full disk.
for (const [name, AUTH] of [['nginx.conf', 'off'], ['lastsync.d/names.conf', 'off'], ['elasticsearch.d/names.conf', 'off'],
  ['elasticsearch.d/names.conf', 'on']]) {
  test(`refused: AUTH=${AUTH} on a disk that has no room for ${name}`, async () => {
    const state = fs.mkdtempSync(path.join(folder, 'full '));
    fs.mkdirSync(path.dirname(path.join(state, name)), { recursive: true });
    fs.symlinkSync('/dev/full', path.join(state, name));
    const settings = { PORT: String(await freePort()), STATE: state, AUTH };
    refuse(settings, new RegExp(`^The file .*/${name} cannot be written\\.$`, 'm'));
    assert.deepStrictEqual(socketsIn(state), []);
  });
}

for (const [name, pattern] of [['a$b', /a\$b has a \$ in its name, which nginx would take for a variable\.$/m],
  ['a[b', /a\[b has a \[, \* or \? in its name, which nginx would take for a pattern\.$/m], ['a*b', / pattern\.$/m],
  ['a?b', / pattern\.$/m]]) {
  test(`refused: a folder of its own that nginx would read otherwise, ${name}`, async () => {
    const copy = path.join(folder, name);
    fs.cpSync(path.join(REPOSITORY, 'nginx'), copy, { recursive: true });
    refuse({ PORT: String(await freePort()), STATE: notMade }, pattern, path.join(copy, 'run'));
  });
}

test('refused: a missing redis-server', async () => {
  const programs = path.join(folder, 'programs');
  fs.mkdirSync(programs);
  for (const name of ['bash', 'env', 'dirname', 'realpath', 'curl', 'nginx']) {
    const found = spawnSync('sh', ['-c', `PATH=$PATH:/usr/sbin; command -v ${name}`]);
    fs.symlinkSync(found.stdout.toString().trim(), path.join(programs, name));
  }
  const settings = { PORT: String(await freePort()), STATE: notMade, PATH: programs };
  refuse(settings, /^The program redis-server is missing: nginx\/install run installs it\.$/m);
});
