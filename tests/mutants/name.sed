# A name that another connector has is taken.
# file: cgi/store/connector/name.inc.lua
# faults: the scripts
# shards: 1
# found by: moments: name .* is both
s/    if holder and holder ~= ARGV\[2\] then/    if false then/
