/* overview.c: our own endpoints for those who look at connectors: all of them by how they stand,
 * one of them, and its history. */
#include "store/connector/overview.h"

#include "api/common/fields.h"
#include "api/common/filter.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"

enum {
    RESULT_WINDOW_MAX = 10000, /* from + size of an overview */
    SIZE_DEFAULT = 100,
    CONNECTOR_HISTORY_MAX = 50, /* reports that an overview gives of each connector */
    HISTORY_SIZE_DEFAULT = 20,
    HISTORY_SIZE_MAX = 100,
    ERROR_MAX = 1024, /* bytes of an error in an overview; one connector's is given whole */
    ROW_BYTES = 1024
};

/* clang-format off */

/* What a result has: the member, its field, and how that is written. */
enum form_of { TEXT_OR_NULL, NUMBER_OR_NULL, NUMBER_OR_ZERO, ERROR_OR_NULL };

struct column {
    struct str member;
    struct str field;
    enum form_of form;
};

/* The columns of all results: the connector's own, then those of its two kinds of sync. */
static const struct column columns[] = {
    { STR_ROW("name"),                   STR_ROW("name"),                         TEXT_OR_NULL },
    { STR_ROW("service_type"),           STR_ROW("service_type"),                 TEXT_OR_NULL },
    { STR_ROW("index_name"),             STR_ROW("index_name"),                   TEXT_OR_NULL },
    { STR_ROW("status"),                 STR_ROW("status"),                       TEXT_OR_NULL },
    { STR_ROW("error"),                  STR_ROW("error"),                        ERROR_OR_NULL },
    { STR_ROW("last_seen"),              STR_ROW("last_seen"),                    TEXT_OR_NULL },
    { STR_ROW("reported_at"),            STR_ROW("_reported_at"),                 TEXT_OR_NULL },
#define CONTENT_COLUMN 7
    { STR_ROW("status"),                 STR_ROW("last_sync_status"),             TEXT_OR_NULL },
    { STR_ROW("error"),                  STR_ROW("last_sync_error"),              ERROR_OR_NULL },
    { STR_ROW("last_synced"),            STR_ROW("last_synced"),                  TEXT_OR_NULL },
    { STR_ROW("scheduled_at"),           STR_ROW("last_sync_scheduled_at"),       TEXT_OR_NULL },
    { STR_ROW("last_success"),           STR_ROW("_last_success"),                TEXT_OR_NULL },
    { STR_ROW("consecutive_failures"),   STR_ROW("_consecutive_failures"),        NUMBER_OR_ZERO },
    { STR_ROW("started_at"),             STR_ROW("_sync_started_at"),             TEXT_OR_NULL },
    { STR_ROW("duration_ms"),            STR_ROW("_last_duration_ms"),            NUMBER_OR_NULL },
    { STR_ROW("indexed_document_count"), STR_ROW("last_indexed_document_count"),  NUMBER_OR_NULL },
    { STR_ROW("deleted_document_count"), STR_ROW("last_deleted_document_count"),  NUMBER_OR_NULL },
#define ACCESS_COLUMN 17
    { STR_ROW("status"),                 STR_ROW("last_access_control_sync_status"),       TEXT_OR_NULL },
    { STR_ROW("error"),                  STR_ROW("last_access_control_sync_error"),        ERROR_OR_NULL },
    { STR_ROW("scheduled_at"),           STR_ROW("last_access_control_sync_scheduled_at"), TEXT_OR_NULL },
    { STR_ROW("last_success"),           STR_ROW("_access_control_last_success"),          TEXT_OR_NULL },
    { STR_ROW("consecutive_failures"),   STR_ROW("_access_control_consecutive_failures"),  NUMBER_OR_ZERO },
    { STR_ROW("started_at"),             STR_ROW("_access_control_sync_started_at"),       TEXT_OR_NULL },
    { STR_ROW("duration_ms"),            STR_ROW("_access_control_last_duration_ms"),      NUMBER_OR_NULL },
};

/* What an entry of the history has besides its id and the time in that, from the fields of the
 * stream (see report.lua). */
