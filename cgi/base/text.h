/* text.h: a text that is written from front to back, in an arena. */
#ifndef LASTSYNC_TEXT_H
#define LASTSYNC_TEXT_H

#include <stdarg.h>
#include <stdint.h>

#include "base/arena.h"

struct text {
    struct arena *arena;
    char *ptr;
    size_t len;
    size_t size;
};

/* An empty text with room for `room` bytes before it has to grow. */
struct text text_new(struct arena *arena, size_t room);

/* Add several bytes, one byte, or a number in decimal. */
void text_add(struct text *text, struct str bytes);
void text_byte(struct text *text, char byte);
void text_number(struct text *text, int64_t number);

/* Adds the bytes as a JSON string, with its quotes. Bytes that are not UTF-8 become U+FFFD. */
void text_json(struct text *text, struct str bytes);

/* Add by a printf format that may hold %s, %.*s, %d, %u, %lld, %llu and %zu only. "%.*s" adds all
 * of its bytes, even after a NUL. */
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_format_values(struct text *text, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/* Makes a text by a format of text_format, followed by a NUL that its length does not include. */
struct str arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The text so far. The view is valid until the next addition. */
static inline struct str text_str(const struct text *text)
{
    return (struct str){ text->ptr, text->len };
}

#endif
