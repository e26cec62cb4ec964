-- Counts the version of a document, for each script that writes one: the number of writes that have changed it
-- since its creation, in `_version`; absent: none. Changes of derived fields, which no API shows, do not count.
-- report.inc.lua counts by itself, because it reads and writes this field with others.

local function version_count(key)
    redis.call('HINCRBY', key, '_version', 1)
end

-- Sets the version of a document that has replaced a whole one, which had this version. The new one counts on
-- from there, so that no version comes twice.
local function version_go_on(key, before)
    local given = tonumber(redis.call('HGET', key, '_version') or '') or 0
    redis.call('HSET', key, '_version', string.format('%d', math.max(given, (before or 0) + 1)))
end
