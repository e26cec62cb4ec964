/* sync_job.c: the endpoints that make, show, list and delete sync jobs (API, section 7). */
#include "store/job/sync_job.h"

#include "api/common/print.h"
#include "api/common/routes.h"
#include "api/job/sync_job.h"
#include "base/instant.h"
#include "base/text.h"
#include "base/tree.h"
#include "store/connector/connector.h"

/* ---- bodies, parameters and routes ---- */

/* clang-format off */

enum { POST_ID, POST_JOB_TYPE, POST_TRIGGER_METHOD };

/* Unknown words must fail the request as a whole, so these are strings, not choices. */
static const struct field connector_id   = { STR_ROW("id"),             STRING };
static const struct field job_type       = { STR_ROW("job_type"),       STRING };
static const struct field trigger_method = { STR_ROW("trigger_method"), STRING };

static const struct member post_members[] = {
    [POST_ID]             = { &connector_id, REQUIRED },
    [POST_JOB_TYPE]       = { &job_type },
    [POST_TRIGGER_METHOD] = { &trigger_method },
};

static const struct form post_form = {
    STR_ROW("connector_sync_job_post_request"), post_members, COUNT_OF(post_members)
};

enum { LIST_FROM, LIST_SIZE, LIST_CONNECTOR_ID, LIST_STATUS, LIST_JOB_TYPE };

static const struct parameter_row list_parameters[] = {
    [LIST_FROM]         = { STR_ROW("from"),         COUNT },
    [LIST_SIZE]         = { STR_ROW("size"),         COUNT, LIST_SIZE_DEFAULT },
    [LIST_CONNECTOR_ID] = { STR_ROW("connector_id"), TEXT },
    [LIST_STATUS]       = { STR_ROW("status"),       WORD,  .choices = &sync_statuses },
    [LIST_JOB_TYPE]     = { STR_ROW("job_type"),     WORDS, .choices = &sync_job_types },
};

void sync_job_write(struct ask *ask, struct str id, enum update_kind kind,
                    const struct pair *changes, size_t count, const struct pair *expected,
                    size_t expected_count)
{
    (void)kind;
    sync_job_update(ask, id, changes, count, expected, expected_count);
}

static step post_job, get_job, list_jobs, delete_job, check_post;

#define JOB STR_ROW("/_connector/_sync_job/{connector_sync_job_id}")

static const struct route routes[] = {
    { POST,   STR_ROW("/_connector/_sync_job"), post_job,   &post_form, .validate = check_post, .action = "sync_job/post" },
    { GET,    STR_ROW("/_connector/_sync_job"), list_jobs,  .parameters = list_parameters, .parameter_count = COUNT_OF(list_parameters), .csv = &sync_job_csv, .open_to = TO_MONITOR | TO_REPORT, .about = ABOUT_PARAMETER, .action = "sync_job/list" },
    { GET,    JOB,                              get_job,    .validate = check_id, .subject = &sync_job_by_id, .open_to = TO_MONITOR | TO_REPORT, .about = ABOUT_JOB, .action = "sync_job/get" },
    { DELETE, JOB,                              delete_job, .validate = check_id, .subject = &sync_job_by_id, .action = "sync_job/delete" },
};

#define NAMELESS STR_ROW("[connector_sync_job_id] of the connector sync job cannot be null or empty.")

const struct subject sync_job_by_id = {
    sync_job_read, sync_job_write, STR_ROW(""), STR_ROW(""), NAMELESS, RESOURCE_NOT_FOUND
};
const struct subject sync_job_by_sentence = {
    sync_job_read, sync_job_write, STR_ROW("connector sync job ["), STR_ROW("] not found"), NAMELESS, RESOURCE_NOT_FOUND
};

/* clang-format on */

const struct route_table sync_job_routes = { routes, COUNT_OF(routes),
                                             .first = STR_ROW("_connector") };

/* ---- POST /_connector/_sync_job ---- */

/* Gives the choice's place; for an empty or absent text the first, which is the default. */
static size_t choice_of(const struct choices *choices, struct str text)
{
    size_t at = 0;

    while (text.len && at < choices->count && !str_equal_ignoring_case(text, choices->words[at]))
        at++;
    return at;
}

static enum progress fail_to_build(struct call *call, const struct choices *choices,
                                   struct str text)
{
    struct str reason =
        arena_format(call->arena, "Unknown %.*s [%.*s].", STR_ARGS(choices->name), STR_ARGS(text));

