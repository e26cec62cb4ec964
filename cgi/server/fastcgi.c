/* fastcgi.c: reads and answers requests through libfcgi. The only file that knows it. */
#define _GNU_SOURCE /* memfd_create */
#include "server/fastcgi.h"

#include <errno.h>
#include <fcgiapp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/number.h"
#include "server/parameters.h"
#include "server/records.h"

struct fastcgi {
    int descriptor;
    FCGX_Request request;
    bool trusted; /* what follows the request can be another one */
    bool keep;    /* the connection stays after the answer */
    int file;     /* what has come of a long request; -1: none is coming */
    size_t file_size;
    struct records records;
    struct iovec *unsent; /* what the peer has not taken yet of the answer */
    size_t unsent_count;
};

void fastcgi_start(void)
{
    /* libfcgi waits for silent peers, for 2 s by default, even if it need not. */
    (void)setenv("LIBFCGI_IS_AF_UNIX_KEEPER_POLL_TIMEOUT", "1", 1);
    (void)setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "1", 1);
    if (FCGX_Init())
        abort();
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
    fastcgi->file = -1;
    notice_loss(descriptor);
    return fastcgi;
}

static void close_file(struct fastcgi *fastcgi)
{
    if (fastcgi->file >= 0)
        (void)close(fastcgi->file);
    fastcgi->file = -1;
    fastcgi->file_size = 0;
}

int fastcgi_release(struct fastcgi *fastcgi)
{
    int descriptor = fastcgi->descriptor;

    free(fastcgi);
    return descriptor;
}

void fastcgi_close(struct fastcgi *fastcgi)
{
    FCGX_Free(&fastcgi->request, false);
    close_file(fastcgi);
    if (fastcgi->descriptor >= 0)
        (void)close(fastcgi->descriptor);
    free(fastcgi);
}

int fastcgi_descriptor(const struct fastcgi *fastcgi)
{
    return fastcgi->descriptor;
}

size_t fastcgi_held(const struct fastcgi *fastcgi)
{
    return fastcgi->file_size;
}

/* ---- requests ---- */

enum { RECEIVED_AT_ONCE = 16 }; /* pieces of a long request that are taken before others' turn */

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

/* Begins to receive a request that is longer than the bytes checked in advance into a file in
 * memory, so that libfcgi neither waits for it nor sees an unchecked record. */
static bool open_file(struct fastcgi *fastcgi)
{
    fastcgi->file = memfd_create("request", MFD_CLOEXEC);
    records_open(&fastcgi->records);
    return fastcgi->file >= 0;
}

/* Takes what has come of a long request off the connection. From a web server, records add little
 * to the body. Of a body over the limit, the rest is received, too, and dropped: a web server that
 * cannot send all of it would not read the answer. */
static enum fastcgi_state receive(struct fastcgi *fastcgi, size_t body_limit)
{
    size_t most = 2 * (body_limit + FASTCGI_LOOK), used;

    for (unsigned i = 0; i < RECEIVED_AT_ONCE; i++) {
        ssize_t count = recv(fastcgi->descriptor, seen, sizeof seen, MSG_DONTWAIT);
        enum records_state state;

        if (count < 0 && (errno == EAGAIN || errno == EINTR))
            return FASTCGI_WAITING;
        if (count <= 0)
            return FASTCGI_GONE;
        state = records_read(&fastcgi->records, seen, (size_t)count, &used);
        if (state == RECORDS_FOREIGN || used < (size_t)count)
            return FASTCGI_GONE;
        if (fastcgi->file_size < most) {
            if (!write_bytes(fastcgi->file, seen, (size_t)count))
                return FASTCGI_GONE;
            fastcgi->file_size += (size_t)count;
        }
        if (state == RECORDS_WHOLE)
            return lseek(fastcgi->file, 0, SEEK_SET) ? FASTCGI_GONE : FASTCGI_REQUEST;
    }
    return FASTCGI_MORE;
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

/* Sees to it that a whole request is there for libfcgi, which would wait for the rest. */
static enum fastcgi_state find_request(struct fastcgi *fastcgi, size_t body_limit, bool *partial)
{
    if (fastcgi->file < 0)
        switch (look(fastcgi, partial)) {
        case LOOK_FOREIGN:
            return FASTCGI_GONE;
        case LOOK_PARTIAL:
            return FASTCGI_WAITING;
        case LOOK_WHOLE:
            return FASTCGI_REQUEST;
        case LOOK_LONG:
            if (!open_file(fastcgi))
                return FASTCGI_GONE;
            break;
        }
    *partial = true;
    return receive(fastcgi, body_limit);
}

enum fastcgi_state fastcgi_read(struct fastcgi *fastcgi, size_t body_limit, struct arena *arena,
                                struct request *request, bool *partial)
{
    FCGX_Request *fcgi = &fastcgi->request;
    enum fastcgi_state state = find_request(fastcgi, body_limit, partial);

