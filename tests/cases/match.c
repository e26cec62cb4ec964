/* match.c: compares the answer that came with the one that a case expects. */
#include "match.h"

#include <stdio.h>

/* '*' in the pattern stands for any run of bytes. Only the latest one is ever widened: what an
 * earlier one could take more, it can take as well. */
static bool fits(struct str pattern, struct str text)
{
    struct str retry_pattern = { NULL, 0 };
    struct str retry_text = { NULL, 0 };

    while (text.len > 0 || pattern.len > 0) {
        if (pattern.len > 0 && pattern.ptr[0] == '*') {
            pattern = str_from_offset(pattern, 1);
            retry_pattern = pattern;
            retry_text = text;
        } else if (pattern.len > 0 && text.len > 0 && pattern.ptr[0] == text.ptr[0]) {
            pattern = str_from_offset(pattern, 1);
            text = str_from_offset(text, 1);
        } else if (retry_pattern.ptr && retry_text.len > 0) {
            retry_text = str_from_offset(retry_text, 1);
            pattern = retry_pattern;
            text = retry_text;
        } else {
            return false;
        }
    }
    return true;
}

static bool header_fits(const struct expected_header *expected, const struct answer *seen)
{
    for (size_t i = 0; i < seen->header_count; i++) {
        if (!str_equal_ignoring_case(expected->name, str_from(seen->headers[i].name)))
            continue;
        if (!expected->value.ptr)
            return false;
        if (fits(expected->value, str_from(seen->headers[i].value)))
            return true;
    }
    return !expected->value.ptr;
}

static bool body_fits(const struct expectation *expected, const struct answer *seen)
{
    return !expected->body.ptr || fits(expected->body, (struct str){ seen->body, seen->body_len });
}

bool match_answer(const struct expectation *expected, const struct answer *seen)
{
    for (size_t i = 0; i < expected->header_count; i++)
        if (!header_fits(&expected->headers[i], seen))
            return false;
    return expected->status == seen->status && body_fits(expected, seen);
}

/* On one line, with any contents. */
static void print_line(const char *start, struct str text)
{
    (void)fputs(start, stdout);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char byte = (unsigned char)text.ptr[i];

        if (byte == '\n')
            (void)fputs("\\n", stdout);
        else if (byte < ' ' || byte == 0x7f)
            printf("\\x%02x", byte);
        else
            putchar(byte);
    }
    putchar('\n');
}

static void print_header(const struct expected_header *expected, const struct answer *seen)
{
    bool found = false;

    if (expected->value.ptr)
        printf("    - %.*s: %.*s\n", STR_ARGS(expected->name), STR_ARGS(expected->value));
    else
        printf("    - no %.*s\n", STR_ARGS(expected->name));
    for (size_t i = 0; i < seen->header_count; i++) {
        if (str_equal_ignoring_case(expected->name, str_from(seen->headers[i].name))) {
            printf("    + %s: %s\n", seen->headers[i].name, seen->headers[i].value);
            found = true;
        }
    }
    if (!found)
        printf("    + no %.*s\n", STR_ARGS(expected->name));
}

void match_print(const struct expectation *expected, const struct answer *seen)
{
    if (expected->status != seen->status)
        printf("    - %d\n    + %d\n", expected->status, seen->status);
    for (size_t i = 0; i < expected->header_count; i++)
        if (!header_fits(&expected->headers[i], seen))
            print_header(&expected->headers[i], seen);
    if (!body_fits(expected, seen))
        print_line("    - ", expected->body);
    if (!body_fits(expected, seen) || expected->status != seen->status)
        print_line("    + ", (struct str){ seen->body, seen->body_len });
}
