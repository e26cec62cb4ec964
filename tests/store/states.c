/* states.c: tests what reports write besides their fields, the states that follow from it, and
 * overviews of them. */
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "groups.h"
#include "sound.h"
#include "store/connector/failures.h"
#include "store/connector/state.h"
#include "store/schema/fields.h"
#include "store/upkeep/whole.h"

static enum outcome report(const char *id, const struct pair *changes, size_t count)
{
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), REPORT, changes, count, NULL, 0);
    return world_run(world.stores[0], ask);
}

static enum outcome report_status(const char *id, const char *status)
{
    struct ask *ask = world_ask();

    world_ask_report(ask, str_from(id), str_from(status));
    return world_run(world.stores[0], ask);
}

#define REPORT_OF(id, ...)                                                                         \
    report(id, (const struct pair[]){ __VA_ARGS__ },                                               \
           COUNT_OF(((const struct pair[]){ __VA_ARGS__ })))
#define PAIR(name, value) { STR_ROW(name), STR_ROW(value) }
#define NO_PAIR(name)     { STR_ROW(name), { NULL, 0 } }
#define FIELD(name)       REDIS("HGET %b " name, CONNECTOR("c1"))

/* ---- the stored data, and the score in `standings` ---- */

static const int64_t class_size = INT64_C(1) << 40;

enum class {
    IN_FAILING,
    IN_FAILING_RUNNING,
    IN_LATE_RUNNING,
    IN_FIRST_RUNNING,
    IN_FRESH_RUNNING,
    IN_DISABLED_RUNNING,
    IN_SYNCED,
    IN_NEVER_SYNCED,
    IN_DISABLED
};

static int64_t number_of(struct str text)
{
    int64_t number;

    assert_int_equal(number_truncate(str_or_empty(text), &number), NUMBER_READ);
    return number;
}

static int64_t score_of(const char *id)
{
    return number_of(REDIS("ZSCORE %b %s", LIST_OF(key_standings, id), id));
}

static enum connector_state state_at(const char *id, int64_t now)
{
    return state_of(score_of(id), now);
}

static int64_t millis_of(struct str datetime)
{
    struct instant instant;

    assert_int_equal(instant_read(datetime, &instant), INSTANT_READ);
    return instant.seconds * 1000 + instant.nanos / 1000000;
}

static int64_t second_of(struct str datetime)
{
    return millis_of(datetime) / 1000;
}

/* Sets the schedules, as the endpoint for them does. */
static void schedule(const char *id, struct str scheduling)
{
    struct str success = REDIS("HGET %b _last_success", CONNECTOR(id));
    struct str access = REDIS("HGET %b _access_control_last_success", CONNECTOR(id));
    struct state_plan plan =
        state_plan(scheduling, success, access, instant_now().seconds, world.arena);
    const struct pair changes[] = {
        { STR("scheduling"), scheduling },
        { STR("_paused"), plan.paused },
        { STR("_next_syncs"), plan.next },
        { STR("_access_control_next_syncs"), plan.access_next },
    };
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), SETTLE, changes, COUNT_OF(changes), NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
}

#define SCHEDULE(kind, enabled, interval)                                                          \
    "{\"" kind "\":{\"enabled\":" enabled ",\"interval\":\"" interval "\"}}"
#define DAILY        SCHEDULE("full", "true", "0 0 0 * * ?")
#define ACCESS_DAILY SCHEDULE("access_control", "true", "0 0 0 * * ?")
#define OFF          SCHEDULE("full", "false", "0 0 0 * * ?")

enum { DAY = 86400, GRACE = 600, LOST_AFTER = 480 };

/* ---- the whole table: each status after each pair of others, compared with the rules ----
 *
 * The model is written from the rules alone: a connector is judged by the last sync of each kind
 * that has ended, and runs beside that. */

enum { NO_STATUS = SYNC_STATUSES };

static bool has_ended(int status)
{
    return status == SYNC_COMPLETED || status == SYNC_ERROR || status == SYNC_CANCELED ||
           status == SYNC_SUSPENDED;
}

static bool is_running(int status)
{
    return status == SYNC_IN_PROGRESS || status == SYNC_CANCELING;
}

struct kind_model {
    int status;
    bool error; /* whether the error's field has a text */
    int ended;  /* while another sync runs: how the last one ended; NO_STATUS: none did */
    bool ended_error;
    bool is_cleared; /* the status was cleared: the last end is not shown */
    int failures;    /* -1: not known */
    int64_t success; /* in milliseconds; -1: none */
    int64_t began;   /* the same, of the running sync */
    unsigned entries;
};

struct model {
    struct kind_model kinds[2];
    bool synced; /* whether last_synced was set */
    int64_t failing_since;
    int64_t heard;   /* milliseconds: the last report */
    int64_t planned; /* the same: when the schedules were set */
    enum { UNSCHEDULED, CONTENT_SCHEDULED, ACCESS_SCHEDULED, SWITCHED_OFF, PLANS } plan;
};

static void model_end(struct kind_model *kind, int status, int64_t success)
{
    kind->entries++;
    kind->began = -1;
    kind->is_cleared = false;
    if (status == SYNC_COMPLETED) {
        kind->success = success > kind->success ? success : kind->success;
        kind->failures = 0;
    } else if (status == SYNC_ERROR) {
        kind->failures = kind->failures < 0 ? 1 : kind->failures + 1;
    }
}

static void model_try(struct kind_model *kind, int status, int64_t now)
{
    if (has_ended(kind->status)) {
        kind->ended = kind->status;
        kind->ended_error = kind->error;
    }
    if (status == SYNC_IN_PROGRESS && kind->began < 0)
        kind->began = now;
    if (!is_running(status))
        kind->began = -1;
    if (status == NO_STATUS) {
        kind->failures = -1;
        kind->is_cleared = true;
    }
}

/* Notes the report of a status, and for a success the time of the sync (-1: none); false if that is
 * nothing new. */
static bool model_report(struct model *model, unsigned kind, int status, int64_t synced,
                         int64_t now)
{
    struct kind_model *own = &model->kinds[kind];
    bool error = status == SYNC_ERROR || (status != SYNC_COMPLETED && own->error);
    bool is_synced = status == SYNC_COMPLETED && synced >= 0;
    bool newly_synced = is_synced && !model->synced;

    if (status == own->status && error == own->error && !newly_synced)
        return false;
    model->synced |= is_synced;
    model->heard = now;
    if (!has_ended(status))
        model_try(own, status, now);
    else if (status != own->status || newly_synced)
        model_end(own, status, is_synced ? synced : now);
    own->status = status;
    own->error = error;
    if (model->kinds[0].failures < 1 && model->kinds[1].failures < 1)
        model->failing_since = -1;
    else if (model->failing_since < 0)
        model->failing_since = now / 1000;
    return true;
}

static int64_t next_midnight(int64_t millis)
{
    return (millis / 1000 / DAY + 1) * DAY;
}

/* When the connector will be late; -1: never. */
static int64_t model_due(const struct model *model)
{
    int64_t success = model->kinds[0].success, access = model->kinds[1].success;

    if (model->plan == SWITCHED_OFF)
        return -1;
    if (model->plan == ACCESS_SCHEDULED && access >= 0)
        return next_midnight(access) + GRACE;
    if (model->plan == CONTENT_SCHEDULED)
        return next_midnight(success < 0 ? model->planned : success) + GRACE;
    return success < 0 ? -1 : success / 1000 + DAY;
}

