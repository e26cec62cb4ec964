/* sentinel.c: asks Redis Sentinels where the primary is. */
#include "store/redis/sentinel.h"

#include <hiredis/hiredis.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/instant.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/number.h"
#include "store/redis/lookup.h"
#include "store/redis/password.h"
#include "store/redis/tls.h"

enum {
    ASK_MILLISECONDS = 250,     /* between two questions, */
    HURRIED_MILLISECONDS = 50,  /* and while something is wrong with the primary */
    DUE_MILLISECONDS = 5,       /* between two calls of sentinels_look */
    NEWS_MILLISECONDS = 20,     /* and between two looks for messages that come unasked */
    ANSWER_MILLISECONDS = 1000, /* that a sentinel has for an answer, */
    FIRST_MILLISECONDS = 2000,  /* and for its first: it is connected to meanwhile, by TLS in four
                                   round trips */
    HEAR_MILLISECONDS = 50, /* that a flush waits for the answers, if one announced a failover */
    PROMISE_MILLISECONDS = 5000, /* that a replica being promoted counts as the primary */
    RETRY_MILLISECONDS = 500,    /* until one that is away is tried again */
    HOST_BYTES = 256,
    SENTENCE_BYTES = 400
};

/* The channels: the sentinel that leads a failover announces which replica it is about to promote,
 * a tenth of a second before; and each sentinel announces the new primary, once it knows. */
static const struct str promotion = STR_ROW("+failover-state-send-slaveof-noone");
static const struct str channels[] = { STR_ROW("+failover-state-send-slaveof-noone"),
                                       STR_ROW("+switch-master") };

/* The commands to which replies on a link are due, in their order. */
enum question { TO_AUTH, TO_MASTER, TO_ADDRESS, TO_SUBSCRIBE };

enum { DUE_MAX = 4 };

/* A connection to a sentinel. */
struct link {
    redisContext *context; /* NULL: there is none */
    int sent;              /* whether all commands are */
    int64_t since; /* ticks: when the oldest question without an answer was asked, or the one before
                      it was answered */
    bool met;      /* an answer has come */
    enum question due[DUE_MAX];
    unsigned due_count;
};

struct sentinel {
    struct store_address address; /* its own */
    char host[HOST_BYTES];
    struct lookup *lookup;    /* while the host's name is looked up, else NULL */
    struct link asked, heard; /* the link for questions, and the one for what comes unasked */
    int64_t asked_at;         /* ticks: when it was asked last */
    int64_t retry_at;         /* ticks */
    bool answers;             /* the latest question was answered; what follows is its answer: */
    char primary_host[HOST_BYTES]; /* "": it does not know the name */
    int primary_port;
    uint64_t epoch;      /* of its configuration, */
    uint64_t next_epoch; /* and of the answer of which a part is still to come */
    bool complained;     /* it has been logged as away */
};

struct sentinels {
    const struct store_address *address;
    struct store_address primary;
    char primary_host[HOST_BYTES];
    bool changed;           /* since the last look */
    int64_t promised_until; /* ticks: until then the replica that is being promoted is the primary,
                               even if sentinels still name another one */
    bool news; /* a sentinel has told of a failover, and not all have been asked since then */
    struct sentinel list[STORE_SENTINELS_MAX];
    unsigned count;
    int64_t look_at;    /* ticks: before this there is nothing to do */
    int64_t hurried_at; /* ticks: the last call of sentinels_hurry */
};

/* ---- links ---- */

static void say(struct link *link, enum question question, int count, const struct str *words)
{
    const char *texts[3];
    size_t lengths[3];

    for (int i = 0; i < count; i++) {
        texts[i] = words[i].ptr;
        lengths[i] = words[i].len;
    }
    if (redisAppendCommandArgv(link->context, count, texts, lengths) != REDIS_OK)
        abort();
    if (!link->due_count)
        link->since = instant_ticks();
    link->due[link->due_count++] = question;
    link->sent = 0;
}

static void close_link(struct link *link)
{
    if (link->context)
        redisFree(link->context);
    *link = (struct link){ .context = NULL };
}

