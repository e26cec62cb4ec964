// A whole lastsync for tests: Redis, the pool of workers and nginx in a temporary directory.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { spawn } = require('node:child_process');
const { Cluster } = require('./cluster');
const { Program } = require('./program');
const { redisCommand } = require('./redis');
const { Sentinels } = require('./sentinel');
const { PATIENCE, pause, until } = require('./until');

const REPOSITORY = path.resolve(__dirname, '..', '..');
const BUILD = path.resolve(process.env.BUILD || path.join(REPOSITORY, 'build'));
const NGINX = path.join(REPOSITORY, 'nginx');

const EMPTY = `for _, key in ipairs(redis.call('KEYS', '*')) do
  if key ~= 'lastsync:schema' then redis.call('DEL', key) end
end`;

// A server that listens there, or null if another one does.
function listenAt(...place) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(null));
    server.listen(...place, () => resolve(server));
  });
}

// A port that nobody listens on, below the range that the kernel gives to clients. Its number is given once: a socket
// in the kernel's abstract name space marks it as taken, for all processes, until this one ends.
async function freePort() {
  for (;;) {
    const port = 20000 + Math.floor(Math.random() * 12000);
    const mark = await listenAt(`\0lastsync-test-port-${port}`);
    const server = mark && await listenAt(port, '127.0.0.1');
    if (mark) mark.unref();
    if (server) {
      await new Promise((resolve) => { server.close(resolve); });
      return port;
    }
  }
}

