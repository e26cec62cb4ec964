/* analytics.c: our own endpoints for the past: the counts of syncs by day and by hour, of all
 * connectors, of groups of them, and of one. */
#include "api/common/fields.h"
#include "api/common/filter.h"
#include "api/common/routes.h"
#include "api/common/update.h"
#include "base/instant.h"
#include "base/text.h"
#include "store/connector/counts.h"
#include "store/connector/overview.h"

enum {
    DAY_SECONDS = 86400,
    HOUR_SECONDS = 3600,
    DAYS_DEFAULT = 30,
    HOURS_DEFAULT = 24,
    TIMES_MAX = 400,        /* days or hours of an answer */
    CONNECTORS_MAX = 10000, /* connectors that are read to group them */
    GROUPS_MAX = 1000,      /* more than the largest `size` */
    SIZE_DEFAULT = 10,
    SIZE_MAX_OF_GROUPS = 100,
    TEXT_MAX = 256, /* bytes of a text in an answer */
    RESULT_BYTES = 512
};

/* clang-format off */

enum { BY_DAY, BY_HOUR };
static const struct str interval_words[] = { [BY_DAY] = STR_ROW("day"), [BY_HOUR] = STR_ROW("hour") };
static const struct choices intervals = { STR_ROW("interval"), interval_words, COUNT_OF(interval_words) };

enum grouping { UNGROUPED, GROUPED_BY_STATE, GROUPED_BY_TYPE, GROUPED_BY_CONNECTOR };
static const struct str grouping_words[] = {
    [UNGROUPED] = STR_ROW("none"),
    [GROUPED_BY_STATE] = STR_ROW("state"),
    [GROUPED_BY_TYPE] = STR_ROW("service_type"),
    [GROUPED_BY_CONNECTOR] = STR_ROW("connector"),
};
static const struct choices groupings = { STR_ROW("group_by"), grouping_words, COUNT_OF(grouping_words) };

enum top { TOP_FAILURES, TOP_DOCUMENTS, TOP_SLOWEST };
static const struct str top_words[] = {
    [TOP_FAILURES] = STR_ROW("failures"), [TOP_DOCUMENTS] = STR_ROW("documents"), [TOP_SLOWEST] = STR_ROW("slowest"),
};
static const struct choices tops = { STR_ROW("top"), top_words, COUNT_OF(top_words) };

enum { GIVEN_FROM, GIVEN_TO, GIVEN_INTERVAL, GIVEN_GROUP_BY, GIVEN_TOP, GIVEN_SIZE, GIVEN_SERVICE_TYPE, GIVEN_QUERY };

static const struct parameter_row analytics_parameters[] = {
    [GIVEN_FROM]         = { STR_ROW("from"),         TEXT },
    [GIVEN_TO]           = { STR_ROW("to"),           TEXT },
    [GIVEN_INTERVAL]     = { STR_ROW("interval"),     WORD, .choices = &intervals },
    [GIVEN_GROUP_BY]     = { STR_ROW("group_by"),     WORD, .choices = &groupings },
    [GIVEN_TOP]          = { STR_ROW("top"),          WORD, .choices = &tops },
    [GIVEN_SIZE]         = { STR_ROW("size"),         COUNT, SIZE_DEFAULT },
    [GIVEN_SERVICE_TYPE] = { STR_ROW("service_type"), TEXT },
    [GIVEN_QUERY]        = { STR_ROW("query"),        PATTERN },
};

static const struct parameter_row days_parameters[] = {
    [GIVEN_FROM] = { STR_ROW("from"), TEXT },
    [GIVEN_TO]   = { STR_ROW("to"),   TEXT },
};

