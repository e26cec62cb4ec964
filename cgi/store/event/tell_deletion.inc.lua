-- Tells that a connector is deleted, or written anew, for the scripts that do so.

-- include: event/tell.inc.lua

-- Ends the bad state that was `told` of it. Gives the error with which the script must end before it writes anything:
-- any other than that this Redis has no streams.
local function tell_deletion(prefix, most, key, told)
    if most == '0' then
        return nil
    end
    local state, since = string.match(told, '^(%S+) (%d+)$')
    local added = tell(prefix, most, 'deleted', key, state, 'deleted', since, 0, '')
    return type(added) == 'table' and not string.find(added.err, 'nknown') and added or nil
end
