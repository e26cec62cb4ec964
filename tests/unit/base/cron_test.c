/* cron_test.c: tests which cron expressions are valid, and when they are due: by known dates, and
 * by a walk over the system's calendar. */
#include "base/cron.h"

#include <time.h>

#include "base/instant.h"
#include "base/text.h"
#include "unit.h"

enum { SECONDS_A_DAY = 86400, RANDOM_EXPRESSIONS = 3000, TIMES_EACH = 4 };

static int64_t seconds_of(struct str date)
{
    struct instant instant;

    assert_row(instant_read(date, &instant) == INSTANT_READ, date);
    return instant.seconds;
}

/* ---- good and bad ---- */

static const struct str expressions[] = {
    STR_ROW("0 0 0 * * ?"),
    STR_ROW("0 0 0 ? * *"),
    STR_ROW("  0\t0  0 \t * * ?  "),
    STR_ROW("0 0 0 * * ?\n"),
    STR_ROW("0 0 0 * * ? *"),
    STR_ROW("0 0 0 * * ? 2030"),
    STR_ROW("0 0 0 * * ? 1970-2099"),
    STR_ROW("0 0 0 * * ? 2020/2,2021,*/3,*/1000"),
    STR_ROW("59 59 23 31 12 ?"),
    STR_ROW("0,1,2 3-9 4/5 1-5/2,7 2,4-6 ?"),
    STR_ROW("007 00 00 01 01 ?"),
    STR_ROW("*/59 */59 */23 */31 */12 ?"),
    STR_ROW("0/60 3-30/99 0/2147483647 1/32 1/13 ?"),
    STR_ROW("/5 /5 /5 ? /5 /7"),
    STR_ROW("1,,2 ,3 4, * * ?"),
    STR_ROW("*,5 5,* * * * ?"),
    STR_ROW("50-10 50-10/3 22-2 28-3 NOV-FEB ?"),
    STR_ROW("0 0 0 ? jan,Feb,MAR-dec sun,Mon,tue-SAT"),
    STR_ROW("0 0 0 ? JAN/2 FRI-MON/2"),
    STR_ROW("0 0 0 L * ?"),
    STR_ROW("0 0 0 l-3 * ?"),
    STR_ROW("0 0 0 L-0 * ?"),
    STR_ROW("0 0 0 L-30 * ?"),
    STR_ROW("0 0 0 LW * ?"),
    STR_ROW("0 0 0 L-3w * ?"),
    STR_ROW("0 0 0 1W * ?"),
    STR_ROW("0 0 0 31w * ?"),
    STR_ROW("0 0 0 ? * L"),
    STR_ROW("0 0 0 ? * 6L"),
    STR_ROW("0 0 0 ? * friL"),
    STR_ROW("0 0 0 ? * 6#1"),
    STR_ROW("0 0 0 ? * SAT#5"),
};

static void accepts(void **state)
{
    for_each_row (i, expressions) {
        struct cron cron;

        assert_row(!cron_fault(expressions[i], *state).ptr, expressions[i]);
        assert_row(cron_read(expressions[i], &cron), expressions[i]);
    }
}

/* clang-format off */
static const struct {
    const char *expression, *fault;
} faults[] = {
    { "", "it has fewer than six fields" },
    { " \t", "it has fewer than six fields" },
    { "0 0 * * *", "it has fewer than six fields" },
    { "0 0 0 * * ? * *", "it has more than seven fields" },
    { "0 0 0 * * *", "one of day of month and day of week must be [?], and the other must not" },
    { "0 0 0 ? * ?", "one of day of month and day of week must be [?], and the other must not" },
    { "61 0 0 * * ?", "[61] in the seconds (0-59) is out of range" },
    { "0 0 0 * * ? 1969", "[1969] in the years (1970-2099) is out of range" },
    { "0 , 0 * * ?", "[,] in the minutes (0-59) has no value" },
    { "0 0 1,x * * ?", "[x] in the hours (0-23) is not understood" },
    { "0 */60 0 * * ?", "[*/60] in the minutes (0-59) is out of range" },
    { "0 0 0 1W,15 * ?", "[1W] in the days of month (1-31) cannot be part of a list" },
    { "0 0 0 ? * MON,FRIL", "[FRIL] in the days of week (1-7) cannot be part of a list" },
    { "0 0 0 * * ? 2030-2020", "[2030-2020] in the years (1970-2099) ends before it begins" },
};
/* clang-format on */

