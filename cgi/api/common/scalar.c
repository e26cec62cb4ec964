/* scalar.c: reads the values of a body that are not objects or lists, and describes their
 * faults. */
#include "api/common/reading.h"

#include "base/cron.h"
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"

/* Puts its place in front of a reason: "[line:column] reason". */
static struct str with_place(struct reading *reading, size_t at, struct str reason)
{
    unsigned line, column;

    json_place(reading->json.input, at, &line, &column);
    return arena_format(reading->arena, "[%u:%u] %.*s", line, column, STR_ARGS(reason));
}

/* Makes a problem with the place and the parser's name in front. */
const struct problem *reading_problem(struct reading *reading, size_t at, struct str reason,
                                      const struct problem *cause)
{
    reason = arena_format(reading->arena, "[%.*s] %.*s", STR_ARGS(reading->form->parser),
                          STR_ARGS(reason));
    return problem_new(reading->arena, X_CONTENT_PARSE, with_place(reading, at, reason), cause);
}

/* Makes the problem of a text that is not JSON, as the JSON reader describes it. */
const struct problem *reading_json_problem(struct reading *reading)
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
                       with_place(reading, json->token_at, json->message),
                       problem_new(reading->arena, types[json->fault].inner, json->message, NULL));
}

const struct problem *reading_field_problem(struct reading *reading, const struct field *field,
                                            const struct problem *cause)
{
    return reading_problem(
        reading, reading->value_at,
        arena_format(reading->arena, "failed to parse field [%.*s]", STR_ARGS(field->name)), cause);
}

static const struct problem *argument_problem(struct reading *reading, const struct field *field,
                                              struct str reason)
{
    return reading_field_problem(reading, field,
                                 problem_new(reading->arena, ILLEGAL_ARGUMENT, reason, NULL));
}

const struct problem *read_string(struct reading *reading, const struct field *field,
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

const struct problem *read_instant(struct reading *reading, const struct field *field,
                                   struct given *given)
{
    struct instant instant;
    enum instant_fault fault = instant_read(reading->json.text, &instant);

    if (fault != INSTANT_READ)
        return reading_field_problem(reading, field, instant_problem(reading, fault));
    given->text = instant_write(instant, reading->arena);
    return NULL;
}

const struct problem *read_choice(struct reading *reading, const struct field *field,
                                  struct given *given)
{
    const struct choices *choices = field->choices;

    for (size_t i = 0; i < choices->count; i++) {
        if (choices->exact ? !str_equal(reading->json.text, choices->words[i])
                           : !str_equal_ignoring_case(reading->json.text, choices->words[i]))
            continue;
        given->text = choices->words[i];
        return NULL;
    }
    return argument_problem(reading, field,
                            arena_format(reading->arena, "Unknown %.*s [%.*s].",
                                         STR_ARGS(choices->name), STR_ARGS(reading->json.text)));
}

/* A number that is too large: of a number token the cause is a placed problem, with one of its own.
 */
static const struct problem *range_problem(struct reading *reading, const struct field *field,
                                           const char *type, int64_t least, int64_t most)
{
    struct str text = reading->json.text, reason;

    if (reading->json.token == JSON_STRING)
        return argument_problem(reading, field,
                                arena_format(reading->arena,
                                             "Value [%.*s] is out of range for %s %s",
                                             STR_ARGS(text), type[0] == 'i' ? "an" : "a", type));
    reason = arena_format(reading->arena, "Numeric value (%.*s) out of range of %s (%lld - %lld)",
                          STR_ARGS(text), type, (long long)least, (long long)most);
    return reading_field_problem(
        reading, field,
        problem_new(reading->arena, X_CONTENT_PARSE, with_place(reading, reading->value_at, reason),
                    problem_new(reading->arena, INPUT_COERCION, reason, NULL)));
}

static const struct problem *read_number(struct reading *reading, const struct field *field,
                                         struct given *given, const char *type, int64_t least,
                                         int64_t most)
{
    int64_t number;

    switch (number_truncate(reading->json.text, &number)) {
    case NUMBER_MALFORMED:
        return argument_problem(reading, field,
                                arena_format(reading->arena, "For input string: \"%.*s\"",
                                             STR_ARGS(reading->json.text)));
    case NUMBER_OUT_OF_RANGE:
        return range_problem(reading, field, type, least, most);
    default:
        break;
    }
    if (number < least || number > most)
        return range_problem(reading, field, type, least, most);
    given->text = arena_format(reading->arena, "%lld", (long long)number);
    return NULL;
}

const struct problem *read_long(struct reading *reading, const struct field *field,
                                struct given *given)
{
    return read_number(reading, field, given, "long", INT64_MIN, INT64_MAX);
}

const struct problem *read_integer(struct reading *reading, const struct field *field,
                                   struct given *given)
{
    return read_number(reading, field, given, "int", INT32_MIN, INT32_MAX);
}

/* Gives the fault of a schedule; absent if it is valid. A schedule that has no time at all is
 * refused, as a mistake; one whose times are all over is not. */
static struct str schedule_fault(struct str text, struct arena *arena)
{
    struct str fault = cron_fault(text, arena);
    struct cron cron;

    if (!fault.ptr && cron_read(text, &cron) && !cron_can_come(&cron))
        return STR("it never comes: no day of the years 1970-2099 is among its days, months and "
                   "years");
    return fault;
}

const struct problem *read_schedule(struct reading *reading, const struct field *field,
                                    struct given *given)
{
    struct str text = reading->json.text, fault = schedule_fault(text, reading->arena);

    given->text = text;
    if (!fault.ptr)
        return NULL;
    return reading_field_problem(
        reading, field,
        problem_new(reading->arena, ILLEGAL_ARGUMENT,
                    arena_format(reading->arena, "invalid cron expression [%.*s]", STR_ARGS(text)),
                    problem_new(reading->arena, ILLEGAL_ARGUMENT, fault, NULL)));
}

const struct problem *read_boolean(struct reading *reading, const struct field *field,
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
