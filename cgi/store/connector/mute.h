/* mute.h: connectors that somebody knows about: they are not counted where one looks first. */
#ifndef LASTSYNC_MUTE_H
#define LASTSYNC_MUTE_H

#include "store/redis/ask.h"

enum { MUTED_MAX = 1000 }; /* connectors of a shard that are muted at once */

struct mute {
    int64_t until; /* seconds since 1970 */
    struct str note, who;
};

/* Mutes a connector: UPDATED, NOOP or MISSING; FULL where MUTED_MAX are muted already. */
void mute_begin(struct ask *ask, struct str id, const struct mute *mute);

/* Ends that: UPDATED, NOOP where it was not muted, or MISSING. */
void mute_end(struct ask *ask, struct str id);

#endif
