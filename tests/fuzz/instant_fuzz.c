/* instant_fuzz.c: any bytes as a datetime: an instant that is read can be written, and is read
 * again as the same. */
#include "base/instant.h"
#include "base/number.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct instant instant, again;
    char *memory;
    struct str text = fuzz_input(data, size, &memory), written;
    int64_t number;

    if (instant_read(text, &instant) == INSTANT_READ) {
        REQUIRE(instant.nanos >= 0 && instant.nanos < 1000000000);
        written = instant_write(instant, arena);
        REQUIRE(written.len >= 24 && written.len <= 36);
        REQUIRE(instant_read(written, &again) == INSTANT_READ);
        REQUIRE(again.seconds == instant.seconds && again.nanos == instant.nanos);
        REQUIRE(str_equal(instant_write(again, arena), written));
    }
    (void)number_truncate(text, &number);
    free(memory);
    return 0;
}
