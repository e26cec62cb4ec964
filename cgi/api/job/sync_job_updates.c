/* sync_job_updates.c: the endpoints that change some fields of a sync job (API, section 7.2). */
#include "api/common/routes.h"
#include "api/job/sync_job.h"
#include "base/instant.h"
#include "base/text.h"
#include "base/tree.h"

/* clang-format off */

static const struct field *const all = sync_job_fields;

static const struct member error_members[] = {
    { &sync_job_fields[JOB_ERROR], REQUIRED },
};
static const struct form error_form = {
    STR_ROW("connector_sync_job_error_request"), error_members, COUNT_OF(error_members)
};

enum { CLAIM_HOSTNAME, CLAIM_CURSOR };
static const struct member claim_members[] = {
    [CLAIM_HOSTNAME] = { &sync_job_fields[JOB_WORKER_HOSTNAME], REQUIRED },
    [CLAIM_CURSOR]   = { &connector_fields[SYNC_CURSOR] },
};
static const struct form claim_form = {
    STR_ROW("claim_connector_sync_job"), claim_members, COUNT_OF(claim_members)
};

static const struct member stats_members[STATS_MEMBERS] = {
    [STATS_DELETED]   = { &sync_job_fields[JOB_DELETED_DOCUMENT_COUNT],  REQUIRED },
    [STATS_INDEXED]   = { &sync_job_fields[JOB_INDEXED_DOCUMENT_COUNT],  REQUIRED },
    [STATS_VOLUME]    = { &sync_job_fields[JOB_INDEXED_DOCUMENT_VOLUME], REQUIRED },
    [STATS_TOTAL]     = { &sync_job_fields[JOB_TOTAL_DOCUMENT_COUNT] },
    [STATS_LAST_SEEN] = { &sync_job_fields[JOB_LAST_SEEN] },
    [STATS_METADATA]  = { &sync_job_fields[JOB_METADATA] },
};
static const struct form stats_form = {
    STR_ROW("connector_sync_job_update_ingestion_stats"), stats_members, STATS_MEMBERS
};

static step cancel, check_in, claim, change_error, change_stats, check_error, check_stats;

#define ROUTE(name, handler, form, check, missing, who, called) { PUT, STR_ROW("/_connector/_sync_job/{connector_sync_job_id}/" name), handler, form, .validate = (check), .subject = &sync_job_##missing, .open_to = (who), .about = ABOUT_JOB, .action = "sync_job/" called }

static const struct route routes[] = {
    ROUTE("_cancel",   cancel,       NULL,        check_id,    by_id,       0,         "cancel"),
    ROUTE("_check_in", check_in,     NULL,        check_id,    by_sentence, TO_REPORT, "check_in"),
    ROUTE("_claim",    claim,        &claim_form, check_id,    by_sentence, TO_REPORT, "claim"),
    ROUTE("_error",    change_error, &error_form, check_error, by_id,       TO_REPORT, "update_error"),
    ROUTE("_stats",    change_stats, &stats_form, check_stats, by_sentence, TO_REPORT, "update_stats"),
};

/* clang-format on */

const struct route_table sync_job_update_routes = { routes, COUNT_OF(routes),
                                                    .first = STR_ROW("_connector") };

/* ---- the state machine ---- */

#define TO(status) (1U << (status))

/* The statuses that may follow each status. */
static const unsigned transitions[SYNC_STATUSES] = {
    [SYNC_PENDING] = TO(SYNC_IN_PROGRESS) | TO(SYNC_CANCELED),
    [SYNC_IN_PROGRESS] =
        TO(SYNC_CANCELING) | TO(SYNC_COMPLETED) | TO(SYNC_SUSPENDED) | TO(SYNC_ERROR),
    [SYNC_SUSPENDED] = TO(SYNC_IN_PROGRESS) | TO(SYNC_CANCELED),
    [SYNC_CANCELING] = TO(SYNC_CANCELED) | TO(SYNC_ERROR),
};

/* Whether a sync job may change from one status to another (API, section 7.3). */
static bool may_become(enum sync_status from, enum sync_status to)
{
    return from < SYNC_STATUSES && (transitions[from] & TO(to));
}

enum sync_status sync_job_status(struct str word)
{
    enum sync_status status = SYNC_CANCELING;

    while (status < SYNC_STATUSES && !str_equal(str_or_empty(word), sync_status_words[status]))
        status++;
    return status;
}

enum progress fail_transition(struct call *call, struct str from, enum sync_status to)
{
    struct str reason =
        arena_format(call->arena,
                     "Invalid transition attempt from [%.*s] to [%.*s]. Such a "
                     "ConnectorSyncStatus transition is not supported by the Connector Protocol.",
                     STR_ARGS(str_or_empty(from)), STR_ARGS(sync_statuses.words[to]));

