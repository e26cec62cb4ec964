-- Merges fields into a document, and writes nothing where nothing differs. Of a connector it also
-- derives how it stands, and keeps the history of its reports.
--
-- KEYS[1]  the document's hash
-- KEYS[2]  only of a connector whose standing may change: the stream of its reports
-- ARGV     the name of a field that every document has, and that is true in one that is deleted;
--          s, c, g; with KEYS[2] the time (as it is stored, and in milliseconds), the entries that
--          the stream is to hold, and report or touch;
--          then s names of fields to set, c of fields to clear, and g of fields that must still be
--          stored as they were read; then the s values, and the g texts, "" meaning absent
-- Answers  missing   no such document, or it is deleted
--          changed   a field is no longer stored as it was read: read again
--          noop      everything was so already
--          updated
--          With KEYS[2] the last two may be followed by " moved": the connector does not stand any
--          more where the overview has it; and by " unstreamed": this Redis knows no streams.

local sets, clears, guards = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local names = sets + clears + guards
local before = KEYS[2] and 8 or 4

-- stored[i] is the field of the name ARGV[before + i - 1]
local stored = redis.call('HMGET', KEYS[1], ARGV[1], unpack(ARGV, before + 1, before + names))
if not stored[1] or stored[1] == 'true' then
    return 'missing'
end

for i = 1, guards do
    if (stored[1 + sets + clears + i] or '') ~= ARGV[before + names + sets + i] then
        return 'changed'
    end
end

-- Fields of our own, which begin with '_', do not count for the answer.
local differing, count, cleared, answer = {}, 0, {}, 'noop'
for i = 1, sets do
    local value = ARGV[before + names + i]
    if stored[1 + i] ~= value then
        local name = ARGV[before + i]
        differing[count + 1], differing[count + 2] = name, value
        count = count + 2
        if string.byte(name) ~= 95 then
            answer = 'updated'
        end
    end
