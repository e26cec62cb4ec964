/* filter.h: selects the connectors of a list by the request's parameters (API, section 5.4). */
#ifndef LASTSYNC_FILTER_H
#define LASTSYNC_FILTER_H

#include "store/connector/connector.h"

/* The words of a parameter that is a list separated by commas, without empty ones. */
struct words {
    struct str *word;
    size_t count;
};

struct words words_read(struct str list, struct arena *arena);

/* Makes a selection by exact names and service types (lists separated by commas; empty or absent:
 * any), and by a query: a part of the index name, of the name, or of a word of the description in
 * lower case. The query may have '*' and '?'. */
struct selection filter_new(struct str names, struct str service_types, struct str query,
                            struct arena *arena);

enum {
    FILTER_WORDS_MAX = 16,  /* different words of a query of filter_by_words */
    FILTER_TEXT_MAX = 4096, /* bytes of a name or a description that it looks at */
};

/* Whether a query has no more words than filter_by_words takes. */
bool filter_words_fit(struct str query);

/* Makes a selection for people who search. Blanks separate the query into words, which must fit
 * (filter_words_fit); each must be a part of the id, the index name, the name or the description
 * or, of a connector that fails, of its errors, in any case of letters. */
struct selection filter_by_words(struct str service_types, struct str query, struct arena *arena);

#endif
