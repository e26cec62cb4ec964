/* service.h: what the endpoints share that the Elastic connector service (elastic/connectors) uses:
 * the two system indices in which it finds connectors and sync jobs.
 *
 * An index is another face of the same documents: of the same fields, changed by the same scripts,
 * so that what the service writes is a report like any other. Of Elasticsearch's APIs for indices
 * there is what the service, its command line and the official clients send to these two; all else
 * is refused in words. */
#ifndef LASTSYNC_API_SERVICE_H
#define LASTSYNC_API_SERVICE_H

#include "api/common/fields.h"
#include "api/common/update.h"
#include "base/text.h"

/* How a query may ask for a field. */
enum query_kind {
    QUERY_ID,       /* the document's id */
    QUERY_WORD,     /* a field that holds the words themselves */
    QUERY_TIME,     /* one that holds a datetime: by a range */
    QUERY_SNAPSHOT, /* a member of the connector that a job keeps */
};

struct query_field {
    struct str name;   /* in queries */
    struct str stored; /* the field that has it; of an id, empty */
    enum query_kind kind;
};

struct service_index {
    struct str name; /* as answers have it; the same without "-v1" is an alias */
    const struct field *fields;
    size_t field_count;
    struct str version; /* the name of the field that counts writes */
    const struct query_field *queried;
    size_t queried_count;
    struct str sorted; /* the field by which a search may sort; absent: none */
    void (*read)(struct ask *ask, struct str id, const struct str *names, size_t count);
};

extern const struct service_index connector_index, sync_job_index;

/* The index that a call is about. */
const struct service_index *service_index(const struct call *call);

/* ---- answers ---- */

/* What stands in the place of Elasticsearch's primary term, which changes when another node takes
 * over; here nothing does. */
enum { PRIMARY_TERM = 1 };

#define NO_SHARDS "\"_shards\":{\"total\":1,\"successful\":1,\"skipped\":0,\"failed\":0}"

/* The number of writes in a document's version field; of an absent one 0. */
int64_t service_version(struct str stored);

/* Adds "_index", "_id" and, of that version, "_seq_no" and "_primary_term", without braces. */
void service_add_names(struct text *json, const struct service_index *index, struct str id);
void service_add_version(struct text *json, int64_t version);

/* Adds the document of these values, in the order of the index's fields; with `only`, just the
 * fields that it has true. */
void service_add_source(struct text *json, const struct service_index *index,
                        const struct str *values, const bool *only);

/* Answers that a document was written: created, updated, noop or deleted. */
enum progress service_respond_written(struct call *call, int status, struct str id,
                                      struct str result, int64_t version);

/* ---- documents in bodies ---- */

/* Reads a document, or a part of one, by the fields of the call's index; the given are in their
 * order. What they hold within is kept as it was sent, nulls included. GO_ON, or it has answered.
 */
enum progress service_read_document(struct call *call, struct json_object *document,
                                    struct given *given);

/* ---- the endpoints ---- */

step service_search, service_count, service_delete_by_query, service_update, service_check_update;

/* Their bodies. */
extern const struct form service_search_form, service_query_form, service_update_form;

/* Their parameters. */
extern const struct parameter_row service_search_parameters[];
extern const struct parameter_row service_update_parameters[];
enum { SERVICE_SEARCH_PARAMETERS = 5, SERVICE_UPDATE_PARAMETERS = 4 };

#endif
