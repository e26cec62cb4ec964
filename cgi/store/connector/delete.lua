-- Deletes a connector: marks it, or removes it with its history and its secrets.
--
-- KEYS[1]  the connector's hash
-- KEYS[2]  the stream of its reports
-- KEYS[3]  the hash of its secrets
-- ARGV[1]  soft or hard
-- Answers  {deleted or missing, the index name that it had or ""}

local stored = redis.call('HMGET', KEYS[1], 'deleted', 'index_name')
if not stored[1] or (stored[1] == 'true' and ARGV[1] == 'soft') then
    return { 'missing', '' }
end
if ARGV[1] == 'hard' then
    redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
else
    redis.call('HSET', KEYS[1], 'deleted', 'true')
end
return { 'deleted', stored[2] or '' }
