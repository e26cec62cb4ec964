-- include: event/error.inc.lua

-- Gives how many syncs of a connector have failed in a row, and the error of the kind that fails: that of its last
-- sync that has ended.
local function failure_of(key)
    local failures, access_failures, error, access_error, status, access_status, ended, access_ended =
        unpack(redis.call('HMGET', key, '_consecutive_failures', '_access_control_consecutive_failures',
        'last_sync_error', 'last_access_control_sync_error', 'last_sync_status', 'last_access_control_sync_status',
        '_ended', '_access_control_ended'))
    if not failures or failures == '0' then
        error, status, ended = access_error, access_status, access_ended
    end
    if not IS_ENDED(status) then -- the reported fields are about the next one
        error = string.match(ended or '', '^%S+ (.*)$')
    end
    return (failures or 0) + (access_failures or 0), error_text(error)
end
