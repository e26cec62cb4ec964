-- Tells the events that time alone has caused in a shard since the last tick: connectors that are late or lost,
-- or have existed too long without a sync. It works in slices; the last one notes until when all is told. If a
-- connector that was looked at has left its place between two slices, the next slice skips another one. An ordinary
-- tick looks at that again by the overlap. One that begins anew is done only when it has found nothing to do. If
-- Redis refuses an event, because it is full, the shard's tick ends there, and the next one looks at all again.
--
-- KEYS[1]  `standings`
-- ARGV     the prefix of the shard's keys; the time, in seconds since 1970; how many events
--          the stream is to hold; how many connectors the slices before have looked at, and how many this one
--          may; --max-age; how many seconds to look at again, as clocks differ and writes can be late; how many
--          connectors the slices before have told of or put into `unsynced`
-- Answers  {how many connectors all slices have looked at, or -1 after the last one; of how many they have told, or
--          put into `unsynced`: unless 0 after the last one, the tick begins again}

-- include: event/tell.inc.lua
-- include: event/failure.inc.lua
-- include: connector/place.inc.lua

local prefix, now, most, skip, room, max_age = ARGV[1], ARGV[2] + 0, ARGV[3], ARGV[4] + 0, ARGV[5] + 0, ARGV[6] + 0
local CLASS, SILENCE = 2 ^ 40, 600
local from = redis.call('GET', prefix .. 'told_until')
-- Events may have been off meanwhile; or a clock that was ahead told until a time of its own.
local anew = not from or now - from > SILENCE or from - now > ARGV[7] + 0
local after = anew and -1 or from - ARGV[7]
local looked, found_new = skip, ARGV[8] + 0
local LOST, LATE, FAILING = 'lost', 'late', 'failing'

-- The bad state that each class reaches in time. A tick that begins anew looks at those that are bad already, too, and
-- at those that may never have synced.
local classes = { { CLASS_LATE_RUNNING, LOST }, { CLASS_FIRST_RUNNING, LOST }, { CLASS_FRESH_RUNNING, LOST },
    { CLASS_DISABLED_RUNNING, LOST }, { CLASS_SYNCED, LATE } }
if anew then
    classes[6], classes[7] = { CLASS_FAILING, FAILING }, { CLASS_FAILING_RUNNING, FAILING }
    classes[8], classes[9] = { CLASS_NEVER_SYNCED }, { CLASS_FIRST_RUNNING }
    classes[10], classes[11] = { CLASS_DISABLED }, { CLASS_DISABLED_RUNNING }
end

-- Gives true if the event is refused.
local function look(id, state, since)
    local key = prefix .. 'connector:{' .. encoded(id) .. '}'
    local deleted, told = unpack(redis.call('HMGET', key, 'deleted', '_told'))
    local before = string.match(told or '', '^(%S+) %d+$')
    if deleted ~= 'false' or before == state then
        return
    end
    local failures, error = failure_of(key)
    local added = tell(prefix, most, state, key, before or '', state, since, failures,
        state == FAILING and error or '')
    if type(added) ~= 'table' then
        redis.call('HSET', key, '_told', string.format('%s %d', state, now))
        found_new = found_new + 1
    end
    return type(added) == 'table' and not string.find(added.err, 'nknown')
end

local function text(number)
    return string.format('%.0f', number)
end

for _, class in ipairs(classes) do
    local least, greatest = '(' .. text(class[1] + after), text(class[1] + (class[2] and now or CLASS - 1))
    local there = redis.call('ZCOUNT', KEYS[1], least, greatest)
    if skip >= there then
        skip = skip - there
    elseif room > 0 then
        local found = redis.call('ZRANGEBYSCORE', KEYS[1], least, greatest, 'WITHSCORES', 'LIMIT', skip, room)
        for i = 1, #found, 2 do
            if class[2] then
                if look(found[i], class[2], text(found[i + 1] % CLASS)) then
                    return { -1, 0 }
                end
            else
                found_new = found_new + redis.call('ZADD', prefix .. 'unsynced', 'NX', now + max_age, found[i])
            end
        end
        looked, room, skip = looked + #found / 2, room - #found / 2, 0
    end
end
if room <= 0 then
    return { looked, found_new }
end

-- A connector that has never synced is looked at once, when its creation is too long ago; and again while the
-- answer is open because it runs, or its schedules are off.
local found = redis.call('ZRANGEBYSCORE', prefix .. 'unsynced', '-inf', now, 'LIMIT', 0, room)
for _, id in ipairs(found) do
    local score = redis.call('ZSCORE', KEYS[1], id)
    local class = score and score - score % CLASS
    local success = redis.call('ZSCORE', prefix .. 'successes', id)
    local is_open = class == CLASS_FIRST_RUNNING or class == CLASS_DISABLED or class == CLASS_DISABLED_RUNNING
    if class == CLASS_NEVER_SYNCED and look(id, 'never_synced', now - max_age) then
        return { -1, 0 }
    end
    if is_open and success == '0' then
        redis.call('ZADD', prefix .. 'unsynced', now + max_age, id)
    else
        redis.call('ZREM', prefix .. 'unsynced', id)
    end
end
if #found == room then
    return { looked, found_new }
end
if anew and found_new > 0 then
    return { -1, found_new }
end
if anew or now > from + 0 then
    redis.call('SET', prefix .. 'told_until', text(now))
end
return { -1, 0 }
