# A connector that is deleted still counts for its service type.
# file: cgi/store/connector/place.inc.lua
# faults: the scripts
# shards: 1
# found by: moments: list service_types counts
s/        count_type(prefix, before, -1)/        count_type(prefix, before, after and -1 or 0)/
