// The shard and the keys under which lastsync keeps data: see cgi/store/schema/shard.h and key.h.
'use strict';

const SLOTS = 16384;

// CRC16 (XMODEM) by byte.
const CRCS = Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 8;
  for (let bit = 0; bit < 8; bit++) crc = (crc << 1 ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
  return crc;
});

// The slot that Redis Cluster gives a text.
function slotOf(text) {
  let crc = 0;
  for (const byte of Buffer.from(text)) crc = (crc << 8 ^ CRCS[crc >> 8 ^ byte]) & 0xffff;
  return crc % SLOTS;
}

// The slot of a key: of the text between its first braces, if it has any.
const slotOfKey = (key) => slotOf((/\{([^}]+)\}/.exec(key) || [null, key])[1]);

const shardOf = (name, shards) => Math.floor(slotOf(name) * shards / SLOTS);

const tagsByShards = new Map();

// The tag of each shard: the smallest number whose slot lies in it.
function tagsOf(shards) {
  if (!tagsByShards.has(shards)) {
    const tags = Array(shards).fill(undefined);
    for (let number = 0; tags.includes(undefined); number++) tags[shardOf(String(number), shards)] ??= String(number);
    tagsByShards.set(shards, tags);
  }
  return tagsByShards.get(shards);
}

// The prefix of a shard's keys; and that of the keys in the shard of an id or an index name.
const shardPrefix = (shard, shards) => (shards === 1 ? '' : `{${tagsOf(shards)[shard]}}:`);
const prefixOf = (name, shards) => shardPrefix(shardOf(name, shards), shards);

// A key without its tag.
const untagged = (key) => key.replace(/^\{\d+\}:/, '');

// An id or index name as keys have it.
function encoded(name) {
  return name.replace(/[{}%\x00-\x1f\x7f]/g, (found) =>
    `%${found.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}

const connectorKey = (id, shards = 1) => `${prefixOf(id, shards)}connector:{${encoded(id)}}`;
const indexNameKey = (name, shards = 1) => `${prefixOf(name, shards)}index_name:{${encoded(name)}}`;

module.exports = { connectorKey, encoded, indexNameKey, prefixOf, slotOf, slotOfKey, shardOf, shardPrefix, tagsOf, untagged };
