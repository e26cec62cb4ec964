# A Redis that was away is tried again after a minute.
# file: cgi/store/redis/connection.c
# faults: Redis is killed
# shards: 1
# found by: service: .* all to be served after
s/RETRY_MILLISECONDS = 100/RETRY_MILLISECONDS = 60000/
