-- Lets an index name go, for the scripts that take one out of a connector. Included after place.inc.lua.

-- include: connector/intents.inc.lua

-- Lets the name go at once if `scope` is all: every name's key is in this shard. Else gives the name, which
-- release.lua is to let go in its shard, or "" for none. Other requests may intend to give the connector that name,
-- and have reserved it already: they must begin anew, as the key may be gone when they write.
local function name_let_go(prefix, key, id, name, scope)
    if not name then
        return ''
    end
    if scope ~= 'all' then
        for _, token in ipairs(intents_for(key, name)) do
            redis.call('HSET', key .. ':intents', token, INTENT_TO_RENEW)
        end
        return name
    end
    if redis.call('GET', index_name_key(prefix, name)) == id then
        redis.call('DEL', index_name_key(prefix, name))
    end
    return ''
end
