-- Gives a connector another index name.
--
-- KEYS[1]  the connector's hash
-- ARGV     the prefix of its shard's keys; its id; the name: see name.inc.lua; the name, ""
--          for none; refuse if an Elastic-managed connector must not have this name, else any
-- Answers  {updated, noop, missing or native, the index name that it had or "", the token of that}
--          {taken, id, token}: as put.lua

-- include: connector/place.inc.lua
-- include: connector/name.inc.lua
-- include: schema/version.inc.lua

local key, prefix, id = KEYS[1], ARGV[1], ARGV[2]
local name, native = ARGV[NAME_ARGUMENTS + 1], ARGV[NAME_ARGUMENTS + 2]
name = name ~= '' and name or nil

local before = redis.call('HMGET', key, unpack(LISTED))
local token = redis.call('HGET', key, '_name_token') or ''
local had = before[2] or ''
local refusal = name_claim(name)
if refusal then
    return refusal
end
if before[1] ~= 'false' then
    return { 'missing', '', '' }
end
if native == 'refuse' and redis.call('HGET', key, 'is_native') == 'true' then
    return { 'native', had, token }
end
if had == (name or '') then
    name_settle(before[2] or nil, name)
    return { 'noop', had, token }
end
if name then
    redis.call('HSET', key, 'index_name', name)
else
    redis.call('HDEL', key, 'index_name')
end
version_count(key)
name_settle(before[2] or nil, name)
local after = { unpack(before) }
after[2] = name or false
place(prefix, id, before, after)
return { 'updated', had, token }
