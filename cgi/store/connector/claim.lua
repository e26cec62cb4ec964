-- Claims an index name for a connector, until the claim is settled or expires.
--
-- KEYS[1]  the key of the index name: the id of its holder
-- KEYS[2]  the key of the claims on it: the words of those who are writing it into a connector
-- KEYS[3]  the key of who looks whether its holder still has it
-- ARGV[1]  the connector's id
-- ARGV[2]  a word of one's own
-- ARGV[3]  milliseconds until a claim or a look expires
-- Answers  {claimed, ""}
--          {taken, ""}      somebody is writing it into another connector
--          {look, holder}   another connector holds it: look whether it still has it

local holder = redis.call('GET', KEYS[1])
if not holder or holder == ARGV[1] then
    redis.call('SET', KEYS[1], ARGV[1])
    redis.call('SADD', KEYS[2], ARGV[2])
    redis.call('PEXPIRE', KEYS[2], ARGV[3])
    redis.call('DEL', KEYS[3])
    return { 'claimed', '' }
end
if redis.call('EXISTS', KEYS[2]) == 1 then
    return { 'taken', '' }
end
redis.call('SET', KEYS[3], ARGV[2], 'PX', ARGV[3])
return { 'look', holder }
