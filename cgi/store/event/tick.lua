-- Tells the events that time alone has caused in a shard since the last tick: connectors that are late or lost,
-- or have existed too long without a sync. It works in slices; the last one notes until when all is told.
--
-- KEYS[1]  `standings`
-- ARGV     the prefix of the shard's keys; the time, in seconds since 1970; how many events
--          the stream is to hold; how many connectors the slices before have looked at, and how many this one
--          may; --max-age; how many seconds to look at again, as clocks differ and writes can be late
-- Answers  how many connectors all slices have looked at, or -1 when the tick is done

-- schema: classes
-- include: event/tell.inc.lua
-- include: connector/place.inc.lua

local prefix, now, most, skip, room, max_age = ARGV[1], ARGV[2] + 0, ARGV[3], ARGV[4] + 0, ARGV[5] + 0, ARGV[6] + 0
local CLASS = 2 ^ 40
local from = redis.call('GET', prefix .. 'told_until')
local after = from and from - ARGV[7] or -1
local looked = skip
local LOST, LATE, FAILING = 'lost', 'late', 'failing'

-- The bad state that each class reaches in time; on the first tick also the classes that are bad already.
local classes = { { CLASS_LATE_RUNNING, LOST }, { CLASS_FIRST_RUNNING, LOST }, { CLASS_FRESH_RUNNING, LOST },
    { CLASS_DISABLED_RUNNING, LOST }, { CLASS_SYNCED, LATE } }
if not from then
    classes[6], classes[7] = { CLASS_FAILING, FAILING }, { CLASS_FAILING_RUNNING, FAILING }
    classes[8] = { CLASS_NEVER_SYNCED }
end

local function look(id, state, since)
    local key = prefix .. 'connector:{' .. encoded(id) .. '}'
    local deleted, told, failures, access_failures, error = unpack(redis.call('HMGET', key, 'deleted', '_told',
        '_consecutive_failures', '_access_control_consecutive_failures', 'last_sync_error'))
    local before = string.match(told or '', '^(%S+) %d+$')
    if deleted ~= 'false' or before == state then
        return
    end
    local added = tell(prefix, most, state, key, before or '', state, since,
        (failures or 0) + (access_failures or 0), state == FAILING and error and 'error: ' .. string.sub(error, 1, 1024) or '')
    if type(added) ~= 'table' then
        redis.call('HSET', key, '_told', string.format('%s %d', state, now))
    end
end

local function text(number)
    return string.format('%.0f', number)
end

for _, class in ipairs(classes) do
    local least, greatest = '(' .. text(class[1] + after), text(class[1] + now)
    local there = redis.call('ZCOUNT', KEYS[1], least, greatest)
    if skip >= there then
        skip = skip - there
    elseif room > 0 then
        local found = redis.call('ZRANGEBYSCORE', KEYS[1], least, greatest, 'WITHSCORES', 'LIMIT', skip, room)
        for i = 1, #found, 2 do
            if class[2] then
                look(found[i], class[2], text(found[i + 1] % CLASS))
            else
                redis.call('ZADD', prefix .. 'unsynced', 'NX', now + max_age, found[i])
            end
        end
        looked, room, skip = looked + #found / 2, room - #found / 2, 0
    end
end
if room <= 0 then
    return looked
end

-- A connector that has never synced is looked at once, when its creation is too long ago; and again while the
-- answer is open because it runs, or its schedules are off.
local found = redis.call('ZRANGEBYSCORE', prefix .. 'unsynced', '-inf', now, 'LIMIT', 0, room)
for _, id in ipairs(found) do
    local score = redis.call('ZSCORE', KEYS[1], id)
    local class = score and score - score % CLASS
    if class == CLASS_NEVER_SYNCED then
        look(id, 'never_synced', now - max_age)
    end
    if class == CLASS_FIRST_RUNNING or class == CLASS_DISABLED or class == CLASS_DISABLED_RUNNING then
        redis.call('ZADD', prefix .. 'unsynced', now + max_age, id)
    else
        redis.call('ZREM', prefix .. 'unsynced', id)
    end
end
if #found == room then
    return looked
end
if not from or now > from + 0 then
    redis.call('SET', prefix .. 'told_until', text(now))
end
return -1
