/* line.c: documents as lines of JSON. */
#include "command/line.h"

#include <stdlib.h>

#include "api/connector/index_name.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/tree.h"
#include "command/readable.h"
#include "command/session.h"
#include "store/connector/counts.h"
#include "store/schema/schema.h"

static const struct str types[WHOLE_KINDS] = {
    [WHOLE_CONNECTOR] = STR_ROW("connector"),
    [WHOLE_SYNC_JOB] = STR_ROW("sync_job"),
    [WHOLE_KEY] = STR_ROW("key"),
    [WHOLE_SECRET] = STR_ROW("secret"),
};

enum { ID_MAX = 512 }; /* bytes, as in the API */

struct str line_name(const struct whole *whole, struct arena *arena)
{
    static const char *const names[WHOLE_KINDS] = { "connector", "sync job",
                                                    "key of access control", "connector secret" };

    return arena_format(arena, "%s %.*s", names[whole->kind],
                        STR_ARGS(session_quote(whole->id, arena)));
}

/* ---- writing ---- */

void line_add_meta(struct text *text)
{
    text_format(text,
                "{\"type\":\"meta\",\"format\":%d,\"schema\":%d,\"lastsync\":\"%s\",\"time\":",
                LINE_FORMAT, SCHEMA_VERSION, config_version);
    text_json(text, instant_write(instant_now(), text->arena));
    text_add(text, STR("}\n"));
}

/* Leaves out the fields that the import derives. */
static void add_pairs(struct text *text, const struct pair *pairs, size_t count)
{
    text_byte(text, '{');
    for (size_t i = 0; i < count; i++) {
        if (whole_derives(pairs[i].name))
            continue;
        if (text->ptr[text->len - 1] != '{')
            text_byte(text, ',');
        text_json(text, pairs[i].name);
        text_byte(text, ':');
        text_json(text, pairs[i].value);
    }
    text_byte(text, '}');
}

static void add_history(struct text *text, const struct whole *whole)
{
    text_add(text, STR(",\"history\":["));
    for (size_t i = 0; i < whole->entry_count; i++) {
        const struct whole_entry *entry = &whole->history[i];

        text_add(text, i ? STR(",{\"id\":") : STR("{\"id\":"));
        text_json(text, entry->id);
        text_add(text, STR(",\"fields\":"));
        add_pairs(text, entry->pairs, entry->count);
        text_byte(text, '}');
    }
    text_byte(text, ']');
}

void line_add_document(struct text *text, const struct whole *whole)
{
    text_format(text, "{\"type\":\"%.*s\",\"id\":", STR_ARGS(types[whole->kind]));
    text_json(text, whole->id);
    text_add(text, STR(",\"fields\":"));
    add_pairs(text, whole->fields, whole->field_count);
    if (whole->has_secrets) {
        text_add(text, STR(",\"secrets\":"));
        add_pairs(text, whole->secrets, whole->secret_count);
    }
    if (whole->kind == WHOLE_CONNECTOR)
        add_history(text, whole);
    if (whole->day_count) {
        text_add(text, STR(",\"days\":"));
        add_pairs(text, whole->days, whole->day_count);
    }
    text_add(text, STR("}\n"));
}

void line_add_end(struct text *text, uint64_t documents)
{
    text_add(text, STR("{\"type\":\"end\",\"documents\":"));
    text_number(text, (int64_t)documents);
    text_add(text, STR("}\n"));
}

/* ---- reading ---- */

struct reading {
    struct line *line;
    struct arena *arena;
    struct str type;
    struct str fault; /* the first one; absent: none */
    struct pair *pairs;
    size_t count;
};

static void find_fault(struct reading *reading, const char *format, struct str name)
{
    if (!reading->fault.ptr)
        reading->fault =
            arena_format(reading->arena, format, STR_ARGS(session_quote(name, reading->arena)));
}

static bool is_string(struct json_object *tree)
{
    return tree && tree_is_string(tree);
}

