/* redis.c: the pipelines to Redis. Only the files of this folder know hiredis. */
#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/cluster/probe.h"
#include "store/redis/resp.h"
#include "store/redis/sentinel.h"

/* How much one flush takes: of asks that write, the bytes they send; of asks that read, the bytes
 * they ask for. The others wait for the next turn. */
enum {
    WRITTEN_MAX = 4 * 1024 * 1024, /* bytes; one ask may have more */
    EXPECTED_MAX = 512 * 1024,     /* bytes of replies, about; one ask may expect more */
    ROUNDS_MAX = 6,                /* how often a command is sent on to the node that Redis names */
    OPEN_MILLISECONDS = 1000,      /* that opening waits at most */
    OPEN_TICK = 2,
    ROLE_MILLISECONDS = 1000, /* after which Redis is asked again how many replicas it has */
    WAIT_LATE = 100, /* milliseconds by which Redis may end a WAIT late: it looks ten times a
                        second (hz 10) */
    WAIT_MARGIN = WAIT_LATE + 20 /* between the end of a WAIT and the end of the flush, and half of
                                    that time at most */
};

/* A command of the flush: its ask, its node, and how it is sent. */
struct errand {
    struct ask *ask;
    const struct command *command;
    struct node *node; /* NULL: no node serves it */
    bool due;          /* it is to be sent in the round at hand */
    bool unknown;      /* the node does not know the script */
    bool asking;       /* the node serves it although it does not own the slot yet */
};

/* A script whose text a node is sent in a round. */
struct sent_text {
    const struct node *node;
    const struct script *script;
};

/* In the list of replies that a node owes: other commands than those of asks, which are listed by
 * their place in the flush. */
enum { OWES_ASKING = -1, OWES_ROLE = -2, OWES_WAIT = -3 };

struct store {
    struct nodes nodes;
    struct probe probe; /* of a cluster */
    struct ask look;    /* of one Redis: see look_at_replicas */
    struct arena *look_arena;
    int patience;

    struct ask **asks;   /* those of a flush that is under way come first */
    struct ask **others; /* as much room, to sort them */
    size_t ask_count, ask_room;
    size_t flushed; /* how many these are */

    struct errand *errands; /* their commands, in their order, */
    struct reply *replies;  /* and the replies to them */
    size_t errand_count, errand_room;
    uint64_t round_began;    /* nanoseconds */
    int64_t round_ends;      /* ticks: when it is given up */
    struct sent_text *texts; /* in this round */
    size_t text_count, text_room;
    struct pollfd *polls; /* as much room as there are nodes */
    size_t poll_room;
};

/* ---- replies ---- */

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

/* Puts an error without a text in place of a reply that will not come. */
static void lose_reply(struct store *store, size_t at)
{
    const struct node *node = store->errands[at].node;

    store->replies[at] =
        (struct reply){ .kind = REPLY_ERROR, .number = node ? node->connection.absence : AWAY };
}

static bool is_lost(const struct reply *reply)
{
    return reply->kind == REPLY_ERROR && !reply->text.ptr;
}

/* Marks as lost all replies that a node still owes; its connection is gone. */
static void lose_replies(struct store *store, struct node *node)
{
    for (; node->received < node->due_count; node->received++)
        if (node->due[node->received] >= 0)
            lose_reply(store, (size_t)node->due[node->received]);
}

/* ---- a round: each command that is due is sent, and its reply received ---- */

static void owe(struct node *node, long owed)
{
    if (node->due_count == node->due_room) {
        node->due_room = node->due_room ? node->due_room * 2 : 64;
        node->due = realloc(node->due, node->due_room * sizeof *node->due);
        if (!node->due)
            abort();
    }
    node->due[node->due_count++] = owed;
}

static void append(struct node *node, struct str bytes, long owed)
{
    if (redisAppendFormattedCommand(node->connection.context, bytes.ptr, bytes.len) != REDIS_OK)
        abort();
    node->written = false;
    owe(node, owed);
}

static void append_words(struct node *node, long owed, const char *format, unsigned number,
                         int milliseconds)
{
    if (redisAppendCommand(node->connection.context, format, number, milliseconds) != REDIS_OK)
        abort();
    node->written = false;
    owe(node, owed);
}

