/* sync_job_end.c: our own endpoints that end or suspend a sync job, and report it to its connector
 * as elastic/connectors does by hand (API, section 10).
 *
 * The job is written first, by its state machine, and the report is made of what the job has then:
 * after a crash between the two the same call finds the job where it should be, and repeats the
 * same report. */
#include "api/common/routes.h"
#include "api/job/sync_job.h"
#include "base/instant.h"
#include "base/tree.h"
#include "store/connector/connector.h"
#include "store/job/sync_job.h"

/* clang-format off */

enum {
    END_REPORT = STATS_MEMBERS,
    SUSPEND_MEMBERS = END_REPORT + 1,
    COMPLETE_CURSOR = SUSPEND_MEMBERS,
    COMPLETE_MEMBERS = COMPLETE_CURSOR + 1
};

static const struct field report = { STR_ROW("report"), BOOLEAN };

#define END_ROWS                                                                                   \
    [STATS_DELETED]   = { &sync_job_fields[JOB_DELETED_DOCUMENT_COUNT] },                          \
    [STATS_INDEXED]   = { &sync_job_fields[JOB_INDEXED_DOCUMENT_COUNT] },                          \
    [STATS_VOLUME]    = { &sync_job_fields[JOB_INDEXED_DOCUMENT_VOLUME] },                         \
    [STATS_TOTAL]     = { &sync_job_fields[JOB_TOTAL_DOCUMENT_COUNT] },                            \
    [STATS_LAST_SEEN] = { &sync_job_fields[JOB_LAST_SEEN] },                                       \
    [STATS_METADATA]  = { &sync_job_fields[JOB_METADATA] },                                        \
    [END_REPORT]      = { &report }

static const struct member complete_members[COMPLETE_MEMBERS] = {
    END_ROWS,
    [COMPLETE_CURSOR] = { &connector_fields[SYNC_CURSOR], NULLABLE },
};
static const struct form complete_form = {
    STR_ROW("complete_connector_sync_job"), complete_members, COMPLETE_MEMBERS
};

static const struct member suspend_members[SUSPEND_MEMBERS] = { END_ROWS };
static const struct form suspend_form = {
    STR_ROW("suspend_connector_sync_job"), suspend_members, SUSPEND_MEMBERS
};

static step complete, suspend, check_end;

#define ROUTE(name, handler, form) { PUT, STR_ROW("/_lastsync/sync_job/{connector_sync_job_id}/" name), handler, form, true, check_end, .subject = &sync_job_by_sentence, .open_to = TO_REPORT, .about = ABOUT_JOB }

static const struct route routes[] = {
    ROUTE("_complete", complete, &complete_form),
    ROUTE("_suspend",  suspend,  &suspend_form),
};

/* What an endpoint makes of a job's status; NONE: it refuses. A status that stays is one that the
 * same call, or a part of it, has made before. */
#define NONE SYNC_STATUSES

struct ending {
    enum sync_status goal; /* what errors name */
    unsigned char becomes[SYNC_STATUSES];
};

static const struct ending completion = { SYNC_COMPLETED, {
    [SYNC_IN_PROGRESS] = SYNC_COMPLETED,
    [SYNC_CANCELING]   = SYNC_CANCELED, /* the worker has obeyed */
    [SYNC_COMPLETED]   = SYNC_COMPLETED,
    [SYNC_CANCELED]    = SYNC_CANCELED,
    [SYNC_ERROR]       = SYNC_ERROR, /* which `_error` leaves without an end */
    [SYNC_PENDING]     = NONE,
    [SYNC_SUSPENDED]   = NONE,
} };

static const struct ending suspension = { SYNC_SUSPENDED, {
    [SYNC_IN_PROGRESS] = SYNC_SUSPENDED,
    [SYNC_SUSPENDED]   = SYNC_SUSPENDED,
    [SYNC_CANCELING]   = NONE,
    [SYNC_CANCELED]    = NONE,
    [SYNC_COMPLETED]   = NONE,
    [SYNC_ERROR]       = NONE,
    [SYNC_PENDING]     = NONE,
} };

/* clang-format on */

const struct route_table sync_job_end_routes = { routes, COUNT_OF(routes) };

static bool wants_report(const struct call *call)
{
    return str_equal(str_or_empty(call->given[END_REPORT].text), STR("true"));
}

static const struct given *cursor_of(const struct call *call)
{
    static const struct given none = { .presence = ABSENT };

    return call->route->form == &complete_form ? &call->given[COMPLETE_CURSOR] : &none;
}

static enum progress check_end(struct call *call)
{
    struct complaints complaints = { .count = 0 };

    complain_of_id(call, &complaints);
    complain_of_counts(call, &complaints);
    if (cursor_of(call)->presence != ABSENT && !wants_report(call))
        complain(call, &complaints,
                 STR("[sync_cursor] is for the connector: [report] must be true."));
    return fail_if_any(call, &complaints);
}

/* ---- the report ---- */

/* Of the job, what its connector is told. */
enum {
    TOLD_CONNECTOR_ID,
    TOLD_TYPE,
    TOLD_STATUS,
    TOLD_ERROR,
    TOLD_COMPLETED_AT,
    TOLD_SUSPENDED_AT,
    TOLD_INDEXED,
    TOLD_DELETED,
    TOLD_FIELDS
};

static const struct field suspended_at = { STR_ROW("_suspended_at"), INSTANT };

static const struct subject reported_connector = {
    connector_read,         connector_update, /* the only place that writes a report */
    STR_ROW("connector ["), STR_ROW("] not found"), STR_ROW(""),
};

