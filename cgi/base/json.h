/* json.h: reads JSON text token by token, strictly (RFC 8259, UTF-8 by RFC 3629), within budgets.
 *
 * It is stricter than json-c, whose tokener takes NaN, single quotes, raw control bytes, bad UTF-8
 * and lone surrogates, and clamps large integers. It also refuses a NUL in a key, because json-c
 * would cut the key there. It skips a byte order mark in front. Other encodings, and compressed
 * bodies, are refused by their names. */
#ifndef LASTSYNC_JSON_H
#define LASTSYNC_JSON_H

#include "base/arena.h"

enum {
    JSON_DEPTH_MAX = 256,
    JSON_BODY_DEPTH_MAX = JSON_DEPTH_MAX - 8 /* of a body: an answer wraps it in further levels */
};

enum json_token {
    JSON_NOTHING, /* the text ends before its value, or after it */
    JSON_OBJECT,
    JSON_OBJECT_END,
    JSON_ARRAY,
    JSON_ARRAY_END,
    JSON_KEY,
    JSON_STRING,
    JSON_INTEGER, /* a number without fraction and exponent */
    JSON_DECIMAL, /* any other number */
    JSON_TRUE,
    JSON_FALSE,
    JSON_NULL,
    JSON_FAULT
};

enum json_fault { JSON_MALFORMED, JSON_TRUNCATED, JSON_EXCESSIVE };

struct json_budget {
    unsigned depth;   /* how many objects and arrays may be open at once, at most JSON_DEPTH_MAX */
    unsigned members; /* how many members and elements the whole text may have */
};

/* Read only; json_open sets it up. */
struct json_reader {
    struct str input;
    size_t at;
    struct arena *arena;
    struct json_budget budget;
    unsigned depth;
    unsigned members;
    unsigned char expected;
    unsigned char open[JSON_DEPTH_MAX];

    enum json_token token; /* the latest token */
    size_t token_at;       /* its offset in the text; for JSON_FAULT, that of the offending byte */
    struct str text; /* of a key or string, decoded; of a number, its digits as sent: a view into
                        the input or the arena */
    enum json_fault fault; /* with JSON_FAULT: the fault, and its sentence */
    struct str message;
};

/* Starts at the front of `input`, which must outlive the reader and all it gives. */
void json_open(struct json_reader *reader, struct str input, struct json_budget budget,
               struct arena *arena);

/* Takes the next token and gives its kind; its text and place are in the reader. Behind the one
 * value that the text holds there may be blanks only, and then it gives JSON_NOTHING. After
 * JSON_FAULT it gives JSON_FAULT again. */
enum json_token json_next(struct json_reader *reader);

/* Skips to the end of the value whose first token was just taken. False after a JSON_FAULT. */
bool json_skip(struct json_reader *reader);

/* Ends the reading with a fault that the caller found, for example a key that came twice. */
enum json_token json_refuse(struct json_reader *reader, size_t at, struct str message);

/* Whether a whole text is JSON whose first token is of that kind, such as JSON_OBJECT, and no
 * object in it has a key twice: tree_parse (tree.h) would build it. */
bool json_is(struct str text, enum json_token kind, struct arena *arena);

/* Turns an offset into a line and a column, both from 1, the column in bytes. */
void json_place(struct str input, size_t offset, unsigned *line, unsigned *column);

#endif
