/* sync_job.c: the operations on sync jobs, as chains of commands. */
#include "store/job/sync_job.h"

#include "store/job/sync_job_place.h"
#include "store/schema/document.h"

enum { DELETED_AT_ONCE = 100 };

const struct str sync_job_connector_id = STR_ROW("_connector_id");

static const struct str none = { NULL, 0 };

static struct str value_of(const struct pair *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(fields[i].name, name))
            return fields[i].value;
    return none;
}

/* ---- read ---- */

void sync_job_read(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    static const struct document_reader reader = { job_place_ask_fields, job_place_read_row };

    document_read(ask, &reader, id, names, count);
}

/* ---- what changes a job's places: its creation, its end, and another status ---- */

struct moving {
    struct str id;
    struct job_state state; /* as it is to be listed, then as it is */
    struct str former;      /* the status that it had; absent for none */
    const struct pair *changes, *expected;
    size_t count, expected_count;
    struct str expected_status; /* by the caller; absent for any */
    enum outcome outcome;
};

static struct moving *start_moving(struct ask *ask, struct str id)
{
    struct moving *moving = arena_take_cleared(ask->arena, sizeof *moving);

    moving->id = id;
    ask->operation = moving;
    return moving;
}

static void end_moving(struct ask *ask, const struct reply *replies)
{
    const struct moving *moving = ask->operation;

    (void)replies;
    ask_end(ask, moving->outcome);
}

/* ---- create ---- */

static void after_create(struct ask *ask, const struct reply *replies)
{
    struct moving *moving = ask->operation;

    (void)replies;
    moving->outcome = CREATED;
    job_place_start(ask, moving->id, &moving->state, none, end_moving);
}

void sync_job_create(struct ask *ask, struct str id, const struct pair *fields, size_t count)
{
    struct moving *moving = start_moving(ask, id);

    moving->state = job_place_state_of(
        value_of(fields, count, STR("job_type")), value_of(fields, count, sync_job_connector_id),
        value_of(fields, count, STR("status")), value_of(fields, count, STR("created_at")));
    ask_then(ask, after_create);
    job_place_ask(ask, id, moving->state);
    document_ask_update(ask, (struct document){ key_sync_job(ask, id), STR("") }, fields, count,
                        NULL, 0);
}

/* ---- update ---- */

static void look(struct ask *ask);

/* The status from which the job was to be moved is no longer its own. Unless that is for the caller
 * to know, it is moved from the one that it has. */
static void move_again(struct ask *ask, const struct reply *replies)
{
    const struct moving *moving = ask->operation;

    if (moving->outcome == CHANGED && !moving->expected_status.ptr &&
        !str_equal(moving->former, moving->state.status) && moving->state.exists)
        look(ask);
    else
        end_moving(ask, replies);
}

/* The places of a job that was not moved: it may have been listed as if it were. */
static void after_second_look(struct ask *ask, const struct reply *replies)
{
    struct moving *moving = ask->operation;
    struct job_state stored = job_place_read_state(&replies[0]);
    struct str listed = moving->state.status;

    if (!stored.exists)
        stored.connector_id = moving->state.connector_id;
    moving->state = stored;
    job_place_start(ask, moving->id, &moving->state, listed, move_again);
}

static void after_move(struct ask *ask, const struct reply *replies)
{
    struct moving *moving = ask->operation;

    moving->outcome = document_outcome(replies[ask->command_count - 1].text);
    if (moving->outcome == UPDATED || moving->outcome == NOOP) {
        job_place_start(ask, moving->id, &moving->state, moving->former, end_moving);
        return;
    }
    ask_then(ask, after_second_look);
    job_place_ask_fields(ask, moving->id, NULL, 0);
}

static struct document document_of(struct ask *ask, struct str id)
{
    return (struct document){ key_sync_job(ask, id), STR("job_type") };
}

/* What the caller expects, and the status from which the job is moved, so that the list of this
 * status is the one to take it out of. */
