/* inprocess.c: answers the text cases by the program's own code, in this process. */
#include "inprocess.h"

#include <poll.h>
#include <stdlib.h>

#include "base/metrics.h"
#include "base/text.h"
#include "worker.h"

enum { HEADERS_MAX = 32, CONNECT_TRIES = 5000 };

static struct config config;
static struct application application;
static struct exchange exchange;
static struct header_line lines[HEADERS_MAX];

void inprocess_open(const char *redis_url, const char *shards)
{
    /* Where no Redis is, a case that needs one is answered 503, and fails. */
    static char name[] = "runner", access[] = "--access=off", days[] = "--days=90",
                redis_option[] = "--redis", shards_option[] = "--shards",
                nowhere[] = "unix:/nonexistent/redis.sock";
    char *url = redis_url ? strdup(redis_url) : nowhere, *number = strdup(shards);
    char *arguments[] = { name, access, days, redis_option, url, shards_option, number, NULL };

    if (config_read(&config, sizeof arguments / sizeof arguments[0] - 1, arguments) != CONFIG_READ)
        exit(EXIT_FAILURE);
    if (!metrics_open(1))
        exit(EXIT_FAILURE);
    application = worker_open(&config);
    exchange.arena = arena_new();
    for (int i = 0; redis_url && i < CONNECT_TRIES && application.tick(application.state) >= 0; i++)
        (void)poll(NULL, 0, 1);
    if (redis_url)
        free(url);
    free(number);
}

void inprocess_close(void)
{
    arena_free(exchange.arena);
    worker_close(&application);
}

/* HTTP_CONTENT_TYPE for Content-Type. */
static struct str parameter_name(const char *header)
{
    struct text name = text_new(exchange.arena, 64);

    text_add(&name, STR("HTTP_"));
    for (; *header; header++)
        text_byte(&name, *header == '-'
                             ? '_'
                             : (char)(*header >= 'a' && *header <= 'z' ? *header - 32 : *header));
    return text_str(&name);
}

static void take_header(struct request *request, const struct header_line *line)
{
    request_add_header(request, parameter_name(line->name),
                       arena_copy(exchange.arena, str_from(line->value)));
}

/* The headers of a response's head, as name and value, and how many. */
static size_t read_head(struct str head)
{
    struct str line;
    size_t count = 0;

    while (count < HEADERS_MAX && str_split(&head, '\n', &line) && line.len > 1) {
        struct str value = { line.ptr, line.len - 1 }, name = str_take(&value, ':');

        lines[count++] = (struct header_line){ arena_copy(exchange.arena, name).ptr,
                                               arena_copy(exchange.arena, str_trim(value)).ptr };
    }
    return count;
}

static void respond(void)
{
    application.begin(application.state, &exchange);
    while (!exchange.answered) {
        (void)application.tick(application.state);
        application.flush(application.state);
    }
}

struct answer inprocess_respond(const char *method, const char *target,
                                const struct header_line *headers, size_t header_count,
                                const char *body, size_t body_len)
{
    struct request *request = &exchange.request;
    const struct response *response = &exchange.response;
    bool bodiless;

    arena_reset(exchange.arena);
    exchange = (struct exchange){ .arena = exchange.arena };
    request->method_text = str_from(method);
    request->method = method_read(request->method_text);
    request->target = str_from(target);
    for (size_t i = 0; i < header_count; i++)
        take_header(request, &headers[i]);
    request->body = arena_copy(exchange.arena, (struct str){ body_len ? body : "", body_len });
    request->body_state = body_len > config.body_limit ? BODY_TOO_LARGE : BODY_WHOLE;
    respond();
    bodiless = request->method == HEAD;
    return (struct answer){ response->status, lines,
                            read_head(response_head(response, exchange.arena)),
                            bodiless ? "" : response->body.ptr, bodiless ? 0 : response->body.len };
}
