/* pool.h: keeps a number of worker processes running. */
#ifndef LASTSYNC_POOL_H
#define LASTSYNC_POOL_H

#include <stdbool.h>

enum { POOL_WORKERS_MAX = 256 };

/* How many slots of metrics a pool of `count` workers needs: slot 0 is its own, and a worker that
 * leaves has one besides the one that replaces it. */
unsigned pool_slots(unsigned count);

struct pool_options {
    unsigned count;
    bool (*work)(void *context); /* what a worker does; it exits by what that gives */
    void *context;
    int patience; /* milliseconds that a worker which is asked to leave may take, before it is
                     killed */
};

/* Forks `count` workers. Each counts in a slot of the metrics that no other has, and the pool in
 * slot 0. Replaces the dead, with a growing pause where they die young, and never gives up. SIGHUP
 * replaces the workers one by one, each new one before the old; one that comes meanwhile does so
 * once more afterwards. SIGTERM and SIGINT end them all, and then this comes back: true where all
 * of them left in order. */
bool pool_run(const struct pool_options *options);

#endif
