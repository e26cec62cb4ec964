/* overview.c: our own endpoints for viewing connectors: all of them by their state, one of them,
 * and its history. */
#include "store/connector/overview.h"

#include "api/common/fields.h"
#include "api/common/filter.h"
#include "api/common/print.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "base/tree.h"
#include "base/utf8.h"
#include "store/connector/ended.h"

enum {
    SIZE_DEFAULT = 100,
    CONNECTOR_HISTORY_MAX = 50, /* reports that an overview gives of each connector */
    HISTORY_SIZE_DEFAULT = 20,
    HISTORY_SIZE_MAX = 100,
    ERROR_MAX = 1024, /* bytes of an error in an overview; one connector's is given whole */
    ROW_BYTES = 1024
};

/* clang-format off */

/* The members of a result: the name, its field, and how that is written. */
enum form_of { TEXT_OR_NULL, NUMBER_OR_NULL, NUMBER_OR_ZERO, ERROR_OR_NULL, SECONDS_OR_NULL };

struct column {
    struct str member;
    enum connector_field field;
    enum form_of form;
};

static const struct column connector_columns[] = {
    { STR_ROW("name"),          NAME,             TEXT_OR_NULL },
    { STR_ROW("service_type"),  SERVICE_TYPE,     TEXT_OR_NULL },
    { STR_ROW("index_name"),    INDEX_NAME,       TEXT_OR_NULL },
    { STR_ROW("status"),        CONNECTOR_STATUS, TEXT_OR_NULL },
    { STR_ROW("error"),         ERROR,            ERROR_OR_NULL },
    { STR_ROW("last_seen"),     LAST_SEEN,        TEXT_OR_NULL },
    { STR_ROW("reported_at"),   REPORTED_AT,      TEXT_OR_NULL },
};

/* Of its state. */
static const struct column state_columns[] = {
    { STR_ROW("failing_since"), FAILING_SINCE, SECONDS_OR_NULL },
    { STR_ROW("due_at"),        DUE_AT,        SECONDS_OR_NULL },
};

/* Of each kind of sync. While a sync runs, the values of the last ended one are still shown: see
 * kind_value. */
static const struct column content_columns[] = {
    { STR_ROW("status"),                 LAST_SYNC_STATUS,            TEXT_OR_NULL },
    { STR_ROW("ended_status"),           ENDED,                       TEXT_OR_NULL },
    { STR_ROW("error"),                  LAST_SYNC_ERROR,             ERROR_OR_NULL },
    { STR_ROW("last_synced"),            LAST_SYNCED,                 TEXT_OR_NULL },
    { STR_ROW("scheduled_at"),           LAST_SYNC_SCHEDULED_AT,      TEXT_OR_NULL },
    { STR_ROW("last_success"),           LAST_SUCCESS,                TEXT_OR_NULL },
    { STR_ROW("consecutive_failures"),   CONSECUTIVE_FAILURES,        NUMBER_OR_ZERO },
    { STR_ROW("started_at"),             SYNC_STARTED_AT,             TEXT_OR_NULL },
    { STR_ROW("duration_ms"),            LAST_DURATION_MS,            NUMBER_OR_NULL },
    { STR_ROW("indexed_document_count"), LAST_INDEXED_DOCUMENT_COUNT, NUMBER_OR_NULL },
    { STR_ROW("deleted_document_count"), LAST_DELETED_DOCUMENT_COUNT, NUMBER_OR_NULL },
};
static const struct column access_columns[] = {
    { STR_ROW("status"),               LAST_ACCESS_CONTROL_SYNC_STATUS,       TEXT_OR_NULL },
    { STR_ROW("ended_status"),         ACCESS_CONTROL_ENDED,                  TEXT_OR_NULL },
    { STR_ROW("error"),                LAST_ACCESS_CONTROL_SYNC_ERROR,        ERROR_OR_NULL },
    { STR_ROW("scheduled_at"),         LAST_ACCESS_CONTROL_SYNC_SCHEDULED_AT, TEXT_OR_NULL },
    { STR_ROW("last_success"),         ACCESS_CONTROL_LAST_SUCCESS,           TEXT_OR_NULL },
    { STR_ROW("consecutive_failures"), ACCESS_CONTROL_CONSECUTIVE_FAILURES,   NUMBER_OR_ZERO },
    { STR_ROW("started_at"),           ACCESS_CONTROL_SYNC_STARTED_AT,        TEXT_OR_NULL },
    { STR_ROW("duration_ms"),          ACCESS_CONTROL_LAST_DURATION_MS,       NUMBER_OR_NULL },
};

