-- Ends a claim on an index name, unless a later one has come.
--
-- KEYS[1]  the key of the claim
-- ARGV[1]  the word of this claim
-- Answers  settled

if redis.call('GET', KEYS[1]) == ARGV[1] then
    redis.call('DEL', KEYS[1])
end
return 'settled'
