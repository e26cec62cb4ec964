-- Removes sync jobs with all that belongs to them.
--
-- KEYS[1]  the job's hash, or the list of a connector's jobs
-- ARGV     the prefix of its shard's keys; the job's id, or "" for those of the list; of
--          these, at most how many
-- Answers  how many were removed

-- include: job/job.inc.lua

local prefix = ARGV[1]

local function remove(id)
    local key = prefix .. 'sync_job:{' .. encoded(id) .. '}'
    local connector, status = unpack(redis.call('HMGET', key, '_connector_id', 'status'))
    if not status then
        return 0
    end
    in_lists(prefix, connector, status, 'ZREM', id)
    redis.call('SREM', prefix .. 'long', id)
    redis.call('DEL', key .. ':secrets')
    return redis.call('DEL', key)
end

if ARGV[2] ~= '' then
    return remove(ARGV[2])
end
local removed = 0
for _, id in ipairs(redis.call('ZRANGE', KEYS[1], 0, ARGV[3] - 1)) do
    if remove(id) == 0 then
        redis.call('ZREM', KEYS[1], id)
    end
    removed = removed + 1
end
return removed
