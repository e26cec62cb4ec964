/* ended.h: the status and error of the latest sync that has ended. While another one waits or runs,
 * they are kept in a field "_ended": "<status> <error>". */
#ifndef LASTSYNC_ENDED_H
#define LASTSYNC_ENDED_H

#include "base/str.h"

struct ended {
    struct str status, error; /* absent if there is none */
};

/* Takes, for one kind of sync, the status and error reported last, and the value of its "_ended"
 * field (`apart`). Gives the former if that status is one of an ended sync; else the latter or, if
 * that is absent, the reported error without a status. */
struct ended ended_read(struct str status, struct str error, struct str apart);

#endif
