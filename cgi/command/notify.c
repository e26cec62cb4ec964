/* notify.c: tells targets of connectors that begin to fail, become late, recover: lastsync notify.
 *
 * It runs a process for each target, so that one that hangs does not hold up others. A process
 * takes the lease of any target that has no teller. So lastsync notify may run on several hosts,
 * and a live process takes over from a dead one. */
#include "command/notify.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>

#include "base/id.h"
#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/systemd.h"
#include "base/text.h"
#include "command/session.h"
#include "notify/deliver.h"
#include "server/pool.h"

/* Milliseconds. */
enum {
    LEASE = 20000,         /* longer than a target may take for its answer */
    LOOK_AGAIN = 500,      /* for events */
    ASK_AGAIN = 1000,      /* for a target that nobody tells */
    BACK_OFF_FIRST = 1000, /* after a refusal of the target, or of Redis, and then twice that, */
    BACK_OFF_MAX = 60000,  /* up to this, */
    BACK_OFF_REDIS = 5000, /* and of Redis, which may fail over, up to this */
    RETRY_AFTER_MAX = 3600000, /* the longest pause that a target can ask for */
    LEAVING = 20000
};

struct notify_options {
    const char *targets;
    bool test;
};

#define PLACE(member) offsetof(struct notify_options, member)

/* clang-format off */
static const struct option rows[] = {
    { "targets", OPTION_TEXT, PLACE(targets), "",      "the file of targets: see lastsync-notify(8)" },
    { "test",    OPTION_FLAG, PLACE(test),    "false", "send a made-up event to each target once, and print how that went" },
};
/* clang-format on */

static const struct option_table table = { rows, sizeof rows / sizeof rows[0] };

struct notifier {
    struct session session;
    struct targets targets;
    struct arena *arena;  /* of the targets */
    struct str token;     /* of a process, for leases */
    int64_t leased_until; /* ticks: until then nobody else tells the target */
    int64_t retry_after;  /* the seconds that a target asks to wait, or 0 */
};

/* ---- a process ---- */

static void sleep_for(int milliseconds)
{
    if (!session_signal())
        (void)poll(NULL, 0, milliseconds);
}

static enum outcome lease(struct notifier *notifier, const struct target *target, int64_t time)
{
    int64_t asked_at = instant_ticks();
    enum outcome outcome;
    struct ask ask;

    session_ask(&notifier->session, &ask);
    notices_lease(&ask, target->name, notifier->token, time);
    outcome = command_await(notifier->session.store, &ask);
    if (outcome == FOUND)
        notifier->leased_until = asked_at + time;
    return outcome;
}

/* Whether the lease lasts until the target has answered. It may not if Redis was slow, or this
 * process stood still: another one may have told the target newer events by then. */
static bool may_send(const struct notifier *notifier, const struct target *target)
{
    return instant_ticks() + (int64_t)target->timeout * 1000 <= notifier->leased_until;
}

enum pass { SENT, NOTHING, REFUSED, UNNOTED };

/* Reads the notices and tells them, unless events are still being gathered. REFUSED if the target
 * does not take them; UNNOTED if Redis does not note that it has, as they will be sent again. */
static enum pass tell(struct notifier *notifier, const struct target *target)
{
    struct session *session = &notifier->session;
    int64_t now = instant_now().seconds;
    struct delivery delivery;
    struct notices notices;
    struct ask ask;

    session_ask(session, &ask);
    notices_read(&ask, target->name, &notices);
    if (command_await(session->store, &ask) != FOUND)
        return NOTHING;
    delivery = deliver_decide(&notices, target, now, session->arena);
    if (delivery.count) {
        const struct message message = { .events = delivery.events,
                                         .count = delivery.count,
                                         .now = now };

        if (notices.count < NOTICES_MAX && delivery.oldest + (int64_t)target->group > now)
            return NOTHING;
        if (!may_send(notifier, target))
            return NOTHING;
        if (!deliver_send(&message, target, session->arena, &notifier->retry_after))
            return REFUSED;
    }
    session_ask(session, &ask);
    notices_done(&ask, target->name, &notices);
    if (notices.count && command_await(session->store, &ask) != UPDATED) {
        log_line(LOG_WARNING, "Redis does not note what %.*s was told", STR_ARGS(target->name));
        notifier->retry_after = 0;
        return UNNOTED;
    }
    return delivery.count ? SENT : NOTHING;
}

/* The pause after a refusal, in milliseconds: ours, or a longer one that the target asks for. */
static int64_t pause_of(const struct notifier *notifier, int64_t ours)
{
    int64_t most = RETRY_AFTER_MAX;
    int64_t asked = notifier->retry_after < most / 1000 ? notifier->retry_after * 1000 : most;

    return asked > ours ? asked : ours;
}