/* Ends both links. Logs the first time that a sentinel is away. */
static void drop(struct sentinel *sentinel, const char *why)
{
    if (!sentinel->complained)
        log_line(LOG_WARNING, "the sentinel %s port %d is away: %s", sentinel->host,
                 sentinel->address.port, why);
    sentinel->complained = true;
    sentinel->answers = false;
    close_link(&sentinel->asked);
    close_link(&sentinel->heard);
    sentinel->retry_at = instant_ticks() + RETRY_MILLISECONDS;
}

/* Calls drop with the reason for which a link has failed. */
static void drop_link(struct sentinel *sentinel, const struct link *link)
{
    const char *why = tls_failure();

    if (!why)
        why = link->context->errstr[0] ? link->context->errstr : "the connection failed";
    drop(sentinel, why);
}

/* Begins to connect to a host's address, and to log in. Gives what is wrong, or NULL. */
static const char *open_link(struct link *link, const struct store_address *address,
                             const char *host, const struct password *password)
{
    const char *fault;

    *link = (struct link){ .context = redisConnectNonBlock(host, address->port) };
    if (!link->context)
        abort();
    if (link->context->err)
        return link->context->errstr;
    fault = address->tls ? tls_begin(link->context, address) : NULL;
    if (fault)
        return fault;
    if (password->text.ptr && address->user)
        say(link, TO_AUTH, 3,
            (struct str[]){ STR("AUTH"), str_from(address->user), password->text });
    else if (password->text.ptr)
        say(link, TO_AUTH, 2, (struct str[]){ STR("AUTH"), password->text });
    return NULL;
}

/* Reads the password file each time, because it may have changed. */
static void connect_to(struct sentinel *sentinel, const char *host)
{
    struct password password;
    const char *fault = password_read(&sentinel->address, &password);

    if (!fault)
        fault = open_link(&sentinel->asked, &sentinel->address, host, &password);
    if (!fault)
        fault = open_link(&sentinel->heard, &sentinel->address, host, &password);
    if (fault) {
        drop(sentinel, fault);
        return;
    }
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++)
        say(&sentinel->heard, TO_SUBSCRIBE, 2, (struct str[]){ STR("SUBSCRIBE"), channels[i] });
}

/* Connects at once if the host is an address, else as soon as its name has been looked up. */
static void begin(struct sentinel *sentinel)
{
    char address[LOOKUP_ADDRESS_MAX];
    const char *fault;

    if (lookup_is_address(sentinel->host)) {
        connect_to(sentinel, sentinel->host);
        return;
    }
    if (!sentinel->lookup)
        sentinel->lookup = lookup_begin(sentinel->host);
    if (!sentinel->lookup) {
        drop(sentinel, "its name cannot be looked up now");
        return;
    }
    if (!lookup_end(sentinel->lookup, address, &fault))
        return;
    sentinel->lookup = NULL;
    if (fault)
        drop(sentinel, fault);
    else
        connect_to(sentinel, address);
}

static void ask(struct sentinels *sentinels, struct sentinel *sentinel)
{
    struct str name = str_from(sentinels->address->primary_name);

    sentinel->asked_at = instant_ticks();
    say(&sentinel->asked, TO_MASTER, 3, (struct str[]){ STR("SENTINEL"), STR("MASTER"), name });
    say(&sentinel->asked, TO_ADDRESS, 3,
        (struct str[]){ STR("SENTINEL"), STR("GET-MASTER-ADDR-BY-NAME"), name });
}

/* ---- replies and messages ---- */

static struct str element(const redisReply *reply, size_t at)
{
    const redisReply *one =
        reply->type == REDIS_REPLY_ARRAY && at < reply->elements ? reply->element[at] : NULL;

    if (!one || one->type != REDIS_REPLY_STRING)
        return (struct str){ NULL, 0 };
    return (struct str){ one->str, (size_t)one->len };
}

static bool names_primary(const struct sentinels *sentinels, const struct sentinel *sentinel)
{
    return sentinel->answers && sentinel->primary_host[0] &&
           sentinel->primary_port == sentinels->primary.port &&
           strcmp(sentinel->primary_host, sentinels->primary_host) == 0;
}

static unsigned count_agreeing(const struct sentinels *sentinels)
{
    unsigned count = 0;

    for (unsigned i = 0; i < sentinels->count; i++)
        count += names_primary(sentinels, &sentinels->list[i]);
    return count;
}

