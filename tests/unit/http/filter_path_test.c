/* filter_path_test.c: compares ?filter_path with a plain definition, and tests its cost. Rows for
 * human readers are in render_test.c. */
#include "http/filter_path.h"

#include "base/text.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str list, json, left; } rows[] = {
    { STR_ROW("a\\.b"),      STR_ROW("{\"a.b\":1,\"a\":{\"b\":2}}"),        STR_ROW("{\"a.b\":1}") },
    { STR_ROW("a.b"),        STR_ROW("{\"a.b\":1,\"a\":{\"b\":2}}"),        STR_ROW("{\"a\":{\"b\":2}}") },
    { STR_ROW("x.*\\.c"),    STR_ROW("{\"x\":{\"b.c\":1,\"bc\":2}}"),       STR_ROW("{\"x\":{\"b.c\":1}}") },
    { STR_ROW("a\\\\.b"),    STR_ROW("{\"a\\\\\":{\"b\":1,\"c\":2}}"),      STR_ROW("{\"a\\\\\":{\"b\":1}}") },
    { STR_ROW("\\*"),        STR_ROW("{\"*\":1,\"a\":2}"),                  STR_ROW("{\"*\":1}") },
    { STR_ROW("-a\\.b"),     STR_ROW("{\"a.b\":1,\"a\":{\"b\":2}}"),        STR_ROW("{\"a\":{\"b\":2}}") },
    { STR_ROW("a\\"),        STR_ROW("{\"a\\\\\":1,\"a\":2}"),              STR_ROW("{\"a\\\\\":1}") },
    { STR_ROW("**.**.b"),    STR_ROW("{\"a\":1,\"b\":2,\"c\":{\"b\":3}}"),  STR_ROW("{\"b\":2,\"c\":{\"b\":3}}") },
    { STR_ROW("**.**"),      STR_ROW("{\"a\":1,\"c\":{\"b\":{}}}"),         STR_ROW("{\"a\":1,\"c\":{\"b\":{}}}") },
    { STR_ROW("c.**"),       STR_ROW("{\"a\":1,\"c\":{\"b\":{}}}"),         STR_ROW("{\"c\":{\"b\":{}}}") },
    { STR_ROW("a.**"),       STR_ROW("{\"a\":1}"),                          STR_ROW("{}") },
    { STR_ROW("a.**.b"),     STR_ROW("{\"a\":[[{\"b\":1}],{\"x\":{\"b\":2,\"c\":3}}]}"), STR_ROW("{\"a\":[[{\"b\":1}],{\"x\":{\"b\":2}}]}") },
    { STR_ROW("\xc3\xa4"),   STR_ROW("{\"\\u00e4\":1,\"a\":2}"),            STR_ROW("{\"\\u00e4\":1}") },
    { STR_ROW("?"),          STR_ROW("{\"\xc3\xa4\":1,\"aa\":2}"),          STR_ROW("{\"\xc3\xa4\":1}") },
    { STR_ROW("-b"),         STR_ROW("[null,1,{\"b\":1},[],{}]"),           STR_ROW("[null,1,[],{}]") },
    { STR_ROW("b"),          STR_ROW("[null,1,{\"b\":1},[],{}]"),           STR_ROW("[{\"b\":1}]") },
    { STR_ROW("-a.b"),       STR_ROW("{\"a\":{\"b\":1},\"c\":{},\"d\":[]}"), STR_ROW("{\"c\":{},\"d\":[]}") },
    { STR_ROW("-x"),         STR_ROW("[]"),                                 STR_ROW("[]") },
    { STR_ROW("-x"),         STR_ROW("1"),                                  STR_ROW("1") },
    { STR_ROW("x"),          STR_ROW("1"),                                  STR_ROW("{}") },
    { STR_ROW("-"),          STR_ROW("{\"-\":1,\"a\":2}"),                  STR_ROW("{\"-\":1}") },
    { STR_ROW("a,-a.b,-c"),  STR_ROW("{\"a\":{\"b\":1,\"c\":2},\"c\":3}"),  STR_ROW("{\"a\":{\"c\":2}}") },
    { STR_ROW("a"),          STR_ROW("{\"b\":{\"a\":1},\"a\":[{},1.50,\"\\/\"]}"), STR_ROW("{\"a\":[{},1.50,\"\\/\"]}") },
};
/* clang-format on */

static struct str filtered(struct str list, struct str json, struct arena *arena)
{
    return filter_path_apply(filter_path_new(list, arena), json);
}

static void test_rows(void **state)
{
    for_each_row (i, rows)
        assert_same(filtered(rows[i].list, rows[i].json, *state), rows[i].left);
}

/* ---- compared with a plain definition, on made-up documents and lists ---- */

enum { NAMES_MAX = 4, PATHS_MAX = 3, CHILDREN_MAX = 3 };

struct path {
    const char *names[NAMES_MAX];
    size_t count;
    bool keeps;
};

static const char *const member_names[] = { "a", "b", "ab" };
static const char *const path_names[] = { "a", "b", "ab", "*", "a*", "?", "**", "**" };