    return fail_with(call,
                     problem_new(call->arena, X_CONTENT_PARSE,
                                 STR("Failed to build [connector_sync_job_post_request] after last "
                                     "required field arrived"),
                                 problem_new(call->arena, ILLEGAL_ARGUMENT, reason, NULL)));
}

static enum progress check_post(struct call *call)
{
    struct str type = call->given[POST_JOB_TYPE].text;
    struct str method = call->given[POST_TRIGGER_METHOD].text;
    struct complaints complaints = { .count = 0 };

    if (choice_of(&sync_job_types, type) == sync_job_types.count)
        return fail_to_build(call, &sync_job_types, type);
    if (choice_of(&trigger_methods, method) == trigger_methods.count)
        return fail_to_build(call, &trigger_methods, method);
    if (!call->given[POST_ID].text.len)
        complain(call, &complaints, STR("[id] of the connector cannot be null or empty"));
    return fail_if_any(call, &complaints);
}

/* The connector's fields that a job needs. */
enum {
    OF_CONFIGURATION,
    OF_FILTERING,
    OF_INDEX_NAME,
    OF_LANGUAGE,
    OF_PIPELINE,
    OF_SERVICE_TYPE,
    SNAPSHOT_FIELDS
};

static const struct str snapshot_fields[SNAPSHOT_FIELDS] = {
    [OF_CONFIGURATION] = STR_ROW("configuration"), [OF_FILTERING] = STR_ROW("filtering"),
    [OF_INDEX_NAME] = STR_ROW("index_name"),       [OF_LANGUAGE] = STR_ROW("language"),
    [OF_PIPELINE] = STR_ROW("pipeline"),           [OF_SERVICE_TYPE] = STR_ROW("service_type"),
};

/* Gives the part of a connector's filtering that a job keeps: the active rules. */
static struct str active_rules(struct call *call, struct str filtering)
{
    struct json_object *tree, *active;

    if (!filtering.ptr || !tree_parse(filtering, call->arena, &tree))
        return (struct str){ NULL, 0 };
    active = tree_member(tree_element(tree, 0), "active");
    return active ? tree_write(active, call->arena) : (struct str){ NULL, 0 };
}

static void add_json(struct text *json, struct str name, struct str value)
{
    if (value.ptr)
        text_format(json, ",\"%.*s\":%.*s", STR_ARGS(name), STR_ARGS(value));
}

static void add_string(struct text *json, struct str name, struct str value)
{
    if (!value.ptr)
        return;
    text_format(json, ",\"%.*s\":", STR_ARGS(name));
    text_json(json, value);
}

/* Gives the current connector in JSON. */
static struct str snapshot(struct call *call, const struct str *values, enum sync_job_type type)
{
    struct text json = text_new(call->arena, 1024);
    struct str index_name = values[OF_INDEX_NAME];

    if (type == JOB_ACCESS_CONTROL)
        index_name =
            arena_format(call->arena, ".search-acl-filter-%.*s", STR_ARGS(values[OF_INDEX_NAME]));
    text_add(&json, STR("{\"id\":"));
    text_json(&json, call->given[POST_ID].text);
    add_json(&json, STR("filtering"), active_rules(call, values[OF_FILTERING]));
    add_string(&json, STR("index_name"), index_name);
    add_string(&json, STR("language"), values[OF_LANGUAGE]);
    add_json(&json, STR("pipeline"), values[OF_PIPELINE]);
    add_string(&json, STR("service_type"), values[OF_SERVICE_TYPE]);
    add_json(&json, STR("configuration"),
             values[OF_CONFIGURATION].ptr ? values[OF_CONFIGURATION] : STR("{}"));
    text_byte(&json, '}');
    return text_str(&json);
}

static enum progress posted(struct call *call)
{
    struct text json = text_new(call->arena, 64);

    text_add(&json, STR("{\"id\":"));
    text_json(&json, call->id);
    text_byte(&json, '}');
    return respond(call, 201, text_str(&json));
}

static struct pair pair_of(enum sync_job_field field, struct str value)
{
    return (struct pair){ sync_job_fields[field].name, value };
}

