/* media_fuzz.c: any bytes as Content-Type and Accept: the answer's type is one of ours, and can be
 * read again. */
#include "fuzz.h"
#include "http/media.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct media media, again;
    char *memory;
    struct str value = fuzz_input(data, size, &memory), written;

    if (media_read(value, &media)) {
        for (size_t i = 0; i < media.version.len; i++)
            REQUIRE(media.version.ptr[i] >= '0' && media.version.ptr[i] <= '9');
        written = media_write(&media, arena);
        REQUIRE(media_read(written, &again));
        REQUIRE(again.kind != MEDIA_FOREIGN);
        REQUIRE(media.kind != MEDIA_VENDOR || !media_version_known(media.version) ||
                str_equal(again.version, media.version));
        /* It goes into a header of the response, which has little room. */
        REQUIRE(written.len < 100);
        REQUIRE(!memchr(written.ptr, '\n', written.len) && !memchr(written.ptr, '\r', written.len));
    }
    free(memory);
    return 0;
}
