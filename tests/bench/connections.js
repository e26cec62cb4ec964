// Counts answers per connection: a load generator that counts only finished requests does not show
// that a connection never got one.
//
//   node connections.js PORT CONNECTIONS SECONDS FILE     (the file as for wrk.lua)
//
// Prints {"least":..,"most":..,"longest":..}: the fewest and the most answers that one connection
// got, and the longest wait in ms, which counts those requests too that had no answer at the end.
'use strict';

const net = require('node:net');
const { readRequests } = require('./requests');

const LENGTH = /\r\nContent-Length: *(\d+)/i;
const CHUNKED = /\r\nTransfer-Encoding: *chunked/i;

// Whether `text` is a whole answer. One request is under way at a time, so nothing can follow it.
function isWhole(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = text.slice(0, end);
  const length = LENGTH.exec(head);
  if (length) return text.length >= end + 4 + Number(length[1]);
  return CHUNKED.test(head) && text.endsWith('0\r\n\r\n');
}

class Client {
  constructor(port, nextRequest) {
    this.nextRequest = nextRequest;
    this.answers = 0;
    this.longest = 0;
    this.received = '';
    this.socket = net.connect(port, '127.0.0.1', () => this.send());
    this.socket.setNoDelay(true);
    this.socket.setEncoding('latin1');
    this.socket.on('data', (text) => this.take(text));
    this.socket.on('error', (error) => { throw error; });
    this.socket.on('end', () => { throw new Error('the server closed a connection'); });
    this.sentAt = performance.now();
  }

  send() {
    this.sentAt = performance.now();
    this.socket.write(this.nextRequest());
  }

  take(text) {
    this.received += text;
    if (!isWhole(this.received)) return;
    if (!this.received.startsWith('HTTP/1.1 200')) throw new Error(this.received);
    this.received = '';
    this.answers += 1;
    this.wait();
    this.send();
  }

  wait() {
    this.longest = Math.max(this.longest, performance.now() - this.sentAt);
  }
}

function main([port, connections, seconds, file]) {
  const requests = readRequests(file);
  let sent = 0;
  const nextRequest = () => requests[sent++ % requests.length];
  const clients = Array.from({ length: Number(connections) }, () => new Client(port, nextRequest));
  setTimeout(() => {
    clients.forEach((client) => client.wait());
    const answers = clients.map((client) => client.answers);
    const longest = Math.max(...clients.map((client) => client.longest));
    console.log(JSON.stringify({ least: Math.min(...answers), most: Math.max(...answers), longest }));
    process.exit(0);
  }, Number(seconds) * 1000);
}

main(process.argv.slice(2));
