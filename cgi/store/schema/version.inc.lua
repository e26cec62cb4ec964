-- The version of a document, for each script that writes one: how many writes have changed it since the one
-- that made it, in `_version`; absent: none. What is derived, and no API shows, does not count. report.inc.lua
-- counts by itself, for it reads and writes the field among others.

local function version_count(key)
    redis.call('HINCRBY', key, '_version', 1)
end

-- A document was written whole over another one, of that version: it goes on from there, and never back to a
-- version that somebody may have read.
local function version_go_on(key, before)
    local given = tonumber(redis.call('HGET', key, '_version') or '') or 0
    redis.call('HSET', key, '_version', string.format('%d', math.max(given, (before or 0) + 1)))
end
