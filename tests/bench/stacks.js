// The stacks to measure: lastsync, the peers that do the same job, two of which only merge, and limits. Each has its
// own directory and its own Redis, in which lastsync has created the same connectors.
'use strict';

const fs = require('node:fs');
const path = require('node:path');
const { Program, processes } = require('../lib/program');
const { Redis } = require('../lib/redis');
const { connectorKey } = require('../lib/shards');
const { startStack, freePort, canConnect, BUILD, REPOSITORY } = require('../lib/stack');
const { until } = require('../lib/until');
const { measureCommands, measureHttp, measurePipelines } = require('./load');
const {
  CONNECTORS, VARIATIONS, apiRequest, connectorId, webdisRequest, writeRequests,
} = require('./requests');
const { SCRIPTS } = require('./scripts');

const PEERS = path.join(__dirname, 'peers');
const NGINX = path.join(REPOSITORY, 'nginx');
const WORKERS = 2;
const SHARDS_OF_CLUSTER = 64; // lastsync's default

// The AOF is rewritten between two measurements, never within one.
const REDIS_OPTIONS = ['--auto-aof-rewrite-percentage', '0'];

function read(...names) {
  return fs.readFileSync(path.join(...names), 'utf8');
}

function fill(text, values) {
  return text.replace(/@([A-Z]+)@/g, (word, name) => {
    if (values[name] === undefined) throw new Error(`nothing stands for ${word}`);
    return values[name];
  });
}

function replaced(text, pattern, replacement) {
  if (!pattern.test(text)) throw new Error(`nothing in the nginx configuration matches ${pattern}`);
  return text.replace(pattern, () => replacement);
}

// Debian's name for it has the version in it.
function findPhp() {
  const name = fs.readdirSync('/usr/sbin').find((file) => /^php-fpm\d/.test(file));
  return name && path.join('/usr/sbin', name);
}

// Rejects if it was not created, for example while lastsync waits for its Redis.
async function createConnector(url, number) {
  const answer = await fetch(`${url}/_connector/${connectorId(number)}`, {
    method: 'PUT',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      index_name: `search-${number}`, name: `Connector ${number}`, service_type: 'google_drive',
    }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`a connector was not created: ${text}`);
}

async function createConnectors(url) {
  await until(async () => {
    await createConnector(url, 0);
    return true;
  }, 'the first connector');
  for (let i = 1; i < CONNECTORS; i++) await createConnector(url, i);
}

class Stack {
  constructor(kind) {
    const writes = kind.checks !== 'none';
    Object.assign(this, { program: path.join(BUILD, 'lastsync'), writes, ...kind });
    this.format = kind.format || apiRequest;
    this.job = kind.job || 'report';
    this.script = SCRIPTS[this.job];
    this.own = [];
  }

  async start() {
    this.base = await startStack({
      shards: this.nodes ? SHARDS_OF_CLUSTER : 1, redis: REDIS_OPTIONS, options: this.options, program: this.program,
      days: null, sentinel: false,
      cluster: this.nodes ? { primaries: this.nodes, replicas: 0, options: REDIS_OPTIONS } : false,
    });
    this.directory = this.base.directory;
    this.redisSocket = this.base.redisSocket;
    await createConnectors(this.base.url);
    this.redis = await Redis.connect(this.redisSocket);
    await this.redis.command('SCRIPT', 'LOAD', fs.readFileSync(this.script.file));
    this.requests = [0, VARIATIONS].map((first) => {
      const file = path.join(this.directory, `requests-${first}`);
      writeRequests(file, this.format, first);
      return file;
    });
    if (this.serve === undefined) {
      this.port = this.base.port;
      this.groups = { nginx: this.base.nginx, app: this.base.lastsync, Redis: this.base.redis };
    } else {
      await this.base.nginx.stop();
      await this.base.lastsync.stop();
      this.port = await freePort();
      this.groups = { ...await this.serve(this), Redis: this.base.redis };
    }
  }

  async stop() {
    if (this.redis) this.redis.close();
    const stops = [...this.own, ...(this.base ? [this.base] : [])];
    const problems = [];
    for (const program of stops) await program.stop().catch((error) => problems.push(error));
    if (problems.length > 0) throw problems[0];
  }

