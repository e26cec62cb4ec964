/* inprocess.h: the seam between the text cases and what answers them, in plain C types: the
 * program's own code in this process, or the same behind a server. */
#ifndef LASTSYNC_CASES_INPROCESS_H
#define LASTSYNC_CASES_INPROCESS_H

#include <stddef.h>

struct header_line {
    const char *name; /* as the client writes it */
    const char *value;
};

/* What came back. All of it lives until the next call of the function that gave it. */
struct answer {
    int status; /* 0: there was no answer, and the body says why */
    const struct header_line *headers;
    size_t header_count;
    const char *body;
    size_t body_len;
};

/* Answers one request. The target is as sent, with its query; headers may repeat; the body has
 * `body_len` bytes and may be NULL where that is 0. */
typedef struct answer respond_function(const char *method, const char *target,
                                       const struct header_line *headers, size_t header_count,
                                       const char *body, size_t body_len);

/* Makes the program's code ready to answer in this process, with default limits, and data in so
 * many shards as --shards takes it. A Redis of NULL: without a store, for requests that are decided
 * before it is asked. Ends the process where it cannot. */
void inprocess_open(const char *redis_url, const char *shards);

respond_function inprocess_respond;

/* Gives back what inprocess_open and inprocess_respond took. */
void inprocess_close(void);

#endif
