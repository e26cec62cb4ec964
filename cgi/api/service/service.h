/* service.h: shared by the endpoints for the Elastic connector service (elastic/connectors): the
 * two system indices in which it finds connectors and sync jobs.
 *
 * An index is another interface to the same documents: it has the same fields and uses the same
 * scripts, so a report by the service is like any other. The endpoints support what the service,
 * its command line and the official clients send to these two indices; they refuse other requests
 * with an error that says so. */
#ifndef LASTSYNC_API_SERVICE_H
#define LASTSYNC_API_SERVICE_H

#include "api/common/fields.h"
#include "api/common/update.h"
#include "base/text.h"

/* How a query may ask for a field. */
enum query_kind {
    QUERY_ID,       /* the document's id */
    QUERY_WORD,     /* a field that holds words: by equality */
    QUERY_TIME,     /* a field that holds a datetime: by a range */
    QUERY_SNAPSHOT, /* a member of the copy of the connector that a job holds */
};

struct query_field {
    struct str name;   /* in queries */
    struct str stored; /* the stored field; empty for the id */
    enum query_kind kind;
};

struct service_index {
    struct str name; /* its name in answers; the name without "-v1" is an alias */
    const struct field *fields;
    size_t field_count;
    struct str version; /* the name of the field that counts writes */
    const struct query_field *queried;
    size_t queried_count;
    struct str sorted; /* the field that a search may sort by; absent: none */
    void (*read)(struct ask *ask, struct str id, const struct str *names, size_t count);
};

extern const struct service_index connector_index, sync_job_index;

/* Gives the index of a call's route. */
const struct service_index *service_index(const struct call *call);

/* ---- answers ---- */

/* Elasticsearch's primary term changes when another node becomes the primary; here it is
 * constant. */
enum { PRIMARY_TERM = 1 };

#define NO_SHARDS "\"_shards\":{\"total\":1,\"successful\":1,\"skipped\":0,\"failed\":0}"

/* Gives the number of writes that a document's version field holds; 0 for an absent one. */
int64_t service_version(struct str stored);

/* Adds "_index" and "_id", and "_seq_no" and "_primary_term" for that version, without braces. */
void service_add_names(struct text *json, const struct service_index *index, struct str id);
void service_add_version(struct text *json, int64_t version);

/* Adds a document. `values` are in the order of the index's fields. With `only`, it adds the fields
 * whose element is true; with NULL, all. */
void service_add_source(struct text *json, const struct service_index *index,
                        const struct str *values, const bool *only);

/* Answers that a document was written: created, updated, noop or deleted. */
enum progress service_respond_written(struct call *call, int status, struct str id,
                                      struct str result, int64_t version);

/* ---- documents in bodies ---- */

/* Reads a document, or a part of one, by the fields of the call's index, and fills in a `given` for
 * each field. It keeps nested values as they were sent, nulls included. Gives GO_ON, or answers
 * with the fault, whose place is the one in `document`. */
enum progress service_read_document(struct call *call, struct str document, struct given *given);

/* ---- the endpoints ---- */

step service_search, service_count, service_delete_by_query, service_update, service_check_update;

/* Their bodies. */
extern const struct form service_search_form, service_query_form, service_update_form;

/* Their parameters. */
extern const struct parameter_row service_search_parameters[];
extern const struct parameter_row service_update_parameters[];
enum { SERVICE_SEARCH_PARAMETERS = 5, SERVICE_UPDATE_PARAMETERS = 4 };

#endif
