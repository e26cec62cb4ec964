/* json.c: a strict JSON reader. */
#include "base/json.h"

#include <stdint.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/utf8.h"

/* What may come next. */
enum {
    A_VALUE,
    A_VALUE_OR_END, /* after '[' */
    A_KEY_OR_END,   /* after '{' */
    A_COLON_VALUE,
    A_COMMA_OR_END,
    THE_END
};

static enum json_token fail(struct json_reader *reader, enum json_fault fault, size_t at,
                            struct str message)
{
    reader->fault = fault;
    reader->token_at = at;
    reader->message = message;
    reader->at = reader->input.len;
    return reader->token = JSON_FAULT;
}

/* How texts in other forms begin, and the sentence that refuses each. */
static const struct {
    struct str start, message;
} other_forms[] = {
    { STR_ROW("\x1f\x8b"), STR_ROW("this is gzip: it must be unpacked first") },
    { STR_ROW("\xfe\xff"), STR_ROW("this is UTF-16, and must be UTF-8") },
    { STR_ROW("\xff\xfe"), STR_ROW("this is UTF-16, and must be UTF-8") },
    { STR_ROW("\0{"), STR_ROW("this is UTF-16, and must be UTF-8") },
    { STR_ROW("{\0"), STR_ROW("this is UTF-16, and must be UTF-8") },
};

static void refuse_other_forms(struct json_reader *reader)
{
    for (size_t i = 0; i < sizeof other_forms / sizeof other_forms[0]; i++)
        if (str_starts(reader->input, other_forms[i].start))
            (void)fail(reader, JSON_MALFORMED, 0, other_forms[i].message);
}

void json_open(struct json_reader *reader, struct str input, struct json_budget budget,
               struct arena *arena)
{
    reader->input = input;
    reader->at = 0;
    reader->arena = arena;
    reader->budget = budget;
    reader->depth = 0;
    reader->members = 0;
    reader->expected = A_VALUE;
    reader->token = JSON_NOTHING;
    reader->token_at = 0;
    reader->text = (struct str){ NULL, 0 };
    if (str_starts(input, UTF8_MARK))
        reader->at = UTF8_MARK.len;
    else
        refuse_other_forms(reader);
}

void json_place(struct str input, size_t offset, unsigned *line, unsigned *column)
{
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset && i < input.len; i++) {
        bool newline = input.ptr[i] == '\n';

        *line += newline;
        *column = newline ? 1 : *column + 1;
    }
}

enum json_token json_refuse(struct json_reader *reader, size_t at, struct str message)
{
    return fail(reader, JSON_MALFORMED, at, message);
}

static enum json_token fail_at_end(struct json_reader *reader)
{
    return fail(reader, JSON_TRUNCATED, reader->input.len, STR("Unexpected end of file"));
}

static enum json_token fail_at(struct json_reader *reader, size_t at, const char *wanted)
{
    unsigned char byte = (unsigned char)reader->input.ptr[at];
    char shown[] = "?";

    if (byte >= 0x20 && byte < 0x7f)
        shown[0] = (char)byte;
    return fail(reader, JSON_MALFORMED, at,
                arena_format(reader->arena, "Unexpected character ('%s' (code %u)): %s", shown,
                             byte, wanted));
}

static void skip_blanks(struct json_reader *reader)
{
    const char *input = reader->input.ptr;

    while (reader->at < reader->input.len &&
           (input[reader->at] == ' ' || input[reader->at] == '\n' || input[reader->at] == '\r' ||
            input[reader->at] == '\t'))
        reader->at++;
}

/* Four hexadecimal digits, or -1. */
static int32_t hex4(const char *digits, size_t left)
{
    int32_t value = 0;

    if (left < 4)
        return -1;
    for (size_t i = 0; i < 4; i++) {
        char c = str_lower(digits[i]);

        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (c >= 'a' && c <= 'f')
            value = value * 16 + (c - 'a' + 10);
        else
            return -1;
    }
    return value;
}

/* Decodes the "\u" escape whose digits begin at `in`, and the next one too if they are a surrogate
 * pair. Gives the bytes read; 0 if it is malformed, or half a pair. */
static size_t decode_unicode(const char *in, size_t left, char *out, size_t *written)
{
    int32_t code = hex4(in, left);
    int32_t low;

    if (code < 0 || (code >= 0xdc00 && code <= 0xdfff))
        return 0;
    if (code < 0xd800 || code > 0xdbff) {
        *written = utf8_write(out, code);
        return 4;
    }
    if (left < 10 || in[4] != '\\' || in[5] != 'u')
        return 0;
    low = hex4(in + 6, left - 6);
    if (low < 0xdc00 || low > 0xdfff)
        return 0;
    *written = utf8_write(out, 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00));
    return 10;
}

