/* inflate.h: unpacks a request body that was sent with Content-Encoding: gzip or deflate. */
#ifndef LASTSYNC_INFLATE_H
#define LASTSYNC_INFLATE_H

#include "base/arena.h"

enum inflate_fault { INFLATED, INFLATE_BROKEN, INFLATE_TOO_LARGE };

/* Unpacks `packed`, one or more gzip members (RFC 1952, section 2.2), into one text. Stops after
 * `limit` bytes with INFLATE_TOO_LARGE, so that a small bomb cannot grow large. */
enum inflate_fault inflate_gzip(struct str packed, size_t limit, struct arena *arena,
                                struct str *plain);

/* Unpacks deflate (RFC 9110, section 8.4.1.2) with the same limit and faults. zlib's head and
 * checksum may be missing, as some clients leave them out. */
enum inflate_fault inflate_deflate(struct str packed, size_t limit, struct arena *arena,
                                   struct str *plain);

#endif
