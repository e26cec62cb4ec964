-- Gives a connector another index name.
--
-- KEYS[1]  the connector's hash
-- ARGV     the prefix of its shard's keys; its id; the name: see name.inc.lua; the name, ""
--          for none; refuse if an Elastic-managed connector must not have this name, else any
-- Answers  {updated, the index name that is to be let go in its shard or "", the token of that}
--          {noop, missing or native, "", ""}
--          {taken, id, token} and {again, "", ""}: as put.lua

-- include: connector/place.inc.lua
-- include: connector/name.inc.lua
-- include: schema/version.inc.lua

local key, prefix, id = KEYS[1], ARGV[1], ARGV[2]
local name, native = ARGV[NAME_ARGUMENTS + 1], ARGV[NAME_ARGUMENTS + 2]
name = name ~= '' and name or nil

local before = redis.call('HMGET', key, unpack(LISTED))
local token = redis.call('HGET', key, '_name_token') or ''
local refusal = name_claim(name)
if refusal then
    return refusal
end
if before[1] ~= 'false' then
    return { 'missing', '', '' }
end
if native == 'refuse' and redis.call('HGET', key, 'is_native') == 'true' then
    return { 'native', '', '' }
end
if (before[2] or '') == (name or '') then
    name_settle(name, name)
    return { 'noop', '', '' }
end
if name then
    redis.call('HSET', key, 'index_name', name)
else
    redis.call('HDEL', key, 'index_name')
end
version_count(key)
local let_go = name_settle(before[2] or nil, name)
local after = { unpack(before) }
after[2] = name or false
place(prefix, id, before, after)
return { 'updated', let_go, token }