static int64_t model_score(const struct model *model)
{
    bool runs = is_running(model->kinds[0].status) || is_running(model->kinds[1].status);
    int64_t heard = model->heard / 1000, lost = heard / 60 * 60 + LOST_AFTER;

    if (model->plan == SWITCHED_OFF)
        return runs ? IN_DISABLED_RUNNING * class_size + lost : IN_DISABLED * class_size;
    if (model->failing_since >= 0)
        return (runs ? IN_FAILING_RUNNING : IN_FAILING) * class_size + model->failing_since;
    if (model->kinds[0].success < 0)
        return runs ? IN_FIRST_RUNNING * class_size + lost : IN_NEVER_SYNCED * class_size;
    if (!runs)
        return IN_SYNCED * class_size + model_due(model);
    return (heard >= model_due(model) ? IN_LATE_RUNNING : IN_FRESH_RUNNING) * class_size + lost;
}

enum { COMPARED_OF_KIND = 4, FAILING_SINCE_AT = 2 * COMPARED_OF_KIND, DUE_AT_AT };

static const enum connector_field compared[] = {
    CONSECUTIVE_FAILURES,
    LAST_SUCCESS,
    SYNC_STARTED_AT,
    ENDED,
    ACCESS_CONTROL_CONSECUTIVE_FAILURES,
    ACCESS_CONTROL_LAST_SUCCESS,
    ACCESS_CONTROL_SYNC_STARTED_AT,
    ACCESS_CONTROL_ENDED,
    [FAILING_SINCE_AT] = FAILING_SINCE,
    [DUE_AT_AT] = DUE_AT,
};

/* A number that is not stored is -1. */
static void check_number(struct str text, int64_t expected)
{
    if (expected < 0)
        assert_same(str_or_empty(text), STR(""));
    else
        assert_int_equal(number_of(text), expected);
}

static void check_kind(const struct kind_model *kind, const struct str *values)
{
    check_number(values[0], kind->failures);
    assert_int_equal(values[1].ptr ? millis_of(values[1]) : -1, kind->success);
    assert_int_equal(values[2].ptr ? millis_of(values[2]) : -1, kind->began);
    if (has_ended(kind->status))
        return; /* the API's own fields hold it */
    if (kind->ended == NO_STATUS || kind->is_cleared)
        assert_null(values[3].ptr);
    else
        assert_same(str_or_empty(values[3]),
                    arena_format(world.arena, "%.*s%s", STR_ARGS(sync_status_words[kind->ended]),
                                 kind->ended_error ? " boom" : ""));
}

static void check_model(const struct model *model)
{
    struct str names[COUNT_OF(compared)];
    struct ask *ask = world_ask();

    for (size_t i = 0; i < COUNT_OF(compared); i++)
        names[i] = connector_names[compared[i]];
    overview_read(ask, STR("c1"), 0, names, COUNT_OF(compared));
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    for (size_t kind = 0; kind < 2; kind++)
        check_kind(&model->kinds[kind], ask->rows->values + kind * COMPARED_OF_KIND);
    check_number(ask->rows->values[FAILING_SINCE_AT], model->failing_since);
    check_number(ask->rows->values[DUE_AT_AT], model_due(model));
    assert_int_equal(ask->rows->score, model_score(model));
}

/* Reports a status of that kind: an error with its text, a success with the time of the sync, if
 * known. */
static void step(struct model *model, unsigned kind, int status, const char *synced)
{
    static const struct str names[2][2] = {
        { STR_ROW("last_sync_status"), STR_ROW("last_sync_error") },
        { STR_ROW("last_access_control_sync_status"), STR_ROW("last_access_control_sync_error") },
    };
    static const struct str none = { NULL, 0 };
    struct pair changes[3] = { { names[kind][0],
                                 status == NO_STATUS ? none : sync_status_words[status] } };
    int64_t millis = synced ? millis_of(str_from(synced)) : -1;
    struct str reported;
    enum outcome outcome;
    size_t count = 1;

    if (status == SYNC_ERROR || status == SYNC_COMPLETED)
        changes[count++] =
            (struct pair){ names[kind][1], status == SYNC_ERROR ? STR("boom") : none };
    if (status == SYNC_COMPLETED && synced)
        changes[count++] = (struct pair){ STR("last_synced"), str_from(synced) };
    outcome = report("c1", changes, count);
    reported = FIELD("_reported_at");
    assert_int_equal(
        outcome, model_report(model, kind, status, millis, reported.ptr ? millis_of(reported) : 0)
                     ? UPDATED
                     : NOOP);
    check_model(model);
}

/* Each status after each pair of others. With both kinds, the kind changes with each report. */
static void walk_table(struct model *model, unsigned kinds, const char *synced)
{
    unsigned steps = 0;

    for (int first = 0; first <= NO_STATUS; first++)
        for (int second = 0; second <= NO_STATUS; second++)
            for (int third = 0; third <= NO_STATUS; third++) {
                step(model, kinds == 2 ? steps++ % 2 : kinds, first, synced);
                step(model, kinds == 2 ? steps++ % 2 : kinds, second, synced);
                step(model, kinds == 2 ? steps++ % 2 : kinds, third, synced);
                arena_reset(world.arena);
            }
}

static void check_table(unsigned kinds, const char *synced)
{
    static const char first_number[] =
        "return string.match(redis.call('HGET', KEYS[1], '_next_syncs'), '^%d+')";
    static const char *const schedules[PLANS] = {
        [CONTENT_SCHEDULED] = DAILY, [ACCESS_SCHEDULED] = ACCESS_DAILY, [SWITCHED_OFF] = OFF
    };
    static const struct kind_model fresh = {
        .status = NO_STATUS, .ended = NO_STATUS, .failures = -1, .success = -1, .began = -1
    };

    world.settings.history = 100000;
    for (unsigned plan = UNSCHEDULED; plan < PLANS; plan++) {
        struct model model = { .kinds = { fresh, fresh }, .failing_since = -1, .plan = plan };
        unsigned entries;

        assert_int_equal(world_put("c1", NULL), plan ? UPDATED : CREATED);
        if (schedules[plan])
            schedule("c1", str_from(schedules[plan]));
        if (plan == CONTENT_SCHEDULED)
            model.planned = number_of(REDIS("EVAL %s 1 %b", first_number, CONNECTOR("c1"))) * 1000;
        walk_table(&model, kinds, synced);
        entries = model.kinds[0].entries + model.kinds[1].entries;
        assert_true(entries > 500);
        assert_int_equal(number_of(REDIS("XLEN %b", SYNCS("c1"))), entries);
    }
}

static void test_table_of_content(void **state)
{
    (void)state;
    check_table(0, NULL);
}

static void test_table_of_access_control(void **state)
{
    (void)state;
    check_table(1, NULL);
}

static void test_table_of_both_kinds(void **state)
{
    (void)state;
    check_table(2, NULL);
}

/* All that with successes of long ago, so that a running connector is late. */
static void test_table_of_the_late(void **state)
{
    (void)state;
    check_table(0, "2020-01-01T12:00:00.000Z");
}

static void test_table_of_the_late_of_both_kinds(void **state)
{
    (void)state;
    check_table(2, "2020-01-01T12:00:00.000Z");
}

/* ---- derived fields ---- */

/* A late repeat does not set the connector back. */
static void test_success_never_goes_back(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-02T00:00:01.234Z")),
                     UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-01T00:00:01.000Z")),
                     UPDATED);
    assert_text(FIELD("last_synced"), "2020-01-01T00:00:01.000Z");
    assert_text(FIELD("_last_success"), "2020-01-02T00:00:01.234Z");
    assert_text(world_set(key_successes), "c1|1577923201234");
    assert_int_equal(score_of("c1"), IN_SYNCED * class_size + 1577923201 + DAY);
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "2");
}

/* 00.001Z is before 00.0015Z, though not by its letters. */
static void test_success_of_the_same_millisecond(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-02T00:00:00.001Z")),
                     UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-02T00:00:00.001500Z")),
                     UPDATED);
    assert_text(FIELD("_last_success"), "2020-01-02T00:00:00.0015Z");
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-02T00:00:00.001Z")),
                     UPDATED);
    assert_text(FIELD("_last_success"), "2020-01-02T00:00:00.0015Z");
}

