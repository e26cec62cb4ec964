/* schema.h: the schema's version (see key.h) and the number of shards of the data in Redis, kept in
 * the fields `version` and `shards` of lastsync:schema. Each new connection reads them once (see
 * connection.c); of a cluster, its probe. */
#ifndef LASTSYNC_SCHEMA_H
#define LASTSYNC_SCHEMA_H

#include "store/redis/ask.h"

enum {
    SCHEMA_VERSION = 2, /* the version that this lastsync serves */
    SHARDS_MAX = 1024
};

/* Judges a version: ASKING if it can be served, or is absent; OUTDATED if the data must be
 * upgraded; NEWER if a later lastsync has written them. */
enum outcome schema_judge(struct str version);

/* Reads a number of shards; absent means one. ASKING, or NEWER if this lastsync cannot serve so
 * many. */
enum outcome schema_read_shards(struct str text, unsigned *shards);

/* Whether data can have this number of shards: a power of two, SHARDS_MAX at most. */
bool schema_may_shard(uint64_t shards);

/* Makes the ask read the version: FOUND, with *version, which is absent if there is none. */
void schema_read(struct ask *ask, struct str *version);

/* Makes the ask write that the data have SCHEMA_VERSION and one shard. UPDATED; or CHANGED, if
 * their version is not `version` (absent: none) any more. */
void schema_mark(struct ask *ask, struct str version);

#endif
