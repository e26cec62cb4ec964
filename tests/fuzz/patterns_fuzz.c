/* patterns_fuzz.c: any bytes as the patterns of a key, and an id: the same patterns fit as by the
 * plain definition. */
#include "api/common/access.h"
#include "base/utf8.h"
#include "fuzz.h"

/* The text without its first character. */
static struct str without_first(struct str text)
{
    return str_from_offset(text,
                           (unsigned char)text.ptr[0] < 0x80 ? 1 : utf8_length(text.ptr, text.len));
}

/* Whether the pattern fits the text, with at most `steps` tries. */
static bool fits(struct str pattern, struct str text, unsigned *steps)
{
    struct str rest = pattern;

    if (!*steps)
        return false;
    --*steps;
    if (!pattern.len)
        return !text.len;
    rest = str_from_offset(pattern, 1);
    if (pattern.ptr[0] == '*')
        return fits(rest, text, steps) || (text.len && fits(pattern, without_first(text), steps));
    if (!text.len)
        return false;
    if (pattern.ptr[0] == '?')
        return fits(rest, without_first(text), steps);
    if (pattern.ptr[0] == '\\' && pattern.len > 1) {
        pattern = rest;
        rest = str_from_offset(rest, 1);
    }
    return pattern.ptr[0] == text.ptr[0] && fits(rest, str_from_offset(text, 1), steps);
}

/* A comma ends a pattern, unless the backslash before it is none that is taken literally itself. */
static bool any_fits(struct str patterns, struct str id, unsigned *steps)
{
    bool any = false, literal = false;
    size_t from = 0;

    for (size_t i = 0; patterns.ptr && i <= patterns.len; i++) {
        struct str pattern = { patterns.ptr + from, i - from };

        if (i < patterns.len && (literal || patterns.ptr[i] != ',')) {
            literal = !literal && patterns.ptr[i] == '\\';
            continue;
        }
        pattern = str_trim(pattern);
        any = any || (pattern.len && fits(pattern, id, steps));
        from = i + 1;
    }
    return any;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    unsigned steps = 20000;
    char *memory;
    struct str id = fuzz_input(data, size, &memory), patterns = str_take(&id, '\n');

    if (id.ptr && utf8_valid(id) && utf8_valid(patterns)) {
        bool expected = any_fits(patterns, id, &steps), given = access_fits(patterns, id, arena);

        REQUIRE(!steps || given == expected);
    }
    free(memory);
    return 0;
}
