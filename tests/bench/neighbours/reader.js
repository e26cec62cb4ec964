// The neighbour: one client that repeats a request without a pause, after any answer.
//
//   node reader.js PORT SECONDS TARGET
//
// Prints {"statuses":{"200":..},"refused":..,"reason":..,"largest":..,"time":..}: how many answers were
// refused in words, as a 4xx with a reason, and the first of these; the largest body in bytes; and the median
// of the milliseconds. A broken connection has the status "none".
'use strict';

const { Client } = require('../client');
const { median } = require('../numbers');
const { jsonRequest } = require('../requests');

// The reason of a refusal, or nothing. Its root says more than "all shards failed".
function reasonOf({ status, body }) {
  if (!(status >= 400 && status < 500)) return undefined;
  try {
    const { root_cause: [root], reason } = JSON.parse(body).error;
    return (root && root.reason) || reason || undefined;
  } catch {
    return undefined;
  }
}

class Reader {
  constructor() {
    Object.assign(this, { times: [], statuses: {}, refused: 0, largest: 0 });
  }

  take(answer, milliseconds) {
    const { status = 'none', size = 0 } = answer;
    const reason = reasonOf(answer);
    this.times.push(milliseconds);
    this.statuses[status] = (this.statuses[status] || 0) + 1;
    this.largest = Math.max(this.largest, size);
    if (reason === undefined) return;
    this.refused += 1;
    this.reason ??= reason;
  }

  print() {
    const { statuses, refused, reason, largest, times } = this;
    console.log(JSON.stringify({ statuses, refused, reason, largest, time: median(times) }));
  }
}

// The last request gets its answer before the end.
function main([port, seconds, target]) {
  const reader = new Reader();
  const request = jsonRequest('GET', target);
  const end = performance.now() + Number(seconds) * 1000;
  new Client(Number(port), {
    next: () => (performance.now() < end ? request : undefined),
    taken: (answer, milliseconds) => reader.take(answer, milliseconds),
    ended: () => reader.print(),
  });
}

main(process.argv.slice(2));
