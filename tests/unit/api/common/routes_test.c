/* routes_test.c: tests the numbers of routes, by which requests are counted. */
#include "api/common/routes.h"

#include "base/metrics.h"
#include "unit.h"

/* The metrics have room for each route, and no two series have the same labels. */
static void test_numbers(void **state)
{
    unsigned numbers = routes_numbers();

    (void)state;
    assert_true(numbers > ROUTE_NUMBERS_BEGIN && numbers <= METRIC_ROUTES_MAX);
    for (unsigned i = 0; i < ROUTE_NUMBERS_BEGIN; i++)
        assert_null(routes_numbered(i));
    assert_null(routes_numbered(numbers));
    for (unsigned i = ROUTE_NUMBERS_BEGIN; i < numbers; i++) {
        const struct route *route = routes_numbered(i);

        assert_non_null(route);
        for (unsigned k = ROUTE_NUMBERS_BEGIN; k < i; k++)
            assert_row(routes_numbered(k)->method != route->method ||
                           !str_equal(routes_numbered(k)->path, route->path),
                       route->path);
    }
}

/* A route that is found has the number that names it. */
static void test_finding(void **state)
{
    for (unsigned i = ROUTE_NUMBERS_BEGIN; i < routes_numbers(); i++) {
        const struct route *route = routes_numbered(i);
        struct target target;
        struct match match;

        assert_null(target_read(route->path, *state, &target).ptr);
        match = routes_find(&target, route->method);
        assert_ptr_equal(match.route, route);
        assert_int_equal(match.number, i);
    }
}

/* What a call has room for. */
static void test_sizes(void **state)
{
    (void)state;
    for (unsigned i = ROUTE_NUMBERS_BEGIN; i < routes_numbers(); i++) {
        const struct route *route = routes_numbered(i);

        assert_row(route->parameter_count <= PARAMETERS_MAX, route->path);
        assert_row(!route->csv || route->csv->count <= CSV_COLUMNS_MAX, route->path);
        assert_row(!route->form || route->form->count <= MEMBERS_MAX, route->path);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_numbers),
        ARENA_TEST(test_finding),
        ARENA_TEST(test_sizes),
    };

    return cmocka_run_group_tests_name("api/routes", tests, NULL, NULL);
}