end
for i = sets + 1, sets + clears do
    if stored[1 + i] then
        local name = ARGV[before + i]
        cleared[#cleared + 1] = name
        if string.byte(name) ~= 95 then
            answer = 'updated'
        end
    end
end

local function write()
    if count > 0 then
        redis.call('HSET', KEYS[1], unpack(differing))
    end
    if #cleared > 0 then
        redis.call('HDEL', KEYS[1], unpack(cleared))
    end
end

if not KEYS[2] then
    write()
    return answer
end

-- ---- a connector: value[name] is what each field that counts will be, false where absent ----

local now, now_millis, history, reporting = ARGV[5], tonumber(ARGV[6]), ARGV[7], ARGV[8] == 'report'

local fields = {
    'last_sync_status', 'last_sync_error', 'last_synced', 'last_indexed_document_count',
    'last_deleted_document_count', 'last_access_control_sync_status',
    'last_access_control_sync_error', 'last_seen', '_reported_at', '_paused', '_place', '_placed',
    '_last_success', '_consecutive_failures', '_sync_started_at', '_last_duration_ms',
    '_access_control_last_success', '_access_control_consecutive_failures',
    '_access_control_sync_started_at', '_access_control_last_duration_ms'
}
local watched = redis.call('HMGET', KEYS[1], unpack(fields))
local value, differs = {}, {}
for i = 1, #fields do
    value[fields[i]] = watched[i]
end
for i = 1, count, 2 do
    value[differing[i]], differs[differing[i]] = differing[i + 1], true
end
for i = 1, #cleared do
    value[cleared[i]], differs[cleared[i]] = false, true
end

local function set(name, new)
    if value[name] == new then
        return
    end
    value[name] = new
    if new then
        differing[count + 1], differing[count + 2] = name, new
        count = count + 2
    else
        cleared[#cleared + 1] = name
    end
end

local function number(count_of)
    return string.format('%d', count_of)
end

-- Milliseconds since 1970 of a time that this script stored (days from the civil calendar).
local function millis(instant)
    local year, month, day, hour, minute, second, fraction =
        string.match(instant, '^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.(%d%d%d)')
    if not year then
        return now_millis
    end
    local months = year * 12 + month - 3
    local of_era = math.floor(months / 12)
    local days = of_era * 365 + math.floor(of_era / 4) - math.floor(of_era / 100)
        + math.floor(of_era / 400) + math.floor((153 * (months % 12) + 2) / 5) + day - 719469
    return ((days * 24 + hour) * 60 + minute) * 60000 + second * 1000 + fraction
end

-- ---- what a report says of each kind of sync ----

local content = {
    status = 'last_sync_status', success = '_last_success', failures = '_consecutive_failures',
    started = '_sync_started_at', duration = '_last_duration_ms'
}
local access = {
    status = 'last_access_control_sync_status', success = '_access_control_last_success',
    failures = '_access_control_consecutive_failures',
    started = '_access_control_sync_started_at', duration = '_access_control_last_duration_ms'
}

local function start(sync, restarted)
    if not value[sync.started] or restarted then
        set(sync.started, now)
    end
end

local function finish(sync, synced)
    local status, started = value[sync.status], value[sync.started]
    set(sync.duration, started and number(math.max(0, now_millis - millis(started))))
    set(sync.started, false)
    if status == 'completed' then
        set(sync.success, synced or now)
        set(sync.failures, '0')
    elseif status == 'error' then
        set(sync.failures, number((tonumber(value[sync.failures]) or 0) + 1))
    end
end

local ends = { completed = true, error = true, canceled = true, suspended = true }

-- A sync begins when its status says so, or with a new time while it does, and ends when its status
-- changes to one of an end, or comes with a new time of the sync.
local function derive(sync, is_given, scheduled, synced)
    local status = value[sync.status]
    if differs[sync.status] and not status then
        set(sync.failures, false)
        set(sync.started, false)
    elseif status == 'in_progress' then
        start(sync, scheduled)
    elseif is_given and ends[status] and (differs[sync.status] or differs.last_synced) then
        finish(sync, synced)
    end
end

local codes = {
    completed = '0', in_progress = '1', canceling = '1', pending = '2', suspended = '2',
    canceled = '3', error = '4'
}

-- At most 4096 bytes of a text, cut between characters; with a word before it, for a text that
-- looks like a number would make its column one in Grafana.
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

local function kind_of(access_given)
    local of_content, of_access = false, false
    for name in pairs(differs) do
        if string.sub(name, 1, 19) == 'last_access_control' then
            of_access = true
        elseif string.sub(name, 1, 5) == 'last_' and not (access_given and name == 'last_synced') then
            of_content = true
        end
    end
    if of_content and of_access then
        return 'both'
    end
    return of_content and 'content' or of_access and 'access_control' or 'other'
end

-- Every entry has all fields, each always of the same type, -1 and "" for what is not reported.
local function append(kind)
    local status, access_status = value.last_sync_status, value.last_access_control_sync_status
    local duration = kind == 'access_control' and value._access_control_last_duration_ms
        or value._last_duration_ms
    return redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', history, '*', 'at', now, 'epoch',
        number(now_millis / 1000), 'kind', kind, 'status', status or '', 'status_code',
        codes[status] or '-1', 'error', error_text(value.last_sync_error), 'last_synced',
        value.last_synced or '', 'indexed', value.last_indexed_document_count or '-1', 'deleted',
        value.last_deleted_document_count or '-1', 'duration_ms', duration or '-1',
        'access_control_status', access_status or '', 'access_control_status_code',
        codes[access_status] or '-1', 'access_control_error',
        error_text(value.last_access_control_sync_error))
end

local unstreamed = ''
if reporting and answer == 'updated' then
    local given = {}
    for i = 1, sets do
        given[ARGV[before + i]] = true
    end
    local access_given = given.last_access_control_sync_status
    local synced = given.last_synced and value.last_synced
    set('_reported_at', now)
    derive(content, given.last_sync_status or not access_given,
        differs.last_sync_scheduled_at or differs.last_incremental_sync_scheduled_at, synced)
    derive(access, access_given, differs.last_access_control_sync_scheduled_at, synced)
    if history ~= '0' then
        local added = append(kind_of(access_given))
        if type(added) == 'table' and added.err then
            if not string.find(added.err, 'nknown') then
                return added
            end
            unstreamed = ' unstreamed'
        end
    end
end

-- ---- where it stands: a word, and the minutes that its place in the overview follows from ----

local function minute(instant)
    return instant and string.sub(instant, 1, 16) or '-'
end

local function is_running(status)
    return status == 'in_progress' or status == 'canceling'
end

local function has_failed(failures)
    return failures and failures ~= '0'
end

local function place()
    if is_running(value.last_sync_status) or is_running(value.last_access_control_sync_status) then
        local seen, reported = value.last_seen or '', value._reported_at or ''
        return 'running ' .. minute(seen > reported and seen or reported)
    end
    if value._paused == 'true' then
        return 'disabled'
    end
    if has_failed(value._consecutive_failures)
        or has_failed(value._access_control_consecutive_failures) then
        return 'failing ' .. minute(value._last_success)
    end
    if not value._last_success then
        return 'never_synced'
    end
    return 'ok ' .. minute(value._last_success) .. ' ' .. minute(value._access_control_last_success)
end

set('_place', place())
write()
return answer .. (value._place ~= value._placed and ' moved' or '') .. unstreamed
