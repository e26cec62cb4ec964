-- Checks whether a connector has an index name that another one wants. If not, strikes out its intents to have
-- that name, so that writes that have begun can no longer give it the name.
--
-- KEYS[1]  the connector's hash
-- ARGV[1]  the index name
-- Answers  has or free

-- include: connector/intents.inc.lua

local stored = redis.call('HMGET', KEYS[1], 'deleted', 'index_name')
if stored[1] == 'false' and stored[2] == ARGV[1] then
    return 'has'
end
for _, token in ipairs(intents_for(KEYS[1], ARGV[1])) do
    redis.call('HDEL', KEYS[1] .. ':intents', token)
end
return 'free'
