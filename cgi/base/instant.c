/* instant.c: reads and prints datetimes. */
#include "base/instant.h"

#include <limits.h>
#include <stdlib.h>
#include <time.h>

enum {
    SECONDS_A_DAY = 86400,
    OFFSET_HOURS_MAX = 18,
    NANOS_A_MILLI = 1000000,
    YEAR_DIGITS = 4,
    YEAR_DIGITS_MAX = 9
};

/* What the text of a date and time says, before it is known to be in the calendar. */
struct parts {
    int year, month, day, hour, minute, second;
    int32_t nanos;
    int offset; /* seconds east of UTC */
    bool has_time;
};

/* Reads exactly `count` digits off the front of *text. */
static bool take_digits(struct str *text, size_t count, int most, int *number)
{
    int value = 0;

    if (text->len < count)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        value = value * 10 + (text->ptr[i] - '0');
    }
    *text = str_from_offset(*text, count);
    *number = value;
    return value <= most;
}

static bool take_byte(struct str *text, char byte)
{
    if (!text->len || text->ptr[0] != byte)
        return false;
    *text = str_from_offset(*text, 1);
    return true;
}

/* Up to nine digits after the point, as nanoseconds. */
static bool take_fraction(struct str *text, int32_t *nanos)
{
    int32_t value = 0, unit = 100000000;
    size_t count = 0;

    while (count < text->len && text->ptr[count] >= '0' && text->ptr[count] <= '9') {
        if (!unit)
            return false;
        value += unit * (text->ptr[count] - '0');
        unit /= 10;
        count++;
    }
    *text = str_from_offset(*text, count);
    *nanos = value;
    return count > 0;
}

/* hh, hhmm, hh:mm, hhmmss or hh:mm:ss after the sign. */
static bool take_offset(struct str *text, int sign, int *offset)
{
    int hours, minutes = 0, seconds = 0;
    bool colon;

    if (!take_digits(text, 2, OFFSET_HOURS_MAX, &hours))
        return false;
    if (text->len) {
        colon = take_byte(text, ':');
        if (!take_digits(text, 2, 59, &minutes))
            return false;
        if (text->len && ((colon && !take_byte(text, ':')) || !take_digits(text, 2, 59, &seconds)))
            return false;
    }
    *offset = sign * ((hours * 60 + minutes) * 60 + seconds);
    return !text->len && abs(*offset) <= OFFSET_HOURS_MAX * 3600;
}

static bool is_zone_byte(char byte)
{
    return (str_lower(byte) >= 'a' && str_lower(byte) <= 'z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '/' || byte == '-' || byte == '+';
}

/* A zone's name, as the time zone database has them: an area, a slash and a place, or a word. */
static bool is_zone_name(struct str name)
{
    static const struct str areas[] = {
        STR_ROW("Africa/"), STR_ROW("America/"),  STR_ROW("Antarctica/"), STR_ROW("Arctic/"),
        STR_ROW("Asia/"),   STR_ROW("Atlantic/"), STR_ROW("Australia/"),  STR_ROW("Etc/"),
        STR_ROW("Europe/"), STR_ROW("Indian/"),   STR_ROW("Pacific/"),    STR_ROW("US/"),
    };
    static const struct str words[] = { STR_ROW("UTC"), STR_ROW("GMT"), STR_ROW("UT"),
                                        STR_ROW("CET"), STR_ROW("EET"), STR_ROW("WET") };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(name, words[i]))
            return true;
    for (size_t i = 0; i < name.len; i++)
        if (!is_zone_byte(name.ptr[i]))
            return false;
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++)
        if (str_starts(name, areas[i]) && name.len > areas[i].len)
            return true;
    return false;
}

static bool take_zone(struct str *text, int *offset)
{
    if (!text->len)
        return true;
    if (take_byte(text, 'Z'))
        return !text->len;
    if (take_byte(text, '+'))
        return take_offset(text, 1, offset);
    if (take_byte(text, '-'))
        return take_offset(text, -1, offset);
    return is_zone_name(*text);
}

