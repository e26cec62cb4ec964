-- Merges fields into a connector, secret and listed ones included. Writes nothing if nothing
-- differs.
--
-- KEYS[1]  the connector's hash
-- ARGV     the prefix of its shard's keys; its id; long if a field is long, else "";
--          then of each field four: plain or secret; s to set it, c to clear it, or g for a guard, which
--          must still have that value; its name; and its value ("" in a guard: absent)
-- Answers  missing   no such connector, or it is deleted
--          changed   a guard does not hold: read again
--          noop      nothing differs
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
