/* filter.h: which connectors a list is asked for (API, section 5.4). */
#ifndef LASTSYNC_FILTER_H
#define LASTSYNC_FILTER_H

#include "base/arena.h"

/* The words of a parameter that is a list with commas; empty ones do not count. */
struct words {
    struct str *word;
    size_t count;
};

struct words words_read(struct str list, struct arena *arena);

/* The fields that a filter looks at. */
enum { FILTER_FIELDS = 4 };
extern const struct str filter_fields[FILTER_FIELDS];

struct filter;

/* A filter by exact names and service types (lists with commas, empty or absent for any), and by a
 * query: a part, which may have '*' and '?', of the index name, the name, or a word of the
 * description in lower case. NULL where all connectors fit. */
const struct filter *filter_new(struct str names, struct str service_types, struct str query,
                                struct arena *arena);

/* Whether a connector with these values of filter_fields fits. */
bool filter_fits(const void *filter, const struct str *values);

#endif
