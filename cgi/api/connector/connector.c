/* connector.c: the endpoints of connectors: their fields, bodies, handlers and routes. */
#include "store/connector/connector.h"

#include "api/common/fields.h"
#include "api/common/filter.h"
#include "api/common/print.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "api/connector/connector.h"
#include "api/connector/index_name.h"
#include "base/id.h"
#include "base/instant.h"
#include "base/text.h"
#include "store/job/sync_job.h"

enum { ID_MAX = 512 }; /* bytes of a connector's id */

/* ---- bodies, parameters and routes ---- */

/* clang-format off */

/* The members of a new connector's body, by name, for code that checks or reads one of them. */
enum { PUT_DESCRIPTION, PUT_INDEX_NAME, PUT_IS_NATIVE, PUT_LANGUAGE, PUT_NAME, PUT_SERVICE_TYPE };

static const struct member put_members[] = {
    [PUT_DESCRIPTION]  = { &connector_fields[DESCRIPTION] },
    [PUT_INDEX_NAME]   = { &connector_fields[INDEX_NAME], NULLABLE },
    [PUT_IS_NATIVE]    = { &connector_fields[IS_NATIVE] },
    [PUT_LANGUAGE]     = { &connector_fields[LANGUAGE] },
    [PUT_NAME]         = { &connector_fields[NAME] },
    [PUT_SERVICE_TYPE] = { &connector_fields[SERVICE_TYPE] },
};

static const struct form put_form = {
    STR_ROW("connector_put_request"), put_members, COUNT_OF(put_members)
};

enum { GET_INCLUDE_DELETED };

static const struct parameter_row get_parameters[] = {
    [GET_INCLUDE_DELETED] = { STR_ROW("include_deleted"), FLAG },
};

enum {
    LIST_FROM, LIST_SIZE, LIST_INDEX_NAME, LIST_CONNECTOR_NAME, LIST_SERVICE_TYPE, LIST_QUERY,
    LIST_INCLUDE_DELETED
};

static const struct parameter_row list_parameters[] = {
    [LIST_FROM]            = { STR_ROW("from"),            COUNT },
    [LIST_SIZE]            = { STR_ROW("size"),            COUNT, LIST_SIZE_DEFAULT },
    [LIST_INDEX_NAME]      = { STR_ROW("index_name"),      TEXT },
    [LIST_CONNECTOR_NAME]  = { STR_ROW("connector_name"),  TEXT },
    [LIST_SERVICE_TYPE]    = { STR_ROW("service_type"),    TEXT },
    [LIST_QUERY]           = { STR_ROW("query"),           PATTERN },
    [LIST_INCLUDE_DELETED] = { STR_ROW("include_deleted"), FLAG },
};

enum { DELETE_HARD, DELETE_SYNC_JOBS };

static const struct parameter_row delete_parameters[] = {
    [DELETE_HARD]      = { STR_ROW("hard"),             FLAG },
    [DELETE_SYNC_JOBS] = { STR_ROW("delete_sync_jobs"), FLAG },
};

static step get_connector, list_connectors, put_connector, delete_connector;
static step check_new, check_list;

static const struct route routes[] = {
    { PUT,    STR_ROW("/_connector/{connector_id}"),            put_connector,    &put_form, true, check_new, .action = "put" },
    { PUT,    STR_ROW("/_connector"),                           put_connector,    &put_form, true, check_new, .action = "put" },
    { POST,   STR_ROW("/_connector"),                           put_connector,    &put_form, true, check_new, .action = "post" },
    { GET,    STR_ROW("/_connector/{connector_id}"),            get_connector,    .validate = check_id, .parameters = get_parameters, .parameter_count = COUNT_OF(get_parameters), .open_to = TO_MONITOR, .action = "get" },
    { GET,    STR_ROW("/_connector"),                           list_connectors,  .validate = check_list, .parameters = list_parameters, .parameter_count = COUNT_OF(list_parameters), .csv = &connector_csv, .open_to = TO_MONITOR, .action = "list" },
    { DELETE, STR_ROW("/_connector/{connector_id}"),            delete_connector, .validate = check_id, .parameters = delete_parameters, .parameter_count = COUNT_OF(delete_parameters), .action = "delete" },
};

/* clang-format on */

const struct route_table connector_routes = { routes, COUNT_OF(routes),
                                              .first = STR_ROW("_connector") };

