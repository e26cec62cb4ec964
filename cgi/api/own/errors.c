/* errors.c: our own endpoint for why connectors fail: the errors of all that fail now, and how many
 * connectors have each. */
#include "api/common/fields.h"
#include "api/common/filter.h"
#include "api/common/routes.h"
#include "base/gist.h"
#include "base/instant.h"
#include "base/number.h"
#include "store/connector/failures.h"
#include "store/connector/overview.h"

enum {
    CONNECTORS_MAX = 10000, /* connectors that are read: those that have failed longest */
    ERRORS_MAX = 1000,      /* different errors */
    SIZE_DEFAULT = 100,
    TEXT_MAX = 1024, /* bytes of an example */
    RESULT_BYTES = 512
};

/* clang-format off */

enum { GIVEN_SIZE, GIVEN_SERVICE_TYPE, GIVEN_QUERY };

static const struct parameter_row parameters[] = {
    [GIVEN_SIZE]         = { STR_ROW("size"),         COUNT, SIZE_DEFAULT },
    [GIVEN_SERVICE_TYPE] = { STR_ROW("service_type"), TEXT },
    [GIVEN_QUERY]        = { STR_ROW("query"),        SEARCH },
};

static const struct str cells[] = {
    STR_ROW("error"), STR_ROW("kind"), STR_ROW("connectors"), STR_ROW("since"), STR_ROW("example.connector_id"),
    STR_ROW("example.error"),
};
static const struct csv_table csv = { STR_ROW("results"), cells, COUNT_OF(cells) };

static step show_errors, check_errors;

static const struct route routes[] = {
    { GET, STR_ROW("/_lastsync/errors"), show_errors, .validate = check_errors, .parameters = parameters, .parameter_count = COUNT_OF(parameters), .csv = &csv, .open_to = TO_VIEW, .about = ABOUT_NONE },
};

static const struct str kinds[FAILURE_KINDS] = {
    [FAILURE_CONTENT]        = STR_ROW("content"),
    [FAILURE_ACCESS_CONTROL] = STR_ROW("access_control"),
};

/* clang-format on */

const struct route_table errors_routes = { routes, COUNT_OF(routes) };

/* The fields that are read: since when it fails, then those of failures.h. */
enum { READ_SINCE, READ_FAILURES };
enum { READ_COUNT = READ_FAILURES + FAILURE_FIELDS };

struct failure {
    struct str gist, example, connector, kind;
    int64_t connectors;
    uint64_t since; /* seconds since 1970 */
};

struct grouping {
    struct overview overview;
    struct failure *failures;
    size_t count;
    bool has_more; /* different errors than have room */
};

static enum progress check_errors(struct call *call)
{
    if (call->parameters[GIVEN_SIZE].number <= ERRORS_MAX)
        return GO_ON;
    return fail(call, 400, ILLEGAL_ARGUMENT, "Parameter [size] cannot be > %d", ERRORS_MAX);
}

static const struct str *read_names(struct arena *arena)
{
    struct str *names = arena_take(arena, READ_COUNT * sizeof *names);

    names[READ_SINCE] = connector_names[FAILING_SINCE];
    failure_names(names + READ_FAILURES);
    return names;
}

static bool is_longer(const struct failure *one, const struct failure *other)
{
    if (one->since != other->since)
        return one->since < other->since;
    return str_compare(one->connector, other->connector) < 0;
}

/* Among connectors with the same error, the one that has failed longest is the example; of those
 * that began in one second, the first by its id. */
static void add_failure(struct call *call, struct grouping *failures, struct failure failure)
{
    struct failure *same = failures->failures, *end = same + failures->count;

    while (same < end &&
           !(str_equal(same->gist, failure.gist) && str_equal(same->kind, failure.kind)))
        same++;
    if (same == &failures->failures[ERRORS_MAX]) {
        failures->has_more = true;
        return;
    }
    if (same < end) {
        failure.connectors += same->connectors;
        same->connectors = failure.connectors;
        if (is_longer(same, &failure))
            return;
    } else {
        failures->count++;
    }
    failure.gist = arena_copy(call->arena, failure.gist);
    failure.example = arena_copy(call->arena, failure.example);
    failure.connector = arena_copy(call->arena, failure.connector);
    *same = failure;
}

