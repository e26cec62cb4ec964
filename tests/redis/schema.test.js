// The schema is a contract: all that a run writes to Redis is in its tables, and all that is in its tables is written.
'use strict';

const assert = require('node:assert/strict');
const net = require('node:net');
const { before, test } = require('node:test');
const { createKey } = require('../lib/keys');
const { Redis } = require('../lib/redis');
const { prefixOf } = require('../lib/shards');
const { startStack, until } = require('../lib/stack');
const { startNotify, startTarget } = require('../notify/targets');
const { fill, put } = require('./fill');
const readme = require('./readme');
const { stored } = require('./stored');

const TYPES = { hash: 'hash', set: 'set', stream: 'stream', string: 'string', zset: 'sorted set' };
const MOST = 2n ** 63n;

// Whether a value has the type that the schema gives to its field; in streams a datetime, word or text may be empty.
const FITS = {
  boolean: (value) => /^(true|false)$/.test(value),
  datetime: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3,9}Z$/.test(value),
  decimal: (value) => /^-?\d+$/.test(value) && BigInt(value) < MOST && BigInt(value) >= -MOST,
  JSON: (value) => typeof JSON.parse(value) === 'object',
  text: () => true,
  word: (value) => /^[a-z_]+$/.test(value),
};

const seen = new Map(); // name of a pattern -> the fields that were seen
const touched = new Set(); // every key of every command
const entries = []; // of all streams, in the end

// Records every command that Redis runs, also within scripts.
function monitor(path) {
  const socket = net.connect(path, () => socket.write('MONITOR\r\n'));
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (data) => {
    const lines = (rest + data).split('\r\n');
    rest = lines.pop();
    for (const line of lines) {
      const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word]) => word);
      const name = (words[0] || '').toUpperCase();
      if (['EVALSHA', 'EVAL'].includes(name)) {
        words.slice(3, 3 + Number(words[2])).forEach((key) => touched.add(key));
      } else if (name === 'DEL') {
        words.slice(1).forEach((key) => touched.add(key));
      } else if (/^([HZSX]|GET|TYPE|PEX|EXI)/.test(name) && words.length > 1 && !['SCRIPT', 'HELLO', 'XGROUP', 'XINFO', 'XREADGROUP'].includes(name)) {
        touched.add(words[1]);
      }
    }
  });
  return socket;
}

function patternOf(key) {
  const found = readme.keys.filter(({ pattern }) => pattern.test(key));
  assert.equal(found.length, 1, `${key} is a key of ${found.length} rows of the schema's table`);
  return found[0];
}

function lookAtField(name, field, value, mayBeEmpty) {
  const type = readme.fields[name][field];
  assert.ok(type, `${field} of ${name} is not in the schema's tables`);
  assert.ok(FITS[type], `${field} of ${name} is of a type that is none: ${type}`);
  if (!(mayBeEmpty && value === '')) {
    assert.ok(FITS[type](value), `${field} of ${name} is no ${type}: ${JSON.stringify(value)}`);
  }
  seen.get(name).add(field);
}

async function look(redis) {
  for (const { key, type, value } of await stored(redis)) {
    const { name, type: documented } = patternOf(key);
    assert.equal(TYPES[type], documented.split(',')[0], key);
    if (!seen.has(name)) seen.set(name, new Set());
    if (!readme.fields[name]) continue;
    for (const entry of type === 'stream' ? value : [value]) {
      for (const [field, text] of Object.entries(entry)) {
        if (field !== 'id' || type !== 'stream') lookAtField(name, field, text, type === 'stream');
      }
    }
  }
}

// Ends a day of c1, and an hour of all connectors, as if c1's latest sync had ended long ago.
async function endDay(stack, redis, shards) {
  const prefix = prefixOf('c1', shards);
  const [day] = new Date(Date.now() - 86400000).toISOString().split('T');
  await redis.command('SET', `${prefix}hour`, `${day}T23 1 0 0 42 0 5200 5200`);
  await redis.command('HSET', `${prefix}connector:{c1}`, '_today', `${day} 1 0 0 42 0 5200 5200`);
  await put(stack, '/_connector/c1/_last_sync', { last_sync_status: 'canceled' });
}

// Causes a notification of a connector, and waits for all keys that notifications and the ticker write.
async function tellAll(stack, redis) {
  await put(stack, '/_connector/fails', { name: 'fails' });
  await put(stack, '/_connector/fails/_last_sync', { last_sync_status: 'error' });
  for (const key of ['*notify:{t}:told', '*notify:{t}:held', '*told_until', '*unsynced']) {
    await until(async () => (await redis.command('KEYS', key)).length, key);
  }
}

// Fills a Redis, and checks all its data after each call.
async function fillAndLook(shards) {
  const stack = await startStack({ access: 'keys', shards, options: ['--events', '1000'] });
  const target = await startTarget();
  const redis = await Redis.connect(stack.redisSocket);
  const commands = monitor(stack.redisSocket);
  let notify;
  try {
    stack.headers = (await createKey(stack, 'manage_connector')).headers;
    notify = await startNotify(stack, [{ name: 't', type: 'webhook', url: target.url, group_seconds: 0 }]);
    await fill(stack, () => look(redis));
    await put(stack, '/_lastsync/connector/late/mute', { until: '2099-01-01T00:00:00Z', note: 'known' });
    await put(stack, '/_lastsync/connector/c1/mute', { note: 'n', who: 'w' });
    await endDay(stack, redis, shards);
    await put(stack, '/_connector/c1/_last_sync', { last_sync_status: 'error', last_sync_error: 'told of later' });
    await tellAll(stack, redis);
    await look(redis);
    await redis.command('GET', 'connector:{the last one}');
    await until(() => touched.delete('connector:{the last one}'), 'all commands to be heard');
    for (const { type, value } of await stored(redis)) if (type === 'stream') entries.push(...value);
  } finally {
    commands.destroy();
    redis.close();
    if (notify) await notify.stop();
    await target.stop();
    await stack.stop();
  }
}

before(async () => {
  await fillAndLook(1);
  await fillAndLook(16);
});

test('every key that is touched is in the schema', () => {
  assert.ok(touched.size > 20);
  for (const key of touched) patternOf(key);
});

test('every kind of key of the schema appears', () => {
  for (const { name, type, pattern } of readme.keys) {
    const appears = type.includes('expires') ? [...touched].some((key) => pattern.test(key))
      : seen.has(name);
    assert.ok(appears, name);
  }
});

test('every field of the schema appears', () => {
  assert.deepEqual(Object.keys(readme.fields).sort(), ['connector:{<id>}', 'connector:{<id>}:secrets',
    'connector:{<id>}:syncs', 'events', 'sync_job:{<id>}', 'sync_job:{<id>}:secrets']);
  for (const [name, fields] of Object.entries(readme.fields)) {
    assert.deepEqual([...seen.get(name)].sort(), Object.keys(fields).sort(),
      `${name}: the schema has each field, and fill.js sets each`);
  }
});

test('every entry of a stream has all fields', () => {
  assert.ok(entries.length > 10);
  for (const { id, ...entry } of entries) {
    const name = 'event' in entry ? 'events' : 'connector:{<id>}:syncs';
    assert.deepEqual(Object.keys(entry).sort(), Object.keys(readme.fields[name]).sort(), id);
  }
});
