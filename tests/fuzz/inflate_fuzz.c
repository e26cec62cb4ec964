/* inflate_fuzz.c: any bytes as gzip, with a limit from the first byte: never more than the limit
 * comes out, and a higher limit gives the same. */
#include "fuzz.h"
#include "http/inflate.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    size_t limit = size ? (size_t)data[0] * data[0] : 0;
    struct str plain, again;
    enum inflate_fault fault;
    char *memory;
    struct str packed = fuzz_input(data + !!size, size - !!size, &memory);

    fault = inflate_gzip(packed, limit, arena, &plain);
    if (fault == INFLATED) {
        REQUIRE(plain.len <= limit);
        REQUIRE(inflate_gzip(packed, limit + 1000, arena, &again) == INFLATED);
        REQUIRE(str_equal(plain, again));
        REQUIRE(inflate_gzip(packed, plain.len, arena, &again) == INFLATED);
        if (plain.len)
            REQUIRE(inflate_gzip(packed, plain.len - 1, arena, &again) == INFLATE_TOO_LARGE);
    } else if (fault == INFLATE_BROKEN) {
        REQUIRE(inflate_gzip(packed, limit + 1000, arena, &again) == INFLATE_BROKEN);
    }
    free(memory);
    return 0;
}
