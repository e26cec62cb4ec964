/* sync_job_end.c: our own endpoints that end or suspend a sync job, and report it to its connector
 * as elastic/connectors does by hand (API, section 10).
 *
 * The job changes by its state machine, and the report is made from the changed job. If job and
 * connector are in one shard, one step writes both; else the job is written first. After a crash
 * between the two, a repeated call finds the job in its new status, and repeats the report. */
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

/* The status that an endpoint gives to a job of each status; NONE: it refuses. A status that stays
 * was set by an earlier call, or by a part of it. */
#define NONE SYNC_STATUSES

struct ending {
    enum sync_status goal; /* the status that errors name */
    unsigned char becomes[SYNC_STATUSES];
};

static const struct ending completion = { SYNC_COMPLETED, {
    [SYNC_IN_PROGRESS] = SYNC_COMPLETED,
    [SYNC_CANCELING]   = SYNC_CANCELED, /* the worker has done what it was asked to */
    [SYNC_COMPLETED]   = SYNC_COMPLETED,
    [SYNC_CANCELED]    = SYNC_CANCELED,
    [SYNC_ERROR]       = SYNC_ERROR, /* `_error` has set the status, but no time of the end */
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

const struct route_table sync_job_end_routes = { routes, COUNT_OF(routes),
                                                 .first = STR_ROW("_lastsync") };

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

/* ---- the job ---- */

/* The job's fields that the new status depends on, and those that are reported to its connector. */
enum {
    OF_STATUS,
    OF_COMPLETED_AT,
    OF_CANCELED_AT,
    OF_METADATA,
    OF_CONNECTOR_ID,
    OF_TYPE,
    OF_ERROR,
    OF_SUSPENDED_AT,
    OF_INDEXED,
    OF_DELETED,
    OF_STARTED_AT,
    READ_FIELDS
};

static const struct field connector_id = { STR_ROW("_connector_id"), STRING };
static const struct field suspended_at = { STR_ROW("_suspended_at"), INSTANT };

static const struct field *const read_fields[READ_FIELDS] = {
    [OF_STATUS] = &sync_job_fields[JOB_STATUS],
    [OF_COMPLETED_AT] = &sync_job_fields[JOB_COMPLETED_AT],
    [OF_CANCELED_AT] = &sync_job_fields[JOB_CANCELED_AT],
    [OF_METADATA] = &sync_job_fields[JOB_METADATA],
    [OF_CONNECTOR_ID] = &connector_id,
    [OF_TYPE] = &sync_job_fields[JOB_TYPE],
    [OF_ERROR] = &sync_job_fields[JOB_ERROR],
    [OF_SUSPENDED_AT] = &suspended_at,
    [OF_INDEXED] = &sync_job_fields[JOB_INDEXED_DOCUMENT_COUNT],
    [OF_DELETED] = &sync_job_fields[JOB_DELETED_DOCUMENT_COUNT],
    [OF_STARTED_AT] = &sync_job_fields[JOB_STARTED_AT],
};

static const struct field *const job = sync_job_fields;

/* Sets the times of an end at the time of the request. A job that was canceled before keeps the
 * time of that; it is absent otherwise. */
static void set_times(struct call *call, enum sync_status status, struct str now,
                      struct str canceled_at)
{
    if (call->given[STATS_LAST_SEEN].presence != GIVEN)
        update_set(call, &job[JOB_LAST_SEEN], now);
    update_set(call, status == SYNC_SUSPENDED ? &suspended_at : &job[JOB_COMPLETED_AT], now);
    if (status == SYNC_CANCELED && !canceled_at.ptr)
        update_set(call, &job[JOB_CANCELED_AT], now);
}

/* ---- the report ---- */

enum { REPORTED_MAX = 8 };

struct reporting {
    struct sync_job_end end;
    struct pair reports[REPORTED_MAX], cursor; /* as it was read */
};

static void report_field(struct reporting *reporting, enum connector_field field, struct str value)
{
    reporting->reports[reporting->end.report_count++] =
        (struct pair){ connector_names[field], value };
}

/* Gives a count from the call or, if absent there, from the job. */
static struct str count_of(const struct call *call, size_t given, struct str stored)
{
    return call->given[given].presence == GIVEN ? call->given[given].text : stored;
}

/* The fields that elastic/connectors writes into a connector after a sync. */
static void make_report(struct call *call, const struct str *stored, enum sync_status status,
                        struct str ended_at)
{
    static const struct str none = { NULL, 0 };
    struct reporting *reporting = update_state(call);
    bool content = !str_equal(stored[OF_TYPE], sync_job_type_words[JOB_ACCESS_CONTROL]);
    struct str error = status != SYNC_ERROR   ? none
                       : stored[OF_ERROR].len ? stored[OF_ERROR]
                                              : STR("unknown error");

    reporting->end.report_count = 0;
    reporting->end.reports_over_count = 0;
    reporting->end.id = call->id;
    reporting->end.connector_id = stored[OF_CONNECTOR_ID];
    report_field(reporting, LAST_SYNCED, ended_at);
    report_field(reporting, CONNECTOR_STATUS,
                 connector_status_words[error.ptr ? STATUS_ERROR : STATUS_CONNECTED]);
    report_field(reporting, ERROR, error);
    report_field(reporting, content ? LAST_SYNC_STATUS : LAST_ACCESS_CONTROL_SYNC_STATUS,
                 sync_status_words[status]);
    report_field(reporting, content ? LAST_SYNC_ERROR : LAST_ACCESS_CONTROL_SYNC_ERROR, error);
    if (status != SYNC_SUSPENDED) {
        report_field(reporting, LAST_INDEXED_DOCUMENT_COUNT,
                     count_of(call, STATS_INDEXED, stored[OF_INDEXED]));
        report_field(reporting, LAST_DELETED_DOCUMENT_COUNT,
                     count_of(call, STATS_DELETED, stored[OF_DELETED]));
    }
}

static enum progress got_cursor(struct call *call)
{
    struct reporting *reporting = update_state(call);
    const struct str name = connector_names[SYNC_CURSOR];

    enum progress progress = GO_ON;

    if (call->ask.outcome == FOUND && !call->ask.rows->deleted) {
        struct str stored = call->ask.rows->values[0];
        struct str merged = update_merged(call, stored, cursor_of(call)->tree);

        reporting->cursor = (struct pair){ name, stored };
        reporting->end.reports_over = &reporting->cursor;
        reporting->end.reports_over_count = 1;
        report_field(reporting, SYNC_CURSOR, merged);
        progress = update_check_size(call, name, stored, merged);
    }
    return progress == GO_ON ? update_write(call) : progress;
}

/* Continues with the cursor, which is merged into the connector's. */
static enum progress read_cursor(struct call *call)
{
    const struct reporting *reporting = update_state(call);

    ask_store(call, got_cursor);
    connector_read(&call->ask, reporting->end.connector_id, &connector_names[SYNC_CURSOR], 1);
    return ASKED;
}

static enum progress decide_cursor(struct call *call, const struct str *stored,
                                   enum sync_status status)
{
    const struct given *cursor = cursor_of(call);

    if (status != SYNC_COMPLETED ||
        str_equal(stored[OF_TYPE], sync_job_type_words[JOB_ACCESS_CONTROL]))
        return GO_ON;
    if (cursor->presence == GIVEN)
        return read_cursor(call);
    if (cursor->presence == NULLED)
        report_field(update_state(call), SYNC_CURSOR, (struct str){ NULL, 0 });
    return GO_ON;
}

static void write_both(struct call *call, const struct pair *changes, size_t count,
                       const struct pair *expected, size_t expected_count)
{
    struct reporting *reporting = update_state(call);

    reporting->end.changes = changes;
    reporting->end.change_count = count;
    reporting->end.expected = expected;
    reporting->end.expected_count = expected_count;
    reporting->end.reports = reporting->reports;
    sync_job_finish(&call->ask, &reporting->end);
}

static enum progress wrote_both(struct call *call)
{
    const struct reporting *reporting = update_state(call);

    if (!reporting->end.is_reported)
        return fail(call, 404, RESOURCE_NOT_FOUND, "connector [%.*s] not found",
                    STR_ARGS(reporting->end.connector_id));
    return respond_result(call, call->changed || reporting->end.is_changed ? STR("updated")
                                                                           : STR("noop"));
}

/* ---- both ---- */

/* Whether a stored time is before another one; an absent one is not. */
static bool is_before(struct str time, struct str other)
{
    struct instant a, b;

    return other.ptr && instant_read(time, &a) == INSTANT_READ &&
           instant_read(other, &b) == INSTANT_READ &&
           (a.seconds < b.seconds || (a.seconds == b.seconds && a.nanos < b.nanos));
}

static enum progress decide_end(struct call *call, const struct str *stored,
                                const struct ending *ending)
{
    struct str now = instant_write(instant_now(), call->arena), ended_at;
    struct str started_at = stored[OF_STARTED_AT];
    enum sync_status from = sync_job_status(stored[OF_STATUS]), to;
    enum progress progress = GO_ON;

    to = from == NONE ? NONE : (enum sync_status)ending->becomes[from];
    if (to == NONE)
        return fail_transition(call, stored[OF_STATUS], ending->goal);
    if (is_before(now,
                  started_at)) /* by a clock that was set back; else a repeat would end it anew */
        now = started_at;
    for (size_t i = STATS_DELETED; i <= STATS_LAST_SEEN; i++)
        if (call->given[i].presence == GIVEN)
            update_set(call, call->route->form->members[i].field, call->given[i].text);
    update_set(call, &job[JOB_STATUS], sync_status_words[to]);
    ended_at = stored[to == SYNC_SUSPENDED ? OF_SUSPENDED_AT : OF_COMPLETED_AT];
    /* `_error`, and an `_update` of the system index, set the status without the time; a job may be
     * claimed again after its end. */
    if (to != from || !ended_at.ptr || is_before(ended_at, started_at)) {
        set_times(call, to, now, to == from ? stored[OF_CANCELED_AT] : (struct str){ NULL, 0 });
        ended_at = now;
    }
    if (call->given[STATS_METADATA].presence == GIVEN)
        progress = update_set_object(
            call, &job[JOB_METADATA], stored[OF_METADATA],
            update_merged(call, stored[OF_METADATA], call->given[STATS_METADATA].tree));
    if (progress != GO_ON || !wants_report(call))
        return progress;
    make_report(call, stored, to, ended_at);
    return decide_cursor(call, stored, to);
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
        update_through(call, write_both, wrote_both,
                       arena_take_cleared(call->arena, sizeof(struct reporting)));
    return update_by(call, read_fields, COUNT_OF(read_fields), decider);
}

static enum progress complete(struct call *call)
{
    return end_job(call, decide_complete);
}

static enum progress suspend(struct call *call)
{
    return end_job(call, decide_suspend);
}
