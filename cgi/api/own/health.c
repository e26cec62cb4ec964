/* health.c: answers load balancers, orchestrators and operators: is it alive, can it serve? */
#include "api/own/health.h"

#include "api/common/access.h"
#include "api/common/routes.h"
#include "base/instant.h"
#include "base/number.h"
#include "store/redis/sentinel.h"
#include "store/schema/schema.h"
#include "store/schema/shard.h"

static step live, ready;

static const struct route routes[] = {
    { GET, STR_ROW("/_lastsync/health/live"), live, .open_to = TO_STRANGERS, .about = ABOUT_NONE },
    { HEAD, STR_ROW("/_lastsync/health/live"), live, .open_to = TO_STRANGERS, .about = ABOUT_NONE },
    { GET, STR_ROW("/_lastsync/health/ready"), ready, .sees_trouble = true, .open_to = TO_STRANGERS,
      .about = ABOUT_NONE },
    { HEAD, STR_ROW("/_lastsync/health/ready"), ready, .sees_trouble = true,
      .open_to = TO_STRANGERS, .about = ABOUT_NONE },
};

const struct route_table health_routes = { routes, sizeof routes / sizeof routes[0],
                                           .first = STR_ROW("_lastsync") };

static enum progress live(struct call *call)
{
    return respond(call, 200, STR("{\"status\":\"live\"}"));
}

/* ---- what may be wrong ---- */

static int64_t number_of(struct str text)
{
    uint64_t number;

    return number_count(text, INT64_MAX, &number) == NUMBER_READ ? (int64_t)number : 0;
}

static bool is(struct str text, const char *word)
{
    return str_equal(str_or_empty(text), str_from(word));
}

static bool is_loading(const struct health *health)
{
    return is(health->loading, "1");
}

static bool is_replica(const struct health *health)
{
    return is(health->role, "slave");
}

static bool fails_to_append(const struct health *health)
{
    return is(health->aof_enabled, "1") && is(health->aof_last_write_status, "err");
}

static bool has_no_log(const struct health *health)
{
    return health->told && !is(health->aof_enabled, "1");
}

static bool evicts(const struct health *health)
{
    return health->maxmemory_policy.ptr && str_starts(health->maxmemory_policy, STR("allkeys"));
}

static bool is_full(const struct health *health)
{
    int64_t most = number_of(health->maxmemory);

    return most > 0 && !evicts(health) &&
           number_of(health->used_memory) - number_of(health->uncounted_memory) > most;
}

static bool fails_to_save(const struct health *health)
{
    return is(health->rdb_last_bgsave_status, "err");
}

static bool is_silent(const struct health *health)
{
    return health->silent;
}

static bool tells_nothing(const struct health *health)
{
    return !health->silent && !health->told;
}

static bool lacks_replicas(const struct health *health)
{
    return health->told && number_of(health->connected_slaves) < health->wanted_replicas;
}

/* In the order of the answer. */
static const struct {
    bool (*holds)(const struct health *health);
    enum { STOPS, MAY_LOSE, WARNS } weight; /* Redis cannot serve; it may lose data; neither */
    struct str sentence;
} faults[] = {
    { is_loading, STOPS, STR_ROW("Redis is loading its data") },
    { is_replica, STOPS, STR_ROW("Redis is a replica and takes no writes") },
    { fails_to_append, STOPS,
      STR_ROW("Redis cannot write its append-only file, and refuses writes: is its disk full?") },
    { is_full, STOPS, STR_ROW("Redis's memory is full (maxmemory), and it refuses writes") },
    { is_silent, STOPS, STR_ROW("Redis does not answer, or cannot serve") },
    { lacks_replicas, STOPS,
      STR_ROW("Redis has fewer replicas than are to acknowledge each write (acknowledge-replicas): "
              "writes are answered 503") },
    { tells_nothing, MAY_LOSE,
      STR_ROW("Redis does not permit INFO (ACL: +info): whether it keeps its data is not known") },
    { has_no_log, MAY_LOSE,
      STR_ROW("Redis has no append-only file (appendonly no): it loses data when it is killed") },
    { evicts, MAY_LOSE,
      STR_ROW("Redis may evict connectors when its memory is full (maxmemory-policy allkeys-*)") },
    { fails_to_save, WARNS,
      STR_ROW(
          "Redis could not write its last snapshot, and may refuse writes: is its disk full?") },
};

/* ---- the answer ---- */

