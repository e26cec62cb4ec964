/* redis_fuzz.c: any bytes as answers of a Redis, of sentinels or of the nodes of a Redis Cluster:
 * each ask ends, and each connection goes to a name and a port.
 *
 * The first byte chooses the kind of address. What follows is cut at each '|', and each read, on
 * any connection, gets the next part. An empty part means nothing yet; one that begins with '!'
 * ends the connection. */
#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "fuzz.h"
#include "store/redis/lookup.h"
#include "store/redis/sentinel.h"
#include "store/redis/store.h"
#include "store/schema/schema.h"

enum {
    PEERS = 64,       /* whose ends are kept open */
    FLUSHES_MAX = 20, /* after which an ask must have ended */
    DIGITS_MAX = 7    /* of a number of elements: hiredis allocates room for all announced ones */
};

/* ---- the network, and the clock ---- */

static struct str left; /* of the input */
static int peers[PEERS];
static size_t peer_count;
static int64_t clock_ticks = 1000000;

redisContext *__wrap_redisConnectNonBlock(const char *host, int port);
int __wrap_redisEnableKeepAlive(redisContext *context);
int __wrap_redisBufferRead(redisContext *context);
int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds);
bool __wrap_lookup_is_address(const char *host);
int64_t __wrap_instant_ticks(void);

/* Bytes that are sent stay unread. */
redisContext *__wrap_redisConnectNonBlock(const char *host, int port)
{
    redisContext *context;
    int pair[2];

    REQUIRE(*host && port > 0 && port <= UINT16_MAX);
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
    REQUIRE(fcntl(pair[0], F_SETFL, O_NONBLOCK) == 0);
    if (peer_count >= PEERS)
        (void)close(peers[peer_count % PEERS]);
    peers[peer_count++ % PEERS] = pair[1];
    context = redisConnectFd(pair[0]);
    REQUIRE(context);
    context->flags &= ~REDIS_BLOCK;
    return context;
}

/* A pair of sockets of this machine has no such timer. */
int __wrap_redisEnableKeepAlive(redisContext *context)
{
    (void)context;
    return REDIS_OK;
}

int __wrap_redisBufferRead(redisContext *context)
{
    struct str part = str_take(&left, '|');

    if (part.len && part.ptr[0] == '!') {
        context->err = REDIS_ERR_EOF;
        return REDIS_ERR;
    }
    return part.len ? redisReaderFeed(context->reader, part.ptr, part.len) : REDIS_OK;
}

/* Everything awaited is there at once, as long as there is input; then time passes. */
int __wrap_poll(struct pollfd *polls, nfds_t count, int milliseconds)
{
    for (nfds_t i = 0; i < count; i++)
        polls[i].revents = left.len ? polls[i].events : 0;
    if (count && left.len)
        return (int)count;
    clock_ticks += milliseconds;
    return 0;
}

/* No name is looked up. */
bool __wrap_lookup_is_address(const char *host)
{
    REQUIRE(*host);
    return true;
}

int64_t __wrap_instant_ticks(void)
{
    return ++clock_ticks;
}

static void close_peers(void)
{
    for (size_t i = 0; i < peer_count && i < PEERS; i++)
        (void)close(peers[i]);
    peer_count = 0;
}

/* ---- an ask ---- */

/* Reads each byte of a reply. */
static size_t weigh(const struct reply *reply)
{
    size_t weight = reply->kind == REPLY_NUMBER;

    REQUIRE(reply->kind <= REPLY_ERROR);
    if (reply->kind == REPLY_TEXT || reply->kind == REPLY_ERROR)
        for (size_t i = 0; i < reply->text.len; i++)
            weight += (unsigned char)reply->text.ptr[i];
    for (size_t i = 0; reply->kind == REPLY_LIST && i < reply->count; i++)
        weight += weigh(&reply->items[i]);
    return weight;
}

static void after_all(struct ask *ask, const struct reply *replies)
{
    size_t *weight = ask->operation;

    for (size_t i = 0; i < ask->command_count; i++)
        *weight += weigh(&replies[i]);
    ask_end(ask, FOUND);
}

/* A read of two slots, and a script that writes. */
static void ask_something(struct store *store, const struct ask_settings *settings)
{
    static const struct script script = { "return 1", "e0e1f9fabfc9d4800c877a703b823ac0578ff8db" };
    size_t weight = 0;
    struct ask ask;

    ask_open(&ask, fuzz_arena(), settings);
    ask.operation = &weight;
    ask_then(&ask, after_all);
    ask_command(&ask, NULL, (struct str[]){ STR("GET"), STR("{0}") }, 2);
    ask_command(&ask, NULL, (struct str[]){ STR("GET"), STR("{1}") }, 2);
    ask_command(&ask, &script, (struct str[]){ STR("1"), STR("{0}") }, 2);
    store_send(store, &ask);
    for (unsigned i = 0; i < FLUSHES_MAX && ask.outcome == ASKING; i++) {
        (void)store_tick(store);
        store_flush(store);
    }
    REQUIRE(ask.outcome == FOUND || ask.outcome >= OUTDATED);
}

/* ---- the three kinds ---- */

static void try(struct str url)
{
    struct ask_settings settings = {
        .key_prefix = STR(""), .shards = 16, .acknowledge = 1, .acknowledge_milliseconds = 100
    };
    struct store_address address;
    struct sentinel_news news;
    struct store *store;
    char room[128];

    REQUIRE(url.len < sizeof room && store_read_address(url, room, &address));
    address.schema_use = SCHEMA_SERVED;
    store = store_open(&address, &settings, 400);
    for (unsigned i = 0; i < 4; i++)
        ask_something(store, &settings);
    REQUIRE(settings.nodes >= 1 && schema_may_shard(settings.shards));
    if (settings.sentinels) {
        sentinels_tell(settings.sentinels, &news);
        REQUIRE(news.agreeing <= news.answering && news.answering <= news.named);
    }
    store_close(store);
}

/* Whether a list has so many elements that only its announcement would need much memory. */
static bool announces_much(struct str text)
{
    size_t digits = DIGITS_MAX + 1;

    for (size_t i = 0; i < text.len; i++) {
        digits = text.ptr[i] == '*'                           ? 0
                 : text.ptr[i] >= '0' && text.ptr[i] <= '9'   ? digits + 1
                 : text.ptr[i] == '+' && digits <= DIGITS_MAX ? digits
                                                              : DIGITS_MAX + 1;
        if (digits == DIGITS_MAX)
            return true;
    }
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct str urls[] = {
        STR_ROW("redis://user:word@redis/1"),
        STR_ROW("redis+sentinel://user:word@one,two:26380/primary"),
        STR_ROW("redis+cluster://user:word@one,two:6380"),
    };
    char *memory;

    if (!size)
        return 0;
    (void)signal(SIGPIPE, SIG_IGN);
    log_setup(LOG_TEXT, LOG_ERROR);
    left = fuzz_input(data + 1, size - 1, &memory);
    if (!announces_much(left))
        try(urls[data[0] % (sizeof urls / sizeof urls[0])]);
    close_peers();
    free(memory);
    return 0;
}
