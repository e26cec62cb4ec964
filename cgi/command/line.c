/* line.c: documents as lines of JSON. */
#include "command/line.h"

#include <stdlib.h>

#include "api/common/fields.h"
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

enum { ROOM_AT_FIRST = 16 }; /* of a list that grows */

/* A document is read as its tokens come, without a tree: trees took most of an import's time. */
struct reading {
    struct line *line;
    struct json_reader json;
    struct arena *arena;
    struct str fault; /* the first one that is not JSON's; absent: none */
};

static void find_fault(struct reading *reading, const char *format, struct str name)
{
    if (!reading->fault.ptr)
        reading->fault =
            arena_format(reading->arena, format, STR_ARGS(session_quote(name, reading->arena)));
}

/* Takes the next member of an object, and the first token of its value. False at the object's end,
 * and after a fault. */
static bool next_member(struct reading *reading, struct str *name)
{
    if (reading->fault.ptr || json_next(&reading->json) != JSON_KEY)
        return false;
    *name = reading->json.text;
    return json_next(&reading->json) != JSON_FAULT;
}

/* The same of an array's elements. */
static bool next_element(struct reading *reading)
{
    return !reading->fault.ptr && json_next(&reading->json) != JSON_ARRAY_END &&
           reading->json.token != JSON_FAULT;
}

/* Gives the list's place, which has room for one more than `count`. */
static void *with_room(struct reading *reading, void *list, size_t size, size_t count, size_t *room)
{
    if (count < *room)
        return list;
    *room *= 2;
    return arena_grow(reading->arena, list, count * size, *room * size);
}

static int by_name(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    return str_compare(a->name, b->name);
}

static bool are_ascending(const struct pair *pairs, size_t count)
{
    for (size_t i = 1; i < count; i++)
        if (by_name(&pairs[i - 1], &pairs[i]) >= 0)
            return false;
    return true;
}

/* Those of an export are in order already. */
static void sort_pairs(struct pair *pairs, size_t count)
{
    if (!are_ascending(pairs, count))
        qsort(pairs, count, sizeof *pairs, by_name);
}

/* Leaves the pairs in their order, which that of an entry of the history keeps. */
static void refuse_repeated(struct reading *reading, const struct pair *pairs, size_t count)
{
    struct pair *sorted = arena_take(reading->arena, count * sizeof *sorted);

    memcpy(sorted, pairs, count * sizeof *sorted);
    sort_pairs(sorted, count);
    for (size_t i = 1; i < count; i++)
        if (str_equal(sorted[i].name, sorted[i - 1].name))
            find_fault(reading, "the field %.*s comes twice", sorted[i].name);
}

static struct pair *read_pairs(struct reading *reading, struct str what, size_t *count)
{
    size_t room = ROOM_AT_FIRST;
    struct pair *pairs = arena_take(reading->arena, room * sizeof *pairs);
    struct str name;

    *count = 0;
    if (reading->json.token != JSON_OBJECT)
        find_fault(reading, "%.*s must be an object", what);
    while (next_member(reading, &name)) {
        if (reading->json.token != JSON_STRING)
            find_fault(reading, "the field %.*s is not a string", name);
        else if (*count == LINE_MAX_FIELDS)
            find_fault(reading, "it has more than 1000 fields: %.*s", name);
        pairs = with_room(reading, pairs, sizeof *pairs, *count, &room);
        pairs[(*count)++] = (struct pair){ name, reading->json.text };
    }
    if (!are_ascending(pairs, *count))
        refuse_repeated(reading, pairs, *count);
    return pairs;
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

static void read_entry(struct reading *reading, struct whole_entry *entry, uint64_t last[2])
{
    struct str name;

    *entry = (struct whole_entry){ .id = STR("") };
    if (reading->json.token != JSON_OBJECT)
        find_fault(reading, "an entry of its %.*s is not an object", STR("history"));
    while (next_member(reading, &name)) {
        if (str_equal(name, STR("fields")) && !entry->pairs)
            entry->pairs = read_pairs(reading, name, &entry->count);
        else if (str_equal(name, STR("id")) && !entry->id.len && reading->json.token == JSON_STRING)
            entry->id = reading->json.text;
        else
            find_fault(reading,
                       "an entry of its history has a member %.*s that is not known, of another "
                       "type, or there already",
                       name);
    }
    if (!read_entry_id(entry->id, last))
        find_fault(reading,
                   "an entry of its history has the id %.*s, which is malformed, or not greater "
                   "than the one before",
                   entry->id);
    if (!entry->count)
        find_fault(reading, "the entry %.*s of its history is empty", entry->id);
}

static void read_history(struct reading *reading)
{
    static const char fault[] = "%.*s must be a list of at most 20000 entries";
    struct whole *whole = &reading->line->whole;
    struct whole_entry *history;
    size_t room = ROOM_AT_FIRST, count = 0;
    uint64_t last[2] = { 0, 0 };

    history = arena_take(reading->arena, room * sizeof *history);
    if (reading->json.token != JSON_ARRAY)
        find_fault(reading, fault, STR("history"));
    while (next_element(reading)) {
        if (count == LINE_MAX_ENTRIES) {
            find_fault(reading, fault, STR("history"));
            break;
        }
        history = with_room(reading, history, sizeof *history, count, &room);
        read_entry(reading, &history[count++], last);
    }
    whole->history = history;
    whole->entry_count = count;
}

static void read_type(struct reading *reading)
{
    (void)reading; /* it is known: see find_kind */
}

static void read_id(struct reading *reading)
{
    if (reading->json.token == JSON_STRING)
        reading->line->whole.id = reading->json.text;
    else
        find_fault(reading, "its member %.*s is not a string", STR("id"));
}

static void read_fields(struct reading *reading)
{
    struct whole *whole = &reading->line->whole;

    whole->fields = read_pairs(reading, STR("fields"), &whole->field_count);
}

static void read_secrets(struct reading *reading)
{
    struct whole *whole = &reading->line->whole;

    whole->secrets = read_pairs(reading, STR("secrets"), &whole->secret_count);
    whole->has_secrets = true;
}

/* The counts of a connector by day, in the order of the dates. */
static void read_days(struct reading *reading)
{
    struct whole *whole = &reading->line->whole;
    struct counts counts;

    whole->days = read_pairs(reading, STR("days"), &whole->day_count);
    for (size_t i = 0; i < whole->day_count; i++)
        if (whole->days[i].name.len != COUNTS_DAY || !counts_read(whole->days[i].value, &counts))
            find_fault(reading, "its day %.*s cannot be read", whole->days[i].name);
    sort_pairs(whole->days, whole->day_count);
}

enum {
    OF_CONNECTORS = 1U << WHOLE_CONNECTOR,
    OF_SYNC_JOBS = 1U << WHOLE_SYNC_JOB,
    OF_ALL = (1U << WHOLE_KINDS) - 1
};

/* The members of a document, and which kinds of documents have them. */
static const struct {
    struct str name;
    unsigned kinds;
    void (*read)(struct reading *reading);
} members[] = {
    { STR_ROW("type"), OF_ALL, read_type },
    { STR_ROW("id"), OF_ALL, read_id },
    { STR_ROW("fields"), OF_ALL, read_fields },
    { STR_ROW("secrets"), OF_CONNECTORS | OF_SYNC_JOBS, read_secrets },
    { STR_ROW("history"), OF_CONNECTORS, read_history },
    { STR_ROW("days"), OF_CONNECTORS, read_days },
};

static void read_member(struct reading *reading, struct str name, unsigned *seen)
{
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        if (!str_equal(members[i].name, name) ||
            !(members[i].kinds & 1U << reading->line->whole.kind))
            continue;
        if (*seen & 1U << i)
            find_fault(reading, "its member %.*s comes twice", name);
        else
            members[i].read(reading);
        *seen |= 1U << i;
        return;
    }
    find_fault(reading, "its member %.*s is not known", name);
}