/* The columns of tables: first what the counts are about, then the counts. */
#define COUNTS_CELLS \
    STR_ROW("completed"), STR_ROW("failed"), STR_ROW("canceled"), STR_ROW("duration_ms"), STR_ROW("longest_ms"), \
    STR_ROW("success_rate"), STR_ROW("indexed_document_count"), STR_ROW("deleted_document_count"), \
    STR_ROW("content.completed"), STR_ROW("content.failed"), STR_ROW("content.canceled"), \
    STR_ROW("content.duration_ms"), STR_ROW("content.longest_ms"), \
    STR_ROW("access_control.completed"), STR_ROW("access_control.failed"), STR_ROW("access_control.canceled"), \
    STR_ROW("access_control.duration_ms"), STR_ROW("access_control.longest_ms")

static const struct str time_cells[] = { STR_ROW("time"), COUNTS_CELLS };
static const struct str state_cells[] = { STR_ROW("state"), STR_ROW("connectors"), COUNTS_CELLS };
static const struct str type_cells[] = { STR_ROW("service_type"), STR_ROW("connectors"), COUNTS_CELLS };
static const struct str connector_cells[] = {
    STR_ROW("connector_id"), STR_ROW("name"), STR_ROW("service_type"), STR_ROW("state"), COUNTS_CELLS
};

static const struct csv_table csv_tables[] = {
    [UNGROUPED]            = { STR_ROW("results"), time_cells,      COUNT_OF(time_cells) },
    [GROUPED_BY_STATE]     = { STR_ROW("results"), state_cells,     COUNT_OF(state_cells) },
    [GROUPED_BY_TYPE]      = { STR_ROW("results"), type_cells,      COUNT_OF(type_cells) },
    [GROUPED_BY_CONNECTOR] = { STR_ROW("results"), connector_cells, COUNT_OF(connector_cells) },
};

static step show_analytics, show_days, check_analytics, check_days;

static const struct route routes[] = {
    { GET, STR_ROW("/_lastsync/analytics"),                     show_analytics, .validate = check_analytics, .parameters = analytics_parameters, .parameter_count = COUNT_OF(analytics_parameters), .csv = csv_tables, .open_to = TO_VIEW, .about = ABOUT_NONE },
    { GET, STR_ROW("/_lastsync/connector/{connector_id}/days"), show_days,      .validate = check_days,      .parameters = days_parameters,      .parameter_count = COUNT_OF(days_parameters),      .csv = csv_tables, .open_to = TO_VIEW },
};

/* clang-format on */

const struct route_table analytics_routes = { routes, COUNT_OF(routes) };

/* ---- what is asked for ---- */

struct group {
    struct str key, name, service_type; /* the last two of a connector */
    enum connector_state state;         /* of a connector */
    int64_t connectors;
    struct counts counts;
};

struct analytics {
    struct counts_span span;
    unsigned interval;
    unsigned grouping; /* enum grouping */
    unsigned top;      /* enum top */
    size_t size;
    struct overview overview;
    struct group *groups; /* if grouped by connector: at most `size` of them, in order */
    size_t group_count;
    bool has_more; /* than GROUPS_MAX */
};

static unsigned choice_of(const struct parameter_value *value)
{
    unsigned choice = 0;

    while (value->number >> choice > 1)
        choice++;
    return choice;
}

static const int64_t last_second = 253402300799; /* of the year 9999 */

/* A datetime, or a date, of the years 1970 to 9999; false for anything else. */
static bool read_time(struct str text, struct arena *arena, int64_t *seconds)
{
    struct instant instant;

    if (text.len == COUNTS_DAY)
        text = arena_format(arena, "%.*sT00:00:00Z", STR_ARGS(text));
    if (instant_read(text, &instant) != INSTANT_READ || instant.seconds < 0 ||
        instant.seconds > last_second)
        return false;
    *seconds = instant.seconds;
    return true;
}

static int64_t floor_to(int64_t seconds, int64_t seconds_each)
{
    return seconds - seconds % seconds_each;
}

/* Lists the days or hours from the first one to the last, both included. */
static enum progress read_span(struct call *call, int64_t seconds_each, int64_t count,
                               struct counts_span *span)
{
    const struct parameter_value *given = call->parameters;
    int64_t to = instant_now().seconds, from;
    struct str *times;