const struct subject connector_subject = {
    connector_read,
    connector_update,
    STR_ROW("connector ["),
    STR_ROW("] not found"),
    STR_ROW("[connector_id] cannot be [null] or [\"\"]."),
    RESOURCE_NOT_FOUND,
};

/* ---- GET /_connector/{connector_id} ---- */

static enum progress got(struct call *call)
{
    bool include_deleted = call->parameters[GET_INCLUDE_DELETED].number;

    if (call->ask.outcome == MISSING || (call->ask.rows->deleted && !include_deleted))
        return fail_missing(call);
    return print_document(call, connector_fields, CONNECTOR_FIELDS);
}

static enum progress get_connector(struct call *call)
{
    ask_store(call, got);
    connector_read(&call->ask, call->id, print_names(call, connector_fields, CONNECTOR_FIELDS),
                   CONNECTOR_FIELDS);
    return ASKED;
}

/* ---- GET /_connector ---- */

static enum progress check_list(struct call *call)
{
    struct words names = words_read(call->parameters[LIST_INDEX_NAME].text, call->arena);
    struct complaints complaints = { .count = 0 };

    for (size_t i = 0; i < names.count; i++) {
        struct str fault = index_name_fault(names.word[i], call->arena);

        if (fault.ptr)
            complain(call, &complaints, fault);
    }
    return fail_if_any(call, &complaints);
}

static enum progress list_connectors(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct words index_names = words_read(given[LIST_INDEX_NAME].text, call->arena);
    struct connector_list list = { .from = given[LIST_FROM].number,
                                   .size = given[LIST_SIZE].number,
                                   .include_deleted = given[LIST_INCLUDE_DELETED].number,
                                   .index_names = index_names.word,
                                   .index_name_count = index_names.count,
                                   .selection = filter_new(given[LIST_CONNECTOR_NAME].text,
                                                           given[LIST_SERVICE_TYPE].text,
                                                           given[LIST_QUERY].text, call->arena),
                                   .answer_max = call->options->answer_limit };
    enum progress progress = print_check_part(call, list.from, list.size);

    if (progress != GO_ON)
        return progress;
    print_list(call, connector_fields, CONNECTOR_FIELDS);
    connector_list(&call->ask, &list, print_names(call, connector_fields, CONNECTOR_FIELDS),
                   CONNECTOR_FIELDS);
    return ASKED;
}

/* ---- PUT /_connector/{connector_id}, PUT and POST /_connector ---- */

static bool is_native(const struct call *call)
{
    return str_equal(call->given[PUT_IS_NATIVE].text, STR("true"));
}

static enum progress check_new(struct call *call)
{
    struct given index_name = call->given[PUT_INDEX_NAME];
    struct complaints complaints = { .count = 0 };

    if (index_name.presence == GIVEN) {
        struct str fault = index_name_fault(index_name.text, call->arena);

        if (fault.ptr)
            complain(call, &complaints, index_name_complaint(index_name.text, fault, call->arena));
        if (is_native(call) && !str_starts(index_name.text, native_prefix))
            complain(call, &complaints,
                     arena_format(call->arena,
                                  "Index [%.*s] is invalid. Index attached to an Elastic-managed "
                                  "connector must start with the prefix: [%.*s]",
                                  STR_ARGS(index_name.text), STR_ARGS(native_prefix)));
    }
    if (call->id.len > ID_MAX)
        complain(call, &complaints,
                 arena_format(call->arena,
                              "id [%.*s] is too long, must be no longer than %d bytes but was: %zu",
                              STR_ARGS(call->id), ID_MAX, call->id.len));
    return fail_if_any(call, &complaints);
}

#define DEFAULT_SCHEDULE "{\"enabled\":false,\"interval\":\"0 0 0 * * ?\"}"

/* Both halves of a new connector's filtering. %s is the time of creation. */
#define DEFAULT_RULES                                                                              \
    "{\"advanced_snippet\":{\"created_at\":\"%s\",\"updated_at\":\"%s\",\"value\":{}},"            \
    "\"rules\":[{\"created_at\":\"%s\",\"field\":\"_\",\"id\":\"DEFAULT\",\"order\":0,"            \
    "\"policy\":\"include\",\"rule\":\"regex\",\"updated_at\":\"%s\",\"value\":\".*\"}],"          \
    "\"validation\":{\"errors\":[],\"state\":\"valid\"}}"

