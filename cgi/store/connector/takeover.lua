-- Claims an index name whose holder was found not to have it any more.
--
-- KEYS[1]  the key of the index name
-- KEYS[2]  the key of the claims on it
-- KEYS[3]  the key of who looks
-- ARGV[1]  the connector's id
-- ARGV[2]  the word with which was looked
-- ARGV[3]  milliseconds until the claim expires
-- Answers  claimed, or taken where anybody else has claimed it, or looks, by now

if redis.call('GET', KEYS[3]) ~= ARGV[2] then
    return 'taken'
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SADD', KEYS[2], ARGV[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
redis.call('DEL', KEYS[3])
return 'claimed'
