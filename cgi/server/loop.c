/* loop.c: an epoll loop over kept FastCGI connections. */
#define _GNU_SOURCE /* accept4 */
#include "server/loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "server/fastcgi.h"
#include "server/handover.h"

enum {
    SWEEP_MILLISECONDS = 500,
    PARTIAL_MILLISECONDS = 5000, /* that a request may take to come whole */
    UNREAD_MILLISECONDS = 60000, /* that a peer may read nothing of its answer */
    SLOW_MILLISECONDS = 1000,    /* the same, while more is kept than should be, */
    SLOW_FACTOR = 4,             /* and not above so many times that */
    LEAVE_MILLISECONDS = 5000,   /* that a worker which leaves waits for slow peers */
    ACCEPTED_AT_ONCE = 8,
    DRAIN_MILLISECONDS = 2000, /* that peers have to close their connections; twice, while requests
                                  keep coming */
    DRAIN_LOOK = 25            /* milliseconds */
};

struct connection {
    struct connection *previous, *next;
    struct fastcgi *fastcgi;
    struct exchange exchange;
    uint64_t began_at;     /* nanoseconds: when its request was found */
    int64_t partial_since; /* ticks: when a request began to come that is not whole; 0 for none */
    int64_t unread_since;  /* ticks: when the peer last read of its answer; 0 if it has all of it */
    size_t held;           /* bytes that are kept for it between turns, as it is slow */
    bool busy;             /* its request is with the application */
    bool ready;            /* more came meanwhile */
    bool ended;            /* the peer sends no more: it is told once, with the last bytes maybe */
};

struct loop {
    const struct loop_options *options;
    const struct application *application;
    int epoll;
    int signals; /* that end it, as events: a wait that finds others would not be interrupted */
    int leaving; /* 0, or the signal that said so */
    struct connection *connections;
    unsigned connection_count;
    bool accepting;
    struct connection **busy;
    uint64_t *answered; /* when the requests began that this turn answers; as much room as busy */
    size_t busy_count, busy_room;
    size_t held;       /* bytes, for all connections */
    uint64_t turn_at;  /* nanoseconds: when the turn found out what has come */
    unsigned gathered; /* requests, by this turn */
    int64_t swept_at;  /* ticks */
    bool draining;     /* no connection stays */
};

/* ---- connections ---- */

/* Whether no request is being answered. */
static bool is_free(const struct connection *connection)
{
    return !connection->busy && !connection->unread_since;
}

static void watch(struct loop *loop, int descriptor, uint32_t events, void *subject)
{
    struct epoll_event event = { .events = events, .data.ptr = subject };

    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, descriptor, &event))
        abort();
}

static const uint32_t of_peers = EPOLLIN | EPOLLRDHUP | EPOLLET;

/* Waits for other events of a connection; those that are due already come with the next turn. */
static void watch_anew(const struct loop *loop, struct connection *connection, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.ptr = connection };

    if (epoll_ctl(loop->epoll, EPOLL_CTL_MOD, fastcgi_descriptor(connection->fastcgi), &event))
        abort();
}

/* Begins to take connections from a descriptor, unless it is -1; or stops. */
static void set_watched(struct loop *loop, int descriptor, bool watched, void *subject)
{
    if (descriptor >= 0 && watched)
        watch(loop, descriptor, EPOLLIN | EPOLLEXCLUSIVE, subject);
    else if (descriptor >= 0)
        (void)epoll_ctl(loop->epoll, EPOLL_CTL_DEL, descriptor, NULL);
}

/* Takes connections, new ones and other workers', or leaves them to another worker while there are
 * as many as there may be. */
static void set_accepting(struct loop *loop, bool accepting)
{
    accepting = accepting && !loop->leaving;
    if (loop->accepting == accepting)
        return;
    loop->accepting = accepting;
    set_watched(loop, loop->options->listener, accepting, NULL);
    set_watched(loop, loop->options->handover[0], accepting, loop);
}