static void says_what_is_wrong(void **state)
{
    for_each_row (i, faults) {
        struct str expression = str_from(faults[i].expression);
        struct cron cron;

        assert_same(cron_fault(expression, *state), str_from(faults[i].fault));
        assert_row(!cron_read(expression, &cron), expression);
    }
}

static void says_that_an_absent_text_has_no_fields(void **state)
{
    struct cron cron;

    assert_text(cron_fault((struct str){ NULL, 0 }, *state), "it has fewer than six fields");
    assert_false(cron_read((struct str){ NULL, 0 }, &cron));
}

/* clang-format off */
static const struct {
    const char *before, *after, *texts; /* each text is bad, in its place */
} misfits[] = {
    { "", " 0 0 * * ?",
      "60 99 98 -1 +1 1- - 1--2 1-60 ? L W 5L 5W 5#1 MON JAN x 5x *x ** *5 */ / /0 */0 5/ 5/0 5/x "
      "5/-1 */-5 */5x 1/2/3 1-2-3 */60 5/2147483648 99999999999999999999 #" },
    { "0 ", " 0 * * ?", "60 1-60 60-1 */60 ? 0x1 1.5 1e1" },
    { "0 0 ", " * * ?", "24 1-24 */24 ? 5L" },
    { "0 0 0 ", " * ?",
      "0 32 5-0 0-5 */32 ? L-31 L- L-W L-x L3 LL WL W 0W 32W 1-5W *W L,1 1,L L, 5W,6 ?,1 6L 6#1 "
      "MON JAN LX L-3X LW2 l-1l" },
    { "0 0 0 * ", " ?", "0 13 5-0 */13 ? L 5L 5W 5#1 JA JANUARY JAN- JAN-5 5-JAN MON J" },
    { "0 0 0 ? * ", "",
      "0 8 5-0 */8 ? 8L 0L LW L-3 5W 6# 6#0 6#6 #3 9#3 0#3 6#3,2 6#3,2#1 L,2 2,L 6L,2 L, 6#3L "
      "MON-5 2-FRI MONDAY MON-FRIDAY JAN FRI# FRILL MO MON5 1-5L 1-5#2 6#3#2 ?,2 ??" },
    { "0 0 0 * * ? ", "", "L 99 1969 2100 2030-2029 2000-2100 */0 x 1 ?" },
};
/* clang-format on */

static bool is_good(size_t row, struct str text, struct arena *arena)
{
    struct str expression =
        arena_format(arena, "%s%.*s%s", misfits[row].before, STR_ARGS(text), misfits[row].after);
    struct cron cron;
    bool good = cron_read(expression, &cron);

    assert_row(good == !cron_fault(expression, arena).ptr, expression);
    return good;
}

static void rejects(void **state)
{
    for_each_row (i, misfits) {
        struct str rest = str_from(misfits[i].texts), text;

        assert_row(is_good(i, STR("*"), *state), rest);
        while (str_split(&rest, ' ', &text))
            assert_row(!is_good(i, text, *state), text);
    }
}

/* ---- known dates ---- */

