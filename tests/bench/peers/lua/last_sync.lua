-- The nginx+Lua peer: PUT /_connector/{id}/_last_sync with the checks of the API.
-- cjson sees no duplicate keys and has doubles only: counts beyond 2^53 are refused.

local cjson = require "cjson.safe"
local redis = require "nginx.redis"
local datetime = require "datetime"

local byte, format, lower = string.byte, string.format, string.lower
local find, gsub, match = ngx.re.find, ngx.re.gsub, ngx.re.match
local null, unpack = ngx.null, unpack

local TARGET = [[^/_connector/([^/?]+)/_last_sync$]]
local WORDS = {
    canceling = true, canceled = true, completed = true, error = true, in_progress = true,
    pending = true, suspended = true,
}

local function text(value)
    return type(value) == "string" and value or nil
end

local function status(value)
    local word = type(value) == "string" and lower(value)
    return word and WORDS[word] and word or nil
end

local function instant(value)
    return type(value) == "string" and datetime(value) or nil
end

local function count(value)
    if type(value) == "string" then
        value = find(value, [[^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$]], "jo") and tonumber(value)
    end
    if type(value) ~= "number" or value > 2 ^ 53 or value < -2 ^ 53 then
        return nil
    end
    return format("%d", value)
end

local READERS = {
    last_access_control_sync_error = text,
    last_access_control_sync_scheduled_at = instant,
    last_access_control_sync_status = status,
    last_deleted_document_count = count,
    last_incremental_sync_scheduled_at = instant,
    last_indexed_document_count = count,
    last_sync_error = text,
    last_sync_scheduled_at = instant,
    last_sync_status = status,
    last_synced = instant,
}

local function respond(code, body)
    ngx.status = code
    ngx.header.content_length = #body
    ngx.print(body)
end

local function refuse(code, kind, reason)
    local cause = { type = kind, reason = reason }
    respond(code, cjson.encode({
        error = { root_cause = { cause }, type = kind, reason = reason }, status = code,
    }))
end

local function escape(found)
    return format("%%%02X", byte(found[0]))
end

local function connector_key()
    local found = match(ngx.var.request_uri, TARGET, "jo")
    if not found then
        return nil
    end
    local id = ngx.unescape_uri(found[1])
    if find(id, "[{}%[:cntrl:]]", "jo") then
        id = gsub(id, "[{}%[:cntrl:]]", escape, "jo")
    end
    return "connector:{" .. id .. "}", id
end

-- The script's arguments (see update.lua) for a body, or nil and the reason why it is refused.
local function arguments(document)
    local list, values, clears, sets, cleared = { "deleted", 0, 0, 0 }, {}, {}, 0, 0
    for field, value in pairs(document) do
        local reader = READERS[field]
        if not reader then
            return nil, "unknown field [" .. field .. "]"
        end
        if value == null and reader ~= count then
            cleared = cleared + 1
            clears[cleared] = field
        else
            local stored = reader(value)
            if not stored then
                return nil, "failed to parse field [" .. field .. "]"
            end
            sets = sets + 1
            list[4 + sets], values[sets] = field, stored
        end
    end
    list[2], list[3] = sets, cleared
    for i = 1, cleared do
        list[4 + sets + i] = clears[i]
    end
    for i = 1, sets do
        list[4 + sets + cleared + i] = values[i]
    end
    return list
end

local function read_body()
    local media_type = ngx.var.content_type
    if not media_type or not find(media_type, [[^application/json\s*(;|$)]], "ijo") then
        return nil, 406, "media_type_header_exception", "Content-Type header is not supported"
    end
    ngx.req.read_body()
    local body = ngx.req.get_body_data()
    if not body then
        return nil, 400, "parse_exception", "request body is required"
    end
    local document, problem = cjson.decode(body)
    if not document then
        return nil, 400, "x_content_parse_exception", problem
    end
    if type(document) ~= "table" or not find(body, [[^\s*\{]], "jo") then
        return nil, 400, "x_content_parse_exception", "Expected START_OBJECT"
    end
    local list, reason = arguments(document)
    if not list then
        return nil, 400, "x_content_parse_exception", reason
    end
    return list
end

-- Tried: a pool of 32 connections in each worker, which with 256 clients closes and opens them all the
-- time (102 us of CPU time per request instead of 74), and pools of 8, 16 and 32 for which requests
-- wait, which made the slowest answers five times slower.
local function ask(socket, script, sha, key, list)
    local client = redis:new()
    client:set_timeout(2000)
    local connected, problem = client:connect(socket)
    if not connected then
        return nil, problem
    end
    local answer
    answer, problem = client:evalsha(sha, 1, key, unpack(list))
    if answer == false and find(problem, "^NOSCRIPT", "jo") then
        answer, problem = client:eval(script, 1, key, unpack(list))
    end
    if answer ~= nil then
        client:set_keepalive(60000, 256)
    end
    return answer, problem
end

local ANSWERS = {
    updated = '{"result":"updated"}',
    noop = '{"result":"noop"}',
}

-- The handler of all requests, with the path of Redis's socket and of the script.
local function new(redis_socket, script_file)
    local file = assert(io.open(script_file))
    local script = file:read("*a")
    file:close()
    local sha = gsub(ngx.sha1_bin(script), ".", function(found)
        return format("%02x", byte(found[0]))
    end, "s")
    local socket = "unix:" .. redis_socket

    return function()
        local key, id = connector_key()
        if not key then
            return refuse(400, "illegal_argument_exception", "no handler found for uri")
        end
        if ngx.req.get_method() ~= "PUT" then
            return refuse(405, "illegal_argument_exception", "Incorrect HTTP method")
        end
        local list, code, kind, reason = read_body()
        if not list then
            return refuse(code, kind, reason)
        end
        local answer, problem = ask(socket, script, sha, key, list)
        if answer == "missing" then
            return refuse(404, "resource_not_found_exception", "connector [" .. id .. "] not found")
        end
        local body = ANSWERS[answer]
        if not body then
            return refuse(503, "unavailable_exception", problem or "unexpected answer")
        end
        return respond(200, body)
    end
end

return { new = new }
