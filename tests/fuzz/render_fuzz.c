/* render_fuzz.c: JSON as an answer, after paths that end at the first newline: with pretty and
 * filter_path it stays JSON; pretty keeps all members, and a filter adds none. */
#include "base/tree.h"
#include "fuzz.h"
#include "http/csv.h"
#include "http/render.h"

static struct str pretty(struct str json, struct arena *arena)
{
    struct str written = render_pretty(json, SIZE_MAX, arena);
    struct json_object *tree, *again;

    REQUIRE(tree_parse(json, arena, &tree));
    REQUIRE(tree_parse(written, arena, &again));
    REQUIRE(str_equal(tree_write(tree, arena), tree_write(again, arena)));
    return written;
}

static void tabulate(struct str json, struct arena *arena)
{
    static const struct str columns[] = { STR_ROW("a"), STR_ROW("b.c") };
    static const struct csv_table table = { STR_ROW("results"), columns, 2 };
    struct str csv = csv_write(json, &table, arena);

    REQUIRE(str_starts(csv, STR("a,b.c\r\n")));
    REQUIRE(str_equal(str_from_offset(csv, csv.len - 2), STR("\r\n")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = fuzz_arena();
    struct json_object *tree;
    char *memory;
    struct str rest = fuzz_input(data, size, &memory), paths = str_take(&rest, '\n');

    if (rest.ptr && tree_parse(rest, arena, &tree)) {
        struct str plain = tree_write(tree, arena), left = render_filtered(plain, paths, arena);

        if (!left.ptr)
            left = STR("{}"); /* too much work */
        REQUIRE(left.len <= plain.len || str_equal(left, STR("{}")));
        REQUIRE(tree_parse(left, arena, &tree));
        (void)pretty(left, arena);
        tabulate(plain, arena);
        REQUIRE(str_equal(pretty(pretty(plain, arena), arena), pretty(plain, arena)));
    }
    free(memory);
    return 0;
}