/* clang-format off */
static const struct {
    const char *expression, *after, *next; /* next is NULL for never */
} dates[] = {
    /* strictly after, and over each border */
    { "* * * * * ?",         "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z" },
    { "0 0 0 * * ?",         "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z" },
    { "0 0 0 * * ?",         "2025-12-31T23:59:59Z", "2026-01-01T00:00:00Z" },
    { "0 0/5 14,18 * * ?",   "2026-03-03T14:55:00Z", "2026-03-03T18:00:00Z" },
    { "30 59 23 31 12 ?",    "2026-12-31T23:59:30Z", "2027-12-31T23:59:30Z" },
    { "15/20 30 12 * * ?",   "2026-05-05T12:30:15Z", "2026-05-05T12:30:35Z" },
    { "0 0 22-2 * * ?",      "2026-05-05T02:00:00Z", "2026-05-05T22:00:00Z" },
    { "0 0 22-2/3 * * ?",    "2026-05-05T22:00:00Z", "2026-05-06T01:00:00Z" },
    { "0 0 0 1 NOV-FEB ?",   "2026-02-01T00:00:00Z", "2026-11-01T00:00:00Z" },
    /* months that are too short, leap years */
    { "0 0 0 31 * ?",        "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z" },
    { "0 0 0 29 2 ?",        "2024-02-29T00:00:00Z", "2028-02-29T00:00:00Z" },
    { "0 0 0 29 2 ?",        "1999-01-01T00:00:00Z", "2000-02-29T00:00:00Z" },
    { "0 0 0 29 2 ?",        "2096-02-29T00:00:00Z", NULL },
    { "0 0 0 30 2 ?",        "1970-01-01T00:00:00Z", NULL },
    /* days of week: 2026-01-01 is a Thursday */
    { "0 0 0 ? * 1",         "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z" },
    { "0 0 0 ? * SAT",       "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z" },
    { "0 0 0 ? * L",         "2026-01-01T00:00:00Z", "2026-01-03T00:00:00Z" },
    { "0 0 0 ? * FRI-MON/2", "2026-01-02T00:00:00Z", "2026-01-04T00:00:00Z" },
    { "0 0 0 ? * 6L",        "2026-01-01T00:00:00Z", "2026-01-30T00:00:00Z" },
    { "0 0 0 ? * SUNL",      "2026-02-01T00:00:00Z", "2026-02-22T00:00:00Z" },
    { "0 0 0 ? * 6#3",       "2026-01-01T00:00:00Z", "2026-01-16T00:00:00Z" },
    { "0 0 0 ? * thu#1",     "2026-01-01T00:00:00Z", "2026-02-05T00:00:00Z" },
    { "0 0 0 ? * MON#5",     "2026-01-01T00:00:00Z", "2026-03-30T00:00:00Z" },
    /* the last days of a month */
    { "0 0 0 L * ?",         "2026-01-31T00:00:00Z", "2026-02-28T00:00:00Z" },
    { "0 0 0 L 2 ?",         "2027-12-31T00:00:00Z", "2028-02-29T00:00:00Z" },
    { "0 0 0 L-3 * ?",       "2026-01-28T00:00:00Z", "2026-02-25T00:00:00Z" },
    { "0 0 0 L-28 2 ?",      "2026-01-01T00:00:00Z", "2028-02-01T00:00:00Z" },
    { "0 0 0 L-30 * ?",      "2026-01-01T00:00:00Z", "2026-03-01T00:00:00Z" },
    /* weekdays: the nearest, but in the same month */
    { "0 0 0 15W * ?",       "2026-01-01T00:00:00Z", "2026-01-15T00:00:00Z" },
    { "0 0 0 15W 8 ?",       "2026-01-01T00:00:00Z", "2026-08-14T00:00:00Z" },
    { "0 0 0 15W 2 ?",       "2026-01-01T00:00:00Z", "2026-02-16T00:00:00Z" },
    { "0 0 0 1W 8 ?",        "2026-01-01T00:00:00Z", "2026-08-03T00:00:00Z" },
    { "0 0 0 31W 5 ?",       "2026-01-01T00:00:00Z", "2026-05-29T00:00:00Z" },
    { "0 0 0 31W * ?",       "2026-02-01T00:00:00Z", "2026-03-31T00:00:00Z" },
    { "0 0 0 LW 5 ?",        "2026-01-01T00:00:00Z", "2026-05-29T00:00:00Z" },
    { "0 0 0 LW 2 ?",        "2026-01-01T00:00:00Z", "2026-02-27T00:00:00Z" },
    { "0 0 0 L-1W 5 ?",      "2026-01-01T00:00:00Z", "2026-05-29T00:00:00Z" },
    { "0 0 0 L-30W 8 ?",     "2026-01-01T00:00:00Z", "2026-08-03T00:00:00Z" },
    /* years, and where they end */
    { "0 0 0 1 1 ? 2040/3",  "2026-01-01T00:00:00Z", "2040-01-01T00:00:00Z" },
    { "0 0 0 1 1 ? 2040/3",  "2040-01-01T00:00:00Z", "2043-01-01T00:00:00Z" },
    { "0 0 0 1 1 ? 2020",    "2026-01-01T00:00:00Z", NULL },
    { "* * * * * ?",         "2099-12-31T23:59:58Z", "2099-12-31T23:59:59Z" },
    { "* * * * * ?",         "2099-12-31T23:59:59Z", NULL },
    { "0 0 0 * * ?",         "2099-12-31T00:00:00Z", NULL },
    { "0 0 0 * * ?",         "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z" },
    { "0 0 0 * * ?",         "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z" },
    { "0 0 0 * * ?",         "9999-01-01T00:00:00Z", NULL },
};
/* clang-format on */

