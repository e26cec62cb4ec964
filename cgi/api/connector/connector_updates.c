/* connector_updates.c: the endpoints that change some fields of a connector (API, section 6). */
#include "api/common/fields.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "api/connector/index_name.h"
#include "base/instant.h"
#include "base/text.h"
#include "base/tree.h"
#include "store/connector/connector.h"
#include "store/connector/state.h"

/* clang-format off */

static const struct field *const all = connector_fields;

/* Bodies: their names in errors, and their members. */

#define FORM(name, parser_name, ...)                                                               \
    static const struct member name##_members[] = { __VA_ARGS__ };                                 \
    static const struct form name##_form = {                                                       \
        STR_ROW(parser_name), name##_members, COUNT_OF(name##_members)                             \
    }

FORM(last_sync, "connector_update_last_sync_stats_request",
    { &connector_fields[LAST_ACCESS_CONTROL_SYNC_ERROR],        NULLABLE },
    { &connector_fields[LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT], NULLABLE },
    { &connector_fields[LAST_ACCESS_CONTROL_SYNC_STATUS],       NULLABLE },
    { &connector_fields[LAST_DELETED_DOCUMENT_COUNT] },
    { &connector_fields[LAST_INCREMENTAL_SYNC_SCHEDULED_AT],    NULLABLE },
    { &connector_fields[LAST_INDEXED_DOCUMENT_COUNT] },
    { &connector_fields[LAST_SYNC_ERROR],                       NULLABLE },
    { &connector_fields[LAST_SYNC_SCHEDULED_AT],                NULLABLE },
    { &connector_fields[LAST_SYNC_STATUS],                      NULLABLE },
    { &connector_fields[LAST_SYNCED],                           NULLABLE },
    { &connector_fields[SYNC_CURSOR],                           NULLABLE });
FORM(api_key_id, "connector_update_api_key_id_request",
    { &connector_fields[API_KEY_ID],        IGNORE_NULL },
    { &connector_fields[API_KEY_SECRET_ID], IGNORE_NULL });
FORM(error, "connector_update_error_request",
    { &connector_fields[ERROR], NULLABLE | REQUIRED });
FORM(features, "connector_update_features_request",
    { &connector_fields[FEATURES], REQUIRED });
FORM(index_name, "connector_update_index_name_request",
    { &connector_fields[INDEX_NAME], NULLABLE | REQUIRED });
FORM(name, "connector_update_name_request",
    { &connector_fields[NAME],        IGNORE_NULL },
    { &connector_fields[DESCRIPTION], IGNORE_NULL });
FORM(native, "connector_update_native_request",
    { &connector_fields[IS_NATIVE], REQUIRED });
FORM(pipeline, "connector_update_pipeline_request",
    { &connector_fields[PIPELINE], REQUIRED });
FORM(scheduling, "connector_update_scheduling_request",
    { &connector_fields[SCHEDULING], REQUIRED });
FORM(service_type, "connector_update_service_type_request",
    { &connector_fields[SERVICE_TYPE], REQUIRED });
FORM(status, "connector_update_status_request",
    { &connector_fields[CONNECTOR_STATUS] });

enum { GIVEN_CONFIGURATION, GIVEN_VALUES };
static const struct field values = { STR_ROW("values"), OBJECT };
FORM(configuration, "connector_update_configuration_request",
    [GIVEN_CONFIGURATION] = { &connector_fields[CONFIGURATION], IGNORE_NULL },
    [GIVEN_VALUES]        = { &values,                          IGNORE_NULL });

static step report, check_in, change_scheduling, change_error, change_native, change_service_type, change_status,
    change_configuration, change_index_name;
static step check_api_key_id, check_name, check_scheduling, check_service_type,
    check_status, check_configuration, check_index_name;

#define ROUTE(name, handler, form, check) { PUT, STR_ROW("/_connector/{connector_id}/" name), handler, form, .validate = (check), .action = "update" name }
#define REPORT(name, handler, form, check, called) { PUT, STR_ROW("/_connector/{connector_id}/" name), handler, form, .validate = (check), .open_to = TO_REPORT, .action = (called) }

