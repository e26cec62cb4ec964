-- Tells of a connector in the stream `events`, for each script by which it comes into a bad state, or out of
-- one. Its field _told has the last event told, "<state> <second>", so that each change is told once:
-- a script that tells writes both.
--
-- Every entry has all fields, each always of the same type: 0 and "" are "not known".

-- include: event/error.inc.lua

local function tell(prefix, most, event, key, from, state, since, failures, error)
    return redis.pcall('XADD', prefix .. 'events', 'MAXLEN', '~', most, '*', 'event', event, 'key', key,
        'from', from, 'state', state, 'since', since, 'failures', failures, 'error', error)
end
