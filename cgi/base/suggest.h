/* suggest.h: "did you mean" for unknown fields and parameters (API, section 3.3), options and
 * commands. */
#ifndef LASTSYNC_SUGGEST_H
#define LASTSYNC_SUGGEST_H

#include "base/arena.h"

/* The names that are more than half alike to `word`, the most alike first, as " did you mean [x]?"
 * or " did you mean any of [x, y]?". Empty if there is none, or if the word is longer than a name
 * can be: so a name is compared with at most 64 bytes of a client's text. */
struct str suggest(struct str word, const struct str *names, size_t count, struct arena *arena);

#endif
