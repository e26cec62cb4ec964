/* cron.c: reads cron expressions into sets of bits, and finds the next time that is in all. */
#include "base/cron.h"

#include "base/number.h"
#include "base/text.h"

enum { SECOND, MINUTE, HOUR, DAY, MONTH, WEEKDAY, YEAR, FIELD_COUNT };

enum {
    SECONDS_A_DAY = 86400,
    MINUTES_A_DAY = 1440,
    FIRST_YEAR = 1970,
    LAST_YEAR = 2099,
    MONTHS = (LAST_YEAR - FIRST_YEAR + 1) * 12,
    DAYS = 47482, /* 1970-01-01 to 2099-12-31 */
    SUNDAY = 0,   /* as bits of the set of days of week */
    THURSDAY = 4,
    SATURDAY = 6,
    LAST_WEEK = 6,
    WORD = 64
};

enum fault {
    NO_FAULT,
    TOO_LONG,
    FEW_FIELDS,
    MANY_FIELDS,
    BOTH_DAYS,
    EMPTY,
    MALFORMED,
    OUTSIDE,
    REVERSED,
    LISTED
};

struct field {
    const char *name;
    uint64_t low, high;
    uint64_t step_most; /* after a `*` */
    struct str names;   /* of the values, three letters each */
    bool (*read_special)(struct str part, struct cron *cron);
};

/* What is wrong, and in which field, if it is in one. */
struct finding {
    enum fault fault;
    const struct field *field;
    struct str part;
};

struct range {
    uint64_t first, last, step;
};

static bool read_day(struct str part, struct cron *cron);
static bool read_weekday(struct str part, struct cron *cron);

/* clang-format off */
static const struct field fields[FIELD_COUNT] = {
    [SECOND]  = { "seconds",       0, 59, 59 },
    [MINUTE]  = { "minutes",       0, 59, 59 },
    [HOUR]    = { "hours",         0, 23, 23 },
    [DAY]     = { "days of month", 1, 31, 31, .read_special = read_day },
    [MONTH]   = { "months",        1, 12, 12, STR_ROW("JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC") },
    [WEEKDAY] = { "days of week",  1, 7,  7,  STR_ROW("SUNMONTUEWEDTHUFRISAT"), read_weekday },
    [YEAR]    = { "years",         FIRST_YEAR, LAST_YEAR, INT32_MAX },
};

static const char *const sentences[] = {
    [TOO_LONG]    = "it has more than 1,024 bytes",
    [FEW_FIELDS]  = "it has fewer than six fields",
    [MANY_FIELDS] = "it has more than seven fields",
    [BOTH_DAYS]   = "one of day of month and day of week must be [?], and the other must not",
    [EMPTY]       = "has no value",
    [MALFORMED]   = "is not understood",
    [OUTSIDE]     = "is out of range",
    [REVERSED]    = "ends before it begins",
    [LISTED]      = "cannot be part of a list",
};
/* clang-format on */

/* ---- sets of bits: the years come last, so that theirs may run on ---- */

static void allow(struct cron *cron, int field, uint64_t value)
{
    cron->sets[(size_t)field + value / WORD] |= UINT64_C(1) << value % WORD;
}

static bool allows(const struct cron *cron, int field, int value)
{
    return cron->sets[field + value / WORD] >> value % WORD & 1;
}

/* ---- reading ---- */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Takes the letter, in any case, off the end. */
static bool take_last(struct str *text, char letter)
{
    if (!text->len || str_lower(text->ptr[text->len - 1]) != letter)
        return false;
    text->len--;
    return true;
}

static bool read_name(const struct field *field, struct str text, uint64_t *value)
{
    struct str names = field->names;

    for (*value = field->low; names.len; ++*value) {
        if (str_equal_ignoring_case(text, (struct str){ names.ptr, 3 }))
            return true;
        names = str_from_offset(names, 3);
    }
    return false;
}

static enum fault read_number(struct str text, uint64_t low, uint64_t high, uint64_t *number)
{
    switch (number_count(text, INT32_MAX, number)) {
    case NUMBER_MALFORMED:
        return MALFORMED;
    case NUMBER_OUT_OF_RANGE:
        return OUTSIDE;
    case NUMBER_READ:
        break;
    }
    return *number < low || *number > high ? OUTSIDE : NO_FAULT;
}

static enum fault read_value(const struct field *field, struct str text, uint64_t *value)
{
    if (read_name(field, text, value))
        return NO_FAULT;
    return read_number(text, field->low, field->high, value);
}

/* A value, or two of a kind with a dash. If it is `open`, a single value begins a range. */
static enum fault read_range(const struct field *field, struct str text, bool open,
                             struct range *range)
{
    struct str last = text, first = str_take(&last, '-');
    enum fault fault = read_value(field, first, &range->first);