/* A clock that is ahead cannot keep a connector fresh. */
static void test_success_in_the_future_is_now(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2099-01-01T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("last_synced"), "2099-01-01T00:00:00.000Z");
    assert_same(FIELD("_last_success"), FIELD("_reported_at"));
    assert_int_equal(number_of(FIELD("_due_at")), second_of(FIELD("_reported_at")) + DAY);
}

/* A planned run is no success, and ends nothing. */
static void test_a_plan_is_no_success(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-02T00:00:01.000Z")),
                     UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_scheduled_at", "2020-01-03T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("_last_success"), "2020-01-02T00:00:01.000Z");
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
}

/* Series of days around the calendar's quirks: the start moves back by a day each time. */
static void test_duration(void **state)
{
    struct instant day_ago = instant_now();
    int64_t duration;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_same(FIELD("_sync_started_at"), FIELD("_reported_at"));
    day_ago.seconds -= 86400;
    (void)REDIS("HSET %b _sync_started_at %b", CONNECTOR("c1"),
                instant_write(day_ago, world.arena).ptr, instant_write(day_ago, world.arena).len);
    assert_int_equal(REPORT_OF("c1", PAIR("last_indexed_document_count", "1")), UPDATED);
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_null(FIELD("_sync_started_at").ptr);
    assert_int_equal(number_truncate(FIELD("_last_duration_ms"), &duration), NUMBER_READ);
    assert_in_range(duration, 86400000 - 1, 86400000 + 60000);
    /* An end without a beginning: the duration is unknown, and not the former one. */
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_null(FIELD("_last_duration_ms").ptr);
    /* A clock that runs ahead elsewhere. */
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    (void)REDIS("HSET %b _sync_started_at 2999-03-01T00:00:00.000Z", CONNECTOR("c1"));
    assert_int_equal(report_status("c1", "suspended"), UPDATED);
    assert_text(FIELD("_last_duration_ms"), "0");
}

/* The days of the calendar, as report.lua counts them: against the C library's. */
static void test_calendar(void **state)
{
    static const struct str days[] = { STR_ROW("1970-01-01"), STR_ROW("1999-12-31"),
                                       STR_ROW("2000-02-29"), STR_ROW("2000-03-01"),
                                       STR_ROW("2023-02-28"), STR_ROW("2024-02-29"),
                                       STR_ROW("2024-12-31"), STR_ROW("2026-07-04") };

    (void)state;
    for_each_row (i, days) {
        struct str start = arena_format(world.arena, "%.*sT12:34:56.789Z", STR_ARGS(days[i]));
        struct instant begin, end;
        int64_t duration;

        assert_int_equal(world_put("c1", NULL), i ? UPDATED : CREATED);
        assert_int_equal(report_status("c1", "in_progress"), UPDATED);
        (void)REDIS("HSET %b _sync_started_at %b", CONNECTOR("c1"), start.ptr, start.len);
        assert_int_equal(report_status("c1", "completed"), UPDATED);
        assert_int_equal(instant_read(start, &begin), INSTANT_READ);
        assert_int_equal(instant_read(FIELD("_reported_at"), &end), INSTANT_READ);
        assert_int_equal(number_truncate(FIELD("_last_duration_ms"), &duration), NUMBER_READ);
        assert_int_equal(duration, (end.seconds - begin.seconds) * 1000 + end.nanos / 1000000 -
                                       begin.nanos / 1000000);
    }
}

static void test_a_new_time_begins_a_new_run(void **state)
{
    const struct pair again[] = {
        PAIR("last_sync_status", "in_progress"),
        PAIR("last_sync_scheduled_at", "2026-01-04T00:00:00.000Z"),
    };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    (void)REDIS("HSET %b _sync_started_at 2020-01-01T00:00:00.000Z", CONNECTOR("c1"));
    assert_int_equal(REPORT_OF("c1", PAIR("last_indexed_document_count", "1")), UPDATED);
    assert_text(FIELD("_sync_started_at"), "2020-01-01T00:00:00.000Z");
    /* The schedule alone: the next one is due while this one runs. */
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_scheduled_at", "2026-01-03T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("_sync_started_at"), "2020-01-01T00:00:00.000Z");
    assert_int_equal(report("c1", again, 2), UPDATED);
    assert_same(FIELD("_sync_started_at"), FIELD("_reported_at"));
}

/* Every field that a report may have, alone: it must be stored under its name. */
static void test_each_field_alone(void **state)
{
    static const char *const names[] = {
        "last_sync_status",
        "last_access_control_sync_status",
        "last_synced",
        "last_sync_error",
        "last_access_control_sync_error",
        "last_indexed_document_count",
        "last_deleted_document_count",
        "last_sync_scheduled_at",
        "last_incremental_sync_scheduled_at",
        "last_access_control_sync_scheduled_at",
        "sync_cursor",
        "last_seen",
        "error",
        "status",
    };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for_each_row (i, names) {
        const struct pair set = { str_from(names[i]), STR("a value") };
        const struct pair cleared = { str_from(names[i]), { NULL, 0 } };
        struct str others = REDIS("HLEN %b", CONNECTOR("c1"));

        assert_int_equal(report("c1", &cleared, 1), NOOP);
        assert_int_equal(report("c1", &set, 1), UPDATED);
        assert_text(REDIS("HGET %b %s", CONNECTOR("c1"), names[i]), "a value");
        assert_int_equal(report("c1", &set, 1), NOOP);
        assert_int_equal(report("c1", &cleared, 1), UPDATED);
        assert_null(REDIS("HGET %b %s", CONNECTOR("c1"), names[i]).ptr);
        if (i)
            assert_same(REDIS("HLEN %b", CONNECTOR("c1")), others);
    }
}

static void test_expected(void **state)
{
    const struct pair change = PAIR("sync_cursor", "{\"a\":1}");
    const struct pair absent = NO_PAIR("sync_cursor"), other = PAIR("sync_cursor", "{}");
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    connector_update(ask, STR("c1"), REPORT, &change, 1, &other, 1);
    assert_int_equal(world_run(world.stores[0], ask), CHANGED);
    assert_null(FIELD("sync_cursor").ptr);
    assert_text(REDIS("EXISTS %b", SYNCS("c1")), "0");
    ask = world_ask();
    connector_update(ask, STR("c1"), REPORT, &change, 1, &absent, 1);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
}

/* ---- when it is due ---- */

static void succeed(const char *synced)
{
    const struct pair changes[] = { { STR("last_sync_status"), STR("completed") },
                                    { STR("last_synced"), str_from(synced) } };

    assert_int_equal(report("c1", changes, 2), UPDATED);
}

static void check_due(const char *datetime)
{
    int64_t due = second_of(str_from(datetime));

    assert_int_equal(number_of(FIELD("_due_at")), due);
    assert_int_equal(score_of("c1"), IN_SYNCED * class_size + due);
    assert_int_equal(state_at("c1", due - 1), FRESH);
    assert_int_equal(state_at("c1", due), LATE);
}

/* The list of next times is recomputed when it runs out, and only then. */
static void test_due_by_a_schedule(void **state)
{
    enum { DAYS = 28 };
    struct str list = { NULL, 0 };
    unsigned lists = 0;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    schedule("c1", STR(DAILY)); /* for times after now: the first success is older than that */
    for (int day = 1; day <= DAYS; day++) {
        static const char *const times[] = { "00:00:00.000", "12:30:00.000", "23:59:59.999" };
        const char *time = times[day % 3];

        succeed(arena_format(world.arena, "2020-02-%s%dT%sZ", day < 10 ? "0" : "", day, time).ptr);
        check_due(
            arena_format(world.arena, "2020-02-%s%dT00:10:00.000Z", day < 9 ? "0" : "", day + 1)
                .ptr);
        lists += !list.ptr || !str_equal(FIELD("_next_syncs"), list);
        list = FIELD("_next_syncs");
    }
    assert_in_range(lists, DAYS / 8, DAYS / 8 + 2);
}

