/* connection.c: the connection to Redis. */
#include "store/redis/connection.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/redis/lookup.h"
#include "store/redis/password.h"
#include "store/redis/sentinel.h"
#include "store/redis/tls.h"
#include "store/schema/schema.h"

enum {
    GREETING_MILLISECONDS =
        4000, /* to connect and to be greeted: with TLS four round trips or five */
    GREETING_TICK = 5,
    LOOKUP_TICK = 20,
    CONNECT_MILLISECONDS = 200,    /* to connect and to be greeted while requests wait, */
    RECONNECT_MILLISECONDS = 1000, /* and if the connection before has just served */
    RETRY_MILLISECONDS = 100,
    RENEW_MILLISECONDS =
        500,                /* after which a connection on which Redis takes no writes is renewed */
    IDLE_MILLISECONDS = 200 /* after which a connection is looked at before it is used */
};

/* The commands of a greeting. */
enum {
    GREET_AUTH,
    GREET_SELECT,
    GREET_PING,
    GREET_HELLO,
    GREET_ROLE,
    GREET_SCHEMA,
    GREET_CURRENT,
    GREET_EXISTS,
    GREET_MARK
};

/* ---- errors ---- */

/* What Redis's error words mean: AWAY may pass, FAULTY will not by itself. Any other word is
 * FAULTY. */
static const struct error_row {
    struct str word;
    enum outcome outcome;
    bool reconnect; /* another server may be behind the address by now, or our password may have
                       changed */
} error_words[] = {
    { STR_ROW("ASK"), AWAY },
    { STR_ROW("BUSY"), AWAY },
    { STR_ROW("CLUSTERDOWN"), AWAY },
    { STR_ROW("ERR max number of clients reached"), AWAY, true },
    { STR_ROW("LOADING"), AWAY },
    { STR_ROW("MASTERDOWN"), AWAY },
    { STR_ROW("MISCONF"), AWAY },
    { STR_ROW("MOVED"), AWAY },
    { STR_ROW("NOAUTH"), FAULTY, true },
    { STR_ROW("NOREPLICAS"), AWAY },
    { STR_ROW("OOM"), AWAY },
    { STR_ROW("READONLY"), AWAY, true },
    { STR_ROW("TRYAGAIN"), AWAY },
    { STR_ROW("UNBLOCKED"), AWAY },
    { STR_ROW("WRONGPASS"), FAULTY, true },
};

enum { WORDS = sizeof error_words / sizeof error_words[0] };

/* What the other kinds of errors are called. */
static const struct str failures[] = {
    [FAILED_CONNECTION] = STR_ROW("connection"), [FAILED_PROTOCOL] = STR_ROW("protocol"),
    [FAILED_IN_TIME] = STR_ROW("timeout"),       [FAILED_REPLICAS] = STR_ROW("replicas"),
    [FAILED_OTHERWISE] = STR_ROW("other"),
};

_Static_assert((int)WORDS + (int)FAILURES <= (int)METRIC_ERRORS_MAX, "each kind can be counted");

struct str store_error_kind(unsigned number)
{
    if (number < WORDS)
        return error_words[number].word;
    return number - WORDS < FAILURES ? failures[number - WORDS] : (struct str){ NULL, 0 };
}

static void count_failure(enum failure failure)
{
    metrics_add(METRIC_REDIS_ERRORS, WORDS + failure, 1);
}

/* Of a cluster, each node counts for itself as well. */
void connection_count(const struct connection *connection, enum metric metric, uint64_t amount)
{
    if (connection->name)
        metrics_add(metric, connection->series, amount);
}

static bool is_word(struct str message, struct str word)
{
    return str_starts(message, word) && (message.len == word.len || message.ptr[word.len] == ' ');
}

/* An error without the arguments of the command, which some quote: they may be secrets. */
static struct str without_arguments(struct str message)
{
    static const struct str quotes = STR_ROW(", with args beginning with");

    for (size_t i = 0; i < message.len; i++)
        if (str_starts(str_from_offset(message, i), quotes))
            return (struct str){ message.ptr, i };
    return message;
}