/* Members of "redis", from INFO: as texts, numbers or booleans. */
static const struct {
    const char *name;
    size_t place;
    enum { A_WORD, A_NUMBER, A_BOOLEAN } kind;
} members[] = {
    { "version", offsetof(struct health, version), A_WORD },
    { "role", offsetof(struct health, role), A_WORD },
    { "loading", offsetof(struct health, loading), A_BOOLEAN },
    { "aof_enabled", offsetof(struct health, aof_enabled), A_BOOLEAN },
    { "aof_last_write_status", offsetof(struct health, aof_last_write_status), A_WORD },
    { "rdb_last_bgsave_status", offsetof(struct health, rdb_last_bgsave_status), A_WORD },
    { "maxmemory_policy", offsetof(struct health, maxmemory_policy), A_WORD },
    { "connected_replicas", offsetof(struct health, connected_slaves), A_NUMBER },
    { "master_link_status", offsetof(struct health, master_link_status), A_WORD },
};

static void add_members(struct text *json, const struct health *health)
{
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++) {
        struct str value;

        memcpy(&value, (const char *)health + members[i].place, sizeof value);
        if (!value.ptr)
            continue;
        text_format(json, ",\"%s\":", members[i].name);
        if (members[i].kind == A_BOOLEAN)
            text_add(json, is(value, "0") ? STR("false") : STR("true"));
        else if (members[i].kind == A_WORD)
            text_json(json, is(value, "slave") ? STR("replica") : value);
        else
            text_number(json, number_of(value));
    }
}

static void add_sentence(struct text *list, struct str sentence)
{
    if (list->len)
        text_byte(list, ',');
    text_json(list, sentence);
}

/* How many nodes have a fault. */
static size_t count_nodes(const struct healths *healths, bool (*holds)(const struct health *health))
{
    size_t count = 0;

    for (size_t i = 0; i < healths->count; i++)
        count += holds(&healths->nodes[i]);
    return count;
}

static bool cannot_serve(const struct health *health)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].weight == STOPS && faults[i].holds(health))
            return true;
    return false;
}

/* If some nodes of a cluster cannot serve, the others still do: it is a warning. */
static void judge(struct call *call, const struct healths *healths, struct verdict *verdict)
{
    size_t failing = count_nodes(healths, fails_to_append);
    bool none_serves = count_nodes(healths, cannot_serve) == healths->count;

    verdict->durable = !failing;
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++) {
        size_t count = count_nodes(healths, faults[i].holds);
        bool loss = faults[i].weight == MAY_LOSE, stops = faults[i].weight == STOPS;
        struct text sentence = text_new(call->arena, 128);

        if (!count)
            continue;
        verdict->durable &= !loss;
        if (healths->count > 1)
            text_format(&sentence, "%zu of the cluster's %zu primaries: ", count, healths->count);
        text_add(&sentence, faults[i].sentence);
        add_sentence((stops && none_serves) || (loss && call->options->require_durable)
                         ? &verdict->problems
                         : &verdict->warnings,
                     text_str(&sentence));
    }
}

static void warn(struct call *call, struct verdict *verdict, const char *format, unsigned count,
                 unsigned of)
{
    struct text sentence = text_new(call->arena, 128);

    text_format(&sentence, format, count, of);
    add_sentence(&verdict->warnings, text_str(&sentence));
}

/* Redis may still serve: the last primary that sentinels named is kept. */
static void judge_sentinels(struct call *call, struct verdict *verdict)
{
    const struct sentinels *sentinels = call->options->store->sentinels;
    struct sentinel_news news;
    const char *trouble;

    if (!sentinels)
        return;
    sentinels_tell(sentinels, &news);
    trouble = sentinels_trouble(sentinels);
    if (trouble)
        add_sentence(&verdict->problems, str_from(trouble));
    else if (!news.answering)
        warn(call, verdict, "none of the %u sentinels answers: a failover would not be noticed",
             news.named, 0);
    else if (news.answering < news.named)
        warn(call, verdict, "%u of %u sentinels do not answer", news.named - news.answering,
             news.named);
    if (!trouble && news.agreeing < news.answering)
        warn(call, verdict, "%u of %u sentinels that answer name another primary, or none",
             news.answering - news.agreeing, news.answering);
}

static void judge_slots(struct call *call, struct verdict *verdict)
{
    if (call->options->store->unserved)
        warn(call, verdict,
             "no node serves %u of the cluster's %u slots: their connectors are away",
             call->options->store->unserved, SLOTS);
}

