// A primary, its replicas, and the Redis Sentinels that watch them, on ports of 127.0.0.1; and a Unix socket that leads
// to the current primary, for code that looks into one Redis.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { Redis, feedReplicas } = require('./redis');
const { PATIENCE, pause, until } = require('./until');

const HOST = '127.0.0.1';
const NAME = 'lastsync-test';
const ANSWER = 1000; // milliseconds until a silent server counts as one that does not answer

// Sentinels look ten times as often as they do by default, so that a failover takes two seconds.
const PERIODS = ['info-period', 200, 'ping-period', 100, 'ask-period', 100, 'publish-period', 200,
  'min-link-reconnect-period', 500, 'election-timeout', 1000];
const DOWN_AFTER = 500;
const FAILOVER_TIMEOUT = 1500; // a failover that found no majority is tried again after two of them

// A server on a port of its own. Each start reads the same file, which the server may have rewritten.
class Server {
  constructor(group, name, port) {
    Object.assign(this, { group, name, port, directory: path.join(group.directory, name) });
    this.file = path.join(this.directory, `${name}.conf`);
    this.program = group.program(name, () => this.commandLine(), () => this.serves());
  }

  // The port by which others reach and name it.
  get calledPort() {
    return this.relayPort || this.port;
  }

  configure(lines) {
    fs.mkdirSync(this.directory, { recursive: true });
    fs.writeFileSync(this.file, [`bind ${HOST}`, `port ${this.port}`, `dir ${this.directory}`, ...lines, ''].join('\n'));
  }

  commandLine() {
    return [process.env.REDIS_SERVER || 'redis-server', this.file, ...(this.sentinel ? ['--sentinel'] : [])];
  }

  async serves() {
    const reply = await this.command('PING').catch((error) => error.message);
    return !/^LOADING|ECONNREFUSED|closed the connection/.test(reply);
  }

  // One command on a connection of its own.
  async command(...words) {
    const redis = await Redis.connect(this.port);
    const timer = setTimeout(() => redis.socket.destroy(new Error('it does not answer')), ANSWER);
    try {
      if (this.password) await redis.command('AUTH', ...this.password);
      return await redis.command(...words);
    } finally {
      clearTimeout(timer);
      redis.close();
    }
  }
}

class Sentinels {
  // `program` makes programs, as a stack's does; `ports` gives free ones. `quick`: sentinels look often.
  // `password` is [user, password] for the sentinels, `redisPassword` the servers' password; `lines` are added to their
  // configuration. `relay` puts a relay before the first primary, for its replicas and the sentinels, and before each
  // sentinel, for lastsync: it gets a port and 'primary' or 'sentinel', and gives another port.
  constructor({ directory, program, ports, replicas = 2, sentinels = 3, quick = true, password, redisPassword, lines = [],
    relay = () => undefined }) {
    Object.assign(this, { directory, program, ports, quick, password, redisPassword, lines, relayTo: relay,
      replicaCount: replicas, sentinelCount: sentinels });
    this.servers = [];
    this.sentinels = [];
  }

  // The address for lastsync.
  get url() {
    return `redis+sentinel://${this.sentinels.map(({ calledPort }) => `${HOST}:${calledPort}`).join(',')}/${NAME}`;
  }

  async start() {
    for (let i = 0; i <= this.replicaCount; i++) this.servers.push(new Server(this, `redis-${i}`, await this.ports()));
    for (let i = 0; i < this.sentinelCount; i++) this.sentinels.push(new Server(this, `sentinel-${i}`, await this.ports()));
    const [first, ...replicas] = this.servers;
    first.relayPort = await this.relayTo(first.port, 'primary');
    for (const sentinel of this.sentinels) sentinel.relayPort = await this.relayTo(sentinel.port, 'sentinel');
    const secret = this.redisPassword;
    if (secret) for (const server of this.servers) server.password = [secret];
    const own = [...(secret ? [`requirepass ${secret}`, `masterauth ${secret}`] : []), 'appendonly yes',
      'appendfsync everysec', 'save ""', 'maxmemory-policy noeviction', 'repl-diskless-sync-delay 0',
      'repl-ping-replica-period 1', ...this.lines];
    first.configure(own);
    for (const replica of replicas) replica.configure([...own, `replicaof ${HOST} ${first.calledPort}`]);
    await Promise.all(this.servers.map(({ program }) => program.start()));
    await this.untilReplicated();
    for (const sentinel of this.sentinels) await this.#startSentinel(sentinel, first);
    await this.untilWatched();
  }

