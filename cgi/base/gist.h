/* gist.h: what errors have in common that differ in numbers and names. */
#ifndef LASTSYNC_GIST_H
#define LASTSYNC_GIST_H

#include "base/arena.h"

enum { GIST_MAX = 256 }; /* bytes of a text that are looked at */

/* The beginning of a text, where addresses (URLs, IP addresses, what has an @) are "<address>", ids
 * (8 or more hexadecimal digits, 16 or more letters and digits) are "<id>", and other digits are
 * "#", one for a number. Words end at blanks, quotes and brackets. */
struct str gist_of(struct str text, struct arena *arena);

#endif
