-- Gives at most so many bytes of a text, cut between characters.
local function cut_text(text, most)
    if #text <= most then
        return text
    end
    while most > 0 and string.byte(text, most + 1) >= 128 and string.byte(text, most + 1) < 192 do
        most = most - 1
    end
    return string.sub(text, 1, most)
end
