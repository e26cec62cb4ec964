/* inflate_fuzz.c: any bytes as gzip and as deflate, with a limit from the first byte: the output
 * never exceeds the limit, and is the same with a higher one. */
#include "fuzz.h"
#include "http/inflate.h"

typedef enum inflate_fault unpack(struct str packed, size_t limit, struct arena *arena,
                                  struct str *plain);

static void try(unpack *unpack, struct str packed, size_t limit, struct arena *arena)
{
    struct str plain, again;
    enum inflate_fault fault = unpack(packed, limit, arena, &plain);

    if (fault == INFLATED) {
        REQUIRE(plain.len <= limit);
        REQUIRE(unpack(packed, limit + 1000, arena, &again) == INFLATED);
        REQUIRE(str_equal(plain, again));
        REQUIRE(unpack(packed, plain.len, arena, &again) == INFLATED);
        if (plain.len)
            REQUIRE(unpack(packed, plain.len - 1, arena, &again) == INFLATE_TOO_LARGE);
    } else if (fault == INFLATE_BROKEN) {
        REQUIRE(unpack(packed, limit + 1000, arena, &again) == INFLATE_BROKEN);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t limit = size ? (size_t)data[0] * data[0] : 0;
    char *memory;
    struct str packed = fuzz_input(data + !!size, size - !!size, &memory);

    try(inflate_gzip, packed, limit, fuzz_arena());
    try(inflate_deflate, packed, limit, fuzz_arena());
    free(memory);
    return 0;
}
