-- Reads the notices that a target may have to be told: the entries of `events` that it
-- has not taken yet, the oldest first, and, behind the last of these, the connectors that were held back until now.
--
-- KEYS[1]  `events`
-- ARGV     the prefix of the shard's keys; the target; the time, in seconds since 1970; at most
--          how many of either
-- Answers  a list for each: the entry's id, or "" of one that was held; until when that was held, or ""; the connector's id; its name; its
--          service type; its field _told; until when it is muted, or 0; what the
--          target was told of it last, see notices_done.lua; and fields by name and value: those of the entry,
--          or of one that was held, how it stands now

-- include: schema/encoded.inc.lua
-- include: schema/cut.inc.lua
-- include: event/failure.inc.lua

local prefix, now, most = ARGV[1], ARGV[3] + 0, ARGV[4] + 0
local group, mine = 'notify:' .. ARGV[2], prefix .. 'notify:{' .. ARGV[2] .. '}'

local function read(from, count)
    local streams = redis.pcall('XREADGROUP', 'GROUP', group, 'notify', 'COUNT', count, 'STREAMS', KEYS[1], from)
    if streams and streams.err and string.find(streams.err, 'NOGROUP') then
        redis.call('XGROUP', 'CREATE', KEYS[1], group, '$', 'MKSTREAM') -- a new target: from now on
        return {}
    end
    if streams and streams.err then
        return nil, streams
    end
    return streams and streams[1][2] or {}
end

local entries, fault = read('0', most)
if fault then
    return fault
end
if #entries < most then
    for _, entry in ipairs(read('>', most - #entries)) do
        entries[#entries + 1] = entry
    end
end

local TEXT_MAX = 1024 -- bytes of a name
local notices = {}
local function add(entry, held, key, id, fields)
    local name, type, told = unpack(redis.call('HMGET', key, 'name', 'service_type', '_told'))
    notices[#notices + 1] = { entry, held, id, cut_text(name or '', TEXT_MAX), cut_text(type or '', TEXT_MAX), told or '',
        redis.call('ZSCORE', prefix .. 'muted', id) or '0', redis.call('HGET', mine .. ':told', id) or '',
        unpack(fields) }
end

for _, entry in ipairs(entries) do
    if not entry[2] then -- it was cut off the stream before it could be told
        redis.call('XACK', KEYS[1], group, entry[1])
    else
        local id = string.match(entry[2][4], '{([^{}]*)}$') -- its second field is the connector's key
        id = string.gsub(id or '', '%%(%x%x)', function(digits)
            return string.char(tonumber(digits, 16))
        end)
        add(entry[1], '', entry[2][4], id, entry[2])
    end
end
-- A connector that was held back is judged by how it stands now, so what it went through before must be read first.
if #entries == most then
    return notices
end
local all = redis.call('ZRANGEBYSCORE', mine .. ':held', '-inf', now, 'WITHSCORES', 'LIMIT', 0, most)
for i = 1, #all, 2 do
    local held = all[i]
    local key = prefix .. 'connector:{' .. encoded(held) .. '}'
    local told, failing_since, due = unpack(redis.call('HMGET', key, '_told', '_failing_since', '_due_at'))
    local state = string.match(told or '', '^%S+')
    local since = state == 'failing' and failing_since or state == 'late' and due or ''
    local failures, error = failure_of(key)
    add('', all[i + 1], key, held,
        { 'since', since, 'failures', failures .. '', 'error', state == 'failing' and error or '' })
end
return notices
