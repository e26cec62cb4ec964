/* body.c: reads request bodies by their tables. */
#include "api/common/body.h"

#include "api/common/reading.h"
#include "base/instant.h"
#include "base/suggest.h"
#include "base/text.h"
#include "base/tree.h"

static read_kind read_any, read_no_list, read_fixed, read_record, read_records, read_map,
    read_strings;

#define TOKEN(token) (1U << (token))
#define A_STRING     TOKEN(JSON_STRING)
#define A_NUMBER     (TOKEN(JSON_INTEGER) | TOKEN(JSON_DECIMAL))
#define A_BOOLEAN    (TOKEN(JSON_TRUE) | TOKEN(JSON_FALSE))
#define AN_OBJECT    TOKEN(JSON_OBJECT)
#define A_LIST       TOKEN(JSON_ARRAY)

/* clang-format off */
static const struct {
    unsigned tokens; /* the tokens that such a value may begin with */
    read_kind *read;
    bool quoted;
} kinds[KIND_COUNT] = {
    [STRING]       = { A_STRING,                                    read_string,  true },
    [INSTANT]      = { A_STRING,                                    read_instant, true },
    [CHOICE]       = { A_STRING,                                    read_choice,  true },
    [SCHEDULE]     = { A_STRING,                                    read_schedule, true },
    [LONG]         = { A_STRING | A_NUMBER,                         read_long },
    [INTEGER]      = { A_STRING | A_NUMBER,                         read_integer },
    [BOOLEAN]      = { A_STRING | A_BOOLEAN,                        read_boolean },
    [OBJECT]       = { AN_OBJECT,                                   read_any },
    [RECORD]       = { AN_OBJECT,                                   read_record },
    [RECORDS]      = { A_LIST | AN_OBJECT,                          read_records },
    [MAP]          = { AN_OBJECT,                                   read_map },
    [STRINGS]      = { A_LIST | A_STRING,                           read_strings },
    [SCALAR]       = { A_STRING | A_NUMBER | A_BOOLEAN,             read_any },
    [SCALAR_OR_OBJECT] = { ~TOKEN(JSON_NULL),                       read_no_list },
    [OBJECT_OR_LIST] = { AN_OBJECT | A_LIST,                        read_any },
    [ANY]          = { ~TOKEN(JSON_NULL),                           read_any },
    [FIXED]        = { ~0U,                                         read_fixed },
};
/* clang-format on */

/* The names of first tokens in errors. */
static const struct str token_names[] = {
    [JSON_NOTHING] = STR_ROW("null"),         [JSON_OBJECT] = STR_ROW("START_OBJECT"),
    [JSON_ARRAY] = STR_ROW("START_ARRAY"),    [JSON_STRING] = STR_ROW("VALUE_STRING"),
    [JSON_INTEGER] = STR_ROW("VALUE_NUMBER"), [JSON_DECIMAL] = STR_ROW("VALUE_NUMBER"),
    [JSON_TRUE] = STR_ROW("VALUE_BOOLEAN"),   [JSON_FALSE] = STR_ROW("VALUE_BOOLEAN"),
    [JSON_NULL] = STR_ROW("VALUE_NULL"),
};

bool kind_is_quoted(enum kind kind)
{
    return kinds[kind].quoted;
}

const char FALLBACK_NOW[] = "now";

static const struct problem *read_members(struct reading *reading, struct given *given);
static const struct problem *missing_members(struct reading *reading, const struct given *given);

static const struct problem *read_any(struct reading *reading, const struct field *field,
                                      struct given *given)
{
    if (tree_read(&reading->json, &given->tree))
        return NULL;
    return reading_field_problem(reading, field, reading_json_problem(reading));
}

/* Elasticsearch refuses a list in the value's own parser, so the list is the cause of the
 * problem. */
static const struct problem *read_no_list(struct reading *reading, const struct field *field,
                                          struct given *given)
{
    if (reading->json.token != JSON_ARRAY)
        return read_any(reading, field, given);
    return reading_field_problem(
        reading, field,
        problem_new(reading->arena, X_CONTENT_PARSE, STR("Unsupported token [START_ARRAY]"), NULL));
}

static const struct problem *read_fixed(struct reading *reading, const struct field *field,
                                        struct given *given)
{
    const struct problem *problem = read_any(reading, field, given);

    given->presence = NULLED; /* so that a second one is noticed */
    return problem;
}

/* ---- objects within a body ---- */

static struct json_object *tree_of_given(struct reading *reading, const struct field *field,
                                         const struct given *given)
{
    if (given->presence == NULLED || given->tree)
        return given->tree;
    return kinds[field->kind].quoted ? tree_new_string(given->text, reading->arena)
                                     : tree_new(given->text, reading->arena);
}