static enum progress decide_reported_cursor(struct call *call, const struct str *stored)
{
    update_set(call, &connector_fields[SYNC_CURSOR],
               update_merged(call, stored[0], cursor_of(call)->tree));
    return GO_ON;
}

static enum progress write_cursor(struct call *call)
{
    static const struct field *const read[] = { &connector_fields[SYNC_CURSOR] };
    const struct given *cursor = cursor_of(call);

    if (cursor->presence == GIVEN)
        return update_by(call, read, COUNT_OF(read), decide_reported_cursor);
    if (cursor->presence == NULLED)
        update_set(call, read[0], (struct str){ NULL, 0 });
    return update_write(call);
}

static void set_connector(struct call *call, enum connector_field field, struct str value)
{
    update_set(call, &connector_fields[field], value);
}

static enum progress write_report(struct call *call)
{
    const struct str *told, none = { NULL, 0 };
    enum sync_status status;
    bool content;
    struct str error;

    if (call->ask.outcome == MISSING)
        return fail_missing(call);
    told = call->ask.rows->values;
    status = sync_job_status(told[TOLD_STATUS]);
    content = !str_equal(told[TOLD_TYPE], sync_job_types.words[JOB_ACCESS_CONTROL]);
    error = status != SYNC_ERROR        ? none
            : told[TOLD_ERROR].len == 0 ? STR("unknown error")
                                        : told[TOLD_ERROR];
    update_begin_other(call, &reported_connector, told[TOLD_CONNECTOR_ID]);
    update_is(call, REPORT);
    set_connector(call, LAST_SYNCED,
                  status == SYNC_SUSPENDED ? told[TOLD_SUSPENDED_AT] : told[TOLD_COMPLETED_AT]);
    set_connector(call, CONNECTOR_STATUS,
                  connector_status_words[error.ptr ? STATUS_ERROR : STATUS_CONNECTED]);
    set_connector(call, ERROR, error);
    set_connector(call, content ? LAST_SYNC_STATUS : LAST_ACCESS_CONTROL_SYNC_STATUS,
                  told[TOLD_STATUS]);
    set_connector(call, content ? LAST_SYNC_ERROR : LAST_ACCESS_CONTROL_SYNC_ERROR, error);
    if (status != SYNC_SUSPENDED) {
        set_connector(call, LAST_INDEXED_DOCUMENT_COUNT, told[TOLD_INDEXED]);
        set_connector(call, LAST_DELETED_DOCUMENT_COUNT, told[TOLD_DELETED]);
    }
    return content && status == SYNC_COMPLETED ? write_cursor(call) : update_write(call);
}

static enum progress read_job(struct call *call)
{
    static const struct str told[TOLD_FIELDS] = {
        [TOLD_CONNECTOR_ID] = STR_ROW("_connector_id"),
        [TOLD_TYPE] = STR_ROW("job_type"),
        [TOLD_STATUS] = STR_ROW("status"),
        [TOLD_ERROR] = STR_ROW("error"),
        [TOLD_COMPLETED_AT] = STR_ROW("completed_at"),
        [TOLD_SUSPENDED_AT] = STR_ROW("_suspended_at"),
        [TOLD_INDEXED] = STR_ROW("indexed_document_count"),
        [TOLD_DELETED] = STR_ROW("deleted_document_count"),
    };

    ask_store(call, write_report);
    sync_job_read(&call->ask, call->id, told, TOLD_FIELDS);
    return ASKED;
}

/* ---- the job ---- */

static const struct field *const job = sync_job_fields;

static void set_times(struct call *call, enum sync_status status)
{
    struct str now = instant_write(instant_now(), call->arena);

    if (call->given[STATS_LAST_SEEN].presence != GIVEN)
        update_set(call, &job[JOB_LAST_SEEN], now);
    update_set(call, status == SYNC_SUSPENDED ? &suspended_at : &job[JOB_COMPLETED_AT], now);
    if (status == SYNC_CANCELED)
        update_set(call, &job[JOB_CANCELED_AT], now);
}

static const struct field *const decisive[] = { &sync_job_fields[JOB_STATUS],
                                                &sync_job_fields[JOB_COMPLETED_AT],
                                                &sync_job_fields[JOB_METADATA] };

static enum progress decide_end(struct call *call, const struct str *stored,
                                const struct ending *ending)
{
    enum sync_status from = sync_job_status(stored[0]), to;

    to = from == NONE ? NONE : (enum sync_status)ending->becomes[from];
    if (to == NONE)
        return fail_transition(call, stored[0], ending->goal);
    for (size_t i = STATS_DELETED; i <= STATS_LAST_SEEN; i++)
        if (call->given[i].presence == GIVEN)
            update_set(call, call->route->form->members[i].field, call->given[i].text);
    if (call->given[STATS_METADATA].presence == GIVEN)
        update_set(call, &job[JOB_METADATA],
                   update_merged(call, stored[2], call->given[STATS_METADATA].tree));
    update_set(call, &job[JOB_STATUS], sync_statuses.words[to]);
    if (to != from || (to == SYNC_ERROR && !stored[1].ptr))
        set_times(call, to);
    return GO_ON;
}

static enum progress decide_complete(struct call *call, const struct str *stored)
{
    return decide_end(call, stored, &completion);
}

static enum progress decide_suspend(struct call *call, const struct str *stored)
{
    return decide_end(call, stored, &suspension);
}

static enum progress end_job(struct call *call, decide *decider)
{
    update_begin(call);
    if (wants_report(call))
        update_then(call, read_job);
    return update_by(call, decisive, COUNT_OF(decisive), decider);
}

static enum progress complete(struct call *call)
{
    return end_job(call, decide_complete);
}

static enum progress suspend(struct call *call)
{
    return end_job(call, decide_suspend);
}
