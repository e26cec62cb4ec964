/* failures.h: why connectors fail: the errors of their last failed syncs, and in which of these a
 * selection finds something. */
#ifndef LASTSYNC_FAILURES_H
#define LASTSYNC_FAILURES_H

#include "store/connector/connector.h"
#include "store/list/rows.h"
#include "store/list/walk.h"

/* ---- of one connector ---- */

enum failure_kind { FAILURE_CONTENT, FAILURE_ACCESS_CONTROL, FAILURE_KINDS };

/* The fields that failure_read reads. */
enum { FAILURE_FIELDS = 4 * FAILURE_KINDS };
void failure_names(struct str names[FAILURE_FIELDS]);

/* Takes the values of these fields. True if that kind of sync has failed since its last success;
 * then `error` is that of the last one that ended, or absent. */
bool failure_read(const struct str *values, enum failure_kind kind, struct str *error);

/* ---- of all that fail ---- */

enum {
    FAILURES_MAX = 2500,      /* connectors that are read: those that began to fail last */
    FAILURES_TEXT_MAX = 1024, /* bytes of each error that are read */
    FAILURES_SLICE = 100      /* connectors that a step reads */
};

/* A connector in whose errors something was found. */
struct failure_found {
    struct str id;
    struct str found; /* the value SELECTED_FOUND */
};

struct failures;

/* Runs when the errors have been read. */
typedef void failures_then(struct ask *ask, struct failures *failures);

struct failures {
    struct walk walk;                  /* of `standings`, whose parts are counted */
    unsigned failing;                  /* the parts of the failing ones: 1 << its number */
    const struct selection *selection; /* its `find` is set */

    struct failure_found *found; /* by id */
    size_t found_count;
    uint64_t unread; /* how many connectors fail besides those that were read */

    failures_then *then;
    void *operation;

    /* private */
    struct walk_segment segment;
    struct rows rows;
    struct rows_entry *entries;
};

/* Reads the errors, and calls `then`. */
void failures_read(struct ask *ask, struct failures *failures, failures_then *then);

/* What was found in a connector's errors; absent: nothing. `failures` may be NULL. */
struct str failures_found(const struct failures *failures, struct str id);

#endif
