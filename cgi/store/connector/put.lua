-- Writes a connector's whole document over whatever was there, without any
-- secrets, and begins its history anew.
--
-- KEYS[1]  the connector's hash
-- KEYS[2]  the stream of its reports
-- KEYS[3]  the hash of its secrets
-- ARGV     pairs (field, value)
-- Answers  {created or updated, the index name that it had before or ""}

local before = redis.call('HMGET', KEYS[1], 'deleted', 'index_name')
local old = redis.call('HKEYS', KEYS[1])

-- First, for Redis looks at its memory limit only before a script's first write.
redis.call('HSET', KEYS[1], unpack(ARGV))

local new, gone = {}, {}
for i = 1, #ARGV, 2 do
    new[ARGV[i]] = true
end
for _, name in ipairs(old) do
    if not new[name] then
        gone[#gone + 1] = name
    end
end
if #gone > 0 then
    redis.call('HDEL', KEYS[1], unpack(gone))
end
redis.call('DEL', KEYS[2], KEYS[3])
return { before[1] and 'updated' or 'created', before[2] or '' }
