// Asks the server. Addresses are relative to the page, so that it may be served below any path.

import { keyHeader } from './session.js';
import { learnTime } from './time.js';

const PATIENCE = 15000;
const FOREIGN = 'what answered is not lastsync';

// The server, or something before it, answered with an error; `reason` is its text.
export class Refused extends Error {
  constructor(status, reason) {
    super(`the server answered ${status}: ${reason}`);
    this.status = status;
    this.reason = reason;
  }
}

// No answer, or one that is `isForeign`: not lastsync's.
export class Unanswered extends Error {
  constructor(message, isForeign = false) {
    super(message);
    this.isForeign = isForeign;
  }
}

// Counts have 64 bits, more than a JavaScript number holds: large ones become BigInts.
function keepLarge(key, value, context) {
  const isCut = typeof value === 'number' && !Number.isSafeInteger(value);
  return isCut && /^-?\d+$/.test(context?.source ?? '') ? BigInt(context.source) : value;
}

function reasonOf(text, response) {
  try {
    const { error } = JSON.parse(text);
    return (typeof error === 'string' ? error : error.reason) || response.statusText;
  } catch {
    return response.statusText || 'no reason given';
  }
}

// With X-Requested-With the browser itself does not ask for a password, and no page of another
// origin can send it.
const OUR_HEADERS = { accept: 'application/json', 'x-requested-with': 'XMLHttpRequest' };

async function send(path, signal, { method = 'GET', body, accept } = {}) {
  const limit = AbortSignal.timeout(PATIENCE);
  const headers = { ...OUR_HEADERS, ...keyHeader() };
  if (body) headers['content-type'] = 'application/json';
  if (accept) headers.accept = accept;
  try {
    const response = await fetch(path, { method, headers, cache: 'no-store', redirect: 'manual',
      body: body && JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit });
    if (response.type === 'opaqueredirect') throw new Unanswered(FOREIGN, true);
    return { response, text: await response.text() };
  } catch (error) {
    if (signal?.aborted || error instanceof Unanswered) throw error;
    throw new Unanswered(limit.aborted ? 'the server took too long' : 'the server is not there');
  }
}

function parsed(text, response) {
  let body;
  try {
    body = JSON.parse(text, keepLarge);
  } catch {
    throw new Unanswered(FOREIGN, true);
  }
  learnTime({ body, date: response.headers.get('date') });
  return { body };
}

async function askText(path, signal, what) {
  const { response, text } = await send(path, signal, what);
  if (!response.ok) throw new Refused(response.status, reasonOf(text, response));
  return { response, text };
}

async function ask(path, signal, what) {
  const { response, text } = await askText(path, signal, what);
  return parsed(text, response);
}

// Null if an older server lacks this part, or if it has nothing on this connector.
async function askIfThere(path, signal, absences = [400, 404, 405]) {
  try {
    return await ask(path, signal);
  } catch (error) {
    if (error instanceof Refused && absences.includes(error.status)) return null;
    throw error;
  }
}

let role = null;                     // ours, as the server said last; null: it has not said yet

// A connector's document, or its sync jobs. They have its configuration, so a key that may only view does not see them.
async function askDocument(path, signal) {
  return role === 'view_connector' ? null : askIfThere(`../_connector/${path}`, signal, [400, 403, 404, 405]);
}

const SERVER_SORTS = ['state', 'name', '-name', 'last_success', '-last_success'];

export const isSortedByServer = (sort) => SERVER_SORTS.includes(sort);

// The members that a row of the list needs.
const NEEDS = ['now', 'count', 'running', 'muted', 'unsearched_errors', 'states', 'results.id', 'results.name',
  'results.service_type', 'results.index_name', 'results.error', 'results.state',
  'results.running_since', 'results.failing_since', 'results.due_at', 'results.schedules',
  'results.muted',
  ...['status', 'ended_status', 'error', 'last_success', 'consecutive_failures', 'started_at',
    'indexed_document_count', 'deleted_document_count'].map((name) => `results.content.${name}`),
  ...['status', 'ended_status', 'error', 'last_success', 'consecutive_failures', 'started_at', 'scheduled_at', 'schedule']
    .map((name) => `results.access_control.${name}`),
  ...['id', 'at', 'kind', 'status', 'last_synced', 'duration_ms', 'indexed_document_count']
    .map((name) => `results.history.${name}`)].join(',');

// A part of the connectors of a view, as parameters.
function selection(view, part) {
  const words = new URLSearchParams(part);
  if (view.states.length) words.set('state', view.states.join(','));
  if (view.type) words.set('service_type', view.type);
  if (view.query.trim()) words.set('query', view.query.trim());
  if (isSortedByServer(view.sort)) words.set('sort', view.sort);
  return words;
}

export async function askOverview(view, history, signal) {
  const words = selection(view, { from: view.from, size: view.size, history });
  const answer = await ask(`overview?${words}&filter_path=${NEEDS}`, signal);
  answer.body.results ??= [];        // a filter leaves out what is empty
  for (const result of answer.body.results) result.history ??= [];
  return answer;
}

// How many connectors have each service type; null if the server cannot tell.
export function askServiceTypes(signal) {
  return askIfThere('service_types', signal);
}

export function askHistory(id, { size, before }, signal) {
  const words = new URLSearchParams({ size });
  if (before) words.set('before', before);
  return ask(`connector/${encodeURIComponent(id)}/history?${words}`, signal);
}