static void finds_the_next_time(void **state)
{
    (void)state;
    for_each_row (i, dates) {
        struct str expression = str_from(dates[i].expression);
        struct cron cron;
        int64_t next;
        bool due;

        assert_row(cron_read(expression, &cron), expression);
        due = cron_next(&cron, seconds_of(str_from(dates[i].after)), &next);
        assert_row(due == !!dates[i].next, expression);
        if (due)
            assert_row(next == seconds_of(str_from(dates[i].next)), expression);
    }
}

static void bears_any_number(void **state)
{
    struct cron cron;
    int64_t next;

    (void)state;
    assert_true(cron_read(STR("0 0 0 * * ?"), &cron));
    assert_true(cron_next(&cron, INT64_MIN, &next));
    assert_int_equal(next, 0);
    assert_false(cron_next(&cron, INT64_MAX, &next));
}

/* ---- random expressions, compared with a walk over the days of the system's calendar ---- */

enum { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, FIELD_COUNT };

enum day_rule { LISTED, FROM_LAST, NEAREST_WORKDAY, LAST_WORKDAY, LAST_OF_WEEK, NTH_OF_WEEK };

/* An expression, and the times that it allows, computed otherwise than in cron.c. */
struct sample {
    struct str text;
    bool allowed[FIELD_COUNT][2100];
    bool by_weekday;
    enum day_rule rule;
    int day, count;
};

static int draw(uint64_t *seed, int low, int high)
{
    return low + (int)(unit_random(seed) % (uint64_t)(high - low + 1));
}

static void draw_list(struct text *text, bool *allowed, int low, int high, uint64_t *seed)
{
    for (int count = draw(seed, 1, 3); count > 0; count--) {
        int first = draw(seed, low, high), last = draw(seed, low, high), form = draw(seed, 0, 4);
        int step = draw(seed, 1, 9), value;

        if (high > 2000 && last < first) /* a range of years does not wrap */
            last = high;
        if (form == 0) {
            text_format(text, "%d", first);
            last = first;
        } else if (form == 1) {
            text_format(text, "%d/%d", first, step);
            last = high;
        } else if (form == 2) {
            text_format(text, "%d-%d", first, last);
            step = 1;
        } else if (form == 3) {
            text_format(text, "%d-%d/%d", first, last, step);
        } else {
            step = high < 10 && step > 7 ? 7 : step;
            text_format(text, "*/%d", step);
            first = low;
            last = high;
        }
        value = first;
        for (int i = 0;; i++) {
            if (i % step == 0)
                allowed[value] = true;
            if (value == last)
                break;
            value = value == high ? low : value + 1;
        }
        if (count > 1)
            text_byte(text, ',');
    }
}

static void draw_all(struct text *text, bool *allowed, int low, int high)
{
    text_byte(text, '*');
    for (int value = low; value <= high; value++)
        allowed[value] = true;
}

static void draw_field(struct text *text, bool *allowed, int low, int high, uint64_t *seed)
{
    if (draw(seed, 0, 2))
        draw_list(text, allowed, low, high, seed);
    else
        draw_all(text, allowed, low, high);
    text_byte(text, ' ');
}

