/* case_file.c: reads cases from a text file. */
#include "case_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

enum { REPEATS_MAX = 4 };

struct repeat {
    size_t count;
    struct str text;
};

/* A case's lines that steer the runner and are not sent. */
struct directives {
    bool head_escapes, escapes;
    struct repeat repeats[REPEATS_MAX];
    size_t repeat_count;
    size_t repeats_used;
    struct str kept_id;
};

static _Noreturn void refuse(const struct case_file *file, const char *problem)
{
    (void)fprintf(stderr, "%s:%zu: %s\n", file->path, file->line, problem);
    exit(2);
}

struct case_file case_file_open(const char *path, struct arena *arena)
{
    FILE *stream = fopen(path, "rb");
    struct text content = text_new(arena, 65536);
    char piece[8192];
    size_t count;

    if (!stream) {
        (void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
        exit(2);
    }
    while ((count = fread(piece, 1, sizeof(piece), stream)) > 0)
        text_add(&content, (struct str){ piece, count });
    (void)fclose(stream);
    return (struct case_file){ path, text_str(&content), 0 };
}

static bool next_line(struct case_file *file, struct str *line)
{
    *line = (struct str){ NULL, 0 };
    if (file->rest.len == 0)
        return false;
    file->line++;
    return str_split(&file->rest, '\n', line);
}

/* The next line without taking it; absent at the end of the file. */
static struct str peek_line(const struct case_file *file)
{
    struct str rest = file->rest;
    struct str line = { NULL, 0 };

    if (rest.len > 0)
        str_split(&rest, '\n', &line);
    return line;
}

static bool is_title(struct str line)
{
    return str_starts(line, STR("== "));
}

static bool is_comment(struct str line)
{
    return str_starts(line, STR("#"));
}

static bool read_title(struct case_file *file, struct test_case *next)
{
    struct str line;

    while (next_line(file, &line)) {
        if (line.len == 0 || is_comment(line))
            continue;
        if (!is_title(line))
            refuse(file, "expected \"== \" and a title");
        next->line = file->line;
        next->title = str_from_offset(line, 3);
        return true;
    }
    return false;
}

static size_t read_number(const struct case_file *file, struct str digits)
{
    size_t number = 0;

    if (digits.len == 0 || digits.len > 9)
        refuse(file, "expected a number");
    for (size_t i = 0; i < digits.len; i++) {
        if (digits.ptr[i] < '0' || digits.ptr[i] > '9')
            refuse(file, "expected a number");
        number = 10 * number + (size_t)(digits.ptr[i] - '0');
    }
    return number;
}

static void read_request_line(struct case_file *file, struct test_case *next)
{
    struct str line;

    if (!next_line(file, &line) || !str_split(&line, ' ', &next->method) || !line.ptr)
        refuse(file, "expected a method, a space and a target");
    next->target = line;
}

static void read_repeat(const struct case_file *file, struct str value, struct directives *found)
{
    struct str digits;
    struct repeat *repeat = &found->repeats[found->repeat_count];

    if (found->repeat_count++ == REPEATS_MAX)
        refuse(file, "too many repeats");
    if (!str_split(&value, ' ', &digits) || !value.ptr)
        refuse(file, "expected \"Repeat: N text\"");
    *repeat = (struct repeat){ read_number(file, digits), value };
}

static bool read_directive(const struct case_file *file, struct str name, struct str value,
                           struct directives *found)
{
    if (str_equal(name, STR("Body-Escapes"))) {
        found->escapes = str_equal(value, STR("yes"));
        return true;
    }
    if (str_equal(name, STR("Head-Escapes"))) {
        found->head_escapes = str_equal(value, STR("yes"));
        return true;
    }
    if (str_equal(name, STR("Repeat"))) {
        read_repeat(file, value, found);
        return true;
    }
    if (str_equal(name, STR("Keep-Id"))) {
        found->kept_id = value;
        return true;
    }
    return false;
}

static void add_header(const struct case_file *file, struct str name, struct str value,
                       struct arena *arena, struct test_case *next)
{
    if (next->header_count == CASE_HEADERS_MAX)
        refuse(file, "too many headers");
    next->headers[next->header_count++] = (struct header_line){
        arena_copy(arena, name).ptr,
        arena_copy(arena, value).ptr,
    };
}

/* Reads up to the blank line or to "--", of which only the former is taken. */
static void read_headers(struct case_file *file, struct arena *arena, struct test_case *next,
                         struct directives *found)
{
    struct str line, name;

