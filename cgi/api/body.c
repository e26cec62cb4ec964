/* body.c: reads request bodies by their tables. */
#include "api/body.h"

#include "api/suggest.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "base/tree.h"

/* A body that is being read. */
struct reading {
    struct json_reader json;
    const struct form *form;
    struct arena *arena;
    size_t value_at; /* where the value of the member at hand begins */
};

typedef const struct problem *read_kind(struct reading *reading, const struct field *field,
                                        struct given *given);

static read_kind read_string, read_instant, read_choice, read_long, read_boolean, read_tree;

#define TOKEN(token) (1U << (token))

static const struct {
    unsigned tokens; /* that such a value may begin with */
    read_kind *read;
    bool quoted;
} kinds[KIND_COUNT] = {
    [STRING] = { TOKEN(JSON_STRING), read_string, true },
    [INSTANT] = { TOKEN(JSON_STRING), read_instant, true },
    [CHOICE] = { TOKEN(JSON_STRING), read_choice, true },
    [LONG] = { TOKEN(JSON_STRING) | TOKEN(JSON_INTEGER) | TOKEN(JSON_DECIMAL), read_long, false },
    [BOOLEAN] = { TOKEN(JSON_STRING) | TOKEN(JSON_TRUE) | TOKEN(JSON_FALSE), read_boolean, false },
    [OBJECT] = { TOKEN(JSON_OBJECT), read_tree, false },
    [LIST] = { TOKEN(JSON_ARRAY) | TOKEN(JSON_OBJECT), read_tree, false },
};

/* What errors call a value's first token. */
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

/* A reason with the place it speaks of in front. */
static struct str placed(struct reading *reading, size_t at, struct str reason)
{
    unsigned line, column;

    json_place(reading->json.input, at, &line, &column);
    return arena_format(reading->arena, "[%u:%u] %.*s", line, column, STR_ARGS(reason));
}

/* A problem with the parser's name, the place in front. */
static const struct problem *parse_problem(struct reading *reading, size_t at, struct str reason,
                                           const struct problem *cause)
{
    reason = arena_format(reading->arena, "[%.*s] %.*s", STR_ARGS(reading->form->parser),
                          STR_ARGS(reason));
    return problem_new(reading->arena, X_CONTENT_PARSE, placed(reading, at, reason), cause);
}

/* The text is no JSON: what the reader says. */
static const struct problem *json_problem(struct reading *reading)
{
    static const struct {
        enum problem_type outer, inner;
    } types[] = {
        [JSON_MALFORMED] = { X_CONTENT_PARSE, JSON_PARSE },
        [JSON_TRUNCATED] = { X_CONTENT_END_OF_FILE, JSON_END_OF_FILE },
        [JSON_EXCESSIVE] = { X_CONTENT_PARSE, JSON_PARSE },
    };
    const struct json_reader *json = &reading->json;

    return problem_new(reading->arena, types[json->fault].outer,
                       placed(reading, json->token_at, json->message),
                       problem_new(reading->arena, types[json->fault].inner, json->message, NULL));
}

static const struct problem *field_problem(struct reading *reading, const struct field *field,
                                           const struct problem *cause)
{
    return parse_problem(
        reading, reading->value_at,
        arena_format(reading->arena, "failed to parse field [%.*s]", STR_ARGS(field->name)), cause);
}

static const struct problem *argument_problem(struct reading *reading, const struct field *field,
                                              struct str reason)
{
    return field_problem(reading, field,
                         problem_new(reading->arena, ILLEGAL_ARGUMENT, reason, NULL));
}

static const struct problem *read_string(struct reading *reading, const struct field *field,
                                         struct given *given)
{
    (void)field;
    given->text = reading->json.text;
    return NULL;
}

static const struct problem *instant_problem(struct reading *reading, enum instant_fault fault)
{
    struct arena *arena = reading->arena;
    struct str text = reading->json.text;

    if (fault == INSTANT_EMPTY)
        return problem_new(arena, ILLEGAL_ARGUMENT, STR("cannot parse empty datetime"), NULL);
    if (fault == INSTANT_INCOMPLETE)
        return problem_new(arena, DATE_TIME,
                           arena_format(arena,
                                        "Unable to obtain Instant from TemporalAccessor: %.*s",
                                        STR_ARGS(text)),
                           NULL);
    return problem_new(arena, ILLEGAL_ARGUMENT,
                       arena_format(arena,
                                    "failed to parse date field [%.*s] with format "
                                    "[strict_date_optional_time||epoch_millis]",
                                    STR_ARGS(text)),
                       problem_new(arena, DATE_TIME_PARSE,
                                   STR("Failed to parse with all enclosed parsers"), NULL));
}

static const struct problem *read_instant(struct reading *reading, const struct field *field,
                                          struct given *given)
{
    struct instant instant;
    enum instant_fault fault = instant_read(reading->json.text, &instant);

    if (fault != INSTANT_READ)
        return field_problem(reading, field, instant_problem(reading, fault));
    given->text = instant_write(instant, reading->arena);
    return NULL;
}

static const struct problem *read_choice(struct reading *reading, const struct field *field,
                                         struct given *given)
{
    const struct choices *choices = field->choices;

