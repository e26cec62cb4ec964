/* fastcgi.c: reads and answers requests through libfcgi. The only file that knows it. */
#include "server/fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/number.h"

/* FastCGI 1.0, section 3.3 and 8. */
enum { HEADER_BYTES = 8, VERSION = 1, BEGIN_REQUEST = 1, PARAMS = 4, STDIN = 5 };

struct fastcgi {
    int descriptor;
    bool at_end; /* the request at hand was read to its very end */
    FCGX_Request request;
};

void fastcgi_start(void)
{
    /* libfcgi waits for silent peers, by default for 2 s, in places where it need not. */
    (void)setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "1", 1);
    (void)setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "1", 1);
    if (FCGX_Init())
        abort();
}

static void set_patience(int descriptor, int option, long milliseconds)
{
    struct timeval patience = { milliseconds / 1000, milliseconds % 1000 * 1000 };

    (void)setsockopt(descriptor, SOL_SOCKET, option, &patience, sizeof patience);
}

struct fastcgi *fastcgi_open(int descriptor)
{
    struct fastcgi *fastcgi = calloc(1, sizeof *fastcgi);

    if (!fastcgi || FCGX_InitRequest(&fastcgi->request, -1, 0))
        abort();
    fastcgi->descriptor = descriptor;
    set_patience(descriptor, SO_RCVTIMEO, FASTCGI_PATIENCE);
    set_patience(descriptor, SO_SNDTIMEO, FASTCGI_SEND_PATIENCE);
    return fastcgi;
}

/* Lets libfcgi free what it holds of a request, and close or keep the connection. */
static void finish(struct fastcgi *fastcgi, bool keep)
{
    FCGX_Request *request = &fastcgi->request;

    request->keepConnection = keep;
    if (!keep)
        FCGX_Detach(request); /* else it would linger for what the peer still sends */
    FCGX_Finish_r(request);
}

int fastcgi_release(struct fastcgi *fastcgi)
{
    int descriptor = fastcgi->descriptor;

    free(fastcgi);
    return descriptor;
}

void fastcgi_close(struct fastcgi *fastcgi)
{
    if (fastcgi->request.in)
        finish(fastcgi, false); /* closes it */
    else if (fastcgi->descriptor >= 0)
        (void)close(fastcgi->descriptor);
    free(fastcgi);
}

/* What is to be seen of a request in the first bytes that came. */
enum look { LOOK_PARTIAL, LOOK_WHOLE, LOOK_LONG, LOOK_FOREIGN };

/* Walks over the records of one request: begin, parameters to their empty end, body to its empty
 * end. Any other record is refused, FCGI_GET_VALUES above all, whose answer overflows libfcgi's
 * stack. */
static enum look look_at(const unsigned char *bytes, size_t count, bool full)
{
    static const unsigned char wanted[] = { BEGIN_REQUEST, PARAMS, STDIN };
    size_t at = 0, stage = 0;

    while (count - at >= HEADER_BYTES) {
        const unsigned char *record = bytes + at;
        size_t content = (size_t)record[4] << 8 | record[5], next = at + HEADER_BYTES + content;

        if (record[0] != VERSION || record[1] != wanted[stage])
            return LOOK_FOREIGN;
        next += record[6];
        if (next > count)
            break;
        at = next;
        if (stage == 0 || !content)
            stage++;
        if (stage == sizeof wanted)
            return at == count ? LOOK_WHOLE : LOOK_FOREIGN;
    }
    if (!full)
        return LOOK_PARTIAL;
    return stage == 2 ? LOOK_LONG : LOOK_FOREIGN;
}

static enum look look(const struct fastcgi *fastcgi, bool *partial)
{
    static unsigned char bytes[FASTCGI_LOOK];
    ssize_t count = recv(fastcgi->descriptor, bytes, sizeof bytes, MSG_PEEK | MSG_DONTWAIT);

    *partial = false;
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        return LOOK_FOREIGN;
    if (count < 0)
        return LOOK_PARTIAL;
    *partial = true;
    return look_at(bytes, (size_t)count, count == sizeof bytes);
}

/* ---- from libfcgi's request to ours ---- */

/* The parameters that say what the request is; all others are headers. */
struct cgi {
    struct str method, target, length, content_type;
};

static struct cgi read_parameters(struct fastcgi *fastcgi, struct request *request)
{
    struct cgi cgi = { .method = { NULL, 0 } };
    const struct {
        struct str name;
        struct str *place;
    } rows[] = {
        { STR_ROW("REQUEST_METHOD"), &cgi.method },
        { STR_ROW("REQUEST_URI"), &cgi.target },
        { STR_ROW("CONTENT_LENGTH"), &cgi.length },
        { STR_ROW("CONTENT_TYPE"), &cgi.content_type },
    };

