// lastsync's other endpoints, measured without peers: their requests, over the 1,000 connectors.
'use strict';

const path = require('node:path');
const { measureRequests } = require('./load');
const { CONNECTORS, connectorId, jsonRequest, writeRequests } = require('./requests');

// Makes a sync job for each connector; resolves with the jobs' ids by connector.
async function createJobs(stack) {
  const jobs = new Map();
  for (let i = 0; i < CONNECTORS; i++) {
    const answer = await fetch(`${stack.base.url}/_connector/_sync_job`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ id: connectorId(i) }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`a sync job was not created: ${text}`);
    jobs.set(connectorId(i), JSON.parse(text).id);
  }
  return jobs;
}

// In the order of the table. `request` is given a connector's id and that of its job.
const ENDPOINTS = [
  { title: '`PUT /_connector/{id}/_check_in`',
    request: (id) => jsonRequest('PUT', `/_connector/${id}/_check_in`) },
  { title: '`PUT /_connector/_sync_job/{id}/_claim`',
    request: (id, job) => jsonRequest('PUT', `/_connector/_sync_job/${job}/_claim`,
      { worker_hostname: 'worker-1' }) },
  { title: '`GET /_connector/{id}`',
    request: (id) => jsonRequest('GET', `/_connector/${id}`) },
  { title: '`GET /_lastsync/overview?size=100`',
    request: () => jsonRequest('GET', '/_lastsync/overview?size=100') },
];

// [{ title, measure(connections, seconds) }], for a stack of lastsync.
async function openEndpoints(stack) {
  const jobs = await createJobs(stack);
  return ENDPOINTS.map(({ title, request }, i) => {
    const file = path.join(stack.directory, `endpoint-${i}`);
    writeRequests(file, (id) => request(id, jobs.get(id)), 0);
    return { title, measure: (connections, seconds) =>
      measureRequests(stack, { connections, seconds, files: [file, file], newWrites: false }) };
  });
}

module.exports = { openEndpoints };
