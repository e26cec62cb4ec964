/* json_fuzz.c: any bytes as JSON: a tree that is read is the same after writing and reading, and
 * merges to itself. */
#include "base/tree.h"
#include "base/utf8.h"
#include "fuzz.h"

/* Walks all tokens: texts are UTF-8, offsets grow, and the end comes. */
static bool walk(struct str text, struct arena *arena)
{
    struct json_reader reader;
    size_t last = 0;

    json_open(&reader, text, (struct json_budget){ JSON_DEPTH_MAX, 10000 }, arena);
    while (json_next(&reader) != JSON_NOTHING && reader.token != JSON_FAULT) {
        REQUIRE(reader.token_at >= last && reader.token_at < text.len && reader.at <= text.len);
        last = reader.token_at;
        if (reader.token == JSON_KEY || reader.token == JSON_STRING)
            REQUIRE(utf8_valid(reader.text));
    }
    if (reader.token == JSON_FAULT)
        REQUIRE(reader.token_at <= text.len && reader.message.len && !json_skip(&reader));
    return reader.token == JSON_NOTHING;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct json_object *tree, *again;
    struct str written;
    char *memory;
    struct str text = fuzz_input(data, size, &memory);
    bool walked = walk(text, arena), is_tree = tree_parse(text, arena, &tree);

    REQUIRE(json_is(text, JSON_OBJECT, arena) == (is_tree && tree_is_object(tree)));
    REQUIRE(json_is(text, JSON_ARRAY, arena) == (is_tree && tree_is_array(tree)));
    if (is_tree) {
        REQUIRE(walked);
        written = tree_write(tree, arena);
        REQUIRE(tree_parse(written, arena, &again));
        REQUIRE(str_equal(tree_write(again, arena), written));
        if (tree_is_object(tree)) {
            REQUIRE(!tree_merge(tree, again));
            REQUIRE(str_equal(tree_write(tree, arena), written));
        }
    }
    free(memory);
    return 0;
}
