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

static void after_slice(struct ask *ask, const struct reply *replies)
{
    struct tick *tick = ask->operation;

    if (replies[0].kind != REPLY_LIST || replies[0].count != 2) {
        ask_end(ask, FAULTY);
        return;
    }
    tick->looked = replies[0].items[0].number;
    tick->found = replies[0].items[1].number;
    if (tick->looked < 0 && (!tick->found || ++tick->passes == PASSES_MAX)) {
        tick->passes = 0;
        tick->shard++;
    }
    if (tick->looked < 0)
        tick->looked = tick->found = 0;
    if (tick->shard < key_shards(ask))
        ask_slice(ask);
    else
        ask_end(ask, FOUND);
}

static void after_shortening(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, NOOP);
}

/* If the key lasts longer than a tick gives it, Redis's clock has been set back since, and it would
 * last until that is made up for. */
static void after_turn(struct ask *ask, const struct reply *replies)
{
    if (replies[0].kind != REPLY_NOTHING) {
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
    struct tick *tick = arena_take_cleared(ask->arena, sizeof *tick);

    tick->now = instant_now().seconds;
    ask->operation = tick;
    ask_then(ask, after_turn);
    ASK(ask, STR("SET"), key_ticker(ask), ask_number(ask, tick->now), STR("NX"), STR("PX"),
        ask_number(ask, TICK_TURN));
    ASK(ask, STR("PTTL"), key_ticker(ask));
}