static const struct column entry_columns[] = {
    { STR_ROW("kind"),                   STR_ROW("kind"),                  TEXT_OR_NULL },
    { STR_ROW("status"),                 STR_ROW("status"),                TEXT_OR_NULL },
    { STR_ROW("error"),                  STR_ROW("error"),                 ERROR_OR_NULL },
    { STR_ROW("last_synced"),            STR_ROW("last_synced"),           TEXT_OR_NULL },
    { STR_ROW("indexed_document_count"), STR_ROW("indexed"),               NUMBER_OR_NULL },
    { STR_ROW("deleted_document_count"), STR_ROW("deleted"),               NUMBER_OR_NULL },
    { STR_ROW("duration_ms"),            STR_ROW("duration_ms"),           NUMBER_OR_NULL },
    { STR_ROW("access_control_status"),  STR_ROW("access_control_status"), TEXT_OR_NULL },
    { STR_ROW("access_control_error"),   STR_ROW("access_control_error"),  ERROR_OR_NULL },
};

enum {
    VIEW_FROM, VIEW_SIZE, VIEW_STATE, VIEW_SERVICE_TYPE, VIEW_QUERY, VIEW_SORT, VIEW_HISTORY
};

static const struct parameter_row overview_parameters[] = {
    [VIEW_FROM]         = { STR_ROW("from"),         COUNT },
    [VIEW_SIZE]         = { STR_ROW("size"),         COUNT, SIZE_DEFAULT },
    [VIEW_STATE]        = { STR_ROW("state"),        TEXT },
    [VIEW_SERVICE_TYPE] = { STR_ROW("service_type"), TEXT },
    [VIEW_QUERY]        = { STR_ROW("query"),        PATTERN },
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
    { STR_ROW("state"),         BY_STANDING },
    { STR_ROW("name"),          BY_NAME },
    { STR_ROW("-name"),         BY_NAME, true },
    { STR_ROW("last_success"),  BY_SUCCESS },
    { STR_ROW("-last_success"), BY_SUCCESS, true },
};

static step show_overview, show_connector, show_history;
static step check_overview, check_connector, check_history;

static const struct route routes[] = {
    { GET, STR_ROW("/_lastsync/overview"),                           show_overview,  .validate = check_overview,  .parameters = overview_parameters,  .parameter_count = COUNT_OF(overview_parameters), .open_to = TO_MONITOR },
    { GET, STR_ROW("/_lastsync/connector/{connector_id}"),           show_connector, .validate = check_connector, .parameters = connector_parameters, .parameter_count = COUNT_OF(connector_parameters), .open_to = TO_MONITOR },
    { GET, STR_ROW("/_lastsync/connector/{connector_id}/history"),   show_history,   .validate = check_history,   .parameters = history_parameters,   .parameter_count = COUNT_OF(history_parameters), .open_to = TO_MONITOR },
};

/* clang-format on */

const struct route_table overview_routes = { routes, COUNT_OF(routes) };

/* ---- writing ---- */

/* An error as the stream has it, without the word before it. */
static struct str error_of(struct str value)
{
    const struct str word = STR("error: ");

    return str_starts(value, word) ? str_from_offset(value, word.len) : value;
}