static bool take_time(struct str *text, struct parts *parts)
{
    parts->has_time = true;
    if (!take_digits(text, 2, 23, &parts->hour))
        return false;
    if (take_byte(text, ':')) {
        if (!take_digits(text, 2, 59, &parts->minute))
            return false;
        if (take_byte(text, ':')) {
            if (!take_digits(text, 2, 59, &parts->second))
                return false;
            if ((take_byte(text, '.') || take_byte(text, ',')) &&
                !take_fraction(text, &parts->nanos))
                return false;
        }
    }
    return take_zone(text, &parts->offset);
}

/* Four digits, perhaps after a '-', or more after a sign. Of the latter a month must follow: the
 * text may be a count of milliseconds. */
static bool take_year(struct str *text, int *year)
{
    bool negative = take_byte(text, '-'), positive = !negative && take_byte(text, '+');
    size_t count = 0;

    while (count < text->len && text->ptr[count] >= '0' && text->ptr[count] <= '9')
        count++;
    if (count != YEAR_DIGITS && (count < YEAR_DIGITS || count > YEAR_DIGITS_MAX ||
                                 !(negative || positive) || count == text->len))
        return false;
    if (positive && count == YEAR_DIGITS)
        return false;
    (void)take_digits(text, count, INT_MAX, year);
    if (negative)
        *year = -*year;
    return true;
}

static bool read_parts(struct str text, struct parts *parts)
{
    *parts = (struct parts){ .month = 1, .day = 1 };
    if (!take_year(&text, &parts->year))
        return false;
    if (!text.len)
        return true;
    if (!take_byte(&text, '-') || !take_digits(&text, 2, 12, &parts->month))
        return false;
    if (!text.len)
        return true;
    if (!take_byte(&text, '-') || !take_digits(&text, 2, 31, &parts->day))
        return false;
    if (!text.len)
        return true;
    if (!take_byte(&text, 'T'))
        return false;
    return !text.len || take_time(&text, parts);
}

/* Days since 1970-01-01 of a date in the proleptic Gregorian calendar. Years are counted from
 * March, in eras of 400, so that the leap day comes last. */
