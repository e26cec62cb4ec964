// How JavaScript calls the script of a report, report.lua, or the one that only merges, update.lua: for
// the Node.js peer, webdis and redis-benchmark. Whoever changes a script's arguments or its answer
// changes this file, peers/lua/report_call.lua and peers/php/report_call.php.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const HISTORY = 100;

// In the order of report.lua's letters.
const FIELDS = [
  'last_sync_status', 'last_access_control_sync_status', 'last_synced', 'last_sync_error',
  'last_access_control_sync_error', 'last_indexed_document_count', 'last_deleted_document_count',
  'last_sync_scheduled_at', 'last_incremental_sync_scheduled_at',
  'last_access_control_sync_scheduled_at',
];

function script(name) {
  const file = path.resolve(__dirname, '..', '..', 'cgi', 'store', name);
  return { file, sha: crypto.createHash('sha1').update(fs.readFileSync(file)).digest('hex') };
}

// lastsync's own scripts, by the job that a stack does with them. A report's merges the fields, derives
// how the connector stands, and appends to its history; the other one merges.
const SCRIPTS = { report: script('connector/report.lua'), merge: script('schema/update.lua') };

function connectorKey(id) {
  const escape = (found) => `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  return `connector:{${id.replace(/[{}%\x00-\x1f\x7f]/g, escape)}}`;
}

function reportWords(id, fields) {
  const key = connectorKey(id);
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

function mergeWords(id, fields) {
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
  return [1, connectorKey(id), 'deleted', sets.length, clears.length, 0, ...sets, ...clears, ...values];
}

// By job, the words behind EVALSHA's sum. Each is given a connector's id and its fields: a text, or null
// to clear one.
const WORDS = { report: reportWords, merge: mergeWords };

// The outcome (updated, noop, missing, changed), and the place to be written into `standings`, if any.
function readAnswer(answer) {
  const [outcome, place] = answer.split(' moved ');
  return { outcome: outcome.split(' ', 1)[0], place };
}

module.exports = { FIELDS, SCRIPTS, WORDS, connectorKey, readAnswer };
