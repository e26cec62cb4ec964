/* service.c: the routes of the two system indices, their shared endpoints, and single documents. */
#include "api/service/query.h"

#include "api/common/print.h"
#include "api/common/routes.h"
#include "api/connector/connector.h"
#include "api/connector/index_name.h"
#include "api/job/sync_job.h"
#include "base/id.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/tree.h"
#include "store/connector/connector.h"
#include "store/connector/state.h"
#include "store/job/sync_job.h"
#include "store/upkeep/whole.h"

/* ---- the indices ---- */

/* clang-format off */

static const struct query_field connector_queried[] = {
    { STR_ROW("_id"),          STR_ROW(""),             QUERY_ID },
    { STR_ROW("deleted"),      STR_ROW("deleted"),      QUERY_WORD },
    { STR_ROW("is_native"),    STR_ROW("is_native"),    QUERY_WORD },
    { STR_ROW("index_name"),   STR_ROW("index_name"),   QUERY_WORD },
    { STR_ROW("service_type"), STR_ROW("service_type"), QUERY_WORD },
    { STR_ROW("status"),       STR_ROW("status"),       QUERY_WORD },
    { STR_ROW("last_seen"),    STR_ROW("last_seen"),    QUERY_TIME },
};

static const struct query_field sync_job_queried[] = {
    { STR_ROW("_id"),                    STR_ROW(""),               QUERY_ID },
    { STR_ROW("connector.id"),           STR_ROW("_connector_id"),  QUERY_WORD },
    { STR_ROW("connector.index_name"),   STR_ROW("connector"),      QUERY_SNAPSHOT },
    { STR_ROW("connector.service_type"), STR_ROW("connector"),      QUERY_SNAPSHOT },
    { STR_ROW("job_type"),               STR_ROW("job_type"),       QUERY_WORD },
    { STR_ROW("status"),                 STR_ROW("status"),         QUERY_WORD },
    { STR_ROW("trigger_method"),         STR_ROW("trigger_method"), QUERY_WORD },
    { STR_ROW("created_at"),             STR_ROW("created_at"),     QUERY_TIME },
    { STR_ROW("last_seen"),              STR_ROW("last_seen"),      QUERY_TIME },
};

_Static_assert(COUNT_OF(connector_queried) <= QUERIED_MAX, "QUERIED_MAX");
_Static_assert(COUNT_OF(sync_job_queried) <= QUERIED_MAX, "QUERIED_MAX");

#define VERSION_FIELD STR_ROW("_version")

const struct service_index connector_index = {
    STR_ROW(".elastic-connectors-v1"), connector_fields, CONNECTOR_FIELDS, VERSION_FIELD,
    connector_queried, COUNT_OF(connector_queried), { NULL, 0 }, connector_read
};

const struct service_index sync_job_index = {
    STR_ROW(".elastic-connectors-sync-jobs-v1"), sync_job_fields, SYNC_JOB_FIELDS, VERSION_FIELD,
    sync_job_queried, COUNT_OF(sync_job_queried), STR_ROW("created_at"), sync_job_read
};

/* ---- routes ---- */

static const struct subject connector_documents = {
    connector_read, connector_update, STR_ROW("["), STR_ROW("]: document missing"), { NULL, 0 }, DOCUMENT_MISSING
};
static const struct subject sync_job_documents = {
    sync_job_read, sync_job_write, STR_ROW("["), STR_ROW("]: document missing"), { NULL, 0 }, DOCUMENT_MISSING
};

static const struct form any_form = { STR_ROW("index"), NULL, 0, .lenient = true };

static const struct parameter_row write_parameters[] = { { STR_ROW("refresh"), TEXT } };

static step show_index, create_index, refresh, get_document, post_connector, post_sync_job, delete_document;

/* The body of `_update` has a part of the document. It has many fields, so it is read by a form of
 * its own, in a second step. */
static const struct field document = { STR_ROW("doc"), OBJECT };
static const struct member document_members[] = { { &document, REQUIRED } };
const struct form service_update_form = { STR_ROW("update_request"), document_members, 1 };

#define WRITES .subject = &DOCUMENTS, .about = ABOUT_NONE
#define READS .open_to = TO_MONITOR, .subject = &DOCUMENTS, .about = ABOUT_NONE
#define SEARCHES .parameters = service_search_parameters, .parameter_count = SERVICE_SEARCH_PARAMETERS
#define REFRESHES .parameters = write_parameters, .parameter_count = COUNT_OF(write_parameters)

