-- Writes down what became of notices, which are then not read again. One that another process has settled meanwhile,
-- as this one lost the lease while it told the target, stays as that process left it.
--
-- KEYS[1]  `events`
-- ARGV     the prefix of the shard's keys; the target; then of each notice six: the entry's
--          id, or "" of one that was held; until when that was held, as it was read; the connector's id; until when it was muted as the notice was read;
--          until when it is to be held back, or 0; what the target is told of it now, "<state> <second>" ("ok"
--          for a state that is well, and the second in which the last bad one was told), "" for nothing, or "-"
--          to leave that

local prefix, target = ARGV[1], ARGV[2]
local group, mine = 'notify:' .. target, prefix .. 'notify:{' .. target .. '}'

local function settle(id, muted, until_when, told)
    if until_when ~= '0' then
        if (redis.call('ZSCORE', prefix .. 'muted', id) or '0') ~= muted then
            until_when = 1 -- muted or unmuted meanwhile: it is to be decided anew
        end
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

local is_open = {} -- before any of them is settled, as several may be of one connector
for i = 3, #ARGV, 6 do
    local entry, held, id = unpack(ARGV, i, i + 2)
    is_open[i] = entry ~= '' and redis.call('XACK', KEYS[1], group, entry) == 1
        or entry == '' and redis.call('ZSCORE', mine .. ':held', id) == held
end
for i = 3, #ARGV, 6 do
    if is_open[i] then
        settle(unpack(ARGV, i + 2, i + 5))
    end
end
return 'updated'
