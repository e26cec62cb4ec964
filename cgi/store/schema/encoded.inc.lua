-- Gives an id or an index name as keys have it: see key_must_be_encoded.
local function encoded(name)
    return (string.gsub(name, '[%z\1-\31\127{}%%]', function(byte)
        return string.format('%%%02X', string.byte(byte))
    end))
end