/* The sentinel to believe; NULL if none knows the primary. Of two with equally new configurations,
 * the one that confirms the current primary. */
static const struct sentinel *newest(const struct sentinels *sentinels)
{
    const struct sentinel *best = NULL;

    for (unsigned i = 0; i < sentinels->count; i++) {
        const struct sentinel *one = &sentinels->list[i];

        if (!one->answers || !one->primary_host[0])
            continue;
        if (!best || one->epoch > best->epoch ||
            (one->epoch == best->epoch && names_primary(sentinels, one)))
            best = one;
    }
    return best;
}

static void set_primary(struct sentinels *sentinels, const char *host, int port)
{
    bool known = sentinels->primary.host != NULL;

    (void)snprintf(sentinels->primary_host, sizeof sentinels->primary_host, "%s", host);
    sentinels->primary.host = sentinels->primary_host;
    sentinels->primary.port = port;
    sentinels->changed = true;
    if (known)
        metrics_add(METRIC_REDIS_FAILOVERS, 0, 1);
    log_line(known ? LOG_NOTICE : LOG_INFO, "sentinels say that the primary of %s is %s port %d",
             sentinels->address->primary_name, host, port);
}

static void choose(struct sentinels *sentinels)
{
    const struct sentinel *best = newest(sentinels);

    if (!best)
        return;
    if (names_primary(sentinels, best))
        sentinels->promised_until = 0;
    else if (instant_ticks() >= sentinels->promised_until)
        set_primary(sentinels, best->primary_host, best->primary_port);
}

static void take_epoch(struct sentinel *sentinel, const redisReply *reply)
{
    sentinel->next_epoch = 0;
    for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i + 1 < reply->elements; i += 2)
        if (str_equal(element(reply, i), STR("config-epoch")))
            (void)number_count(element(reply, i + 1), UINT64_MAX, &sentinel->next_epoch);
}

/* Reads a server's host and port; false if one of them can be none. */
static bool read_place(struct str host, struct str port, char place[HOST_BYTES], int *number)
{
    uint64_t count;

    if (!host.len || !host.ptr[0] || host.len >= HOST_BYTES ||
        number_count(port, UINT16_MAX, &count) != NUMBER_READ || !count)
        return false;
    memcpy(place, host.ptr, host.len);
    place[host.len] = '\0';
    *number = (int)count;
    return true;
}

/* If it does not know the name, it answers nil. */
static void take_address(struct sentinels *sentinels, struct sentinel *sentinel,
                         const redisReply *reply)
{
    if (!read_place(element(reply, 0), element(reply, 1), sentinel->primary_host,
                    &sentinel->primary_port))
        sentinel->primary_host[0] = '\0';
    sentinel->epoch = sentinel->next_epoch;
    sentinel->answers = true;
    if (sentinel->complained)
        log_line(LOG_NOTICE, "the sentinel %s port %d is back", sentinel->host,
                 sentinel->address.port);
    sentinel->complained = false;
    choose(sentinels);
}

/* Reads "slave NAME HOST PORT @ PRIMARY HOST PORT", which names the replica to be promoted. False
 * if it is about another primary. */
static bool read_promotion(struct sentinels *sentinels, struct str text, char host[HOST_BYTES],
                           int *port)
{
    struct str words[6];

    for (size_t i = 0; i < 6; i++)
        words[i] = str_take(&text, ' ');
    return str_equal(words[5], str_from(sentinels->address->primary_name)) &&
           read_place(words[2], words[3], host, port);
}

/* The old primary takes writes for a second more before any sentinel names another one, and all of
 * these would be lost. So it is left at once; the replica tells by its ROLE when it was
 * promoted. */
static void take_news(struct sentinels *sentinels, const redisReply *reply)
{
    char host[HOST_BYTES];
    int port;

    if (str_equal(element(reply, 1), promotion)) {
        if (!read_promotion(sentinels, element(reply, 2), host, &port))
            return;
        sentinels->promised_until = instant_ticks() + PROMISE_MILLISECONDS;
        set_primary(sentinels, host, port);
        return;
    }
    sentinels->news = true;
    for (unsigned i = 0; i < sentinels->count; i++)
        sentinels->list[i].asked_at = 0;
    sentinels_hurry(sentinels);
}

