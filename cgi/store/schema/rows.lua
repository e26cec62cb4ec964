-- Reads fields of a document, each cut to a length; or none of them, if they are too long together. Schedules are
-- not cut, as they would be no JSON then, and their expressions have a bound of their own (CRON_LENGTH_MAX).
--
-- KEYS[1]  the document's hash
-- ARGV     the most bytes of a field, 0 for all; the most bytes of all fields, 0 for any; how many fields, and
--          their names; the names of secret fields
-- Answers  the values, those of secret fields last; or large

-- include: schema/cut.inc.lua

local most, limit, plain = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local bytes = 0
for i = 4, limit > 0 and #ARGV or 0 do
    bytes = bytes + redis.call('HSTRLEN', i <= 3 + plain and KEYS[1] or KEYS[1] .. ':secrets', ARGV[i])
end
if bytes > limit then
    return 'large'
end
local values = plain > 0 and redis.call('HMGET', KEYS[1], unpack(ARGV, 4, 3 + plain)) or {}
if #ARGV > 3 + plain then
    for _, value in ipairs(redis.call('HMGET', KEYS[1] .. ':secrets', unpack(ARGV, 4 + plain))) do
        values[#values + 1] = value
    end
end
for i, value in ipairs(values) do
    if value and most > 0 and ARGV[3 + i] ~= 'scheduling' then
        values[i] = cut_text(value, most)
    end
end
return values