static const struct route routes[] = {
    REPORT("_last_sync",    report,               &last_sync_form,     check_id, "update_last_sync_stats"),
    REPORT("_check_in",     check_in,             NULL,                check_id, "update_last_seen"),
    ROUTE("_api_key_id",    update_document,      &api_key_id_form,    check_api_key_id),
    ROUTE("_configuration", change_configuration, &configuration_form, check_configuration),
    ROUTE("_error",         change_error,         &error_form,         check_id),
    ROUTE("_features",      update_document,      &features_form,      check_id),
    ROUTE("_index_name",    change_index_name,    &index_name_form,    check_index_name),
    ROUTE("_name",          update_document,      &name_form,          check_name),
    ROUTE("_native",        change_native,        &native_form,        check_id),
    ROUTE("_pipeline",      update_document,      &pipeline_form,      check_id),
    ROUTE("_scheduling",    change_scheduling,    &scheduling_form,    check_scheduling),
    ROUTE("_service_type",  change_service_type,  &service_type_form,  check_service_type),
    ROUTE("_status",        change_status,        &status_form,        check_status),
};

/* clang-format on */

const struct route_table connector_update_routes = { routes, COUNT_OF(routes),
                                                     .first = STR_ROW("_connector") };

/* ---- validation ---- */

static bool either_given(const struct call *call)
{
    return call->given[0].presence == GIVEN || call->given[1].presence == GIVEN;
}

static enum progress check_api_key_id(struct call *call)
{
    return check_id_and(call, either_given(call),
                        STR("[api_key_id] and [api_key_secret_id] cannot both be [null]. Please "
                            "provide a value for at least one of them."));
}

static enum progress check_name(struct call *call)
{
    return check_id_and(
        call, either_given(call),
        STR("[name] and [description] cannot both be [null]. Please provide a value "
            "for at least one of them."));
}

static enum progress check_scheduling(struct call *call)
{
    struct json_object *scheduling = call->given[0].tree;

    return check_id_and(
        call,
        tree_has(scheduling, "full") || tree_has(scheduling, "incremental") ||
            tree_has(scheduling, "access_control"),
        STR("[scheduling] object needs to define at least one schedule type: [full | "
            "incremental | access_control]"));
}

static enum progress check_service_type(struct call *call)
{
    return check_id_and(call, call->given[0].text.len > 0,
                        STR("[service_type] cannot be [null] or [\"\"]."));
}

static enum progress check_status(struct call *call)
{
    return check_id_and(call, call->given[0].presence == GIVEN, STR("[status] cannot be [null]."));
}

static enum progress check_configuration(struct call *call)
{
    bool configuration = call->given[GIVEN_CONFIGURATION].presence == GIVEN;
    bool given_values = call->given[GIVEN_VALUES].presence == GIVEN;

    return check_id_and(call, configuration != given_values,
                        configuration
                            ? STR("[configuration] and [values] cannot both be provided in "
                                  "the same request.")
                            : STR("[configuration] and [values] cannot both be null."));
}

static enum progress check_index_name(struct call *call)
{
    struct str name = call->given[0].text, fault = { NULL, 0 };

    if (call->given[0].presence == GIVEN)
        fault = index_name_fault(name, call->arena);
    return check_id_and(call, !fault.ptr, index_name_complaint(name, fault, call->arena));
}

/* ---- handlers ---- */

static enum progress report(struct call *call)
{
    update_begin(call);
    update_is(call, REPORT);
    return update_by_body(call);
}

static enum progress check_in(struct call *call)
{
    update_begin(call);
    update_is(call, TOUCH);
    update_set(call, &all[LAST_SEEN], instant_write(instant_now(), call->arena));
    return update_write(call);
}

/* The fields that a change of schedules depends on, besides the schedules. */
static const struct field last_success = { STR_ROW("_last_success"), INSTANT };
static const struct field access_control_last_success = { STR_ROW("_access_control_last_success"),
                                                          INSTANT };

/* Sets whether any schedule is still enabled (without one, a connector is never late), and the
 * times of the next syncs. */
static enum progress decide_scheduling(struct call *call, const struct str *stored)
{
    struct str scheduling = update_merged(call, stored[0], call->given[0].tree);
    struct state_plan plan =
        state_plan(scheduling, stored[1], stored[2], instant_now().seconds, call->arena);

