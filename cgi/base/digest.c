/* digest.c: SHA-256 by nettle. The only file that knows it. */
#include "base/digest.h"

#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <nettle/sha2.h>
#include <stdint.h>

static const char hex_digits[] = "0123456789abcdef";

struct digest digest_of(struct str text)
{
    struct sha256_ctx context;
    struct digest digest;

    sha256_init(&context);
    sha256_update(&context, text.len, (const uint8_t *)text.ptr);
    sha256_digest(&context, sizeof digest.bytes, digest.bytes);
    return digest;
}

struct digest digest_hmac(struct str key, struct str text)
{
    struct hmac_sha256_ctx context;
    struct digest digest;

    hmac_sha256_set_key(&context, key.len, (const uint8_t *)key.ptr);
    hmac_sha256_update(&context, text.len, (const uint8_t *)text.ptr);
    hmac_sha256_digest(&context, sizeof digest.bytes, digest.bytes);
    return digest;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return memeql_sec(a->bytes, b->bytes, DIGEST_BYTES) != 0;
}

struct str digest_write(const struct digest *digest, char hex[2 * DIGEST_BYTES])
{
    for (size_t i = 0; i < DIGEST_BYTES; i++) {
        hex[2 * i] = hex_digits[digest->bytes[i] >> 4];
        hex[2 * i + 1] = hex_digits[digest->bytes[i] & 15];
    }
    return (struct str){ hex, (size_t)2 * DIGEST_BYTES };
}

bool digest_read(struct str hex, struct digest *digest)
{
    if (hex.len != (size_t)2 * DIGEST_BYTES)
        return false;
    for (size_t i = 0; i < hex.len; i++) {
        const char *digit = memchr(hex_digits, hex.ptr[i], sizeof hex_digits - 1);
        unsigned char *byte = &digest->bytes[i / 2];

        if (!digit)
            return false;
        *byte = (unsigned char)((i % 2 ? *byte * 16U : 0U) + (unsigned)(digit - hex_digits));
    }
    return true;
}
