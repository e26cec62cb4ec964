/* instant.h: datetimes as Elasticsearch's `strict_date_optional_time||epoch_millis` reads them, and
 * as it prints them (API, section 3.8). */
#ifndef LASTSYNC_INSTANT_H
#define LASTSYNC_INSTANT_H

#include <stdint.h>

#include "base/arena.h"

/* A point in time: seconds since 1970-01-01T00:00:00Z, and nanoseconds (0 - 999,999,999) since. */
struct instant {
    int64_t seconds;
    int32_t nanos;
};

enum instant_fault {
    INSTANT_READ,       /* no fault */
    INSTANT_EMPTY,      /* the text is empty */
    INSTANT_UNPARSABLE, /* neither form */
    INSTANT_INCOMPLETE  /* a date that is no instant: without a time, or not in the calendar */
};

/* Reads a date and time (a missing zone is UTC, a named one is read and then ignored, as there), or
 * a count of milliseconds. What 64 bits of milliseconds cannot hold is unparsable: so instants are
 * of the years -292275055 to 292278994. A year has four digits, or five to nine behind its sign. */
enum instant_fault instant_read(struct str text, struct instant *instant);

/* Writes it in UTC as YYYY-MM-DDTHH:MM:SS.fffZ, with three to nine digits as needed. What has been
 * read is written so that it is read as the same instant. */
struct str instant_write(struct instant instant, struct arena *arena);

/* The system's time, in whole microseconds. */
struct instant instant_now(void);

/* Milliseconds of a clock that never jumps, for deadlines; and nanoseconds of the same clock. */
int64_t instant_ticks(void);
uint64_t instant_nanos(void);

enum { NANOS_PER_TICK = 1000000 };

#endif
