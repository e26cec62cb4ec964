/* schema.h: the version of the schema (see key.h) that the data in Redis has, and the number of
 * shards into which they are parted, in the fields `version` and `shards` of lastsync:schema. Each
 * new connection looks at them once: see connection.c. */
#ifndef LASTSYNC_SCHEMA_H
#define LASTSYNC_SCHEMA_H

#include "store/redis/ask.h"

enum {
    SCHEMA_VERSION = 2, /* the one that this lastsync serves */
    SHARDS_MAX = 1024
};

/* Whether data of that version can be served: ASKING, where it can, or where there is no version;
 * OUTDATED, where it must be upgraded; NEWER, where it was written by a later lastsync. */
enum outcome schema_judge(struct str version);

/* Reads a number of shards, absent for one: ASKING; or NEWER, where this lastsync knows no data in
 * such shards. */
enum outcome schema_read_shards(struct str text, unsigned *shards);

/* Whether data can be parted into so many: a power of two, SHARDS_MAX at most. */
bool schema_may_shard(uint64_t shards);

/* Reads the version: FOUND, with *version, which is absent where there is none. */
void schema_read(struct ask *ask, struct str *version);

/* Says that the data has SCHEMA_VERSION by now, and one shard, if it still has the version that was
 * read (absent: none): UPDATED, or CHANGED where it has another one. */
void schema_mark(struct ask *ask, struct str version);

#endif
