// Clients that report syncs without a pause, one for each connector, and what became of each of their reports.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { until } = require('../lib/until');

const PATIENCE = 10000;

class Reporters {
  // `onAnswer`, if given, sees each answer: (id, status, milliseconds).
  constructor(url, ids, { onAnswer = () => {} } = {}) {
    Object.assign(this, { url, ids, onAnswer, over: false, acknowledged: 0 });
    this.agent = new http.Agent({ keepAlive: true });
    this.sent = new Map(ids.map((id) => [id, []])); // of each connector: { number, status }, in order
    this.strange = [];
  }

  async create() {
    // Replicas that have just come take nothing for up to a second: until then nothing is acknowledged.
    for (const id of this.ids) {
      await until(async () => (await this.call('PUT', `/_connector/${id}`, { name: id })).status < 300, `${id} to be made`);
    }
  }

  start() {
    this.running = Promise.all(this.ids.map((id) => this.#report(id)));
  }

  async stop() {
    this.over = true;
    await this.running;
    this.agent.destroy();
  }

  // Waits until as many more reports have been acknowledged.
  progress(count = 200) {
    const goal = this.acknowledged + count;
    return until(() => this.acknowledged >= goal, `${count} reports to be acknowledged`, 60000);
  }

  // Waits until each connector has had a report acknowledged that was sent after now.
  async allServed(milliseconds = 30000) {
    const before = new Map(this.ids.map((id) => [id, this.sent.get(id).length]));
    await until(() => this.ids.every((id) => this.sent.get(id).slice(before.get(id) + 1).some(({ status }) => status === 200)),
      'a report of each connector to be acknowledged', milliseconds);
  }

  // One request: { status, json, retryAfter }; status 0 where no answer came.
  call(method, path, body) {
    return new Promise((resolve) => {
      const request = http.request(this.url + path, { method, agent: this.agent, timeout: PATIENCE,
        headers: body ? { 'content-type': 'application/json' } : {} }, (response) => {
        let text = '';
        response.on('data', (data) => { text += data; });
        response.on('error', () => resolve({ status: 0 }));
        response.on('end', () => resolve({ status: response.statusCode, json: JSON.parse(text),
          retryAfter: response.headers['retry-after'] }));
      });
      request.on('timeout', () => request.destroy());
      request.on('error', () => resolve({ status: 0 }));
      request.end(body && JSON.stringify(body));
    });
  }

  // Each report ends one sync, whose count of documents is its number.
  async #report(id) {
    const sent = this.sent.get(id);
    for (let number = 1; !this.over; number++) {
      const entry = { number, status: null };
      const began = Date.now();
      sent.push(entry);
      const { status, json, retryAfter } = await this.call('PUT', `/_connector/${id}/_last_sync`, {
        last_sync_status: 'completed', last_synced: new Date(1.7e12 + number * 1000).toISOString(),
        last_indexed_document_count: number,
      });
      entry.status = status;
      if (status === 200) this.acknowledged += 1;
      else if (status !== 503 || json.error.type !== 'unavailable_exception' || retryAfter !== '1') {
        this.strange.push([id, status, JSON.stringify(json)]);
      }
      this.onAnswer(id, status, Date.now() - began);
    }
  }

  // What is wrong with what is stored: each acknowledged report is in the history exactly once, each other one
  // at most once, in the order in which they were sent, and the connector shows one that is not older.
  async faults() {
    const faults = [];
    for (const id of this.ids) {
      const sent = this.sent.get(id);
      const history = await this.#history(id);
      const { json } = await this.call('GET', `/_connector/${id}`);
      const counts = new Map();
      for (const number of history) counts.set(number, (counts.get(number) || 0) + 1);
      const acknowledged = sent.filter(({ status }) => status === 200).map(({ number }) => number);
      for (const number of acknowledged) if (!counts.has(number)) faults.push(`${id}: ${number} was acknowledged and is lost`);
      for (const [number, count] of counts) if (count > 1) faults.push(`${id}: ${number} is there ${count} times`);
      if (history.some((number, i) => i && number >= history[i - 1])) faults.push(`${id}: the history is not in order`);
      const last = acknowledged[acknowledged.length - 1] || 0;
      if (json.last_indexed_document_count < last) faults.push(`${id}: ${last} was acknowledged, and ${json.last_indexed_document_count} is shown`);
    }
    return [...this.strange.map((answer) => `strange answer: ${answer}`), ...faults];
  }

  // The numbers of the stored syncs, the newest first.
  async #history(id) {
    const numbers = [];
    for (let next = ''; ;) {
      const { status, json } = await this.call('GET', `/_lastsync/connector/${id}/history?size=100${next}`);
      assert.equal(status, 200, JSON.stringify(json));
      numbers.push(...json.results.map(({ indexed_document_count: number }) => number));
      if (!json.next) return numbers;
      next = `&before=${json.next}`;
    }
  }
}

module.exports = { Reporters };
