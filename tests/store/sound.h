/* sound.h: checks that all stored data fit together. */
#ifndef LASTSYNC_STORE_SOUND_H
#define LASTSYNC_STORE_SOUND_H

#include "store/upkeep/care.h"

/* Looks at every key and every member of every list, as `lastsync check` does, and at the counts of
 * service types; fails the test if anything is wrong. */
void sound_check(void);

/* Like sound_look, but with several shards a connector may hold an index name that it does not
 * have: a crash leaves that, until another connector wants the name. */
void sound_check_but_names(void);

/* Care's outcome for an item: FOUND if it is wrong, else NOOP. */
enum outcome sound_look(struct care_item item);

/* Care's outcome for the counts of service types in a shard, compared with its directory; with
 * `fix` it sets them. */
enum outcome sound_types(unsigned shard, bool fix);

#endif