#define ROUTES(index) \
    { HEAD,   STR_ROW(index),                show_index,      READS }, \
    { GET,    STR_ROW(index),                show_index,      READS }, \
    { PUT,    STR_ROW(index),                create_index,    &any_form, true, WRITES }, \
    { POST,   STR_ROW(index "/_refresh"),    refresh,         READS, SEARCHES }, \
    { GET,    STR_ROW(index "/_refresh"),    refresh,         READS, SEARCHES }, \
    { POST,   STR_ROW(index "/_search"),     service_search,  &service_search_form, true, READS, SEARCHES }, \
    { GET,    STR_ROW(index "/_search"),     service_search,  &service_search_form, true, READS, SEARCHES }, \
    { POST,   STR_ROW(index "/_count"),      service_count,   &service_query_form, true, READS, SEARCHES }, \
    { GET,    STR_ROW(index "/_count"),      service_count,   &service_query_form, true, READS, SEARCHES }, \
    { GET,    STR_ROW(index "/_doc/{id}"),   get_document,    READS }, \
    { HEAD,   STR_ROW(index "/_doc/{id}"),   get_document,    READS }, \
    { DELETE, STR_ROW(index "/_doc/{id}"),   delete_document, WRITES, REFRESHES }, \
    { POST,   STR_ROW(index "/_update/{id}"), service_update, &service_update_form, .validate = service_check_update, WRITES, .parameters = service_update_parameters, .parameter_count = SERVICE_UPDATE_PARAMETERS }

#define DOCUMENTS connector_documents
static const struct route connector_routes_of_index[] = {
    ROUTES("/.elastic-connectors"),
    { POST, STR_ROW("/.elastic-connectors/_doc"), post_connector, &any_form, WRITES, REFRESHES },
};
#undef DOCUMENTS

#define DOCUMENTS sync_job_documents
static const struct route sync_job_routes_of_index[] = {
    ROUTES("/.elastic-connectors-sync-jobs"),
    { POST, STR_ROW("/.elastic-connectors-sync-jobs/_doc"), post_sync_job, &any_form, WRITES, REFRESHES },
    { POST, STR_ROW("/.elastic-connectors-sync-jobs/_delete_by_query"), service_delete_by_query, &service_query_form, WRITES, SEARCHES },
};
#undef DOCUMENTS

/* clang-format on */

const struct route_table connector_index_routes = { connector_routes_of_index,
                                                    COUNT_OF(connector_routes_of_index),
                                                    STR_ROW(".elastic-connectors"),
                                                    STR_ROW(".elastic-connectors-v1") };
const struct route_table sync_job_index_routes = { sync_job_routes_of_index,
                                                   COUNT_OF(sync_job_routes_of_index),
                                                   STR_ROW(".elastic-connectors-sync-jobs"),
                                                   STR_ROW(".elastic-connectors-sync-jobs-v1") };

const struct service_index *service_index(const struct call *call)
{
    return call->route->subject == &connector_documents ? &connector_index : &sync_job_index;
}

/* ---- the index itself ---- */

static enum progress show_index(struct call *call)
{
    return respond(call, 200,
                   arena_format(call->arena,
                                "{\"%.*s\":{\"aliases\":{},\"mappings\":{},\"settings\":{}}}",
                                STR_ARGS(service_index(call)->name)));
}

/* Both indices always exist. */
static enum progress create_index(struct call *call)
{
    return fail(call, 400, RESOURCE_EXISTS, "index [%.*s] already exists",
                STR_ARGS(service_index(call)->name));
}

/* Searches see each write at once, so there is nothing to refresh. */
static enum progress refresh(struct call *call)
{
    return respond(call, 200, STR("{" NO_SHARDS "}"));
}

/* ---- answers ---- */

int64_t service_version(struct str stored)
{
    int64_t version = 0;

    if (stored.ptr)
        (void)number_truncate(stored, &version);
    return version;
}

void service_add_names(struct text *json, const struct service_index *index, struct str id)
{
    text_format(json, "\"_index\":\"%.*s\",\"_id\":", STR_ARGS(index->name));
    text_json(json, id);
}

void service_add_version(struct text *json, int64_t version)
{
    text_format(json, ",\"_seq_no\":%lld,\"_primary_term\":%d", (long long)version, PRIMARY_TERM);
}

void service_add_source(struct text *json, const struct service_index *index,
                        const struct str *values, const bool *only)
{
    text_add(json, STR(",\"_source\":{"));
    for (size_t i = 0; i < index->field_count; i++) {
        bool first = json->ptr[json->len - 1] == '{';

        if (!only || only[i])
            print_field(json, &index->fields[i], values[i], first);
    }
    text_byte(json, '}');
}

enum progress service_respond_written(struct call *call, int status, struct str id,
                                      struct str result, int64_t version)
{
    struct text json = text_new(call->arena, 256);