    if (given[GIVEN_TO].text.len && !read_time(given[GIVEN_TO].text, call->arena, &to))
        return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [to] must be a date, not [%.*s]",
                    STR_ARGS(given[GIVEN_TO].text));
    to = floor_to(to, seconds_each);
    from = to - (count - 1) * seconds_each;
    if (given[GIVEN_FROM].text.len && !read_time(given[GIVEN_FROM].text, call->arena, &from))
        return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [from] must be a date, not [%.*s]",
                    STR_ARGS(given[GIVEN_FROM].text));
    from = floor_to(from < 0 ? 0 : from, seconds_each);
    if (from > to)
        return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [from] must not be later than [to]");
    count = (to - from) / seconds_each + 1;
    if (count > TIMES_MAX)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "From [from] to [to] there must be at most [%d] %ss, not [%lld]", TIMES_MAX,
                    seconds_each == DAY_SECONDS ? "day" : "hour", (long long)count);
    times = arena_take(call->arena, (size_t)count * sizeof *times);
    *span =
        (struct counts_span){ .time_size = seconds_each == DAY_SECONDS ? COUNTS_DAY : COUNTS_HOUR,
                              .times = times,
                              .count = (size_t)count };
    span->counts = arena_take_cleared(call->arena, span->count * sizeof *span->counts);
    for (size_t i = 0; i < span->count; i++) {
        times[i] =
            instant_write((struct instant){ from + (int64_t)i * seconds_each, 0 }, call->arena);
        times[i].len = span->time_size;
    }
    return GO_ON;
}

static enum progress check_analytics(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct analytics *analytics = arena_take_cleared(call->arena, sizeof *analytics);
    bool by_hour;

    analytics->interval = choice_of(&given[GIVEN_INTERVAL]);
    analytics->grouping = choice_of(&given[GIVEN_GROUP_BY]);
    analytics->top = choice_of(&given[GIVEN_TOP]);
    analytics->size = (size_t)given[GIVEN_SIZE].number;
    by_hour = analytics->interval == BY_HOUR;
    call->details = analytics;
    if (call->csv)
        call->csv = &csv_tables[analytics->grouping];
    if (by_hour && analytics->grouping != UNGROUPED)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Hours are counted of all connectors together: [interval] must be [day] where "
                    "there is a [group_by]");
    if (analytics->grouping == UNGROUPED &&
        (given[GIVEN_TOP].number || given[GIVEN_SERVICE_TYPE].text.len ||
         given[GIVEN_QUERY].text.len))
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "Parameters [top], [service_type] and [query] need a [group_by]");
    if (given[GIVEN_SIZE].number > SIZE_MAX_OF_GROUPS)
        return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [size] cannot be > %d",
                    SIZE_MAX_OF_GROUPS);
    return read_span(call, by_hour ? HOUR_SECONDS : DAY_SECONDS,
                     by_hour ? HOURS_DEFAULT : DAYS_DEFAULT, &analytics->span);
}

/* ---- writing ---- */

static void add_number(struct text *json, const char *name, int64_t number)
{
    text_format(json, ",\"%s\":%lld", name, (long long)number);
}

static void add_kind(struct text *json, const struct counts_kind *kind)
{
    text_format(json, "\"completed\":%lld,\"failed\":%lld,\"canceled\":%lld",
                (long long)kind->completed, (long long)kind->failed, (long long)kind->canceled);
    add_number(json, "duration_ms", kind->millis);
    add_number(json, "longest_ms", kind->longest);
}

/* The share of completed syncs among those that completed or failed, with at most four digits after
 * the point. */
static void add_rate(struct text *json, const struct counts_kind *kind)
{
    uint64_t completed = (uint64_t)kind->completed, all = completed + (uint64_t)kind->failed, rate;

    text_add(json, STR(",\"success_rate\":"));
    if (!all) {
        text_add(json, STR("null"));
        return;
    }
    rate = all < UINT64_MAX / 10000 ? completed * 10000 / all : completed / (all / 10000);
    if (rate == 10000)
        text_byte(json, '1');
    else
        text_format(json, "0.%d%d%d%d", (int)(rate / 1000), (int)(rate / 100 % 10),
                    (int)(rate / 10 % 10), (int)(rate % 10));
}

