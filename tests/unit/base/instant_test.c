/* instant_test.c: tests datetimes by the API's rows and by the C library's calendar. */
#define _DEFAULT_SOURCE /* timegm */
#include "base/instant.h"

#include <time.h>

#include "base/text.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str text, written; } accepted[] = {
    { STR_ROW("2023-05-25T12:30:00.000Z"),          STR_ROW("2023-05-25T12:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00Z"),              STR_ROW("2023-05-25T12:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00.5Z"),            STR_ROW("2023-05-25T12:30:00.500Z") },
    { STR_ROW("2023-05-25T12:30:00,5Z"),            STR_ROW("2023-05-25T12:30:00.500Z") },
    { STR_ROW("2023-05-25T12:30:00.1200Z"),         STR_ROW("2023-05-25T12:30:00.120Z") },
    { STR_ROW("2023-05-25T12:30:00.123456789Z"),    STR_ROW("2023-05-25T12:30:00.123456789Z") },
    { STR_ROW("2023-05-25T12:30:00.000000001Z"),    STR_ROW("2023-05-25T12:30:00.000000001Z") },
    { STR_ROW("2023-12-04T08:45:50.567149Z"),       STR_ROW("2023-12-04T08:45:50.567149Z") },
    { STR_ROW("2023-05-25T12:30:00.123456+00:00"),  STR_ROW("2023-05-25T12:30:00.123456Z") },
    { STR_ROW("2023-05-25T12:30:00+0200"),          STR_ROW("2023-05-25T10:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00+02"),            STR_ROW("2023-05-25T10:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00-02:30:15"),      STR_ROW("2023-05-25T15:00:15.000Z") },
    { STR_ROW("2023-05-25T12:30:00-023015"),        STR_ROW("2023-05-25T15:00:15.000Z") },
    { STR_ROW("2023-05-25T12:30:00+18:00"),         STR_ROW("2023-05-24T18:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00"),               STR_ROW("2023-05-25T12:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30"),                  STR_ROW("2023-05-25T12:30:00.000Z") },
    { STR_ROW("2023-05-25T12"),                     STR_ROW("2023-05-25T12:00:00.000Z") },
    { STR_ROW("2023-05-25T12Z"),                    STR_ROW("2023-05-25T12:00:00.000Z") },
    { STR_ROW("2023-05-25T12:30+01"),               STR_ROW("2023-05-25T11:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00Europe/Paris"),   STR_ROW("2023-05-25T12:30:00.000Z") },
    { STR_ROW("2023-05-25T12:30:00UTC"),            STR_ROW("2023-05-25T12:30:00.000Z") },
    { STR_ROW("2024-02-29T00:00:00Z"),              STR_ROW("2024-02-29T00:00:00.000Z") },
    { STR_ROW("2000-02-29T23:59:59Z"),              STR_ROW("2000-02-29T23:59:59.000Z") },
    { STR_ROW("1969-12-31T23:59:59.999999999Z"),    STR_ROW("1969-12-31T23:59:59.999999999Z") },
    { STR_ROW("0000-01-01T00:00:00Z"),              STR_ROW("0000-01-01T00:00:00.000Z") },
    { STR_ROW("-0001-12-31T23:59:59Z"),             STR_ROW("-0001-12-31T23:59:59.000Z") },
    { STR_ROW("9999-12-31T23:59:59.999Z"),          STR_ROW("9999-12-31T23:59:59.999Z") },
    { STR_ROW("9999-12-31T23:59:59-00:00:01"),      STR_ROW("+10000-01-01T00:00:00.000Z") },
    { STR_ROW("0000-01-01T00:00:00+00:00:01"),      STR_ROW("-0001-12-31T23:59:59.000Z") },
    { STR_ROW("1684999999999"),                     STR_ROW("2023-05-25T07:33:19.999Z") },
    { STR_ROW("1684999999999.25"),                  STR_ROW("2023-05-25T07:33:19.99925Z") },
    { STR_ROW("1684999999999.000001"),              STR_ROW("2023-05-25T07:33:19.999000001Z") },
    { STR_ROW("0"),                                 STR_ROW("1970-01-01T00:00:00.000Z") },
    { STR_ROW("-1"),                                STR_ROW("1969-12-31T23:59:59.999Z") },
    { STR_ROW("-1.5"),                              STR_ROW("1969-12-31T23:59:59.9985Z") },
    { STR_ROW("-10000"),                            STR_ROW("1969-12-31T23:59:50.000Z") },
    { STR_ROW("12345"),                             STR_ROW("1970-01-01T00:00:12.345Z") },
    { STR_ROW("9223372036854775807"),               STR_ROW("+292278994-08-17T07:12:55.807Z") },
    { STR_ROW("-9223372036854775808"),              STR_ROW("-292275055-05-16T16:47:04.192Z") },
    { STR_ROW("9223372036854775807.999999"),        STR_ROW("+292278994-08-17T07:12:55.807999999Z") },
    { STR_ROW("1699542788000000"),                  STR_ROW("+55826-05-15T02:53:20.000Z") },
    { STR_ROW("+10000-01-01T00:00:00Z"),            STR_ROW("+10000-01-01T00:00:00.000Z") },
    { STR_ROW("+000010000-01-01T00:00:00Z"),        STR_ROW("+10000-01-01T00:00:00.000Z") },
    { STR_ROW("+10000-01-01T00:00:00+00:00:01"),    STR_ROW("9999-12-31T23:59:59.000Z") },
    { STR_ROW("-10000-02-29T00:00:00Z"),            STR_ROW("-10000-02-29T00:00:00.000Z") },
    { STR_ROW("+292278994-08-17T07:12:55.807Z"),    STR_ROW("+292278994-08-17T07:12:55.807Z") },
    { STR_ROW("+292278994-08-17T08:12:55.807+01"),  STR_ROW("+292278994-08-17T07:12:55.807Z") },
    { STR_ROW("-292275055-05-16T16:47:04.192Z"),    STR_ROW("-292275055-05-16T16:47:04.192Z") },
};