/* The members of an entry of the history, from the fields of the stream (see report.inc.lua). Its
 * id, and the time in the id, come before these. */
static const struct entry_column {
    struct str member, field;
    enum form_of form;
} entry_columns[] = {
    { STR_ROW("kind"),                   STR_ROW("kind"),        TEXT_OR_NULL },
    { STR_ROW("status"),                 STR_ROW("status"),      TEXT_OR_NULL },
    { STR_ROW("error"),                  STR_ROW("error"),       ERROR_OR_NULL },
    { STR_ROW("last_synced"),            STR_ROW("last_synced"), TEXT_OR_NULL },
    { STR_ROW("started_at"),             STR_ROW("started_at"),  TEXT_OR_NULL },
    { STR_ROW("indexed_document_count"), STR_ROW("indexed"),     NUMBER_OR_NULL },
    { STR_ROW("deleted_document_count"), STR_ROW("deleted"),     NUMBER_OR_NULL },
    { STR_ROW("duration_ms"),            STR_ROW("duration_ms"), NUMBER_OR_NULL },
};

enum {
    VIEW_FROM, VIEW_SIZE, VIEW_STATE, VIEW_SERVICE_TYPE, VIEW_QUERY, VIEW_SORT, VIEW_HISTORY
};

static const struct parameter_row overview_parameters[] = {
    [VIEW_FROM]         = { STR_ROW("from"),         COUNT },
    [VIEW_SIZE]         = { STR_ROW("size"),         COUNT, SIZE_DEFAULT },
    [VIEW_STATE]        = { STR_ROW("state"),        TEXT },
    [VIEW_SERVICE_TYPE] = { STR_ROW("service_type"), TEXT },
    [VIEW_QUERY]        = { STR_ROW("query"),        SEARCH },
    [VIEW_SORT]         = { STR_ROW("sort"),         TEXT },
    [VIEW_HISTORY]      = { STR_ROW("history"),      COUNT },
};

static const struct parameter_row connector_parameters[] = {
    { STR_ROW("history"), COUNT },
};

enum { HISTORY_SIZE, HISTORY_BEFORE };

static const struct parameter_row history_parameters[] = {
    [HISTORY_SIZE]   = { STR_ROW("size"),   COUNT, HISTORY_SIZE_DEFAULT },
    [HISTORY_BEFORE] = { STR_ROW("before"), TEXT },
};

static const struct {
    struct str word;
    enum overview_order order;
    bool descending;
} orders[] = {
    { STR_ROW("state"),         BY_STATE },
    { STR_ROW("name"),          BY_NAME },
    { STR_ROW("-name"),         BY_NAME, true },
    { STR_ROW("last_success"),  BY_SUCCESS },
    { STR_ROW("-last_success"), BY_SUCCESS, true },
};

