/* standings.c: tests what reports leave behind besides their fields, and how overviews see it. */
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "groups.h"

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
/* clang-format off */
#define PAIR(name, value) { STR_ROW(name), STR_ROW(value) }
#define NO_PAIR(name)     { STR_ROW(name), { NULL, 0 } }
#define FIELD(name)       REDIS("HGET connector:{c1} " name)
/* clang-format on */

/* ---- derived fields ---- */

static void test_successes_and_failures(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_text(FIELD("_place"), "never_synced");
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_text(FIELD("_consecutive_failures"), "1");
    assert_text(FIELD("_place"), "failing -");
    assert_int_equal(report_status("c1", "error"), NOOP);
    assert_text(FIELD("_consecutive_failures"), "1");
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error"),
                               PAIR("last_synced", "2026-01-01T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("_consecutive_failures"), "2");
    assert_null(FIELD("_last_success").ptr);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2026-01-02T00:00:01.000Z")),
                     UPDATED);
    assert_text(FIELD("_consecutive_failures"), "0");
    assert_text(FIELD("_last_success"), "2026-01-02T00:00:01.000Z");
    assert_text(FIELD("_place"), "ok 2026-01-02T00:00");
    /* The next run is planned: no success. */
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_scheduled_at", "2026-01-03T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("_last_success"), "2026-01-02T00:00:01.000Z");
    assert_int_equal(report_status("c1", "canceled"), UPDATED);
    assert_text(FIELD("_consecutive_failures"), "0");
    assert_text(FIELD("_place"), "ok 2026-01-02T00:00");
    /* Without a time of the sync it succeeded when it was reported. */
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_same(FIELD("_last_success"), FIELD("_reported_at"));
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_int_equal(REPORT_OF("c1", NO_PAIR("last_sync_status")), UPDATED);
    assert_null(FIELD("_consecutive_failures").ptr);
}

static void test_kinds_are_kept_apart(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_synced", "2026-01-01T00:00:00.000Z")),
                     UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "error"),
                               PAIR("last_synced", "2026-01-02T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("_last_success"), "2026-01-01T00:00:00.000Z");
    assert_text(FIELD("_consecutive_failures"), "0");
    assert_text(FIELD("_access_control_consecutive_failures"), "1");
    assert_text(FIELD("_place"), "failing 2026-01-01T00:00");
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "completed"),
                               PAIR("last_synced", "2026-01-03T00:00:00.000Z")),
                     UPDATED);
    assert_text(FIELD("_access_control_last_success"), "2026-01-03T00:00:00.000Z");
    assert_text(FIELD("_last_success"), "2026-01-01T00:00:00.000Z");
    assert_text(FIELD("_place"), "ok 2026-01-01T00:00 2026-01-03T00:00");
    assert_text(REDIS("EVAL %s 1 connector:{c1}:syncs",
                      "local r = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
                      "r[#r + 1] = e[2][2] end return r"),
                "content|access_control|access_control");
}

/* Rows of days in which the calendar has its quirks: the start is put back by a day. */
static void test_duration(void **state)
{
    struct instant day_ago = instant_now();
    int64_t duration;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    assert_same(FIELD("_sync_started_at"), FIELD("_reported_at"));
    day_ago.seconds -= 86400;
    (void)REDIS("HSET connector:{c1} _sync_started_at %b", instant_write(day_ago, world.arena).ptr,
                instant_write(day_ago, world.arena).len);
    assert_int_equal(REPORT_OF("c1", PAIR("last_indexed_document_count", "1")), UPDATED);
    assert_int_equal(report_status("c1", "completed"), UPDATED);
    assert_null(FIELD("_sync_started_at").ptr);
    assert_int_equal(number_truncate(FIELD("_last_duration_ms"), &duration), NUMBER_READ);
    assert_in_range(duration, 86400000 - 1, 86400000 + 60000);
    /* An end without a beginning: not known, and not the former one. */
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_null(FIELD("_last_duration_ms").ptr);
    /* A clock that runs ahead elsewhere. */
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    (void)REDIS("HSET connector:{c1} _sync_started_at 2999-03-01T00:00:00.000Z");
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
        (void)REDIS("HSET connector:{c1} _sync_started_at %b", start.ptr, start.len);
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
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "in_progress"), UPDATED);
    (void)REDIS("HSET connector:{c1} _sync_started_at 2020-01-01T00:00:00.000Z");
    assert_int_equal(REPORT_OF("c1", PAIR("last_indexed_document_count", "1")), UPDATED);
    assert_text(FIELD("_sync_started_at"), "2020-01-01T00:00:00.000Z");
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_scheduled_at", "2026-01-03T00:00:00.000Z")),
                     UPDATED);
    assert_same(FIELD("_sync_started_at"), FIELD("_reported_at"));
}

