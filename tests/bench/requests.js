// The requests that load the stacks: whole HTTP requests in files, which wrk (by wrk.lua) and
// connections.js send in a loop. Consecutive reports to one connector differ in all ten fields.
'use strict';

const fs = require('node:fs');
const { FIELDS, WORDS } = require('./report_call');
const { SCRIPTS } = require('./scripts');

const CONNECTORS = 1000;
const VARIATIONS = 10;
const SEPARATOR = '\0';
const STATUSES = ['canceling', 'canceled', 'completed', 'error', 'in_progress', 'pending', 'suspended'];

// Twelve digits, as redis-benchmark writes its random numbers.
function connectorId(number) {
  return `c${String(number).padStart(12, '0')}`;
}

function instant(day, variation) {
  return new Date(Date.UTC(2023, 10, day, 15, 13, 8, 231) + variation * 61001).toISOString();
}

// The ten fields of the API's example, about as long as in it.
function report(variation) {
  return {
    last_access_control_sync_error: `Houston, we have a problem ${variation}`,
    last_access_control_sync_scheduled_at: instant(9, variation),
    last_access_control_sync_status: STATUSES[variation % STATUSES.length],
    last_deleted_document_count: 42 + variation,
    last_incremental_sync_scheduled_at: instant(10, variation),
    last_indexed_document_count: 4200 + variation,
    last_sync_error: `Houston, we have another ${variation}`,
    last_sync_scheduled_at: instant(11, variation),
    last_sync_status: STATUSES[(variation + 3) % STATUSES.length],
    last_synced: instant(12, variation),
  };
}

function httpRequest(method, target, type, body) {
  return `${method} ${target} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n`
    + `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

// Without a body if there is no `value`.
function jsonRequest(method, target, value) {
  return httpRequest(method, target, 'application/json', value === undefined ? '' : JSON.stringify(value));
}

function apiRequest(id, fields) {
  return jsonRequest('PUT', `/_connector/${id}/_last_sync`, fields);
}

// The script call behind a report, as the words of a Redis command. The report's time is that of this call.
function scriptCall(id, fields) {
  const stored = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
  return ['EVALSHA', SCRIPTS.report.sha, ...WORDS.report(id, stored)].map(String);
}

// The call for webdis, which runs a command for each request. Nothing is checked: a client that may send it may send
// any command.
function webdisRequest(id, fields) {
  const words = scriptCall(id, fields).map((word) => encodeURIComponent(word).replace(/\./g, '%2E'));
  return httpRequest('POST', '/', 'application/x-www-form-urlencoded', words.join('/'));
}

// The call for redis-benchmark, which puts a random number of twelve digits in each __rand_int__: so the keys and ids
// are those of different connectors. Each report ends a sync of content; of the stacks' reports, four of seven do, and
// as many end one of access control.
function benchmarkWords() {
  const fields = FIELDS.map((field) =>
    [field, /_at$|_synced$/.test(field) ? '2023-11-09T__rand_int__' : '__rand_int__']);
  return scriptCall('c__rand_int__', { ...Object.fromEntries(fields),
    last_sync_status: 'completed', last_access_control_sync_status: 'pending' });
}

// A file of requests over all connectors. Files with different `first` variations have no value in
// common, so one can be sent after the other without a noop.
function writeRequests(file, format, first) {
  const requests = [];
  for (let variation = first; variation < first + VARIATIONS; variation++) {
    const fields = report(variation);
    for (let i = 0; i < CONNECTORS; i++) requests.push(format(connectorId(i), fields));
  }
  fs.writeFileSync(file, requests.join(SEPARATOR));
}

function readRequests(file) {
  return fs.readFileSync(file, 'latin1').split(SEPARATOR).map((text) => Buffer.from(text, 'latin1'));
}

module.exports = {
  CONNECTORS, VARIATIONS,
  apiRequest, benchmarkWords, connectorId, jsonRequest, readRequests, report, webdisRequest,
  writeRequests,
};