static const struct { struct str text; enum instant_fault fault; } refused[] = {
    { STR_ROW(""),                                  INSTANT_EMPTY },
    { STR_ROW("2023-05-25"),                        INSTANT_INCOMPLETE },
    { STR_ROW("+10000-05-25"),                      INSTANT_INCOMPLETE },
    { STR_ROW("+10001-02-29T00:00:00Z"),            INSTANT_INCOMPLETE },
    { STR_ROW("+10000"),                            INSTANT_UNPARSABLE },
    { STR_ROW("10000-05-25T00:00:00Z"),             INSTANT_UNPARSABLE },
    { STR_ROW("+1000000000-05-25T00:00:00Z"),       INSTANT_UNPARSABLE },
    { STR_ROW("+999999999-05-25T00:00:00Z"),        INSTANT_UNPARSABLE },
    { STR_ROW("+292278994-08-17T07:12:55.808Z"),    INSTANT_UNPARSABLE },
    { STR_ROW("-292275055-05-16T16:47:04.191999999Z"), INSTANT_UNPARSABLE },
    { STR_ROW("-9223372036854775808.000001"),       INSTANT_UNPARSABLE },
    { STR_ROW("-+10000-05-25T00:00:00Z"),           INSTANT_UNPARSABLE },
    { STR_ROW("2023-05"),                           INSTANT_INCOMPLETE },
    { STR_ROW("2023"),                              INSTANT_INCOMPLETE },
    { STR_ROW("-2023"),                             INSTANT_INCOMPLETE },
    { STR_ROW("2023-05-25T"),                       INSTANT_INCOMPLETE },
    { STR_ROW("2023-02-30T00:00:00Z"),              INSTANT_INCOMPLETE },
    { STR_ROW("2023-02-29T00:00:00Z"),              INSTANT_INCOMPLETE },
    { STR_ROW("1900-02-29T00:00:00Z"),              INSTANT_INCOMPLETE },
    { STR_ROW("2023-04-31T00:00:00Z"),              INSTANT_INCOMPLETE },
    { STR_ROW("2023-00-10T00:00:00Z"),              INSTANT_INCOMPLETE },
    { STR_ROW("2023-01-00T00:00:00Z"),              INSTANT_INCOMPLETE },
    { STR_ROW("this is not a timestamp"),           INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25 12:30:00"),               INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00.1234567890Z"),   INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25t12:30:00Z"),              INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00z"),              INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:60Z"),              INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T24:00:00Z"),              INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:60:00Z"),              INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00.Z"),             INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:"),                 INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:3"),                   INSTANT_UNPARSABLE },
    { STR_ROW("2023-5-25T12:30:00Z"),               INSTANT_UNPARSABLE },
    { STR_ROW("02023-05-25T12:30:00Z"),             INSTANT_UNPARSABLE },
    { STR_ROW("+2023-05-25T12:30:00Z"),             INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00ZZ"),             INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00Z "),             INSTANT_UNPARSABLE },
    { STR_ROW(" 2023-05-25T12:30:00Z"),             INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00Z\0"),            INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00+18:00:01"),      INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00+19"),            INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00+2"),             INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00+02:00:"),        INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00+02:0000"),       INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00+"),              INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00Nowhere/Paris"),  INSTANT_UNPARSABLE },
    { STR_ROW("2023-05-25T12:30:00Europe/"),        INSTANT_UNPARSABLE },
    { STR_ROW("-"),                                 INSTANT_UNPARSABLE },
    { STR_ROW("+1"),                                INSTANT_UNPARSABLE },
    { STR_ROW("1e3"),                               INSTANT_UNPARSABLE },
    { STR_ROW("1.1234567"),                         INSTANT_UNPARSABLE },
    { STR_ROW("9223372036854775808"),               INSTANT_UNPARSABLE },
    { STR_ROW("-9223372036854775809"),              INSTANT_UNPARSABLE },
};
/* clang-format on */

