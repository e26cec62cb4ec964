// A Redis Cluster for tests: primaries and a replica of each on ports of 127.0.0.1, and a Unix socket that stands
// for all of it, so that code that looks into one Redis can look into a cluster, unchanged.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { INCOMPLETE, Redis, decode, feedReplicas } = require('./redis');
const { slotOfKey } = require('./shards');
const { until, within } = require('./until');

const SLOTS = 16384;
const NODE_TIMEOUT = 1000; // milliseconds until a node that does not answer is taken for dead
const ANSWER_PATIENCE = 5000;
const PORTS_AGE = 200;

const HOST = '127.0.0.1';

class Node {
  constructor(cluster, number, port, busPort) {
    Object.assign(this, { cluster, number, port, busPort, primary: number < cluster.primaries });
    this.program = cluster.program(`redis-${number}`, () => this.#commandLine(), () => this.#serves());
  }

  get directory() {
    return path.join(this.cluster.directory, `redis-${this.number}`);
  }

  get name() {
    return `${HOST}:${this.port}`;
  }

  // One command on a connection of its own.
  async command(...words) {
    const redis = await Redis.connect(this.port);
    try {
      return await within(redis.command(...words), `${this.name} to answer`, ANSWER_PATIENCE); // it may be stopped
    } finally {
      redis.close();
    }
  }

  async id() {
    return this.command('CLUSTER', 'MYID');
  }

  async role() {
    return (await this.command('ROLE'))[0];
  }

  #commandLine() {
    fs.mkdirSync(this.directory, { recursive: true });
    return [process.env.REDIS_SERVER || 'redis-server', '--bind', HOST, '--port', String(this.port),
      '--cluster-enabled', 'yes', '--cluster-port', String(this.busPort),
      '--cluster-node-timeout', String(NODE_TIMEOUT), '--cluster-require-full-coverage', 'no',
      '--cluster-config-file', 'nodes.conf', '--dir', this.directory, '--appendonly', 'yes',
      '--appendfsync', 'everysec', '--save', '', '--maxmemory-policy', 'noeviction',
      '--repl-diskless-sync-delay', '0', '--repl-ping-replica-period', '1', ...this.cluster.options];
  }

  async #serves() {
    const reply = await this.command('PING').catch((error) => error.message);
    return !/^LOADING|ECONNREFUSED|ECONNRESET|closed the connection/.test(reply);
  }
}

// A command's words in a request's bytes, as buffers; INCOMPLETE if more is to come.
function readRequest(bytes) {
  let at = 0;
  const line = () => {
    const end = bytes.indexOf('\r\n', at);
    if (end < 0) return null;
    const text = bytes.toString('latin1', at + 1, end);
    at = end + 2;
    return Number(text);
  };
  const count = line();
  if (count === null) return INCOMPLETE;
  const words = [];
  for (let i = 0; i < count; i++) {
    const length = line();
    if (length === null || bytes.length < at + length + 2) return INCOMPLETE;
    words.push(bytes.subarray(at, at + length));
    at += length + 2;
  }
  return { words, end: at };
}

// Replies of several nodes as one.
function merged(replies) {
  const values = replies.map((bytes) => decode(bytes, 0).value);
  if (values.every((value) => typeof value === 'number')) {
    return Buffer.from(`:${values.reduce((sum, value) => sum + value, 0)}\r\n`);
  }
  if (values.every(Array.isArray)) {
    const count = values.reduce((sum, value) => sum + value.length, 0);
    return Buffer.concat([Buffer.from(`*${count}\r\n`),
      ...replies.map((bytes) => bytes.subarray(bytes.indexOf('\r\n') + 2))]);
  }
  return replies[0];
}

// The key by which a command finds its node; null if it is for all nodes.
function keyOf(words) {
  const name = words[0].toString().toUpperCase();
  if (/^(EVAL|EVALSHA)$/.test(name)) return Number(words[2]) ? words[3] : null;
  if (/^(FLUSHALL|FLUSHDB|KEYS|DBSIZE|SCRIPT|CONFIG|SLOWLOG|INFO|PING|WAIT|CLIENT|ACL)$/.test(name)) return null;
  return words[1] || null;
}

class Cluster {
  // `program` makes programs, as a stack's does; `ports` gives free ones; `options` are further arguments of
  // redis-server.
  constructor({ directory, program, ports, primaries = 3, replicas = 1, options = [] }) {
    Object.assign(this, { directory, program, ports, primaries, replicas, options, nodes: [], owners: new Map(), portsAt: 0 });
  }

  get url() {
    return `redis+cluster://${this.nodes.slice(0, this.primaries).map((node) => node.name).join(',')}`;
  }

  // Like a Program: started and stopped as one, and a signal goes to all its processes.
  get pid() {
    return this.nodes.map((node) => node.program.pid).find(Boolean);
  }

  signal(name) {
    for (const { program } of this.nodes) if (program.pid) program.signal(name);
  }

  async start() {
    const isNew = this.nodes.length === 0;
    const count = this.primaries * (1 + this.replicas);
    for (let i = 0; isNew && i < count; i++) this.nodes.push(new Node(this, i, await this.ports(), await this.ports()));
    await Promise.all(this.nodes.filter(({ program }) => !program.pid).map(({ program }) => program.start()));
    if (isNew) await this.#join();
    else await this.untilWhole();
  }

  async stop(signal = 'SIGKILL') {
    const exits = await Promise.all(this.nodes.map(({ program }) => program.stop(signal)));
    return exits.find(Boolean) || null;
  }

