-- Changes a sync job, for each script that does so: job_look checks the guards, then job_write writes the job
-- and its places in lists.

-- include: job/lists.inc.lua
-- include: schema/version.inc.lua

-- Looks at the fields in ARGV, from `from` on, four words for each: plain or secret; s to set it, c to clear it,
-- or g for a guard, which must still have that value; its name; and its value ("" in a guard: absent). Gives
-- what job_write needs, or nil and a word: missing or changed.
local function job_look(key, from)
    local job = { key = key, from = from, stored = {},
        hash = { plain = key, secret = key .. ':secrets' } }
    job.connector, job.status = unpack(redis.call('HMGET', key, '_connector_id', 'status'))
    if not job.status then
        return nil, 'missing'
    end
    for i = from, #ARGV - 3, 4 do
        job.stored[i] = redis.call('HGET', job.hash[ARGV[i]], ARGV[i + 2])
        if ARGV[i + 1] == 'g' and (job.stored[i] or '') ~= ARGV[i + 3] then
            return nil, 'changed'
        end
    end
    return job
end

-- Writes what differs: updated or noop.
local function job_write(job, prefix, id)
    local answer, status = 'noop', job.status
    for i = job.from, #ARGV - 3, 4 do
        local value = ARGV[i + 1] == 's' and ARGV[i + 3]
        if ARGV[i + 1] ~= 'g' and job.stored[i] ~= value then
            if value then
                redis.call('HSET', job.hash[ARGV[i]], ARGV[i + 2], value)
            else
                redis.call('HDEL', job.hash[ARGV[i]], ARGV[i + 2])
            end
            if ARGV[i + 2] == 'status' then
                status = value
            end
            answer = 'updated'
        end
    end
    if answer == 'updated' then
        version_count(job.key)
    end
    if status ~= job.status then
        local score = redis.call('ZSCORE', prefix .. '{sync_jobs}', id)
        if score then
            in_lists(prefix, job.connector, job.status, 'ZREM', id)
            in_lists(prefix, job.connector, status, 'ZADD', score, id)
        end
    end
    return answer
end
