/* sync_job.h: the operations on sync jobs. Each makes an ask ready (see ask.h), whose outcome says
 * how it went; every one of them can also end AWAY or FAULTY. What is passed in must live as long
 * as the ask.
 *
 * As with connectors, a job's hash is what counts, and the lists that know the job lie in other
 * slots and follow it. A job is put into a list before its hash says that it belongs there, and is
 * taken out of its former one after: so a list that is read meanwhile, or after a crash in between,
 * has an entry too many, which the reader mends, and not one too few, which nobody would see. */
#ifndef LASTSYNC_STORE_SYNC_JOB_H
#define LASTSYNC_STORE_SYNC_JOB_H

#include "store/redis/ask.h"

/* The field that has the id of a job's connector. */
extern const struct str sync_job_connector_id;

/* Writes a new job, whose id must be new: CREATED. Among its fields must be sync_job_connector_id,
 * `job_type`, `status` and `created_at`. */
void sync_job_create(struct ask *ask, struct str id, const struct pair *fields, size_t count);

/* Reads fields of a job: FOUND with one row, or MISSING. */
void sync_job_read(struct ask *ask, struct str id, const struct str *names, size_t count);

/* Sets fields, and clears those whose value is absent, in one step, if what `expected` says is
 * still stored (an absent value: still absent): UPDATED, NOOP where nothing differs, CHANGED, or
 * MISSING. */
void sync_job_update(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                     const struct pair *expected, size_t expected_count);

/* Removes a job: DELETED or MISSING. */
void sync_job_delete(struct ask *ask, struct str id);

/* Removes some of a connector's jobs, so that no step takes long: DELETED, and there may be more;
 * or NOOP, there were none. */
void sync_job_delete_some(struct ask *ask, struct str connector_id);

/* What a list shall hold. */
struct sync_job_list {
    uint64_t from, size;     /* the part of it that is wanted */
    struct str connector_id; /* only jobs of this connector; absent: of any */
    struct str status;       /* only jobs of this status; absent: of any */
    unsigned types;          /* of full, incremental, access_control, a bit each; none: of any */
};

/* Lists jobs, the newest first: FOUND, with the fields of the wanted part in rows, and how many
 * there are in total. Read in pages: no command holds Redis for long. */
void sync_job_list(struct ask *ask, const struct sync_job_list *list, const struct str *names,
                   size_t count);

#endif
