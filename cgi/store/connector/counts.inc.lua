-- Counts of the syncs that have ended, of a day or of an hour, for the scripts that end syncs. A line of counts
-- is seven numbers of content: completed, failed, and canceled or suspended syncs, documents indexed and
-- deleted, milliseconds, and those of the longest sync; and, if there were any, five of access control, which
-- has no documents. A connector's current day, and a shard's current hour, have their time in front of the line.

-- Adds the twelve numbers of `ended` to the line, and gives it. If the line is of an earlier time, begins a new
-- one, and gives the former as well. If the clock is behind, it counts into the line's later time.
local function add_counts(line, time, ended)
    local of, completed, failed, canceled, indexed, deleted, millis, longest, access = string.match(line or '',
        '^(%S+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+)(.*)$')
    local over
    if not of or of < time then
        over, of, access = of, time, ''
        completed, failed, canceled, indexed, deleted, millis, longest = 0, 0, 0, 0, 0, 0, 0
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
local function keep_counts(key, line, now, days_kept)
    local HOURS_OF_DAYS = 15
    local today, times, days = seconds_of(now), redis.call('HGETALL', key), {}
    times[#times + 1], times[#times + 2] = string.match(line, '^(%S+) (.*)$')
    redis.call('HSET', key, times[#times - 1], times[#times])
    local date_of_line = string.sub(line, 1, 10)
    for i = 1, #times, 2 do
        local date = string.sub(times[i], 1, 10)
        local is_hour = #times[i] > 10
        local kept = is_hour and math.min(days_kept, HOURS_OF_DAYS) or days_kept
        if today - seconds_of(date .. 'T00:00:00.000Z') >= kept * 86400 then
            redis.call('HDEL', key, times[i])
            is_hour = is_hour and date == date_of_line
        end
        if is_hour then
            local numbers = {}
            for number in string.gmatch(times[i + 1], '%d+') do
                numbers[#numbers + 1] = number + 0
            end
            numbers.access = #numbers == 12
            days[date] = add_counts(days[date], date, numbers)
        end
    end
    return days
end
