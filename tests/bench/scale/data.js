// Fills Redis directly with the data that lastsync would have written, in version 2 of the schema (see
// cgi/store/schema/key.h): connectors, histories and sync jobs.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const { connectorKey, indexNameKey, prefixOf, shardOf } = require('../../lib/shards');
const { REPOSITORY } = require('../../lib/stack');

const BUNCH = 2000; // documents to send before waiting for a reply

const MINUTE = 60000;
const DAY = 24 * 60 * MINUTE;
const MAX_AGE = DAY / 1000; // lastsync's default

const STREAMED = 800; // connectors with a history, including those of the first page
const REPORTS = 100; // of each

const JOBS_OF_EACH_FIRST = 1000; // of each connector that is deleted with its jobs

const JOB_STATUSES = ['completed', 'completed', 'completed', 'error', 'canceled', 'pending', 'in_progress', 'suspended'];
const JOB_TYPES = ['full', 'incremental', 'access_control'];
const TYPE_STEP = 1e13;

const SERVICE_TYPES = ['mysql', 'postgresql', 'google_drive', 's3', 'jira', 'confluence', 'github', 'notion', 'slack', 'dropbox'];

// The number of each class of the scores in `standings`, by its name in words.def.
function readClasses() {
  const words = fs.readFileSync(path.join(REPOSITORY, 'cgi', 'store', 'schema', 'words.def'), 'utf8');
  const names = [...words.matchAll(/^STATE_CLASS\((\w+),/gm)].map(([, name]) => name);
  return Object.fromEntries(names.map((name, number) => [name, number]));
}

const CLASSES = readClasses();
const CLASS_SIZE = 2 ** 40;

// The states of connectors, in turns; `state` as the overview has it. The times of a state are spread over 100 days, at
// most a minute apart; those of the fresh ones are together.
const STANDS = [
  { state: 'failing', class: 'CLASS_FAILING', age: 100 * DAY, fails: true },
  { state: 'late', class: 'CLASS_SYNCED', age: 100 * DAY },
  { state: 'never_synced', class: 'CLASS_NEVER_SYNCED' },
  { state: 'failing', class: 'CLASS_FAILING_RUNNING', age: 100 * DAY, fails: true, runs: true },
  ...Array(4).fill({ state: 'fresh', class: 'CLASS_SYNCED', age: DAY / 2, together: true }),
];
const SPREAD = 97 * DAY;

function encoded(...words) {
  return `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`).join('')}`;
}

// Sends what `commands(i)` gives for each i, in bunches; an ECHO behind each says that it is done.
async function send(socketPath, count, commands) {
  const socket = net.connect(socketPath);
  await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', reject));
  let tail = '';
  let wake = () => {};
  socket.on('data', (data) => {
    if (/^-/m.test(data.latin1Slice())) throw new Error(data.latin1Slice(0, 200));
    tail = (tail + data.latin1Slice()).slice(-40);
    wake();
  });
  for (let from = 0; from < count; from += BUNCH) {
    const mark = `done-${from}`;
    let text = '';
    for (let i = from; i < Math.min(from + BUNCH, count); i++) text += commands(i);
    socket.write(text + encoded('ECHO', mark));
    while (!tail.includes(`${mark}\r\n`)) await new Promise((resolve) => { wake = resolve; });
  }
  socket.destroy();
}

const secondOf = (milliseconds) => Math.floor(milliseconds / 1000);
const pairs = (object) => Object.entries(object).flat();

// The fields from which a connector's state follows, its score in `standings` and that in `successes`.
function standOf(i, start, connectors) {
  const { class: name, age, fails, runs, together } = STANDS[i % STANDS.length];
  const first = CLASSES[name] * CLASS_SIZE;
  if (!age) return { fields: {}, score: first, success: 0 };
  const apart = secondOf(Math.min(MINUTE, SPREAD / connectors)) * 1000;
  const success = Math.floor((start - age) / MINUTE) * MINUTE + (together ? 0 : i * apart);
  const time = new Date(success).toISOString();
  const due = secondOf(success) + MAX_AGE;
  const fields = { _last_success: time, last_synced: time, _due_at: due, last_sync_status: 'completed' };
  if (!fails) return { fields, score: first + due, success };
  const since = secondOf(success + MINUTE);
  Object.assign(fields, { _failing_since: since, _consecutive_failures: 1, last_sync_status: 'error',
    last_sync_error: 'no route to the database' });
  if (runs) {
    Object.assign(fields, { last_sync_status: 'in_progress', _sync_started_at: new Date(start).toISOString(),
      _ended: 'error no route to the database' });
  }
  return { fields, score: first + since, success };
}

// The data of one run: so many connectors and jobs in so many shards, of which `firsts` connectors are to be deleted
// with their jobs.
class Data {
  constructor({ connectors, jobs, shards, firsts }) {
    Object.assign(this, { connectors, jobs, shards, firsts });
    this.start = Date.now() - jobs;
  }

  // How many connectors have a state.
  countOf(state) {
    return Array.from({ length: this.connectors }, (_, i) => STANDS[i % STANDS.length])
      .filter((stand) => stand.state === state).length;
  }

  get jobsOfTheFirst() {
    return this.firsts * JOBS_OF_EACH_FIRST;
  }

  connectorOf(job) {
    return `c${job < this.jobsOfTheFirst ? Math.floor(job / JOBS_OF_EACH_FIRST) : job % this.connectors}`;
  }

  // A job's id must lie in the shard of its connector: numbers are tried until it does.
  jobId(job) {
    const shard = shardOf(this.connectorOf(job), this.shards);
    for (let number = 0; ; number++) {
      const id = `job-${String(job).padStart(12, '0')}-${number}`;
      if (shardOf(id, this.shards) === shard) return id;
    }
  }

  connectorCommands(i) {
    const id = `c${i}`;
    const name = `n${i}`;
    const indexName = `search-${String(i).padStart(6, '0')}`;
    const type = SERVICE_TYPES[i % SERVICE_TYPES.length];
    const key = connectorKey(id, this.shards);
    const prefix = prefixOf(id, this.shards);
    const { fields, score, success } = standOf(i, this.start, this.connectors);
    const token = this.shards === 1 ? {} : { _name_token: `token-${i}` };
    const nameKey = indexNameKey(indexName, this.shards);
    return encoded('HSET', key, ...pairs({ deleted: 'false', name, index_name: indexName, service_type: type,
      status: 'connected', filtering: '[]', ...fields, ...token }))
      + encoded('HSET', `${key}:secrets`, 'configuration', '{}')
      + encoded('ZADD', `${prefix}standings`, score, id)
      + encoded('ZADD', `${prefix}successes`, success, id)
      + encoded('ZADD', `${prefix}connectors`, 0, `${indexName} ${id}`)
      + encoded('ZADD', `${prefix}directory`, 0, `0${[name, id, type, indexName, '', '.'].join('\0')}`)
      + encoded('HINCRBY', `${prefix}service_types`, type, 1)
      + encoded('SET', nameKey, id)
      + (this.shards === 1 ? '' : encoded('SET', `${nameKey}:token`, `token-${i}`));
  }

  // The k-th sync of a connector, which has ended.
  syncCommand(i, k) {
    const time = new Date(this.start - (REPORTS - k) * MINUTE);
    return encoded('XADD', `${connectorKey(`c${i}`, this.shards)}:syncs`, `${time.getTime()}-0`, ...pairs({
      kind: 'content', status: 'error', status_code: 4, error: `error: no route to the database, try ${k}`,
      last_synced: time.toISOString(), started_at: '', indexed: k, deleted: 0, duration_ms: 5200 + k }));
  }

  jobCommands(i) {
    const id = this.jobId(i);
    const connector = this.connectorOf(i);
    const status = JOB_STATUSES[i % JOB_STATUSES.length];
    const type = i % JOB_TYPES.length;
    const score = this.start + i + type * TYPE_STEP;
    const time = new Date(this.start + i).toISOString();
    const prefix = prefixOf(id, this.shards);
    const key = `${prefix}sync_job:{${id}}`;
    const snapshot = JSON.stringify({ id: connector, index_name: 'search', service_type: 'mysql', configuration: {} });
    const lists = [`${prefix}{sync_jobs}`, `${connectorKey(connector, this.shards)}:sync_jobs`];
    return encoded('HSET', key, ...pairs({ _connector_id: connector, created_at: time, last_seen: time,
      job_type: JOB_TYPES[type], status, metadata: '{}', trigger_method: 'scheduled', deleted_document_count: 0,
      indexed_document_count: 0, indexed_document_volume: 0, total_document_count: 0 }))
      + encoded('HSET', `${key}:secrets`, 'connector', snapshot)
      + lists.map((list) => encoded('ZADD', list, score, id) + encoded('ZADD', `${list}:${status}`, score, id)).join('');
  }

  async fill(socketPath) {
    await send(socketPath, this.connectors, (i) => this.connectorCommands(i));
    await send(socketPath, STREAMED * REPORTS, (n) => this.syncCommand(Math.floor(n / REPORTS), n % REPORTS));
    await send(socketPath, this.jobs, (i) => this.jobCommands(i));
  }
}

module.exports = { Data, STREAMED };
