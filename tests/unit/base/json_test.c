/* json_test.c: tests the JSON reader: the grammar's edges, budgets, and json-c as a second opinion.
 */
#include "base/json.h"

#include <json-c/json.h>

#include "base/text.h"
#include "base/tree.h"
#include "unit.h"

static const struct json_budget ample = { JSON_DEPTH_MAX, 1000000 };

/* Reads the whole text: true if it is JSON; otherwise the reader has the reason. */
static bool read_all(struct json_reader *reader, struct str text, struct json_budget budget,
                     struct arena *arena)
{
    json_open(reader, text, budget, arena);
    while (json_next(reader) != JSON_NOTHING && reader->token != JSON_FAULT)
        continue;
    return reader->token == JSON_NOTHING;
}

/* clang-format off */
static const struct str accepted[] = {
    STR_ROW("0"), STR_ROW("-0"), STR_ROW("-0.0e-0"), STR_ROW("1E+400"), STR_ROW("123456789012345678901234567890"),
    STR_ROW("\"\""), STR_ROW("\"/\""), STR_ROW("\"\\/\\b\\f\\n\\r\\t\\\"\\\\\""), STR_ROW("\"\x7f\""),
    STR_ROW("\"\\u0000\""), STR_ROW("\"\\uD834\\uDd1e\""), STR_ROW("\"\\uFFFF\""),
    STR_ROW("\"\xf4\x8f\xbf\xbf\""), STR_ROW("\"\xed\x9f\xbf\xee\x80\x80\""),
    STR_ROW("true"), STR_ROW("false"), STR_ROW("null"), STR_ROW("[]"), STR_ROW("{}"), STR_ROW(" \t\r\n[ ] \n"),
    STR_ROW("[[],{},[{}]]"), STR_ROW("{\"\":\"\"}"), STR_ROW("{\"a\" : {\"a\":[1 , 2]} , \"b\":null}"),
    STR_ROW("\xef\xbb\xbf{}"), STR_ROW("\xef\xbb\xbf \"\xef\xbb\xbf\""),
    STR_ROW("{\"a\":1,\"a\":2}"), /* the caller must refuse duplicates */
};