/* Gives the character that the letter after a backslash means; NUL if it is not an escape. */
static char escaped_byte(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return '\0';
    }
}

/* Decodes the escapes of a string that was found well-formed otherwise. */
static bool decode_escapes(struct json_reader *reader, struct str raw)
{
    char *out = arena_take(reader->arena, raw.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < raw.len; i++) {
        size_t read, written;

        if (raw.ptr[i] != '\\') {
            out[len++] = raw.ptr[i];
            continue;
        }
        i++;
        if (raw.ptr[i] != 'u') {
            out[len++] = escaped_byte(raw.ptr[i]);
            continue;
        }
        read = decode_unicode(raw.ptr + i + 1, raw.len - i - 1, out + len, &written);
        if (!read) {
            (void)fail(reader, JSON_MALFORMED, (size_t)(raw.ptr + i - 1 - reader->input.ptr),
                       STR("Unrecognized or incomplete \\u escape, or half of a surrogate pair"));
            return false;
        }
        i += read;
        len += written;
    }
    reader->text = (struct str){ out, len };
    return true;
}

/* Plain bytes of a string: ASCII without the quote, the backslash and control bytes. */
static bool is_plain(unsigned char byte)
{
    return byte >= 0x20 && byte < 0x80 && byte != '"' && byte != '\\';
}

/* The high bit of each byte that is not plain, and perhaps of some above one: if it is 0, all eight
 * are plain. (For example, adding 0x60 to a byte less than 0x20 leaves its high bit 0.) */
static uint64_t not_plain(uint64_t eight)
{
    const uint64_t ones = 0x0101010101010101, highs = 0x80 * ones;
    uint64_t quotes = eight ^ ('"' * ones), backslashes = eight ^ ('\\' * ones);

    return (eight | ~(eight + 0x60 * ones) | (quotes - ones) | (backslashes - ones)) & highs;
}

/* Where the plain bytes end. Looks at eight at a time, because strings are most of a body. */
static size_t skip_plain(const unsigned char *input, size_t at, size_t end)
{
    uint64_t eight;

    for (; end - at >= sizeof eight; at += sizeof eight) {
        memcpy(&eight, input + at, sizeof eight);
        if (not_plain(eight))
            break;
    }
    while (at < end && is_plain(input[at]))
        at++;
    return at;
}

/* Reads the string whose opening quote is at `at` into reader->text. */
static bool read_string(struct json_reader *reader)
{
    const unsigned char *input = (const unsigned char *)reader->input.ptr;
    size_t start = reader->at + 1, at = start, end = reader->input.len;
    bool escapes = false;

    for (;;) {
        size_t length;

        at = skip_plain(input, at, end);
        if (at == end)
            break;
        if (input[at] == '"') {
            struct str raw = { reader->input.ptr + start, at - start };

            reader->at = at + 1;
            reader->text = raw;
            return !escapes || decode_escapes(reader, raw);
        }
        if (input[at] == '\\') {
            if (at + 1 == end)
                break;
            if (input[at + 1] != 'u' && !escaped_byte((char)input[at + 1])) {
                (void)fail_at(reader, at + 1, "not a character that may be escaped");
                return false;
            }
            escapes = true;
            at += 2;
            continue;
        }
        length = utf8_length(reader->input.ptr + at, end - at);
        if (!length) {
            (void)fail_at(reader, at,
                          "a control character must be escaped, and text must be UTF-8");
            return false;
        }
        at += length;
    }
    (void)fail_at_end(reader);
    return false;
}

static size_t skip_digits(struct json_reader *reader, size_t at)
{
    while (at < reader->input.len && reader->input.ptr[at] >= '0' && reader->input.ptr[at] <= '9')
        at++;
    return at;
}

/* Expects digits from `at` on, and gives their end; 0 after a fault. */
static size_t need_digits(struct json_reader *reader, size_t at)
{
    size_t end = skip_digits(reader, at);

    if (end > at)
        return end;
    if (at == reader->input.len)
        (void)fail_at_end(reader);
    else
        (void)fail_at(reader, at, "expected a digit (0-9)");
    return 0;
}

static enum json_token read_number(struct json_reader *reader)
{
    const char *input = reader->input.ptr;
    size_t start = reader->at, end = reader->input.len;
    size_t digits = start + (input[start] == '-');
    size_t at = need_digits(reader, digits);
    enum json_token token = JSON_INTEGER;

