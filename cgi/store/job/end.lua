-- Ends a sync job and reports it to its connector, in one step.
--
-- KEYS[1]  the connector's hash
-- KEYS[2]  the job's hash
-- ARGV     what report.lua takes; the job's id; long if a field of the job is long, else ""; fields: see
--          job.inc.lua; last, the place in ARGV of the job's id
-- Answers  {missing}   no such job
--          {changed}   a guard of either does not hold: read again
--          {the job's noop or updated, what report.lua answers, missing if there is no such connector}

-- include: job/job.inc.lua
-- include: connector/report.inc.lua

local at = ARGV[#ARGV] + 0
local job, refusal = job_look(KEYS[2], at + 2)
if refusal then
    return { refusal }
end
local reported = report(ARGV)
if type(reported) == 'table' then
    return reported
end
if reported == 'changed' then
    return { 'changed' }
end
local answer = job_write(job, ARGV[1], ARGV[at])
if ARGV[at + 1] == 'long' and answer == 'updated' then
    redis.call('SADD', ARGV[1] .. 'long', ARGV[at])
end
return { answer, reported }
