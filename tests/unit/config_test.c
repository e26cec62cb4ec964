/* config_test.c: tests options: flags before variables before defaults, and what is refused. */
#include "config.h"

#include "unit.h"

enum { ARGUMENTS_MAX = 8 };

static enum config_result read_config(struct config *config, const char *const *flags)
{
    static char texts[ARGUMENTS_MAX][256];
    char *arguments[ARGUMENTS_MAX + 1] = { NULL };
    int count = 0;

    (void)snprintf(texts[count], sizeof texts[0], "lastsync");
    arguments[count] = texts[count];
    for (count = 1; *flags; flags++, count++) {
        (void)snprintf(texts[count], sizeof texts[0], "%s", *flags);
        arguments[count] = texts[count];
    }
    return config_read(config, count, arguments);
}

#define READ(config, ...) read_config((config), (const char *const[]){ __VA_ARGS__, NULL })
#define READ_NONE(config) read_config((config), (const char *const[]){ NULL })

static int clear(void **state)
{
    static const char *const variables[] = {
        "LISTEN",     "REDIS",       "KEY_PREFIX",   "WORKERS",     "DEADLINE",
        "BODY_LIMIT", "DEPTH_LIMIT", "MEMBER_LIMIT", "BATCH_LIMIT", "CONNECTION_LIMIT",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "LASTSYNC_%s", variables[i]);
        assert_int_equal(unsetenv(name), 0);
    }
    return 0;
}

static void test_defaults(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ_NONE(&config), CONFIG_READ);
    assert_string_equal(config.listen, "");
    assert_string_equal(config.key_prefix, "");
    assert_string_equal(config.address.host, "127.0.0.1");
    assert_int_equal(config.address.port, 6379);
    assert_int_equal(config.workers, 2);
    assert_int_equal(config.deadline, 2000);
    assert_int_equal(config.body_limit, 1048576);
    assert_int_equal(config.depth_limit, 64);
    assert_int_equal(config.member_limit, 10000);
    assert_int_equal(config.batch_limit, 64);
    assert_int_equal(config.connection_limit, 1024);
}

static void test_precedence(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(setenv("LASTSYNC_BODY_LIMIT", "7", 1), 0);
    assert_int_equal(setenv("LASTSYNC_REDIS", "unix:/environment?db=3", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_READ);
    assert_int_equal(config.body_limit, 7);
    assert_string_equal(config.address.path, "/environment");
    assert_int_equal(config.address.database, 3);
    assert_int_equal(READ(&config, "--body-limit", "8", "--redis=redis://h:1/2"), CONFIG_READ);
    assert_int_equal(config.body_limit, 8);
    assert_null(config.address.path);
    assert_string_equal(config.address.host, "h");
    assert_int_equal(READ(&config, "--body-limit=8", "--body-limit=9"), CONFIG_READ);
    assert_int_equal(config.body_limit, 9);
}

static void test_texts(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ(&config, "--key-prefix=a=b", "--listen", "--odd"), CONFIG_READ);
    assert_string_equal(config.key_prefix, "a=b");
    assert_string_equal(config.listen, "--odd");
    assert_int_equal(READ(&config, "--key-prefix", ""), CONFIG_READ);
    assert_string_equal(config.key_prefix, "");
    assert_int_equal(READ(&config, "--key-prefix="), CONFIG_READ);
    assert_string_equal(config.key_prefix, "");
}

static void test_ranges(void **state)
{
    static const struct {
        const char *name;
        unsigned long long least, most;
    } rows[] = {
        { "workers", 0, 256 },
        { "deadline", 10, 60000 },
        { "body-limit", 1, 1 << 30 },
        { "depth-limit", 1, 256 },
        { "member-limit", 1, 1 << 30 },
        { "batch-limit", 1, 1024 },
        { "connection-limit", 1, 100000 },
    };

    (void)state;
    for_each_row (i, rows)
        for (int step = -1; step <= 1; step++) {
            struct config config;
            char low[64], high[64];

            (void)snprintf(low, sizeof low, "--%s=%lld", rows[i].name,
                           (long long)rows[i].least + step);
            (void)snprintf(high, sizeof high, "--%s=%lld", rows[i].name,
                           (long long)rows[i].most + step);
            assert_int_equal(READ(&config, low), step < 0 ? CONFIG_WRONG : CONFIG_READ);
            assert_int_equal(READ(&config, high), step > 0 ? CONFIG_WRONG : CONFIG_READ);
        }
}

static void test_refused(void **state)
{
    static const char *const rows[][3] = {
        { "--nonsense" },
        { "--nonsense=1" },
        { "body-limit=1" },
        { "-body-limit=1" },
        { "--body_limit=1" },
        { "--body-limit" },
        { "--body-limit=" },
        { "--body-limit", "x" },
        { "--body-limit=1k" },
        { "--workers=-1" },
        { "--workers", "" },
        { "--redis=localhost" },
        { "--redis" },
        { "--redis=" },
        { "" },
        { "--" },
        { "--=1" },
        { "x" },
        { "--workers=1 " },
        { "--workers=0x1" },
    };

    (void)state;
    for_each_row (i, rows) {
        struct config config;

        assert_row(read_config(&config, rows[i]) == CONFIG_WRONG, str_from(rows[i][0]));
    }
}

static void test_wrong_variable_is_refused(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(setenv("LASTSYNC_WORKERS", "many", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_WRONG);
}

static void test_help_and_version(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ(&config, "--help"), CONFIG_DONE);
    assert_int_equal(READ(&config, "--version"), CONFIG_DONE);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_defaults, clear, clear),
        cmocka_unit_test_setup_teardown(test_precedence, clear, clear),
        cmocka_unit_test_setup_teardown(test_texts, clear, clear),
        cmocka_unit_test_setup_teardown(test_ranges, clear, clear),
        cmocka_unit_test_setup_teardown(test_refused, clear, clear),
        cmocka_unit_test_setup_teardown(test_wrong_variable_is_refused, clear, clear),
        cmocka_unit_test_setup_teardown(test_help_and_version, clear, clear),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