  async #join() {
    for (let i = 0; i < this.primaries; i++) {
      const bounds = [i, i + 1].map((part) => Math.floor(part * SLOTS / this.primaries));
      await this.nodes[i].command('CLUSTER', 'ADDSLOTSRANGE', bounds[0], bounds[1] - 1);
    }
    await this.meet();
    for (const node of this.nodes.slice(this.primaries)) {
      const primary = this.nodes[node.number % this.primaries];
      await node.command('CLUSTER', 'REPLICATE', await primary.id());
    }
    await this.untilWhole();
  }

  // Waits until all nodes know each other. A server gives a meeting up after NODE_TIMEOUT, each side for itself, and
  // does not try again; so they are told to meet until they have.
  async meet() {
    const [first, ...others] = this.nodes;
    const isKnown = (line) => !/handshake|noaddr/.test(line);
    await until(async () => {
      for (const node of others) await node.command('CLUSTER', 'MEET', HOST, first.port, first.busPort);
      return until(async () => {
        const known = await Promise.all(this.nodes.map((node) => node.command('CLUSTER', 'NODES')));
        return known.every((text) => text.trim().split('\n').filter(isKnown).length === this.nodes.length);
      }, 'a meeting', 2 * NODE_TIMEOUT);
    }, 'all nodes to know each other');
  }

  // Waits until every living node sees all slots served, and every replica follows its primary.
  async untilWhole() {
    await until(async () => {
      const living = this.nodes.filter((node) => node.program.pid);
      const states = await Promise.all(living.map((node) => node.command('CLUSTER', 'INFO')));
      const roles = await Promise.all(living.map((node) => node.command('ROLE')));
      return states.every((text) => /cluster_state:ok/.test(text) && /cluster_slots_ok:16384/.test(text))
        && roles.every(([role, , , link]) => role === 'master' || link === 'connected') && feedReplicas(roles)
        && roles.filter(([role]) => role === 'slave').length === this.replicas * this.primaries - (this.nodes.length - living.length);
    }, 'the cluster to be whole');
  }

  // The node that serves the slot now, as a living node says.
  async ownerOf(slot) {
    for (const node of this.nodes.filter(({ program, stopped }) => program.pid && !stopped)) {
      const slots = await node.command('CLUSTER', 'SLOTS').catch(() => []);
      const range = slots.find(([first, last]) => slot >= first && slot <= last);
      const owner = range && this.nodes.find(({ port }) => port === range[2][1]);
      if (owner && owner.program.pid) return owner;
    }
    throw new Error(`nobody serves slot ${slot}`);
  }

  // Moves a slot to another primary, as redis-cli does; `between` is called while it moves.
  async moveSlot(slot, to, between = async () => {}) {
    const from = await this.ownerOf(slot);
    const [fromId, toId] = [await from.id(), await to.id()];
    await to.command('CLUSTER', 'SETSLOT', slot, 'IMPORTING', fromId);
    await from.command('CLUSTER', 'SETSLOT', slot, 'MIGRATING', toId);
    await between();
    for (;;) {
      const keys = await from.command('CLUSTER', 'GETKEYSINSLOT', slot, 10);
      if (keys.length === 0) break;
      await from.command('MIGRATE', HOST, to.port, '', 0, 5000, 'KEYS', ...keys);
    }
    await between();
    for (const node of [to, from]) await node.command('CLUSTER', 'SETSLOT', slot, 'NODE', toId);
  }

  async primariesNow() {
    const living = this.nodes.filter((node) => node.program.pid);
    const roles = await Promise.all(living.map((node) => node.role()));
    return living.filter((node, i) => roles[i] === 'master');
  }

  // Serves the cluster on a Unix socket, one command after the other on each connection.
  async serveAsOne(socketPath) {
    this.server = net.createServer((socket) => this.#serve(socket));
    await new Promise((resolve) => { this.server.listen(socketPath, resolve); });
    this.server.unref(); // it ends with the test
  }

  #serve(socket) {
    const links = new Map(); // by port
    let received = Buffer.alloc(0);
    let busy = Promise.resolve();
    const end = () => {
      for (const link of links.values()) link.then((redis) => redis.close(), () => {});
      socket.destroy();
    };
    socket.on('error', end);
    socket.on('close', end);
    socket.on('data', (data) => {
      received = Buffer.concat([received, data]);
      for (;;) {
        const request = received.length ? readRequest(received) : INCOMPLETE;
        if (request === INCOMPLETE) return;
        received = received.subarray(request.end);
        busy = busy.then(() => this.#answer(links, request.words))
          .then((reply) => socket.write(reply), end);
      }
    });
  }

  async #answer(links, words) {
    const send = (port, request) => {
      if (!links.has(port)) links.set(port, Redis.connect(port));
      return links.get(port).then((redis) => redis.rawCommand(...request));
    };
    const key = keyOf(words);
    if (!key) {
      const ports = await this.#primaryPorts();
      return merged(await Promise.all(ports.map((port) => send(port, words))));
    }
    if (words.length > 2 && /^(EXISTS|DEL)$/i.test(words[0])) {
      const replies = [];
      for (const key of words.slice(1)) replies.push(await this.#answer(links, [words[0], key]));
      return merged(replies);
    }
    const slot = slotOfKey(key.toString('latin1'));
    for (;;) {
      const port = this.owners.get(slot) || this.nodes.find((node) => node.program.pid).port;
      const reply = await send(port, words);
      const moved = /^-MOVED \d+ .*:(\d+)\r\n/.exec(reply.toString('latin1', 0, 100));
      if (!moved) return reply;
      this.owners.set(slot, Number(moved[1]));
    }
  }

  // The primaries' ports, as of a short while ago.
  async #primaryPorts() {
    if (Date.now() - this.portsAt > PORTS_AGE) {
      this.primaryPorts = (await this.primariesNow()).map(({ port }) => port);
      this.portsAt = Date.now();
    }
    return this.primaryPorts;
  }
}

module.exports = { Cluster, SLOTS };
