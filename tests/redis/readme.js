// Reads cgi/store/README.md: the tables of the schema, the dashboards' user, and the questions.
'use strict';

const { readDocument } = require('../lib/documents');

const SCHEMA = readDocument('cgi/store/README.md');

// The rows of the first table in a text, each as its cells, without the head.
function rows(text) {
  const lines = text.split('\n');
  const start = lines.findIndex((line) => line.startsWith('|'));
  const end = lines.findIndex((line, at) => at > start && !line.startsWith('|'));
  return lines.slice(start + 2, end).map((line) => line.slice(2, -2).split(/ ?\| /));
}

const quoted = (cell) => [...cell.matchAll(/`([^`]+)`/g)].map(([, word]) => word);

// Every pattern of keys as { name, type, pattern }.
const keys = rows(SCHEMA).map(([cell, type]) => {
  const [name] = quoted(cell);
  const source = name.replace(/[{}]/g, '\\$&').replace('<status>', '[a-z_]+')
    .replace(/<\w+>/, '[^{}]*');
  const tag = name.startsWith('lastsync:') ? '' : '(\\{\\d+\\}:)?'; // the tag of a shard, if there are several
  return { name, type, pattern: new RegExp(`^${tag}${source}$`, 's') };
});

// The fields of each kind of key that has a table of them: { 'connector:{<id>}': { name: type } }; and
// their units.
const fields = {};
const units = {};
for (const [, name, text] of SCHEMA.matchAll(/^### `([^`]+)`\n(.*?)(?=^##|$(?![^]))/gms)) {
  fields[name] = {};
  units[name] = {};
  for (const [names, type, unit] of rows(text)) {
    for (const field of quoted(names)) {
      fields[name][field] = type;
      units[name][field] = unit;
    }
  }
}

// The command that makes the dashboards' user, as its words.
function userCommand(password) {
  const [line] = /^ACL SETUSER dashboard .*$/m.exec(SCHEMA);
  return line.replace('LONG-AND-RANDOM', password).split(' ');
}

// The questions and the commands that answer them: [{ question, command }].
const questions = [...SCHEMA.matchAll(/^# (.*\?)\n(.*)$/gm)]
  .map(([, question, command]) => ({ question, command }));

module.exports = { fields, units, keys, questions, userCommand };
