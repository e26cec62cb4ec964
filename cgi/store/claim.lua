-- Claims an index name for a connector, for as long as it takes to write the connector.
--
-- KEYS[1]  the key of the index name
-- KEYS[2]  the key of the claim on it
-- ARGV[1]  the connector's id
-- ARGV[2]  a word of this claim's own
-- ARGV[3]  milliseconds after which an unfinished claim may be taken over
-- ARGV[4]  the id of a former holder that was found not to have the name any more, or ""
-- Answers  {claimed, ""}, or {taken, the id that holds the name}

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and (holder ~= ARGV[4] or redis.call('EXISTS', KEYS[2]) == 1) then
    return { 'taken', holder }
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[2], ARGV[2], 'PX', ARGV[3])
return { 'claimed', '' }
