/* query.h: Elasticsearch's queries, as far as the connector service's go: bool, term, terms, match,
 * match_all, and range of datetimes. They are read once, and then judge documents. */
#ifndef LASTSYNC_API_SERVICE_QUERY_H
#define LASTSYNC_API_SERVICE_QUERY_H

#include "api/service/service.h"

enum {
    QUERY_NODES_MAX = 64,   /* queries within each other and beside each other */
    QUERY_WORDS_MAX = 2000, /* words that all of them name */
    QUERY_FIELDS_MAX = 8    /* fields that decide */
};

struct query {
    const struct service_index *index;
    const struct query_node *root;       /* NULL: it fits all */
    struct str fields[QUERY_FIELDS_MAX]; /* those that decide, as they are stored */
    size_t field_count;
    size_t node_count, word_count; /* so far */
};

/* Reads a query: NULL is none. GO_ON, or it has answered what is wrong with it. */
enum progress query_read(struct call *call, struct json_object *tree, struct query *query);

/* Whether it fits a document whose values are those of query->fields. */
bool query_fits(const void *query, const struct row *row, struct arena *arena);

/* The words, in order and each once, of which a document must have one in that field to fit; false
 * where the query does not say so. */
bool query_words(const struct query *query, struct str field, const struct str **words,
                 size_t *count);

#endif
