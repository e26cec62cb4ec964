// Random clients over all kinds of writes and reads. Each is a function that makes one round of requests; the world
// runs it until the end, and keeps its observations for the checks.
'use strict';

const { Registers, isAcknowledged } = require('../lib/checker');
const { pause, until } = require('../lib/until');

const IDS = ['r0', 'r1', 'r2', 'r3']; // their fields are registers, for all writers
const CLOCK = 'clock'; // its times show the workers' clock
const REPORTERS = 4; // each reports to a connector of its own
const JOBBERS = 2; // each ends the sync jobs of a connector of its own
const CHURNERS = 4; // each makes, renames and deletes connectors of its own, for a few index names
const NAMES = Array.from({ length: 8 }, (_, i) => `search-${i}`);
const TUGGERS = 2; // each writes the same connectors, several times at once, for names of theirs
const TUGGED = Array.from({ length: 3 }, (_, i) => `tug-${i}`); // these connectors, and these names
const DOUBT = 10000; // milliseconds after which an unacknowledged write no longer takes place
const EPOCH = Date.UTC(2020, 0, 1); // of the times of syncs, which are a second apart

const connectorPath = (id, call = '') => `/_connector/${id}${call}`;

// ---- registers: fields that are written in every way, and read in every way ----

const FIRST_TYPE = 'dir';
const FIELD = { label: 'Host', type: 'str', sensitive: true, value: null };

// How a value is written, and where an answer shows it: `shown` of GET of the connector, or of the request of `read`.
const KINDS = {
  name: { write: (id, value) => ['PUT', connectorPath(id, '/_name'), { name: value }], shown: ({ name }) => name || undefined },
  report: {
    write: (id, value) => ['PUT', connectorPath(id, '/_last_sync'), { last_sync_error: value,
      last_indexed_document_count: Number(value.slice(1)), last_deleted_document_count: Number(value.slice(1)) }],
    shown: ({ last_sync_error: text, last_indexed_document_count: indexed, last_deleted_document_count: deleted }) =>
      ([indexed, deleted].every((count) => text === (count === undefined ? count : `v${count}`)) ? text : `torn: ${[text, indexed, deleted]}`),
  },
  cursor: { write: (id, value) => ['PUT', connectorPath(id, '/_last_sync'), { sync_cursor: { a: value } }],
    shown: ({ sync_cursor: cursor }) => cursor && cursor.a },
  error: { write: (id, value) => ['PUT', connectorPath(id, '/_error'), { error: value }], shown: ({ error }) => error || undefined },
  service_type: { write: (id, value) => ['PUT', connectorPath(id, '/_service_type'), { service_type: value }],
    shown: ({ service_type: type }) => (type === FIRST_TYPE ? undefined : type) },
  api_key_id: { write: (id, value) => ['PUT', connectorPath(id, '/_api_key_id'), { api_key_id: value }],
    shown: ({ api_key_id: key }) => key },
  pipeline: {
    write: (id, value) => ['PUT', connectorPath(id, '/_pipeline'), { pipeline: { name: value,
      extract_binary_content: true, reduce_whitespace: true, run_ml_inference: false } }],
    shown: ({ pipeline }) => pipeline && pipeline.name,
  },
  configuration: { write: (id, value) => ['PUT', connectorPath(id, '/_configuration'), { values: { host: value } }],
    shown: ({ configuration }) => configuration.host.value || undefined },
  description: { write: (id, value) => ['POST', `/.elastic-connectors/_update/${id}`, { doc: { description: value } }],
    shown: ({ description }) => description },
  secret: { write: (id, value) => ['PUT', `/_connector/_secret/${id}`, { value }],
    read: (id) => `/_connector/_secret/${id}`, shown: ({ value }) => value },
  note: { write: (id, value) => ['PUT', `/_lastsync/connector/${id}/mute`, { note: value }],
    read: (id) => `/_lastsync/connector/${id}`, shown: ({ muted }) => (muted ? muted.note : undefined) },
};
const PLAIN = Object.keys(KINDS).filter((kind) => !KINDS[kind].read);

function shownIn(json, kind) {
  try {
    return KINDS[kind].shown(json);
  } catch (error) {
    return `${JSON.stringify(json)} (${error.message})`; // nobody sent it
  }
}

const valuesOf = (id, kinds, json) => kinds.map((kind) => [`${id} ${kind}`, shownIn(json, kind)]);

