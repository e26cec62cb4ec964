/* access_key.c: the operations on the keys of access control, as chains of commands. */
#include "store/access/access_key.h"

#include "store/schema/key.h"

const struct str access_fields[ACCESS_FIELDS] = {
    [ACCESS_SECRET_SHA256] = STR_ROW("secret_sha256"),
    [ACCESS_ROLE] = STR_ROW("role"),
    [ACCESS_CONNECTORS] = STR_ROW("connectors"),
    [ACCESS_CREATED_AT] = STR_ROW("created_at"),
    [ACCESS_EXPIRES_AT] = STR_ROW("expires_at"),
    [ACCESS_NAME] = STR_ROW("name"),
    [ACCESS_OWNER] = STR_ROW("owner"),
};

/* ---- read ---- */

static void ask_fields(struct ask *ask, struct str id)
{
    ASK(ask, STR("HMGET"), key_access(ask, id));
    ask_words(ask, access_fields, ACCESS_FIELDS);
}

/* Whether the reply has a key: every key has a secret. */
static bool read_row(struct ask *ask, struct str id, const struct reply *reply, struct row *row)
{
    *row = (struct row){ .id = id,
                         .values = arena_take(ask->arena, ACCESS_FIELDS * sizeof *row->values) };
    for (size_t i = 0; i < ACCESS_FIELDS; i++)
        row->values[i] = reply_item(reply, i);
    return row->values[ACCESS_SECRET_SHA256].ptr != NULL;
}

static void after_read(struct ask *ask, const struct reply *replies)
{
    const struct str *id = ask->operation;
    struct row *row = arena_take(ask->arena, sizeof *row);

    if (!read_row(ask, *id, &replies[0], row)) {
        ask_end(ask, MISSING);
        return;
    }
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, FOUND);
}

void access_key_read(struct ask *ask, struct str id)
{
    struct str *kept = arena_take(ask->arena, sizeof *kept);

    *kept = id;
    ask->operation = kept;
    ask_then(ask, after_read);
    ask_fields(ask, id);
}

/* ---- create ---- */

static void after_create(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, CREATED);
}

void access_key_create(struct ask *ask, struct str id, const struct str values[ACCESS_FIELDS])
{
    ask_then(ask, after_create);
    ASK(ask, STR("SADD"), key_access_list(ask), id);
    ASK(ask, STR("HSET"), key_access(ask, id));
    for (size_t i = 0; i < ACCESS_FIELDS; i++) {
        if (!values[i].ptr)
            continue;
        ask_word(ask, access_fields[i]);
        ask_word(ask, values[i]);
    }
}

/* ---- revoke ---- */

static void after_revoke(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? DELETED : MISSING);
}

void access_key_revoke(struct ask *ask, struct str id)
{
    ask_then(ask, after_revoke);
    ASK(ask, STR("DEL"), key_access(ask, id));
    ASK(ask, STR("SREM"), key_access_list(ask), id);
}

/* ---- list ---- */

static void after_rows(struct ask *ask, const struct reply *replies)
{
    const struct reply *ids = ask->operation;
    struct row *rows = arena_take(ask->arena, (ids->count + 1) * sizeof *rows);

    ask->row_count = 0;
    for (size_t i = 0; i < ids->count; i++)
        ask->row_count += read_row(ask, reply_item(ids, i), &replies[i], &rows[ask->row_count]);
    ask->rows = rows;
    ask_end(ask, FOUND);
}

static void after_ids(struct ask *ask, const struct reply *replies)
{
    struct reply *ids = arena_take(ask->arena, sizeof *ids);

    *ids = replies[0];
    ask->operation = ids;
    if (!ids->count) {
        ask_end(ask, FOUND); /* with no rows */
        return;
    }
    ask_then(ask, after_rows);
    for (size_t i = 0; i < ids->count; i++)
        ask_fields(ask, reply_item(ids, i));
}

void access_key_list(struct ask *ask)
{
    ask_then(ask, after_ids);
    ASK(ask, STR("SMEMBERS"), key_access_list(ask));
}
