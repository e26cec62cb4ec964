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

/* Add bytes, one byte, a number in decimal. */
void text_add(struct text *text, struct str bytes);
void text_byte(struct text *text, char byte);
void text_number(struct text *text, int64_t number);

/* Adds the bytes as a JSON string, with its quotes. What is not UTF-8 in them becomes U+FFFD. */
void text_json(struct text *text, struct str bytes);

/* Add by a printf format, of which only %s, %.*s, %d, %u, %lld, %llu and %zu are understood. A
 * "%.*s" takes all of its bytes, NUL among them. */
void text_format(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_format_values(struct text *text, const char *format, va_list values)
    __attribute__((format(printf, 2, 0)));

/* A text of its own by such a format, with a NUL behind it that does not count. */
struct str arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* What has been written so far: valid until the next addition. */
static inline struct str text_str(const struct text *text)
{
    return (struct str){ text->ptr, text->len };
}

#endif
