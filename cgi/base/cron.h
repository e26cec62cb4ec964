/* cron.h: Quartz-style cron expressions, as Elasticsearch reads them in a connector's schedules.
 *
 * An expression has six or seven fields, with spaces or tabs between them:
 *
 *     seconds  minutes  hours  day of month  month              day of week       [year]
 *     0-59     0-59     0-23   1-31          1-12 or JAN-DEC    1-7 or SUN-SAT    1970-2099
 *
 * A field is a list of values, with commas between them. Each is `*` for all, a number or a name
 * (in any case), or a range `a-b`, which may go past the end (22-2, NOV-FEB), except for years. A
 * step `/n` takes each n-th of a range, or of all from a number on; `/n` alone is `*` with that
 * step, and only there is n bounded by the field: among minutes, /60 is bad and 0/60 is 0.
 *
 * One of the two fields of days is `?`, the other is not. Instead of a list they may be
 *
 *     day of month    L      the last            L-3    three days before it
 *                     15W    the weekday (Monday to Friday) nearest to the 15th in that month
 *                     LW     the last weekday    L-3W   the one nearest to that day
 *     day of week     L      Saturday            6#3    the third Friday
 *                     FRIL   the last Friday, also as 6L
 *
 * A month without such a day is left out. All times are UTC.
 *
 * An expression has at most CRON_LENGTH_MAX bytes, so that reading it is cheap.
 *
 * What Elasticsearch rejects is rejected. It takes more, by overlooking or misreading what is
 * rejected here: text after a complete value (5x, MONDAY) or after the seventh field, W, # or ?
 * in a list, a field of nothing but commas, a step of 0, and what slips through its checks of
 * ranges (0W, 9#3, 5-0 as days, 98 and 99, years that are not in its manual). It overlooks a step
 * after a name; here MON-FRI/2 is every other day. */
#ifndef LASTSYNC_CRON_H
#define LASTSYNC_CRON_H

#include <stdint.h>

#include "base/arena.h"

enum {
    CRON_SETS = 9,
    CRON_LENGTH_MAX = 1024 /* bytes of an expression */
};

struct cron {
    uint64_t sets[CRON_SETS]; /* bits of allowed values, the lowest first; three for the years */
    uint8_t week;             /* which one of the month (6#3): 1-5, 6 for the last, 0 for all */
    bool from_end;            /* days of month count back from the last */
    bool workday;             /* and move to the nearest weekday */
};

/* Why the expression is bad, as a short sentence; absent for a good one. */
struct str cron_fault(struct str expression, struct arena *arena);

/* Reads an expression; false for a bad one, and *cron is then of no use. */
bool cron_read(struct str expression, struct cron *cron);

/* Finds the first time after `after`, both in seconds since 1970; false if there is none before the
 * year 2100. It costs a few microseconds, for any expression. */
bool cron_next(const struct cron *cron, int64_t after, int64_t *next);

/* Whether the expression has any time in the years from 1970 to 2099, even if that is past: 30
 * February has none, nor has 29 February 2027. */
bool cron_can_come(const struct cron *cron);

/* How many months, days and minutes all calls so far have looked at, for tests of the cost. */
uint64_t cron_steps(void);

/* The most that one call looks at. */
enum { CRON_STEPS_MAX = 55000 };

#endif
