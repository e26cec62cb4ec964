// A small FastCGI client, for tests that speak to a worker's socket without nginx.
'use strict';

const net = require('node:net');
const { parseAnswer } = require('./raw');
const { within } = require('./until');

const TYPE = {
  BEGIN_REQUEST: 1, ABORT_REQUEST: 2, END_REQUEST: 3, PARAMS: 4, STDIN: 5, STDOUT: 6, STDERR: 7,
  DATA: 8, GET_VALUES: 9, GET_VALUES_RESULT: 10, UNKNOWN_TYPE: 11,
};
const RESPONDER = 1;
const KEEP_CONNECTION = 1;
const LARGEST_CONTENT = 65535;

// One record. `length` may claim another content length than the content has.
function record(type, content = Buffer.alloc(0), { id = 1, padding = 0, length } = {}) {
  const bytes = Buffer.from(content);
  const header = Buffer.from([1, type, 0, 0, 0, 0, padding, 0]);
  header.writeUInt16BE(id, 2);
  header.writeUInt16BE(length === undefined ? bytes.length : length, 4);
  return Buffer.concat([header, bytes, Buffer.alloc(padding)]);
}

function lengthOf(bytes) {
  if (bytes.length < 128) return Buffer.from([bytes.length]);
  const four = Buffer.alloc(4);
  four.writeUInt32BE((bytes.length | 0x80000000) >>> 0);
  return four;
}

// Name-value pairs as PARAMS and GET_VALUES carry them.
function pairs(entries) {
  const parts = [];
  for (const [name, value] of entries) {
    const [nameBytes, valueBytes] = [Buffer.from(name), Buffer.from(value)];
    parts.push(lengthOf(nameBytes), lengthOf(valueBytes), nameBytes, valueBytes);
  }
  return Buffer.concat(parts);
}

// A stream of records of one type, in pieces, with the empty record that ends it.
function stream(type, content, { id = 1, piece = LARGEST_CONTENT } = {}) {
  const parts = [];
  for (let at = 0; at < content.length; at += piece) {
    parts.push(record(type, content.subarray(at, at + piece), { id }));
  }
  parts.push(record(type, Buffer.alloc(0), { id }));
  return Buffer.concat(parts);
}

function begin({ id = 1, keep = true, role = RESPONDER } = {}) {
  return record(TYPE.BEGIN_REQUEST, [0, role, keep ? KEEP_CONNECTION : 0, 0, 0, 0, 0, 0], { id });
}

// The parameters that the nginx configuration sends, for a request as HTTP would have it; `more` has pairs to add.
function parameters({ method = 'GET', uri = '/', headers = {}, body = '', more = [] }) {
  const type = Buffer.byteLength(body) ? { 'content-type': 'application/json' } : {};
  const entries = Object.entries({ ...type, ...headers }).map(([name, value]) =>
    [`HTTP_${name.toUpperCase().replace(/-/g, '_')}`, value]);
  const length = Buffer.byteLength(body);
  return [['REQUEST_METHOD', method], ['REQUEST_URI', uri],
    ['CONTENT_LENGTH', length ? String(length) : ''], ...entries, ...more];
}

// A whole request: { method, uri, headers, body, more, keep, id, piece }.
function requestBytes(options = {}) {
  const { body = '', id = 1, keep = true, piece } = options;
  return Buffer.concat([
    begin({ id, keep }),
    stream(TYPE.PARAMS, pairs(parameters(options)), { id, piece }),
    stream(TYPE.STDIN, Buffer.from(body), { id, piece }),
  ]);
}

function parseRecord(bytes) {
  if (bytes.length < 8) return null;
  const length = bytes.readUInt16BE(4);
  const end = 8 + length + bytes[6];
  if (bytes.length < end) return null;
  const content = bytes.subarray(8, 8 + length);
  return { type: bytes[1], id: bytes.readUInt16BE(2), content, end };
}

// The CGI answer in STDOUT, in the form of raw.js's answers.
function parseOutput(output) {
  const match = /^status:[ \t]*(\d{3}[^\r\n]*)\r?$/im.exec(output.toString('latin1'));
  const line = Buffer.from(`HTTP/1.1 ${match ? match[1] : '200 OK'}\r\n`);
  const parsed = parseAnswer(Buffer.concat([line, output]), { ended: true });
  if (!parsed) throw new Error(`not a CGI answer: ${JSON.stringify(output.toString('latin1'))}`);
  return parsed.answer;
}

class FastcgiConnection {
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.records = [];
    this.readers = [];
    this.ended = false;
    socket.on('data', (data) => this.#take(data));
    socket.on('error', () => {}); // a reset is an end
    socket.on('close', () => {
      this.ended = true;
      this.#deliver();
    });
  }

  static open(path) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(path);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new FastcgiConnection(socket));
      });
    });
  }

  // Resolves when the kernel has the bytes, or when the other side has closed.
  write(bytes) {
    return new Promise((resolve) => {
      if (this.socket.destroyed) resolve();
      else this.socket.write(bytes, () => resolve());
    });
  }

  // The next record of any kind: { type, id, content }.
  record() {
    return this.#read(() => this.records.shift());
  }

  // The next whole answer. Rejects when the connection ends before it.
  answer() {
    return this.#read(() => {
      const end = this.records.findIndex(({ type }) => type === TYPE.END_REQUEST);
      if (end < 0) return undefined;
      const taken = this.records.splice(0, end + 1);
      const output = taken.filter(({ type }) => type === TYPE.STDOUT).map(({ content }) => content);
      return parseOutput(Buffer.concat(output));
    });
  }

  async request(options) {
    await this.write(requestBytes(options));
    return this.answer();
  }

  close() {
    this.socket.destroy();
  }

  #take(data) {
    this.received = Buffer.concat([this.received, data]);
    for (let next; (next = parseRecord(this.received)); ) {
      this.received = this.received.subarray(next.end);
      this.records.push(next);
    }
    this.#deliver();
  }

  #read(take) {
    return within(new Promise((resolve, reject) => {
      this.readers.push({ take, resolve, reject });
      this.#deliver();
    }), 'an answer');
  }

  #deliver() {
    while (this.readers.length) {
      const [{ take, resolve, reject }] = this.readers;
      try {
        const value = take();
        if (value !== undefined) resolve(value);
        else if (this.ended) reject(new Error('the worker closed the connection'));
        else return;
      } catch (error) {
        reject(error);
      }
      this.readers.shift();
    }
  }
}

// One request to a worker on a connection of its own.
async function fastcgiRequest(path, options) {
  const connection = await FastcgiConnection.open(path);
  try {
    return await connection.request({ keep: false, ...options });
  } finally {
    connection.close();
  }
}

module.exports = { TYPE, FastcgiConnection, fastcgiRequest, begin, pairs, parameters, record,
  requestBytes, stream };