static int64_t days_of(int64_t year, int month, int day)
{
    int64_t era, year_of_era, day_of_year;

    year -= month <= 2;
    era = (year >= 0 ? year : year - 399) / 400;
    year_of_era = year - era * 400;
    day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static void date_of(int64_t days, int64_t *year, int *month, int *day)
{
    int64_t era, day_of_era, year_of_era, day_of_year, shifted;

    days += 719468;
    era = (days >= 0 ? days : days - 146096) / 146097;
    day_of_era = days - era * 146097;
    year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    shifted = (5 * day_of_year + 2) / 153;
    *day = (int)(day_of_year - (153 * shifted + 2) / 5 + 1);
    *month = (int)(shifted < 10 ? shifted + 3 : shifted - 9);
    *year = year_of_era + era * 400 + (*month <= 2);
}

static bool in_calendar(const struct parts *parts)
{
    int64_t year;
    int month, day;

    if (parts->month < 1 || parts->day < 1)
        return false;
    date_of(days_of(parts->year, parts->month, parts->day), &year, &month, &day);
    return month == parts->month && day == parts->day;
}

/* A count of milliseconds, with up to six digits after a point. */
static bool read_millis(struct str text, struct instant *instant)
{
    bool negative = take_byte(&text, '-');
    uint64_t most = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX, count = 0;
    size_t digits = 0;
    int32_t fraction = 0;
    int64_t millis;

    for (; digits < text.len && text.ptr[digits] >= '0' && text.ptr[digits] <= '9'; digits++) {
        unsigned digit = (unsigned)(text.ptr[digits] - '0');

        if (count > (most - digit) / 10)
            return false;
        count = count * 10 + digit;
    }
    text = str_from_offset(text, digits);
    if (!digits || (take_byte(&text, '.') && (text.len > 6 || !take_fraction(&text, &fraction))) ||
        text.len)
        return false;
    millis = negative ? (int64_t)(0 - count) : (int64_t)count;
    fraction = fraction / 1000 * (negative ? -1 : 1);
    instant->seconds = millis / 1000;
    instant->nanos = (int32_t)(millis % 1000 * NANOS_A_MILLI) + fraction;
    if (instant->nanos < 0) {
        instant->seconds--;
        instant->nanos += 1000 * NANOS_A_MILLI;
    }
    return true;
}

/* Whether 64 bits hold its milliseconds. */
static bool in_range(const struct instant *instant)
{
    const int64_t first = INT64_MIN / 1000 - 1, last = INT64_MAX / 1000;
    const int32_t first_nanos = (int32_t)(1000 + INT64_MIN % 1000) * NANOS_A_MILLI,
                  end_nanos = (int32_t)(INT64_MAX % 1000 + 1) * NANOS_A_MILLI;

    if (instant->seconds == first)
        return instant->nanos >= first_nanos;
    if (instant->seconds == last)
        return instant->nanos < end_nanos;
    return instant->seconds > first && instant->seconds < last;
}

enum instant_fault instant_read(struct str text, struct instant *instant)
{
    struct parts parts;

    if (!text.len)
        return INSTANT_EMPTY;
    if (!read_parts(text, &parts))
        return read_millis(text, instant) && in_range(instant) ? INSTANT_READ : INSTANT_UNPARSABLE;
    if (!parts.has_time || !in_calendar(&parts))
        return INSTANT_INCOMPLETE;
    instant->seconds = days_of(parts.year, parts.month, parts.day) * SECONDS_A_DAY +
                       ((int64_t)parts.hour * 60 + parts.minute) * 60 + parts.second - parts.offset;
    instant->nanos = parts.nanos;
    return in_range(instant) ? INSTANT_READ : INSTANT_UNPARSABLE;
}

static char *put_two(char *at, int number)
{
    *at++ = (char)('0' + number / 10);
    *at++ = (char)('0' + number % 10);
    return at;
}

/* At least four digits, and a sign if the year is negative or has more. */
static char *put_year(char *at, int64_t year)
{
    char digits[20];
    int count = 0;

    if (year < 0 || year > 9999)
        *at++ = year < 0 ? '-' : '+';
    for (year = year < 0 ? -year : year; year || count < 4; year /= 10)
        digits[count++] = (char)('0' + year % 10);
    while (count)
        *at++ = digits[--count];
    return at;
}

/* Three to nine digits: more than three only as needed. */
static char *put_nanos(char *at, int32_t nanos)
{
    int width = 3;

    for (int32_t left = nanos % NANOS_A_MILLI, unit = NANOS_A_MILLI / 10; left; unit /= 10) {
        left %= unit;
        width++;
    }
    for (int32_t unit = 100000000; width; width--, unit /= 10)
        *at++ = (char)('0' + nanos / unit % 10);
    return at;
}

int64_t instant_millis(struct instant instant)
{
    int64_t millis = instant.nanos / 1000000;

    if (instant.seconds < 0) /* the seconds of the earliest one would not fit alone */
        return (instant.seconds + 1) * 1000 + (millis - 1000);
    return instant.seconds * 1000 + millis;
}

struct str instant_write(struct instant instant, struct arena *arena)
{
    int64_t second = instant.seconds % SECONDS_A_DAY, days = instant.seconds / SECONDS_A_DAY, year;
    char *text = arena_take(arena, 48), *at = text;
    int month, day, of_day;

    if (second < 0) {
        second += SECONDS_A_DAY;
        days--;
    }
    of_day = (int)second;
    date_of(days, &year, &month, &day);
    at = put_year(at, year);
    *at++ = '-';
    at = put_two(at, month);
    *at++ = '-';
    at = put_two(at, day);
    *at++ = 'T';
    at = put_two(at, of_day / 3600);
    *at++ = ':';
    at = put_two(at, of_day / 60 % 60);
    *at++ = ':';
    at = put_two(at, of_day % 60);
    *at++ = '.';
    at = put_nanos(at, instant.nanos);
    *at++ = 'Z';
    return (struct str){ text, (size_t)(at - text) };
}

int instant_order(struct str time, struct str other)
{
    time.len -= time.len > 0; /* without their Z */
    other.len -= other.len > 0;
    return str_compare(time, other);
}

struct instant instant_now(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    return (struct instant){ now.tv_sec, (int32_t)(now.tv_nsec / 1000 * 1000) };
}

int64_t instant_ticks(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / NANOS_PER_TICK;
}

uint64_t instant_nanos(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}
