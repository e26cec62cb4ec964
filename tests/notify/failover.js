// Checks lastsync notify while a primary is killed: each event is told at least once, in order per connector.
'use strict';

const assert = require('node:assert/strict');
const { withTargets, create, report } = require('./targets');
const { until } = require('../lib/until');

const ROUNDS = 3;
const IDS = Array.from({ length: 12 }, (_, i) => `c${i}`);
const WORDS = { error: 'failing', completed: 'recovered' };

// The events' words that a target received on a connector. An event that came twice has the same id; one whose write
// was lost before a replica had it comes again by another id.
function toldOf(target, id) {
  const events = target.received.flatMap(({ body }) => body.events).filter((event) => event.connector_id === id);
  const words = [...new Map(events.map(({ id: own, event }) => [own, event])).values()];
  return words.filter((word, i) => word !== words[i - 1]);
}

// `fail(stack)` kills the primary and waits for its successor, while connectors begin to fail and recover.
async function tellDuring(t, kind, fail) {
  const { stack, target } = await withTargets(t, {}, { ...kind, options: ['--acknowledge-replicas', '1'] });
  const every = (ask, what) => Promise.all(IDS.map((id) => until(() => ask(id).then(() => true), `${what} ${id}`)));
  const turn = (status) => every((id) => report(stack, id, status, status === 'error' ? 'no' : null), status);
  await every((id) => create(stack, id), 'create');
  const wanted = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const failure = round === 1 ? fail(stack) : null;
    for (const [status, word] of Object.entries(WORDS)) {
      await turn(status);
      wanted.push(word);
    }
    await failure;
  }
  await until(() => IDS.every((id) => toldOf(target, id).length >= wanted.length), 'all to be told')
    .catch((error) => assert.fail(`${error.message}: ${IDS.map((id) => `${id} ${toldOf(target, id)}`).join('; ')}`));
  for (const id of IDS) assert.deepEqual(toldOf(target, id), wanted, id);
}

module.exports = { tellDuring };