/* Takes a reply; false after dropping the sentinel. A sentinel that refuses to say how new its
 * configuration is, or to announce switches, is of use nevertheless. */
static bool take_reply(struct sentinels *sentinels, struct sentinel *sentinel, struct link *link,
                       const redisReply *reply)
{
    enum question question;

    if (!link->due_count) {
        take_news(sentinels, reply);
        return true;
    }
    link->met = true;
    link->since = instant_ticks();
    question = link->due[0];
    link->due_count--;
    memmove(link->due, link->due + 1, link->due_count * sizeof link->due[0]);
    if (reply->type == REDIS_REPLY_ERROR && (question == TO_AUTH || question == TO_ADDRESS)) {
        drop(sentinel, reply->str);
        return false;
    }
    if (question == TO_MASTER)
        take_epoch(sentinel, reply);
    else if (question == TO_ADDRESS)
        take_address(sentinels, sentinel, reply);
    return true;
}

static int64_t patience_with(const struct link *link)
{
    return link->met ? ANSWER_MILLISECONDS : FIRST_MILLISECONDS;
}

/* Sends the commands that are due, and takes the replies that have come; false after dropping the
 * sentinel. */
static bool exchange(struct sentinels *sentinels, struct sentinel *sentinel, struct link *link)
{
    void *reply = NULL;
    bool kept = true;

    if ((!link->sent && redisBufferWrite(link->context, &link->sent) != REDIS_OK) ||
        redisBufferRead(link->context) != REDIS_OK) {
        drop_link(sentinel, link);
        return false;
    }
    while (kept) {
        if (redisReaderGetReply(link->context->reader, &reply) != REDIS_OK) {
            drop(sentinel, "it does not speak Redis's protocol");
            return false;
        }
        if (!reply)
            break;
        kept = take_reply(sentinels, sentinel, link, reply);
        freeReplyObject(reply);
    }
    if (!kept || !link->due_count || instant_ticks() - link->since <= patience_with(link))
        return kept;
    drop(sentinel, "it does not answer");
    return false;
}

/* ---- looking ---- */

static bool hurries(const struct sentinels *sentinels, int64_t now)
{
    return !sentinels->primary.host || now - sentinels->hurried_at < ASK_MILLISECONDS;
}

static int64_t ask_again_at(const struct sentinels *sentinels, const struct sentinel *sentinel,
                            int64_t now)
{
    return sentinel->asked_at + (hurries(sentinels, now) ? HURRIED_MILLISECONDS : ASK_MILLISECONDS);
}

static void look_at(struct sentinels *sentinels, struct sentinel *sentinel, int64_t now)
{
    if (!sentinel->asked.context && now >= sentinel->retry_at)
        begin(sentinel);
    if (!sentinel->asked.context)
        return;
    if (!sentinel->asked.due_count && now >= ask_again_at(sentinels, sentinel, now))
        ask(sentinels, sentinel);
    if (exchange(sentinels, sentinel, &sentinel->asked))
        (void)exchange(sentinels, sentinel, &sentinel->heard);
}

/* Whether an answer, or a connection, is due. */
static bool is_due(const struct sentinel *sentinel)
{
    return sentinel->asked.due_count || sentinel->heard.due_count;
}

/* Gives when a sentinel must be looked at again, in ticks. */
static int64_t due_at(const struct sentinels *sentinels, const struct sentinel *sentinel,
                      int64_t now)
{
    if (sentinel->lookup)
        return now + DUE_MILLISECONDS;
    if (!sentinel->asked.context)
        return sentinel->retry_at;
    return is_due(sentinel) ? now + DUE_MILLISECONDS : ask_again_at(sentinels, sentinel, now);
}

int sentinels_patience(const struct sentinels *sentinels)
{
    int64_t now = instant_ticks(), at = now + ASK_MILLISECONDS;

    for (unsigned i = 0; i < sentinels->count; i++) {
        int64_t due = due_at(sentinels, &sentinels->list[i], now);

        at = due < at ? due : at;
    }
    return at > now ? (int)(at - now) : 0;
}

