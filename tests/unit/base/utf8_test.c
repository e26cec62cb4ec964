/* utf8_test.c: tests UTF-8: every character, and all invalid sequences. */
#include "base/utf8.h"

#include "unit.h"

enum { CODES = 0x110000 };

static bool is_surrogate(int32_t code)
{
    return code >= 0xd800 && code <= 0xdfff;
}

static void test_every_character(void **state)
{
    (void)state;
    for (int32_t code = 0; code < CODES; code++) {
        char bytes[4];
        size_t len;

        if (is_surrogate(code))
            continue;
        len = utf8_write(bytes, code);
        assert_int_equal(len, code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4);
        assert_true(utf8_valid((struct str){ bytes, len }));
        if (len == 1)
            continue;
        assert_int_equal(utf8_length(bytes, 4), len);
        for (size_t left = 1; left < len; left++) {
            assert_int_equal(utf8_length(bytes, left), 0);
            assert_false(utf8_valid((struct str){ bytes, left }));
        }
        assert_false(utf8_valid((struct str){ bytes + 1, len - 1 }));
    }
}

/* Of all texts of one to three bytes, as many are UTF-8 as there are texts of characters. */
static void test_count_of_valid_texts(void **state)
{
    enum { ONE = 0x80, TWO = 0x800 - 0x80, THREE = 0x10000 - 0x800 - 0x800 };
    unsigned valid[4] = { 0 };

    (void)state;
    for (unsigned text = 0; text < 1U << 24; text++) {
        char bytes[3] = { (char)(text >> 16), (char)(text >> 8), (char)text };

        if (!(text >> 8))
            valid[1] += utf8_valid((struct str){ bytes + 2, 1 });
        if (!(text >> 16))
            valid[2] += utf8_valid((struct str){ bytes + 1, 2 });
        valid[3] += utf8_valid((struct str){ bytes, 3 });
    }
    assert_int_equal(valid[1], ONE);
    assert_int_equal(valid[2], ONE * ONE + TWO);
    assert_int_equal(valid[3], ONE * ONE * ONE + 2 * ONE * TWO + THREE);
}

static void test_four_bytes(void **state)
{
    unsigned valid = 0;

    (void)state;
    for (unsigned text = 0; text < 1U << 18; text++) {
        /* The first byte from f0 to ff, and at least two bits of each of the others. */
        char bytes[4] = { (char)(0xf0 | text >> 14), (char)((text >> 8 & 0x3f) << 2),
                          (char)(0x80 | (text >> 2 & 0x3f)), (char)((text & 3) << 6) };

        valid += utf8_length(bytes, 4) == 4;
    }
    /* f0: second byte 90-bf, f1-f3: 80-bf, f4: 80-8f, in steps of 4; the last byte but 80 is none.
     */
    assert_int_equal(valid, (12 + 3 * 16 + 4) * 64);
    assert_true(utf8_valid(STR("")));
    assert_true(utf8_valid(STR("a\0b")));
    assert_false(utf8_valid(STR("a\xc0\x80")));
}

static void test_cutting(void **state)
{
    static const struct {
        struct str text;
        size_t most, kept;
    } rows[] = {
        { STR_ROW(""), 0, 0 },
        { STR_ROW("abc"), 3, 3 },
        { STR_ROW("abc"), 2, 2 },
        { STR_ROW("abc"), 0, 0 },
        { STR_ROW("a\xe2\x82\xac"), 4, 4 },
        { STR_ROW("a\xe2\x82\xac"), 3, 1 },
        { STR_ROW("a\xe2\x82\xac"), 2, 1 },
        { STR_ROW("\xe2\x82\xac"), 2, 0 },
        { STR_ROW("\x80\x80\x80"), 2, 0 }, /* no character at all */
    };

    (void)state;
    for_each_row (i, rows) {
        struct str cut = utf8_cut(rows[i].text, rows[i].most);

        assert_row(cut.len == rows[i].kept && cut.ptr == rows[i].text.ptr, rows[i].text);
    }
}

static void test_reading_what_was_written(void **state)
{
    (void)state;
    for (int32_t code = 0; code <= 0x10ffff; code++) {
        char text[UTF8_CHARACTER_MAX];

        if (code >= 0xd800 && code <= 0xdfff)
            continue;
        assert_int_equal(utf8_read(text, utf8_write(text, code)), code);
    }
}

static void test_lower_case(void **state)
{
    static const struct {
        struct str text, lower;
    } rows[] = {
        { STR_ROW("A"), STR_ROW("a") },
        { STR_ROW("a"), STR_ROW("a") },
        { STR_ROW("7"), STR_ROW("7") },
        { STR_ROW("\xff"), STR_ROW("\xff") },         /* no character */
        { STR_ROW("\xc3\x9c"), STR_ROW("\xc3\xbc") }, /* U with diaeresis */
        { STR_ROW("\xc3\xbc"), STR_ROW("\xc3\xbc") },
        { STR_ROW("\xce\xa3"), STR_ROW("\xcf\x83") },         /* sigma */
        { STR_ROW("\xd0\x96"), STR_ROW("\xd0\xb6") },         /* zhe */
        { STR_ROW("\xe2\x82\xac"), STR_ROW("\xe2\x82\xac") }, /* euro */
    };

    (void)state;
    for_each_row (i, rows) {
        char lower[UTF8_CHARACTER_MAX];
        size_t len = utf8_lower(lower, rows[i].text.ptr, rows[i].text.len);

        assert_row(str_equal((struct str){ lower, len }, rows[i].lower), rows[i].text);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reading_what_was_written),
        cmocka_unit_test(test_lower_case),
        cmocka_unit_test(test_every_character),
        cmocka_unit_test(test_count_of_valid_texts),
        cmocka_unit_test(test_four_bytes),
        cmocka_unit_test(test_cutting),
    };

    return cmocka_run_group_tests_name("utf8", tests, NULL, NULL);
}
