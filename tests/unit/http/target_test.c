/* target_test.c: tests request targets: segments, parameters and percent-encodings. */
#include "http/target.h"

#include "base/text.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str target, path; const char *segments; size_t count; } paths[] = {
    { STR_ROW(""),                       STR_ROW(""),                 "", 0 },
    { STR_ROW("/"),                      STR_ROW("/"),                "", 0 },
    { STR_ROW("//"),                     STR_ROW("//"),               "", 0 },
    { STR_ROW("/_connector"),            STR_ROW("/_connector"),      "_connector", 1 },
    { STR_ROW("/_connector/"),           STR_ROW("/_connector/"),     "_connector", 1 },
    { STR_ROW("/_connector//_last_sync"), STR_ROW("/_connector//_last_sync"), "_connector||_last_sync", 3 },
    { STR_ROW("//a"),                    STR_ROW("//a"),              "|a", 2 },
    { STR_ROW("a/b"),                    STR_ROW("a/b"),              "a|b", 2 },
    { STR_ROW("/a%2Fb/c"),               STR_ROW("/a/b/c"),           "a%2Fb|c", 2 },
    { STR_ROW("/a+b"),                   STR_ROW("/a+b"),             "a+b", 1 },
    { STR_ROW("/a?b=/c"),                STR_ROW("/a"),               "a", 1 },
    { STR_ROW("/a#b?c"),                 STR_ROW("/a"),               "a", 1 },
    { STR_ROW("/a?#b"),                  STR_ROW("/a"),               "a", 1 },
    { STR_ROW("/%01%7f%c3%A4"),          STR_ROW("/\1\x7f\xc3\xa4"),  "%01%7f%c3%A4", 1 },
    { STR_ROW("/\xc3\xa4"),              STR_ROW("/\xc3\xa4"),        "\xc3\xa4", 1 },
    { STR_ROW("/1/2/3/4/5/6/7/8"),       STR_ROW("/1/2/3/4/5/6/7/8"), "1|2|3|4|5|6|7|8", 8 },
    { STR_ROW("/1/2/3/4/5/6/7/8/9"),     STR_ROW("/1/2/3/4/5/6/7/8/9"), "1|2|3|4|5|6|7|8|9", 9 },
    { STR_ROW("/1/2/3/4/5/6/7/8/9/10"),  STR_ROW("/1/2/3/4/5/6/7/8/9/10"), "1|2|3|4|5|6|7|8|9", 9 },
};

static const struct { struct str query; const char *parameters; } queries[] = {
    { STR_ROW(""),              "" },
    { STR_ROW("&&"),            "" },
    { STR_ROW("a"),             "a=;" },
    { STR_ROW("a="),            "a=;" },
    { STR_ROW("="),             "=;" },
    { STR_ROW("=b"),            "=b;" },
    { STR_ROW("a=b=c"),         "a=b=c;" },
    { STR_ROW("a=1&b=2&a=3"),   "a=3;b=2;" },
    { STR_ROW("a&%61=x"),       "a=x;" },
    { STR_ROW("a+b=c+d%2B"),    "a b=c d+;" },
    { STR_ROW("a=%26%3D"),      "a=&=;" },
    { STR_ROW("a=?&b=/"),       "a=?;b=/;" },
};

static const struct str broken[] = {
    STR_ROW("%"), STR_ROW("%4"), STR_ROW("%4g"), STR_ROW("%g4"), STR_ROW("%%41"), STR_ROW("%-1"), STR_ROW("% 1"),
    STR_ROW("a%"), STR_ROW("%ff"), STR_ROW("%c3"), STR_ROW("%c3x"), STR_ROW("\xff"), STR_ROW("%ed%a0%80"), STR_ROW("%c0%80"),
};
/* clang-format on */