/* The fault, and the offset of the offending byte. */
static const struct { struct str text; enum json_fault fault; size_t at; } refused[] = {
    { STR_ROW("1."),                   JSON_TRUNCATED, 2 },
    { STR_ROW("[1.]"),                 JSON_MALFORMED, 3 },
    { STR_ROW("-"),                    JSON_TRUNCATED, 1 },
    { STR_ROW("[-]"),                  JSON_MALFORMED, 2 },
    { STR_ROW("[-a]"),                 JSON_MALFORMED, 2 },
    { STR_ROW("[+1]"),                 JSON_MALFORMED, 1 },
    { STR_ROW("[.5]"),                 JSON_MALFORMED, 1 },
    { STR_ROW("[1e]"),                 JSON_MALFORMED, 3 },
    { STR_ROW("1e+"),                  JSON_TRUNCATED, 3 },
    { STR_ROW("[01]"),                 JSON_MALFORMED, 1 },
    { STR_ROW("[-01]"),                JSON_MALFORMED, 2 },
    { STR_ROW("[00]"),                 JSON_MALFORMED, 1 },
    { STR_ROW("[0x1]"),                JSON_MALFORMED, 2 },
    { STR_ROW("[1 2]"),                JSON_MALFORMED, 3 },
    { STR_ROW("NaN"),                  JSON_MALFORMED, 0 },
    { STR_ROW("[Infinity]"),           JSON_MALFORMED, 1 },
    { STR_ROW("[-Infinity]"),          JSON_MALFORMED, 2 },
    { STR_ROW("TRUE"),                 JSON_MALFORMED, 0 },
    { STR_ROW("tru"),                  JSON_MALFORMED, 0 },
    { STR_ROW("truex"),                JSON_MALFORMED, 0 },
    { STR_ROW("[nulll]"),              JSON_MALFORMED, 1 },
    { STR_ROW("{'a':1}"),              JSON_MALFORMED, 1 },
    { STR_ROW("['a']"),                JSON_MALFORMED, 1 },
    { STR_ROW("{a:1}"),                JSON_MALFORMED, 1 },
    { STR_ROW("{1:1}"),                JSON_MALFORMED, 1 },
    { STR_ROW("{\"a\" 1}"),            JSON_MALFORMED, 5 },
    { STR_ROW("{\"a\":}"),             JSON_MALFORMED, 5 },
    { STR_ROW("{\"a\"}"),              JSON_MALFORMED, 4 },
    { STR_ROW("{\"a\":1,}"),           JSON_MALFORMED, 7 },
    { STR_ROW("{,}"),                  JSON_MALFORMED, 1 },
    { STR_ROW("[1,]"),                 JSON_MALFORMED, 3 },
    { STR_ROW("[,1]"),                 JSON_MALFORMED, 1 },
    { STR_ROW("[1,,2]"),               JSON_MALFORMED, 3 },
    { STR_ROW("[1}"),                  JSON_MALFORMED, 2 },
    { STR_ROW("{\"a\":1]"),            JSON_MALFORMED, 6 },
    { STR_ROW("]"),                    JSON_MALFORMED, 0 },
    { STR_ROW("{} {}"),                JSON_MALFORMED, 3 },
    { STR_ROW("1,"),                   JSON_MALFORMED, 1 },
    { STR_ROW("{}\0"),                 JSON_MALFORMED, 2 },
    { STR_ROW("\0"),                   JSON_MALFORMED, 0 },
    { STR_ROW("{}//"),                 JSON_MALFORMED, 2 },
    { STR_ROW("/**/{}"),               JSON_MALFORMED, 0 },
    { STR_ROW("[1,/**/2]"),            JSON_MALFORMED, 3 },
    { STR_ROW("\xef\xbb{}"),           JSON_MALFORMED, 0 },
    { STR_ROW("{}\xef\xbb\xbf"),       JSON_MALFORMED, 2 },
    { STR_ROW("\xef\xbb\xbf\xef\xbb\xbf{}"), JSON_MALFORMED, 3 },
    { STR_ROW("\x1f\x8b\x08"),         JSON_MALFORMED, 0 },
    { STR_ROW("\xff\xfe{\0}\0"),       JSON_MALFORMED, 0 },
    { STR_ROW("\xfe\xff\0{\0}"),       JSON_MALFORMED, 0 },
    { STR_ROW("{\0}\0"),               JSON_MALFORMED, 0 },
    { STR_ROW("\0{\0}"),               JSON_MALFORMED, 0 },
    { STR_ROW("\xc2\xa0[]"),           JSON_MALFORMED, 0 },
    { STR_ROW("\v[]"),                 JSON_MALFORMED, 0 },
    { STR_ROW("[\f]"),                 JSON_MALFORMED, 1 },
    { STR_ROW("\"\x01\""),             JSON_MALFORMED, 1 },
    { STR_ROW("\"\x1f\""),             JSON_MALFORMED, 1 },
    { STR_ROW("\"a\n\""),              JSON_MALFORMED, 2 },
    { STR_ROW("\"\0\""),               JSON_MALFORMED, 1 },
    { STR_ROW("\"\\a\""),              JSON_MALFORMED, 2 },
    { STR_ROW("\"\\'\""),              JSON_MALFORMED, 2 },
    { STR_ROW("\"\\x41\""),            JSON_MALFORMED, 2 },
    { STR_ROW("\"\\U0041\""),          JSON_MALFORMED, 2 },
    { STR_ROW("\"\\\0\""),             JSON_MALFORMED, 2 },
    { STR_ROW("\"\\u12\""),            JSON_MALFORMED, 1 },
    { STR_ROW("\"\\u12g4\""),          JSON_MALFORMED, 1 },
    { STR_ROW("\"\\u+123\""),          JSON_MALFORMED, 1 },
    { STR_ROW("\"\\ud800\""),          JSON_MALFORMED, 1 },
    { STR_ROW("\"\\ud800x\""),         JSON_MALFORMED, 1 },
    { STR_ROW("\"\\ud800\\n12345\""),  JSON_MALFORMED, 1 },
    { STR_ROW("\"\\ud800\\u0041\""),   JSON_MALFORMED, 1 },
    { STR_ROW("\"\\ud800\\ud800\""),   JSON_MALFORMED, 1 },
    { STR_ROW("\"\\udc00\""),          JSON_MALFORMED, 1 },
    { STR_ROW("\"ab\\udfff\""),        JSON_MALFORMED, 3 },
    { STR_ROW("\"\xc0\xaf\""),         JSON_MALFORMED, 1 },
    { STR_ROW("\"\xe0\x80\xaf\""),     JSON_MALFORMED, 1 },
    { STR_ROW("\"\xed\xa0\x80\""),     JSON_MALFORMED, 1 },
    { STR_ROW("\"\xf4\x90\x80\x80\""), JSON_MALFORMED, 1 },
    { STR_ROW("\"\xff\""),             JSON_MALFORMED, 1 },
    { STR_ROW("\"\x80\""),             JSON_MALFORMED, 1 },
    { STR_ROW("\"\xe2\x82\""),         JSON_MALFORMED, 1 },
    { STR_ROW("{\"a\\u0000b\":1}"),    JSON_MALFORMED, 1 },
    { STR_ROW("\""),                   JSON_TRUNCATED, 1 },
    { STR_ROW("\"\\"),                 JSON_TRUNCATED, 2 },
    { STR_ROW("\"\\\""),               JSON_TRUNCATED, 3 },
    { STR_ROW("["),                    JSON_TRUNCATED, 1 },
    { STR_ROW("[1"),                   JSON_TRUNCATED, 2 },
    { STR_ROW("[1, "),                 JSON_TRUNCATED, 4 },
    { STR_ROW("{"),                    JSON_TRUNCATED, 1 },
    { STR_ROW("{\"a\""),               JSON_TRUNCATED, 4 },
    { STR_ROW("{\"a\": "),             JSON_TRUNCATED, 6 },
    { STR_ROW("{\"a\":1"),             JSON_TRUNCATED, 6 },
    { STR_ROW("{\"a\":1,"),            JSON_TRUNCATED, 7 },
};
/* clang-format on */

