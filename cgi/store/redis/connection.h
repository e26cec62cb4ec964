/* connection.h: makes, greets, watches and drops a connection to Redis. For redis.c, and for the
 * nodes of a cluster. */
#ifndef LASTSYNC_CONNECTION_H
#define LASTSYNC_CONNECTION_H

#include "base/metrics.h"
#include "store/redis/replicas.h"
#include "store/redis/store.h"

struct redisContext;
struct sentinels;
struct redisReply;

enum connection_state {
    AWAY_FROM_REDIS, /* no connection; tries to connect at retry_at */
    LOOKING_UP,      /* waits for the address of Redis's host name */
    GREETING,        /* connected, the replies to the greeting are due */
    READY
};

enum { GREETINGS_MAX = 12 };

struct connection {
    const struct store_address *address;
    struct sentinels *sentinels; /* they tell where Redis is, and so change the address; or NULL */
    const char *name;            /* a cluster's node, for the log: "10.0.0.7:6379"; else NULL */
    unsigned series;             /* its number in METRIC_NODE_..., if it has a name */
    struct ask_settings *settings;
    struct redisContext *context; /* hiredis's, or NULL */
    struct lookup *lookup;        /* while LOOKING_UP, else NULL */
    enum connection_state state;
    unsigned char greeting[GREETINGS_MAX]; /* its commands whose replies are still due */
    unsigned greeting_count, greeted;
    int sent;         /* whether the whole greeting was sent */
    bool unmarked;    /* whether Redis has neither data nor a version of the schema */
    bool unversioned; /* whether Redis has neither a version of the schema nor a key of the current
                         one */
    bool unproven;    /* whether Redis could not tell the version: it must not be used for data */
    int64_t since;    /* ticks: when it began */
    int64_t retry_at; /* ticks */
    int64_t used_at;  /* ticks: when it was last used */
    enum outcome absence;   /* the outcome of asks while it is not ready: AWAY, FAULTY if Redis
                               refuses us, or what the version of the schema means */
    enum outcome complaint; /* the absence that was logged last, since Redis was there; or ASKING */
    enum outcome
        unusable; /* the absence once it is dropped, if a reply said that it cannot be used now */
    struct replicas known_replicas;
    unsigned replicas; /* how many must have a write if all must; see connection_take_role */
    int64_t roles_at;  /* ticks: when Redis told its replicas last; 0: never */
};

/* Prepares a connection, which is away until connection_tick or connection_reopen connects it. It
 * sets the shards in the settings. The address, the settings and the name must outlive it. */
void connection_open(struct connection *connection, const struct store_address *address,
                     struct ask_settings *settings, const char *name);
void connection_close(struct connection *connection);

/* Goes on connecting, without waiting: see store_tick. A connection that was closed while it was
 * idle is made anew, before a request needs it: a Redis that was started again, or another node
 * that has taken a node's slots over, has greeted us by then. */
int connection_tick(struct connection *connection);

/* Makes a connection anew that Redis has closed while it was idle, before a request is sent on it
 * and lost; and one on which Redis could not tell the version, to ask again. If it is being made,
 * takes the replies to the greeting that have come; and unless an earlier one failed, waits a
 * little for the others. */
void connection_refresh(struct connection *connection);

/* Whether Redis cannot be reached: it is not ready, and a try to connect has failed, or takes
 * longer than a request waits for it. */
bool connection_is_away(const struct connection *connection);

/* Failures for which Redis has no error word. */
enum failure {
    FAILED_CONNECTION,
    FAILED_PROTOCOL,
    FAILED_IN_TIME,
    FAILED_REPLICAS,
    FAILED_OTHERWISE,
    FAILURES
};

/* Connects at once, if it is away, and waits a little for the replies to the greeting. */
void connection_reopen(struct connection *connection);

/* Drops the connection, and counts and logs the failure. `why` may lie in the connection; NULL:
 * what TLS or hiredis says. */
void connection_drop(struct connection *connection, enum failure failure, const char *why);

/* Adds to a METRIC_NODE_... metric, if this is a node of a cluster. */
void connection_count(const struct connection *connection, enum metric metric, uint64_t amount);

/* After a flush: drops the connection if a reply said that it can no longer be used; or makes it
 * anew, at most twice a second, if Redis takes no writes. */
void connection_settle(struct connection *connection);

/* Takes the reply to ROLE: how many replicas Redis has (replicas.h); none, if ROLE is not
 * permitted. */
void connection_take_role(struct connection *connection, const struct redisReply *reply);

/* Takes the reply to WAIT, and gives how many replicas have what was written. Counts and logs it if
 * they are fewer than wanted. */
unsigned connection_take_wait(struct connection *connection, const struct redisReply *reply,
                              unsigned wanted);

/* Gives what an error reply means for the ask that got it, and notes what it means for the
 * connection. Logs and counts the error, unless `quiet`. */
enum outcome connection_judge(struct connection *connection, struct str message, bool quiet);

#endif
