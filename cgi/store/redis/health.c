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

static void after_info(struct ask *ask, const struct reply *replies)
{
    struct health *health = ask->operation;
    const struct reply *info = &replies[0], *schema = &replies[1];

    if (info->kind == REPLY_ERROR &&
        (info->number == AWAY || str_starts(info->text, STR("NOAUTH")))) {
        ask_end(ask, (enum outcome)info->number);
        return;
    }
    health->told = info->kind == REPLY_TEXT;
    if (health->told)
        health_read_info(info->text, health);
    if (schema->kind == REPLY_TEXT)
        health->schema = schema->text;
    ask_end(ask, FOUND);
}

void health_ask(struct ask *ask, struct health *health)
{
    *health = (struct health){ .told = false };
    ask->operation = health;
    ask->takes_errors = true;
    ask_then(ask, after_info);
    ASK(ask, STR("INFO"));
    ASK(ask, STR("HGET"), key_schema(ask), STR("version"));
}