static void test_accepted(void **state)
{
    for_each_row (i, accepted) {
        struct json_reader reader;

        assert_row(read_all(&reader, accepted[i], ample, *state), accepted[i]);
    }
}

static void test_refused(void **state)
{
    for_each_row (i, refused) {
        struct json_reader reader;

        assert_row(!read_all(&reader, refused[i].text, ample, *state), refused[i].text);
        assert_row(reader.fault == refused[i].fault, refused[i].text);
        assert_row(reader.token_at == refused[i].at, refused[i].text);
        assert_row(reader.message.len > 0, refused[i].text);
        /* After a fault the reader stays failed. */
        assert_row(json_next(&reader) == JSON_FAULT, refused[i].text);
        assert_row(!json_skip(&reader), refused[i].text);
    }
}

static void test_nothing(void **state)
{
    static const struct str blanks[] = { STR_ROW(""), STR_ROW(" \n\t\r") };

    for_each_row (i, blanks) {
        struct json_reader reader;

        json_open(&reader, blanks[i], ample, *state);
        assert_int_equal(json_next(&reader), JSON_NOTHING);
        assert_int_equal(json_next(&reader), JSON_NOTHING);
    }
}

/* Every prefix of a text is truncated or JSON itself, and never malformed. */
static void test_prefixes_are_truncated(void **state)
{
    static const struct str text =
        STR_ROW("{\"a\\u00e4\\ud834\\udd1e\":[-1.5e+3,{\"\":[]},\"x\\n\"],\"b\":{\"c\":17}} ");

    for (size_t len = 0; len <= text.len; len++) {
        struct json_reader reader;
        bool whole = read_all(&reader, (struct str){ text.ptr, len }, ample, *state);

        assert_int_equal(whole, len == 0 || len >= text.len - 1);
        if (!whole) {
            assert_int_equal(reader.fault, JSON_TRUNCATED);
            assert_int_equal(reader.token_at, len);
        }
    }
}

static void test_tokens(void **state)
{
    static const struct str text = STR_ROW(
        " {\"k\\n\": [ \"a\\u0041\\u0000\\ud83d\\ude00\", -0, 1.50e2, true,false,null, {}] }");
    static const struct {
        enum json_token token;
        size_t at;
        struct str text;
    } rows[] = {
        { JSON_OBJECT, 1, { NULL, 0 } },      { JSON_KEY, 2, STR_ROW("k\n") },
        { JSON_ARRAY, 9, { NULL, 0 } },       { JSON_STRING, 11, STR_ROW("aA\0\xf0\x9f\x98\x80") },
        { JSON_INTEGER, 40, STR_ROW("-0") },  { JSON_DECIMAL, 44, STR_ROW("1.50e2") },
        { JSON_TRUE, 52, { NULL, 0 } },       { JSON_FALSE, 57, { NULL, 0 } },
        { JSON_NULL, 63, { NULL, 0 } },       { JSON_OBJECT, 69, { NULL, 0 } },
        { JSON_OBJECT_END, 70, { NULL, 0 } }, { JSON_ARRAY_END, 71, { NULL, 0 } },
        { JSON_OBJECT_END, 73, { NULL, 0 } }, { JSON_NOTHING, 74, { NULL, 0 } },
    };
    struct json_reader reader;

    json_open(&reader, text, ample, *state);
    for_each_row (i, rows) {
        assert_int_equal(json_next(&reader), rows[i].token);
        assert_int_equal(reader.token_at, rows[i].at);
        if (rows[i].text.ptr)
            assert_same(reader.text, rows[i].text);
    }
}