static void add_connection(struct loop *loop, int descriptor)
{
    struct connection *connection = calloc(1, sizeof *connection);

    if (!connection)
        abort();
    connection->fastcgi = fastcgi_open(descriptor);
    connection->exchange.arena = arena_new();
    connection->next = loop->connections;
    if (loop->connections)
        loop->connections->previous = connection;
    loop->connections = connection;
    loop->connection_count++;
    metrics_set(METRIC_CONNECTIONS, loop->connection_count);
    watch(loop, descriptor, of_peers, connection);
    set_accepting(loop, loop->connection_count < loop->options->connection_limit);
}

static void remove_connection(struct loop *loop, struct connection *connection)
{
    if (loop->connections == connection)
        loop->connections = connection->next;
    else
        connection->previous->next = connection->next;
    if (connection->next)
        connection->next->previous = connection->previous;
    loop->held -= connection->held;
    arena_free(connection->exchange.arena);
    free(connection);
    loop->connection_count--;
    metrics_set(METRIC_CONNECTIONS, loop->connection_count);
    set_accepting(loop, loop->connection_count < loop->options->connection_limit);
}

static void close_connection(struct loop *loop, struct connection *connection)
{
    fastcgi_close(connection->fastcgi);
    remove_connection(loop, connection);
}

/* A connection may be gone again, or another worker's, before it is accepted, and the loop must not
 * wait for the next. O_NONBLOCK alone does not hold: it belongs to all who have the socket, and
 * systemd takes it away whenever it gives the socket to a command of the service's, such as its
 * ExecReload. */
