/* redis.c: the pipeline to Redis. It and connection.c are all that knows hiredis. */
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/redis/connection.h"
#include "store/redis/resp.h"

/* What one flush takes: of those that write, what they send; of those that read, what they ask for.
 * What is over waits for the next turn. */
enum {
    WRITTEN_MAX = 4 * 1024 * 1024, /* bytes; one ask may have more */
    EXPECTED_MAX = 512 * 1024      /* bytes of replies, about; one ask may expect more */
};

struct store {
    struct connection connection;
    int patience;

    struct ask **asks;   /* those of a flush that is under way come first */
    struct ask **others; /* as much room, to sort them */
    size_t ask_count, ask_room;
    size_t flushed;        /* how many these are */
    struct reply *replies; /* to their commands, in their order */
    bool *due;             /* which of them are sent */
    size_t reply_room;
};

/* ---- the pipeline ---- */

static void append(struct store *store, struct ask *ask, const struct command *command,
                   bool as_text)
{
    struct str bytes = resp_encode(command, as_text, ask_memory(ask));

    if (redisAppendFormattedCommand(store->connection.context, bytes.ptr, bytes.len) != REDIS_OK)
        abort();
}

/* A view of hiredis's reply, which then lives as long as the arena. */
static struct reply read_reply(struct arena *arena, const redisReply *raw)
{
    struct reply reply = { .kind = REPLY_NOTHING };
    struct reply *items;

    switch (raw->type) {
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_ERROR:
        reply.kind = raw->type == REDIS_REPLY_ERROR ? REPLY_ERROR : REPLY_TEXT;
        reply.text = (struct str){ raw->str, (size_t)raw->len };
        break;
    case REDIS_REPLY_INTEGER:
        reply.kind = REPLY_NUMBER;
        reply.number = raw->integer;
        break;
    case REDIS_REPLY_ARRAY:
        reply.kind = REPLY_LIST;
        reply.count = raw->elements;
        items = arena_take(arena, (raw->elements + 1) * sizeof *items);
        for (size_t i = 0; i < raw->elements; i++)
            items[i] = read_reply(arena, raw->element[i]);
        reply.items = items;
        break;
    default:
        break;
    }
    return reply;
}

/* Takes the next reply, and gives false when Redis fails or `until` has come. */
static bool next_reply(struct store *store, int64_t until, struct arena *arena, struct reply *reply)
{
    struct connection *connection = &store->connection;
    redisContext *context = connection->context;
    void *raw = NULL;
    int written = 0;

    for (;;) {
        if (redisReaderGetReply(context->reader, &raw) != REDIS_OK) {
            connection_drop(connection, FAILED_PROTOCOL, "it does not speak Redis's protocol");
            return false;
        }
        if (raw)
            break;
        if (redisBufferWrite(context, &written) != REDIS_OK) {
            connection_drop(connection, FAILED_CONNECTION, NULL);
            return false;
        }
        if (!connection_wait(connection, !written, until)) {
            connection_drop(connection, FAILED_IN_TIME, "it does not answer in time");
            return false;
        }
        if (redisBufferRead(context) != REDIS_OK) {
            connection_drop(connection, FAILED_CONNECTION, NULL);
            return false;
        }
    }
    arena_defer(arena, freeReplyObject, raw);
    *reply = read_reply(arena, raw);
    return true;
}

static bool is_unknown_script(const struct reply *reply)
{
    return reply->kind == REPLY_ERROR && str_starts(reply->text, STR("NOSCRIPT "));
}

/* Whether a command must be sent once more after scripts were unknown: such a script, and what is
 * read behind it, for it was read before the script ran. */
static bool is_due_again(const struct ask *ask, const struct reply *replies, size_t at)
{
    if (is_unknown_script(&replies[at]))
        return true;
    for (size_t i = 0; i < at && !ask->commands[at].script; i++)
        if (is_unknown_script(&replies[i]))
            return true;
    return false;
}

