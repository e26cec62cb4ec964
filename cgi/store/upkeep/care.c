/* care.c: looks at what may be wrong. What mends it is in care_mend.c. */
#include "store/upkeep/care.h"

#include "base/number.h"
#include "store/connector/place.h"
#include "store/connector/standing.h"
#include "store/job/sync_job_place.h"
#include "store/schema/key.h"

/* What a look keeps between its steps. */
struct looking {
    const struct care_item *item;
    struct state state;
    struct job_state job;
    struct str values[STANDING_FIELDS];
    struct str holder;
};

static void ask_two(struct ask *ask, struct str name, struct str key)
{
    struct str *arguments = ask_command(ask, NULL, 2);

    arguments[0] = name;
    arguments[1] = key;
}

static void ask_member(struct ask *ask, struct str name, struct str key, struct str member)
{
    struct str *arguments = ask_command(ask, NULL, 3);

    arguments[0] = name;
    arguments[1] = key;
    arguments[2] = member;
}

/* Ends a look that met an error, true then. A key of a foreign type is told of for itself. */
static bool met_error(struct ask *ask, const struct reply *replies)
{
    for (size_t i = 0; i < ask->command_count; i++) {
        if (replies[i].kind != REPLY_ERROR)
            continue;
        ask_end(ask, str_starts(replies[i].text, STR("WRONGTYPE"))
                         ? NOOP
                         : (enum outcome)replies[i].number);
        return true;
    }
    return false;
}

static void end_look(struct ask *ask, bool wrong)
{
    ask_end(ask, wrong ? FOUND : NOOP);
}

/* Whether the reply to a ZSCORE is that number. */
static bool is_score(const struct reply *reply, int64_t score)
{
    int64_t number;

    return reply->text.ptr && number_truncate(reply->text, &number) == NUMBER_READ &&
           number == score;
}

/* ---- connectors ---- */

static void after_score(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;

    if (met_error(ask, replies))
        return;
    end_look(ask, state_equal(place_read_state(&replies[1]), looking->state) &&
                      !is_score(&replies[0], place_listing(looking->state)));
}

static void after_state(struct ask *ask, const struct reply *replies)
{
    struct looking *looking = ask->operation;
    const struct care_item *item = looking->item;

    if (met_error(ask, replies))
        return;
    looking->state = place_read_state(&replies[0]);
    if (!looking->state.exists) {
        end_look(ask, false);
        return;
    }
    ask_then(ask, after_score);
    ask_member(ask, STR("ZSCORE"), key_connectors(ask),
               key_listed(ask, looking->state.index_name, item->id));
    place_ask_fields(ask, item->id, NULL, 0);
}

static void look_at_place(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_state);
    place_ask_fields(ask, item->id, NULL, 0);
}

static void after_entry(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;
    struct str index_name, id;
    struct state state;

    if (met_error(ask, replies))
        return;
    key_read_listed(looking->item->id, &index_name, &id);
    state = place_read_state(&replies[1]);
    end_look(ask, replies[0].text.ptr &&
                      (!id.ptr || !state.exists || !str_equal(state.index_name, index_name)));
}

static void look_at_entry(struct ask *ask, const struct care_item *item)
{
    struct str index_name, id;

    key_read_listed(item->id, &index_name, &id);
    ask_then(ask, after_entry);
    ask_member(ask, STR("ZSCORE"), key_connectors(ask), item->id);
    place_ask_fields(ask, str_or_empty(id), NULL, 0);
}

/* ---- how they stand ---- */

static void ask_standing(struct ask *ask, struct str id)
{
    struct str *arguments = ask_command(ask, NULL, 2 + STANDING_FIELDS);

    arguments[0] = STR("HMGET");
    arguments[1] = key_connector(ask, id);
    memcpy(arguments + 2, standing_fields, sizeof standing_fields);
}

static bool is_live(const struct reply *fields)
{
    return str_equal(str_or_empty(reply_item(fields, STANDING_DELETED)), STR("false"));
}

static void after_standing(struct ask *ask, const struct reply *replies)
{
    struct looking *looking = ask->operation;

    if (met_error(ask, replies))
        return;
    for (size_t i = 0; i < STANDING_FIELDS; i++) {
        struct str value = reply_item(&replies[0], i), again = reply_item(&replies[2], i);

        if (value.ptr ? !again.ptr || !str_equal(value, again) : again.ptr != NULL) {
            end_look(ask, false); /* it moves: somebody is at it */
            return;
        }
        looking->values[i] = value;
    }
    end_look(ask,
             is_live(&replies[0]) &&
                 (!looking->values[STANDING_PLACE].ptr ||
                  !is_score(&replies[1],
                            standing_of(looking->values, 0, ask->settings, ask->arena).score)));
}

static void look_at_standing(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_standing);
    ask_standing(ask, item->id);
    ask_member(ask, STR("ZSCORE"), key_standings(ask), item->id);
    ask_standing(ask, item->id);
}

static void after_standing_entry(struct ask *ask, const struct reply *replies)
{
    if (!met_error(ask, replies))
        end_look(ask, replies[0].text.ptr && !is_live(&replies[1]));
}

static void look_at_standing_entry(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_standing_entry);
    ask_member(ask, STR("ZSCORE"), key_standings(ask), item->id);
    ask_standing(ask, item->id);
}

/* ---- index names ---- */

static void after_name_holder(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;

    if (met_error(ask, replies))
        return;
    end_look(ask, state_equal(place_read_state(&replies[1]), looking->state) &&
                      !str_equal(str_or_empty(replies[0].text), looking->item->id));
}