    if (!at)
        return JSON_FAULT;
    if (input[digits] == '0' && at > digits + 1)
        return fail(reader, JSON_MALFORMED, digits,
                    STR("Invalid numeric value: Leading zeroes not allowed"));
    if (at < end && input[at] == '.') {
        token = JSON_DECIMAL;
        at = need_digits(reader, at + 1);
    }
    if (at && at < end && (input[at] == 'e' || input[at] == 'E')) {
        token = JSON_DECIMAL;
        at++;
        at = need_digits(reader, at + (at < end && (input[at] == '+' || input[at] == '-')));
    }
    if (!at)
        return JSON_FAULT;
    reader->text = (struct str){ input + start, at - start };
    reader->at = at;
    return token;
}

static bool is_word_byte(char byte)
{
    return (byte >= '0' && byte <= '9') || (str_lower(byte) >= 'a' && str_lower(byte) <= 'z') ||
           byte == '_' || byte == '$';
}

static enum json_token read_word(struct json_reader *reader)
{
    static const struct {
        struct str word;
        enum json_token token;
    } words[] = {
        { STR_ROW("true"), JSON_TRUE },
        { STR_ROW("false"), JSON_FALSE },
        { STR_ROW("null"), JSON_NULL },
    };
    size_t end = reader->at;
    struct str word;

    while (end < reader->input.len && is_word_byte(reader->input.ptr[end]))
        end++;
    word = (struct str){ reader->input.ptr + reader->at, end - reader->at };
    if (!word.len)
        return fail_at(
            reader, reader->at,
            "expected a valid value (JSON String, Number, Array, Object or token 'null', "
            "'true' or 'false')");
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (!str_equal(word, words[i].word))
            continue;
        reader->at = end;
        return words[i].token;
    }
    if (word.len > 64)
        word.len = 64;
    return fail(
        reader, JSON_MALFORMED, reader->at,
        arena_format(reader->arena,
                     "Unrecognized token '%.*s': was expecting (JSON String, Number, Array, "
                     "Object or token 'null', 'true' or 'false')",
                     STR_ARGS(word)));
}

/* What may come after a value depends on the object or array that holds it. */
static unsigned char behind_value(const struct json_reader *reader)
{
    return reader->depth ? A_COMMA_OR_END : THE_END;
}

static enum json_token open_nested(struct json_reader *reader, enum json_token token)
{
    if (reader->depth >= reader->budget.depth || reader->depth >= JSON_DEPTH_MAX)
        return fail(reader, JSON_EXCESSIVE, reader->at,
                    arena_format(reader->arena,
                                 "Document nesting depth exceeds the maximum allowed (%u)",
                                 reader->budget.depth));
    reader->open[reader->depth++] = (unsigned char)token;
    reader->expected = token == JSON_OBJECT ? A_KEY_OR_END : A_VALUE_OR_END;
    reader->at++;
    return token;
}

static enum json_token close_nested(struct json_reader *reader, enum json_token token)
{
    reader->depth--;
    reader->expected = behind_value(reader);
    reader->at++;
    return token;
}

/* Counts the members or elements of an object or array. */
static bool count_member(struct json_reader *reader)
{
    if (++reader->members <= reader->budget.members)
        return true;
    (void)fail(reader, JSON_EXCESSIVE, reader->at,
               arena_format(reader->arena,
                            "Number of members and elements exceeds the maximum allowed (%u)",
                            reader->budget.members));
    return false;
}

static enum json_token read_value(struct json_reader *reader)
{
    char byte = reader->input.ptr[reader->at];
    enum json_token token;

    if (reader->depth && reader->open[reader->depth - 1] == JSON_ARRAY && !count_member(reader))
        return JSON_FAULT;
    if (byte == '{' || byte == '[')
        return open_nested(reader, byte == '{' ? JSON_OBJECT : JSON_ARRAY);
    if (byte == '"')
        token = read_string(reader) ? JSON_STRING : JSON_FAULT;
    else if (byte == '-' || (byte >= '0' && byte <= '9'))
        token = read_number(reader);
    else
        token = read_word(reader);
    reader->expected = behind_value(reader);
    return token;
}

static enum json_token read_key(struct json_reader *reader)
{
    if (reader->input.ptr[reader->at] != '"')
        return fail_at(reader, reader->at, "was expecting double-quote to start field name");
    if (!count_member(reader) || !read_string(reader))
        return JSON_FAULT;
    if (reader->text.len && memchr(reader->text.ptr, '\0', reader->text.len))
        return fail(reader, JSON_MALFORMED, reader->token_at,
                    STR("a field name must not contain the NUL character"));
    reader->expected = A_COLON_VALUE;
    return JSON_KEY;
}

/* Takes `byte`, if it is the next one, and the blanks after it. */
static bool take_byte(struct json_reader *reader, char byte)
{
    if (reader->input.ptr[reader->at] != byte)
        return false;
    reader->at++;
    skip_blanks(reader);
    return true;
}

