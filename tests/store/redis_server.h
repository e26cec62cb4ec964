/* redis_server.h: a redis-server of the test's own, on a Unix socket in a fresh directory. */
#ifndef LASTSYNC_STORE_REDIS_SERVER_H
#define LASTSYNC_STORE_REDIS_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/arena.h"

enum { REDIS_PATH_MAX = 100 };

struct redis_server {
    char directory[REDIS_PATH_MAX - 16];
    char socket[REDIS_PATH_MAX];
    pid_t pid;
    struct redisContext *client; /* the test's own look at what is stored */
};

/* Starts the program that REDIS_SERVER names, and waits until it answers. False, with a line on
 * standard error, if it does not. The server ends with this process, even if that is killed. If the
 * variable REDIS_SOCKET is set, connects to the server there and starts none. */
bool redis_server_open(struct redis_server *server);
void redis_server_close(struct redis_server *server);

/* Kills it and starts it again, empty, at the same place. */
bool redis_server_restart(struct redis_server *server);

/* Sends it a signal: SIGSTOP, SIGCONT. */
void redis_server_signal(const struct redis_server *server, int number);

/* Runs a command, by hiredis's format, and gives its reply as text: for a list the items with '|'
 * between them, absent for nil. Ends the process if there is no reply. */
struct str redis_server_ask(struct redis_server *server, struct arena *arena, const char *format,
                            ...);

#endif