/* Every field that a report may have, alone: it must end where its name says. */
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
        struct str others = REDIS("HLEN connector:{c1}");

        assert_int_equal(report("c1", &cleared, 1), NOOP);
        assert_int_equal(report("c1", &set, 1), UPDATED);
        assert_text(REDIS("HGET connector:{c1} %s", names[i]), "a value");
        assert_int_equal(report("c1", &set, 1), NOOP);
        assert_int_equal(report("c1", &cleared, 1), UPDATED);
        assert_null(REDIS("HGET connector:{c1} %s", names[i]).ptr);
        if (i)
            assert_same(REDIS("HLEN connector:{c1}"), others);
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
    assert_text(REDIS("EXISTS connector:{c1}:syncs"), "0");
    ask = world_ask();
    connector_update(ask, STR("c1"), REPORT, &change, 1, &absent, 1);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
}

/* ---- history ---- */

static void test_entries(void **state)
{
    static const char *const statuses[] = { "in_progress", "completed", "error",    "canceling",
                                            "canceled",    "pending",   "suspended" };
    struct str names = { NULL, 0 };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("sync_cursor", "{}")), UPDATED);
    for (size_t i = 0; i < COUNT_OF(statuses); i++)
        assert_int_equal(report_status("c1", statuses[i]), UPDATED);
    assert_int_equal(
        REPORT_OF("c1", PAIR("last_access_control_sync_error", "42"), PAIR("last_sync_error", "")),
        UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_error", "42")), NOOP);
    assert_text(REDIS("XLEN connector:{c1}:syncs"), "9");
    assert_text(REDIS("EVAL %s 1 connector:{c1}:syncs",
                      "local r = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
                      "r[#r + 1] = e[2][2] .. ' ' .. e[2][4] .. ' ' .. e[2][6] end return r"),
                "other  -1|content in_progress 1|content completed 0|content error 4|content "
                "canceling 1|content canceled 3|content pending 2|content suspended 2|both "
                "suspended 2");
    /* All have the same fields, and a text is never a number. */
    names = REDIS("EVAL %s 1 connector:{c1}:syncs",
                  "local seen = {} for _, e in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
                  "local n = {} for i = 1, #e[2], 2 do n[#n + 1] = e[2][i] end "
                  "seen[table.concat(n, ' ')] = true end "
                  "local r = {} for k in pairs(seen) do r[#r + 1] = k end return r");
    assert_text(names, "kind status status_code error last_synced indexed deleted duration_ms "
                       "access_control_status access_control_status_code access_control_error");
    assert_text(REDIS("EVAL %s 1 connector:{c1}:syncs",
                      "return redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][2][22]"),
                "error: 42");
}

static void test_length(void **state)
{
    uint64_t count;

    (void)state;
    world.settings.history = 10;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(report_status("c1", i % 2 ? "error" : "completed"), UPDATED);
    assert_int_equal(number_count(REDIS("XLEN connector:{c1}:syncs"), 1000, &count), NUMBER_READ);
    assert_in_range(count, 10, 10 + 100); /* Redis trims whole nodes of up to 100 entries */
    world.settings.history = 0;
    assert_int_equal(world_put("c2", NULL), CREATED);
    assert_int_equal(report_status("c2", "error"), UPDATED);
    assert_text(REDIS("EXISTS connector:{c2}:syncs"), "0");
    assert_text(REDIS("HGET connector:{c2} _consecutive_failures"), "1");
}

static void test_a_long_error_is_cut_between_characters(void **state)
{
    char text[4100];
    struct pair change = { STR("last_sync_error"), { text, 0 } };

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + 4094, "\xe2\x82\xac", 3); /* a character at bytes 4095 to 4097 */
    change.value.len = 4097;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report("c1", &change, 1), UPDATED);
    assert_text(REDIS("EVAL %s 1 connector:{c1}:syncs",
                      "return #redis.call('XRANGE', KEYS[1], '-', '+')[1][2][8]"),
                "4101"); /* "error: " and 4094 */
    assert_text(REDIS("HSTRLEN connector:{c1} last_sync_error"), "4097");
    change.value.len = 4094;
    assert_int_equal(report("c1", &change, 1), UPDATED);
    assert_text(REDIS("EVAL %s 1 connector:{c1}:syncs",
                      "return #redis.call('XREVRANGE', KEYS[1], '+', '-')[1][2][8]"),
                "4101");
}

static void test_history_ends_with_its_connector(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(REDIS("XLEN connector:{c1}:syncs"), "1");
    assert_text(REDIS("ZCARD standings"), "0");
    assert_int_equal(report_status("c1", "completed"), MISSING);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_text(REDIS("EXISTS connector:{c1}:syncs"), "0");
    assert_null(FIELD("_consecutive_failures").ptr);
    assert_int_equal(report_status("c1", "error"), UPDATED);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(REDIS("DBSIZE"), "0");
}

