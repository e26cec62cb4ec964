// Asks the server. Addresses are relative to the page, so that it may be served below any path.

const PATIENCE = 15000;

// The server, or something before it, answered with an error: `reason` is what it says.
export class Refused extends Error {
  constructor(status, reason) {
    super(`the server answered ${status}: ${reason}`);
    this.status = status;
  }
}

// No answer, or none that can be read.
export class Unanswered extends Error {}

// Counts have 64 bits, more than a number of JavaScript holds: large ones become BigInts.
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

async function ask(path, signal) {
  const limit = AbortSignal.timeout(PATIENCE);
  let response;
  let text;
  try {
    response = await fetch(path, {
      headers: { accept: 'application/json' },
      cache: 'no-store',
      signal: AbortSignal.any([signal, limit]),
    });
    text = await response.text();
  } catch (error) {
    if (signal.aborted) throw error;
    throw new Unanswered(limit.aborted ? 'the server took too long' : 'the server is not there');
  }
  if (!response.ok) throw new Refused(response.status, reasonOf(text, response));
  try {
    return { body: JSON.parse(text, keepLarge), date: response.headers.get('date') };
  } catch {
    throw new Unanswered('what answered is not lastsync');
  }
}

// A part that an older server lacks, or that has nothing on this connector, is null.
async function askIfThere(path, signal) {
  try {
    return await ask(path, signal);
  } catch (error) {
    if (error instanceof Refused && [400, 404, 405].includes(error.status)) return null;
    throw error;
  }
}

const SERVER_SORTS = ['state', 'name', '-name', 'last_success', '-last_success'];

export const isSortedByServer = (sort) => SERVER_SORTS.includes(sort);

export async function askOverview(view, history, signal) {
  const words = new URLSearchParams({ from: view.from, size: view.size, history });
  if (view.states.length) words.set('state', view.states.join(','));
  if (view.type) words.set('service_type', view.type);
  if (view.query.trim()) words.set('query', view.query.trim());
  if (isSortedByServer(view.sort)) words.set('sort', view.sort);
  return ask(`overview?${words}`, signal);
}

// How many connectors have each service type; null where the server cannot say.
export function askServiceTypes(signal) {
  return askIfThere('service_types', signal);
}

export function askHistory(id, { size, before }, signal) {
  const words = new URLSearchParams({ size });
  if (before) words.set('before', before);
  return ask(`connector/${encodeURIComponent(id)}/history?${words}`, signal);
}

// All about one connector: { overview, history, connector, jobs }; the last two may be null.
export async function askConnector(id, historySize, signal) {
  const name = encodeURIComponent(id);
  const [overview, history, connector, jobs] = await Promise.all([
    ask(`connector/${name}`, signal),
    askHistory(id, { size: historySize }, signal),
    askIfThere(`../_connector/${name}`, signal),
    askIfThere(`../_connector/_sync_job?connector_id=${name}&size=20`, signal),
  ]);
  return { overview, history, connector, jobs };
}
