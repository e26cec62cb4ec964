/* access_test.c: tests roles, patterns, and the roles that each route allows. */
#include "api/common/access.h"

#include "api/common/routes.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str patterns, id; bool fits; } rows[] = {
    { STR_ROW("sales-*"),       STR_ROW("sales-1"),  true },
    { STR_ROW("sales-*"),       STR_ROW("sales-"),   true },
    { STR_ROW("sales-*"),       STR_ROW("sales"),    false },
    { STR_ROW("sales-*"),       STR_ROW("Sales-1"),  false },
    { STR_ROW("sales-*"),       STR_ROW("xsales-1"), false },
    { STR_ROW("sales-*,hr-?"),  STR_ROW("hr-1"),     true },
    { STR_ROW("sales-*,hr-?"),  STR_ROW("hr-12"),    false },
    { STR_ROW("a , b"),         STR_ROW("b"),        true },
    { STR_ROW("a , b"),         STR_ROW(" b"),       false },
    { STR_ROW("a,b"),           STR_ROW("a,b"),      false },
    { STR_ROW("*"),             STR_ROW("a/b"),      true },
    { STR_ROW(""),              STR_ROW("a"),        false },
    { STR_ROW(""),              STR_ROW(""),         false },
    { STR_ROW(","),             STR_ROW(""),         false },
    { STR_ROW(" , "),           STR_ROW(""),         false },
    { STR_ROW("a,,b"),          STR_ROW(""),         false },
    { STR_ROW("a"),             STR_ROW("a\0b"),     false },
};
/* clang-format on */

static void test_patterns(void **state)
{
    for_each_row (i, rows)
        assert_row(access_fits(rows[i].patterns, rows[i].id, *state) == rows[i].fits,
                   rows[i].patterns);
    assert_false(access_fits((struct str){ NULL, 0 }, STR("a"), *state));
}

static void test_roles(void **state)
{
    static const struct str none[] = { STR_ROW(""), STR_ROW("none"), STR_ROW("Manage_connector"),
                                       STR_ROW("manage_connector "), STR_ROW("superuser") };

    (void)state;
    for (enum role role = ROLE_REPORT; role < ROLE_COUNT; role++)
        assert_int_equal(role_read(role_name(role)), role);
    for_each_row (i, none)
        assert_row(role_read(none[i]) == ROLE_NONE, none[i]);
}

/* Reading is open to monitor_connector, reports to report_connector, nothing to strangers; and
 * endpoints that Elasticsearch has carry their action's name. */
static void check_route(const struct route *route)
{
    bool is_report = str_equal(route->path, STR("/_connector/{connector_id}/_last_sync")) ||
                     str_equal(route->path, STR("/_connector/{connector_id}/_check_in"));

    assert_row(route->action || str_starts(route->path, STR("/_lastsync/")), route->path);
    assert_row(!(route->open_to & TO_STRANGERS), route->path);
    assert_row(!!(route->open_to & TO_MONITOR) == (route->method == GET), route->path);
    assert_row(!!(route->open_to & TO_REPORT) == is_report, route->path);
    assert_row(route->about == ABOUT_CAPTURED ||
                   (route->about == ABOUT_NONE && !(route->open_to & TO_REPORT)),
               route->path);
}

static void test_routes(void **state)
{
    static const struct route_table *const tables[] = { &connector_routes, &connector_update_routes,
                                                        &filtering_routes, &overview_routes };

    (void)state;
    for_each_row (i, tables)
        for (size_t k = 0; k < tables[i]->count; k++)
            check_route(&tables[i]->routes[k]);
}

/* A row without a role is for manage_connector. */
static void test_default_is_safe(void **state)
{
    struct route route = { GET, STR_ROW("/new") };

    (void)state;
    assert_int_equal(route.open_to, 0);
    assert_int_equal(route.about, ABOUT_CAPTURED);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_patterns),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_routes),
        cmocka_unit_test(test_default_is_safe),
    };

    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