/* Whether an errand is sent with the text of its script. The node that runs it knows the script
 * from then on, so the next calls in the same pipeline name it by its SHA-1. */
static bool needs_text(struct store *store, const struct errand *errand)
{
    struct sent_text text = { errand->node, errand->command->script };

    if (!errand->unknown)
        return false;
    for (size_t i = 0; i < store->text_count; i++)
        if (store->texts[i].node == text.node && store->texts[i].script == text.script)
            return false;
    if (store->text_count == store->text_room) {
        store->text_room = store->text_room ? store->text_room * 2 : 8;
        store->texts = realloc(store->texts, store->text_room * sizeof *store->texts);
        if (!store->texts)
            abort();
    }
    store->texts[store->text_count++] = text;
    return true;
}

/* Whether an errand may be sent on its node's connection, which may be a new one since the flush
 * began. If the version of the data is not known, only health looks at them; and commands that were
 * made for data in other shards would miss the data. */
static bool may_send(const struct store *store, const struct errand *errand)
{
    const struct connection *connection = &errand->node->connection;

    return connection->state == READY && (!connection->unproven || errand->ask->takes_losses) &&
           errand->ask->shards == store->nodes.settings->shards;
}

static void send_errand(struct store *store, size_t at)
{
    struct errand *errand = &store->errands[at];
    struct node *node = errand->node;

    if (node && !node->due_count)
        connection_refresh(&node->connection);
    if (!node || !may_send(store, errand)) {
        lose_reply(store, at);
        return;
    }
    if (errand->asking)
        append_words(node, OWES_ASKING, "ASKING", 0, 0);
    append(node,
           resp_encode(errand->command, needs_text(store, errand), store->nodes.address->cluster,
                       ask_memory(errand->ask)),
           (long)at);
    node->must_acknowledge |= store->nodes.settings->acknowledge && !errand->ask->reads_only;
    metrics_add(METRIC_REDIS_COMMANDS, 0, 1);
    connection_count(&node->connection, METRIC_NODE_COMMANDS, 1);
}

/* How many replicas must have what a node has been sent. */
static unsigned wanted_replicas(const struct store *store, const struct node *node)
{
    unsigned wanted = store->nodes.settings->acknowledge;

    if (wanted != ALL_REPLICAS)
        return wanted;
    return node->connection.replicas ? node->connection.replicas : 1;
}

/* Asks for the replicas' acknowledgement of all that was sent, in one WAIT. */
static void append_wait(struct store *store, struct node *node)
{
    const struct ask_settings *settings = store->nodes.settings;
    int64_t left = store->round_ends - instant_ticks();

    left -= left / 2 < WAIT_MARGIN ? left / 2 : WAIT_MARGIN;
    if (left > (int64_t)settings->acknowledge_milliseconds)
        left = (int64_t)settings->acknowledge_milliseconds;
    node->wanted = wanted_replicas(store, node);
    append_words(node, OWES_WAIT, "WAIT %u %d", node->wanted, left > 1 ? (int)left : 1);
}

/* Whether all replicas must acknowledge, and it is not known how many there are now. */
static bool must_ask_role(const struct store *store, const struct connection *connection)
{
    return store->nodes.settings->acknowledge == ALL_REPLICAS &&
           instant_ticks() - connection->roles_at > ROLE_MILLISECONDS;
}

/* After ROLE, WAIT follows its reply: see take_reply. */
static void append_acknowledgement(struct store *store, struct node *node)
{
    node->acknowledged = 0;
    node->wanted = wanted_replicas(store, node);
    if (node->due_count && must_ask_role(store, &node->connection))
        append_words(node, OWES_ROLE, "ROLE", 0, 0);
    else if (node->must_acknowledge)
        append_wait(store, node);
}

static void send_round(struct store *store, int64_t until)
{
    struct nodes *nodes = &store->nodes;

    store->round_began = instant_nanos();
    store->round_ends = until;
    store->text_count = 0;
    for (size_t i = 0; i < nodes->count; i++) {
        nodes->list[i]->due_count = nodes->list[i]->received = 0;
        nodes->list[i]->must_acknowledge = false;
    }
    for (size_t at = 0; at < store->errand_count; at++)
        if (store->errands[at].due)
            send_errand(store, at);
    for (size_t i = 0; i < nodes->count; i++)
        append_acknowledgement(store, nodes->list[i]);
}