static void after_name(struct ask *ask, const struct reply *replies)
{
    struct looking *looking = ask->operation;

    if (met_error(ask, replies))
        return;
    looking->state = place_read_state(&replies[0]);
    if (!looking->state.exists || looking->state.deleted || !looking->state.index_name.len) {
        end_look(ask, false);
        return;
    }
    ask_then(ask, after_name_holder);
    ask_two(ask, STR("GET"), key_index_name(ask, looking->state.index_name));
    place_ask_fields(ask, looking->item->id, NULL, 0);
}

static void look_at_name(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_name);
    place_ask_fields(ask, item->id, NULL, 0);
}

static void after_holder_state(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;

    if (met_error(ask, replies))
        return;
    end_look(ask, !state_has_name(place_read_state(&replies[0]), looking->item->id) &&
                      str_equal(str_or_empty(replies[1].text), looking->holder) &&
                      !replies[2].number);
}

static void after_holder(struct ask *ask, const struct reply *replies)
{
    struct looking *looking = ask->operation;
    struct str name = looking->item->id;

    if (met_error(ask, replies))
        return;
    looking->holder = replies[0].text;
    if (!looking->holder.ptr) {
        end_look(ask, false);
        return;
    }
    ask_then(ask, after_holder_state);
    place_ask_fields(ask, looking->holder, NULL, 0);
    ask_two(ask, STR("GET"), key_index_name(ask, name));
    ask_two(ask, STR("EXISTS"), key_claims(ask, name));
}

static void look_at_holder(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_holder);
    ask_two(ask, STR("GET"), key_index_name(ask, item->id));
}

/* ---- sync jobs ---- */

static void after_job_scores(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;
    struct job_state again;
    bool wrong = false;

    if (met_error(ask, replies))
        return;
    again = job_place_read_state(&replies[ask->command_count - 1]);
    for (size_t i = 0; i + 1 < ask->command_count; i++)
        wrong |= !is_score(&replies[i], looking->job.score);
    end_look(ask, wrong && again.exists && str_equal(again.status, looking->job.status));
}

static void after_job(struct ask *ask, const struct reply *replies)
{
    static const struct str any = { NULL, 0 };
    struct looking *looking = ask->operation;
    struct str id = looking->item->id;
    const struct job_state *job = &looking->job;

    if (met_error(ask, replies))
        return;
    looking->job = job_place_read_state(&replies[0]);
    if (!job->exists) {
        end_look(ask, false);
        return;
    }
    ask_then(ask, after_job_scores);
    ask_member(ask, STR("ZSCORE"), key_sync_jobs(ask, any, any), id);
    ask_member(ask, STR("ZSCORE"), key_sync_jobs(ask, any, job->status), id);
    ask_member(ask, STR("ZSCORE"), key_sync_jobs(ask, job->connector_id, any), id);
    ask_member(ask, STR("ZSCORE"), key_sync_jobs(ask, job->connector_id, job->status), id);
    job_place_ask_fields(ask, id, NULL, 0);
}

static void look_at_job(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_job);
    job_place_ask_fields(ask, item->id, NULL, 0);
}

static void after_job_entry(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;
    const struct care_item *item = looking->item;
    struct job_state job;

    if (met_error(ask, replies))
        return;
    job = job_place_read_state(&replies[1]);
    end_look(ask, replies[0].text.ptr &&
                      (!job.exists || (item->status.ptr && !str_equal(item->status, job.status)) ||
                       (item->owner.ptr && !str_equal(item->owner, job.connector_id))));
}

static void look_at_job_entry(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_job_entry);
    ask_member(ask, STR("ZSCORE"), item->key, item->id);
    job_place_ask_fields(ask, item->id, NULL, 0);
}

static void after_owner(struct ask *ask, const struct reply *replies)
{
    if (!met_error(ask, replies))
        end_look(ask, !place_read_state(&replies[0]).exists && replies[1].number);
}

static void look_at_owner(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_owner);
    place_ask_fields(ask, item->key, NULL, 0);
    ask_two(ask, STR("EXISTS"), key_sync_job(ask, item->id));
}

/* ---- what belongs to a document; keys of access control ---- */

static void after_orphan(struct ask *ask, const struct reply *replies)
{
    if (!met_error(ask, replies))
        end_look(ask, !replies[0].number && replies[1].number);
}

static void look_at_orphan(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_orphan);
    ask_two(ask, STR("EXISTS"), item->id);
    ask_two(ask, STR("EXISTS"), item->key);
}

static void after_access(struct ask *ask, const struct reply *replies)
{
    if (!met_error(ask, replies))
        end_look(ask, !replies[0].number && replies[1].number);
}

static void look_at_access(struct ask *ask, const struct care_item *item)
{
    ask_then(ask, after_access);
    ask_member(ask, STR("SISMEMBER"), key_access_list(ask), item->id);
    ask_two(ask, STR("EXISTS"), key_access(ask, item->id));
}

typedef void look(struct ask *ask, const struct care_item *item);

void care_look(struct ask *ask, const struct care_item *item)
{
    static look *const looks[CARE_KINDS] = {
        [CARE_PLACE] = look_at_place,       [CARE_ENTRY] = look_at_entry,
        [CARE_STANDING] = look_at_standing, [CARE_STANDING_ENTRY] = look_at_standing_entry,
        [CARE_NAME] = look_at_name,         [CARE_HOLDER] = look_at_holder,
        [CARE_JOB] = look_at_job,           [CARE_JOB_ENTRY] = look_at_job_entry,
        [CARE_OWNER] = look_at_owner,       [CARE_ORPHAN] = look_at_orphan,
        [CARE_ACCESS] = look_at_access,
    };
    struct looking *looking = arena_take_cleared(ask->arena, sizeof *looking);

    looking->item = item;
    ask->operation = looking;
    ask->takes_errors = true;
    looks[item->kind](ask, item);
}
