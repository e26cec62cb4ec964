-- What the nginx+Lua peer does in Redis: all that lastsync does with a report, or only the merge of
-- its fields.

local redis = require "nginx.redis"
local datetime = require "datetime"

local byte, find, format, sub = string.byte, string.find, string.format, string.sub
local concat, floor, max = table.concat, math.floor, math.max
local unpack = unpack
local re_find, re_gsub = ngx.re.find, ngx.re.gsub

local HISTORY = "100"

-- In the order of report.lua's letters.
local FIELDS = {
    "last_sync_status", "last_access_control_sync_status", "last_synced", "last_sync_error",
    "last_access_control_sync_error", "last_indexed_document_count", "last_deleted_document_count",
    "last_sync_scheduled_at", "last_incremental_sync_scheduled_at",
    "last_access_control_sync_scheduled_at",
}

-- By the first word of a place: the class of its score, and how many seconds it lasts.
local PLACES = {
    failing = { 0, 0 }, running = { 1, 300 }, ok = { 2, 86400 }, never_synced = { 3, 0 },
    disabled = { 4, 0 },
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

-- The words behind EVALSHA's sum: see report.lua.
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

-- See update.lua.
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

local WORDS = { report = report_words, merge = merge_words }

-- All times count from the next full minute. A connector with a schedule fails here, to be seen.
local function score_of(place)
    local space = find(place, " ", 1, true)
    local class = PLACES[space and sub(place, 1, space - 1) or place]
        or error("not a place of this benchmark: " .. place)
    local second = 0
    if space and sub(place, space + 1) ~= "-" then
        second = datetime.minute(sub(place, space + 1)) + 60
    end
    return class[1] * 2 ^ 40 + max(0, second + class[2])
end

-- Writes the place, "" for none, until the connector's hash still has that.
local function put_into_place(client, key, id, place)
    local written
    repeat
        client:init_pipeline(2)
        if place == "" then
            client:zrem("standings", id)
        else
            client:zadd("standings", score_of(place), id)
        end
        client:hmget(key, "deleted", "_place")
        local replies, problem = client:commit_pipeline()
        if not replies then
            return nil, problem
        end
        local moved, hash = replies[1], replies[2]
        if type(moved) ~= "number" or hash[1] == false then
            return nil, "a place was not written"
        end
        written, place = place, hash[1] == "false" and hash[2] or ""
    until place == written
    return true
end

local function run(client, script, sha, words)
    local answer, problem = client:evalsha(sha, unpack(words))
    if answer == false and re_find(problem, "^NOSCRIPT", "jo") then
        return client:eval(script, unpack(words))
    end
    return answer, problem
end

-- The outcome, the answer's first word, or nil and a problem.
local function follow(client, key, id, answer)
    local space = find(answer, " ", 1, true)
    if not space then
        return answer
    end
    local _, moved = find(answer, " moved ", space, true)
    if moved then
        local placed, problem = put_into_place(client, key, id, sub(answer, moved + 1))
        if not placed then
            return nil, problem
        end
    end
    return sub(answer, 1, space - 1)
end

-- The function that all requests write with, given the path of Redis's socket, that of the script, and
-- the job: report or merge. It takes a connector's id and its fields, a text, or false to clear one.
local function new(redis_socket, script_file, job)
    local file = assert(io.open(script_file))
    local script = file:read("*a")
    file:close()
    local sha = re_gsub(ngx.sha1_bin(script), ".", function(found)
        return format("%02x", byte(found[0]))
    end, "s")
    local socket, words_of = "unix:" .. redis_socket, WORDS[job]

    -- Tried: a pool of 32 connections in each worker, which with 256 clients closes and opens them all
    -- the time (102 us of CPU time per request instead of 74), and pools of 8, 16 and 32 for which
    -- requests wait, which made the slowest answers five times slower.
    return function(id, fields)
        local client, key = redis:new(), connector_key(id)
        client:set_timeout(2000)
        local answer, problem = client:connect(socket)
        if answer then
            answer, problem = run(client, script, sha, words_of(key, fields))
        end
        if answer then
            answer, problem = follow(client, key, id, answer)
        end
        if answer then
            client:set_keepalive(60000, 256)
        end
        return answer, problem
    end
end

return { new = new }