static void test_due_by_several_schedules(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    schedule("c1", STR("{\"full\":{\"enabled\":true,\"interval\":\"0 0 0 * * ?\"},"
                       "\"incremental\":{\"enabled\":true,\"interval\":\"0 30 6,18 * * ?\"}}"));
    succeed("2020-01-01T00:00:00.000Z");
    check_due("2020-01-01T06:40:00.000Z");
    succeed("2020-01-01T06:29:59.999Z");
    check_due("2020-01-01T06:40:00.000Z");
    succeed("2020-01-01T06:30:00.000Z");
    check_due("2020-01-01T18:40:00.000Z");
    succeed("2020-01-01T19:00:00.000Z");
    check_due("2020-01-02T00:10:00.000Z");
    succeed("2020-03-01T19:00:00.000Z"); /* far beyond the list */
    check_due("2020-03-02T00:10:00.000Z");
}

/* With a schedule that has no further time the age decides, and reports do not recompute it.
 */
static void test_due_by_a_season_that_ends(void **state)
{
    static const struct pair again[] = { PAIR("last_sync_status", "completed"),
                                         PAIR("last_synced", "2021-03-01T00:00:00.000Z") };
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    schedule("c1", STR(SCHEDULE("full", "true", "0 0 0 1 1 ? 2020-2021")));
    succeed("2019-06-01T00:00:00.000Z");
    check_due("2020-01-01T00:10:00.000Z");
    succeed("2020-01-01T00:05:00.000Z");
    check_due("2021-01-01T00:10:00.000Z");
    succeed("2021-01-01T00:05:00.000Z");
    check_due("2021-01-02T00:05:00.000Z");
    connector_update(ask, STR("c1"), REPORT, again, 2, NULL, 0);
    store_send(world.stores[0], ask);
    store_flush(world.stores[0]);
    assert_int_equal(ask->outcome, UPDATED);
    check_due("2021-03-02T00:00:00.000Z");
}

static void test_due_of_access_control(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    schedule("c1", STR(ACCESS_DAILY));
    succeed("2020-01-01T12:00:00.000Z"); /* never run: the age decides */
    check_due("2020-01-02T12:00:00.000Z");
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-01T23:00:00.000Z")),
                     UPDATED);
    check_due("2020-01-02T00:10:00.000Z");
    schedule("c1", STR(OFF));
    assert_null(FIELD("_due_at").ptr);
    assert_int_equal(score_of("c1"), IN_DISABLED * class_size);
    schedule("c1", STR(DAILY));
    check_due("2020-01-02T00:10:00.000Z");
}

/* Settling a connector uses the settings. */
static void test_settling_follows_the_settings(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    succeed("2020-01-01T12:00:00.000Z");
    check_due("2020-01-02T12:00:00.000Z");
    world.settings.max_age = 60;
    connector_settle(ask, STR("c1"));
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    check_due("2020-01-01T12:01:00.000Z");
}

static enum outcome touch(const char *id, const char *seen)
{
    const struct pair changes[] = { { STR("last_seen"), str_from(seen) } };
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), TOUCH, changes, 1, NULL, 0);
    return world_run(world.stores[0], ask);
}

static enum outcome look(void)
{
    struct ask *ask = world_ask();

    connector_look(ask, STR("c1"));
    return world_run(world.stores[0], ask);
}

/* Writes a connector whole that has succeeded, as an import does before it settles it. */
static void restore_unsettled(bool scheduled)
{
    struct pair fields[] = { PAIR("deleted", "false"), PAIR("last_sync_status", "completed"),
                             PAIR("_last_success", "2020-01-01T12:00:00.000Z"),
                             PAIR("scheduling", DAILY), PAIR("_paused", "false") };
    struct whole whole = { .kind = WHOLE_CONNECTOR,
                           .id = STR("c1"),
                           .fields = fields,
                           .field_count = scheduled ? COUNT_OF(fields) : 3,
                           .has_secrets = true };
    struct ask *ask = world_ask();

    whole_write(ask, &whole);
    assert_true(world_run(world.stores[0], ask) != FAULTY);
    assert_int_equal(look(), FOUND);
}

/* An import may end before it has settled what it wrote. The first write does it then. */
static void test_the_first_write_settles(void **state)
{
    static const char *const due[] = { "2020-01-02T12:00:00.000Z", "2020-01-02T00:10:00.000Z" };
    static const char *const statuses[] = { "in_progress", "canceled", "pending", "error" };

    (void)state;
    for (int scheduled = 0; scheduled <= 1; scheduled++) {
        restore_unsettled(scheduled);
        assert_int_equal(touch("c1", "2020-01-01T13:00:00.000Z"), UPDATED);
        check_due(due[scheduled]);
        assert_int_equal(look(), NOOP);
        for_each_row (i, statuses) {
            restore_unsettled(scheduled);
            assert_int_equal(report_status("c1", statuses[i]), UPDATED);
            assert_int_equal(number_of(FIELD("_due_at")), second_of(str_from(due[scheduled])));
            assert_int_equal(look(), NOOP);
        }
        restore_unsettled(scheduled);
        succeed("2020-01-01T18:00:00.000Z");
        assert_int_equal(FIELD("_next_syncs").len > 0, scheduled);
        assert_int_equal(look(), NOOP);
    }
}

/* Texts are long sooner than JSON, whatever they begin with, and whatever writes them. */
static void test_which_are_long(void **state)
{
    static const struct {
        enum update_kind kind;
        const char *name;
        size_t len;
        bool is_long;
    } rows[] = {
        { REPORT, "last_sync_error", 1024, false },
        { REPORT, "last_sync_error", 1025, true },
        { TOUCH, "error", 1024, false },
        { TOUCH, "error", 1025, true },
        { MERGE, "description", 1024, false },
        { MERGE, "description", 1025, true },
        { MERGE, "features", 16384, false },
        { MERGE, "features", 16385, true },
        { TOUCH, "features", 16384, false },
        { TOUCH, "features", 16385, true },
        { MERGE, "configuration", 16384, false },
        { MERGE, "configuration", 16385, true },
    };

    (void)state;
    for_each_row (i, rows) {
        char *text = arena_take(world.arena, rows[i].len);
        const struct pair change = { str_from(rows[i].name), { text, rows[i].len } };
        struct ask *ask = world_ask();

        memset(text, ' ', rows[i].len);
        memcpy(text, "{}", 2);
        (void)REDIS("FLUSHDB");
        assert_int_equal(world_put("c1", NULL), CREATED);
        connector_update(ask, STR("c1"), rows[i].kind, &change, 1, NULL, 0);
        assert_int_equal(world_run(world.stores[0], ask), UPDATED);
        assert_same(REDIS("SISMEMBER %b c1", LIST_OF(key_long, "c1")),
                    rows[i].is_long ? STR("1") : STR("0"));
    }
}

/* ---- running, and lost ---- */

/* Lost seven minutes after the minute of its last sign of life, late or not. The Elastic connector
 * service checks in at most every five, and notices that half a minute later, or more if it is
 * busy. */
static void test_lost_beats_late(void **state)
{
    int64_t lost;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    lost = second_of(FIELD("_reported_at")) / 60 * 60 + LOST_AFTER;
    assert_int_equal(state_at("c1", lost - 1), RUNNING);
    assert_int_equal(state_at("c1", lost), LOST);
    succeed("2020-01-01T12:00:00.000Z");
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    lost = second_of(FIELD("_reported_at")) / 60 * 60 + LOST_AFTER;
    assert_int_equal(state_at("c1", lost - 1), LATE);
    assert_int_equal(state_at("c1", lost), LOST);
    assert_true(state_runs(score_of("c1")));
}

