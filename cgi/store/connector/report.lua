-- Merges fields into a connector that how it stands follows from; of a report of a sync, derives
-- what follows, and appends it to the connector's history. Few functions and tables, for Redis
-- builds all of them anew with each report.
--
-- KEYS[1]  the connector's hash
-- KEYS[2]  the stream of its reports
-- ARGV     the time, as it is stored, and in milliseconds; how many entries the stream is to hold;
--          report or touch; a letter for each of the first ten fields below: s to set it, c to clear
--          it, and - to leave it; the values to set; the number of changes to other fields, and of
--          each its letter, name and value; pairs (field, text) that must still be stored so as they
--          were read, "" meaning absent
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
    '_access_control_last_duration_ms', '_reported_at', '_place', '_paused', 'deleted'
}
-- Of content where there are two; those of access control stand one behind.
local STATUS, SYNCED, ERROR, INDEXED, REMOVED, SCHEDULED, INCREMENTAL, ACCESS_SCHEDULED =
    1, 3, 4, 6, 7, 8, 9, 10
local FAILURES, SUCCESS, STARTED, DURATION, REPORTED, PLACE, PAUSED, DELETED =
    11, 13, 15, 17, 19, 20, 21, 22
local GIVEN, WRITTEN = 10, PLACE -- the last that a caller gives, and that the end writes
local SET, CLEAR = 115, 99

-- By the number of the field, false where absent: what is stored, and what is to be.
local stored = redis.call('HMGET', KEYS[1], unpack(names))
if stored[DELETED] ~= 'false' then
    return 'missing'
end
local value, answer = { unpack(stored) }, 'noop'

local now, flags, argument = ARGV[1], { string.byte(ARGV[5], 1, GIVEN) }, 6
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
local others = argument + 3 * ARGV[argument]
for i = argument + 1, others, 3 do
    local name, new = ARGV[i + 1], ARGV[i] == 's' and ARGV[i + 2]
    if redis.call('HGET', KEYS[1], name) ~= new then
        if new then
            changes[count + 1], changes[count + 2] = name, new
            count = count + 2
        else
            cleared[#cleared + 1] = name
        end
        if name == '_paused' then
            value[PAUSED] = new
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

-- A word before the text, for one that looks like a number would make its column one in Grafana; and
-- at most 4096 bytes of it, cut between characters.
local function error_text(text)
    if not text or text == '' then
        return ''
    end
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
    local access_given = flags[STATUS + 1] == SET
    local content_given = flags[STATUS] == SET or not access_given
    local synced = value[SYNCED] ~= stored[SYNCED]
    local content_scheduled = value[SCHEDULED] ~= stored[SCHEDULED]
        or value[INCREMENTAL] ~= stored[INCREMENTAL]
    local access_scheduled = value[ACCESS_SCHEDULED] ~= stored[ACCESS_SCHEDULED]
    local ended = '-1'

    -- First of content, then of access control. A sync begins when its status says so, or with a new
    -- time while it does, and ends when its status becomes one of an end, or comes with a new time of
    -- the sync.
    local given, scheduled = content_given, content_scheduled
    for kind = 0, 1 do
        local status, started = value[STATUS + kind], value[STARTED + kind]
        local differs = status ~= stored[STATUS + kind]
        if differs and not status then
            value[FAILURES + kind], value[STARTED + kind] = false, false
        elseif status == 'in_progress' then
            if not started or scheduled then
                value[STARTED + kind] = now
            end
        elseif given and (differs or synced) and (status == 'completed' or status == 'error'
            or status == 'canceled' or status == 'suspended') then
            local duration = started
                and string.format('%d', math.max(0, ARGV[2] - millis(started)))
            value[DURATION + kind], value[STARTED + kind] = duration, false
            if duration and ended == '-1' then
                ended = duration
            end
            if status == 'completed' then
                value[SUCCESS + kind] = flags[SYNCED] == SET and value[SYNCED] or now
                value[FAILURES + kind] = '0'
            elseif status == 'error' then
                value[FAILURES + kind] = string.format('%d', (value[FAILURES + kind] or 0) + 1)
            end
        end
        given, scheduled = access_given, access_scheduled
    end
    value[REPORTED] = now

    if ARGV[3] ~= '0' then
        local of_content = content_scheduled or content_given and synced
            or value[STATUS] ~= stored[STATUS] or value[ERROR] ~= stored[ERROR]
            or value[INDEXED] ~= stored[INDEXED] or value[REMOVED] ~= stored[REMOVED]
        local of_access = access_scheduled or not content_given and synced
            or value[STATUS + 1] ~= stored[STATUS + 1] or value[ERROR + 1] ~= stored[ERROR + 1]
        -- Every entry has all fields, each always of the same type: -1 and "" are "not reported".
        local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], '*',
            'kind', of_content and of_access and 'both' or of_content and 'content'
                or of_access and 'access_control' or 'other',
            'status', value[STATUS] or '', 'status_code', code(value[STATUS]),
            'error', error_text(value[ERROR]), 'last_synced', value[SYNCED] or '',
            'indexed', value[INDEXED] or '-1', 'deleted', value[REMOVED] or '-1',
            'duration_ms', ended, 'access_control_status', value[STATUS + 1] or '',
            'access_control_status_code', code(value[STATUS + 1]),
            'access_control_error', error_text(value[ERROR + 1]))
        if type(added) == 'table' and added.err then
            if not string.find(added.err, 'nknown') then
                return added
            end
            unstreamed = ' unstreamed'
        end
    end
end

-- Where it stands: a word, and the minutes that its place in the overview follows from.
local status, access_status = value[STATUS], value[STATUS + 1]
local failures, access_failures = value[FAILURES], value[FAILURES + 1]
local success, access_success = value[SUCCESS], value[SUCCESS + 1]
local place
if status == 'in_progress' or status == 'canceling' or access_status == 'in_progress'
    or access_status == 'canceling' then
    -- where nothing new was heard of it, as it was
    place = answer == 'noop' and stored[PLACE] or 'running ' .. string.sub(now, 1, 16)
elseif value[PAUSED] == 'true' then
    place = 'disabled'
elseif failures and failures ~= '0' or access_failures and access_failures ~= '0' then
    place = 'failing ' .. (success and string.sub(success, 1, 16) or '-')
elseif not success then
    place = 'never_synced'
else
    place = (value[PAUSED] and 'scheduled ' or 'ok ') .. string.sub(success, 1, 16)
        .. (access_success and ' ' .. string.sub(access_success, 1, 16) or '')
end
value[PLACE] = place

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
    redis.call('HSET', KEYS[1], unpack(changes, 1, count))
end
if #cleared > 0 then
    redis.call('HDEL', KEYS[1], unpack(cleared))
end
local moved = place ~= stored[PLACE] or answer == 'noop'
return answer .. unstreamed .. (moved and ' moved ' .. place or '')
