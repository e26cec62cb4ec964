/* metrics.c: GET /_lastsync/metrics: the page that Prometheus reads. */
#include "base/metrics.h"

#include "api/common/routes.h"
#include "api/own/health.h"
#include "api/own/metrics_connectors.h"
#include "base/instant.h"
#include "http/exposition.h"
#include "store/event/notices.h"
#include "store/redis/store.h"

enum { PAGE_BYTES = 16384, BUCKETS_MAX = 32 };

/* The values of a scrape besides the counters. */
struct scrape {
    struct connector_series series; /* first, for metrics_connectors_ask */
    struct call *call;
    struct healths healths;
    bool answered, ready, durable; /* what Redis says of itself */
    bool listed;                   /* whether it gave the connectors */
    struct waitings waitings;
    uint64_t began_at; /* nanoseconds */
    struct exposition page;
};

typedef void writer(struct scrape *scrape, enum metric metric);

/* ---- samples ---- */

static void write_build(struct scrape *scrape, enum metric metric)
{
    (void)metric;
    exposition_sample(&scrape->page, &scrape->call->options->version, 1);
}

/* A sample for each slot that has a process. */
static void write_slots(struct scrape *scrape, enum metric metric)
{
    for (unsigned slot = 0; slot < metrics_slots(); slot++) {
        uint64_t value = metrics_of_slot(metric, slot);
        struct str worker = arena_format(scrape->call->arena, "%u", slot);

        if (value)
            exposition_sample(&scrape->page, &worker, value);
    }
}

/* A route's codes. A used route has a code of success and one of failure even if none occurred: the
 * first failure is then a change from 0, which Prometheus can count. */
static void write_route(struct scrape *scrape, unsigned number, struct str route, struct str method)
{
    uint64_t counts[METRIC_CODES_MAX], all = 0;

    for (unsigned i = 0; i < METRIC_CODES_MAX; i++)
        all += counts[i] = metrics_sum(METRIC_REQUESTS, number * METRIC_CODES_MAX + i);
    for (unsigned i = 0; all && i < METRIC_CODES_MAX; i++) {
        int code = status_of_number(i);
        struct str labels[] = { route, method, arena_format(scrape->call->arena, "%d", code) };

        if (counts[i] || code == 200 || code == 500 || code == 503)
            exposition_sample(&scrape->page, labels, counts[i]);
    }
}

static void write_requests(struct scrape *scrape, enum metric metric)
{
    (void)metric;
    for (unsigned number = 0; number < routes_numbers() && number < METRIC_ROUTES_MAX; number++) {
        const struct route *route = routes_numbered(number);

        if (route)
            write_route(scrape, number, route->path, method_name(route->method));
        else
            write_route(scrape, number, STR("none"),
                        number == OTHER_METHOD ? STR("other") : method_name(number));
    }
}

static void write_redis_up(struct scrape *scrape, enum metric metric)
{
    (void)metric;
    exposition_sample(&scrape->page, NULL, scrape->listed);
}

/* A Redis that does not answer tells nothing of its durability. */
static void write_health(struct scrape *scrape, enum metric metric)
{
    if (metric == METRIC_REDIS_READY)
        exposition_sample(&scrape->page, NULL, scrape->ready);
    else if (scrape->answered)
        exposition_sample(&scrape->page, NULL, scrape->durable);
}

static void write_errors(struct scrape *scrape, enum metric metric)
{
    struct str kind;

    for (unsigned i = 0; (kind = store_error_kind(i)).ptr; i++)
        exposition_sample(&scrape->page, &kind, metrics_sum(metric, i));
}

/* A cluster's nodes; a single Redis has no such samples. */
static void write_nodes(struct scrape *scrape, enum metric metric)
{
    struct str names[METRIC_NODES_MAX];
    unsigned count = metrics_node_names(names);

    for (unsigned i = 0; i < count; i++)
        exposition_sample(&scrape->page, &names[i], metrics_sum_of_node(metric, names[i]));
}

/* Those whose events wait for a target. */
static void write_waiting(struct scrape *scrape, enum metric metric)
{
    for (size_t i = 0; i < scrape->waitings.count; i++) {
        const struct waiting *waiting = &scrape->waitings.rows[i];

        if (metric == METRIC_NOTIFY_WAITING)
            exposition_sample(&scrape->page, &waiting->target, waiting->events);
        else if (waiting->since > 0)
            exposition_sample(&scrape->page, &waiting->target, (uint64_t)waiting->since);
    }
}

