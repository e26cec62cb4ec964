/* deliver.c: decides and sends. */
#include "notify/deliver.h"

#include "base/digest.h"
#include "base/log.h"
#include "base/number.h"
#include "base/text.h"
#include "notify/post.h"

/* ---- deciding ---- */

/* "<state> <second>". */
struct record {
    struct str state; /* empty: none */
    int64_t second;
};

static struct record read_record(struct str text)
{
    struct record record = { .state = str_take(&text, ' ') };

    (void)number_truncate(str_or_empty(text), &record.second);
    record.state = str_or_empty(record.state);
    return record;
}

/* The last thing that the target has been told of the connector before this notice. */
static struct record told_before(const struct notices *notices, size_t at)
{
    for (size_t i = at; i-- > 0;)
        if (str_equal(notices->rows[i].connector, notices->rows[at].connector) &&
            !str_equal(notices->rows[i].told_now, STR("-")))
            return read_record(notices->rows[i].told_now);
    return read_record(notices->rows[at].told);
}

static enum event_word word_of(struct str text)
{
    enum event_word word = 0;

    while (word < EVENTS && !str_equal(event_words[word], text))
        word++;
    return word;
}

static bool passes(const struct notice *notice, const struct target *target, enum event_word word)
{
    return target->events[word] &&
           (!target->types || glob_fits(target->types, notice->service_type)) &&
           (!target->connectors || glob_fits(target->connectors, notice->connector));
}

/* The end of a bad state that another one puts an end to; EVENTS: it goes on beside the other. */
static enum event_word end_of(enum event_word state)
{
    switch (state) {
    case EVENT_FAILING:
        return EVENT_RECOVERED;
    case EVENT_LOST:
        return EVENT_BACK;
    default:
        return EVENTS;
    }
}

static enum event_word tell_end(struct notice *notice, enum event_word word, struct record before,
                                struct arena *arena)
{
    notice->told_now =
        word == EVENT_DELETED ? STR("") : arena_format(arena, "ok %lld", (long long)before.second);
    return word;
}

/* Until when the beginning of a bad state is held back, 0: it is not. */
static int64_t hold_of(const struct notice *notice, struct record before,
                       const struct target *target, int64_t now)
{
    int64_t window_ends = before.second + (int64_t)target->window;

    if (notice->muted_until > now)
        return notice->muted_until;
    if (str_equal(before.state, STR("ok")) && before.second <= now && window_ends > now)
        return window_ends;
    return 0;
}

/* Gives what the target is told of the notice: its word; if it is not told of that, the end of the
 * bad state that it was told of and that has ended so; or EVENTS for nothing. Sets what becomes of
 * the notice. */
static enum event_word decide(struct notice *notice, enum event_word word, struct record before,
                              const struct target *target, int64_t now, struct arena *arena)
{
    enum event_word told = word_of(before.state), end = end_of(told);

    if (word == EVENTS || word == told)
        return EVENTS;
    if (event_is_end(word))
        return told == EVENTS ? EVENTS : tell_end(notice, word, before, arena);
    if (passes(notice, target, word)) {
        notice->hold_until = hold_of(notice, before, target, now);
        if (!notice->hold_until) {
            notice->told_now =
                arena_format(arena, "%.*s %lld", STR_ARGS(event_words[word]), (long long)now);
            return word;
        }
    }
    return end == EVENTS ? EVENTS : tell_end(notice, end, before, arena);
}

static struct event event_of(const struct notice *notice, enum event_word word,
                             struct record before, struct arena *arena)
{
    bool held = !notice->entry.len;
    struct record now = read_record(notice->now);
    struct event event = {
        .id =
            held ? arena_format(arena, "%u:%.*s:%lld%s", notice->shard, STR_ARGS(notice->connector),
                                (long long)now.second, event_is_end(word) ? ":end" : "")
                 : arena_format(arena, "%u:%.*s", notice->shard, STR_ARGS(notice->entry)),
        .word = word,
        .connector = notice->connector,
        .name = notice->name,
        .service_type = notice->service_type,
        .told = str_equal(before.state, STR("ok")) ? STR("") : before.state,
        .state = held ? now.state : str_or_empty(notice->fields[EVENT_STATE]),
        .since = now.second,
        .failures = str_or_empty(notice->fields[EVENT_FAILURES]),
        .error = str_or_empty(notice->fields[EVENT_ERROR]),
    };

