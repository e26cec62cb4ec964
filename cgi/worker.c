/* worker.c: passes requests to the API, and the API's asks to the store. */
#include "worker.h"

#include <stdlib.h>

#include "api/common/access.h"
#include "base/instant.h"
#include "server/loop.h"
#include "store/event/tick.h"
#include "store/redis/store.h"

/* Runs the ticks that tell the events of time, if events are wanted. */
struct ticker {
    struct arena *arena; /* NULL: events are not wanted */
    struct ask ask;
    bool asking;
    int64_t due_at; /* ticks */
};

struct worker {
    struct api_options options;
    struct ask_settings settings;
    struct store *store;
    struct call **calls; /* calls that wait for the store */
    size_t call_count, call_room;
    struct ticker ticker;
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

/* A call that only reads ends early if its client has gone; a call that writes is completed. */
static void drop_abandoned(struct worker *worker)
{
    for (size_t i = 0; i < worker->call_count; i++) {
        struct call *call = worker->calls[i];

        if (call->exchange->abandoned && call->ask.reads)
            call->ask.deadline = ASK_ABANDONED;
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

/* Gives the milliseconds after which it must be called again, 0 while its ask is to be flushed. */
static int tick_events(struct worker *worker)
{
    struct ticker *ticker = &worker->ticker;
    int64_t now = instant_ticks();

    if (ticker->asking && ticker->ask.outcome != ASKING)
        ticker->asking = false;
    if (!ticker->asking && ticker->due_at <= now) {
        arena_reset(ticker->arena);
        ask_open(&ticker->ask, ticker->arena, &worker->settings);
        tick_tell(&ticker->ask);
        store_send(worker->store, &ticker->ask);
        ticker->due_at = now + TICK_MILLISECONDS;
        ticker->asking = true;
    }
    return ticker->asking ? 0 : (int)(ticker->due_at - now);
}

static int tick(void *state)
{
    struct worker *worker = state;
    int store = store_tick(worker->store), events;

    if (!worker->ticker.arena)
        return store;
    events = tick_events(worker);
    return store < 0 || events < store ? events : store;
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
    if (config->events)
        worker->ticker.arena = arena_new();
    /* A request may wait for a flush that began before it came, and then for its own. */
    worker->store = store_open(&config->address, &worker->settings, (int)config->deadline / 2);
    return (struct application){ worker, begin, flush, tick };
}

void worker_close(struct application *application)
{
    struct worker *worker = application->state;

    store_close(worker->store);
    access_close(worker->options.access);
    if (worker->ticker.arena)
        arena_free(worker->ticker.arena);
    free(worker->calls);
    free(worker);
}