  async #startSentinel(sentinel, primary) {
    Object.assign(sentinel, { sentinel: true, password: this.password });
    sentinel.configure([`sentinel monitor ${NAME} ${HOST} ${primary.calledPort} ${Math.floor(this.sentinelCount / 2) + 1}`,
      `sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER}`, `sentinel failover-timeout ${NAME} ${FAILOVER_TIMEOUT}`,
      ...(this.redisPassword ? [`sentinel auth-pass ${NAME} ${this.redisPassword}`] : []),
      ...(this.password ? ['user default off', `user ${this.password[0]} on >${this.password[1]} +@all &*`,
        `sentinel sentinel-user ${this.password[0]}`, `sentinel sentinel-pass ${this.password[1]}`] : [])]);
    await this.startSentinel(sentinel);
  }

  async startSentinel(sentinel) {
    await sentinel.program.start();
    if (this.quick) await sentinel.command('SENTINEL', 'DEBUG', ...PERIODS);
  }

  // The port of the primary, as most of the living sentinels say.
  async primaryPort() {
    const said = await Promise.all(this.sentinels.filter(({ program }) => program.pid)
      .map((sentinel) => sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME)));
    const ports = said.filter(Boolean).map(([, port]) => Number(port));
    return ports.sort((a, b) => ports.filter((x) => x === b).length - ports.filter((x) => x === a).length)[0];
  }

  async primary() {
    const port = await this.primaryPort();
    return this.servers.find(({ calledPort }) => calledPort === port);
  }

  // Waits until any sentinel names another primary than `old`: { primary, at }, `at` being when that was seen.
  async untilAnotherPrimary(old) {
    return until(async () => {
      const said = await Promise.all(this.sentinels.filter(({ program }) => program.pid)
        .map((sentinel) => sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME).catch(() => null)));
      const other = said.find((address) => address && Number(address[1]) !== old.calledPort);
      return other && { primary: this.servers.find(({ calledPort }) => calledPort === Number(other[1])), at: performance.now() };
    }, 'sentinels to name another primary', PATIENCE, 10);
  }

  // Waits until there is one primary, and each other living server is its replica and has all its data.
  async untilReplicated() {
    return until(async () => {
      const living = this.servers.filter(({ program }) => program.pid);
      const roles = await Promise.all(living.map((server) => server.command('ROLE')));
      const primary = living[roles.findIndex(([role]) => role === 'master')];
      return primary && feedReplicas(roles) && roles.every(([role, , port, link], i) => living[i] === primary
        || (role === 'slave' && Number(port) === primary.calledPort && link === 'connected')) && primary;
    }, 'replicas to follow the primary', PATIENCE, 50);
  }

  // Waits until all sentinels know each other and all replicas, agree on the primary, and report no fault.
  async untilWatched() {
    const living = this.sentinels.filter(({ program }) => program.pid);
    await until(async () => {
      const known = await Promise.all(living.map((sentinel) => sentinel.command('SENTINEL', 'MASTER', NAME)));
      const fields = known.map((list) => Object.fromEntries(Array.from({ length: list.length / 2 }, (_, i) => [list[2 * i], list[2 * i + 1]])));
      return fields.every((master) => master.flags === 'master' && master.port === fields[0].port
        && Number(master['num-slaves']) === this.replicaCount && Number(master['num-other-sentinels']) === this.sentinelCount - 1);
    }, 'the sentinels to know all', PATIENCE, 50);
    for (const sentinel of living) {
      await until(async () => {
        const replicas = await sentinel.command('SENTINEL', 'REPLICAS', NAME);
        return replicas.length === this.replicaCount
          && replicas.every((list) => list[list.indexOf('flags') + 1] === 'slave' && list[list.indexOf('master-link-status') + 1] === 'ok');
      }, 'the sentinels to see all replicas well', PATIENCE, 50);
    }
  }

  // A planned failover; gives what untilAnotherPrimary gives. Sentinels refuse one soon after the last, and may give it
  // up.
  async failOver() {
    const old = await this.primary();
    const [sentinel] = this.sentinels;
    let over = false;
    const named = async () => Number((await sentinel.command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', NAME))[1]);
    const ask = async () => {
      while (!over && await named() === old.calledPort) { // else it would begin another one
        await sentinel.command('SENTINEL', 'FAILOVER', NAME).catch(() => {}); // one is under way
        await pause(500);
      }
    };
    const asking = ask();
    try {
      return { old, ...await this.untilAnotherPrimary(old) };
    } finally {
      over = true;
      await asking;
    }
  }

  async stop() {
    if (this.relay) await new Promise((resolve) => { this.relay.close(resolve); });
    for (const { program } of [...this.sentinels, ...this.servers]) {
      if (program.pid) program.signal('SIGCONT');
      await program.stop('SIGKILL');
    }
  }

  // Serves the primary on a Unix socket: each connection leads to the primary of that moment.
  async serveAsOne(socketPath) {
    this.relay = net.createServer(async (socket) => {
      socket.on('error', () => {});
      socket.pause();
      const primary = await this.primary().catch(() => null);
      if (!primary) {
        socket.destroy();
        return;
      }
      const server = net.connect(primary.port, HOST);
      server.on('error', () => socket.destroy());
      socket.on('close', () => server.destroy());
      server.on('close', () => socket.destroy());
      socket.pipe(server).pipe(socket);
    });
    await new Promise((resolve) => { this.relay.listen(socketPath, resolve); });
    this.relay.unref();
  }
}

module.exports = { DOWN_AFTER, NAME, Sentinels };