/* The columns of tables: the members of a result, nested ones included. */
static const struct str overview_cells[] = {
    STR_ROW("id"), STR_ROW("name"), STR_ROW("service_type"), STR_ROW("index_name"), STR_ROW("status"), STR_ROW("error"),
    STR_ROW("last_seen"), STR_ROW("reported_at"), STR_ROW("state"), STR_ROW("running_since"), STR_ROW("failing_since"),
    STR_ROW("due_at"), STR_ROW("muted.until"), STR_ROW("muted.note"), STR_ROW("muted.who"), STR_ROW("schedules"),
    STR_ROW("content.status"), STR_ROW("content.ended_status"), STR_ROW("content.error"), STR_ROW("content.last_synced"),
    STR_ROW("content.scheduled_at"), STR_ROW("content.last_success"), STR_ROW("content.consecutive_failures"),
    STR_ROW("content.started_at"), STR_ROW("content.duration_ms"), STR_ROW("content.indexed_document_count"),
    STR_ROW("content.deleted_document_count"),
    STR_ROW("access_control.status"), STR_ROW("access_control.ended_status"), STR_ROW("access_control.error"),
    STR_ROW("access_control.scheduled_at"), STR_ROW("access_control.last_success"),
    STR_ROW("access_control.consecutive_failures"), STR_ROW("access_control.started_at"),
    STR_ROW("access_control.duration_ms"), STR_ROW("access_control.schedule"),
};
static const struct str history_cells[] = {
    STR_ROW("id"), STR_ROW("at"), STR_ROW("kind"), STR_ROW("status"), STR_ROW("error"), STR_ROW("last_synced"),
    STR_ROW("started_at"), STR_ROW("indexed_document_count"), STR_ROW("deleted_document_count"), STR_ROW("duration_ms"),
};
static const struct str type_cells[] = { STR_ROW("service_type"), STR_ROW("connectors") };

static const struct csv_table overview_csv = { STR_ROW("results"), overview_cells, COUNT_OF(overview_cells) };
static const struct csv_table history_csv = { STR_ROW("results"), history_cells, COUNT_OF(history_cells) };
static const struct csv_table types_csv = { STR_ROW("results"), type_cells, COUNT_OF(type_cells) };

static step show_overview, show_connector, show_history, show_service_types;
static step check_overview, check_connector, check_history;

static const struct route routes[] = {
    { GET, STR_ROW("/_lastsync/overview"),                           show_overview,  .validate = check_overview,  .parameters = overview_parameters,  .parameter_count = COUNT_OF(overview_parameters), .csv = &overview_csv, .open_to = TO_VIEW },
    { GET, STR_ROW("/_lastsync/service_types"),                      show_service_types, .csv = &types_csv, .open_to = TO_VIEW, .about = ABOUT_NONE },
    { GET, STR_ROW("/_lastsync/connector/{connector_id}"),           show_connector, .validate = check_connector, .parameters = connector_parameters, .parameter_count = COUNT_OF(connector_parameters), .open_to = TO_VIEW },
    { GET, STR_ROW("/_lastsync/connector/{connector_id}/history"),   show_history,   .validate = check_history,   .parameters = history_parameters,   .parameter_count = COUNT_OF(history_parameters), .csv = &history_csv, .open_to = TO_VIEW },
};

/* clang-format on */

const struct route_table overview_routes = { routes, COUNT_OF(routes),
                                             .first = STR_ROW("_lastsync") };

/* ---- writing ---- */

/* Gives an error of the stream without the "error: " in front. */
static struct str error_of(struct str value)
{
    const struct str word = STR("error: ");

    return str_starts(value, word) ? str_from_offset(value, word.len) : value;
}

static void add_seconds(struct text *json, struct str value, struct arena *arena)
{
    uint64_t seconds;

    if (number_count(value, INT64_MAX, &seconds) == NUMBER_READ)
        text_json(json, instant_write((struct instant){ (int64_t)seconds, 0 }, arena));
    else
        text_add(json, STR("null"));
}

static void add_value(struct text *json, enum form_of form, struct str value, size_t error_max)
{
    if (!value.ptr)
        text_add(json, form == NUMBER_OR_ZERO ? STR("0") : STR("null"));
    else if (form == NUMBER_OR_NULL || form == NUMBER_OR_ZERO)
        text_add(json, value);
    else if (form == SECONDS_OR_NULL)
        add_seconds(json, value, json->arena);
    else
        text_json(json, form == ERROR_OR_NULL ? utf8_cut(value, error_max) : value);
}

