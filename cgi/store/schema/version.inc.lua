-- The version of a document, for each script that writes one: how many writes have changed it since the one
-- that created it, in `_version`; absent: none. Changes of derived fields, which no API shows, are not counted.
-- report.inc.lua counts by itself, because it reads and writes this field with others.

local function version_count(key)
    redis.call('HINCRBY', key, '_version', 1)
end

-- After a whole document has replaced another one, which had this version: the new one counts on from there, so
-- that no version comes twice.
local function version_go_on(key, before)
    local given = tonumber(redis.call('HGET', key, '_version') or '') or 0
    redis.call('HSET', key, '_version', string.format('%d', math.max(given, (before or 0) + 1)))
end
