/* base64.c: reads and writes base64. */
#include "base/base64.h"

#include <stdint.h>

enum { NO_DIGIT = 64 };

static const char usual[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static unsigned digit_value(char digit)
{
    if (digit >= 'A' && digit <= 'Z')
        return (unsigned)(digit - 'A');
    if (digit >= 'a' && digit <= 'z')
        return (unsigned)(digit - 'a') + 26;
    if (digit >= '0' && digit <= '9')
        return (unsigned)(digit - '0') + 52;
    return digit == '+' ? 62 : digit == '/' ? 63 : NO_DIGIT;
}

/* Takes the padding off; false if it is not the right one. */
static bool cut_padding(struct str *text)
{
    size_t whole = text->len;

    while (text->len && text->ptr[text->len - 1] == '=')
        text->len--;
    return text->len == whole || (whole % 4 == 0 && whole - text->len <= 2);
}

struct str base64_read(struct str text, struct arena *arena)
{
    const struct str absent = { NULL, 0 };
    uint32_t bits = 0;
    unsigned count = 0;
    size_t len = 0;
    char *bytes;

    if (!cut_padding(&text) || text.len % 4 == 1)
        return absent;
    bytes = arena_take(arena, text.len / 4 * 3 + 3);
    for (size_t i = 0; i < text.len; i++) {
        unsigned value = digit_value(text.ptr[i]);

        if (value == NO_DIGIT)
            return absent;
        bits = (bits << 6 | value) & 0xffff;
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        bytes[len++] = (char)(bits >> count & 0xff);
    }
    if (bits & ((1U << count) - 1))
        return absent;
    return (struct str){ bytes, len };
}

static struct str write_digits(struct str bytes, const char *alphabet, bool padded,
                               struct arena *arena)
{
    char *digits = arena_take(arena, bytes.len / 3 * 4 + 4);
    size_t len = 0;

    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t bits = (uint32_t)(unsigned char)bytes.ptr[i] << 16;

        if (left > 1)
            bits |= (uint32_t)(unsigned char)bytes.ptr[i + 1] << 8;
        if (left > 2)
            bits |= (unsigned char)bytes.ptr[i + 2];
        for (unsigned k = 0; k < 4; k++) {
            if (k <= left)
                digits[len++] = alphabet[bits >> (18 - 6 * k) & 63];
            else if (padded)
                digits[len++] = '=';
        }
    }
    return (struct str){ digits, len };
}

struct str base64_write(struct str bytes, struct arena *arena)
{
    return write_digits(bytes, usual, true, arena);
}

struct str base64_write_url(struct str bytes, struct arena *arena)
{
    return write_digits(bytes, for_urls, false, arena);
}
