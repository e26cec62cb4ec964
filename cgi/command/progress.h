/* progress.h: shows a bar on standard error, if that is a terminal. */
#ifndef LASTSYNC_PROGRESS_H
#define LASTSYNC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    uint64_t total; /* 0: unknown */
    const char *what;
    int64_t next; /* ticks: when it is drawn again */
};

struct progress progress_begin(const char *what, uint64_t total);

/* Draws the bar, at most ten times a second. */
void progress_show(struct progress *progress, uint64_t done);

/* Removes the bar, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
