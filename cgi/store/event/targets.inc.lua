-- Names the targets of notifications: those that have a group of `events`.

-- Gives the beginning of each target's keys. There are none if nothing has been told of in this shard.
local function targets_of(prefix)
    local groups, targets = redis.pcall('XINFO', 'GROUPS', prefix .. 'events'), {}
    for _, group in ipairs(groups.err and {} or groups) do
        local target = string.match(group[2], '^notify:(.*)$') -- after the word "name"
        if target then
            targets[#targets + 1] = prefix .. 'notify:{' .. target .. '}'
        end
    end
    return targets
end
