/* schema.h: the version of the schema (see key.h) that the data in Redis has, in the field
 * `version` of lastsync:schema. Each new connection looks at it once: see connection.c. */
#ifndef LASTSYNC_SCHEMA_H
#define LASTSYNC_SCHEMA_H

#include "store/redis/ask.h"

enum { SCHEMA_VERSION = 1 }; /* the one that this lastsync serves */

/* Whether data of that version can be served: ASKING, where it can; OUTDATED, where it must be
 * upgraded; NEWER, where it was written by a later lastsync. Data without a version has the first
 * one. */
enum outcome schema_judge(struct str version);

/* What a judgement of OUTDATED or NEWER means, as a sentence. */
struct str schema_sentence(enum outcome outcome);

/* Reads the version: FOUND, with *version, which is absent where there is none. */
void schema_read(struct ask *ask, struct str *version);

/* Upgrades the data from the version that was read to SCHEMA_VERSION, in steps, each of which can
 * be repeated: UPDATED, or CHANGED where somebody else upgrades it. */
void schema_upgrade(struct ask *ask, struct str version);

#endif