    update_set_own(call, connector_names[PAUSED], plan.paused);
    update_set_own(call, connector_names[NEXT_SYNCS], plan.next);
    update_set_own(call, connector_names[ACCESS_CONTROL_NEXT_SYNCS], plan.access_next);
    return update_set_object(call, &all[SCHEDULING], stored[0], scheduling);
}

static enum progress change_scheduling(struct call *call)
{
    static const struct field *const read[] = { &connector_fields[SCHEDULING], &last_success,
                                                &access_control_last_success };

    update_begin(call);
    update_is(call, SETTLE);
    return update_by(call, read, COUNT_OF(read), decide_scheduling);
}

static enum progress change_error(struct call *call)
{
    struct str error = call->given[0].text;

    update_begin(call);
    update_set(call, &all[ERROR], error);
    update_set(call, &all[CONNECTOR_STATUS],
               connector_status_words[error.len ? STATUS_ERROR : STATUS_CONNECTED]);
    return update_write(call);
}

static bool has_status(struct str stored, enum connector_status status)
{
    return str_equal(str_or_empty(stored), connector_status_words[status]);
}

static enum progress decide_native(struct call *call, const struct str *stored)
{
    struct str native = call->given[0].text, index_name = stored[0], status = stored[1];

    if (str_equal(native, STR("true")) && index_name.ptr && !str_starts(index_name, native_prefix))
        return fail(call, 400, STATUS,
                    "The index name [%.*s] attached to the connector [%.*s] must start with the "
                    "required prefix: [%.*s] to be Elastic-managed. Please update the attached "
                    "index first to comply with this requirement.",
                    STR_ARGS(index_name), STR_ARGS(call->id), STR_ARGS(native_prefix));
    update_set(call, &all[IS_NATIVE], native);
    if (has_status(status, STATUS_CONNECTED))
        update_set(call, &all[CONNECTOR_STATUS], connector_status_words[STATUS_CONFIGURED]);
    return GO_ON;
}

static enum progress change_native(struct call *call)
{
    static const struct field *const read[] = { &connector_fields[INDEX_NAME],
                                                &connector_fields[CONNECTOR_STATUS] };

    update_begin(call);
    return update_by(call, read, COUNT_OF(read), decide_native);
}

static enum progress decide_service_type(struct call *call, const struct str *stored)
{
    update_set(call, &all[SERVICE_TYPE], call->given[0].text);
    if (!has_status(stored[0], STATUS_CREATED))
        update_set(call, &all[CONNECTOR_STATUS],
                   connector_status_words[STATUS_NEEDS_CONFIGURATION]);
    return GO_ON;
}

static const struct field *const status_alone[] = { &connector_fields[CONNECTOR_STATUS] };

static enum progress change_service_type(struct call *call)
{
    update_begin(call);
    return update_by(call, status_alone, COUNT_OF(status_alone), decide_service_type);
}

#define TO(status) (1U << (status))

/* The statuses that may follow each status. */
static const unsigned transitions[CONNECTOR_STATUSES] = {
    [STATUS_CREATED] = TO(STATUS_NEEDS_CONFIGURATION) | TO(STATUS_ERROR),
    [STATUS_NEEDS_CONFIGURATION] = TO(STATUS_CONFIGURED) | TO(STATUS_ERROR),
    [STATUS_CONFIGURED] = TO(STATUS_NEEDS_CONFIGURATION) | TO(STATUS_CONFIGURED) |
                          TO(STATUS_CONNECTED) | TO(STATUS_ERROR),
    [STATUS_CONNECTED] = TO(STATUS_CONFIGURED) | TO(STATUS_CONNECTED) | TO(STATUS_ERROR),
    [STATUS_ERROR] = TO(STATUS_CONFIGURED) | TO(STATUS_CONNECTED) | TO(STATUS_ERROR),
};

static enum connector_status status_of(struct str word)
{
    enum connector_status status = STATUS_CREATED;

    while (status < CONNECTOR_STATUSES && !has_status(word, status))
        status++;
    return status;
}

static enum progress decide_status(struct call *call, const struct str *stored)
{
    struct str wanted = call->given[0].text, reason;
    enum connector_status from = status_of(stored[0]), to = status_of(wanted);