    while (!str_equal(peek_line(file), STR("--"))) {
        if (!next_line(file, &line))
            refuse(file, "expected \"--\"");
        if (line.len == 0)
            return;
        if (!str_split(&line, ':', &name) || !line.ptr)
            refuse(file, "expected a header");
        line = str_trim(line);
        if (!read_directive(file, name, line, found))
            add_header(file, name, line, arena, next);
    }
}

static struct str read_body(struct case_file *file)
{
    const char *start = file->rest.ptr;
    struct str line;

    while (next_line(file, &line)) {
        if (str_equal(line, STR("--"))) {
            size_t count = (size_t)(line.ptr - start);

            return (struct str){ start, count ? count - 1 : 0 };
        }
    }
    refuse(file, "expected \"--\" behind the request");
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, str_lower(c)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* Takes the escape that `rest` begins with, and gives the byte it stands for. */
static char read_escape(const struct case_file *file, struct str *rest)
{
    static const char letters[] = "nrt0\\";
    static const char bytes[] = "\n\r\t\0\\";
    char letter = '\0';
    const char *at;
    int high, low;

    if (rest->len > 1)
        letter = rest->ptr[1];
    at = strchr(letters, letter);
    if (at && letter) {
        *rest = str_from_offset(*rest, 2);
        return bytes[at - letters];
    }
    if (letter != 'x' || rest->len < 4)
        refuse(file, "unknown escape");
    high = hex_digit(rest->ptr[2]);
    low = hex_digit(rest->ptr[3]);
    if (high < 0 || low < 0)
        refuse(file, "expected two hexadecimal digits behind \\x");
    *rest = str_from_offset(*rest, 4);
    return (char)(unsigned char)(16 * high + low);
}

static struct str unescape(const struct case_file *file, struct str text, struct arena *arena)
{
    struct text plain = text_new(arena, text.len + 1);

    while (text.len > 0) {
        if (text.ptr[0] == '\\') {
            text_byte(&plain, read_escape(file, &text));
        } else {
            text_byte(&plain, text.ptr[0]);
            text = str_from_offset(text, 1);
        }
    }
    return text_str(&plain);
}

/* Adds what stands before the first `mark` in the text, and gives what follows it: absent where
 * there is no mark. */
static struct str add_until(struct text *into, struct str text, struct str mark)
{
    struct str at = text;

    while (at.len > 0 && !str_starts(at, mark))
        at = str_from_offset(at, 1);
    text_add(into, (struct str){ text.ptr, text.len - at.len });
    return at.len ? str_from_offset(at, mark.len) : (struct str){ NULL, 0 };
}

static void add_copies(struct text *into, const struct repeat *repeat)
{
    for (size_t i = 0; i < repeat->count; i++) {
        struct str rest = add_until(into, repeat->text, STR("%d"));

        if (rest.ptr) {
            text_number(into, (int64_t)i);
            text_add(into, rest);
        }
    }
}

static struct str fill_repeats(const struct case_file *file, struct str text,
                               struct directives *found, struct arena *arena)
{
    struct text filled = text_new(arena, text.len + 1);
    struct str rest = add_until(&filled, text, STR("(repeat)"));

    while (rest.ptr) {
        if (found->repeats_used == found->repeat_count)
            refuse(file, "a \"(repeat)\" without its Repeat line");
        add_copies(&filled, &found->repeats[found->repeats_used++]);
        rest = add_until(&filled, rest, STR("(repeat)"));
    }
    return text_str(&filled);
}

/* Gives a request with a body its media type, and takes the "(none)" out again. */
static void settle_content_type(const struct case_file *file, struct arena *arena,
                                struct test_case *next)
{
    bool named = false;
    size_t kept = 0;