    if (notice->fields[EVENT_SINCE].len)
        (void)number_truncate(notice->fields[EVENT_SINCE], &event.since);
    return event;
}

/* Since when a notice is gathered: since it happened, by Redis's clock. An entry's id begins with
 * its milliseconds. If these are far ahead, because that clock is or was, it is not gathered: 0. */
static int64_t gathered_since(const struct notice *notice, const struct target *target, int64_t now)
{
    struct str rest = notice->entry;
    int64_t millis = 0;

    (void)number_truncate(str_take(&rest, '-'), &millis);
    return millis / 1000 > now + (int64_t)target->group ? 0 : millis / 1000;
}

struct delivery deliver_decide(struct notices *notices, const struct target *target, int64_t now,
                               struct arena *arena)
{
    struct delivery delivery = {
        .events = arena_take(arena, (notices->count + 1) * sizeof *delivery.events),
        .oldest = now,
    };

    for (size_t i = 0; i < notices->count; i++) {
        struct notice *notice = &notices->rows[i];
        struct record before = told_before(notices, i);
        int64_t since = gathered_since(notice, target, now);
        enum event_word word = word_of(notice->entry.len ? str_or_empty(notice->fields[EVENT_WORD])
                                                         : read_record(notice->now).state);

        word = decide(notice, word, before, target, now, arena);
        if (word == EVENTS)
            continue;
        delivery.events[delivery.count++] = event_of(notice, word, before, arena);
        if (since < delivery.oldest)
            delivery.oldest = since;
    }
    return delivery;
}

/* ---- sending ---- */

/* Signs "<time>.<body>": a receiver that checks the time, too, is safe from replays. */
static void sign(struct post *post, const struct message *message, const struct target *target,
                 struct arena *arena)
{
    struct digest digest;
    char hex[2 * DIGEST_BYTES];

    if (!target->secret.len)
        return;
    digest = digest_hmac(target->secret, arena_format(arena, "%lld.%.*s", (long long)message->now,
                                                      STR_ARGS(post->body)));
    post->headers[0] = arena_format(arena, "X-Lastsync-Timestamp: %lld", (long long)message->now);
    post->headers[1] = arena_format(arena, "X-Lastsync-Signature: sha256=%.*s",
                                    STR_ARGS(digest_write(&digest, hex)));
}

/* A target's URL names Alertmanager's server, without /api/v2/alerts, as in Prometheus's
 * configuration. */
static struct str url_of(const struct target *target, struct arena *arena)
{
    size_t len = target->url.len;

    if (target->type != TARGET_ALERTMANAGER)
        return target->url;
    while (len && target->url.ptr[len - 1] == '/')
        len--;
    return arena_format(arena, "%.*s/api/v2/alerts", (int)len, target->url.ptr);
}

bool deliver_send(const struct message *message, const struct target *target, struct arena *arena,
                  int64_t *retry_after)
{
    struct post post = { .url = url_of(target, arena),
                         .body = message_body(message, target, arena),
                         .from = target->from,
                         .to = target->to,
                         .to_count = target->to_count,
                         .seconds = (long)target->timeout };
    struct post_fault fault;

    sign(&post, message, target, arena);
    if (post_send(&post, &fault)) {
        log_line(LOG_INFO, "%.*s is told of %zu events", STR_ARGS(target->name), message->count);
        return true;
    }
    log_line(LOG_WARNING, "%.*s does not take %zu events: %s", STR_ARGS(target->name),
             message->count, fault.text);
    *retry_after = fault.retry_after;
    return false;
}
