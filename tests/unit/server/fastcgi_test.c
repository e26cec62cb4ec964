/* fastcgi_test.c: tests one FastCGI connection through a socket pair, with records made here. */
#include "server/fastcgi.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "records.h"
#include "unit.h"

enum { LIMIT = 300000 };

/* Both ends of a connection, and the result. */
struct link {
    struct arena *arena;
    struct fastcgi *fastcgi;
    int peer;
    struct text out; /* records that are to be sent */
    struct request request;
    bool partial;
};

static struct link link_open(struct arena *arena)
{
    struct link link = { .arena = arena, .out = text_new(arena, 1024) };
    int pair[2], room = 1 << 20;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(setsockopt(pair[1], SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    assert_int_equal(fcntl(pair[1], F_SETFL, O_NONBLOCK), 0);
    link.fastcgi = fastcgi_open(pair[0]);
    link.peer = pair[1];
    return link;
}

static void link_close(struct link *link)
{
    fastcgi_close(link->fastcgi);
    assert_int_equal(close(link->peer), 0);
}

/* Sends the records from `from` on, as far as there is room, and gives the number of bytes sent. */
static size_t send_from(struct link *link, size_t from, size_t most)
{
    size_t left = link->out.len - from;
    ssize_t sent = write(link->peer, link->out.ptr + from, left < most ? left : most);

    return sent > 0 ? (size_t)sent : 0;
}

static void send_all(struct link *link)
{
    assert_int_equal(send_from(link, 0, SIZE_MAX), link->out.len);
}

static enum fastcgi_state read_limited(struct link *link, size_t limit)
{
    return fastcgi_read(link->fastcgi, limit, link->arena, &link->request, &link->partial);
}

static enum fastcgi_state read_one(struct link *link)
{
    return read_limited(link, LIMIT);
}

static enum fastcgi_sending answer_with(struct link *link, struct str body, bool may_stay)
{
    struct response response = { .status = 200, .body = body };

    return fastcgi_answer(link->fastcgi, &response, may_stay, link->arena);
}

static enum fastcgi_sending answer(struct link *link)
{
    return answer_with(link, STR("{}"), true);
}

/* The types of the records, as digits, and the content of STDOUT. */
static struct str read_records(struct str bytes, struct str *content, struct arena *arena)
{
    struct text types = text_new(arena, 16), text = text_new(arena, bytes.len);
    const unsigned char *at = (const unsigned char *)bytes.ptr, *end = at + bytes.len;

    while (at + RECORD_HEADER <= end) {
        size_t len = (size_t)at[4] << 8 | at[5];

        text_byte(&types, (char)('0' + at[1]));
        if (at[1] == STDOUT)
            text_add(&text, (struct str){ (const char *)at + RECORD_HEADER, len });
        at += RECORD_HEADER + len + at[6];
    }
    *content = text_str(&text);
    return text_str(&types);
}

/* Reads the records that have come back. */
static struct str receive(struct link *link, struct str *content)
{
    static char bytes[1 << 18];
    ssize_t count = recv(link->peer, bytes, sizeof bytes, MSG_DONTWAIT);

    return read_records((struct str){ bytes, count > 0 ? (size_t)count : 0 }, content, link->arena);
}

/* Whether a content of STDOUT ends with the body. */
static void assert_body(struct str content, struct str body)
{
    assert_true(content.len > body.len);
    assert_memory_equal(content.ptr + content.len - body.len, body.ptr, body.len);
}

static struct str make_body(size_t len, struct arena *arena)
{
    char *bytes = arena_take(arena, len + 1);

    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)('a' + i % 26);
    return (struct str){ bytes, len };
}

/* ---- whole requests ---- */

static void test_whole_request(void **state)
{
    struct link link = link_open(*state);
    struct str content;

    assert_int_equal(read_one(&link), FASTCGI_WAITING);
    assert_false(link.partial);
    add_request(&link.out, STR("/a%20b?c=d"), STR("7"), STR("{\"a\":1}"));
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_int_equal(link.request.method, PUT);
    assert_text(link.request.target, "/a%20b?c=d");
    assert_int_equal(link.request.body_state, BODY_WHOLE);
    assert_text(link.request.body, "{\"a\":1}");
    assert_text(link.request.headers[ACCEPT].value, "application/json");
    assert_int_equal(link.request.headers[CONTENT_TYPE].count, 0);
    assert_int_equal(answer(&link), FASTCGI_SENT);
    assert_text(receive(&link, &content), "663");
    assert_true(str_starts(content, STR("Status: 200 OK\r\n")));
    link_close(&link);
}

static void test_one_after_the_other(void **state)
{
    struct link link = link_open(*state);
    struct str content;

    for (unsigned i = 0; i < 50; i++) {
        struct str body = arena_format(*state, "body %u", i);

        link.out.len = 0;
        add_request(&link.out, STR("/"), arena_format(*state, "%zu", body.len), body);
        send_all(&link);
        assert_int_equal(read_one(&link), FASTCGI_REQUEST);
        assert_same(link.request.body, body);
        assert_int_equal(answer(&link), FASTCGI_SENT);
        (void)receive(&link, &content);
        assert_int_equal(read_one(&link), FASTCGI_WAITING);
        assert_false(link.partial);
    }
    link_close(&link);
}

/* Answers a request on a connection that may not stay, and gives the types of the records that
 * came. */
static struct str answer_and_close(struct arena *arena, struct str body, struct str *content)
{
    struct link link = link_open(arena);
    struct str types;