// Browsers resolve these ids as path segments, even when they are encoded.
export const isUnaddressable = (id) => id === '.' || id === '..';

// Such a connector as a row of the overview, with the overview's history.
async function findConnector(id, signal) {
  const words = new URLSearchParams({ query: id, size: 200, history: 50 });
  const { body } = await ask(`overview?${words}`, signal);
  const found = body.results.find((result) => result.id === id);
  if (!found) throw new Refused(404, `connector [${id}] not found`);
  return [{ body: found },
    { body: { results: found.history, next: null } }, null];
}

function readConnector(id, historySize, signal) {
  const name = encodeURIComponent(id);
  return Promise.all([
    ask(`connector/${name}`, signal),
    askHistory(id, { size: historySize }, signal),
    askDocument(name, signal),
  ]);
}

// All about one connector: { overview, history, connector, jobs }; the last two may be null.
export async function askConnector(id, historySize, signal) {
  const [[overview, history, connector], jobs] = await Promise.all([
    isUnaddressable(id) ? findConnector(id, signal) : readConnector(id, historySize, signal),
    askDocument(`_sync_job?connector_id=${encodeURIComponent(id)}&size=20`, signal),
  ]);
  return { overview, history, connector, jobs };
}

// One connector as JSON for people.
export const askConnectorText = async (id) => (await askText(`connector/${encodeURIComponent(id)}?pretty`)).text;

// ---- looking back ----

const COUNTS = ['completed', 'failed', 'canceled', 'duration_ms', 'longest_ms',
  'indexed_document_count', 'deleted_document_count'];

const timesPath = (unit, from) => `analytics?interval=${unit}&from=${from.toISOString()}`;
const groupsPath = (group, { from, top, size, type }) => `analytics?${new URLSearchParams({ group_by: group,
  from: from.toISOString(), top, size, ...(type && { service_type: type }) })}`;

const resultsOf = ({ body }) => body.results ?? []; // a filter leaves out what is empty

// The counts of all syncs, by 'hour' or 'day' from a moment on.
export async function askTimes(unit, from, signal) {
  const needed = ['time', ...COUNTS].map((name) => `results.${name}`);
  return resultsOf(await ask(`${timesPath(unit, from)}&filter_path=${needed}`, signal));
}

// The counts by 'connector' or 'service_type' since a day: { results }, or { reason } if the server
// cannot tell.
export async function askGroups(group, wanted, signal) {
  try {
    return { results: resultsOf(await ask(groupsPath(group, wanted), signal)) };
  } catch (error) {
    if (error instanceof Refused && error.status === 400) return { reason: error.reason };
    throw error;
  }
}

// The counts of one connector's syncs by day; null if there are none.
export async function askDays(id, from, signal) {
  if (isUnaddressable(id)) return null;
  const needed = ['time', ...COUNTS].map((name) => `results.${name}`);
  const answer = await askIfThere(
    `connector/${encodeURIComponent(id)}/days?from=${from.toISOString()}&filter_path=${needed}`, signal);
  return answer && resultsOf(answer);
}

// The errors of connectors that fail now: { failing, looked_at, truncated, results }.
export async function askErrors(size, signal) {
  return (await ask(`errors?size=${size}`, signal)).body;
}

// ---- tables for spreadsheets ----

const EXPORTED = 2500;               // rows in one request, or fewer if they are too large together
const EXPORTED_MOST = 10000;         // the server lists so many

async function askTable(path, signal) {
  return (await askText(path, signal, { accept: 'text/csv' })).text;
}

export const askTimesTable = (unit, from) => askTable(timesPath(unit, from));
export const askGroupsTable = (group, wanted) => askTable(groupsPath(group, wanted));
export const askErrorsTable = () => askTable('errors?size=1000');

const linesOf = (text) => (text.match(/"(?:[^"]|"")*"|\r\n/g) ?? []).filter((part) => part === '\r\n').length;

// All connectors of a view, as far as the server lists them.
export async function askOverviewTable(view) {
  let table = '';
  let from = 0;
  let size = EXPORTED;
  while (from < EXPORTED_MOST) {
    let part;
    try {
      part = await askTable(`overview?${selection(view, { from, size })}`);
    } catch (refusal) {
      if (refusal.status !== 400 || size === 1) throw refusal;
      size = Math.ceil(size / 2);
      continue;
    }
    table += from ? part.slice(part.indexOf('\r\n') + 2) : part;
    if (linesOf(part) <= size) break; // one line has the columns' names
    from += size;
    size = Math.min(size, EXPORTED_MOST - from);
  }
  return table;
}

let days = 90;                       // an older server does not tell

// For how many days lastsync keeps counts of syncs, as it said last: by --days, and 90 are those of make run.
export const daysKept = () => days;

// Our identity at the server, and its version; null if it cannot tell.
export async function askSelf(signal) {
  const self = await askIfThere('self', signal);
  days = self?.body.days ?? days;
  role = self?.body.role ?? null;
  return self;
}

// Who asks next may be another one.
export function forgetSelf() {
  role = null;
}

// The health of Redis; the answer is JSON in either case.
export async function askHealth(signal) {
  const { response, text } = await send('health/ready', signal);
  return parsed(text, response).body;
}

// A request that changes something: { method, path, body }, with a path below the server's root.
export function change({ method, path, body }) {
  return ask(`..${path}`, undefined, { method, body });
}
