/* connector.c: the endpoints of connectors: their fields, bodies, handlers and routes. */
#include "store/connector.h"

#include "api/fields.h"
#include "api/filter.h"
#include "api/index_name.h"
#include "api/routes.h"
#include "api/update.h"
#include "base/chance.h"
#include "base/instant.h"
#include "base/text.h"

enum {
    ID_MAX = 512,              /* bytes of a connector's id */
    RESULT_WINDOW_MAX = 10000, /* from + size of a list */
    LIST_SIZE_DEFAULT = 100,
    CONNECTOR_BYTES = 1536 /* that a usual connector takes as JSON */
};

/* ---- bodies, parameters and routes ---- */

/* clang-format off */

/* The members of a new connector's body, by name, for what checks or reads one of them. */
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
    [LIST_QUERY]           = { STR_ROW("query"),           TEXT },
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
    { PUT,    STR_ROW("/_connector/{connector_id}"),            put_connector,    &put_form, true, check_new },
    { PUT,    STR_ROW("/_connector"),                           put_connector,    &put_form, true, check_new },
    { POST,   STR_ROW("/_connector"),                           put_connector,    &put_form, true, check_new },
    { GET,    STR_ROW("/_connector/{connector_id}"),            get_connector,    .validate = check_id, .parameters = get_parameters, .parameter_count = COUNT_OF(get_parameters) },
    { GET,    STR_ROW("/_connector"),                           list_connectors,  .validate = check_list, .parameters = list_parameters, .parameter_count = COUNT_OF(list_parameters) },
    { DELETE, STR_ROW("/_connector/{connector_id}"),            delete_connector, .validate = check_id, .parameters = delete_parameters, .parameter_count = COUNT_OF(delete_parameters) },
};

/* clang-format on */

const struct route_table connector_routes = { routes, COUNT_OF(routes) };

/* ---- shared by the handlers ---- */

static const struct str *field_names(struct call *call)
{
    struct str *names = arena_take(call->arena, CONNECTOR_FIELDS * sizeof *names);

    for (size_t i = 0; i < CONNECTOR_FIELDS; i++)
        names[i] = connector_fields[i].name;
    return names;
}

/* Adds a connector as JSON: the values of all fields, in the table's order. */
static void add_connector(struct text *json, const struct row *row)
{
    text_add(json, STR("{\"id\":"));
    text_json(json, row->id);
    for (size_t i = 0; i < CONNECTOR_FIELDS; i++) {
        struct str value = row->values[i];

        if (!value.ptr && !connector_fields[i].null_when_absent)
            continue;
        text_add(json, STR(",\""));
        text_add(json, connector_fields[i].name);
        text_add(json, STR("\":"));
        if (!value.ptr)
            text_add(json, STR("null"));
        else if (kind_is_quoted(connector_fields[i].kind))
            text_json(json, value);
        else
            text_add(json, value);
    }
    text_byte(json, '}');
}

/* ---- GET /_connector/{connector_id} ---- */

static enum progress got(struct call *call)
{
    const struct row *row = call->ask.rows;
    bool include_deleted = call->parameters[GET_INCLUDE_DELETED].number;
    struct text json;

    if (call->ask.outcome == MISSING || (row->deleted && !include_deleted))
        return fail_missing(call);
    json = text_new(call->arena, CONNECTOR_BYTES);
    add_connector(&json, row);
    return respond(call, 200, text_str(&json));
}

static enum progress get_connector(struct call *call)
{
    ask_store(call, got);
    connector_read(&call->ask, call->id, field_names(call), CONNECTOR_FIELDS);
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

static enum progress listed(struct call *call)
{
    struct text json = text_new(call->arena, CONNECTOR_BYTES * (call->ask.row_count + 1));