static void set_accept_patience(int listener)
{
    struct timeval patience = { .tv_usec = 1000 };

    (void)setsockopt(listener, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

/* A few at a time, so that workers that are woken together share the connections. */
static void accept_connections(struct loop *loop)
{
    int descriptor = 0;

    (void)fcntl(loop->options->listener, F_SETFL, O_NONBLOCK);
    for (int i = 0; i < ACCEPTED_AT_ONCE && loop->accepting && descriptor >= 0; i++) {
        descriptor = accept4(loop->options->listener, NULL, NULL, SOCK_CLOEXEC);
        if (descriptor >= 0)
            add_connection(loop, descriptor);
        else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
            log_repeated(LOG_ERROR,
                         "cannot accept a connection: too many open files, or no memory");
            set_accepting(loop, false); /* until the next sweep: it would be tried all the time */
        }
    }
}

/* Takes one connection of another worker's; false if none waits. */
static bool take_over(struct loop *loop)
{
    int descriptor = handover_receive(loop->options->handover[0]);

    if (descriptor >= 0)
        add_connection(loop, descriptor);
    return descriptor >= 0;
}

static void take_handed_over(struct loop *loop)
{
    for (int i = 0; i < ACCEPTED_AT_ONCE && loop->accepting && take_over(loop); i++)
        ;
}

/* Whether an answered connection may stay. Idle ones may fill at most three quarters of the places;
 * else new ones, of another web server process, would wait for them for ever. */
static bool may_stay(const struct loop *loop)
{
    unsigned limit = loop->options->connection_limit;

    return !loop->draining && loop->connection_count <= limit - (limit + 3) / 4;
}

/* ---- a turn ---- */

/* Notes how many bytes are kept for a connection from now on. */
static void hold(struct loop *loop, struct connection *connection, size_t bytes)
{
    loop->held += bytes - connection->held;
    connection->held = bytes;
}

static void push_busy(struct loop *loop, struct connection *connection)
{
    if (loop->busy_count == loop->busy_room) {
        loop->busy_room = loop->busy_room ? loop->busy_room * 2 : LOOP_BATCH_MAX;
        loop->busy = realloc(loop->busy, loop->busy_room * sizeof(struct connection *));
        loop->answered = realloc(loop->answered, loop->busy_room * sizeof *loop->answered);
        if (!loop->busy || !loop->answered)
            abort();
    }
    loop->busy[loop->busy_count++] = connection;
}

/* Whether no worker stays to take the connections, although the listening socket stays: its owner
 * (systemd, for example) will start the next pool on it. */
static bool ends_for_now(const struct loop *loop)
{
    return loop->options->listener == STDIN_FILENO &&
           (loop->leaving == SIGINT || loop->options->handover[1] < 0);
}

static void wait_for_rest(struct loop *loop, struct connection *connection, bool partial)
{
    hold(loop, connection, fastcgi_held(connection->fastcgi));
    if (!partial)
        connection->partial_since = 0;
    else if (!connection->partial_since)
        connection->partial_since = instant_ticks();
}

/* Reads a request, if a whole one has come, and starts it. A worker that hands its connections over
 * starts no more: what has come stays in the socket, for the worker that gets the connection. */
static void gather(struct loop *loop, struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;
    bool partial;

    if (!is_free(connection)) {
        connection->ready = true;
        exchange->abandoned = connection->busy && fastcgi_abandoned(connection->fastcgi);
        return;
    }
    if (loop->leaving && !ends_for_now(loop) && !connection->held)
        return;
    connection->ready = false;
    switch (fastcgi_read(connection->fastcgi, loop->options->body_limit, exchange->arena,
                         &exchange->request, &partial)) {
    case FASTCGI_GONE:
        close_connection(loop, connection);
        return;
    case FASTCGI_WAITING:
        if (connection->ended)
            close_connection(loop, connection);
        else
            wait_for_rest(loop, connection, partial);
        return;
    case FASTCGI_MORE:
        wait_for_rest(loop, connection, partial);
        watch_anew(loop, connection, of_peers);
        return;
    case FASTCGI_REQUEST:
        break;
    }
    connection->partial_since = 0;
    hold(loop, connection, 0);
    connection->busy = true;
    connection->began_at = loop->turn_at;
    loop->gathered++;
    metrics_add(METRIC_BODY_BYTES, 0, exchange->request.body.len);
    memset(&exchange->response, 0, sizeof exchange->response);
    exchange->answered = false;
    exchange->abandoned = false;
    push_busy(loop, connection);
    loop->application->begin(loop->application->state, exchange);
}

/* Counts an answer; `exchange->route` is within what the metrics have room for. */
static void count_answer(const struct exchange *exchange)
{
    metrics_add(METRIC_REQUESTS,
                exchange->route * METRIC_CODES_MAX + status_number(exchange->response.status), 1);
}

/* Notes how long the answered requests took. Reads the clock once for all: once for each would cost
 * more than all other counting. */
static void count_durations(const uint64_t *began, size_t count)
{
    uint64_t now = count ? instant_nanos() : 0;

    for (size_t i = 0; i < count; i++)
        metrics_observe(METRIC_REQUEST_DURATION, now - began[i]);
}

/* The peer has read what it could of its answer. */
static void after_sending(struct loop *loop, struct connection *connection,
                          enum fastcgi_sending state)
{
    bool waited = connection->unread_since != 0;

    if (state == FASTCGI_ENDED) {
        close_connection(loop, connection);
        return;
    }
    if (state == FASTCGI_UNSENT) {
        connection->unread_since = instant_ticks();
        hold(loop, connection, arena_size(connection->exchange.arena));
        if (!waited)
            watch_anew(loop, connection, of_peers | EPOLLOUT);
        return;
    }
    connection->unread_since = 0;
    hold(loop, connection, 0);
    arena_reset(connection->exchange.arena);
    if (loop->draining) /* its answer was begun before */
        fastcgi_dismiss(connection->fastcgi);
    if (waited)
        watch_anew(loop, connection, of_peers);
    if (connection->ready || connection->ended)
        gather(loop, connection);
}

static void answer(struct loop *loop, struct connection *connection)
{
    struct exchange *exchange = &connection->exchange;

    if (!exchange->abandoned)
        count_answer(exchange); /* first: whoever has the answer may ask for the metrics */
    connection->busy = false;
    after_sending(
        loop, connection,
        fastcgi_answer(connection->fastcgi, &exchange->response, may_stay(loop), exchange->arena));
}

/* Sends the answers that the application has given; the other requests wait for the next turn. */
static void answer_all(struct loop *loop)
{
    size_t count = loop->busy_count, kept = 0, answered = 0;

    for (size_t i = 0; i < count; i++) {
        struct connection *connection = loop->busy[i];

        if (!connection->exchange.answered) {
            loop->busy[kept++] = connection;
            continue;
        }
        loop->answered[answered++] = connection->began_at;
        answer(loop, connection);
    }
    count_durations(loop->answered, answered);
    /* Keeps those that gather() has appended meanwhile. */
    for (size_t i = count; i < loop->busy_count; i++)
        loop->busy[kept++] = loop->busy[i];
    loop->busy_count = kept;
}

/* Whether the peer has sent a part of a request and then nothing for long, or read nothing. */
static bool is_given_up(const struct connection *connection, int64_t now)
{
    return (connection->partial_since && now - connection->partial_since > PARTIAL_MILLISECONDS) ||
           (connection->unread_since && now - connection->unread_since > UNREAD_MILLISECONDS);
}

static void sweep(struct loop *loop)
{
    int64_t now = (int64_t)(loop->turn_at / NANOS_PER_TICK);
    struct connection *next;

    if (now - loop->swept_at < SWEEP_MILLISECONDS)
        return;
    loop->swept_at = now;
    for (struct connection *connection = loop->connections; connection; connection = next) {
        next = connection->next;
        if (is_given_up(connection, now))
            close_connection(loop, connection);
    }
    set_accepting(loop, loop->connection_count < loop->options->connection_limit);
}

/* Since when the peer has sent no end of its request, or read nothing of its answer. */
static int64_t slow_since(const struct connection *connection)
{
    return connection->unread_since ? connection->unread_since : connection->partial_since;
}

static struct connection *find_slowest(const struct loop *loop)
{
    struct connection *slowest = NULL;

    for (struct connection *connection = loop->connections; connection;
         connection = connection->next)
        if (connection->held && (!slowest || slow_since(connection) < slow_since(slowest)))
            slowest = connection;
    return slowest;
}

/* While more is kept for all peers than should be, gives up those that have been slow for longest,
 * but not the last one. A web server that reads as fast as it can is not slow. */
static void relieve(struct loop *loop)
{
    size_t limit = loop->options->slow_limit;

    while (loop->held > limit) {
        struct connection *slowest = find_slowest(loop);
        bool is_slow = instant_ticks() - slow_since(slowest) >= SLOW_MILLISECONDS;

        if (slowest->held == loop->held || (!is_slow && loop->held / SLOW_FACTOR < limit))
            return;
        log_repeated(LOG_WARNING, "gave up a request whose web server was slow: --slow-limit");
        close_connection(loop, slowest);
    }
}

static void take_connection(struct loop *loop, struct connection *connection, uint32_t events)
{
    connection->ended |= (events & (EPOLLRDHUP | EPOLLHUP)) != 0;
    if (connection->unread_since && events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) {
        connection->ready |= (events & EPOLLIN) != 0;
        after_sending(loop, connection, fastcgi_send(connection->fastcgi));
        return;
    }
    gather(loop, connection);
}

static void take_signal(struct loop *loop)
{
    struct signalfd_siginfo signal;

    if (read(loop->signals, &signal, sizeof signal) == (ssize_t)sizeof signal)
        loop->leaving = (int)signal.ssi_signo;
}

static void take_event(struct loop *loop, void *subject, uint32_t events)
{
    if (!subject)
        accept_connections(loop);
    else if (subject == &loop->signals)
        take_signal(loop);
    else if (subject == loop)
        take_handed_over(loop);
    else
        take_connection(loop, subject, events);
}

static int patience(struct loop *loop, int wanted)
{
    if (loop->busy_count)
        return 0;
    if (loop->draining)
        return DRAIN_LOOK;
    return wanted >= 0 && wanted < SWEEP_MILLISECONDS ? wanted : SWEEP_MILLISECONDS;
}

static void count_turn(const struct loop *loop)
{
    metrics_add(METRIC_TURNS, 0, 1);
    if (loop->gathered)
        metrics_observe(METRIC_BATCH, loop->gathered);
}

static void turn(struct loop *loop)
{
    static struct epoll_event events[LOOP_BATCH_MAX];
    const struct application *application = loop->application;
    int wanted = application->tick(application->state);
    int count =
        epoll_wait(loop->epoll, events, (int)loop->options->batch_limit, patience(loop, wanted));

    loop->turn_at = instant_nanos();
    loop->gathered = 0;
    for (int i = 0; i < count; i++)
        take_event(loop, events[i].data.ptr, events[i].events);
    application->flush(application->state);
    answer_all(loop);
    count_turn(loop);
    relieve(loop);
    sweep(loop);
}

/* Blocks the signals that end the loop, which then come as events. */
static bool catch_signals(struct loop *loop)
{
    sigset_t blocked;

    (void)sigemptyset(&blocked);
    (void)sigaddset(&blocked, SIGTERM);
    (void)sigaddset(&blocked, SIGINT);
    (void)sigprocmask(SIG_BLOCK, &blocked, NULL);
    loop->signals = signalfd(-1, &blocked, SFD_NONBLOCK | SFD_CLOEXEC);
    if (loop->signals < 0)
        return false;
    watch(loop, loop->signals, EPOLLIN, &loop->signals);
    return true;
}

/* Whether something has come that no turn has looked at: a flush may have taken long. */
static bool has_news(const struct loop *loop)
{
    struct pollfd epoll = { .fd = loop->epoll, .events = POLLIN };

    return poll(&epoll, 1, 0) > 0;
}

static bool is_drained(const struct loop *loop, int64_t end)
{
    int64_t now = instant_ticks();

    if (loop->busy_count)
        return false;
    return !loop->connections || now >= end + DRAIN_MILLISECONDS || (now >= end && !has_news(loop));
}

/* Closes no connection into which its peer may be sending: those that are idle are closed by their
 * peers, which are asked to, and each other one right after an answer. New connections wait in the
 * listening socket meanwhile. A peer that does not close has sent nothing for so long that it most
 * likely sends nothing in that moment. */
static void drain(struct loop *loop)
{
    int64_t end = instant_ticks() + DRAIN_MILLISECONDS;

    loop->draining = true;
    while (loop->options->handover[0] >= 0 && take_over(loop))
        ; /* those of a worker that has just left */
    for (struct connection *connection = loop->connections; connection;
         connection = connection->next)
        if (is_free(connection))
            fastcgi_dismiss(connection->fastcgi);
    while (!is_drained(loop, end))
        turn(loop);
}

/* Ends what was begun. */
static void finish(struct loop *loop)
{
    int64_t end = instant_ticks() + LEAVE_MILLISECONDS;

    while (loop->busy_count || (loop->held && instant_ticks() < end))
        turn(loop);
}

/* Gives the connections to another worker: what clients sent into them meanwhile is not lost. */
static void hand_over(struct loop *loop)
{
    bool taken = loop->options->handover[1] >= 0 && loop->leaving != SIGINT && !loop->draining;

    while (loop->connections) {
        struct connection *connection = loop->connections;
        int descriptor;

        if (connection->held) { /* its peer was too slow */
            close_connection(loop, connection);
            continue;
        }
        descriptor = fastcgi_release(connection->fastcgi);
        taken = taken && handover_send(loop->options->handover[1], descriptor);
        (void)close(descriptor);
        remove_connection(loop, connection);
    }
}

bool loop_run(const struct loop_options *options, const struct application *application)
{
    struct loop loop = { .options = options, .application = application };

    loop.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop.epoll < 0 || !catch_signals(&loop)) {
        log_line(LOG_ERROR, "cannot begin: %s", strerror(errno));
        return false;
    }
    set_accept_patience(options->listener);
    metrics_set(METRIC_WORKERS, 1);
    metrics_set(METRIC_WORKER_START, (uint64_t)instant_now().seconds);
    fastcgi_start();
    set_accepting(&loop, true);
    while (!loop.leaving)
        turn(&loop);
    set_accepting(&loop, false);
    if (ends_for_now(&loop))
        drain(&loop);
    finish(&loop);
    hand_over(&loop);
    free(loop.busy);
    free(loop.answered);
    (void)close(loop.signals);
    (void)close(loop.epoll);
    return true;
}
