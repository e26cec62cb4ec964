/* config_test.c: tests options: flags before variables before defaults, and what is refused. */
#include "config.h"

#include <unistd.h>

#include "api/common/role.h"
#include "base/log.h"
#include "base/text.h"
#include "store/redis/password.h"
#include "unit.h"

extern char **environ;

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

/* Removes all LASTSYNC_* variables. */
static int clear(void **state)
{
    (void)state;
    for (size_t i = 0; environ[i];) {
        char name[64];

        (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(environ[i], "="), environ[i]);
        if (strncmp(name, "LASTSYNC_", strlen("LASTSYNC_")) == 0)
            assert_int_equal(unsetenv(name), 0);
        else
            i++;
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
    assert_int_equal(config.answer_limit, 8388608);
    assert_int_equal(config.history, 100);
    assert_int_equal(config.days, 0);
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

static void test_elasticsearch_version(void **state)
{
    static const char *const wrong[] = { "",         "9",     "9.4",  "9.4.0.1",
                                         "v9.4.0",   "9.4.x", "9..0", "9.4.0-SNAPSHOT",
                                         "1000.0.0", "-1.0.0" };
    struct config config;

    (void)state;
    assert_int_equal(READ_NONE(&config), CONFIG_READ);
    assert_string_equal(config.elasticsearch_version, "9.4.0");
    assert_int_equal(READ(&config, "--elasticsearch-version=8.19.20"), CONFIG_READ);
    assert_string_equal(config.elasticsearch_version, "8.19.20");
    for_each_row (i, wrong)
        assert_int_equal(READ(&config, "--elasticsearch-version", wrong[i]), CONFIG_WRONG);
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
        { "depth-limit", 1, 248 },
        { "member-limit", 1, 1 << 30 },
        { "batch-limit", 1, 1024 },
        { "connection-limit", 1, 100000 },
        { "answer-limit", 4096, 1 << 30 },
        { "slow-limit", 4096, 1 << 30 },
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

/* The number of shards is a power of two; for a cluster it is at least two, by default 64.
 */
static void test_shards(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ(&config, "--redis=redis+cluster://h"), CONFIG_READ);
    assert_int_equal(config.shards, 64);
    assert_int_equal(READ(&config, "--redis=redis+cluster://h", "--shards=2"), CONFIG_READ);
    assert_int_equal(READ(&config, "--redis=redis+cluster://h", "--shards=1"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--redis=redis+cluster://h", "--key-prefix={a}"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--shards=0"), CONFIG_READ);
    assert_int_equal(config.shards, 1);
    for (unsigned shards = 1; shards <= 1025; shards++) {
        char flag[32];
        bool may = shards <= 1024 && (shards & (shards - 1)) == 0;

        (void)snprintf(flag, sizeof flag, "--shards=%u", shards);
        assert_int_equal(READ(&config, flag), may ? CONFIG_READ : CONFIG_WRONG);
        if (may)
            assert_int_equal(config.shards, shards);
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

static void test_unknown_variable_is_refused(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(setenv("LASTSYNC_NONSENSE", "1", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_WRONG);
}

/* ---- files ---- */

/* Writes a file, which belongs to the test's process, and names it. */
static const char *write_file(struct str text)
{
    static char path[64];
    FILE *file;

    (void)snprintf(path, sizeof path, "/tmp/lastsync-config-%ld", (long)getpid());
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text.ptr, 1, text.len, file), text.len);
    assert_int_equal(fclose(file), 0);
    return path;
}

static enum config_result read_file(struct config *config, struct str text)
{
    const char *path = write_file(text);
    enum config_result result = READ(config, "--config", path);

    assert_int_equal(remove(path), 0);
    return result;
}

static void test_file(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(
        read_file(&config, STR("# a comment\n\n \t# another\nbody-limit=7\r\n"
                               "  key-prefix =  a=b #c \t\nredis=unix:/file\nlisten=")),
        CONFIG_READ);
    assert_int_equal(config.body_limit, 7);
    assert_string_equal(config.key_prefix, "a=b #c");
    assert_string_equal(config.address.path, "/file");
    assert_string_equal(config.listen, "");
    assert_int_equal(config.workers, 2);
    assert_int_equal(read_file(&config, STR("")), CONFIG_READ);
    assert_int_equal(read_file(&config, STR("\xef\xbb\xbf"
                                            "body-limit=8")),
                     CONFIG_READ);
    assert_int_equal(config.body_limit, 8);
}

static void test_file_is_weaker(void **state)
{
    struct config config;
    const char *path = write_file(STR("body-limit=1\ndepth-limit=1\nbatch-limit=1\n"));

    (void)state;
    assert_int_equal(setenv("LASTSYNC_CONFIG", path, 1), 0);
    assert_int_equal(setenv("LASTSYNC_BODY_LIMIT", "2", 1), 0);
    assert_int_equal(setenv("LASTSYNC_BATCH_LIMIT", "2", 1), 0);
    assert_int_equal(READ(&config, "--batch-limit=3"), CONFIG_READ);
    assert_int_equal(config.depth_limit, 1);
    assert_int_equal(config.body_limit, 2);
    assert_int_equal(config.batch_limit, 3);
    assert_int_equal(READ(&config, "--config="), CONFIG_READ);
    assert_int_equal(config.depth_limit, 64);
    assert_int_equal(remove(path), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_WRONG);
}

static void test_files_refused(void **state)
{
    static const struct str rows[] = {
        STR_ROW("nonsense=1"),
        STR_ROW("LASTSYNC_BODY_LIMIT=1"),
        STR_ROW("--body-limit=1"),
        STR_ROW("body-limit"),
        STR_ROW("body-limit 1"),
        STR_ROW("=1"),
        STR_ROW("body-limit=x"),
        STR_ROW("body-limit="),
        STR_ROW("body-limit=1 # a comment"),
        STR_ROW("body-limit=1\nbody-limit=1"),
        STR_ROW("config=/other"),
        STR_ROW("key-prefix=a\0b"),
    };

    (void)state;
    for_each_row (i, rows) {
        struct config config;

        assert_row(read_file(&config, rows[i]) == CONFIG_WRONG, rows[i]);
    }
}

static void test_file_size(void **state)
{
    static char text[OPTION_FILE_MAX + 1];
    struct config config;

    (void)state;
    memset(text, '\n', sizeof text);
    assert_int_equal(read_file(&config, (struct str){ text, OPTION_FILE_MAX }), CONFIG_READ);
    assert_int_equal(read_file(&config, (struct str){ text, OPTION_FILE_MAX + 1 }), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--config=/tmp"), CONFIG_WRONG);
}

/* ---- Redis ---- */

static void test_log_and_flags(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ_NONE(&config), CONFIG_READ);
    assert_int_equal(config.log_level, LOG_NOTICE);
    assert_int_equal(config.log_format, LOG_TEXT);
    assert_false(config.require_durable);
    assert_int_equal(READ(&config, "--log-level=debug", "--log-format", "json", "--require-durable",
                          "--workers=1"),
                     CONFIG_READ);
    assert_int_equal(config.log_level, LOG_DEBUG);
    assert_int_equal(config.log_format, LOG_JSON);
    assert_true(config.require_durable);
    assert_int_equal(config.workers, 1);
    log_setup(LOG_TEXT, LOG_NOTICE);
    assert_int_equal(READ(&config, "--log-level=loud"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--log-format=xml"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--require-durable=yes"), CONFIG_WRONG);
    assert_int_equal(setenv("LASTSYNC_REQUIRE_DURABLE", "true", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_READ);
    assert_true(config.require_durable);
    assert_int_equal(setenv("LASTSYNC_CHECK_CONFIG", "true", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_WRONG);
}

static void test_passwords(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(setenv("LASTSYNC_REDIS", "redis://u:secret@h", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_READ);
    assert_string_equal(config.address.user, "u");
    assert_string_equal(config.address.password, "secret");
    assert_string_equal(config.masked_redis, "redis://u:***@h");
    assert_int_equal(READ(&config, "--redis-password-file=/etc/hostname"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--redis-user=v"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--redis=redis://u:secret@h"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--redis=redis://u@h"), CONFIG_WRONG);
    assert_int_equal(unsetenv("LASTSYNC_REDIS"), 0);
    assert_int_equal(read_file(&config, STR("redis=redis://:secret@h\n")), CONFIG_READ);
    assert_null(config.address.user);
    assert_string_equal(config.address.password, "secret");
    assert_int_equal(READ(&config, "--redis-user=v"), CONFIG_WRONG);
}

static void test_password_files(void **state)
{
    char flag[128];
    const char *path = write_file(STR("secret\nmore\n"));
    struct config config;

    (void)state;
    (void)snprintf(flag, sizeof flag, "--redis-password-file=%s", path);
    assert_int_equal(READ(&config, flag, "--redis-user=u", "--redis=unix:/s"), CONFIG_READ);
    assert_string_equal(config.address.password_file, path);
    assert_string_equal(config.address.user, "u");
    assert_null(config.address.password);
    assert_int_equal(READ(&config, flag, "--redis=redis://u@h"), CONFIG_READ);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    (void)snprintf(flag, sizeof flag, "--redis-password-file=%s", path + strlen("/tmp/"));
    assert_int_equal(READ(&config, flag), CONFIG_WRONG);
    assert_int_equal(setenv("CREDENTIALS_DIRECTORY", "/tmp", 1), 0);
    assert_int_equal(READ(&config, flag), CONFIG_READ);
    assert_string_equal(config.address.password_file, path);
    assert_int_equal(unsetenv("CREDENTIALS_DIRECTORY"), 0);
    assert_int_equal(remove(path), 0);
    (void)snprintf(flag, sizeof flag, "--redis-password-file=%s", path);
    assert_int_equal(READ(&config, flag), CONFIG_WRONG);
}

static void test_bad_password_files(void **state)
{
    static char text[PASSWORD_MAX + 1];
    static const struct str rows[] = {
        STR_ROW(""), STR_ROW("\n"), STR_ROW("\r\nx"), { text, PASSWORD_MAX + 1 }
    };

    (void)state;
    memset(text, 'p', sizeof text);
    for_each_row (i, rows) {
        struct store_address address = { .host = "h", .password_file = write_file(rows[i]) };

        assert_non_null(store_password_fault(&address));
        assert_int_equal(remove(address.password_file), 0);
    }
    for (size_t len = 1; len <= PASSWORD_MAX; len += PASSWORD_MAX - 1) {
        struct store_address address = { .host = "h",
                                         .password_file = write_file((struct str){ text, len }) };

        assert_null(store_password_fault(&address));
        assert_int_equal(remove(address.password_file), 0);
    }
}

#ifndef WITH_TLS
static void test_without_tls(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ(&config, "--redis=rediss://h"), CONFIG_WRONG);
}
#endif

/* ---- access control ---- */

static void test_access(void **state)
{
    struct config config;

    (void)state;
    assert_int_equal(READ(&config, "--access=off"), CONFIG_READ);
    assert_int_equal(config.access, ACCESS_OFF);
    assert_int_equal(READ(&config, "--access", "keys"), CONFIG_READ);
    assert_int_equal(config.access, ACCESS_KEYS);
    assert_int_equal(READ(&config, "--access="), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--access=Off"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--access=none"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--access=0"), CONFIG_WRONG);
    assert_int_equal(setenv("LASTSYNC_ACCESS", "of", 1), 0);
    assert_int_equal(READ_NONE(&config), CONFIG_WRONG);
}

static enum config_result read_secret(struct config *config, struct str text)
{
    const char *path = write_file(text);
    enum config_result result = READ(config, "--access=proxy", "--proxy-secret-file", path);

    assert_int_equal(remove(path), 0);
    return result;
}

static void test_proxy_secret(void **state)
{
    struct text longest = text_new(*state, 2048);
    struct config config;

    assert_int_equal(read_secret(&config, STR("0123456789abcdef\r\n \n")), CONFIG_READ);
    assert_text(config.proxy_secret, "0123456789abcdef");
    while (longest.len < 1024)
        text_byte(&longest, 'x');
    assert_int_equal(read_secret(&config, text_str(&longest)), CONFIG_READ);
    assert_same(config.proxy_secret, text_str(&longest));
    text_byte(&longest, 'x');
    assert_int_equal(read_secret(&config, text_str(&longest)), CONFIG_WRONG);
    assert_int_equal(read_secret(&config, STR("0123456789abcde\n")), CONFIG_WRONG);
    assert_int_equal(read_secret(&config, STR("")), CONFIG_WRONG);
    assert_int_equal(read_secret(&config, STR("01234567\n89abcdef")), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--access=proxy"), CONFIG_WRONG);
    assert_int_equal(READ(&config, "--access=proxy", "--proxy-secret-file=/nonexistent"),
                     CONFIG_WRONG);
    assert_int_equal(READ(&config, "--access=proxy", "--proxy-secret-file=/tmp"), CONFIG_WRONG);
    /* Without --access=proxy the file is not looked at. */
    assert_int_equal(READ(&config, "--proxy-secret-file=/nonexistent"), CONFIG_READ);
    assert_null(config.proxy_secret.ptr);
}

static int clear_with_arena(void **state)
{
    return clear(state) || unit_open(state);
}

static int clear_and_close(void **state)
{
    return unit_close(state) || clear(state);
}

/* ---- commands ---- */

struct own {
    bool fix;
    const char *role;
    uint64_t days;
    uint64_t form;
};

static const char *const forms[] = { "text", "json", NULL };

/* clang-format off */
static const struct option own_rows[] = {
    { "fix",  OPTION_FLAG,   offsetof(struct own, fix),  "false", "mends" },
    { "role", OPTION_TEXT,   offsetof(struct own, role), "none",  "a role" },
    { "days", OPTION_COUNT,  offsetof(struct own, days), "3",     "days", 1, 9 },
    { "form", OPTION_CHOICE, offsetof(struct own, form), "text",  "a form", .words = forms },
};
/* clang-format on */

static const struct option_table own_table = { own_rows, COUNT_OF(own_rows) };

static enum config_result read_command(struct config *config, struct own *own,
                                       struct command_line *line, const char *const *words)
{
    static const char *room[2];
    char *arguments[ARGUMENTS_MAX + 1] = { NULL };
    static char texts[ARGUMENTS_MAX][64];
    int count = 0;

    for (; words[count]; count++) {
        (void)snprintf(texts[count], sizeof texts[0], "%s", words[count]);
        arguments[count] = texts[count];
    }
    *line = (struct command_line){ .usage = "mend NAME [NAME]",
                                   .help = "Mends.",
                                   .own = &own_table,
                                   .own_place = own,
                                   .words = room,
                                   .words_least = 1,
                                   .words_most = 2 };
    return config_read_command(config, line, count, arguments);
}

#define COMMAND(...)                                                                               \
    read_command(&config, &own, &line, (const char *const[]){ "mend", __VA_ARGS__, NULL })

static void test_command(void **state)
{
    struct config config;
    struct command_line line;
    struct own own;

    (void)state;
    assert_int_equal(COMMAND("a"), CONFIG_READ);
    assert_int_equal(line.word_count, 1);
    assert_string_equal(line.words[0], "a");
    assert_false(own.fix);
    assert_string_equal(own.role, "none");
    assert_int_equal(own.days, 3);
    assert_int_equal(own.form, 0);
    assert_string_equal(config.address.host, "127.0.0.1");
    assert_int_equal(COMMAND("--fix", "a", "--role", "r", "--redis=unix:/r", "b", "--form=json"),
                     CONFIG_READ);
    assert_int_equal(line.word_count, 2);
    assert_string_equal(line.words[1], "b");
    assert_true(own.fix);
    assert_string_equal(own.role, "r");
    assert_int_equal(own.form, 1);
    assert_string_equal(config.address.path, "/r");
    assert_int_equal(COMMAND("--fix=false", "--", "--fix", "-"), CONFIG_READ);
    assert_false(own.fix);
    assert_string_equal(line.words[0], "--fix");
    assert_string_equal(line.words[1], "-");
    assert_int_equal(COMMAND("--help"), CONFIG_DONE);
}

/* The service's options are no flags of a command, but file and variables serve both. */
static void test_command_beside_service(void **state)
{
    struct config config;
    struct command_line line;
    struct own own;

    (void)state;
    assert_int_equal(setenv("LASTSYNC_WORKERS", "3", 1), 0);
    assert_int_equal(setenv("LASTSYNC_KEY_PREFIX", "p:", 1), 0);
    assert_int_equal(COMMAND("a"), CONFIG_READ);
    assert_string_equal(config.key_prefix, "p:");
    assert_int_equal(COMMAND("a", "--workers=3"), CONFIG_WRONG);
    assert_int_equal(setenv("LASTSYNC_FIX", "true", 1), 0);
    assert_int_equal(COMMAND("a"), CONFIG_WRONG);
    assert_int_equal(unsetenv("LASTSYNC_FIX"), 0);
}

static void test_command_refuses(void **state)
{
    static const char *const rows[][5] = {
        { "mend" },
        { "mend", "a", "b", "c" },
        { "mend", "a", "--days=0" },
        { "mend", "a", "--days=10" },
        { "mend", "a", "--fix=1" },
        { "mend", "a", "--fix=" },
        { "mend", "a", "--form=xml" },
        { "mend", "a", "--role" },
        { "mend", "a", "-x" },
        { "mend", "a", "--unknown" },
    };

    (void)state;
    for_each_row (i, rows) {
        struct config config;
        struct command_line line;
        struct own own;

        assert_int_equal(read_command(&config, &own, &line, rows[i]), CONFIG_WRONG);
    }
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
        cmocka_unit_test_setup_teardown(test_elasticsearch_version, clear, clear),
        cmocka_unit_test_setup_teardown(test_ranges, clear, clear),
        cmocka_unit_test_setup_teardown(test_shards, clear, clear),
        cmocka_unit_test_setup_teardown(test_refused, clear, clear),
        cmocka_unit_test_setup_teardown(test_wrong_variable_is_refused, clear, clear),
        cmocka_unit_test_setup_teardown(test_unknown_variable_is_refused, clear, clear),
        cmocka_unit_test_setup_teardown(test_file, clear, clear),
        cmocka_unit_test_setup_teardown(test_file_is_weaker, clear, clear),
        cmocka_unit_test_setup_teardown(test_files_refused, clear, clear),
        cmocka_unit_test_setup_teardown(test_file_size, clear, clear),
        cmocka_unit_test_setup_teardown(test_log_and_flags, clear, clear),
        cmocka_unit_test_setup_teardown(test_passwords, clear, clear),
        cmocka_unit_test_setup_teardown(test_password_files, clear, clear),
        cmocka_unit_test_setup_teardown(test_bad_password_files, clear, clear),
#ifndef WITH_TLS
        cmocka_unit_test_setup_teardown(test_without_tls, clear, clear),
#endif
        cmocka_unit_test_setup_teardown(test_access, clear, clear),
        cmocka_unit_test_setup_teardown(test_proxy_secret, clear_with_arena, clear_and_close),
        cmocka_unit_test_setup_teardown(test_command, clear, clear),
        cmocka_unit_test_setup_teardown(test_command_beside_service, clear, clear),
        cmocka_unit_test_setup_teardown(test_command_refuses, clear, clear),
        cmocka_unit_test_setup_teardown(test_help_and_version, clear, clear),
    };

    return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
