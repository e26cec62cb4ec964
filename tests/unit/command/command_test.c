/* command_test.c: tests which command lines are commands. */
#include "command/command.h"

#include "unit.h"

static void test_service(void **state)
{
    static char program[] = "lastsync", flag[] = "--workers", value[] = "help", dash[] = "-";
    int status;

    (void)state;
    assert_false(command_run(1, (char *[]){ program, NULL }, &status));
    assert_false(command_run(3, (char *[]){ program, flag, value, NULL }, &status));
    assert_false(command_run(2, (char *[]){ program, dash, NULL }, &status));
}

static void test_commands(void **state)
{
    static char program[] = "lastsync", help[] = "help", unknown[] = "unknown", empty[] = "";
    int status = -1;

    (void)state;
    assert_true(command_run(2, (char *[]){ program, help, NULL }, &status));
    assert_int_equal(status, 0);
    assert_true(command_run(3, (char *[]){ program, help, help, NULL }, &status));
    assert_int_equal(status, 0);
    assert_true(command_run(3, (char *[]){ program, help, unknown, NULL }, &status));
    assert_int_equal(status, 64);
    assert_true(command_run(2, (char *[]){ program, unknown, NULL }, &status));
    assert_int_equal(status, 64);
    assert_true(command_run(2, (char *[]){ program, empty, NULL }, &status));
    assert_int_equal(status, 64);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_service),
        cmocka_unit_test(test_commands),
    };

    return cmocka_run_group_tests_name("command", tests, NULL, NULL);
}
