/* glob_test.c: tests wildcards, by rows and by a plain recursive matcher. */
#include "base/glob.h"

#include "base/text.h"
#include "base/utf8.h"
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
    { STR_ROW("?*?"),     STR_ROW("\xc3\xa4\xc3\xa4"), true },
    { STR_ROW("?*?"),     STR_ROW("\xc3\xa4"), false },
    { STR_ROW("a?"),      STR_ROW("a\xe2\x82\xac"), true },
    { STR_ROW("*\\*"),    STR_ROW("ab*"),    true },
    { STR_ROW("\\"),      STR_ROW("\\"),     true },
    { STR_ROW("A"),       STR_ROW("a"),      false },
    { STR_ROW("a\0b"),    STR_ROW("a\0b"),   true },
    { STR_ROW("a\0b"),    STR_ROW("a\0c"),   false },
};
/* clang-format on */

static bool matches(struct str pattern, struct str text, struct arena *arena)
{
    return glob_fits(glob_new(&pattern, 1, arena), text);
}

static void test_rows(void **state)
{
    for_each_row (i, rows)
        assert_row(matches(rows[i].pattern, rows[i].text, *state) == rows[i].matches,
                   rows[i].pattern);
}

/* Slow, and obviously right. */
static bool matches_slowly(struct str pattern, struct str text)
{
    size_t length = 1;

    if (!pattern.len)
        return !text.len;
    if (pattern.ptr[0] == '*')
        return matches_slowly(str_from_offset(pattern, 1), text) ||
               (text.len && matches_slowly(pattern, str_from_offset(text, 1)));
    if (!text.len)
        return false;
    if (pattern.ptr[0] == '?') {
        if ((unsigned char)text.ptr[0] >= 0x80)
            length = utf8_length(text.ptr, text.len);
        return length && matches_slowly(str_from_offset(pattern, 1), str_from_offset(text, length));
    }
    if (pattern.ptr[0] == '\\' && pattern.len > 1)
        pattern = str_from_offset(pattern, 1);
    return pattern.ptr[0] == text.ptr[0] &&
           matches_slowly(str_from_offset(pattern, 1), str_from_offset(text, 1));
}

static struct str make_text(const char *const *pieces, size_t count, size_t most, uint64_t *seed,
                            struct arena *arena)
{
    struct text text = text_new(arena, 64);

    for (size_t left = unit_random(seed) % (most + 1); left; left--)
        text_add(&text, str_from(pieces[unit_random(seed) % count]));
    return text_str(&text);
}

static void test_slow_matcher_agrees(void **state)
{
    static const char *const of_patterns[] = { "a",        "b",   "*",    "*",   "?", "?",
                                               "\xc3\xa4", "\\*", "\\\\", "\\?", "\\" };
    static const char *const of_texts[] = { "a", "b", "\xc3\xa4", "\xf0\x9f\x98\x80", "*", "\\" };
    uint64_t seed = 5;
    unsigned matching = 0;

    for (unsigned i = 0; i < 100000; i++) {
        struct str pattern = make_text(of_patterns, COUNT_OF(of_patterns), 6, &seed, *state);
        struct str text = make_text(of_texts, COUNT_OF(of_texts), 6, &seed, *state);
        bool expected = matches_slowly(pattern, text);

        assert_row(matches(pattern, text, *state) == expected, pattern);
        matching += expected;
        arena_reset(*state);
    }
    assert_in_range(matching, 1000, 99000);
}

/* Several patterns at once fit just as each does alone, over several words of states. */
static void test_patterns_do_not_mix(void **state)
{
    static const char *const pieces[] = { "a", "b", "*", "?", "\\a", "aaaaaaaaaaaaaaaaaaaaaaaaa" };
    enum { PATTERNS = 8 };
    uint64_t seed = 6;

    for (unsigned i = 0; i < 20000; i++) {
        struct str patterns[PATTERNS];
        struct str text = make_text(pieces, 2, 8, &seed, *state);
        struct glob *glob;
        uint64_t *states;
        bool fits[PATTERNS] = { false };

        for (size_t k = 0; k < PATTERNS; k++)
            patterns[k] = make_text(pieces, COUNT_OF(pieces), 6, &seed, *state);
        glob = glob_new(patterns, PATTERNS, *state);
        states = arena_take_cleared(*state, glob_words(glob) * sizeof *states);
        for (size_t k = 0; k < PATTERNS; k++)
            glob_put(states, glob_first(glob, k));
        glob_run(glob, states, text);
        glob_mark(glob, text, fits);
        for (size_t k = 0; k < PATTERNS; k++) {
            assert_row(fits[k] == matches(patterns[k], text, *state), patterns[k]);
            assert_row(fits[k] == glob_has(states, glob_last(glob, k)), patterns[k]);
        }
        arena_reset(*state);
    }
}

static void test_none_fits(void **state)
{
    assert_false(glob_fits(glob_new(NULL, 0, *state), STR("")));
}

/* A text that fits all of the pattern except its end, in whichever way the stars divide it. */
static uint64_t steps(unsigned stars, unsigned length, struct arena *arena)
{
    struct text pattern = text_new(arena, 64), text = text_new(arena, 64);
    struct str made;
    struct glob *glob;

    for (unsigned i = 0; i < stars; i++)
        text_add(&pattern, STR("*a"));
    text_byte(&pattern, 'b');
    for (unsigned i = 0; i < length; i++)
        text_byte(&text, 'a');
    made = text_str(&pattern);
    glob = glob_new(&made, 1, arena);
    assert_false(glob_fits(glob, text_str(&text)));
    return glob_steps(glob);
}

static void test_cost_is_linear(void **state)
{
    assert_int_equal(steps(20, 5000, *state), 5000);
    assert_int_equal(steps(20, 10000, *state), 10000);
    assert_int_equal(steps(500, 5000, *state), 5000 * 16);
    assert_int_equal(steps(1000, 5000, *state), 5000 * 32);
}

static void test_either_case(void **state)
{
    struct str pattern = STR("*Fin[\xc3\x84*");
    struct glob *glob = glob_new(&pattern, 1, *state);

    assert_false(glob_fits(glob, STR("a fiN[\xc3\x84")));
    glob_ignore_case(glob, *state);
    assert_true(glob_fits(glob, STR("a fiN[\xc3\x84")));
    assert_false(glob_fits(glob, STR("a fiN{\xc3\x84")));
    assert_false(glob_fits(glob, STR("a fiN[\xc3\xa4")));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_slow_matcher_agrees),
        ARENA_TEST(test_patterns_do_not_mix),
        ARENA_TEST(test_none_fits),
        ARENA_TEST(test_cost_is_linear),
        ARENA_TEST(test_either_case),
    };

    return cmocka_run_group_tests_name("glob", tests, NULL, NULL);
}