static void add_member(struct text *json, struct str name)
{
    if (json->ptr[json->len - 1] != '{')
        text_byte(json, ',');
    text_byte(json, '"');
    text_add(json, name);
    text_add(json, STR("\":"));
}

/* ---- what is read of a connector ---- */

/* The fields that are shown besides those of the columns. */
static const enum connector_field hidden[] = { COUNTED, SCHEDULING, MUTED_UNTIL, MUTE_NOTE,
                                               MUTE_WHO };

enum {
    READ_MAX = COUNT_OF(connector_columns) + COUNT_OF(state_columns) + COUNT_OF(content_columns) +
               COUNT_OF(access_columns) + COUNT_OF(hidden)
};

/* The fields, in the order in which they are read. */
static size_t list_fields(enum connector_field fields[READ_MAX])
{
    size_t count = 0;

    for (size_t i = 0; i < COUNT_OF(connector_columns); i++)
        fields[count++] = connector_columns[i].field;
    for (size_t i = 0; i < COUNT_OF(state_columns); i++)
        fields[count++] = state_columns[i].field;
    for (size_t i = 0; i < COUNT_OF(content_columns); i++)
        fields[count++] = content_columns[i].field;
    for (size_t i = 0; i < COUNT_OF(access_columns); i++)
        fields[count++] = access_columns[i].field;
    for (size_t i = 0; i < COUNT_OF(hidden); i++)
        fields[count++] = hidden[i];
    return count;
}

static const struct str *read_names(struct call *call)
{
    enum connector_field fields[READ_MAX];
    size_t count = list_fields(fields);
    struct str *names = arena_take(call->arena, count * sizeof *names);

    for (size_t i = 0; i < count; i++)
        names[i] = connector_names[fields[i]];
    return names;
}

/* A row's values by the fields; absent for one that was not read. */
static void sort_values(const struct row *row, struct str values[CONNECTOR_STORED])
{
    enum connector_field fields[READ_MAX];
    size_t count = list_fields(fields);

    memset(values, 0, CONNECTOR_STORED * sizeof *values);
    for (size_t i = 0; i < count; i++)
        values[fields[i]] = row->values[i];
}

/* The two kinds of sync: the columns and fields of each. */
static const struct sync_kind {
    const struct column *columns;
    size_t count;
    enum connector_field status, started, ended, error, duration;
} content = { content_columns, COUNT_OF(content_columns), LAST_SYNC_STATUS, SYNC_STARTED_AT,
              ENDED,           LAST_SYNC_ERROR,           LAST_DURATION_MS },
  access = { access_columns,
             COUNT_OF(access_columns),
             LAST_ACCESS_CONTROL_SYNC_STATUS,
             ACCESS_CONTROL_SYNC_STARTED_AT,
             ACCESS_CONTROL_ENDED,
             LAST_ACCESS_CONTROL_SYNC_ERROR,
             ACCESS_CONTROL_LAST_DURATION_MS };

static bool is_counted(const struct str *values, struct str which)
{
    struct str counted = str_or_empty(values[COUNTED]);

    return str_equal(counted, STR("both")) || str_equal(counted, which);
}

/* Gives the value to show for a kind of sync. Fields that the last sync left do not belong to the
 * running one, whose counts are shown once it has reported them, and whose duration once it has
 * ended. The end of the last sync is kept in "_ended" once another one is reported. */
