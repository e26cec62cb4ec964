/* number_test.c: tests whole numbers by the API's rows and by wider arithmetic. */
#include "base/number.h"

#include "base/text.h"
#include "unit.h"

__extension__ typedef __int128 wide;

/* clang-format off */
static const struct { struct str text; enum number_fault fault; int64_t number; } truncated[] = {
    { STR_ROW("42"),                    NUMBER_READ, 42 },
    { STR_ROW("-5"),                    NUMBER_READ, -5 },
    { STR_ROW("0"),                     NUMBER_READ, 0 },
    { STR_ROW("-0"),                    NUMBER_READ, 0 },
    { STR_ROW("42.9"),                  NUMBER_READ, 42 },
    { STR_ROW("-1.9"),                  NUMBER_READ, -1 },
    { STR_ROW("1e3"),                   NUMBER_READ, 1000 },
    { STR_ROW("4.2E1"),                 NUMBER_READ, 42 },
    { STR_ROW("-7"),                    NUMBER_READ, -7 },
    { STR_ROW("+7"),                    NUMBER_READ, 7 },
    { STR_ROW("1e-30"),                 NUMBER_READ, 0 },
    { STR_ROW("1e-999999999999"),       NUMBER_READ, 0 },
    { STR_ROW("0e999999999999"),        NUMBER_READ, 0 },
    { STR_ROW("0.000e99"),              NUMBER_READ, 0 },
    { STR_ROW("1.5e+0"),                NUMBER_READ, 1 },
    { STR_ROW("123456e-3"),             NUMBER_READ, 123 },
    { STR_ROW("0.00123e5"),             NUMBER_READ, 123 },
    { STR_ROW("12.5e1"),                NUMBER_READ, 125 },
    { STR_ROW("1.23456e2"),             NUMBER_READ, 123 },
    { STR_ROW(".5"),                    NUMBER_READ, 0 },
    { STR_ROW("5."),                    NUMBER_READ, 5 },
    { STR_ROW(".5e1"),                  NUMBER_READ, 5 },
    { STR_ROW("007"),                   NUMBER_READ, 7 },
    { STR_ROW("1e0000000000003"),       NUMBER_READ, 1000 },
    { STR_ROW("9223372036854775807"),   NUMBER_READ, INT64_MAX },
    { STR_ROW("9223372036854775807.9"), NUMBER_READ, INT64_MAX },
    { STR_ROW("9.223372036854775807e18"), NUMBER_READ, INT64_MAX },
    { STR_ROW("92233720368547758079e-1"), NUMBER_READ, INT64_MAX },
    { STR_ROW("-9223372036854775808"),  NUMBER_READ, INT64_MIN },
    { STR_ROW("-9223372036854775808.99"), NUMBER_READ, INT64_MIN },
    { STR_ROW("000000000000000000000000000001"), NUMBER_READ, 1 },
    { STR_ROW("9223372036854775808"),   NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("-9223372036854775809"),  NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("1e19"),                  NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("1e30"),                  NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("1e999999999999"),        NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("18446744073709551616"),  NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("18446744073709551658"),  NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW("0.00000000001e30"),      NUMBER_OUT_OF_RANGE, 0 },
    { STR_ROW(""),                      NUMBER_MALFORMED, 0 },
    { STR_ROW("abc"),                   NUMBER_MALFORMED, 0 },
    { STR_ROW(" 42"),                   NUMBER_MALFORMED, 0 },
    { STR_ROW("42 "),                   NUMBER_MALFORMED, 0 },
    { STR_ROW("42\0"),                  NUMBER_MALFORMED, 0 },
    { STR_ROW("4_2"),                   NUMBER_MALFORMED, 0 },
    { STR_ROW("+-1"),                   NUMBER_MALFORMED, 0 },
    { STR_ROW("-"),                     NUMBER_MALFORMED, 0 },
    { STR_ROW("."),                     NUMBER_MALFORMED, 0 },
    { STR_ROW("e1"),                    NUMBER_MALFORMED, 0 },
    { STR_ROW("1e"),                    NUMBER_MALFORMED, 0 },
    { STR_ROW("1e+"),                   NUMBER_MALFORMED, 0 },
    { STR_ROW("1e1.5"),                 NUMBER_MALFORMED, 0 },
    { STR_ROW("1.2.3"),                 NUMBER_MALFORMED, 0 },
    { STR_ROW("1ee1"),                  NUMBER_MALFORMED, 0 },
    { STR_ROW("0x10"),                  NUMBER_MALFORMED, 0 },
    { STR_ROW("NaN"),                   NUMBER_MALFORMED, 0 },
    /* A malformed number is never called out of range: it is no number at all. */
    { STR_ROW("99999999999999999999x"), NUMBER_MALFORMED, 0 },
};
/* clang-format on */

