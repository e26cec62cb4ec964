/* inflate.h: unpacks a request body that was sent with Content-Encoding: gzip or deflate. */
#ifndef LASTSYNC_INFLATE_H
#define LASTSYNC_INFLATE_H

#include "base/arena.h"

enum inflate_fault { INFLATED, INFLATE_BROKEN, INFLATE_TOO_LARGE };

/* Unpacks the gzip members that fill `packed` (RFC 1952, section 2.2) into the arena, as one text.
 * What comes out stops at `limit` bytes, so that a small bomb cannot grow large:
 * INFLATE_TOO_LARGE. */
enum inflate_fault inflate_gzip(struct str packed, size_t limit, struct arena *arena,
                                struct str *plain);

/* The same for deflate (RFC 9110, section 8.4.1.2), with zlib's head and checksum or, as some
 * clients send it, without. */
enum inflate_fault inflate_deflate(struct str packed, size_t limit, struct arena *arena,
                                   struct str *plain);

#endif
