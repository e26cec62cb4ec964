-- Merges fields into a document of which some lie apart, as secrets, and writes nothing where nothing
-- differs. What update.lua does where all of them lie in one hash.
--
-- KEYS[1]  the document's hash
-- KEYS[2]  the hash of its secrets
-- ARGV     the name of a field that every document has, and that is true in one that is deleted; ""
--          for a new document; then of each field four: plain or secret; s to set it, c to clear it,
--          or g for one that must still be stored as it was read; its name; and its value, of a g ""
--          meaning absent
-- Answers  missing   no such document, or it is deleted
--          changed   a field is no longer stored as it was read: read again
--          noop      everything was so already
--          updated

if ARGV[1] ~= '' then
    local live = redis.call('HGET', KEYS[1], ARGV[1])
    if not live or live == 'true' then
        return 'missing'
    end
end

local hash, stored = { plain = KEYS[1], secret = KEYS[2] }, {}

for i = 2, #ARGV, 4 do
    stored[i] = redis.call('HGET', hash[ARGV[i]], ARGV[i + 2])
    if ARGV[i + 1] == 'g' and (stored[i] or '') ~= ARGV[i + 3] then
        return 'changed'
    end
end

local answer = 'noop'
for i = 2, #ARGV, 4 do
    if ARGV[i + 1] == 's' and stored[i] ~= ARGV[i + 3] then
        redis.call('HSET', hash[ARGV[i]], ARGV[i + 2], ARGV[i + 3])
        answer = 'updated'
    elseif ARGV[i + 1] == 'c' and stored[i] then
        redis.call('HDEL', hash[ARGV[i]], ARGV[i + 2])
        answer = 'updated'
    end
end
return answer