static void count_answered(const struct store *store, const struct node *node)
{
    const struct connection *connection = &node->connection;

    if (!connection->name)
        return;
    connection_count(connection, METRIC_NODE_FLUSHES, 1);
    connection_count(connection, METRIC_NODE_WAIT, instant_nanos() - store->round_began);
}

static void take_reply(struct store *store, struct node *node, long owed, redisReply *raw)
{
    struct arena *arena;

    if (owed < 0) {
        if (owed == OWES_ROLE) {
            connection_take_role(&node->connection, raw);
            if (node->must_acknowledge)
                append_wait(store, node);
        } else if (owed == OWES_WAIT) {
            node->acknowledged = connection_take_wait(&node->connection, raw, node->wanted);
        }
        freeReplyObject(raw);
        return;
    }
    arena = ask_memory(store->errands[owed].ask);
    arena_defer(arena, freeReplyObject, raw);
    store->replies[owed] = read_reply(arena, raw);
}

/* Takes the replies of a node that have come; false after dropping its connection. */
static bool take_replies(struct store *store, struct node *node)
{
    struct connection *connection = &node->connection;

    while (node->received < node->due_count) {
        void *raw = NULL;

        if (redisReaderGetReply(connection->context->reader, &raw) != REDIS_OK) {
            connection_drop(connection, FAILED_PROTOCOL, "it does not speak Redis's protocol");
            return false;
        }
        if (!raw)
            return true;
        take_reply(store, node, node->due[node->received++], raw);
    }
    count_answered(store, node);
    return true;
}

/* Writes the commands that are due; false after dropping the connection. */
static bool write_rest(struct node *node)
{
    if (node->written || redisBufferWrite(node->connection.context, &node->written) == REDIS_OK)
        return true;
    connection_drop(&node->connection, FAILED_CONNECTION, NULL);
    return false;
}

static bool read_some(struct store *store, struct node *node)
{
    if (redisBufferRead(node->connection.context) == REDIS_OK)
        return take_replies(store, node);
    connection_drop(&node->connection, FAILED_CONNECTION, NULL);
    return false;
}

static bool is_owing(const struct node *node)
{
    return node->received < node->due_count;
}

/* Writes to each node that owes replies, and lists the descriptors to wait for. */
static nfds_t write_all(struct store *store)
{
    struct nodes *nodes = &store->nodes;
    nfds_t count = 0;

    if (store->poll_room < nodes->count) {
        store->poll_room = nodes->count;
        store->polls = realloc(store->polls, store->poll_room * sizeof *store->polls);
        if (!store->polls)
            abort();
    }
    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = nodes->list[i];

        if (!is_owing(node))
            continue;
        if (!write_rest(node)) {
            lose_replies(store, node);
            continue;
        }
        store->polls[count++] =
            (struct pollfd){ node->connection.context->fd,
                             (short)(POLLIN | (node->written ? 0 : POLLOUT)), 0 };
    }
    return count;
}

/* Drops the nodes that have not replied in time: a late reply would go to the wrong ask. */
static void give_up(struct store *store)
{
    struct nodes *nodes = &store->nodes;

    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = nodes->list[i];

        if (!is_owing(node))
            continue;
        connection_drop(&node->connection, FAILED_IN_TIME, "it does not answer in time");
        lose_replies(store, node);
    }
}

/* Reads from the nodes that have something, in the order in which they were listed. */
static void read_all(struct store *store)
{
    struct nodes *nodes = &store->nodes;
    size_t at = 0;

    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = nodes->list[i];

        if (!is_owing(node))
            continue;
        if (store->polls[at++].revents && !read_some(store, node))
            lose_replies(store, node);
    }
}