// Whether a Unix socket's path or a port of 127.0.0.1 accepts connections.
function canConnect(where) {
  return new Promise((resolve) => {
    const socket = typeof where === 'number' ? net.connect(where, '127.0.0.1') : net.connect(where);
    socket.once('error', () => resolve(false));
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

// The test's environment without settings that would reach lastsync by accident.
function cleanEnvironment(extra) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('LASTSYNC_'));
  return { ...Object.fromEntries(kept), ...extra };
}

// The text with each match replaced; there must be one.
function replaced(text, pattern, value) {
  if (text.search(pattern) < 0) throw new Error(`nothing in the text matches ${pattern}`);
  return text.replace(pattern, value);
}

// The folder of nginx's includes: the repository's, or a copy that differs only in the body limit.
function includeFolder(directory, bodyLimit) {
  if (!bodyLimit) return NGINX;
  const copy = path.join(directory, 'include');
  fs.cpSync(NGINX, copy, { recursive: true });
  const file = path.join(copy, 'lastsync.conf');
  const limit = /client_max_body_size\s+\S+;/;
  const text = fs.readFileSync(file, 'utf8');
  fs.writeFileSync(file, replaced(text, limit, `client_max_body_size ${bodyLimit};`));
  return copy;
}

class Stack {
  constructor(options) {
    this.options = options;
    const { temporary = os.tmpdir(), shards = process.env.SHARDS || '1', cluster = process.env.CLUSTER === 'on',
      sentinel = process.env.SENTINEL === 'on' } = options;
    this.shards = cluster && Number(shards) === 1 ? 16 : Number(shards);
    this.directory = fs.mkdtempSync(path.join(temporary, 'lastsync-'));
    this.redisSocket = path.join(this.directory, 'redis.sock');
    this.fcgiSocket = path.join(this.directory, 'fcgi.sock');
    this.guardian = spawn(path.join(__dirname, 'guardian.sh'), [this.directory], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    this.guardian.unref();
    this.guardian.stdin.unref();
    this.redis = this.program('redis', () => this.#redisCommandLine(), () => this.#redisServes());
    if (sentinel) {
      this.sentinel = new Sentinels({ directory: this.directory, ports: freePort,
        program: (...words) => this.program(...words), ...(sentinel === true ? {} : sentinel) });
    }
    if (cluster) {
      this.redis = this.cluster = new Cluster({ directory: this.directory, ports: freePort,
        program: (...words) => this.program(...words), ...(cluster === true ? {} : cluster) });
    }
    this.lastsync = this.program('lastsync', () => this.#lastsyncCommandLine(), () => this.#lastsyncServes());
    this.nginx = this.program('nginx', () => this.#nginxCommandLine(),
      () => canConnect(this.port));
  }

  // The programs, in the order of their stopping.
  get programs() {
    return [this.nginx, this.lastsync, this.redis];
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  // Where commands of lastsync find the data.
  get redisUrl() {
    const several = this.cluster || this.sentinel;
    return several ? several.url : `unix:${this.redisSocket}`;
  }

  // The options of a command that may come to the data before lastsync: the first to come lays the shards.
  get storeOptions() {
    return ['--redis', this.redisUrl, '--shards', String(this.shards)];
  }

  // One command to Redis; error replies reject.
  redisCommand(...words) {
    return redisCommand(this.redisSocket, ...words);
  }

  // Removes all data. The schema's version, which lastsync has written, stays: a connection reads it once.
  emptyRedis() {
    return this.redisCommand('EVAL', EMPTY, 0);
  }

  async start() {
    const { redis, nginx } = this.options;
    try {
      if (this.sentinel) {
        await this.sentinel.start();
        await this.sentinel.serveAsOne(this.redisSocket);
      } else if (redis !== false) await this.redis.start(); // first, so that no worker finds it away
      if (this.cluster) await this.cluster.serveAsOne(this.redisSocket);
      await this.lastsync.start();
      if (nginx !== false) await this.#startNginx();
    } catch (error) {
      await this.stop().catch(() => {});
      throw error;
    }
  }

  // Ends everything and removes the directory. Rejects if a program did not end as asked or left a process behind, or
  // if lastsync did not exit with 0.
  async stop() {
    const problems = [];
    for (const program of this.programs) {
      if (program.pid) program.signal('SIGCONT'); // a stopped process would never see its end
      const exit = await program.stop().catch((error) => problems.push(error));
      if (program === this.lastsync && exit && exit.signal !== 'SIGKILL' && exit.code !== 0) {
        const how = JSON.stringify(exit);
        problems.push(new Error(`lastsync ended with ${how}\n${program.output()}`));
      }
    }
    if (this.sentinel) await this.sentinel.stop().catch((error) => problems.push(error));
    fs.rmSync(this.directory, { recursive: true, force: true });
    this.guardian.stdin.end();
    if (problems.length) throw problems[0];
  }

  // A program of this stack, which ends with it at the latest. The arguments are Program's.
  program(name, command, ready) {
    const settings = this.options.environment;
    return new Program({
      name,
      command,
      ready,
      log: path.join(this.directory, `${name}.log`),
      environment: cleanEnvironment(name === 'lastsync' ? settings : {}),
      watch: (group) => this.guardian.stdin.write(`+${group}\n`),
      unwatch: (group) => this.guardian.stdin.write(`-${group}\n`),
    });
  }

  #redisCommandLine() {
    const { redis, appendfsync = 'everysec', redisWithin = [] } = this.options;
    const data = path.join(this.directory, 'redis');
    fs.mkdirSync(data, { recursive: true });
    return [...redisWithin, process.env.REDIS_SERVER || 'redis-server', '--port', '0', '--unixsocket', this.redisSocket, '--dir', data,
      '--appendonly', 'yes', '--appendfsync', appendfsync, '--save', '',
      '--maxmemory-policy', 'noeviction', ...(redis || [])];
  }

  async #redisServes() {
    // Any answer but "still loading" will do: a test may ask for a password or for one client only.
    const reply = await this.redisCommand('PING').catch((error) => error.message);
    return !/^LOADING|ENOENT|ECONNREFUSED|closed the connection/.test(reply);
  }

  // Its socket is open before its workers have started. A number among its options is the test's own.
  async #lastsyncServes() {
    const { supervised, workers = 2, options = [] } = this.options;
    const expected = supervised || options.some((word) => /^--workers/.test(word)) ? 0 : workers;
    return await canConnect(this.fcgiSocket) && this.lastsync.children().length >= expected;
  }

  #lastsyncCommandLine() {
    const {
      workers = 2, options = [], access = 'off', days = 90,
      redisUrl = this.redisUrl,
      within = [],
      program = path.join(BUILD, 'lastsync'),
    } = this.options;
    const redis = redisUrl ? ['--redis', redisUrl] : [];
    const parted = this.shards === 1 ? [] : ['--shards', String(this.shards)];
    const counted = days === null || options.includes('--days') ? [] : ['--days', String(days)];
    const rest = [...redis, '--workers', String(workers), '--access', access, ...parted, ...counted, ...options];
    if (!this.options.supervised) {
      return [...within, program, '--listen', `unix:${this.fcgiSocket}`, ...rest];
    }
    return ['systemd-socket-activate', '--inetd', `--listen=${this.fcgiSocket}`,
      path.join(__dirname, 'supervisor.sh'), program, ...rest];
  }

  #nginxCommandLine() {
    const { bodyLimit, workers = 2, http = '', location = '', server = '' } = this.options.nginx || {};
    const values = {
      STATE: this.directory,
      LISTEN: `127.0.0.1:${this.port}`,
      UPSTREAM: `unix:${this.fcgiSocket}`,
      NGINX: includeFolder(this.directory, bodyLimit),
      WORKERS: String(workers),
      SPLIT: server.replaceAll('@NGINX@', NGINX),
      USER: process.getuid() === 0 ? 'user root;' : '',
    };
    const template = fs.readFileSync(path.join(NGINX, 'nginx.conf.in'), 'utf8');
    const file = path.join(this.directory, 'nginx.conf');
    const own = path.join(this.directory, 'lastsync.d');
    const text = template.replace(/@([A-Z]+)@/g, (word, name) => values[name] || '');
    fs.writeFileSync(file, replaced(text, /http \{\n/, `http {\n${http}\n`));
    fs.mkdirSync(own, { recursive: true });
    fs.writeFileSync(path.join(own, 'test.conf'), location);
    return ['nginx', '-p', this.directory, '-c', file,
      '-e', path.join(this.directory, 'nginx-error.log')];
  }

  // Another test may take the port before it is used: then another one is chosen.
  async #startNginx(attempts = 5) {
    this.port = await freePort();
    try {
      await this.nginx.start();
    } catch (error) {
      await this.nginx.stop().catch(() => {});
      if (attempts === 1 || !/Address already in use/.test(error.message)) throw error;
      await this.#startNginx(attempts - 1);
    }
  }
}