static const struct error_row any_other = { STR_ROW(""), FAULTY };

static const struct error_row *find_error(struct str message)
{
    for (size_t i = 0; i < WORDS; i++)
        if (is_word(message, error_words[i].word))
            return &error_words[i];
    return &any_other;
}

static void count_error(const struct error_row *row)
{
    if (row == &any_other)
        count_failure(FAILED_OTHERWISE);
    else
        metrics_add(METRIC_REDIS_ERRORS, (unsigned)(row - error_words), 1);
}

enum outcome connection_judge(struct connection *connection, struct str message, bool quiet)
{
    const struct error_row *row = find_error(message);

    message = without_arguments(message);
    if (!quiet)
        count_error(row);
    if (quiet)
        log_line(LOG_DEBUG, "Redis answers: %.*s", STR_ARGS(message));
    else if (row->outcome == AWAY)
        log_repeated(LOG_WARNING, "Redis cannot serve now: %.*s", STR_ARGS(message));
    else
        log_repeated(LOG_ERROR, "Redis refuses: %.*s", STR_ARGS(message));
    if (row->reconnect)
        connection->unusable = row->outcome;
    return row->outcome;
}

/* ---- connecting ---- */

/* Logs a complaint only if its kind differs from the last one's; else each attempt would log the
 * same. */
static void complain(struct connection *connection, enum outcome absence, struct str why)
{
    const char *name = connection->name;

    if (connection->complaint != absence)
        log_line(LOG_ERROR,
                 absence == AWAY     ? "Redis%s%s is away: %.*s"
                 : absence == FAULTY ? "Redis%s%s does not let lastsync in: %.*s"
                                     : "cannot serve%s%s: %.*s",
                 name ? " " : "", name ? name : "", STR_ARGS(why));
    connection->complaint = absence;
}

static void drop(struct connection *connection, enum outcome absence, struct str why)
{
    complain(connection, absence, why);
    connection_close(connection);
    connection->absence = absence;
    connection->retry_at = instant_ticks() + RETRY_MILLISECONDS;
    if (connection->sentinels)
        sentinels_hurry(connection->sentinels);
}

void connection_drop(struct connection *connection, enum failure failure, const char *why)
{
    count_failure(failure);
    connection_count(connection, METRIC_NODE_FAILURES, 1);
    if (!why)
        why = tls_failure();
    if (!why)
        why =
            connection->context->errstr[0] ? connection->context->errstr : "the connection failed";
    drop(connection, AWAY, str_from(why));
}

/* Waits until the connection can be read, or, if `writing`, written; at most until `until` (ticks).
 * False if the time is over. */
static bool wait_until_ready(const struct connection *connection, bool writing, int64_t until)
{
    struct pollfd poll_for = { connection->context->fd, (short)(POLLIN | (writing ? POLLOUT : 0)),
                               0 };
    int64_t left = until - instant_ticks();
    int ready = poll(&poll_for, 1, left > 0 ? (int)left : 0);

    return ready > 0 || (ready < 0 && errno == EINTR);
}

/* Adds a command to the greeting. */
static void say(struct connection *connection, unsigned char greeting, int count,
                const struct str *words)
{
    const char *texts[3];
    size_t lengths[3];

    for (int i = 0; i < count; i++) {
        texts[i] = words[i].ptr;
        lengths[i] = words[i].len;
    }
    if (redisAppendCommandArgv(connection->context, count, texts, lengths) != REDIS_OK)
        abort();
    connection->greeting[connection->greeting_count++] = greeting;
}

/* Adds a command on a key of ours: after the command's name, the "%s" stands for their prefix. */
static void say_key(struct connection *connection, unsigned char greeting, const char *format)
{
    if (redisAppendCommand(connection->context, format, connection->settings->key_prefix.ptr) !=
        REDIS_OK)
        abort();
    connection->greeting[connection->greeting_count++] = greeting;
}

