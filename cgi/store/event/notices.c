/* notices.c: reads the notices of targets, and settles them. */
#include "store/event/notices.h"

#include "base/instant.h"
#include "base/number.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

/* ---- the lease ---- */

static void after_lease(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? FOUND : NOOP);
}

void notices_lease(struct ask *ask, struct str target, struct str token, int64_t milliseconds)
{
    ask_then(ask, after_lease);
    ASK_SCRIPT(ask, &script_lease, key_notify_lease(ask, target), token,
               ask_number(ask, milliseconds));
}

/* ---- reading ---- */

/* The items of a notice before its fields; see notices_read.lua. */
enum { ENTRY, HELD, CONNECTOR_ID, CONNECTOR_NAME, TYPE, NOW, MUTED, TOLD_LAST, FIELDS };

static void read_notice(const struct reply *item, unsigned shard, struct notice *notice)
{
    *notice = (struct notice){
        .shard = shard,
        .entry = str_or_empty(reply_item(item, ENTRY)),
        .held = str_or_empty(reply_item(item, HELD)),
        .connector = str_or_empty(reply_item(item, CONNECTOR_ID)),
        .name = str_or_empty(reply_item(item, CONNECTOR_NAME)),
        .service_type = str_or_empty(reply_item(item, TYPE)),
        .now = str_or_empty(reply_item(item, NOW)),
        .told = str_or_empty(reply_item(item, TOLD_LAST)),
        .told_now = STR("-"),
    };
    (void)number_truncate(str_or_empty(reply_item(item, MUTED)), &notice->muted_until);
    for (size_t at = FIELDS; at + 1 < item->count; at += 2)
        for (size_t field = 0; field < EVENT_FIELDS; field++)
            if (str_equal(reply_item(item, at), event_names[field]))
                notice->fields[field] = reply_item(item, at + 1);
}

/* When a notice happened, in milliseconds since 1970; those held back come behind all others. */
static int64_t time_of(const struct reply *item)
{
    struct str entry = str_or_empty(reply_item(item, ENTRY));
    int64_t millis = INT64_MAX;

    if (entry.len)
        (void)number_truncate(str_take(&entry, '-'), &millis);
    return millis;
}

/* Finds the shard whose next notice is the oldest; false if there is none any more. */
static bool find_oldest(struct ask *ask, const struct reply *replies, const size_t *taken,
                        unsigned *oldest)
{
    bool found = false;

    for (unsigned shard = 0; shard < key_shards(ask); shard++) {
        if (taken[shard] == replies[shard].count)
            continue;
        if (!found || time_of(&replies[shard].items[taken[shard]]) <
                          time_of(&replies[*oldest].items[taken[*oldest]]))
            *oldest = shard;
        found = true;
    }
    return found;
}

/* FOUND if any shard has answered, else what became of the last one. */
static enum outcome outcome_of(const struct ask *ask, const struct reply *replies)
{
    enum outcome outcome = FOUND;

    for (unsigned shard = 0; shard < key_shards(ask); shard++) {
        if (replies[shard].kind != REPLY_ERROR)
            return FOUND;
        outcome = (enum outcome)replies[shard].number;
    }
    return outcome;
}

static void after_read(struct ask *ask, const struct reply *replies)
{
    struct notices *read = ask->operation;
    size_t *taken = arena_take_cleared(ask->arena, key_shards(ask) * sizeof *taken);
    unsigned shard = 0;

    read->rows = arena_take(ask->arena, NOTICES_MAX * sizeof *read->rows);
    read->count = 0;
    while (read->count < NOTICES_MAX && find_oldest(ask, replies, taken, &shard))
        read_notice(&replies[shard].items[taken[shard]++], shard, &read->rows[read->count++]);
    ask_end(ask, outcome_of(ask, replies));
}

void notices_read(struct ask *ask, struct str target, struct notices *read)
{
    int64_t now = instant_now().seconds;

    ask->operation = read;
    ask->takes_parts = true;
    ask_then(ask, after_read);
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        ASK_SCRIPT(ask, &script_notices_read, key_events(ask, shard), key_prefix(ask, shard),
                   target, ask_number(ask, now), ask_number(ask, NOTICES_MAX));
}

/* ---- settling ---- */

static void after_done(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, UPDATED);
}

static bool add_shard(struct ask *ask, struct str target, const struct notices *done,
                      unsigned shard)
{
    bool added = false;

    for (size_t i = 0; i < done->count; i++) {
        const struct notice *notice = &done->rows[i];

        if (notice->shard != shard)
            continue;
        if (!added)
            ASK_SCRIPT(ask, &script_notices_done, key_events(ask, shard), key_prefix(ask, shard),
                       target);
        added = true;
        ask_word(ask, notice->entry);
        ask_word(ask, notice->held);
        ask_word(ask, notice->connector);
        ask_word_number(ask, notice->muted_until);
        ask_word_number(ask, notice->hold_until);
        ask_word(ask, notice->told_now);
    }
    return added;
}

void notices_done(struct ask *ask, struct str target, const struct notices *done)
{
    bool added = false;

    ask_then(ask, after_done);
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        added |= add_shard(ask, target, done, shard);
    if (!added)
        ask_end(ask, UPDATED);
}

/* ---- what waits ---- */

static struct waiting *waiting_of(struct waitings *read, struct str target)
{
    for (size_t i = 0; i < read->count; i++)
        if (str_equal(read->rows[i].target, target))
            return &read->rows[i];
    read->rows[read->count] = (struct waiting){ .target = target };
    return &read->rows[read->count++];
}

static void add_waiting(struct waitings *read, const struct reply *reply, size_t at)
{
    struct waiting *waiting = waiting_of(read, reply_item(reply, at));
    int64_t since = 0;

    if (reply->items[at + 1].number > 0)
        waiting->events += (uint64_t)reply->items[at + 1].number;
    (void)number_truncate(str_or_empty(reply_item(reply, at + 2)), &since);
    if (since && (!waiting->since || since < waiting->since))
        waiting->since = since;
}

static void after_waiting(struct ask *ask, const struct reply *replies)
{
    struct waitings *read = ask->operation;
    size_t most = 0;

    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        most += replies[shard].count;
    read->rows = arena_take(ask->arena, (most / 3 + 1) * sizeof *read->rows);
    read->count = 0;
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        for (size_t i = 0; i + 2 < replies[shard].count; i += 3)
            add_waiting(read, &replies[shard], i);
    ask_end(ask, FOUND);
}

void notices_waiting(struct ask *ask, struct waitings *read)
{
    ask->operation = read;
    ask_then(ask, after_waiting);
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        ASK_SCRIPT(ask, &script_notices_waiting, key_events(ask, shard));
}
