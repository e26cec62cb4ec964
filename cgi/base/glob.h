/* glob.h: wildcards. */
#ifndef LASTSYNC_GLOB_H
#define LASTSYNC_GLOB_H

#include "base/str.h"

/* Whether the whole text fits the pattern, in which '*' stands for any run of characters, '?' for
 * one UTF-8 character, and '\' takes what follows literally. Its time is bounded by the product of
 * the two lengths. */
bool glob_matches(struct str pattern, struct str text);

#endif