    for (size_t i = 0; i < next->header_count; i++) {
        struct str name = str_from(next->headers[i].name);
        bool is_type = str_equal_ignoring_case(name, STR("Content-Type"));

        named = named || is_type;
        if (!is_type || strcmp(next->headers[i].value, "(none)") != 0)
            next->headers[kept++] = next->headers[i];
    }
    next->header_count = kept;
    if (!named && next->body.len > 0)
        add_header(file, STR("Content-Type"), STR("application/json"), arena, next);
}

/* Fills in the repeats of the target and the headers, and reads their escapes. */
static void settle_head(const struct case_file *file, struct directives *found, struct arena *arena,
                        struct test_case *next)
{
    next->target = fill_repeats(file, next->target, found, arena);
    if (found->head_escapes)
        next->target = unescape(file, next->target, arena);
    for (size_t i = 0; i < next->header_count; i++) {
        struct str value = fill_repeats(file, str_from(next->headers[i].value), found, arena);

        if (found->head_escapes)
            value = unescape(file, value, arena);
        next->headers[i].value = arena_copy(arena, value).ptr;
    }
}

static void read_request(struct case_file *file, struct arena *arena, struct test_case *next)
{
    struct directives found = { 0 };

    read_request_line(file, next);
    read_headers(file, arena, next, &found);
    next->body = read_body(file);
    settle_head(file, &found, arena, next);
    next->body = fill_repeats(file, next->body, &found, arena);
    if (found.escapes)
        next->body = unescape(file, next->body, arena);
    if (found.repeats_used < found.repeat_count)
        refuse(file, "a Repeat line without its \"(repeat)\"");
    next->kept_id = found.kept_id;
    settle_content_type(file, arena, next);
}

static void read_expected_header(const struct case_file *file, struct str line,
                                 struct expectation *expected)
{
    struct expected_header *header = &expected->headers[expected->header_count];

    if (expected->header_count++ == CASE_HEADERS_MAX)
        refuse(file, "too many headers");
    if (str_starts(line, STR("!"))) {
        *header = (struct expected_header){ str_from_offset(line, 1), { NULL, 0 } };
        return;
    }
    if (!str_split(&line, ':', &header->name) || !line.ptr)
        refuse(file, "expected a header");
    header->value = str_trim(line);
}

/* Reads the headers and the blank line behind them. Gives whether the body has escapes. */
static bool read_expected_headers(struct case_file *file, struct expectation *expected)
{
    bool escapes = false;
    struct str line;

    while (file->rest.len > 0 && !is_title(peek_line(file))) {
        next_line(file, &line);
        if (line.len == 0)
            break;
        if (str_equal(line, STR("Body-Escapes: yes")))
            escapes = true;
        else if (!is_comment(line))
            read_expected_header(file, line, expected);
    }
    return escapes;
}

/* Reads up to the next title. Comments and the blank lines at the end are not part of it. */
static struct str read_expected_body(struct case_file *file, struct arena *arena)
{
    struct text body = text_new(arena, 256);
    size_t len = 0;
    struct str line;

    while (file->rest.len > 0 && !is_title(peek_line(file))) {
        next_line(file, &line);
        if (is_comment(line))
            continue;
        if (line.len > 0 && len == 0)
            body.len = 0;
        text_add(&body, line);
        if (line.len > 0)
            len = body.len;
        text_byte(&body, '\n');
    }
    if (len == 0)
        return (struct str){ NULL, 0 };
    return (struct str){ body.ptr, len };
}

static void read_expectation(struct case_file *file, struct arena *arena,
                             struct expectation *expected)
{
    struct str line = { NULL, 0 };
    bool escapes;

    next_line(file, &line);
    expected->status = (int)read_number(file, line);
    escapes = read_expected_headers(file, expected);
    expected->body = read_expected_body(file, arena);
    if (str_equal(expected->body, STR("(empty)")))
        expected->body.len = 0;
    else if (escapes && expected->body.ptr)
        expected->body = unescape(file, expected->body, arena);
}

bool case_file_next(struct case_file *file, struct arena *arena, struct test_case *next)
{
    *next = (struct test_case){ 0 };
    if (!read_title(file, next))
        return false;
    read_request(file, arena, next);
    read_expectation(file, arena, &next->expected);
    return true;
}

void case_file_replace(struct case_file *file, struct str name, struct str text,
                       struct arena *arena)
{
    struct str mark = arena_format(arena, "(%.*s)", STR_ARGS(name));
    struct text filled = text_new(arena, file->rest.len + 1);
    struct str rest = add_until(&filled, file->rest, mark);

    while (rest.ptr) {
        text_add(&filled, text);
        rest = add_until(&filled, rest, mark);
    }
    file->rest = text_str(&filled);
}