static void test_truncate(void **state)
{
    (void)state;
    for_each_row (i, truncated) {
        int64_t number = 77;

        assert_row(number_truncate(truncated[i].text, &number) == truncated[i].fault,
                   truncated[i].text);
        if (truncated[i].fault == NUMBER_READ)
            assert_row(number == truncated[i].number, truncated[i].text);
    }
}

/* whole * 10^exponent without its fraction, in arithmetic wide enough for both. */
static wide scale(wide whole, int exponent)
{
    for (; exponent > 0; exponent--)
        whole *= 10;
    for (; exponent < 0; exponent++)
        whole /= 10;
    return whole;
}

static void test_wide_arithmetic_agrees(void **state)
{
    uint64_t seed = 4;

    for (unsigned i = 0; i < 200000; i++) {
        uint64_t size = unit_random(&seed) >> (1 + unit_random(&seed) % 63);
        bool minus = unit_random(&seed) % 2;
        int exponent = (int)(unit_random(&seed) % 37) - 18, point = (int)(unit_random(&seed) % 20);
        wide value = scale(minus ? -(wide)size : (wide)size, exponent);
        char digits[32], text[80];
        int64_t number;
        enum number_fault fault;

        (void)snprintf(digits, sizeof digits, "%020llu", (unsigned long long)size);
        (void)snprintf(text, sizeof text, "%s%.*s.%se%d", minus ? "-" : "", 20 - point, digits,
                       digits + 20 - point, exponent + point);
        fault = number_truncate(str_from(text), &number);
        if (value > INT64_MAX || value < INT64_MIN) {
            assert_row(fault == NUMBER_OUT_OF_RANGE, str_from(text));
            continue;
        }
        assert_row(fault == NUMBER_READ, str_from(text));
        assert_row(number == (int64_t)value, str_from(text));
    }
    (void)state;
}

static void test_long_texts(void **state)
{
    struct text text = text_new(*state, 64);
    int64_t number;

    text_add(&text, STR("0."));
    for (unsigned i = 0; i < 100000; i++)
        text_byte(&text, '0');
    text_add(&text, STR("123e100003"));
    assert_int_equal(number_truncate(text_str(&text), &number), NUMBER_READ);
    assert_int_equal(number, 123);
}

/* Each number around the limit, for limits large and small. */
static void test_count(void **state)
{
    static const uint64_t limits[] = {
        0, 1, 3, 8, 9, 10, 256, 999, 1000000, INT64_MAX, UINT64_MAX - 1, UINT64_MAX
    };

    for_each_row (i, limits) {
        wide most = (wide)limits[i];

        for (wide value = most > 20 ? most - 20 : 0; value <= most + 20; value++) {
            uint64_t high = (uint64_t)(value / 10), count = 77;
            struct str text =
                arena_format(*state, "%llu%u", (unsigned long long)high, (unsigned)(value % 10));
            enum number_fault fault = number_count(text, limits[i], &count);

            assert_row(fault == (value <= most ? NUMBER_READ : NUMBER_OUT_OF_RANGE), text);
            if (value <= most)
                assert_row((wide)count == value, text);
        }
    }
}

static void test_count_refuses(void **state)
{
    static const struct str texts[] = { STR_ROW(""),    STR_ROW("-1"),
                                        STR_ROW("+1"),  STR_ROW(" 1"),
                                        STR_ROW("1 "),  STR_ROW("1.0"),
                                        STR_ROW("0x1"), STR_ROW("1\0"),
                                        STR_ROW("1e1"), STR_ROW("99999999999999999999999x") };

    (void)state;
    for_each_row (i, texts) {
        uint64_t count;

        assert_row(number_count(texts[i], UINT64_MAX, &count) == NUMBER_MALFORMED, texts[i]);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_truncate),      ARENA_TEST(test_wide_arithmetic_agrees),
        ARENA_TEST(test_long_texts),    ARENA_TEST(test_count),
        ARENA_TEST(test_count_refuses),
    };

    return cmocka_run_group_tests_name("number", tests, NULL, NULL);
}
