/* nodes.c: the nodes of Redis, and which of them serves what. */
#include "store/cluster/nodes.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "store/redis/sentinel.h"
#include "store/schema/shard.h"

enum { LEARN_MILLISECONDS = 100, LEARN_TICK = 20 };

/* ---- the list ---- */

static struct node *add_node(struct nodes *nodes, struct str host, int port)
{
    struct node *node = calloc(1, sizeof *node);
    struct node **list = realloc(nodes->list, (nodes->count + 1) * sizeof(struct node *));

    if (!node || !list)
        abort();
    nodes->list = list;
    nodes->list[nodes->count++] = node;
    node->address = *nodes->address;
    if (nodes->address->cluster) {
        (void)snprintf(node->host, sizeof node->host, "%.*s", STR_ARGS(host));
        (void)snprintf(node->name, sizeof node->name, "%s:%d", node->host, port);
        node->address.host = node->host;
        node->address.port = port;
        node->address.schema_use = SCHEMA_IGNORED; /* the probe looks at it */
    }
    connection_open(&node->connection, &node->address, nodes->settings,
                    nodes->address->cluster ? node->name : NULL);
    return node;
}

static struct node *find_or_add(struct nodes *nodes, const struct node *from, struct str host,
                                int port)
{
    if (!host.ptr)
        host = str_from(from->host);
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->list[i]->address.port == port &&
            str_equal_ignoring_case(str_from(nodes->list[i]->host), host))
            return nodes->list[i];
    if (nodes->count == NODES_MAX || host.len >= sizeof from->host)
        return NULL;
    return add_node(nodes, host, port);
}

void nodes_open(struct nodes *nodes, const struct store_address *address,
                struct ask_settings *settings)
{
    struct str seeds = str_from(address->seeds ? address->seeds : ""), host;
    int port;

    *nodes = (struct nodes){ .address = address, .settings = settings };
    settings->nodes = 1;
    if (!address->cluster) {
        add_node(nodes, STR(""), 0)->primary = true;
        return;
    }
    nodes->absence = AWAY;
    nodes->stale = true;
    nodes->owners = calloc(SLOTS, sizeof(struct node *));
    if (!nodes->owners)
        abort();
    while (store_take_seed(&seeds, &host, &port))
        find_or_add(nodes, NULL, host, port)->seed = true;
}

static void free_node(struct node *node)
{
    connection_close(&node->connection);
    sentinels_close(node->connection.sentinels);
    free(node->due);
    free(node);
}

void nodes_close(struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        free_node(nodes->list[i]);
    nodes->settings->sentinels = NULL;
    free(nodes->list);
    free(nodes->owners);
}

static bool is_ready(const struct node *node)
{
    return node->connection.state == READY;
}

static bool any_primary_is_ready(const struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->list[i]->primary && is_ready(nodes->list[i]))
            return true;
    return false;
}

void nodes_forget(struct nodes *nodes)
{
    bool served = any_primary_is_ready(nodes);
    size_t kept = 0;

    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = nodes->list[i];

        if (!node->primary && !node->seed) {
            free_node(node);
            continue;
        }
        if (!node->primary && served) {
            connection_close(&node->connection);
            node->connection.retry_at = 0; /* see nodes_redirect */
        }
        nodes->list[kept++] = node;
    }
    nodes->count = kept;
}

/* ---- who serves what ---- */

/* The number-th primary; any, if there are fewer by now. */
static struct node *numbered(const struct nodes *nodes, unsigned number)
{
    struct node *any = NULL;

    for (size_t i = 0; i < nodes->count; i++) {
        if (!nodes->list[i]->primary)
            continue;
        any = nodes->list[i];
        if (!number--)
            return any;
    }
    return any;
}

struct node *nodes_of_command(const struct nodes *nodes, const struct command *command)
{
    if (!nodes->owners)
        return nodes->list[0];
    if (command->node)
        return numbered(nodes, command->node - 1);
    if (command->count < 2)
        return numbered(nodes, 0);
    return nodes->owners[shard_slot(shard_tag_of(command->words[1]))];
}

struct node *nodes_redirect(struct nodes *nodes, const struct node *from, enum redirect_kind kind,
                            const struct redirect *redirect)
{
    struct node *node = find_or_add(nodes, from, redirect->host, redirect->port);

    nodes->stale = true;
    if (!node)
        return NULL;
    if (!node->connection.retry_at)
        connection_reopen(&node->connection);
    if (kind == REDIRECT_MOVED) {
        node->primary = true;
        nodes->owners[redirect->slot] = node;
    }
    return node;
}

/* ---- learning ---- */

/* Whether a primary is away. Another node may serve its slots by now. One whose connection is just
 * being made anew tells that itself, and better than others, which may not have heard of it yet. */
static bool lacks_primary(const struct nodes *nodes)
{
    for (size_t i = 0; i < nodes->count; i++)
        if (nodes->list[i]->primary && connection_is_away(&nodes->list[i]->connection))
            return true;
    return false;
}

struct node *nodes_to_learn_from(struct nodes *nodes)
{
    static size_t turn;
    int64_t now = instant_ticks();

    if (!nodes->owners || now < nodes->learn_at ||
        (!nodes->stale && nodes->absence == ASKING && !lacks_primary(nodes)))
        return NULL;
    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = nodes->list[turn++ % nodes->count];

        if (!is_ready(node))
            continue;
        nodes->learn_at = now + LEARN_MILLISECONDS;
        return node;
    }
    return NULL;
}

bool nodes_learn(struct nodes *nodes, const struct node *from, const struct reply *reply)
{
    unsigned primaries = 0, served = 0;

    if (reply->kind != REPLY_LIST || !reply->count)
        return false;
    for (size_t i = 0; i < nodes->count; i++)
        nodes->list[i]->primary = false;
    memset(nodes->owners, 0, SLOTS * sizeof(struct node *));
    for (size_t i = 0; i < reply->count; i++) {
        struct slot_range range;
        struct node *node;

        if (!redirect_read_range(&reply->items[i], &range))
            continue;
        node = find_or_add(nodes, from, range.host, range.port);
        if (!node)
            continue;
        primaries += !node->primary;
        node->primary = true;
        for (unsigned slot = range.first; slot <= range.last; slot++) {
            served += !nodes->owners[slot];
            nodes->owners[slot] = node;
        }
    }
    nodes->settings->nodes = primaries ? primaries : 1;
    nodes->settings->unserved = SLOTS - served;
    nodes->stale = served < SLOTS;
    if (nodes->stale)
        log_repeated(LOG_WARNING, "no node of the cluster serves %u of its %u slots",
                     SLOTS - served, (unsigned)SLOTS);
    return primaries > 0;
}

int nodes_tick(struct nodes *nodes)
{
    bool served = any_primary_is_ready(nodes);
    int wait = -1;

    if (!nodes->owners)
        return connection_tick(&nodes->list[0]->connection);
    for (size_t i = 0; i < nodes->count; i++) {
        struct node *node = nodes->list[i];
        int next;

        if (!node->primary && served)
            continue;
        next = connection_tick(&node->connection);
        if (next >= 0 && (wait < 0 || next < wait))
            wait = next;
    }
    if ((nodes->stale || nodes->absence != ASKING) && (wait < 0 || wait > LEARN_TICK))
        wait = LEARN_TICK;
    return wait;
}
