-- Writes a connector's whole document in place of a former one, empties its history, and lists it.
--
-- KEYS[1]  the connector's hash
-- ARGV     the prefix of its shard's keys; its id; the name: see name.inc.lua; how many
--          events the stream is to hold, 0: nothing is told, and the second at which never_synced is told; keep, or
--          whole if secrets and history are given, too; long if a field is long, else ""; how many
--          fields, and of each its name and value; if whole: how many secrets, or keep, and of each its
--          name and value, how many days, and of each its date and counts, then of each entry of the history
--          its id, the number of its fields, and of each its name and value
-- Answers  {created or updated, the index name that is to be let go in its shard or "", the token of that}
--          {taken, id, token}  another connector has the index name, or may have it; both are "" if the
--                              intent of this one was struck out meanwhile
--          {again, "", ""}: see name.inc.lua

-- include: connector/place.inc.lua
-- include: connector/name.inc.lua
-- include: schema/version.inc.lua
-- include: schema/replace.inc.lua
-- include: event/tell_deletion.inc.lua

local key, prefix, id = KEYS[1], ARGV[1], ARGV[2]
local at = NAME_ARGUMENTS + 1

local function take()
    at = at + 1
    return ARGV[at - 1]
end

local events, told_at = take(), take()
local whole, long, first_pair, fields = take() == 'whole', take(), at + 1, take() * 2
local after, field = {}, {}
for i = first_pair, first_pair + fields - 1, 2 do
    field[ARGV[i]] = ARGV[i + 1]
end
for i, name in ipairs(LISTED) do
    after[i] = field[name] or false
end

local before = redis.call('HMGET', key, unpack(LISTED))
local token, version, told = unpack(redis.call('HMGET', key, '_name_token', '_version', '_told'))
local refusal = name_claim(after[1] ~= 'true' and after[2] or nil)
if refusal then
    return refusal
end

refusal = told and not field['_told'] and tell_deletion(prefix, events, key, told)
if refusal then
    return refusal
end
local is_new = not before[1]
replace(key, first_pair, first_pair + fields - 1, is_new)
if not is_new then
    version_go_on(key, version)
end
local let_go = name_settle(before[1] == 'false' and before[2] or nil, after[1] ~= 'true' and after[2] or nil)
at = first_pair + fields
redis.call('DEL', key .. ':syncs', key .. ':days')
if not whole then
    redis.call('DEL', key .. ':secrets')
else
    local secrets = take()
    if secrets ~= 'keep' then
        replace(key .. ':secrets', at, at + secrets * 2 - 1, is_new)
        at = at + secrets * 2
    end
    local days = take() * 2
    if days > 0 then
        replace(key .. ':days', at, at + days - 1, true)
        at = at + days
    end
    while at <= #ARGV do
        local entry, count = take(), take() * 2
        redis.call('XADD', key .. ':syncs', entry, unpack(ARGV, at, at + count - 1))
        at = at + count
    end
end
place(prefix, id, before[1] and before or nil, after)
if after[1] == 'true' then
    redis.call('ZREM', prefix .. 'standings', id)
    redis.call('ZREM', prefix .. 'successes', id)
else
    redis.call('ZADD', prefix .. 'standings', CLASS_NEVER_SYNCED, id)
    redis.call('ZADD', prefix .. 'successes', 0, id)
    if events ~= '0' then
        redis.call('ZADD', prefix .. 'unsynced', told_at, id)
    end
end
if field['_muted_until'] and after[1] ~= 'true' then
    redis.call('ZADD', prefix .. 'muted', field['_muted_until'], id)
else
    redis.call('ZREM', prefix .. 'muted', id)
end
redis.call(long == 'long' and 'SADD' or 'SREM', prefix .. 'long', id)
return { before[1] and 'updated' or 'created', let_go, token or '' }