static void test_accepted(void **state)
{
    for_each_row (i, accepted) {
        struct instant instant;

        assert_row(instant_read(accepted[i].text, &instant) == INSTANT_READ, accepted[i].text);
        assert_row(instant.nanos >= 0 && instant.nanos < 1000000000, accepted[i].text);
        assert_same(instant_write(instant, *state), accepted[i].written);
    }
}

static void test_milliseconds(void **state)
{
    static const int64_t rows[] = {
        INT64_MIN, INT64_MIN + 192, INT64_MIN + 1000, -100001, -100000, -1, 0, 1, 100000, INT64_MAX
    };

    for_each_row (i, rows) {
        struct str text = arena_format(*state, "%lld", (long long)rows[i]);
        struct instant instant;

        assert_row(instant_read(text, &instant) == INSTANT_READ, text);
        assert_row(instant_millis(instant) == rows[i], text);
    }
}

static void test_refused(void **state)
{
    (void)state;
    for_each_row (i, refused) {
        struct instant instant;

        assert_row(instant_read(refused[i].text, &instant) == refused[i].fault, refused[i].text);
    }
}

/* The datetime as the C library writes it. */
static struct str write_by_library(struct instant instant, struct arena *arena)
{
    time_t seconds = (time_t)instant.seconds;
    char text[64], fraction[16];
    size_t len, digits = 9;
    struct tm parts;

    assert_non_null(gmtime_r(&seconds, &parts));
    len = (size_t)snprintf(text, sizeof text, "%04d-%02d-%02dT%02d:%02d:%02d", parts.tm_year + 1900,
                           parts.tm_mon + 1, parts.tm_mday, parts.tm_hour, parts.tm_min,
                           parts.tm_sec);
    (void)snprintf(fraction, sizeof fraction, "%09d", instant.nanos);
    while (digits > 3 && fraction[digits - 1] == '0')
        digits--;
    return arena_format(arena, "%.*s.%.*sZ", (int)len, text, (int)digits, fraction);
}

/* Random instants of the years 1 to 9999, written and read again; both agree with the C library. */
static void test_library_agrees(void **state)
{
    static const int64_t first = -62135596800, last = 253402300799;
    static const int32_t units[] = { 1, 10, 1000, 1000000, 100000000 };
    uint64_t seed = 3;

    for (unsigned i = 0; i < 100000; i++) {
        int32_t unit = units[unit_random(&seed) % COUNT_OF(units)];
        struct instant again,
            instant = { first + (int64_t)(unit_random(&seed) % (uint64_t)(last - first + 1)),
                        (int32_t)(unit_random(&seed) % (1000000000U / (unsigned)unit)) * unit };
        struct str written = instant_write(instant, *state);

        assert_same(written, write_by_library(instant, *state));
        assert_row(instant_read(written, &again) == INSTANT_READ, written);
        assert_row(again.seconds == instant.seconds && again.nanos == instant.nanos, written);
        if (i % 1000 == 0)
            arena_reset(*state);
    }
}

