/* notices.h: reads the events that a target of notifications is to be told, from the streams
 * `events` of all shards.
 *
 * Each target has its own consumer group, so an unreachable target does not hold up others. An
 * entry that was read but not done is read again, by any process: so it is told at least once. Only
 * the process that holds a target's lease tells it, so the order is kept. */
#ifndef LASTSYNC_EVENT_NOTICES_H
#define LASTSYNC_EVENT_NOTICES_H

#include "store/redis/ask.h"
#include "store/schema/fields.h"

enum { NOTICES_MAX = 100 }; /* notices that are read at once */

struct notice {
    unsigned shard;
    struct str entry; /* its id in the stream; empty: the connector was held back until now */
    struct str held;  /* until when it was, in Redis's words */
    struct str connector, name, service_type; /* empty: none */
    struct str now;                           /* its field _told */
    int64_t muted_until;
    struct str told; /* the last thing that the target was told of it, "<state> <second>"; empty:
                        nothing */
    struct str fields[EVENT_FIELDS]; /* of the entry; absent if the connector was held back */

    /* What becomes of the notice; see notices_done.lua. */
    int64_t hold_until;
    struct str told_now;
};

struct notices {
    struct notice *rows;
    size_t count;
};

/* Takes or extends the lease of a target: FOUND if it is ours now, else NOOP. With 0 milliseconds,
 * gives it back. */
void notices_lease(struct ask *ask, struct str target, struct str token, int64_t milliseconds);

/* Reads the notices that the target has not been told, the oldest NOTICES_MAX of all shards, those
 * of each connector in their order: FOUND, with *read filled in. They live in the ask's arena. A
 * shard that is away, or has foreign data, holds up no other one. */
void notices_read(struct ask *ask, struct str target, struct notices *read);

/* Writes down what became of the notices: UPDATED. */
void notices_done(struct ask *ask, struct str target, const struct notices *done);

/* What waits for a target. */
struct waiting {
    struct str target;
    uint64_t events;
    int64_t since; /* milliseconds since 1970: when the oldest was written; 0: nothing waits */
};

struct waitings {
    struct waiting *rows;
    size_t count;
};

/* Reads what waits for each target that has ever been told of: FOUND, with *read filled in, in the
 * order of the first shard that knows each. They live in the ask's arena. */
void notices_waiting(struct ask *ask, struct waitings *read);

#endif