static struct str kind_value(const struct sync_kind *kind, enum connector_field field,
                             const struct str *values)
{
    static const struct str none = { NULL, 0 };
    struct ended ended = ended_read(values[kind->status], values[kind->error], values[kind->ended]);
    bool runs = values[kind->started].ptr != NULL;

    if (field == kind->ended)
        return ended.status;
    if (field == kind->error)
        return ended.error;
    if (runs && field == kind->duration)
        return none;
    if (runs && field == LAST_INDEXED_DOCUMENT_COUNT && !is_counted(values, STR("indexed")))
        return none;
    if (runs && field == LAST_DELETED_DOCUMENT_COUNT && !is_counted(values, STR("deleted")))
        return none;
    return values[field];
}

/* ---- history ---- */

/* Gives the value of a field of an entry; absent if it is missing, or means "not reported". */
static struct str entry_value(const struct reply *fields, const struct entry_column *column)
{
    for (size_t i = 0; i + 1 < fields->count; i += 2) {
        struct str value = reply_item(fields, i + 1);

        if (!str_equal(str_or_empty(reply_item(fields, i)), column->field))
            continue;
        if (!value.len || (column->form == NUMBER_OR_NULL && str_equal(value, STR("-1"))))
            break;
        return column->form == ERROR_OR_NULL ? error_of(value) : value;
    }
    return (struct str){ NULL, 0 };
}

/* The time in an entry's id, "<milliseconds>-<number>". */
static struct str time_of(struct str id, struct arena *arena)
{
    struct instant instant;

    if (instant_read(str_take(&id, '-'), &instant) != INSTANT_READ)
        return (struct str){ NULL, 0 };
    return instant_write(instant, arena);
}

static void add_entry(struct text *json, const struct reply *entry, size_t error_max,
                      struct arena *arena)
{
    struct str id = str_or_empty(reply_item(entry, 0));

    text_add(json, STR("{\"id\":"));
    text_json(json, id);
    add_member(json, STR("at"));
    add_value(json, TEXT_OR_NULL, time_of(id, arena), error_max);
    for (size_t i = 0; i < COUNT_OF(entry_columns); i++) {
        add_member(json, entry_columns[i].member);
        add_value(json, entry_columns[i].form, entry_value(&entry->items[1], &entry_columns[i]),
                  error_max);
    }
    text_byte(json, '}');
}

static void add_entries(struct text *json, const struct reply *history, size_t error_max,
                        struct arena *arena)
{
    text_byte(json, '[');
    for (size_t i = 0; history && i < history->count; i++) {
        if (i)
            text_byte(json, ',');
        add_entry(json, &history->items[i], error_max, arena);
    }
    text_byte(json, ']');
}

/* ---- connectors ---- */

static void add_columns(struct text *json, const struct column *columns, size_t count,
                        const struct str *values, size_t error_max)
{
    for (size_t i = 0; i < count; i++) {
        add_member(json, columns[i].member);
        add_value(json, columns[i].form, values[columns[i].field], error_max);
    }
}

/* Adds the values of a kind of sync; the object is left open. */
static void add_kind(struct text *json, const struct sync_kind *kind, const struct str *values,
                     size_t error_max)
{
    text_byte(json, '{');
    for (size_t i = 0; i < kind->count; i++) {
        add_member(json, kind->columns[i].member);
        add_value(json, kind->columns[i].form, kind_value(kind, kind->columns[i].field, values),
                  error_max);
    }
}

/* The cron expression of a schedule that is on; absent if it is off. */
static struct str schedule_of(struct json_object *scheduling, const char *kind)
{
    struct json_object *schedule = tree_member(scheduling, kind);
    struct str enabled = str_or_empty(tree_text(tree_member(schedule, "enabled")));

    if (!str_equal(enabled, STR("true")))
        return (struct str){ NULL, 0 };
    return str_or_empty(tree_text(tree_member(schedule, "interval")));
}

