/* shard.h: into which shard an id falls, and by which tag the keys of a shard lie in one slot of a
 * Redis Cluster. Data in one shard have no tags. */
#ifndef LASTSYNC_SHARD_H
#define LASTSYNC_SHARD_H

#include "base/str.h"

enum { SLOTS = 16384 };

/* The slot that Redis Cluster gives a text: its CRC16 (XMODEM) modulo SLOTS. */
unsigned shard_slot(struct str text);

/* The part of a key whose slot is the key's: what stands between its first '{' and the '}' behind
 * it; all of the key where nothing does. */
struct str shard_tag_of(struct str key);

/* The shard of an id or an index name, of so many shards: the part of the slots that its own slot
 * lies in. */
unsigned shard_of(struct str name, unsigned shards);

/* The tag of a shard: the smallest decimal number whose slot lies in its part of the slots. It
 * lives as long as the process. */
struct str shard_tag(unsigned shard, unsigned shards);

#endif
