// Random clients and faults: nothing that was acknowledged is lost, doubled or torn, and the service comes back. SEED
// repeats the choices of a run, SECONDS is how long each one lasts, SHARDS the numbers of shards (a run for each), ONLY
// a pattern of faults, PROGRAM the lastsync.
'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { dice } = require('../clients/clients');
const { FAULTS } = require('./faults');
const { Harness, lines, shuffled } = require('./harness');

const SEED = Number(process.env.SEED) || Date.now() % 2147483648;
const SECONDS = Number(process.env.SECONDS) || 28;
const SHARDS = (process.env.SHARDS || '1 16').split(' ').map(Number);
const ONLY = new RegExp(process.env.ONLY || '');

const names = shuffled(Object.keys(FAULTS).filter((name) => ONLY.test(name)), dice(SEED));
let first = 0; // the fault with which the next run begins

for (const shards of SHARDS) {
  test(`${SECONDS} s with ${shards} shards, SEED=${SEED}`, { timeout: (SECONDS + 120) * 1000 }, async (context) => {
    const harness = await Harness.open({ seed: SEED + shards, shards, program: process.env.PROGRAM });
    try {
      await harness.run(SECONDS, [...names.slice(first % names.length), ...names.slice(0, first % names.length)]);
      first += harness.met.length;
      context.diagnostic(`${harness.summary}: ${harness.met.join(', ')}`);
      const wrong = lines(await harness.judge());
      if (wrong) assert.fail(`SEED=${SEED}\n${wrong}`);
    } finally {
      await harness.close();
    }
  });
}