/* Asks which version of the schema the data have, in how many shards, and whether there are any
 * data. Data without a version (lost by a FLUSHALL while workers ran, for example) count as the
 * first version; but if there is a directory, which is new in this version, they have this one. */
static void ask_schema(struct connection *connection)
{
    connection->unmarked = connection->unproven = false;
    if (connection->address->schema_use == SCHEMA_IGNORED)
        return;
    say_key(connection, GREET_SCHEMA, "HMGET %slastsync:schema version shards");
    say_key(connection, GREET_CURRENT, "EXISTS %sdirectory");
    say_key(connection, GREET_EXISTS, "EXISTS %sconnectors");
    say_key(connection, GREET_EXISTS, "EXISTS %s{sync_jobs}");
    say_key(connection, GREET_EXISTS, "EXISTS %sstandings");
}

/* Prepares the greeting, which greet() sends. Reads the password file each time, because it may
 * have changed. False after dropping the connection. */
static bool prepare_greeting(struct connection *connection)
{
    const struct store_address *address = connection->address;
    struct password password;
    const char *fault = password_read(address, &password);
    char database[24];

    connection->greeting_count = connection->greeted = 0;
    if (fault) {
        drop(connection, FAULTY, str_from(fault));
        return false;
    }
    if (password.text.ptr && address->user)
        say(connection, GREET_AUTH, 3,
            (struct str[]){ STR("AUTH"), str_from(address->user), password.text });
    else if (password.text.ptr)
        say(connection, GREET_AUTH, 2, (struct str[]){ STR("AUTH"), password.text });
    (void)snprintf(database, sizeof database, "%u", address->database);
    if (address->database)
        say(connection, GREET_SELECT, 2, (struct str[]){ STR("SELECT"), str_from(database) });
    say(connection, GREET_PING, 1, (struct str[]){ STR("PING") });
    say(connection, GREET_HELLO, 2, (struct str[]){ STR("HELLO"), STR("2") });
    if (connection->settings->acknowledge || connection->sentinels)
        say(connection, GREET_ROLE, 1, (struct str[]){ STR("ROLE") });
    ask_schema(connection);
    return true;
}

/* False after dropping the connection. */
static bool start_tls(struct connection *connection)
{
    const char *fault =
        connection->address->tls ? tls_begin(connection->context, connection->address) : NULL;

    if (fault)
        connection_drop(connection, FAILED_CONNECTION, fault);
    return !fault;
}

/* Connects to the address of a host, which needs no resolver, or to the socket's path. Waiting is
 * ours, by the deadline of the whole flush. */
static void connect_to_host(struct connection *connection, const char *host)
{
    const struct store_address *address = connection->address;

    connection->context = address->path ? redisConnectUnixNonBlock(address->path)
                                        : redisConnectNonBlock(host, address->port);
    if (!connection->context)
        abort();
    /* Notices a host that vanished while nothing is sent to it. */
    if (!address->path && !connection->context->err)
        (void)redisEnableKeepAlive(connection->context); /* sets err if it fails */
    if (connection->context->err) {
        connection_drop(connection, FAILED_CONNECTION, NULL);
        return;
    }
    if (!start_tls(connection) || !prepare_greeting(connection))
        return;
    connection->state = GREETING;
    connection->sent = false;
    connection->since = instant_ticks();
}

/* Begins to connect. */
static void connect_to_redis(struct connection *connection)
{
    const struct store_address *address = connection->address;
    const char *trouble = connection->sentinels ? sentinels_trouble(connection->sentinels) : NULL;

    if (trouble) {
        drop(connection, AWAY, str_from(trouble));
        return;
    }
    if (address->path || lookup_is_address(address->host)) {
        connect_to_host(connection, address->host);
        return;
    }
    connection->lookup = lookup_begin(address->host);
    if (!connection->lookup) {
        connection_drop(connection, FAILED_OTHERWISE, "its name cannot be looked up now");
        return;
    }
    connection->state = LOOKING_UP;
    connection->since = instant_ticks();
}

