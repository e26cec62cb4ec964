-- The intents of a connector to have index names: see claim.h. They are kept by token beside the connector's hash,
-- and stay when that is deleted.

local INTENT_TO_RENEW = '' -- in place of the name: see let_go.inc.lua

-- Gives the tokens of the connector's intents to have a name.
local function intents_for(key, name)
    local intents, tokens = redis.call('HGETALL', key .. ':intents'), {}
    for i = 1, #intents, 2 do
        if intents[i + 1] == name then
            tokens[#tokens + 1] = intents[i]
        end
    end
    return tokens
end
