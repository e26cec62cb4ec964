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

/* An error and what caused it; lives in a request's arena. */
struct problem {
    int status; /* of the outermost one */
    enum problem_type type;
    struct str reason;
    const struct problem *cause; /* NULL for none */
    struct str members;          /* that it has besides, each as ,"name":value */
};

/* A problem with status 400. */
const struct problem *problem_new(struct arena *arena, enum problem_type type, struct str reason,
                                  const struct problem *cause);

/* The envelope as JSON text, with a stack trace (of a line: there is no more to tell) where asked
 * for. */
struct str problem_write(const struct problem *problem, bool trace, struct arena *arena);

/* The short form of the errors that routing makes: the text, and the status unless it is 0. */
struct str problem_write_short(struct str message, int status, struct arena *arena);

#endif