/* Whether the nodes that owe something owe the reply to their WAIT alone. */
static bool all_wait(const struct store *store)
{
    for (size_t i = 0; i < store->nodes.count; i++) {
        const struct node *node = store->nodes.list[i];

        if (is_owing(node) &&
            (node->received + 1 < node->due_count || node->due[node->received] != OWES_WAIT))
            return false;
    }
    return true;
}

static void receive_round(struct store *store, int64_t until)
{
    int64_t latest = until + WAIT_LATE;
    nfds_t count;

    while ((count = write_all(store)) > 0) {
        int64_t left = (all_wait(store) ? latest : until) - instant_ticks();
        int ready = poll(store->polls, count, left > 0 ? (int)left : 0);

        if (ready == 0 || (ready < 0 && errno != EINTR)) {
            give_up(store);
            return;
        }
        if (ready > 0)
            read_all(store);
    }
}

/* Notes which asks wrote what too few replicas have. What was refused, or goes to another node, was
 * not written. */
static void note_unacknowledged(struct store *store)
{
    if (!store->nodes.settings->acknowledge)
        return;
    for (size_t at = 0; at < store->errand_count; at++) {
        const struct errand *errand = &store->errands[at];

        if (errand->due && errand->node && !errand->ask->reads_only &&
            store->replies[at].kind != REPLY_ERROR)
            errand->ask->unacknowledged |= errand->node->acknowledged < errand->node->wanted;
    }
}

/* ---- the rounds of a flush ---- */

/* Whether a reply says that its command must be sent once more, and how. */
static bool goes_again(struct store *store, struct errand *errand, const struct reply *reply)
{
    struct redirect redirect;
    enum redirect_kind kind;
    struct node *node;

    if (reply->kind != REPLY_ERROR || !reply->text.ptr)
        return false;
    if (str_starts(reply->text, STR("NOSCRIPT "))) {
        errand->unknown = true;
        return true;
    }
    if (!store->nodes.address->cluster)
        return false;
    store->nodes.stale |= str_starts(reply->text, STR("CLUSTERDOWN"));
    kind = redirect_read(reply->text, &redirect);
    if (kind == REDIRECT_NONE)
        return false;
    connection_count(&errand->node->connection, METRIC_NODE_REDIRECTIONS, 1);
    node = nodes_redirect(&store->nodes, errand->node, kind, &redirect);
    errand->node = node ? node : errand->node;
    errand->asking = node && kind == REDIRECT_ASK;
    return node != NULL;
}

/* Marks what must be sent once more: such commands; and if one is a script, the reads after it,
 * because they ran without it. */
static bool mark_again(struct store *store)
{
    const struct ask *ask = NULL;
    bool behind = false, any = false;

    for (size_t at = 0; at < store->errand_count; at++) {
        struct errand *errand = &store->errands[at];
        bool again = errand->due && goes_again(store, errand, &store->replies[at]);

        if (errand->ask != ask)
            behind = false;
        ask = errand->ask;
        errand->due = again || (behind && !errand->command->script);
        behind |= errand->due;
        any |= errand->due;
    }
    return any;
}

/* Chooses the node of each command of the flush. */
static void address_all(struct store *store)
{
    size_t count = 0, at = 0;

    for (size_t i = 0; i < store->flushed; i++)
        count += store->asks[i]->command_count;
    if (count > store->errand_room) {
        store->replies = realloc(store->replies, count * sizeof *store->replies);
        store->errands = realloc(store->errands, count * sizeof *store->errands);
        if (!store->replies || !store->errands)
            abort();
        store->errand_room = count;
    }
    for (size_t i = 0; i < store->flushed; i++) {
        struct ask *ask = store->asks[i];
        struct node *node = ask == &store->probe.ask ? store->probe.from : NULL;

        for (size_t k = 0; k < ask->command_count; k++)
            store->errands[at++] = (struct errand){
                .ask = ask,
                .command = &ask->commands[k],
                .node = node ? node : nodes_of_command(&store->nodes, &ask->commands[k]),
                .due = true,
            };
    }
    store->errand_count = count;
}