/* Whether the store can keep the document. */
static void judge_document(struct reading *reading)
{
    struct whole *whole = &reading->line->whole;
    struct str name = whole_value(whole, STR("index_name")), field;

    sort_pairs(whole->fields, whole->field_count);
    sort_pairs(whole->secrets, whole->secret_count);
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

/* ---- other lines, and which one it is ---- */

static bool is_string(struct json_object *tree)
{
    return tree && tree_is_string(tree);
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

static void read_document(struct reading *reading)
{
    unsigned seen = 0;
    struct str name;

    (void)json_next(&reading->json);
    while (next_member(reading, &name))
        read_member(reading, name, &seen);
    if (reading->fault.ptr || json_next(&reading->json) != JSON_NOTHING)
        return;
    (void)whole_upgrade(&reading->line->whole, reading->arena);
    judge_document(reading);
}

/* A line of another type than a document's. */
static void read_other(struct reading *reading)
{
    struct json_object *tree = NULL, *type;

    if (json_next(&reading->json) == JSON_NOTHING) {
        reading->fault = STR("it is empty");
        return;
    }
    if (!tree_read(&reading->json, &tree) || json_next(&reading->json) != JSON_NOTHING)
        return;
    type = tree_is_object(tree) ? tree_member(tree, "type") : NULL;
    if (!is_string(type))
        reading->fault = STR("it is not an object with a type");
    else if (str_equal(tree_text(type), STR("meta")))
        read_meta(reading, tree);
    else if (str_equal(tree_text(type), STR("end")))
        read_end(reading, tree);
    else
        find_fault(reading, "there is no type %.*s", tree_text(type));
}

static const struct json_budget line_budget = { 16, LINE_MAX_MEMBERS };

/* Gives the type of a document, WHOLE_KINDS if the line is none. An export begins with it; a file
 * that was changed by another program need not. */
static enum whole_kind find_kind(struct str bytes, struct arena *arena)
{
    enum whole_kind kind = 0;
    struct json_reader json;
    bool is_type = false;

    json_open(&json, bytes, line_budget, arena);
    if (json_next(&json) != JSON_OBJECT)
        return WHOLE_KINDS;
    while (!is_type && json_next(&json) == JSON_KEY) {
        is_type = str_equal(json.text, STR("type"));
        (void)json_next(&json);
        if (!is_type && !json_skip(&json))
            return WHOLE_KINDS;
    }
    if (!is_type || json.token != JSON_STRING)
        return WHOLE_KINDS;
    while (kind < WHOLE_KINDS && !str_equal(json.text, types[kind]))
        kind++;
    return kind;
}

struct str line_read(struct str bytes, struct line *line, struct arena *arena)
{
    struct reading reading = { .line = line, .arena = arena };
    enum whole_kind kind = find_kind(bytes, arena);

    *line = (struct line){ .kind = LINE_DOCUMENT, .whole.kind = kind };
    json_open(&reading.json, bytes, line_budget, arena);
    if (kind == WHOLE_KINDS)
        read_other(&reading);
    else
        read_document(&reading);
    if (reading.json.token == JSON_FAULT)
        return arena_format(arena, "at byte %zu: %.*s", reading.json.token_at + 1,
                            STR_ARGS(reading.json.message));
    return reading.fault;
}