    for (size_t i = 0; i < choices->count; i++) {
        if (!str_equal_ignoring_case(reading->json.text, choices->words[i]))
            continue;
        given->text = choices->words[i];
        return NULL;
    }
    return argument_problem(reading, field,
                            arena_format(reading->arena, "Unknown %.*s [%.*s].",
                                         STR_ARGS(choices->name), STR_ARGS(reading->json.text)));
}

/* A number token that does not fit: the cause is a placed problem too, with a cause of its own. */
static const struct problem *range_problem(struct reading *reading, const struct field *field)
{
    struct str reason = arena_format(reading->arena,
                                     "Numeric value (%.*s) out of range of long "
                                     "(-9223372036854775808 - 9223372036854775807)",
                                     STR_ARGS(reading->json.text));
    const struct problem *cause = problem_new(reading->arena, INPUT_COERCION, reason, NULL);

    return field_problem(reading, field,
                         problem_new(reading->arena, X_CONTENT_PARSE,
                                     placed(reading, reading->value_at, reason), cause));
}

static const struct problem *read_long(struct reading *reading, const struct field *field,
                                       struct given *given)
{
    struct str text = reading->json.text;
    int64_t number;
    enum number_fault fault = number_truncate(text, &number);

    if (fault == NUMBER_READ) {
        given->text = arena_format(reading->arena, "%lld", (long long)number);
        return NULL;
    }
    if (reading->json.token != JSON_STRING)
        return range_problem(reading, field);
    return argument_problem(
        reading, field,
        fault == NUMBER_OUT_OF_RANGE
            ? arena_format(reading->arena, "Value [%.*s] is out of range for a long",
                           STR_ARGS(text))
            : arena_format(reading->arena, "For input string: \"%.*s\"", STR_ARGS(text)));
}

static const struct problem *read_boolean(struct reading *reading, const struct field *field,
                                          struct given *given)
{
    const struct json_reader *json = &reading->json;

    if (json->token == JSON_TRUE || str_equal(json->text, STR("true"))) {
        given->text = STR("true");
        return NULL;
    }
    if (json->token == JSON_FALSE || str_equal(json->text, STR("false"))) {
        given->text = STR("false");
        return NULL;
    }
    return argument_problem(
        reading, field,
        arena_format(reading->arena,
                     "Failed to parse value [%.*s] as only [true] or [false] are allowed.",
                     STR_ARGS(json->text)));
}

static const struct problem *read_tree(struct reading *reading, const struct field *field,
                                       struct given *given)
{
    if (tree_read(&reading->json, &given->tree))
        return NULL;
    return field_problem(reading, field, json_problem(reading));
}

static const struct problem *unknown_field(struct reading *reading, size_t key_at, struct str key)
{
    struct str names[MEMBERS_MAX], hint;

    for (size_t i = 0; i < reading->form->count; i++)
        names[i] = reading->form->members[i].field->name;
    hint = suggest(key, names, reading->form->count, reading->arena);
    return parse_problem(
        reading, key_at,
        arena_format(reading->arena, "unknown field [%.*s]%.*s", STR_ARGS(key), STR_ARGS(hint)),
        NULL);
}

static const struct problem *read_value(struct reading *reading, const struct member *member,
                                        struct given *given)
{
    enum json_token token = reading->json.token;
    const struct field *field = member->field;

    if (token == JSON_NULL && (member->flags & NULLABLE)) {
        given->presence = NULLED;
        return NULL;
    }
    if (!(kinds[field->kind].tokens & TOKEN(token)))
        return parse_problem(reading, reading->value_at,
                             arena_format(reading->arena,
                                          "%.*s doesn't support values of type: %.*s",
                                          STR_ARGS(field->name), STR_ARGS(token_names[token])),
                             NULL);
    given->presence = GIVEN;
    return kinds[field->kind].read(reading, field, given);
}

/* The place of a key in the form, its count where it has none. Members mostly come in the table's
 * order, so the search begins behind the last one found. */
static size_t find_member(const struct form *form, struct str key, size_t from)
{
    for (size_t i = 0; i < form->count; i++) {
        size_t at = (from + i) % form->count;

        if (str_equal(form->members[at].field->name, key))
            return at;
    }
    return form->count;
}

static const struct problem *read_members(struct reading *reading, struct given *given)
{
    struct json_reader *json = &reading->json;
    const struct form *form = reading->form;
    size_t next = 0;

    while (json_next(json) == JSON_KEY) {
        struct str key = json->text;
        size_t key_at = json->token_at, at = find_member(form, key, next);
        const struct problem *problem;

        if (at < form->count && given[at].presence != ABSENT) {
            (void)json_refuse(
                json, key_at,
                arena_format(reading->arena, "Duplicate field '%.*s'", STR_ARGS(key)));
            break;
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
    return json->token == JSON_FAULT ? json_problem(reading) : NULL;
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
        return json_problem(&reading);
    if (json->token != JSON_OBJECT)
        return parse_problem(&reading, json->token_at,
                             arena_format(arena, "Expected START_OBJECT but was: %.*s",
                                          STR_ARGS(token_names[json->token])),
                             NULL);
    problem = read_members(&reading, given);
    if (problem)
        return problem;
    if (json_next(json) != JSON_NOTHING)
        return json_problem(&reading);
    return missing_members(&reading, given);
}
