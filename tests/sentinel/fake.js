// Fake sentinels, whose answers a test chooses.
'use strict';

const net = require('node:net');
const tls = require('node:tls');
const { pause, until } = require('../lib/until');

const bulk = (text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`;
const list = (...texts) => `*${texts.length}\r\n${texts.map(bulk).join('')}`;

class FakeSentinel {
  // It names `port` as that of the primary `name`, by a configuration of that epoch. `says` may give other bytes as the
  // answer to a command's words, or undefined. `secure`: { key, cert } for TLS. `first`: milliseconds until the first
  // answer on each connection.
  constructor({ name, port, epoch = 1, says = () => undefined, secure, first = 0 }) {
    Object.assign(this, { name, primary: port, epoch, says, secure, first, questions: new Map(), sockets: new Set(), listeners: new Map() });
  }

  async start(port = 0) {
    const serve = (socket) => this.#serve(socket);
    this.server = this.secure ? tls.createServer(this.secure, serve) : net.createServer(serve);
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, '127.0.0.1', resolve);
    });
    this.port = this.server.address().port;
    return this;
  }

  async stop() {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => { this.server.close(resolve); });
  }

  // Announces another primary, as each sentinel does once it knows.
  announceSwitch(from, to) {
    this.#tell('+switch-master', `${this.name} 127.0.0.1 ${from} 127.0.0.1 ${to}`);
  }

  // Announces that it is about to promote a replica.
  announcePromotion(from, to, name = this.name) {
    this.#tell('+failover-state-send-slaveof-noone', `slave 127.0.0.1:${to} 127.0.0.1 ${to} @ ${name} 127.0.0.1 ${from}`);
  }

  #tell(channel, text) {
    for (const [socket, channels] of this.listeners) {
      if (channels.has(channel)) socket.write(`*3\r\n${bulk('message')}${bulk(channel)}${bulk(text)}`);
    }
  }

  // Waits until each of so many workers has read an answer that was given from now on: it asks again only then.
  async untilHeard(workers = 2) {
    const before = new Map(this.questions);
    await until(() => this.questions.size >= workers
      && [...this.questions].every(([socket, count]) => count >= (before.get(socket) || 0) + 2), 'the sentinel to be heard');
  }

  #serve(socket) {
    const greeted = pause(this.first);
    let text = '';
    this.sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      this.sockets.delete(socket);
      this.listeners.delete(socket);
      this.questions.delete(socket);
    });
    socket.on('data', (data) => {
      text += data.toString('latin1');
      for (let match; (match = /^\*(\d+)\r\n/.exec(text));) {
        const pieces = text.slice(match[0].length).split('\r\n');
        const count = Number(match[1]);
        if (pieces.length <= 2 * count) return;
        const words = pieces.slice(0, 2 * count).filter((_, i) => i % 2);
        text = pieces.slice(2 * count).join('\r\n');
        const answer = this.#answer(socket, words);
        greeted.then(() => socket.write(answer));
      }
    });
  }

  #answer(socket, words) {
    const own = this.says(words);
    const question = words.slice(0, 2).join(' ').toUpperCase();
    if (own !== undefined) return own;
    if (words[0].toUpperCase() === 'SUBSCRIBE') {
      if (!this.listeners.has(socket)) this.listeners.set(socket, new Set());
      this.listeners.get(socket).add(words[1]);
      return `*3\r\n${bulk('subscribe')}${bulk(words[1])}:1\r\n`;
    }
    if (question === 'SENTINEL MASTER') return list('name', this.name, 'config-epoch', String(this.epoch));
    if (question !== 'SENTINEL GET-MASTER-ADDR-BY-NAME') return '-ERR unknown command\r\n';
    this.questions.set(socket, (this.questions.get(socket) || 0) + 1);
    return words[2] === this.name ? list('127.0.0.1', String(this.primary)) : '*-1\r\n';
  }
}

module.exports = { FakeSentinel };
