-- Writes names and values, ARGV from `from` to `to`, in place of all that a hash has; `is_new` tells that it has
-- nothing. The former fields are removed after the new ones are written, as Redis checks its memory limit only
-- before a script's first write.
local function replace(hash, from, to, is_new)
    local gone, new = {}, {}
    if not is_new then
        for i = from, to, 2 do
            new[ARGV[i]] = true
        end
        for _, name in ipairs(redis.call('HKEYS', hash)) do
            if not new[name] then
                gone[#gone + 1] = name
            end
        end
    end
    for i = from, to, 1000 do
        redis.call('HSET', hash, unpack(ARGV, i, math.min(i + 999, to)))
    end
    if #gone > 0 then
        redis.call('HDEL', hash, unpack(gone))
    end
end
