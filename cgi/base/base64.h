/* base64.h: bytes as text in the alphabets of RFC 4648. */
#ifndef LASTSYNC_BASE64_H
#define LASTSYNC_BASE64_H

#include "base/arena.h"

/* The bytes of a text in the usual alphabet (section 4), with or without the '=' at its end. Absent
 * where it is not exactly that: blanks, bits that are left over, half a padding. */
struct str base64_read(struct str text, struct arena *arena);

/* The same in reverse, with the padding. */
struct str base64_write(struct str bytes, struct arena *arena);

/* The bytes in the alphabet for URLs (section 5), without padding. */
struct str base64_write_url(struct str bytes, struct arena *arena);

#endif
