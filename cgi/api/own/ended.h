/* ended.h: how the last sync that has ended, ended. Once another one waits or runs, its status and
 * error are kept apart, in a field "_ended": "<status> <error>". */
#ifndef LASTSYNC_ENDED_H
#define LASTSYNC_ENDED_H

#include "base/str.h"

struct ended {
    struct str status, error; /* absent where there is none */
};

/* Of a kind of sync: the status and error that were reported last, and what was kept apart. The
 * latter is older where the status is that of a sync that has ended. */
struct ended ended_read(struct str status, struct str error, struct str apart);

#endif
