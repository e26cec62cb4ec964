-- Merges fields into a connector that how it stands follows from; of a report of a sync, derives
-- what follows, and appends it to the connector's history. Straight lines and few functions, for
-- Redis builds all of them anew with each report.
--
-- KEYS[1]  the connector's hash
-- KEYS[2]  the stream of its reports
-- ARGV     the time, as it is stored, and in milliseconds; how many entries the stream is to hold;
--          report or touch; a letter for each of the fields below: s to set it, c to clear it, and -
--          to leave it; the values to set; the number of changes to other fields, and of each its
--          letter, name and value; pairs (field, text) that must still be stored so as they were
--          read, "" meaning absent
-- Answers  missing   no such connector, or it is deleted
--          changed   a field is no longer stored as it was read: read again
--          noop      everything was so already
--          updated
--          The last two may be followed by " unstreamed", where this Redis knows no streams, and by
--          " moved" and where the connector stands.

local names = {
    'last_sync_status', 'last_access_control_sync_status', 'last_synced', 'last_sync_error',
    'last_access_control_sync_error', 'last_indexed_document_count', 'last_deleted_document_count',
    'last_sync_scheduled_at', 'last_incremental_sync_scheduled_at',
    'last_access_control_sync_scheduled_at', '_consecutive_failures',
    '_access_control_consecutive_failures', '_last_success', '_access_control_last_success',
    '_sync_started_at', '_access_control_sync_started_at', '_last_duration_ms',
    '_access_control_last_duration_ms', '_place'
}
local STATUS, ACCESS_STATUS, SYNCED, GIVEN = 1, 2, 3, 10
-- Of content; those of access control stand one behind.
local FAILURES, SUCCESS, STARTED, DURATION, PLACE = 11, 13, 15, 17, 19

-- value[i] becomes what the field names[i] will be, false where absent
local value = redis.call('HMGET', KEYS[1], 'last_sync_status', 'last_access_control_sync_status',
    'last_synced', 'last_sync_error', 'last_access_control_sync_error',
    'last_indexed_document_count', 'last_deleted_document_count', 'last_sync_scheduled_at',
    'last_incremental_sync_scheduled_at', 'last_access_control_sync_scheduled_at',
    '_consecutive_failures', '_access_control_consecutive_failures', '_last_success',
    '_access_control_last_success', '_sync_started_at', '_access_control_sync_started_at',
    '_last_duration_ms', '_access_control_last_duration_ms', '_place', '_paused', 'deleted')
local paused, deleted = value[20], value[21]
if deleted ~= 'false' then
    return 'missing'
end

local now, flags, argument = ARGV[1], { string.byte(ARGV[5], 1, GIVEN) }, 6
local changes, count, cleared, differs, answer = {}, 0, {}, {}, 'noop'

