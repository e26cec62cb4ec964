/* probe.h: asks a Redis Cluster of itself: which of its nodes serves what, and which version of the
 * schema the data has, in how many shards. One Redis says the second with its greeting; see
 * connection.c. */
#ifndef LASTSYNC_PROBE_H
#define LASTSYNC_PROBE_H

#include "store/cluster/nodes.h"

struct probe {
    struct ask ask;
    struct arena *arena;
    struct nodes *nodes;
    struct node *from; /* who is asked first; NULL behind that */
};

void probe_open(struct probe *probe, struct nodes *nodes);
void probe_close(struct probe *probe);

/* Where the cluster must be asked again, and can be: makes probe->ask ready, and gives true. Its
 * first command goes to probe->from. */
bool probe_begin(struct probe *probe);

/* Takes what came of it. */
void probe_end(struct probe *probe);

#endif
