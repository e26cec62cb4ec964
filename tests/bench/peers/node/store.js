// What the Node.js peer does in Redis: all that lastsync does with a report, or only the merge of its
// fields.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const Redis = require('ioredis');
const { WORDS, connectorKey, readAnswer } = require('../../report_call');

// By the first word of a place: the class of its score, and how many seconds it lasts.
const PLACES = new Map(Object.entries({
  failing: [0, 0], running: [1, 300], ok: [2, 86400], never_synced: [3, 0], disabled: [4, 0],
}));

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
async function putIntoPlace(redis, id, place) {
  const [, [deleted, found]] = await Promise.all([ // ioredis sends them together
    place === '' ? redis.zrem('standings', id) : redis.zadd('standings', scoreOf(place), id),
    redis.hmget(connectorKey(id), 'deleted', '_place'),
  ]);
  const now = deleted === 'false' && found !== null ? found : '';
  if (now !== place) await putIntoPlace(redis, id, now);
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
    const words = wordsOf(id, fields);
    const answer = await redis.evalsha(sha, ...words).catch((error) => {
      if (!error.message.startsWith('NOSCRIPT')) throw error;
      return redis.eval(script, ...words);
    });
    const { outcome, place } = readAnswer(answer);
    if (place !== undefined) await putIntoPlace(redis, id, place);
    return outcome;
  };
}

module.exports = { openStore };