    text_add(&json, STR("{\"count\":"));
    text_number(&json, (int64_t)call->ask.total);
    text_add(&json, STR(",\"results\":["));
    for (size_t i = 0; i < call->ask.row_count; i++) {
        if (i)
            text_byte(&json, ',');
        add_connector(&json, &call->ask.rows[i]);
    }
    text_add(&json, STR("]}"));
    return respond(call, 200, text_str(&json));
}

static enum progress fail_window(struct call *call, uint64_t end)
{
    return fail_with(
        call,
        problem_new(call->arena, SEARCH_PHASE_EXECUTION, STR("all shards failed"),
                    problem_new(call->arena, ILLEGAL_ARGUMENT,
                                arena_format(call->arena,
                                             "Result window is too large, from + size must be "
                                             "less than or equal to: [%d] but was [%llu]",
                                             RESULT_WINDOW_MAX, (unsigned long long)end),
                                NULL)));
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
                                                           given[LIST_QUERY].text, call->arena) };

    if (list.from + list.size > RESULT_WINDOW_MAX)
        return fail_window(call, list.from + list.size);
    ask_store(call, listed);
    connector_list(&call->ask, &list, field_names(call), CONNECTOR_FIELDS);
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

/* Fifteen bytes of time and chance in URL-safe base64: later ids mostly come behind earlier ones.
 */
static struct str new_id(struct call *call)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    enum { BYTES = 15, TIME_BYTES = 6, DIGITS = BYTES * 8 / 6 };
    struct instant now = instant_now();
    uint64_t millis = (uint64_t)now.seconds * 1000 + (uint64_t)now.nanos / 1000000;
    unsigned char bytes[BYTES];
    char *id = arena_take(call->arena, DIGITS);

    for (unsigned i = 0; i < TIME_BYTES; i++)
        bytes[i] = (unsigned char)(millis >> (8 * (TIME_BYTES - 1 - i)));
    chance_fill(bytes + TIME_BYTES, BYTES - TIME_BYTES);
    for (unsigned i = 0; i < DIGITS; i++) {
        unsigned bit = i * 6, byte = bit / 8, shift = bit % 8;
        unsigned pair = (unsigned)bytes[byte] << 8 | (byte + 1 < BYTES ? bytes[byte + 1] : 0U);

        id[i] = digits[pair >> (10 - shift) & 63];
    }
    return (struct str){ id, DIGITS };
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

static enum progress put_connector(struct call *call)
{
    const struct pair defaults[] = {
        { connector_fields[CONFIGURATION].name, STR("{}") },
        { connector_fields[CUSTOM_SCHEDULING].name, STR("{}") },
        { connector_fields[FILTERING].name, default_filtering(call) },
        { connector_fields[SCHEDULING].name,
          STR("{\"access_control\":" DEFAULT_SCHEDULE ",\"full\":" DEFAULT_SCHEDULE
              ",\"incremental\":" DEFAULT_SCHEDULE "}") },
        { connector_fields[CONNECTOR_STATUS].name,
          connector_status_words[is_native(call) ? STATUS_NEEDS_CONFIGURATION : STATUS_CREATED] },
        { connector_fields[SYNC_NOW].name, STR("false") },
        { connector_fields[IS_DELETED].name, STR("false") },
        /* These two are the client's to give, if it does: */
        { connector_fields[IS_NATIVE].name, STR("false") },
        { connector_fields[NAME].name, STR("") },
    };
    struct pair *document =
        arena_take(call->arena, (COUNT_OF(defaults) + COUNT_OF(put_members)) * sizeof *document);
    size_t count = COUNT_OF(defaults);

    memcpy(document, defaults, sizeof defaults);
    /* In HSET the last of equal fields wins. */
    for (size_t i = 0; i < COUNT_OF(put_members); i++)
        if (call->given[i].presence == GIVEN)
            document[count++] = (struct pair){ put_members[i].field->name, call->given[i].text };
    if (!call->id.ptr)
        call->id = new_id(call);
    ask_store(call, put);
    connector_put(&call->ask, call->id, document, count);
    return ASKED;
}

/* ---- DELETE /_connector/{connector_id} ---- */

static enum progress deleted(struct call *call)
{
    return call->ask.outcome == MISSING ? fail_missing(call) : respond_acknowledged(call);
}

static enum progress delete_connector(struct call *call)
{
    ask_store(call, deleted);
    connector_delete(&call->ask, call->id, call->parameters[DELETE_HARD].number);
    return ASKED;
}
