/* fastcgi_fuzz.c: any bytes from a peer that then closes: there is never a wait, and never a body
 * over the limit. */
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "fuzz.h"
#include "server/fastcgi.h"

enum { LIMIT = 64, REQUESTS_MAX = 10, PATIENCE = 1000 /* milliseconds */ };

/* Reads and answers requests until the connection ends. */
static void serve(struct fastcgi *fastcgi, struct arena *arena)
{
    static const struct response response = { .status = 200, .body = { "{}", 2 } };

    for (unsigned i = 0; i < REQUESTS_MAX; i++) {
        struct request request;
        bool partial;

        enum fastcgi_state state;

        do
            state = fastcgi_read(fastcgi, LIMIT, arena, &request, &partial);
        while (state == FASTCGI_MORE);
        if (state != FASTCGI_REQUEST)
            break;
        REQUIRE(request.method <= OTHER_METHOD && request.method_text.ptr);
        REQUIRE(request.body_state == BODY_TOO_LARGE || request.body.len <= LIMIT);
        for (enum header header = 0; header < HEADER_COUNT; header++)
            REQUIRE(!request.headers[header].value.ptr == !request.headers[header].count);
        if (fastcgi_answer(fastcgi, &response, true, arena) != FASTCGI_SENT)
            break;
    }
    fastcgi_close(fastcgi);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool started;
    int64_t began = instant_ticks();
    int pair[2];

    if (!started) {
        (void)signal(SIGPIPE, SIG_IGN);
        fastcgi_start();
        started = true;
    }
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE(send(pair[1], data, size, MSG_DONTWAIT) == (ssize_t)size || !size);
    REQUIRE(shutdown(pair[1], SHUT_WR) == 0);
    serve(fastcgi_open(pair[0]), fuzz_arena());
    REQUIRE(close(pair[1]) == 0);
    /* Descriptors that were not closed would run out. */
    REQUIRE(pair[0] < 100 && pair[1] < 100);
    REQUIRE(instant_ticks() - began < 10 * PATIENCE);
    return 0;
}
