-- Merges fields into a connector, some of which may be secret, or be those that lists have; writes nothing
-- where nothing differs.
--
-- KEYS[1]  the connector's hash
-- ARGV     what stands before the names of its shard's keys; its id; long, or "", where a field is long;
--          then of each field four: plain or secret; s to set it, c to clear it, or g for one that must
--          still be stored as it was read; its name; and its value, of a g "" meaning absent
-- Answers  missing   no such connector, or it is deleted
--          changed   a field is no longer stored as it was read: read again
--          noop      everything was so already
--          updated

-- include: connector/place.inc.lua
-- include: schema/version.inc.lua

local key, prefix, id = KEYS[1], ARGV[1], ARGV[2]
local hash, stored = { plain = key, secret = key .. ':secrets' }, {}
local before = redis.call('HMGET', key, unpack(LISTED))
if before[1] ~= 'false' then
    return 'missing'
end
for i = 4, #ARGV, 4 do
    stored[i] = redis.call('HGET', hash[ARGV[i]], ARGV[i + 2])
    if ARGV[i + 1] == 'g' and (stored[i] or '') ~= ARGV[i + 3] then
        return 'changed'
    end
end

local answer, after = 'noop', { unpack(before) }
for i = 4, #ARGV, 4 do
    local name, value = ARGV[i + 2], ARGV[i + 1] == 's' and ARGV[i + 3]
    if ARGV[i + 1] ~= 'g' and stored[i] ~= value then
        if value then
            redis.call('HSET', hash[ARGV[i]], name, value)
        else
            redis.call('HDEL', hash[ARGV[i]], name)
        end
        answer = 'updated'
        for k, listed in ipairs(LISTED) do
            after[k] = listed == name and value or listed ~= name and after[k]
        end
    end
end
if answer == 'updated' then
    version_count(key)
    place(prefix, id, before, after)
    if ARGV[3] == 'long' then
        redis.call('SADD', prefix .. 'long', id)
    end
end
return answer
