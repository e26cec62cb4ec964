# The directory keeps what a connector was.
# file: cgi/store/connector/place.inc.lua
# faults: the scripts
# shards: 1
# found by: moments: list .*directory has
s/    if old_entry and old_entry ~= entry then/    if false then/