    range->last = open ? field->high : range->first;
    if (fault || !last.ptr)
        return fault;
    fault = read_value(field, last, &range->last);
    if (!fault && is_digit(first.ptr[0]) != is_digit(last.ptr[0]))
        return MALFORMED;
    return fault;
}

static void allow_range(struct cron *cron, const struct field *field, struct range range)
{
    uint64_t size = field->high - field->low + 1;

    if (range.last < range.first)
        range.last += size;
    for (uint64_t value = range.first; value <= range.last; value += range.step)
        allow(cron, (int)(field - fields), (value - field->low) % size);
}

static enum fault read_part(const struct field *field, struct str part, struct cron *cron)
{
    struct range range = { field->low, field->high, 1 };
    struct str step = part, values = str_take(&step, '/');
    bool stepped = step.ptr, all = str_equal(values, STR("*")) || (stepped && !values.len);
    enum fault fault = all ? NO_FAULT : read_range(field, values, stepped, &range);

    if (!fault && stepped)
        fault = read_number(step, 1, all ? field->step_most : INT32_MAX, &range.step);
    if (!fault && field == &fields[YEAR] && range.last < range.first)
        fault = REVERSED;
    if (!fault)
        allow_range(cron, field, range);
    return fault;
}

/* ?, 15W, L, L-3, and these two with W. A `?` leaves the set empty. */
static bool read_day(struct str part, struct cron *cron)
{
    bool workday;
    uint64_t day = 0;

    if (str_equal(part, STR("?")))
        return true;
    workday = take_last(&part, 'w');
    if (part.len && str_lower(part.ptr[0]) == 'l') {
        part = str_from_offset(part, 1);
        if (part.len && (part.ptr[0] != '-' || read_number(str_from_offset(part, 1), 0, 30, &day)))
            return false;
        cron->from_end = true;
        allow(cron, DAY, day);
    } else if (workday && !read_number(part, 1, 31, &day)) {
        allow(cron, DAY, day - 1);
    } else {
        return false;
    }
    cron->workday = workday;
    return true;
}

/* ?, L, 6L, 6#3. A `?` leaves the set empty. */
static bool read_weekday(struct str part, struct cron *cron)
{
    struct str week = part, day = str_take(&week, '#');
    uint64_t number = 0, value;

    if (str_equal(part, STR("?")))
        return true;
    if (week.ptr) {
        if (read_number(week, 1, 5, &number))
            return false;
    } else if (!take_last(&day, 'l')) {
        return false;
    } else if (day.len) {
        number = LAST_WEEK;
    } else {
        day = STR("SAT");
    }
    if (read_value(&fields[WEEKDAY], day, &value))
        return false;
    cron->week = (uint8_t)number;
    allow(cron, WEEKDAY, value - 1);
    return true;
}

static struct finding read_field(const struct field *field, struct str text, struct cron *cron)
{
    struct str rest = text, part;
    enum fault fault = EMPTY;

    while (str_split(&rest, ',', &part)) {
        if (!part.len) /* Elasticsearch overlooks it */
            continue;
        if (field->read_special && field->read_special(part, cron))
            fault = part.len < text.len ? LISTED : NO_FAULT;
        else
            fault = read_part(field, part, cron);
        if (fault)
            return (struct finding){ fault, field, part };
    }
    return (struct finding){ fault, field, text };
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

/* Takes a field off the front. Control bytes at its ends are ignored, such as the end of a line. */
static bool take_field(struct str *rest, struct str *field)
{
    *rest = str_trim(*rest);
    *field = (struct str){ rest->ptr, 0 };
    while (field->len < rest->len && !is_blank(field->ptr[field->len]))
        field->len++;
    if (!field->len)
        return false;
    *rest = str_from_offset(*rest, field->len);
    while (field->len && (unsigned char)field->ptr[0] < ' ')
        *field = str_from_offset(*field, 1);
    while (field->len && (unsigned char)field->ptr[field->len - 1] < ' ')
        field->len--;
    return true;
}

static struct finding read_expression(struct str expression, struct cron *cron)
{
    struct str texts[FIELD_COUNT] = { [YEAR] = STR_ROW("*") }, text;
    int count = 0;

    *cron = (struct cron){ 0 };
    if (expression.len > CRON_LENGTH_MAX)
        return (struct finding){ .fault = TOO_LONG };
    while (take_field(&expression, &text)) {
        if (count == FIELD_COUNT)
            return (struct finding){ .fault = MANY_FIELDS };
        texts[count++] = text;
    }
    if (count < YEAR)
        return (struct finding){ .fault = FEW_FIELDS };
    for (int i = 0; i < FIELD_COUNT; i++) {
        struct finding finding = read_field(&fields[i], texts[i], cron);

        if (finding.fault)
            return finding;
    }
    if (!cron->sets[DAY] == !cron->sets[WEEKDAY])
        return (struct finding){ .fault = BOTH_DAYS };
    return (struct finding){ .fault = NO_FAULT };
}

struct str cron_fault(struct str expression, struct arena *arena)
{
    struct cron cron;
    struct finding finding = read_expression(expression, &cron);

