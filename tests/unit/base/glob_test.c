/* glob_test.c: tests wildcards, by rows and against a plain recursive matcher. */
#include "base/glob.h"

#include "base/instant.h"
#include "base/text.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str pattern, text; bool matches; } rows[] = {
    { STR_ROW(""),        STR_ROW(""),       true },
    { STR_ROW(""),        STR_ROW("a"),      false },
    { STR_ROW("*"),       STR_ROW(""),       true },
    { STR_ROW("**"),      STR_ROW(""),       true },
    { STR_ROW("?"),       STR_ROW(""),       false },
    { STR_ROW("*?"),      STR_ROW("a"),      true },
    { STR_ROW("?*?"),     STR_ROW("a"),      false },
    { STR_ROW("a*"),      STR_ROW("a"),      true },
    { STR_ROW("*a"),      STR_ROW("aa"),     true },
    { STR_ROW("a*b*c"),   STR_ROW("aXbXbYc"), true },
    { STR_ROW("a*b*c"),   STR_ROW("aXbXbY"), false },
    { STR_ROW("*ab"),     STR_ROW("aab"),    true },
    { STR_ROW("?"),       STR_ROW("\xc3\xa4"), true },
    { STR_ROW("??"),      STR_ROW("\xc3\xa4"), false },
    { STR_ROW("?x"),      STR_ROW("\xf0\x9f\x98\x80x"), true },
    { STR_ROW("*\xc3\xa4"), STR_ROW("\xc3\xa4\xc3\xa4"), true },
    { STR_ROW("\\*"),     STR_ROW("*"),      true },
    { STR_ROW("\\*"),     STR_ROW("a"),      false },
    { STR_ROW("\\?"),     STR_ROW("?"),      true },
    { STR_ROW("\\\\"),    STR_ROW("\\"),     true },
    { STR_ROW("\\a"),     STR_ROW("a"),      true },
    { STR_ROW("a\\*b*"),  STR_ROW("a*bc"),   true },
    { STR_ROW("*\\*"),    STR_ROW("ab*"),    true },
    { STR_ROW("\\"),      STR_ROW("\\"),     true },
    { STR_ROW("A"),       STR_ROW("a"),      false },
    { STR_ROW("a\0b"),    STR_ROW("a\0b"),   true },
    { STR_ROW("a\0b"),    STR_ROW("a\0c"),   false },
};
/* clang-format on */

static void test_rows(void **state)
{
    (void)state;
    for_each_row (i, rows)
        assert_row(glob_matches(rows[i].pattern, rows[i].text) == rows[i].matches, rows[i].pattern);
}

/* Slow, and plainly right. ASCII without backslashes. */
static bool matches_slowly(struct str pattern, struct str text)
{
    if (!pattern.len)
        return !text.len;
    if (pattern.ptr[0] == '*')
        return matches_slowly(str_from_offset(pattern, 1), text) ||
               (text.len && matches_slowly(pattern, str_from_offset(text, 1)));
    return text.len && (pattern.ptr[0] == '?' || pattern.ptr[0] == text.ptr[0]) &&
           matches_slowly(str_from_offset(pattern, 1), str_from_offset(text, 1));
}

static void test_slow_matcher_agrees(void **state)
{
    uint64_t seed = 5;
    unsigned matching = 0;

    for (unsigned i = 0; i < 200000; i++) {
        char bytes[16];
        size_t pattern_len = unit_random(&seed) % 7, text_len = unit_random(&seed) % 9;
        struct str pattern = { bytes, pattern_len }, text = { bytes + 7, text_len };
        bool expected;

        for (size_t k = 0; k < pattern_len; k++)
            bytes[k] = "ab*?"[unit_random(&seed) % 4];
        for (size_t k = 0; k < text_len; k++)
            bytes[7 + k] = "ab"[unit_random(&seed) % 2];
        expected = matches_slowly(pattern, text);
        assert_row(glob_matches(pattern, text) == expected, pattern);
        matching += expected;
    }
    assert_in_range(matching, 1000, 199000);
    (void)state;
}

/* What costs a naive matcher more than a lifetime. */
static void test_time_is_bounded(void **state)
{
    enum { STARS = 500, LENGTH = 5000 };
    struct text pattern = text_new(*state, 2 * STARS), text = text_new(*state, LENGTH);
    int64_t began = instant_ticks();

    for (unsigned i = 0; i < STARS; i++)
        text_add(&pattern, STR("*a"));
    text_byte(&pattern, 'b');
    for (unsigned i = 0; i < LENGTH; i++)
        text_byte(&text, 'a');
    assert_false(glob_matches(text_str(&pattern), text_str(&text)));
    assert_true(instant_ticks() - began < 10000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_slow_matcher_agrees),
        ARENA_TEST(test_time_is_bounded),
    };

    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
