/* id.c: ids of new documents. */
#include "base/id.h"

#include "base/chance.h"
#include "base/instant.h"

struct str id_new(struct arena *arena)
{
    static const char digits[] = "-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
    enum { BYTES = ID_NEW_LENGTH * 6 / 8, TIME_BYTES = 7 };
    struct instant now = instant_now();
    uint64_t micros = (uint64_t)now.seconds * 1000000 + (uint64_t)now.nanos / 1000;
    unsigned char bytes[BYTES];
    char *id = arena_take(arena, ID_NEW_LENGTH);

    for (unsigned i = 0; i < TIME_BYTES; i++)
        bytes[i] = (unsigned char)(micros >> (8 * (TIME_BYTES - 1 - i)));
    chance_fill(bytes + TIME_BYTES, BYTES - TIME_BYTES);
    for (unsigned i = 0; i < ID_NEW_LENGTH; i++) {
        unsigned bit = i * 6, byte = bit / 8, shift = bit % 8;
        unsigned pair = (unsigned)bytes[byte] << 8 | (byte + 1 < BYTES ? bytes[byte + 1] : 0U);

        id[i] = digits[pair >> (10 - shift) & 63];
    }
    return (struct str){ id, ID_NEW_LENGTH };
}
