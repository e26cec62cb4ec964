-- Tells what the targets of notifications have not been told yet: of each that has a group of `events`.
--
-- KEYS[1]  `events`
-- ARGV     nothing
-- Answers  three items for each target: its name; how many entries wait for it; and when the oldest of
--          them was written, in milliseconds since 1970, or 0

local groups = redis.pcall('XINFO', 'GROUPS', KEYS[1])
local answer = {}

for _, words in ipairs(groups.err and {} or groups) do -- an error: nothing has been told of here
    local group = {}
    for i = 1, #words, 2 do
        group[words[i]] = words[i + 1]
    end
    local target = string.match(group.name, '^notify:(.*)$')
    if target then
        -- the first one that it has taken, and not settled, or else the first one that it has not taken
        local oldest = redis.call('XPENDING', KEYS[1], group.name)[2]
        local untaken = redis.call('XRANGE', KEYS[1], '(' .. group['last-delivered-id'], '+', 'COUNT', 1)[1]
        oldest = oldest or untaken and untaken[1]
        answer[#answer + 1] = target
        answer[#answer + 1] = group.pending + (group.lag or untaken and 1 or 0) -- Redis below 7 knows no lag
        answer[#answer + 1] = oldest and string.match(oldest, '^%d+') or '0'
    end
end
return answer
