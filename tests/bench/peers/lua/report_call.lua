-- How the nginx+Lua peer calls the script of a report, report.lua, or the one that only merges, update.lua.

local datetime = require "datetime"

local byte, find, format, sub = string.byte, string.find, string.format, string.sub
local concat, floor = table.concat, math.floor
local re_find, re_gsub = ngx.re.find, ngx.re.gsub

local HISTORY = "100"

-- In the order of report.lua's letters.
local FIELDS = {
    "last_sync_status", "last_access_control_sync_status", "last_synced", "last_sync_error",
    "last_access_control_sync_error", "last_indexed_document_count", "last_deleted_document_count",
    "last_sync_scheduled_at", "last_incremental_sync_scheduled_at",
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

local letters = {} -- one table for all requests: none of them yields while it is in use

local function report_words(key, fields)
    local now = floor(ngx.now() * 1000 + 0.5)
    local words = { 2, key, key .. ":syncs", datetime.print(now), now, HISTORY, "report", "" }
    local last = #words
    for i = 1, #FIELDS do
        local stored = fields[FIELDS[i]]
        letters[i] = stored and "s" or stored == false and "c" or "-"
        if stored then
            last = last + 1
            words[last] = stored
        end
    end
    words[8] = concat(letters)
    words[last + 1] = 0
    return words
end

local function merge_words(key, fields)
    local words, last, values, sets, clears = { 1, key, "deleted", 0, 0, 0 }, 6, {}, 0, 0
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

-- By job, the words behind EVALSHA's sum. Each is given the connector's key and its fields: a text, or
-- false to clear one.
local WORDS = { report = report_words, merge = merge_words }

-- The outcome (updated, noop, missing, changed), and the place to be written into `standings`, if any.
local function read_answer(answer)
    local space = find(answer, " ", 1, true)
    if not space then
        return answer
    end
    local _, moved = find(answer, " moved ", space, true)
    return sub(answer, 1, space - 1), moved and sub(answer, moved + 1)
end

return { connector_key = connector_key, read_answer = read_answer, words = WORDS }
