/* progress.c: draws bars. */
#include "command/progress.h"

#include <stdio.h>
#include <unistd.h>

#include "base/instant.h"

enum { WIDTH = 30, INTERVAL = 100 /* milliseconds */ };

struct progress progress_begin(const char *what, uint64_t total)
{
    return (struct progress){ isatty(STDERR_FILENO) == 1, total, what, 0 };
}

void progress_show(struct progress *progress, uint64_t done)
{
    int64_t now = instant_ticks();
    char bar[WIDTH + 1];
    uint64_t part;

    if (!progress->shown || now < progress->next)
        return;
    progress->next = now + INTERVAL;
    if (!progress->total) {
        (void)fprintf(stderr, "\r%llu %s", (unsigned long long)done, progress->what);
        return;
    }
    part = done >= progress->total ? WIDTH : done * WIDTH / progress->total;
    for (uint64_t i = 0; i < WIDTH; i++)
        bar[i] = i < part ? '#' : '.';
    bar[WIDTH] = '\0';
    (void)fprintf(stderr, "\r[%s] %3u %% of %llu %s", bar,
                  (unsigned)(done >= progress->total ? 100 : done * 100 / progress->total),
                  (unsigned long long)progress->total, progress->what);
}

void progress_clear(struct progress *progress)
{
    if (progress->shown && progress->next)
        (void)fprintf(stderr, "\r\033[K");
    progress->next = 0;
}
