// A record of what was written and read, and the check that no acknowledged write was lost.
'use strict';

// A write and a read are { id, value, start, end }. A write that was not acknowledged may have
// happened or not, at any time after its start: its end is infinite.
class History {
  constructor() {
    this.writes = [];
    this.reads = [];
    this.acknowledged = 0;
  }

  // Performs a write: `call` resolves with { status }.
  async write(id, value, call) {
    const entry = { id, value, start: performance.now(), end: Infinity };
    this.writes.push(entry);
    const { status } = await call();
    if (status !== 200) return;
    entry.end = performance.now();
    this.acknowledged++;
  }

  // Performs a read: `call` resolves with { status, value }, the value undefined if there is none.
  async read(id, call) {
    const start = performance.now();
    const { status, value } = await call();
    if (status === 200) this.reads.push({ id, value, start, end: performance.now() });
  }

  // What is wrong with a read, in words; nothing, if it may have seen this.
  #fault({ id, value, start, end }, writes) {
    const source = writes.find((write) => write.value === value);
    if (value !== undefined && !source) return `${id} shows ${value}, which nobody sent`;
    if (source && source.start > end) return `${id} shows ${value} before it was sent`;
    const known = source ? source.end : -Infinity;
    const lost = writes.find((write) => write.start > known && write.end < start);
    return lost && `${id} shows ${value}, but ${lost.value} was acknowledged after it`;
  }

  faults() {
    const byId = new Map();
    for (const write of this.writes) {
      if (!byId.has(write.id)) byId.set(write.id, []);
      byId.get(write.id).push(write);
    }
    return this.reads.map((read) => this.#fault(read, byId.get(read.id) || [])).filter(Boolean);
  }
}

module.exports = { History };