/* Exchanges the commands of the flush for replies. */
static void exchange(struct store *store, int64_t until)
{
    uint64_t began = instant_nanos(), ended;

    address_all(store);
    for (unsigned round = 0; round < ROUNDS_MAX; round++) {
        send_round(store, until);
        receive_round(store, until);
        note_unacknowledged(store);
        if (!mark_again(store))
            break;
    }
    ended = instant_nanos();
    metrics_observe(METRIC_REDIS_FLUSH_DURATION, ended - began);
    for (size_t i = 0; i < store->nodes.count; i++)
        if (store->nodes.list[i]->due_count)
            store->nodes.list[i]->connection.used_at = (int64_t)(ended / NANOS_PER_TICK);
}

/* ---- steps ---- */

/* Judges the errors among the replies to an ask; the first reply is the at-th of the flush. True if
 * an error ends the ask. */
static bool end_by_error(struct store *store, struct ask *ask, size_t at)
{
    for (size_t i = 0; i < ask->command_count; i++) {
        struct reply *reply = &store->replies[at + i];

        if (reply->kind != REPLY_ERROR)
            continue;
        if (!is_lost(reply))
            reply->number = connection_judge(&store->errands[at + i].node->connection, reply->text,
                                             ask->takes_errors);
        if (ask->takes_parts || (is_lost(reply) ? ask->takes_losses : ask->takes_errors))
            continue;
        ask_end(ask, (enum outcome)reply->number);
        return true;
    }
    return false;
}

/* If replicas do not have what an ask has written, or found written, it may be lost. */
static void withdraw_unacknowledged(struct ask *ask)
{
    static const bool tells_of_data[] = {
        [CREATED] = true, [UPDATED] = true, [NOOP] = true, [DELETED] = true, [MISSING] = true
    };

    if (ask->unacknowledged && ask->outcome < sizeof tells_of_data && tells_of_data[ask->outcome])
        ask->outcome = AWAY;
}

/* Lets each ask of the flush take its step. Those that want another one are put after those that
 * wait for their first. */
static void take_steps(struct store *store)
{
    size_t waiting = store->ask_count - store->flushed, kept = 0, at = 0;
    struct ask **flushed = store->others;

    memcpy(flushed, store->asks, store->flushed * sizeof(struct ask *));
    memmove(store->asks, store->asks + store->flushed, waiting * sizeof(struct ask *));
    for (size_t i = 0; i < store->flushed; i++) {
        struct ask *ask = flushed[i];
        size_t own = at;

        at += ask->command_count;
        log_about(ask->subject);
        ask_turn(ask);
        if (!end_by_error(store, ask, own))
            ask->next(ask, store->replies + own);
        withdraw_unacknowledged(ask);
        if (ask->outcome == ASKING)
            store->asks[waiting + kept++] = ask;
    }
    log_about(NULL);
    store->ask_count = waiting + kept;
    store->flushed = 0;
}

static void tell_late(const struct ask *ask)
{
    if (ask->deadline == ASK_ABANDONED)
        return;
    log_about(ask->subject);
    if (ask->shards != ask->settings->shards)
        log_repeated(LOG_WARNING,
                     "the data have other shards than when a request began: it is answered 503");
    else
        log_repeated(LOG_WARNING, "Redis does not answer a request by its deadline");
}

/* Ends the asks that could not be answered by their deadline any more, and those that were made for
 * data in other shards. */
