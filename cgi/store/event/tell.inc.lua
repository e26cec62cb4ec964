-- Tells of a connector in the stream `events`, for each script by which it comes into a bad state, or out of
-- one. Its field _told has the last event told, "<state> <second>", so that each change is told once:
-- a script that tells writes both.
--
-- Every entry has all fields, each always of the same type: 0 and "" are "not known".

-- Puts a word before the text, because Grafana would take a column of texts that look like numbers for numbers;
-- and cuts the text to at most 4096 bytes, between characters: by itself, as each report would make a further function.
local function error_text(text)
    if not text or text == '' then
        return ''
    end
    if #text > 4096 then
        local last = 4096
        while string.byte(text, last + 1) >= 128 and string.byte(text, last + 1) < 192 do
            last = last - 1
        end
        text = string.sub(text, 1, last)
    end
    return 'error: ' .. text
end

local function tell(prefix, most, event, key, from, state, since, failures, error)
    return redis.pcall('XADD', prefix .. 'events', 'MAXLEN', '~', most, '*', 'event', event, 'key', key,
        'from', from, 'state', state, 'since', since, 'failures', failures, 'error', error)
end
