/* shard.h: the shard of an id, and the tag that puts all keys of a shard into one slot of a Redis
 * Cluster. If there is only one shard, keys have no tag. */
#ifndef LASTSYNC_SHARD_H
#define LASTSYNC_SHARD_H

#include "base/str.h"

enum { SLOTS = 16384 };

/* The slot that Redis Cluster gives a text: its CRC16 (XMODEM) modulo SLOTS. */
unsigned shard_slot(struct str text);

/* The part of a key that decides its slot: the text between its first '{' and the next '}'; the
 * whole key if that is empty or missing. */
struct str shard_tag_of(struct str key);

/* The shard of an id or an index name. The slots are divided into `shards` equal parts; it is the
 * part that the name's slot lies in. */
unsigned shard_of(struct str name, unsigned shards);

/* The tag of a shard: the smallest decimal number whose slot lies in its part of the slots. It
 * lives until a tag is asked for with another number of shards. */
struct str shard_tag(unsigned shard, unsigned shards);

#endif
