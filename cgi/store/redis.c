/* redis.c: the pipeline to Redis. The only file that knows hiredis. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "store/resp.h"
#include "store/store.h"

enum {
    GREETING_MILLISECONDS = 1000, /* to connect and to be greeted */
    GREETING_TICK = 5,
    CONNECT_MILLISECONDS = 200, /* the same while requests wait for it */
    RETRY_MILLISECONDS = 100,
    IDLE_MILLISECONDS = 200 /* after which a connection is looked at before it is used */
};

enum connection_state {
    AWAY_FROM_REDIS, /* no connection; looks for one at retry_at */
    GREETING,        /* connected, the replies to the greeting are due */
    READY
};

struct store {
    const struct store_address *address;
    int patience;
    redisContext *connection;
    enum connection_state state;
    int greetings;     /* replies to the greeting that are still due */
    int greeting_sent; /* whether all of it was */
    int64_t since;     /* ticks: when it began */
    int64_t retry_at;  /* ticks */
    int64_t used_at;   /* ticks: when a flush last succeeded */
    bool complained;   /* of Redis being away, since it was last there */
    bool unusable;     /* a reply said that this connection is of no more use */

    struct ask **asks;
    size_t ask_count, ask_room;
    struct reply *replies; /* to the commands of all asks, in their order */
    bool *due;             /* which of them are sent */
    size_t reply_room;
};

/* ---- errors ---- */

/* What Redis's error words mean: AWAY may pass, FAULTY will not by itself. Any other word is
 * FAULTY. */
static const struct {
    struct str word;
    enum outcome outcome;
    bool reconnect; /* another server may stand behind the address by now */
} error_words[] = {
    { STR_ROW("BUSY"), AWAY },
    { STR_ROW("CLUSTERDOWN"), AWAY },
    { STR_ROW("ERR max number of clients reached"), AWAY, true },
    { STR_ROW("LOADING"), AWAY },
    { STR_ROW("MASTERDOWN"), AWAY },
    { STR_ROW("MISCONF"), AWAY },
    { STR_ROW("NOREPLICAS"), AWAY },
    { STR_ROW("OOM"), AWAY },
    { STR_ROW("READONLY"), AWAY, true },
    { STR_ROW("TRYAGAIN"), AWAY },
    { STR_ROW("UNBLOCKED"), AWAY },
};

static bool is_word(struct str message, struct str word)
{
    return str_starts(message, word) && (message.len == word.len || message.ptr[word.len] == ' ');
}

static enum outcome outcome_of_error(struct store *store, struct str message)
{
    for (size_t i = 0; i < sizeof error_words / sizeof error_words[0]; i++) {
        if (!is_word(message, error_words[i].word))
            continue;
        store->unusable |= error_words[i].reconnect;
        log_repeated(LOG_WARNING, "Redis cannot serve now: %.*s", STR_ARGS(message));
        return error_words[i].outcome;
    }
    log_repeated(LOG_ERROR, "Redis refuses: %.*s", STR_ARGS(message));
    return FAULTY;
}

/* ---- the connection ---- */

/* `why` may lie in the connection. */
static void disconnect(struct store *store, const char *why)
{
    if (!store->complained)
        log_line(LOG_ERROR, "Redis is away: %s", why);
    store->complained = true;
    redisFree(store->connection);
    store->connection = NULL;
    store->state = AWAY_FROM_REDIS;
    store->retry_at = instant_ticks() + RETRY_MILLISECONDS;
}

static const char *connection_error(const struct store *store)
{
    return store->connection->errstr[0] ? store->connection->errstr : "the connection failed";
}

/* Waits until the connection can be read (or written, where there is something to write). */
static bool wait_for(struct store *store, bool writing, int64_t until)
{
    struct pollfd poll_for = { store->connection->fd, (short)(POLLIN | (writing ? POLLOUT : 0)),
                               0 };
    int64_t left = until - instant_ticks();
    int ready = poll(&poll_for, 1, left > 0 ? (int)left : 0);

    return ready > 0 || (ready < 0 && errno == EINTR);
}

/* Begins to connect, and prepares the greeting, which greet() sends. Only a host's name may make
 * this wait, for whoever resolves it; all other waiting is ours, by the deadline of the whole
 * flush. */
