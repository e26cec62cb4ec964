-- Writes a sync job's whole document in place of a former one, if any, and lists it.
--
-- KEYS[1]  the job's hash
-- ARGV     the prefix of its shard's keys; its id; its score in lists; keep if its stored
--          secrets are to stay, else write; long if a field is long, else ""; of each field plain or secret,
--          its name, and its value
-- Answers  created or updated

-- include: job/job.inc.lua

local key, prefix, id = KEYS[1], ARGV[1], ARGV[2]
local had = redis.call('HMGET', key, '_connector_id', 'status', '_version')
local plain, secret, new, kept = {}, {}, {}, ARGV[4] == 'keep'
for i = 6, #ARGV, 3 do
    local pairs_of = ARGV[i] == 'secret' and secret or plain
    pairs_of[#pairs_of + 1], pairs_of[#pairs_of + 2] = ARGV[i + 1], ARGV[i + 2]
    new[ARGV[i] .. ARGV[i + 1]] = ARGV[i + 2]
end

-- The former fields are removed after the new ones are written, as Redis checks its memory limit only before
-- a script's first write.
local function replace(hash, kind, fields)
    local gone = {}
    for _, name in ipairs(redis.call('HKEYS', hash)) do
        if not new[kind .. name] then
            gone[#gone + 1] = name
        end
    end
    if #fields > 0 then
        redis.call('HSET', hash, unpack(fields))
    end
    if #gone > 0 then
        redis.call('HDEL', hash, unpack(gone))
    end
end

replace(key, 'plain', plain)
if had[2] then
    version_go_on(key, had[3])
end
if not kept then
    replace(key .. ':secrets', 'secret', secret)
end
if had[1] and had[2] then
    in_lists(prefix, had[1], had[2], 'ZREM', id)
end
in_lists(prefix, new['plain_connector_id'], new['plainstatus'], 'ZADD', ARGV[3], id)
redis.call(ARGV[5] == 'long' and 'SADD' or 'SREM', prefix .. 'long', id)
return had[2] and 'updated' or 'created'