static void test_failing_beats_lost(void **state)
{
    int64_t since;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    since = number_of(FIELD("_failing_since"));
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_int_equal(state_at("c1", since + 100000), FAILING);
    assert_true(state_runs(score_of("c1")));
    assert_int_equal(score_of("c1"), IN_FAILING_RUNNING * class_size + since);
}

/* Since when it fails: since the first failure of either kind, until neither fails. */
static void test_failing_since_the_first(void **state)
{
    static const char long_ago[] = "1577836800";

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_same(FIELD("_failing_since"),
                arena_format(world.arena, "%lld", (long long)second_of(FIELD("_reported_at"))));
    (void)REDIS("HSET %b _failing_since %s", CONNECTOR("c1"), long_ago);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "error")), UPDATED);
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_same(FIELD("_failing_since"), str_from(long_ago));
    assert_int_equal(score_of("c1"), 1577836800);
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "completed")),
                     UPDATED);
    assert_null(FIELD("_failing_since").ptr);
    assert_int_equal(score_of("c1") / class_size, IN_SYNCED);
}

/* While a sync runs, time alone does not make its connector late: that is decided at its next sign
 * of life. */
static void test_running_becomes_late_when_heard_of(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_int_equal(score_of("c1") / class_size, IN_FRESH_RUNNING);
    (void)REDIS("HSET %b _due_at 1577836800", CONNECTOR("c1"));
    assert_int_equal(score_of("c1") / class_size, IN_FRESH_RUNNING);
    assert_int_equal(touch("c1", "2020-01-01T00:00:00.000Z"), UPDATED);
    assert_int_equal(score_of("c1") / class_size, IN_LATE_RUNNING);
}

/* A sign of life moves a running connector, and no other. */
static void test_signs_of_life(void **state)
{
    int64_t stands;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    stands = score_of("c1");
    assert_int_equal(touch("c1", "2020-01-01T00:00:00.000Z"), UPDATED);
    assert_int_equal(score_of("c1"), stands);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    stands = score_of("c1");
    (void)REDIS("ZINCRBY %b -3600 c1", LIST_OF(key_standings, "c1"));
    assert_int_equal(touch("c1", "2020-01-01T00:00:01.000Z"), UPDATED);
    assert_in_range(score_of("c1"), stands, stands + 60);
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
}

/* Clocks differ: the latest time in a connector's document decides whether it is lost, whichever
 * worker wrote it, so that all workers agree later. */
static void test_times_of_clocks_that_are_ahead(void **state)
{
    static const char ahead[] = "2090-01-01T00:00:00.000Z";
    int64_t lost = IN_FIRST_RUNNING * class_size + second_of(STR(ahead)) + LOST_AFTER;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    (void)REDIS("HSET %b _reported_at %s", CONNECTOR("c1"), ahead);
    assert_int_equal(touch("c1", "2026-01-01T00:00:00.000Z"), UPDATED);
    assert_int_equal(score_of("c1"), lost);
    sound_check();
    assert_int_equal(report_status("c1", "canceling"), UPDATED);
    assert_int_not_equal(score_of("c1"), lost);
    assert_int_equal(touch("c1", ahead), UPDATED);
    assert_int_equal(score_of("c1"), lost);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_int_equal(score_of("c1"), lost);
    sound_check();
}

/* A far time stays in its class. */
static void test_far_times_of_clocks(void **state)
{
    static const char *const times[] = { "+100000-01-01T00:00:00.000Z",
                                         "+292278993-01-01T00:00:00.000Z",
                                         "-292275054-12-31T00:00:00.000Z" };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    for_each_row (i, times) {
        assert_int_equal(touch("c1", times[i]), UPDATED);
        assert_int_equal(score_of("c1") / class_size, IN_FIRST_RUNNING);
        assert_int_equal(state_at("c1", instant_now().seconds), RUNNING);
        sound_check();
    }
}

/* Redis computes the seconds of a datetime in Lua. */
static void test_seconds_of_datetimes(void **state)
{
    static const char *const datetimes[] = {
        "-0004-02-29T12:34:56.789Z", "-0001-12-31T23:59:59.999Z",  "0000-01-01T00:00:00.000Z",
        "0000-02-29T00:00:00.000Z",  "1900-02-28T23:59:59.999Z",   "1900-03-01T00:00:00.000Z",
        "1969-12-31T23:59:59.999Z",  "1970-01-01T00:00:00.000Z",   "2000-02-29T23:59:59.999Z",
        "2000-03-01T00:00:00.000Z",  "2023-12-31T23:59:59.999Z",   "2024-01-01T00:00:00.123456789Z",
        "2038-01-19T03:14:08.000Z",  "2100-02-28T23:59:59.999Z",   "2100-03-01T00:00:00.000Z",
        "9999-12-31T23:59:59.999Z",  "+10000-01-01T00:00:00.000Z", "+23456-02-29T12:34:56.789Z",
    };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    (void)REDIS("HSET %b _reported_at -9999-01-01T00:00:00.000Z", CONNECTOR("c1"));
    for (size_t i = 0; i < COUNT_OF(datetimes); i++) {
        int64_t millis = millis_of(str_from(datetimes[i]));
        int64_t minute = (millis - (millis % 60000 + 60000) % 60000) / 1000;

        assert_int_equal(touch("c1", datetimes[i]), UPDATED);
        assert_int_equal(score_of("c1"), IN_FIRST_RUNNING * class_size + minute + LOST_AFTER);
    }
}

/* ---- history ---- */

/* Entries as text: kind, status, its code, and both counts; '|' between them. */
static struct str history_of(const char *id)
{
    static const char script[] =
        "local r = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
        "local f = {} for i = 1, #e[2], 2 do f[e[2][i]] = e[2][i + 1] end "
        "r[#r + 1] = f.kind .. ' ' .. f.status .. ' ' .. f.status_code .. ' ' .. f.indexed .. ' ' "
        ".. f.deleted end return r";

    return REDIS("EVAL %s 1 %b", script, SYNCS(id));
}

/* An entry for each sync that ended, of either kind, and none for what comes in between. */
static void test_entries(void **state)
{
    static const char *const statuses[] = { "in_progress", "completed", "pending", "error",
                                            "canceling",   "canceled",  "pending", "suspended" };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("sync_cursor", "{}")), UPDATED);
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        assert_int_equal(report_status("c1", statuses[i]), UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_error", "another text")), UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "error"),
                               PAIR("last_access_control_sync_error", "42"),
                               PAIR("last_sync_status", "completed"),
                               PAIR("last_indexed_document_count", "7")),
                     UPDATED);
    assert_text(history_of("c1"),
                "content completed 0 -1 -1|content error 4 -1 -1|content canceled 3 -1 -1|"
                "content suspended 2 -1 -1|content completed 0 7 -1|access_control error 4 7 -1");
    /* All have the same fields, and a text is never a number. */
    assert_text(REDIS("EVAL %s 1 %b",
                      "local seen = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) "
                      "do local n = {} for i = 1, #e[2], 2 do n[#n + 1] = e[2][i] end "
                      "seen[table.concat(n, ' ')] = true end "
                      "local r = {} for k in pairs(seen) do r[#r + 1] = k end return r",
                      SYNCS("c1")),
                "kind status status_code error last_synced started_at indexed deleted "
                "duration_ms");
    assert_text(REDIS("EVAL %s 1 %b",
                      "return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][2][8]",
                      SYNCS("c1")),
                "error: 42");
}

/* The counts of a running sync are in the entry of its end; those of the sync before are not. */
static void test_counts_of_an_entry(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress"),
                               PAIR("last_indexed_document_count", "5")),
                     UPDATED);
    assert_text(FIELD("_counted"), "indexed");
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress"),
                               PAIR("last_deleted_document_count", "2")),
                     UPDATED);
    assert_text(FIELD("_counted"), "both");
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_null(FIELD("_counted").ptr);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_text(history_of("c1"), "content completed 0 5 2|content error 4 -1 -1");
}