    if (!finding.fault)
        return (struct str){ NULL, 0 };
    if (!finding.field)
        return str_from(sentences[finding.fault]);
    return arena_format(arena, "[%.*s] in the %s (%d-%d) %s", STR_ARGS(finding.part),
                        finding.field->name, (int)finding.field->low, (int)finding.field->high,
                        sentences[finding.fault]);
}

bool cron_read(struct str expression, struct cron *cron)
{
    return !read_expression(expression, cron).fault;
}

/* ---- the next time: days are counted from 1970-01-01, those of a month from 0 ---- */

static uint64_t steps;

uint64_t cron_steps(void)
{
    return steps;
}

/* In these years, each fourth is a leap year: 2000 is one, and 2100 is out of range. */
static int month_length(int month)
{
    static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    int year = FIRST_YEAR + month / 12;

    return lengths[month % 12] + (month % 12 == 1 && year % 4 == 0);
}

/* The bits of `count` days from `first` on. */
static uint64_t days_from(int first, int count)
{
    return ((UINT64_C(1) << count) - 1) << first;
}

/* Moves the one day in the set from a weekend to the nearest weekday of its month. */
static uint64_t to_workday(uint64_t days, int first_weekday, int length)
{
    int day = days ? __builtin_ctzll(days) : 0, weekday = (first_weekday + day) % 7;

    if (weekday == SATURDAY)
        return day == 0 ? days << 2 : days >> 1;
    if (weekday == SUNDAY)
        return day == length - 1 ? days >> 2 : days << 1;
    return days;
}

static uint64_t days_by_weekday(const struct cron *cron, int first_weekday, int length)
{
    uint64_t days = 0;

    steps += (uint64_t)length;
    for (int day = 0; day < length; day++)
        if (allows(cron, WEEKDAY, (first_weekday + day) % 7))
            days |= UINT64_C(1) << day;
    if (cron->week == LAST_WEEK)
        days &= days_from(length - 7, 7);
    else if (cron->week)
        days &= days_from((cron->week - 1) * 7, 7);
    return days;
}

/* The days that fit, in a month of `length` days that begins on `first_weekday`. */
static uint64_t days_of_month(const struct cron *cron, int first_weekday, int length)
{
    uint64_t days = cron->sets[DAY] & days_from(0, length);

    if (cron->sets[WEEKDAY])
        return days_by_weekday(cron, first_weekday, length);
    if (cron->from_end && days)
        days = UINT64_C(1) << (length - 1 - __builtin_ctzll(days));
    return cron->workday ? to_workday(days, first_weekday, length) : days;
}

/* The first day from `day` on; -1 if there is none. */
static int next_day(const struct cron *cron, int day)
{
    int first = 0;

    for (int month = 0; month < MONTHS; month++) {
        int length = month_length(month);

        steps++;
        if (first + length > day && allows(cron, YEAR, month / 12) &&
            allows(cron, MONTH, month % 12)) {
            uint64_t days = days_of_month(cron, (THURSDAY + first) % 7, length);

            if (day > first)
                days &= ~days_from(0, day - first);
            if (days)
                return first + __builtin_ctzll(days);
        }
        first += length;
    }
    return -1;
}

/* The first second of a day from `from` on; -1 if there is none. */
static int next_second(const struct cron *cron, int from)
{
    for (int minute = from / 60; minute < MINUTES_A_DAY; minute++) {
        int second = minute == from / 60 ? from % 60 : 0;
        uint64_t seconds = cron->sets[SECOND] >> second;

        steps++;
        if (seconds && allows(cron, HOUR, minute / 60) && allows(cron, MINUTE, minute % 60))
            return minute * 60 + second + __builtin_ctzll(seconds);
    }
    return -1;
}

bool cron_next(const struct cron *cron, int64_t after, int64_t *next)
{
    int64_t start;
    int today, day, second;

    if (after >= (int64_t)DAYS * SECONDS_A_DAY - 1)
        return false;
    start = after < 0 ? 0 : after + 1;
    today = (int)(start / SECONDS_A_DAY);
    day = next_day(cron, today);
    second = next_second(cron, day == today ? (int)(start % SECONDS_A_DAY) : 0);
    if (second < 0) {
        day = next_day(cron, today + 1);
        second = next_second(cron, 0);
    }
    *next = (int64_t)day * SECONDS_A_DAY + second;
    return day >= 0;
}

bool cron_can_come(const struct cron *cron)
{
    int64_t first;

    return cron_next(cron, -1, &first);
}