static struct json_object *tree_of_fallback(struct reading *reading, const char *fallback)
{
    if (fallback == FALLBACK_NOW && !reading->now.ptr)
        reading->now = instant_write(instant_now(), reading->arena);
    if (fallback == FALLBACK_NOW)
        return tree_new_string(reading->now, reading->arena);
    return tree_new(str_from(fallback), reading->arena);
}

static struct json_object *tree_of_members(struct reading *reading, const struct form *form,
                                           const struct given *given)
{
    struct json_object *object = tree_new_object(reading->arena);

    for (size_t i = 0; i < form->count; i++) {
        const struct member *member = &form->members[i];
        bool absent = given[i].presence == ABSENT ||
                      (given[i].presence == NULLED && !(member->flags & NULLABLE));

        if (!absent)
            tree_set(object, member->field->name, tree_of_given(reading, member->field, &given[i]));
        else if (member->fallback)
            tree_set(object, member->field->name, tree_of_fallback(reading, member->fallback));
    }
    return object;
}

/* Reads an object by a form of its own. A problem in it becomes the cause of the field's
 * problem. */
static const struct problem *read_record(struct reading *reading, const struct field *field,
                                         struct given *given)
{
    const struct form *outer = reading->form, *form = field->form;
    size_t value_at = reading->value_at;
    struct given members[MEMBERS_MAX];
    const struct problem *problem;

    memset(members, 0, form->count * sizeof *members);
    reading->form = form;
    problem = read_members(reading, members);
    if (!problem)
        problem = missing_members(reading, members);
    reading->form = outer;
    reading->value_at = value_at;
    if (problem)
        return reading_field_problem(reading, field, problem);
    given->tree = tree_of_members(reading, form, members);
    return NULL;
}

static const struct problem *unexpected_token(struct reading *reading, const struct field *field)
{
    return reading_problem(reading, reading->json.token_at,
                           arena_format(reading->arena, "%.*s doesn't support values of type: %.*s",
                                        STR_ARGS(field->name),
                                        STR_ARGS(token_names[reading->json.token])),
                           NULL);
}

/* Reads a list of values, each of which `read` reads and begins with `token`; or a single one. */
static const struct problem *read_list(struct reading *reading, const struct field *field,
                                       struct given *given, enum json_token token, read_kind *read)
{
    struct json_object *list = tree_new_array(reading->arena);
    bool alone = reading->json.token == token;

    while (alone || json_next(&reading->json) != JSON_ARRAY_END) {
        struct given element = { .presence = GIVEN };
        const struct problem *problem;

        if (reading->json.token == JSON_FAULT)
            return reading_field_problem(reading, field, reading_json_problem(reading));
        if (reading->json.token != token)
            return reading_field_problem(reading, field, unexpected_token(reading, field));
        reading->value_at = reading->json.token_at;
        problem = read(reading, field, &element);
        if (problem)
            return problem;
        tree_append(list, element.tree);
        if (alone)
            break;
    }
    given->tree = list;
    return NULL;
}

static const struct problem *read_records(struct reading *reading, const struct field *field,
                                          struct given *given)
{
    return read_list(reading, field, given, JSON_OBJECT, read_record);
}

static const struct problem *read_strings(struct reading *reading, const struct field *field,
                                          struct given *given)
{
    return read_list(reading, field, given, JSON_STRING, read_any);
}

/* Gives the problem that the current key has occurred before. */
static void refuse_duplicate(struct json_reader *json, struct str key)
{
    (void)json_refuse(json, json->token_at,
                      arena_format(json->arena, "Duplicate field '%.*s'", STR_ARGS(key)));
}

static const struct problem *read_map(struct reading *reading, const struct field *field,
                                      struct given *given)
{
    struct json_reader *json = &reading->json;
    struct json_object *map = tree_new_object(reading->arena);
    size_t value_at = reading->value_at;

    while (json_next(json) == JSON_KEY) {
        struct str name = arena_copy(reading->arena, json->text);
        struct field entry = { .name = name, .kind = RECORD, .form = field->form };
        struct given record = { .presence = GIVEN };
        const struct problem *problem;

        if (tree_has(map, name.ptr)) {
            refuse_duplicate(json, name);
            break;
        }
        if (json_next(json) == JSON_FAULT)
            break;
        if (json->token != JSON_OBJECT)
            return reading_field_problem(reading, field, unexpected_token(reading, &entry));
        reading->value_at = json->token_at;
        problem = read_record(reading, &entry, &record);
        reading->value_at = value_at;
        if (problem)
            return reading_field_problem(reading, field, problem);
        tree_set(map, name, record.tree);
    }
    if (json->token == JSON_FAULT)
        return reading_field_problem(reading, field, reading_json_problem(reading));
    given->tree = map;
    return NULL;
}

/* ---- members ---- */

