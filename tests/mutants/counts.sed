# Syncs that failed are not counted.
# file: cgi/store/connector/counts.inc.lua
# faults: the scripts
# shards: 1
# found by: history: counts of all say
s/failed + ended\[2\]/failed/
