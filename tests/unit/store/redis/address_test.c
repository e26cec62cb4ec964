/* address_test.c: tests the addresses of Redis. */
#include "store/redis/store.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str url; const char *path, *host; int port; unsigned database; const char *user, *password; bool tls; } read[] = {
    { STR_ROW("unix:/a"),                  "/a",   NULL,        0,     0 },
    { STR_ROW("unix:///a/b"),              "/a/b", NULL,        0,     0 },
    { STR_ROW("unix:/a?db=0"),             "/a",   NULL,        0,     0 },
    { STR_ROW("unix:/a?db=15"),            "/a",   NULL,        0,     15 },
    { STR_ROW("unix:///a?db=7"),           "/a",   NULL,        0,     7 },
    { STR_ROW("unix:/a:b@c"),              "/a:b@c", NULL,      0,     0 },
    { STR_ROW("redis://h"),                NULL,   "h",         6379,  0 },
    { STR_ROW("redis://h/"),               NULL,   "h",         6379,  0 },
    { STR_ROW("redis://h/3"),              NULL,   "h",         6379,  3 },
    { STR_ROW("redis://h:1"),              NULL,   "h",         1,     0 },
    { STR_ROW("redis://127.0.0.1:65535/0"), NULL,  "127.0.0.1", 65535, 0 },
    { STR_ROW("redis://[::1]"),            NULL,   "::1",       6379,  0 },
    { STR_ROW("redis://[::1]:7/2"),        NULL,   "::1",       7,     2 },
    { STR_ROW("redis://user@h"),           NULL,   "h",         6379,  0, "user" },
    { STR_ROW("redis://:secret@h"),        NULL,   "h",         6379,  0, NULL,    "secret" },
    { STR_ROW("redis://a:b:c@h:1/2"),      NULL,   "h",         1,     2, "a",     "b:c" },
    { STR_ROW("redis://u:p@[::1]"),        NULL,   "::1",       6379,  0, "u",     "p" },
    { STR_ROW("redis://u:p@[::1]:7/2"),    NULL,   "::1",       7,     2, "u",     "p" },
    { STR_ROW("redis://a%40b:%3a%2F%25%c3%A9@h"), NULL, "h",    6379,  0, "a@b",   ":/%\xc3\xa9" },
    { STR_ROW("redis://+:+@h"),            NULL,   "h",         6379,  0, "+",     "+" },
    { STR_ROW("rediss://h"),               NULL,   "h",         6379,  0, NULL,    NULL,   true },
    { STR_ROW("rediss://u:p@h:7/1"),       NULL,   "h",         7,     1, "u",     "p",    true },
};

static const struct str refused[] = {
    STR_ROW(""), STR_ROW("/a"), STR_ROW("unix:"), STR_ROW("unix:a"), STR_ROW("unix://a"), STR_ROW("unix:?db=1"), STR_ROW("UNIX:/a"),
    STR_ROW("unix:/a?"), STR_ROW("unix:/a?db="), STR_ROW("unix:/a?db=x"), STR_ROW("unix:/a?db=-1"), STR_ROW("unix:/a?db=1&x"),
    STR_ROW("unix:/a?x=1"), STR_ROW("unix:/a?db=99999999999"),
    STR_ROW("redis:"), STR_ROW("redis:/h"), STR_ROW("redis://"), STR_ROW("redis:///1"), STR_ROW("redis://:1"), STR_ROW("redis://h:"),
    STR_ROW("redis://h:0"), STR_ROW("redis://h:65536"), STR_ROW("redis://h:x"), STR_ROW("redis://h:-1"), STR_ROW("redis://h:1:2"),
    STR_ROW("redis://h/x"), STR_ROW("redis://h/1/2"), STR_ROW("redis://h/-1"), STR_ROW("redis://@h"), STR_ROW("redis://:@h"), STR_ROW("redis://u:@h"),
    STR_ROW("redis://u:p@"), STR_ROW("redis://u:p@h@i"), STR_ROW("redis://u:p/q@h"), STR_ROW("redis://%zz@h"), STR_ROW("redis://u:%@h"),
    STR_ROW("redis://u:%4@h"), STR_ROW("redis://u:%00@h"), STR_ROW("redis://u:p@:1"), STR_ROW("unix://u:p@/a"),
    STR_ROW("redis://::1:7"), STR_ROW("redis://[::1"), STR_ROW("redis://[]"), STR_ROW("redis://[::1]7"), STR_ROW("redis://[::1]:"),
    STR_ROW("rediss:/h"), STR_ROW("rediss://"), STR_ROW("http://h"),
};
/* clang-format on */

