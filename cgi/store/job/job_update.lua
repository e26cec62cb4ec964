-- Changes a sync job and, if its status changes, its places in lists.
--
-- KEYS[1]  the job's hash
-- ARGV     the prefix of its shard's keys; its id; long if a field is long, else "";
--          fields: see job.inc.lua
-- Answers  missing, changed, noop or updated

-- include: job/job.inc.lua

local job, refusal = job_look(KEYS[1], 4)
if refusal then
    return refusal
end
local answer = job_write(job, ARGV[1], ARGV[2])
if ARGV[3] == 'long' and answer == 'updated' then
    redis.call('SADD', ARGV[1] .. 'long', ARGV[2])
end
return answer
