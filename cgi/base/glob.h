/* glob.h: wildcards.
 *
 * In a pattern '*' stands for any run of characters, '?' for one UTF-8 character, and '\' takes
 * what follows literally. Patterns are compiled together and matched together, in one pass over the
 * text: each of its bytes costs one step for every 64 bytes of the patterns, whatever they are. */
#ifndef LASTSYNC_GLOB_H
#define LASTSYNC_GLOB_H

#include <stdint.h>

#include "base/arena.h"

struct glob;

/* Compiles the patterns, which may be gone afterwards. */
struct glob *glob_new(const struct str *patterns, size_t count, struct arena *arena);

/* From now on the letters A to Z fit in either case. */
void glob_ignore_case(struct glob *glob, struct arena *arena);

/* Whether the whole text fits any of the patterns. */
bool glob_fits(struct glob *glob, struct str text);

/* ---- for those who care which of the patterns fit ---- */

/* A set of states says how far into the patterns a text has got: a bit for each, in words. Each
 * pattern begins with a state of its own, and is matched by a text that ends in the last of its
 * states. The first state of the next pattern is the one behind that. */
size_t glob_words(const struct glob *glob);
size_t glob_first(const struct glob *glob, size_t pattern);
size_t glob_last(const struct glob *glob, size_t pattern);

/* Goes on from the states, some patterns' first ones, through the text to those at its end. */
void glob_run(struct glob *glob, uint64_t *states, struct str text);

/* How many words of states have been computed so far: the cost. */
uint64_t glob_steps(const struct glob *glob);

static inline bool glob_has(const uint64_t *states, size_t state)
{
    return states[state / 64] >> state % 64 & 1;
}

static inline void glob_put(uint64_t *states, size_t state)
{
    states[state / 64] |= UINT64_C(1) << state % 64;
}

#endif