static void connect_to_redis(struct store *store)
{
    const struct store_address *address = store->address;

    store->connection = address->path ? redisConnectUnixNonBlock(address->path)
                                      : redisConnectNonBlock(address->host, address->port);
    if (!store->connection)
        abort();
    if (store->connection->err) {
        disconnect(store, connection_error(store));
        return;
    }
    store->greetings = 0;
    if (address->database) {
        (void)redisAppendCommand(store->connection, "SELECT %u", address->database);
        store->greetings++;
    }
    (void)redisAppendCommand(store->connection, "PING");
    store->greetings++;
    store->state = GREETING;
    store->greeting_sent = false;
    store->since = instant_ticks();
}

/* PING may be refused because Redis loads its data, say: then it is there, and says so to each
 * request. But without the SELECT before it we would write to the wrong database. */
static bool accept_greeting(struct store *store, const redisReply *reply)
{
    struct str message = { reply->str, reply->len };
    bool selecting = store->greetings > 1;

    if (reply->type != REDIS_REPLY_ERROR)
        return true;
    (void)outcome_of_error(store, message);
    if (!selecting && !store->unusable)
        return true;
    disconnect(store, reply->str);
    return false;
}

/* Sends the greeting and takes what replies to it have come, without waiting. */
static void greet(struct store *store)
{
    void *reply = NULL;

    if (redisBufferWrite(store->connection, &store->greeting_sent) != REDIS_OK ||
        redisBufferRead(store->connection) != REDIS_OK) {
        disconnect(store, connection_error(store));
        return;
    }
    store->unusable = false;
    while (store->greetings) {
        bool accepted;

        if (redisReaderGetReply(store->connection->reader, &reply) != REDIS_OK) {
            disconnect(store, "it does not speak Redis's protocol");
            return;
        }
        if (!reply)
            return;
        accepted = accept_greeting(store, reply);
        freeReplyObject(reply);
        if (!accepted)
            return;
        store->greetings--;
    }
    store->state = READY;
    store->used_at = instant_ticks();
    if (store->complained)
        log_line(LOG_NOTICE, "Redis is back");
    store->complained = false;
}

int store_tick(struct store *store)
{
    int64_t now = instant_ticks();

    if (store->state == READY)
        return -1;
    if (store->state == AWAY_FROM_REDIS) {
        if (now < store->retry_at)
            return (int)(store->retry_at - now);
        connect_to_redis(store);
    }
    if (store->state == GREETING)
        greet(store);
    if (store->state == GREETING && now - store->since > GREETING_MILLISECONDS)
        disconnect(store, "it does not answer");
    if (store->state == READY)
        return -1;
    return store->state == GREETING ? GREETING_TICK : RETRY_MILLISECONDS;
}

/* Whether Redis has closed the connection while nobody looked. */
static bool was_closed(const struct store *store)
{
    char byte;

    return recv(store->connection->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EINTR);
}

/* Connects, and waits a little for Redis to greet. */
static void connect_now(struct store *store)
{
    int64_t until = instant_ticks() + CONNECT_MILLISECONDS;

    connect_to_redis(store);
    while (store->state == GREETING) {
        greet(store);
        if (store->state == GREETING &&
            (!wait_for(store, !store->greeting_sent, until) || instant_ticks() >= until))
            return;
    }
}

/* Makes a connection that was closed while it lay idle into a new one, so that a Redis that was
 * merely restarted costs no request. */
static void refresh(struct store *store)
{
    bool idle = instant_ticks() - store->used_at > IDLE_MILLISECONDS;

    if (store->state != READY || !idle || !was_closed(store))
        return;
    disconnect(store, "it closed the connection");
    connect_now(store);
}

/* ---- the pipeline ---- */

