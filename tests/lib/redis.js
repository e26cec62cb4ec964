// A small Redis client for tests: one connection, commands in order, replies as plain values.
'use strict';

const net = require('node:net');

const INCOMPLETE = Symbol('incomplete');

function encode(words) {
  const parts = [Buffer.from(`*${words.length}\r\n`)];
  for (const word of words) {
    const bytes = Buffer.isBuffer(word) ? word : Buffer.from(String(word));
    parts.push(Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n'));
  }
  return Buffer.concat(parts);
}

function decodeArray(bytes, count, start) {
  if (count < 0) return { value: null, end: start };
  const values = [];
  let at = start;
  for (let i = 0; i < count; i++) {
    const reply = decode(bytes, at);
    if (reply === INCOMPLETE) return INCOMPLETE;
    values.push(reply.value);
    at = reply.end;
  }
  return { value: values, end: at };
}

function decodeBulk(bytes, length, start) {
  if (length < 0) return { value: null, end: start };
  if (bytes.length < start + length + 2) return INCOMPLETE;
  return { value: bytes.toString('utf8', start, start + length), end: start + length + 2 };
}

// One reply that begins at `at`: { value, end }, or INCOMPLETE. An error reply is an Error value.
function decode(bytes, at) {
  const lineEnd = bytes.indexOf('\r\n', at);
  if (lineEnd < 0) return INCOMPLETE;
  const line = bytes.toString('utf8', at + 1, lineEnd);
  const end = lineEnd + 2;
  switch (String.fromCharCode(bytes[at])) {
    case '+': return { value: line, end };
    case '-': return { value: new Error(line), end };
    case ':': return { value: Number(line), end };
    case '$': return decodeBulk(bytes, Number(line), end);
    case '*': return decodeArray(bytes, Number(line), end);
    default: throw new Error(`not a Redis reply: ${bytes.toString('latin1', at, at + 40)}`);
  }
}

// Whether the primaries among some servers, by their replies to ROLE, send their writes to all the replicas among
// them. A new replica gets nothing until it has acknowledged once, up to a second after it is 'connected'; it has
// something to acknowledge after the first ping. Before that its primary may not list it.
function feedReplicas(roles) {
  const listed = roles.filter(([role]) => role === 'master').flatMap(([, , replicas]) => replicas);
  return listed.length >= roles.filter(([role]) => role === 'slave').length
    && listed.every(([, , acknowledged]) => Number(acknowledged) > 0);
}

class Redis {
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.waiting = [];
    socket.on('data', (data) => this.#take(data));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('Redis closed the connection')));
  }

  // To a Unix socket's path, or a port of 127.0.0.1.
  static connect(where) {
    return new Promise((resolve, reject) => {
      const socket = typeof where === 'number' ? net.connect(where, '127.0.0.1') : net.connect(where);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new Redis(socket));
      });
    });
  }

  // Sends one command; resolves with its reply, rejects with an error reply or a lost connection.
  command(...words) {
    return this.#send(words, false);
  }

  // Sends one command; resolves with the bytes of the reply, even of an error.
  rawCommand(...words) {
    return this.#send(words, true);
  }

  #send(words, raw) {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) {
        reject(new Error('Redis closed the connection'));
        return;
      }
      this.waiting.push({ resolve, reject, raw });
      this.socket.write(encode(words));
    });
  }

  close() {
    this.socket.destroy();
  }

  #take(data) {
    this.received = this.received.length ? Buffer.concat([this.received, data]) : data;
    for (;;) {
      const reply = decode(this.received, 0);
      if (reply === INCOMPLETE) return;
      const bytes = this.received.subarray(0, reply.end);
      this.received = this.received.subarray(reply.end);
      const { resolve, reject, raw } = this.waiting.shift();
      if (raw) resolve(bytes);
      else if (reply.value instanceof Error) reject(reply.value);
      else resolve(reply.value);
    }
  }

  #fail(error) {
    for (const { reject } of this.waiting.splice(0)) reject(error);
  }
}

// One command on a connection of its own.
async function redisCommand(path, ...words) {
  const redis = await Redis.connect(path);
  try {
    return await redis.command(...words);
  } finally {
    redis.close();
  }
}

// Whether `replicas` of a Redis's replicas take its writes now. A new replica is connected, and counts for WAIT, up to
// a second before it takes writes.
async function takesWrites(where, replicas) {
  const redis = await Redis.connect(where);
  try {
    await redis.command('PUBLISH', 'probe', '');
    return await redis.command('WAIT', replicas, 1000) === replicas;
  } finally {
    redis.close();
  }
}

module.exports = { INCOMPLETE, Redis, decode, feedReplicas, redisCommand, takesWrites };
