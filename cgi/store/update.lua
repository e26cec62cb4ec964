-- Merges fields into a connector, and writes nothing where nothing differs.
--
-- KEYS[1]  the connector's hash
-- ARGV     s, c, then s pairs (field, value) to set, c fields to clear, and what remains: pairs
--          (field, text) that must still be stored as they were read, "" meaning absent
-- Answers  missing   no such connector, or it is deleted
--          changed   a stored field is no longer what the caller read: read again
--          noop      everything was so already
--          updated

local sets, clears = tonumber(ARGV[1]), tonumber(ARGV[2])
local first_clear = 3 + 2 * sets
local first_guard = first_clear + clears

local names = { 'deleted' }
for i = 3, first_clear - 1, 2 do
    names[#names + 1] = ARGV[i]
end
for i = first_clear, first_guard - 1 do
    names[#names + 1] = ARGV[i]
end
for i = first_guard, #ARGV, 2 do
    names[#names + 1] = ARGV[i]
end

local stored = redis.call('HMGET', KEYS[1], unpack(names))
if stored[1] ~= 'false' then
    return 'missing'
end

for i = first_guard, #ARGV, 2 do
    local value = stored[2 + sets + clears + (i - first_guard) / 2] or ''
    if value ~= ARGV[i + 1] then
        return 'changed'
    end
end

local differing = {}
for i = 1, sets do
    local value = ARGV[2 + 2 * i]
    if stored[1 + i] ~= value then
        differing[#differing + 1] = names[1 + i]
        differing[#differing + 1] = value
    end
end
local cleared = {}
for i = 2 + sets, 1 + sets + clears do
    if stored[i] then
        cleared[#cleared + 1] = names[i]
    end
end

if #differing == 0 and #cleared == 0 then
    return 'noop'
end
if #differing > 0 then
    redis.call('HSET', KEYS[1], unpack(differing))
end
if #cleared > 0 then
    redis.call('HDEL', KEYS[1], unpack(cleared))
end
return 'updated'
