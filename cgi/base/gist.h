/* gist.h: the part that error texts share if they differ only in numbers and names. */
#ifndef LASTSYNC_GIST_H
#define LASTSYNC_GIST_H

#include "base/arena.h"

enum { GIST_MAX = 256 }; /* bytes of a text that are looked at */

/* The beginning of a text, with each address (a URL, an IP address, a word with an @) replaced by
 * "<address>", each id (8 or more hexadecimal digits, 16 or more letters and digits) by "<id>", and
 * each other number by "#". Words end at blanks, quotes and brackets. */
struct str gist_of(struct str text, struct arena *arena);

#endif