static void write_scrape_duration(struct scrape *scrape, enum metric metric)
{
    (void)metric;
    exposition_sample(&scrape->page, NULL, instant_nanos() - scrape->began_at);
}

static void write_histogram(struct scrape *scrape, enum metric metric)
{
    uint64_t buckets[BUCKETS_MAX];

    for (unsigned i = 0; i <= metric_rows[metric].bound_count; i++)
        buckets[i] = metrics_bucket(metric, i);
    exposition_histogram(&scrape->page, buckets, metrics_total(metric));
}

/* The metrics that are not a single counter. */
static writer *const writers[METRIC_COUNT] = {
    [METRIC_BUILD] = write_build,
    [METRIC_WORKER_START] = write_slots,
    [METRIC_BATCH] = write_histogram,
    [METRIC_REQUESTS] = write_requests,
    [METRIC_REQUEST_DURATION] = write_histogram,
    [METRIC_REDIS_UP] = write_redis_up,
    [METRIC_REDIS_READY] = write_health,
    [METRIC_REDIS_DURABLE] = write_health,
    [METRIC_REDIS_ERRORS] = write_errors,
    [METRIC_REDIS_FLUSH_DURATION] = write_histogram,
    [METRIC_NODE_CONNECTIONS] = write_nodes,
    [METRIC_NODE_COMMANDS] = write_nodes,
    [METRIC_NODE_FLUSHES] = write_nodes,
    [METRIC_NODE_WAIT] = write_nodes,
    [METRIC_NODE_FAILURES] = write_nodes,
    [METRIC_NODE_REDIRECTIONS] = write_nodes,
    [METRIC_NOTIFY_WAITING] = write_waiting,
    [METRIC_NOTIFY_OLDEST] = write_waiting,
    [METRIC_SCRAPE_DURATION] = write_scrape_duration,
};

/* ---- the page ---- */

static void write_metric(struct scrape *scrape, enum metric metric)
{
    bool of_connectors = metrics_connectors_has(metric);

    if (of_connectors && !scrape->listed)
        return; /* Redis could not be asked */
    exposition_family(&scrape->page, &metric_rows[metric]);
    if (of_connectors)
        metrics_connectors_write(scrape->call, &scrape->series, &scrape->page, metric);
    else if (writers[metric])
        writers[metric](scrape, metric);
    else
        exposition_sample(&scrape->page, NULL, metrics_sum(metric, 0));
}

static enum progress answer_scrape(struct call *call)
{
    struct response *response = &call->exchange->response;
    struct scrape *scrape = call->details;
    struct text text = text_new(call->arena, PAGE_BYTES);
    struct str accept = call->exchange->request.headers[ACCEPT].value;

    scrape->listed = call->ask.outcome == FOUND || call->ask.outcome == TOO_LARGE;
    scrape->page = (struct exposition){ .text = &text,
                                        .open_metrics = exposition_prefers_open_metrics(accept) };
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        write_metric(scrape, metric);
    exposition_end(&scrape->page);
    response->status = 200;
    response->content_type = exposition_type(scrape->page.open_metrics);
    response->body = text_str(&text);
    return ANSWERED;
}

static enum progress ask_connectors(struct call *call)
{
    struct scrape *scrape = call->details;

    ask_store(call, answer_scrape);
    metrics_connectors_ask(call, &scrape->series);
    return ASKED;
}

static enum progress ask_waiting(struct call *call)
{
    struct scrape *scrape = call->details;
    struct verdict verdict = health_judge(call, &scrape->healths);

    scrape->answered = call->ask.outcome == FOUND;
    scrape->ready = !verdict.problems.len;
    scrape->durable = verdict.durable;
    if (!call->options->store->events)
        return ask_connectors(call);
    ask_store(call, ask_connectors);
    notices_waiting(&call->ask, &scrape->waitings);
    return ASKED;
}

static enum progress get_metrics(struct call *call)
{
    struct scrape *scrape = arena_take_cleared(call->arena, sizeof *scrape);

    scrape->call = call;
    scrape->began_at = instant_nanos();
    call->details = scrape;
    ask_store(call, ask_waiting);
    health_ask(&call->ask, &scrape->healths);
    return ASKED;
}

static const struct route routes[] = {
    { GET, STR_ROW("/_lastsync/metrics"), get_metrics, .sees_trouble = true, .open_to = TO_VIEW },
};

const struct route_table metrics_routes = { routes, sizeof routes / sizeof routes[0],
                                            .first = STR_ROW("_lastsync") };
