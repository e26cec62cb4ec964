/* body_fuzz.c: any bytes as the body of a _last_sync: the answer is JSON, and what was accepted is
 * JSON. */
#include <json-c/json.h>

#include "base/tree.h"
#include "fuzz.h"
#include "worker.h"

static struct application start(void)
{
    static char name[] = "fuzz", redis[] = "--redis=unix:/nonexistent/redis.sock",
                access[] = "--access=off";
    static struct config config;

    REQUIRE(config_read(&config, 3, (char *[]){ name, redis, access, NULL }) == CONFIG_READ);
    return worker_open(&config);
}

static void respond(struct application *application, struct exchange *exchange)
{
    application->begin(application->state, exchange);
    while (!exchange->answered) {
        (void)application->tick(application->state);
        application->flush(application->state);
    }
}

static void require_json(struct str body)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    char *text = strndup(body.ptr, body.len);
    struct json_object *tree;

    json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
    tree = json_tokener_parse_ex(tokener, text, (int)body.len + 1);
    REQUIRE(json_tokener_get_error(tokener) == json_tokener_success);
    (void)json_object_put(tree);
    json_tokener_free(tokener);
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct application application;
    struct exchange exchange = { .arena = fuzz_arena() };
    struct request *request = &exchange.request;
    struct json_object *tree;
    char *memory;

    if (!application.state)
        application = start();
    request->method = PUT;
    request->method_text = STR("PUT");
    request->target = STR("/_connector/c1/_last_sync?error_trace");
    request_add_header(request, STR("HTTP_CONTENT_TYPE"), STR("application/json"));
    request->body = fuzz_input(data, size, &memory);
    respond(&application, &exchange);
    REQUIRE(exchange.response.status == 400 || exchange.response.status == 503);
    REQUIRE(tree_parse(exchange.response.body, exchange.arena, &tree));
    /* It came as far as the store, which is away: so it was read. */
    if (exchange.response.status == 503)
        require_json(request->body);
    free(memory);
    return 0;
}
