/* place.c: keeps a connector's place in lists. */
#include "store/connector/place.h"

#include "store/schema/document.h"
#include "store/schema/scripts.h"

static const struct str state_fields[] = { STR_ROW("deleted"), STR_ROW("index_name") };

enum { STATE_FIELDS = sizeof state_fields / sizeof state_fields[0] };

void place_ask_fields(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    document_ask_fields(ask, key_connector(ask, id), state_fields, STATE_FIELDS, names, count);
}

struct state place_read_state(const struct reply *reply)
{
    struct str deleted = reply_item(reply, 0);

    return (struct state){ deleted.ptr != NULL, str_equal(str_or_empty(deleted), STR("true")),
                           str_or_empty(reply_item(reply, 1)) };
}

struct row place_read_row(struct ask *ask, struct str id, const struct reply *replies,
                          const struct str *names, size_t count)
{
    return (struct row){ .id = id,
                         .deleted = place_read_state(&replies[0]).deleted,
                         .values = document_values(ask, replies, STATE_FIELDS, names, count) };
}

struct placing {
    struct str id;
    struct state *state; /* as it was placed last */
    struct str former;   /* an index name under which it may still be listed */
    ask_step *then;      /* follows, with no replies */
    void *operation;     /* and its state */
};

bool state_equal(struct state a, struct state b)
{
    return a.exists == b.exists && a.deleted == b.deleted && str_equal(a.index_name, b.index_name);
}

bool state_has_name(struct state state, struct str index_name)
{
    return state.exists && !state.deleted && str_equal(state.index_name, index_name);
}

enum listing place_listing(struct state state)
{
    if (state.index_name.len)
        return state.deleted ? DELETED_NAMED : LIVE_NAMED;
    return state.deleted ? DELETED_UNNAMED : LIVE_UNNAMED;
}

void place_ask_relist(struct ask *ask, struct str id, struct state state, struct str former)
{
    struct str *arguments = ask_command(ask, &script_relist, 6);
    struct str member = key_listed(ask, state.index_name, id);

    arguments[0] = STR("1");
    arguments[1] = key_connectors(ask);
    arguments[2] = ask_number(ask, place_listing(state));
    arguments[3] = state.exists ? member : STR("");
    arguments[4] = key_listed(ask, former, id);
    arguments[5] = member;
}

static void after_placing(struct ask *ask, const struct reply *replies);

/* Behind what the ask holds already. */
static void place(struct ask *ask, const struct placing *placing)
{
    ask->next = after_placing;
    place_ask_relist(ask, placing->id, *placing->state, placing->former);
    place_ask_fields(ask, placing->id, NULL, 0);
}

static void after_placing(struct ask *ask, const struct reply *replies)
{
    struct placing *placing = ask->operation;
    struct state state = place_read_state(&replies[ask->command_count - 1]);

    if (!state_equal(state, *placing->state)) {
        placing->former = placing->state->index_name;
        *placing->state = state;
        ask_then(ask, after_placing);
        place(ask, placing);
        return;
    }
    ask->operation = placing->operation;
    placing->then(ask, NULL);
}

void place_start(struct ask *ask, struct str id, struct state *state, struct str former,
                 ask_step *then)
{
    struct placing *placing = arena_take(ask->arena, sizeof *placing);

    *placing = (struct placing){ id, state, former, then, ask->operation };
    ask->operation = placing;
    place(ask, placing);
}