static bool name_fits(const char *pattern, const char *name)
{
    switch (pattern[0]) {
    case '*':
        return true;
    case '?':
        return strlen(name) == 1;
    default:
        return strcmp(pattern, "a*") == 0 ? name[0] == 'a' : strcmp(pattern, name) == 0;
    }
}

/* Whether the names of a path, from `at` on, lead to exactly this place in the document. */
static bool leads(const struct path *path, size_t at, const char *const *place, size_t depth)
{
    if (at == path->count || !depth)
        return at == path->count && !depth;
    if (strcmp(path->names[at], "**") != 0)
        return name_fits(path->names[at], place[0]) && leads(path, at + 1, place + 1, depth - 1);
    return leads(path, at, place + 1, depth - 1) || leads(path, at + 1, place, depth) ||
           leads(path, at + 1, place + 1, depth - 1);
}

struct made {
    struct path paths[PATHS_MAX];
    size_t count;
    bool keeps_all;
    uint64_t seed;
    const char *place[8];
    struct text whole; /* the document */
    struct text left;  /* the part of it that must be left */
};

/* Whether a path that keeps, or one that leaves out, leads to a place in or above this one. */
static bool is_led_to(const struct made *made, bool keeps, size_t depth)
{
    for (size_t i = 0; i < made->count; i++)
        for (size_t k = 1; k <= depth; k++)
            if (made->paths[i].keeps == keeps && leads(&made->paths[i], 0, made->place, k))
                return true;
    return false;
}

static struct str make_value(struct made *made, size_t depth, struct arena *arena);

/* Makes an object or array, and gives the part that must be left: absent for nothing. */
static struct str make_nested(struct made *made, size_t depth, bool is_object, struct arena *arena)
{
    size_t count = unit_random(&made->seed) % (CHILDREN_MAX + 1);
    struct text left = text_new(arena, 64);
    bool all = (made->keeps_all || is_led_to(made, true, depth)) && !is_led_to(made, false, depth);

    text_add(&made->whole, is_object ? STR("{") : STR("["));
    text_add(&left, is_object ? STR("{") : STR("["));
    for (size_t i = 0; i < count; i++) {
        struct str name = STR(""), child;

        if (is_object) {
            made->place[depth] = member_names[i];
            name = arena_format(arena, "\"%s\":", member_names[i]);
        }
        text_add(&made->whole, i ? STR(",") : STR(""));
        text_add(&made->whole, name);
        child = make_value(made, depth + is_object, arena);
        if (!child.ptr)
            continue;
        text_add(&left, left.len > 1 ? STR(",") : STR(""));
        text_add(&left, name);
        text_add(&left, child);
    }
    text_add(&made->whole, is_object ? STR("}") : STR("]"));
    if (left.len == 1 && (count || !all))
        return (struct str){ NULL, 0 };
    text_add(&left, is_object ? STR("}") : STR("]"));
    return text_str(&left);
}

static struct str make_value(struct made *made, size_t depth, struct arena *arena)
{
    static const struct str scalars[] = { STR_ROW("1"), STR_ROW("null"), STR_ROW("\"x,}\"") };
    uint64_t choice = unit_random(&made->seed) % 8;
    struct str scalar = scalars[choice % 3];

    if (!depth || (choice < 5 && depth < 5))
        return make_nested(made, depth, !depth || choice < 4, arena);
    text_add(&made->whole, scalar);
    if ((made->keeps_all || is_led_to(made, true, depth)) && !is_led_to(made, false, depth))
        return scalar;
    return (struct str){ NULL, 0 };
}

static struct str make_list(struct made *made, struct arena *arena)
{
    struct text list = text_new(arena, 64);

    made->count = 1 + unit_random(&made->seed) % PATHS_MAX;
    made->keeps_all = true;
    for (size_t i = 0; i < made->count; i++) {
        struct path *path = &made->paths[i];

        path->count = 1 + unit_random(&made->seed) % NAMES_MAX;
        path->keeps = unit_random(&made->seed) % 3;
        made->keeps_all &= !path->keeps;
        text_add(&list, i ? STR(",") : STR(""));
        text_add(&list, path->keeps ? STR("") : STR("-"));
        for (size_t k = 0; k < path->count; k++) {
            path->names[k] = path_names[unit_random(&made->seed) % COUNT_OF(path_names)];
            text_format(&list, k ? ".%s" : "%s", path->names[k]);
        }
    }
    return text_str(&list);
}

static void test_definition_agrees(void **state)
{
    struct made made = { .seed = 11 };
    unsigned partly = 0;

    for (unsigned i = 0; i < 50000; i++) {
        struct str list = make_list(&made, *state), expected, found;

        made.whole = text_new(*state, 256);
        expected = make_value(&made, 0, *state);
        if (!expected.ptr)
            expected = STR("{}");
        found = filtered(list, text_str(&made.whole), *state);
        if (!str_equal(found, expected))
            print_error("%.*s of %.*s\n", STR_ARGS(list), STR_ARGS(text_str(&made.whole)));
        assert_same(found, expected);
        partly += found.len > 2 && found.len < made.whole.len;
        arena_reset(*state);
    }
    assert_in_range(partly, 10000, 40000);
}

