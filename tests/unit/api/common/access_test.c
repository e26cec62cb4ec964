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
    { STR_ROW("a\\,b"),         STR_ROW("a,b"),      true },
    { STR_ROW("a\\,b"),         STR_ROW("b"),        false },
    { STR_ROW("a\\,b"),         STR_ROW("a\\"),      false },
    { STR_ROW("a\\\\,b"),       STR_ROW("b"),        true },
    { STR_ROW("a\\\\,b"),       STR_ROW("a\\"),      true },
    { STR_ROW("b,a\\"),         STR_ROW("a\\"),      true },
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

/* clang-format off */

#define EACH_KEY  (TO_VIEW | TO_REPORT | TO_READ_SECRETS | TO_WRITE_SECRETS)
#define CONNECTOR "/_connector/{connector_id}"
#define OWN       "/_lastsync/connector/{connector_id}"
#define JOB       "/_connector/_sync_job/{connector_sync_job_id}"
#define OWN_JOB   "/_lastsync/sync_job/{connector_sync_job_id}"

#define INDEX(name) \
    { HEAD,   STR_ROW(name),                 TO_MONITOR }, \
    { GET,    STR_ROW(name),                 TO_MONITOR }, \
    { PUT,    STR_ROW(name),                 0 }, \
    { POST,   STR_ROW(name "/_refresh"),     TO_MONITOR }, \
    { GET,    STR_ROW(name "/_refresh"),     TO_MONITOR }, \
    { POST,   STR_ROW(name "/_search"),      TO_MONITOR }, \
    { GET,    STR_ROW(name "/_search"),      TO_MONITOR }, \
    { POST,   STR_ROW(name "/_count"),       TO_MONITOR }, \
    { GET,    STR_ROW(name "/_count"),       TO_MONITOR }, \
    { POST,   STR_ROW(name "/_doc"),         0 }, \
    { GET,    STR_ROW(name "/_doc/{id}"),    TO_MONITOR }, \
    { HEAD,   STR_ROW(name "/_doc/{id}"),    TO_MONITOR }, \
    { DELETE, STR_ROW(name "/_doc/{id}"),    0 }, \
    { POST,   STR_ROW(name "/_update/{id}"), 0 }

/* Each route, and the roles that may use it besides manage_connector; of those that are open to
 * report_connector, where a request names its connector, to which the role is bound. */
