/* records.h: makes FastCGI records, right and wrong ones, as a web server or an attacker sends
 * them. */
#ifndef LASTSYNC_UNIT_RECORDS_H
#define LASTSYNC_UNIT_RECORDS_H

#include "base/text.h"

/* FastCGI 1.0, section 8. */
enum record_type {
    BEGIN_REQUEST = 1,
    ABORT_REQUEST = 2,
    END_REQUEST = 3,
    PARAMS = 4,
    STDIN = 5,
    STDOUT = 6,
    GET_VALUES = 9
};

enum { RECORD_HEADER = 8, CONTENT_MAX = 65535 };

static inline void add_header(struct text *out, unsigned type, unsigned id, size_t content,
                              unsigned padding)
{
    char bytes[] = { 1,
                     (char)type,
                     (char)(id >> 8),
                     (char)id,
                     (char)(content >> 8),
                     (char)content,
                     (char)padding,
                     0 };

    text_add(out, (struct str){ bytes, sizeof bytes });
}

/* One record, with some padding. */
static inline void add_record(struct text *out, unsigned type, unsigned id, struct str content)
{
    unsigned padding = (unsigned)(8 - content.len % 8) % 8;

    add_header(out, type, id, content.len, padding);
    text_add(out, content);
    text_add(out, (struct str){ "\0\0\0\0\0\0\0", padding });
}

static inline void add_begin(struct text *out, unsigned id, bool keep)
{
    char role[] = { 0, 1, (char)keep, 0, 0, 0, 0, 0 };

    add_record(out, BEGIN_REQUEST, id, (struct str){ role, sizeof role });
}

static inline void add_length(struct text *out, size_t len)
{
    if (len >= 0x80) {
        text_byte(out, (char)(0x80 | len >> 24));
        text_byte(out, (char)(len >> 16));
        text_byte(out, (char)(len >> 8));
    }
    text_byte(out, (char)len);
}

/* Adds a name and a value to the content of a record of parameters. */
static inline void add_parameter(struct text *content, struct str name, struct str value)
{
    add_length(content, name.len);
    add_length(content, value.len);
    text_add(content, name);
    text_add(content, value);
}

/* Adds a stream in records of at most `most` bytes, with the empty one that ends it. */
static inline void add_stream(struct text *out, unsigned type, unsigned id, struct str bytes,
                              size_t most)
{
    while (bytes.len) {
        size_t len = bytes.len < most ? bytes.len : most;

        add_record(out, type, id, (struct str){ bytes.ptr, len });
        bytes = str_from_offset(bytes, len);
    }
    add_header(out, type, id, 0, 0);
}

/* A whole plain request; without CONTENT_LENGTH if `length` is absent. */
static inline void add_request(struct text *out, struct str target, struct str length,
                               struct str body)
{
    struct text content = text_new(out->arena, 256);

    add_begin(out, 1, true);
    add_parameter(&content, STR("REQUEST_METHOD"), STR("PUT"));
    add_parameter(&content, STR("REQUEST_URI"), target);
    add_parameter(&content, STR("HTTP_ACCEPT"), STR("application/json"));
    if (length.ptr)
        add_parameter(&content, STR("CONTENT_LENGTH"), length);
    add_stream(out, PARAMS, 1, text_str(&content), CONTENT_MAX);
    add_stream(out, STDIN, 1, body, CONTENT_MAX);
}

#endif