/* Members of an object, without its braces. */
static void add_counts(struct text *json, const struct counts *counts)
{
    struct counts_kind both = counts_both(counts);

    add_kind(json, &both);
    add_rate(json, &both);
    add_number(json, "indexed_document_count", counts->indexed);
    add_number(json, "deleted_document_count", counts->deleted);
    text_add(json, STR(",\"content\":{"));
    add_kind(json, &counts->content);
    text_add(json, STR("},\"access_control\":{"));
    add_kind(json, &counts->access_control);
    text_byte(json, '}');
}

static void add_time(struct text *json, struct str time)
{
    text_byte(json, '"');
    text_add(json, time);
    text_add(json, time.len == COUNTS_DAY ? STR("T00:00:00.000Z\"") : STR(":00:00.000Z\""));
}

static void add_head(struct text *json, const struct counts_span *span)
{
    text_add(json, STR("{\"from\":"));
    add_time(json, span->times[0]);
    text_add(json, STR(",\"to\":"));
    add_time(json, span->times[span->count - 1]);
}

static void add_times(struct text *json, const struct counts_span *span)
{
    struct counts total = { .indexed = 0 };

    for (size_t i = 0; i < span->count; i++)
        counts_add(&total, &span->counts[i]);
    text_add(json, STR(",\"total\":{"));
    add_counts(json, &total);
    text_add(json, STR("},\"results\":["));
    for (size_t i = 0; i < span->count; i++) {
        text_add(json, i ? STR(",{\"time\":") : STR("{\"time\":"));
        add_time(json, span->times[i]);
        text_byte(json, ',');
        add_counts(json, &span->counts[i]);
        text_byte(json, '}');
    }
    text_byte(json, ']');
}

/* ---- GET /_lastsync/analytics of all connectors ---- */

static enum progress shown_times(struct call *call)
{
    const struct analytics *analytics = call->details;
    struct text json = text_new(call->arena, RESULT_BYTES * (analytics->span.count + 2));

    add_head(&json, &analytics->span);
    text_format(&json, ",\"interval\":\"%.*s\",\"group_by\":\"none\"",
                STR_ARGS(interval_words[analytics->interval]));
    add_times(&json, &analytics->span);
    text_byte(&json, '}');
    return respond(call, 200, text_str(&json));
}

/* ---- of one connector, or of each ---- */

static bool is_within(const struct counts_span *span, struct str date)
{
    return str_compare(date, span->times[0]) >= 0 &&
           str_compare(date, span->times[span->count - 1]) <= 0;
}

/* Calls for each day of a connector in the span, with its counts. */
typedef void take_day(void *taker, struct str date, const struct counts *counts);

static void each_day(const struct counts_span *span, const struct row *row, struct str today,
                     take_day *take, void *taker)
{
    struct str date, line;
    struct counts counts;

    counts_split(str_or_empty(today), &date, &line);
    if (is_within(span, date) && counts_read(str_or_empty(line), &counts))
        take(taker, date, &counts);
    for (size_t i = 0; i + 1 < row->days->count; i += 2) {
        date = str_or_empty(reply_item(row->days, i));
        if (is_within(span, date) &&
            counts_read(str_or_empty(reply_item(row->days, i + 1)), &counts))
            take(taker, date, &counts);
    }
}

static void add_to_total(void *taker, struct str date, const struct counts *counts)
{
    (void)date;
    counts_add(taker, counts);
}

/* ---- groups ---- */

/* The fields that are read of each connector. */
enum { READ_NAME, READ_SERVICE_TYPE, READ_TODAY, READ_COUNT };

static const struct str *read_names(struct arena *arena)
{
    struct str *names = arena_take(arena, READ_COUNT * sizeof *names);

    names[READ_NAME] = connector_names[NAME];
    names[READ_SERVICE_TYPE] = connector_names[SERVICE_TYPE];
    names[READ_TODAY] = connector_names[TODAY];
    return names;
}