static struct str default_filtering(struct call *call)
{
    const char *now = arena_copy(call->arena, instant_write(instant_now(), call->arena)).ptr;

    return arena_format(call->arena,
                        "[{\"active\":" DEFAULT_RULES
                        ",\"domain\":\"DEFAULT\",\"draft\":" DEFAULT_RULES "}]",
                        now, now, now, now, now, now, now, now);
}

static enum progress put(struct call *call)
{
    struct text json;

    if (call->ask.outcome == TAKEN)
        return fail_taken(call, call->given[PUT_INDEX_NAME].text);
    json = text_new(call->arena, 128);
    text_add(&json, STR("{\"id\":"));
    text_json(&json, call->id);
    text_add(&json, STR(",\"result\":\""));
    text_add(&json, call->ask.outcome == CREATED ? STR("created") : STR("updated"));
    text_add(&json, STR("\"}"));
    return respond(call, call->ask.outcome == CREATED ? 201 : 200, text_str(&json));
}

void connector_add_defaults(struct call *call, bool native, struct pair *fields)
{
    const struct pair defaults[CONNECTOR_DEFAULTS] = {
        { connector_fields[CUSTOM_SCHEDULING].name, STR("{}") },
        { connector_fields[FILTERING].name, default_filtering(call) },
        { connector_fields[SCHEDULING].name,
          STR("{\"access_control\":" DEFAULT_SCHEDULE ",\"full\":" DEFAULT_SCHEDULE
              ",\"incremental\":" DEFAULT_SCHEDULE "}") },
        { connector_fields[CONNECTOR_STATUS].name,
          connector_status_words[native ? STATUS_NEEDS_CONFIGURATION : STATUS_CREATED] },
        { connector_fields[SYNC_NOW].name, STR("false") },
        { connector_fields[IS_DELETED].name, STR("false") },
        /* The client may give these two: */
        { connector_fields[IS_NATIVE].name, STR("false") },
        { connector_fields[NAME].name, STR("") },
    };

    memcpy(fields, defaults, sizeof defaults);
}

static enum progress put_connector(struct call *call)
{
    struct pair *document =
        arena_take(call->arena, (CONNECTOR_DEFAULTS + COUNT_OF(put_members)) * sizeof *document);
    size_t count = CONNECTOR_DEFAULTS;

    connector_add_defaults(call, is_native(call), document);
    /* In HSET the last of equal fields wins. */
    for (size_t i = 0; i < COUNT_OF(put_members); i++)
        if (call->given[i].presence == GIVEN)
            document[count++] = (struct pair){ put_members[i].field->name, call->given[i].text };
    if (!call->id.ptr)
        call->id = id_new(call->arena);
    ask_store(call, put);
    connector_put(&call->ask, call->id, document, count);
    return ASKED;
}

/* ---- DELETE /_connector/{connector_id} ---- */

static enum progress deleted(struct call *call)
{
    return call->ask.outcome == MISSING ? fail_missing(call) : respond_acknowledged(call);
}

static enum progress delete_itself(struct call *call)
{
    ask_store(call, deleted);
    connector_delete(&call->ask, call->id, call->parameters[DELETE_HARD].number);
    return ASKED;
}

static step after_some_jobs;

static enum progress delete_jobs(struct call *call)
{
    ask_store(call, after_some_jobs);
    sync_job_delete_some(&call->ask, call->id);
    return ASKED;
}

static enum progress after_some_jobs(struct call *call)
{
    return call->ask.outcome == NOOP ? delete_itself(call) : delete_jobs(call);
}

/* Jobs are deleted first: if they are too many for one request, the next one still finds the
 * connector, and continues. */
static enum progress found_to_delete(struct call *call)
{
    if (call->ask.outcome == MISSING ||
        (call->ask.rows->deleted && !call->parameters[DELETE_HARD].number))
        return fail_missing(call);
    return delete_jobs(call);
}

static enum progress delete_connector(struct call *call)
{
    if (!call->parameters[DELETE_SYNC_JOBS].number)
        return delete_itself(call);
    ask_store(call, found_to_delete);
    connector_read(&call->ask, call->id, NULL, 0);
    return ASKED;
}
