# Replies that come too late go to those who ask next.
# file: cgi/store/redis/redis.c
# faults: replies come too late|Redis stands still
# shards: 1
# found by: registers: |answers: |history: 
/FAILED_IN_TIME, "it does not answer in time"/d