/* Takes the closing bracket of the open object or array, or a comma and the member or element after
 * it. */
static enum json_token read_on(struct json_reader *reader)
{
    bool object = reader->open[reader->depth - 1] == JSON_OBJECT;

    if (reader->input.ptr[reader->at] == (object ? '}' : ']'))
        return close_nested(reader, object ? JSON_OBJECT_END : JSON_ARRAY_END);
    if (!take_byte(reader, ','))
        return fail_at(reader, reader->at, "was expecting comma to separate entries, or the end");
    if (reader->at == reader->input.len)
        return fail_at_end(reader);
    reader->token_at = reader->at;
    return object ? read_key(reader) : read_value(reader);
}

enum json_token json_next(struct json_reader *reader)
{
    char byte;

    if (reader->token == JSON_FAULT)
        return JSON_FAULT;
    skip_blanks(reader);
    reader->token_at = reader->at;
    if (reader->at == reader->input.len) {
        bool outside =
            !reader->depth && (reader->expected == A_VALUE || reader->expected == THE_END);

        return reader->token = outside ? JSON_NOTHING : fail_at_end(reader);
    }
    byte = reader->input.ptr[reader->at];
    switch (reader->expected) {
    case A_KEY_OR_END:
        reader->token = byte == '}' ? close_nested(reader, JSON_OBJECT_END) : read_key(reader);
        break;
    case A_VALUE_OR_END:
        reader->token = byte == ']' ? close_nested(reader, JSON_ARRAY_END) : read_value(reader);
        break;
    case A_COLON_VALUE:
        if (!take_byte(reader, ':'))
            return fail_at(reader, reader->at,
                           "was expecting a colon to separate field name and value");
        if (reader->at == reader->input.len)
            return fail_at_end(reader);
        reader->token_at = reader->at;
        reader->token = read_value(reader);
        break;
    case A_COMMA_OR_END:
        reader->token = read_on(reader);
        break;
    case THE_END:
        return fail_at(reader, reader->at, "nothing may stand behind the value");
    default:
        reader->token = read_value(reader);
        break;
    }
    return reader->token;
}

bool json_skip(struct json_reader *reader)
{
    unsigned outside =
        reader->depth - (reader->token == JSON_OBJECT || reader->token == JSON_ARRAY);

    while (reader->token != JSON_FAULT && reader->depth > outside)
        (void)json_next(reader);
    return reader->token != JSON_FAULT;
}

/* The keys of all objects that are open, the outermost first. */
struct keys {
    struct str *list;
    size_t count, room;
};

static int by_text(const void *left, const void *right)
{
    const struct str *a = left, *b = right;

    return str_compare(*a, *b);
}

static void add_key(struct keys *keys, struct json_reader *reader)
{
    size_t size = keys->room * sizeof *keys->list;

    if (keys->count == keys->room) {
        keys->list = arena_grow(reader->arena, keys->list, size, 2 * size);
        keys->room *= 2;
    }
    keys->list[keys->count++] = reader->text;
}

static bool are_ascending(const struct str *list, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (str_compare(list[i - 1], list[i]) >= 0)
            return false;
    return true;
}

/* Forgets the keys of an object, those behind `from`, and tells whether each was there once. */
static bool end_keys(struct keys *keys, size_t from)
{
    struct str *list = keys->list + from;
    size_t count = keys->count - from;

    keys->count = from;
    if (are_ascending(list, count))
        return true;
    qsort(list, count, sizeof *list, by_text);
    return are_ascending(list, count);
}

/* Reads to the end of the value whose first token was just taken. */
static bool is_value(struct json_reader *reader, struct keys *keys)
{
    size_t from = keys->count;

    if (reader->token == JSON_ARRAY) {
        while (json_next(reader) != JSON_ARRAY_END)
            if (!is_value(reader, keys))
                return false;
    } else if (reader->token == JSON_OBJECT) {
        while (json_next(reader) == JSON_KEY) {
            add_key(keys, reader);
            (void)json_next(reader);
            if (!is_value(reader, keys))
                return false;
        }
        return reader->token != JSON_FAULT && end_keys(keys, from);
    }
    return reader->token != JSON_FAULT;
}

bool json_is(struct str text, enum json_token kind, struct arena *arena)
{
    enum { ROOM_AT_FIRST = 16 };
    struct json_reader reader;
    struct keys keys = { .room = ROOM_AT_FIRST };

    keys.list = arena_take(arena, keys.room * sizeof *keys.list);
    json_open(&reader, text, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, arena);
    return json_next(&reader) == kind && is_value(&reader, &keys) &&
           json_next(&reader) == JSON_NOTHING;
}