    if (from < CONNECTOR_STATUSES && (transitions[from] & TO(to))) {
        update_set(call, &all[CONNECTOR_STATUS], wanted);
        return GO_ON;
    }
    reason = arena_format(call->arena,
                          "Invalid transition attempt from [%.*s] to [%.*s]. Such a status "
                          "transition is not supported by the Connector Protocol.",
                          STR_ARGS(stored[0]), STR_ARGS(wanted));
    return fail_with(
        call, problem_new(call->arena, STATUS, reason,
                          problem_new(call->arena, INVALID_STATUS_TRANSITION, reason, NULL)));
}

static enum progress change_status(struct call *call)
{
    update_begin(call);
    return update_by(call, status_alone, COUNT_OF(status_alone), decide_status);
}

/* ---- _configuration ---- */

struct value_setting {
    struct call *call;
    struct json_object *configuration;
    struct json_object *changes; /* to be merged into it */
    struct text unknown;         /* names of values without a schema */
};

static bool set_value(void *context, struct str name, struct json_object *new_value)
{
    struct value_setting *setting = context;
    struct json_object *change = tree_new_object(setting->call->arena);

    if (!tree_has(setting->configuration, name.ptr)) {
        if (setting->unknown.len)
            text_add(&setting->unknown, STR(", "));
        text_add(&setting->unknown, name);
    }
    tree_set(change, STR("value"), new_value);
    tree_set(setting->changes, name, change);
    return true;
}

static enum progress decide_values(struct call *call, const struct str *stored)
{
    struct value_setting setting = { .call = call,
                                     .changes = tree_new_object(call->arena),
                                     .unknown = text_new(call->arena, 64) };

    if (!stored[0].ptr || !tree_parse(stored[0], call->arena, &setting.configuration))
        setting.configuration = tree_new_object(call->arena);
    (void)tree_each(call->given[GIVEN_VALUES].tree, set_value, &setting);
    if (setting.unknown.len)
        return fail(call, 400, STATUS,
                    "Unknown [configuration] fields in the request payload: [%.*s]. Remove them "
                    "from request or register their schema first.",
                    STR_ARGS(setting.unknown));
    (void)tree_merge(setting.configuration, setting.changes);
    update_set(call, &all[CONNECTOR_STATUS], connector_status_words[STATUS_CONFIGURED]);
    return update_set_object(call, &all[CONFIGURATION], stored[0],
                             tree_write(setting.configuration, call->arena));
}

static enum progress change_configuration(struct call *call)
{
    static const struct field *const read[] = { &connector_fields[CONFIGURATION] };
    const struct given *schema = &call->given[GIVEN_CONFIGURATION];
    enum progress progress;

    update_begin(call);
    if (schema->presence != GIVEN)
        return update_by(call, read, COUNT_OF(read), decide_values);
    progress = update_set_object(call, &all[CONFIGURATION], STR(""),
                                 tree_write(schema->tree, call->arena));
    if (progress != GO_ON)
        return progress;
    update_set(call, &all[CONNECTOR_STATUS], connector_status_words[STATUS_CONFIGURED]);
    update_always(call);
    return update_write(call);
}

/* ---- _index_name ---- */

static enum progress renamed(struct call *call)
{
    struct str name = call->given[0].text;

    switch (call->ask.outcome) {
    case MISSING:
        return fail_missing(call);
    case TAKEN:
        return fail_taken(call, name);
    case NATIVE:
        return fail(call, 400, STATUS,
                    "Index attached to an Elastic-managed connector must start with the prefix: "
                    "[%.*s]. The index name in the payload [%.*s] doesn't comply with this "
                    "requirement.",
                    STR_ARGS(native_prefix), STR_ARGS(name));
    case NOOP:
        return respond_result(call, STR("noop"));
    default:
        return respond_result(call, STR("updated"));
    }
}

static enum progress change_index_name(struct call *call)
{
    struct str name = str_or_empty(call->given[0].text);

    ask_store(call, renamed);
    connector_rename(&call->ask, call->id, name, name.len && !str_starts(name, native_prefix));
    return ASKED;
}
