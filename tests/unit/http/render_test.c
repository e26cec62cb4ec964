/* render_test.c: tests ?pretty and ?filter_path. */
#include "http/render.h"

#include "base/text.h"
#include "base/tree.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str json, pretty; } pretty[] = {
    { STR_ROW("1"),                    STR_ROW("1\n") },
    { STR_ROW("{}"),                   STR_ROW("{ }\n") },
    { STR_ROW("[]"),                   STR_ROW("[ ]\n") },
    { STR_ROW("{\"a\":1}"),            STR_ROW("{\n  \"a\" : 1\n}\n") },
    { STR_ROW("{\"a\":{},\"b\":[]}"),  STR_ROW("{\n  \"a\" : { },\n  \"b\" : [ ]\n}\n") },
    { STR_ROW("[1,[2,{\"a\":\"\\n/\\u0000\"}]]"),
      STR_ROW("[\n  1,\n  [\n    2,\n    {\n      \"a\" : \"\\n/\\u0000\"\n    }\n  ]\n]\n") },
    { STR_ROW("[true,false,null,-1.50e3]"), STR_ROW("[\n  true,\n  false,\n  null,\n  -1.50e3\n]\n") },
};

#define DOCUMENT "{\"count\":2,\"results\":[{\"id\":\"a\",\"x\":{\"id\":1,\"y\":null}},{\"id\":\"b\"}],\"e\":{}}"

static const struct { struct str paths, left; } filtered[] = {
    { STR_ROW("count"),             STR_ROW("{\"count\":2}") },
    { STR_ROW("nothing"),           STR_ROW("{}") },
    { STR_ROW("count.x"),           STR_ROW("{}") },
    { STR_ROW("results"),           STR_ROW("{\"results\":[{\"id\":\"a\",\"x\":{\"id\":1,\"y\":null}},{\"id\":\"b\"}]}") },
    { STR_ROW("results.id"),        STR_ROW("{\"results\":[{\"id\":\"a\"},{\"id\":\"b\"}]}") },
    { STR_ROW("results.x"),         STR_ROW("{\"results\":[{\"x\":{\"id\":1,\"y\":null}}]}") },
    { STR_ROW("results.x.y"),       STR_ROW("{\"results\":[{\"x\":{\"y\":null}}]}") },
    { STR_ROW("results.*"),         STR_ROW("{\"results\":[{\"id\":\"a\",\"x\":{\"id\":1,\"y\":null}},{\"id\":\"b\"}]}") },
    { STR_ROW("*.id"),              STR_ROW("{\"results\":[{\"id\":\"a\"},{\"id\":\"b\"}]}") },
    { STR_ROW("**.id"),             STR_ROW("{\"results\":[{\"id\":\"a\",\"x\":{\"id\":1}},{\"id\":\"b\"}]}") },
    { STR_ROW("**"),                STR_ROW(DOCUMENT) },
    { STR_ROW("*"),                 STR_ROW(DOCUMENT) },
    { STR_ROW("c*t"),               STR_ROW("{\"count\":2}") },
    { STR_ROW("e"),                 STR_ROW("{\"e\":{}}") },
    { STR_ROW("e.*"),               STR_ROW("{}") },
    { STR_ROW("count,results.id"),  STR_ROW("{\"count\":2,\"results\":[{\"id\":\"a\"},{\"id\":\"b\"}]}") },
    { STR_ROW(" count , nothing"),  STR_ROW("{\"count\":2}") },
    { STR_ROW("-results"),          STR_ROW("{\"count\":2,\"e\":{}}") },
    { STR_ROW("-results.x"),        STR_ROW("{\"count\":2,\"results\":[{\"id\":\"a\"},{\"id\":\"b\"}],\"e\":{}}") },
    { STR_ROW("-**.id"),            STR_ROW("{\"count\":2,\"results\":[{\"x\":{\"y\":null}}],\"e\":{}}") },
    { STR_ROW("-*"),                STR_ROW("{}") },
    { STR_ROW("results,-results.x"), STR_ROW("{\"results\":[{\"id\":\"a\"},{\"id\":\"b\"}]}") },
    { STR_ROW("results,-**.y"),     STR_ROW("{\"results\":[{\"id\":\"a\",\"x\":{\"id\":1}},{\"id\":\"b\"}]}") },
    { STR_ROW("count,-count"),      STR_ROW("{}") },
    { STR_ROW(""),                  STR_ROW(DOCUMENT) },
    { STR_ROW(","),                 STR_ROW(DOCUMENT) },
    { STR_ROW("."),                 STR_ROW("{}") },
    { STR_ROW("count."),            STR_ROW("{}") },
    { STR_ROW("..count"),           STR_ROW("{}") },
};
/* clang-format on */

static void test_pretty(void **state)
{
    for_each_row (i, pretty) {
        struct json_object *tree;
        struct str written = render_pretty(pretty[i].json, pretty[i].pretty.len, *state);

        assert_same(written, pretty[i].pretty);
        assert_true(tree_parse(written, *state, &tree));
        assert_same(tree_write(tree, *state), pretty[i].json);
        assert_same(render_pretty(written, SIZE_MAX, *state), written);
        assert_null(render_pretty(written, written.len - 1, *state).ptr);
    }
}

static void test_filtered(void **state)
{
    for_each_row (i, filtered)
        assert_same(render_filtered(STR(DOCUMENT), filtered[i].paths, *state), filtered[i].left);
}

/* A member is kept by a path or dropped by its opposite, never both and never neither. */
static void test_keeping_and_dropping_are_opposites(void **state)
{
    static const char *const paths[] = { "count", "e", "c*", "results", "*" };

    for_each_row (i, paths) {
        struct json_object *whole, *kept, *left;
        struct str path = str_from(paths[i]);
        struct str without = arena_format(*state, "-%s", paths[i]);

        assert_true(tree_parse(STR(DOCUMENT), *state, &whole));
        assert_true(tree_parse(render_filtered(STR(DOCUMENT), path, *state), *state, &kept));
        assert_true(tree_parse(render_filtered(STR(DOCUMENT), without, *state), *state, &left));
        (void)tree_merge(kept, left);
        assert_false(tree_merge(kept, whole));
        assert_false(tree_merge(whole, kept));
    }
}

/* With any number of paths, excluded members are not in the answer. */
static void test_many_paths(void **state)
{
    struct text paths = text_new(*state, 4096);

    for (unsigned i = 0; i < 1000; i++)
        text_format(&paths, "-unknown%u,", i);
    text_add(&paths, STR("-results"));
    assert_text(render_filtered(STR(DOCUMENT), text_str(&paths), *state), "{\"count\":2,\"e\":{}}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_pretty),
        ARENA_TEST(test_filtered),
        ARENA_TEST(test_keeping_and_dropping_are_opposites),
        ARENA_TEST(test_many_paths),
    };

    return cmocka_run_group_tests_name("render", tests, NULL, NULL);
}