/* The buffer has exactly the promised bytes: a sanitizer reports any more. */
static bool read_address(struct str url, struct store_address *address, char **room)
{
    *room = malloc(url.len + 1);
    return store_read_address(url, *room, address);
}

static void assert_part(const char *part, const char *expected)
{
    assert_int_equal(!part, !expected);
    if (expected)
        assert_string_equal(part, expected);
}

static void test_read(void **state)
{
    (void)state;
    for_each_row (i, read) {
        struct store_address address;
        char *room;

        assert_row(read_address(read[i].url, &address, &room), read[i].url);
        assert_row(!address.path == !read[i].path && !address.host == !read[i].host, read[i].url);
        if (address.path)
            assert_string_equal(address.path, read[i].path);
        else
            assert_string_equal(address.host, read[i].host);
        assert_int_equal(address.port, read[i].port);
        assert_int_equal(address.database, read[i].database);
        assert_int_equal(address.tls, read[i].tls);
        assert_part(address.user, read[i].user);
        assert_part(address.password, read[i].password);
        assert_null(address.password_file);
        free(room);
    }
}

static void test_refused(void **state)
{
    (void)state;
    for_each_row (i, refused) {
        struct store_address address;
        char *room;

        assert_row(!read_address(refused[i], &address, &room), refused[i]);
        free(room);
    }
}

/* A cluster's nodes, each as "host:port" and a blank. */
static void test_clusters(void **state)
{
    static const struct {
        struct str url;
        const char *seeds, *user, *password;
        bool tls;
    } rows[] = {
        { STR_ROW("redis+cluster://h"), "h:6379 " },
        { STR_ROW("redis+cluster://a:1,b,[::1]:7"), "a:1 b:6379 ::1:7 " },
        { STR_ROW("redis+cluster://u:p%2c@a,b"), "a:6379 b:6379 ", "u", "p," },
        { STR_ROW("rediss+cluster://:p@a:1"), "a:1 ", NULL, "p", true },
        { STR_ROW("redis+cluster://") },
        { STR_ROW("redis+cluster://,a") },
        { STR_ROW("redis+cluster://a,") },
        { STR_ROW("redis+cluster://a,,b") },
        { STR_ROW("redis+cluster://a:0") },
        { STR_ROW("redis+cluster://a:1:2") },
        { STR_ROW("redis+cluster://a/0") },
        { STR_ROW("redis+cluster://u:p@a@b") },
        { STR_ROW("redis+clusters://a") },
    };

    (void)state;
    for_each_row (i, rows) {
        struct store_address address;
        char *room, found[128] = "";
        struct str seeds, host;
        int port;

        assert_row(read_address(rows[i].url, &address, &room) == (rows[i].seeds != NULL),
                   rows[i].url);
        if (rows[i].seeds) {
            assert_true(address.cluster);
            assert_int_equal(address.tls, rows[i].tls);
            assert_part(address.user, rows[i].user);
            assert_part(address.password, rows[i].password);
            seeds = str_from(address.seeds);
            while (store_take_seed(&seeds, &host, &port))
                (void)snprintf(found + strlen(found), sizeof found - strlen(found), "%.*s:%d ",
                               STR_ARGS(host), port);
            assert_string_equal(found, rows[i].seeds);
        }
        free(room);
    }
}

/* A text that is no address may contain a password all the same. */
static void test_mask(void **state)
{
    static const struct {
        struct str url;
        const char *masked;
    } rows[] = {
        { STR_ROW("redis://h:1/2"), NULL },
        { STR_ROW("redis://user@h:1"), NULL },
        { STR_ROW("unix:/a:b@c"), NULL },
        { STR_ROW("unix:///a:b@c"), NULL },
        { STR_ROW(""), NULL },
        { STR_ROW("redis://u:p@h:1/2"), "redis://u:***@h:1/2" },
        { STR_ROW("redis://:p@h"), "redis://:***@h" },
        { STR_ROW("rediss://u:p:q@[::1]:7"), "rediss://u:***@[::1]:7" },
        { STR_ROW("redis://u:p@q/r@h"), "redis://u:***@h" },
        { STR_ROW("redi://u:p@h"), "redi://u:***@h" },
        { STR_ROW("u:p@h:6379"), "u:***@h:6379" },
        { STR_ROW("redis+sentinel://h:1,i:2/m/3"), NULL },
        { STR_ROW("redis+sentinel://u@h:1,i/m"), NULL },
        { STR_ROW("rediss+sentinel://u:p@h:1,i/m"), "rediss+sentinel://u:***@h:1,i/m" },
        { STR_ROW("redis+cluster://u:p@h,i:1"), "redis+cluster://u:***@h,i:1" },
    };

    (void)state;
    for_each_row (i, rows) {
        char masked[64];

        assert_int_equal(store_mask_address(rows[i].url, masked, sizeof masked),
                         rows[i].masked != NULL);
        assert_string_equal(masked, rows[i].masked ? rows[i].masked : rows[i].url.ptr);
    }
}

