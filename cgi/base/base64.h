/* base64.h: bytes as text in the alphabets of RFC 4648. */
#ifndef LASTSYNC_BASE64_H
#define LASTSYNC_BASE64_H

#include "base/arena.h"

/* Decodes a text in the standard alphabet (section 4), with or without the '=' at its end. Absent
 * if it is anything else: if it has blanks, bits left over, or half a padding. */
struct str base64_read(struct str text, struct arena *arena);

/* Encodes the bytes in the standard alphabet, with the padding. */
struct str base64_write(struct str bytes, struct arena *arena);

/* Encodes the bytes in the alphabet for URLs (section 5), without the padding. */
struct str base64_write_url(struct str bytes, struct arena *arena);

#endif
