-- Withdraws a connector's intent to have an index name, and checks whether it has the name, or still intends to.
-- If not, the name may be let go by the token that it had before.
--
-- KEYS[1]  the connector's hash
-- ARGV     the index name; the token of the intent, or ""
-- Answers  wanted or free

-- include: connector/intents.inc.lua

redis.call('HDEL', KEYS[1] .. ':intents', ARGV[2])
local stored = redis.call('HMGET', KEYS[1], 'deleted', 'index_name')
if stored[1] == 'false' and stored[2] == ARGV[1] or #intents_for(KEYS[1], ARGV[1]) > 0 then
    return 'wanted'
end
return 'free'