/* Tells a target while it holds the lease. */
static void serve(struct notifier *notifier, const struct target *target)
{
    int64_t again_at = 0;
    int pause = BACK_OFF_FIRST;

    log_line(LOG_NOTICE, "%.*s is told from here", STR_ARGS(target->name));
    while (!session_signal() && lease(notifier, target, LEASE) != NOOP) {
        enum pass pass = NOTHING;

        if (instant_ticks() >= again_at)
            pass = tell(notifier, target);
        if (pass == SENT)
            pause = BACK_OFF_FIRST;
        if (pass == REFUSED || pass == UNNOTED) {
            int most = pass == REFUSED ? BACK_OFF_MAX : BACK_OFF_REDIS;
            int64_t wait = pause_of(notifier, pause < most ? pause : most);

            again_at = instant_ticks() + wait;
            log_line(LOG_NOTICE, "%.*s is asked again in %lld s", STR_ARGS(target->name),
                     (long long)wait / 1000);
            pause = pause * 2 < BACK_OFF_MAX ? pause * 2 : BACK_OFF_MAX;
        }
        (void)store_tick(notifier->session.store);
        arena_reset(notifier->session.arena);
        if (pass != SENT)
            sleep_for(LOOK_AGAIN);
    }
    (void)lease(notifier, target, 0);
}

static void listen_to_signals(void)
{
    sigset_t ends;

    session_catch_signals();
    (void)sigemptyset(&ends);
    (void)sigaddset(&ends, SIGTERM);
    (void)sigaddset(&ends, SIGINT);
    (void)sigprocmask(SIG_UNBLOCK, &ends, NULL);
}

static bool work(void *context)
{
    struct notifier *notifier = context;
    struct session *session = &notifier->session;

    listen_to_signals();
    notifier->token = id_new(notifier->arena);
    session->arena = arena_new();
    session->settings = config_settings(&session->config);
    session->store =
        store_open(&session->config.address, &session->settings, (int)session->config.patience);
    while (!session_signal()) {
        for (size_t i = 0; i < notifier->targets.count && !session_signal(); i++)
            if (lease(notifier, &notifier->targets.rows[i], LEASE) == FOUND)
                serve(notifier, &notifier->targets.rows[i]);
        (void)store_tick(session->store);
        arena_reset(session->arena);
        sleep_for(ASK_AGAIN);
    }
    session_close(session);
    return true;
}

/* ---- the command ---- */

static int test_targets(struct notifier *notifier)
{
    const struct event event = { .id = id_new(notifier->arena),
                                 .word = EVENT_FAILING,
                                 .connector = STR("test"),
                                 .name = STR("A test of lastsync notify"),
                                 .service_type = STR(""),
                                 .told = STR(""),
                                 .state = STR("failing"),
                                 .failures = STR("1"),
                                 .error = STR("error: this is only a test") };
    const struct message message = {
        .events = &event, .count = 1, .now = instant_now().seconds, .is_test = true
    };
    int status = COMMAND_DONE;

    for (size_t i = 0; i < notifier->targets.count; i++) {
        const struct target *target = &notifier->targets.rows[i];
        bool taken = deliver_send(&message, target, notifier->arena, &notifier->retry_after);

        (void)printf("%.*s: %s\n", STR_ARGS(target->name), taken ? "taken" : "not taken");
        if (!taken)
            status = COMMAND_FAILED;
    }
    return status;
}

static int run_pool(struct notifier *notifier)
{
    unsigned count = (unsigned)notifier->targets.count;

    if (!notifier->session.config.events)
        log_line(LOG_WARNING, "events are off by --events: unless the workers have another "
                              "configuration, nothing will be told");
    (void)metrics_open(pool_slots(count));
    notifier->session.config.address.schema_use = SCHEMA_SERVED;
    systemd_tell_ready();
    return pool_run(&(struct pool_options){
               .count = count, .work = work, .context = notifier, .patience = LEAVING })
               ? COMMAND_DONE
               : COMMAND_FAILED;
}

int notify_run(int count, char **arguments)
{
    static struct notifier notifier;
    struct notify_options options;
    struct command_line line = {
        .usage = "notify --targets=FILE [option ...]",
        .help = "Tells the targets in a file (webhooks, Slack, Alertmanager, mailboxes) when "
                "connectors "
                "begin to fail, are late or lost, and recover. SIGTERM ends it.",
        .own = &table,
        .own_place = &options,
    };
    enum config_result result =
        config_read_command(&notifier.session.config, &line, count, arguments);
    int status;

    if (result != CONFIG_READ)
        return config_status(result);
    notifier.arena = arena_new();
    if (!targets_read(options.targets, notifier.arena, &notifier.targets))
        status = COMMAND_MISCONFIGURED;
    else
        status = options.test ? test_targets(&notifier) : run_pool(&notifier);
    arena_free(notifier.arena);
    return status;
}