/* Connects, if the address has been found. */
static void look_up(struct connection *connection)
{
    char address[LOOKUP_ADDRESS_MAX];
    const char *fault;

    if (!lookup_end(connection->lookup, address, &fault)) {
        if (instant_ticks() - connection->since > GREETING_MILLISECONDS)
            complain(connection, AWAY, STR("its name is still being looked up"));
        return;
    }
    connection->lookup = NULL;
    if (fault)
        connection_drop(connection, FAILED_CONNECTION, fault);
    else
        connect_to_host(connection, address);
}

static struct str element(const redisReply *reply, size_t at)
{
    const redisReply *one = at < reply->elements ? reply->element[at] : NULL;

    if (!one || one->type != REDIS_REPLY_STRING)
        return (struct str){ NULL, 0 };
    return (struct str){ one->str, (size_t)one->len };
}

/* Redis may refuse to tell the version now and tell it later (see connection_refresh); or never,
 * and then requests meet the same refusal. False after dropping the connection. */
static bool accept_schema(struct connection *connection, const redisReply *reply)
{
    struct str text = { reply->str, (size_t)reply->len };
    enum outcome outcome;

    if (reply->type == REDIS_REPLY_ERROR)
        connection->unproven |= find_error(text)->outcome == AWAY;
    connection->unversioned = connection->unmarked = false;
    if (reply->type != REDIS_REPLY_ARRAY)
        return true;
    if (!element(reply, 0).ptr) {
        connection->unversioned = connection->unmarked = true;
        return true;
    }
    outcome = schema_judge(element(reply, 0));
    if (outcome == OUTDATED && connection->address->schema_use == SCHEMA_REPAIRED)
        return true;
    if (outcome == ASKING)
        outcome = schema_read_shards(element(reply, 1), &connection->settings->shards);
    if (outcome == ASKING)
        return true;
    drop(connection, outcome, outcome_sentence(outcome));
    return false;
}

/* The reply tells whether there is a directory. If so, data without a version have the current one,
 * in one shard. */
static void note_current(struct connection *connection, const redisReply *reply)
{
    if (!connection->unversioned || reply->type != REDIS_REPLY_INTEGER || !reply->integer)
        return;
    connection->unversioned = false;
    connection->settings->shards = 1;
}

/* Data without a version have the first one. */
static bool accept_existence(struct connection *connection, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_INTEGER && reply->integer == 0)
        return true;
    if (reply->type != REDIS_REPLY_INTEGER)
        connection->unmarked = false;
    if (!connection->unversioned || reply->type != REDIS_REPLY_INTEGER ||
        connection->address->schema_use != SCHEMA_SERVED)
        return true;
    connection->unmarked = false;
    drop(connection, OUTDATED, outcome_sentence(OUTDATED));
    return false;
}

/* The value of a field in the flat list that HELLO answers. */
static struct str hello_field(const redisReply *reply, struct str name)
{
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
        if (str_equal(str_or_empty(element(reply, i)), name))
            return element(reply, i + 1);
    return (struct str){ NULL, 0 };
}

/* Refuses a node of a cluster that is addressed as a single Redis, because it has only a part of
 * the data; and a single Redis that is addressed as a cluster, because it knows no slots. A Redis
 * before version 6 does not say which it is. False after dropping the connection. */
static bool accept_hello(struct connection *connection, const redisReply *reply)
{
    struct str mode = hello_field(reply, STR("mode"));
    bool is_node = str_equal(str_or_empty(mode), STR("cluster"));
    enum outcome unfit;

    if (!mode.ptr || is_node == connection->address->cluster)
        return true;
    unfit = is_node ? CLUSTERED : ALONE;
    drop(connection, unfit, outcome_sentence(unfit));
    return false;
}

void connection_take_role(struct connection *connection, const redisReply *reply)
{
    bool told = reply->type == REDIS_REPLY_ARRAY && reply->elements == 3 &&
                reply->element[2]->type == REDIS_REPLY_ARRAY;

    connection->roles_at = instant_ticks();
    connection->replicas = replicas_take(
        &connection->known_replicas, connection->address->host, connection->address->port,
        told ? (unsigned)reply->element[2]->elements : 0, connection->roles_at);
}

