-- Compares the stored counts of service types with new ones from the directory, and sets them.
--
-- KEYS[1]  `service_types`
-- ARGV     look or fix; how many types there were before the counting, and of each its name and number; then
--          how many were counted, and of each its name and number
-- Answers  right; changed if they are not those from before the counting; wrong; or fixed

local function is_stored(from, count)
    for i = from, from + 2 * count - 1, 2 do
        if redis.call('HGET', KEYS[1], ARGV[i]) ~= ARGV[i + 1] then
            return false
        end
    end
    return redis.call('HLEN', KEYS[1]) == count
end

local before = ARGV[2] + 0
local counted_at = 4 + 2 * before
local counted = ARGV[counted_at - 1] + 0
if is_stored(counted_at, counted) then
    return 'right'
end
if not is_stored(3, before) then
    return 'changed'
end
if ARGV[1] == 'look' then
    return 'wrong'
end
redis.call('DEL', KEYS[1])
for i = counted_at, counted_at + 2 * counted - 1, 2 do
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 'fixed'
