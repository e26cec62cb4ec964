# With shards, a name is written although it has been let go since it was reserved.
# file: cgi/store/connector/let_go.inc.lua
# faults: the scripts
# shards: 16
# found by: moments: name .*, and its key says|moments: name .* is both
/redis.call('HSET', key .. ':intents'/d
