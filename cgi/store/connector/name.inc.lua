-- Who has an index name, for the scripts that write one into a connector. A name is a connector's whose hash
-- has it while it is not deleted; the key of the name says who that is.
--
-- Where the name's key lies in the connector's own shard, one script looks and writes. Else the name was
-- reserved before, in its shard, for an intent that the connector has: only who still has it may write (see
-- claim.h).
--
-- ARGV[3]  here, where the name's key lies in this shard, or away, where it was reserved
-- ARGV[4]  a token: of the intent, or for the name's key; "" where there is one shard
-- ARGV[5]  all, where every name's key lies in this shard, so that a former name can be let go at once

local NAME_ARGUMENTS = 5

-- nil where the connector may have the name (nil for none), or what to answer.
local function name_claim(name)
    if ARGV[3] == 'away' then
        return redis.call('HGET', KEYS[1] .. ':intents', ARGV[4]) ~= name and { 'taken', '', '' } or nil
    end
    local holder = name and redis.call('GET', index_name_key(ARGV[1], name))
    if holder and holder ~= ARGV[2] then
        return { 'taken', holder, redis.call('GET', index_name_key(ARGV[1], name) .. ':token') or '' }
    end
end

-- Notes that the connector has this name now, and not that one, once its hash says so.
local function name_settle(before, name)
    if name and ARGV[3] == 'here' then
        redis.call('SET', index_name_key(ARGV[1], name), ARGV[2])
        if ARGV[4] ~= '' then
            redis.call('SET', index_name_key(ARGV[1], name) .. ':token', ARGV[4])
        end
    elseif ARGV[3] == 'away' then
        redis.call('HDEL', KEYS[1] .. ':intents', ARGV[4])
    end
    if name and ARGV[4] ~= '' then
        redis.call('HSET', KEYS[1], '_name_token', ARGV[4])
    elseif not name then
        redis.call('HDEL', KEYS[1], '_name_token')
    end
    if before and before ~= name and ARGV[5] == 'all'
        and redis.call('GET', index_name_key(ARGV[1], before)) == ARGV[2] then
        redis.call('DEL', index_name_key(ARGV[1], before))
    end
end
