// Makes a real Redis slow.
'use strict';

const net = require('node:net');
const path = require('node:path');
const { decode, INCOMPLETE } = require('../lib/redis');

// One direction of a connection: passes pieces on in order, each with a delay.
class Lane {
  constructor(deliver) {
    Object.assign(this, { deliver, pieces: [], waits: false });
  }

  push(piece, milliseconds) {
    this.pieces.push({ piece, due: performance.now() + milliseconds });
    this.#go();
  }

  #go() {
    while (!this.waits && this.pieces.length) {
      const left = this.pieces[0].due - performance.now();
      if (left <= 0) {
        this.deliver(this.pieces.shift().piece);
        continue;
      }
      this.waits = true;
      setTimeout(() => {
        this.waits = false;
        this.#go();
      }, left);
    }
  }
}

const END = Symbol('end');

// A relay in front of Redis that delays replies, so that requests gather in the workers, and counts
// commands and replies: all of them, and the most that a connection ever had under way. It can do worse: `hold` is how many
// milliseconds commands are under way, and they arrive even if their sender has left; `cut` names `commands` or
// `replies`, which then end in the middle, with their connection.
class RedisRelay {
  constructor(from, to, delay) {
    this.delay = delay; // milliseconds
    this.hold = 0;
    this.cut = null;
    this.alter = null; // gives other bytes for a piece of replies
    this.meet = null; // gets each piece of commands, which waits until the promise that it gives is kept
    this.lanes = new Set();
    this.most = 0;
    this.commands = 0;
    this.replies = 0;
    this.server = net.createServer((near) => this.#relay(near, net.connect(to)));
    this.server.unref(); // a test that fails may end
    this.listening = new Promise((resolve) => this.server.listen(from, resolve));
  }

  // Restarts the workers of a stack behind a relay.
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
    const there = new Lane((data) => (data === END ? far.end() : far.write(data)));
    const commands = counter((words) => count(words));
    near.on('data', async (data) => {
      if (this.meet) await this.meet(data);
      commands(data);
      if (this.cut === 'commands') {
        there.push(data.subarray(0, data.length / 2), 0);
        near.destroy();
      } else {
        there.push(data, this.hold);
      }
    });
    const replies = counter((words) => {
      count(-words);
      this.replies += words;
    });
    const back = new Lane((data) => {
      if (this.cut === 'replies') {
        near.end(data.subarray(0, data.length / 2));
        return;
      }
      replies(data);
      near.write(data);
    });
    for (const lane of [there, back]) this.lanes.add(lane);
    far.on('data', (data) => back.push(this.alter ? this.alter(data) : data, this.delay));
    near.on('close', () => there.push(END, 0));
    far.on('close', () => {
      for (const lane of [there, back]) this.lanes.delete(lane);
      near.destroy();
    });
    near.on('error', () => {});
    far.on('error', () => {});
  }

  // Whether neither command nor reply is under way in it.
  isQuiet() {
    return [...this.lanes].every(({ pieces }) => pieces.length === 0);
  }

  close() {
    this.server.close();
  }
}

// Reads a stream of commands or replies, and tells how many each piece completes.
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
