-- Gives an index name up, where the connector still holds it and nobody is about to write it again.
--
-- KEYS[1]  the key of the index name
-- KEYS[2]  the key of the claim on it
-- ARGV[1]  the connector's id
-- Answers  released

if redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('DEL', KEYS[1])
end
return 'released'
