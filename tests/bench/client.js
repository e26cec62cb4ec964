// A cheap client: one kept connection with one request under way at a time.
'use strict';

const net = require('node:net');

const LENGTH = /\r\nContent-Length: *(\d+)/i;
const LAST_CHUNK = '\r\n0\r\n\r\n';

// An answer that is being read. Only a refusal's text is kept, because lists may be large.
class Answer {
  constructor() {
    this.received = 0;
    this.text = '';
    this.tail = '';
  }

  // Takes the bytes that came, and tells whether the answer is whole. Nothing can follow it.
  take(text) {
    this.received += text.length;
    if (this.status === undefined || this.status >= 400) this.text += text;
    if (this.status === undefined && !this.readHead()) return false;
    if (this.length !== undefined) return this.size >= this.length;
    this.tail = (this.tail + text).slice(-LAST_CHUNK.length);
    return this.tail === LAST_CHUNK;
  }

  readHead() {
    const end = this.text.indexOf('\r\n\r\n');
    if (end < 0) return false;
    const head = this.text.slice(0, end);
    const length = LENGTH.exec(head);
    this.head = end + 4;
    this.status = Number(head.slice(9, 12));
    this.length = length ? Number(length[1]) : undefined;
    this.closes = /\r\nConnection: *close/i.test(head);
    return true;
  }

  // The length of the body, in bytes.
  get size() {
    return this.received - this.head;
  }

  get body() {
    return this.text.slice(this.head);
  }
}

class Client {
  // `next` gives the bytes of the next request, or nothing after the last one: then `ended` is called. `taken` gets
  // each answer, with a text if it is a refusal, and its milliseconds. A broken connection counts as an answer without
  // a status; another one is opened.
  constructor(port, { next, taken, ended = () => {} }) {
    Object.assign(this, { port, next, taken, ended });
    this.advance();
  }

  // Milliseconds since the unanswered request was sent.
  get waited() {
    return performance.now() - this.sentAt;
  }

  advance() {
    const request = this.next();
    if (request === undefined) {
      this.close();
      this.ended();
      return;
    }
    this.answer = new Answer();
    this.sentAt = performance.now();
    if (!this.socket) this.open();
    this.socket.write(request);
  }

  open() {
    const socket = net.connect(this.port, '127.0.0.1');
    socket.setNoDelay(true);
    socket.setEncoding('latin1');
    socket.on('data', (text) => this.take(text));
    socket.on('error', () => {}); // its end follows
    socket.on('close', () => {
      if (socket === this.socket) this.finish({ closes: true });
    });
    this.socket = socket;
  }

  take(text) {
    if (this.answer.take(text)) this.finish(this.answer);
  }

  finish(answer) {
    const milliseconds = this.waited;
    if (answer.closes) this.close();
    this.taken(answer, milliseconds);
    this.advance();
  }

  close() {
    const { socket } = this;
    this.socket = undefined;
    if (socket) socket.destroy();
  }
}

module.exports = { Client };
