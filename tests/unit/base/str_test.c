/* str_test.c: tests views, above all that absent and empty differ. */
#include "base/str.h"

#include "unit.h"

static const struct str absent = { NULL, 0 };

static void test_equality_and_order(void **state)
{
    /* In ascending order. */
    static const struct str texts[] = { STR_ROW(""),     STR_ROW("\0"),   STR_ROW("\0\0"),
                                        STR_ROW(" "),    STR_ROW("A"),    STR_ROW("a"),
                                        STR_ROW("a\0"),  STR_ROW("aa"),   STR_ROW("b"),
                                        STR_ROW("\x7f"), STR_ROW("\x80"), STR_ROW("\xff") };

    (void)state;
    for_each_row (i, texts)
        for (size_t k = 0; k < COUNT_OF(texts); k++) {
            int order = str_compare(texts[i], texts[k]);

            assert_int_equal((order > 0) - (order < 0), (i > k) - (i < k));
            assert_int_equal(str_equal(texts[i], texts[k]), i == k);
        }
    assert_true(str_equal(absent, STR("")));
    assert_int_equal(str_compare(absent, STR("")), 0);
    assert_true(str_compare(absent, STR("a")) < 0);
}

static void test_case(void **state)
{
    (void)state;
    assert_true(str_equal_ignoring_case(STR("aZ-09_@["), STR("Az-09_@[")));
    assert_false(str_equal_ignoring_case(STR("@"), STR("`")));
    assert_false(str_equal_ignoring_case(STR("["), STR("{")));
    assert_false(str_equal_ignoring_case(STR("a"), STR("ab")));
    assert_false(str_equal_ignoring_case(STR("\xc3\x84"), STR("\xc3\xa4")));
}

static void test_split(void **state)
{
    static const struct {
        struct str text;
        const char *parts[4];
        size_t count;
    } rows[] = {
        { STR_ROW(""), { "" }, 1 },        { STR_ROW("a"), { "a" }, 1 },
        { STR_ROW(","), { "", "" }, 2 },   { STR_ROW("a,"), { "a", "" }, 2 },
        { STR_ROW(",a"), { "", "a" }, 2 }, { STR_ROW("a,,b"), { "a", "", "b" }, 3 },
    };

    (void)state;
    for_each_row (i, rows) {
        struct str rest = rows[i].text, part;
        size_t count = 0;

        while (str_split(&rest, ',', &part)) {
            assert_true(count < rows[i].count);
            assert_same(part, str_from(rows[i].parts[count++]));
        }
        assert_int_equal(count, rows[i].count);
    }
}

static void test_take(void **state)
{
    struct str rest = STR("a=b=c");

    (void)state;
    assert_text(str_take(&rest, '='), "a");
    assert_text(rest, "b=c");
    rest = STR("a=");
    assert_text(str_take(&rest, '='), "a");
    assert_text(rest, "");
    rest = STR("a");
    assert_text(str_take(&rest, '='), "a");
    assert_null(rest.ptr);
    assert_null(str_take(&rest, '=').ptr);
}

static void test_trim_and_starts(void **state)
{
    (void)state;
    assert_text(str_trim(STR(" \t a b\t ")), "a b");
    assert_text(str_trim(STR(" \t ")), "");
    assert_text(str_trim(STR("")), "");
    assert_text(str_trim(STR("\na\n")), "\na\n");
    assert_true(str_starts(STR("ab"), STR("")));
    assert_true(str_starts(STR("ab"), STR("ab")));
    assert_false(str_starts(STR("ab"), STR("abc")));
    assert_true(str_starts(absent, STR("")));
    assert_text(str_or_empty(absent), "");
    assert_null(str_from(NULL).ptr);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality_and_order),
        cmocka_unit_test(test_case),
        cmocka_unit_test(test_split),
        cmocka_unit_test(test_take),
        cmocka_unit_test(test_trim_and_starts),
    };

    return cmocka_run_group_tests_name("str", tests, NULL, NULL);
}
