/* probe.h: asks a Redis Cluster which node serves which slots, and which version of the schema and
 * how many shards its data have. A single Redis tells the latter in reply to the greeting: see
 * connection.c. */
#ifndef LASTSYNC_PROBE_H
#define LASTSYNC_PROBE_H

#include "store/cluster/nodes.h"

struct probe {
    struct ask ask;
    struct arena *arena;
    struct nodes *nodes;
    struct node *from; /* the node that gets the first command; NULL afterwards */
};

void probe_open(struct probe *probe, struct nodes *nodes);
void probe_close(struct probe *probe);

/* If the cluster must be asked again, and can be, makes probe->ask ready and gives true. Its first
 * command goes to probe->from. */
bool probe_begin(struct probe *probe);

/* Takes the outcome of probe->ask. */
void probe_end(struct probe *probe);

#endif
