/* text.c: a text that is written from front to back. */
#include "base/text.h"

#include <stdlib.h>

#include "base/utf8.h"

struct text text_new(struct arena *arena, size_t room)
{
    return (struct text){ arena, arena_take(arena, room), 0, room };
}

static void reserve(struct text *text, size_t more)
{
    size_t size = text->size ? text->size : 64;

    if (text->size - text->len >= more)
        return;
    while (size - text->len < more)
        size *= 2;
    text->ptr = arena_grow(text->arena, text->ptr, text->size, size);
    text->size = size;
}

void text_add(struct text *text, struct str bytes)
{
    reserve(text, bytes.len);
    if (bytes.len)
        memcpy(text->ptr + text->len, bytes.ptr, bytes.len);
    text->len += bytes.len;
}

void text_byte(struct text *text, char byte)
{
    reserve(text, 1);
    text->ptr[text->len++] = byte;
}

static void add_digits(struct text *text, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    text_add(text, (struct str){ digits + at, sizeof digits - at });
}

void text_number(struct text *text, int64_t number)
{
    if (number < 0)
        text_byte(text, '-');
    add_digits(text, number < 0 ? 0 - (uint64_t)number : (uint64_t)number);
}

/* The letter that escapes a byte; 'u' if it has none of its own. */
static char escape_letter(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return byte < 0x20 ? 'u' : '\0';
    }
}

void text_json(struct text *text, struct str bytes)
{
    static const char hex[] = "0123456789abcdef";
    size_t start = 0;

    text_byte(text, '"');
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char byte = (unsigned char)bytes.ptr[i];
        size_t length = byte < 0x80 ? 1 : utf8_length(bytes.ptr + i, bytes.len - i);
        char letter;

        if (length > 1) {
            i += length - 1;
            continue;
        }
        if (length && byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        text_add(text, (struct str){ bytes.ptr + start, i - start });
        start = i + 1;
        if (!length) {
            text_add(text, UTF8_REPLACEMENT);
            continue;
        }
        letter = escape_letter(byte);
        text_byte(text, '\\');
        text_byte(text, letter);
        if (letter == 'u')
            text_add(text, (struct str){ (char[]){ '0', '0', hex[byte >> 4], hex[byte & 15] }, 4 });
    }
    text_add(text, (struct str){ bytes.ptr + start, bytes.len - start });
    text_byte(text, '"');
}

/* Adds the value of one conversion, whose letters begin at `conversion`, and gives what is after
 * them. */
static const char *add_value(struct text *text, const char *conversion, va_list *values)
{
    static const struct {
        const char *letters;
        enum { TEXT, BYTES, INT, UNSIGNED, LONG_LONG, UNSIGNED_LONG_LONG, SIZE } kind;
    } conversions[] = {
        { "s", TEXT },     { ".*s", BYTES },     { "d", INT },
        { "u", UNSIGNED }, { "lld", LONG_LONG }, { "llu", UNSIGNED_LONG_LONG },
        { "zu", SIZE },
    };
    size_t i = 0;
    int len;

    while (strncmp(conversion, conversions[i].letters, strlen(conversions[i].letters)) != 0)
        if (++i == sizeof conversions / sizeof conversions[0])
            abort();
    switch (conversions[i].kind) {
    case TEXT:
        text_add(text, str_from(va_arg(*values, const char *)));
        break;
    case BYTES:
        len = va_arg(*values, int);
        text_add(text, (struct str){ va_arg(*values, const char *), (size_t)len });
        break;
    case INT:
        text_number(text, va_arg(*values, int));
        break;
    case UNSIGNED:
        add_digits(text, va_arg(*values, unsigned));
        break;
    case LONG_LONG:
        text_number(text, va_arg(*values, long long));
        break;
    case UNSIGNED_LONG_LONG:
        add_digits(text, va_arg(*values, unsigned long long));
        break;
    case SIZE:
        add_digits(text, va_arg(*values, size_t));
        break;
    }
    return conversion + strlen(conversions[i].letters);
}

void text_format_values(struct text *text, const char *format, va_list values)
{
    va_list left;

    va_copy(left, values);
    while (*format) {
        const char *end = strchr(format, '%');

        if (!end)
            end = format + strlen(format);
        text_add(text, (struct str){ format, (size_t)(end - format) });
        format = *end ? add_value(text, end + 1, &left) : end;
    }
    va_end(left);
}

void text_format(struct text *text, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    text_format_values(text, format, values);
    va_end(values);
}

struct str arena_format(struct arena *arena, const char *format, ...)
{
    struct text text = text_new(arena, 64);
    va_list values;

    va_start(values, format);
    text_format_values(&text, format, values);
    va_end(values);
    text_byte(&text, '\0');
    return (struct str){ text.ptr, text.len - 1 };
}