unsigned connection_take_wait(struct connection *connection, const redisReply *reply,
                              unsigned wanted)
{
    struct str text = { reply->str, (size_t)reply->len };
    unsigned count = reply->type == REDIS_REPLY_INTEGER ? (unsigned)reply->integer : 0;

    /* A replica wrote nothing: it has redirected the writes. */
    if (reply->type == REDIS_REPLY_ERROR &&
        !is_word(text, STR("ERR WAIT cannot be used with replica")))
        (void)connection_judge(connection, text, false);
    if (reply->type != REDIS_REPLY_INTEGER || count >= wanted)
        return count;
    count_failure(FAILED_REPLICAS);
    log_repeated(LOG_WARNING, "%u of %u replicas had a write in time: it is not acknowledged",
                 count, wanted);
    return count;
}

/* If sentinels tell where Redis is, accepts only a primary: they may name a server that is none any
 * more, or not yet. False after dropping the connection. */
static bool accept_role(struct connection *connection, const redisReply *reply)
{
    connection_take_role(connection, reply);
    if (!connection->sentinels)
        return true;
    if (reply->type == REDIS_REPLY_ERROR) {
        drop(connection, FAULTY,
             STR("it does not permit ROLE (ACL: +role), which tells a primary from a replica"));
        return false;
    }
    if (str_equal(element(reply, 0), STR("master")))
        return true;
    drop(connection, AWAY, STR("it is a replica, which the sentinels name as the primary"));
    return false;
}

/* PING may be refused, for example because Redis loads its data: then Redis is there, and answers
 * each request like that. A refused AUTH or SELECT is another thing: all requests would be refused,
 * or would write to the wrong database. */
static bool accept_greeting(struct connection *connection, const redisReply *reply)
{
    struct str message = { reply->str, (size_t)reply->len };
    const struct error_row *row;

    if (connection->greeting[connection->greeted] == GREET_HELLO)
        return accept_hello(connection, reply);
    if (connection->greeting[connection->greeted] == GREET_ROLE)
        return accept_role(connection, reply);
    if (connection->greeting[connection->greeted] == GREET_SCHEMA)
        return accept_schema(connection, reply);
    if (connection->greeting[connection->greeted] == GREET_CURRENT)
        note_current(connection, reply);
    if (connection->greeting[connection->greeted] == GREET_EXISTS)
        return accept_existence(connection, reply);
    if (connection->greeting[connection->greeted] > GREET_PING)
        return true;
    if (reply->type != REDIS_REPLY_ERROR)
        return true;
    row = find_error(message);
    if (connection->greeting[connection->greeted] == GREET_PING && !row->reconnect) {
        (void)connection_judge(connection, message, false);
        return true;
    }
    count_error(row);
    drop(connection, row->outcome, without_arguments(message));
    return false;
}

/* Takes the replies to the greeting that have come; false after dropping the connection. */
static bool read_greetings(struct connection *connection)
{
    while (connection->greeted < connection->greeting_count) {
        void *reply = NULL;
        bool accepted;

        if (redisReaderGetReply(connection->context->reader, &reply) != REDIS_OK) {
            connection_drop(connection, FAILED_PROTOCOL, "it does not speak Redis's protocol");
            return false;
        }
        if (!reply)
            return true;
        accepted = accept_greeting(connection, reply);
        freeReplyObject(reply);
        if (!accepted)
            return false;
        connection->greeted++;
    }
    return true;
}

static void say_number(struct connection *connection, const char *format, unsigned number)
{
    if (redisAppendCommand(connection->context, format, connection->settings->key_prefix.ptr,
                           number) != REDIS_OK)
        abort();
    connection->greeting[connection->greeting_count++] = GREET_MARK;
}

/* Writes the version and the number of shards, as there are no data yet, in one shard at least.
 * Another worker may have done so meanwhile, so both are read again. */
