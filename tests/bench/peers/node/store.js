// What the Node.js peer does in Redis: all that lastsync does with a report, or only the merge of its
// fields.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const Redis = require('ioredis');

const HISTORY = '100';

// In the order of report.lua's letters.
const FIELDS = [
  'last_sync_status', 'last_access_control_sync_status', 'last_synced', 'last_sync_error',
  'last_access_control_sync_error', 'last_indexed_document_count', 'last_deleted_document_count',
  'last_sync_scheduled_at', 'last_incremental_sync_scheduled_at',
  'last_access_control_sync_scheduled_at',
];

// By the first word of a place: the class of its score, and how many seconds it lasts.
const PLACES = new Map(Object.entries({
  failing: [0, 0], running: [1, 300], ok: [2, 86400], never_synced: [3, 0], disabled: [4, 0],
}));

function connectorKey(id) {
  const escape = (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return `connector:{${id.replace(/[{}%\x00-\x1f\x7f]/g, escape)}}`;
}

// The words behind EVALSHA's sum: see report.lua.
function reportWords(key, fields) {
  const now = new Date();
  const values = [];
  let letters = '';
  for (const name of FIELDS) {
    const stored = fields[name];
    if (typeof stored === 'string') values.push(stored);
    letters += stored === undefined ? '-' : stored === null ? 'c' : 's';
  }
  return [2, key, `${key}:syncs`, now.toISOString(), now.getTime(), HISTORY, 'report', letters,
    ...values, 0];
}

// See update.lua.
function mergeWords(key, fields) {
  const sets = [];
  const values = [];
  const clears = [];
  for (const [name, stored] of Object.entries(fields)) {
    if (stored === null) {
      clears.push(name);
    } else {
      sets.push(name);
      values.push(stored);
    }
  }
  return [1, key, 'deleted', sets.length, clears.length, 0, ...sets, ...clears, ...values];
}

const WORDS = { report: reportWords, merge: mergeWords };

// All times count from the next full minute. A connector with a schedule fails here, to be seen.
function scoreOf(place) {
  const [word, minute = '-'] = place.split(' ', 2);
  if (!PLACES.has(word)) {
    throw Object.assign(new Error(`not a place of this benchmark: ${place}`), { status: 500 });
  }
  const [order, lasts] = PLACES.get(word);
  const second = minute === '-' ? 0 : Date.parse(`${minute}Z`) / 1000 + 60;
  return order * 2 ** 40 + Math.max(0, second + lasts);
}

// Writes the place, '' for none, until the connector's hash still has that.
async function putIntoPlace(redis, key, id, place) {
  const [, [deleted, found]] = await Promise.all([ // ioredis sends them together
    place === '' ? redis.zrem('standings', id) : redis.zadd('standings', scoreOf(place), id),
    redis.hmget(key, 'deleted', '_place'),
  ]);
  const now = deleted === 'false' && found !== null ? found : '';
  if (now !== place) await putIntoPlace(redis, key, id, now);
}

// The function that all requests write with, given the path of Redis's socket, that of the script, and
// the job: report or merge. It takes a connector's id and its fields, a text, or null to clear one, and
// resolves with the outcome, the first word of the script's answer.
function openStore(socket, scriptFile, job) {
  const redis = new Redis({ path: socket, enableAutoPipelining: true });
  const script = fs.readFileSync(scriptFile, 'utf8');
  const sha = crypto.createHash('sha1').update(script).digest('hex');
  const wordsOf = WORDS[job];

  return async (id, fields) => {
    const key = connectorKey(id);
    const words = wordsOf(key, fields);
    const answer = await redis.evalsha(sha, ...words).catch((error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script, ...words);
    });
    const [outcome, place] = answer.split(' moved ');
    if (place !== undefined) await putIntoPlace(redis, key, id, place);
    return outcome.split(' ', 1)[0];
  };
}

module.exports = { openStore };
