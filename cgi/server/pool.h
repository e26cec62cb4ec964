/* pool.h: keeps a number of worker processes running. */
#ifndef LASTSYNC_POOL_H
#define LASTSYNC_POOL_H

#include <stdbool.h>

enum { POOL_WORKERS_MAX = 256 };

/* Forks `count` workers, each of which runs work(context) and exits by what that gives. Replaces
 * the dead, with a growing pause where they die young, and never gives up. SIGHUP replaces the
 * workers one by one, each new one before the old; SIGTERM and SIGINT end them all, and then this
 * comes back: true where all of them left in order. */
bool pool_run(unsigned count, bool (*work)(void *context), void *context);

#endif
