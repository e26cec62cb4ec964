-- The work of report.lua, as a function, for each script that reports. It has few functions and tables, because
-- Redis makes all of them anew in each call: cut into eighteen functions that share a table, it took 9 % more of
-- Redis's time. Each field that is read costs as much as ten lines. A field of content is followed by the same field
-- of access control (see fields.def): `+ kind` finds either.

-- Gives the seconds since 1970 of a datetime as it is stored, and its milliseconds; 0 and 0 for any other text.
-- It computes with bytes, because each text that becomes a number costs as much as ten lines. Any 400 years in a
-- row have the same number of days: a year with a sign is computed as one of the first 400, and the rest added.
local function seconds_of(instant)
    local y1, y2, y3, y4, dash, m1, m2, _, d1, d2, _, h1, h2, _, n1, n2, _, s1, s2, point, f1, f2, f3 =
        string.byte(instant, 1, 23)
    if dash ~= 45 or point ~= 46 then
        local year, rest = string.match(instant, '^([-+]%d+)(%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%d)')
        if not year then
            return 0, 0
        end
        local of_era = year % 400
        local second, fraction = seconds_of(string.format('%04d', of_era) .. rest)
        return (year - of_era) / 400 * 146097 * 86400 + second, fraction
    end
    -- The byte of a digit is 48 more than its value; each constant takes these off. Months count from March, so
    -- the leap day is the last one of its year; `month` is 0 to 11.
    local months = (y1 * 1000 + y2 * 100 + y3 * 10 + y4 - 53328) * 12 + m1 * 10 + m2 - 531
    local month = months % 12
    local year = (months - month) / 12
    local part = 153 * month + 2
    local days = year * 365 + (year - year % 4) / 4 - (year - year % 100) / 100 + (year - year % 400) / 400
        + (part - part % 5) / 5 + d1 * 10 + d2 - 719997
    return ((days * 24 + h1 * 10 + h2) * 60 + n1 * 10 + n2) * 60 + s1 * 10 + s2 - 1933008,
        f1 * 100 + f2 * 10 + f3 - 5328
end

-- Gives the first time in a list of next syncs after a success or, without one, after the time that the list
-- begins with; and whether the list must be computed again, because it was made for later successes or has no
-- further time. A list that ends with a point has all times that will ever come.
local function next_sync(list, success)
    local made_for, times = string.match(list, '^(%d+)(.*)$')
    if success and success < made_for + 0 then
        return nil, true
    end
    for time, behind in string.gmatch(times, '(%d+)(.?)') do
        if time + 0 > (success or made_for + 0) then
            return time + 0, behind == ''
        end
    end
    return nil, string.sub(list, -1) ~= '.'
end

-- include: connector/counts.inc.lua
-- include: event/tell.inc.lua

-- Derives what follows from the end of a sync. Gives when it began, and how long it took; false if not known.
local function end_sync(ARGV, value, kind, millis)
    local status, started, duration = value[LAST_SYNC_STATUS + kind], value[SYNC_STARTED_AT + kind], false
    if started then
        local from, fraction = seconds_of(started)
        duration = string.format('%d', math.max(0, millis - from * 1000 - fraction))
        value[SYNC_STARTED_AT + kind] = false
    end
    if status == 'completed' then
        local success = value[LAST_SUCCESS + kind]
        -- without their Z, because 00.001Z is before 00.0015Z
        if not success or string.sub(success, 1, -2) < string.sub(ARGV[5], 1, -2) then
            value[LAST_SUCCESS + kind] = ARGV[5]
        end
        value[CONSECUTIVE_FAILURES + kind] = '0'
    elseif status == 'error' then
        value[CONSECUTIVE_FAILURES + kind] = string.format('%d', (value[CONSECUTIVE_FAILURES + kind] or 0) + 1)
    end
    value[LAST_DURATION_MS + kind] = duration
    return started, duration
end

