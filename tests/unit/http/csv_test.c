/* csv_test.c: tests lists as tables. */
#include "http/csv.h"

#include "base/text.h"
#include "unit.h"

/* clang-format off */
static const struct str columns[] = { STR_ROW("a"), STR_ROW("b.c"), STR_ROW("d") };
static const struct csv_table table = { STR_ROW("results"), columns, COUNT_OF(columns) };

#define HEADS "a,b.c,d\r\n"

static const struct { struct str json, csv; } answers[] = {
    { STR_ROW("{\"results\":[]}"),                       STR_ROW(HEADS) },
    { STR_ROW("{\"count\":0}"),                          STR_ROW(HEADS) },
    { STR_ROW("{\"results\":7}"),                        STR_ROW(HEADS) },
    { STR_ROW("[]"),                                     STR_ROW(HEADS) },
    { STR_ROW("{\"results\":[{}]}"),                     STR_ROW(HEADS ",,\r\n") },
    { STR_ROW("{\"results\":[{},{}],\"a\":1}"),          STR_ROW(HEADS ",,\r\n,,\r\n") },
    { STR_ROW("{\"x\":{\"results\":[{\"a\":0}]},\"results\":[{\"a\":1}]}"), STR_ROW(HEADS "1,,\r\n") },
    { STR_ROW("{\"results\":[{\"a\":1,\"b\":{\"c\":\"x\"},\"d\":true},{\"a\":2}]}"), STR_ROW(HEADS "1,x,true\r\n2,,\r\n") },
    { STR_ROW("{\"results\":[{\"d\":false,\"b\":{\"x\":0,\"c\":-1.5e3},\"a\":null}]}"), STR_ROW(HEADS ",-1.5e3,false\r\n") },
    { STR_ROW("{\"results\":[{\"b\":null,\"c\":1,\"x\":{\"a\":2,\"b\":{\"c\":3}}}]}"), STR_ROW(HEADS ",,\r\n") },
    { STR_ROW("{\"results\":[{\"a\":[\"x\",\"y\",3,null],\"b\":[{\"c\":1},{\"c\":2}],\"d\":[]}]}"), STR_ROW(HEADS "\"x; y; 3\",\"1; 2\",\r\n") },
    { STR_ROW("{\"results\":[{\"a\":{\"b\":{\"c\":1}},\"b\":{\"c\":{\"c\":1}}}]}"), STR_ROW(HEADS ",,\r\n") },
};

/* A text, and its cell. */
static const struct { struct str json, cell; } texts[] = {
    { STR_ROW("\"\""),                STR_ROW("") },
    { STR_ROW("\"plain text\""),      STR_ROW("plain text") },
    { STR_ROW("\"a,b\""),             STR_ROW("\"a,b\"") },
    { STR_ROW("\"a;b\""),             STR_ROW("\"a;b\"") },
    { STR_ROW("\"a\\\"b\\\"\""),      STR_ROW("\"a\"\"b\"\"\"") },
    { STR_ROW("\"a\\nb\""),           STR_ROW("\"a\nb\"") },
    { STR_ROW("\"a\\rb\""),           STR_ROW("\"a\rb\"") },
    { STR_ROW("\"a\\tb\""),           STR_ROW("\"a\tb\"") },
    { STR_ROW("\" a\""),              STR_ROW("\" a\"") },
    { STR_ROW("\"a \""),              STR_ROW("\"a \"") },
    { STR_ROW("\"\xc3\xa4\\u00e4\""), STR_ROW("\xc3\xa4\xc3\xa4") },
    { STR_ROW("\"a\\u0000b\""),       STR_ROW("a\0b") },
    { STR_ROW("\"=1+1\""),            STR_ROW("'=1+1") },
    { STR_ROW("\"+1\""),              STR_ROW("'+1") },
    { STR_ROW("\"-1\""),              STR_ROW("'-1") },
    { STR_ROW("\"@SUM(A1)\""),        STR_ROW("'@SUM(A1)") },
    { STR_ROW("\"=HYPERLINK(\\\"x\\\",1)\""), STR_ROW("\"'=HYPERLINK(\"\"x\"\",1)\"") },
    { STR_ROW("\"  =1\""),            STR_ROW("\"  '=1\"") },
    { STR_ROW("\"\\t=1\""),           STR_ROW("\"\t'=1\"") },
    { STR_ROW("\"\\r\\n-1\""),        STR_ROW("\"\r\n'-1\"") },
    { STR_ROW("\"x;=1;y\""),          STR_ROW("\"x;'=1;y\"") },
    { STR_ROW("\"x\\n=1\""),          STR_ROW("\"x\n'=1\"") },
    { STR_ROW("\"x\\t@a; -1;a-1\""),  STR_ROW("\"x\t'@a; '-1;a-1\"") },
    { STR_ROW("\"a,=1\""),            STR_ROW("\"a,=1\"") },
    { STR_ROW("\"\\uff1d1\""),        STR_ROW("'\xef\xbc\x9d" "1") },
    { STR_ROW("\"\\uff0b\""),         STR_ROW("'\xef\xbc\x8b") },
    { STR_ROW("\"\\uff0d\""),         STR_ROW("'\xef\xbc\x8d") },
    { STR_ROW("\"\\uff20\""),         STR_ROW("'\xef\xbc\xa0") },
    { STR_ROW("\"a=1\""),             STR_ROW("a=1") },
    { STR_ROW("\"2026-11-28T00:00:00.000Z\""), STR_ROW("2026-11-28T00:00:00.000Z") },
    { STR_ROW("-1"),                  STR_ROW("-1") },
    { STR_ROW("12345678901234567890"), STR_ROW("12345678901234567890") },
};
/* clang-format on */

static void test_answers(void **state)
{
    for_each_row (i, answers)
        assert_same(csv_write(answers[i].json, &table, *state), answers[i].csv);
}

static void test_texts(void **state)
{
    for_each_row (i, texts) {
        struct str json =
            arena_format(*state, "{\"results\":[{\"a\":%.*s,\"d\":0}]}", STR_ARGS(texts[i].json));
        struct str csv = arena_format(*state, HEADS "%.*s,,0\r\n", STR_ARGS(texts[i].cell));

        assert_same(csv_write(json, &table, *state), csv);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_answers),
        ARENA_TEST(test_texts),
    };

    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
