-- Begins to look whether a connector still has the index name that it holds.
--
-- KEYS[1]  the key of the index name
-- KEYS[2]  the key of the claims on it
-- KEYS[3]  the key of who looks
-- ARGV[1]  the connector's id
-- ARGV[2]  a word of one's own
-- ARGV[3]  milliseconds until the look expires
-- Answers  look, or left where the connector does not hold it, or somebody is writing it

if redis.call('GET', KEYS[1]) ~= ARGV[1] or redis.call('EXISTS', KEYS[2]) == 1 then
    return 'left'
end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return 'look'
