/* gist_test.c: tests the variable parts that are removed from errors. */
#include "base/gist.h"

#include "unit.h"

static void test_what_is_taken_out(void **state)
{
    static const struct {
        const char *text, *gist;
    } rows[] = {
        { "", "" },
        { " ", " " },
        { "no route to host", "no route to host" },
        { "401 Unauthorized", "# Unauthorized" },
        { "took 12.5s, 3 of 40", "took #.#s, # of #" },
        { "connect ECONNREFUSED 10.0.0.12:5432", "connect ECONNREFUSED <address>" },
        { "at 10.0.0.12.", "at <address>." },
        { "at ::1: refused", "at <address>: refused" },
        { "at [fe80::1]:9200", "at [<address>]:#" },
        { "12:30", "#:#" },
        { "GET https://host-7/a?b=1 failed", "GET <address> failed" },
        { "no mailbox of ann@example.com!", "no mailbox of <address>!" },
        { "document 3f2504e0-4f89-11d3-9a0c-0305e82c3301 is gone", "document <id> is gone" },
        { "id=\"VuaCfGcBCdbkQm-e5aOx\"", "id=\"<id>\"" },
        { "commit deadbee1", "commit <id>" },
        { "deadbeef is a word", "deadbeef is a word" },
        { "db-3.example.com:5432", "db-#.example.com:#" },
        { "table7", "table#" },
        { "\xc3\xa4 1 \xe2\x82\xac", "\xc3\xa4 # \xe2\x82\xac" },
    };

    for_each_row (i, rows)
        assert_same(gist_of(str_from(rows[i].text), *state), str_from(rows[i].gist));
}

static void test_long_texts_are_cut_between_characters(void **state)
{
    char text[GIST_MAX + 2];

    memset(text, 'x', sizeof text);
    memcpy(text + GIST_MAX - 1, "\xc3\xa4", 2);
    assert_int_equal(gist_of((struct str){ text, sizeof text }, *state).len, GIST_MAX - 1);
    memset(text, ' ', sizeof text);
    assert_int_equal(gist_of((struct str){ text, sizeof text }, *state).len, GIST_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_what_is_taken_out),
        ARENA_TEST(test_long_texts_are_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
