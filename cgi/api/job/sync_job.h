/* sync_job.h: what the endpoints of sync jobs share. */
#ifndef LASTSYNC_API_SYNC_JOB_H
#define LASTSYNC_API_SYNC_JOB_H

#include "api/common/fields.h"
#include "api/common/update.h"

/* Sync jobs as subjects of routes. The two differ in the error for a missing job: its bare id, or a
 * sentence. */
extern const struct subject sync_job_by_id, sync_job_by_sentence;

/* Writes a job, for both subjects. It ignores the kind of update: no other field depends on a
 * job's. */
void sync_job_write(struct ask *ask, struct str id, enum update_kind kind,
                    const struct pair *changes, size_t count, const struct pair *expected,
                    size_t expected_count);

/* Gives the status for a word; SYNC_STATUSES for an unknown one. */
enum sync_status sync_job_status(struct str word);

/* Answers that the state machine forbids a step. */
enum progress fail_transition(struct call *call, struct str from, enum sync_status to);

/* The members of the body of `_stats`, in their order: four counters first. */
enum {
    STATS_DELETED,
    STATS_INDEXED,
    STATS_VOLUME,
    STATS_TOTAL,
    STATS_LAST_SEEN,
    STATS_METADATA,
    STATS_MEMBERS
};

/* Complains of counters below 0 in a body whose form begins with the four counters. */
void complain_of_counts(struct call *call, struct complaints *complaints);

#endif
