/* state_test.c: tests the state of a score as time passes, and the times of next syncs. */
#include "store/connector/state.h"

#include "base/instant.h"
#include "base/text.h"
#include "unit.h"

/* ---- scores ---- */

/* Scores as the scripts write them: the number of the class, in the order of words.def, and a
 * second. */
#define SCORE(class, second) (INT64_C(class) * (INT64_C(1) << 40) + (second))

/* clang-format off */
static const struct {
    int64_t score, now;
    enum connector_state state;
    bool runs;
} rows[] = {
    { SCORE(0, 1000), 999,  FAILING,      false },
    { SCORE(0, 1000), 1000, FAILING,      false },
    { SCORE(1, 1000), 5000, FAILING,      true },
    { SCORE(2, 1000), 999,  LATE,         true },
    { SCORE(2, 1000), 1000, LOST,         true },
    { SCORE(3, 1000), 999,  RUNNING,      true },
    { SCORE(3, 1000), 1000, LOST,         true },
    { SCORE(4, 1000), 999,  FRESH,        true },
    { SCORE(4, 1000), 1000, LOST,         true },
    { SCORE(5, 1000), 999,  DISABLED,     true },
    { SCORE(5, 1000), 1000, LOST,         true },
    { SCORE(6, 1000), 999,  FRESH,        false },
    { SCORE(6, 1000), 1000, LATE,         false },
    { SCORE(6, 0),    0,    LATE,         false },
    { SCORE(7, 0),    1000, NEVER_SYNCED, false },
    { SCORE(8, 0),    1000, DISABLED,     false },
    /* none of ours */
    { SCORE(9, 0),    1000, NEVER_SYNCED, false },
    { -1,             1000, NEVER_SYNCED, false },
    { INT64_MAX,      1000, NEVER_SYNCED, false },
};
/* clang-format on */

static void test_scores(void **state)
{
    (void)state;
    for_each_row (i, rows) {
        assert_row(state_of(rows[i].score, rows[i].now) == rows[i].state, STR(""));
        assert_row(state_runs(rows[i].score) == rows[i].runs, STR(""));
    }
}

/* At any time the ranges lie next to each other, and every score of a class lies in exactly one,
 * that of its state. */
static void test_parts(void **state)
{
    static const int64_t moments[] = { 0, 1, 999, 1000, 1001, 1800000000, INT64_C(1) << 39 };

    (void)state;
    for_each_row (m, moments) {
        struct walk_part parts[WALK_PARTS_MAX];
        enum connector_state states[WALK_PARTS_MAX];
        bool runs[WALK_PARTS_MAX];
        size_t count = state_parts(moments[m], parts, states, runs);

        assert_int_equal(parts[0].from, 0);
        for (size_t i = 1; i < count; i++)
            assert_int_equal(parts[i].from, parts[i - 1].to);
        assert_int_equal(parts[count - 1].to, SCORE(9, 0));
        for (size_t i = 0; i < COUNT_OF(rows); i++) {
            size_t in = 0;

            if (rows[i].score < 0 || rows[i].score >= SCORE(9, 0))
                continue;
            for (size_t k = 0; k < count; k++) {
                if (rows[i].score < parts[k].from || rows[i].score >= parts[k].to)
                    continue;
                in++;
                assert_int_equal(states[k], state_of(rows[i].score, moments[m]));
                assert_int_equal(runs[k], rows[i].runs);
            }
            assert_int_equal(in, 1);
        }
    }
}

/* ---- schedules ---- */

#define SCHEDULE(enabled, interval) "{\"enabled\":" enabled ",\"interval\":\"" interval "\"}"
#define DAILY                       "{\"full\":" SCHEDULE("true", "0 0 0 * * ?") "}"
#define TWO                                                                                        \
    "{\"full\":" SCHEDULE("true", "0 0 12 * * ?") ",\"incremental\":" SCHEDULE(                    \
        "true", "0 0 0,6 * * ?") "}"
