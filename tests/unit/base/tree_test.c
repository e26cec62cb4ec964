/* tree_test.c: tests JSON trees: what they keep and refuse, and merging. */
#include "base/tree.h"

#include "base/text.h"
#include "unit.h"

/* Written as it was read: numbers by their text, strings with NUL, members in their order. */
static void test_texts_come_back(void **state)
{
    static const struct str texts[] = {
        STR_ROW("null"),
        STR_ROW("true"),
        STR_ROW("[]"),
        STR_ROW("{}"),
        STR_ROW("9223372036854775808"),
        STR_ROW("-123456789012345678901234567890"),
        STR_ROW("1.10"),
        STR_ROW("1E+400"),
        STR_ROW("-0"),
        STR_ROW("-0.0"),
        STR_ROW("0.1234567890123456789012345"),
        STR_ROW("\"a/b\\u0000\\\"\\\\\xc3\xa4\""),
        STR_ROW("{\"b\":1,\"a\":[null,{\"\":[]}],\"/\":\"\\n\"}"),
    };

    for_each_row (i, texts) {
        struct json_object *tree;

        assert_row(tree_parse(texts[i], *state, &tree), texts[i]);
        assert_same(tree_write(tree, *state), texts[i]);
    }
}

static void test_refused(void **state)
{
    static const struct str texts[] = {
        STR_ROW(""),
        STR_ROW(" "),
        STR_ROW("1 2"),
        STR_ROW("{\"a\":1,\"a\":1}"),
        STR_ROW("{\"a\":1,\"\\u0061\":2}"),
        STR_ROW("[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]"),
        STR_ROW("{\"a\\u0000\":1}"),
        STR_ROW("[1,{\"a\":[}]"),
        STR_ROW("{\"a\":1"),
        STR_ROW("[[[["),
    };

    for_each_row (i, texts) {
        struct json_object *tree;

        assert_row(!tree_parse(texts[i], *state, &tree), texts[i]);
    }
}

static void test_duplicates_are_placed(void **state)
{
    struct json_reader reader;
    struct json_object *tree;

    json_open(&reader, STR("{\"x\":{\"a\":1,\n \"a\":2}}"), (struct json_budget){ 64, 100 },
              *state);
    (void)json_next(&reader);
    assert_false(tree_read(&reader, &tree));
    assert_int_equal(reader.fault, JSON_MALFORMED);
    assert_int_equal(reader.token_at, 14);
    assert_text(reader.message, "Duplicate field 'a'");
}

/* A value within a text: the reader ends up behind it. */
static void test_read_amid(void **state)
{
    struct json_reader reader;
    struct json_object *tree;

    json_open(&reader, STR("[{\"a\":[1]},7]"), (struct json_budget){ 64, 100 }, *state);
    (void)json_next(&reader);
    (void)json_next(&reader);
    assert_true(tree_read(&reader, &tree));
    assert_text(tree_write(tree, *state), "{\"a\":[1]}");
    assert_true(tree_is_object(tree));
    assert_int_equal(json_next(&reader), JSON_INTEGER);
    assert_text(reader.text, "7");
}

