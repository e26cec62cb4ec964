-- Reserves an index name, in the name's shard, for a connector that intends to have it.
--
-- KEYS[1]  the key of the index name
-- ARGV     the connector's id; the token of its intent; the holder that was found not to want the
--          name any more, and the token by which the name was reserved then
-- Answers  {reserved}
--          {held, the id of the connector that has or wants it, its token or ""}

local holder, token = redis.call('GET', KEYS[1]), redis.call('GET', KEYS[1] .. ':token') or ''
if holder and holder ~= ARGV[1] and not (holder == ARGV[3] and token == ARGV[4]) then
    return { 'held', holder, token }
end
redis.call('SET', KEYS[1], ARGV[1])
redis.call('SET', KEYS[1] .. ':token', ARGV[2])
return { 'reserved' }
