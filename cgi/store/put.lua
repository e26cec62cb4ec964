-- Writes a connector's whole document over whatever was there.
--
-- KEYS[1]  the connector's hash
-- ARGV     pairs (field, value)
-- Answers  {created or updated, the index name that it had before or ""}

local before = redis.call('HMGET', KEYS[1], 'deleted', 'index_name')
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], unpack(ARGV))
return { before[1] and 'updated' or 'created', before[2] or '' }