/* clang-format off */
static const struct { struct str stored, sent, merged; bool changed; } merges[] = {
    { STR_ROW("{}"),                     STR_ROW("{}"),                     STR_ROW("{}"), false },
    { STR_ROW("{\"a\":1}"),              STR_ROW("{}"),                     STR_ROW("{\"a\":1}"), false },
    { STR_ROW("{}"),                     STR_ROW("{\"a\":null}"),           STR_ROW("{\"a\":null}"), true },
    { STR_ROW("{\"a\":null}"),           STR_ROW("{\"a\":null}"),           STR_ROW("{\"a\":null}"), false },
    { STR_ROW("{\"a\":null}"),           STR_ROW("{\"a\":{}}"),             STR_ROW("{\"a\":{}}"), true },
    { STR_ROW("{\"a\":{}}"),             STR_ROW("{\"a\":null}"),           STR_ROW("{\"a\":null}"), true },
    { STR_ROW("{\"a\":{\"b\":1}}"),      STR_ROW("{\"a\":{}}"),             STR_ROW("{\"a\":{\"b\":1}}"), false },
    { STR_ROW("{\"a\":{\"b\":1}}"),      STR_ROW("{\"a\":{\"c\":2}}"),      STR_ROW("{\"a\":{\"b\":1,\"c\":2}}"), true },
    { STR_ROW("{\"a\":{\"b\":{\"c\":1,\"d\":2}}}"), STR_ROW("{\"a\":{\"b\":{\"c\":3}}}"), STR_ROW("{\"a\":{\"b\":{\"c\":3,\"d\":2}}}"), true },
    { STR_ROW("{\"a\":{\"b\":1}}"),      STR_ROW("{\"a\":[]}"),             STR_ROW("{\"a\":[]}"), true },
    { STR_ROW("{\"a\":[]}"),             STR_ROW("{\"a\":{}}"),             STR_ROW("{\"a\":{}}"), true },
    { STR_ROW("{\"a\":[1,2]}"),          STR_ROW("{\"a\":[1]}"),            STR_ROW("{\"a\":[1]}"), true },
    { STR_ROW("{\"a\":[1,{\"b\":2,\"c\":3}]}"), STR_ROW("{\"a\":[1,{\"c\":3,\"b\":2}]}"), STR_ROW("{\"a\":[1,{\"b\":2,\"c\":3}]}"), false },
    { STR_ROW("{\"a\":[{\"b\":2}]}"),    STR_ROW("{\"a\":[{}]}"),           STR_ROW("{\"a\":[{}]}"), true },
    { STR_ROW("{\"a\":[{\"b\":2}]}"),    STR_ROW("{\"a\":[{\"c\":2}]}"),    STR_ROW("{\"a\":[{\"c\":2}]}"), true },
    { STR_ROW("{\"a\":42}"),             STR_ROW("{\"a\":42.0}"),           STR_ROW("{\"a\":42.0}"), true },
    { STR_ROW("{\"a\":1.0}"),            STR_ROW("{\"a\":1.00}"),           STR_ROW("{\"a\":1.0}"), false },
    { STR_ROW("{\"a\":10.0}"),           STR_ROW("{\"a\":1e1}"),            STR_ROW("{\"a\":10.0}"), false },
    { STR_ROW("{\"a\":0}"),              STR_ROW("{\"a\":false}"),          STR_ROW("{\"a\":false}"), true },
    { STR_ROW("{\"a\":1}"),              STR_ROW("{\"a\":\"1\"}"),          STR_ROW("{\"a\":\"1\"}"), true },
    { STR_ROW("{\"a\":true}"),           STR_ROW("{\"a\":false}"),          STR_ROW("{\"a\":false}"), true },
    { STR_ROW("{\"a\":\"x\\u0000y\"}"),  STR_ROW("{\"a\":\"x\\u0000z\"}"),  STR_ROW("{\"a\":\"x\\u0000z\"}"), true },
    { STR_ROW("{\"a\":\"\xc3\xa4\"}"),   STR_ROW("{\"a\":\"\\u00e4\"}"),    STR_ROW("{\"a\":\"\xc3\xa4\"}"), false },
    { STR_ROW("{\"a\":9223372036854775808}"), STR_ROW("{\"a\":9223372036854775809}"), STR_ROW("{\"a\":9223372036854775809}"), true },
    { STR_ROW("{\"a\":9007199254740993}"), STR_ROW("{\"a\":9007199254740992}"), STR_ROW("{\"a\":9007199254740992}"), true },
};
/* clang-format on */

static void test_merge(void **state)
{
    for_each_row (i, merges) {
        struct json_object *stored, *sent;
        struct str before;

        assert_true(tree_parse(merges[i].stored, *state, &stored));
        assert_true(tree_parse(merges[i].sent, *state, &sent));
        before = tree_write(sent, *state);
        assert_row(tree_merge(stored, sent) == merges[i].changed, merges[i].sent);
        assert_same(tree_write(stored, *state), merges[i].merged);
        /* Merging it again changes nothing. */
        assert_row(!tree_merge(stored, sent), merges[i].sent);
        assert_same(tree_write(sent, *state), before);
    }
}

/* JSON has one integer with two texts: 0 and -0. */
static void test_minus_zero_equals_zero(void **state)
{
    struct json_object *stored, *sent;

    assert_true(tree_parse(STR("{\"a\":0}"), *state, &stored));
    assert_true(tree_parse(STR("{\"a\":-0}"), *state, &sent));
    assert_false(tree_merge(stored, sent));
}

/* Numbers beyond the precision of a double still differ by their values. */
static void test_huge_decimals_differ(void **state)
{
    struct json_object *stored, *sent;

    assert_true(tree_parse(STR("{\"a\":1e400}"), *state, &stored));
    assert_true(tree_parse(STR("{\"a\":2e400}"), *state, &sent));
    assert_true(tree_merge(stored, sent));
    assert_text(tree_write(stored, *state), "{\"a\":2e400}");
}

