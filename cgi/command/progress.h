/* progress.h: a bar on standard error, where that is a terminal; nothing elsewhere. */
#ifndef LASTSYNC_PROGRESS_H
#define LASTSYNC_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
    bool shown;
    uint64_t total; /* 0: not known */
    const char *what;
    int64_t next; /* ticks: when it is drawn again */
};

struct progress progress_begin(const char *what, uint64_t total);

/* Draws it, ten times a second at the most. */
void progress_show(struct progress *progress, uint64_t done);

/* Takes it away, so that something else can be printed. */
void progress_clear(struct progress *progress);

#endif
