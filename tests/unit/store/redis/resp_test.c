/* resp_test.c: tests how commands are encoded. */
#include "store/redis/resp.h"
#include "unit.h"

static const struct script script = { "return 1", "sha" };

static struct command call(struct str *words, size_t count)
{
    return (struct command){ .script = &script, .words = words, .count = count };
}

static void test_plain(void **state)
{
    struct str words[] = { STR("GET"), STR("a\0b"), STR("") };
    struct command command = { .words = words, .count = 3 };

    assert_text(resp_encode(&command, false, false, *state),
                "*3\r\n$3\r\nGET\r\n$3\r\na\0b\r\n$0\r\n\r\n");
    assert_text(resp_encode(&command, true, true, *state),
                "*3\r\n$3\r\nGET\r\n$3\r\na\0b\r\n$0\r\n\r\n");
}

static void test_scripts(void **state)
{
    struct str words[] = { STR("1"), STR("k"), STR("x") };
    struct command command = call(words, 3);

    assert_text(resp_encode(&command, false, false, *state),
                "*5\r\n$7\r\nEVALSHA\r\n$3\r\nsha\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\nx\r\n");
    assert_text(resp_encode(&command, true, false, *state),
                "*5\r\n$4\r\nEVAL\r\n$8\r\nreturn 1\r\n$1\r\n1\r\n$1\r\nk\r\n$1\r\nx\r\n");
}

/* In a cluster: one more key, of the same slot, after all keys of the script. */
static void test_scripts_in_a_cluster(void **state)
{
    struct str one[] = { STR("1"), STR("p:{12}:connector:{c}"), STR("x") };
    struct str two[] = { STR("2"), STR("{12}:a"), STR("{12}:b"), STR("x") };
    struct str bare[] = { STR("1"), STR("k") };
    struct command command = call(one, 3);

    assert_text(resp_encode(&command, false, true, *state),
                "*6\r\n$7\r\nEVALSHA\r\n$3\r\nsha\r\n$1\r\n2\r\n$20\r\np:{12}:connector:{c}\r\n"
                "$13\r\np:{12}:moving\r\n$1\r\nx\r\n");
    command = call(two, 4);
    assert_text(resp_encode(&command, false, true, *state),
                "*7\r\n$7\r\nEVALSHA\r\n$3\r\nsha\r\n$1\r\n3\r\n$6\r\n{12}:a\r\n$6\r\n{12}:b\r\n"
                "$11\r\n{12}:moving\r\n$1\r\nx\r\n");
    command = call(bare, 2);
    assert_text(resp_encode(&command, false, true, *state),
                "*5\r\n$7\r\nEVALSHA\r\n$3\r\nsha\r\n$1\r\n2\r\n$1\r\nk\r\n$10\r\n{k}:moving\r\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_plain),
        ARENA_TEST(test_scripts),
        ARENA_TEST(test_scripts_in_a_cluster),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