    add_request(&link.out, STR("/"), STR("0"), STR(""));
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_int_equal(answer_with(&link, body, false), FASTCGI_ENDED);
    types = receive(&link, content);
    link_close(&link);
    return types;
}

/* The answer comes whole, then the end, and then a record (';' is type 11) that tells nginx not to
 * keep the connection. */
static void test_answer_that_closes(void **state)
{
    struct str content;

    assert_text(answer_and_close(*state, STR("{}"), &content), "663;");
    assert_true(str_starts(content, STR("Status: 200 OK\r\n")));
    assert_memory_equal(content.ptr + content.len - 6, "\r\n\r\n{}", 6);
}

static void test_long_answer_that_closes(void **state)
{
    struct str body = make_body(150001, *state), content;

    assert_text(answer_and_close(*state, body, &content), "66663;");
    assert_body(content, body);
    assert_text(answer_and_close(*state, STR(""), &content), "663;");
}

static void test_no_keeping(void **state)
{
    struct link link = link_open(*state);

    add_begin(&link.out, 1, false);
    add_stream(&link.out, PARAMS, 1, STR("\x0e\x03REQUEST_METHODGET"), CONTENT_MAX);
    add_stream(&link.out, STDIN, 1, STR(""), CONTENT_MAX);
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_int_equal(link.request.method, GET);
    assert_null(link.request.target.ptr);
    assert_int_equal(link.request.body_state, BODY_WHOLE);
    assert_int_equal(link.request.body.len, 0);
    assert_int_equal(answer(&link), FASTCGI_ENDED);
    link_close(&link);
}

/* Reads a part of what has come; false if nothing has. */
static bool read_on(struct link *link, struct text *read)
{
    char part[100000];
    ssize_t count = recv(link->peer, part, sizeof part, MSG_DONTWAIT);

    text_add(read, (struct str){ part, count > 0 ? (size_t)count : 0 });
    return count > 0;
}

/* Nobody waits for a peer that reads slowly, and it gets all of its answer. */
static void test_slow_reader(void **state)
{
    struct link link = link_open(*state);
    struct str body = make_body(3000001, *state), content;
    struct text read = text_new(*state, body.len);
    enum fastcgi_sending sending;
    unsigned times = 0;

    add_request(&link.out, STR("/"), STR("0"), STR(""));
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_int_equal(answer_with(&link, body, true), FASTCGI_UNSENT);
    sending = fastcgi_send(link.fastcgi); /* nothing was read meanwhile */
    for (; sending == FASTCGI_UNSENT; times++) {
        assert_true(read_on(&link, &read));
        sending = fastcgi_send(link.fastcgi);
    }
    assert_int_equal(sending, FASTCGI_SENT);
    assert_true(times > 10);
    while (read_on(&link, &read))
        ;
    (void)read_records(text_str(&read), &content, *state);
    assert_body(content, body);
    link_close(&link);
}

/* A peer that leaves before it has read all. */
static void test_reader_that_leaves(void **state)
{
    struct link link = link_open(*state);

    add_request(&link.out, STR("/"), STR("0"), STR(""));
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_int_equal(answer_with(&link, make_body(3000001, *state), true), FASTCGI_UNSENT);
    assert_int_equal(shutdown(link.peer, SHUT_RD), 0);
    assert_int_equal(fastcgi_send(link.fastcgi), FASTCGI_ENDED);
    link_close(&link);
}

/* A byte at a time: reading never blocks, and only the last byte makes a request. */
static void test_in_pieces(void **state)
{
    struct link link = link_open(*state);

    add_request(&link.out, STR("/x"), STR("3"), STR("abc"));
    for (size_t at = 0; at < link.out.len; at++) {
        assert_int_equal(read_one(&link), FASTCGI_WAITING);
        assert_int_equal(link.partial, at > 0);
        assert_int_equal(send_from(&link, at, 1), 1);
    }
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_text(link.request.body, "abc");
    assert_int_equal(answer(&link), FASTCGI_SENT);
    link_close(&link);
}

static void test_parameters_in_many_records(void **state)
{
    struct link link = link_open(*state);
    struct text content = text_new(*state, 1024), value = text_new(*state, 1024);

    for (unsigned i = 0; i < 1000; i++)
        text_byte(&value, (char)('a' + i % 26));
    add_parameter(&content, STR("REQUEST_METHOD"), STR("DELETE"));
    add_parameter(&content, STR("HTTP_X_OPAQUE_ID"), text_str(&value));
    add_parameter(&content, STR("CONTENT_TYPE"), STR("text/plain"));
    add_parameter(&content, STR("HTTP_ACCEPT"), STR("a=b"));
    add_parameter(&content, STR("HTTP_ACCEPT"), STR(""));
    add_parameter(&content, STR("REQUEST_URI"), STR("/"));
    add_begin(&link.out, 1, true);
    add_stream(&link.out, PARAMS, 1, text_str(&content), 7);
    add_stream(&link.out, STDIN, 1, STR(""), CONTENT_MAX);
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_int_equal(link.request.method, DELETE);
    assert_same(link.request.headers[X_OPAQUE_ID].value, text_str(&value));
    assert_text(link.request.headers[CONTENT_TYPE].value, "text/plain");
    assert_text(link.request.headers[ACCEPT].value, "a=b");
    assert_int_equal(link.request.headers[ACCEPT].count, 2);
    assert_true(link.request.headers[ACCEPT].differs);
    link_close(&link);
}

/* ---- bodies ---- */

/* clang-format off */
static const struct { struct str length, body; enum body_state state; bool kept; } bodies[] = {
    { STR_ROW("0"),  STR_ROW(""),    BODY_WHOLE, true },
    { STR_ROW(""),   STR_ROW(""),    BODY_WHOLE, true },
    { { NULL, 0 },   STR_ROW(""),    BODY_WHOLE, true },
    { STR_ROW("3"),  STR_ROW("abc"), BODY_WHOLE, true },
    { STR_ROW("3"),  STR_ROW("a\0c"), BODY_WHOLE, true },
    { STR_ROW("2"),  STR_ROW("abc"), BODY_CUT,   false },
    { STR_ROW("0"),  STR_ROW("a"),   BODY_CUT,   false },
    { { NULL, 0 },   STR_ROW("abc"), BODY_CUT,   false },
    { STR_ROW("4"),  STR_ROW("abc"), BODY_CUT,   false },
    { STR_ROW("1"),  STR_ROW(""),    BODY_CUT,   false },
    { STR_ROW("-1"), STR_ROW("a"),   BODY_CUT,   false },
    { STR_ROW("x"),  STR_ROW(""),    BODY_CUT,   false },
    { STR_ROW("3 "), STR_ROW("abc"), BODY_CUT,   false },
    { STR_ROW("99999999999999999999"), STR_ROW("abc"), BODY_CUT, false },
};
/* clang-format on */

/* The announced length and the bytes that come: a connection that is not at its request's end is
 * not kept. */
static void test_lengths_of_bodies(void **state)
{
    for_each_row (i, bodies) {
        struct link link = link_open(*state);
        struct str content;

        add_request(&link.out, STR("/"), bodies[i].length, bodies[i].body);
        send_all(&link);
        assert_int_equal(read_one(&link), FASTCGI_REQUEST);
        assert_row(link.request.body_state == bodies[i].state, bodies[i].length);
        if (bodies[i].state == BODY_WHOLE)
            assert_same(link.request.body, bodies[i].body);
        assert_row(answer(&link) == (bodies[i].kept ? FASTCGI_SENT : FASTCGI_ENDED),
                   bodies[i].length);
        assert_same(receive(&link, &content), bodies[i].kept ? STR("663") : STR("663;"));
        link_close(&link);
    }
}

/* Around the limit, with bodies longer than the bytes looked ahead, and with shorter ones.
 */
static void test_body_limit(void **state)
{
    static const size_t limits[] = { 1, 1000, 60000, 66000, 200000 };

    for_each_row (i, limits)
        for (size_t len = limits[i] - 1; len <= limits[i] + 1; len++) {
            struct link link = link_open(*state);
            struct str body = make_body(len, *state), content;

            add_request(&link.out, STR("/"), arena_format(*state, "%zu", len), body);
            send_all(&link);
            assert_int_equal(read_limited(&link, limits[i]), FASTCGI_REQUEST);
            assert_int_equal(link.request.body_state,
                             len <= limits[i] ? BODY_WHOLE : BODY_TOO_LARGE);
            if (len <= limits[i])
                assert_same(link.request.body, body);
            /* All of it was read: the connection goes on. */
            assert_int_equal(answer(&link), FASTCGI_SENT);
            (void)receive(&link, &content);
            link.out.len = 0;
            add_request(&link.out, STR("/next"), STR("0"), STR(""));
            send_all(&link);
            assert_int_equal(read_one(&link), FASTCGI_REQUEST);
            assert_text(link.request.target, "/next");
            link_close(&link);
        }
}

/* A request that ends at, or next to, the end of the bytes looked ahead. */
static void test_end_of_the_look(void **state)
{
    struct text probe = text_new(*state, 1024);
    size_t rest;

    add_request(&probe, STR("/"), STR("60000"), make_body(60000, *state));
    rest = FASTCGI_LOOK - (probe.len - 60000);
    for (size_t len = rest - 24; len <= rest + 24; len++) {
        struct link link = link_open(*state);
        struct str body = make_body(len, *state), content;

        add_request(&link.out, STR("/"), arena_format(*state, "%zu", len), body);
        send_all(&link);
        assert_int_equal(read_one(&link), FASTCGI_REQUEST);
        assert_same(link.request.body, body);
        assert_int_equal(answer(&link), FASTCGI_SENT);
        (void)receive(&link, &content);
        assert_int_equal(read_one(&link), FASTCGI_WAITING);
        link_close(&link);
    }
}

/* A long request is kept as it comes, and nobody waits for its rest. */
static void test_long_body_in_parts(void **state)
{
    struct link link = link_open(*state);
    struct str body = make_body(250000, *state);
    size_t sent = 0;

    add_request(&link.out, STR("/"), STR("250000"), body);
    for (size_t most = 40000; sent + most < link.out.len; sent += most) {
        assert_int_equal(send_from(&link, sent, most), most);
        assert_int_equal(read_one(&link), FASTCGI_WAITING);
        assert_true(link.partial);
        assert_int_equal(fastcgi_held(link.fastcgi), sent + most);
    }
    (void)send_from(&link, sent, SIZE_MAX);
    assert_int_equal(read_one(&link), FASTCGI_REQUEST);
    assert_same(link.request.body, body);
    assert_int_equal(fastcgi_held(link.fastcgi), 0);
    assert_int_equal(answer(&link), FASTCGI_SENT);
    link_close(&link);
}

/* Others have their turn while it comes fast. */
static void test_long_body_in_turns(void **state)
{
    struct link link = link_open(*state);
    struct str body = make_body(2000000, *state);
    enum fastcgi_state read = FASTCGI_MORE;
    size_t sent = 0;
    bool more = false;

    add_request(&link.out, STR("/"), STR("2000000"), body);
    while (read == FASTCGI_MORE || read == FASTCGI_WAITING) {
        sent += send_from(&link, sent, SIZE_MAX);
        read = read_limited(&link, 3000000);
        more |= read == FASTCGI_MORE;
    }
    assert_int_equal(read, FASTCGI_REQUEST);
    assert_true(more);
    assert_same(link.request.body, body);
    link_close(&link);
}

/* What is over the limit is not kept. */
static void test_long_body_over_the_limit(void **state)
{
    struct link link = link_open(*state);
    size_t sent = 0, held = 0;

    add_request(&link.out, STR("/"), STR("2000000"), make_body(2000000, *state));
    while (read_limited(&link, 1000) != FASTCGI_REQUEST) {
        sent += send_from(&link, sent, 40000);
        if (fastcgi_held(link.fastcgi) > held)
            held = fastcgi_held(link.fastcgi);
    }
    assert_int_equal(link.request.body_state, BODY_TOO_LARGE);
    assert_true(held < 2 * (size_t)(1000 + FASTCGI_LOOK) + FASTCGI_LOOK);
    assert_int_equal(answer(&link), FASTCGI_SENT);
    link_close(&link);
}

/* ---- other input than plain requests ---- */

static void add_get_values(struct text *out, struct arena *arena, unsigned times)
{
    struct text content = text_new(arena, 256);

    for (unsigned i = 0; i < times; i++)
        add_parameter(&content, STR("FCGI_MPXS_CONNS"), STR(""));
    add_record(out, GET_VALUES, 0, text_str(&content));
}

enum foreign {
    VALUES,      /* FCGI_GET_VALUES, once */
    MANY_VALUES, /* with enough names to overflow libfcgi's answer */
    OTHER_VERSION,
    ABORTED,
    PARAMETERS_FIRST,
    BODY_FIRST,
    TWICE_BEGUN,
    VALUES_IN_PARAMETERS,
    VALUES_IN_BODY,
    TWO_REQUESTS,
    ONE_AND_A_HALF,
    FOREIGN_COUNT
};

/* Foreign records within a request. */
static void add_foreign_within(struct link *link, enum foreign foreign)
{
    struct text *out = &link->out;

    add_begin(out, 1, true);
    if (foreign == ABORTED)
        add_record(out, ABORT_REQUEST, 1, STR(""));
    else if (foreign == BODY_FIRST)
        add_stream(out, STDIN, 1, STR("abc"), CONTENT_MAX);
    else if (foreign == TWICE_BEGUN)
        add_begin(out, 1, true);
    else
        add_get_values(out, link->arena, 20);
}

static void add_foreign(struct link *link, enum foreign foreign)
{
    struct text *out = &link->out;

    switch (foreign) {
    case VALUES:
    case MANY_VALUES:
        add_get_values(out, link->arena, foreign == VALUES ? 1 : 20);
        break;
    case PARAMETERS_FIRST:
        add_stream(out, PARAMS, 1,
                   STR("\x01\x01"
                       "ab"),
                   CONTENT_MAX);
        break;
    case OTHER_VERSION:
        add_request(out, STR("/"), STR("0"), STR(""));
        out->ptr[0] = 2;
        break;
    case VALUES_IN_BODY:
        add_request(out, STR("/"), STR("3"), STR("abc"));
        out->len -= RECORD_HEADER;
        add_get_values(out, link->arena, 20);
        add_header(out, STDIN, 1, 0, 0);
        break;
    case TWO_REQUESTS:
    case ONE_AND_A_HALF:
        add_request(out, STR("/1"), STR("3"), STR("abc"));
        add_request(out, STR("/2"), STR("3"), STR("abc"));
        out->len -= foreign == ONE_AND_A_HALF ? 20 : 0;
        break;
    default:
        add_foreign_within(link, foreign);
        break;
    }
}

static void test_foreign_records(void **state)
{
    for (enum foreign foreign = 0; foreign < FOREIGN_COUNT; foreign++) {
        struct link link = link_open(*state);

        unit_current_row = foreign;
        add_foreign(&link, foreign);
        send_all(&link);
        assert_row(read_one(&link) == FASTCGI_GONE, STR("foreign"));
        link_close(&link);
    }
}

static void test_peer_that_has_gone(void **state)
{
    struct link link = link_open(*state);

    assert_int_equal(shutdown(link.peer, SHUT_WR), 0);
    assert_int_equal(read_one(&link), FASTCGI_GONE);
    link_close(&link);
    link = link_open(*state);
    add_request(&link.out, STR("/"), STR("3"), STR("abc"));
    assert_int_equal(send_from(&link, 0, 30), 30);
    assert_int_equal(read_one(&link), FASTCGI_WAITING);
    assert_true(link.partial);
    link_close(&link);
}

/* Runs in a process of its own, because the process may die; gives waitpid's status. */
static int in_child(void (*run)(struct link *link), struct arena *arena)
{
    static const int deadly[] = { SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV };
    struct link link = link_open(arena);
    pid_t child = fork();
    int status;

    if (child == 0) {
        for (size_t i = 0; i < COUNT_OF(deadly); i++)
            (void)signal(deadly[i], SIG_DFL); /* else the child would go on with the next test */
        (void)alarm(20);
        run(&link);
        _exit(EXIT_SUCCESS);
    }
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    link_close(&link);
    return status;
}

/* Records that overflow libfcgi's answer to them, in a long body behind the bytes looked ahead. */
static void smuggle_values(struct link *link)
{
    add_request(&link->out, STR("/"), STR("100000"), make_body(100000, link->arena));
    link->out.len -= RECORD_HEADER;
    add_get_values(&link->out, link->arena, 20);
    add_header(&link->out, STDIN, 1, 0, 0);
    (void)send_from(link, 0, SIZE_MAX);
    if (read_one(link) == FASTCGI_REQUEST)
        (void)answer(link);
}

static void test_values_behind_the_look(void **state)
{
    assert_int_equal(in_child(smuggle_values, *state), 0);
}

/* Parameters that claim to be longer than their records: libfcgi would allocate that length.
 */
static void send_huge_lengths(struct link *link)
{
    static const struct str lengths[] = {
        STR_ROW("\xff\xff\xff\xff\xff\xff\xff\xff"),
        STR_ROW("\xff\xff\xff\xff\0"),
        STR_ROW("\0\xff\xff\xff\xff"),
        STR_ROW("\xbf\xff\xff\xff\xc0\0\0\0"),
        STR_ROW("\xff\xff\xff\xf0\x0d"),
    };

    for_each_row (i, lengths) {
        struct link other = link_open(link->arena);

        add_begin(&other.out, 1, true);
        add_stream(&other.out, PARAMS, 1, lengths[i], CONTENT_MAX);
        add_stream(&other.out, STDIN, 1, STR(""), CONTENT_MAX);
        (void)send_from(&other, 0, SIZE_MAX);
        if (read_one(&other) == FASTCGI_REQUEST)
            (void)answer(&other);
        link_close(&other);
    }
}

static void test_huge_lengths_of_parameters(void **state)
{
    assert_int_equal(in_child(send_huge_lengths, *state), 0);
}

/* Records of several requests at once. Web servers send them only if they were told that they may.
 */
static void test_mixed_ids(void **state)
{
    struct link link = link_open(*state);

    add_begin(&link.out, 1, true);
    add_stream(&link.out, PARAMS, 2, STR("\x0e\x03REQUEST_METHODGET"), CONTENT_MAX);
    add_stream(&link.out, STDIN, 1, STR(""), CONTENT_MAX);
    send_all(&link);
    assert_int_equal(read_one(&link), FASTCGI_GONE);
    link_close(&link);
}

/* ---- descriptors ---- */

static void test_release(void **state)
{
    struct link link = link_open(*state), other = link;
    int descriptor;

    add_request(&link.out, STR("/"), STR("0"), STR(""));
    assert_int_equal(send_from(&link, 0, 10), 10);
    assert_int_equal(read_one(&link), FASTCGI_WAITING);
    descriptor = fastcgi_release(link.fastcgi);
    assert_int_not_equal(fcntl(descriptor, F_GETFD), -1);
    other.fastcgi = fastcgi_open(descriptor);
    assert_int_equal(send_from(&link, 10, SIZE_MAX), link.out.len - 10);
    assert_int_equal(read_one(&other), FASTCGI_REQUEST);
    assert_int_equal(answer(&other), FASTCGI_SENT);
    link_close(&other);
}

/* However a connection ends, its descriptor is closed. */
static void test_no_descriptor_is_left(void **state)
{
    int before = dup(0), after;

    assert_int_equal(close(before), 0);
    test_whole_request(state);
    test_no_keeping(state);
    test_lengths_of_bodies(state);
    test_foreign_records(state);
    test_peer_that_has_gone(state);
    test_reader_that_leaves(state);
    test_long_body_in_parts(state);
    after = dup(0);
    assert_int_equal(close(after), 0);
    assert_int_equal(before, after);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_whole_request),
        ARENA_TEST(test_one_after_the_other),
        ARENA_TEST(test_answer_that_closes),
        ARENA_TEST(test_long_answer_that_closes),
        ARENA_TEST(test_slow_reader),
        ARENA_TEST(test_reader_that_leaves),
        ARENA_TEST(test_no_keeping),
        ARENA_TEST(test_in_pieces),
        ARENA_TEST(test_parameters_in_many_records),
        ARENA_TEST(test_lengths_of_bodies),
        ARENA_TEST(test_body_limit),
        ARENA_TEST(test_end_of_the_look),
        ARENA_TEST(test_long_body_in_parts),
        ARENA_TEST(test_long_body_in_turns),
        ARENA_TEST(test_long_body_over_the_limit),
        ARENA_TEST(test_foreign_records),
        ARENA_TEST(test_peer_that_has_gone),
        ARENA_TEST(test_values_behind_the_look),
        ARENA_TEST(test_huge_lengths_of_parameters),
        ARENA_TEST(test_mixed_ids),
        ARENA_TEST(test_release),
        ARENA_TEST(test_no_descriptor_is_left),
    };

    (void)signal(SIGPIPE, SIG_IGN);
    fastcgi_start();
    return cmocka_run_group_tests_name("fastcgi", tests, NULL, NULL);
}
