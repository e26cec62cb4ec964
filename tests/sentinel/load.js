// Reports without a pause, each of an ended sync, and their outcomes: each has its own entry in its connector's
// history, recognised by its number.
'use strict';

const http = require('node:http');
const { pause, until } = require('../lib/until');
const { historyFaults, isAcknowledged } = require('../lib/checker');
const { create, fresh, report } = require('../fault/common');

const WRITERS = 8;
const PAUSE = 2; // milliseconds between two reports of a writer: the machine is for the failover, too

class Load {
  // Begins: each writer reports to a connector of its own, whose id has `name` in it.
  static async start(stack, name) {
    const load = new Load();
    Object.assign(load, { stack, sent: [], over: false, agent: new http.Agent({ keepAlive: true }),
      ids: Array.from({ length: WRITERS }, (_, i) => `${name}-${i}`) });
    for (const id of load.ids) {
      await until(async () => [200, 201].includes((await create(stack, id)).status), `${id} to be made`); // 503: unknown
    }
    load.writers = load.ids.map((id) => load.#write(id));
    return load;
  }

  async #write(id) {
    while (!this.over) {
      const number = fresh();
      const one = { id, number, start: performance.now() };
      this.sent.push(one);
      // One day for each number: two reports with the same time are of the same sync.
      const body = { last_sync_status: 'completed', last_indexed_document_count: number,
        last_synced: new Date(Date.UTC(2000, 0, 1) + number * 1000).toISOString() };
      one.status = await report(this.stack, id, body, { agent: this.agent }).then(({ status }) => status, () => 'lost connection');
      one.end = performance.now();
      await pause(PAUSE);
    }
  }

  // The first report that succeeded and was sent after that moment; undefined if there is none yet.
  firstSince(moment) {
    return this.sent.find(({ start, status }) => start >= moment && status === 200);
  }

  // The longest time in milliseconds in which no report succeeded, between two that did.
  longestPause() {
    const ends = this.sent.filter(({ status }) => status === 200).map(({ end }) => end).sort((a, b) => a - b);
    return Math.max(...ends.slice(1).map((end, i) => end - ends[i]));
  }

  // Ends the writers, even those that failed.
  async stop() {
    this.over = true;
    await Promise.allSettled(this.writers);
    this.agent.destroy();
  }

  // Looks into the server: { acknowledged, lost, wrong }. `lost` are acknowledged reports that are not there; `wrong`
  // are the checker's other faults, and answers other than 200 and 503.
  async judge(server) {
    const lost = [];
    const wrong = this.sent.filter(({ status }) => ![200, 503].includes(status));
    for (const id of this.ids) {
      const sent = this.sent.filter((one) => one.id === id);
      const entries = await server.command('XRANGE', `connector:{${id}}:syncs`, '-', '+');
      const stored = entries.map(([, fields]) => Number(fields[fields.indexOf('indexed') + 1]));
      const missing = sent.filter(({ number, status }) => isAcknowledged(status) && !stored.includes(number));
      lost.push(...missing);
      wrong.push(...historyFaults(id, sent.filter((one) => !missing.includes(one)), stored));
    }
    return { acknowledged: this.sent.filter(({ status }) => isAcknowledged(status)).length, lost, wrong };
  }
}

module.exports = { Load };
