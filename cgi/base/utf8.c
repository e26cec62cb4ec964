/* utf8.c: reads and writes UTF-8. */
#include "base/utf8.h"

#include <locale.h>
#include <string.h>
#include <wctype.h>

size_t utf8_length(const char *text, size_t left)
{
    const unsigned char *at = (const unsigned char *)text;
    static const struct {
        unsigned char first, last; /* of the first byte */
        unsigned char second_from, second_to;
        unsigned char length;
    } forms[] = {
        { 0xc2, 0xdf, 0x80, 0xbf, 2 }, { 0xe0, 0xe0, 0xa0, 0xbf, 3 }, { 0xe1, 0xec, 0x80, 0xbf, 3 },
        { 0xed, 0xed, 0x80, 0x9f, 3 }, { 0xee, 0xef, 0x80, 0xbf, 3 }, { 0xf0, 0xf0, 0x90, 0xbf, 4 },
        { 0xf1, 0xf3, 0x80, 0xbf, 4 }, { 0xf4, 0xf4, 0x80, 0x8f, 4 },
    };

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (at[0] < forms[i].first || at[0] > forms[i].last)
            continue;
        if (left < forms[i].length || at[1] < forms[i].second_from || at[1] > forms[i].second_to)
            return 0;
        for (size_t k = 2; k < forms[i].length; k++)
            if ((at[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].length;
    }
    return 0;
}

/* Where the ASCII that begins at `at` ends. Looks at eight bytes at a time. */
static size_t skip_ascii(struct str text, size_t at)
{
    const uint64_t highs = 0x8080808080808080;
    uint64_t eight;

    for (; text.len - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, text.ptr + at, sizeof eight);
        if (eight & highs)
            break;
    }
    while (at < text.len && (unsigned char)text.ptr[at] < 0x80)
        at++;
    return at;
}

bool utf8_valid(struct str text)
{
    for (size_t at = skip_ascii(text, 0); at < text.len; at = skip_ascii(text, at)) {
        size_t length = utf8_length(text.ptr + at, text.len - at);

        if (!length)
            return false;
        at += length;
    }
    return true;
}

struct str utf8_cut(struct str text, size_t most)
{
    if (text.len <= most)
        return text;
    while (most && ((unsigned char)text.ptr[most] & 0xc0) == 0x80)
        most--;
    text.len = most;
    return text;
}

size_t utf8_write(char *out, int32_t code)
{
    if (code < 0x80) {
        out[0] = (char)code;
        return 1;
    }
    if (code < 0x800) {
        out[0] = (char)(0xc0 | code >> 6);
        out[1] = (char)(0x80 | (code & 0x3f));
        return 2;
    }
    if (code < 0x10000) {
        out[0] = (char)(0xe0 | code >> 12);
        out[1] = (char)(0x80 | (code >> 6 & 0x3f));
        out[2] = (char)(0x80 | (code & 0x3f));
        return 3;
    }
    out[0] = (char)(0xf0 | code >> 18);
    out[1] = (char)(0x80 | (code >> 12 & 0x3f));
    out[2] = (char)(0x80 | (code >> 6 & 0x3f));
    out[3] = (char)(0x80 | (code & 0x3f));
    return 4;
}

int32_t utf8_read(const char *text, size_t length)
{
    static const int32_t first_bits[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
    int32_t code = (unsigned char)text[0] & first_bits[length];

    for (size_t i = 1; i < length; i++)
        code = code << 6 | ((unsigned char)text[i] & 0x3f);
    return code;
}

/* glibc and musl both have that locale built in. */
static locale_t letters(void)
{
    static locale_t locale;

    if (!locale)
        locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    return locale;
}

size_t utf8_lower(char *out, const char *text, size_t length)
{
    locale_t locale = length > 1 ? letters() : (locale_t)0;

    if (locale)
        return utf8_write(out, (int32_t)towlower_l((wint_t)utf8_read(text, length), locale));
    memcpy(out, text, length);
    if (length == 1)
        out[0] = str_lower(out[0]);
    return length;
}
