// lastsync's own scripts, as they are built, by the job that a stack does with them. The script of a report merges the
// fields, derives the connector's state, appends the ended syncs to its history, and puts it into its places in
// `standings` and `successes`; the other one only merges.
'use strict';

const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');
const { BUILD } = require('../lib/stack');

function script(name) {
  const file = path.join(BUILD, 'cgi', 'store', name);
  return { file, sha: crypto.createHash('sha1').update(fs.readFileSync(file)).digest('hex') };
}

const SCRIPTS = { report: script('connector/report.lua'), merge: script('schema/update.lua') };

module.exports = { SCRIPTS };
