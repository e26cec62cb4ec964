-- Ends a look, and gives the index name up where the connector was found not to have it.
--
-- KEYS[1]  the key of the index name
-- KEYS[2]  the key of who looks
-- ARGV[1]  the word with which was looked
-- ARGV[2]  free or keep
-- Answers  released; nothing is done where anybody has claimed the name, or looks, by now

if redis.call('GET', KEYS[2]) == ARGV[1] then
    redis.call('DEL', KEYS[2])
    if ARGV[2] == 'free' then
        redis.call('DEL', KEYS[1])
    end
end
return 'released'
