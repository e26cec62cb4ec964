# One of forty reports is written without a count of its own.
# file: cgi/store/connector/report.inc.lua
# faults: the scripts
# shards: 1
# found by: registers: .* torn: 
s/        if new ~= stored\[i\] then/        if new ~= stored[i] and (millis % 40 > 0 or names[i] ~= 'last_deleted_document_count') then/