  // Starts a program of this stack and waits until it serves.
  async run(name, words, ready) {
    const program = new Program({
      name,
      command: () => words,
      ready,
      environment: {
        ...process.env,
        BENCH_REDIS: this.redisSocket,
        BENCH_SCRIPT: this.script.file,
        BENCH_SHA: this.script.sha,
      },
      log: path.join(this.directory, `${name}.log`),
      watch: (group) => this.base.guardian.stdin.write(`+${group}\n`),
      unwatch: (group) => this.base.guardian.stdin.write(`-${group}\n`),
    });
    this.own.unshift(program); // the latest is stopped first
    await program.start();
    return program;
  }

  // nginx with lastsync's own configuration, except a peer's `location /` and the lines that it needs above. The peer
  // itself serves at `upstream`.
  runNginx(peer, upstream = `unix:${path.join(this.directory, 'peer.sock')}`) {
    const part = (name) => (fs.existsSync(path.join(PEERS, peer, name)) ? read(PEERS, peer, name) : '');
    const values = {
      STATE: this.directory,
      LISTEN: `127.0.0.1:${this.port}`,
      UPSTREAM: upstream,
      NGINX: this.directory,
      WORKERS: String(WORKERS),
      USER: process.getuid() === 0 ? 'user root;' : '',
      OTHERS: '',
      SPLIT: '',
      PEER: path.join(PEERS, peer),
      REDIS: this.redisSocket,
      SCRIPT: this.script.file,
      JOB: this.job,
    };
    const include = replaced(replaced(read(NGINX, 'lastsync.conf'), /^location = .*list last; \}\n/gm, ''),
      /^location \/ \{[^]*?^\}\n[^]*?^location = \/\.\/list \{[^]*?^\}\n/m, part('location.conf'));
    const whole = part('main.conf')
      + replaced(replaced(read(NGINX, 'nginx.conf.in'), /^http \{\n/m, `http {\n${part('http.conf')}`),
        /^.*dashboard.*\n/gm, ''); // peers have none
    const file = path.join(this.directory, 'nginx.conf');
    fs.writeFileSync(path.join(this.directory, 'lastsync.conf'), fill(include, values));
    fs.writeFileSync(file, fill(whole, values));
    const log = path.join(this.directory, 'nginx-error.log');
    return this.run('nginx', ['nginx', '-p', this.directory, '-c', file, '-e', log],
      () => canConnect(this.port));
  }

  // The key of a connector's hash.
  keyOf(id) {
    return connectorKey(id, this.base.shards);
  }

  // A section of each Redis's INFO.
  infos(section) {
    const { cluster } = this.base;
    const nodes = cluster ? cluster.nodes : [this.redis];
    return Promise.all(nodes.map((node) => node.command('INFO', section)));
  }

  // Rewrites the AOF, so that each measurement begins with a short one.
  async settle() {
    await this.redis.command('BGREWRITEAOF');
    await until(async () => (await this.infos('persistence')).every((text) =>
      /aof_rewrite_in_progress:0\r/.test(text)), 'the AOF to be rewritten');
  }

  // The process ids of each group: a program's or a cluster's.
  processes() {
    const living = processes();
    return Object.fromEntries(Object.entries(this.groups).map(([name, { pid, nodes }]) => {
      const groups = nodes ? nodes.map(({ program }) => program.pid) : [pid];
      return [name, living.filter(({ group }) => groups.includes(group)).map((process) => process.pid)];
    }));
  }
}

async function serveLua(stack) {
  return { nginx: await stack.runNginx('lua') };
}

async function servePhp(stack) {
  const socket = path.join(stack.directory, 'peer.sock');
  const root = process.getuid() === 0;
  const file = path.join(stack.directory, 'fpm.conf');
  fs.writeFileSync(file, fill(read(PEERS, 'php', 'fpm.conf.in'), {
    STATE: stack.directory,
    SOCKET: socket,
    USER: root ? 'user = root\ngroup = root' : '',
  }));
  const words = [findPhp(), '--nodaemonize', '--fpm-config', file,
    '--no-php-ini', '--php-ini', path.join(PEERS, 'php', 'php.ini'),
    ...(root ? ['--allow-to-run-as-root'] : [])];
  const app = await stack.run('php-fpm', words, () => canConnect(socket));
  return { nginx: await stack.runNginx('php'), app };
}

// Tried: both ways to share the port's connections, young generations of 16, 32 and 64 MiB, no
// keep-alive timeout, ioredis's defineCommand: none made a difference beyond the noise. Without ioredis's
// automatic pipelines, or with @redis/client 6.3.1, a report cost about a fifth more CPU time.
async function serveNode(stack) {
  const words = [process.execPath, path.join(PEERS, 'node', 'server.js'), String(stack.port),
    stack.redisSocket, stack.script.file, stack.job, String(WORKERS)];
  return { app: await stack.run('node', words, () => canConnect(stack.port)) };
}

