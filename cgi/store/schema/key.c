/* key.c: makes the names of keys. */
#include "store/schema/key.h"

#include "base/text.h"
#include "store/schema/shard.h"

bool key_must_be_encoded(char byte)
{
    return (unsigned char)byte < 0x20 || byte == 0x7f || byte == '{' || byte == '}' || byte == '%';
}

static void add_encoded(struct text *key, struct str name)
{
    static const char hex[] = "0123456789ABCDEF";

    for (size_t i = 0; i < name.len; i++) {
        unsigned char byte = (unsigned char)name.ptr[i];

        if (key_must_be_encoded(name.ptr[i]))
            text_add(key, (struct str){ (char[]){ '%', hex[byte >> 4], hex[byte & 15] }, 3 });
        else
            text_byte(key, (char)byte);
    }
}

unsigned key_shards(const struct ask *ask)
{
    return ask->shards ? ask->shards : 1;
}

unsigned key_shard(const struct ask *ask, struct str name)
{
    return shard_of(name, key_shards(ask));
}

static void add_prefix(struct ask *ask, struct text *key, unsigned shard)
{
    text_add(key, ask->settings->key_prefix);
    if (key_shards(ask) == 1)
        return;
    text_byte(key, '{');
    text_add(key, shard_tag(shard, key_shards(ask)));
    text_add(key, STR("}:"));
}

struct str key_prefix(struct ask *ask, unsigned shard)
{
    struct text prefix = text_new(ask_memory(ask), ask->settings->key_prefix.len + 16);

    add_prefix(ask, &prefix, shard);
    return text_str(&prefix);
}

/* Makes a key in a shard, with an encoded name unless the name is absent. */
static struct str shard_key(struct ask *ask, unsigned shard, struct str before, struct str name,
                            struct str behind)
{
    struct text key = text_new(ask_memory(ask), ask->settings->key_prefix.len + before.len +
                                                    name.len + behind.len + 32);

    add_prefix(ask, &key, shard);
    text_add(&key, before);
    add_encoded(&key, name);
    text_add(&key, behind);
    return text_str(&key);
}

/* Makes a key in the shard of its name. */
static struct str named_key(struct ask *ask, struct str before, struct str name, struct str behind)
{
    return shard_key(ask, key_shard(ask, name), before, name, behind);
}

/* Makes a key outside all shards. */
static struct str common_key(struct ask *ask, struct str before, struct str name, struct str behind)
{
    struct text key = text_new(ask_memory(ask), ask->settings->key_prefix.len + before.len +
                                                    name.len + behind.len + 16);

    text_add(&key, ask->settings->key_prefix);
    text_add(&key, before);
    add_encoded(&key, name);
    text_add(&key, behind);
    return text_str(&key);
}

struct str key_connector(struct ask *ask, struct str id)
{
    return named_key(ask, STR("connector:{"), id, STR("}"));
}

struct str key_syncs(struct ask *ask, struct str id)
{
    return named_key(ask, STR("connector:{"), id, STR("}:syncs"));
}

struct str key_days(struct ask *ask, struct str id)
{
    return named_key(ask, STR("connector:{"), id, STR("}:days"));
}

struct str key_intents(struct ask *ask, struct str id)
{
    return named_key(ask, STR("connector:{"), id, STR("}:intents"));
}

struct str key_secrets(struct ask *ask, struct str document)
{
    return arena_format(ask_memory(ask), "%.*s:secrets", STR_ARGS(document));
}

static struct str set_key(struct ask *ask, unsigned shard, struct str name)
{
    return shard_key(ask, shard, name, STR(""), STR(""));
}

struct str key_standings(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("standings"));
}

struct str key_successes(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("successes"));
}

struct str key_connectors(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("connectors"));
}

struct str key_directory(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("directory"));
}

struct str key_service_types(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("service_types"));
}

struct str key_muted(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("muted"));
}

struct str key_hour(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("hour"));
}

struct str key_hours(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("hours"));
}

struct str key_all_days(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("days"));
}

struct str key_events(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("events"));
}

struct str key_unsynced(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("unsynced"));
}

struct str key_told_until(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("told_until"));
}

struct str key_ticker(struct ask *ask)
{
    return common_key(ask, STR("lastsync:ticker"), STR(""), STR(""));
}

struct str key_notify_lease(struct ask *ask, struct str target)
{
    return common_key(ask, STR("lastsync:notify:{"), target, STR("}"));
}

struct str key_long(struct ask *ask, unsigned shard)
{
    return set_key(ask, shard, STR("long"));
}

struct str key_listed(struct ask *ask, struct str index_name, struct str id)
{
    struct text member = text_new(ask_memory(ask), index_name.len + id.len + 1);

    text_add(&member, index_name);
    text_byte(&member, ' ');
    text_add(&member, id);
    return text_str(&member);
}

void key_read_listed(struct str member, struct str *index_name, struct str *id)
{
    *id = member;
    *index_name = str_take(id, ' ');
}

struct str key_index_name(struct ask *ask, struct str index_name)
{
    return named_key(ask, STR("index_name:{"), index_name, STR("}"));
}

struct str key_sync_job(struct ask *ask, struct str id)
{
    return named_key(ask, STR("sync_job:{"), id, STR("}"));
}

struct str key_sync_jobs(struct ask *ask, unsigned shard, struct str connector_id,
                         struct str status)
{
    struct str behind = STR("");

    if (status.ptr)
        behind = arena_format(ask_memory(ask), ":%.*s", STR_ARGS(status));
    if (!connector_id.ptr)
        return shard_key(ask, shard, STR("{sync_jobs}"), STR(""), behind);
    return shard_key(ask, shard, STR("connector:{"), connector_id,
                     arena_format(ask_memory(ask), "}:sync_jobs%.*s", STR_ARGS(behind)));
}

struct str key_schema(struct ask *ask)
{
    return common_key(ask, STR("lastsync:schema"), STR(""), STR(""));
}

struct str key_access(struct ask *ask, struct str id)
{
    return common_key(ask, STR("lastsync:key:{"), id, STR("}"));
}

struct str key_secret(struct ask *ask, struct str id)
{
    return common_key(ask, STR("lastsync:secret:{"), id, STR("}"));
}

struct str key_access_list(struct ask *ask)
{
    return common_key(ask, STR("lastsync:keys"), STR(""), STR(""));
}
