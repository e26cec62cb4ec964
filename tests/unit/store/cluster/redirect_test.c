/* redirect_test.c: tests reading redirections and the slots that a cluster's nodes report. */
#include "store/cluster/redirect.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str error; enum redirect_kind kind; unsigned slot; const char *host; int port; } errors[] = {
    { STR_ROW("MOVED 3999 127.0.0.1:6381"), REDIRECT_MOVED, 3999,  "127.0.0.1", 6381 },
    { STR_ROW("ASK 0 10.0.0.7:1"),          REDIRECT_ASK,   0,     "10.0.0.7",  1 },
    { STR_ROW("MOVED 16383 ::1:65535"),     REDIRECT_MOVED, 16383, "::1",       65535 },
    { STR_ROW("MOVED 1 redis-0.local:7"),   REDIRECT_MOVED, 1,     "redis-0.local", 7 },
    { STR_ROW("MOVED 1 :6381"),             REDIRECT_MOVED, 1,     NULL,        6381 },
    { STR_ROW("MOVED 1 ?:6381"),            REDIRECT_MOVED, 1,     NULL,        6381 },
    { STR_ROW("MOVED 1 \0h:6381"),          REDIRECT_MOVED, 1,     NULL,        6381 },
    { STR_ROW("MOVED 16384 h:1"),           REDIRECT_NONE },
    { STR_ROW("MOVED -1 h:1"),              REDIRECT_NONE },
    { STR_ROW("MOVED x h:1"),               REDIRECT_NONE },
    { STR_ROW("MOVED 1 h:0"),               REDIRECT_NONE },
    { STR_ROW("MOVED 1 h:65536"),           REDIRECT_NONE },
    { STR_ROW("MOVED 1 h:"),                REDIRECT_NONE },
    { STR_ROW("MOVED 1 h"),                 REDIRECT_NONE },
    { STR_ROW("MOVED 1 "),                  REDIRECT_NONE },
    { STR_ROW("MOVED 1"),                   REDIRECT_NONE },
    { STR_ROW("MOVED"),                     REDIRECT_NONE },
    { STR_ROW("ASKING 1 h:1"),              REDIRECT_NONE },
    { STR_ROW("TRYAGAIN 1 h:1"),            REDIRECT_NONE },
    { STR_ROW(""),                          REDIRECT_NONE },
};
/* clang-format on */

static void test_errors(void **state)
{
    (void)state;
    for_each_row (i, errors) {
        struct redirect redirect;

        assert_row(redirect_read(errors[i].error, &redirect) == errors[i].kind, errors[i].error);
        if (errors[i].kind == REDIRECT_NONE)
            continue;
        assert_int_equal(redirect.slot, errors[i].slot);
        assert_int_equal(redirect.port, errors[i].port);
        assert_int_equal(!redirect.host.ptr, !errors[i].host);
        if (errors[i].host)
            assert_same(redirect.host, str_from(errors[i].host));
    }
}

static struct reply number(int64_t value)
{
    return (struct reply){ .kind = REPLY_NUMBER, .number = value };
}

static void test_ranges(void **state)
{
    struct reply node[] = { { .kind = REPLY_TEXT, .text = STR("10.0.0.7") }, number(6379) };
    struct reply parts[] = { number(5461),
                             number(10922),
                             { .kind = REPLY_LIST, .items = node, .count = 2 } };
    struct reply entry = { .kind = REPLY_LIST, .items = parts, .count = 3 };
    struct slot_range range;

    (void)state;
    assert_true(redirect_read_range(&entry, &range));
    assert_int_equal(range.first, 5461);
    assert_int_equal(range.last, 10922);
    assert_text(range.host, "10.0.0.7");
    assert_int_equal(range.port, 6379);
    node[0].kind = REPLY_NOTHING; /* a node that does not know its own address */
    node[0].text = (struct str){ NULL, 0 };
    assert_true(redirect_read_range(&entry, &range));
    assert_null(range.host.ptr);
    parts[1] = number(16384);
    assert_false(redirect_read_range(&entry, &range));
    parts[1] = number(5460);
    assert_false(redirect_read_range(&entry, &range));
    parts[1] = number(10922);
    node[1] = number(0);
    assert_false(redirect_read_range(&entry, &range));
    node[1] = number(6379);
    entry.count = 2;
    assert_false(redirect_read_range(&entry, &range));
    assert_false(redirect_read_range(&parts[0], &range));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_errors),
        cmocka_unit_test(test_ranges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