static void append(struct store *store, const struct ask *ask, const struct command *command,
                   bool as_text)
{
    struct str bytes = resp_encode(command, as_text, ask->arena);

    if (redisAppendFormattedCommand(store->connection, bytes.ptr, bytes.len) != REDIS_OK)
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
    redisContext *connection = store->connection;
    void *raw = NULL;
    int written = 0;

    for (;;) {
        if (redisReaderGetReply(connection->reader, &raw) != REDIS_OK) {
            disconnect(store, "it does not speak Redis's protocol");
            return false;
        }
        if (raw)
            break;
        if (redisBufferWrite(connection, &written) != REDIS_OK) {
            disconnect(store, connection_error(store));
            return false;
        }
        if (!wait_for(store, !written, until)) {
            disconnect(store, "it does not answer in time");
            return false;
        }
        if (redisBufferRead(connection) != REDIS_OK) {
            disconnect(store, connection_error(store));
            return false;
        }
    }
    arena_defer(arena, freeReplyObject, raw);
    *reply = read_reply(arena, raw);
    return true;
}

static bool is_unknown_script(const struct reply *reply)
{
    return reply->kind == REPLY_ERROR && is_word(reply->text, STR("NOSCRIPT"));
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

    for (size_t i = 0; i < store->ask_count; first += store->asks[i++]->command_count)
        for (size_t k = 0; k < store->asks[i]->command_count; k++)
            store->due[first + k] =
                !again || is_due_again(store->asks[i], store->replies + first, k);
}

/* Sends all commands, or those that are due again, and reads their replies in order. */
static bool exchange(struct store *store, bool again, int64_t until)
{
    size_t at = 0;

    mark_due(store, again);
    for (size_t i = 0; i < store->ask_count; i++)
        for (size_t k = 0; k < store->asks[i]->command_count; k++, at++)
            if (store->due[at])
                append(store, store->asks[i], &store->asks[i]->commands[k], again);
    at = 0;
    for (size_t i = 0; i < store->ask_count; i++)
        for (size_t k = 0; k < store->asks[i]->command_count; k++, at++)
            if (store->due[at] &&
                !next_reply(store, until, store->asks[i]->arena, &store->replies[at]))
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

static const struct reply *first_error(const struct reply *replies, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (replies[i].kind == REPLY_ERROR)
            return &replies[i];
    return NULL;
}

/* Lets each ask take its step, and keeps those that want another one. */
static void take_steps(struct store *store)
{
    const struct reply *replies = store->replies;
    size_t kept = 0;

    for (size_t i = 0; i < store->ask_count; i++) {
        struct ask *ask = store->asks[i];
        const struct reply *own = replies, *error = first_error(own, ask->command_count);

        replies += ask->command_count;
        if (error)
            ask_end(ask, outcome_of_error(store, error->text));
        else
            ask->next(ask, own);
        if (ask->outcome == ASKING)
            store->asks[kept++] = ask;
    }
    store->ask_count = kept;
}

static void end_all(struct store *store)
{
    for (size_t i = 0; i < store->ask_count; i++)
        ask_end(store->asks[i], AWAY);
    store->ask_count = 0;
}

/* Makes room for the replies to all commands, and gives how many that are. */
static size_t make_room(struct store *store)
{
    size_t count = 0;

    for (size_t i = 0; i < store->ask_count; i++)
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

void store_flush(struct store *store)
{
    int64_t until;
    size_t count;

    if (!store->ask_count)
        return;
    refresh(store);
    until = instant_ticks() + store->patience;
    count = make_room(store);
    if (store->state != READY || !exchange(store, false, until) ||
        (any_unknown_script(store, count) && !exchange(store, true, until))) {
        end_all(store);
        return;
    }
    store->used_at = instant_ticks();
    store->unusable = false;
    take_steps(store);
    if (store->unusable)
        disconnect(store, "another server may stand behind its address by now");
}

void store_send(struct store *store, struct ask *ask)
{
    if (store->ask_count == store->ask_room) {
        store->ask_room = store->ask_room ? store->ask_room * 2 : 64;
        store->asks = realloc(store->asks, store->ask_room * sizeof(struct ask *));
        if (!store->asks)
            abort();
    }
    store->asks[store->ask_count++] = ask;
}

bool store_pending(const struct store *store)
{
    return store->ask_count > 0;
}

struct store *store_open(const struct store_address *address, int patience)
{
    struct store *store = calloc(1, sizeof *store);

    if (!store)
        abort();
    store->address = address;
    store->patience = patience;
    connect_now(store);
    return store;
}

void store_close(struct store *store)
{
    if (store->connection)
        redisFree(store->connection);
    free(store->asks);
    free(store->replies);
    free(store->due);
    free(store);
}