static struct str nested(size_t depth, struct arena *arena)
{
    struct text text = text_new(arena, 1024);

    for (size_t i = 0; i < depth; i++)
        text_add(&text, i % 2 ? STR("[") : STR("{\"a\":"));
    text_byte(&text, '1');
    for (size_t i = depth; i--;)
        text_byte(&text, i % 2 ? ']' : '}');
    return text_str(&text);
}

static void test_depth_budget(void **state)
{
    static const unsigned limits[] = { 1, 2, 63, 64, 65, JSON_DEPTH_MAX, 100000 };

    for_each_row (i, limits) {
        size_t most = limits[i] < JSON_DEPTH_MAX ? limits[i] : JSON_DEPTH_MAX;
        struct json_budget budget = { limits[i], 1000000 };
        struct json_reader reader;

        assert_true(read_all(&reader, nested(most, *state), budget, *state));
        assert_false(read_all(&reader, nested(most + 1, *state), budget, *state));
        assert_int_equal(reader.fault, JSON_EXCESSIVE);
    }
}

static void test_member_budget(void **state)
{
    static const struct {
        struct str text;
        unsigned members;
    } rows[] = {
        { STR_ROW("1"), 0 },
        { STR_ROW("{}"), 0 },
        { STR_ROW("[1]"), 1 },
        { STR_ROW("{\"a\":1}"), 1 },
        { STR_ROW("{\"a\":[1,2]}"), 3 },
        { STR_ROW("[[[]],{\"a\":{}}]"), 4 },
        { STR_ROW("[1,1,1,1,1,1]"), 6 },
    };

    for_each_row (i, rows) {
        struct json_reader reader;
        struct json_budget budget = { 64, rows[i].members };

        assert_row(read_all(&reader, rows[i].text, budget, *state), rows[i].text);
        if (!rows[i].members)
            continue;
        budget.members--;
        assert_row(!read_all(&reader, rows[i].text, budget, *state), rows[i].text);
        assert_row(reader.fault == JSON_EXCESSIVE, rows[i].text);
    }
}

static void test_skip(void **state)
{
    static const struct str values[] = { STR_ROW("1"),        STR_ROW("\"]\""),
                                         STR_ROW("[]"),       STR_ROW("{}"),
                                         STR_ROW("[[1],{}]"), STR_ROW("{\"x\":[{\"y\":2}]}") };

    for_each_row (i, values) {
        struct json_reader reader;

        json_open(&reader, arena_format(*state, "[%.*s,7]", STR_ARGS(values[i])), ample, *state);
        (void)json_next(&reader);
        (void)json_next(&reader);
        assert_row(json_skip(&reader), values[i]);
        assert_row(json_next(&reader) == JSON_INTEGER, values[i]);
        assert_text(reader.text, "7");
        assert_int_equal(json_next(&reader), JSON_ARRAY_END);
    }
}

static void test_place(void **state)
{
    static const struct str text = STR_ROW("{\n \"a\":\r\n\n1");
    static const struct {
        size_t offset;
        unsigned line, column;
    } rows[] = { { 0, 1, 1 }, { 1, 1, 2 },  { 2, 2, 1 },  { 3, 2, 2 }, { 7, 2, 6 },
                 { 9, 3, 1 }, { 10, 4, 1 }, { 11, 4, 2 }, { 99, 4, 2 } };

    (void)state;
    for_each_row (i, rows) {
        unsigned line, column;

        json_place(text, rows[i].offset, &line, &column);
        assert_int_equal(line, rows[i].line);
        assert_int_equal(column, rows[i].column);
    }
}

