/* pool.h: keeps a number of worker processes running. */
#ifndef LASTSYNC_POOL_H
#define LASTSYNC_POOL_H

#include <stdbool.h>

enum { POOL_WORKERS_MAX = 256 };

/* How many slots of metrics a pool of `count` workers needs: slot 0 is its own, and a worker that
 * leaves has one besides the one that replaces it. */
unsigned pool_slots(unsigned count);

/* Forks `count` workers, each of which runs work(context) and exits by what that gives. Each
 * counts in a slot of the metrics that no other has, and the pool in slot 0. Replaces the dead,
 * with a growing pause where they die young, and never gives up. SIGHUP replaces the workers one by
 * one, each new one before the old; SIGTERM and SIGINT end them all, and then this comes back: true
 * where all of them left in order. */
bool pool_run(unsigned count, bool (*work)(void *context), void *context);

#endif
