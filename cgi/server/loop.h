/* loop.h: a worker's turns: gather the requests that came, flush the application once, send its
 * answers.
 *
 * A request whose answer takes the application several flushes is carried from turn to turn, and
 * new requests are gathered meanwhile: a long one delays nobody. */
#ifndef LASTSYNC_LOOP_H
#define LASTSYNC_LOOP_H

#include "http/http.h"

struct loop_options {
    int listener;         /* a listening socket, shared with other workers */
    int handover[2];      /* from handover_open, shared by all workers, or -1 twice: a worker that
                             leaves sends its connections into [1], another takes them from [0] */
    size_t body_limit;    /* bytes */
    unsigned batch_limit; /* events, and so requests, that one turn takes */
    unsigned connection_limit; /* connections that a worker has, wherever they come from */
};

enum { LOOP_BATCH_MAX = 1024 };

/* Serves until SIGTERM or SIGINT, then finishes what it has taken on, hands its connections over
 * and comes back. SIGINT says that no other worker stays to take them: where the listening socket
 * is descriptor 0, and so will be served again, they are closed when they are idle. False, with a
 * line in the log, where it cannot begin. */
bool loop_run(const struct loop_options *options, const struct application *application);

#endif