static int64_t measure(unsigned top, const struct group *group)
{
    struct counts_kind both = counts_both(&group->counts);

    if (top == TOP_DOCUMENTS)
        return group->counts.indexed + group->counts.deleted;
    return top == TOP_SLOWEST ? both.longest : both.failed;
}

/* Whether a comes before b: the greater one first; of equal ones, by key. */
static bool comes_before(unsigned top, const struct group *a, const struct group *b)
{
    int64_t left = measure(top, a), right = measure(top, b);

    return left != right ? left > right : str_compare(a->key, b->key) < 0;
}

/* Inserts a connector among the first `size` found so far, if it is one of them. */
static void keep_connector(struct call *call, struct analytics *analytics, struct group group)
{
    size_t at = analytics->group_count;

    while (at && comes_before(analytics->top, &group, &analytics->groups[at - 1]))
        at--;
    if (at == analytics->size)
        return;
    group.key = arena_copy(call->arena, group.key);
    group.name = group.name.ptr ? arena_copy(call->arena, group.name) : group.name;
    group.service_type =
        group.service_type.ptr ? arena_copy(call->arena, group.service_type) : group.service_type;
    if (analytics->group_count < analytics->size)
        analytics->group_count++;
    memmove(&analytics->groups[at + 1], &analytics->groups[at],
            (analytics->group_count - at - 1) * sizeof group);
    analytics->groups[at] = group;
}

/* Adds the counts to the group with that key, and makes the group if there is room for it. */
static void add_to_group(struct call *call, struct analytics *analytics, struct str key,
                         const struct counts *counts)
{
    size_t at = 0;

    while (at < analytics->group_count && !str_equal(analytics->groups[at].key, key))
        at++;
    if (at == GROUPS_MAX) {
        analytics->has_more = true;
        return;
    }
    if (at == analytics->group_count)
        analytics->groups[analytics->group_count++] =
            (struct group){ .key = arena_copy(call->arena, key) };
    analytics->groups[at].connectors++;
    counts_add(&analytics->groups[at].counts, counts);
}

static bool take_rows(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;
    struct analytics *analytics = call->details;

    for (size_t i = 0; i < count; i++) {
        struct group group = { .key = rows[i].id,
                               .name = rows[i].values[READ_NAME],
                               .service_type = rows[i].values[READ_SERVICE_TYPE],
                               .state = state_of(rows[i].score, analytics->overview.now),
                               .connectors = 1 };

        each_day(&analytics->span, &rows[i], rows[i].values[READ_TODAY], add_to_total,
                 &group.counts);
        if (analytics->grouping == GROUPED_BY_CONNECTOR)
            keep_connector(call, analytics, group);
        else if (analytics->grouping == GROUPED_BY_TYPE)
            add_to_group(call, analytics, str_or_empty(group.service_type), &group.counts);
        else
            add_to_group(call, analytics, connector_state_words[group.state], &group.counts);
    }
    return true;
}

static void add_text(struct text *json, const char *name, struct str value)
{
    text_format(json, "\"%s\":", name);
    if (value.ptr)
        text_json(json, value);
    else
        text_add(json, STR("null"));
    text_byte(json, ',');
}

static void add_group(struct text *json, unsigned grouping, const struct group *group)
{
    text_byte(json, '{');
    if (grouping == GROUPED_BY_CONNECTOR) {
        add_text(json, "connector_id", group->key);
        add_text(json, "name", group->name);
        add_text(json, "service_type", group->service_type);
        add_text(json, "state", connector_state_words[group->state]);
    } else {
        add_text(json, grouping == GROUPED_BY_TYPE ? "service_type" : "state",
                 group->key.len ? group->key : (struct str){ NULL, 0 });
        text_format(json, "\"connectors\":%lld,", (long long)group->connectors);
    }
    add_counts(json, &group->counts);
    text_byte(json, '}');
}

