-- Checks whether a connector has an index name that another one wants. If not, strikes out its intents to have
-- that name, so that writes that have begun can no longer give it the name.
--
-- KEYS[1]  the connector's hash
-- ARGV[1]  the index name
-- Answers  has or free

local stored = redis.call('HMGET', KEYS[1], 'deleted', 'index_name')
if stored[1] == 'false' and stored[2] == ARGV[1] then
    return 'has'
end
local intents = redis.call('HGETALL', KEYS[1] .. ':intents')
for i = 1, #intents, 2 do
    if intents[i + 1] == ARGV[1] then
        redis.call('HDEL', KEYS[1] .. ':intents', intents[i])
    end
end
return 'free'
