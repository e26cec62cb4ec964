/* number.h: whole numbers of 64 bits from decimal text. */
#ifndef LASTSYNC_NUMBER_H
#define LASTSYNC_NUMBER_H

#include <stdint.h>

#include "base/str.h"

enum number_fault { NUMBER_READ, NUMBER_MALFORMED, NUMBER_OUT_OF_RANGE };

/* Reads [sign] digits [. digits] [e [sign] digits], with digits on at least one side of the point,
 * and drops the fraction, exactly: "42.9" is 42, "1e3" is 1000, "1e-30" is 0. */
enum number_fault number_truncate(struct str text, int64_t *number);

/* Reads digits only, from 0 to `most`. */
enum number_fault number_count(struct str text, uint64_t most, uint64_t *count);

#endif