#define OFF                                                                                        \
    "{\"full\":" SCHEDULE("false", "0 0 0 * * ?") ",\"incremental\":" SCHEDULE("true", "x") "}"
#define ACCESS "{\"access_control\":" SCHEDULE("true", "0 0 0 * * ?") "}"
#define SEASON "{\"full\":" SCHEDULE("true", "0 0 0 1 1 ? 2027-2028") "}"

/* clang-format off */
static const struct {
    struct str scheduling, success, access;
    const char *paused, *next, *access_next; /* NULL: absent. Hours behind 2026-01-01, '.' the end */
} plans[] = {
    { { NULL, 0 },       { NULL, 0 }, { NULL, 0 }, "true", NULL, NULL },
    { STR_ROW("{x"),     { NULL, 0 }, { NULL, 0 }, "true", NULL, NULL },
    { STR_ROW("{}"),     { NULL, 0 }, { NULL, 0 }, "true", NULL, NULL },
    { STR_ROW(OFF),      STR_ROW("2026-01-01T12:00:00.000Z"), { NULL, 0 }, "true", NULL, NULL },
    { STR_ROW(DAILY),    STR_ROW("2026-01-01T12:00:00.000Z"), { NULL, 0 }, "false", "12 24 48 72 96 120 144 168 192", NULL },
    /* none yet: from now on (2026-01-02) */
    { STR_ROW(DAILY),    { NULL, 0 }, { NULL, 0 }, "false", "24 48 72 96 120 144 168 192 216", NULL },
    /* two schedules are merged */
    { STR_ROW(TWO),      STR_ROW("2026-01-01T00:00:00.000Z"), { NULL, 0 }, "false", "0 6 12 24 30 36 48 54 60", NULL },
    /* access control has its own, after its own success */
    { STR_ROW(ACCESS),   STR_ROW("2026-01-05T00:00:00.000Z"), STR_ROW("2026-01-01T12:00:00.000Z"), "false", NULL, "12 24 48 72 96 120 144 168 192" },
    { STR_ROW(ACCESS),   STR_ROW("2026-01-05T00:00:00.000Z"), { NULL, 0 }, "false", NULL, "24 48 72 96 120 144 168 192 216" },
    /* seasons that end, or are over */
    { STR_ROW(SEASON),   STR_ROW("2026-01-01T00:00:00.000Z"), { NULL, 0 }, "false", "0 8760 17520 .", NULL },
    { STR_ROW(SEASON),   STR_ROW("2029-01-01T00:00:00.000Z"), { NULL, 0 }, "false", "26304 .", NULL },
};
/* clang-format on */

static int64_t second_of(struct str text)
{
    struct instant instant;

    assert_int_equal(instant_read(text, &instant), INSTANT_READ);
    return instant.seconds;
}

/* Hours as seconds. */
static struct str seconds(const char *hours, struct arena *arena)
{
    struct text text = text_new(arena, 128);
    struct str rest = str_from(hours), word;
    int64_t begin = second_of(STR("2026-01-01T00:00:00Z"));

    while (str_split(&rest, ' ', &word)) {
        if (text_str(&text).len)
            text_byte(&text, ' ');
        if (str_equal(word, STR(".")))
            text_byte(&text, '.');
        else
            text_number(&text, begin + strtol(word.ptr, NULL, 10) * 3600);
    }
    return text_str(&text);
}

static void check_times(struct str times, const char *hours, struct arena *arena)
{
    assert_int_equal(times.ptr != NULL, hours != NULL);
    if (hours)
        assert_same(times, seconds(hours, arena));
}

static void test_plans(void **state)
{
    int64_t now = second_of(STR("2026-01-02T00:00:00Z"));

    for_each_row (i, plans) {
        struct state_plan plan =
            state_plan(plans[i].scheduling, plans[i].success, plans[i].access, now, *state);

        assert_same(plan.paused, str_from(plans[i].paused));
        check_times(plan.next, plans[i].next, *state);
        check_times(plan.access_next, plans[i].access_next, *state);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_scores),
        ARENA_TEST(test_parts),
        ARENA_TEST(test_plans),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
