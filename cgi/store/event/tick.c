/* tick.c: tells the events that time alone causes, shard by shard. */
#include "store/event/tick.h"

#include "base/instant.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum {
    PASSES_MAX = 5, /* through a shard, in a tick; the next tick begins anew again */
    TICK_TURN = TICK_MILLISECONDS - TICK_MILLISECONDS / 10 /* that nobody else begins one */
};

struct tick {
    int64_t now;
    unsigned shard, passes;
    int64_t looked, found; /* connectors, in the slices of this pass: see tick.lua */
    enum outcome outcome;
};

static void after_slice(struct ask *ask, const struct reply *replies);

static void ask_slice(struct ask *ask)
{
    const struct tick *tick = ask->operation;

    ask_then(ask, after_slice);
    ASK_SCRIPT(ask, &script_tick, key_standings(ask, tick->shard), key_prefix(ask, tick->shard),
               ask_number(ask, tick->now), ask_number(ask, ask->settings->events),
               ask_number(ask, tick->looked), ask_number(ask, TICK_SLICE),
               ask_number(ask, ask->settings->max_age), ask_number(ask, TICK_OVERLAP),
               ask_number(ask, tick->found));
}

/* Whether the tick is done with the shard after a slice of it. */
static bool take_slice(struct tick *tick, const struct reply *reply)
{
    bool is_last;

    if (reply->kind != REPLY_LIST || reply->count != 2) {
        tick->outcome = reply->kind == REPLY_ERROR ? (enum outcome)reply->number : FAULTY;
        tick->looked = tick->found = 0;
        return true;
    }
    tick->looked = reply->items[0].number;
    tick->found = reply->items[1].number;
    if (tick->looked >= 0)
        return false;
    is_last = !tick->found || ++tick->passes == PASSES_MAX;
    tick->looked = tick->found = 0;
    return is_last;
}

static void after_slice(struct ask *ask, const struct reply *replies)
{
    struct tick *tick = ask->operation;

    if (take_slice(tick, &replies[0])) {
        tick->passes = 0;
        tick->shard++;
    }
    if (tick->shard < key_shards(ask))
        ask_slice(ask);
    else
        ask_end(ask, tick->outcome);
}

static void after_shortening(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, NOOP);
}

/* If the node of the key is away, each worker that asks runs a tick for the others. If the key
 * lasts longer than a tick gives it, Redis's clock has been set back since, and it would last until
 * that is made up for. */
static void after_turn(struct ask *ask, const struct reply *replies)
{
    if (replies[0].kind == REPLY_ERROR && replies[0].text.ptr) {
        ask_end(ask, (enum outcome)replies[0].number);
    } else if (replies[0].kind != REPLY_NOTHING) {
        ask_slice(ask);
    } else if (replies[1].number <= TICK_TURN) {
        ask_end(ask, NOOP);
    } else {
        ask_then(ask, after_shortening);
        ASK(ask, STR("PEXPIRE"), key_ticker(ask), ask_number(ask, TICK_TURN));
    }
}

void tick_tell(struct ask *ask)
{
    struct tick *tick = arena_take(ask->arena, sizeof *tick);

    *tick = (struct tick){ .now = instant_now().seconds, .outcome = FOUND };
    ask->operation = tick;
    ask->takes_parts = true;
    ask_then(ask, after_turn);
    ASK(ask, STR("SET"), key_ticker(ask), ask_number(ask, tick->now), STR("NX"), STR("PX"),
        ask_number(ask, TICK_TURN));
    ASK(ask, STR("PTTL"), key_ticker(ask));
}
