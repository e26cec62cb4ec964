/* care_mend.c: mends what is wrong, by what the service mends it with. */
#include "store/connector/claim.h"
#include "store/connector/connector.h"
#include "store/connector/place.h"
#include "store/connector/standing.h"
#include "store/job/sync_job_place.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"
#include "store/upkeep/care.h"

struct mending {
    struct claim claim; /* first, for claim_start */
    const struct care_item *item;
    struct state state;
    struct job_state job;
    struct str former;
};

static void end_mending(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, UPDATED);
}

/* ---- places of connectors ---- */

static void after_state(struct ask *ask, const struct reply *replies)
{
    struct mending *mending = ask->operation;
    struct str id = mending->item->id;

    mending->state = place_read_state(&replies[0]);
    if (mending->item->kind == CARE_ENTRY)
        key_read_listed(mending->item->id, &mending->former, &id);
    else
        mending->former = mending->state.index_name;
    ask_then(ask, NULL);
    place_start(ask, id, &mending->state, mending->former, end_mending);
}

static void mend_place(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_state);
    place_ask_fields(ask, item->id, NULL, 0);
}

static void mend_entry(struct ask *ask, const struct care_item *item)
{
    struct str index_name, id, *arguments;

    key_read_listed(item->id, &index_name, &id);
    if (id.ptr) {
        ask_then(ask, after_state);
        place_ask_fields(ask, id, NULL, 0);
        return;
    }
    ask_then(ask, end_mending);
    arguments = ask_command(ask, NULL, 3);
    arguments[0] = STR("ZREM");
    arguments[1] = key_connectors(ask);
    arguments[2] = item->id;
}

/* ---- how they stand ---- */

static void after_place(struct ask *ask, const struct reply *replies)
{
    const struct mending *mending = ask->operation;

    if (replies[0].text.ptr)
        standing_settle(ask, mending->item->id, end_mending);
    else
        connector_update(ask, mending->item->id, TOUCH, NULL, 0, NULL, 0);
}

/* One that has no place is given one, as by an update. */
static void mend_standing(struct ask *ask, const struct care_item *item)
{
    struct str *arguments;

    ask_then(ask, after_place);
    arguments = ask_command(ask, NULL, 3);
    arguments[0] = STR("HGET");
    arguments[1] = key_connector(ask, item->id);
    arguments[2] = standing_fields[STANDING_PLACE];
}

static void mend_standing_entry(struct ask *ask, const struct care_item *item)
{
    standing_settle(ask, item->id, end_mending);
}

/* ---- index names ---- */

static void after_settling(struct ask *ask, const struct reply *replies)
{
    const struct mending *mending = ask->operation;

    if (state_has_name(place_read_state(&replies[1]), mending->claim.index_name))
        end_mending(ask, NULL);
    else
        claim_release(ask, mending->claim.id, mending->claim.index_name, end_mending);
}

static void settle_name(struct ask *ask)
{
    const struct mending *mending = ask->operation;

    ask_then(ask, after_settling);
    claim_settle(ask, &mending->claim);
    place_ask_fields(ask, mending->claim.id, NULL, 0);
}

static void after_name(struct ask *ask, const struct reply *replies)
{
    struct mending *mending = ask->operation;
    struct state state = place_read_state(&replies[0]);

    if (state.exists && !state.deleted && state.index_name.len)
        claim_start(ask, mending->item->id, state.index_name, settle_name);
    else
        end_mending(ask, NULL);
}

static void mend_name(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_name);
    place_ask_fields(ask, item->id, NULL, 0);
}

static void after_holder(struct ask *ask, const struct reply *replies)
{
    const struct mending *mending = ask->operation;

    if (replies[0].text.ptr)
        claim_release(ask, replies[0].text, mending->item->id, end_mending);
    else
        end_mending(ask, NULL);
}

static void mend_holder(struct ask *ask, const struct care_item *item)
{
    struct str *arguments;

    ask_then(ask, after_holder);
    arguments = ask_command(ask, NULL, 2);
    arguments[0] = STR("GET");
    arguments[1] = key_index_name(ask, item->id);
}

/* ---- sync jobs ---- */

static void after_job(struct ask *ask, const struct reply *replies)
{
    struct mending *mending = ask->operation;
    const struct care_item *item = mending->item;

    mending->job = job_place_read_state(&replies[0]);
    if (mending->job.exists && item->owner.ptr &&
        !str_equal(item->owner, mending->job.connector_id)) {
        ask_then(ask, end_mending);
        job_place_ask_none(ask, &item->id, 1, item->owner);
        return;
    }
    if (!mending->job.exists)
        mending->job.connector_id = item->owner;
    job_place_start(ask, item->id, &mending->job, item->status, end_mending);
}

static void mend_job(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_job);
    job_place_ask_fields(ask, item->id, NULL, 0);
}

/* ---- what belongs to a document; keys of access control ---- */

static void mend_orphan(struct ask *ask, const struct care_item *item)
{
    struct str *arguments;

    ask_then(ask, end_mending);
    arguments = ask_command(ask, &script_sweep, 3);
    arguments[0] = STR("2");
    arguments[1] = item->id;
    arguments[2] = item->key;
}

static void mend_access(struct ask *ask, const struct care_item *item)
{
    struct str *arguments;

    ask_then(ask, end_mending);
    arguments = ask_command(ask, NULL, 3);
    arguments[0] = STR("SADD");
    arguments[1] = key_access_list(ask);
    arguments[2] = item->id;
}

static void (*const mends[CARE_KINDS])(struct ask *ask, const struct care_item *item) = {
    [CARE_PLACE] = mend_place,       [CARE_ENTRY] = mend_entry,
    [CARE_STANDING] = mend_standing, [CARE_STANDING_ENTRY] = mend_standing_entry,
    [CARE_NAME] = mend_name,         [CARE_HOLDER] = mend_holder,
    [CARE_JOB] = mend_job,           [CARE_JOB_ENTRY] = mend_job,
    [CARE_ORPHAN] = mend_orphan,     [CARE_ACCESS] = mend_access,
};

bool care_can_mend(enum care_kind kind)
{
    return mends[kind] != NULL;
}

void care_mend(struct ask *ask, const struct care_item *item)
{
    struct mending *mending = arena_take_cleared(ask->arena, sizeof *mending);

    mending->item = item;
    ask->operation = mending;
    mends[item->kind](ask, item);
}
