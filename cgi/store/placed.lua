-- Notes what of a connector's place the sorted set of standings knows now.
--
-- KEYS[1]  the connector's hash
-- ARGV[1]  the place, "" for none, as of one that is gone or deleted
-- Answers  placed, or moved where it has another place by now

local stored = redis.call('HMGET', KEYS[1], 'deleted', '_place', '_placed')
local place = stored[1] == 'false' and stored[2] or ''
if place ~= ARGV[1] then
    return 'moved'
end
if place ~= '' and place ~= stored[3] then
    redis.call('HSET', KEYS[1], '_placed', place)
end
return 'placed'
