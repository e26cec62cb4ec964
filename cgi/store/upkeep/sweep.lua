-- Removes what belongs to a document that is gone.
--
-- KEYS[1]  the document's hash
-- KEYS[2]  its secrets, or the stream of its reports
-- Answers  deleted, or noop where the document is there

if redis.call('EXISTS', KEYS[1]) == 1 then
    return 'noop'
end
redis.call('DEL', KEYS[2])
return 'deleted'
