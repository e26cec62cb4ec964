// A Redis that is slow, made of a real one.
'use strict';

const net = require('node:net');
const path = require('node:path');
const { decode, INCOMPLETE } = require('../lib/redis');

// A relay in front of Redis that delays replies, so that requests gather in the workers, and counts
// commands: all of them, and the most that a connection ever had under way.
class RedisRelay {
  constructor(from, to, delay) {
    this.delay = delay; // milliseconds
    this.most = 0;
    this.commands = 0;
    this.server = net.createServer((near) => this.#relay(near, net.connect(to)));
    this.server.unref(); // a test that fails may end
    this.listening = new Promise((resolve) => this.server.listen(from, resolve));
  }

  // Starts the workers of a stack again behind a relay.
  static async before(stack, delay) {
    const socket = path.join(stack.directory, 'relay.sock');
    const relay = new RedisRelay(socket, stack.redisSocket, delay);
    await relay.listening;
    await stack.lastsync.stop();
    stack.options.redisUrl = `unix:${socket}`;
    await stack.lastsync.start();
    return relay;
  }

  #relay(near, far) {
    let outstanding = 0;
    const count = (change) => {
      outstanding += change;
      this.commands += Math.max(change, 0);
      this.most = Math.max(this.most, outstanding);
    };
    near.on('data', counter((words) => count(words)));
    near.on('data', (data) => far.write(data));
    const replies = counter((words) => count(-words));
    far.on('data', (data) => setTimeout(() => {
      replies(data);
      near.write(data);
    }, this.delay));
    near.on('close', () => far.destroy());
    far.on('close', () => near.destroy());
    near.on('error', () => {});
    far.on('error', () => {});
  }

  close() {
    this.server.close();
  }
}

// Takes a stream of commands or replies and tells how many each piece completes.
function counter(tell) {
  let bytes = Buffer.alloc(0);
  return (data) => {
    bytes = Buffer.concat([bytes, data]);
    let complete = 0;
    for (let next; (next = decode(bytes, 0)) !== INCOMPLETE; bytes = bytes.subarray(next.end)) {
      complete++;
      if (next.end === bytes.length) {
        bytes = Buffer.alloc(0);
        break;
      }
    }
    tell(complete);
  };
}

module.exports = { RedisRelay };
