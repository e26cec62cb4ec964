/* standing.h: how a connector stands: failing, late, fresh and so on.
 *
 * What of it only a report changes lies in the connector's hash, in the field _place, which
 * report.lua writes; what time changes follows from that, the connector's schedule and the clock.
 * The sorted set `standings` holds every connector that is not deleted. In a score the first part
 * is a class, and the rest the second in which the connector begins to be late or lost: so the
 * number of connectors of each standing is a ZCOUNT, and the worst are a range. The set lies in
 * another slot than the hash and follows it: written after it, and compared with it again. */
#ifndef LASTSYNC_STANDING_H
#define LASTSYNC_STANDING_H

#include "store/redis/ask.h"

/* The worst first. */
enum standing { FAILING, LOST, LATE, NEVER_SYNCED, RUNNING, FRESH, DISABLED, STANDINGS };

extern const struct str standing_words[STANDINGS];

/* The fields of a connector that say it. */
enum { STANDING_DELETED, STANDING_PLACE, STANDING_SCHEDULING, STANDING_FIELDS };

extern const struct str standing_fields[STANDING_FIELDS];

/* Without a sign of life for so long, a connector that runs a sync counts as lost. */
enum { LOST_SECONDS = 300 };

struct stand {
    enum standing standing;
    bool has_due;   /* whether it will be late, or is, */
    int64_t due_at; /* and since when: seconds since 1970 */
    int64_t score;  /* in the sorted set */
};

/* How a connector with these values of standing_fields stands at a time, in seconds since 1970. All
 * times count from the next full minute: a place has no seconds, so that a connector that reports
 * often moves once a minute at the most. */
struct stand standing_of(const struct str *values, int64_t now, const struct ask_settings *settings,
                         struct arena *arena);

/* The scores in the sorted set at which a standing begins and ends (that one excluded) at a time.
 */
void standing_scores(enum standing standing, int64_t now, int64_t *from, int64_t *to);

/* Puts the connector into the sorted set where its hash says, until the two agree, or takes it out
 * where it is gone or deleted; then calls `then`, without replies and with the ask's operation as
 * it is now. */
void standing_settle(struct ask *ask, struct str id, ask_step *then);

/* The same where its place is known, as long as nobody moves it meanwhile. */
void standing_place(struct ask *ask, struct str id, struct str place, ask_step *then);

#endif
