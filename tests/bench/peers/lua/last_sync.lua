-- The nginx+Lua peer: PUT /_connector/{id}/_last_sync with the checks of the API.
-- cjson sees no duplicate keys and has doubles only: counts beyond 2^53 are refused.

local cjson = require "cjson.safe"
local datetime = require "datetime"
local store = require "store"

local format, lower = string.format, string.lower
local find, match = ngx.re.find, ngx.re.match
local null = ngx.null
local new_table = require "table.new"

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
    return type(value) == "string" and datetime.read(value)
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

local function connector_id()
    local found = match(ngx.var.request_uri, TARGET, "jo")
    return found and ngx.unescape_uri(found[1])
end

-- The values to store from a body, by field: a text, or false to clear it; or nil and the reason
-- why the body is refused.
local function read_fields(document)
    local fields = new_table(0, 10)
    for field, value in pairs(document) do
        local reader = READERS[field]
        if not reader then
            return nil, "unknown field [" .. field .. "]"
        end
        local stored = false
        if value ~= null or reader == count then
            stored = reader(value)
            if not stored then
                return nil, "failed to parse field [" .. field .. "]"
            end
        end
        fields[field] = stored
    end
    return fields
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
    local fields, reason = read_fields(document)
    if not fields then
        return nil, 400, "x_content_parse_exception", reason
    end
    return fields
end

local ANSWERS = {
    updated = '{"result":"updated"}',
    noop = '{"result":"noop"}',
}

-- The handler of all requests; its arguments are store.lua's.
local function new(...)
    local write = store.new(...)

    return function()
        local id = connector_id()
        if not id then
            return refuse(400, "illegal_argument_exception", "no handler found for uri")
        end
        if ngx.req.get_method() ~= "PUT" then
            return refuse(405, "illegal_argument_exception", "Incorrect HTTP method")
        end
        local fields, code, kind, reason = read_body()
        if not fields then
            return refuse(code, kind, reason)
        end
        local outcome, problem = write(id, fields)
        if outcome == "missing" then
            return refuse(404, "resource_not_found_exception", "connector [" .. id .. "] not found")
        end
        local body = ANSWERS[outcome]
        if not body then
            return refuse(503, "unavailable_exception", problem or "unexpected answer")
        end
        return respond(200, body)
    end
end

return { new = new }