/* Adds content's schedules that are on. */
static void add_schedules(struct text *json, struct json_object *scheduling)
{
    static const char *const kinds[] = { "full", "incremental" };

    text_byte(json, '[');
    for (size_t i = 0; i < COUNT_OF(kinds); i++) {
        struct str schedule = schedule_of(scheduling, kinds[i]);

        if (!schedule.ptr)
            continue;
        if (json->ptr[json->len - 1] != '[')
            text_byte(json, ',');
        text_json(json, schedule);
    }
    text_byte(json, ']');
}

/* Since when a sync runs; if both kinds run, the earlier time. */
static struct str running_since(const struct str *values)
{
    struct str since = values[SYNC_STARTED_AT], other = values[ACCESS_CONTROL_SYNC_STARTED_AT];

    return !since.ptr || (other.ptr && instant_order(other, since) < 0) ? other : since;
}

/* null if it is not muted, or no longer. */
static void add_muted(struct text *json, const struct str *values, int64_t now)
{
    uint64_t until;

    if (number_count(str_or_empty(values[MUTED_UNTIL]), INT64_MAX, &until) != NUMBER_READ ||
        (int64_t)until <= now) {
        text_add(json, STR("null"));
        return;
    }
    text_add(json, STR("{\"until\":"));
    text_json(json, instant_write((struct instant){ (int64_t)until, 0 }, json->arena));
    text_add(json, STR(",\"note\":"));
    text_json(json, str_or_empty(values[MUTE_NOTE]));
    text_add(json, STR(",\"who\":"));
    text_json(json, str_or_empty(values[MUTE_WHO]));
    text_byte(json, '}');
}

/* The arena is for what is read on the way. */
static void add_connector(struct text *json, const struct row *row, int64_t now, bool with_history,
                          size_t error_max, struct arena *arena)
{
    struct str values[CONNECTOR_STORED];
    struct json_object *scheduling = NULL;

    sort_values(row, values);
    if (values[SCHEDULING].ptr)
        (void)tree_parse(values[SCHEDULING], arena, &scheduling);
    text_add(json, STR("{\"id\":"));
    text_json(json, row->id);
    add_columns(json, connector_columns, COUNT_OF(connector_columns), values, error_max);
    text_add(json, STR(",\"state\":"));
    text_json(json, connector_state_words[state_of(row->score, now)]);
    text_add(json, STR(",\"running_since\":"));
    add_value(json, TEXT_OR_NULL, running_since(values), error_max);
    add_columns(json, state_columns, COUNT_OF(state_columns), values, error_max);
    text_add(json, STR(",\"muted\":"));
    add_muted(json, values, now);
    text_add(json, STR(",\"schedules\":"));
    add_schedules(json, scheduling);
    text_add(json, STR(",\"content\":"));
    add_kind(json, &content, values, error_max);
    text_byte(json, '}');
    text_add(json, STR(",\"access_control\":"));
    add_kind(json, &access, values, error_max);
    add_member(json, STR("schedule"));
    add_value(json, TEXT_OR_NULL, schedule_of(scheduling, "access_control"), error_max);
    text_byte(json, '}');
    if (with_history) {
        text_add(json, STR(",\"history\":"));
        add_entries(json, row->history, error_max, arena);
    }
    text_byte(json, '}');
}

/* ---- GET /_lastsync/overview ---- */

static bool read_state(struct str word, unsigned *states)
{
    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++) {
        if (!str_equal(word, connector_state_words[state]))
            continue;
        *states |= 1U << state;
        return true;
    }
    return false;
}

static bool read_order(struct str word, struct overview *overview)
{
    for (size_t i = 0; i < COUNT_OF(orders); i++) {
        if (!str_equal(word, orders[i].word))
            continue;
        overview->order = orders[i].order;
        overview->descending = orders[i].descending;
        return true;
    }
    return !word.len;
}

static enum progress check_most(struct call *call, struct str name, uint64_t value, uint64_t most)
{
    if (value <= most)
        return GO_ON;
    return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [%.*s] cannot be > %llu", STR_ARGS(name),
                (unsigned long long)most);
}