static const struct pair *all_expected(struct ask *ask, const struct moving *moving)
{
    size_t count = moving->expected_count;
    struct pair *expected = arena_take(ask->arena, (count + 1) * sizeof *expected);

    if (count)
        memcpy(expected, moving->expected, count * sizeof *expected);
    expected[count] = (struct pair){ STR("status"), moving->former };
    return expected;
}

static void after_look(struct ask *ask, const struct reply *replies)
{
    struct moving *moving = ask->operation;

    moving->state = job_place_read_state(&replies[0]);
    if (!moving->state.exists) {
        ask_end(ask, MISSING);
        return;
    }
    moving->former = moving->state.status;
    moving->state.status = value_of(moving->changes, moving->count, STR("status"));
    ask_then(ask, after_move);
    job_place_ask(ask, moving->id, moving->state);
    document_ask_update(ask, document_of(ask, moving->id), moving->changes, moving->count,
                        all_expected(ask, moving), moving->expected_count + 1);
}

static void look(struct ask *ask)
{
    const struct moving *moving = ask->operation;

    ask_then(ask, after_look);
    job_place_ask_fields(ask, moving->id, NULL, 0);
}

void sync_job_update(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                     const struct pair *expected, size_t expected_count)
{
    struct moving *moving;

    if (!value_of(changes, count, STR("status")).ptr) {
        document_update(ask, document_of(ask, id), changes, count, expected, expected_count);
        return;
    }
    moving = start_moving(ask, id);
    moving->changes = changes;
    moving->count = count;
    moving->expected = expected;
    moving->expected_count = expected_count;
    moving->expected_status = value_of(expected, expected_count, STR("status"));
    look(ask);
}

/* ---- delete ---- */

static void after_removal(struct ask *ask, const struct reply *replies)
{
    struct moving *moving = ask->operation;

    moving->outcome = replies[0].number ? DELETED : MISSING;
    moving->state.exists = false;
    job_place_start(ask, moving->id, &moving->state, none, end_moving);
}

static void ask_removal(struct ask *ask, struct str id)
{
    struct str *arguments = ask_command(ask, NULL, 3);

    arguments[0] = STR("DEL");
    arguments[1] = key_sync_job(ask, id);
    arguments[2] = key_secrets(ask, arguments[1]);
}

static void after_last_look(struct ask *ask, const struct reply *replies)
{
    struct moving *moving = ask->operation;

    moving->state = job_place_read_state(&replies[0]);
    if (!reply_item(&replies[0], 0).ptr) {
        ask_end(ask, MISSING);
        return;
    }
    ask_then(ask, after_removal);
    ask_removal(ask, moving->id);
}

void sync_job_delete(struct ask *ask, struct str id)
{
    (void)start_moving(ask, id);
    ask_then(ask, after_last_look);
    job_place_ask_fields(ask, id, NULL, 0);
}

/* ---- delete the jobs of a connector ---- */

static void after_removals(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, DELETED);
}

static void after_some(struct ask *ask, const struct reply *replies)
{
    const struct str *connector_id = ask->operation;
    size_t count = replies[0].count;
    struct str *ids = arena_take(ask->arena, (count + 1) * sizeof *ids);

    if (!count) {
        ask_end(ask, NOOP);
        return;
    }
    ask_then(ask, after_removals);
    for (size_t i = 0; i < count; i++) {
        ids[i] = reply_item(&replies[0], i);
        ask_removal(ask, ids[i]);
    }
    job_place_ask_none(ask, ids, count, none);
    job_place_ask_none(ask, ids, count, *connector_id);
}

void sync_job_delete_some(struct ask *ask, struct str connector_id)
{
    struct str *kept = arena_take(ask->arena, sizeof *kept);
    struct str *arguments;

    *kept = connector_id;
    ask->operation = kept;
    ask_then(ask, after_some);
    arguments = ask_command(ask, NULL, 4);
    arguments[0] = STR("ZRANGE");
    arguments[1] = key_sync_jobs(ask, connector_id, none);
    arguments[2] = STR("0");
    arguments[3] = ask_number(ask, DELETED_AT_ONCE - 1);
}
