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
