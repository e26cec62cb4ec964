// The store at one moment: a Redis script reads all of it, and its lists are compared with the documents.
'use strict';

const { encoded, prefixOf, shardPrefix } = require('../lib/shards');

// All keys except histories, each with its type and contents.
const READ = `
local found = {}
local readers = {
    hash = function(key) return redis.call('HGETALL', key) end,
    zset = function(key) return redis.call('ZRANGE', key, 0, -1, 'WITHSCORES') end,
    string = function(key) return redis.call('GET', key) end,
}
for _, key in ipairs(redis.call('KEYS', '*')) do
    local reader = readers[redis.call('TYPE', key).ok]
    if reader then
        found[#found + 1] = { key, reader(key) }
    end
end
return found`;

// A Map from a reply that has names and values by turns.
const mapOf = (words = []) => new Map(words.flatMap((word, i) => (i % 2 ? [] : [[word, words[i + 1]]])));

const KIND_OF_DOCUMENT = /^(?:\{\d+\}:)?(connector|sync_job):\{([^}]*)\}$/;

// A connector's places in the lists of its shard: [list, member, score].
function placesOf(id, fields, prefix) {
  const [name, type, index, description] = ['name', 'service_type', 'index_name', 'description']
    .map((field) => fields.get(field) || '');
  const deleted = fields.get('deleted') === 'true';
  const entry = [name, id, type, index, description, '.'].join('\0');
  const places = [[`${prefix}connectors`, `${index} ${id}`, String((deleted ? 2 : 0) + (index ? 0 : 1))],
    [`${prefix}directory`, `${deleted ? 2 : name ? 0 : 1}${entry}`, '0']];
  return deleted ? places : [...places, [`${prefix}standings`, id], [`${prefix}successes`, id]];
}

function jobPlacesOf(id, fields, shards) {
  const connector = fields.get('_connector_id');
  const prefix = prefixOf(connector, shards);
  const own = `${prefix}connector:{${encoded(connector)}}:sync_jobs`;
  const status = fields.get('status');
  return [`${prefix}{sync_jobs}`, `${prefix}{sync_jobs}:${status}`, own, `${own}:${status}`].map((list) => [list, id]);
}

const LISTS = /(^|:)(connectors|directory|standings|successes|\{sync_jobs\}(:\w+)?|connector:\{[^}]*\}:sync_jobs(:\w+)?)$/;

function listFaults(contents, places) {
  const faults = [];
  const wanted = new Map([...contents.keys()].filter((key) => LISTS.test(key)).map((key) => [key, new Map()]));
  for (const [list, member, score] of places) {
    if (!wanted.has(list)) wanted.set(list, new Map());
    wanted.get(list).set(member, score);
  }
  for (const [list, members] of wanted) {
    const stored = mapOf(contents.get(list));
    for (const [member, score] of members) {
      if (!stored.has(member)) faults.push(`list ${list} lacks ${JSON.stringify(member)}`);
      else if (score !== undefined && stored.get(member) !== score) faults.push(`list ${list} has ${JSON.stringify(member)} in another place`);
    }
    for (const member of stored.keys()) {
      if (!members.has(member)) faults.push(`list ${list} has ${JSON.stringify(member)}, and no document is so`);
    }
  }
  return faults;
}

// Names of living connectors: each belongs to one connector, as the name's key says; and with one shard no other key is
// left.
function nameFaults(contents, living, shards) {
  const faults = [];
  const owners = new Map();
  for (const [id, fields] of living) {
    const name = fields.get('index_name');
    if (!name) continue;
    if (owners.has(name)) faults.push(`name ${name} is both ${owners.get(name)}'s and ${id}'s`);
    owners.set(name, id);
    const holder = contents.get(`${prefixOf(name, shards)}index_name:{${encoded(name)}}`);
    if (holder !== id) faults.push(`name ${name} is ${id}'s, and its key says ${holder}`);
  }
  if (shards > 1) return faults;
  for (const key of contents.keys()) {
    const name = /^index_name:\{([^}]*)\}$/.exec(key);
    if (name && !owners.has(name[1])) faults.push(`name ${name[1]} is held, and nobody has it`);
  }
  return faults;
}

function typeFaults(contents, living, shards) {
  const counts = new Map(Array.from({ length: shards }, (_, shard) => [`${shardPrefix(shard, shards)}service_types`, {}]));
  for (const [id, fields] of living) {
    const type = fields.get('service_type');
    const count = counts.get(`${prefixOf(id, shards)}service_types`);
    if (type) count[type] = String(Number(count[type] || 0) + 1);
  }
  const text = (pairs) => JSON.stringify([...pairs].sort());
  return [...counts].filter(([key, count]) => text(Object.entries(count)) !== text(mapOf(contents.get(key))))
    .map(([key, count]) => `list ${key} counts ${text(mapOf(contents.get(key)))}, and there are ${text(Object.entries(count))}`);
}

// The faults in readStore's result, in words. Names have no braces, and texts are short.
function momentFaults(found, shards) {
  const contents = new Map(found);
  const living = new Map();
  const places = [];
  for (const [key, words] of found) {
    const [, kind, id] = KIND_OF_DOCUMENT.exec(key) || [];
    if (!kind) continue;
    const fields = mapOf(words);
    places.push(...(kind === 'connector' ? placesOf(id, fields, prefixOf(id, shards)) : jobPlacesOf(id, fields, shards)));
    if (kind === 'connector' && fields.get('deleted') === 'false') living.set(id, fields);
  }
  return [...listFaults(contents, places), ...nameFaults(contents, living, shards), ...typeFaults(contents, living, shards)];
}

// Reads the store, all of it at one moment, by a connection to Redis.
const readStore = (redis) => redis.command('EVAL', READ, 0);

module.exports = { momentFaults, readStore };
