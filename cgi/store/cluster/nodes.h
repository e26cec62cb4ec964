/* nodes.h: the nodes of Redis that a store speaks to: one Redis, or the primaries of a Redis
 * Cluster, and which of them serves a slot.
 *
 * The store learns the slots of a cluster from any of its nodes (nodes_learn), first at the
 * beginning, and again after each sign of a change: a redirection, a node that is away,
 * CLUSTERDOWN. It does not speak to replicas. */
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

    /* State of the current flush; for redis.c only. */
    long *due; /* the commands that its next replies answer */
    size_t due_count, due_room, received;
    int written;                   /* whether all commands were */
    bool must_acknowledge;         /* at least one of the sent commands writes */
    unsigned wanted, acknowledged; /* how many replicas must have it, and how many have it */
};

struct nodes {
    const struct store_address *address;
    struct ask_settings *settings;
    struct node **list; /* the named ones, then primaries as they became known */
    size_t count;
    struct node **owners; /* of a cluster: the node that serves each slot, or NULL */
    bool stale;           /* the cluster has changed since it was learnt */
    int64_t learn_at;     /* ticks: when it may be asked again */
    enum outcome absence; /* of a cluster: the outcome of asks while its slots are not known, or its
                             data cannot be served; else ASKING */
};

/* Prepares the nodes, without connecting. The address and the settings must outlive them. */
void nodes_open(struct nodes *nodes, const struct store_address *address,
                struct ask_settings *settings);
void nodes_close(struct nodes *nodes);

/* Goes on connecting, without waiting. Gives the milliseconds until it must be called again, or -1
 * while all is well. */
int nodes_tick(struct nodes *nodes);

/* The node that the command names, or else the one that serves its first key; NULL if there is
 * none. */
struct node *nodes_of_command(const struct nodes *nodes, const struct command *command);

/* A node to ask for the cluster's slots, another one each time. NULL if none is there, or nothing
 * need be asked now. */
struct node *nodes_to_learn_from(struct nodes *nodes);

/* Takes a node's reply to CLUSTER SLOTS. False if the reply is of no use. Nodes that serve no slot
 * any more stay until nodes_forget. If the node knows of nobody who serves some slot, the cluster
 * is to be asked again: it may not have heard of a failover yet. */
bool nodes_learn(struct nodes *nodes, const struct node *from, const struct reply *reply);

/* The node to which an error reply of `from` redirects. A new node is connected to; with
 * REDIRECT_MOVED it owns the slot from now on. NULL if there are too many nodes. */
struct node *nodes_redirect(struct nodes *nodes, const struct node *from, enum redirect_kind kind,
                            const struct redirect *redirect);

/* Closes the connections to nodes that serve no slot any more. To be called between two flushes. */
void nodes_forget(struct nodes *nodes);

#endif
