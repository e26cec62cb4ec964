/* str.h: a view of bytes. It owns nothing, and may hold NUL bytes. If `ptr` is NULL the text is
 * absent, which is not the same as empty. */
#ifndef LASTSYNC_STR_H
#define LASTSYNC_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct str {
    const char *ptr;
    size_t len;
};

/* clang-format off */

/* A literal, as an initializer in a table, and as an expression. */
#define STR_ROW(literal) { (literal), sizeof(literal) - 1 }
#define STR(literal)     ((struct str)STR_ROW(literal))

/* clang-format on */

static inline struct str str_or_empty(struct str text)
{
    return text.ptr ? text : STR("");
}

/* For printf's "%.*s". */
#define STR_ARGS(view) (int)(view).len, (view).ptr

static inline struct str str_from(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

/* Compares in byte order, as Redis sorts members: a text that begins another comes before it. */
static inline int str_compare(struct str a, struct str b)
{
    size_t shared = a.len < b.len ? a.len : b.len;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;

    return order ? order : (a.len > b.len) - (a.len < b.len);
}

static inline char str_lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

/* Equal, if upper and lower case of ASCII letters are the same. */
static inline bool str_equal_ignoring_case(struct str a, struct str b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (str_lower(a.ptr[i]) != str_lower(b.ptr[i]))
            return false;
    return true;
}

static inline bool str_starts(struct str text, struct str start)
{
    return text.len >= start.len && (start.len == 0 || memcmp(text.ptr, start.ptr, start.len) == 0);
}

/* What follows the first `count` bytes. */
static inline struct str str_from_offset(struct str text, size_t count)
{
    return (struct str){ text.ptr + count, text.len - count };
}

/* Takes the text up to `separator` off the front of *rest, and the separator too. If there is none
 * it takes all, and leaves *rest absent. */
static inline struct str str_take(struct str *rest, char separator)
{
    const char *end = rest->len ? memchr(rest->ptr, separator, rest->len) : NULL;
    struct str part = *rest;

    if (!end) {
        *rest = (struct str){ NULL, 0 };
        return part;
    }
    part.len = (size_t)(end - part.ptr);
    *rest = str_from_offset(*rest, part.len + 1);
    return part;
}

/* str_take as the condition of a loop: sets *part, or gives false when *rest is absent. "a," has
 * two parts, "" has one. */
static inline bool str_split(struct str *rest, char separator, struct str *part)
{
    if (!rest->ptr)
        return false;
    *part = str_take(rest, separator);
    return true;
}

static inline struct str str_trim(struct str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t'))
        text = str_from_offset(text, 1);
    while (text.len && (text.ptr[text.len - 1] == ' ' || text.ptr[text.len - 1] == '\t'))
        text.len--;
    return text;
}

#endif
