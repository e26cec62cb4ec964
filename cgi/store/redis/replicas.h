/* replicas.h: how many replicas must have a write, if all must.
 *
 * "All" cannot be what Redis has at the moment. A planned failover of Sentinel begins with a
 * replica that leaves the primary and becomes one itself, a second or more before anybody is told.
 * What the old primary takes meanwhile will be thrown away, though each replica that it still has
 * acknowledges it. So a replica that leaves counts for REPLICAS_LEAVE_MILLISECONDS more, on a new
 * connection, too: within these, writes fail (503) and none is lost. */
#ifndef LASTSYNC_REPLICAS_H
#define LASTSYNC_REPLICAS_H

#include <stddef.h>
#include <stdint.h>

enum {
    REPLICAS_LEAVE_MILLISECONDS = 10000,
    REPLICAS_RETURN_MILLISECONDS = 7000, /* after which a server that is the primary again is new;
                                            longer than a promotion is waited for (sentinel.h), and
                                            shorter than sentinels take to demote a primary (8 s) */
    REPLICAS_HOST_BYTES = 256,           /* a longer host name is told apart by its beginning */
    REPLICAS_LEVELS = 8                  /* numbers of replicas that are remembered */
};

/* What is known of one server. */
struct replicas_of {
    char host[REPLICAS_HOST_BYTES]; /* "": a Unix socket */
    int port;
    unsigned counts[REPLICAS_LEVELS];  /* that it has told: the last one is the latest; before it,
                                          larger ones, the largest first */
    int64_t ended_at[REPLICAS_LEVELS]; /* ticks: when a smaller one followed; not of the last one */
    size_t level_count;
};

/* Of the server that was heard last, and of the one before: a promotion that is announced, and then
 * not seen in time, leads back to that. All zeros are a valid beginning. */
struct replicas {
    struct replicas_of server, before;
    int64_t left_at; /* ticks: when the one before was left */
};

/* Takes what a server has told: it has `count` replicas. The host is NULL for a Unix socket; `now`
 * is in ticks. Gives how many must have a write that this server takes; 0: it never had one. */
unsigned replicas_take(struct replicas *replicas, const char *host, int port, unsigned count,
                       int64_t now);

#endif