static void test_paths(void **state)
{
    for_each_row (i, paths) {
        struct text joined = text_new(*state, 64);
        struct target target;

        assert_row(!target_read(paths[i].target, *state, &target).ptr, paths[i].target);
        assert_same(target.path, paths[i].path);
        assert_row(target.segment_count == paths[i].count, paths[i].target);
        for (size_t k = 0; k < target.segment_count; k++) {
            text_add(&joined, k ? STR("|") : STR(""));
            text_add(&joined, target.segments[k]);
        }
        assert_same(text_str(&joined), str_from(paths[i].segments));
    }
}

static void test_queries(void **state)
{
    for_each_row (i, queries) {
        struct text joined = text_new(*state, 64);
        struct target target;
        struct str text = arena_format(*state, "/?%.*s", STR_ARGS(queries[i].query));

        assert_row(!target_read(text, *state, &target).ptr, text);
        for (size_t k = 0; k < target.parameter_count; k++)
            text_format(&joined, "%.*s=%.*s;", STR_ARGS(target.parameters[k].name),
                        STR_ARGS(target.parameters[k].value));
        assert_same(text_str(&joined), str_from(queries[i].parameters));
    }
}

static void test_broken(void **state)
{
    static const char *const places[] = { "/%.*s", "/a?%.*s", "/a?b=%.*s", "/%.*s/b?c" };

    for_each_row (i, broken) {
        assert_row(!target_decode(broken[i], false, *state).ptr, broken[i]);
        assert_row(!target_decode(broken[i], true, *state).ptr, broken[i]);
        for (size_t k = 0; k < COUNT_OF(places); k++) {
            struct target target;
            char text[64];

            (void)snprintf(text, sizeof text, places[k], STR_ARGS(broken[i]));
            assert_row(target_read(str_from(text), *state, &target).len > 0, broken[i]);
        }
    }
}

/* nginx refuses it by itself, other servers may not. */
static void test_a_nul_in_the_path(void **state)
{
    struct target target;

    assert_text(target_read(STR("/_connector/a%00b"), *state, &target), "the path has a NUL");
    assert_null(target_read(STR("/_connector?query=a%00b"), *state, &target).ptr);
}

/* Every byte, encoded and decoded again. */
static void test_every_byte_decodes(void **state)
{
    for (unsigned byte = 0; byte < 0x80; byte++) {
        char encoded[4], plain = (char)byte;

        (void)snprintf(encoded, sizeof encoded, byte % 2 ? "%%%02x" : "%%%02X", byte);
        assert_same(target_decode(str_from(encoded), byte % 3, *state),
                    ((struct str){ &plain, 1 }));
    }
}

static void test_plain_text_is_not_copied(void **state)
{
    struct str text = STR("a+b");

    assert_ptr_equal(target_decode(text, false, *state).ptr, text.ptr);
    assert_text(target_decode(text, true, *state), "a b");
}

static void test_parameter_limit(void **state)
{
    for (size_t count = TARGET_PARAMETERS_MAX - 1; count <= TARGET_PARAMETERS_MAX + 1; count++) {
        struct text text = text_new(*state, 512);
        struct target target;

        text_add(&text, STR("/?"));
        for (size_t i = 0; i < count; i++)
            text_format(&text, "p%zu=%zu&", i, i);
        text_add(&text, STR("p0=again"));
        assert_int_equal(target_read(text_str(&text), *state, &target).ptr == NULL,
                         count <= TARGET_PARAMETERS_MAX);
        if (count > TARGET_PARAMETERS_MAX)
            continue;
        assert_int_equal(target.parameter_count, count);
        assert_text(target_parameter(&target, STR("p0"))->value, "again");
        assert_text(target_parameter(&target, STR("p62"))->value, "62");
        assert_null(target_parameter(&target, STR("p")));
        assert_null(target_parameter(&target, STR("p64")));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_paths),
        ARENA_TEST(test_queries),
        ARENA_TEST(test_broken),
        ARENA_TEST(test_a_nul_in_the_path),
        ARENA_TEST(test_every_byte_decodes),
        ARENA_TEST(test_plain_text_is_not_copied),
        ARENA_TEST(test_parameter_limit),
    };

    return cmocka_run_group_tests_name("target", tests, NULL, NULL);
}
