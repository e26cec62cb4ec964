-- Compares lists with the documents' hashes, and mends lists.
--
-- KEYS[1]  the key to look at: a document's hash, a list, or a key that belongs to a document
-- ARGV     the prefix of the shard's keys; look or fix; what it is:
--          connector      a hash, and the connector's id: is it in `connectors` and in the directory?
--          listed         `connectors`, and a member: is there such a connector?
--          entry          the directory, and a member and the id in it: likewise
--          live           `standings` or `successes`, and a member: is there such a connector, not deleted?
--          job            a hash, and the job's id and score: is it in its lists?
--          listed_job     a list of jobs, and a member, and the connector and the status of which it is a
--                         list, "" for any: does it belong there?
--          belongs        a key that belongs to a document, and the document's key: does the document exist?
-- Answers  right or wrong; and of what was wrong, fixed

-- include: connector/place.inc.lua
-- include: job/lists.inc.lua

local prefix, fix, what, id = ARGV[1], ARGV[2] == 'fix', ARGV[3], ARGV[4]
local function listed_of(connector)
    local listed = redis.call('HMGET', prefix .. 'connector:{' .. encoded(connector) .. '}', unpack(LISTED))
    return listed[1] and listed or nil
end

local wrong, mend
if what == 'connector' then
    local listed = listed_of(id)
    if listed then
        local member, score = connectors_member(id, listed)
        local stored = redis.call('ZSCORE', prefix .. 'connectors', member)
        local entry = directory_member(id, listed)
        wrong = stored ~= tostring(score) or not redis.call('ZSCORE', prefix .. 'directory', entry)
        mend = function()
            redis.call('ZADD', prefix .. 'connectors', score, member)
            redis.call('ZADD', prefix .. 'directory', 0, entry)
        end
    end
elseif what == 'listed' then
    local connector = string.match(id, '^[^ ]* (.*)$')
    local listed = connector and listed_of(connector)
    local member = listed and connectors_member(connector, listed)
    wrong = member ~= id
elseif what == 'entry' then
    local listed = listed_of(ARGV[5])
    wrong = not listed or directory_member(ARGV[5], listed) ~= id
elseif what == 'live' then
    local listed = listed_of(id)
    wrong = not listed or listed[1] ~= 'false'
elseif what == 'job' then
    local connector, status = unpack(redis.call('HMGET', KEYS[1], '_connector_id', 'status'))
    if connector and status then
        for _, list in ipairs(lists_of(prefix, connector, status)) do
            local score = redis.call('ZSCORE', list, id)
            wrong = wrong or not score or score + 0 ~= ARGV[5] + 0
        end
        mend = function()
            in_lists(prefix, connector, status, 'ZADD', ARGV[5], id)
        end
    end
elseif what == 'listed_job' then
    local connector, status =
        unpack(redis.call('HMGET', prefix .. 'sync_job:{' .. encoded(id) .. '}', '_connector_id', 'status'))
    wrong = not status or ARGV[5] ~= '' and ARGV[5] ~= connector or ARGV[6] ~= '' and ARGV[6] ~= status
elseif what == 'belongs' then
    wrong = redis.call('EXISTS', id) == 0 and redis.call('EXISTS', KEYS[1]) == 1
    mend = function()
        redis.call('DEL', KEYS[1])
    end
end

-- A member may have left the list since it was scanned.
if not wrong or not mend and not redis.call('ZSCORE', KEYS[1], id) then
    return 'right'
end
if not fix then
    return 'wrong'
end
if mend then
    mend()
else
    redis.call('ZREM', KEYS[1], id)
end
return 'fixed'