    return fail_with(call,
                     problem_new(call->arena, STATUS, reason,
                                 problem_new(call->arena, INVALID_SYNC_TRANSITION, reason, NULL)));
}

/* ---- validation ---- */

static enum progress check_error(struct call *call)
{
    return check_id_and(call, call->given[0].text.len > 0,
                        STR("[error] of the connector sync job cannot be null or empty"));
}

void complain_of_counts(struct call *call, struct complaints *complaints)
{
    for (size_t i = STATS_DELETED; i <= STATS_TOTAL; i++)
        if (call->given[i].text.len && call->given[i].text.ptr[0] == '-')
            complain(call, complaints,
                     arena_format(call->arena, "[%.*s] cannot be negative.",
                                  STR_ARGS(call->route->form->members[i].field->name)));
}

static enum progress check_stats(struct call *call)
{
    struct complaints complaints = { .count = 0 };

    complain_of_id(call, &complaints);
    complain_of_counts(call, &complaints);
    return fail_if_any(call, &complaints);
}

/* ---- handlers ---- */

static struct str now(struct call *call)
{
    return instant_write(instant_now(), call->arena);
}

static void set_status(struct call *call, enum sync_status status)
{
    update_set(call, &all[JOB_STATUS], sync_statuses.words[status]);
}

static const struct field *const status_alone[] = { &sync_job_fields[JOB_STATUS] };

static enum progress decide_cancel(struct call *call, const struct str *stored)
{
    enum sync_status from = sync_job_status(stored[0]);
    bool at_once = may_become(from, SYNC_CANCELED) && from != SYNC_CANCELING;
    struct str time = now(call);

    if (!at_once && !may_become(from, SYNC_CANCELING))
        return fail_transition(call, stored[0], SYNC_CANCELING);
    update_set(call, &all[JOB_CANCELATION_REQUESTED_AT], time);
    if (at_once) {
        update_set(call, &all[JOB_CANCELED_AT], time);
        update_set(call, &all[JOB_COMPLETED_AT], time);
    }
    set_status(call, at_once ? SYNC_CANCELED : SYNC_CANCELING);
    return GO_ON;
}

static enum progress cancel(struct call *call)
{
    update_begin(call);
    return update_by(call, status_alone, COUNT_OF(status_alone), decide_cancel);
}

static enum progress check_in(struct call *call)
{
    update_begin(call);
    update_set(call, &all[JOB_LAST_SEEN], now(call));
    return update_write(call);
}

static enum progress decide_cursor(struct call *call, const struct str *stored)
{
    struct str name = connector_fields[SYNC_CURSOR].name, merged;
    struct json_object *change = tree_new_object(call->arena), *cursor;

    tree_set(change, name, call->given[CLAIM_CURSOR].tree);
    merged = update_merged(call, stored[0], change);
    update_set(call, &all[JOB_CONNECTOR], merged);
    if (str_equal(merged, stored[0]))
        return GO_ON;
    cursor = tree_member(tree_new(merged, call->arena), name.ptr);
    return update_check_size(call, name, STR(""), tree_write(cursor, call->arena));
}

/* Works in every status: the worker has to check that (API, section 7.2). If two workers claim a
 * job, the later one gets all of it. */
static enum progress claim(struct call *call)
{
    static const struct field *const read[] = { &sync_job_fields[JOB_CONNECTOR] };
    struct str time = now(call);

    update_begin(call);
    update_set(call, &all[JOB_WORKER_HOSTNAME], call->given[CLAIM_HOSTNAME].text);
    update_set(call, &all[JOB_LAST_SEEN], time);
    update_set(call, &all[JOB_STARTED_AT], time);
    set_status(call, SYNC_IN_PROGRESS);
    if (call->given[CLAIM_CURSOR].presence == GIVEN)
        return update_by(call, read, COUNT_OF(read), decide_cursor);
    return update_write(call);
}

static enum progress decide_error(struct call *call, const struct str *stored)
{
    if (!may_become(sync_job_status(stored[0]), SYNC_ERROR))
        return fail_transition(call, stored[0], SYNC_ERROR);
    update_set(call, &all[JOB_ERROR], call->given[0].text);
    set_status(call, SYNC_ERROR);
    return GO_ON;
}

static enum progress change_error(struct call *call)
{
    update_begin(call);
    return update_by(call, status_alone, COUNT_OF(status_alone), decide_error);
}

static enum progress change_stats(struct call *call)
{
    struct given *last_seen = &call->given[STATS_LAST_SEEN];

    if (last_seen->presence != GIVEN)
        *last_seen = (struct given){ .presence = GIVEN, .text = now(call) };
    return update_document(call);
}
