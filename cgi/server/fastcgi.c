/* fastcgi.c: reads and answers requests through libfcgi. The only file that knows it. */
#define _GNU_SOURCE /* memfd_create */
#include "server/fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "server/parameters.h"
#include "server/records.h"

struct fastcgi {
    int descriptor;
    FCGX_Request request;
};

void fastcgi_start(void)
{
    /* libfcgi waits for silent peers, for 2 s by default, even if it need not. */
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

/* A web server on another host may vanish without a word. This fails on a Unix socket. */
static void notice_loss(int descriptor)
{
    int on = 1, seconds = 60;

    if (setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds))
        return;
    (void)setsockopt(descriptor, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds);
    (void)setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

struct fastcgi *fastcgi_open(int descriptor)
{
    struct fastcgi *fastcgi = calloc(1, sizeof *fastcgi);

    if (!fastcgi || FCGX_InitRequest(&fastcgi->request, -1, 0))
        abort();
    fastcgi->descriptor = descriptor;
    set_patience(descriptor, SO_RCVTIMEO, FASTCGI_PATIENCE);
    set_patience(descriptor, SO_SNDTIMEO, FASTCGI_SEND_PATIENCE);
    notice_loss(descriptor);
    return fastcgi;
}

/* Lets libfcgi free what it holds of a request, and close or keep the connection. */
static void finish(struct fastcgi *fastcgi, bool keep)
{
    FCGX_Request *request = &fastcgi->request;

    request->keepConnection = keep;
    if (!keep)
        FCGX_Detach(request); /* otherwise it would wait for more bytes from the peer */
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

/* ---- requests ---- */

/* What is to be seen of a request in the first bytes that came. */
enum look { LOOK_PARTIAL, LOOK_WHOLE, LOOK_LONG, LOOK_FOREIGN };

static unsigned char seen[FASTCGI_LOOK];

static enum look look(const struct fastcgi *fastcgi, bool *partial)
{
    ssize_t count = recv(fastcgi->descriptor, seen, sizeof seen, MSG_PEEK | MSG_DONTWAIT);
    struct records records;
    enum records_state state;
    size_t used = 0;

    *partial = count > 0;
    if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
        return LOOK_FOREIGN;
    if (count < 0)
        return LOOK_PARTIAL;
    records_open(&records);
    state = records_read(&records, seen, (size_t)count, &used);
    /* Some web servers (Apache) send no more while a quarter of the socket's room is taken. */
    if (state == RECORDS_PARTIAL && count >= FASTCGI_LONG && records_in_body(&records))
        return LOOK_LONG;
    if (state == RECORDS_PARTIAL && (size_t)count < sizeof seen)
        return LOOK_PARTIAL;
    return state == RECORDS_WHOLE && used == (size_t)count ? LOOK_WHOLE : LOOK_FOREIGN;
}

bool fastcgi_abandoned(const struct fastcgi *fastcgi)
{
    char byte;
    ssize_t count = recv(fastcgi->descriptor, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

static bool wait_for_bytes(int descriptor, int64_t until)
{
    struct pollfd poll_for = { descriptor, POLLIN, 0 };
    int64_t left = until - instant_ticks();

    return left > 0 && poll(&poll_for, 1, (int)left) != 0;
}

static bool write_bytes(int file, const unsigned char *bytes, size_t count)
{
    while (count) {
        ssize_t written = write(file, bytes, count);

        if (written <= 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* Takes the bytes of a request off the connection to its end, and writes the first `most` to a
 * file. */
static bool receive_into(int file, const struct fastcgi *fastcgi, size_t most)
{
    int64_t until = instant_ticks() + FASTCGI_PATIENCE;
    enum records_state state = RECORDS_PARTIAL;
    struct records records;
    size_t written = 0, used;

    records_open(&records);
    while (state == RECORDS_PARTIAL) {
        ssize_t count = recv(fastcgi->descriptor, seen, sizeof seen, MSG_DONTWAIT);

        if (count < 0 && (errno == EAGAIN || errno == EINTR)) {
            if (!wait_for_bytes(fastcgi->descriptor, until))
                return false;
            continue;
        }
        if (count <= 0)
            return false;
        state = records_read(&records, seen, (size_t)count, &used);
        if (state == RECORDS_WHOLE && used < (size_t)count)
            return false;
        if (written < most && !write_bytes(file, seen, (size_t)count))
            return false;
        written += (size_t)count;
    }
    return state == RECORDS_WHOLE;
}

/* Receives a request that is longer than the bytes checked in advance into a file in memory, so
 * that libfcgi neither waits for it nor sees an unchecked record. -1 if it does not come in time,
 * or not in the plain form. */
static int receive_long(const struct fastcgi *fastcgi, size_t body_limit)
{
    int file = memfd_create("request", MFD_CLOEXEC);

    if (file < 0)
        return -1;
    /* From a web server, records add little to the body. A body over the limit is received, too,
     * because a web server that cannot send all of it would not read the answer. */
    if (receive_into(file, fastcgi, 2 * (body_limit + FASTCGI_LOOK)) &&
        lseek(file, 0, SEEK_SET) == 0)
        return file;
    (void)close(file);
    return -1;
}

/* ---- from libfcgi's request to ours ---- */

/* Reads the rest of the body, and drops it. */
static void skip_body(struct fastcgi *fastcgi)
{
    char nowhere[8192];

    while (FCGX_GetStr(nowhere, sizeof nowhere, fastcgi->request.in) == sizeof nowhere)
        continue;
}

/* Reads the body to its end, so that no part of it can be taken for another request. */
static enum body_state read_body(struct fastcgi *fastcgi, struct str length, size_t limit,
                                 struct arena *arena, struct str *body)
{
    uint64_t announced = 0;
    char *bytes, behind;
    int count;

    if (length.len && number_count(length, INT64_MAX, &announced) != NUMBER_READ) {
        skip_body(fastcgi);
        return BODY_CUT;
    }
    if (announced > limit) {
        skip_body(fastcgi);
        return BODY_TOO_LARGE;
    }
    bytes = arena_take(arena, (size_t)announced + 1);
    count = FCGX_GetStr(bytes, (int)announced, fastcgi->request.in);
    *body = (struct str){ bytes, (size_t)count };
    if ((uint64_t)count == announced && !FCGX_GetStr(&behind, 1, fastcgi->request.in) &&
        !FCGX_GetError(fastcgi->request.in))
        return BODY_WHOLE;
    skip_body(fastcgi);
    return BODY_CUT;
}

static void read_request(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                         struct request *request)
{
    struct parameters parameters;

    memset(request, 0, sizeof *request);
    parameters_read(fastcgi->request.envp, request, &parameters);
    request->body_state = read_body(fastcgi, parameters.length, body_limit, arena, &request->body);
}

enum fastcgi_state fastcgi_read(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                                struct request *request, bool *partial)
{
    FCGX_Request *fcgi = &fastcgi->request;
    int file = -1;

    switch (look(fastcgi, partial)) {
    case LOOK_FOREIGN:
        return FASTCGI_GONE;
    case LOOK_PARTIAL:
        return FASTCGI_WAITING;
    case LOOK_LONG:
        file = receive_long(fastcgi, body_limit);
        if (file < 0)
            return FASTCGI_GONE;
        break;
    case LOOK_WHOLE:
        break;
    }
    fcgi->ipcFd = file >= 0 ? file : fastcgi->descriptor;
    fcgi->keepConnection = 1;      /* else FCGX_Accept_r would begin by closing it */
    if (FCGX_Accept_r(fcgi) < 0) { /* it has closed the descriptor */
        if (file < 0)
            fastcgi->descriptor = -1;
        return FASTCGI_GONE;
    }
    read_request(fastcgi, body_limit, arena, request);
    if (request->body_state == BODY_CUT)
        fcgi->keepConnection = 0;      /* the peer's next bytes cannot be trusted */
    fcgi->ipcFd = fastcgi->descriptor; /* for the answer */
    if (file >= 0)
        (void)close(file);
    return FASTCGI_REQUEST;
}

/* ---- the answer ---- */

enum {
    END_REQUEST = 3,
    STDOUT = 6,
    STDERR = 7,
    UNKNOWN_TYPE = 11,
    CONTENT_MAX = 65535,
    FIXED_CONTENT = 8
};

static void add_record(struct text *records, int type, int id, struct str content)
{
    const char head[RECORD_HEAD] = {
        1, (char)type, (char)(id >> 8), (char)id, (char)(content.len >> 8), (char)content.len
    };

    text_add(records, (struct str){ head, sizeof head });
    text_add(records, content);
}

static void add_output(struct text *records, int id, struct str output)
{
    while (output.len) {
        struct str piece = { output.ptr, output.len < CONTENT_MAX ? output.len : CONTENT_MAX };

        add_record(records, STDOUT, id, piece);
        output = str_from_offset(output, piece.len);
    }
}

/* Sends an answer on a connection that the web server would keep, but that we close. Once nginx has
 * read a request's end, it takes the connection for free, and may send the next request before it
 * sees that we close: that one would be lost. But nginx gives a connection up if more bytes follow
 * the end. So, in the same write, one more record follows, a management record that means
 * nothing. */
static void send_last(struct fastcgi *fastcgi, struct str head, struct str body,
                      struct arena *arena)
{
    static const char nothing[FIXED_CONTENT];
    const struct str fixed = { nothing, sizeof nothing };
    struct text records = text_new(arena, head.len + body.len + 256);
    int id = fastcgi->request.requestId;
    size_t at = 0;
    ssize_t sent;

    add_output(&records, id, head);
    add_output(&records, id, body);
    add_record(&records, STDOUT, id, (struct str){ nothing, 0 });
    add_record(&records, END_REQUEST, id, fixed);
    add_record(&records, UNKNOWN_TYPE, 0, fixed);
    while (at < records.len &&
           (sent = send(fastcgi->descriptor, records.ptr + at, records.len - at, MSG_NOSIGNAL)) > 0)
        at += (size_t)sent;
}

/* nginx numbers each request 1. */
void fastcgi_dismiss(struct fastcgi *fastcgi)
{
    static const char empty_error[RECORD_HEAD] = { 1, STDERR, 0, 1 };

    (void)send(fastcgi->descriptor, empty_error, sizeof empty_error, MSG_NOSIGNAL | MSG_DONTWAIT);
}

bool fastcgi_answer(struct fastcgi *fastcgi, const struct response *response, bool may_stay,
                    struct arena *arena)
{
    struct str head = response_head(response, arena);
    FCGX_Stream *out = fastcgi->request.out;
    bool keep = may_stay && fastcgi->request.keepConnection;

    if (!may_stay && fastcgi->request.keepConnection) {
        send_last(fastcgi, head, response->body, arena);
        (void)shutdown(fastcgi->descriptor, SHUT_RDWR); /* for libfcgi, which knows nothing of it */
    } else if (FCGX_PutStr(head.ptr, (int)head.len, out) < 0 ||
               FCGX_PutStr(response->body.ptr, (int)response->body.len, out) < 0) {
        keep = false;
        (void)shutdown(fastcgi->descriptor, SHUT_RDWR); /* or libfcgi would wait once more */
    }
    finish(fastcgi, keep);
    if (fastcgi->request.ipcFd < 0)
        fastcgi->descriptor = -1;
    return fastcgi->descriptor >= 0;
}
