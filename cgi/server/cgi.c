/* cgi.c: reads and answers the one request of a CGI program. */
#define _GNU_SOURCE /* environ */
#include "server/cgi.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/number.h"
#include "base/text.h"
#include "server/parameters.h"

bool cgi_is_asked(void)
{
    return getenv("GATEWAY_INTERFACE") && getenv("REQUEST_METHOD");
}

/* Whether a target begins with the program's own path, which is not the API's. */
static bool is_below(struct str target, struct str script)
{
    return script.len && str_starts(target, script) &&
           (target.len == script.len || target.ptr[script.len] == '/' ||
            target.ptr[script.len] == '?');
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("/-._~!$&'()*+,;=:@", c));
}

/* The target, if the web server passes only CGI's own variables: its path is decoded. */
static struct str make_target(const struct parameters *parameters, struct arena *arena)
{
    static const char digits[] = "0123456789ABCDEF";
    struct text target = text_new(arena, 3 * parameters->path.len + parameters->query.len + 2);

    for (size_t i = 0; i < parameters->path.len; i++) {
        unsigned char c = (unsigned char)parameters->path.ptr[i];
        const char escaped[] = { '%', digits[c >> 4], digits[c & 15] };

        if (is_plain((char)c))
            text_add(&target, (struct str){ parameters->path.ptr + i, 1 });
        else
            text_add(&target, (struct str){ escaped, sizeof escaped });
    }
    if (!target.len)
        text_add(&target, STR("/"));
    if (parameters->query.len) {
        text_add(&target, STR("?"));
        text_add(&target, parameters->query);
    }
    return text_str(&target);
}

static struct str find_target(const struct parameters *parameters, struct arena *arena)
{
    struct str target = parameters->target;

    if (!target.len)
        return make_target(parameters, arena);
    if (!is_below(target, parameters->script))
        return target;
    target = str_from_offset(target, parameters->script.len);
    if (target.len && target.ptr[0] == '/')
        return target;
    return make_target(&(struct parameters){ .query = parameters->query }, arena);
}

struct str cgi_read(struct arena *arena, struct request *request)
{
    static const char *const not_options[] = { "LASTSYNC_ROLE", "LASTSYNC_CONNECTORS",
                                               "LASTSYNC_PROXY_SECRET" };
    struct parameters parameters;

    memset(request, 0, sizeof *request);
    parameters_read(environ, request, &parameters);
    request->target = find_target(&parameters, arena);
    for (size_t i = 0; i < sizeof not_options / sizeof not_options[0]; i++)
        (void)unsetenv(not_options[i]); /* their texts stay in place */
    return parameters.length;
}

void cgi_read_body(struct str length, size_t limit, struct arena *arena, struct request *request)
{
    uint64_t announced = 0;
    ssize_t count = 1;
    size_t len = 0;
    char *bytes;

    request->body_state = BODY_CUT;
    if (length.len && number_count(length, INT64_MAX, &announced) != NUMBER_READ)
        return;
    if (announced > limit) {
        request->body_state = BODY_TOO_LARGE;
        return;
    }
    bytes = arena_take(arena, (size_t)announced + 1);
    while (len < announced && count) {
        count = read(STDIN_FILENO, bytes + len, (size_t)announced - len);
        if (count < 0 && errno != EINTR)
            return;
        len += count > 0 ? (size_t)count : 0;
    }
    request->body = (struct str){ bytes, len };
    if (len == announced)
        request->body_state = BODY_WHOLE;
}

static bool write_all(struct str bytes)
{
    while (bytes.len) {
        ssize_t count = write(STDOUT_FILENO, bytes.ptr, bytes.len);

        if (count < 0 && errno != EINTR)
            return false;
        bytes = str_from_offset(bytes, count > 0 ? (size_t)count : 0);
    }
    return true;
}

bool cgi_answer(const struct response *response, struct arena *arena)
{
    return write_all(response_head(response, arena)) && write_all(response->body);
}
