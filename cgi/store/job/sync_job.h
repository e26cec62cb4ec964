/* sync_job.h: the operations on sync jobs. Each makes an ask ready (see ask.h), whose outcome says
 * how it went; every one of them can also end AWAY or FAULTY. What is passed in must live as long
 * as the ask.
 *
 * Each that writes is one script: a job's hash, its secrets, and its places in four lists: of all
 * jobs, of those of its status, and of both its connector's. A job lies in its connector's shard;
 * one that was imported may lie in another. */
#ifndef LASTSYNC_STORE_SYNC_JOB_H
#define LASTSYNC_STORE_SYNC_JOB_H

#include "store/list/choose.h"

/* An id for a new job of a connector, that lies in the shard of this. */
struct str sync_job_new_id(struct ask *ask, struct str connector_id);

/* Writes a new job, whose id must be new: CREATED. Among its fields must be `_connector_id`,
 * `job_type`, `status` and `created_at`. */
void sync_job_create(struct ask *ask, struct str id, const struct pair *fields, size_t count);

struct whole;

/* Writes a job that was exported (see whole.h) over what was there: CREATED or UPDATED. */
void sync_job_restore(struct ask *ask, const struct whole *whole);

/* Reads fields of a job: FOUND with one row, or MISSING. */
void sync_job_read(struct ask *ask, struct str id, const struct str *names, size_t count);

/* Sets fields, and clears those whose value is absent, in one step, if what `expected` says is
 * still stored (an absent value: still absent): UPDATED, NOOP where nothing differs, CHANGED, or
 * MISSING. */
void sync_job_update(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                     const struct pair *expected, size_t expected_count);

/* An update of a job, and of its connector by what it reports. */
struct sync_job_end {
    struct str id, connector_id;
    const struct pair *changes, *expected;     /* of the job */
    const struct pair *reports, *reports_over; /* of the connector; `reports_over` is expected */
    size_t change_count, expected_count, report_count, reports_over_count;

    bool is_changed, is_reported; /* set in the end: whether the job differs, and whether there was
                                     such a connector */
};

/* Ends a job and reports that, in one step where both lie in one shard; else the job comes first.
 * The outcome is MISSING (no such job), CHANGED, or that of the report: UPDATED, or NOOP. */
void sync_job_finish(struct ask *ask, struct sync_job_end *end);

/* Removes a job: DELETED or MISSING. */
void sync_job_delete(struct ask *ask, struct str id);

/* Removes some of a connector's jobs, so that no step takes long: DELETED, and there may be more;
 * or NOOP, there were none. */
void sync_job_delete_some(struct ask *ask, struct str connector_id);

/* Lists score a job by its time in milliseconds since 1970, plus this for each type before its own:
 * until the year 2286 the jobs of a type lie between. */
#define SYNC_JOB_LISTING_STEP INT64_C(10000000000000)

/* The score of a job with these fields; false for a type or a time that is none. */
bool sync_job_score(struct str type, struct str created_at, int64_t *score);

/* What a list shall hold. */
struct sync_job_list {
    uint64_t from, size;     /* the part of it that is wanted */
    struct str connector_id; /* only jobs of this connector; absent: of any */
    struct str status;       /* only jobs of this status; absent: of any */
    unsigned types;          /* by enum sync_job_type, a bit each; none: of any */
    size_t answer_max;       /* bytes of documents that an answer can hold */
};

/* Lists jobs, the newest first: FOUND, with how many there are in total; the ask's take_rows gets
 * the wanted part. */
void sync_job_list(struct ask *ask, const struct sync_job_list *list, const struct str *names,
                   size_t count);

/* A choice of jobs by any of their fields; see choose.h. */
struct sync_job_choice {
    struct choice of;
    bool newest_first;
    struct str connector_id;    /* only among this connector's; absent: of any */
    const struct str *statuses; /* only among those of one of these; NULL: of any */
    size_t status_count;
};

/* Chooses jobs, in the order of their creation. */
void sync_job_choose(struct ask *ask, const struct sync_job_choice *wanted, const struct str *names,
                     size_t count);

/* Removes jobs: DELETED, and the total says how many were there. */
void sync_job_delete_each(struct ask *ask, const struct str *ids, size_t count);

#endif
