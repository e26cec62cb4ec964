-- Takes a lease, extends it, or gives it back. One that lasts longer than it is asked for is nobody's: Redis's clock
-- has been set back since, and it would last until that is made up for.
--
-- KEYS[1]  the lease
-- ARGV     the token of the process that wants it; for how many milliseconds, 0 to give it back
-- Answers  1 if the lease is that process's now, else 0

local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] and (ARGV[2] == '0' or redis.call('PTTL', KEYS[1]) <= ARGV[2] + 0) then
    return 0
end
if ARGV[2] == '0' then
    redis.call('DEL', KEYS[1])
    return 0
end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