static const struct problem *unknown_field(struct reading *reading, size_t key_at, struct str key)
{
    struct str names[MEMBERS_MAX], hint;

    for (size_t i = 0; i < reading->form->count; i++)
        names[i] = reading->form->members[i].field->name;
    hint = suggest(key, names, reading->form->count, reading->arena);
    return reading_problem(
        reading, key_at,
        arena_format(reading->arena, "unknown field [%.*s]%.*s", STR_ARGS(key), STR_ARGS(hint)),
        NULL);
}

static const struct problem *read_value(struct reading *reading, const struct member *member,
                                        struct given *given)
{
    enum json_token token = reading->json.token;
    const struct field *field = member->field;

    if (token == JSON_NULL && (member->flags & (NULLABLE | IGNORE_NULL))) {
        given->presence = NULLED;
        return NULL;
    }
    if (!(kinds[field->kind].tokens & TOKEN(token)))
        return reading_problem(reading, reading->value_at,
                               arena_format(reading->arena,
                                            "%.*s doesn't support values of type: %.*s",
                                            STR_ARGS(field->name), STR_ARGS(token_names[token])),
                               NULL);
    given->presence = GIVEN;
    return kinds[field->kind].read(reading, field, given);
}

/* Gives the place of a key in the form, or the form's count if it is not there. Members mostly come
 * in the table's order, so the search begins after the last one found. */
static size_t find_member(const struct form *form, struct str key, size_t from)
{
    for (size_t i = 0; i < form->count; i++) {
        size_t at = (from + i) % form->count;

        if (str_equal(form->members[at].field->name, key))
            return at;
    }
    return form->count;
}

/* Skips a member that the form does not have. It keeps the name, as even such names must not occur
 * twice. False after a JSON_FAULT. */
static bool drop_member(struct json_reader *json, struct str key, struct json_object **dropped)
{
    struct json_object *value;

    key = arena_copy(json->arena, key);
    if (!*dropped)
        *dropped = tree_new_object(json->arena);
    if (tree_has(*dropped, key.ptr)) {
        refuse_duplicate(json, key);
        return false;
    }
    tree_set(*dropped, key, NULL);
    return json_next(json) != JSON_FAULT && tree_read(json, &value);
}

static const struct problem *read_members(struct reading *reading, struct given *given)
{
    struct json_reader *json = &reading->json;
    const struct form *form = reading->form;
    struct json_object *dropped = NULL;
    size_t next = 0;

    while (json_next(json) == JSON_KEY) {
        struct str key = json->text;
        size_t key_at = json->token_at, at = find_member(form, key, next);
        const struct problem *problem;

        if (at < form->count && given[at].presence != ABSENT) {
            refuse_duplicate(json, key);
            break;
        }
        if (at == form->count && form->lenient) {
            if (!drop_member(json, key, &dropped))
                break;
            continue;
        }
        if (json_next(json) == JSON_FAULT)
            break;
        if (at == form->count)
            return unknown_field(reading, key_at, key);
        reading->value_at = json->token_at;
        problem = read_value(reading, &form->members[at], &given[at]);
        if (problem)
            return problem;
        next = at + 1;
    }
    return json->token == JSON_FAULT ? reading_json_problem(reading) : NULL;
}

static const struct problem *missing_members(struct reading *reading, const struct given *given)
{
    struct text names = text_new(reading->arena, 128);

    for (size_t i = 0; i < reading->form->count; i++) {
        const struct member *member = &reading->form->members[i];

        if (given[i].presence != ABSENT || !(member->flags & REQUIRED))
            continue;
        if (names.len)
            text_add(&names, STR(", "));
        text_add(&names, member->field->name);
    }
    if (!names.len)
        return NULL;
    return problem_new(reading->arena, ILLEGAL_ARGUMENT,
                       arena_format(reading->arena, "Required [%.*s]", STR_ARGS(names)), NULL);
}

const struct problem *body_read(struct str body, const struct form *form, struct json_budget budget,
                                struct arena *arena, struct given *given)
{
    struct reading reading = { .form = form, .arena = arena };
    struct json_reader *json = &reading.json;
    const struct problem *problem;

    memset(given, 0, form->count * sizeof *given);
    json_open(json, body, budget, arena);
    if (json_next(json) == JSON_FAULT)
        return reading_json_problem(&reading);
    if (json->token != JSON_OBJECT)
        return reading_problem(&reading, json->token_at,
                               arena_format(arena, "Expected START_OBJECT but was: %.*s",
                                            STR_ARGS(token_names[json->token])),
                               NULL);
    problem = read_members(&reading, given);
    if (problem)
        return problem;
    if (json_next(json) != JSON_NOTHING)
        return reading_json_problem(&reading);
    return missing_members(&reading, given);
}
