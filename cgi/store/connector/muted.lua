-- Reads the states of the connectors of a shard that are muted now.
--
-- KEYS[1]  `muted`
-- ARGV     the prefix of the shard's keys; the time, in seconds since 1970
-- Answers  their scores in `standings`

local scores = {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '(' .. ARGV[2], '+inf')) do
    scores[#scores + 1] = redis.call('ZSCORE', ARGV[1] .. 'standings', id) or nil
end
return scores
