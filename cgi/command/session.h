/* session.h: what the commands share that go over all data: a store, memory, and settings. */
#ifndef LASTSYNC_COMMAND_SESSION_H
#define LASTSYNC_COMMAND_SESSION_H

#include "command/command.h"
#include "store/upkeep/whole.h"

struct session {
    struct config config; /* to be read before it is opened */
    struct store *store;
    struct ask_settings settings;
    struct arena *arena; /* for whoever resets it */
};

void session_open(struct session *session, enum schema_use schema_use);
void session_close(struct session *session);

/* Whether Redis is there, lets us in, and is not a node of a cluster; and about how many keys it
 * has. Gives 0, or what to exit with after a sentence. */
int session_measure(struct session *session, uint64_t *keys);

/* Makes an ask ready whose memory is the session's. */
void session_ask(struct session *session, struct ask *ask);

/* Reads documents at once, each by one of the asks. */
void session_read_wholes(struct session *session, struct whole *wholes, struct ask *asks,
                         size_t count);

/* Notes SIGINT and SIGTERM instead of dying by them. */
void session_catch_signals(void);

/* The signal that came, or 0. */
int session_signal(void);

/* A text as a JSON string, on one line whatever it has; bytes that are not UTF-8 become '?'. */
struct str session_quote(struct str text, struct arena *arena);

#endif
