-- Mutes a connector until a time, or unmutes it.
--
-- KEYS[1]  the connector's hash
-- ARGV     the prefix of its shard's keys; its id; the time, in seconds since 1970; how many
--          connectors of the shard may be muted at once; then until when, the note, and who wrote it; or
--          nothing more, to unmute it
-- Answers  missing, noop or updated; or full, if no further one may be muted

-- include: event/targets.inc.lua

local key, prefix, id, now, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3] + 0, ARGV[4] + 0
local muted = prefix .. 'muted'
if redis.call('HGET', key, 'deleted') ~= 'false' then
    return 'missing'
end

-- Lets each target of notifications look at the connector again, if it was held back for that target: the mute
-- that it waits for ends now, or at another time.
local function look_again()
    for _, target in ipairs(targets_of(prefix)) do
        redis.call('ZADD', target .. ':held', 'XX', now, id)
    end
end

local stored = redis.call('HMGET', key, '_muted_until', '_mute_note', '_mute_who')
if not ARGV[5] then
    redis.call('ZREM', muted, id)
    redis.call('HDEL', key, '_muted_until', '_mute_note', '_mute_who')
    if stored[1] then
        look_again()
    end
    return stored[1] and 'updated' or 'noop'
end
if stored[1] == ARGV[5] and stored[2] == ARGV[6] and stored[3] == ARGV[7] then
    return 'noop'
end
if not redis.call('ZSCORE', muted, id) and redis.call('ZCARD', muted) >= most then
    redis.call('ZREMRANGEBYSCORE', muted, '-inf', now) -- removes `most` members at the most
    if redis.call('ZCARD', muted) >= most then
        return 'full'
    end
end
redis.call('HSET', key, '_muted_until', ARGV[5], '_mute_note', ARGV[6], '_mute_who', ARGV[7])
redis.call('ZADD', muted, ARGV[5], id)
if stored[1] then
    look_again()
end
return 'updated'
