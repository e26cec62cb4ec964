/* health.h: how Redis is, by what it says of itself. */
#ifndef LASTSYNC_HEALTH_H
#define LASTSYNC_HEALTH_H

#include "store/redis/ask.h"

/* What INFO says; a text is absent where it says nothing of it. */
struct health {
    bool silent;        /* a node of a cluster: it does not answer, or cannot */
    bool told;          /* whether Redis has answered INFO: it may not be permitted */
    struct str version; /* of Redis */
    struct str role;    /* master, slave */
    struct str loading; /* 0, 1 */
    struct str aof_enabled;
    struct str aof_last_write_status; /* ok, err */
    struct str rdb_last_bgsave_status;
    struct str maxmemory_policy;
    struct str connected_slaves;
    struct str master_link_status; /* of a replica: up, down */
    unsigned wanted_replicas;      /* that are to acknowledge each write */
};

/* How all nodes are. */
struct healths {
    struct health *nodes; /* one for one Redis, one for each primary of a cluster; they live as long
                             as the ask's arena */
    size_t count;
    struct str schema; /* the version that the data has; absent: nobody says */
};

/* Asks all nodes: FOUND, with *healths filled in, if any of them answers; or AWAY, or FAULTY where
 * none of them lets us in. */
void health_ask(struct ask *ask, struct healths *healths);

/* Reads the text of INFO. For tests, too. */
void health_read_info(struct str info, struct health *health);

#endif
