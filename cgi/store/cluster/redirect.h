/* redirect.h: reads what a node of a Redis Cluster says of who serves which slots: in its answer to
 * CLUSTER SLOTS, and in the errors MOVED and ASK (Redis Cluster specification, "Redirection and
 * resharding"). */
#ifndef LASTSYNC_REDIRECT_H
#define LASTSYNC_REDIRECT_H

#include "store/redis/ask.h"

/* Slots that one primary serves. */
struct slot_range {
    unsigned first, last;
    struct str host; /* absent: the host of the node that said so */
    int port;
};

/* Reads an entry of the reply to CLUSTER SLOTS; its texts are the reply's. False where it is none.
 */
bool redirect_read_range(const struct reply *entry, struct slot_range *range);

enum redirect_kind {
    REDIRECT_NONE,
    REDIRECT_MOVED, /* another node serves the slot from now on */
    REDIRECT_ASK    /* another node serves this command alone, behind ASKING */
};

struct redirect {
    unsigned slot;
    struct str host; /* absent: the host of the node that said so */
    int port;
};

/* Reads an error reply: REDIRECT_NONE, or what it says, in *redirect. */
enum redirect_kind redirect_read(struct str error, struct redirect *redirect);

#endif
