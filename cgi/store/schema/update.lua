-- Merges fields into a document. Writes nothing if nothing differs.
--
-- KEYS[1]  the document's hash
-- ARGV     the name of a field that every document has, and that is true in one that is deleted, or "" for
--          one that may not be there yet; s, c, g; then the names of s fields to set, c fields to clear, and g
--          fields whose values must be unchanged since they were read; then the s values, and the g values, ""
--          for absent
-- Answers  missing   no such document, or it is deleted
--          changed   one of the g fields has changed: read again
--          noop      nothing differs
--          updated

-- include: schema/version.inc.lua

local sets, clears, guards = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local names = sets + clears + guards

-- stored[i] is the field of the name ARGV[i + 3]
local stored = redis.call('HMGET', KEYS[1], ARGV[1], unpack(ARGV, 5, 4 + names))
if ARGV[1] ~= '' and (not stored[1] or stored[1] == 'true') then
    return 'missing'
end

for i = 1, guards do
    if (stored[1 + sets + clears + i] or '') ~= ARGV[4 + names + sets + i] then
        return 'changed'
    end
end

local differing, count = {}, 0
for i = 2, 1 + sets do
    local value = ARGV[3 + names + i]
    if stored[i] ~= value then
        differing[count + 1], differing[count + 2] = ARGV[i + 3], value
        count = count + 2
    end
end
local cleared = {}
for i = 2 + sets, 1 + sets + clears do
    if stored[i] then
        cleared[#cleared + 1] = ARGV[i + 3]
    end
end

if count > 0 then
    redis.call('HSET', KEYS[1], unpack(differing))
end
if #cleared > 0 then
    redis.call('HDEL', KEYS[1], unpack(cleared))
end
if count == 0 and #cleared == 0 then
    return 'noop'
end
if ARGV[1] ~= '' then
    version_count(KEYS[1])
end
return 'updated'
