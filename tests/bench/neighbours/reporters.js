// The clients that report beside a neighbour: eight, each with connectors of its own.
//
//   node reporters.js PORT SECONDS
//
// Prints {"rate":..,"p50":..,"p99":..,"longest":..,"anyMoment":..,"statuses":{"200":..}}: reports per second;
// their milliseconds, with any status; and the p99 of a report that came at any moment. A broken connection has the
// status "none".
'use strict';

const { Client } = require('../client');
const { percentile, percentileAtAnyMoment } = require('../numbers');
const { VARIATIONS, apiRequest, connectorId, report } = require('../requests');
const { REPORTERS, CONNECTORS_OF_EACH } = require('./data');

// All succeed, so that overviews, which begin with failures, do not show these connectors.
const SUCCESS = { last_sync_status: 'completed', last_access_control_sync_status: 'completed' };

// Reports to a reporter's connectors in turns. Consecutive ones to a connector differ.
function requestsOf(reporter) {
  const requests = [];
  for (let variation = 0; variation < VARIATIONS; variation++) {
    const fields = { ...report(variation), ...SUCCESS };
    for (let i = 0; i < CONNECTORS_OF_EACH; i++) {
      requests.push(Buffer.from(apiRequest(connectorId(reporter * CONNECTORS_OF_EACH + i), fields)));
    }
  }
  return requests;
}

// Reports until the time is over, and resolves when the last report has its answer.
function reportUntil(end, reporter, port, taken) {
  const requests = requestsOf(reporter);
  let sent = 0;
  return new Promise((ended) => {
    const next = () => (performance.now() < end ? requests[sent++ % requests.length] : undefined);
    new Client(port, { next, taken, ended });
  });
}

async function main([port, seconds]) {
  const times = [];
  const statuses = {};
  const taken = ({ status = 'none' }, milliseconds) => {
    times.push(milliseconds);
    statuses[status] = (statuses[status] || 0) + 1;
  };
  const start = performance.now();
  const end = start + Number(seconds) * 1000;
  await Promise.all(Array.from({ length: REPORTERS }, (_, reporter) =>
    reportUntil(end, reporter, Number(port), taken)));
  console.log(JSON.stringify({
    rate: times.length / (performance.now() - start) * 1000,
    p50: percentile(times, 0.5),
    p99: percentile(times, 0.99),
    longest: percentile(times, 1),
    anyMoment: percentileAtAnyMoment(times, 0.99),
    statuses,
  }));
}

main(process.argv.slice(2));