static void mark_schema(struct connection *connection)
{
    unsigned shards = connection->settings->shards ? connection->settings->shards : 1;

    connection->greeting_count = connection->greeted = 0;
    connection->sent = false;
    connection->unmarked = false;
    say_number(connection, "HSETNX %slastsync:schema shards %u", shards);
    say_number(connection, "HSETNX %slastsync:schema version %u", SCHEMA_VERSION);
    say_key(connection, GREET_SCHEMA, "HMGET %slastsync:schema version shards");
}

/* Sends the greeting and takes what replies to it have come, without waiting. */
static void greet(struct connection *connection)
{
    if (redisBufferWrite(connection->context, &connection->sent) != REDIS_OK ||
        redisBufferRead(connection->context) != REDIS_OK) {
        connection_drop(connection, FAILED_CONNECTION, NULL);
        return;
    }
    if (!read_greetings(connection) || connection->greeted < connection->greeting_count)
        return;
    if (connection->unmarked && connection->greeting[0] != GREET_MARK &&
        connection->address->schema_use == SCHEMA_SERVED) {
        mark_schema(connection);
        return;
    }
    connection->state = READY;
    connection->absence = AWAY;
    connection->unusable = ASKING;
    connection->used_at = instant_ticks();
    metrics_add(METRIC_REDIS_CONNECTS, 0, 1);
    metrics_add(METRIC_REDIS_CONNECTIONS, 0, 1);
    connection_count(connection, METRIC_NODE_CONNECTIONS, 1);
    if (connection->complaint)
        log_line(LOG_NOTICE, connection->name ? "Redis %s is back" : "Redis is back",
                 connection->name);
    connection->complaint = ASKING;
}

/* Closes a connection that is to be made anew at once. That is no failure, and is logged only if
 * Redis then does not let us in. */
static void leave(struct connection *connection)
{
    connection_close(connection);
    connection->absence = AWAY;
    connection->retry_at = 0;
}

/* Leaves a primary that sentinels do not name any more, even if it says that it is one: it takes
 * writes for some seconds, and loses them. */
static void follow_sentinels(struct connection *connection, bool before_flush)
{
    bool changed;

    if (!connection->sentinels)
        return;
    changed = sentinels_look(connection->sentinels);
    if (before_flush)
        changed |= sentinels_hear_out(connection->sentinels);
    if (changed)
        leave(connection);
}

/* Gives the sooner of two times to be called again; -1 means never. */
static int sooner(int one, int other)
{
    return one < 0 || (other >= 0 && other < one) ? other : one;
}

static int go_on(struct connection *connection)
{
    int64_t now = instant_ticks();

    if (connection->state == READY)
        return -1;
    if (connection->state == AWAY_FROM_REDIS) {
        if (now < connection->retry_at)
            return (int)(connection->retry_at - now);
        connect_to_redis(connection);
    }
    if (connection->state == LOOKING_UP)
        look_up(connection);
    if (connection->state == GREETING)
        greet(connection);
    if (connection->state == GREETING && now - connection->since > GREETING_MILLISECONDS)
        connection_drop(connection, FAILED_IN_TIME, "it does not answer");
    switch (connection->state) {
    case READY:
        return -1;
    case LOOKING_UP:
        return LOOKUP_TICK;
    case GREETING:
        return GREETING_TICK;
    default:
        return RETRY_MILLISECONDS;
    }
}

/* Waits for Redis's address and for the replies to the greeting, until `until` (ticks). */
static void await_greeting(struct connection *connection, int64_t until)
{
    while (connection->state == LOOKING_UP && instant_ticks() < until) {
        (void)poll(NULL, 0, 1);
        look_up(connection);
    }
    while (connection->state == GREETING) {
        greet(connection);
        if (connection->state == GREETING &&
            (!wait_until_ready(connection, !connection->sent, until) || instant_ticks() >= until))
            return;
    }
}