-- Gives the second at which the next success is due, false if never; whether the times of the next syncs have run
-- out; and whether that second is to be computed anew for it. It follows from the schedules that are on, or else from
-- the age of the last success, which was at second `at`. The lists of next syncs may be among the other changes,
-- which stand in ARGV from `from` to `to`.
local function due_after(ARGV, key, value, at, from, to)
    local success, access_success, paused = value[LAST_SUCCESS], value[ACCESS_CONTROL_LAST_SUCCESS], value[PAUSED]
    local due = success and paused ~= 'true' and at + string.match(ARGV[8], '^%d+')
    if paused ~= 'false' then
        return due, false, false
    end
    local lists = redis.call('HMGET', key, '_next_syncs', '_access_control_next_syncs')
    for i = from, to, 3 do
        local list = ARGV[i + 1] == '_next_syncs' and 1 or ARGV[i + 1] == '_access_control_next_syncs' and 2
        if list then
            lists[list] = ARGV[i] == 's' and ARGV[i + 2]
        end
    end
    -- Without a list it was written whole, and what follows from that is still to be written.
    local time, access_time, last
    local refill = not lists[1] and not lists[2]
    local open = refill
    if lists[1] then
        time, refill = next_sync(lists[1], success and at)
        open = refill and not time
    end
    if lists[2] and access_success then
        access_time, last = next_sync(lists[2], (seconds_of(access_success)))
        refill, open = refill or last, open or last and not access_time
        time = time and access_time and math.min(time, access_time) or time or access_time
    end
    return time and time + string.match(ARGV[8], '%d+$') or due, refill, open
end

-- Tells that a connector has come into a bad state, or out of one. `heard` and `lost_at` are false unless it runs a
-- sync. Gives what XADD answers; nil if there is nothing to tell.
local function tell_change(ARGV, key, value, second, heard, lost_at)
    local paused, success, due = value[PAUSED] == 'true', value[LAST_SUCCESS], value[DUE_AT]
    local failures, access_failures = value[CONSECUTIVE_FAILURES], value[ACCESS_CONTROL_CONSECUTIVE_FAILURES]
    local told, told_at = string.match(value[TOLD] or '', '^(%S+) (%d+)$')
    local bad, since
    if value[FAILING_SINCE] and not paused then
        bad, since = 'failing', value[FAILING_SINCE]
    elseif heard and lost_at <= second then
        bad, since = 'lost', heard
    elseif not success and not paused then
        bad, since = told == 'never_synced' and told or nil, told_at
    elseif not paused and (heard or second) >= due + 0 then
        bad, since = 'late', due
    end
    if bad == told then
        return nil
    end
    local error
    if bad == 'failing' then
        local kind = failures and failures ~= '0' and 0 or 1
        local status = value[LAST_SYNC_STATUS + kind]
        error = value[LAST_SYNC_ERROR + kind]
        if not IS_ENDED(status) then -- the reported fields are about the next one
            local ended = redis.call('HGET', key, kind == 0 and '_ended' or '_access_control_ended')
            error = string.match(ended or '', '^%S+ (.*)$')
        end
    end
    local added = tell(ARGV[1], ARGV[11],
        bad or paused and 'disabled' or told == 'lost' and 'back' or 'recovered', key, told or '',
        bad or paused and 'disabled' or success and 'fresh' or heard and 'running' or 'never_synced',
        bad and since or told_at, (failures or 0) + (access_failures or 0),
        error_text(error))
    if type(added) ~= 'table' then
        value[TOLD] = bad and string.format('%s %d', bad, second)
        if not bad and not success then -- it has still never synced
            redis.call('ZADD', ARGV[1] .. 'unsynced', second + string.match(ARGV[8], '^%d+'), ARGV[2])
        end
    end
    return added
end

