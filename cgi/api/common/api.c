/* api.c: a call from its request to its answer. */
#include "api/common/api.h"

#include "api/common/checks.h"
#include "api/common/request_log.h"
#include "api/common/routes.h"
#include "base/instant.h"
#include "store/schema/schema.h"

enum { RETRY_AFTER_SECONDS = 1 };

static enum progress fail_away(struct call *call)
{
    call->exchange->response.retry_after = RETRY_AFTER_SECONDS;
    return fail(call, 503, UNAVAILABLE, "the store is not available, try again");
}

/* The data need another version of lastsync, until the data or lastsync is upgraded. */
static enum progress fail_unfit(struct call *call, enum outcome outcome)
{
    call->exchange->response.retry_after = RETRY_AFTER_SECONDS;
    return fail(call, 503, UNAVAILABLE, "%.*s", STR_ARGS(outcome_sentence(outcome)));
}

void ask_store(struct call *call, step *next)
{
    ask_open(&call->ask, call->arena, call->options->store);
    call->ask.subject = &call->subject;
    call->ask.deadline = call->deadline;
    call->ask.taker = call;
    call->ask.reads_only = call->exchange->request.method <= HEAD;
    call->next = next;
}

static enum progress logged(const struct call *call, enum progress progress)
{
    if (progress == ANSWERED && log_wants(LOG_INFO))
        request_log(call);
    log_about(NULL);
    return progress;
}

/* Runs the remaining checks, then the handler. */
static enum progress go_on(struct call *call)
{
    enum progress progress = checks_run(call);

    if (progress != GO_ON)
        return progress;
    call->handled = true;
    return call->route->handler(call);
}

enum progress api_begin(const struct api_options *options, struct exchange *exchange,
                        struct call **call)
{
    struct call *started = arena_take(exchange->arena, sizeof *started);

    memset(started, 0, offsetof(struct call, target));
    started->options = options;
    started->exchange = exchange;
    started->arena = exchange->arena;
    started->deadline = instant_ticks() + options->deadline;
    started->subject =
        (struct log_subject){ exchange->request.id, exchange->request.headers[X_OPAQUE_ID].value };
    exchange->route = exchange->request.method; /* until the route is found */
    *call = started;
    log_about(&started->subject);
    return logged(started, go_on(started));
}

static enum progress resume(struct call *call)
{
    bool sees_trouble = call->handled && call->route->sees_trouble;
    enum progress progress;

    if (call->ask.outcome == AWAY && !sees_trouble)
        return fail_away(call);
    if (outcome_sentence(call->ask.outcome).ptr && !sees_trouble)
        return fail_unfit(call, call->ask.outcome);
    if (call->ask.outcome == FAULTY && !sees_trouble)
        return fail(call, 500, GENERIC,
                    "the store refuses to serve; its operator finds more in the log");
    if (call->ask.outcome == TOO_LARGE && !sees_trouble)
        return fail_too_large(call, call->options->answer_limit);
    progress = call->next(call);
    return progress == GO_ON ? go_on(call) : progress;
}

enum progress api_resume(struct call *call)
{
    log_about(&call->subject);
    return logged(call, resume(call));
}
