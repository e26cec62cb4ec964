-- Lets an index name go, in the name's shard, if nobody has reserved it since.
--
-- KEYS[1]  the key of the index name
-- ARGV     the id of the connector that had it, and the token by which it was reserved
-- Answers  released

if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('GET', KEYS[1] .. ':token') == ARGV[2] then
    redis.call('DEL', KEYS[1], KEYS[1] .. ':token')
end
return 'released'