static void add_kind(struct call *call, const struct row *row, enum failure_kind kind)
{
    struct failure failure = { .connector = row->id, .kind = kinds[kind], .connectors = 1 };
    struct str error;

    if (!failure_read(row->values + READ_FAILURES, kind, &error))
        return;
    failure.example = str_or_empty(error);
    failure.gist = gist_of(failure.example, ask_memory(&call->ask));
    if (number_count(str_or_empty(row->values[READ_SINCE]), INT64_MAX, &failure.since) !=
        NUMBER_READ)
        failure.since = 0;
    add_failure(call, call->details, failure);
}

static bool take_rows(struct ask *ask, const struct row *rows, size_t count)
{
    struct call *call = ask->taker;

    for (size_t i = 0; i < count; i++)
        for (enum failure_kind kind = 0; kind < FAILURE_KINDS; kind++)
            add_kind(call, &rows[i], kind);
    return true;
}

/* Sorts errors by how many connectors have them, the most frequent first. Equal ones stay in the
 * order in which they were found. */
static void sort(struct grouping *failures)
{
    for (size_t i = 1; i < failures->count; i++) {
        struct failure failure = failures->failures[i];
        size_t at = i;

        for (; at && failures->failures[at - 1].connectors < failure.connectors; at--)
            failures->failures[at] = failures->failures[at - 1];
        failures->failures[at] = failure;
    }
}

static void add_text(struct text *json, struct str text)
{
    if (text.len)
        text_json(json, text);
    else
        text_add(json, STR("null"));
}

static void write_failure(struct text *json, const struct failure *failure)
{
    struct instant since = { (int64_t)failure->since, 0 };

    text_add(json, STR("{\"error\":"));
    add_text(json, failure->gist);
    text_format(json, ",\"kind\":\"%.*s\",\"connectors\":%lld,\"since\":", STR_ARGS(failure->kind),
                (long long)failure->connectors);
    text_json(json, instant_write(since, json->arena));
    text_add(json, STR(",\"example\":{\"connector_id\":"));
    text_json(json, failure->connector);
    text_add(json, STR(",\"error\":"));
    add_text(json, failure->example);
    text_add(json, STR("}}"));
}

static bool is_truncated(const struct call *call, uint64_t looked_at)
{
    const struct grouping *failures = call->details;

    return failures->has_more || looked_at < call->ask.total || failures->overview.unsearched;
}

static enum progress shown_errors(struct call *call)
{
    struct grouping *failures = call->details;
    uint64_t looked_at = call->ask.total < CONNECTORS_MAX ? call->ask.total : CONNECTORS_MAX;
    struct text json = text_new(call->arena, RESULT_BYTES);

    sort(failures);
    text_format(&json, "{\"failing\":%llu,\"looked_at\":%llu,\"truncated\":%s,\"results\":[",
                (unsigned long long)call->ask.total, (unsigned long long)looked_at,
                is_truncated(call, looked_at) ? "true" : "false");
    for (size_t i = 0; i < failures->count && i < call->parameters[GIVEN_SIZE].number; i++) {
        if (i)
            text_byte(&json, ',');
        write_failure(&json, &failures->failures[i]);
    }
    text_add(&json, STR("]}"));
    return respond(call, 200, text_str(&json));
}

static enum progress show_errors(struct call *call)
{
    const struct parameter_value *given = call->parameters;
    struct grouping *failures = arena_take_cleared(call->arena, sizeof *failures);
    struct overview *overview = &failures->overview;

    overview->states = 1U << FAILING;
    overview->size = CONNECTORS_MAX;
    overview->text_max = TEXT_MAX;
    overview->now = instant_now().seconds;
    overview->selection =
        filter_by_words(given[GIVEN_SERVICE_TYPE].text, given[GIVEN_QUERY].text, call->arena);
    failures->failures = arena_take(call->arena, ERRORS_MAX * sizeof *failures->failures);
    call->details = failures;
    ask_store(call, shown_errors);
    call->ask.take_rows = take_rows;
    overview_list(&call->ask, overview, read_names(call->arena), READ_COUNT);
    return ASKED;
}
