/* counts.h: how many syncs have ended, by day and by hour, and with what: of one connector, and of
 * all.
 *
 * Scripts that end syncs count them (see counts.inc.lua): in the connector's day, and in the hour
 * of its shard. A time is the beginning of a datetime in UTC: "2026-11-28", "2026-11-28T13". What
 * is summed up is true at the time of its reading; with several shards, each at its own. */
#ifndef LASTSYNC_COUNTS_H
#define LASTSYNC_COUNTS_H

#include "store/redis/ask.h"

enum { COUNTS_DAY = 10, COUNTS_HOUR = 13 }; /* bytes of such a time */

/* Days of which there are hours, at the most. */
enum { COUNTS_HOURS_OF_DAYS = 14 };

struct counts_kind {
    int64_t completed, failed, canceled; /* canceled: suspended ones as well */
    int64_t millis, longest;             /* of those that reported when they began */
};

struct counts {
    struct counts_kind content, access_control;
    int64_t indexed, deleted; /* documents */
};

/* Reads a line of counts. False where it is none: then they are all 0. */
bool counts_read(struct str line, struct counts *counts);

/* Adds others to them. */
void counts_add(struct counts *counts, const struct counts *others);

/* Syncs of both kinds together, and what they took. */
struct counts_kind counts_both(const struct counts *counts);

/* Splits "<time> <counts>", as a field _today or `hour` has it; both are absent where it is none.
 */
void counts_split(struct str line, struct str *time, struct str *counts);

/* Days or hours, in their order, and what is counted in each, in the caller's room. */
struct counts_span {
    size_t time_size; /* COUNTS_DAY or COUNTS_HOUR */
    const struct str *times;
    struct counts *counts;
    size_t count;
};

/* Sums up the counts of all connectors: FOUND. The span must live as long as the ask. */
void counts_sum(struct ask *ask, struct counts_span *span);

/* Reads a connector's counts: FOUND with one row, whose value is its field _today, and its days; or
 * MISSING, as a deleted one is. */
void counts_of(struct ask *ask, struct str id);

#endif
