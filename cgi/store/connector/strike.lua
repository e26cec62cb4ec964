-- Looks whether a connector has an index name that somebody else wants. If not, it can no longer come to have
-- it by what it has begun: its intents to that name are struck out.
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
