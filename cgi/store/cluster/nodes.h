/* nodes.h: the nodes of Redis that a store speaks to: one Redis, or the primaries of a Redis
 * Cluster, and which of them serves a slot.
 *
 * What a cluster is like is learnt from any node of it (nodes_learn), once in the beginning and
 * again whenever something says that it has changed: a redirection, a node that is away,
 * CLUSTERDOWN. Replicas are not spoken to. */
#ifndef LASTSYNC_NODES_H
#define LASTSYNC_NODES_H

#include "store/cluster/redirect.h"
#include "store/redis/connection.h"

enum { NODE_NAME_MAX = 280, NODES_MAX = 1024 };

struct node {
    struct connection connection;
    struct store_address address; /* its own */
    char host[256];
    char name[NODE_NAME_MAX]; /* host:port, for the log */
    bool seed;                /* the operator has named it: it is kept */
    bool primary;             /* it serves slots */

    /* Of the flush that is under way; redis.c's own. */
    long *due; /* what its next replies are to */
    size_t due_count, due_room, received;
    int written;                   /* whether all commands were */
    bool must_acknowledge;         /* some of what was sent writes */
    unsigned wanted, acknowledged; /* replicas that must have it, and that have it */
};

struct nodes {
    const struct store_address *address;
    struct ask_settings *settings;
    struct node **list; /* those that were named first, then primaries as they became known */
    size_t count;
    struct node **owners; /* of a cluster: who serves each slot, or NULL */
    bool stale;           /* the cluster is not as it was learnt */
    int64_t learn_at;     /* ticks: when it may be asked again */
    enum outcome absence; /* of a cluster: what asks end with while it is not known, or has no data
                             that can be served; ASKING else */
};

/* The address, and the settings, must outlive it. Connects nothing yet. */
void nodes_open(struct nodes *nodes, const struct store_address *address,
                struct ask_settings *settings);
void nodes_close(struct nodes *nodes);

/* Goes on connecting, without waiting: see store_tick. Gives the milliseconds until the next time,
 * -1 where all is well. */
int nodes_tick(struct nodes *nodes);

/* The node that serves a command's first key, or the one that the command names; NULL where nobody
 * does. */
struct node *nodes_of_command(const struct nodes *nodes, const struct command *command);

/* A node of a cluster that can be asked what the cluster is like, another one each time; NULL where
 * none is there, or it need not be asked now. */
struct node *nodes_to_learn_from(struct nodes *nodes);

/* Takes the reply to CLUSTER SLOTS of a node. False where it tells nothing of use. Nodes that serve
 * nothing any more stay until nodes_forget. */
bool nodes_learn(struct nodes *nodes, const struct node *from, const struct reply *reply);

/* The node that an error reply of another one names, which is connected to if it is new, and is the
 * slot's owner from now on if the reply says so. NULL where there are too many. */
struct node *nodes_redirect(struct nodes *nodes, const struct node *from, enum redirect_kind kind,
                            const struct redirect *redirect);

/* Between two flushes: closes what serves nothing any more. */
void nodes_forget(struct nodes *nodes);

#endif
