/* counts.h: counts of the syncs that have ended, and how they ended, by day and by hour: of one
 * connector, and of all.
 *
 * The scripts that end syncs count them (see counts.inc.lua): in the connector's day, and in the
 * hour of its shard. A time is the beginning of a datetime in UTC: "2026-11-28", "2026-11-28T13". A
 * sum shows the moment when it was read; with several shards, each shard has its own moment. */
#ifndef LASTSYNC_COUNTS_H
#define LASTSYNC_COUNTS_H

#include "store/redis/ask.h"

enum { COUNTS_DAY = 10, COUNTS_HOUR = 13 }; /* bytes of such a time */

struct counts_kind {
    int64_t completed, failed, canceled; /* `canceled` counts suspended ones, too */
    int64_t millis, longest;             /* of syncs that reported when they began */
};

struct counts {
    struct counts_kind content, access_control;
    int64_t indexed, deleted; /* documents */
};

/* Reads a line of counts. False if it is malformed; the counts are then all 0. */
bool counts_read(struct str line, struct counts *counts);

/* Adds `others` to `counts`. */
void counts_add(struct counts *counts, const struct counts *others);

/* Gives the number of syncs and their durations, both kinds together. */
struct counts_kind counts_both(const struct counts *counts);

/* Splits "<time> <counts>", the value of the field _today or of the key `hour`. Both are absent if
 * it is malformed. */
void counts_split(struct str line, struct str *time, struct str *counts);

/* Days or hours, in their order, and the counts of each. The caller owns both arrays. */
struct counts_span {
    size_t time_size; /* COUNTS_DAY or COUNTS_HOUR */
    const struct str *times;
    struct counts *counts;
    size_t count;
};

/* Sums up the counts of all connectors: FOUND. The span must live as long as the ask. */
void counts_sum(struct ask *ask, struct counts_span *span);

/* Reads a connector's counts: FOUND with one row, whose value is its field _today, and its days; or
 * MISSING (also if it is deleted). */
void counts_of(struct ask *ask, struct str id);

#endif
