-- Lets an index name go, in the name's shard, if nobody has reserved it since.
--
-- KEYS[1]  the key of the index name
-- ARGV     the id of the connector that had it, and the token by which it was reserved, or ""; if there is one shard,
--          perhaps that connector's hash and the name, which then stays if the connector has it again
-- Answers  {released}
--          {kept, token}  the connector had reserved it once more, by that token

if redis.call('GET', KEYS[1]) ~= ARGV[1] then
    return { 'released' }
end
local token = redis.call('GET', KEYS[1] .. ':token') or ''
if token ~= ARGV[2] then
    return { 'kept', token }
end
local stored = ARGV[3] and redis.call('HMGET', ARGV[3], 'deleted', 'index_name')
if not stored or stored[1] ~= 'false' or stored[2] ~= ARGV[4] then
    redis.call('DEL', KEYS[1], KEYS[1] .. ':token')
end
return { 'released' }
