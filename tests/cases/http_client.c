/* http_client.c: sends cases to a server over HTTP/1.1, on one connection that is kept. */
#include "http_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/text.h"

#include "endpoint.h"

enum { ANSWER_HEADERS_MAX = 64 };

static struct {
    const char *where;
    int fd; /* -1: not connected */
    struct arena *arena;
    struct text received;
    size_t taken; /* of what was received */
    struct header_line headers[ANSWER_HEADERS_MAX];
} client = { .fd = -1 };

void http_client_open(const char *where)
{
    client.where = where;
    client.arena = arena_new();
}

static void disconnect(void)
{
    if (client.fd >= 0)
        close(client.fd);
    client.fd = -1;
}

void http_client_close(void)
{
    disconnect();
    if (client.arena)
        arena_free(client.arena);
    client.arena = NULL;
}

/* The value of the header, absent where there is none. */
static struct str header_value(const struct header_line *headers, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal_ignoring_case(str_from(headers[i].name), name))
            return str_from(headers[i].value);
    return (struct str){ NULL, 0 };
}

static struct answer no_answer(const char *why)
{
    disconnect();
    return (struct answer){ .body = why, .body_len = strlen(why) };
}

/* Two chunks, so that the server has to join them. */
static void add_chunks(struct text *out, struct str body)
{
    char size[32];
    struct str parts[] = { { body.ptr, body.len / 2 }, str_from_offset(body, body.len / 2) };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (parts[i].len == 0)
            continue;
        (void)snprintf(size, sizeof size, "%zx\r\n", parts[i].len);
        text_add(out, str_from(size));
        text_add(out, parts[i]);
        text_add(out, STR("\r\n"));
    }
    text_add(out, STR("0\r\n\r\n"));
}

static struct text write_request(const char *method, const char *target,
                                 const struct header_line *headers, size_t header_count,
                                 struct str body)
{
    struct str encoding = header_value(headers, header_count, STR("Transfer-Encoding"));
    bool chunked = str_equal(encoding, STR("chunked"));
    struct text out = text_new(client.arena, body.len + 4096);

    text_add(&out, arena_format(client.arena, "%s %s HTTP/1.1\r\n", method, target));
    if (!header_value(headers, header_count, STR("Host")).ptr)
        text_add(&out, STR("Host: localhost\r\n"));
    for (size_t i = 0; i < header_count; i++)
        text_add(&out, arena_format(client.arena, "%s: %s\r\n", headers[i].name, headers[i].value));
    if (body.len > 0 && !chunked)
        text_add(&out, arena_format(client.arena, "Content-Length: %zu\r\n", body.len));
    text_add(&out, STR("\r\n"));
    if (chunked)
        add_chunks(&out, body);
    else
        text_add(&out, body);
    return out;
}

/* Receives more, false at the end of the connection. */
static bool receive(void)
{
    char piece[16384];
    ssize_t count = recv(client.fd, piece, sizeof(piece), 0);

    if (count <= 0)
        return false;
    text_add(&client.received, (struct str){ piece, (size_t)count });
    return true;
}

static struct str pending(void)
{
    return str_from_offset(text_str(&client.received), client.taken);
}

/* The next line without its CRLF; absent where the connection ends before it. */
static struct str take_line(void)
{
    size_t searched = 0;

    for (;;) {
        struct str rest = pending();

        for (; searched + 1 < rest.len; searched++) {
            if (rest.ptr[searched] == '\r' && rest.ptr[searched + 1] == '\n') {
                client.taken += searched + 2;
                return (struct str){ rest.ptr, searched };
            }
        }
        if (!receive())
            return (struct str){ NULL, 0 };
    }
}

/* The next bytes; absent where the connection ends before. */
static struct str take_bytes(size_t count)
{
    while (pending().len < count)
        if (!receive())
            return (struct str){ NULL, 0 };
    client.taken += count;
    return (struct str){ pending().ptr - count, count };
}

static bool take_chunked_body(struct str *body)
{
    struct text whole = text_new(client.arena, 4096);

    for (;;) {
        struct str line = take_line();
        size_t count = line.ptr ? strtoul(line.ptr, NULL, 16) : 0;
        struct str bytes;

        if (!line.ptr)
            return false;
        bytes = take_bytes(count);
        if (!bytes.ptr)
            return false;
        text_add(&whole, bytes);
        if (!take_line().ptr)
            return false;
        if (count == 0)
            break;
    }
    *body = text_str(&whole);
    return true;
}

static bool take_body(const struct answer *answer, bool head, struct str *body)
{
    struct str length = header_value(answer->headers, answer->header_count, STR("Content-Length"));
    struct str encoding =
        header_value(answer->headers, answer->header_count, STR("Transfer-Encoding"));

    *body = (struct str){ "", 0 };
    if (head || answer->status == 204 || answer->status == 304)
        return true;
    if (str_equal_ignoring_case(encoding, STR("chunked")))
        return take_chunked_body(body);
    if (!length.ptr)
        return false;
    *body = take_bytes(strtoul(length.ptr, NULL, 10));
    return body->ptr != NULL;
}

static bool take_headers(struct answer *answer)
{
    struct str line, name;

    answer->headers = client.headers;
    for (;;) {
        line = take_line();
        if (line.ptr && line.len == 0)
            return true;
        if (!line.ptr || answer->header_count == ANSWER_HEADERS_MAX)
            return false;
        if (!str_split(&line, ':', &name) || !line.ptr)
            return false;
        client.headers[answer->header_count++] = (struct header_line){
            arena_copy(client.arena, name).ptr,
            arena_copy(client.arena, str_trim(line)).ptr,
        };
    }
}

static struct answer take_answer(bool head)
{
    struct answer answer = { 0 };
    struct str line = take_line();
    struct str body, connection;

    if (!line.ptr)
        return no_answer("the connection ended before an answer, or nothing came for ten seconds");
    if (!str_starts(line, STR("HTTP/1.1 ")) || line.len < 12)
        return no_answer("the answer does not begin with HTTP/1.1");
    answer.status = (int)strtol(line.ptr + 9, NULL, 10);
    if (!take_headers(&answer))
        return no_answer("the headers of the answer cannot be read");
    if (!take_body(&answer, head, &body))
        return no_answer("the body of the answer is cut, or its length is not known");
    if (pending().len > 0)
        return no_answer("there are bytes behind the answer");
    answer.body = body.ptr;
    answer.body_len = body.len;
    connection = header_value(answer.headers, answer.header_count, STR("Connection"));
    if (str_equal_ignoring_case(connection, STR("close")))
        disconnect();
    return answer;
}

struct answer http_client_respond(const char *method, const char *target,
                                  const struct header_line *headers, size_t header_count,
                                  const char *body, size_t body_len)
{
    struct text request;

    arena_reset(client.arena);
    client.received = text_new(client.arena, 65536);
    client.taken = 0;
    if (client.fd < 0)
        client.fd = endpoint_connect(client.where);
    request = write_request(method, target, headers, header_count,
                            (struct str){ body ? body : "", body_len });
    /* A server that refuses a body early closes while it is sent: its answer is what counts. */
    endpoint_send(client.fd, request.ptr, request.len);
    return take_answer(strcmp(method, "HEAD") == 0);
}