    if (state != FASTCGI_REQUEST)
        return state;
    fcgi->ipcFd = fastcgi->file >= 0 ? fastcgi->file : fastcgi->descriptor;
    fcgi->keepConnection = 1;      /* else FCGX_Accept_r would begin by closing it */
    if (FCGX_Accept_r(fcgi) < 0) { /* it has closed the descriptor */
        *(fastcgi->file >= 0 ? &fastcgi->file : &fastcgi->descriptor) = -1;
        return FASTCGI_GONE;
    }
    read_request(fastcgi, body_limit, arena, request);
    fastcgi->trusted =
        request->body_state != BODY_CUT && (fastcgi->file >= 0 || !FCGX_GetError(fcgi->in));
    fcgi->ipcFd = -1; /* libfcgi is not to answer: it would wait for the peer */
    close_file(fastcgi);
    return FASTCGI_REQUEST;
}

/* ---- the answer ---- */

enum {
    END_REQUEST = 3,
    STDOUT = 6,
    STDERR = 7,
    UNKNOWN_TYPE = 11,
    CONTENT_MAX = 65535,
    FIXED_CONTENT = 8,
    PIECES_AROUND = 12, /* those of an answer besides two for each record of its body */
    PIECES_AT_ONCE = 64 /* that one call sends */
};

/* Nothing is written there, but an iovec knows no const. */
static void add_unsent(struct fastcgi *fastcgi, const void *bytes, size_t count)
{
    const union {
        const void *from;
        void *base;
    } place = { .from = bytes };

    if (count)
        fastcgi->unsent[fastcgi->unsent_count++] = (struct iovec){ place.base, count };
}

/* A record whose content are two texts. */
static void add_record(struct fastcgi *fastcgi, struct arena *arena, int type, int id,
                       struct str first, struct str second)
{
    size_t len = first.len + second.len;
    char *head = arena_take(arena, RECORD_HEAD);

    memcpy(head,
           (const char[RECORD_HEAD]){ 1, (char)type, (char)(id >> 8), (char)id, (char)(len >> 8),
                                      (char)len },
           RECORD_HEAD);
    add_unsent(fastcgi, head, RECORD_HEAD);
    add_unsent(fastcgi, first.ptr, first.len);
    add_unsent(fastcgi, second.ptr, second.len);
}

/* Takes what fits into one record off the text. */
static struct str take_content(struct str *text, size_t most)
{
    struct str content = { text->ptr, text->len < most ? text->len : most };

    *text = str_from_offset(*text, content.len);
    return content;
}

/* Drops what was sent. */
static void drop_sent(struct fastcgi *fastcgi, size_t sent)
{
    while (sent) {
        struct iovec *piece = fastcgi->unsent;
        size_t dropped = sent < piece->iov_len ? sent : piece->iov_len;

        sent -= dropped;
        piece->iov_base = (char *)piece->iov_base + dropped;
        piece->iov_len -= dropped;
        if (piece->iov_len)
            return;
        fastcgi->unsent++;
        fastcgi->unsent_count--;
    }
}

enum fastcgi_sending fastcgi_send(struct fastcgi *fastcgi)
{
    while (fastcgi->unsent_count) {
        struct msghdr message = { .msg_iov = fastcgi->unsent,
                                  .msg_iovlen = fastcgi->unsent_count < PIECES_AT_ONCE
                                                    ? fastcgi->unsent_count
                                                    : PIECES_AT_ONCE };
        ssize_t sent = sendmsg(fastcgi->descriptor, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (sent < 0)
            return errno == EAGAIN || errno == EINTR ? FASTCGI_UNSENT : FASTCGI_ENDED;
        drop_sent(fastcgi, (size_t)sent);
    }
    FCGX_Free(&fastcgi->request, false);
    return fastcgi->keep ? FASTCGI_SENT : FASTCGI_ENDED;
}

enum fastcgi_sending fastcgi_answer(struct fastcgi *fastcgi, const struct response *response,
                                    bool may_stay, struct arena *arena)
{
    static const char nothing[FIXED_CONTENT];
    const struct str none = { nothing, 0 }, fixed = { nothing, sizeof nothing };
    struct str head = response_head(response, arena), body = response->body;
    int id = fastcgi->request.requestId;
    bool expected = fastcgi->request.keepConnection; /* the peer expects it to stay */

    fastcgi->keep = expected && may_stay && fastcgi->trusted;
    fastcgi->unsent_count = 0;
    fastcgi->unsent =
        arena_take(arena, (PIECES_AROUND + 2 * (body.len / CONTENT_MAX)) * sizeof *fastcgi->unsent);
    add_record(fastcgi, arena, STDOUT, id, head, take_content(&body, CONTENT_MAX - head.len));
    while (body.len)
        add_record(fastcgi, arena, STDOUT, id, none, take_content(&body, CONTENT_MAX));
    add_record(fastcgi, arena, STDOUT, id, none, none);
    add_record(fastcgi, arena, END_REQUEST, id, fixed, none);
    /* Once nginx has read a request's end, it takes the connection for free, and may send the next
     * request before it sees that we close: that one would be lost. But nginx gives a connection up
     * if more bytes follow the end: a management record that means nothing. */
    if (expected && !fastcgi->keep)
        add_record(fastcgi, arena, UNKNOWN_TYPE, 0, fixed, none);
    return fastcgi_send(fastcgi);
}

/* nginx numbers each request 1. */
void fastcgi_dismiss(struct fastcgi *fastcgi)
{
    static const char empty_error[RECORD_HEAD] = { 1, STDERR, 0, 1 };

    (void)send(fastcgi->descriptor, empty_error, sizeof empty_error, MSG_NOSIGNAL | MSG_DONTWAIT);
}
