# A report that is repeated ends its sync once more.
# file: cgi/store/connector/report.inc.lua
# faults: the scripts
# shards: 1
# found by: history: .* is there \d+ times
s/{ unpack(stored) }, 'noop'/{ unpack(stored) }, 'updated'/
s/if given and (synced or .*) then/if given then/