async function writeRegister(world) {
  const id = world.pick(IDS);
  const kind = world.pick(Object.keys(KINDS));
  const value = `v${world.fresh()}`;
  await world.registers.write(`${id} ${kind}`, value, () => world.call([200, 201], ...KINDS[kind].write(id, value)));
}

async function readRegisters(world) {
  const id = world.pick(IDS);
  const kind = world.pick([undefined, undefined, 'secret', 'note']);
  await world.registers.read(async () => {
    if (!kind) {
      const { status, json } = await world.call([200], 'GET', connectorPath(id));
      return { status, values: status === 200 ? valuesOf(id, PLAIN, json) : [] };
    }
    const { status, json } = await world.call([200, 404], 'GET', KINDS[kind].read(id));
    return { status: status === 404 ? 200 : status, values: status === 200 || status === 404 ? valuesOf(id, [kind], json) : [] };
  });
}

// The list shows the same registers, all at once.
async function readList(world) {
  await world.registers.read(async () => {
    const { status, json } = await world.call([200], 'GET', '/_connector?size=200');
    const rows = status === 200 ? json.results.filter(({ id }) => IDS.includes(id)) : [];
    if (status === 200 && rows.length !== IDS.length) world.strange.push(`a list shows ${rows.map(({ id }) => id)} of ${IDS}`);
    return { status, values: rows.flatMap((row) => valuesOf(row.id, PLAIN, row)) };
  });
}

// Reads without a register: they must be answered, in form.
const LOOKS = ['/_lastsync/overview?history=3', '/_lastsync/overview?query=v&sort=name', '/_lastsync/analytics', '/_lastsync/errors',
  '/_lastsync/metrics', '/_lastsync/service_types', '/_connector?query=v*&size=5', '/_connector/_sync_job?size=5',
  '/_lastsync/connector/s0/history?size=10', '/_lastsync/health/live', '/', '/_lastsync/self'];

async function look(world) {
  await world.call([200], 'GET', world.pick(LOOKS));
}

// Writes without a register; a connector's state follows from some of them.
const schedule = (random) => ({ enabled: random(2) === 1, interval: `0 ${random(60)} * * * ?` });
const POKES = [
  ['/_check_in'],
  ['/_scheduling', (random) => ({ scheduling: { full: schedule(random), access_control: schedule(random) } })],
  ['/_features', (random) => ({ features: { incremental_sync: { enabled: random(2) === 1 } } })],
  ['/_filtering', (random) => ({ rules: [{ field: '_', id: 'DEFAULT', order: random(9), policy: 'include', rule: 'regex', value: '.*' }] })],
  ['/_native', (random) => ({ is_native: random(2) === 1 })],
];

async function poke(world) {
  const [what, body] = world.pick(POKES);
  const id = world.pick([...IDS, ...world.reporters.map(({ id: own }) => own)]);
  await world.call([200], 'PUT', connectorPath(id, what), body && body(world.roll));
}

// ---- reports: each is a sync that has ended, with a number ----

const timeOf = (number) => new Date(EPOCH + number * 1000).toISOString();
const numberOf = (time) => (Date.parse(time) - EPOCH) / 1000;

function reportOf(number, roll) {
  const status = ['completed', 'completed', 'error', 'canceled'][roll(4)];
  const body = { last_sync_status: status, last_synced: timeOf(number), last_indexed_document_count: number,
    last_deleted_document_count: roll(3), last_sync_error: status === 'error' ? `failed at ${number}` : null };
  return roll(4) ? body : { ...body, last_access_control_sync_status: roll(2) ? 'completed' : 'error' };
}

// Reports a sync. After an open answer it repeats the report, half of the time. Now and then it repeats an acknowledged
// one, which must change nothing. Every other reporter also reports when a sync begins.
function reporter(id, begins) {
  const attempts = [];
  const attempt = async (world, number, body) => {
    const one = { number, both: 'last_access_control_sync_status' in body, status: null };
    attempts.push(one);
    const { status, json } = await world.call([200], 'PUT', connectorPath(id, '/_last_sync'), body);
    one.status = status;
    if (!isAcknowledged(status)) world.doubts.set(id, Date.now());
    return json;
  };
  const round = async (world) => {
    const number = world.fresh();
    const body = reportOf(number, world.roll);
    if (begins) await world.call([200], 'PUT', connectorPath(id, '/_last_sync'), { last_sync_status: 'in_progress' });
    await attempt(world, number, body);
    while (!world.over && attempts.at(-1).status !== 200 && world.roll(2)) await attempt(world, number, body);
    if (attempts.at(-1).status === 200) world.served.set(id, performance.now());
    const certain = attempts.at(-1).status === 200 && !world.isInDoubt(id, DOUBT);
    if (!begins && certain && world.roll(3) === 0) {
      const json = await attempt(world, number, body);
      if (attempts.at(-1).status === 200 && json.result !== 'noop') world.strange.push(`${id}: a repeat of ${number} is ${json.result}`);
    }
  };
  return { id, attempts, round, numberOf: ({ last_synced: time }) => numberOf(time) };
}