static const struct {
    enum method method;
    struct str path;
    unsigned open_to;
    enum about about;
} expected[] = {
    { GET,    STR_ROW("/"),                                EACH_KEY, ABOUT_NONE },
    { HEAD,   STR_ROW("/"),                                EACH_KEY, ABOUT_NONE },
    { GET,    STR_ROW("/_nodes/http"),                     EACH_KEY, ABOUT_NONE },
    { GET,    STR_ROW("/_nodes/_all/http"),                EACH_KEY, ABOUT_NONE },
    { GET,    STR_ROW("/_license"),                        EACH_KEY, ABOUT_NONE },
    { GET,    STR_ROW("/_lastsync/self"),                  TO_VIEW | TO_REPORT, ABOUT_NONE },
    { GET,    STR_ROW("/_lastsync/health/live"),           TO_STRANGERS },
    { HEAD,   STR_ROW("/_lastsync/health/live"),           TO_STRANGERS },
    { GET,    STR_ROW("/_lastsync/health/ready"),          TO_STRANGERS },
    { HEAD,   STR_ROW("/_lastsync/health/ready"),          TO_STRANGERS },

    { GET,    STR_ROW("/_connector"),                      TO_MONITOR },
    { PUT,    STR_ROW("/_connector"),                      0 },
    { POST,   STR_ROW("/_connector"),                      0 },
    { GET,    STR_ROW(CONNECTOR),                          TO_MONITOR },
    { PUT,    STR_ROW(CONNECTOR),                          0 },
    { DELETE, STR_ROW(CONNECTOR),                          0 },
    { PUT,    STR_ROW(CONNECTOR "/_last_sync"),            TO_REPORT, ABOUT_CAPTURED },
    { PUT,    STR_ROW(CONNECTOR "/_check_in"),             TO_REPORT, ABOUT_CAPTURED },
    { PUT,    STR_ROW(CONNECTOR "/_api_key_id"),           0 },
    { PUT,    STR_ROW(CONNECTOR "/_configuration"),        0 },
    { PUT,    STR_ROW(CONNECTOR "/_error"),                0 },
    { PUT,    STR_ROW(CONNECTOR "/_features"),             0 },
    { PUT,    STR_ROW(CONNECTOR "/_filtering"),            0 },
    { PUT,    STR_ROW(CONNECTOR "/_filtering/_validation"), 0 },
    { PUT,    STR_ROW(CONNECTOR "/_filtering/_activate"),  0 },
    { PUT,    STR_ROW(CONNECTOR "/_index_name"),           0 },
    { PUT,    STR_ROW(CONNECTOR "/_name"),                 0 },
    { PUT,    STR_ROW(CONNECTOR "/_native"),               0 },
    { PUT,    STR_ROW(CONNECTOR "/_pipeline"),             0 },
    { PUT,    STR_ROW(CONNECTOR "/_scheduling"),           0 },
    { PUT,    STR_ROW(CONNECTOR "/_service_type"),         0 },
    { PUT,    STR_ROW(CONNECTOR "/_status"),               0 },

    { GET,    STR_ROW("/_connector/_sync_job"),            TO_MONITOR | TO_REPORT, ABOUT_PARAMETER },
    { POST,   STR_ROW("/_connector/_sync_job"),            0 },
    { GET,    STR_ROW(JOB),                                TO_MONITOR | TO_REPORT, ABOUT_JOB },
    { DELETE, STR_ROW(JOB),                                0 },
    { PUT,    STR_ROW(JOB "/_cancel"),                     0 },
    { PUT,    STR_ROW(JOB "/_check_in"),                   TO_REPORT, ABOUT_JOB },
    { PUT,    STR_ROW(JOB "/_claim"),                      TO_REPORT, ABOUT_JOB },
    { PUT,    STR_ROW(JOB "/_error"),                      TO_REPORT, ABOUT_JOB },
    { PUT,    STR_ROW(JOB "/_stats"),                      TO_REPORT, ABOUT_JOB },
    { PUT,    STR_ROW(OWN_JOB "/_complete"),               TO_REPORT, ABOUT_JOB },
    { PUT,    STR_ROW(OWN_JOB "/_suspend"),                TO_REPORT, ABOUT_JOB },

    { POST,   STR_ROW("/_connector/_secret"),              TO_WRITE_SECRETS },
    { GET,    STR_ROW("/_connector/_secret/{id}"),         TO_READ_SECRETS },
    { PUT,    STR_ROW("/_connector/_secret/{id}"),         TO_WRITE_SECRETS },
    { DELETE, STR_ROW("/_connector/_secret/{id}"),         TO_WRITE_SECRETS },

    { GET,    STR_ROW("/_lastsync/overview"),              TO_VIEW },
    { GET,    STR_ROW("/_lastsync/service_types"),         TO_VIEW },
    { GET,    STR_ROW("/_lastsync/metrics"),               TO_VIEW },
    { GET,    STR_ROW("/_lastsync/analytics"),             TO_VIEW },
    { GET,    STR_ROW("/_lastsync/errors"),                TO_VIEW },
    { GET,    STR_ROW(OWN),                                TO_VIEW },
    { GET,    STR_ROW(OWN "/history"),                     TO_VIEW },
    { GET,    STR_ROW(OWN "/days"),                        TO_VIEW },
    { PUT,    STR_ROW(OWN "/mute"),                        0 },
    { DELETE, STR_ROW(OWN "/mute"),                        0 },

    INDEX("/.elastic-connectors"),
    INDEX("/.elastic-connectors-sync-jobs"),
    { POST,   STR_ROW("/.elastic-connectors-sync-jobs/_delete_by_query"), 0 },
};

/* clang-format on */

static const struct route *find_route(enum method method, struct str path)
{
    for (unsigned number = ROUTE_NUMBERS_BEGIN; number < routes_numbers(); number++) {
        const struct route *route = routes_numbered(number);

        if (route->method == method && str_equal(route->path, path))
            return route;
    }
    return NULL;
}

/* Each row is found, and there are as many routes: so none is missing in the table. */
static void test_routes(void **state)
{
    (void)state;
    for_each_row (i, expected) {
        const struct route *route = find_route(expected[i].method, expected[i].path);

        assert_row(route, expected[i].path);
        assert_row(route->open_to == expected[i].open_to, route->path);
        if (route->open_to & TO_REPORT)
            assert_row(route->about == expected[i].about, route->path);
    }
    assert_int_equal(routes_numbers() - ROUTE_NUMBERS_BEGIN, COUNT_OF(expected));
}

/* Elasticsearch has all endpoints of connectors, and none of lastsync's own. */
static void test_actions(void **state)
{
    (void)state;
    for (unsigned number = ROUTE_NUMBERS_BEGIN; number < routes_numbers(); number++) {
        const struct route *route = routes_numbered(number);

        assert_row(!route->action != str_starts(route->path, STR("/_connector")), route->path);
    }
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
        cmocka_unit_test(test_actions),
        cmocka_unit_test(test_default_is_safe),
    };

    return cmocka_run_group_tests_name("access", tests, NULL, NULL);
}
