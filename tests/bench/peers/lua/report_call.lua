-- How the nginx+Lua peer calls the script of a report, report.lua, or the one that only merges, update.lua.

local datetime = require "datetime"

local byte, find, format, sub = string.byte, string.find, string.format, string.sub
local concat, floor = table.concat, math.floor
local re_find, re_gsub = ngx.re.find, ngx.re.gsub

-- lastsync's defaults.
local HISTORY = "100"
local LATENESS = "86400 600" -- --max-age and --late-grace
local DAYS = "0"
local EVENTS = "0"

-- A text of more bytes is long: see key_long.
local LONG_TEXT = 1024

-- In the order of report.lua's letters, which is that of REPORT_FIELD in fields.def.
local FIELDS = {
    "last_sync_status", "last_access_control_sync_status", "last_sync_error",
    "last_access_control_sync_error", "last_synced", "last_indexed_document_count",
    "last_deleted_document_count", "last_sync_scheduled_at", "last_incremental_sync_scheduled_at",
    "last_access_control_sync_scheduled_at",
}

local function escape(found)
    return format("%%%02X", byte(found[0]))
end

local function connector_key(id)
    if re_find(id, "[{}%[:cntrl:]]", "jo") then
        id = re_gsub(id, "[{}%[:cntrl:]]", escape, "jo")
    end
    return "connector:{" .. id .. "}"
end

local letters = {} -- one table for all requests: no request yields while it uses it

-- The time that a success counts as, as it is stored and in milliseconds: that of the sync, but never
-- later than now.
local function success_time(synced, time, now)
    local millis = synced and datetime.milliseconds(synced)
    if millis and millis >= 1000 and millis <= now then
        return synced, millis
    end
    return time, now
end

local function report_words(id, fields)
    local now = floor(ngx.now() * 1000 + 0.5)
    local time, mode = datetime.print(now), "report"
    local success, success_millis = success_time(fields.last_synced, time, now)
    local words = {
        1, connector_key(id), "", id, time, now, success, success_millis, HISTORY, LATENESS,
        mode, DAYS, EVENTS, "",
    }
    local last = #words
    for i = 1, #FIELDS do
        local stored = fields[FIELDS[i]]
        letters[i] = stored and "s" or stored == false and "c" or "-"
        if stored then
            last = last + 1
            words[last] = stored
            if #stored > LONG_TEXT then
                mode = "long report"
            end
        end
    end
    words[11], words[14] = mode, concat(letters)
    return words
end

local function merge_words(id, fields)
    local words, last = { 1, connector_key(id), "deleted", 0, 0, 0 }, 6
    local values, sets, clears = {}, 0, 0
    for i = 1, #FIELDS do
        local stored = fields[FIELDS[i]]
        if stored then
            last, sets = last + 1, sets + 1
            words[last], values[sets] = FIELDS[i], stored
        end
    end
    for i = 1, #FIELDS do
        if fields[FIELDS[i]] == false then
            last, clears = last + 1, clears + 1
            words[last] = FIELDS[i]
        end
    end
    for i = 1, sets do
        words[last + i] = values[i]
    end
    words[4], words[5] = sets, clears
    return words
end

-- By job, EVALSHA's arguments after the sum. Each is given a connector's id and its fields: a text, or false to clear
-- one.
local WORDS = { report = report_words, merge = merge_words }

-- The outcome: updated, noop or missing. The rest of the reply is of no use here: nothing has a schedule.
local function read_outcome(answer)
    local space = find(answer, " ", 1, true)
    return space and sub(answer, 1, space - 1) or answer
end

return { read_outcome = read_outcome, words = WORDS }