static void end_late(struct store *store, int64_t until)
{
    size_t kept = 0;

    for (size_t i = 0; i < store->ask_count; i++) {
        struct ask *ask = store->asks[i];

        if (ask->deadline < until || ask->shards != ask->settings->shards) {
            tell_late(ask);
            ask_end(ask, AWAY);
        } else {
            store->asks[kept++] = ask;
        }
    }
    log_about(NULL);
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

/* While a cluster's slots are not known, all asks except the probe end with the cluster's absence,
 * or with that of a node that the operator named. */
static void end_absent(struct store *store)
{
    enum outcome absence = store->nodes.absence;
    size_t kept = 0;

    if (absence == ASKING)
        return;
    for (size_t i = 0; absence == AWAY && i < store->nodes.count; i++)
        absence = store->nodes.list[i]->connection.absence;
    for (size_t i = 0; i < store->ask_count; i++) {
        struct ask *ask = store->asks[i];

        if (ask == &store->probe.ask)
            store->asks[kept++] = ask;
        else
            ask_end(ask, absence);
    }
    store->ask_count = kept;
}

/* After the steps: drops connections that can no longer be used. */
static void settle_nodes(struct store *store, bool was_ready)
{
    struct nodes *nodes = &store->nodes;

    for (size_t i = 0; i < nodes->count; i++)
        connection_settle(&nodes->list[i]->connection);
    if (!nodes->address->cluster && was_ready && store->ask_count)
        connection_reopen(&nodes->list[0]->connection); /* for those that were not sent */
    nodes_forget(nodes);
}

void store_flush(struct store *store)
{
    struct connection *first = &store->nodes.list[0]->connection;
    int64_t until = instant_ticks() + store->patience;
    bool was_ready;

    if (!store->ask_count)
        return;
    end_absent(store);
    end_late(store, until);
    choose_asks(store);
    if (!store->flushed)
        return;
    for (size_t i = 0; i < store->nodes.count; i++)
        store->nodes.list[i]->connection.unusable = ASKING;
    was_ready = first->state == READY;
    exchange(store, until);
    take_steps(store);
    settle_nodes(store, was_ready);
}

static void after_look(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, FOUND);
}

/* A worker that is asked nothing asks Redis something, so that it knows of replicas that have
 * joined: if one of them leaves to become the primary, it counts (see replicas.h). */
static void look_at_replicas(struct store *store)
{
    const struct connection *connection = &store->nodes.list[0]->connection;
    struct ask *look = &store->look;

    if (store->ask_count || connection->state != READY || !must_ask_role(store, connection))
        return;
    if (!store->look_arena)
        store->look_arena = arena_new();
    arena_reset(store->look_arena);
    ask_open(look, store->look_arena, store->nodes.settings);
    look->reads_only = true;
    ask_then(look, after_look);
    ASK(look, STR("PING"));
    store_send(store, look);
    while (look->outcome == ASKING)
        store_flush(store);
}

int store_tick(struct store *store)
{
    int wait = nodes_tick(&store->nodes);

    if (!store->nodes.address->cluster)
        look_at_replicas(store);
    if (!store->nodes.address->cluster || !probe_begin(&store->probe))
        return wait;
    store_send(store, &store->probe.ask);
    while (store->probe.ask.outcome == ASKING)
        store_flush(store);
    probe_end(&store->probe);
    return nodes_tick(&store->nodes);
}

void store_send(struct store *store, struct ask *ask)
{
    if (ask->outcome != ASKING)
        return;
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

static bool is_connecting(const struct connection *connection)
{
    return connection->state == LOOKING_UP || connection->state == GREETING ||
           (connection->sentinels && !sentinels_primary(connection->sentinels)->host);
}

/* Whether it may yet serve more. A node that has refused is not waited for. */
static bool is_opening(const struct store *store)
{
    const struct nodes *nodes = &store->nodes;

    for (size_t i = 0; i < nodes->count; i++)
        if (is_connecting(&nodes->list[i]->connection))
            return true;
    return nodes->absence != ASKING || nodes->stale;
}

struct store *store_open(const struct store_address *address, struct ask_settings *settings,
                         int patience)
{
    struct store *store = calloc(1, sizeof *store);
    int64_t until =
        instant_ticks() +
        (patience < OPEN_MILLISECONDS && !address->cluster ? patience : OPEN_MILLISECONDS);

    if (!store)
        abort();
    store->patience = patience;
    nodes_open(&store->nodes, address, settings);
    if (address->cluster)
        probe_open(&store->probe, &store->nodes);
    else
        connection_reopen(&store->nodes.list[0]->connection);
    while (is_opening(store) && instant_ticks() < until) {
        (void)store_tick(store);
        if (is_opening(store))
            (void)poll(NULL, 0, OPEN_TICK);
    }
    return store;
}

void store_close(struct store *store)
{
    if (store->probe.arena)
        probe_close(&store->probe);
    if (store->look_arena)
        arena_free(store->look_arena);
    nodes_close(&store->nodes);
    free(store->asks);
    free(store->others);
    free(store->replies);
    free(store->errands);
    free(store->texts);
    free(store->polls);
    free(store);
}
