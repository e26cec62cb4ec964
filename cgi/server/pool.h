/* pool.h: keeps a number of worker processes running. */
#ifndef LASTSYNC_POOL_H
#define LASTSYNC_POOL_H

#include <stdbool.h>

enum { POOL_WORKERS_MAX = 256 };

/* How many slots of metrics a pool of `count` workers needs: slot 0 for itself, and two for each
 * worker, because one that leaves still counts beside the one that replaces it. */
unsigned pool_slots(unsigned count);

struct pool_options {
    unsigned count;
    bool (*work)(void *context); /* a worker's work; true: it exits with 0 */
    void *context;
    int patience; /* milliseconds that a worker may take to leave, before it is killed */
};

/* Forks `count` workers. Each counts in its own slot of the metrics, and the pool in slot 0. A
 * worker that dies is replaced, after a growing pause if workers die young; it never gives up.
 * SIGHUP replaces the workers one by one, and starts each new one before the old one leaves; a
 * SIGHUP that comes meanwhile replaces them once more afterwards. SIGTERM and SIGINT end all
 * workers; then it returns, with true if all of them left in order. */
bool pool_run(const struct pool_options *options);

#endif