/* Reads the parameters into the handler's state. */
static enum progress check_overview(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct words states = words_read(given[VIEW_STATE].text, call->arena);
    struct overview *overview = arena_take_cleared(call->arena, sizeof *overview);
    uint64_t end;

    for (size_t i = 0; i < states.count; i++)
        if (!read_state(states.word[i], &overview->states))
            return fail(call, 400, ILLEGAL_ARGUMENT, "Unknown state [%.*s].",
                        STR_ARGS(states.word[i]));
    if (!read_order(given[VIEW_SORT].text, overview))
        return fail(call, 400, ILLEGAL_ARGUMENT, "Unknown order [%.*s].",
                    STR_ARGS(given[VIEW_SORT].text));
    end = given[VIEW_FROM].number + given[VIEW_SIZE].number;
    if (end > RESULT_WINDOW_MAX)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Result window is too large, from + size must be less than or equal to: [%d] "
                    "but was [%llu]",
                    RESULT_WINDOW_MAX, (unsigned long long)end);
    overview->from = given[VIEW_FROM].number;
    overview->size = given[VIEW_SIZE].number;
    overview->history = (unsigned)given[VIEW_HISTORY].number;
    call->details = overview;
    return check_most(call, STR("history"), given[VIEW_HISTORY].number, CONNECTOR_HISTORY_MAX);
}

/* The numbers of connectors in each state are known before the first rows arrive. */
static void begin_overview(struct call *call)
{
    const struct overview *overview = call->details;
    struct text *json = &call->json;

    if (json->len)
        return;
    text_add(json, STR("{\"now\":"));
    text_json(json, instant_write((struct instant){ overview->now, 0 }, call->arena));
    text_add(json, STR(",\"count\":"));
    text_number(json, (int64_t)call->ask.total);
    text_add(json, STR(",\"running\":"));
    text_number(json, (int64_t)overview->running);
    text_add(json, STR(",\"muted\":"));
    text_number(json, (int64_t)overview->muted);
    text_add(json, STR(",\"unsearched_errors\":"));
    text_number(json, (int64_t)overview->unsearched);
    text_add(json, STR(",\"states\":{"));
    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++) {
        add_member(json, connector_state_words[state]);
        text_number(json, (int64_t)overview->counts[state]);
    }
    text_add(json, STR("},\"results\":["));
}

static bool take_rows(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;
    const struct overview *overview = call->details;

    begin_overview(call);
    for (size_t i = 0; i < count; i++) {
        if (call->json.ptr[call->json.len - 1] != '[')
            text_byte(&call->json, ',');
        add_connector(&call->json, &rows[i], overview->now, overview->history > 0, ERROR_MAX,
                      ask_memory(ask));
        if (call->json.len > call->options->answer_limit)
            return false;
    }
    return true;
}

static enum progress shown_overview(struct call *call)
{
    begin_overview(call);
    text_add(&call->json, STR("]}"));
    return respond(call, 200, text_str(&call->json));
}

static enum progress show_overview(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct overview *overview = call->details;

    overview->now = instant_now().seconds;
    overview->selection =
        filter_by_words(given[VIEW_SERVICE_TYPE].text, given[VIEW_QUERY].text, call->arena);
    overview->text_max = ERROR_MAX;
    call->json = text_new(call->arena, (size_t)4 * ROW_BYTES);
    ask_store(call, shown_overview);
    call->ask.take_rows = take_rows;
    overview_list(&call->ask, overview, read_names(call), READ_MAX);
    return ASKED;
}

/* ---- GET /_lastsync/service_types ---- */

static enum progress shown_service_types(struct call *call)
{
    struct text json = text_new(call->arena, ROW_BYTES);

