/* render.h: changes a JSON answer by ?pretty and ?filter_path (API, section 8.3). */
#ifndef LASTSYNC_RENDER_H
#define LASTSYNC_RENDER_H

#include "base/arena.h"

/* Lays the JSON text out: two spaces for each level, " : " after names, and a newline at its end.
 * Absent if that has more than `most` bytes. */
struct str render_pretty(struct str json, size_t most, struct arena *arena);

/* Filters the JSON text by a list of paths (see filter_path.h); absent if that takes too much
 * work. */
struct str render_filtered(struct str json, struct str paths, struct arena *arena);

#endif
