/* replicas.c: the replicas that have left, which count for a while. */
#include "store/redis/replicas.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_of(const struct replicas_of *server, const char *host, int port)
{
    return server->port == port && strncmp(server->host, host, sizeof server->host - 1) == 0;
}

/* Makes the server the one at hand, with what is still known of it. */
static void turn_to(struct replicas *replicas, const char *host, int port, int64_t now)
{
    struct replicas_of server = { .port = port };

    if (is_of(&replicas->server, host, port))
        return;
    (void)snprintf(server.host, sizeof server.host, "%s", host);
    if (is_of(&replicas->before, host, port) &&
        now - replicas->left_at < REPLICAS_RETURN_MILLISECONDS)
        server = replicas->before;
    replicas->before = replicas->server;
    replicas->left_at = now;
    replicas->server = server;
}

/* Forgets the largest count. */
static void forget_first(struct replicas_of *server)
{
    server->level_count--;
    memmove(server->counts, server->counts + 1, server->level_count * sizeof server->counts[0]);
    memmove(server->ended_at, server->ended_at + 1,
            server->level_count * sizeof server->ended_at[0]);
}

unsigned replicas_take(struct replicas *replicas, const char *host, int port, unsigned count,
                       int64_t now)
{
    struct replicas_of *server = &replicas->server;
    size_t *levels;

    turn_to(replicas, host ? host : "", port, now);
    levels = &server->level_count;
    if (*levels && count < server->counts[*levels - 1])
        server->ended_at[*levels - 1] = now; /* each that leaves has time of its own */
    while (*levels && server->counts[*levels - 1] <= count)
        --*levels;
    while (*levels && now - server->ended_at[0] >= REPLICAS_LEAVE_MILLISECONDS)
        forget_first(server);
    if (*levels == REPLICAS_LEVELS) { /* the next larger one counts as long in its place */
        --*levels;
        server->ended_at[*levels - 1] = server->ended_at[*levels];
    }
    server->counts[(*levels)++] = count;
    return server->counts[0];
}
