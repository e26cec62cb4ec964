/* sync_job.h: the operations on sync jobs. Each makes an ask ready (see ask.h), and names its
 * outcomes below; each can also end AWAY or FAULTY. The arguments must live as long as the ask.
 *
 * Each write is one script. It writes the job's hash, its secrets, and its places in four lists:
 * all jobs, all jobs of its status, its connector's jobs, and its connector's jobs of its status. A
 * job is in its connector's shard; an imported one may be in another. */
#ifndef LASTSYNC_STORE_SYNC_JOB_H
#define LASTSYNC_STORE_SYNC_JOB_H

#include "store/list/choose.h"

/* Gives an id for a new job, in the shard of its connector. */
struct str sync_job_new_id(struct ask *ask, struct str connector_id);

/* Writes a new job, whose id must be new: CREATED. Among its fields must be `_connector_id`,
 * `job_type`, `status` and `created_at`. */
void sync_job_create(struct ask *ask, struct str id, const struct pair *fields, size_t count);

struct whole;

/* Writes an exported job (see whole.h), and replaces a job of the same id: CREATED or UPDATED. */
void sync_job_restore(struct ask *ask, const struct whole *whole);

/* Reads fields of a job: FOUND with one row, or MISSING. */
void sync_job_read(struct ask *ask, struct str id, const struct str *names, size_t count);

/* Sets fields, and clears those whose value is absent, in one step. UPDATED; NOOP if nothing
 * differs; CHANGED if a stored field differs from `expected` (an absent value: the field must be
 * absent); or MISSING. */
void sync_job_update(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                     const struct pair *expected, size_t expected_count);

/* An update of a job, and the report of it to its connector. */
struct sync_job_end {
    struct str id, connector_id;
    const struct pair *changes, *expected;     /* of the job */
    const struct pair *reports, *reports_over; /* of the connector; `reports_over` is expected */
    size_t change_count, expected_count, report_count, reports_over_count;

    bool is_changed, is_reported; /* set at the end: whether the job has changed, and whether its
                                     connector exists */
};

/* Ends a job and reports that to its connector, in one step if both are in one shard; else the job
 * is written first. MISSING (no such job), CHANGED, or the outcome of the report: UPDATED or
 * NOOP. */
void sync_job_finish(struct ask *ask, struct sync_job_end *end);

/* Removes a job: DELETED or MISSING. */
void sync_job_delete(struct ask *ask, struct str id);

/* Removes some of a connector's jobs, few enough for a short step: DELETED (there may be more), or
 * NOOP (there were none). */
void sync_job_delete_some(struct ask *ask, struct str connector_id);

/* A job's score in lists is its time in milliseconds since 1970, plus this step for each type
 * before its own. A time before 1970 counts as the first of 1970, and one from the step on (in the
 * year 2286) as the last before it, so the scores of different types never overlap. */
#define SYNC_JOB_LISTING_STEP INT64_C(10000000000000)

/* Gives the score of a job with these fields. False if the type or the time is malformed. */
bool sync_job_score(struct str type, struct str created_at, int64_t *score);

/* The jobs that a list is to hold. */
struct sync_job_list {
    uint64_t from, size;     /* the wanted part of the list */
    struct str connector_id; /* only jobs of this connector; absent: of any */
    struct str status;       /* only jobs of this status; absent: of any */
    unsigned types;          /* by enum sync_job_type, a bit each; 0: any */
    size_t answer_max;       /* the bytes of documents that an answer can hold */
};

/* Lists jobs, the newest first: FOUND, with the total number; the ask's take_rows gets the wanted
 * part. */
void sync_job_list(struct ask *ask, const struct sync_job_list *list, const struct str *names,
                   size_t count);

/* A choice of jobs by any of their fields; see choose.h. */
struct sync_job_choice {
    struct choice of;
    bool newest_first;
    struct str connector_id;    /* only jobs of this connector; absent: of any */
    const struct str *statuses; /* only jobs with one of these statuses; NULL: with any */
    size_t status_count;
};

/* Chooses jobs, in the order of their creation. */
void sync_job_choose(struct ask *ask, const struct sync_job_choice *wanted, const struct str *names,
                     size_t count);

/* Removes jobs: DELETED, with the number of those that existed as the total. */
void sync_job_delete_each(struct ask *ask, const struct str *ids, size_t count);

#endif
