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

static void ask_release(struct ask *ask);

static void after_withdrawal(struct ask *ask, const struct reply *replies)
{
    const struct claim *claim = ask->operation;

    if (str_equal(replies[0].text, STR("free")))
        ask_release(ask);
    else
        ask_end(ask, claim->outcome);
}

/* Asks whether the connector wants the name, but for the intent of this token (or none, ""). */
static void ask_withdrawal(struct ask *ask, struct str token)
{
    const struct claim *claim = ask->operation;

    ask_then(ask, after_withdrawal);
    ASK_SCRIPT(ask, &script_withdraw, key_connector(ask, claim->id), claim->index_name, token);
}

/* If the name has another token than was known, it may be let go by that, but only if the connector
 * does not want it after this answer. */
static void after_release(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;
    struct str other_token = str_or_empty(reply_item(&replies[0], 1));

    if (!other_token.len) {
        ask_end(ask, claim->outcome);
        return;
    }
    claim->token = arena_copy(ask->arena, other_token);
    ask_withdrawal(ask, STR(""));
}

static void ask_release(struct ask *ask)
{
    const struct claim *claim = ask->operation;

    ask_then(ask, after_release);
    ASK_SCRIPT(ask, &script_release, key_index_name(ask, claim->index_name), claim->id,
               claim->token);
}

void claim_release(struct ask *ask, struct str id, struct str index_name, struct str token,
                   enum outcome outcome)
{
    struct claim *claim;

    if (!index_name.len) {
        ask_end(ask, outcome);
        return;
    }
    claim = arena_take_cleared(ask->arena, sizeof *claim);
    claim->id = id;
    claim->index_name = arena_copy(ask->arena, index_name);
    claim->token = arena_copy(ask->arena, token);
    claim->outcome = outcome;
    ask->operation = claim;
    ask_release(ask);
}

/* The connector was not written: withdraws its intent, and lets the name go that may be reserved.
 */
static void give_up(struct ask *ask, struct claim *claim, enum outcome outcome)
{
    if (!claim->away) {
        ask_end(ask, outcome);
        return;
    }
    claim->outcome = outcome;
    ask_withdrawal(ask, claim->token);
}

/* ---- writing ---- */

static void intend(struct ask *ask);

static void after_write(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;
    struct str word = str_or_empty(reply_item(&replies[0], 0));
    enum outcome outcome;

    if (str_equal(word, STR("again"))) {
        struct str struck = claim->token;

        claim->token = new_token(ask);
        intend(ask);
        ASK(ask, STR("HDEL"), key_intents(ask, claim->id), struck);
        return;
    }
    outcome = document_outcome(word);
    switch (outcome) {
    case TAKEN:
        if (claim->away || key_shards(ask) == 1)
            give_up(ask, claim, TAKEN);
        else
            intend(ask);
        break;
    case CREATED:
    case UPDATED:
        claim_release(ask, claim->id, str_or_empty(reply_item(&replies[0], 1)),
                      str_or_empty(reply_item(&replies[0], 2)), outcome);
        break;
    case NOOP:
        ask_end(ask, NOOP);
        break;
    default:
        give_up(ask, claim, outcome);
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
    struct claim *claim = ask->operation;

    if (str_equal(replies[0].text, STR("has")))
        give_up(ask, claim, TAKEN);
    else
        reserve(ask);
}

static void after_reserve(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;

    if (str_equal(str_or_empty(reply_item(&replies[0], 0)), STR("reserved"))) {
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
