/* loop.h: a worker's turns: gather the requests that came, flush the application once, send its
 * answers.
 *
 * A request that needs several flushes is carried from turn to turn, while new requests are
 * gathered: a long one delays no other. Nor does a peer that sends a long request slowly, or reads
 * a long answer slowly: it is given up if it sends for 5 s, reads nothing for 60 s, or if too much
 * is kept for such peers. */
#ifndef LASTSYNC_LOOP_H
#define LASTSYNC_LOOP_H

#include "http/http.h"

struct loop_options {
    int listener;      /* a listening socket, shared with other workers */
    int handover[2];   /* from handover_open, shared by all workers: a worker that leaves sends its
                          connections into [1], another takes them from [0]. Both -1: there is none */
    size_t body_limit; /* bytes */
    unsigned batch_limit;      /* events, and so requests, that one turn takes */
    unsigned connection_limit; /* connections that a worker has, accepted or taken over */
    size_t
        slow_limit; /* bytes that it keeps for peers; above, those that have been slow for a second
                       are given up, above four times that the slowest at once; never the last */
};

enum { LOOP_BATCH_MAX = 1024 };

/* Serves until SIGTERM or SIGINT, then finishes the requests that it has taken on, waits up to 5 s
 * for peers that are slow, hands its connections over and returns. SIGINT means that no other
 * worker stays to take them; then, if the listening socket is descriptor 0, and so will be served
 * again, they are closed as soon as they are idle. False, after a line in the log, if it cannot
 * begin. */
bool loop_run(const struct loop_options *options, const struct application *application);

#endif
