-- Checks and notes the holder of an index name, for the scripts that write one into a connector. The holder is
-- the connector that has the name in its hash and is not deleted; the key of the name has the holder's id.
--
-- If the name's key is in the connector's own shard, one script checks and writes. Else the name was reserved
-- before, in its shard, for an intent of the connector: the script writes only if the intent is still there
-- (see claim.h).
--
-- The answer {again, "", ""} asks for another intent, with another token.
--
-- ARGV[3]  here if the name's key is in this shard, or away if it was reserved elsewhere
-- ARGV[4]  a token: of the intent, or for the name's key; "" if there is one shard
-- ARGV[5]  all if every name's key is in this shard, so that a former name can be let go at once

-- include: connector/let_go.inc.lua

local NAME_ARGUMENTS = 5

-- Gives nil if the connector may have the name (nil: none), else the answer of the script.
local function name_claim(name)
    if ARGV[3] == 'away' then
        local intent = redis.call('HGET', KEYS[1] .. ':intents', ARGV[4])
        return intent ~= name and { intent == INTENT_TO_RENEW and 'again' or 'taken', '', '' } or nil
    end
    local holder = name and redis.call('GET', index_name_key(ARGV[1], name))
    if holder and holder ~= ARGV[2] then
        return { 'taken', holder, redis.call('GET', index_name_key(ARGV[1], name) .. ':token') or '' }
    end
end

-- Notes that the connector has this name now and no longer that one. Its hash must be written already. Gives the
-- name that is to be let go in its shard, or "".
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
    return before == name and '' or name_let_go(ARGV[1], KEYS[1], ARGV[2], before, ARGV[5])
end
