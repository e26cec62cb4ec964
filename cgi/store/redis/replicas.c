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

unsigned replicas_take(struct replicas *replicas, const char *host, int port, unsigned count,
                       int64_t now)
{
    struct replicas_of *server = &replicas->server;

    turn_to(replicas, host ? host : "", port, now);
    if (count < server->count && !server->fewer_since)
        server->fewer_since = now;
    if (count < server->count && now - server->fewer_since < REPLICAS_LEAVE_MILLISECONDS)
        return server->count;
    server->fewer_since = 0;
    server->count = count;
    return count;
}
