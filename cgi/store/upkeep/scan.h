/* scan.h: goes over keys, and over the members of a set, in pages: what is there from the beginning
 * to the end is seen, once or more. No step holds Redis for long. The nodes of a cluster are gone
 * over one after the other: keys that move from one to another meanwhile may not be seen. */
#ifndef LASTSYNC_SCAN_H
#define LASTSYNC_SCAN_H

#include "store/schema/key_read.h"

enum { SCAN_PAGE = 200 }; /* keys, or members, about */

struct scanned {
    struct str text; /* the key, or the member */
    struct str type; /* of a key: the type that it has in Redis */
};

struct scan {
    unsigned node;   /* of keys: the one that is gone over, numbered from 0 */
    char cursor[24]; /* "" begins */
    bool ended;
    struct scanned *found; /* of the latest page; lives as long as its ask's arena */
    size_t count;
};

/* Reads the next page of all keys with our prefix: FOUND. */
void scan_keys(struct ask *ask, struct scan *scan);

/* The same of the members of a sorted set. */
void scan_members(struct ask *ask, struct str key, struct scan *scan);

/* About how many keys there are, over all nodes: FOUND. */
void scan_measure(struct ask *ask, uint64_t *keys);

#endif