/* Neighbours within a few milliseconds, with three to nine digits of the second. */
static void test_order_of_texts(void **state)
{
    static const int32_t units[] = { 1, 100, 1000, 10000, 100000, 1000000 };
    const int64_t second = 1700000000;
    uint64_t seed = 5;

    assert_true(instant_order(STR(""), STR("2026-01-01T00:00:00.000Z")) < 0);
    assert_int_equal(instant_order(STR(""), STR("")), 0);
    for (unsigned i = 0; i < 100000; i++) {
        int32_t nanos[2];
        struct str texts[2];
        int order;

        for (size_t k = 0; k < 2; k++) {
            int32_t unit = units[unit_random(&seed) % COUNT_OF(units)];

            nanos[k] = (int32_t)(unit_random(&seed) % 3000000) / unit * unit;
            texts[k] = instant_write((struct instant){ second, nanos[k] }, *state);
        }
        order = instant_order(texts[0], texts[1]);
        assert_row((nanos[0] > nanos[1]) - (nanos[0] < nanos[1]) == (order > 0) - (order < 0),
                   texts[0]);
        if (i % 1000 == 0)
            arena_reset(*state);
    }
}

/* Over the whole range, with years of any length: a written instant is read as the same. */
static void test_written_is_read(void **state)
{
    static const int64_t edges[] = { INT64_MIN,       INT64_MAX,        -62167219200000,
                                     253402300800000, -377705116800000, 0 };
    uint64_t seed = 4;

    for (unsigned i = 0; i < 200000; i++) {
        int64_t millis = (int64_t)(unit_random(&seed)) >> unit_random(&seed) % 64;
        struct str text, written;
        struct instant instant, again;

        if (i % 8 == 0) { /* around an edge */
            int64_t edge = edges[unit_random(&seed) % COUNT_OF(edges)];
            int64_t away = (int64_t)(unit_random(&seed) % 100000);

            millis = edge < 0 ? edge + away : edge - away;
        }
        text = arena_format(*state, "%lld.%llu", (long long)millis,
                            (unsigned long long)(unit_random(&seed) % 1000000));
        if (instant_read(text, &instant) != INSTANT_READ) {
            assert_row(millis == INT64_MIN, text);
            continue;
        }
        written = instant_write(instant, *state);
        assert_row(instant_read(written, &again) == INSTANT_READ, written);
        assert_row(again.seconds == instant.seconds && again.nanos == instant.nanos, written);
        if (i % 1000 == 0)
            arena_reset(*state);
    }
}

/* Days 27 to 31 of every month: those that the library's calendar lacks are incomplete. */
static void test_every_date(void **state)
{
    for (int year = 1; year <= 9999; year += year % 100 == 0 || year % 4 == 0 ? 1 : 3)
        for (int month = 1; month <= 12; month++)
            for (int day = 27; day <= 31; day++) {
                struct tm parts = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day };
                time_t seconds = timegm(&parts);
                bool exists = parts.tm_mon == month - 1;
                char text[64];
                struct instant instant;
                enum instant_fault fault;

                (void)snprintf(text, sizeof text, "%04d-%02d-%02dT00", year, month, day);
                fault = instant_read(str_from(text), &instant);
                assert_row(fault == (exists ? INSTANT_READ : INSTANT_INCOMPLETE), str_from(text));
                if (exists)
                    assert_row(instant.seconds == seconds, str_from(text));
            }
    (void)state;
}

/* An offset moves an instant by exactly its seconds. */
static void test_offsets(void **state)
{
    for (int offset = -18 * 60; offset <= 18 * 60; offset++) {
        int size = abs(offset);
        struct instant instant;
        char text[80];

        (void)snprintf(text, sizeof text, "1970-01-01T00:00:00%c%02d:%02d", offset < 0 ? '-' : '+',
                       size / 60, size % 60);
        assert_row(instant_read(str_from(text), &instant) == INSTANT_READ, str_from(text));
        assert_row(instant.seconds == -offset * 60, str_from(text));
    }
    (void)state;
}

static void test_now(void **state)
{
    struct instant before = instant_now(), again;
    int64_t ticks = instant_ticks();
    struct timespec now;

    assert_int_equal(clock_gettime(CLOCK_REALTIME, &now), 0);
    assert_in_range(now.tv_sec - before.seconds, 0, 60);
    assert_int_equal(before.nanos % 1000, 0);
    assert_int_equal(instant_read(instant_write(before, *state), &again), INSTANT_READ);
    assert_int_equal(again.nanos, before.nanos);
    assert_true(instant_ticks() >= ticks);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_accepted),
        ARENA_TEST(test_milliseconds),
        ARENA_TEST(test_refused),
        ARENA_TEST(test_library_agrees),
        ARENA_TEST(test_order_of_texts),
        ARENA_TEST(test_written_is_read),
        ARENA_TEST(test_every_date),
        ARENA_TEST(test_offsets),
        ARENA_TEST(test_now),
    };

    return cmocka_run_group_tests_name("instant", tests, NULL, NULL);
}
