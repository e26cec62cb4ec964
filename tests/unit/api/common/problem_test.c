/* problem_test.c: tests the envelope of errors. */
#include "api/common/problem.h"

#include "base/tree.h"
#include "unit.h"

#define ITEM(type, reason) "{\"type\":\"" type "\",\"reason\":\"" reason "\"}"

static void test_alone(void **state)
{
    const struct problem *problem = problem_new(*state, ILLEGAL_ARGUMENT, STR("a \"b\"\n"), NULL);

    assert_text(problem_write(problem, false, *state),
                "{\"error\":{\"root_cause\":[" ITEM(
                    "illegal_argument_exception",
                    "a \\\"b\\\"\\n") "],\"type\":\"illegal_argument_exception\",\"reason\":\"a "
                                      "\\\"b\\\"\\n\"},"
                                      "\"status\":400}");
}

/* A plain cause is not among the root causes; one of Elasticsearch's kinds is the root itself. */
static void test_roots(void **state)
{
    static const struct {
        enum problem_type outer, inner;
        bool unwrapped;
    } rows[] = {
        { X_CONTENT_PARSE, ILLEGAL_ARGUMENT, false },
        { X_CONTENT_PARSE, DATE_TIME, false },
        { X_CONTENT_PARSE, JSON_PARSE, false },
        { X_CONTENT_PARSE, X_CONTENT_PARSE, true },
        { X_CONTENT_PARSE, X_CONTENT_END_OF_FILE, true },
        { X_CONTENT_END_OF_FILE, JSON_END_OF_FILE, false },
        { MEDIA_TYPE_HEADER, STATUS, false },
    };

    for_each_row (i, rows) {
        const struct problem *inner = problem_new(*state, rows[i].inner, STR("inner"), NULL);
        const struct problem *outer = problem_new(*state, rows[i].outer, STR("outer"), inner);
        struct str written = problem_write(outer, false, *state);
        const char *root = strstr(arena_copy(*state, written).ptr, "\"reason\":");

        assert_row(strncmp(root,
                           rows[i].unwrapped ? "\"reason\":\"inner\"" : "\"reason\":\"outer\"",
                           16) == 0,
                   written);
    }
}

static void test_chain(void **state)
{
    const struct problem *innermost = problem_new(*state, DATE_TIME_PARSE, STR("c"), NULL);
    const struct problem *middle = problem_new(*state, ILLEGAL_ARGUMENT, STR("b"), innermost);

    assert_text(
        problem_write(problem_new(*state, X_CONTENT_PARSE, STR("a"), middle), false, *state),
        "{\"error\":{\"root_cause\":[" ITEM(
            "x_content_parse_exception",
            "a") "],\"type\":\"x_content_parse_exception\",\"reason\":\"a\",\"caused_by\":"
                 "{\"type\":\"illegal_argument_exception\",\"reason\":\"b\",\"caused_by\":" ITEM(
                     "date_time_parse_exception", "c") "}},\"status\":400}");
}

/* Every type has a name, and the envelope is JSON even with a trace. */
static void test_every_type(void **state)
{
    for (enum problem_type type = 0; type <= X_CONTENT_PARSE; type++) {
        const struct problem *cause = problem_new(*state, type, STR("\xc3\xa4\0\""), NULL);
        const struct problem *problem = problem_new(*state, type, STR("x"), cause);
        struct json_object *tree;

        for (int trace = 0; trace < 2; trace++) {
            struct str written = problem_write(problem, trace, *state);

            assert_row(tree_parse(written, *state, &tree), written);
            assert_row(!strstr(arena_copy(*state, written).ptr, "\"type\":\"\""), written);
            assert_row(!strstr(arena_copy(*state, written).ptr, "stack_trace") == !trace, written);
        }
    }
}

static void test_short_form(void **state)
{
    assert_text(problem_write_short(STR("a\"b"), 405, *state),
                "{\"error\":\"a\\\"b\",\"status\":405}");
    assert_text(problem_write_short(STR("x"), 0, *state), "{\"error\":\"x\"}");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_alone),      ARENA_TEST(test_roots),      ARENA_TEST(test_chain),
        ARENA_TEST(test_every_type), ARENA_TEST(test_short_form),
    };

    return cmocka_run_group_tests_name("problem", tests, NULL, NULL);
}