-- Takes ARGV, because a parameter is nearer than the script's own.
local function report(ARGV)
    -- schema: report
    local GIVEN, WRITTEN = LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT, PAUSED - 1 -- the last ones
    local SET, CLEAR, LEAVE = 115, 99, 45
    local MOST = 1e12 -- the most documents of one sync that are counted: sums stay exact

    local key, prefix, id, now, millis = KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4] + 0
    local second, mode = math.floor(millis / 1000), ARGV[9]
    local reports = mode == 'report' or mode == 'long report'

    -- By the number of the field: the stored values, false if absent, and the new ones.
    local stored = redis.call('HMGET', key, unpack(names))
    if stored[DELETED] ~= 'false' then
        return 'missing'
    end
    local value, answer = { unpack(stored) }, 'noop'

    local flags, argument = { string.byte(ARGV[12], 1, GIVEN) }, 13
    for i = 1, GIVEN do
        local flag = flags[i]
        if flag == SET then
            value[i] = ARGV[argument]
            argument = argument + 1
        elseif flag == CLEAR then
            value[i] = false
        end
        if value[i] ~= stored[i] then
            answer = 'updated'
        end
    end

    local changes, count, cleared = {}, 0, {}
    local guards = argument + 1 + 3 * (ARGV[argument] or 0)
    for i = argument + 1, guards - 1, 3 do
        local name, new = ARGV[i + 1], ARGV[i] == 's' and ARGV[i + 2]
        if redis.call('HGET', key, name) ~= new then
            if new then
                changes[count + 1], changes[count + 2] = name, new
                count = count + 2
            else
                cleared[#cleared + 1] = name
            end
            if name == '_paused' then
                value[PAUSED] = new
            elseif name == 'last_seen' then
                value[LAST_SEEN], answer = new, 'updated'
            elseif string.byte(name) ~= 95 then -- a change of our own fields alone is a noop
                answer = 'updated'
            end
        end
    end
    for i = guards + 1, guards + 2 * (ARGV[guards] or 0), 2 do
        if (redis.call('HGET', key, ARGV[i]) or '') ~= ARGV[i + 1] then
            return 'changed'
        end
    end

    local access_given = flags[LAST_ACCESS_CONTROL_SYNC_STATUS] ~= LEAVE
    local content_given = flags[LAST_SYNC_STATUS] ~= LEAVE or not access_given
    local synced = value[LAST_SYNCED] and value[LAST_SYNCED] ~= stored[LAST_SYNCED]

    -- Both kinds share last_synced, so of the kind that it is not of, the time is kept apart: "<kind> <its time>
    -- <last_synced>", as long as last_synced is this one. Without it both have ended at last_synced.
    if reports and content_given ~= access_given and flags[LAST_SYNCED] == SET and stored[LAST_SYNCED]
        and value[LAST_SYNC_STATUS] and value[LAST_ACCESS_CONTROL_SYNC_STATUS] then
        local own, other = 'content', 'access_control'
        if access_given then
            own, other = other, own
        end
        local of, time, last = string.match(redis.call('HGET', key, '_other_synced') or '', '^(%S+) (%S+) (%S+)$')
        if last ~= stored[LAST_SYNCED] then
            of = nil
        end
        local status = value[LAST_SYNC_STATUS + (access_given and 1 or 0)]
        local is_end = IS_ENDED(status)
        if synced then
            changes[count + 1] = '_other_synced'
            changes[count + 2] = other .. ' ' .. (of == other and time or stored[LAST_SYNCED])
                .. ' ' .. value[LAST_SYNCED]
            count = count + 2
        elseif of == own and is_end then
            cleared[#cleared + 1] = '_other_synced'
        end
        if of == own then
            synced = value[LAST_SYNCED] ~= time
            answer = synced and is_end and 'updated' or answer
        end
    end

    local unstreamed, ended = '', false
    if answer == 'updated' and reports then
        local indexed_given = flags[LAST_INDEXED_DOCUMENT_COUNT] == SET
        local deleted_given = flags[LAST_DELETED_DOCUMENT_COUNT] == SET

        -- Counts that come with access control alone are not those of a running sync of content.
        if not content_given and value[COUNTED] then
            local indexed = value[COUNTED] ~= 'deleted' and not indexed_given
            local deleted = value[COUNTED] ~= 'indexed' and not deleted_given
            value[COUNTED] = indexed and deleted and 'both' or indexed and 'indexed' or deleted and 'deleted'
        end

        -- First of content, then of access control. A sync begins when its status says so, or with a new
        -- time while it does; it ends when its status becomes one of an end, or comes with a new time of
        -- the sync. A new time alone is the schedule's: the sync that runs goes on.
        local given = content_given
        local scheduled = flags[LAST_SYNC_STATUS] == SET
            and (value[LAST_SYNC_SCHEDULED_AT]
            and value[LAST_SYNC_SCHEDULED_AT] ~= stored[LAST_SYNC_SCHEDULED_AT]
            or value[LAST_INCREMENTAL_SYNC_SCHEDULED_AT]
            and value[LAST_INCREMENTAL_SYNC_SCHEDULED_AT] ~= stored[LAST_INCREMENTAL_SYNC_SCHEDULED_AT])
        for kind = 0, 1 do
            local status, before = value[LAST_SYNC_STATUS + kind], stored[LAST_SYNC_STATUS + kind]
            if IS_ENDED(status) then
                if given and (synced or status ~= before) then
                    local started, duration = end_sync(ARGV, value, kind, millis)
                    local known = kind == 0 and value[COUNTED]
                    local indexed = (indexed_given or known == 'both' or known == 'indexed')
                        and value[LAST_INDEXED_DOCUMENT_COUNT] or '-1'
                    local deleted = (deleted_given or known == 'both' or known == 'deleted')
                        and value[LAST_DELETED_DOCUMENT_COUNT] or '-1'
                    if ARGV[10] ~= '0' then
                        local at = kind * 7 + (status == 'completed' and 1 or status == 'error' and 2 or 3)
                        ended = ended or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
                        ended[at] = 1
                        ended[6 + 5 * kind], ended[7 + 5 * kind] = duration or 0, duration or 0
                        if kind == 0 then
                            ended[4] = math.min(math.max(indexed, 0), MOST)
                            ended[5] = math.min(math.max(deleted, 0), MOST)
                        else
                            ended.access = true
                        end
                    end
                    -- Every entry has all fields, each always of the same type: -1 and "" are "not
                    -- reported".
                    if ARGV[7] ~= '0' then
                        local added = redis.pcall('XADD', key .. ':syncs', 'MAXLEN', '~', ARGV[7], '*',
                            'kind', kind == 0 and 'content' or 'access_control',
                            'status', status, 'status_code', CODE_OF(status),
                            'error', error_text(value[LAST_SYNC_ERROR + kind]), 'last_synced', value[LAST_SYNCED] or '',
                            'started_at', started or '',
                            'indexed', indexed, 'deleted', deleted, 'duration_ms', duration or '-1')
                        if type(added) == 'table' and added.err then
                            if not string.find(added.err, 'nknown') then
                                return added
                            end
                            unstreamed = ' unstreamed'
                        end
                    end
                    if kind == 0 then
                        value[COUNTED] = false
                    end
                end
            else
                if not status then
                    if before then
                        value[CONSECUTIVE_FAILURES + kind] = false
                        cleared[#cleared + 1] = kind == 0 and '_ended' or '_access_control_ended'
                    end
                elseif IS_ENDED(before) then
                    -- keep how the last sync ended: the reported fields are about the next one now
                    local error = stored[LAST_SYNC_ERROR + kind]
                    changes[count + 1] = kind == 0 and '_ended' or '_access_control_ended'
                    changes[count + 2] = error and before .. ' ' .. error or before
                    count = count + 2
                end
                if status == 'in_progress' then
                    if not value[SYNC_STARTED_AT + kind] or scheduled then
                        value[SYNC_STARTED_AT + kind] = now
                        if kind == 0 then
                            value[COUNTED] = false
                        end
                    end
                    if kind == 0 and given and (indexed_given or deleted_given) then
                        local known = value[COUNTED]
                        value[COUNTED] = (indexed_given and deleted_given or known == 'both'
                            or known == 'deleted' and indexed_given or known == 'indexed' and deleted_given)
                            and 'both' or indexed_given and 'indexed' or 'deleted'
                    end
                elseif status ~= 'canceling' then
                    value[SYNC_STARTED_AT + kind] = false
                    if kind == 0 then
                        value[COUNTED] = false
                    end
                end
            end
            given = access_given
            scheduled = access_given and value[LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT]
                and value[LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT] ~= stored[LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT]
        end
        value[REPORTED_AT] = now
        if ended then
            local line, over = add_counts(value[TODAY], string.sub(now, 1, 10), ended)
            if over then
                keep_counts(key .. ':days', value[TODAY], now, ARGV[10] + 0)
            end
            value[TODAY] = line
            local before = redis.call('GET', prefix .. 'hour')
            line, over = add_counts(before, string.sub(now, 1, 13), ended)
            if over then
                for date, day in pairs(keep_counts(prefix .. 'hours', before, now, ARGV[10] + 0)) do
                    keep_counts(prefix .. 'days', day, now, ARGV[10] + 0)
                end
            end
            redis.call('SET', prefix .. 'hour', line)
        end
    end

    local failures, access_failures = value[CONSECUTIVE_FAILURES], value[ACCESS_CONTROL_CONSECUTIVE_FAILURES]
    local failing = failures and failures ~= '0' or access_failures and access_failures ~= '0'
    value[FAILING_SINCE] = failing and (value[FAILING_SINCE] or string.format('%d', second))

    -- The settings may have changed since the last time. A connector that was written whole is unsettled, until
    -- its writer or the first report settles it.
    local success, settles, refill, open = value[LAST_SUCCESS], mode == 'settle' or mode == 'look', false, false
    local succeeded, unsettled = success ~= stored[LAST_SUCCESS], success and not value[DUE_AT]
    local at, fraction = 0, 0
    if succeeded or settles or unsettled
        or value[ACCESS_CONTROL_LAST_SUCCESS] ~= stored[ACCESS_CONTROL_LAST_SUCCESS] then
        if succeeded then
            at = math.floor(ARGV[6] / 1000)
        elseif success then
            at, fraction = seconds_of(success)
        end
        local due
        due, refill, open = due_after(ARGV, key, value, at, argument + 1, guards - 1)
        value[DUE_AT] = due and string.format('%d', due)
    end

    -- Its state: a class, and the second in which time changes it, or since which it lasts. A connector
    -- that runs a sync is lost after seven minutes without a sign of life: the Elastic connector service
    -- checks in as soon as it notices, each half minute or later, that five minutes are over. Minutes are
    -- rounded up: a connector with frequent signs of life moves once a minute.
    local status, access_status = value[LAST_SYNC_STATUS], value[LAST_ACCESS_CONTROL_SYNC_STATUS]
    local running = IS_RUNNING(status) or IS_RUNNING(access_status)
    local heard, lost_at = false, false
    if running then -- by the times that the document will have, even if they are of other clocks
        local reported, seen = value[REPORTED_AT], value[LAST_SEEN]
        heard = math.max(reported == now and second or reported and seconds_of(reported) or 0,
            seen == now and second or seen and seconds_of(seen) or 0)
        heard = math.min(heard, 2 ^ 40 - 600) -- `lost_at` stays in its class
        lost_at = heard - heard % 60 + 480
    end
    local score = lost_at or 0
    if value[PAUSED] == 'true' then
        score = score + (running and CLASS_DISABLED_RUNNING or CLASS_DISABLED)
    elseif failing then
        score = value[FAILING_SINCE] + (running and CLASS_FAILING_RUNNING or CLASS_FAILING)
    elseif not success then
        score = score + (running and CLASS_FIRST_RUNNING or CLASS_NEVER_SYNCED)
    elseif running then
        score = score + (heard >= value[DUE_AT] + 0 and CLASS_LATE_RUNNING or CLASS_FRESH_RUNNING)
    else
        score = value[DUE_AT] + CLASS_SYNCED
    end

    if mode == 'look' then
        local place = redis.call('ZSCORE', prefix .. 'standings', id)
        local moment = redis.call('ZSCORE', prefix .. 'successes', id)
        return (not place or place + 0 ~= score or not moment or moment + 0 ~= at * 1000 + fraction
            or value[DUE_AT] ~= stored[DUE_AT]
            or open and redis.call('HEXISTS', key, '_next_syncs') == 0
            and redis.call('HEXISTS', key, '_access_control_next_syncs') == 0) and 'noop wrong' or 'noop'
    end

    -- In the other modes its place does not change.
    local placed = mode == 'settle' or unsettled or answer == 'updated' and reports
        or running and (mode == 'touch' or mode == 'long touch')
    -- While _due_at is open, the settling that follows tells.
    local told = ARGV[11] ~= '0' and placed and (not open or mode == 'settle')
        and tell_change(ARGV, key, value, second, heard, lost_at)
    if type(told) == 'table' and told.err then
        if not string.find(told.err, 'nknown') then
            return told
        end
        unstreamed = ' unstreamed'
    end

    if answer == 'updated' then
        value[VERSION] = string.format('%d', (stored[VERSION] or 0) + 1)
    end
    for i = 1, WRITTEN do
        local new = value[i]
        if new ~= stored[i] then
            if new then
                changes[count + 1], changes[count + 2] = names[i], new
                count = count + 2
            else
                cleared[#cleared + 1] = names[i]
            end
        end
    end
    if count > 0 then
        redis.call('HSET', key, unpack(changes, 1, count))
    end
    if #cleared > 0 then
        redis.call('HDEL', key, unpack(cleared))
    end
    if placed then
        redis.call('ZADD', prefix .. 'standings', string.format('%d', score), id)
    end
    if succeeded then
        redis.call('ZADD', prefix .. 'successes', ARGV[6], id)
    elseif mode == 'settle' or unsettled then
        redis.call('ZADD', prefix .. 'successes', string.format('%d', at * 1000 + fraction), id)
    end
    if mode == 'long report' or mode == 'long touch' then
        redis.call('SADD', prefix .. 'long', id)
    end
    return answer .. unstreamed .. (refill and ' refill' or '')
end
