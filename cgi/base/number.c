/* number.c: reads whole numbers. */
#include "base/number.h"

enum { EXPONENT_MAX = 1000000 }; /* any larger one leads to nothing, or out of range */

static bool is_digit(char byte)
{
    return byte >= '0' && byte <= '9';
}

/* Takes a sign off the front; true for a minus. */
static bool take_sign(struct str *text)
{
    bool minus = text->len && text->ptr[0] == '-';

    if (minus || (text->len && text->ptr[0] == '+'))
        *text = str_from_offset(*text, 1);
    return minus;
}

static struct str take_digits(struct str *text)
{
    struct str digits = { text->ptr, 0 };

    while (digits.len < text->len && is_digit(text->ptr[digits.len]))
        digits.len++;
    *text = str_from_offset(*text, digits.len);
    return digits;
}

static bool read_exponent(struct str text, long *exponent)
{
    bool minus = take_sign(&text);
    struct str digits = take_digits(&text);
    long value = 0;

    if (!digits.len || text.len)
        return false;
    for (size_t i = 0; i < digits.len && value < EXPONENT_MAX; i++)
        value = value * 10 + (digits.ptr[i] - '0');
    *exponent = minus ? -value : value;
    return true;
}

/* Appends a digit to a magnitude; false if it would be more than `most`. */
static bool push_digit(uint64_t *magnitude, char digit, uint64_t most)
{
    unsigned value = (unsigned)(digit - '0');

    if (value > most || *magnitude > (most - value) / 10)
        return false;
    *magnitude = *magnitude * 10 + value;
    return true;
}

enum number_fault number_truncate(struct str text, int64_t *number)
{
    bool minus = take_sign(&text);
    struct str whole = take_digits(&text), fraction = { NULL, 0 };
    uint64_t most = (uint64_t)INT64_MAX + minus, magnitude = 0;
    long exponent = 0, digits;

    if (text.len && text.ptr[0] == '.') {
        text = str_from_offset(text, 1);
        fraction = take_digits(&text);
    }
    if (!whole.len && !fraction.len)
        return NUMBER_MALFORMED;
    if (text.len && str_lower(text.ptr[0]) == 'e') {
        if (!read_exponent(str_from_offset(text, 1), &exponent))
            return NUMBER_MALFORMED;
    } else if (text.len) {
        return NUMBER_MALFORMED;
    }
    digits = (long)whole.len + exponent; /* how many digits stand before the point */
    for (long i = 0; i < digits; i++) {
        size_t at = (size_t)i;
        bool last = at >= whole.len + fraction.len;
        char digit = '0';

        if (last && !magnitude)
            break;
        if (at < whole.len)
            digit = whole.ptr[at];
        else if (!last)
            digit = fraction.ptr[at - whole.len];
        if (!push_digit(&magnitude, digit, most))
            return NUMBER_OUT_OF_RANGE;
    }
    *number = minus ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
    return NUMBER_READ;
}

enum number_fault number_count(struct str text, uint64_t most, uint64_t *count)
{
    uint64_t value = 0;

    if (!text.len)
        return NUMBER_MALFORMED;
    for (size_t i = 0; i < text.len; i++)
        if (!is_digit(text.ptr[i]))
            return NUMBER_MALFORMED;
    for (size_t i = 0; i < text.len; i++)
        if (!push_digit(&value, text.ptr[i], most))
            return NUMBER_OUT_OF_RANGE;
    *count = value;
    return NUMBER_READ;
}
