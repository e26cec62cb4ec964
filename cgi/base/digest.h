/* digest.h: SHA-256, and comparing in constant time. */
#ifndef LASTSYNC_DIGEST_H
#define LASTSYNC_DIGEST_H

#include "base/str.h"

enum { DIGEST_BYTES = 32 };

struct digest {
    unsigned char bytes[DIGEST_BYTES];
};

/* The SHA-256 of a text. */
struct digest digest_of(struct str text);

/* The HMAC-SHA256 of a text (RFC 2104), by a key. */
struct digest digest_hmac(struct str key, struct str text);

/* Whether both are equal; the time this takes does not depend on the place where they differ. */
bool digest_equal(const struct digest *a, const struct digest *b);

/* A digest as 64 hexadecimal digits in lower case, which `hex` must have room for. */
struct str digest_write(const struct digest *digest, char hex[2 * DIGEST_BYTES]);

/* Reads such a text; false if it is malformed. */
bool digest_read(struct str hex, struct digest *digest);

#endif
