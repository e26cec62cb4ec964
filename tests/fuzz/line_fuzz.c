/* line_fuzz.c: any bytes as a line of a file to import: a document that is read can be written, and
 * is read again as the same. */
#include "command/line.h"
#include "fuzz.h"

static struct str written(const struct whole *whole, struct arena *arena)
{
    struct text text = text_new(arena, 1024);

    line_add_document(&text, whole);
    return text_str(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct line line, again;
    char *memory;
    struct str fault = line_read(fuzz_input(data, size, &memory), &line, arena);

    REQUIRE(!fault.ptr || fault.len);
    if (!fault.ptr && line.kind == LINE_DOCUMENT) {
        struct str text = written(&line.whole, arena);

        REQUIRE(line.whole.id.len && line_name(&line.whole, arena).len);
        REQUIRE(text.len && text.ptr[text.len - 1] == '\n');
        text.len--;
        REQUIRE(!line_read(text, &again, arena).ptr && again.kind == LINE_DOCUMENT);
        REQUIRE(str_equal(written(&again.whole, arena), written(&line.whole, arena)));
    }
    free(memory);
    return 0;
}
