/* body_test.c: tests the reading of bodies: each kind of field with each kind of token, and the
 * choice among several problems. */
#include "api/common/body.h"

#include "base/text.h"
#include "base/tree.h"
#include "unit.h"

static const struct str colours[] = { STR_ROW("red"), STR_ROW("dark_blue") };
static const struct choices choices = { STR_ROW("Colour"), colours, COUNT_OF(colours) };

/* clang-format off */
/* The members of the bodies here, one of each kind. */
enum { A_STRING, AN_INSTANT, A_CHOICE, A_LONG, A_BOOLEAN, AN_OBJECT, A_LIST };

static const struct field fields[] = {
    [A_STRING]   = { STR_ROW("string"),  STRING },
    [AN_INSTANT] = { STR_ROW("instant"), INSTANT },
    [A_CHOICE]   = { STR_ROW("choice"),  CHOICE, &choices },
    [A_LONG]     = { STR_ROW("long"),    LONG },
    [A_BOOLEAN]  = { STR_ROW("boolean"), BOOLEAN },
    [AN_OBJECT]  = { STR_ROW("object"),  OBJECT },
    [A_LIST]     = { STR_ROW("list"),    OBJECT_OR_LIST },
};

static const struct member members[] = {
    { &fields[A_STRING] }, { &fields[AN_INSTANT] }, { &fields[A_CHOICE] }, { &fields[A_LONG] }, { &fields[A_BOOLEAN] },
    { &fields[AN_OBJECT] }, { &fields[A_LIST] },
};
static const struct member nullable[] = {
    { &fields[A_STRING], NULLABLE }, { &fields[AN_INSTANT], NULLABLE }, { &fields[A_CHOICE], NULLABLE },
    { &fields[A_LONG], NULLABLE }, { &fields[A_BOOLEAN], NULLABLE }, { &fields[AN_OBJECT], NULLABLE }, { &fields[A_LIST], NULLABLE },
};
static const struct member required[] = {
    { &fields[A_STRING], REQUIRED }, { &fields[A_LONG] }, { &fields[AN_OBJECT], REQUIRED | NULLABLE },
};

static const struct form form = { STR_ROW("p"), members, COUNT_OF(members) };
static const struct form nullable_form = { STR_ROW("p"), nullable, COUNT_OF(nullable) };
static const struct form required_form = { STR_ROW("p"), required, COUNT_OF(required) };

/* A body with one field, and its stored value. */
static const struct { struct str body; unsigned kind; struct str stored; } good[] = {
    { STR_ROW("{\"string\":\"\"}"),                     A_STRING,  STR_ROW("") },
    { STR_ROW("{\"string\":\"a\\u0000\\n\"}"),          A_STRING,  STR_ROW("a\0\n") },
    { STR_ROW("{\"instant\":\"2023-05-25T12:30:00+02:00\"}"), AN_INSTANT, STR_ROW("2023-05-25T10:30:00.000Z") },
    { STR_ROW("{\"choice\":\"RED\"}"),                  A_CHOICE,  STR_ROW("red") },
    { STR_ROW("{\"choice\":\"dark_BLUE\"}"),            A_CHOICE,  STR_ROW("dark_blue") },
    { STR_ROW("{\"long\":42}"),                         A_LONG,    STR_ROW("42") },
    { STR_ROW("{\"long\":-1.9}"),                       A_LONG,    STR_ROW("-1") },
    { STR_ROW("{\"long\":\"+7\"}"),                     A_LONG,    STR_ROW("7") },
    { STR_ROW("{\"long\":-0}"),                         A_LONG,    STR_ROW("0") },
    { STR_ROW("{\"long\":-9223372036854775808}"),       A_LONG,    STR_ROW("-9223372036854775808") },
    { STR_ROW("{\"boolean\":true}"),                    A_BOOLEAN, STR_ROW("true") },
    { STR_ROW("{\"boolean\":\"false\"}"),               A_BOOLEAN, STR_ROW("false") },
    { STR_ROW("{\"object\":{\"a\":[1.50]}}"),           AN_OBJECT,  STR_ROW("{\"a\":[1.50]}") },
    { STR_ROW("{\"list\":[ ]}"),                        A_LIST,    STR_ROW("[]") },
};

#define PARSE " [p] failed to parse field "

