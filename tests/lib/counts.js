// Writes the counts of past syncs: by hour of all connectors, and by day of one. Reports cannot make them, because a
// sync counts at the time of its report.
'use strict';

const { connectorKey, shardPrefix } = require('./shards');

const line = ({ completed = 0, failed = 0, canceled = 0, indexed = 0, deleted = 0, duration = 0, longest = 0 }) =>
  [completed, failed, canceled, indexed, deleted, duration, longest].join(' ');

// The hour of that moment, in the first shard or in another one.
function putHour(stack, time, counts, shard = 0) {
  return stack.redisCommand('HSET', `${shardPrefix(shard, stack.shards)}hours`,
    new Date(time).toISOString().slice(0, 13), line(counts));
}

// The day of that moment, of a connector.
function putDay(stack, id, time, counts) {
  return stack.redisCommand('HSET', `${connectorKey(id, stack.shards)}:days`,
    new Date(time).toISOString().slice(0, 10), line(counts));
}

module.exports = { putDay, putHour };
