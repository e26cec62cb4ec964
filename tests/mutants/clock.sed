# A connector is heard of by the clock of the last writer.
# file: cgi/store/connector/report.inc.lua
# faults: the clock
# shards: 1
# found by: check: lastsync check ends with 1
s/        heard = math.max(/        heard = not settles and second or math.max(/
