/* key.c: makes the names of keys. */
#include "store/schema/key.h"

#include "base/text.h"

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

static struct str make_key(struct ask *ask, struct str before, struct str name, struct str behind)
{
    struct text key = text_new(ask->arena, ask->settings->key_prefix.len + before.len + name.len +
                                               behind.len + 16);

    text_add(&key, ask->settings->key_prefix);
    text_add(&key, before);
    add_encoded(&key, name);
    text_add(&key, behind);
    return text_str(&key);
}

struct str key_connector(struct ask *ask, struct str id)
{
    return make_key(ask, STR("connector:{"), id, STR("}"));
}

struct str key_syncs(struct ask *ask, struct str id)
{
    return make_key(ask, STR("connector:{"), id, STR("}:syncs"));
}

bool key_is_secret(struct str field)
{
    static const struct str secrets[] = {
        /* of a connector: the values of its configuration, above all */
        STR_ROW("api_key_id"),
        STR_ROW("api_key_secret_id"),
        STR_ROW("configuration"),
        /* of a sync job: the connector as it was, with its configuration */
        STR_ROW("connector"),
    };

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (str_equal(field, secrets[i]))
            return true;
    return false;
}

struct str key_secrets(struct ask *ask, struct str document)
{
    return arena_format(ask->arena, "%.*s:secrets", STR_ARGS(document));
}

struct str key_standings(struct ask *ask)
{
    return make_key(ask, STR("standings"), STR(""), STR(""));
}

struct str key_connectors(struct ask *ask)
{
    return make_key(ask, STR("connectors"), STR(""), STR(""));
}

struct str key_schema(struct ask *ask)
{
    return make_key(ask, STR("lastsync:schema"), STR(""), STR(""));
}

struct str key_listed(struct ask *ask, struct str index_name, struct str id)
{
    struct text member = text_new(ask->arena, index_name.len + id.len + 1);

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
    return make_key(ask, STR("index_name:{"), index_name, STR("}"));
}

struct str key_claims(struct ask *ask, struct str index_name)
{
    return make_key(ask, STR("index_name:{"), index_name, STR("}:claims"));
}

struct str key_look(struct ask *ask, struct str index_name)
{
    return make_key(ask, STR("index_name:{"), index_name, STR("}:look"));
}

struct str key_sync_job(struct ask *ask, struct str id)
{
    return make_key(ask, STR("sync_job:{"), id, STR("}"));
}

struct str key_sync_jobs(struct ask *ask, struct str connector_id, struct str status)
{
    struct str behind = STR("");

    if (status.ptr)
        behind = arena_format(ask->arena, ":%.*s", STR_ARGS(status));
    if (!connector_id.ptr)
        return make_key(ask, STR("{sync_jobs}"), STR(""), behind);
    return make_key(ask, STR("connector:{"), connector_id,
                    arena_format(ask->arena, "}:sync_jobs%.*s", STR_ARGS(behind)));
}

struct str key_access(struct ask *ask, struct str id)
{
    return make_key(ask, STR("lastsync:key:{"), id, STR("}"));
}

struct str key_access_list(struct ask *ask)
{
    return make_key(ask, STR("lastsync:keys"), STR(""), STR(""));
}
