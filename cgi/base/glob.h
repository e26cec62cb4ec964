/* glob.h: wildcards.
 *
 * In a pattern '*' stands for any run of characters, '?' for one UTF-8 character, and '\' takes
 * what follows literally. Patterns are compiled together and matched together, in one pass over the
 * text: each of its bytes costs one step for every 64 bytes of the patterns, in any case. */
#ifndef LASTSYNC_GLOB_H
#define LASTSYNC_GLOB_H

#include <stdint.h>

#include "base/arena.h"

struct glob;

/* Compiles the patterns. It keeps no reference to them. */
struct glob *glob_new(const struct str *patterns, size_t count, struct arena *arena);

/* Takes the next pattern off a list with commas between them, as str_split does; a comma behind '\'
 * belongs to its pattern. */
bool glob_split(struct str *patterns, struct str *pattern);

/* From now on the letters A to Z match in either case. */
void glob_ignore_case(struct glob *glob, struct arena *arena);

/* Whether the whole text fits any of the patterns. */
bool glob_fits(struct glob *glob, struct str text);

/* Sets fits[i] for each pattern i that the whole text fits, and leaves the others as they are. */
void glob_mark(struct glob *glob, struct str text, bool *fits);

/* ---- which of the patterns fit ---- */

/* A set of states, one bit each, says how far into the patterns a text has got. glob_words is the
 * number of 64-bit words in a set. A pattern's states lie side by side: a text begins in its first
 * one, and fits if it ends in its last one. The next pattern's first state follows. */
size_t glob_words(const struct glob *glob);
size_t glob_first(const struct glob *glob, size_t pattern);
size_t glob_last(const struct glob *glob, size_t pattern);

/* Runs the text: replaces the states at its beginning, such as some patterns' first ones, by the
 * states at its end. */
void glob_run(struct glob *glob, uint64_t *states, struct str text);

/* The cost so far: how many words of states were computed. */
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