/* Connects, and waits so long. */
static void connect_within(struct connection *connection, int milliseconds)
{
    int64_t until = instant_ticks() + milliseconds;

    if (connection->sentinels)
        sentinels_wait(connection->sentinels, until);
    connect_to_redis(connection);
    await_greeting(connection, until);
}

static void connect_now(struct connection *connection)
{
    connect_within(connection, CONNECT_MILLISECONDS);
}

/* Another server may stand behind the address by now. If not, this one still serves reads, which
 * must not be refused because it, or its name's resolver, is slow. */
static void renew(struct connection *connection)
{
    if (connection->state != READY || instant_ticks() - connection->since < RENEW_MILLISECONDS)
        return;
    connection_close(connection);
    connect_within(connection, RECONNECT_MILLISECONDS);
}

void connection_settle(struct connection *connection)
{
    if (connection->unusable == FAULTY)
        drop(connection, FAULTY, STR("it asks for a password"));
    else if (connection->unusable == AWAY && connection->sentinels)
        drop(connection, AWAY, STR("another server may stand behind its address by now"));
    else if (connection->unusable == AWAY)
        renew(connection);
}

/* Whether Redis has closed the connection since it was last used. */
static bool was_closed(const struct connection *connection)
{
    char byte;

    return recv(connection->context->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
           (errno != EAGAIN && errno != EINTR);
}

/* The next connection asks once more for a version that Redis could not tell, for example because
 * it was loading. */
static void leave_unproven(struct connection *connection)
{
    if (connection->state == READY && connection->unproven &&
        instant_ticks() - connection->since >= RETRY_MILLISECONDS)
        leave(connection);
}

/* Leaves a connection that Redis has closed while it was idle. */
static void leave_closed(struct connection *connection)
{
    bool idle = instant_ticks() - connection->used_at > IDLE_MILLISECONDS;

    if (connection->state != READY || !idle || !was_closed(connection))
        return;
    leave(connection);
    if (connection->sentinels)
        sentinels_hurry(connection->sentinels);
}

void connection_refresh(struct connection *connection)
{
    follow_sentinels(connection, true);
    leave_unproven(connection);
    leave_closed(connection);
    if (connection->state == AWAY_FROM_REDIS && !connection->retry_at)
        connect_now(connection);
    await_greeting(connection, connection->retry_at ? 0 : connection->since + CONNECT_MILLISECONDS);
}

int connection_tick(struct connection *connection)
{
    int patience;

    follow_sentinels(connection, false);
    leave_closed(connection);
    patience = go_on(connection);
    if (!connection->sentinels)
        return patience;
    return sooner(patience, sentinels_patience(connection->sentinels));
}

bool connection_is_away(const struct connection *connection)
{
    bool begun = connection->state == LOOKING_UP || connection->state == GREETING;

    return connection->state != READY &&
           (connection->retry_at ||
            (begun && instant_ticks() - connection->since > CONNECT_MILLISECONDS));
}

void connection_reopen(struct connection *connection)
{
    if (connection->state == AWAY_FROM_REDIS)
        connect_now(connection);
}

void connection_open(struct connection *connection, const struct store_address *address,
                     struct ask_settings *settings, const char *name)
{
    *connection = (struct connection){
        .address = address, .settings = settings, .name = name, .absence = AWAY
    };
    if (address->sentinels) {
        connection->sentinels = sentinels_open(address);
        connection->address = sentinels_primary(connection->sentinels);
    }
    settings->sentinels = connection->sentinels;
    if (name)
        connection->series = metrics_node(str_from(name));
}

void connection_close(struct connection *connection)
{
    if (connection->state == READY) {
        metrics_add(METRIC_REDIS_CONNECTIONS, 0, (uint64_t)-1);
        connection_count(connection, METRIC_NODE_CONNECTIONS, (uint64_t)-1);
    }
    if (connection->lookup)
        lookup_abandon(connection->lookup);
    connection->lookup = NULL;
    if (connection->context)
        redisFree(connection->context);
    connection->context = NULL;
    connection->state = AWAY_FROM_REDIS;
}
