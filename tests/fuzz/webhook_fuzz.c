/* webhook_fuzz.c: any bytes as the answer of a target for events: only a 2xx counts as taken, and a
 * fault is described in one sentence. */
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "fuzz.h"
#include "notify/post.h"

enum { REQUEST_BYTES = 4096, SECONDS = 5 };

/* The target, which answers a request with the input. */
static struct {
    int listening;
    char url[64];
    struct str answer;
} target;

/* Whether the request has come as far as its body, "{}". */
static bool is_whole(const char *request, size_t len)
{
    return len >= 2 && memcmp(request + len - 2, "{}", 2) == 0;
}

static void answer(int connection)
{
    char request[REQUEST_BYTES];
    size_t len = 0;
    ssize_t count = 1;

    while (!is_whole(request, len) && len < sizeof request &&
           (count = recv(connection, request + len, sizeof request - len, 0)) > 0)
        len += (size_t)count;
    REQUIRE(is_whole(request, len));
    (void)send(connection, target.answer.ptr, target.answer.len, 0);
    (void)shutdown(connection, SHUT_WR);
    while (recv(connection, request, sizeof request, 0) > 0)
        continue;
    (void)close(connection);
}

/* Runs in a thread of its own, because post_send waits. */
static void *serve(void *context)
{
    int connection = accept(target.listening, NULL, NULL);

    REQUIRE(connection >= 0);
    answer(connection);
    return context;
}

static void start(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
    union {
        struct sockaddr_in *own;
        struct sockaddr *any;
    } place = { &address };
    socklen_t size = sizeof address;

    (void)signal(SIGPIPE, SIG_IGN);
    target.listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(target.listening >= 0 && bind(target.listening, place.any, size) == 0);
    REQUIRE(listen(target.listening, 16) == 0);
    REQUIRE(getsockname(target.listening, place.any, &size) == 0);
    (void)snprintf(target.url, sizeof target.url, "http://127.0.0.1:%u/",
                   (unsigned)ntohs(address.sin_port));
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Whether a 2xx stands anywhere, with three digits, as in a status line. */
static bool has_success(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i + 4 <= size; i++)
        if (data[i] == ' ' && data[i + 1] == '2' && is_digit(data[i + 2]) &&
            is_digit(data[i + 3]) && (i + 4 == size || strchr(" \r\n", data[i + 4])))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct post_fault fault = { .text = "" };
    char *memory;
    struct post post = { .body = STR("{}"), .seconds = SECONDS };
    pthread_t thread;
    bool taken;

    if (!target.url[0])
        start();
    target.answer = fuzz_input(data, size, &memory);
    post.url = str_from(target.url);
    REQUIRE(pthread_create(&thread, NULL, serve, NULL) == 0);
    taken = post_send(&post, &fault);
    REQUIRE(pthread_join(thread, NULL) == 0);
    if (taken) {
        REQUIRE(has_success(data, size));
    } else {
        REQUIRE(fault.text[0] && memchr(fault.text, '\0', sizeof fault.text));
        REQUIRE(!strchr(fault.text, '\n') && !strchr(fault.text, '\r'));
    }
    free(memory);
    return 0;
}
