/* text.c: a text that is written from front to back. */
#include "base/text.h"

#include <stdio.h>

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

void text_number(struct text *text, int64_t number)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)number);

    text_add(text, (struct str){ digits, (size_t)len });
}

/* What stands behind the backslash of a byte; 'u' where it has no letter of its own. */
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
        char letter;

        if (byte >= 0x20 && byte != '"' && byte != '\\')
            continue;
        letter = escape_letter(byte);
        text_add(text, (struct str){ bytes.ptr + start, i - start });
        text_byte(text, '\\');
        text_byte(text, letter);
        if (letter == 'u')
            text_add(text, (struct str){ (char[]){ '0', '0', hex[byte >> 4], hex[byte & 15] }, 4 });
        start = i + 1;
    }
    text_add(text, (struct str){ bytes.ptr + start, bytes.len - start });
    text_byte(text, '"');
}
