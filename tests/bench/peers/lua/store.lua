-- What the nginx+Lua peer does in Redis: all that lastsync does with a report, or only the merge of
-- its fields.

local redis = require "nginx.redis"
local datetime = require "datetime"
local report_call = require "report_call"

local byte, find, format, sub = string.byte, string.find, string.format, string.sub
local max = math.max
local unpack = unpack
local re_find, re_gsub = ngx.re.find, ngx.re.gsub

-- By the first word of a place: the class of its score, and how many seconds it lasts.
local PLACES = {
    failing = { 0, 0 }, running = { 1, 300 }, ok = { 2, 86400 }, never_synced = { 3, 0 },
    disabled = { 4, 0 },
}

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

-- The outcome, or nil and a problem.
local function follow(client, key, id, answer)
    local outcome, place = report_call.read_answer(answer)
    if place then
        local placed, problem = put_into_place(client, key, id, place)
        if not placed then
            return nil, problem
        end
    end
    return outcome
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
    local socket, words_of = "unix:" .. redis_socket, report_call.words[job]

    -- Tried: a pool of 32 connections in each worker, which with 256 clients closes and opens them all
    -- the time (102 us of CPU time per request instead of 74), and pools of 8, 16 and 32 for which
    -- requests wait, which made the slowest answers five times slower.
    return function(id, fields)
        local client, key = redis:new(), report_call.connector_key(id)
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
