/* metrics_connectors.c: the connectors' own series. */
#include "api/own/metrics_connectors.h"

#include "base/instant.h"
#include "base/number.h"

/* The fields that are read, and in which metric each is shown; METRIC_COUNT: as a label. */
enum { NAME_FIELD, SERVICE_TYPE_FIELD, INDEX_NAME_FIELD };

static const struct column {
    struct str field;
    enum metric metric;
    bool is_time;
} columns[] = {
    [NAME_FIELD] = { STR_ROW("name"), METRIC_COUNT },
    [SERVICE_TYPE_FIELD] = { STR_ROW("service_type"), METRIC_COUNT },
    [INDEX_NAME_FIELD] = { STR_ROW("index_name"), METRIC_COUNT },
    { STR_ROW("_last_success"), METRIC_CONNECTOR_LAST_SUCCESS, true },
    { STR_ROW("_access_control_last_success"), METRIC_CONNECTOR_ACCESS_LAST_SUCCESS, true },
    { STR_ROW("last_synced"), METRIC_CONNECTOR_LAST_SYNCED, true },
    { STR_ROW("last_seen"), METRIC_CONNECTOR_LAST_SEEN, true },
    { STR_ROW("_consecutive_failures"), METRIC_CONNECTOR_FAILURES },
    { STR_ROW("_access_control_consecutive_failures"), METRIC_CONNECTOR_ACCESS_FAILURES },
    { STR_ROW("_last_duration_ms"), METRIC_CONNECTOR_DURATION },
    { STR_ROW("last_indexed_document_count"), METRIC_CONNECTOR_INDEXED },
    { STR_ROW("last_deleted_document_count"), METRIC_CONNECTOR_DELETED },
};

enum { COLUMNS = sizeof columns / sizeof columns[0] };

void metrics_connectors_ask(struct call *call, struct overview *overview)
{
    struct str *names = arena_take(call->arena, COLUMNS * sizeof *names);

    for (size_t i = 0; i < COLUMNS; i++)
        names[i] = columns[i].field;
    overview->size = call->options->metrics_connectors;
    overview->now = instant_now().seconds;
    overview_list(&call->ask, overview, names, COLUMNS);
}

bool metrics_connectors_has(enum metric metric)
{
    return metric >= METRIC_CONNECTORS && metric <= METRIC_CONNECTOR_DELETED;
}

static struct str value_of(const struct row *row, size_t column)
{
    return row->values[STANDING_FIELDS + column];
}

/* A datetime in milliseconds since 1970; false for one before that. */
static bool read_time(struct str text, uint64_t *millis)
{
    struct instant instant;

    if (!text.len || instant_read(text, &instant) != INSTANT_READ || instant.seconds < 0)
        return false;
    *millis = (uint64_t)instant.seconds * 1000 + (uint64_t)(instant.nanos / NANOS_PER_TICK);
    return true;
}

static void write_column(struct exposition *page, const struct row *row, size_t column)
{
    struct str value = value_of(row, column);
    uint64_t number;

    if (columns[column].is_time ? read_time(value, &number)
                                : number_count(value, INT64_MAX, &number) == NUMBER_READ)
        exposition_sample(page, &row->id, number);
}

static void write_info(struct exposition *page, const struct row *row)
{
    const struct str labels[] = { row->id, str_or_empty(value_of(row, NAME_FIELD)),
                                  str_or_empty(value_of(row, SERVICE_TYPE_FIELD)),
                                  str_or_empty(value_of(row, INDEX_NAME_FIELD)) };

    exposition_sample(page, labels, 1);
}

static void write_stand(struct call *call, const struct overview *overview, struct exposition *page,
                        const struct row *row, enum metric metric)
{
    struct stand stand = standing_of(row->values, overview->now, call->ask.settings, call->arena);

    if (metric == METRIC_CONNECTOR_DUE && stand.has_due && stand.due_at >= 0)
        exposition_sample(page, &row->id, (uint64_t)stand.due_at * 1000);
    for (enum standing state = FAILING; metric == METRIC_CONNECTOR_STATE && state < STANDINGS;
         state++)
        exposition_sample(page, (const struct str[]){ row->id, standing_words[state] },
                          stand.standing == state);
}

static void write_counts(const struct overview *overview, struct exposition *page)
{
    for (enum standing state = FAILING; state < STANDINGS; state++)
        exposition_sample(page, &standing_words[state], overview->counts[state]);
}

static bool has_more(const struct call *call, const struct overview *overview)
{
    uint64_t all = 0;

    for (enum standing state = FAILING; state < STANDINGS; state++)
        all += overview->counts[state];
    return all > call->options->metrics_connectors;
}

static void write_row(struct call *call, const struct overview *overview, struct exposition *page,
                      const struct row *row, enum metric metric)
{
    if (metric == METRIC_CONNECTOR)
        write_info(page, row);
    else if (metric == METRIC_CONNECTOR_STATE || metric == METRIC_CONNECTOR_DUE)
        write_stand(call, overview, page, row, metric);
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].metric == metric)
            write_column(page, row, i);
}

void metrics_connectors_write(struct call *call, const struct overview *overview,
                              struct exposition *page, enum metric metric)
{
    if (metric == METRIC_CONNECTORS)
        write_counts(overview, page);
    else if (metric == METRIC_CONNECTORS_TRUNCATED)
        exposition_sample(page, NULL, has_more(call, overview));
    else
        for (size_t i = 0; i < call->ask.row_count; i++)
            write_row(call, overview, page, &call->ask.rows[i], metric);
}