static void mark_due(struct store *store, bool again)
{
    size_t first = 0;

    for (size_t i = 0; i < store->flushed; first += store->asks[i++]->command_count)
        for (size_t k = 0; k < store->asks[i]->command_count; k++)
            store->due[first + k] =
                !again || is_due_again(store->asks[i], store->replies + first, k);
}

/* Sends all commands, or those that are due again, and reads their replies in order. */
static bool exchange(struct store *store, bool again, int64_t until)
{
    size_t at = 0, sent = 0;

    mark_due(store, again);
    for (size_t i = 0; i < store->flushed; i++)
        for (size_t k = 0; k < store->asks[i]->command_count; k++, at++)
            if (store->due[at]) {
                append(store, store->asks[i], &store->asks[i]->commands[k], again);
                sent++;
            }
    metrics_add(METRIC_REDIS_COMMANDS, 0, sent);
    at = 0;
    for (size_t i = 0; i < store->flushed; i++)
        for (size_t k = 0; k < store->asks[i]->command_count; k++, at++)
            if (store->due[at] &&
                !next_reply(store, until, ask_memory(store->asks[i]), &store->replies[at]))
                return false;
    return true;
}

static bool any_unknown_script(const struct store *store, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (is_unknown_script(&store->replies[i]))
            return true;
    return false;
}

/* Judges the errors among the replies to an ask; true where one of them ends it. */
static bool end_by_error(struct store *store, struct ask *ask, struct reply *replies)
{
    for (size_t i = 0; i < ask->command_count; i++) {
        if (replies[i].kind != REPLY_ERROR)
            continue;
        replies[i].number =
            connection_judge(&store->connection, replies[i].text, ask->takes_errors);
        if (ask->takes_errors)
            continue;
        ask_end(ask, (enum outcome)replies[i].number);
        return true;
    }
    return false;
}

/* Whether Redis has served any of the asks: it is no longer loading its data, say. */
static bool has_served(const struct store *store)
{
    const struct reply *replies = store->replies;

    for (size_t i = 0; i < store->flushed; i++) {
        size_t count = store->asks[i]->command_count, served = 0;

        while (served < count && replies[served].kind != REPLY_ERROR)
            served++;
        if (served == count)
            return true;
        replies += count;
    }
    return false;
}

/* Lets each ask of the flush take its step. Those that want another one go behind those that wait
 * for their first. */
static void take_steps(struct store *store)
{
    struct reply *replies = store->replies;
    size_t waiting = store->ask_count - store->flushed, kept = 0;
    struct ask **flushed = store->others;

    memcpy(flushed, store->asks, store->flushed * sizeof(struct ask *));
    memmove(store->asks, store->asks + store->flushed, waiting * sizeof(struct ask *));
    for (size_t i = 0; i < store->flushed; i++) {
        struct ask *ask = flushed[i];
        struct reply *own = replies;

        replies += ask->command_count;
        log_about(ask->subject);
        ask_turn(ask);
        if (!end_by_error(store, ask, own))
            ask->next(ask, own);
        if (ask->outcome == ASKING)
            store->asks[waiting + kept++] = ask;
    }
    log_about(NULL);
    store->ask_count = waiting + kept;
    store->flushed = 0;
}

/* Ends the first `count` asks by what the connection is. */
static void end_first(struct store *store, size_t count)
{
    for (size_t i = 0; i < count; i++)
        ask_end(store->asks[i], store->connection.absence);
    store->ask_count -= count;
    memmove(store->asks, store->asks + count, store->ask_count * sizeof(struct ask *));
}

/* Ends the asks that could not be answered by their deadline any more, and those that were made for
 * data in other shards. */
static void end_late(struct store *store, int64_t until)
{
    size_t kept = 0;

    for (size_t i = 0; i < store->ask_count; i++) {
        struct ask *ask = store->asks[i];

        if (ask->deadline < until || ask->shards != ask->settings->shards)
            ask_end(ask, AWAY);
        else
            store->asks[kept++] = ask;
    }
    store->ask_count = kept;
}