// ---- sync jobs: each comes to its end, and is reported to its connector ----

function jobber(id) {
  const attempts = [];
  const step = async (world, doubtful, ...request) => {
    const answer = await world.call(...request);
    return { ...answer, doubtful: doubtful || !request[0].includes(answer.status) };
  };
  const complete = async (world, path) => {
    const number = world.fresh();
    for (let tries = 0; tries < 20 && !world.over; tries++) {
      const one = { number, status: null };
      attempts.push(one);
      const { status } = await world.call([200, 400], 'PUT', `${path}/_complete`, { indexed_document_count: number, report: true });
      one.status = status;
      if (status === 200) return number;
      if (status === 400) return undefined; // for the server it never began
    }
    return undefined;
  };
  const round = async (world) => {
    const made = await world.call([201], 'POST', '/_connector/_sync_job', { id, job_type: world.pick(['full', 'incremental']) });
    if (made.status !== 201) return;
    const own = `/_connector/_sync_job/${made.json.id}`;
    const isCanceled = world.roll(4) === 0;
    let last = await step(world, false, [200], 'PUT', `${own}/_claim`, { worker_hostname: 'w' });
    last = await step(world, last.doubtful, [200], 'PUT', `${own}/_check_in`);
    last = await step(world, last.doubtful, [200], 'PUT', `${own}/_stats`, { deleted_document_count: 1, indexed_document_count: 2, indexed_document_volume: 3 });
    if (isCanceled) last = await step(world, last.doubtful, [200], 'PUT', `${own}/_cancel`);
    const number = last.doubtful ? undefined : await complete(world, `/_lastsync/sync_job/${made.json.id}`);
    const { status, json } = await world.call([200], 'GET', own);
    if (number !== undefined && status === 200) {
      const wanted = isCanceled ? 'canceled' : 'completed';
      if (json.status !== wanted || json.indexed_document_count !== number) world.strange.push(`job ${made.json.id} shows ${json.status} ${json.indexed_document_count}`);
    }
    await world.call([200, 404], 'DELETE', own);
  };
  return { id, attempts, round, numberOf: ({ indexed }) => Number(indexed) };
}

// ---- connectors that come and go, and compete for a few names ----

// A connector has one owner, which knows its contents as long as each write is answered. After an unanswered one the
// owner only deletes it, to free its name.
function churner(number) {
  const abandoned = [];
  let current;
  let ids = 0;
  const known = { 200: true, 201: true };
  const write = async (world, statuses, method, path, body, change) => {
    const answer = await world.call(statuses, method, path, body);
    if (known[answer.status]) Object.assign(current, change);
    else if (answer.status === 400 && !/belong|index_name|used/.test(JSON.stringify(answer.json))) world.strange.push(`${path}: ${JSON.stringify(answer.json)}`);
    else if (answer.status !== 400) {
      abandoned.push(current.id);
      current = undefined;
    }
  };
  const expect = async (world) => {
    const { id, there, name, text } = current;
    const { status, json } = await world.call([200, 404], 'GET', connectorPath(id));
    if (status !== 200 && status !== 404) return;
    const shows = status === 200 ? `${json.index_name} ${json.description}` : 'nothing';
    const wanted = there ? `${name} ${text}` : 'nothing';
    if (shows !== wanted) world.strange.push(`${id} shows ${shows} in place of ${wanted}`);
  };
  const round = async (world) => {
    if (abandoned.length && world.roll(3) === 0) {
      const { status } = await world.call([200, 404], 'DELETE', connectorPath(abandoned[0], '?hard=true'));
      if (status === 200 || status === 404) abandoned.shift();
    }
    current ||= { id: `churn-${number}-${ids++}`, there: false };
    const path = connectorPath(current.id);
    const [name, text] = [world.pick(NAMES), `t${world.fresh()}`];
    const what = world.roll(current.there ? 6 : 1);
    if (what <= 2) {
      await write(world, [200, 201, 400], 'PUT', path, { index_name: name, description: text, service_type: world.pick(['mysql', 'dir']) },
        { there: true, name, text });
    } else if (what <= 4) {
      await write(world, [200, 400], 'PUT', connectorPath(current.id, '/_index_name'), { index_name: name }, { name });
    } else {
      await write(world, [200], 'DELETE', connectorPath(current.id, world.pick(['', '?hard=true'])), undefined, { there: false });
    }
    if (current) await expect(world);
  };
  return { round };
}

