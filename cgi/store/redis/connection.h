/* connection.h: the connection to Redis: made, greeted, looked after, thrown away. For redis.c
 * only. */
#ifndef LASTSYNC_CONNECTION_H
#define LASTSYNC_CONNECTION_H

#include "base/metrics.h"
#include "store/redis/store.h"

struct redisContext;
struct sentinels;
struct redisReply;

enum connection_state {
    AWAY_FROM_REDIS, /* no connection; looks for one at retry_at */
    LOOKING_UP,      /* waits for the address of Redis's name */
    GREETING,        /* connected, the replies to the greeting are due */
    READY
};

enum { GREETINGS_MAX = 12 };

struct connection {
    const struct store_address *address;
    struct sentinels *sentinels; /* who say where it is, and change the address; or NULL */
    const char *name; /* of a node of a cluster, for the log: "10.0.0.7:6379"; else NULL */
    unsigned series;  /* under which METRIC_NODE_... count it, if it has a name */
    struct ask_settings *settings;
    struct redisContext *context; /* hiredis's, or NULL */
    struct lookup *lookup;        /* while LOOKING_UP, else NULL */
    enum connection_state state;
    unsigned char greeting[GREETINGS_MAX]; /* the commands of it whose replies are still due */
    unsigned greeting_count, greeted;
    int sent;             /* whether all of it was */
    bool unmarked;        /* whether there are no data yet, and no version of the schema */
    bool unversioned;     /* whether there is no version of the schema, nor a key of this one */
    bool unproven;        /* whether Redis could not tell the version, */
    bool provable;        /* and now it could */
    int64_t since;        /* ticks: when it began */
    int64_t retry_at;     /* ticks */
    int64_t used_at;      /* ticks: when it was last of use */
    enum outcome absence; /* what asks end with while it is not ready: AWAY, FAULTY where Redis does
                             not let us in, or what the version of the schema means */
    enum outcome complaint; /* which of them the log has, since Redis was last there; or ASKING */
    enum outcome unusable;  /* the same, where a reply said that it is of no more use */
    unsigned replicas;      /* that Redis has, as it said at roles_at; see connection_take_role */
    int64_t roles_at;       /* ticks; 0: never */
};

/* Makes a connection that is away: connection_tick or connection_reopen connects it. The address,
 * the settings, whose shards it sets, and the name must outlive it. */
void connection_open(struct connection *connection, const struct store_address *address,
                     struct ask_settings *settings, const char *name);
void connection_close(struct connection *connection);

/* Goes on connecting, without waiting: see store_tick. */
int connection_tick(struct connection *connection);

/* Makes a connection that was closed while it lay idle into a new one, so that a Redis that was
 * merely restarted costs no request. */
void connection_refresh(struct connection *connection);

/* Failures that come without a word of Redis's own. */
enum failure { FAILED_CONNECTION, FAILED_PROTOCOL, FAILED_IN_TIME, FAILED_OTHERWISE, NO_FAILURE };

/* Connects what is away, at once, and waits a little for Redis to greet. */
void connection_reopen(struct connection *connection);

/* Throws it away, and counts the failure. `why` may lie in it; NULL: what hiredis says. */
void connection_drop(struct connection *connection, enum failure failure, const char *why);

/* Adds to a METRIC_NODE_... of a node of a cluster; does nothing for one Redis. */
void connection_count(const struct connection *connection, enum metric metric, uint64_t amount);

/* Throws it away if a reply said that it is of no more use. */
void connection_drop_unusable(struct connection *connection);

/* Waits until it can be read (or written, where there is something to write), at most until then.
 */
bool connection_wait(const struct connection *connection, bool writing, int64_t until);

/* Takes the reply to ROLE: how many replicas Redis has. One that may not be asked has none. */
void connection_take_role(struct connection *connection, const struct redisReply *reply);

/* What an error reply means for the ask that got it, and for the connection; and logs and
 * counts it, unless `quiet`. */
enum outcome connection_judge(struct connection *connection, struct str message, bool quiet);

#endif