/* The first problem of a body, and its innermost cause (or itself). */
static const struct { struct str body; const char *reason; enum problem_type cause; const char *cause_reason; } bad[] = {
    { STR_ROW(""),       "[1:1] [p] Expected START_OBJECT but was: null", X_CONTENT_PARSE, NULL },
    { STR_ROW(" \n []"), "[2:2] [p] Expected START_OBJECT but was: START_ARRAY", X_CONTENT_PARSE, NULL },
    { STR_ROW("-1.5"),   "[1:1] [p] Expected START_OBJECT but was: VALUE_NUMBER", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"string\":1}"),         "[1:11] [p] string doesn't support values of type: VALUE_NUMBER", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"string\":null}"),      "[1:11] [p] string doesn't support values of type: VALUE_NULL", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"instant\":12}"),       "[1:12] [p] instant doesn't support values of type: VALUE_NUMBER", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"choice\":[]}"),        "[1:11] [p] choice doesn't support values of type: START_ARRAY", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"long\":true}"),        "[1:9] [p] long doesn't support values of type: VALUE_BOOLEAN", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"long\":{}}"),          "[1:9] [p] long doesn't support values of type: START_OBJECT", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"boolean\":1}"),        "[1:12] [p] boolean doesn't support values of type: VALUE_NUMBER", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"object\":[]}"),        "[1:11] [p] object doesn't support values of type: START_ARRAY", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"object\":\"x\"}"),     "[1:11] [p] object doesn't support values of type: VALUE_STRING", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"list\":1}"),           "[1:9] [p] list doesn't support values of type: VALUE_NUMBER", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"instant\":\"\"}"),     "[1:12]" PARSE "[instant]", ILLEGAL_ARGUMENT, "cannot parse empty datetime" },
    { STR_ROW("{\"instant\":\"2023\"}"), "[1:12]" PARSE "[instant]", DATE_TIME, NULL },
    { STR_ROW("{\"instant\":\"x\"}"),    "[1:12]" PARSE "[instant]", DATE_TIME_PARSE, "Failed to parse with all enclosed parsers" },
    { STR_ROW("{\"choice\":\"dark-blue\"}"), "[1:11]" PARSE "[choice]", ILLEGAL_ARGUMENT, "Unknown Colour [dark-blue]." },
    { STR_ROW("{\"long\":\"1e30\"}"),    "[1:9]" PARSE "[long]", ILLEGAL_ARGUMENT, "Value [1e30] is out of range for a long" },
    { STR_ROW("{\"long\":\" 42\"}"),     "[1:9]" PARSE "[long]", ILLEGAL_ARGUMENT, "For input string: \" 42\"" },
    { STR_ROW("{\"long\":1e30}"),        "[1:9]" PARSE "[long]", INPUT_COERCION, "Numeric value (1e30) out of range of long (-9223372036854775808 - 9223372036854775807)" },
    { STR_ROW("{\"boolean\":\"yes\"}"),  "[1:12]" PARSE "[boolean]", ILLEGAL_ARGUMENT, "Failed to parse value [yes] as only [true] or [false] are allowed." },
    { STR_ROW("{\"object\":{\"a\":1,\"a\":2}}"), "[1:11]" PARSE "[object]", JSON_PARSE, "Duplicate field 'a'" },
    { STR_ROW("{\"object\":{\"a\":"),    "[1:11]" PARSE "[object]", JSON_END_OF_FILE, NULL },
    { STR_ROW("{\"strin\":1}"),          "[1:2] [p] unknown field [strin] did you mean [string]?", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"xyz\":{}}"),           "[1:2] [p] unknown field [xyz]", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"\":1}"),               "[1:2] [p] unknown field []", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"long\":1,\"long\":1}"), "[1:11] Duplicate field 'long'", JSON_PARSE, NULL },
    { STR_ROW("{\"xyz\":1,\"string\":1}"), "[1:2] [p] unknown field [xyz]", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"string\":1,\"xyz\":1}"), "[1:11] [p] string doesn't support values of type: VALUE_NUMBER", X_CONTENT_PARSE, NULL },
    { STR_ROW("{\"long\":1} x"),         NULL, JSON_PARSE, NULL },
    { STR_ROW("{\"long\":1"),            "[1:10] Unexpected end of file", JSON_END_OF_FILE, NULL },
    { STR_ROW("{\"xyz\":"),              "[1:8] Unexpected end of file", JSON_END_OF_FILE, NULL },
};
/* clang-format on */

static const struct problem *read_body(struct str body, const struct form *by, struct arena *arena,
                                       struct given *given)
{
    return body_read(body, by, (struct json_budget){ 64, 1000 }, arena, given);
}