static void draw_day(struct sample *sample, struct text *text, uint64_t *seed)
{
    sample->by_weekday = false;
    sample->rule = (enum day_rule)draw(seed, LISTED, LAST_WORKDAY);
    sample->day = sample->rule == NEAREST_WORKDAY ? draw(seed, 1, 31) : draw(seed, 0, 30);
    if (sample->rule == LISTED)
        draw_list(text, sample->allowed[DAY], 1, 31, seed);
    else if (sample->rule == NEAREST_WORKDAY)
        text_format(text, "%dW", sample->day);
    else
        text_format(text, "L-%d%s", sample->day, sample->rule == LAST_WORKDAY ? "W" : "");
    text_byte(text, ' ');
}

static void draw_weekday(struct sample *sample, struct text *text, uint64_t *seed)
{
    static const char *const names[] = { "SUN", "mon", "Tue", "WED", "THU", "FRI", "SAT" };

    sample->by_weekday = true;
    sample->rule = (enum day_rule)draw(seed, LAST_WORKDAY, NTH_OF_WEEK);
    sample->day = draw(seed, 1, 7);
    sample->count = draw(seed, 1, 5);
    if (sample->rule == LAST_WORKDAY) {
        sample->rule = LISTED;
        draw_list(text, sample->allowed[WEEKDAY], 1, 7, seed);
    } else if (sample->rule == LAST_OF_WEEK) {
        text_format(text, "%sL", names[sample->day - 1]);
    } else {
        text_format(text, "%d#%d", sample->day, sample->count);
    }
    text_byte(text, ' ');
}

static void draw_sample(struct sample *sample, struct arena *arena, uint64_t *seed)
{
    struct text text = text_new(arena, 256);

    memset(sample, 0, sizeof *sample);
    draw_field(&text, sample->allowed[SECOND], 0, 59, seed);
    draw_field(&text, sample->allowed[MINUTE], 0, 59, seed);
    draw_field(&text, sample->allowed[HOUR], 0, 23, seed);
    if (draw(seed, 0, 1)) {
        draw_day(sample, &text, seed);
        draw_field(&text, sample->allowed[MONTH], 1, 12, seed);
        text_add(&text, STR("? "));
    } else {
        text_add(&text, STR("? "));
        draw_field(&text, sample->allowed[MONTH], 1, 12, seed);
        draw_weekday(sample, &text, seed);
    }
    draw_field(&text, sample->allowed[YEAR], 1970, 2099, seed);
    sample->text = text_str(&text);
}

static struct tm date_of(int64_t seconds)
{
    time_t time = (time_t)seconds;
    struct tm date;

    assert_non_null(gmtime_r(&time, &date));
    return date;
}

/* How many days of the month are left, this one included. */
static int days_left(int64_t seconds)
{
    int month = date_of(seconds).tm_mon, count = 0;

    while (date_of(seconds + (int64_t)count * SECONDS_A_DAY).tm_mon == month)
        count++;
    return count;
}

/* The weekday nearest to a day of a month: tried at distances of 0, 1 and 2. */
static int nearest_workday(int target, int first_weekday, int length)
{
    for (int distance = 0; distance <= 2; distance++)
        for (int sign = -1; sign <= 1; sign += 2) {
            int day = target + sign * distance, weekday = (first_weekday + day - 1 + 7) % 7;

            if (day >= 1 && day <= length && weekday >= 1 && weekday <= 5)
                return day;
        }
    fail();
    return 0;
}

static bool day_is_allowed(const struct sample *sample, int64_t midnight)
{
    struct tm date = date_of(midnight);
    int64_t first = midnight - (int64_t)(date.tm_mday - 1) * SECONDS_A_DAY;
    int length, first_weekday = date_of(first).tm_wday;

    if (!sample->allowed[YEAR][date.tm_year + 1900] || !sample->allowed[MONTH][date.tm_mon + 1])
        return false;
    if (sample->rule == LISTED)
        return sample->by_weekday ? sample->allowed[WEEKDAY][date.tm_wday + 1]
                                  : sample->allowed[DAY][date.tm_mday];
    length = date.tm_mday + days_left(midnight) - 1;
    switch (sample->rule) {
    case FROM_LAST:
        return date.tm_mday == length - sample->day;
    case NEAREST_WORKDAY:
        return sample->day <= length &&
               date.tm_mday == nearest_workday(sample->day, first_weekday, length);
    case LAST_WORKDAY:
        return sample->day < length &&
               date.tm_mday == nearest_workday(length - sample->day, first_weekday, length);
    case LAST_OF_WEEK:
        return date.tm_wday + 1 == sample->day && date.tm_mday + 7 > length;
    default:
        return date.tm_wday + 1 == sample->day && (date.tm_mday + 6) / 7 == sample->count;
    }
}

