/* tick.c: tells the events that time alone causes, shard by shard. */
#include "store/event/tick.h"

#include "base/instant.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

struct tick {
    int64_t now;
    unsigned shard;
    int64_t looked; /* connectors, in the slices of this shard */
};

static void after_slice(struct ask *ask, const struct reply *replies);

static void ask_slice(struct ask *ask)
{
    const struct tick *tick = ask->operation;

    ask_then(ask, after_slice);
    ASK_SCRIPT(ask, &script_tick, key_standings(ask, tick->shard), key_prefix(ask, tick->shard),
               ask_number(ask, tick->now), ask_number(ask, ask->settings->events),
               ask_number(ask, tick->looked), ask_number(ask, TICK_SLICE),
               ask_number(ask, ask->settings->max_age), ask_number(ask, TICK_OVERLAP));
}

static void after_slice(struct ask *ask, const struct reply *replies)
{
    struct tick *tick = ask->operation;

    tick->looked = replies[0].number;
    if (tick->looked < 0) {
        tick->looked = 0;
        tick->shard++;
    }
    if (tick->shard < key_shards(ask))
        ask_slice(ask);
    else
        ask_end(ask, FOUND);
}

static void after_turn(struct ask *ask, const struct reply *replies)
{
    if (replies[0].kind == REPLY_NOTHING)
        ask_end(ask, NOOP);
    else
        ask_slice(ask);
}

void tick_tell(struct ask *ask)
{
    struct tick *tick = arena_take_cleared(ask->arena, sizeof *tick);

    tick->now = instant_now().seconds;
    ask->operation = tick;
    ask_then(ask, after_turn);
    ASK(ask, STR("SET"), key_ticker(ask), ask_number(ask, tick->now), STR("NX"), STR("PX"),
        ask_number(ask, TICK_MILLISECONDS - TICK_MILLISECONDS / 10));
}