static size_t written_bytes(const struct ask *ask)
{
    size_t bytes = 0;

    for (size_t i = 0; i < ask->command_count; i++)
        for (size_t k = 0; k < ask->commands[i].count; k++)
            bytes += ask->commands[i].words[k].len;
    return bytes;
}

/* Moves the asks of this flush to the front: first those that write, then those that read, each as
 * far as the budget goes, and at least one. */
static void choose_asks(struct store *store)
{
    size_t count = store->ask_count, chosen = 0, left = 0;
    size_t budget[2] = { WRITTEN_MAX, EXPECTED_MAX };
    struct ask **others = store->others;

    for (unsigned reads = 0; reads < 2; reads++) {
        bool any = false;

        left = 0;
        for (size_t i = chosen; i < count; i++) {
            struct ask *ask = store->asks[i];
            size_t cost = reads ? ask->expected : written_bytes(ask);

            if (ask->reads == (reads == 1) && (!any || cost <= budget[reads])) {
                budget[reads] -= cost <= budget[reads] ? cost : budget[reads];
                any = true;
                store->asks[chosen++] = ask;
            } else {
                others[left++] = ask;
            }
        }
        memcpy(store->asks + chosen, others, left * sizeof(struct ask *));
    }
    store->flushed = chosen;
}

/* Makes room for the replies to all commands, and gives how many that are. */
static size_t make_room(struct store *store)
{
    size_t count = 0;

    for (size_t i = 0; i < store->flushed; i++)
        count += store->asks[i]->command_count;
    if (count > store->reply_room) {
        store->replies = realloc(store->replies, count * sizeof *store->replies);
        store->due = realloc(store->due, count * sizeof *store->due);
        if (!store->replies || !store->due)
            abort();
        store->reply_room = count;
    }
    return count;
}

/* Exchanges the commands of the flush for replies. */
static bool exchange_all(struct store *store, int64_t until)
{
    uint64_t began = instant_nanos(), ended;
    size_t count = make_room(store);
    bool exchanged = exchange(store, false, until) &&
                     (!any_unknown_script(store, count) || exchange(store, true, until));

    ended = instant_nanos();
    metrics_observe(METRIC_REDIS_FLUSH_DURATION, ended - began);
    store->connection.used_at = (int64_t)(ended / NANOS_PER_TICK);
    return exchanged;
}

void store_flush(struct store *store)
{
    struct connection *connection = &store->connection;
    int64_t until;

    if (!store->ask_count)
        return;
    connection_refresh(connection);
    if (connection->state != READY) {
        end_first(store, store->ask_count);
        return;
    }
    until = instant_ticks() + store->patience;
    end_late(store, until);
    choose_asks(store);
    if (!store->flushed)
        return;
    if (!exchange_all(store, until)) {
        end_first(store, store->flushed);
        store->flushed = 0;
        if (store->ask_count)
            connection_reopen(connection);
        return;
    }
    connection->unusable = ASKING;
    connection->provable = connection->unproven && has_served(store);
    take_steps(store);
    connection_drop_unusable(connection);
}

int store_tick(struct store *store)
{
    return connection_tick(&store->connection);
}

void store_send(struct store *store, struct ask *ask)
{
    if (store->ask_count == store->ask_room) {
        store->ask_room = store->ask_room ? store->ask_room * 2 : 64;
        store->asks = realloc(store->asks, store->ask_room * sizeof(struct ask *));
        store->others = realloc(store->others, store->ask_room * sizeof(struct ask *));
        if (!store->asks || !store->others)
            abort();
    }
    store->asks[store->ask_count++] = ask;
}

bool store_pending(const struct store *store)
{
    return store->ask_count > 0;
}

struct store *store_open(const struct store_address *address, struct ask_settings *settings,
                         int patience)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        abort();
    store->patience = patience;
    connection_open(&store->connection, address, settings);
    return store;
}

void store_close(struct store *store)
{
    connection_close(&store->connection);
    free(store->asks);
    free(store->others);
    free(store->replies);
    free(store->due);
    free(store);
}
