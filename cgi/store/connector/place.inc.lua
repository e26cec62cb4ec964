-- Lists a connector, for the scripts that change its places: in `connectors`, in the order of lists; in
-- `directory`, in the order of names and with what searches look at; and among the counts of
-- `service_types`.

local LISTED = { 'deleted', 'index_name', 'name', 'service_type', 'description' }
local NAME_MAX, TYPE_MAX, DESCRIPTION_MAX = 256, 128, 128 -- bytes of it in the directory

-- Gives at most so many bytes of a text, without NUL, which separates the texts of a member; and whether the
-- text is whole.
local function cut(text, most)
    local short = string.gsub(string.sub(text or '', 1, most), '%z', '\1')
    return short, short == (text or '')
end

-- A member of the directory: a group (0 live with a name, 1 live without one, 2 deleted), the name, the id,
-- the service type, the index name and the description; "." where these are whole, "+" where one is cut.
local function directory_member(id, listed)
    local name, whole_name = cut(listed[3], NAME_MAX)
    local type, whole_type = cut(listed[4], TYPE_MAX)
    local description, whole_description = cut(listed[5], DESCRIPTION_MAX)
    local group = listed[1] == 'true' and '2' or name == '' and '1' or '0'
    return group .. table.concat({ name, id, type, listed[2] or '', description,
        whole_name and whole_type and whole_description and '.' or '+' }, '\0')
end

local function connectors_member(id, listed)
    return (listed[2] or '') .. ' ' .. id,
        (listed[1] == 'true' and 2 or 0) + (listed[2] and 0 or 1)
end

-- Counts a type as the directory has it, so that check can count again.
local function count_type(prefix, listed, number)
    local type = cut(listed[4], TYPE_MAX)
    if listed[1] == 'false' and type ~= '' then
        local key = prefix .. 'service_types'
        if redis.call('HINCRBY', key, type, number) <= 0 then
            redis.call('HDEL', key, type)
        end
        if type ~= listed[4] then -- former versions counted it whole
            redis.call('HDEL', key, listed[4])
        end
    end
end

-- Removes a connector from the places that the values `before` of LISTED gave it, and adds it at those that the
-- values `after` give it; either may be nil.
local function place(prefix, id, before, after)
    local old_member, old_score, member, score
    local old_entry, entry = before and directory_member(id, before), after and directory_member(id, after)
    if before then
        old_member, old_score = connectors_member(id, before)
    end
    if after then
        member, score = connectors_member(id, after)
    end
    if member then
        redis.call('ZADD', prefix .. 'connectors', score, member)
        redis.call('ZADD', prefix .. 'directory', 0, entry)
    end
    if old_member and old_member ~= member then
        redis.call('ZREM', prefix .. 'connectors', old_member)
    end
    if old_entry and old_entry ~= entry then
        redis.call('ZREM', prefix .. 'directory', old_entry)
    end
    if before and after and before[1] == after[1] and before[4] == after[4] then
        return
    end
    if after then
        count_type(prefix, after, 1)
    end
    if before then
        count_type(prefix, before, -1)
    end
end

-- include: schema/encoded.inc.lua

local function index_name_key(prefix, name)
    return prefix .. 'index_name:{' .. encoded(name) .. '}'
end
