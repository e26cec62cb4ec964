/* query.h: Elasticsearch's queries, in the subset that the connector service uses: bool, term,
 * terms, match, match_all, and range of datetimes. A query is read once and then tested on
 * documents. */
#ifndef LASTSYNC_API_SERVICE_QUERY_H
#define LASTSYNC_API_SERVICE_QUERY_H

#include "api/service/service.h"

enum {
    QUERY_NODES_MAX = 64,          /* nodes of a query, at all depths together */
    QUERIED_MAX = 9,               /* fields of an index that queries may be about */
    QUERY_FIELDS_MAX = QUERIED_MAX /* fields that a query tests */
};

struct query {
    const struct service_index *index;
    const struct query_node *root;       /* NULL: all documents match */
    struct str fields[QUERY_FIELDS_MAX]; /* the tested fields, by their stored names */
    size_t field_count;
    size_t node_count; /* so far */
};

/* Reads a query; a NULL tree matches all. Gives GO_ON, or answers with the fault. */
enum progress query_read(struct call *call, struct json_object *tree, struct query *query);

/* Whether the query matches a document. The row's values are in the order of query->fields. */
bool query_fits(const void *query, const struct row *row, struct arena *arena);

/* Gives the words of which a document must have one in that field to match, sorted, each once.
 * False if the query has no such condition. */
bool query_words(const struct query *query, struct str field, const struct str **words,
                 size_t *count);

#endif
