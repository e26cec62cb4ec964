// The Node.js peer: PUT /_connector/{id}/_last_sync with the checks of the API, no nginx in front.
// JSON.parse sees no duplicate keys and has doubles only: counts beyond 2^53 are refused.
//
//   node server.js PORT REDIS_SOCKET SCRIPT_FILE JOB WORKERS     (see store.js)
'use strict';

const cluster = require('node:cluster');
const http = require('node:http');
const { openStore } = require('./store');

const WORDS = new Set(
  ['canceling', 'canceled', 'completed', 'error', 'in_progress', 'pending', 'suspended'],
);
const STORED_FORM = /^(\d{4})-(\d\d)-(\d\d)T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}Z$/;
const FORM = /^(\d{4})-(\d\d)-(\d\d)T([01]\d|2[0-3])(?::([0-5]\d)(?::([0-5]\d)(?:[.,](\d{1,9}))?)?)?(?:Z|([+-])(\d\d)(?::?(\d\d))?)?$/;
const TARGET = /^\/_connector\/([^/?]+)\/_last_sync$/;
const JSON_TYPE = /^application\/json\s*(;|$)/i;
const DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

class Refusal extends Error {
  constructor(status, type, reason) {
    super(reason);
    Object.assign(this, { status, type });
  }
}

function inCalendar(year, month, day) {
  if (month < 1 || month > 12 || day < 1) return false;
  const leap = month === 2 && year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return day <= DAYS[month - 1] + (leap ? 1 : 0);
}

function printInstant(milliseconds, fraction) {
  const date = new Date(milliseconds);
  if (Number.isNaN(date.getTime())) return undefined;
  return `${date.toISOString().slice(0, -4)}${fraction.replace(/0+$/, '').padEnd(3, '0')}Z`;
}

// The stored form of a datetime, or undefined.
function instant(text) {
  if (typeof text !== 'string') return undefined;
  let found = STORED_FORM.exec(text);
  if (found) return inCalendar(+found[1], +found[2], +found[3]) ? text : undefined;
  found = FORM.exec(text);
  if (found) {
    const [, year, month, day, hour, minute = 0, second = 0, fraction = '', sign, hours = 0, minutes = 0] = found;
    if (!inCalendar(+year, +month, +day)) return undefined;
    const offset = (sign === '-' ? -1 : 1) * (hours * 60 + +minutes) * 60000;
    return printInstant(Date.UTC(year, month - 1, day, hour, minute, second) - offset, fraction);
  }
  if (text.length === 4 || !/^-?\d{1,18}(\.\d+)?$/.test(text)) return undefined;
  const milliseconds = Math.trunc(text);
  return printInstant(milliseconds, String(((milliseconds % 1000) + 1000) % 1000).padStart(3, '0'));
}

function text(value) {
  return typeof value === 'string' ? value : undefined;
}

function status(value) {
  const word = typeof value === 'string' ? value.toLowerCase() : '';
  return WORDS.has(word) ? word : undefined;
}

// A count in decimal, or undefined.
function count(value) {
  const number = typeof value === 'string' && /^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(value)
    ? Number(value) : value;
  if (typeof number !== 'number') return undefined;
  const whole = Math.trunc(number);
  return Number.isSafeInteger(whole) ? String(whole) : undefined;
}

const READERS = new Map(Object.entries({
  last_access_control_sync_error: text,
  last_access_control_sync_scheduled_at: instant,
  last_access_control_sync_status: status,
  last_deleted_document_count: count,
  last_incremental_sync_scheduled_at: instant,
  last_indexed_document_count: count,
  last_sync_error: text,
  last_sync_scheduled_at: instant,
  last_sync_status: status,
  last_synced: instant,
}));

function invalid(reason) {
  return new Refusal(400, 'x_content_parse_exception', reason);
}

function parse(body) {
  if (body.length === 0) throw new Refusal(400, 'parse_exception', 'request body is required');
  let document;
  try {
    document = JSON.parse(body);
  } catch (error) {
    throw invalid(error.message);
  }
  if (document === null || typeof document !== 'object' || Array.isArray(document)) {
    throw invalid('Expected START_OBJECT');
  }
  return document;
}

// The values to store from a body, by field: a text, or null to clear it.
function readFields(document) {
  const fields = {};
  for (const field of Object.keys(document)) {
    const read = READERS.get(field);
    if (!read) throw invalid(`unknown field [${field}]`);
    const value = document[field];
    const stored = value === null && read !== count ? null : read(value);
    if (stored === undefined) throw invalid(`failed to parse field [${field}]`);
    fields[field] = stored;
  }
  return fields;
}

function connectorId(request) {
  const found = TARGET.exec(request.url);
  if (!found) throw new Refusal(400, 'illegal_argument_exception', 'no handler found for uri');
  if (request.method !== 'PUT') {
    throw new Refusal(405, 'illegal_argument_exception', 'Incorrect HTTP method');
  }
  if (!JSON_TYPE.test(request.headers['content-type'] || '')) {
    throw new Refusal(406, 'media_type_header_exception', 'Content-Type header is not supported');
  }
  return decodeURIComponent(found[1]);
}

function respond(response, code, body) {
  response.writeHead(code, {
    'Content-Type': 'application/json',
    'X-elastic-product': 'Elasticsearch',
    'Content-Length': Buffer.byteLength(body),
  });
  response.end(body);
}

function refuse(response, error) {
  const { status: code = 503, type = 'unavailable_exception', message: reason } = error;
  const cause = { type, reason };
  respond(response, code, JSON.stringify({ error: { root_cause: [cause], ...cause }, status: code }));
}

async function update(request, response, body, write) {
  try {
    const id = connectorId(request);
    const outcome = await write(id, readFields(parse(body)));
    if (outcome === 'missing') {
      throw new Refusal(404, 'resource_not_found_exception', `connector [${id}] not found`);
    }
    respond(response, 200, outcome === 'noop' ? '{"result":"noop"}' : '{"result":"updated"}');
  } catch (error) {
    refuse(response, error);
  }
}

function serve(port, socket, scriptFile, job) {
  const write = openStore(socket, scriptFile, job);
  const server = http.createServer({ keepAliveTimeout: 600000 }, (request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (text) => { body += text; });
    request.on('end', () => update(request, response, body, write));
  });
  server.listen({ port, host: '127.0.0.1', backlog: 1024 });
}

function main([port, socket, scriptFile, job, workers]) {
  if (!cluster.isPrimary) {
    serve(Number(port), socket, scriptFile, job);
    return;
  }
  cluster.setupPrimary({ args: [port, socket, scriptFile, job] });
  for (let i = 0; i < Number(workers); i++) cluster.fork();
}

main(process.argv.slice(2));
