/* redirect.h: reads which node of a Redis Cluster serves which slots, from the reply to CLUSTER
 * SLOTS and from the errors MOVED and ASK (Redis Cluster specification, "Redirection and
 * resharding"). */
#ifndef LASTSYNC_REDIRECT_H
#define LASTSYNC_REDIRECT_H

#include "store/redis/ask.h"

/* A range of slots that one primary serves. */
struct slot_range {
    unsigned first, last;
    struct str host; /* absent: the host of the node that said so */
    int port;
};

/* Reads an entry of the reply to CLUSTER SLOTS; the host is a view into the reply. False if it is
 * malformed. */
bool redirect_read_range(const struct reply *entry, struct slot_range *range);

enum redirect_kind {
    REDIRECT_NONE,
    REDIRECT_MOVED, /* another node serves the slot from now on */
    REDIRECT_ASK    /* another node serves this one command, after ASKING */
};

struct redirect {
    unsigned slot;
    struct str host; /* absent: the host of the node that said so */
    int port;
};

/* Reads an error reply. Fills in *redirect, unless it gives REDIRECT_NONE. */
enum redirect_kind redirect_read(struct str error, struct redirect *redirect);

#endif
