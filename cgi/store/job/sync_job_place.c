/* sync_job_place.c: keeps a sync job's places in lists. */
#include "store/job/sync_job_place.h"

#include "base/instant.h"
#include "store/schema/document.h"

static const struct str statuses[] = {
    STR_ROW("canceling"),   STR_ROW("canceled"), STR_ROW("completed"), STR_ROW("error"),
    STR_ROW("in_progress"), STR_ROW("pending"),  STR_ROW("suspended"),
};

static const struct str types[JOB_LISTINGS] = {
    [LISTED_FULL] = STR_ROW("full"),
    [LISTED_INCREMENTAL] = STR_ROW("incremental"),
    [LISTED_ACCESS_CONTROL] = STR_ROW("access_control"),
};

enum { TYPE, CONNECTOR_ID, STATUS, CREATED_AT, STATE_FIELDS };

static const struct str state_fields[STATE_FIELDS] = {
    [TYPE] = STR_ROW("job_type"),
    [CONNECTOR_ID] = STR_ROW("_connector_id"),
    [STATUS] = STR_ROW("status"),
    [CREATED_AT] = STR_ROW("created_at"),
};

static const struct str any = { NULL, 0 };

enum { STATUSES = sizeof statuses / sizeof statuses[0] };

void job_place_ask_fields(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    document_ask_fields(ask, key_sync_job(ask, id), state_fields, STATE_FIELDS, names, count);
}

/* False for a type or a time that is none. */
static bool read_score(struct str type, struct str created_at, int64_t *score)
{
    struct instant instant;

    if (!created_at.ptr || instant_read(created_at, &instant) != INSTANT_READ)
        return false;
    for (int64_t i = 0; i < JOB_LISTINGS; i++) {
        if (!str_equal(type, types[i]))
            continue;
        *score = i * JOB_LISTING_STEP + instant.seconds * 1000 + instant.nanos / 1000000;
        return true;
    }
    return false;
}

struct job_state job_place_state_of(struct str type, struct str connector_id, struct str status,
                                    struct str created_at)
{
    struct job_state state = { .connector_id = connector_id, .status = status };

    state.exists =
        connector_id.ptr && status.ptr && read_score(str_or_empty(type), created_at, &state.score);
    return state;
}

struct job_state job_place_read_state(const struct reply *reply)
{
    return job_place_state_of(reply_item(reply, TYPE), reply_item(reply, CONNECTOR_ID),
                              reply_item(reply, STATUS), reply_item(reply, CREATED_AT));
}

struct row job_place_read_row(struct ask *ask, struct str id, const struct reply *replies,
                              const struct str *names, size_t count)
{
    return (struct row){ .id = id,
                         .values = document_values(ask, replies, STATE_FIELDS, names, count) };
}

static void ask_add(struct ask *ask, struct str id, int64_t score, struct str key)
{
    struct str *arguments = ask_command(ask, NULL, 4);

    arguments[0] = STR("ZADD");
    arguments[1] = key;
    arguments[2] = ask_number(ask, score);
    arguments[3] = id;
}

static void ask_remove(struct ask *ask, const struct str *ids, size_t count, struct str key)
{
    struct str *arguments = ask_command(ask, NULL, 2 + count);

    arguments[0] = STR("ZREM");
    arguments[1] = key;
    memcpy(arguments + 2, ids, count * sizeof *ids);
}

void job_place_ask(struct ask *ask, struct str id, struct job_state state)
{
    ask_add(ask, id, state.score, key_sync_jobs(ask, any, any));
    ask_add(ask, id, state.score, key_sync_jobs(ask, any, state.status));
    ask_add(ask, id, state.score, key_sync_jobs(ask, state.connector_id, any));
    ask_add(ask, id, state.score, key_sync_jobs(ask, state.connector_id, state.status));
}

void job_place_ask_none(struct ask *ask, const struct str *ids, size_t count,
                        struct str connector_id)
{
    ask_remove(ask, ids, count, key_sync_jobs(ask, connector_id, any));
    for (size_t i = 0; i < STATUSES; i++)
        ask_remove(ask, ids, count, key_sync_jobs(ask, connector_id, statuses[i]));
}

struct placing {
    struct str id;
    struct job_state *state; /* as it was placed last */
    struct str former;       /* a status under which it may still be listed */
    ask_step *then;          /* follows, with no replies */
    void *operation;         /* and its state */
};

static void after_placing(struct ask *ask, const struct reply *replies);

static void place(struct ask *ask, const struct placing *placing)
{
    const struct job_state *state = placing->state;

    ask_then(ask, after_placing);
    if (!state->exists) {
        job_place_ask_none(ask, &placing->id, 1, any);
        if (state->connector_id.ptr)
            job_place_ask_none(ask, &placing->id, 1, state->connector_id);
    } else {
        job_place_ask(ask, placing->id, *state);
        if (placing->former.ptr && !str_equal(placing->former, state->status)) {
            ask_remove(ask, &placing->id, 1, key_sync_jobs(ask, any, placing->former));
            ask_remove(ask, &placing->id, 1,
                       key_sync_jobs(ask, state->connector_id, placing->former));
        }
    }
    job_place_ask_fields(ask, placing->id, NULL, 0);
}

/* What has gone keeps the id of its connector, whose lists may still have it. */
static bool agree(struct job_state placed, struct job_state stored)
{
    if (!placed.exists || !stored.exists)
        return placed.exists == stored.exists;
    return placed.score == stored.score && str_equal(placed.status, stored.status) &&
           str_equal(placed.connector_id, stored.connector_id);
}

static void after_placing(struct ask *ask, const struct reply *replies)
{
    struct placing *placing = ask->operation;
    struct job_state stored = job_place_read_state(&replies[ask->command_count - 1]);

    if (!agree(*placing->state, stored)) {
        placing->former = placing->state->exists ? placing->state->status : any;
        if (!stored.exists)
            stored.connector_id = placing->state->connector_id;
        *placing->state = stored;
        place(ask, placing);
        return;
    }
    ask->operation = placing->operation;
    placing->then(ask, NULL);
}

void job_place_start(struct ask *ask, struct str id, struct job_state *state, struct str former,
                     ask_step *then)
{
    struct placing *placing = arena_take(ask->arena, sizeof *placing);

    *placing = (struct placing){ id, state, former, then, ask->operation };
    ask->operation = placing;
    place(ask, placing);
}