/* Data of another version cannot be served. */
static void judge_schema(struct str version, struct verdict *verdict)
{
    enum outcome outcome = schema_judge(version);

    if (outcome != ASKING)
        add_sentence(&verdict->problems, outcome_sentence(outcome));
}

static void add_list(struct text *json, const char *name, const struct text *sentences)
{
    text_format(json, ",\"%s\":[%.*s]", name, STR_ARGS(text_str(sentences)));
}

/* The handler's state while it asks Redis. */
struct asking {
    struct healths healths;
    int64_t since; /* ticks */
};

/* Strangers may ask whether it is ready, but do not learn the addresses of servers. */
static void add_sentinels(struct text *json, const struct call *call)
{
    const struct sentinels *sentinels = call->options->store->sentinels;
    struct sentinel_news news;

    sentinels_tell(sentinels, &news);
    text_add(json, STR(",\"sentinels\":{\"name\":"));
    text_json(json, str_from(news.name));
    if (news.host.ptr && access_is_off(call->options->access)) {
        text_add(json, STR(",\"primary\":{\"host\":"));
        text_json(json, news.host);
        text_format(json, ",\"port\":%d}", news.port);
    }
    text_format(json, ",\"named\":%u,\"answering\":%u,\"agreeing\":%u}", news.named, news.answering,
                news.agreeing);
}

/* In a cluster, one node stands for all: the first one that gives its INFO. */
static const struct health *first_told(const struct healths *healths)
{
    for (size_t i = 0; i < healths->count; i++)
        if (healths->nodes[i].told)
            return &healths->nodes[i];
    return &healths->nodes[0];
}

static void add_redis(struct text *json, const struct call *call)
{
    const struct asking *asking = call->details;
    bool connected = call->ask.outcome == FOUND;

    text_format(json, ",\"redis\":{\"connected\":%s", connected ? "true" : "false");
    if (connected) {
        text_add(json, STR(",\"milliseconds\":"));
        text_number(json, instant_ticks() - asking->since);
        add_members(json, first_told(&asking->healths));
    }
    if (call->options->store->sentinels)
        add_sentinels(json, call);
    if (connected && asking->healths.count > 1)
        text_format(json, ",\"primaries\":%zu,\"primaries_that_answer\":%zu", asking->healths.count,
                    asking->healths.count - count_nodes(&asking->healths, is_silent));
    text_byte(json, '}');
}

static struct str trouble(enum outcome outcome)
{
    if (outcome_sentence(outcome).ptr)
        return outcome_sentence(outcome);
    return outcome == AWAY ? STR("Redis does not answer")
                           : STR("Redis does not let lastsync in: the log says why");
}

struct verdict health_judge(struct call *call, const struct healths *healths)
{
    enum outcome outcome = call->ask.outcome;
    struct verdict verdict = { text_new(call->arena, 256), text_new(call->arena, 256), false };

    if (outcome == FOUND) {
        judge(call, healths, &verdict);
        judge_schema(healths->schema, &verdict);
    } else
        add_sentence(&verdict.problems, trouble(outcome));
    judge_sentinels(call, &verdict);
    judge_slots(call, &verdict);
    return verdict;
}

static enum progress judged(struct call *call)
{
    const struct asking *asking = call->details;
    struct str schema = asking->healths.schema;
    struct verdict verdict = health_judge(call, &asking->healths);
    struct text json = text_new(call->arena, 1024);
    bool good = !verdict.problems.len;

    text_format(&json, "{\"status\":\"%s\",\"durable\":%s", good ? "ready" : "not_ready",
                verdict.durable ? "true" : "false");
    add_list(&json, "problems", &verdict.problems);
    add_list(&json, "warnings", &verdict.warnings);
    add_redis(&json, call);
    text_add(&json, STR(",\"schema_version\":"));
    if (schema.ptr)
        text_json(&json, schema);
    else
        text_add(&json, STR("null"));
    text_byte(&json, '}');
    return respond(call, good ? 200 : 503, text_str(&json));
}

static enum progress ready(struct call *call)
{
    struct asking *asking = arena_take_cleared(call->arena, sizeof *asking);

    asking->since = instant_ticks();
    call->details = asking;
    ask_store(call, judged);
    health_ask(&call->ask, &asking->healths);
    return ASKED;
}
