-- Writes a hash whole, in place of a former one.
--
-- KEYS[1]  the hash
-- ARGV     of each field its name and value
-- Answers  created or updated

-- include: schema/replace.inc.lua

local is_new = redis.call('EXISTS', KEYS[1]) == 0
replace(KEYS[1], 1, #ARGV, is_new)
return is_new and 'created' or 'updated'