    text_add(&json, STR("{\"count\":"));
    text_number(&json, (int64_t)call->ask.total);
    text_add(&json, STR(",\"results\":["));
    for (size_t i = 0; i < call->ask.row_count; i++) {
        text_add(&json, i ? STR(",{\"service_type\":") : STR("{\"service_type\":"));
        text_json(&json, call->ask.rows[i].id);
        text_add(&json, STR(",\"connectors\":"));
        text_number(&json, call->ask.rows[i].score);
        text_byte(&json, '}');
    }
    text_add(&json, STR("]}"));
    return respond(call, 200, text_str(&json));
}

static enum progress show_service_types(struct call *call)
{
    ask_store(call, shown_service_types);
    connector_service_types(&call->ask);
    return ASKED;
}

/* ---- GET /_lastsync/connector/{connector_id} ---- */

static enum progress check_connector(struct call *call)
{
    enum progress progress = check_id(call);

    return progress == GO_ON
               ? check_most(call, STR("history"), call->parameters[0].number, CONNECTOR_HISTORY_MAX)
               : progress;
}

static enum progress shown_connector(struct call *call)
{
    bool with_history = call->parameters[0].number > 0;
    struct text json;

    if (call->ask.outcome == MISSING)
        return fail_missing(call);
    json = text_new(call->arena, ROW_BYTES);
    add_connector(&json, call->ask.rows, instant_now().seconds, with_history, SIZE_MAX,
                  call->arena);
    return respond(call, 200, text_str(&json));
}

static enum progress show_connector(struct call *call)
{
    ask_store(call, shown_connector);
    overview_read(&call->ask, call->id, (unsigned)call->parameters[0].number, read_names(call),
                  READ_MAX);
    return ASKED;
}

/* ---- GET /_lastsync/connector/{connector_id}/history ---- */

/* The id of the entry before this one, which has to be "<milliseconds>-<number>"; absent for any
 * other text. */
static struct str entry_before(struct str id, struct arena *arena)
{
    struct str sequence = id, millis = str_take(&sequence, '-');
    uint64_t time, number;

    if (!sequence.ptr || number_count(millis, INT64_MAX, &time) != NUMBER_READ ||
        number_count(sequence, INT64_MAX, &number) != NUMBER_READ)
        return (struct str){ NULL, 0 };
    if (number)
        return arena_format(arena, "%llu-%llu", (unsigned long long)time,
                            (unsigned long long)(number - 1));
    return arena_format(arena, "%llu", (unsigned long long)(time ? time - 1 : 0));
}

static enum progress check_history(struct call *call)
{
    struct str before = call->parameters[HISTORY_BEFORE].text;
    enum progress progress = check_id(call);

    if (progress != GO_ON)
        return progress;
    if (before.len && !entry_before(before, call->arena).ptr)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Parameter [before] must be the id of an entry, not [%.*s]", STR_ARGS(before));
    return check_most(call, STR("size"), call->parameters[HISTORY_SIZE].number, HISTORY_SIZE_MAX);
}

static enum progress shown_history(struct call *call)
{
    const struct reply *history;
    struct text json;

    if (call->ask.outcome == MISSING)
        return fail_missing(call);
    history = call->ask.rows[0].history;
    json = text_new(call->arena, ROW_BYTES * (history->count + 1));
    text_add(&json, STR("{\"results\":"));
    add_entries(&json, history, SIZE_MAX, call->arena);
    text_add(&json, STR(",\"next\":"));
    if (history->count && history->count == call->parameters[HISTORY_SIZE].number)
        text_json(&json, reply_item(&history->items[history->count - 1], 0));
    else
        text_add(&json, STR("null"));
    text_byte(&json, '}');
    return respond(call, 200, text_str(&json));
}

static enum progress show_history(struct call *call)
{
    struct str before = call->parameters[HISTORY_BEFORE].text;

    ask_store(call, shown_history);
    overview_history(&call->ask, call->id,
                     before.len ? entry_before(before, call->arena) : STR("+"),
                     (unsigned)call->parameters[HISTORY_SIZE].number);
    return ASKED;
}
