/* csv.c: writes lists as tables. */
#include "http/csv.h"

#include "base/json.h"
#include "base/text.h"

enum { PATH_BYTES = 128 };

const struct str csv_type = STR_ROW("text/csv; charset=utf-8; header=present");

struct writer {
    struct json_reader json;
    const struct csv_table *table;
    struct text out;
    struct text path;                  /* of the value at hand */
    size_t next;                       /* column, where the next value's is likely to be */
    struct str cells[CSV_COLUMNS_MAX]; /* of the result at hand; absent: empty */
};

/* ---- a cell ---- */

/* Whether a spreadsheet could take the text for a formula: some know the wide forms of the four
 * characters. */
static bool is_formula(struct str text)
{
    static const struct str beginnings[] = { STR_ROW("="),
                                             STR_ROW("+"),
                                             STR_ROW("-"),
                                             STR_ROW("@"),
                                             STR_ROW("\xef\xbc\x9d"),
                                             STR_ROW("\xef\xbc\x8b"),
                                             STR_ROW("\xef\xbc\x8d"),
                                             STR_ROW("\xef\xbc\xa0") };

    for (size_t i = 0; i < sizeof beginnings / sizeof beginnings[0]; i++)
        if (str_starts(text, beginnings[i]))
            return true;
    return false;
}

static bool needs_quotes(struct str text)
{
    static const char special[] = { '"', ',', ';', '\t', '\r', '\n' };

    for (size_t i = 0; i < text.len; i++)
        if (memchr(special, text.ptr[i], sizeof special))
            return true;
    return text.len && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' ');
}

static void add_cell(struct text *out, struct str text)
{
    if (!needs_quotes(text)) {
        text_add(out, text);
        return;
    }
    text_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            text_byte(out, '"');
        text_byte(out, text.ptr[i]);
    }
    text_byte(out, '"');
}

/* ---- reading a result ---- */

/* The cell of the path at hand, or NULL: it has no column. Members mostly come in the order of
 * their columns. */
static struct str *find_cell(struct writer *writer)
{
    const struct csv_table *table = writer->table;
    struct str path = text_str(&writer->path);

    for (size_t i = 0; i < table->count; i++) {
        size_t at = (writer->next + i) % table->count;

        if (!str_equal(table->columns[at], path))
            continue;
        writer->next = at + 1;
        return &writer->cells[at];
    }
    return NULL;
}

/* Puts a ' before each formula, with blanks in front of it or not: at the beginning, and behind
 * what a spreadsheet with other settings takes for the end of a cell, and then the quotes for text:
 * a semicolon, a tab, the end of a line. */
static struct str without_formulas(struct str text, struct arena *arena)
{
    static const char ends[] = { ';', '\t', '\r', '\n' };
    struct text safe = text_new(arena, text.len + 16);
    bool begins = true;

    for (size_t i = 0; i < text.len; i++) {
        if (begins && is_formula(str_from_offset(text, i)))
            text_byte(&safe, '\'');
        text_byte(&safe, text.ptr[i]);
        begins =
            memchr(ends, text.ptr[i], sizeof ends) || (begins && (unsigned char)text.ptr[i] <= ' ');
    }
    return text_str(&safe);
}

/* The text of the token at hand as a cell has it. */
static struct str cell_text(const struct json_reader *json)
{
    switch (json->token) {
    case JSON_TRUE:
        return STR("true");
    case JSON_FALSE:
        return STR("false");
    case JSON_STRING:
        return without_formulas(json->text, json->arena);
    default:
        return json->text;
    }
}

/* Puts the value that was just read into its cell, after what an array has put there before. */
static void put_value(struct writer *writer)
{
    const struct json_reader *json = &writer->json;
    struct str *cell = json->token == JSON_NULL ? NULL : find_cell(writer), text;

    if (!cell)
        return;
    text = cell_text(json);
    *cell =
        cell->ptr ? arena_format(json->arena, "%.*s; %.*s", STR_ARGS(*cell), STR_ARGS(text)) : text;
}

/* Reads a value whose first token was just taken, and all that is in it. */
static void read_value(struct writer *writer)
{
    struct json_reader *json = &writer->json;
    size_t depth = json->depth, lengths[JSON_DEPTH_MAX + 1];

    do {
        switch (json->token) {
        case JSON_OBJECT:
        case JSON_ARRAY:
            lengths[json->depth] = writer->path.len;
            break;
        case JSON_KEY:
            writer->path.len = lengths[json->depth];
            if (writer->path.len)
                text_byte(&writer->path, '.');
            text_add(&writer->path, json->text);
            break;
        case JSON_OBJECT_END:
        case JSON_ARRAY_END:
            writer->path.len = lengths[json->depth + 1];
            break;
        default:
            put_value(writer);
            break;
        }
    } while (json->depth >= depth && json_next(json) != JSON_FAULT && json->token != JSON_NOTHING);
}

static void write_result(struct writer *writer)
{
    memset(writer->cells, 0, writer->table->count * sizeof writer->cells[0]);
    writer->path.len = 0;
    writer->next = 0;
    read_value(writer);
    for (size_t i = 0; i < writer->table->count; i++) {
        if (i)
            text_byte(&writer->out, ',');
        add_cell(&writer->out, writer->cells[i]);
    }
    text_add(&writer->out, STR("\r\n"));
}

static void write_heads(struct writer *writer)
{
    for (size_t i = 0; i < writer->table->count; i++) {
        if (i)
            text_byte(&writer->out, ',');
        text_add(&writer->out, writer->table->columns[i]);
    }
    text_add(&writer->out, STR("\r\n"));
}

/* Goes to the array of results: false if there is none. */
static bool find_results(struct writer *writer)
{
    struct json_reader *json = &writer->json;

    if (json_next(json) != JSON_OBJECT)
        return false;
    while (json_next(json) == JSON_KEY) {
        bool found = str_equal(json->text, writer->table->member);

        (void)json_next(json);
        if (found)
            return json->token == JSON_ARRAY;
        if (!json_skip(json))
            return false;
    }
    return false;
}

struct str csv_write(struct str json, const struct csv_table *table, struct arena *arena)
{
    struct writer *writer = arena_take_cleared(arena, sizeof *writer);

    writer->table = table;
    writer->out = text_new(arena, json.len / 2 + PATH_BYTES);
    writer->path = text_new(arena, PATH_BYTES);
    json_open(&writer->json, json, (struct json_budget){ JSON_DEPTH_MAX, (unsigned)-1 }, arena);
    write_heads(writer);
    if (find_results(writer))
        while (json_next(&writer->json) == JSON_OBJECT)
            write_result(writer);
    return text_str(&writer->out);
}