// Nobody knows which name the connector has then: what is stored must fit together at every moment.
async function tug(world) {
  const path = connectorPath(world.pick(TUGGED));
  const names = [world.pick(TUGGED), world.pick(TUGGED), null];
  await Promise.all(Array.from({ length: 4 }, () => {
    const body = { index_name: world.pick(names) };
    const what = world.roll(8);
    if (what === 0) return world.call([200, 201, 400], 'PUT', path, body);
    if (what === 1) return world.call([200, 404], 'DELETE', `${path}${world.pick(['', '?hard=true'])}`);
    return world.call([200, 400, 404], 'PUT', `${path}/_index_name`, body);
  }));
}

// ---- all clients, in a shared world ----

class World {
  // `call` makes one request: (method, path, body) -> { status, json }; status 0 if no answer came.
  constructor(random, call) {
    Object.assign(this, { roll: random, request: call, over: false, latest: 0, registers: new Registers(),
      strange: [], waits: [], refused: [], underWay: new Set(), calls: 0, served: new Map(), doubts: new Map() });
    this.reporters = [...Array.from({ length: REPORTERS }, (_, i) => reporter(`s${i}`, i % 2 === 1)),
      ...Array.from({ length: JOBBERS }, (_, i) => jobber(`j${i}`))];
    this.rounds = [...Array(6).fill(writeRegister), ...Array(3).fill(readRegisters), readList, look, poke, poke,
      ...this.reporters.map(({ round }) => round), ...Array.from({ length: CHURNERS }, (_, i) => churner(i).round),
      ...Array(TUGGERS).fill(tug)];
  }

  pick(list) {
    return list[this.roll(list.length)];
  }

  fresh() {
    this.latest += 1;
    return this.latest;
  }

  isInDoubt(id, milliseconds) {
    return Date.now() - (this.doubts.get(id) || -Infinity) < milliseconds;
  }

  // One request, which must be answered with one of the statuses, or be refused in form.
  async call(statuses, method, path, body) {
    const began = performance.now();
    const one = { began };
    this.underWay.add(one);
    const { status, json, fault } = await this.request(method, path, body);
    this.underWay.delete(one);
    const wait = performance.now() - began;
    this.waits.push(wait);
    this.calls += 1;
    if (status === 503 || status === 0) this.refused.push({ began, what: `${method} ${path}: ${status} after ${Math.round(wait)} ms` });
    if (fault) this.strange.push(`${method} ${path}: ${fault}`);
    else if (!statuses.includes(status) && status !== 503 && status !== 0) {
      this.strange.push(`${method} ${path}: ${status} ${JSON.stringify(json)}`);
    }
    return { status, json };
  }

  // The connectors that all begin with. There are no faults yet, but the workers may have just started.
  async prepare() {
    for (const id of [...IDS, CLOCK, ...this.reporters.map(({ id: own }) => own)]) {
      await this.made([200, 201], 'PUT', connectorPath(id), { index_name: `content-${id}`, service_type: FIRST_TYPE });
      await this.made([200], 'PUT', connectorPath(id, '/_configuration'), { configuration: { host: FIELD } });
    }
  }

  made(...words) {
    return until(async () => {
      const { status, json } = await this.call(...words);
      if (!isAcknowledged(status)) throw new Error(`${status} ${JSON.stringify(json)}`);
      return true;
    }, words.slice(1, 3).join(' '));
  }

  start() {
    this.running = Promise.all(this.rounds.map(async (round) => {
      while (!this.over) {
        await round(this).catch((error) => this.strange.push(`an answer lacks what it must have: ${error.stack}`));
        await pause(this.roll(8)); // the machine is for the faults, too
      }
    }));
  }

  stop() {
    this.over = true;
    return this.running;
  }

  // Whether all requests have been answered that were sent before that moment.
  answeredUntil(moment) {
    return [...this.underWay].every(({ began }) => began >= moment);
  }

  // Whether each plain reporter has been served since that moment.
  servedSince(moment) {
    return this.reporters.slice(0, REPORTERS).every(({ id }) => (this.served.get(id) || 0) > moment);
  }
}

module.exports = { CLOCK, IDS, KINDS, PLAIN, World, valuesOf };
