/* mute.h: mutes connectors whose trouble is known: overviews do not count them, and nobody is
 * notified of them. */
#ifndef LASTSYNC_MUTE_H
#define LASTSYNC_MUTE_H

#include "store/redis/ask.h"

enum { MUTED_MAX = 1000 }; /* connectors of a shard that can be muted at once */

struct mute {
    int64_t until; /* seconds since 1970 */
    struct str note, who;
};

/* Mutes a connector: UPDATED, NOOP or MISSING; FULL if MUTED_MAX are muted already. */
void mute_begin(struct ask *ask, struct str id, const struct mute *mute);

/* Unmutes a connector: UPDATED, NOOP if it was not muted, or MISSING. */
void mute_end(struct ask *ask, struct str id);

#endif
