// Reads all data in Redis, key by key.
'use strict';

function pairs(flat) {
  const found = {};
  for (let i = 0; i < flat.length; i += 2) found[flat[i]] = flat[i + 1];
  return found;
}

const READ = {
  hash: async (redis, key) => pairs(await redis.command('HGETALL', key)),
  string: (redis, key) => redis.command('GET', key),
  set: (redis, key) => redis.command('SMEMBERS', key),
  stream: async (redis, key) => (await redis.command('XRANGE', key, '-', '+'))
    .map(([id, fields]) => ({ id, ...pairs(fields) })),
  zset: async (redis, key) => pairs(await redis.command('ZRANGE', key, '0', '-1', 'WITHSCORES')),
};

// Every key as { key, type, value }: a hash as an object, a sorted set as scores by member, a stream
// as its entries.
async function stored(redis) {
  const all = [];
  for (const key of (await redis.command('KEYS', '*')).sort()) {
    const type = await redis.command('TYPE', key);
    if (type === 'none') continue; // it has expired since
    all.push({ key, type, value: await READ[type](redis, key) });
  }
  return all;
}

module.exports = { pairs, stored };
