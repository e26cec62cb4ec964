# What Redis never answered is acknowledged.
# file: cgi/store/redis/redis.c
# faults: in a command
# shards: 1
# found by: registers: |history: .* is lost
s/        ask_end(ask, (enum outcome)reply->number);/        ask_end(ask, is_lost(reply) \&\& !ask->reads_only ? UPDATED : (enum outcome)reply->number);/
