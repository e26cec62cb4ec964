-- Forgets what the targets of notifications know of a connector that is gone. Of one whose bad state a target was
-- told, the target is told the end, and forgets it then.

-- include: event/targets.inc.lua

local function forget(prefix, id)
    for _, target in ipairs(targets_of(prefix)) do
        redis.call('ZREM', target .. ':held', id)
        if string.match(redis.call('HGET', target .. ':told', id) or '', '^ok ') then
            redis.call('HDEL', target .. ':told', id)
        end
    end
end
