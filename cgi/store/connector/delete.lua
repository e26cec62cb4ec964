-- Deletes a connector: marks it, or removes it with its history and its secrets; and takes it out of the
-- lists.
--
-- KEYS[1]  the connector's hash
-- ARGV     the prefix of its shard's keys; its id; soft or hard; all if every index
--          name's key is in this shard; how many events the stream is to hold, 0: nothing is told
-- Answers  {deleted or missing, the index name that is to be let go in its shard or "", the token of that}

-- include: connector/place.inc.lua
-- include: connector/let_go.inc.lua
-- include: schema/version.inc.lua
-- include: event/tell_deletion.inc.lua
-- include: event/forget.inc.lua

local key, prefix, id, hard = KEYS[1], ARGV[1], ARGV[2], ARGV[3] == 'hard'
local before = redis.call('HMGET', key, unpack(LISTED))
local token, told = unpack(redis.call('HMGET', key, '_name_token', '_told'))
if not before[1] or (before[1] == 'true' and not hard) then
    return { 'missing', '', '' }
end
local after
local refusal = told and tell_deletion(prefix, ARGV[5], key, told)
if refusal then
    return refusal
end
if hard then
    redis.call('DEL', key, key .. ':syncs', key .. ':days', key .. ':secrets')
    redis.call('SREM', prefix .. 'long', id)
    forget(prefix, id)
else
    redis.call('HSET', key, 'deleted', 'true')
    redis.call('HDEL', key, '_name_token', '_told')
    version_count(key)
    after = { unpack(before) }
    after[1] = 'true'
end
place(prefix, id, before, after)
redis.call('ZREM', prefix .. 'standings', id)
redis.call('ZREM', prefix .. 'successes', id)
redis.call('ZREM', prefix .. 'muted', id)
return { 'deleted', name_let_go(prefix, key, id, before[1] == 'false' and before[2], ARGV[4]), token or '' }