static void test_good(void **state)
{
    for_each_row (i, good) {
        struct given given[MEMBERS_MAX];
        unsigned kind = good[i].kind;

        assert_row(!read_body(good[i].body, &form, *state, given), good[i].body);
        for (size_t k = 0; k < form.count; k++)
            assert_row(given[k].presence == (k == kind ? GIVEN : ABSENT), good[i].body);
        assert_same(kind == AN_OBJECT || kind == A_LIST ? tree_write(given[kind].tree, *state)
                                                        : given[kind].text,
                    good[i].stored);
    }
}

static void test_bad(void **state)
{
    for_each_row (i, bad) {
        struct given given[MEMBERS_MAX];
        const struct problem *problem = read_body(bad[i].body, &form, *state, given),
                             *inner = problem;

        assert_row(problem != NULL, bad[i].body);
        assert_int_equal(problem->status, 400);
        if (bad[i].reason)
            assert_same(problem->reason, str_from(bad[i].reason));
        while (inner->cause)
            inner = inner->cause;
        assert_row(inner->type == bad[i].cause, bad[i].body);
        if (bad[i].cause_reason)
            assert_same(inner->reason, str_from(bad[i].cause_reason));
    }
}

static void test_null(void **state)
{
    struct given given[MEMBERS_MAX];

    for (size_t i = 0; i < form.count; i++) {
        struct str name = fields[i].name;
        struct str body = arena_format(*state, "{\"%.*s\":null}", STR_ARGS(name));

        assert_row(read_body(body, &form, *state, given) != NULL, body);
        assert_row(!read_body(body, &nullable_form, *state, given), body);
        assert_int_equal(given[i].presence, NULLED);
        body =
            arena_format(*state, "{\"%.*s\":null,\"%.*s\":null}", STR_ARGS(name), STR_ARGS(name));
        assert_row(read_body(body, &nullable_form, *state, given) != NULL, body);
    }
}

static void test_members_in_any_order(void **state)
{
    static const struct str bodies[] = {
        STR_ROW("{\"list\":[],\"string\":\"x\",\"choice\":\"red\"}"),
        STR_ROW("{\"string\":\"x\",\"choice\":\"red\",\"list\":[]}"),
        STR_ROW("{\"choice\":\"red\",\"list\":[],\"string\":\"x\"}")
    };

    for_each_row (i, bodies) {
        struct given given[MEMBERS_MAX];

        assert_row(!read_body(bodies[i], &form, *state, given), bodies[i]);
        assert_text(given[A_STRING].text, "x");
        assert_text(given[A_CHOICE].text, "red");
        assert_int_equal(given[A_LIST].presence, GIVEN);
        assert_int_equal(given[A_LONG].presence, ABSENT);
    }
}

static void test_required(void **state)
{
    static const struct {
        struct str body;
        const char *reason;
    } rows[] = {
        { STR_ROW("{}"), "Required [string, object]" },
        { STR_ROW("{\"long\":1}"), "Required [string, object]" },
        { STR_ROW("{\"object\":{}}"), "Required [string]" },
        { STR_ROW("{\"string\":\"\",\"object\":null}"), NULL },
        { STR_ROW("{\"string\":\"\",\"object\":{}}"), NULL },
    };

    for_each_row (i, rows) {
        struct given given[MEMBERS_MAX];
        const struct problem *problem = read_body(rows[i].body, &required_form, *state, given);

        assert_row(!problem == !rows[i].reason, rows[i].body);
        if (problem) {
            assert_int_equal(problem->type, ILLEGAL_ARGUMENT);
            assert_same(problem->reason, str_from(rows[i].reason));
        }
    }
}

static void test_budgets(void **state)
{
    static const struct str body = STR_ROW("{\"object\":{\"a\":[1,2]}}");
    struct given given[MEMBERS_MAX];

    assert_null(body_read(body, &form, (struct json_budget){ 3, 4 }, *state, given));
    assert_non_null(body_read(body, &form, (struct json_budget){ 2, 4 }, *state, given));
    assert_non_null(body_read(body, &form, (struct json_budget){ 3, 3 }, *state, given));
}

static void test_quoted_kinds(void **state)
{
    static const bool quoted[KIND_COUNT] = {
        [STRING] = true, [INSTANT] = true, [CHOICE] = true, [SCHEDULE] = true
    };

    (void)state;
    for (enum kind kind = 0; kind < KIND_COUNT; kind++)
        assert_int_equal(kind_is_quoted(kind), quoted[kind]);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_good),         ARENA_TEST(test_bad),
        ARENA_TEST(test_null),         ARENA_TEST(test_members_in_any_order),
        ARENA_TEST(test_required),     ARENA_TEST(test_budgets),
        ARENA_TEST(test_quoted_kinds),
    };

    return cmocka_run_group_tests_name("body", tests, NULL, NULL);
}
