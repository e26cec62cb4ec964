/* claim.c: reserves index names over shards. */
#include "store/connector/claim.h"

#include "base/chance.h"
#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum { TOKEN_BYTES = 8, INTENT_MILLISECONDS = 3600000 }; /* older ones are left by a crash */

struct str claim_scope(const struct ask *ask)
{
    return key_shards(ask) == 1 ? STR("all") : STR("");
}

static struct str new_token(struct ask *ask)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char bytes[TOKEN_BYTES];
    char *token = arena_take(ask->arena, 2 * sizeof bytes);

    chance_fill(bytes, sizeof bytes);
    for (size_t i = 0; i < sizeof bytes; i++) {
        token[2 * i] = hex[bytes[i] >> 4];
        token[2 * i + 1] = hex[bytes[i] & 15];
    }
    return (struct str){ token, 2 * sizeof bytes };
}

void claim_words(struct ask *ask, const struct claim *claim, const struct script *script)
{
    ASK_SCRIPT(ask, script, key_connector(ask, claim->id),
               key_prefix(ask, key_shard(ask, claim->id)), claim->id,
               claim->away ? STR("away") : STR("here"), claim->token, claim_scope(ask));
}

/* ---- letting names go ---- */

static void after_release(struct ask *ask, const struct reply *replies)
{
    const enum outcome *outcome = ask->operation;

    (void)replies;
    ask_end(ask, *outcome);
}

static void begin_release(struct ask *ask, enum outcome outcome)
{
    enum outcome *kept = arena_take(ask->arena, sizeof *kept);

    *kept = outcome;
    ask->operation = kept;
    ask_then(ask, after_release);
}

static void ask_release(struct ask *ask, struct str id, struct str index_name, struct str token)
{
    ASK_SCRIPT(ask, &script_release, key_index_name(ask, index_name), id, token);
}

void claim_release(struct ask *ask, struct str id, struct str index_name, struct str token,
                   enum outcome outcome)
{
    if (key_shards(ask) == 1 || !index_name.len) {
        ask_end(ask, outcome);
        return;
    }
    begin_release(ask, outcome);
    ask_release(ask, id, index_name, token);
}

/* The connector was not written: lets the reserved name go. A name that the connector had before is
 * kept, as it may still have it. */
static void give_up(struct ask *ask, const struct claim *claim, enum outcome outcome)
{
    if (!claim->away) {
        ask_end(ask, outcome);
        return;
    }
    begin_release(ask, outcome);
    if (!claim->own)
        ask_release(ask, claim->id, claim->index_name, claim->token);
    ASK(ask, STR("HDEL"), key_intents(ask, claim->id), claim->token);
}

/* ---- writing ---- */

static void intend(struct ask *ask);

static void after_write(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;
    struct str before = str_or_empty(reply_item(&replies[0], 1));
    struct str token = str_or_empty(reply_item(&replies[0], 2));

    claim->outcome = document_outcome(str_or_empty(reply_item(&replies[0], 0)));
    switch (claim->outcome) {
    case TAKEN:
        if (claim->away || key_shards(ask) == 1)
            give_up(ask, claim, TAKEN);
        else
            intend(ask);
        break;
    case CREATED:
    case UPDATED:
        if (str_equal(before, claim->index_name))
            ask_end(ask, claim->outcome);
        else
            claim_release(ask, claim->id, arena_copy(ask->arena, before),
                          arena_copy(ask->arena, token), claim->outcome);
        break;
    case NOOP:
        ask_end(ask, NOOP);
        break;
    default:
        give_up(ask, claim, claim->outcome);
        break;
    }
}

static void write_connector(struct ask *ask, const struct claim *claim)
{
    ask_then(ask, after_write);
    claim->write(ask, claim);
}

/* ---- reserving a name in its shard ---- */

static void reserve(struct ask *ask);

static void after_strike(struct ask *ask, const struct reply *replies)
{
    const struct claim *claim = ask->operation;

    if (str_equal(replies[0].text, STR("has")))
        give_up(ask, claim, TAKEN);
    else
        reserve(ask);
}

static void after_reserve(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;

    if (str_equal(str_or_empty(reply_item(&replies[0], 0)), STR("reserved"))) {
        claim->own = str_equal(str_or_empty(reply_item(&replies[0], 1)), STR("own"));
        write_connector(ask, claim);
        return;
    }
    claim->holder = arena_copy(ask->arena, str_or_empty(reply_item(&replies[0], 1)));
    claim->holder_token = arena_copy(ask->arena, str_or_empty(reply_item(&replies[0], 2)));
    ask_then(ask, after_strike);
    ASK_SCRIPT(ask, &script_strike, key_connector(ask, claim->holder), claim->index_name);
}

static void reserve(struct ask *ask)
{
    const struct claim *claim = ask->operation;

    ask_then(ask, after_reserve);
    ASK_SCRIPT(ask, &script_reserve, key_index_name(ask, claim->index_name), claim->id,
               claim->token, claim->holder, claim->holder_token);
}

static void after_intent(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    reserve(ask);
}

static void intend(struct ask *ask)
{
    struct claim *claim = ask->operation;
    struct str key = key_intents(ask, claim->id);

    claim->away = true;
    ask_then(ask, after_intent);
    ASK(ask, STR("HSET"), key, claim->token, claim->index_name);
    ASK(ask, STR("PEXPIRE"), key, ask_number(ask, INTENT_MILLISECONDS));
}

void claim_start(struct ask *ask, struct str id, struct str index_name, claim_write *write,
                 void *operation)
{
    struct claim *claim = arena_take(ask->arena, sizeof *claim);
    bool one = key_shards(ask) == 1;

    *claim = (struct claim){ .id = id,
                             .index_name = index_name,
                             .write = write,
                             .operation = operation,
                             .token = one || !index_name.len ? STR("") : new_token(ask),
                             .holder = STR(""),
                             .holder_token = STR("") };
    ask->operation = claim;
    if (!index_name.len || key_shard(ask, id) == key_shard(ask, index_name))
        write_connector(ask, claim);
    else
        intend(ask);
}