static enum outcome report_end(const char *field, const char *status, const char *synced)
{
    return report("c1",
                  (const struct pair[]){ { str_from(field), str_from(status) },
                                         { STR_ROW("last_synced"), str_from(synced) } },
                  2);
}

/* The kinds share last_synced, and neither ends a sync of the other one, nor hides it. */
static void test_each_kind_ends_by_its_own_time(void **state)
{
    static const char content[] = "last_sync_status";
    static const char access[] = "last_access_control_sync_status";
    static const struct {
        const char *field, *status, *synced;
        const char *adds; /* to the history */
    } rows[] = {
        { content, "error", "2020-01-01T00:00:01.000Z", "content error 4 -1 -1" },
        { access, "completed", "2020-01-01T00:00:02.000Z", "|access_control completed 0 -1 -1" },
        { content, "error", "2020-01-01T00:00:01.000Z", "" }, /* repeated */
        { access, "completed", "2020-01-01T00:00:02.000Z", "" },
        { content, "error", "2020-01-01T00:00:01.000Z", "" },
        { content, "completed", "2020-01-01T00:00:02.000Z", "|content completed 0 -1 -1" },
        { access, "completed", "2020-01-01T00:00:02.000Z", "" },
        { content, "completed", "2020-01-01T00:00:03.000Z", "|content completed 0 -1 -1" },
        { access, "completed", "2020-01-01T00:00:03.000Z", "|access_control completed 0 -1 -1" },
        { content, "completed", "2020-01-01T00:00:03.000Z", "" },
        { access, "completed", "2020-01-01T00:00:03.000Z", "" },
    };
    char seen[512] = "";

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        (void)report_end(rows[i].field, rows[i].status, rows[i].synced);
        (void)strcat(seen, rows[i].adds);
        assert_same(history_of("c1"), str_from(seen));
    }
    assert_text(FIELD("_consecutive_failures"), "0");
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                                   PAIR("last_access_control_sync_status", "completed"),
                                   PAIR("last_synced", "2020-01-01T00:00:04.000Z")),
                         i ? NOOP : UPDATED);
    (void)strcat(seen, "|content completed 0 -1 -1|access_control completed 0 -1 -1");
    assert_int_equal(report_end(access, "completed", "2020-01-01T00:00:04.000Z"), NOOP);
    assert_int_equal(report_end(content, "completed", "2020-01-01T00:00:04.000Z"), NOOP);
    assert_same(history_of("c1"), str_from(seen));
}

/* Counts that come with the other kind are not the running sync's. */
static void test_counts_of_the_other_kind(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress"),
                                   PAIR("last_indexed_document_count", "5"),
                                   PAIR("last_deleted_document_count", "2")),
                         i ? NOOP : UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "completed"),
                               PAIR("last_indexed_document_count", "7")),
                     UPDATED);
    assert_text(FIELD("_counted"), "deleted");
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "error"),
                               PAIR("last_deleted_document_count", "0")),
                     UPDATED);
    assert_null(FIELD("_counted").ptr);
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_text(history_of("c1"), "access_control completed 0 7 -1|access_control error 4 -1 0|"
                                  "content completed 0 -1 -1");
}

/* A time that is cleared is no new one: the sync that runs goes on. */
static void test_no_time_begins_no_sync(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress"),
                               PAIR("last_sync_scheduled_at", "2020-01-01T00:00:00.000Z"),
                               PAIR("last_indexed_document_count", "5")),
                     UPDATED);
    (void)REDIS("HSET %b _sync_started_at 2020-01-01T00:00:00.000Z", CONNECTOR("c1"));
    assert_int_equal(
        REPORT_OF("c1", PAIR("last_sync_status", "in_progress"), NO_PAIR("last_sync_scheduled_at")),
        UPDATED);
    assert_text(FIELD("_sync_started_at"), "2020-01-01T00:00:00.000Z");
    assert_text(FIELD("_counted"), "indexed");
}

/* A null says of which kind a report is, as a value does, but is no time of a sync. */
static void test_nulls_end_no_sync(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    succeed("2020-01-01T12:00:00.000Z");
    assert_int_equal(REPORT_OF("c1", NO_PAIR("last_synced")), UPDATED);
    assert_int_equal(REPORT_OF("c1", NO_PAIR("last_access_control_sync_status"),
                               PAIR("last_synced", "2020-01-02T12:00:00.000Z")),
                     UPDATED);
    assert_text(history_of("c1"), "content completed 0 -1 -1");
    assert_text(FIELD("_last_success"), "2020-01-01T12:00:00.000Z");
    assert_int_equal(REPORT_OF("c1", PAIR("last_synced", "2020-01-03T12:00:00.000Z")), UPDATED);
    assert_text(history_of("c1"), "content completed 0 -1 -1|content completed 0 -1 -1");
}

/* Nor are those of a sync that was given up for one that waits, or for none. */
static void test_counts_of_a_sync_that_was_given_up(void **state)
{
    static const char *const given_up[] = { "pending", NULL };

    (void)state;
    for_each_row (i, given_up) {
        (void)REDIS("FLUSHDB");
        assert_int_equal(world_put("c1", NULL), CREATED);
        assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress"),
                                   PAIR("last_indexed_document_count", "5")),
                         UPDATED);
        assert_int_equal(report_status("c1", given_up[i]), UPDATED);
        assert_null(FIELD("_counted").ptr);
        assert_int_equal(report_status("c1", "completed"), UPDATED);
        assert_text(history_of("c1"), "content completed 0 -1 -1");
    }
}

/* Progress takes no room in the history. */
static void test_progress_leaves_the_history_alone(void **state)
{
    enum { SYNCS_ENDED = 20, REPORTS = 13 };

    (void)state;
    world.settings.history = SYNCS_ENDED;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (unsigned sync = 0; sync < SYNCS_ENDED; sync++) {
        for (unsigned i = 0; i < REPORTS; i++) {
            const struct pair progress[] = {
                { STR("last_sync_status"), STR("in_progress") },
                { STR("last_indexed_document_count"), arena_format(world.arena, "%u", i) },
            };

            assert_int_equal(report("c1", progress, 2), UPDATED);
        }
        assert_int_equal(report_status("c1", "completed"), UPDATED);
    }
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "20");
    assert_text(REDIS("EVAL %s 1 %b",
                      "local count = 0 for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) "
                      "do count = count + (e[2][4] == 'completed' and 1 or 0) end return count",
                      SYNCS("c1")),
                "20");
}

static void test_length(void **state)
{
    uint64_t count;

    (void)state;
    world.settings.history = 10;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(report_status("c1", i % 2 ? "error" : "completed"), UPDATED);
    assert_int_equal(number_count(REDIS("XLEN %b", SYNCS("c1")), 1000, &count), NUMBER_READ);
    assert_in_range(count, 10, 10 + 100); /* Redis trims whole nodes of up to 100 entries */
    world.settings.history = 0;
    assert_int_equal(world_put("c2", NULL), CREATED);
    assert_int_equal(report_status("c2", "error"), UPDATED);
    assert_text(REDIS("EXISTS %b", SYNCS("c2")), "0");
    assert_text(REDIS("HGET %b _consecutive_failures", CONNECTOR("c2")), "1");
}

static void test_a_long_error_is_cut_between_characters(void **state)
{
    char text[4100];
    struct pair changes[] = { { STR("last_sync_status"), STR("error") },
                              { STR("last_sync_error"), { text, 0 } } };

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + 4094, "\xe2\x82\xac", 3); /* a character at bytes 4095 to 4097 */
    changes[1].value.len = 4097;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report("c1", changes, 2), UPDATED);
    assert_text(REDIS("EVAL %s 1 %b", "return #redis.call('XRANGE', KEYS[1], '-', '+')[1][2][8]",
                      SYNCS("c1")),
                "4101"); /* "error: " and 4094 */
    assert_text(REDIS("HSTRLEN %b last_sync_error", CONNECTOR("c1")), "4097");
    changes[1].value.len = 4094;
    assert_int_equal(report_status("c1", "canceled"), UPDATED);
    assert_int_equal(report("c1", changes, 2), UPDATED);
    assert_text(REDIS("EVAL %s 1 %b", "return #redis.call('XREVRANGE', KEYS[1], '+', '-')[1][2][8]",
                      SYNCS("c1")),
                "4101");
}

