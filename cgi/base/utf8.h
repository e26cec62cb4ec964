/* utf8.h: which bytes are UTF-8 (RFC 3629, section 4): no overlong forms, no surrogates. */
#ifndef LASTSYNC_UTF8_H
#define LASTSYNC_UTF8_H

#include <stdint.h>

#include "base/str.h"

/* The byte order mark that some programs put in front of a text. */
#define UTF8_MARK STR("\xef\xbb\xbf")

/* Replaces bytes that are not UTF-8. */
#define UTF8_REPLACEMENT STR("\xef\xbf\xbd")

enum { UTF8_CHARACTER_MAX = 4 };

/* How many bytes the character at `text` takes; 0 if there is none. `left` bytes are there, at
 * least one. */
size_t utf8_length(const char *text, size_t left);

/* The code of the character at `text`, which takes `length` bytes. */
int32_t utf8_read(const char *text, size_t length);

/* Writes a character of `length` bytes in lower case, in one to four bytes, and gives how many. The
 * C library knows the letters beyond A to Z. */
size_t utf8_lower(char *out, const char *text, size_t length);

/* Whether the whole text is UTF-8. */
bool utf8_valid(struct str text);

/* At most `most` bytes of a text, cut between characters. */
struct str utf8_cut(struct str text, size_t most);

/* Writes the character of that code, which must not be a surrogate, in one to four bytes, and gives
 * how many. */
size_t utf8_write(char *out, int32_t code);

#endif