/* clang-format off */
static const struct { struct str a, b; bool equal; } decimals[] = {
    { STR_ROW("1684999999999.123456"), STR_ROW("1684999999999.123457"), false },
    { STR_ROW("1.0"),     STR_ROW("1.00"),     true },
    { STR_ROW("1.0"),     STR_ROW("10e-1"),    true },
    { STR_ROW("1.0"),     STR_ROW("0.1E+01"),  true },
    { STR_ROW("1.0"),     STR_ROW("-1.0"),     false },
    { STR_ROW("0.0"),     STR_ROW("-0.0"),     true },
    { STR_ROW("0.0"),     STR_ROW("0e5"),      true },
    { STR_ROW("0.0"),     STR_ROW("0.1"),      false },
    { STR_ROW("0.05"),    STR_ROW("5e-2"),     true },
    { STR_ROW("0.05"),    STR_ROW("5e-1"),     false },
    { STR_ROW("100.0"),   STR_ROW("1e2"),      true },
    { STR_ROW("100.5"),   STR_ROW("1.005e2"),  true },
    { STR_ROW("10.5"),    STR_ROW("1.5e1"),    false },
    { STR_ROW("1.25"),    STR_ROW("1.2"),      false },
    { STR_ROW("1e400"),   STR_ROW("1E400"),    true },
    { STR_ROW("1e400"),   STR_ROW("10e399"),   true },
    { STR_ROW("1e400"),   STR_ROW("1e401"),    false },
    { STR_ROW("1e-400"),  STR_ROW("1e400"),    false },
    { STR_ROW("1e-400"),  STR_ROW("0.1e-399"), true },
    { STR_ROW("10.0"),    STR_ROW("1e00000000000000000000000000001"), true },
    { STR_ROW("1e100000000000000000000"), STR_ROW("1.0E+100000000000000000000"), true },
    { STR_ROW("1e100000000000000000000"), STR_ROW("1e100000000000000000001"),    false },
    { STR_ROW("1e100000000000000000000"), STR_ROW("1e-100000000000000000000"),   false },
    { STR_ROW("1e100000000000000000000"), STR_ROW("1.0"), false },
    { STR_ROW("1"),       STR_ROW("1.0"),      false },
};
/* clang-format on */

static void test_decimals_by_value(void **state)
{
    for_each_row (i, decimals) {
        struct json_object *a = tree_new(decimals[i].a, *state),
                           *b = tree_new(decimals[i].b, *state);

        assert_row(tree_equal(a, b) == decimals[i].equal, decimals[i].b);
        assert_row(tree_equal(b, a) == decimals[i].equal, decimals[i].b);
    }
}

/* An object of `count` members whose keys and values all need decoding, `depth` deep. */
static struct str long_object(unsigned count, unsigned depth, struct arena *arena)
{
    struct text json = text_new(arena, 64);

    for (unsigned i = 0; i < depth; i++)
        text_add(&json, STR("[{\"\":"));
    text_add(&json, STR("{"));
    for (unsigned i = 0; i < count; i++)
        text_format(&json, i ? ",\"\\u0061%u\":\"\\n%u\"" : "\"\\u0061%u\":\"\\n%u\"", i, i);
    text_byte(&json, '}');
    for (unsigned i = 0; i < depth; i++)
        text_add(&json, STR("}]"));
    return text_str(&json);
}

static size_t memory_of(unsigned count, unsigned depth)
{
    struct arena *arena = arena_new();
    struct str json = long_object(count, depth, arena);
    size_t before = arena_size(arena), taken;
    struct json_object *tree;

    assert_true(tree_parse(json, arena, &tree));
    taken = arena_size(arena) - before;
    arena_free(arena);
    return taken;
}

/* Twice the members take twice the memory, at any depth. */
static void test_memory_is_linear(void **state)
{
    enum { BLOCK = 16 * 1024 };
    size_t once = memory_of(10000, 1);

    (void)state;
    assert_true(memory_of(20000, 1) <= 2 * once + BLOCK);
    assert_true(memory_of(10000, 120) <= once + BLOCK);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_texts_come_back),
        ARENA_TEST(test_refused),
        ARENA_TEST(test_duplicates_are_placed),
        ARENA_TEST(test_read_amid),
        ARENA_TEST(test_merge),
        ARENA_TEST(test_minus_zero_equals_zero),
        ARENA_TEST(test_huge_decimals_differ),
        ARENA_TEST(test_decimals_by_value),
        ARENA_TEST(test_memory_is_linear),
    };

    return cmocka_run_group_tests_name("tree", tests, NULL, NULL);
}
