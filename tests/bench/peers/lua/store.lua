-- The nginx+Lua peer's work in Redis: all that lastsync does with a report, or only the merge of its fields. Each is
-- one script.

local redis = require "nginx.redis"
local report_call = require "report_call"

local byte, format = string.byte, string.format
local unpack = unpack
local re_find, re_gsub = ngx.re.find, ngx.re.gsub

local function run(client, script, sha, words)
    local answer, problem = client:evalsha(sha, unpack(words))
    if answer == false and re_find(problem, "^NOSCRIPT", "jo") then
        return client:eval(script, unpack(words))
    end
    return answer, problem
end

-- The function that all requests write with, given the path of Redis's socket, that of the script, and
-- the job: report or merge. It takes a connector's id and its fields, a text, or false to clear one,
-- and gives the outcome, or nil and a problem.
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
        local client = redis:new()
        client:set_timeout(2000)
        local answer, problem = client:connect(socket)
        if answer then
            answer, problem = run(client, script, sha, words_of(id, fields))
        end
        if not answer then
            return nil, problem
        end
        client:set_keepalive(60000, 256)
        return report_call.read_outcome(answer)
    end
end

return { new = new }
