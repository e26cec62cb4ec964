/* problem.h: errors in Elasticsearch's form (API, section 3.7). */
#ifndef LASTSYNC_PROBLEM_H
#define LASTSYNC_PROBLEM_H

#include "base/arena.h"

enum problem_type {
    ACTION_REQUEST_VALIDATION,
    BAD_PARAMETER,
    CONTENT_TOO_LONG,
    DATE_TIME,
    DATE_TIME_PARSE,
    DOCUMENT_MISSING,
    GENERIC,
    ILLEGAL_ARGUMENT,
    INPUT_COERCION,
    INVALID_STATUS_TRANSITION,
    INVALID_SYNC_TRANSITION,
    JSON_END_OF_FILE,
    JSON_PARSE,
    MEDIA_TYPE_HEADER,
    NUMBER_FORMAT,
    PARSE,
    RESOURCE_EXISTS,
    RESOURCE_NOT_FOUND,
    SEARCH_PHASE_EXECUTION,
    SECURITY,
    STATUS,
    UNAVAILABLE,
    VERSION_CONFLICT,
    X_CONTENT_END_OF_FILE,
    X_CONTENT_PARSE,
};

/* An error and its cause; lives in a request's arena. */
struct problem {
    int status; /* of the outermost error */
    enum problem_type type;
    struct str reason;
    const struct problem *cause; /* NULL for none */
    struct str members;          /* further members, each as ,"name":value */
};

/* Makes a problem with status 400. */
const struct problem *problem_new(struct arena *arena, enum problem_type type, struct str reason,
                                  const struct problem *cause);

/* Gives the envelope as JSON text; with `trace`, it has a stack trace of one line. */
struct str problem_write(const struct problem *problem, bool trace, struct arena *arena);

/* Gives the short form of routing errors as JSON text: the message, and the status unless it is
 * 0. */
struct str problem_write_short(struct str message, int status, struct arena *arena);

#endif