    text_byte(&json, '{');
    service_add_names(&json, service_index(call), id);
    text_format(&json, ",\"_version\":%lld,\"result\":\"%.*s\"", (long long)version + 1,
                STR_ARGS(result));
    text_add(&json, STR("," NO_SHARDS));
    service_add_version(&json, version);
    text_byte(&json, '}');
    return respond(call, status, text_str(&json));
}

/* ---- GET, DELETE _doc ---- */

static enum progress fail_not_found(struct call *call)
{
    struct text json = text_new(call->arena, 128);

    text_byte(&json, '{');
    service_add_names(&json, service_index(call), call->id);
    text_add(&json, STR(",\"found\":false}"));
    return respond(call, 404, text_str(&json));
}

static enum progress got(struct call *call)
{
    const struct service_index *index = service_index(call);
    struct text json = text_new(call->arena, 2048);
    const struct row *row = call->ask.rows;
    int64_t version;

    if (call->ask.outcome == MISSING)
        return fail_not_found(call);
    version = service_version(row->values[0]);
    text_byte(&json, '{');
    service_add_names(&json, index, call->id);
    text_format(&json, ",\"_version\":%lld", (long long)version + 1);
    service_add_version(&json, version);
    text_add(&json, STR(",\"found\":true"));
    service_add_source(&json, index, row->values + 1, NULL);
    text_byte(&json, '}');
    return respond(call, 200, text_str(&json));
}

static enum progress get_document(struct call *call)
{
    const struct service_index *index = service_index(call);
    struct str *names = arena_take(call->arena, (index->field_count + 1) * sizeof *names);

    names[0] = index->version;
    memcpy(names + 1, print_names(call, index->fields, index->field_count),
           index->field_count * sizeof *names);
    ask_store(call, got);
    index->read(&call->ask, call->id, names, index->field_count + 1);
    return ASKED;
}

static enum progress deleted(struct call *call)
{
    const int64_t *version = call->details;

    if (call->ask.outcome == MISSING)
        return service_respond_written(call, 404, call->id, STR("not_found"), 0);
    return service_respond_written(call, 200, call->id, STR("deleted"), *version + 1);
}

static enum progress found_to_delete(struct call *call)
{
    int64_t *version = arena_take(call->arena, sizeof *version);

    if (call->ask.outcome == MISSING)
        return service_respond_written(call, 404, call->id, STR("not_found"), 0);
    *version = service_version(call->ask.rows->values[0]);
    call->details = version;
    ask_store(call, deleted);
    if (service_index(call) == &connector_index)
        connector_delete(&call->ask, call->id, true);
    else
        sync_job_delete(&call->ask, call->id);
    return ASKED;
}

static enum progress delete_document(struct call *call)
{
    const struct service_index *index = service_index(call);

    ask_store(call, found_to_delete);
    index->read(&call->ask, call->id, &index->version, 1);
    return ASKED;
}

/* ---- POST _doc ---- */

static struct str text_of(struct call *call, const struct given *given)
{
    return given->tree ? tree_write(given->tree, call->arena) : given->text;
}

static enum progress written_new(struct call *call)
{
    return service_respond_written(call, 201, call->id, STR("created"), 0);
}

static enum progress put_connector(struct call *call)
{
    const struct whole *whole = call->details;

    if (call->ask.outcome == TAKEN)
        return fail_taken(call, whole_value(whole, connector_names[INDEX_NAME]));
    ask_store(call, written_new);
    connector_settle(&call->ask, call->id);
    return ASKED;
}

/* Of two fields with one name, the later one wins. */
static void set_pair(struct pair *pairs, size_t *count, struct str name, struct str value)
{
    for (size_t i = 0; i < *count; i++)
        if (str_equal(pairs[i].name, name)) {
            pairs[i].value = value;
            return;
        }
    pairs[(*count)++] = (struct pair){ name, value };
}

static enum progress check_index_name(struct call *call, const struct given *given)
{
    struct str fault = { NULL, 0 };

    if (given->presence == GIVEN)
        fault = index_name_fault(given->text, call->arena);
    if (!fault.ptr)
        return GO_ON;
    return fail(call, 400, ILLEGAL_ARGUMENT, "%.*s",
                STR_ARGS(index_name_complaint(given->text, fault, call->arena)));
}

static bool runs(const struct given *status)
{
    return str_equal(str_or_empty(status->text), sync_status_words[SYNC_IN_PROGRESS]) ||
           str_equal(str_or_empty(status->text), sync_status_words[SYNC_CANCELING]);
}

/* A sync that runs has begun now, for all that is known; and that was reported now. */
static void set_begin(struct call *call, const struct given *given, struct whole *whole)
{
    static const enum connector_field kinds[][2] = {
        { LAST_SYNC_STATUS, SYNC_STARTED_AT },
        { LAST_ACCESS_CONTROL_SYNC_STATUS, ACCESS_CONTROL_SYNC_STARTED_AT },
    };
    struct str now = instant_write(instant_now(), call->arena);

    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        if (!runs(&given[kinds[i][0]]))
            continue;
        set_pair(whole->fields, &whole->field_count, connector_names[kinds[i][1]], now);
        set_pair(whole->fields, &whole->field_count, connector_names[REPORTED_AT], now);
    }
}

