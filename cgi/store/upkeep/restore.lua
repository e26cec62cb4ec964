-- Writes a whole document, as it was exported, over whatever was there.
--
-- KEYS[1]  the document's hash
-- KEYS[2]  the hash of its secrets
-- KEYS[3]  the stream of its reports; only of a connector
-- ARGV     the number of fields; pairs (field, value); the number of secrets, or "keep"; pairs (field,
--          value); then of each entry of the stream: its id, the number of its fields, and pairs
--          (field, value)
-- Answers  {created or updated, and what it had before, or "": index name, status, connector's id}

local before = redis.call('HMGET', KEYS[1], 'index_name', 'status', '_connector_id')
local at = 1

-- Writes pairs of ARGV behind a key and what else the command takes.
local function write(command, key, count, id)
    local words = id and { id } or {}
    for _ = 1, 2 * count do
        words[#words + 1] = ARGV[at]
        at = at + 1
    end
    redis.call(command, key, unpack(words))
end

-- Makes a hash of the pairs. Its former fields go last, for Redis looks at its memory limit only
-- before a script's first write.
local function replace(key, count)
    local gone, new = {}, {}
    for i = at, at + 2 * count - 1, 2 do
        new[ARGV[i]] = true
    end
    for _, name in ipairs(redis.call('HKEYS', key)) do
        if not new[name] then
            gone[#gone + 1] = name
        end
    end
    local existed = redis.call('EXISTS', key) == 1
    if count > 0 then
        write('HSET', key, count)
    end
    if #gone > 0 then
        redis.call('HDEL', key, unpack(gone))
    end
    return existed
end

local function take()
    at = at + 1
    return ARGV[at - 1]
end

local existed = replace(KEYS[1], tonumber(take()))
local secrets = take()
if secrets ~= 'keep' then
    replace(KEYS[2], tonumber(secrets))
end
if KEYS[3] then
    redis.call('DEL', KEYS[3])
    while at <= #ARGV do
        local id, count = take(), tonumber(take())
        write('XADD', KEYS[3], count, id)
    end
end
return { existed and 'updated' or 'created', before[1] or '', before[2] or '', before[3] or '' }