local function write(name, new)
    if new then
        changes[count + 1], changes[count + 2] = name, new
        count = count + 2
    else
        cleared[#cleared + 1] = name
    end
end

local function set(i, new)
    if value[i] ~= new then
        value[i] = new
        write(names[i], new)
    end
end

for i = 1, GIVEN do
    local flag = flags[i]
    if flag == 115 then
        local new = ARGV[argument]
        argument = argument + 1
        if value[i] ~= new then
            changes[count + 1], changes[count + 2] = names[i], new
            count = count + 2
            value[i], differs[i], answer = new, true, 'updated'
        end
    elseif flag == 99 and value[i] then
        cleared[#cleared + 1] = names[i]
        value[i], differs[i], answer = false, true, 'updated'
    end
end

local others = argument + 3 * ARGV[argument]
for i = argument + 1, others, 3 do
    local name, new = ARGV[i + 1], ARGV[i] == 's' and ARGV[i + 2]
    if redis.call('HGET', KEYS[1], name) ~= new then
        write(name, new)
        if name == '_paused' then
            paused = new
        else
            answer = 'updated'
        end
    end
end
for i = others + 1, #ARGV, 2 do
    if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then
        return 'changed'
    end
end

-- Milliseconds since 1970 of a time that this script stored (days from the civil calendar).
local function millis(instant)
    local year, month, day, hour, minute, second, fraction =
        string.match(instant, '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.(%d%d%d)')
    if not year then
        return ARGV[2]
    end
    local months = year * 12 + month - 3
    local of_era = math.floor(months / 12)
    local days = of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100)
        + math.floor(of_era / 400) + math.floor((153 * (months % 12) + 2) / 5) + day - 719469
    return ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000 + fraction
end

-- A sync begins when its status says so, or with a new time while it does, and ends when its status
-- becomes one of an end, or comes with a new time of the sync. `kind` is 0 of content, 1 of access
-- control. Gives the duration of one that ended, if it is known.
local function derive(kind, is_given, rescheduled)
    local status, differing = value[STATUS + kind], differs[STATUS + kind]
    if differing and not status then
        set(FAILURES + kind, false)
        set(STARTED + kind, false)
    elseif status == 'in_progress' then
        if not value[STARTED + kind] or rescheduled then
            set(STARTED + kind, now)
        end
    elseif is_given and (differing or differs[SYNCED])
        and (status == 'completed' or status == 'error' or status == 'canceled'
            or status == 'suspended') then
        local started = value[STARTED + kind]
        local duration = started and string.format('%d', math.max(0, ARGV[2] - millis(started)))
        set(DURATION + kind, duration)
        set(STARTED + kind, false)
        if status == 'completed' then
            set(SUCCESS + kind, flags[SYNCED] == 115 and value[SYNCED] or now)
            set(FAILURES + kind, '0')
        elseif status == 'error' then
            set(FAILURES + kind, string.format('%d', (value[FAILURES + kind] or 0) + 1))
        end
        return duration
    end
end

-- A word before the text, for one that looks like a number would make its column one in Grafana; and
-- at most 4096 bytes of it, cut between characters.
local function error_text(text)
    if #text > 4096 then
        local last = 4096
        while string.byte(text, last + 1) >= 128 and string.byte(text, last + 1) < 192 do
            last = last - 1
        end
        text = string.sub(text, 1, last)
    end
    return 'error: ' .. text
end

local function code(status)
    return status == 'completed' and '0' or (status == 'in_progress' or status == 'canceling')
        and '1' or (status == 'pending' or status == 'suspended') and '2'
        or status == 'canceled' and '3' or status == 'error' and '4' or '-1'
end

local unstreamed = ''
if answer == 'updated' and ARGV[4] == 'report' then
    local access_given = flags[ACCESS_STATUS] == 115
    local content_given = flags[STATUS] == 115 or not access_given
    local duration = derive(0, content_given, differs[8] or differs[9])
    local access_duration = derive(1, access_given, differs[10])
    write('_reported_at', now)
    if ARGV[3] ~= '0' then
        local of_content = differs[STATUS] or content_given and differs[SYNCED] or differs[4]
            or differs[6] or differs[7] or differs[8] or differs[9]
        local of_access = differs[ACCESS_STATUS] or differs[5] or differs[10]
            or not content_given and differs[SYNCED]
        -- Every entry has all fields, each always of the same type: -1 and "" are "not reported".
        local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*', 'at', now, 'epoch',
            string.sub(ARGV[2], 1, -4), 'kind', of_content and of_access and 'both'
            or of_content and 'content' or of_access and 'access_control' or 'other',
            'status', value[STATUS] or '', 'status_code', code(value[STATUS]),
            'error', value[4] and value[4] ~= '' and error_text(value[4]) or '',
            'last_synced', value[SYNCED] or '', 'indexed', value[6] or '-1',
            'deleted', value[7] or '-1', 'duration_ms', duration or access_duration or '-1',
            'access_control_status', value[ACCESS_STATUS] or '',
            'access_control_status_code', code(value[ACCESS_STATUS]),
            'access_control_error', value[5] and value[5] ~= '' and error_text(value[5]) or '')
        if type(added) == 'table' and added.err then
            if not string.find(added.err, 'nknown') then
                return added
            end
            unstreamed = ' unstreamed'
        end
    end
end

-- Where it stands: a word, and the minutes that its place in the overview follows from.
local status, access_status, success = value[STATUS], value[ACCESS_STATUS], value[SUCCESS]
local failures, access_failures = value[FAILURES], value[FAILURES + 1]
local place
if status == 'in_progress' or status == 'canceling' or access_status == 'in_progress'
    or access_status == 'canceling' then
    place = 'running ' .. string.sub(now, 1, 16)
elseif paused == 'true' then
    place = 'disabled'
elseif failures and failures ~= '0' or access_failures and access_failures ~= '0' then
    place = 'failing ' .. (success and string.sub(success, 1, 16) or '-')
elseif not success then
    place = 'never_synced'
else
    place = (paused and 'scheduled ' or 'ok ') .. string.sub(success, 1, 16)
    if value[SUCCESS + 1] then
        place = place .. ' ' .. string.sub(value[SUCCESS + 1], 1, 16)
    end
end
if answer == 'noop' and string.sub(place, 1, 7) == 'running' then
    place = value[PLACE] or place -- nothing new was heard of it
end

local moved = value[PLACE] ~= place or answer == 'noop'
set(PLACE, place)
if count > 0 then
    redis.call('HSET', KEYS[1], unpack(changes))
end
if #cleared > 0 then
    redis.call('HDEL', KEYS[1], unpack(cleared))
end
return answer .. unstreamed .. (moved and ' moved ' .. place or '')
