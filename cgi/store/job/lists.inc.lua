-- The lists that hold a sync job, for each script that changes them.

-- The bytes that ids in keys do not have: see key_must_be_encoded.
local function encoded(name)
    return (string.gsub(name, '[%z\1-\31\127{}%%]', function(byte)
        return string.format('%%%02X', string.byte(byte))
    end))
end

-- Calls a function with the key of each list that holds a job of that connector and status.
local function each_list(prefix, connector, status, call)
    local own = prefix .. 'connector:{' .. encoded(connector) .. '}:sync_jobs'
    call(prefix .. '{sync_jobs}')
    call(prefix .. '{sync_jobs}:' .. status)
    call(own)
    call(own .. ':' .. status)
end

-- Calls a command on the key of each such list.
local function in_lists(prefix, connector, status, command, ...)
    local words = { ... }
    each_list(prefix, connector, status, function(list)
        redis.call(command, list, unpack(words))
    end)
end