static void test_history_ends_with_its_connector(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
    assert_text(REDIS("ZCARD standings"), "0");
    assert_int_equal(report_status("c1", "completed"), MISSING);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_text(REDIS("EXISTS %b", SYNCS("c1")), "0");
    assert_null(FIELD("_consecutive_failures").ptr);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(REDIS("DEL %b", LIST_OF(key_hour, "c1")), "1"); /* of all connectors */
    assert_text(REDIS("DBSIZE"), "0");
}

/* ---- overviews ---- */

static struct ask *overview_at(int64_t now)
{
    static const struct str name = STR_ROW("name");
    struct ask *ask = world_ask_rows(1);

    world.overview.now = now;
    overview_list(ask, &world.overview, &name, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return ask;
}

static struct ask *overview(void)
{
    return overview_at(instant_now().seconds);
}

static struct str ids_of(const struct ask *ask)
{
    struct text ids = text_new(world.arena, 64);

    for (size_t i = 0; i < ask->row_count; i++)
        text_format(&ids, "%s%.*s", i ? " " : "", STR_ARGS(ask->rows[i].id));
    return text_str(&ids);
}

static void fill(void)
{
    static const char *const ids[] = { "fresh", "running", "failing", "never", "disabled", "late" };

    for (size_t i = 0; i < COUNT_OF(ids); i++)
        assert_int_equal(world_put(ids[i], NULL), CREATED);
    assert_int_equal(report_status("fresh", "completed"), UPDATED);
    assert_int_equal(report_status("running", "in_progress"), UPDATED);
    assert_int_equal(report_status("failing", "error"), UPDATED);
    schedule("disabled", STR(OFF));
    assert_int_equal(REPORT_OF("late", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2020-01-01T00:00:00.000Z")),
                     UPDATED);
}

static void test_worst_first(void **state)
{
    struct ask *ask;

    (void)state;
    assert_text(ids_of(overview()), "");
    fill();
    ask = overview();
    assert_text(ids_of(ask), "failing late never running fresh disabled");
    assert_int_equal(ask->total, 6);
    assert_int_equal(world.overview.counts[LATE], 1);
    assert_int_equal(world.overview.counts[LOST], 0);
    assert_int_equal(world.overview.running, 1);
    assert_text(ask->rows[0].values[0], "a name");
    for (size_t i = 0; i < ask->row_count; i++)
        assert_int_equal(ask->rows[i].score, score_of(ask->rows[i].id.ptr));
    world.overview.from = 1;
    world.overview.size = 3;
    ask = overview();
    assert_text(ids_of(ask), "late never running");
    assert_int_equal(ask->total, 6);
    world.overview.states = 1U << FRESH | 1U << FAILING;
    ask = overview();
    assert_text(ids_of(ask), "fresh");
    assert_int_equal(ask->total, 2);
    assert_int_equal(world.overview.counts[RUNNING], 1);
    world.overview.from = 7;
    assert_text(ids_of(overview()), "");
    world.overview.size = 0;
    assert_int_equal(overview()->total, 2);
}

/* Only the clock makes a running connector lost, and a fresh one late. */
static void test_the_clock_moves_them(void **state)
{
    int64_t now;

    (void)state;
    fill();
    now = instant_now().seconds;
    assert_text(ids_of(overview_at(now + LOST_AFTER + 1)),
                "failing running late never fresh disabled");
    assert_int_equal(world.overview.counts[LOST], 1);
    assert_int_equal(world.overview.counts[RUNNING], 0);
    assert_int_equal(world.overview.running, 0);
    assert_text(ids_of(overview_at(now + DAY + 1)), "failing running late fresh never disabled");
    assert_int_equal(world.overview.counts[LATE], 2);
}

static bool fits_letter(const void *letter, const struct str *values)
{
    return str_equal(str_or_empty(values[SELECTED_NAME]), (struct str){ letter, 1 });
}

enum { MANY = 1200 };

static void fill_many(void)
{
    for (int i = 0; i < MANY; i++) {
        struct str id = arena_format(world.arena, "c%d", i);
        const struct pair fields[] = { { STR("deleted"), STR("false") },
                                       { STR("name"), str_from(&"a\0b\0c"[i % 3 * 2]) } };
        struct ask *ask = world_ask();

        connector_put(ask, id, fields, 2);
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
    }
}

static void test_selection_and_orders(void **state)
{
    (void)state;
    fill_many();
    world.overview.selection = (struct selection){ fits_letter, "b" };
    world.overview.size = 2;
    assert_int_equal(overview()->total, MANY / 3);
    assert_text(ids_of(overview()), "c1 c10");
    world.overview.selection = (struct selection){ fits_letter, "x" };
    assert_int_equal(overview()->total, 0);
    world.overview.selection = (struct selection){ .fits = NULL };
    world.overview.order = BY_NAME;
    assert_text(ids_of(overview()), "c0 c1002");
    world.overview.descending = true;
    assert_text(ids_of(overview()), "c998 c995");
    world.overview.from = MANY - 1;
    assert_text(ids_of(overview()), "c0");
    world.overview.from = 0;
    assert_int_equal(report_status("c7", "completed"), UPDATED);
    world.overview.order = BY_SUCCESS;
    assert_text(ids_of(overview()), "c7 c0");
    world.overview.descending = false;
    assert_text(ids_of(overview()), "c7 c0");
    assert_int_equal(world.overview.counts[NEVER_SYNCED], MANY - 1);
}

/* A selection, states and another order together. */
static void test_selected_states_in_another_order(void **state)
{
    static const char *const synced[] = { "c3", "c6", "c9", "c4" };

    (void)state;
    fill_many();
    for (unsigned i = 0; i < COUNT_OF(synced); i++) {
        const struct pair changes[] = {
            { STR("last_sync_status"), STR("completed") },
            { STR("last_synced"), arena_format(world.arena, "2020-01-0%uT00:00:00.000Z", 4 - i) },
        };

        assert_int_equal(report(synced[i], changes, 2), UPDATED);
    }
    world.overview.selection = (struct selection){ fits_letter, "a" };
    world.overview.states = 1U << LATE;
    assert_text(ids_of(overview()), "c9 c6 c3");
    world.overview.order = BY_SUCCESS;
    assert_text(ids_of(overview()), "c9 c6 c3");
    world.overview.descending = true;
    assert_text(ids_of(overview()), "c3 c6 c9");
    world.overview.order = BY_NAME;
    assert_text(ids_of(overview()), "c9 c6 c3");
    world.overview.from = 1;
    world.overview.size = 1;
    assert_text(ids_of(overview()), "c6");
    assert_int_equal(overview()->total, 3);
}

/* ---- a selection that searches errors ---- */

static bool fits_found(const void *wanted, const struct str *values)
{
    return str_equal(str_or_empty(values[SELECTED_FOUND]), str_from(wanted));
}

/* Finds an error's first and last letters. */
static struct str find_ends(const void *wanted, struct str errors, struct arena *arena)
{
    char *ends = arena_take(arena, 2);

    (void)wanted;
    ends[0] = errors.ptr[0];
    ends[1] = errors.ptr[errors.len - 1];
    return (struct str){ ends, 2 };
}

static void select_found(const char *wanted)
{
    world.overview.selection = (struct selection){ fits_found, wanted, find_ends };
}

static void test_errors_are_searched(void **state)
{
    (void)state;
    fill();
    assert_int_equal(REPORT_OF("failing", PAIR("last_sync_error", "timed out")), UPDATED);
    assert_int_equal(REPORT_OF("late", PAIR("last_sync_error", "tilt")), UPDATED);
    select_found("tt");
    assert_text(ids_of(overview()), "failing");
    assert_int_equal(report_status("failing", "in_progress"), UPDATED);
    assert_int_equal(REPORT_OF("failing", PAIR("last_sync_error", "other")), UPDATED);
    assert_text(ids_of(overview()), "failing");
    assert_int_equal(REPORT_OF("failing", PAIR("last_access_control_sync_status", "error"),
                               PAIR("last_access_control_sync_error", "denied")),
                     UPDATED);
    select_found("td");
    assert_text(ids_of(overview()), "failing");
    world.overview.states = 1U << LATE | 1U << FRESH;
    assert_text(ids_of(overview()), "");
    world.overview.states = 0;
    assert_int_equal(report_status("failing", "completed"), UPDATED);
    select_found("dd");
    assert_text(ids_of(overview()), "failing");
    assert_int_equal(REPORT_OF("failing", PAIR("last_access_control_sync_status", "completed")),
                     UPDATED);
    assert_text(ids_of(overview()), "");
}

static void test_errors_are_searched_as_far_as_they_are_read(void **state)
{
    struct text error = text_new(world.arena, 2 * FAILURES_TEXT_MAX);

    (void)state;
    fill();
    text_byte(&error, 'a');
    while (error.len < FAILURES_TEXT_MAX)
        text_byte(&error, 'b');
    while (error.len < 2 * FAILURES_TEXT_MAX)
        text_byte(&error, 'c');
    assert_int_equal(
        report("failing", &(struct pair){ STR("last_sync_error"), text_str(&error) }, 1), UPDATED);
    select_found("ac");
    assert_text(ids_of(overview()), "");
    select_found("ab");
    assert_text(ids_of(overview()), "failing");
}

/* Gives a score in `standings` to members that are no connectors: a read of their errors finds
 * nothing. */
static void fill_standings(int64_t score, int count)
{
    for (int i = 0; i < count; i++) {
        struct str id = arena_format(world.arena, "none-%d", i);

        (void)REDIS("ZADD %b %lld %b", LIST_OF(key_standings, id.ptr), (long long)score, BYTES(id));
    }
}

/* Among too many that fail, those are searched that began to fail last. */
static void test_errors_of_too_many_are_not_searched(void **state)
{
    int64_t since;

    (void)state;
    assert_int_equal(FAILURES_MAX, 2500); /* as README says */
    assert_int_equal(FAILURES_TEXT_MAX, 1024);
    assert_int_equal(world_put("old", NULL), CREATED);
    assert_int_equal(
        REPORT_OF("old", PAIR("last_sync_status", "error"), PAIR("last_sync_error", "an error")),
        UPDATED);
    select_found("ar");
    assert_text(ids_of(overview()), "old");
    assert_int_equal(world.overview.unsearched, 0);
    since = score_of("old");
    fill_standings(since + 1, FAILURES_MAX - 1);
    assert_text(ids_of(overview()), "old");
    assert_int_equal(world.overview.unsearched, 0);
    (void)REDIS("ZADD %b %lld one-more", LIST_OF(key_standings, "one-more"), (long long)since + 1);
    assert_text(ids_of(overview()), "");
    assert_int_equal(world.overview.unsearched, 1);
    (void)REDIS("ZADD %b %lld old", LIST_OF(key_standings, "old"), (long long)since + 2);
    assert_text(ids_of(overview()), "old");
    world.overview.selection = (struct selection){ .fits = NULL };
    (void)overview();
    assert_int_equal(world.overview.unsearched, 0);
}

/* Foreign data are not shown, and not mended: check --fix does that. */
static void test_foreign_members_are_not_shown(void **state)
{
    (void)state;
    fill();
    (void)REDIS("ZADD %b 0 gone", LIST_OF(key_standings, "gone"));
    assert_text(ids_of(overview()), "failing late never running fresh disabled");
    assert_text(REDIS("ZSCORE %b gone", LIST_OF(key_standings, "gone")), "0");
}

static void test_history_in_rows(void **state)
{
    struct ask *ask;

    (void)state;
    fill();
    assert_int_equal(report_status("failing", "completed"), UPDATED);
    world.overview.history = 1;
    ask = overview();
    assert_text(ask->rows[0].id, "late");
    assert_int_equal(ask->rows[0].history->count, 1);
    ask = world_ask();
    overview_read(ask, STR("failing"), 5, NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->rows[0].history->count, 2);
    ask = world_ask();
    overview_read(ask, STR("nobody"), 5, NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), MISSING);
    ask = world_ask();
    overview_history(ask, STR("nobody"), STR("+"), 5);
    assert_int_equal(world_run(world.stores[0], ask), MISSING);
    ask = world_ask();
    overview_history(ask, STR("failing"), STR("+"), 5);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->rows->history->count, 2);
}

