// The dashboards' user of Redis, made by the command in the schema's document: it reads the results of syncs, reads no
// secrets, and writes nothing.
'use strict';

const assert = require('node:assert/strict');
const { after, before, test } = require('node:test');
const { createKey } = require('../lib/keys');
const { Redis } = require('../lib/redis');
const { startStack } = require('../lib/stack');
const { SECRET, call, fill } = require('./fill');
const readme = require('./readme');
const { stored } = require('./stored');

// Ids that would make keys of another kind if they were not encoded.
const IDS = ['c1}:secrets', '{c1}:secrets', 'c1}:syncs', 'x}:sync_jobs:secrets', '}', 'a:secrets',
  'c1}:secrets{', '*', 'a%7D:secrets'];

let stack;
let operator;
let key;
let all; // every key, as { key, type, value }
const users = {}; // connections, by the way that keys are allowed

const isSecret = (name) => /:secrets$|^lastsync:|:token$|:intents$/.test(name);

before(async () => {
  stack = await startStack({ access: 'keys' });
  key = await createKey(stack, 'manage_connector');
  stack.headers = key.headers;
  await fill(stack);
  for (const id of IDS) {
    const at = `/_connector/${encodeURIComponent(id)}`;
    await call(stack, 'PUT', at, { name: id });
    await call(stack, 'PUT', `${at}/_api_key_id`, { api_key_id: SECRET });
    await call(stack, 'PUT', `${at}/_last_sync`, { last_sync_status: 'completed' });
  }
  operator = await Redis.connect(stack.redisSocket);
  all = await stored(operator);
  const command = readme.userCommand('pass');
  const older = command.map((word) => word.replace(/^%R~/, '~').replace('dashboard', 'older'));
  await operator.command(...command);
  await operator.command(...older);
  for (const name of ['dashboard', 'older']) {
    users[name] = await Redis.connect(stack.redisSocket);
    await users[name].command('AUTH', name, 'pass');
  }
});

after(async () => {
  for (const user of Object.values(users)) user.close();
  if (operator) operator.close();
  if (stack) await stack.stop();
});

const readers = {
  hash: [['HGETALL'], ['HMGET', 'status', 'name'], ['HGET', 'status'], ['HKEYS'], ['HLEN']],
  set: [['SCARD'], ['SISMEMBER', 'x']],
  stream: [['XRANGE', '-', '+'], ['XREVRANGE', '+', '-', 'COUNT', '10'], ['XLEN']],
  string: [['GET']],
  zset: [['ZRANGE', '0', '-1', 'WITHSCORES'], ['ZCOUNT', '0', '1'], ['ZCARD'], ['ZSCORE', 'x'],
    ['ZRANGE', '0', '9', 'BYSCORE', 'LIMIT', '0', '3']],
};

for (const name of ['dashboard', 'older']) {
  test(`${name}: it reads every key that is not secret, and no other`, async () => {
    const counts = { open: 0, secret: 0 };
    for (const { key: at, type } of all) {
      for (const [command, ...words] of [...readers[type], ['TYPE'], ['TTL']]) {
        const reading = users[name].command(command, at, ...words);
        if (isSecret(at)) await assert.rejects(reading, /^Error: NOPERM/, `${command} ${at}`);
        else await reading;
        counts[isSecret(at) ? 'secret' : 'open'] += 1;
      }
      if (type === 'stream') await users[name].command('XINFO', 'STREAM', at);
    }
    assert.ok(counts.secret > 7 * IDS.length && counts.open > 100, JSON.stringify(counts));
  });

  test(`${name}: whatever it reads has no secret`, () => {
    for (const { key: at, value } of all) {
      if (!isSecret(at)) assert.ok(!JSON.stringify(value).includes(SECRET), at);
    }
  });

  for (const words of [
    ['HSET', 'connector:{c1}', 'name', 'x'], ['HDEL', 'connector:{c1}', 'name'],
    ['DEL', 'connector:{c1}'], ['ZADD', 'standings', '1', 'c1'], ['SET', 'connector:{new}', 'x'],
    ['XADD', 'connector:{c1}:syncs', '*', 'a', 'b'], ['XDEL', 'connector:{c1}:syncs', '1-1'],
    ['EXPIRE', 'connector:{c1}', '1'], ['RENAME', 'connector:{c1}', 'x'],
    ['ZRANGESTORE', 'connectors', 'standings', '0', '-1'], ['GETDEL', 'index_name:{search-c1}'],
    ['SCAN', '0'], ['KEYS', '*'], ['RANDOMKEY'], ['DUMP', 'connector:{c1}:secrets'],
    ['COPY', 'connector:{c1}:secrets', 'connector:{x}'], ['SMEMBERS', 'lastsync:keys'],
    ['SORT', 'standings', 'BY', 'nosort', 'GET', 'connector:{*}:secrets->api_key_id'],
    ['EVAL', "return redis.call('HGETALL', 'connector:{c1}:secrets')", '0'], ['MONITOR'],
    ['ACL', 'LIST'], ['CONFIG', 'GET', '*'], ['FLUSHALL'], ['SHUTDOWN'], ['CLIENT', 'LIST'],
    ['PUBLISH', 'a', 'b'], ['SUBSCRIBE', 'a'], ['OBJECT', 'HELP'], ['MEMORY', 'DOCTOR'],
  ]) {
    test(`${name} may not: ${words.join(' ')}`, async () => {
      await assert.rejects(users[name].command(...words), /^Error: NOPERM/);
    });
  }
}

test('nothing has changed by all that', async () => {
  assert.deepEqual(await stored(operator), all);
});

test('with a key prefix in front of its patterns it reads those, and no others', async () => {
  const prefixed = readme.userCommand('pass').map((word) =>
    word.replace(/^%R~/, '%R~some:').replace('dashboard', 'prefixed'));
  await operator.command(...prefixed);
  const user = await Redis.connect(stack.redisSocket);
  try {
    await user.command('AUTH', 'prefixed', 'pass');
    await user.command('HGETALL', 'some:connector:{c1}');
    for (const at of ['connector:{c1}', 'some:connector:{c1}:secrets', 'some:lastsync:keys']) {
      await assert.rejects(user.command('HGETALL', at), /^Error: NOPERM/, at);
    }
  } finally {
    user.close();
  }
});

test('with the tags of shards in front of its patterns it reads what is not secret', async () => {
  const sharded = await startStack({ options: ['--shards', '16'] });
  const connections = [];
  try {
    await fill(sharded);
    for (let i = 0; i < 2; i++) connections.push(await Redis.connect(sharded.redisSocket));
    const [owner, user] = connections;
    await owner.command(...readme.userCommand('pass').map((word) => word.replace(/^%R~/, '%R~{*}:')));
    await user.command('AUTH', 'dashboard', 'pass');
    let secrets = 0;
    for (const { key: at, type } of await stored(owner)) {
      for (const [command, ...words] of [...readers[type], ['TYPE']]) {
        const reading = user.command(command, at, ...words);
        if (isSecret(at)) await assert.rejects(reading, /^Error: NOPERM/, `${command} ${at}`);
        else await reading;
        secrets += isSecret(at);
      }
    }
    assert.ok(secrets > 10, String(secrets));
  } finally {
    for (const connection of connections) connection.close();
    await sharded.stop();
  }
});