static bool time_is_allowed(const struct sample *sample, int64_t second)
{
    return sample->allowed[HOUR][second / 3600] && sample->allowed[MINUTE][second / 60 % 60] &&
           sample->allowed[SECOND][second % 60];
}

/* The answer of the walk, over each day and each second of an allowed day; -1 for none. */
static int64_t walk(const struct sample *sample, int64_t after)
{
    int64_t end = seconds_of(STR("2100-01-01T00:00:00Z")), second = (after + 1) % SECONDS_A_DAY;

    for (int64_t day = after + 1 - second; day < end; day += SECONDS_A_DAY, second = 0)
        if (day_is_allowed(sample, day))
            for (; second < SECONDS_A_DAY; second++)
                if (time_is_allowed(sample, second))
                    return day + second;
    return -1;
}

static void agrees_with_a_walk_over_the_calendar(void **state)
{
    int64_t end = seconds_of(STR("2100-01-01T00:00:00Z"));
    struct sample *sample = arena_take(*state, sizeof *sample);
    uint64_t seed = 2026;

    for (int i = 0; i < RANDOM_EXPRESSIONS; i++) {
        int64_t after = (int64_t)(unit_random(&seed) % (uint64_t)end);
        struct cron cron;

        draw_sample(sample, *state, &seed);
        assert_row(cron_read(sample->text, &cron), sample->text);
        for (int j = 0; j < TIMES_EACH; j++) {
            int64_t next = -1, expected = walk(sample, after);

            assert_row(cron_next(&cron, after, &next) == (expected >= 0), sample->text);
            if (expected < 0)
                break;
            assert_row(next == expected, sample->text);
            after = next;
        }
    }
}

/* ---- expressions that are never due ---- */

/* clang-format off */
static const struct { struct str expression; bool can_come; } comings[] = {
    { STR_ROW("0 0 0 30 2 ?"),              false },
    { STR_ROW("0 0 0 29 2 ?"),              true },
    { STR_ROW("0 0 0 29,30 2 ?"),           true },
    { STR_ROW("0 0 0 30,31 2 ?"),           false },
    { STR_ROW("0 0 0 31 4,6,9,11 ?"),       false },
    { STR_ROW("0 0 0 31 4,6,9-11 ?"),       true },
    { STR_ROW("0 0 0 31 2-2 ?"),            false },
    { STR_ROW("0 0 0 L-30 2 ?"),            false },
    { STR_ROW("0 0 0 L-29 2 ?"),            false },
    { STR_ROW("0 0 0 L-28 2 ?"),            true },
    { STR_ROW("0 0 0 L-28 2 ? 2027"),       false },
    { STR_ROW("0 0 0 L-30 4,6,9,11 ?"),     false },
    { STR_ROW("0 0 0 31W 2 ?"),             false },
    { STR_ROW("0 0 0 31W 4 ?"),             false },
    { STR_ROW("0 0 0 29W 2 ?"),             true },
    { STR_ROW("0 0 0 29 2 ? 2027"),         false },
    { STR_ROW("0 0 0 29 2 ? 2027,2028"),    true },
    { STR_ROW("0 0 0 29 2 ? 2001/4"),       false },
    { STR_ROW("0 0 0 ? 2 6#5"),             true },
    { STR_ROW("0 0 0 ? 2 6#5 2026"),        false },
    /* years that are over are no fault */
    { STR_ROW("0 0 0 1 1 ? 1970"),          true },
    { STR_ROW("0 0 0 29 2 ? 1972"),         true },
    { STR_ROW("59 59 23 31 12 ? 2099"),     true },
};
/* clang-format on */

static void says_what_never_comes(void **state)
{
    (void)state;
    for_each_row (i, comings) {
        struct cron cron;

        assert_row(cron_read(comings[i].expression, &cron), comings[i].expression);
        assert_row(cron_can_come(&cron) == comings[i].can_come, comings[i].expression);
    }
}

