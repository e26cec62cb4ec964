// HTTP/1.1 byte by byte, for requests that no well-behaved client would send.
'use strict';

const http = require('node:http');
const net = require('node:net');
const { within } = require('./until');

// Reads a chunked body that begins at `start`: { body, end }, or null while it is incomplete.
function readChunks(bytes, start) {
  const chunks = [];
  let at = start;
  for (;;) {
    const lineEnd = bytes.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const size = parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('bad chunk size');
    const end = lineEnd + 2 + size + 2;
    if (bytes.length < end) return null;
    if (size === 0) return { body: Buffer.concat(chunks), end };
    chunks.push(bytes.subarray(lineEnd + 2, end - 2));
    at = end;
  }
}

function parseHead(text) {
  const [statusLine, ...lines] = text.split('\r\n');
  const match = /^HTTP\/1\.[01] (\d{3}) ?(.*)$/.exec(statusLine);
  if (!match) throw new Error(`not an HTTP answer: ${JSON.stringify(statusLine)}`);
  const rawHeaders = lines.map((line) => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const headers = {};
  for (const [name, value] of rawHeaders) {
    const key = name.toLowerCase();
    headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
  }
  return { status: Number(match[1]), reason: match[2], headers, rawHeaders };
}

// An answer as tests read it: { status, headers (lower-case names), body, text, json }.
function answer(head, body) {
  return {
    ...head,
    body,
    get text() { return body.toString('utf8'); },
    get json() { return JSON.parse(body.toString('utf8')); },
  };
}

function readBody(bytes, start, { status, headers }, { method, ended }) {
  if (method === 'HEAD' || status === 204 || status === 304 || status < 200) {
    return { body: Buffer.alloc(0), end: start };
  }
  if (/chunked/i.test(headers['transfer-encoding'] || '')) return readChunks(bytes, start);
  if (headers['content-length'] !== undefined) {
    const end = start + Number(headers['content-length']);
    return bytes.length < end ? null : { body: bytes.subarray(start, end), end };
  }
  return ended ? { body: bytes.subarray(start), end: bytes.length } : null;
}

// The first answer in `bytes`: { answer, end }, or null while it is incomplete.
function parseAnswer(bytes, { method = 'GET', ended = false } = {}) {
  const headEnd = bytes.indexOf('\r\n\r\n');
  if (headEnd < 0) return null;
  const head = parseHead(bytes.toString('latin1', 0, headEnd));
  const read = readBody(bytes, headEnd + 4, head, { method, ended });
  return read && { answer: answer(head, read.body), end: read.end };
}

// A connection to a port of 127.0.0.1 or to a Unix socket's path.
class RawConnection {
  constructor(socket) {
    this.socket = socket;
    this.received = Buffer.alloc(0);
    this.ended = false;
    this.readers = [];
    socket.on('data', (data) => {
      this.received = Buffer.concat([this.received, data]);
      this.#deliver();
    });
    socket.on('error', () => {}); // a reset is an end; what is missing then shows in answer()
    socket.on('close', () => {
      this.ended = true;
      this.#deliver();
    });
  }

  static open(where) {
    return new Promise((resolve, reject) => {
      const port = typeof where === 'number';
      const socket = port ? net.connect(where, '127.0.0.1') : net.connect(where);
      socket.setNoDelay(true);
      socket.once('error', reject);
      socket.once('connect', () => {
        socket.off('error', reject);
        resolve(new RawConnection(socket));
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

  // The next answer; `method` is that of its request. Rejects when the connection ends before it.
  answer(method = 'GET') {
    return within(new Promise((resolve, reject) => {
      this.readers.push({ method, resolve, reject });
      this.#deliver();
    }), 'an answer');
  }

  close() {
    this.socket.destroy();
  }

  #deliver() {
    while (this.readers.length) {
      const [{ method, resolve, reject }] = this.readers;
      let parsed;
      try {
        parsed = parseAnswer(this.received, { method, ended: this.ended });
      } catch (error) {
        this.readers.shift();
        reject(error);
        continue;
      }
      if (!parsed && !this.ended) return;
      this.readers.shift();
      if (!parsed) {
        const seen = this.received.toString('latin1', 0, 200);
        reject(new Error(`the connection ended before the answer; seen: ${JSON.stringify(seen)}`));
        continue;
      }
      this.received = this.received.subarray(parsed.end);
      resolve(parsed.answer);
    }
  }
}

// Sends exact bytes on a connection of its own and gives back the first answer.
async function send(where, bytes, method = 'GET') {
  const connection = await RawConnection.open(where);
  try {
    await connection.write(bytes);
    return await connection.answer(method);
  } finally {
    connection.close();
  }
}

function encodeBody(body) {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body;
  return JSON.stringify(body);
}

// One request through the stack's nginx. The path goes out as it is. A body that is neither string
// nor Buffer is sent as JSON; every body is declared as JSON unless `headers` say otherwise.
// `agent` keeps connections; by default each request has its own.
function request(stack, method, path, { headers = {}, body, agent = false } = {}) {
  const bytes = encodeBody(body);
  const declared = bytes === undefined ? {} : {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(bytes),
  };
  return within(new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: stack.port, method, path, agent };
    const call = http.request({ ...options, headers: { ...declared, ...headers } }, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const { statusCode: status, headers: names, rawHeaders } = response;
        resolve(answer({ status, headers: names, rawHeaders }, Buffer.concat(parts)));
      });
    });
    call.on('error', reject);
    call.end(bytes);
  }), `an answer to ${method} ${path}`);
}

module.exports = { RawConnection, parseAnswer, request, send };