static bool read_pair(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;

    if (!is_string(value))
        find_fault(reading, "the field %.*s is not a string", name);
    else if (reading->count == LINE_MAX_FIELDS)
        find_fault(reading, "it has more than 1000 fields: %.*s", name);
    else
        reading->pairs[reading->count++] =
            (struct pair){ arena_copy(reading->arena, name),
                           arena_copy(reading->arena, tree_text(value)) };
    return !reading->fault.ptr;
}

static int by_name(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    return str_compare(a->name, b->name);
}

static struct pair *read_pairs(struct reading *reading, struct json_object *tree, size_t *count)
{
    size_t members = tree_is_object(tree) ? tree_member_count(tree) : 0;

    if (!tree_is_object(tree)) {
        find_fault(reading, "%.*s must be an object", STR("fields"));
        return NULL;
    }
    members = members < LINE_MAX_FIELDS ? members : LINE_MAX_FIELDS;
    reading->pairs = arena_take(reading->arena, (members + 1) * sizeof *reading->pairs);
    reading->count = 0;
    (void)tree_each(tree, read_pair, reading);
    *count = reading->count;
    return reading->pairs;
}

/* Ids of entries are milliseconds and a number, and each is greater than the one before. */
static bool read_entry_id(struct str id, uint64_t last[2])
{
    struct str sequence = id, millis = str_take(&sequence, '-');
    uint64_t parts[2];

    if (!sequence.ptr || number_count(millis, INT64_MAX, &parts[0]) != NUMBER_READ ||
        number_count(sequence, INT64_MAX, &parts[1]) != NUMBER_READ || parts[0] < last[0] ||
        (parts[0] == last[0] && parts[1] <= last[1]))
        return false;
    memcpy(last, parts, sizeof parts);
    return true;
}

static void read_history(struct reading *reading, struct json_object *tree)
{
    struct whole *whole = &reading->line->whole;
    uint64_t last[2] = { 0, 0 };
    size_t count = tree_is_array(tree) ? tree_length(tree) : LINE_MAX_ENTRIES + 1;

    if (count > LINE_MAX_ENTRIES) {
        find_fault(reading, "%.*s must be a list of at most 20000 entries", STR("history"));
        return;
    }
    whole->history = arena_take(reading->arena, (count + 1) * sizeof *whole->history);
    for (size_t i = 0; i < count && !reading->fault.ptr; i++) {
        struct json_object *entry = tree_element(tree, i), *id = tree_member(entry, "id");
        struct whole_entry *read = &whole->history[i];

        read->id = arena_copy(reading->arena, id ? tree_text(id) : STR(""));
        if (!read_entry_id(read->id, last))
            find_fault(reading,
                       "an entry of its history has the id %.*s, which is malformed, or not "
                       "greater than the one before",
                       read->id);
        read->pairs = read_pairs(reading, tree_member(entry, "fields"), &read->count);
        if (!reading->fault.ptr && !read->count)
            find_fault(reading, "the entry %.*s of its history is empty", read->id);
    }
    whole->entry_count = count;
}

/* The counts of a connector by day, in the order of the dates. */
static struct pair *read_days(struct reading *reading, struct json_object *tree)
{
    size_t *count = &reading->line->whole.day_count;
    struct pair *days = read_pairs(reading, tree, count);
    struct counts counts;

    for (size_t i = 0; i < *count; i++)
        if (days[i].name.len != COUNTS_DAY || !counts_read(days[i].value, &counts))
            find_fault(reading, "its day %.*s cannot be read", days[i].name);
    if (*count)
        qsort(days, *count, sizeof *days, by_name);
    return days;
}

static bool read_member(void *context, struct str name, struct json_object *value)
{
    struct reading *reading = context;
    struct whole *whole = &reading->line->whole;

    if (str_equal(name, STR("type")))
        return true;
    if (str_equal(name, STR("id")) && is_string(value))
        whole->id = arena_copy(reading->arena, tree_text(value));
    else if (str_equal(name, STR("fields")))
        whole->fields = read_pairs(reading, value, &whole->field_count);
    else if (str_equal(name, STR("secrets")) &&
             (whole->kind == WHOLE_CONNECTOR || whole->kind == WHOLE_SYNC_JOB)) {
        whole->secrets = read_pairs(reading, value, &whole->secret_count);
        whole->has_secrets = true;
    } else if (str_equal(name, STR("history")) && whole->kind == WHOLE_CONNECTOR)
        read_history(reading, value);
    else if (str_equal(name, STR("days")) && whole->kind == WHOLE_CONNECTOR)
        whole->days = read_days(reading, value);
    else
        find_fault(reading, "its member %.*s is not known, or of another type", name);
    return !reading->fault.ptr;
}

