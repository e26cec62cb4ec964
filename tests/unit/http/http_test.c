/* http_test.c: tests methods, headers and the head of a response. */
#include "http/http.h"

#include "base/text.h"
#include "unit.h"

static void test_methods(void **state)
{
    static const struct str others[] = { STR_ROW(""),     STR_ROW("get"),  STR_ROW("PATCH"),
                                         STR_ROW("GET "), STR_ROW("GETX"), STR_ROW("GE"),
                                         STR_ROW("PUT\0") };

    (void)state;
    for (enum method method = GET; method < OTHER_METHOD; method++)
        assert_int_equal(method_read(method_name(method)), method);
    for_each_row (i, others)
        assert_row(method_read(others[i]) == OTHER_METHOD, others[i]);
}

static void test_headers(void **state)
{
    struct request request = { .method = GET };

    (void)state;
    request_add_header(&request, STR("HTTP_ACCEPT"), STR("a"));
    assert_int_equal(request.headers[ACCEPT].count, 1);
    request_add_header(&request, STR("HTTP_ACCEPT"), STR("a"));
    assert_int_equal(request.headers[ACCEPT].count, 2);
    assert_false(request.headers[ACCEPT].differs);
    request_add_header(&request, STR("HTTP_ACCEPT"), STR("b"));
    assert_int_equal(request.headers[ACCEPT].count, 3);
    assert_true(request.headers[ACCEPT].differs);
    assert_text(request.headers[ACCEPT].value, "a");
    request_add_header(&request, STR("HTTP_PROXY"), STR("evil"));
    request_add_header(&request, STR("HTTP_"), STR("x"));
    request_add_header(&request, STR("HTTP_ACCEPT_ENCODING"), STR("gzip"));
    request_add_header(&request, STR("HTTP_X_OPAQUE_ID"), STR(""));
    assert_text(request.headers[X_OPAQUE_ID].value, "");
    assert_int_equal(request.headers[CONTENT_TYPE].count, 0);
    assert_int_equal(request.headers[CONTENT_ENCODING].count, 0);
}

static void test_heads(void **state)
{
    struct response full = { .status = 503,
                             .content_type = STR("application/json"),
                             .body = STR("{}"),
                             .allow = STR("GET,PUT"),
                             .opaque_id = STR("id"),
                             .retry_after = 1 };
    static const struct str challenges[] = { STR_ROW("Basic realm=\"x\""), STR_ROW("ApiKey") };
    struct response bare = { .status = 200 };
    struct response stranger = { .status = 401,
                                 .challenges = challenges,
                                 .challenge_count = COUNT_OF(challenges) };
    struct response forbidden = { .status = 403 };

    assert_text(response_head(&full, *state),
                "Status: 503 Service Unavailable\r\nX-elastic-product: Elasticsearch\r\n"
                "Content-Type: application/json\r\nAllow: GET,PUT\r\nX-Opaque-Id: id\r\n"
                "Retry-After: 1\r\nContent-Length: 2\r\n\r\n");
    assert_text(response_head(&bare, *state),
                "Status: 200 OK\r\nX-elastic-product: Elasticsearch\r\nContent-Length: 0\r\n\r\n");
    assert_text(response_head(&stranger, *state),
                "Status: 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"x\"\r\n"
                "WWW-Authenticate: ApiKey\r\nContent-Length: 0\r\n\r\n");
    assert_text(response_head(&forbidden, *state),
                "Status: 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
}

static void test_status_words(void **state)
{
    static const int used[] = { 200, 201, 400, 401, 403, 404, 405, 406, 413, 500, 503 };

    (void)state;
    for_each_row (i, used)
        assert_true(status_words(used[i]).len > 0);
    assert_text(status_words(299), "");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_methods),
        ARENA_TEST(test_headers),
        ARENA_TEST(test_heads),
        ARENA_TEST(test_status_words),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