/* Days that only few months have, in few months and years. */
static void draw_rare_sample(struct sample *sample, struct arena *arena, uint64_t *seed)
{
    struct text text = text_new(arena, 64);
    int month = draw(seed, 1, 12), year = draw(seed, 1970, 2099), day = draw(seed, 28, 31);

    memset(sample, 0, sizeof *sample);
    sample->allowed[SECOND][0] = sample->allowed[MINUTE][0] = sample->allowed[HOUR][0] = true;
    sample->allowed[MONTH][month] = sample->allowed[MONTH][2] = true;
    sample->allowed[YEAR][year] = true;
    sample->by_weekday = draw(seed, 0, 3) == 0;
    if (sample->by_weekday) {
        sample->rule = NTH_OF_WEEK;
        sample->day = draw(seed, 1, 7);
        sample->count = 5;
        text_format(&text, "0 0 0 ? 2,%d %d#5 %d", month, sample->day, year);
    } else {
        sample->rule = (enum day_rule)draw(seed, LISTED, LAST_WORKDAY);
        sample->allowed[DAY][day] = true;
        sample->day = sample->rule == NEAREST_WORKDAY ? day : day - 1;
        text_format(&text,
                    sample->rule == LISTED            ? "0 0 0 %d 2,%d ? %d"
                    : sample->rule == NEAREST_WORKDAY ? "0 0 0 %dW 2,%d ? %d"
                    : sample->rule == FROM_LAST       ? "0 0 0 L-%d 2,%d ? %d"
                                                      : "0 0 0 L-%dW 2,%d ? %d",
                    sample->rule == LISTED ? day : sample->day, month, year);
    }
    sample->text = text_str(&text);
}

static void agrees_with_a_walk_on_what_comes(void **state)
{
    struct sample *sample = arena_take(*state, sizeof *sample);
    uint64_t seed = 2027;
    unsigned coming = 0, count = 1000;

    for (unsigned i = 0; i < count; i++) {
        struct cron cron;
        bool expected;

        draw_rare_sample(sample, *state, &seed);
        expected = walk(sample, -1) >= 0;
        assert_row(cron_read(sample->text, &cron), sample->text);
        assert_row(cron_can_come(&cron) == expected, sample->text);
        coming += expected;
    }
    assert_in_range(coming, count / 10, count * 9 / 10);
}

/* Rare, past and impossible times take no longer than a bound. */
static void takes_few_steps(void **state)
{
    static const char *const costly[] = { "59 59 23 ? * 7#5",        "59 59 23 ? 2 7#5 2099",
                                          "59 59 23 29 2 ? 2096",    "0 0 0 30 2 ?",
                                          "59 59 23 31 12 ? 2099",   "0 0 0 ? * SUN 1970",
                                          "59 59 23 ? 2 1#5 1971/2", "0 0 0 L-30W 2 ?" };
    int64_t end = seconds_of(STR("2100-01-01T00:00:00Z"));
    uint64_t most = 0;

    (void)state;
    for_each_row (i, costly) {
        struct cron cron;
        int64_t next;

        assert_true(cron_read(str_from(costly[i]), &cron));
        for (int64_t after = -1; after < end; after += 997 * SECONDS_A_DAY + 86399) {
            uint64_t before = cron_steps();

            (void)cron_next(&cron, after, &next);
            if (cron_steps() - before > most)
                most = cron_steps() - before;
        }
    }
    assert_in_range(most, 1000, CRON_STEPS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(accepts),
        ARENA_TEST(says_what_is_wrong),
        ARENA_TEST(says_that_an_absent_text_has_no_fields),
        ARENA_TEST(rejects),
        ARENA_TEST(finds_the_next_time),
        ARENA_TEST(bears_any_number),
        ARENA_TEST(agrees_with_a_walk_over_the_calendar),
        ARENA_TEST(says_what_never_comes),
        ARENA_TEST(agrees_with_a_walk_on_what_comes),
        ARENA_TEST(takes_few_steps),
    };

    return cmocka_run_group_tests_name("cron", tests, NULL, NULL);
}
