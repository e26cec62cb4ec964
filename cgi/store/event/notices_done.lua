-- Writes down what became of notices, which are then not read again.
--
-- KEYS[1]  `events`
-- ARGV     the prefix of the shard's keys; the target; then of each notice four: the entry's
--          id, or "" of one that was held; the connector's id; until when the connector is to be held back, or
--          0; what the target is told of it now, "<state> <second>" ("ok" for a state that is well, and the
--          second in which the last bad one was told), "" for nothing, or "-" to leave that

local prefix, target = ARGV[1], ARGV[2]
local group, mine = 'notify:' .. target, prefix .. 'notify:{' .. target .. '}'

for i = 3, #ARGV, 4 do
    local entry, id, until_when, told = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
    if entry ~= '' then
        redis.call('XACK', KEYS[1], group, entry)
    end
    if until_when ~= '0' then
        redis.call('ZADD', mine .. ':held', until_when, id)
    else
        redis.call('ZREM', mine .. ':held', id)
    end
    if told == '' then
        redis.call('HDEL', mine .. ':told', id)
    elseif told ~= '-' then
        redis.call('HSET', mine .. ':told', id, told)
    end
end
return 'updated'
