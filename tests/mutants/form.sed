# A 503 has another type.
# file: cgi/api/common/problem.c
# faults: Redis is killed
# shards: 1
# found by: answers: .*503 of another form
s/"unavailable_exception"/"unavailable_shards_exception"/
