/* help_test.c: tests the wrapping of help. */
#include "base/help.h"

#include <stdlib.h>

#include "unit.h"

static void check(size_t columns, const char *what, const char *explanation, const char *expected)
{
    char *printed = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&printed, &len);

    assert_non_null(out);
    help_print(out, columns, 6, what, str_from(explanation));
    assert_int_equal(fclose(out), 0);
    assert_string_equal(printed, expected);
    free(printed);
}

static void test_wrap(void **state)
{
    (void)state;
    check(26, "  a ", "one two three four five", "  a   one two three four\n      five\n");
    check(27, "  a ", "one two three four five", "  a   one two three four\n      five\n");
    check(29, "  a ", "one two three four five", "  a   one two three four five\n");
}

static void test_what_is_long(void **state)
{
    (void)state;
    check(30, "  --long ", "one two three four five", "  --long one two three four\n      five\n");
    check(26, "  a ", "https://example.com/far/too/long end",
          "  a   https://example.com/far/too/long\n      end\n");
}

static void test_no_terminal(void **state)
{
    (void)state;
    check(0, "  a ", "one two three four five six seven",
          "  a   one two three four five six seven\n");
    check(25, "  a ", "one two three four five six", "  a   one two three four five six\n");
    check(0, "", "", "      \n");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_what_is_long),
        cmocka_unit_test(test_no_terminal),
    };

    return cmocka_run_group_tests_name("help", tests, NULL, NULL);
}
