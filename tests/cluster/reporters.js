// Clients that report syncs without a pause, one for each connector, and the outcome of each report.
'use strict';

const assert = require('node:assert/strict');
const http = require('node:http');
const { historyFaults, isAcknowledged } = require('../lib/checker');
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
    // New replicas take no writes for up to a second: until then nothing is acknowledged.
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
    return until(() => this.acknowledged >= goal, `${count} reports to be acknowledged`);
  }

  // Waits until each connector has had a report acknowledged that was sent after now.
  async allServed(milliseconds = 30000) {
    const before = new Map(this.ids.map((id) => [id, this.sent.get(id).length]));
    await until(() => this.ids.every((id) => this.sent.get(id).slice(before.get(id) + 1).some(({ status }) => status === 200)),
      'a report of each connector to be acknowledged', milliseconds);
  }

  // One request: { status, json, retryAfter }; status 0 if no answer came.
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

  // The faults in the stored data, by the checker; and the connector must show no report older than the last
  // acknowledged one.
  async faults() {
    const faults = this.strange.map((answer) => `strange answer: ${answer}`);
    for (const id of this.ids) {
      const sent = this.sent.get(id);
      faults.push(...historyFaults(id, sent, await this.#history(id)));
      const json = await this.#read(`/_connector/${id}`);
      const last = sent.findLast(({ status }) => isAcknowledged(status));
      if (last && json.last_indexed_document_count < last.number) {
        faults.push(`${id}: ${last.number} was acknowledged, and ${json.last_indexed_document_count} is shown`);
      }
    }
    return faults;
  }

  async #read(path) {
    const { status, json } = await this.call('GET', path);
    assert.equal(status, 200, JSON.stringify(json));
    return json;
  }

  // The numbers of the stored syncs, the oldest first.
  async #history(id) {
    const numbers = [];
    for (let next = ''; ;) {
      const json = await this.#read(`/_lastsync/connector/${id}/history?size=100${next}`);
      numbers.push(...json.results.map(({ indexed_document_count: number }) => number));
      if (!json.next) return numbers.reverse();
      next = `&before=${json.next}`;
    }
  }
}

module.exports = { Reporters };