static enum progress create_job(struct call *call, const struct str *values)
{
    enum { FIELDS = 12 };
    size_t type = choice_of(&sync_job_types, call->given[POST_JOB_TYPE].text);
    size_t method = choice_of(&trigger_methods, call->given[POST_TRIGGER_METHOD].text);
    struct str now = instant_write(instant_now(), call->arena);
    const struct pair fields[FIELDS] = {
        { sync_job_names[JOB_CONNECTOR_ID], call->given[POST_ID].text },
        pair_of(JOB_CONNECTOR, snapshot(call, values, (enum sync_job_type)type)),
        pair_of(JOB_CREATED_AT, now),
        pair_of(JOB_DELETED_DOCUMENT_COUNT, STR("0")),
        pair_of(JOB_INDEXED_DOCUMENT_COUNT, STR("0")),
        pair_of(JOB_INDEXED_DOCUMENT_VOLUME, STR("0")),
        pair_of(JOB_TYPE, sync_job_types.words[type]),
        pair_of(JOB_LAST_SEEN, now),
        pair_of(JOB_METADATA, STR("{}")),
        pair_of(JOB_STATUS, sync_statuses.words[SYNC_PENDING]),
        pair_of(JOB_TOTAL_DOCUMENT_COUNT, STR("0")),
        pair_of(JOB_TRIGGER_METHOD, trigger_methods.words[method]),
    };

    ask_store(call, posted);
    call->id = sync_job_new_id(&call->ask, call->given[POST_ID].text);
    sync_job_create(&call->ask, call->id, fields, FIELDS);
    return ASKED;
}

static enum progress found_connector(struct call *call)
{
    struct str id = call->given[POST_ID].text;
    const struct row *row = call->ask.rows;

    if (call->ask.outcome == MISSING || row->deleted)
        return fail(call, 404, RESOURCE_NOT_FOUND, "Connector with id '%.*s' does not exist.",
                    STR_ARGS(id));
    if (!row->values[OF_INDEX_NAME].len)
        return fail(call, 400, STATUS,
                    "Cannot start a sync for connector [%.*s] with no index attached. Set the "
                    "[index_name] property for the connector to enable syncing data.",
                    STR_ARGS(id));
    if (!row->values[OF_SERVICE_TYPE].len)
        return fail(call, 400, STATUS,
                    "Cannot start a sync for connector [%.*s] with [service_type] not defined. "
                    "Set the service type of your connector before starting the sync.",
                    STR_ARGS(id));
    return create_job(call, row->values);
}

static enum progress post_job(struct call *call)
{
    ask_store(call, found_connector);
    connector_read(&call->ask, call->given[POST_ID].text, snapshot_fields, SNAPSHOT_FIELDS);
    return ASKED;
}

/* ---- GET /_connector/_sync_job/{connector_sync_job_id} ---- */

static enum progress got(struct call *call)
{
    return call->ask.outcome == MISSING ? fail_missing(call)
                                        : print_document(call, sync_job_fields, SYNC_JOB_FIELDS);
}

static enum progress get_job(struct call *call)
{
    ask_store(call, got);
    sync_job_read(&call->ask, call->id, print_names(call, sync_job_fields, SYNC_JOB_FIELDS),
                  SYNC_JOB_FIELDS);
    return ASKED;
}

/* ---- GET /_connector/_sync_job ---- */

static enum progress list_jobs(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct sync_job_list list = { .from = given[LIST_FROM].number,
                                  .size = given[LIST_SIZE].number,
                                  .types = (unsigned)given[LIST_JOB_TYPE].number,
                                  .answer_max = call->options->answer_limit };
    enum progress progress = print_check_part(call, list.from, list.size);

    if (progress != GO_ON)
        return progress;
    if (given[LIST_CONNECTOR_ID].text.len)
        list.connector_id = given[LIST_CONNECTOR_ID].text;
    for (size_t i = 0; i < SYNC_STATUSES; i++)
        if (given[LIST_STATUS].number & UINT64_C(1) << i)
            list.status = sync_statuses.words[i];
    print_list(call, sync_job_fields, SYNC_JOB_FIELDS);
    sync_job_list(&call->ask, &list, print_names(call, sync_job_fields, SYNC_JOB_FIELDS),
                  SYNC_JOB_FIELDS);
    return ASKED;
}

/* ---- DELETE /_connector/_sync_job/{connector_sync_job_id} ---- */

static enum progress deleted(struct call *call)
{
    return call->ask.outcome == MISSING ? fail_missing(call) : respond_acknowledged(call);
}

static enum progress delete_job(struct call *call)
{
    ask_store(call, deleted);
    sync_job_delete(&call->ask, call->id);
    return ASKED;
}
