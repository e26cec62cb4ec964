-- Gives a connector another index name.
--
-- KEYS[1]  the connector's hash
-- ARGV[1]  the name, "" for none
-- ARGV[2]  refuse, if an Elastic-managed connector must not have this name, or any
-- Answers  {updated, noop, missing or native, the index name that it had or ""}

local stored = redis.call('HMGET', KEYS[1], 'deleted', 'index_name', 'is_native')
local before = stored[2] or ''
if stored[1] ~= 'false' then
    return { 'missing', before }
end
if stored[3] == 'true' and ARGV[2] == 'refuse' then
    return { 'native', before }
end
if before == ARGV[1] then
    return { 'noop', before }
end
if ARGV[1] == '' then
    redis.call('HDEL', KEYS[1], 'index_name')
else
    redis.call('HSET', KEYS[1], 'index_name', ARGV[1])
end
return { 'updated', before }
