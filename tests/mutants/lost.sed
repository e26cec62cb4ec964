# One of forty reports is acknowledged and not written.
# file: cgi/store/connector/report.inc.lua
# faults: the scripts
# shards: 1
# found by: registers: .* was there while
s/    if count > 0 then/    if count > 0 and millis % 40 > 0 then/
