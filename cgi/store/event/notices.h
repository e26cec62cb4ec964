/* notices.h: what a target of notifications is to be told, from the streams `events` of all shards.
 *
 * Each target has a consumer group of its own, so that one that cannot be reached holds up no
 * other. What was read and not done is read again, whoever reads: so it is told at least once. Who
 * has a target's lease is the only one that tells it, and so in order. */
#ifndef LASTSYNC_EVENT_NOTICES_H
#define LASTSYNC_EVENT_NOTICES_H

#include "store/redis/ask.h"
#include "store/schema/fields.h"

enum { NOTICES_MAX = 100 }; /* entries that are read of a shard at once; of those held as many */

struct notice {
    unsigned shard;
    struct str entry; /* its id in the stream; empty: the connector was held back until now */
    struct str connector, name, service_type; /* empty: none */
    struct str now;                           /* what is told of it: its field _told */
    int64_t muted_until;
    struct str told; /* what the target was told last, "<state> <second>"; empty: nothing */
    struct str fields[EVENT_FIELDS]; /* of the entry; absent where it was held back */

    /* What becomes of it; see notices_done.lua. */
    int64_t hold_until;
    struct str told_now;
};

struct notices {
    struct notice *rows;
    size_t count;
};

/* Takes the lease of a target, or holds it for longer: FOUND where it is ours, else NOOP. With 0
 * milliseconds gives it back. */
void notices_lease(struct ask *ask, struct str target, struct str token, int64_t milliseconds);

/* Reads what the target is not told yet, those of each connector in their order: FOUND, with *read
 * filled in, in the ask's arena. */
void notices_read(struct ask *ask, struct str target, struct notices *read);

/* Notes what became of them: UPDATED. */
void notices_done(struct ask *ask, struct str target, const struct notices *done);

#endif
