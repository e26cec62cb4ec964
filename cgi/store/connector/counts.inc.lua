-- Counts of the syncs that have ended, of a day or of an hour, for the scripts that end syncs. A line of counts
-- is seven numbers of content: completed, failed, and canceled or suspended syncs, documents indexed and
-- deleted, milliseconds, and those of the longest sync; and, if there were any, five of access control, which
-- has no documents. A connector's current day, and a shard's current hour, have their time in front of the line.

-- Adds the numbers of `ended`, a table of twelve or the counts of a line, to the line, and gives it. If the line is of
-- an earlier time, begins a new one, and gives the former time as well. It does so too if the line is more than an
-- hour ahead, or a day if it is of a day: one of the two clocks is wrong, and the line's would take all counts until
-- that time comes. If the line is less ahead, the numbers count into its time.
local function add_counts(line, time, ended)
    local of, completed, failed, canceled, indexed, deleted, millis, longest, access = string.match(line or '',
        '^(%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)(.*)$')
    local is_new, over = not of or of < time, nil
    if of and of > time then
        local rest, most = string.sub('0000-00-00T00:00:00.000Z', #time + 1), #time > 10 and 3600 or 86400
        is_new = seconds_of(of .. rest) - seconds_of(time .. rest) > most
    end
    if is_new then
        over, of, access = of, time, ''
        completed, failed, canceled, indexed, deleted, millis, longest = 0, 0, 0, 0, 0, 0, 0
    end
    if type(ended) == 'string' then
        local numbers = {}
        for number in string.gmatch(ended, '%d+') do
            numbers[#numbers + 1] = number + 0
        end
        numbers.access = #numbers == 12
        ended = numbers
    end
    if ended.access then
        local c, f, x, m, l = string.match(access, '^ (%d+) (%d+) (%d+) (%d+) (%d+)$')
        access = string.format(' %d %d %d %d %d', (c or 0) + ended[8], (f or 0) + ended[9], (x or 0) + ended[10],
            (m or 0) + ended[11], math.max(l or 0, ended[12]))
    end
    return string.format('%s %d %d %d %d %d %d %d%s', of, completed + ended[1], failed + ended[2],
        canceled + ended[3], indexed + ended[4], deleted + ended[5], millis + ended[6],
        math.max(longest, ended[7]), access), over
end

-- Keeps a time that is over, "<time> <counts>", in a hash, and removes the entries that are too old. It is
-- called once for each day on which a connector ends a sync, and for each hour in which any does. The days of
-- the shard are the sums of its hours; of a day, all hours are kept or none. The hours of the line's own day are
-- summed once more before they are removed.
--
-- `now` may be by a wrong clock, so what is too old is judged by the day after the line's at the latest. After a
-- longer pause the rest is removed when the next time is over. Two clocks that differ end a time more than once: it
-- is added to its entry then, and the other entries are left alone. A clock that is weeks behind brings an hour of a
-- day whose hours are removed: its counts do not replace the sum of all.
local function keep_counts(key, line, now, days_kept)
    local HOURS_OF_DAYS = 15 -- today, and two weeks to compare with each other
    local time, counts = string.match(line, '^(%S+) (.*)$')
    local date_of_line, is_sum = string.sub(time, 1, 10), #time == 10 and key ~= KEYS[1] .. ':days'
    local before = redis.call('HGET', key, time)
    if before and not is_sum then
        redis.call('HSET', key, time, string.match(add_counts(time .. ' ' .. before, time, counts), ' (.*)$'))
        return {}
    end
    local completed, failed, canceled = string.match(before or '', '^(%d+) (%d+) (%d+)')
    local new_completed, new_failed, new_canceled = string.match(counts, '^(%d+) (%d+) (%d+)')
    if not completed or completed + failed + canceled <= new_completed + new_failed + new_canceled then
        redis.call('HSET', key, time, counts)
    end
    local midnight = 'T00:00:00.000Z'
    local today = math.min(seconds_of(now), seconds_of(date_of_line .. midnight) + 86400)
    local times, days = redis.call('HGETALL', key), {}
    for i = 1, #times, 2 do
        local date = string.sub(times[i], 1, 10)
        local is_hour = #times[i] > 10
        local kept = is_hour and math.min(days_kept, HOURS_OF_DAYS) or days_kept
        local age = today - seconds_of(date .. midnight)
        if age >= kept * 86400 then
            redis.call('HDEL', key, times[i])
            is_hour = is_hour and date == date_of_line
        end
        if is_hour and age >= 0 then -- a day of the future is summed when it has come
            days[date] = add_counts(days[date], date, times[i + 1])
        end
    end
    return days
end