/* ---- the cost ---- */

/* Nested objects, `depth` deep, each with `width` more members. */
static struct str nested(unsigned depth, unsigned width, struct arena *arena)
{
    struct text json = text_new(arena, 1024);

    for (unsigned i = 0; i < depth; i++) {
        text_add(&json, STR("{"));
        for (unsigned k = 0; k < width; k++)
            text_format(&json, "\"m%u\":%u,", k, k);
        text_add(&json, STR("\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaab\":"));
    }
    text_add(&json, STR("1"));
    for (unsigned i = 0; i < depth; i++)
        text_byte(&json, '}');
    return text_str(&json);
}

static struct str repeated(const char *path, unsigned count, struct arena *arena)
{
    struct text list = text_new(arena, 1024);

    for (unsigned i = 0; i < count; i++)
        text_format(&list, i ? ",%s" : "%s", path);
    return text_str(&list);
}

static uint64_t steps(struct str list, struct str json, struct arena *arena)
{
    struct filter_path *filter = filter_path_new(list, arena);

    (void)filter_path_apply(filter, json);
    return filter_path_steps(filter);
}

/* The cost is linear in the bytes of all names and in the words of states. */
static void test_cost_is_linear(void **state)
{
    static const char *const paths[] = { "zz", "**.**.**.**.**.**.**.**.**.**.**.zz",
                                         "**.*.**.*.**.*.**.*.**.*.**.zz", "**.a*b*c",
                                         "**.a*a*a*a*a*b" };

    for_each_row (i, paths) {
        struct str list = str_from(paths[i]);
        uint64_t once = steps(list, nested(60, 10, *state), *state);
        uint64_t deeper = steps(list, nested(120, 10, *state), *state);
        uint64_t many = steps(repeated(paths[i], 64, *state), nested(60, 10, *state), *state);
        uint64_t more = steps(repeated(paths[i], 128, *state), nested(60, 10, *state), *state);

        assert_in_range(once, 1, nested(60, 10, *state).len);
        assert_true(deeper <= 2 * once);
        assert_true(more <= 2 * many + once);
    }
}

/* Short lists fit any answer, and the most expensive list fits a short one. */
static void test_work_is_bounded(void **state)
{
    struct text json = text_new(*state, 1024);

    for (unsigned i = 0; json.len < (size_t)8 << 20; i++)
        text_add(&json, i ? STR(",{\"name_of_it\":{\"its_part\":1}}") : STR("[{\"a\":1}"));
    text_byte(&json, ']');
    assert_text(
        filter_path_apply(filter_path_new(STR("a,**.x,other.name"), *state), text_str(&json)),
        "[{\"a\":1}]");
    assert_null(filter_path_apply(filter_path_new(repeated("**.a*b*c.d", 128, *state), *state),
                                  text_str(&json))
                    .ptr);
    assert_text(filter_path_apply(filter_path_new(repeated("**.a*b*c.d", 128, *state), *state),
                                  nested(60, 10, *state)),
                "{}");
    json.len = 0;
    for (unsigned i = 0; json.len < (size_t)8 << 20; i++)
        text_add(&json, i ? STR(",{\"\":0}") : STR("[{\"\":0}")); /* names without a byte */
    text_byte(&json, ']');
    assert_null(filter_path_apply(filter_path_new(repeated("**.a*b*c.d", 128, *state), *state),
                                  text_str(&json))
                    .ptr);
}

/* A filter takes a set of states for each level, and no tree. */
static void test_memory_is_bounded(void **state)
{
    struct text json = text_new(*state, 1024);
    struct filter_path *filter = filter_path_new(STR("**.**.x*.**.y,-**.z"), *state);
    size_t before;

    for (unsigned i = 0; i < 100000; i++)
        text_add(&json, i ? STR(",{\"xa\":{\"b\":{\"c\":1}}}") : STR("[{\"xa\":{\"y\":1}}"));
    text_byte(&json, ']');
    before = arena_size(*state);
    assert_text(filter_path_apply(filter, text_str(&json)), "[{\"xa\":{\"y\":1}}]");
    assert_in_range(arena_size(*state) - before, 0, 64 * 1024);
}

static void test_limits(void **state)
{
    assert_true(filter_path_fits(repeated("a.**.**.b", FILTER_PATHS_MAX, *state)));
    assert_false(filter_path_fits(repeated("a", FILTER_PATHS_MAX + 1, *state)));
    assert_true(filter_path_fits(repeated("-a.b.c.d", FILTER_NAMES_MAX / 4, *state)));
    assert_false(filter_path_fits(repeated("a.b.c.d.e", FILTER_NAMES_MAX / 4, *state)));
    assert_true(filter_path_fits(STR("")));
    assert_true(filter_path_fits(repeated("", 4000, *state)));
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_definition_agrees),
        ARENA_TEST(test_cost_is_linear),
        ARENA_TEST(test_work_is_bounded),
        ARENA_TEST(test_memory_is_bounded),
        ARENA_TEST(test_limits),
    };

    return cmocka_run_group_tests_name("filter_path", tests, NULL, NULL);
}
