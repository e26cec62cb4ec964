/* text_test.c: tests texts that grow, their formats and their JSON strings. */
#include "base/text.h"

#include <inttypes.h>

#include "base/json.h"
#include "unit.h"

/* After any mixture of additions and reservations, a text holds exactly what was added, and nothing
 * of other texts of its arena. */
static void test_growth(void **state)
{
    for (size_t room = 0; room < 70; room += 3) {
        struct text one = text_new(*state, room), other = text_new(*state, 0);
        char expected[3000];
        size_t len = 0;

        while (len < 2500) {
            struct str piece = { "0123456789abcdefghij", (len * 7 + room) % 21 };

            text_add(&one, piece);
            memcpy(expected + len, piece.ptr, piece.len);
            len += piece.len;
            text_byte(&one, '!');
            expected[len++] = '!';
            text_add(&other, STR("xx"));
        }
        assert_same(text_str(&one), ((struct str){ expected, len }));
        for (size_t i = 0; i < other.len; i++)
            assert_int_equal(other.ptr[i], 'x');
    }
}

static void test_zeroed_text(void **state)
{
    struct text text = { .arena = *state };

    text_add(&text, STR(""));
    assert_int_equal(text.len, 0);
    text_byte(&text, 'a');
    assert_text(text_str(&text), "a");
}

static void test_numbers(void **state)
{
    static const int64_t edges[] = { 0, 1, -1, 9, 10, 11, -9, -10, INT64_MAX, INT64_MIN };
    uint64_t seed = 6;

    for (size_t i = 0; i < 10000; i++) {
        int64_t number = i < COUNT_OF(edges)
                             ? edges[i]
                             : (int64_t)(unit_random(&seed) >> unit_random(&seed) % 64);
        struct text text = text_new(*state, 0);
        char expected[32];

        (void)snprintf(expected, sizeof expected, "%" PRId64, number);
        text_number(&text, number);
        assert_same(text_str(&text), str_from(expected));
        if (i % 100 == 0)
            arena_reset(*state);
    }
}

static void test_formats(void **state)
{
    struct str nul = STR("a\0b"), made;

    assert_text(arena_format(*state, "%s", ""), "");
    made =
        arena_format(*state, "<%s|%.*s|%d|%u|%lld|%llu|%zu>", "x", STR_ARGS(nul), -2147483647 - 1,
                     4294967295U, (long long)INT64_MIN, (unsigned long long)UINT64_MAX, SIZE_MAX);
    assert_text(made, "<x|a\0b|-2147483648|4294967295|-9223372036854775808|18446744073709551615|"
                      "18446744073709551615>");
    assert_int_equal(made.ptr[made.len], '\0');
    assert_text(arena_format(*state, "%.*s%.*s", 0, "ignored", 2, "cut"), "cu");
    assert_text(arena_format(*state, "no conversion"), "no conversion");
}

/* A NUL follows a text of any length. */
static void test_format_of_every_length(void **state)
{
    char bytes[300];

    memset(bytes, 'x', sizeof bytes);
    for (int len = 0; len < (int)sizeof bytes; len++) {
        struct str made = arena_format(*state, "%.*s", len, bytes);

        assert_int_equal(made.len, len);
        assert_int_equal(strlen(made.ptr), len);
    }
}

static void test_json_strings(void **state)
{
    static const struct {
        struct str bytes, json;
    } rows[] = {
        { STR_ROW(""), STR_ROW("\"\"") },
        { STR_ROW("a\"b\\c/d"), STR_ROW("\"a\\\"b\\\\c/d\"") },
        { STR_ROW("\b\f\n\r\t"), STR_ROW("\"\\b\\f\\n\\r\\t\"") },
        { STR_ROW("\0\x01\x1f\x7f"), STR_ROW("\"\\u0000\\u0001\\u001f\x7f\"") },
        { STR_ROW("a\xff\xfe"), STR_ROW("\"a\xef\xbf\xbd\xef\xbf\xbd\"") },
        { STR_ROW("\xc3\n\xf0\x9f\x98"),
          STR_ROW("\"\xef\xbf\xbd\\n\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"") },
        { STR_ROW("\xc3\xa4\xf0\x9f\x98\x80"), STR_ROW("\"\xc3\xa4\xf0\x9f\x98\x80\"") },
    };

    for_each_row (i, rows) {
        struct text text = text_new(*state, 0);

        text_json(&text, rows[i].bytes);
        assert_same(text_str(&text), rows[i].json);
    }
}

/* A written string is read again unchanged. */
static void test_json_strings_come_back(void **state)
{
    uint64_t seed = 7;

    for (unsigned i = 0; i < 5000; i++) {
        char bytes[40];
        struct str sent = { bytes, unit_random(&seed) % sizeof bytes };
        struct text text = text_new(*state, 0);
        struct json_reader reader;

        for (size_t k = 0; k < sent.len; k++)
            bytes[k] = (char)(unit_random(&seed) % (unit_random(&seed) % 2 ? 0x80 : 0x20));
        text_json(&text, sent);
        json_open(&reader, text_str(&text), (struct json_budget){ 1, 1 }, *state);
        assert_int_equal(json_next(&reader), JSON_STRING);
        assert_same(reader.text, sent);
        arena_reset(*state);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_growth),
        ARENA_TEST(test_zeroed_text),
        ARENA_TEST(test_numbers),
        ARENA_TEST(test_formats),
        ARENA_TEST(test_format_of_every_length),
        ARENA_TEST(test_json_strings),
        ARENA_TEST(test_json_strings_come_back),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
