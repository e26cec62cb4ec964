/* health.h: asks Redis for its health. */
#ifndef LASTSYNC_HEALTH_H
#define LASTSYNC_HEALTH_H

#include "store/redis/ask.h"

/* The answer to INFO. A text that INFO does not have is absent. */
struct health {
    bool silent;        /* a node of a cluster that did not answer */
    bool told;          /* whether Redis has answered INFO, which may not be permitted */
    struct str version; /* of Redis */
    struct str role;    /* master, slave */
    struct str loading; /* 0, 1 */
    struct str aof_enabled;
    struct str aof_last_write_status; /* ok, err */
    struct str rdb_last_bgsave_status;
    struct str used_memory, uncounted_memory, maxmemory; /* bytes; the second are none that the
                                                            third limits */
    struct str maxmemory_policy;
    struct str connected_slaves;
    struct str master_link_status; /* of a replica: up, down */
    unsigned wanted_replicas;      /* how many must acknowledge each write */
};

/* The health of all nodes. */
struct healths {
    struct health *nodes; /* one for one Redis, one for each primary of a cluster; they live as long
                             as the ask's arena */
    size_t count;
    struct str schema; /* the version of the data; absent if not known */
};

/* Asks all nodes. FOUND, with *healths filled in, if any node answers; AWAY if none does, or FAULTY
 * if all refuse us. */
void health_ask(struct ask *ask, struct healths *healths);

/* Reads the text of INFO into *health. Exported for tests. */
void health_read_info(struct str info, struct health *health);

#endif