bool sentinels_look(struct sentinels *sentinels)
{
    int64_t now = instant_ticks();
    bool changed;

    if (now >= sentinels->look_at) {
        int patience;

        for (unsigned i = 0; i < sentinels->count; i++)
            look_at(sentinels, &sentinels->list[i], now);
        patience = sentinels_patience(sentinels);
        sentinels->look_at = now + (patience < NEWS_MILLISECONDS ? patience : NEWS_MILLISECONDS);
    }
    changed = sentinels->changed;
    sentinels->changed = false;
    return changed;
}

/* Whether a sentinel that is there has not answered since the news came. */
static bool owes_answer(const struct sentinel *sentinel)
{
    return sentinel->asked.context && (!sentinel->asked_at || sentinel->asked.due_count);
}

static bool any_owes_answer(const struct sentinels *sentinels)
{
    for (unsigned i = 0; i < sentinels->count; i++)
        if (owes_answer(&sentinels->list[i]))
            return true;
    return false;
}

bool sentinels_hear_out(struct sentinels *sentinels)
{
    int64_t until = instant_ticks() + HEAR_MILLISECONDS;
    bool changed = false;

    while (sentinels->news && any_owes_answer(sentinels) && instant_ticks() < until) {
        sentinels->look_at = 0;
        changed |= sentinels_look(sentinels);
        if (any_owes_answer(sentinels))
            (void)poll(NULL, 0, 1);
    }
    sentinels->news = false;
    return changed;
}

void sentinels_hurry(struct sentinels *sentinels)
{
    sentinels->hurried_at = sentinels->look_at = instant_ticks();
}

void sentinels_wait(struct sentinels *sentinels, int64_t until)
{
    while (!sentinels->primary.host && instant_ticks() < until) {
        (void)sentinels_look(sentinels);
        if (!sentinels->primary.host)
            (void)poll(NULL, 0, 1);
    }
}

/* ---- reports ---- */

const struct store_address *sentinels_primary(const struct sentinels *sentinels)
{
    return &sentinels->primary;
}

void sentinels_tell(const struct sentinels *sentinels, struct sentinel_news *news)
{
    *news = (struct sentinel_news){ .name = sentinels->address->primary_name,
                                    .host = str_from(sentinels->primary.host),
                                    .port = sentinels->primary.port,
                                    .named = sentinels->count,
                                    .agreeing = count_agreeing(sentinels) };
    for (unsigned i = 0; i < sentinels->count; i++)
        news->answering += sentinels->list[i].answers;
}

const char *sentinels_trouble(const struct sentinels *sentinels)
{
    static char sentence[SENTENCE_BYTES];
    struct sentinel_news news;

    if (sentinels->primary.host)
        return NULL;
    sentinels_tell(sentinels, &news);
    if (news.answering)
        (void)snprintf(sentence, sizeof sentence,
                       "the sentinels know no primary of the name \"%s\"", news.name);
    else
        (void)snprintf(sentence, sizeof sentence, "none of the %u sentinels answers", news.named);
    return sentence;
}

/* ---- opening and closing ---- */

static void add_sentinel(struct sentinels *sentinels, struct str host, int port)
{
    struct sentinel *sentinel = &sentinels->list[sentinels->count++];
    const struct store_address *address = sentinels->address;

    memcpy(sentinel->host, host.ptr, host.len);
    sentinel->address = *address;
    sentinel->address.host = sentinel->host;
    sentinel->address.port = port;
    sentinel->address.user = address->sentinel_user;
    sentinel->address.password = NULL;
    sentinel->address.password_file = address->sentinel_password_file;
}

struct sentinels *sentinels_open(const struct store_address *address)
{
    struct sentinels *sentinels = calloc(1, sizeof *sentinels);
    struct str left = str_from(address->sentinels), host;
    int port;

    if (!sentinels)
        abort();
    sentinels->address = address;
    sentinels->primary = *address;
    sentinels->hurried_at = INT64_MIN / 2;
    while (left.ptr && store_take_sentinel(&left, &host, &port))
        add_sentinel(sentinels, host, port);
    return sentinels;
}

void sentinels_close(struct sentinels *sentinels)
{
    if (!sentinels)
        return;
    for (unsigned i = 0; i < sentinels->count; i++) {
        close_link(&sentinels->list[i].asked);
        close_link(&sentinels->list[i].heard);
        if (sentinels->list[i].lookup)
            lookup_abandon(sentinels->list[i].lookup);
    }
    free(sentinels);
}
