# A sync job stays in the list of the status that it had.
# file: cgi/store/job/job.inc.lua
# faults: the scripts
# shards: 16
# found by: moments: list .*sync_jobs.* has
/in_lists(prefix, job.connector, job.status, 'ZREM', id)/d