// Starts Redis, lastsync and nginx, and resolves when all three serve. Options, all with defaults:
//   program      the lastsync to start, if not the one that was built here
//   workers      how many lastsync workers
//   access       lastsync's option, which is off here by default
//   shards       lastsync's option; by default what the environment variable SHARDS says, or 1
//   sentinel     true: a primary, two replicas and three sentinels, stack.redisSocket leading to the primary; or
//                what the constructor of Sentinels takes. By default what the variable SENTINEL says: on, or not
//   cluster      true: a Redis Cluster of three primaries and three replicas, which stack.redisSocket stands for,
//                in 16 shards; or what its constructor takes. By default what the variable CLUSTER says: on, or not
//   days         lastsync's option; null leaves it out
//   options      further arguments of lastsync
//   environment  further environment variables of lastsync
//   within       a command that runs lastsync, such as prlimit with its arguments
//   redisWithin  a command that runs redis-server
//   redis        further arguments of redis-server; false leaves it for stack.redis.start()
//   redisUrl     where lastsync looks for Redis, if not at stack.redisSocket; '': no flag
//   appendfsync  Redis's setting
//   nginx        { workers, bodyLimit, http, server, location }; the latter three are lines for nginx's
//                http { and server {, and for the location of lastsync; false starts none
//   supervised   lastsync gets a socket that stays open when it ends, and is started again then
//   temporary    the folder below which the stack's own is made
async function startStack(options = {}) {
  const stack = new Stack(options);
  await stack.start();
  return stack;
}

module.exports = { startStack, freePort, canConnect, replaced, until, pause, PATIENCE, BUILD, REPOSITORY };
