# With shards, a name is written although its intent is gone.
# file: cgi/store/connector/name.inc.lua
# faults: commands come too late
# shards: 16
# found by: moments: name .*, and its key says|moments: name .* is both
s/        return intent ~= name and .*/        return nil/
