/* render.h: what ?pretty and ?filter_path make of a JSON answer (API, section 8.3). */
#ifndef LASTSYNC_RENDER_H
#define LASTSYNC_RENDER_H

#include "base/arena.h"

/* The JSON text with two spaces a level, " : " behind names, and a newline at its end. */
struct str render_pretty(struct str json, struct arena *arena);

/* What the list of paths (see filter_path.h) leaves of the JSON text; absent where that takes too
 * much work. */
struct str render_filtered(struct str json, struct str paths, struct arena *arena);

#endif
