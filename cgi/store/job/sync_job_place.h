/* sync_job_place.h: a sync job's places in lists, which follow what its hash says. For the
 * operations only. */
#ifndef LASTSYNC_SYNC_JOB_PLACE_H
#define LASTSYNC_SYNC_JOB_PLACE_H

#include "store/schema/key.h"

/* The types of jobs, which each list keeps apart, in this order. */
enum job_listing { LISTED_FULL, LISTED_INCREMENTAL, LISTED_ACCESS_CONTROL, JOB_LISTINGS };

/* Lists score a job by its time in milliseconds since 1970, plus this for each type before its own:
 * until the year 2286 the jobs of a type lie between. */
#define JOB_LISTING_STEP INT64_C(10000000000000)

/* What a job's hash says of its places. */
struct job_state {
    bool exists; /* with all that a place needs */
    struct str connector_id, status;
    int64_t score;
};

/* The state that these fields say, any of which may be absent. */
struct job_state job_place_state_of(struct str type, struct str connector_id, struct str status,
                                    struct str created_at);

/* Asks for the fields that say a job's state, and then for others: document_commands of them. */
void job_place_ask_fields(struct ask *ask, struct str id, const struct str *names, size_t count);

/* What the first reply to that says, and what all of them do. */
struct job_state job_place_read_state(const struct reply *reply);
struct row job_place_read_row(struct ask *ask, struct str id, const struct reply *replies,
                              const struct str *names, size_t count);

/* Asks to list the job by its state, wherever else it is listed: among all jobs and among those of
 * its connector. */
void job_place_ask(struct ask *ask, struct str id, struct job_state state);

/* Asks to take jobs out of all lists of a connector, or with an absent id, of all connectors. */
void job_place_ask_none(struct ask *ask, const struct str *ids, size_t count,
                        struct str connector_id);

/* Lists a job by *state, and not by a former status (absent: none); then by whatever its hash says
 * afterwards, until the two agree: of several that do so at once, the last one to write the places
 * has seen the last state of the hash. Without `exists` it is taken out of all lists. It leaves
 * what the hash says in *state and calls `then`, without replies and with the ask's operation as it
 * is now. */
void job_place_start(struct ask *ask, struct str id, struct job_state *state, struct str former,
                     ask_step *then);

#endif
