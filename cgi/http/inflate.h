/* inflate.h: unpacks a request body that was sent with Content-Encoding: gzip. */
#ifndef LASTSYNC_INFLATE_H
#define LASTSYNC_INFLATE_H

#include "base/arena.h"

enum inflate_fault { INFLATED, INFLATE_BROKEN, INFLATE_TOO_LARGE };

/* Unpacks one gzip member that fills `packed` (RFC 1952) into the arena. What comes out stops at
 * `limit` bytes, so that a small bomb cannot grow large: INFLATE_TOO_LARGE. */
enum inflate_fault inflate_gzip(struct str packed, size_t limit, struct arena *arena,
                                struct str *plain);

#endif
