// The Node.js peer's work in Redis: all that lastsync does with a report, or only the merge of its fields. Each is one
// script.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const Redis = require('ioredis');
const { WORDS, readOutcome } = require('../../report_call');

// The function that all requests write with, given the path of Redis's socket, that of the script, and
// the job: report or merge. It takes a connector's id and its fields, a text, or null to clear one, and
// resolves with the outcome.
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
    return readOutcome(answer);
  };
}

module.exports = { openStore };
