/* scan.h: goes over keys, and over the members of a set, in pages. An element that exists from the
 * beginning to the end is seen at least once. Each step is short for Redis. The nodes of a cluster
 * follow one after the other; keys that move between them meanwhile may be missed. */
#ifndef LASTSYNC_SCAN_H
#define LASTSYNC_SCAN_H

#include "store/schema/key_read.h"

enum { SCAN_PAGE = 200 }; /* about how many keys or members */

struct scanned {
    struct str text; /* the key, or the member */
    struct str type; /* of a key: the type that it has in Redis */
};

struct scan {
    unsigned node;   /* of keys: the current node, numbered from 0 */
    char cursor[24]; /* "" begins */
    bool ended;
    struct scanned *found; /* the latest page; lives as long as the arena of its ask */
    size_t count;
};

/* Reads the next page of all keys with our prefix: FOUND. */
void scan_keys(struct ask *ask, struct scan *scan);

/* Reads the next page of the members of a sorted set: FOUND. */
void scan_members(struct ask *ask, struct str key, struct scan *scan);

/* Sets *keys to about how many keys there are on all nodes: FOUND. */
void scan_measure(struct ask *ask, uint64_t *keys);

#endif
