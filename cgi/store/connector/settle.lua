-- Ends a claim on an index name: it is written into the connector, or will not be.
--
-- KEYS[1]  the key of the claims on it
-- ARGV[1]  the word of the claim
-- Answers  settled

redis.call('SREM', KEYS[1], ARGV[1])
return 'settled'
