/* standing_test.c: tests how connectors stand by their places, their schedules and the clock. */
#include "store/connector/standing.h"

#include "base/instant.h"
#include "base/text.h"
#include "unit.h"

static const struct ask_settings settings = { .max_age = 86400, .late_grace = 600 };

#define SCHEDULE(enabled, interval) "{\"enabled\":" enabled ",\"interval\":\"" interval "\"}"
#define DAILY                       "{\"full\":" SCHEDULE("true", "0 0 0 * * ?") "}"
#define BOTH                                                                                       \
    "{\"full\":" SCHEDULE("true", "0 0 0 * * ?") ",\"incremental\":" SCHEDULE("true",              \
                                                                              "0 0 * * * ?") "}"
#define OFF                                                                                        \
    "{\"full\":" SCHEDULE("false", "0 0 0 * * ?") ",\"incremental\":" SCHEDULE("true", "x") "}"
#define ACCESS "{\"access_control\":" SCHEDULE("true", "0 0 * * * ?") "}"

/* clang-format off */
static const struct {
    struct str place, scheduling, now;
    enum standing standing;
    struct str due; /* absent: it has none */
} rows[] = {
    { STR_ROW("never_synced"),                 STR_ROW(""),    STR_ROW("2026-01-01T00:00:00Z"), NEVER_SYNCED, { NULL, 0 } },
    { STR_ROW(""),                             STR_ROW(""),    STR_ROW("2026-01-01T00:00:00Z"), NEVER_SYNCED, { NULL, 0 } },
    { STR_ROW("of another version"),           STR_ROW(""),    STR_ROW("2026-01-01T00:00:00Z"), NEVER_SYNCED, { NULL, 0 } },
    { STR_ROW("disabled"),                     STR_ROW(""),    STR_ROW("2026-01-01T00:00:00Z"), DISABLED,     { NULL, 0 } },
    { STR_ROW("failing -"),                    STR_ROW(""),    STR_ROW("2026-01-01T00:00:00Z"), FAILING,      { NULL, 0 } },
    { STR_ROW("failing 2025-01-01T00:00"),     STR_ROW(DAILY), STR_ROW("2026-01-01T00:00:00Z"), FAILING,      { NULL, 0 } },
    /* Lost five minutes after the minute in which it was heard of. */
    { STR_ROW("running 2026-01-01T00:00"),     STR_ROW(""),    STR_ROW("2026-01-01T00:05:59Z"), RUNNING,      { NULL, 0 } },
    { STR_ROW("running 2026-01-01T00:00"),     STR_ROW(""),    STR_ROW("2026-01-01T00:06:00Z"), LOST,         { NULL, 0 } },
    /* Without a schedule: by its age. */
    { STR_ROW("ok 2026-01-01T00:00"),          STR_ROW(""),    STR_ROW("2026-01-02T00:00:59Z"), FRESH,        STR_ROW("2026-01-02T00:01:00.000Z") },
    { STR_ROW("ok 2026-01-01T00:00"),          STR_ROW(""),    STR_ROW("2026-01-02T00:01:00Z"), LATE,         STR_ROW("2026-01-02T00:01:00.000Z") },
    { STR_ROW("ok 2026-01-01T00:00"),          STR_ROW(DAILY), STR_ROW("2026-01-02T00:01:00Z"), LATE,         STR_ROW("2026-01-02T00:01:00.000Z") },
    { STR_ROW("scheduled 2026-01-01T00:00"),   STR_ROW(""),    STR_ROW("2026-01-02T00:01:00Z"), LATE,         STR_ROW("2026-01-02T00:01:00.000Z") },
    { STR_ROW("scheduled 2026-01-01T00:00"),   STR_ROW("{x"),  STR_ROW("2026-01-02T00:01:00Z"), LATE,         STR_ROW("2026-01-02T00:01:00.000Z") },
    /* With one: by its next time, and the grace. */
    { STR_ROW("scheduled 2026-01-01T12:00"),   STR_ROW(DAILY), STR_ROW("2026-01-02T00:09:59Z"), FRESH,        STR_ROW("2026-01-02T00:10:00.000Z") },
    { STR_ROW("scheduled 2026-01-01T12:00"),   STR_ROW(DAILY), STR_ROW("2026-01-02T00:10:00Z"), LATE,         STR_ROW("2026-01-02T00:10:00.000Z") },
    { STR_ROW("scheduled 2026-01-01T12:00"),   STR_ROW(BOTH),  STR_ROW("2026-01-01T13:10:00Z"), LATE,         STR_ROW("2026-01-01T13:10:00.000Z") },
    /* One that never comes again, or comes only for access control, which never succeeded. */
    { STR_ROW("scheduled 2026-01-01T12:00"),   STR_ROW(OFF),   STR_ROW("2090-01-01T00:00:00Z"), FRESH,        { NULL, 0 } },
    { STR_ROW("scheduled 2026-01-01T12:00"),   STR_ROW(ACCESS), STR_ROW("2090-01-01T00:00:00Z"), FRESH,       { NULL, 0 } },
    { STR_ROW("scheduled 2026-01-01T12:00 2026-01-01T10:30"), STR_ROW(ACCESS), STR_ROW("2026-01-01T11:10:00Z"), LATE, STR_ROW("2026-01-01T11:10:00.000Z") },
};
/* clang-format on */

static int64_t second_of(struct str text)
{
    struct instant instant;

    assert_int_equal(instant_read(text, &instant), INSTANT_READ);
    return instant.seconds;
}

static struct stand stand_of_row(size_t row, int64_t now, struct arena *arena)
{
    struct str values[STANDING_FIELDS] = {
        [STANDING_PLACE] = rows[row].place, [STANDING_SCHEDULING] = rows[row].scheduling
    };

    return standing_of(values, now, &settings, arena);
}

static void test_rows(void **state)
{
    for_each_row (i, rows) {
        struct stand stand = stand_of_row(i, second_of(rows[i].now), *state);

        assert_row(stand.standing == rows[i].standing, rows[i].place);
        assert_row(stand.has_due == (rows[i].due.ptr != NULL), rows[i].place);
        if (stand.has_due)
            assert_same(instant_write((struct instant){ stand.due_at, 0 }, *state), rows[i].due);
    }
}

/* A score is always within the bounds of its standing, and of no other, whatever the time. */
static void test_scores(void **state)
{
    static const int64_t around[] = { -100000000, -86400, -60, -1, 0, 1, 60, 86400, 100000000 };

    for_each_row (i, rows) {
        for (size_t k = 0; k < COUNT_OF(around); k++) {
            int64_t now = second_of(rows[i].now) + around[k];
            struct stand stand = stand_of_row(i, now, *state);

            assert_int_equal(stand.score, stand_of_row(i, 0, *state).score);
            for (enum standing other = FAILING; other < STANDINGS; other++) {
                int64_t from, to;

                standing_scores(other, now, &from, &to);
                assert_row((from <= stand.score && stand.score < to) == (other == stand.standing),
                           rows[i].place);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_scores),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
