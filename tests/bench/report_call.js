// How JavaScript calls the script of a report, report.lua, or the one that only merges, update.lua: for
// the Node.js peer, webdis and redis-benchmark. A change of a script's arguments or answer needs a change here, in
// peers/lua/report_call.lua and in peers/php/report_call.php.
'use strict';

const { connectorKey } = require('../lib/shards');

// lastsync's defaults.
const HISTORY = 100;
const LATENESS = '86400 600'; // --max-age and --late-grace
const DAYS = 0;
const EVENTS = 0;

// A text of more bytes is long: see key_long.
const LONG_TEXT = 1024;

// In the order of report.lua's letters, which is that of REPORT_FIELD in fields.def.
const FIELDS = [
  'last_sync_status', 'last_access_control_sync_status', 'last_sync_error',
  'last_access_control_sync_error', 'last_synced', 'last_indexed_document_count',
  'last_deleted_document_count', 'last_sync_scheduled_at', 'last_incremental_sync_scheduled_at',
  'last_access_control_sync_scheduled_at',
];

// The time that a success counts as, as it is stored and in milliseconds: that of the sync, but never later
// than now.
function successTime(synced, now) {
  const time = typeof synced === 'string' ? Date.parse(synced) : NaN;
  return time >= 1000 && time <= now.getTime() ? [synced, time] : [now.toISOString(), now.getTime()];
}

function reportWords(id, fields) {
  const now = new Date();
  const values = [];
  let letters = '';
  let mode = 'report';
  for (const name of FIELDS) {
    const stored = fields[name];
    letters += stored === undefined ? '-' : stored === null ? 'c' : 's';
    if (typeof stored !== 'string') continue;
    values.push(stored);
    if (Buffer.byteLength(stored) > LONG_TEXT) mode = 'long report';
  }
  return [1, connectorKey(id), '', id, now.toISOString(), now.getTime(),
    ...successTime(fields.last_synced, now), HISTORY, LATENESS, mode, DAYS, EVENTS, letters,
    ...values];
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

// By job, EVALSHA's arguments after the sum. Each is given a connector's id and its fields: a text, or null to clear
// one.
const WORDS = { report: reportWords, merge: mergeWords };

// The outcome: updated, noop or missing. The rest of the reply is of no use here: nothing has a schedule.
const readOutcome = (answer) => answer.split(' ', 1)[0];

module.exports = { FIELDS, WORDS, readOutcome };