/* A text of tokens in random order, mostly no JSON. */
static struct str random_text(uint64_t *seed, struct arena *arena)
{
    static const struct str parts[] = {
        STR_ROW("{"),       STR_ROW("}"),        STR_ROW("["),     STR_ROW("]"),  STR_ROW(","),
        STR_ROW(":"),       STR_ROW("\"a\""),    STR_ROW("\"b\""), STR_ROW("1"),  STR_ROW("-1.5e3"),
        STR_ROW("true"),    STR_ROW("null"),     STR_ROW(" "),     STR_ROW("01"), STR_ROW("1."),
        STR_ROW("\"\\"),    STR_ROW("u00e4\""),  STR_ROW("\xc3"),  STR_ROW("\""), STR_ROW("'"),
        STR_ROW("{\"a\":"), STR_ROW("\"c\":1}"), STR_ROW("[1,"),   STR_ROW("\n"), STR_ROW("-"),
    };
    struct text text = text_new(arena, 64);

    for (uint64_t left = 1 + unit_random(seed) % 8; left--;)
        text_add(&text, parts[unit_random(seed) % COUNT_OF(parts)]);
    return text_str(&text);
}

/* json-c's strict tokener accepts whatever our reader accepts; the reverse need not hold. */
static void test_json_c_agrees(void **state)
{
    enum { ROUNDS = 200000 };
    uint64_t seed = 2;
    unsigned both = 0;

    for (unsigned i = 0; i < ROUNDS; i++) {
        struct arena *arena = arena_new();
        struct str text = random_text(&seed, arena);
        struct json_object *tree, *theirs = NULL;
        bool is_tree = tree_parse(text, arena, &tree);

        assert_row(json_is(text, JSON_OBJECT, arena) == (is_tree && tree_is_object(tree)), text);
        assert_row(json_is(text, JSON_ARRAY, arena) == (is_tree && tree_is_array(tree)), text);
        if (is_tree) {
            struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);

            json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
            text = arena_copy(arena, text);
            theirs = json_tokener_parse_ex(tokener, text.ptr, (int)text.len + 1);
            assert_row(json_tokener_get_error(tokener) == json_tokener_success, text);
            assert_row(json_tokener_get_parse_end(tokener) >= text.len, text);
            json_tokener_free(tokener);
            (void)json_object_put(theirs);
            both++;
        }
        arena_free(arena);
    }
    assert_in_range(both, ROUNDS / 1000, ROUNDS);
    (void)state;
}

static void test_kinds(void **state)
{
    static const struct {
        struct str text;
        bool is_object, is_array;
    } rows[] = {
        { STR_ROW("{}"), true, false },
        { STR_ROW(" [ ] "), false, true },
        { STR_ROW("{\"a\":{\"b\":[{\"a\":1},{\"a\":2}]},\"b\":1}"), true, false },
        { STR_ROW("[{\"a\":1,\"b\":{\"a\":1}},\"a\"]"), false, true },
        { STR_ROW("{\"a\":1,\"b\":2,\"a\":3}"), false, false },
        { STR_ROW("{\"a\":1,\"\\u0061\":3}"), false, false },
        { STR_ROW("{\"c\":{\"x\":{},\"y\":0,\"x\":{}},\"d\":1}"), false, false },
        { STR_ROW("[{\"a\":[{\"b\":1,\"b\":2}]}]"), false, false },
        { STR_ROW("{}{}"), false, false },
        { STR_ROW("{"), false, false },
        { STR_ROW("[1,]"), false, false },
        { STR_ROW("\"{}\""), false, false },
        { STR_ROW(""), false, false },
    };

    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_row(json_is(rows[i].text, JSON_OBJECT, *state) == rows[i].is_object, rows[i].text);
        assert_row(json_is(rows[i].text, JSON_ARRAY, *state) == rows[i].is_array, rows[i].text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_accepted),      ARENA_TEST(test_refused),
        ARENA_TEST(test_nothing),       ARENA_TEST(test_prefixes_are_truncated),
        ARENA_TEST(test_tokens),        ARENA_TEST(test_depth_budget),
        ARENA_TEST(test_member_budget), ARENA_TEST(test_skip),
        ARENA_TEST(test_place),         ARENA_TEST(test_json_c_agrees),
        ARENA_TEST(test_kinds),
    };

    return cmocka_run_group_tests_name("json", tests, NULL, NULL);
}
