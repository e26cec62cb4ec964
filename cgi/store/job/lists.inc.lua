-- The lists that hold a sync job, for each script that changes them.

-- include: schema/encoded.inc.lua

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
