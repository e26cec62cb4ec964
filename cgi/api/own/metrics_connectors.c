/* metrics_connectors.c: the connectors' own series. */
#include "api/own/metrics_connectors.h"

#include "base/instant.h"
#include "base/number.h"

/* The fields that are read, and the metric that shows each; METRIC_COUNT: a label, or not shown. */
enum { NAME_COLUMN, SERVICE_TYPE_COLUMN, INDEX_NAME_COLUMN, MUTED_COLUMN };

static const struct column {
    enum connector_field field;
    enum metric metric;
    enum { A_NUMBER, A_TIME, SECONDS } form;
} columns[] = {
    [NAME_COLUMN] = { NAME, METRIC_COUNT },
    [SERVICE_TYPE_COLUMN] = { SERVICE_TYPE, METRIC_COUNT },
    [INDEX_NAME_COLUMN] = { INDEX_NAME, METRIC_COUNT },
    [MUTED_COLUMN] = { MUTED_UNTIL, METRIC_COUNT },
    { LAST_SUCCESS, METRIC_CONNECTOR_LAST_SUCCESS, A_TIME },
    { ACCESS_CONTROL_LAST_SUCCESS, METRIC_CONNECTOR_ACCESS_LAST_SUCCESS, A_TIME },
    { LAST_SYNCED, METRIC_CONNECTOR_LAST_SYNCED, A_TIME },
    { LAST_SEEN, METRIC_CONNECTOR_LAST_SEEN, A_TIME },
    { DUE_AT, METRIC_CONNECTOR_DUE, SECONDS },
    { FAILING_SINCE, METRIC_CONNECTOR_FAILING_SINCE, SECONDS },
    { CONSECUTIVE_FAILURES, METRIC_CONNECTOR_FAILURES },
    { ACCESS_CONTROL_CONSECUTIVE_FAILURES, METRIC_CONNECTOR_ACCESS_FAILURES },
    { LAST_DURATION_MS, METRIC_CONNECTOR_DURATION },
    { LAST_INDEXED_DOCUMENT_COUNT, METRIC_CONNECTOR_INDEXED },
    { LAST_DELETED_DOCUMENT_COUNT, METRIC_CONNECTOR_DELETED },
};

enum { COLUMNS = sizeof columns / sizeof columns[0], LABEL_MAX = 1024, SAMPLES_AT_FIRST = 1024 };

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
    struct str value = row->values[column];
    uint64_t number;

    if (columns[column].form == A_TIME ? read_time(value, &number)
                                       : number_count(value, INT64_MAX, &number) == NUMBER_READ)
        exposition_sample(page, &row->id, columns[column].form == SECONDS ? number * 1000 : number);
}

static void write_info(struct exposition *page, const struct row *row)
{
    const struct str labels[] = { row->id, str_or_empty(row->values[NAME_COLUMN]),
                                  str_or_empty(row->values[SERVICE_TYPE_COLUMN]),
                                  str_or_empty(row->values[INDEX_NAME_COLUMN]) };

    exposition_sample(page, labels, 1);
}

static void write_states(const struct overview *overview, struct exposition *page,
                         const struct row *row)
{
    enum connector_state has = state_of(row->score, overview->now);

    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++)
        exposition_sample(page, (const struct str[]){ row->id, connector_state_words[state] },
                          has == state);
}

static void write_muted(const struct overview *overview, struct exposition *page,
                        const struct row *row)
{
    uint64_t until;

    if (number_count(str_or_empty(row->values[MUTED_COLUMN]), INT64_MAX, &until) == NUMBER_READ &&
        (int64_t)until > overview->now)
        exposition_sample(page, &row->id, 1);
}

static void write_counts(const struct overview *overview, struct exposition *page)
{
    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++)
        exposition_sample(page, &connector_state_words[state], overview->counts[state]);
}

static bool has_more(const struct call *call, const struct overview *overview)
{
    uint64_t all = overview->muted;

    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++)
        all += overview->counts[state];
    return call->ask.outcome == TOO_LARGE || all > call->options->metrics_connectors;
}

static void write_row(const struct overview *overview, struct exposition *page,
                      const struct row *row, enum metric metric)
{
    if (metric == METRIC_CONNECTOR)
        write_info(page, row);
    else if (metric == METRIC_CONNECTOR_STATE)
        write_states(overview, page, row);
    else if (metric == METRIC_CONNECTOR_RUNNING)
        exposition_sample(page, &row->id, state_runs(row->score));
    else if (metric == METRIC_CONNECTOR_MUTED)
        write_muted(overview, page, row);
    for (size_t i = 0; i < COLUMNS; i++)
        if (columns[i].metric == metric)
            write_column(page, row, i);
}

static void write_samples(struct connector_series *series, const struct row *row)
{
    for (size_t i = 0; i < SERIES_METRICS; i++) {
        enum metric metric = METRIC_CONNECTOR + (enum metric)i;
        struct text *text = &series->samples[i];
        size_t before = text->len;

        write_row(&series->overview,
                  &(struct exposition){ .text = text, .family = &metric_rows[metric] }, row,
                  metric);
        series->bytes += text->len - before;
    }
}

/* Writes the samples as the rows arrive: a page has those of one metric behind each other. */
static bool take_rows(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;
    struct connector_series *series = call->details;

    for (size_t i = 0; i < count; i++) {
        if (series->bytes >= call->options->answer_limit)
            return false;
        write_samples(series, &rows[i]);
    }
    return true;
}

void metrics_connectors_ask(struct call *call, struct connector_series *series)
{
    struct str *names = arena_take(call->arena, COLUMNS * sizeof *names);

    for (size_t i = 0; i < COLUMNS; i++)
        names[i] = connector_names[columns[i].field];
    for (size_t i = 0; i < SERIES_METRICS; i++)
        series->samples[i] = text_new(call->arena, SAMPLES_AT_FIRST);
    series->bytes = 0;
    series->overview.size = call->options->metrics_connectors;
    series->overview.text_max = LABEL_MAX;
    series->overview.now = instant_now().seconds;
    call->details = series;
    call->ask.take_rows = take_rows;
    overview_list(&call->ask, &series->overview, names, COLUMNS);
}

bool metrics_connectors_has(enum metric metric)
{
    return metric >= METRIC_CONNECTORS && metric < METRIC_SCRAPE_DURATION;
}

void metrics_connectors_write(struct call *call, const struct connector_series *series,
                              struct exposition *page, enum metric metric)
{
    const struct overview *overview = &series->overview;

    if (metric == METRIC_CONNECTORS)
        write_counts(overview, page);
    else if (metric == METRIC_CONNECTORS_RUNNING)
        exposition_sample(page, NULL, overview->running);
    else if (metric == METRIC_CONNECTORS_MUTED)
        exposition_sample(page, NULL, overview->muted);
    else if (metric == METRIC_CONNECTORS_TRUNCATED)
        exposition_sample(page, NULL, has_more(call, overview));
    else
        text_add(page->text, text_str(&series->samples[metric - METRIC_CONNECTOR]));
}
