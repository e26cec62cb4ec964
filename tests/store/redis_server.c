/* redis_server.c: starts, asks and ends a redis-server. */
#include "redis_server.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/text.h"

enum { START_MILLISECONDS = 30000 };

static void become_redis(const struct redis_server *server, pid_t parent)
{
    const char *program = getenv("REDIS_SERVER");

    if (prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
        _exit(EXIT_FAILURE);
    if (!program || !program[0])
        program = "redis-server";
    (void)execlp(program, program, "--port", "0", "--unixsocket", server->socket, "--dir",
                 server->directory, "--save", "", "--appendonly", "no", "--daemonize", "no",
                 "--logfile", "redis.log", (char *)NULL);
    perror(program);
    _exit(EXIT_FAILURE);
}

/* A connection that has been greeted, or NULL. */
static redisContext *connect_client(const struct redis_server *server)
{
    redisContext *client = redisConnectUnix(server->socket);
    redisReply *reply = NULL;

    if (client && !client->err)
        reply = redisCommand(client, "PING");
    if (reply) {
        freeReplyObject(reply);
        return client;
    }
    if (client)
        redisFree(client);
    return NULL;
}

static bool start(struct redis_server *server)
{
    int64_t until = instant_ticks() + START_MILLISECONDS;
    pid_t parent = getpid();

    server->pid = fork();
    if (server->pid == 0)
        become_redis(server, parent);
    while (server->pid > 0 && instant_ticks() < until) {
        server->client = connect_client(server);
        if (server->client)
            return true;
        if (waitpid(server->pid, NULL, WNOHANG) != 0)
            break;
        (void)poll(NULL, 0, 5);
    }
    (void)fprintf(stderr, "redis-server does not start in %s\n", server->directory);
    return false;
}

static void stop(struct redis_server *server)
{
    if (server->client)
        redisFree(server->client);
    server->client = NULL;
    if (server->pid > 0 && kill(server->pid, SIGKILL) == 0)
        (void)waitpid(server->pid, NULL, 0);
    (void)unlink(server->socket);
}

bool redis_server_open(struct redis_server *server)
{
    const char *socket = getenv("REDIS_SOCKET");

    *server = (struct redis_server){ .directory = "/tmp/lastsync-store-XXXXXX" };
    if (socket) {
        (void)snprintf(server->socket, sizeof server->socket, "%s", socket);
        server->client = connect_client(server);
        return server->client != NULL;
    }
    if (!mkdtemp(server->directory))
        return false;
    (void)snprintf(server->socket, sizeof server->socket, "%s/redis.sock", server->directory);
    return start(server);
}

void redis_server_close(struct redis_server *server)
{
    char log[REDIS_PATH_MAX];

    if (!server->pid) {
        redisFree(server->client);
        return;
    }
    stop(server);
    (void)snprintf(log, sizeof log, "%s/redis.log", server->directory);
    (void)unlink(log);
    (void)rmdir(server->directory);
}

bool redis_server_restart(struct redis_server *server)
{
    stop(server);
    return start(server);
}

void redis_server_signal(const struct redis_server *server, int number)
{
    (void)kill(server->pid, number);
}

static void add_reply(struct text *text, const redisReply *reply)
{
    switch (reply->type) {
    case REDIS_REPLY_INTEGER:
        text_number(text, reply->integer);
        break;
    case REDIS_REPLY_ARRAY:
        for (size_t i = 0; i < reply->elements; i++) {
            if (i)
                text_byte(text, '|');
            add_reply(text, reply->element[i]);
        }
        break;
    case REDIS_REPLY_NIL:
        text_add(text, STR("nil"));
        break;
    default:
        text_add(text, (struct str){ reply->str, (size_t)reply->len });
        break;
    }
}

struct str redis_server_ask(struct redis_server *server, struct arena *arena, const char *format,
                            ...)
{
    struct text text = text_new(arena, 128);
    redisReply *reply;
    va_list values;
    bool absent;

    va_start(values, format);
    reply = redisvCommand(server->client, format, values);
    va_end(values);
    if (!reply) {
        (void)fprintf(stderr, "redis-server does not answer %s\n", format);
        exit(EXIT_FAILURE);
    }
    absent = reply->type == REDIS_REPLY_NIL;
    add_reply(&text, reply);
    freeReplyObject(reply);
    return absent ? (struct str){ NULL, 0 } : text_str(&text);
}
