/* filter.h: which connectors a list is asked for (API, section 5.4). */
#ifndef LASTSYNC_FILTER_H
#define LASTSYNC_FILTER_H

#include "store/connector/connector.h"

/* The words of a parameter that is a list with commas; empty ones do not count. */
struct words {
    struct str *word;
    size_t count;
};

struct words words_read(struct str list, struct arena *arena);

/* A selection by exact names and service types (lists with commas, empty or absent for any), and by
 * a query: a part, which may have '*' and '?', of the index name, the name, or a word of the
 * description in lower case. */
struct selection filter_new(struct str names, struct str service_types, struct str query,
                            struct arena *arena);

/* The same for people who search: blanks part the query into words, each of which must be such a
 * part, or one of the id, whatever the case of letters. */
struct selection filter_by_words(struct str service_types, struct str query, struct arena *arena);

#endif
