/* instant.h: reads and writes datetimes as Elasticsearch's
 * `strict_date_optional_time||epoch_millis` does (API, section 3.8). */
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
    INSTANT_INCOMPLETE  /* a date without a time, or one that is not in the calendar */
};

/* Reads a date and time, or a count of milliseconds. A missing zone is UTC; a named one is read and
 * then ignored, as in Elasticsearch. A year has four digits, or a sign and five to nine. A time
 * outside 64 bits of milliseconds (the years -292275055 to 292278994) is unparsable. */
enum instant_fault instant_read(struct str text, struct instant *instant);

/* Its milliseconds since 1970, which fit for each instant that instant_read gives. */
int64_t instant_millis(struct instant instant);

/* Writes an instant in UTC as YYYY-MM-DDTHH:MM:SS.fffZ, with three to nine digits of the second as
 * needed, so that instant_read gives the same instant again. */
struct str instant_write(struct instant instant, struct arena *arena);

/* Orders two such texts of the years 0 to 9999 by time, as str_compare orders texts: by their
 * letters 00.001Z would be behind 00.0015Z. An empty text comes first. */
int instant_order(struct str time, struct str other);

/* The system's time, in whole microseconds. */
struct instant instant_now(void);

/* Milliseconds, and nanoseconds, of one clock that never jumps: for deadlines and durations. */
int64_t instant_ticks(void);
uint64_t instant_nanos(void);

enum { NANOS_PER_TICK = 1000000 };

#endif