/* Whether the store can keep the document. */
static void judge_document(struct reading *reading)
{
    struct whole *whole = &reading->line->whole;
    struct str name = whole_value(whole, STR("index_name")), field;

    if (whole->field_count)
        qsort(whole->fields, whole->field_count, sizeof *whole->fields, by_name);
    if (whole->secret_count)
        qsort(whole->secrets, whole->secret_count, sizeof *whole->secrets, by_name);
    field = readable_fault(whole, reading->arena);
    if (!whole->id.len || whole->id.len > ID_MAX)
        find_fault(reading, "an id must have 1 to 512 bytes, unlike %.*s", whole->id);
    else if (field.ptr)
        find_fault(reading, "its field %.*s cannot be read", field);
    else if (!whole_is_complete(whole))
        find_fault(reading, "%.*s lacks required fields", whole->id);
    else if (whole->kind == WHOLE_CONNECTOR && name.len &&
             index_name_fault(name, reading->arena).ptr)
        find_fault(reading, "%.*s is not a valid index name", name);
}

static void read_meta(struct reading *reading, struct json_object *tree)
{
    struct json_object *format = tree_member(tree, "format"), *schema = tree_member(tree, "schema");
    uint64_t number = 0;

    reading->line->kind = LINE_META;
    if (!format || number_count(tree_text(format), INT32_MAX, &number) != NUMBER_READ ||
        number != LINE_FORMAT)
        find_fault(reading,
                   "it has another format than 1, which this lastsync does not know, in its %.*s",
                   STR("format"));
    else if (!schema || schema_judge(tree_text(schema)) == NEWER)
        find_fault(reading,
                   "it has a version of the schema that this lastsync does not know, in its %.*s",
                   STR("schema"));
}

static void read_end(struct reading *reading, struct json_object *tree)
{
    struct json_object *documents = tree_member(tree, "documents");

    reading->line->kind = LINE_END;
    if (!documents ||
        number_count(tree_text(documents), INT64_MAX, &reading->line->documents) != NUMBER_READ)
        find_fault(reading, "it does not say how many %.*s there are", STR("documents"));
}

static void read_document(struct reading *reading, struct json_object *tree)
{
    for (enum whole_kind kind = 0; kind < WHOLE_KINDS; kind++) {
        if (!str_equal(reading->type, types[kind]))
            continue;
        reading->line->whole.kind = kind;
        if (tree_each(tree, read_member, reading)) {
            (void)whole_upgrade(&reading->line->whole, reading->arena);
            judge_document(reading);
        }
        return;
    }
    find_fault(reading, "there is no type %.*s", reading->type);
}

struct str line_read(struct str bytes, struct line *line, struct arena *arena)
{
    struct reading reading = { .line = line, .arena = arena };
    struct json_object *tree = NULL, *type;
    struct json_reader json;

    *line = (struct line){ .kind = LINE_DOCUMENT };
    json_open(&json, bytes, (struct json_budget){ 16, LINE_MAX_MEMBERS }, arena);
    (void)json_next(&json);
    if (json.token == JSON_NOTHING)
        return STR("it is empty");
    if (!tree_read(&json, &tree) || json_next(&json) != JSON_NOTHING)
        return arena_format(arena, "at byte %zu: %.*s", json.token_at + 1, STR_ARGS(json.message));
    type = tree_is_object(tree) ? tree_member(tree, "type") : NULL;
    if (!is_string(type))
        return STR("it is not an object with a type");
    reading.type = tree_text(type);
    if (str_equal(reading.type, STR("meta")))
        read_meta(&reading, tree);
    else if (str_equal(reading.type, STR("end")))
        read_end(&reading, tree);
    else
        read_document(&reading, tree);
    return reading.fault;
}
