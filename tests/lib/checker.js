// Checks that what clients saw fits a service that loses nothing. All tests that make faults use it.
//
// An answer 200 or 201 acknowledges a write. After any other answer, or none, the write may take place or not, at any
// moment after it was sent, even after the answer.
'use strict';

const isAcknowledged = (status) => status === 200 || status === 201;

// The zone of one value of a register, from the calls that wrote and read it: the register must have held it between
// the earliest end and the latest start (`forward`), or else at some moment between the two.
function zoneOf(operations) {
  const end = Math.min(...operations.map((one) => one.end));
  const start = Math.max(...operations.map((one) => one.start));
  return { value: operations[0].value, forward: end < start, from: Math.min(end, start), to: Math.max(end, start) };
}

// What is wrong with the writes and reads of a register, in words: nothing if they have an order that contradicts no
// clock and in which each read gives the last value written. Each is { value, start, end }. A value is written once; an
// unacknowledged write has no end (Infinity); before the first write the value is undefined. It is the test of Gibbons
// and Korach: zones of two values in which the register must have had either do not overlap, and none of the others
// lies within such a zone.
function registerFaults(name, writes, reads) {
  const faults = [];
  const written = new Map([[undefined, { value: undefined, start: -Infinity, end: -Infinity }],
    ...writes.map((write) => [write.value, write])]);
  const readsOf = new Map();
  for (const read of reads) {
    const write = written.get(read.value);
    if (!write) faults.push(`${name} shows ${read.value}, which nobody sent`);
    else if (write.start > read.end) faults.push(`${name} shows ${read.value} before it was sent`);
    else if (readsOf.has(read.value)) readsOf.get(read.value).push(read);
    else readsOf.set(read.value, [read]);
  }
  const zones = [...written.values()]
    .filter(({ value, end }) => end < Infinity || readsOf.has(value))
    .map((write) => zoneOf([write, ...readsOf.get(write.value) || []]))
    .sort((a, b) => a.from - b.from);
  let held; // of the forward zones that have begun, the one that ends last
  for (const zone of zones) {
    if (held && (zone.forward ? zone.from < held.to : zone.from > held.from && zone.to < held.to)) {
      faults.push(`${name}: ${zone.value} was there while ${held.value} must have been`);
    }
    if (zone.forward && (!held || zone.to > held.to)) held = zone;
  }
  return faults;
}

// A record of writes and reads of named registers.
class Registers {
  constructor() {
    this.writes = new Map();
    this.reads = new Map();
    this.acknowledged = 0;
  }

  #note(kind, name, entry) {
    if (!kind.has(name)) kind.set(name, []);
    kind.get(name).push(entry);
    return entry;
  }

  // Performs a write; resolves with the { status } that `call` gives.
  async write(name, value, call) {
    const entry = this.#note(this.writes, name, { value, start: performance.now(), end: Infinity });
    const { status } = await call();
    if (!isAcknowledged(status)) return status;
    entry.end = performance.now();
    this.acknowledged++;
    return status;
  }

  // Performs a read of several registers: `call` resolves with { status, values }; `values` has [name, value] of each,
  // and undefined as the value of one that has none.
  async read(call) {
    const start = performance.now();
    const { status, values } = await call();
    if (status !== 200) return;
    const end = performance.now();
    for (const [name, value] of values) this.#note(this.reads, name, { value, start, end });
  }

  faults() {
    return [...this.reads].flatMap(([name, reads]) => registerFaults(name, this.writes.get(name) || [], reads));
  }
}

// What is wrong with a history, in words. `attempts` are { number, status } in the order in which they were sent,
// `stored` are the numbers that the history has, the oldest first. Each acknowledged number is there, once. Each other
// attempt may have left one, at any time. Numbers acknowledged at their only attempt are in order.
function historyFaults(name, attempts, stored) {
  const faults = [];
  const tries = new Map();
  for (const { number, status } of attempts) {
    const one = tries.get(number) || { acknowledged: 0, open: 0 };
    if (isAcknowledged(status)) one.acknowledged += 1;
    else one.open += 1;
    tries.set(number, one);
  }
  const times = new Map();
  for (const number of stored) times.set(number, (times.get(number) || 0) + 1);
  for (const [number, { acknowledged, open }] of tries) {
    const found = times.get(number) || 0;
    if (acknowledged && !found) faults.push(`${name}: ${number} was acknowledged and is lost`);
    if (found > open + Math.min(acknowledged, 1)) faults.push(`${name}: ${number} is there ${found} times`);
  }
  for (const number of times.keys()) if (!tries.has(number)) faults.push(`${name}: ${number} is there, and nobody sent it`);
  const certain = stored.filter((number) => tries.has(number) && !tries.get(number).open);
  const early = certain.find((number, i) => i && number < certain[i - 1]);
  if (early !== undefined) faults.push(`${name}: ${early} is not in order`);
  return faults;
}

module.exports = { Registers, historyFaults, isAcknowledged, registerFaults };
