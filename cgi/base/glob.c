/* glob.c: matches wildcards. */
#include "base/glob.h"

/* The length of the UTF-8 character at `at`: its continuation bytes count to it. */
static size_t character_length(struct str text, size_t at)
{
    size_t end = at + 1;

    while (end < text.len && ((unsigned char)text.ptr[end] & 0xc0) == 0x80)
        end++;
    return end - at;
}

/* Takes one character of the pattern, other than '*', that fits at `at`. */
static bool step(struct str pattern, size_t *in_pattern, struct str text, size_t *at)
{
    char wanted = pattern.ptr[*in_pattern];

    if (wanted == '?') {
        *at += character_length(text, *at);
        *in_pattern += 1;
        return true;
    }
    if (wanted == '\\' && *in_pattern + 1 < pattern.len) {
        if (pattern.ptr[*in_pattern + 1] != text.ptr[*at])
            return false;
        *in_pattern += 2;
    } else {
        if (wanted != text.ptr[*at])
            return false;
        *in_pattern += 1;
    }
    *at += 1;
    return true;
}

bool glob_matches(struct str pattern, struct str text)
{
    size_t in_pattern = 0, at = 0;
    size_t star = pattern.len,
           retry = 0; /* the latest '*', and where the text behind its run begins */

    while (at < text.len) {
        if (in_pattern < pattern.len && pattern.ptr[in_pattern] == '*') {
            star = in_pattern++;
            retry = at;
        } else if (in_pattern < pattern.len && step(pattern, &in_pattern, text, &at)) {
            continue;
        } else if (star < pattern.len) {
            in_pattern = star + 1;
            retry += character_length(text, retry);
            at = retry;
        } else {
            return false;
        }
    }
    while (in_pattern < pattern.len && pattern.ptr[in_pattern] == '*')
        in_pattern++;
    return in_pattern == pattern.len;
}
