-- Puts a connector into the order of lists, and takes its former places out.
--
-- KEYS[1]  the sorted set of connectors
-- ARGV[1]  its score and
-- ARGV[2]  its member; "" for a connector that is gone
-- ARGV     further members, to be removed
-- Answers  relisted

for i = 3, #ARGV do
    if ARGV[i] ~= ARGV[2] then
        redis.call('ZREM', KEYS[1], ARGV[i])
    end
end
if ARGV[2] ~= '' then
    redis.call('ZADD', KEYS[1], ARGV[1], ARGV[2])
end
return 'relisted'