/* What follows from the schedules of a connector that has never synced. */
static void set_plan(struct call *call, struct str scheduling, struct whole *whole)
{
    const struct str none = { NULL, 0 };
    struct state_plan plan = state_plan(scheduling, none, none, instant_now().seconds, call->arena);
    const struct pair planned[] = {
        { connector_names[PAUSED], plan.paused },
        { connector_names[NEXT_SYNCS], plan.next },
        { connector_names[ACCESS_CONTROL_NEXT_SYNCS], plan.access_next },
    };

    for (size_t i = 0; i < COUNT_OF(planned); i++)
        if (planned[i].value.ptr)
            set_pair(whole->fields, &whole->field_count, planned[i].name, planned[i].value);
}

static struct whole *new_connector(struct call *call, const struct given *given)
{
    enum { OWN = 6, ROOM = CONNECTOR_DEFAULTS + CONNECTOR_FIELDS + OWN };
    struct whole *whole = arena_take_cleared(call->arena, sizeof *whole);
    bool native = str_equal(str_or_empty(given[IS_NATIVE].text), STR("true"));

    *whole = (struct whole){ .kind = WHOLE_CONNECTOR, .id = call->id, .has_secrets = true };
    whole->fields = arena_take(call->arena, ROOM * sizeof *whole->fields);
    whole->secrets = arena_take(call->arena, CONNECTOR_FIELDS * sizeof *whole->secrets);
    connector_add_defaults(call, native, whole->fields);
    whole->field_count = CONNECTOR_DEFAULTS;
    for (size_t i = 0; i < CONNECTOR_FIELDS; i++) {
        struct str name = connector_names[i];

        if (given[i].presence != GIVEN)
            continue;
        if (field_is_secret(name))
            set_pair(whole->secrets, &whole->secret_count, name, text_of(call, &given[i]));
        else
            set_pair(whole->fields, &whole->field_count, name, text_of(call, &given[i]));
    }
    if (given[SCHEDULING].presence == GIVEN)
        set_plan(call, text_of(call, &given[SCHEDULING]), whole);
    set_begin(call, given, whole);
    return whole;
}

static enum progress post_connector(struct call *call)
{
    struct given given[MEMBERS_MAX] = { { .presence = ABSENT } };
    enum progress progress = service_read_document(call, call->body, given);

    if (progress == GO_ON)
        progress = check_index_name(call, &given[INDEX_NAME]);
    if (progress == GO_ON && str_equal(str_or_empty(given[IS_DELETED].text), STR("true")))
        progress = fail(call, 400, ILLEGAL_ARGUMENT, "[deleted] must be false in a new connector");
    if (progress != GO_ON)
        return progress;
    call->id = id_new(call->arena);
    call->details = new_connector(call, given);
    ask_store(call, put_connector);
    connector_restore(&call->ask, call->details);
    return ASKED;
}

static enum progress post_sync_job(struct call *call)
{
    enum { ROOM = SYNC_JOB_FIELDS + 5 };
    struct str now = instant_write(instant_now(), call->arena);
    struct pair *fields = arena_take(call->arena, ROOM * sizeof *fields);
    struct given given[MEMBERS_MAX] = { { .presence = ABSENT } };
    struct json_object *id;
    enum progress progress = service_read_document(call, call->body, given);
    size_t count = 0;

    if (progress != GO_ON)
        return progress;
    id = tree_member(given[JOB_CONNECTOR].tree, "id");
    if (!id || !tree_is_string(id) || !tree_text(id).len)
        return fail(call, 400, ILLEGAL_ARGUMENT, "[connector] must have an [id]");
    set_pair(fields, &count, sync_job_names[JOB_CONNECTOR_ID], tree_text(id));
    set_pair(fields, &count, sync_job_names[JOB_TYPE], sync_job_type_words[JOB_FULL]);
    set_pair(fields, &count, sync_job_names[JOB_STATUS], sync_status_words[SYNC_PENDING]);
    set_pair(fields, &count, sync_job_names[JOB_CREATED_AT], now);
    for (size_t i = 0; i < SYNC_JOB_FIELDS; i++)
        if (given[i].presence == GIVEN)
            set_pair(fields, &count, sync_job_names[i], text_of(call, &given[i]));
    ask_store(call, written_new);
    call->id = sync_job_new_id(&call->ask, tree_text(id));
    sync_job_create(&call->ask, call->id, fields, count);
    return ASKED;
}
