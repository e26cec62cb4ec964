/* index_name_test.c: tests the rules for names of indices, and their order. */
#include "api/connector/index_name.h"

#include "base/text.h"
#include "unit.h"

#define CHARACTERS "must not contain the following characters"

/* clang-format off */
static const struct { struct str name; const char *why; } bad[] = {
    { STR_ROW(""),      "must not be empty" },
    { STR_ROW("a\\b"),  CHARACTERS }, { STR_ROW("a/b"), CHARACTERS }, { STR_ROW("*"),   CHARACTERS }, { STR_ROW("a?"), CHARACTERS },
    { STR_ROW("\"a\""), CHARACTERS }, { STR_ROW("<"),   CHARACTERS }, { STR_ROW("a>"),  CHARACTERS }, { STR_ROW("a|b"), CHARACTERS },
    { STR_ROW("a b"),   CHARACTERS }, { STR_ROW("a,b"), CHARACTERS }, { STR_ROW(" "),   CHARACTERS },
    { STR_ROW("\0abc"), CHARACTERS }, { STR_ROW("ab\0c"), CHARACTERS }, { STR_ROW("ab\0"), CHARACTERS },
    { STR_ROW("a#"),    "must not contain '#'" },
    { STR_ROW("a:b"),   "must not contain ':'" },
    { STR_ROW("_a"),    "must not start with '_', '-', or '+'" },
    { STR_ROW("-a"),    "must not start with '_', '-', or '+'" },
    { STR_ROW("+"),     "must not start with '_', '-', or '+'" },
    { STR_ROW("."),     "must not be '.' or '..'" },
    { STR_ROW(".."),    "must not be '.' or '..'" },
    /* The first rule that is broken is the one reported. */
    { STR_ROW("_a#b c"), CHARACTERS },
    { STR_ROW("_a#:"),  "must not contain '#'" },
    { STR_ROW("_a:"),   "must not contain ':'" },
};

static const struct str good[] = {
    STR_ROW("a"), STR_ROW("A"), STR_ROW(".a"), STR_ROW("..."), STR_ROW("a_-+"), STR_ROW("\xc3\xa4"), STR_ROW("search-x"), STR_ROW("1"),
};
/* clang-format on */

static void test_bad(void **state)
{
    for_each_row (i, bad) {
        struct str fault = index_name_fault(bad[i].name, *state);
        struct str start = arena_format(*state, "Invalid index name [%.*s], %s",
                                        STR_ARGS(bad[i].name), bad[i].why);

        assert_row(fault.ptr && str_starts(fault, start), bad[i].name);
    }
}

static void test_good(void **state)
{
    for_each_row (i, good)
        assert_row(!index_name_fault(good[i], *state).ptr, good[i]);
}

/* In bytes, and not in characters. */
static void test_length(void **state)
{
    for (size_t len = 250; len < 260; len++) {
        struct text name = text_new(*state, 300);

        text_add(&name, STR("\xc3\xa4"));
        while (name.len < len)
            text_byte(&name, 'a');
        assert_int_equal(index_name_fault(text_str(&name), *state).ptr == NULL, len <= 255);
        if (len == 256)
            assert_non_null(strstr(index_name_fault(text_str(&name), *state).ptr,
                                   "index name is too long, (256 > 255)"));
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_bad),
        ARENA_TEST(test_good),
        ARENA_TEST(test_length),
    };

    return cmocka_run_group_tests_name("index_name", tests, NULL, NULL);
}