/* ---- overviews ---- */

static struct ask *overview(void)
{
    static const struct str name = STR_ROW("name");
    struct ask *ask = world_ask();

    world.overview.now = instant_now().seconds;
    overview_list(ask, &world.overview, &name, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return ask;
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
    assert_int_equal(REPORT_OF("disabled", PAIR("_paused", "true")), NOOP);
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
    assert_text(ask->rows[0].values[STANDING_FIELDS], "a name");
    world.overview.from = 1;
    world.overview.size = 3;
    ask = overview();
    assert_text(ids_of(ask), "late never running");
    assert_int_equal(ask->total, 6);
    world.overview.standings = 1U << FRESH | 1U << FAILING;
    ask = overview();
    assert_text(ids_of(ask), "fresh");
    assert_int_equal(ask->total, 2);
    assert_int_equal(world.overview.counts[RUNNING], 1);
    world.overview.from = 7;
    assert_text(ids_of(overview()), "");
    world.overview.size = 0;
    assert_int_equal(overview()->total, 2);
}

/* Nothing but the clock makes a running connector lost. */
static void test_lost(void **state)
{
    (void)state;
    fill();
    (void)REDIS("HSET connector:{running} _place %s", "running 2020-01-01T00:00");
    assert_text(ids_of(overview()), "failing running late never fresh disabled");
    assert_int_equal(world.overview.counts[LOST], 1);
    assert_int_equal(world.overview.counts[RUNNING], 0);
}

static bool fits_letter(const void *letter, const struct str *values)
{
    return str_equal(str_or_empty(values[0]), (struct str){ letter, 1 });
}

static void test_selection_and_orders(void **state)
{
    static const struct str name = STR_ROW("name");
    enum { MANY = 1200 };

    (void)state;
    for (int i = 0; i < MANY; i++) {
        struct str id = arena_format(world.arena, "c%d", i);
        struct ask *ask = world_ask();

        world_ask_put(ask, id, (struct str){ NULL, 0 });
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
        (void)REDIS("HSET connector:{%b} name %s", id.ptr, id.len, &"a\0b\0c"[i % 3 * 2]);
    }
    world.overview.selection = (struct selection){ fits_letter, "b", &name, 1 };
    world.overview.size = 2;
    assert_int_equal(overview()->total, MANY / 3);
    world.overview.selection = (struct selection){ fits_letter, "x", &name, 1 };
    assert_int_equal(overview()->total, 0);
    world.overview.selection = (struct selection){ .fits = NULL };
    world.overview.order = BY_NAME;
    assert_text(ids_of(overview()), "c0 c1002");
    world.overview.descending = true;
    assert_text(ids_of(overview()), "c998 c995");
    assert_int_equal(report_status("c7", "completed"), UPDATED);
    world.overview.order = BY_SUCCESS;
    assert_text(ids_of(overview()), "c7 c0");
    world.overview.descending = false;
    assert_text(ids_of(overview()), "c7 c0");
    assert_int_equal(world.overview.counts[NEVER_SYNCED], MANY - 1);
}

/* What a crash between two writes leaves, and what is none of ours. */
static void test_wrong_entries_are_put_right(void **state)
{
    (void)state;
    fill();
    (void)REDIS("ZADD standings 0 fresh 0 gone 3.5 late");
    (void)REDIS("HSET connector:{disabled} deleted true");
    assert_text(ids_of(overview()), "failing late never running fresh");
    assert_text(REDIS("ZCARD standings"), "5");
    assert_int_equal(world.overview.counts[FAILING], 1);
    assert_int_equal(world.overview.counts[FRESH], 1);
    /* A report that says nothing new finds a connector that is not there. */
    (void)REDIS("ZREM standings failing");
    assert_int_equal(report_status("failing", "error"), NOOP);
    assert_text(ids_of(overview()), "failing late never running fresh");
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
}

int test_standings(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_successes_and_failures),
        WORLD_TEST(test_kinds_are_kept_apart),
        WORLD_TEST(test_duration),
        WORLD_TEST(test_calendar),
        WORLD_TEST(test_a_new_time_begins_a_new_run),
        WORLD_TEST(test_each_field_alone),
        WORLD_TEST(test_expected),
        WORLD_TEST(test_entries),
        WORLD_TEST(test_length),
        WORLD_TEST(test_a_long_error_is_cut_between_characters),
        WORLD_TEST(test_history_ends_with_its_connector),
        WORLD_TEST(test_worst_first),
        WORLD_TEST(test_lost),
        WORLD_TEST(test_selection_and_orders),
        WORLD_TEST(test_wrong_entries_are_put_right),
        WORLD_TEST(test_history_in_rows),
    };

    return cmocka_run_group_tests_name("standings", tests, world_open, world_close);
}
