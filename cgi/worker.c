/* worker.c: hands requests to the API, and what it asks to the store. */
#include "worker.h"

#include <stdlib.h>

#include "api/common/access.h"
#include "server/loop.h"
#include "store/redis/store.h"

struct worker {
    struct api_options options;
    struct ask_settings settings;
    struct store *store;
    struct call **calls; /* that wait for the store */
    size_t call_count, call_room;
};

static void push_call(struct worker *worker, struct call *call)
{
    if (worker->call_count == worker->call_room) {
        worker->call_room = worker->call_room ? worker->call_room * 2 : LOOP_BATCH_MAX;
        worker->calls = realloc(worker->calls, worker->call_room * sizeof(struct call *));
        if (!worker->calls)
            abort();
    }
    worker->calls[worker->call_count++] = call;
}

static void begin(void *state, struct exchange *exchange)
{
    struct worker *worker = state;
    struct call *call;

    if (api_begin(&worker->options, exchange, &call) == ANSWERED) {
        exchange->answered = true;
        return;
    }
    push_call(worker, call);
    store_send(worker->store, &call->ask);
}

/* What only reads is not read to its end where nobody waits for it; what writes is written. */
static void drop_abandoned(struct worker *worker)
{
    for (size_t i = 0; i < worker->call_count; i++) {
        struct call *call = worker->calls[i];

        if (call->exchange->abandoned && call->ask.reads)
            call->ask.deadline = INT64_MIN;
    }
}

static void flush(void *state)
{
    struct worker *worker = state;
    size_t count = worker->call_count, kept = 0;

    drop_abandoned(worker);
    store_flush(worker->store);
    for (size_t i = 0; i < count; i++) {
        struct call *call = worker->calls[i];

        if (call->ask.outcome != ASKING) {
            if (api_resume(call) == ANSWERED) {
                call->exchange->answered = true;
                continue;
            }
            store_send(worker->store, &call->ask);
        }
        worker->calls[kept++] = call;
    }
    worker->call_count = kept;
}

static int tick(void *state)
{
    struct worker *worker = state;

    return store_tick(worker->store);
}

struct application worker_open(const struct config *config)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (!worker)
        abort();
    worker->settings = config_settings(config);
    worker->options = (struct api_options){
        .budget = { (unsigned)config->depth_limit, (unsigned)config->member_limit },
        .body_limit = (size_t)config->body_limit,
        .deadline = (int)config->deadline,
        .answer_limit = (size_t)config->answer_limit,
        .store = &worker->settings,
        .require_durable = config->require_durable,
        .access = access_open((enum access_mode)config->access, config->proxy_secret),
        .version = str_from(config_version),
        .elasticsearch_version = str_from(config->elasticsearch_version),
        .metrics_connectors = config->metrics_connectors,
    };
    /* A request may wait for a flush that began before it came, and then for its own. */
    worker->store = store_open(&config->address, &worker->settings, (int)config->deadline / 2);
    return (struct application){ worker, begin, flush, tick };
}

void worker_close(struct application *application)
{
    struct worker *worker = application->state;

    store_close(worker->store);
    access_close(worker->options.access);
    free(worker->calls);
    free(worker);
}