    for (char **parameter = fastcgi->request.envp; *parameter; parameter++) {
        struct str value = str_from(*parameter), name = str_take(&value, '=');

        if (str_starts(name, STR("HTTP_"))) {
            request_add_header(request, name, value);
            continue;
        }
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
            if (str_equal(name, rows[i].name))
                *rows[i].place = value;
    }
    /* A web server may pass it both ways, or this way alone. */
    if (!request->headers[CONTENT_TYPE].count && cgi.content_type.len) {
        request->headers[CONTENT_TYPE].value = cgi.content_type;
        request->headers[CONTENT_TYPE].count = 1;
    }
    return cgi;
}

/* Reads up to `wanted` bytes of the body, in pieces, so that a peer that trickles is given up in
 * time; to nowhere, where `into` is NULL. */
static uint64_t read_bytes(struct fastcgi *fastcgi, char *into, uint64_t wanted)
{
    int64_t until = instant_ticks() + FASTCGI_PATIENCE;
    char nowhere[8192];
    uint64_t done = 0;

    while (done < wanted && instant_ticks() < until) {
        uint64_t left = wanted - done;
        int piece = (int)(left < sizeof nowhere ? left : sizeof nowhere);
        int count = FCGX_GetStr(into ? into + done : nowhere, piece, fastcgi->request.in);

        done += (uint64_t)count;
        if (count < piece)
            break;
    }
    return done;
}

/* Reads the body and its end, so that nothing of it can be taken for another request. One over the
 * limit is read too, to nowhere: a web server that cannot send all would not read the answer. */
static enum body_state read_body(struct fastcgi *fastcgi, struct str length, size_t limit,
                                 struct arena *arena, struct str *body)
{
    uint64_t announced = 0, count;
    bool fits;
    char *bytes, behind;

    if (length.len && number_count(length, INT64_MAX, &announced) != NUMBER_READ)
        return BODY_CUT;
    fits = announced <= limit;
    bytes = fits ? arena_take(arena, (size_t)announced + 1) : NULL;
    count = read_bytes(fastcgi, bytes, announced);
    fastcgi->at_end = count == announced && !FCGX_GetStr(&behind, 1, fastcgi->request.in) &&
                      !FCGX_GetError(fastcgi->request.in);
    if (!fits)
        return BODY_TOO_LARGE;
    *body = (struct str){ bytes, (size_t)count };
    return fastcgi->at_end ? BODY_WHOLE : BODY_CUT;
}

static void read_request(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                         struct request *request)
{
    struct cgi cgi;

    memset(request, 0, sizeof *request);
    cgi = read_parameters(fastcgi, request);
    request->method_text = str_or_empty(cgi.method);
    request->method = method_read(request->method_text);
    request->target = cgi.target;
    request->body_state = read_body(fastcgi, cgi.length, body_limit, arena, &request->body);
}

enum fastcgi_state fastcgi_read(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                                struct request *request, bool *partial)
{
    enum look seen = look(fastcgi, partial);

    if (seen == LOOK_FOREIGN)
        return FASTCGI_GONE;
    if (seen == LOOK_PARTIAL)
        return FASTCGI_WAITING;
    fastcgi->at_end = false;
    fastcgi->request.ipcFd = fastcgi->descriptor;
    fastcgi->request.keepConnection = 1; /* else FCGX_Accept_r would begin by closing it */
    if (FCGX_Accept_r(&fastcgi->request) < 0) {
        fastcgi->descriptor = -1; /* libfcgi closed it */
        return FASTCGI_GONE;
    }
    read_request(fastcgi, body_limit, arena, request);
    return FASTCGI_REQUEST;
}

bool fastcgi_answer(struct fastcgi *fastcgi, const struct response *response, bool may_stay,
                    struct arena *arena)
{
    struct str head = response_head(response, arena);
    FCGX_Stream *out = fastcgi->request.out;
    bool keep = may_stay && fastcgi->request.keepConnection && fastcgi->at_end;

    if (FCGX_PutStr(head.ptr, (int)head.len, out) < 0 ||
        FCGX_PutStr(response->body.ptr, (int)response->body.len, out) < 0) {
        keep = false;
        (void)shutdown(fastcgi->descriptor, SHUT_RDWR); /* or libfcgi would wait once more */
    }
    finish(fastcgi, keep);
    if (fastcgi->request.ipcFd < 0)
        fastcgi->descriptor = -1;
    return fastcgi->descriptor >= 0;
}