int test_states(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_table_of_content),
        WORLD_TEST(test_table_of_access_control),
        WORLD_TEST(test_table_of_both_kinds),
        WORLD_TEST(test_table_of_the_late),
        WORLD_TEST(test_table_of_the_late_of_both_kinds),
        WORLD_TEST(test_success_never_goes_back),
        WORLD_TEST(test_success_of_the_same_millisecond),
        WORLD_TEST(test_success_in_the_future_is_now),
        WORLD_TEST(test_a_plan_is_no_success),
        WORLD_TEST(test_duration),
        WORLD_TEST(test_calendar),
        WORLD_TEST(test_a_new_time_begins_a_new_run),
        WORLD_TEST(test_each_field_alone),
        WORLD_TEST(test_expected),
        WORLD_TEST(test_due_by_a_schedule),
        WORLD_TEST(test_due_by_several_schedules),
        WORLD_TEST(test_due_by_a_season_that_ends),
        WORLD_TEST(test_due_of_access_control),
        WORLD_TEST(test_settling_follows_the_settings),
        WORLD_TEST(test_the_first_write_settles),
        WORLD_TEST(test_which_are_long),
        WORLD_TEST(test_times_of_clocks_that_are_ahead),
        WORLD_TEST(test_far_times_of_clocks),
        WORLD_TEST(test_seconds_of_datetimes),
        WORLD_TEST(test_lost_beats_late),
        WORLD_TEST(test_failing_beats_lost),
        WORLD_TEST(test_failing_since_the_first),
        WORLD_TEST(test_running_becomes_late_when_heard_of),
        WORLD_TEST(test_signs_of_life),
        WORLD_TEST(test_entries),
        WORLD_TEST(test_counts_of_an_entry),
        WORLD_TEST(test_each_kind_ends_by_its_own_time),
        WORLD_TEST(test_counts_of_the_other_kind),
        WORLD_TEST(test_no_time_begins_no_sync),
        WORLD_TEST(test_nulls_end_no_sync),
        WORLD_TEST(test_counts_of_a_sync_that_was_given_up),
        WORLD_TEST(test_progress_leaves_the_history_alone),
        WORLD_TEST(test_length),
        WORLD_TEST(test_a_long_error_is_cut_between_characters),
        WORLD_TEST(test_history_ends_with_its_connector),
        WORLD_TEST(test_worst_first),
        WORLD_TEST(test_the_clock_moves_them),
        WORLD_TEST(test_selection_and_orders),
        WORLD_TEST(test_selected_states_in_another_order),
        WORLD_TEST(test_errors_are_searched),
        WORLD_TEST(test_errors_are_searched_as_far_as_they_are_read),
        WORLD_TEST(test_errors_of_too_many_are_not_searched),
        WORLD_TEST(test_foreign_members_are_not_shown),
        WORLD_TEST(test_history_in_rows),
    };

    return cmocka_run_group_tests_name("states", tests, world_open, world_close);
}
