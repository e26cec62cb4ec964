-- The lists that hold a sync job, for each script that changes them.

-- The bytes that ids in keys do not have: see key_must_be_encoded.
local function encoded(name)
    return (string.gsub(name, '[%z\1-\31\127{}%%]', function(byte)
        return string.format('%%%02X', string.byte(byte))
    end))
end

-- The keys of the lists that hold a job of that connector and status.
local function lists_of(prefix, connector, status)
    local all = prefix .. '{sync_jobs}'
    local own = prefix .. 'connector:{' .. encoded(connector) .. '}:sync_jobs'
    return { all, all .. ':' .. status, own, own .. ':' .. status }
end

-- Calls a command on the key of each such list.
local function in_lists(prefix, connector, status, command, ...)
    for _, list in ipairs(lists_of(prefix, connector, status)) do
        redis.call(command, list, ...)
    end
end
