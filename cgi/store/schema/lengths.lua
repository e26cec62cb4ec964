-- Measures the fields of a document together, in bytes.
--
-- KEYS[1]  the document's hash
-- ARGV     how many fields, and their names; the names of secret fields
-- Answers  the number

local bytes = 0
for i = 2, #ARGV do
    bytes = bytes + redis.call('HSTRLEN', i <= ARGV[1] + 1 and KEYS[1] or KEYS[1] .. ':secrets', ARGV[i])
end
return bytes
