/* session.h: shared by the commands that speak to Redis: a store, memory, and settings. */
#ifndef LASTSYNC_COMMAND_SESSION_H
#define LASTSYNC_COMMAND_SESSION_H

#include "command/command.h"
#include "store/upkeep/whole.h"

struct session {
    struct config config; /* to be read before it is opened */
    struct store *store;
    struct ask_settings settings;
    struct arena *arena; /* the command resets it */
};

void session_open(struct session *session, enum schema_use schema_use);
void session_close(struct session *session);

/* Checks that Redis answers, lets us in, and is not a node of a cluster; sets *keys to about how
 * many keys it has. Gives 0, or the exit status after a sentence on standard error. */
int session_measure(struct session *session, uint64_t *keys);

/* Makes an ask ready that uses the session's memory. */
void session_ask(struct session *session, struct ask *ask);

/* Reads several documents at once, each with one of the asks. */
void session_read_wholes(struct session *session, struct whole *wholes, struct ask *asks,
                         size_t count);

/* From now on SIGINT and SIGTERM are noted and do not end the process. */
void session_catch_signals(void);

/* Gives the signal that came, or 0. */
int session_signal(void);

/* Gives a text as a JSON string on one line; bytes that are not UTF-8 become '?'. */
struct str session_quote(struct str text, struct arena *arena);

#endif
