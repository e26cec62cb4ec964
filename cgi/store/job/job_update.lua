-- Changes a sync job, and its places in lists with its status.
--
-- KEYS[1]  the job's hash
-- ARGV     what stands before the names of its shard's keys; its id; long, or "", where a field is long;
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
