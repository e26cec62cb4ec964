# A script that Redis does not know is not sent as text.
# file: cgi/store/redis/redis.c
# faults: the scripts
# shards: 1
# found by: waited .* for PUT /_connector/r0: 500
s/    if (str_starts(reply->text, STR("NOSCRIPT "))) {/    if (str_starts(reply->text, STR("NOSUCH "))) {/
