/* authorization_fuzz.c: any bytes as an Authorization header: an accepted key is well formed, and
 * is the same with each ending of its base64. */
#include "api/common/access_credentials.h"
#include "base/base64.h"
#include "base/text.h"
#include "fuzz.h"

static void require_same_again(const struct credentials *read, struct arena *arena)
{
    struct str pair = arena_format(arena, "%.*s:%.*s", STR_ARGS(read->id), STR_ARGS(read->secret));
    struct str encoded = base64_write(pair, arena);
    struct str value = arena_format(arena, "apikey %.*s", STR_ARGS(encoded));
    struct credentials again;

    for (size_t padding = 0; padding <= 2; padding++) {
        if (padding && value.ptr[value.len - 1] == '=')
            value.len--;
        again = credentials_read(value, arena);
        if (padding == 1 && encoded.len >= 2 && encoded.ptr[encoded.len - 2] == '=') {
            REQUIRE(again.broken); /* half a padding */
            continue;
        }
        REQUIRE(again.kind == CREDENTIALS_API_KEY && !again.broken);
        REQUIRE(str_equal(again.id, read->id) && str_equal(again.secret, read->secret));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    char *memory;
    struct credentials read = credentials_read(fuzz_input(data, size, &memory), arena);

    if (read.kind != CREDENTIALS_NONE && !read.broken) {
        REQUIRE(size <= AUTHORIZATION_MAX);
        REQUIRE(key_id_is_valid(read.id));
        REQUIRE(read.secret.len && read.secret.len <= KEY_SECRET_MAX);
        for (size_t i = 0; i < read.secret.len; i++)
            REQUIRE(read.secret.ptr[i] > ' ' && read.secret.ptr[i] <= '~');
        require_same_again(&read, arena);
    } else {
        REQUIRE(!read.id.ptr && !read.secret.ptr);
    }
    free(memory);
    return 0;
}
