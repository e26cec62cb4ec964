-- Writes a sync job's whole document in place of a former one, if any, and lists it.
--
-- KEYS[1]  the job's hash
-- ARGV     the prefix of its shard's keys; its id; its score in lists; its connector, and its status; long if a
--          field is long, else ""; how many fields are not secret, and of each its name and its value; how many are
--          secret, or keep if the stored ones are to stay, and of each its name and its value
-- Answers  created or updated

-- include: job/lists.inc.lua
-- include: schema/version.inc.lua
-- include: schema/replace.inc.lua

local FIRST = 8
local key, prefix, id, is_long, secrets = KEYS[1], ARGV[1], ARGV[2], ARGV[6] == 'long', FIRST + 2 * ARGV[7]
local connector, status, version = unpack(redis.call('HMGET', key, '_connector_id', 'status', '_version'))

replace(key, FIRST, secrets - 1, not status)
if status then
    version_go_on(key, version)
end
if ARGV[secrets] ~= 'keep' then
    replace(key .. ':secrets', secrets + 1, #ARGV, not status)
end
if connector and status then
    in_lists(prefix, connector, status, 'ZREM', id)
end
in_lists(prefix, ARGV[4], ARGV[5], 'ZADD', ARGV[3], id)
if status or is_long then
    redis.call(is_long and 'SADD' or 'SREM', prefix .. 'long', id)
end
return status and 'updated' or 'created'