/* Sorts the groups. */
static void sort_groups(struct analytics *analytics)
{
    for (size_t i = 1; i < analytics->group_count; i++) {
        struct group group = analytics->groups[i];
        size_t at = i;

        for (; at && comes_before(analytics->top, &group, &analytics->groups[at - 1]); at--)
            analytics->groups[at] = analytics->groups[at - 1];
        analytics->groups[at] = group;
    }
}

static enum progress shown_groups(struct call *call)
{
    struct analytics *analytics = call->details;
    struct text json = text_new(call->arena, RESULT_BYTES * (analytics->size + 2));

    if (call->ask.total > CONNECTORS_MAX)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "At most [%d] connectors can be grouped, not [%llu]: choose some of them by "
                    "[service_type] or [query]",
                    CONNECTORS_MAX, (unsigned long long)call->ask.total);
    if (analytics->has_more)
        return fail(call, 400, ILLEGAL_ARGUMENT,
                    "There are more than [%d] groups: choose some of the connectors by "
                    "[service_type] or [query]",
                    GROUPS_MAX);
    sort_groups(analytics);
    add_head(&json, &analytics->span);
    text_format(&json, ",\"interval\":\"day\",\"group_by\":\"%.*s\",\"count\":%llu,\"results\":[",
                STR_ARGS(grouping_words[analytics->grouping]), (unsigned long long)call->ask.total);
    for (size_t i = 0; i < analytics->group_count && i < analytics->size; i++) {
        if (i)
            text_byte(&json, ',');
        add_group(&json, analytics->grouping, &analytics->groups[i]);
    }
    text_add(&json, STR("]}"));
    return respond(call, 200, text_str(&json));
}

static enum progress show_analytics(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct analytics *analytics = call->details;
    struct overview *overview = &analytics->overview;

    ask_store(call, analytics->grouping == UNGROUPED ? shown_times : shown_groups);
    if (analytics->grouping == UNGROUPED) {
        counts_sum(&call->ask, &analytics->span);
        return ASKED;
    }
    *overview = (struct overview){ .size = CONNECTORS_MAX,
                                   .most = CONNECTORS_MAX,
                                   .days = true,
                                   .text_max = TEXT_MAX,
                                   .now = instant_now().seconds };
    overview->selection = filter_new((struct str){ NULL, 0 }, given[GIVEN_SERVICE_TYPE].text,
                                     given[GIVEN_QUERY].text, call->arena);
    analytics->groups = arena_take(call->arena, GROUPS_MAX * sizeof *analytics->groups);
    call->ask.take_rows = take_rows;
    overview_list(&call->ask, overview, read_names(call->arena), READ_COUNT);
    return ASKED;
}

/* ---- GET /_lastsync/connector/{connector_id}/days ---- */

static enum progress check_days(struct call *call)
{
    struct analytics *analytics = arena_take_cleared(call->arena, sizeof *analytics);
    enum progress progress = check_id(call);

    call->details = analytics;
    return progress == GO_ON ? read_span(call, DAY_SECONDS, DAYS_DEFAULT, &analytics->span)
                             : progress;
}

static void put_day(void *taker, struct str date, const struct counts *counts)
{
    struct counts_span *span = taker;

    for (size_t i = 0; i < span->count; i++)
        if (str_equal(span->times[i], date))
            counts_add(&span->counts[i], counts);
}

static enum progress shown_days(struct call *call)
{
    struct analytics *analytics = call->details;
    struct text json;

    if (call->ask.outcome == MISSING)
        return fail_missing(call);
    each_day(&analytics->span, call->ask.rows, call->ask.rows->values[0], put_day,
             &analytics->span);
    json = text_new(call->arena, RESULT_BYTES * (analytics->span.count + 2));
    add_head(&json, &analytics->span);
    add_times(&json, &analytics->span);
    text_byte(&json, '}');
    return respond(call, 200, text_str(&json));
}

static enum progress show_days(struct call *call)
{
    ask_store(call, shown_days);
    counts_of(&call->ask, call->id);
    return ASKED;
}
