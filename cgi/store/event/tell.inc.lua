-- Tells of a connector in the stream `events`, for each script by which it comes into a bad state, or out of
-- one. What was told of it last is in its field _told, "<state> <second>", so that each change is told once:
-- whoever tells writes both, in the same script.
--
-- Every entry has all fields, each always of the same type: 0 and "" are "not known".

local function tell(prefix, most, event, key, from, state, since, failures, error)
    return redis.pcall('XADD', prefix .. 'events', 'MAXLEN', '~', most, '*', 'event', event, 'key', key,
        'from', from, 'state', state, 'since', since, 'failures', failures, 'error', error)
end
