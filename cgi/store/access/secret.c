/* secret.c: the operations on connector secrets, a command each. */
#include "store/access/secret.h"

#include "store/schema/key.h"

const struct str secret_value = STR_ROW("value");

static void after_read(struct ask *ask, const struct reply *replies)
{
    struct row *row = arena_take_cleared(ask->arena, sizeof *row);

    if (replies[0].kind != REPLY_TEXT) {
        ask_end(ask, MISSING);
        return;
    }
    row->values = arena_take(ask->arena, sizeof *row->values);
    row->values[0] = replies[0].text;
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, FOUND);
}

void secret_read(struct ask *ask, struct str id)
{
    ask_then(ask, after_read);
    ASK(ask, STR("HGET"), key_secret(ask, id), secret_value);
}

static void after_put(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? CREATED : UPDATED);
}

void secret_put(struct ask *ask, struct str id, struct str value)
{
    ask_then(ask, after_put);
    ASK(ask, STR("HSET"), key_secret(ask, id), secret_value, value);
}

static void after_delete(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? DELETED : MISSING);
}

void secret_delete(struct ask *ask, struct str id)
{
    ask_then(ask, after_delete);
    ASK(ask, STR("DEL"), key_secret(ask, id));
}
