/* body_fuzz.c: any bytes as the body of any endpoint that takes one: the answer is JSON, and so is
 * each accepted body. The first byte chooses the endpoint. */
#include <json-c/json.h>

#include "api/common/fields.h"
#include "base/tree.h"
#include "fuzz.h"
#include "worker.h"

static const struct endpoint {
    enum method method;
    struct str method_name, target;
} endpoints[] = {
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_last_sync?error_trace") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_api_key_id") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_configuration") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_error") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_features") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_filtering") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_filtering/_validation") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_index_name") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_name") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_native") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_pipeline") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_scheduling") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_service_type") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/c1/_status") },
    { POST, STR_ROW("POST"), STR_ROW("/_connector/_sync_job") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/_sync_job/j1/_claim") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/_sync_job/j1/_error") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_connector/_sync_job/j1/_stats") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_lastsync/sync_job/j1/_complete") },
    { PUT, STR_ROW("PUT"), STR_ROW("/_lastsync/sync_job/j1/_suspend") },
};

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

static bool is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

static enum json_tokener_error parse(struct str json, int flags)
{
    struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
    char *text = strndup(json.ptr, json.len);
    enum json_tokener_error error;
    struct json_object *tree;

    json_tokener_set_flags(tokener, flags);
    tree = json_tokener_parse_ex(tokener, text, (int)json.len + 1);
    error = json_tokener_get_error(tokener);
    (void)json_object_put(tree);
    json_tokener_free(tokener);
    free(text);
    return error;
}

/* json-c knows no byte order mark, which lastsync skips. Where it is strict, json-c 0.18 takes
 * bytes from 0x80 on for control characters (its issue 892), and refuses integers of more than 64
 * bits, which are JSON. */
static void require_json(struct str body)
{
    struct str mark = STR("\xef\xbb\xbf");
    struct str json = str_starts(body, mark) ? str_from_offset(body, mark.len) : body;
    int strict = is_ascii(json) ? JSON_TOKENER_STRICT : 0;
    enum json_tokener_error error = parse(json, JSON_TOKENER_VALIDATE_UTF8 | strict);

    if (error == json_tokener_error_parse_number)
        error = parse(json, JSON_TOKENER_VALIDATE_UTF8);
    REQUIRE(error == json_tokener_success);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct application application;
    struct exchange exchange = { .arena = fuzz_arena() };
    struct request *request = &exchange.request;
    const struct endpoint *endpoint = &endpoints[size ? data[0] % COUNT_OF(endpoints) : 0];
    struct json_object *tree;
    char *memory;

    if (!application.state)
        application = start();
    request->method = endpoint->method;
    request->method_text = endpoint->method_name;
    request->target = endpoint->target;
    request_add_header(request, STR("HTTP_CONTENT_TYPE"), STR("application/json"));
    request->body = fuzz_input(data + (size > 0), size - (size > 0), &memory);
    respond(&application, &exchange);
    REQUIRE(exchange.response.status == 400 || exchange.response.status == 503);
    REQUIRE(tree_parse(exchange.response.body, exchange.arena, &tree));
    /* It got as far as the store, which is away: so it was accepted. */
    if (exchange.response.status == 503 && request->body.len)
        require_json(request->body);
    free(memory);
    return 0;
}
