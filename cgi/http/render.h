/* render.h: what ?pretty and ?filter_path make of a JSON answer (API, section 8.3). */
#ifndef LASTSYNC_RENDER_H
#define LASTSYNC_RENDER_H

#include "base/arena.h"

/* The JSON text with two spaces a level, " : " behind names, and a newline at its end. */
struct str render_pretty(struct str json, struct arena *arena);

/* What the comma-separated paths leave of the JSON text: names joined by dots, '*' for any run of
 * bytes in a name, '**' for any number of names, '-' in front of what to leave out. Arrays are
 * looked through. "{}" where nothing is left. */
struct str render_filtered(struct str json, struct str paths, struct arena *arena);

#endif