/* A text of at most `most` bytes, cut between characters. */
static struct str cut(struct str text, size_t most)
{
    if (text.len <= most)
        return text;
    while (most && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    text.len = most;
    return text;
}

static void add_value(struct text *json, enum form_of form, struct str value, size_t error_max)
{
    if (!value.ptr)
        text_add(json, form == NUMBER_OR_ZERO ? STR("0") : STR("null"));
    else if (form == NUMBER_OR_NULL || form == NUMBER_OR_ZERO)
        text_add(json, value);
    else
        text_json(json, form == ERROR_OR_NULL ? cut(value, error_max) : value);
}

static void add_member(struct text *json, struct str name)
{
    if (json->ptr[json->len - 1] != '{')
        text_byte(json, ',');
    text_byte(json, '"');
    text_add(json, name);
    text_add(json, STR("\":"));
}

static void add_columns(struct text *json, const struct str *values, size_t from, size_t to,
                        size_t error_max)
{
    for (size_t i = from; i < to; i++) {
        add_member(json, columns[i].member);
        add_value(json, columns[i].form, values[STANDING_FIELDS + i], error_max);
    }
}

/* ---- history ---- */

/* The value of a field of an entry: absent where it is not there, or says "not reported". */
static struct str entry_value(const struct reply *fields, const struct column *column)
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

static void add_connector(struct call *call, struct text *json, const struct row *row, int64_t now,
                          bool with_history, size_t error_max)
{
    struct stand stand = standing_of(row->values, now, call->ask.settings, call->arena);

    text_add(json, STR("{\"id\":"));
    text_json(json, row->id);
    add_columns(json, row->values, 0, CONTENT_COLUMN, error_max);
    text_add(json, STR(",\"state\":"));
    text_json(json, standing_words[stand.standing]);
    text_add(json, STR(",\"due_at\":"));
    if (stand.has_due)
        text_json(json, instant_write((struct instant){ stand.due_at, 0 }, call->arena));
    else
        text_add(json, STR("null"));
    text_add(json, STR(",\"content\":{"));
    add_columns(json, row->values, CONTENT_COLUMN, ACCESS_COLUMN, error_max);
    text_add(json, STR("},\"access_control\":{"));
    add_columns(json, row->values, ACCESS_COLUMN, COUNT_OF(columns), error_max);
    text_byte(json, '}');
    if (with_history) {
        text_add(json, STR(",\"history\":"));
        add_entries(json, row->history, error_max, call->arena);
    }
    text_byte(json, '}');
}

static const struct str *column_fields(struct call *call)
{
    struct str *names = arena_take(call->arena, COUNT_OF(columns) * sizeof *names);

    for (size_t i = 0; i < COUNT_OF(columns); i++)
        names[i] = columns[i].field;
    return names;
}

/* ---- GET /_lastsync/overview ---- */

static bool read_state(struct str word, unsigned *states)
{
    for (enum standing state = FAILING; state < STANDINGS; state++) {
        if (!str_equal(word, standing_words[state]))
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

/* Reads the parameters into what the handler goes on with. */
static enum progress check_overview(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct words states = words_read(given[VIEW_STATE].text, call->arena);
    struct overview *overview = arena_take_cleared(call->arena, sizeof *overview);
    uint64_t end;

    for (size_t i = 0; i < states.count; i++)
        if (!read_state(states.word[i], &overview->standings))
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

static enum progress shown_overview(struct call *call)
{
    const struct overview *overview = call->details;
    size_t room = ROW_BYTES * (call->ask.row_count + 1);
    struct text json = text_new(call->arena, room);

    text_add(&json, STR("{\"now\":"));
    text_json(&json, instant_write((struct instant){ overview->now, 0 }, call->arena));
    text_add(&json, STR(",\"count\":"));
    text_number(&json, (int64_t)call->ask.total);
    text_add(&json, STR(",\"states\":{"));
    for (enum standing state = FAILING; state < STANDINGS; state++) {
        add_member(&json, standing_words[state]);
        text_number(&json, (int64_t)overview->counts[state]);
    }
    text_add(&json, STR("},\"results\":["));
    for (size_t i = 0; i < call->ask.row_count; i++) {
        if (i)
            text_byte(&json, ',');
        add_connector(call, &json, &call->ask.rows[i], overview->now, overview->history > 0,
                      ERROR_MAX);
    }
    text_add(&json, STR("]}"));
    return respond(call, 200, text_str(&json));
}

static enum progress show_overview(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct overview *overview = call->details;

    overview->now = instant_now().seconds;
    overview->selection = filter_new((struct str){ NULL, 0 }, given[VIEW_SERVICE_TYPE].text,
                                     given[VIEW_QUERY].text, call->arena);
    ask_store(call, shown_overview);
    overview_list(&call->ask, overview, column_fields(call), COUNT_OF(columns));
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
    add_connector(call, &json, call->ask.rows, instant_now().seconds, with_history, SIZE_MAX);
    return respond(call, 200, text_str(&json));
}

static enum progress show_connector(struct call *call)
{
    ask_store(call, shown_connector);
    overview_read(&call->ask, call->id, (unsigned)call->parameters[0].number, column_fields(call),
                  COUNT_OF(columns));
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
