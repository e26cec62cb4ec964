/* filter_path.h: filters a JSON answer by ?filter_path (API, section 8.3).
 *
 * A filter is a list of paths, separated by commas. A path is a list of names from the root on,
 * separated by dots. In a name, '*' stands for any run of characters, '?' for one character, and
 * "\." for a dot; "**" in place of a name stands for any number of names. An array is passed
 * without a name. What a path leads to is kept, or left out if the path begins with '-'; objects
 * and arrays of which nothing is left disappear. */
#ifndef LASTSYNC_FILTER_PATH_H
#define LASTSYNC_FILTER_PATH_H

#include <stdint.h>

#include "base/arena.h"

enum { FILTER_PATHS_MAX = 128, FILTER_NAMES_MAX = 512 };

/* How much work a filter may take: about 10 ms. Names of two words of states (see glob.h) can
 * filter the longest answer; more names, only a shorter one. */
enum { FILTER_STEPS_MAX = 8000000 };

/* Whether the list has at most FILTER_PATHS_MAX paths, with at most FILTER_NAMES_MAX names
 * together. */
bool filter_path_fits(struct str list);

struct filter_path;

/* Reads a list of paths, of any length. */
struct filter_path *filter_path_new(struct str list, struct arena *arena);

/* Filters the JSON text in one pass; "{}" if nothing is left, absent if it would take more than
 * FILTER_STEPS_MAX steps. It needs memory for its result, and for one set of states for each level
 * of the text. */
struct str filter_path_apply(struct filter_path *filter, struct str json);

/* The cost so far: how many words of states (see glob.h) were computed, for the bytes of names and
 * for each value. */
uint64_t filter_path_steps(const struct filter_path *filter);

#endif
