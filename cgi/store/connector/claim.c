/* claim.c: claims and releases index names. */
#include "store/connector/claim.h"

#include "base/chance.h"
#include "base/text.h"
#include "store/connector/place.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

static struct str random_word(struct ask *ask)
{
    uint64_t words[2];

    chance_fill(words, sizeof words);
    return arena_format(ask->arena, "%llu-%llu", (unsigned long long)words[0],
                        (unsigned long long)words[1]);
}

/* Asks one of the scripts that take all three keys of a name, an id, a word and a time. */
static void ask_with_all(struct ask *ask, const struct script *script, struct str id,
                         struct str index_name, struct str word)
{
    struct str *arguments = ask_command(ask, script, 7);

    arguments[0] = STR("3");
    arguments[1] = key_index_name(ask, index_name);
    arguments[2] = key_claims(ask, index_name);
    arguments[3] = key_look(ask, index_name);
    arguments[4] = id;
    arguments[5] = word;
    arguments[6] = ask_number(ask, ask->settings->claim_time);
}

/* Asks to end a look. */
static void ask_release(struct ask *ask, struct str index_name, struct str word, bool free)
{
    struct str *arguments = ask_command(ask, &script_release, 5);

    arguments[0] = STR("2");
    arguments[1] = key_index_name(ask, index_name);
    arguments[2] = key_look(ask, index_name);
    arguments[3] = word;
    arguments[4] = free ? STR("free") : STR("keep");
}

/* ---- claiming ---- */

static void after_refusal(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, TAKEN);
}

static void after_takeover(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;

    if (str_equal(replies[0].text, STR("claimed")))
        claim->then(ask);
    else
        ask_end(ask, TAKEN);
}

static void after_look(struct ask *ask, const struct reply *replies)
{
    const struct claim *claim = ask->operation;

    if (state_has_name(place_read_state(&replies[0]), claim->index_name)) {
        ask_then(ask, after_refusal);
        ask_release(ask, claim->index_name, claim->word, false);
        return;
    }
    ask_then(ask, after_takeover);
    ask_with_all(ask, &script_takeover, claim->id, claim->index_name, claim->word);
}

static void after_claim(struct ask *ask, const struct reply *replies)
{
    struct claim *claim = ask->operation;
    struct str word = reply_item(&replies[0], 0);

    if (str_equal(word, STR("claimed"))) {
        claim->then(ask);
    } else if (str_equal(word, STR("look"))) {
        claim->holder = reply_item(&replies[0], 1);
        ask_then(ask, after_look);
        place_ask_fields(ask, claim->holder, NULL, 0);
    } else {
        ask_end(ask, TAKEN);
    }
}

void claim_start(struct ask *ask, struct str id, struct str index_name,
                 void (*then)(struct ask *ask))
{
    struct claim *claim = ask->operation;

    *claim = (struct claim){ .id = id, .index_name = index_name, .then = then };
    if (!index_name.len) {
        then(ask);
        return;
    }
    claim->word = random_word(ask);
    ask_then(ask, after_claim);
    ask_with_all(ask, &script_claim, id, index_name, claim->word);
}

void claim_settle(struct ask *ask, const struct claim *claim)
{
    struct str *arguments;

    if (!claim->index_name.len)
        return;
    arguments = ask_command(ask, &script_settle, 3);
    arguments[0] = STR("1");
    arguments[1] = key_claims(ask, claim->index_name);
    arguments[2] = claim->word;
}

/* ---- releasing ---- */

struct releasing {
    struct str id, index_name, word;
    ask_step *then;
    void *operation; /* and its state */
};

static void end_releasing(struct ask *ask)
{
    const struct releasing *releasing = ask->operation;

    ask->operation = releasing->operation;
    releasing->then(ask, NULL);
}

static void after_release(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    end_releasing(ask);
}

static void after_own_look(struct ask *ask, const struct reply *replies)
{
    const struct releasing *releasing = ask->operation;

    ask_then(ask, after_release);
    ask_release(ask, releasing->index_name, releasing->word,
                !state_has_name(place_read_state(&replies[0]), releasing->index_name));
}

static void after_hold(struct ask *ask, const struct reply *replies)
{
    const struct releasing *releasing = ask->operation;

    if (!str_equal(replies[0].text, STR("look"))) {
        end_releasing(ask);
        return;
    }
    ask_then(ask, after_own_look);
    place_ask_fields(ask, releasing->id, NULL, 0);
}

void claim_release(struct ask *ask, struct str id, struct str index_name, ask_step *then)
{
    struct releasing *releasing;

    if (!index_name.len) {
        then(ask, NULL);
        return;
    }
    releasing = arena_take(ask->arena, sizeof *releasing);
    *releasing = (struct releasing){ id, index_name, random_word(ask), then, ask->operation };
    ask->operation = releasing;
    ask_then(ask, after_hold);
    ask_with_all(ask, &script_look, id, index_name, releasing->word);
}
