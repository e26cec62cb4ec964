/* sound.h: whether all that is stored fits together. */
#ifndef LASTSYNC_STORE_SOUND_H
#define LASTSYNC_STORE_SOUND_H

#include "store/upkeep/care.h"

/* Looks at every key and every member of every list, as `lastsync check` does, and at the counts of
 * service types; fails the test where anything is wrong. */
void sound_check(void);

/* The same; but over shards, an index name may be held by who does not have it: a crash leaves
 * that, until somebody wants the name. */
void sound_check_but_names(void);

/* What care says of an item: FOUND where it is wrong, else NOOP. */
enum outcome sound_look(struct care_item item);

/* What care says of the counts of service types in a shard, which are counted in its directory;
 * with `fix` it sets them. */
enum outcome sound_types(unsigned shard, bool fix);

#endif