// Tried: 1, 2 and 4 threads, with 1, 2, 4, 20 and 64 connections to Redis each. With two, its own
// default, it sends several commands in one write: 37 us of CPU time per request, with 20 about 46.
function runWebdis(stack, port) {
  const file = path.join(stack.directory, 'webdis.json');
  fs.writeFileSync(file, fill(read(PEERS, 'webdis', 'webdis.json.in'), {
    REDIS: stack.redisSocket,
    PORT: String(port),
    THREADS: String(WORKERS),
  }));
  return stack.run('webdis', ['webdis', file], () => canConnect(port));
}

async function serveWebdis(stack) {
  return { app: await runWebdis(stack, stack.port) };
}

async function serveWebdisBehindNginx(stack) {
  const port = await freePort();
  const app = await runWebdis(stack, port);
  return { nginx: await stack.runNginx('webdis', `127.0.0.1:${port}`), app };
}

async function serveNginx(stack) {
  return { nginx: await stack.runNginx('nginx') };
}

// The data of a Redis after the load, as checkLeft() of checks.js reads it.
const ALL_OF_IT = ['fields', 'history', 'places'];

// In the order of the tables. `checks` and `leaves`: see checks.js. `job`: the script that peers run, of
// SCRIPTS; `report` if none is named. `writes`: whether load.js counts the requests' writes, as it does for all that
// are checked. `nodes`: the primaries of a Redis Cluster. Without `serve` it is lastsync itself.
const KINDS = [
  { key: 'lastsync', title: 'lastsync', checks: 'all', leaves: ALL_OF_IT, measure: measureHttp },
  { key: 'plain', title: 'lastsync, no history', checks: 'all', leaves: ['fields', 'places'],
    measure: measureHttp, options: ['--history', '0'] },
  { key: 'watched', title: 'lastsync, counts and events', checks: 'all', leaves: ALL_OF_IT, measure: measureHttp,
    options: ['--days', '90', '--events', '10000'] },
  { key: 'cluster', title: 'lastsync, cluster of 3', checks: 'all', leaves: ALL_OF_IT, measure: measureHttp,
    nodes: 3 },
  { key: 'lua', title: 'nginx+Lua', checks: 'all', leaves: ALL_OF_IT, measure: measureHttp,
    serve: serveLua },
  { key: 'lua-merge', title: 'nginx+Lua, merge alone', checks: 'all', leaves: ['fields'],
    measure: measureHttp, serve: serveLua, job: 'merge' },
  { key: 'node', title: 'Node.js, no nginx', checks: 'all', leaves: ALL_OF_IT, measure: measureHttp,
    serve: serveNode },
  { key: 'node-merge', title: 'Node.js, no nginx, merge alone', checks: 'all', leaves: ['fields'],
    measure: measureHttp, serve: serveNode, job: 'merge' },
  { key: 'php', title: 'PHP-FPM', checks: 'all', leaves: ALL_OF_IT, measure: measureHttp,
    serve: servePhp },
  { key: 'webdis', title: 'webdis, no checks, no nginx', checks: 'stored', leaves: ALL_OF_IT,
    measure: measureHttp, serve: serveWebdis, format: webdisRequest },
  { key: 'webdis-nginx', title: 'webdis behind nginx, no checks', checks: 'stored', leaves: ALL_OF_IT,
    measure: measureHttp, serve: serveWebdisBehindNginx, format: webdisRequest },
  { key: 'nginx', title: 'limit: nginx `return 200`', checks: 'none', leaves: [], measure: measureHttp,
    serve: serveNginx },
  { key: 'redis', title: 'limit: redis-benchmark, script alone', leaves: [],
    measure: measureCommands, serve: () => ({}) },
  { key: 'pipeline', title: 'limit: redis-benchmark, script alone, two pipelines', leaves: [],
    measure: measurePipelines, serve: () => ({}) },
];

// Another lastsync may have other keys in Redis: only those that every version has are read.
function baselineKind({ title, program }) {
  return { key: 'baseline', title, program, checks: 'all', leaves: ['fields', 'sound'], writes: false,
    measure: measureHttp };
}

module.exports = { KINDS, Stack, baselineKind, findPhp };
