/* filter_path.h: what ?filter_path leaves of a JSON answer (API, section 8.3).
 *
 * A filter is a list of paths with commas between them. A path is names with dots between them,
 * from the root on: '*' in a name stands for any run of characters, '?' for one, "\." is a dot of
 * the name itself, and "**" in place of a name stands for any number of names. Arrays are looked
 * through. What a path leads to is kept, or left out if a '-' is in front of the path; objects and
 * arrays of which nothing is left disappear. */
#ifndef LASTSYNC_FILTER_PATH_H
#define LASTSYNC_FILTER_PATH_H

#include <stdint.h>

#include "base/arena.h"

enum { FILTER_PATHS_MAX = 128, FILTER_NAMES_MAX = 512 };

/* How much work a filter may take: some 10 ms. Names of two words of states (see glob.h) fit the
 * longest answer, more names a shorter one. */
enum { FILTER_STEPS_MAX = 8000000 };

/* Whether the list has no more paths, and they no more names together, than these. */
bool filter_path_fits(struct str list);

struct filter_path;

/* Reads a list of any length. */
struct filter_path *filter_path_new(struct str list, struct arena *arena);

/* What is left of the JSON text, "{}" for nothing, in one pass; absent where that takes more than
 * FILTER_STEPS_MAX steps. It takes the memory of what it gives, and of a set of states for each
 * level of the text. */
struct str filter_path_apply(struct filter_path *filter, struct str json);

/* How many words of states (see glob.h) have been computed so far: the cost. */
uint64_t filter_path_steps(const struct filter_path *filter);

#endif