/* clang-format off */
static const struct { struct str url; const char *sentinels, *name; unsigned database; const char *user, *password; bool tls; } sentinel_read[] = {
    { STR_ROW("redis+sentinel://h/m"),                  "h",                       "m",      0 },
    { STR_ROW("redis+sentinel://h:1/m"),                "h:1",                     "m",      0 },
    { STR_ROW("redis+sentinel://h1,h2:7,[::1]:8/My.m-1_/"), "h1,h2:7,[::1]:8",     "My.m-1_", 0 },
    { STR_ROW("redis+sentinel://h1,h2/m/3"),            "h1,h2",                   "m",      3 },
    { STR_ROW("redis+sentinel://u:p%40@h1:1,h2/m/0"),   "h1:1,h2",                 "m",      0, "u",  "p@" },
    { STR_ROW("redis+sentinel://u@h/m"),                "h",                       "m",      0, "u" },
    { STR_ROW("redis+sentinel://:p@h/m"),               "h",                       "m",      0, NULL, "p" },
    { STR_ROW("rediss+sentinel://h/m"),                 "h",                       "m",      0, NULL, NULL, true },
    { STR_ROW("redis+sentinel://1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g/m"), "1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g", "m", 0 },
};

static const struct str sentinel_refused[] = {
    STR_ROW("redis+sentinel:"), STR_ROW("redis+sentinel://"), STR_ROW("redis+sentinel:///m"), STR_ROW("redis+sentinel://h"), STR_ROW("redis+sentinel://h/"),
    STR_ROW("redis+sentinel://h//1"), STR_ROW("redis+sentinel://h/a b"), STR_ROW("redis+sentinel://h/m/x"), STR_ROW("redis+sentinel://h/m/1/2"),
    STR_ROW("redis+sentinel://h,/m"), STR_ROW("redis+sentinel://,h/m"), STR_ROW("redis+sentinel://h,,i/m"), STR_ROW("redis+sentinel://h:0/m"),
    STR_ROW("redis+sentinel://h:65536,i/m"), STR_ROW("redis+sentinel://h,i:x/m"), STR_ROW("redis+sentinel://@h/m"), STR_ROW("redis+sentinel://u:p@/m"),
    STR_ROW("redis+sentinel://h,u:p@i,v:q@j/m"), STR_ROW("redis+sentinel://[::1/m"), STR_ROW("redis+sentinel://::1/m"), STR_ROW("sentinel://h/m"), STR_ROW("redissentinel://h/m"),
    STR_ROW("redis+sentinel://1,2,3,4,5,6,7,8,9,a,b,c,d,e,f,g,h/m"),
};
/* clang-format on */

static void test_sentinels(void **state)
{
    (void)state;
    for_each_row (i, sentinel_read) {
        struct store_address address;
        char *room;

        assert_row(read_address(sentinel_read[i].url, &address, &room), sentinel_read[i].url);
        assert_row(!address.path && !address.host, sentinel_read[i].url);
        assert_part(address.sentinels, sentinel_read[i].sentinels);
        assert_part(address.primary_name, sentinel_read[i].name);
        assert_part(address.user, sentinel_read[i].user);
        assert_part(address.password, sentinel_read[i].password);
        assert_int_equal(address.database, sentinel_read[i].database);
        assert_int_equal(address.tls, sentinel_read[i].tls);
        free(room);
    }
    for_each_row (i, sentinel_refused) {
        struct store_address address;
        char *room;

        assert_row(!read_address(sentinel_refused[i], &address, &room), sentinel_refused[i]);
        free(room);
    }
}

static void test_take_sentinel(void **state)
{
    struct str left = STR("h,i:7,[::1]:8"), host;
    int port;

    (void)state;
    assert_true(store_take_sentinel(&left, &host, &port));
    assert_text(host, "h");
    assert_int_equal(port, 26379);
    assert_true(store_take_sentinel(&left, &host, &port));
    assert_text(host, "i");
    assert_int_equal(port, 7);
    assert_true(store_take_sentinel(&left, &host, &port));
    assert_text(host, "::1");
    assert_int_equal(port, 8);
    assert_null(left.ptr);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),          cmocka_unit_test(test_refused),
        cmocka_unit_test(test_clusters),      cmocka_unit_test(test_sentinels),
        cmocka_unit_test(test_take_sentinel), cmocka_unit_test(test_mask),
    };

    return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
