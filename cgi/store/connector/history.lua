-- Reads the latest syncs of a connector, the newest first; none if Redis has no streams.
--
-- KEYS[1]  the connector's hash
-- ARGV     the newest entry wanted, or +; at most how many
-- Answers  {missing}, also for a deleted connector; or {found, entries}

if redis.call('HGET', KEYS[1], 'deleted') ~= 'false' then
    return { 'missing' }
end
local entries = redis.pcall('XREVRANGE', KEYS[1] .. ':syncs', ARGV[1], '-', 'COUNT', ARGV[2])
if entries and entries.err and not string.find(entries.err, 'nknown') then
    return entries
end
return { 'found', entries and not entries.err and entries or {} }
