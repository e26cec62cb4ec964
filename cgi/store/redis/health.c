/* health.c: asks Redis how it is. */
#include "store/redis/health.h"

#include "store/schema/key.h"

static const struct {
    struct str name;
    size_t place;
} info_fields[] = {
    { STR_ROW("redis_version"), offsetof(struct health, version) },
    { STR_ROW("role"), offsetof(struct health, role) },
    { STR_ROW("loading"), offsetof(struct health, loading) },
    { STR_ROW("aof_enabled"), offsetof(struct health, aof_enabled) },
    { STR_ROW("aof_last_write_status"), offsetof(struct health, aof_last_write_status) },
    { STR_ROW("rdb_last_bgsave_status"), offsetof(struct health, rdb_last_bgsave_status) },
    { STR_ROW("used_memory"), offsetof(struct health, used_memory) },
    { STR_ROW("mem_not_counted_for_evict"), offsetof(struct health, uncounted_memory) },
    { STR_ROW("maxmemory"), offsetof(struct health, maxmemory) },
    { STR_ROW("maxmemory_policy"), offsetof(struct health, maxmemory_policy) },
    { STR_ROW("connected_slaves"), offsetof(struct health, connected_slaves) },
    { STR_ROW("master_link_status"), offsetof(struct health, master_link_status) },
};

void health_read_info(struct str info, struct health *health)
{
    struct str line;

    while (str_split(&info, '\n', &line)) {
        struct str name = str_take(&line, ':');

        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        for (size_t i = 0; line.ptr && i < sizeof info_fields / sizeof info_fields[0]; i++)
            if (str_equal(name, info_fields[i].name))
                memcpy((char *)health + info_fields[i].place, &line, sizeof line);
    }
}

/* False if Redis does not answer, or cannot. */
static bool read_health(const struct ask *ask, const struct reply *info, struct health *health)
{
    unsigned wanted = ask->settings->acknowledge;

    *health = (struct health){ .told = info->kind == REPLY_TEXT,
                               .wanted_replicas = wanted == ALL_REPLICAS ? 1 : wanted };
    health->silent = info->kind == REPLY_ERROR && (!info->text.ptr || info->number == AWAY ||
                                                   str_starts(info->text, STR("NOAUTH")));
    if (health->told)
        health_read_info(info->text, health);
    return !health->silent;
}

static void after_info(struct ask *ask, const struct reply *replies)
{
    struct healths *healths = ask->operation;
    const struct reply *schema = &replies[healths->count];
    enum outcome outcome = AWAY;

    for (size_t i = 0; i < healths->count; i++) {
        if (read_health(ask, &replies[i], &healths->nodes[i]))
            outcome = FOUND;
        else if (outcome != FOUND)
            outcome = (enum outcome)replies[i].number;
    }
    if (schema->kind == REPLY_TEXT)
        healths->schema = schema->text;
    ask_end(ask, outcome);
}

void health_ask(struct ask *ask, struct healths *healths)
{
    *healths = (struct healths){ .count = ask->settings->nodes };
    healths->nodes = arena_take_cleared(ask->arena, healths->count * sizeof *healths->nodes);
    ask->operation = healths;
    ask->takes_errors = ask->takes_losses = true;
    ask_then(ask, after_info);
    for (unsigned node = 0; node < healths->count; node++) {
        ASK(ask, STR("INFO"));
        ask_at_node(ask, node);
    }
    ASK(ask, STR("HGET"), key_schema(ask), STR("version"));
}
