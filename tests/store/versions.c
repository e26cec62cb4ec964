/* versions.c: tests that each write of a document adds one to its version, and that a write may
 * depend on the version that was read. */
#include "base/number.h"
#include "base/text.h"
#include "groups.h"
#include "store/job/sync_job.h"
#include "store/schema/fields.h"
#include "store/upkeep/whole.h"

static const struct str version_name = STR_ROW("_version");

static int64_t number_in(struct str text)
{
    int64_t number = 0;

    if (text.ptr)
        assert_int_equal(number_truncate(text, &number), NUMBER_READ);
    return number;
}

static int64_t version(void)
{
    return number_in(REDIS("HGET %b _version", CONNECTOR("c1")));
}

static int64_t job_version(void)
{
    return number_in(REDIS("HGET %b _version", SYNC_JOB("j1")));
}

static enum outcome change(enum update_kind kind, const char *name, const char *value)
{
    struct pair pair = { str_from(name), value ? str_from(value) : (struct str){ NULL, 0 } };
    struct ask *ask = world_ask();

    connector_update(ask, STR("c1"), kind, &pair, 1, NULL, 0);
    return world_run(world.stores[0], ask);
}

/* Each kind of change, and with it each script that writes. */
static const struct {
    enum update_kind kind;
    const char *name, *value;
} changes[] = {
    { MERGE, "status", "configured" }, /* update.lua */
    { MERGE, "status", NULL },
    { MERGE, "name", "n" },                             /* change.lua: in lists, */
    { MERGE, "configuration", "{\"a\":1}" },            /* secret */
    { TOUCH, "last_seen", "2026-01-01T00:00:00.000Z" }, /* report.lua */
    { SETTLE, "scheduling", "{}" },
    { REPORT, "last_sync_status", "in_progress" },
    { REPORT, "last_sync_status", "completed" },
};

static void test_each_change_counts(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_null(REDIS("HGET %b _version", CONNECTOR("c1")).ptr);
    for (size_t i = 0; i < COUNT_OF(changes); i++) {
        assert_int_equal(change(changes[i].kind, changes[i].name, changes[i].value), UPDATED);
        assert_int_equal(version(), i + 1);
        assert_int_equal(change(changes[i].kind, changes[i].name, changes[i].value), NOOP);
        assert_int_equal(version(), i + 1);
    }
}

static void test_what_is_derived_does_not_count(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    connector_settle(ask, STR("c1"));
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    assert_int_equal(change(SETTLE, "_paused", "true"), NOOP);
    assert_null(REDIS("HGET %b _version", CONNECTOR("c1")).ptr);
}

static void test_whole_writes_count(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    connector_rename(ask, STR("c1"), STR("b"), false);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    assert_int_equal(version(), 1);
    assert_int_equal(world_put("c1", "c"), UPDATED);
    assert_int_equal(version(), 2);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(version(), 3);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_int_equal(version(), 4);
}

static enum outcome restore(const char *given)
{
    struct pair fields[] = { { STR_ROW("deleted"), STR_ROW("false") },
                             { STR_ROW("_version"), STR_ROW("") } };
    struct whole whole = { .kind = WHOLE_CONNECTOR, .id = STR("c1"), .fields = fields };
    struct ask *ask = world_ask();

    fields[1].value = str_from(given);
    whole.field_count = 2;
    whole_write(ask, &whole);
    return world_run(world.stores[0], ask);
}

/* An exported document brings its version, but importing it never lowers a version. */
static void test_restored_versions(void **state)
{
    (void)state;
    assert_int_equal(restore("7"), CREATED);
    assert_int_equal(version(), 7);
    assert_int_equal(restore("30"), UPDATED);
    assert_int_equal(version(), 30);
    assert_int_equal(restore("3"), UPDATED);
    assert_int_equal(version(), 31);
}

/* ---- jobs ---- */

static enum outcome create_job(void)
{
    static const struct pair fields[] = {
        { STR_ROW("_connector_id"), STR_ROW("c1") },
        { STR_ROW("job_type"), STR_ROW("full") },
        { STR_ROW("status"), STR_ROW("pending") },
        { STR_ROW("created_at"), STR_ROW("2026-01-01T00:00:00.000Z") },
    };
    struct ask *ask = world_ask();

    sync_job_create(ask, STR("j1"), fields, COUNT_OF(fields));
    return world_run(world.stores[0], ask);
}

static enum outcome change_job(const char *name, const char *value)
{
    struct pair pair = { str_from(name), str_from(value) };
    struct ask *ask = world_ask();

    sync_job_update(ask, STR("j1"), &pair, 1, NULL, 0);
    return world_run(world.stores[0], ask);
}

static void test_jobs_count(void **state)
{
    static const char *const rows[][2] = {
        { "last_seen", "2026-01-01T00:00:00.000Z" }, /* update.lua */
        { "status", "in_progress" },                 /* job_update.lua */
        { "connector", "{}" },
    };

    (void)state;
    assert_int_equal(create_job(), CREATED);
    assert_null(REDIS("HGET %b _version", SYNC_JOB("j1")).ptr);
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        assert_int_equal(change_job(rows[i][0], rows[i][1]), UPDATED);
        assert_int_equal(change_job(rows[i][0], rows[i][1]), NOOP);
        assert_int_equal(job_version(), i + 1);
    }
    assert_int_equal(create_job(), UPDATED);
    assert_int_equal(job_version(), COUNT_OF(rows) + 1);
}

static void test_an_end_counts_for_both(void **state)
{
    static const struct pair completed = { STR_ROW("status"), STR_ROW("completed") };
    static const struct pair reported = { STR_ROW("last_sync_status"), STR_ROW("completed") };
    struct sync_job_end end = { .id = STR("j1"),
                                .connector_id = STR("c1"),
                                .changes = &completed,
                                .change_count = 1,
                                .reports = &reported,
                                .report_count = 1 };
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(create_job(), CREATED);
    sync_job_finish(ask, &end);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    assert_int_equal(version(), 1);
    assert_int_equal(job_version(), 1);
}

/* ---- writes that depend on a version ---- */

static struct ask *ask_if(enum update_kind kind, const char *name, const char *value,
                          const struct pair *expected)
{
    struct pair *pair = arena_take(world.arena, sizeof *pair);
    struct ask *ask = world_ask();

    *pair = (struct pair){ str_from(name), str_from(value) };
    connector_update(ask, STR("c1"), kind, pair, 1, expected, 1);
    return ask;
}

static void test_expected_version(void **state)
{
    static const struct {
        enum update_kind kind;
        const char *name, *first, *second;
    } rows[] = {
        { MERGE, "status", "configured", "connected" },
        { MERGE, "name", "one", "two" },
        { REPORT, "last_sync_status", "in_progress", "completed" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct pair absent = { version_name, { NULL, 0 } }, first = { version_name, STR("1") };

        assert_int_equal(world_put("c1", NULL), CREATED);
        assert_int_equal(
            world_run(world.stores[0], ask_if(rows[i].kind, rows[i].name, rows[i].first, &absent)),
            UPDATED);
        assert_int_equal(
            world_run(world.stores[0], ask_if(rows[i].kind, rows[i].name, rows[i].second, &absent)),
            CHANGED);
        assert_int_equal(version(), 1);
        assert_int_equal(
            world_run(world.stores[0], ask_if(rows[i].kind, rows[i].name, rows[i].second, &first)),
            UPDATED);
        assert_int_equal(world_delete("c1", true), DELETED);
    }
}

/* Of two writers that have read the same version, one wins. */
static void test_one_of_two_wins(void **state)
{
    struct pair expected = { version_name, { NULL, 0 } };
    const char *const times[] = { "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z" };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (unsigned round = 0; round < 100; round++) {
        struct ask *asks[2];
        unsigned won = 0;

        for (size_t i = 0; i < 2; i++) {
            asks[i] = ask_if(REPORT, "last_sync_scheduled_at", times[(round + i) % 2], &expected);
            store_send(world.stores[i], asks[i]);
        }
        (void)REDIS("HDEL %b last_sync_scheduled_at", CONNECTOR("c1"));
        for (size_t i = 0; i < 2; i++)
            while (asks[i]->outcome == ASKING)
                store_flush(world.stores[i]);
        for (size_t i = 0; i < 2; i++)
            won += asks[i]->outcome == UPDATED;
        assert_int_equal(won, 1);
        assert_int_equal(asks[0]->outcome == CHANGED || asks[1]->outcome == CHANGED, 1);
        expected.value = REDIS("HGET %b _version", CONNECTOR("c1"));
    }
    assert_int_equal(version(), 100);
}

int test_document_versions(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_each_change_counts), WORLD_TEST(test_what_is_derived_does_not_count),
        WORLD_TEST(test_whole_writes_count), WORLD_TEST(test_restored_versions),
        WORLD_TEST(test_jobs_count),         WORLD_TEST(test_an_end_counts_for_both),
        WORLD_TEST(test_expected_version),   WORLD_TEST(test_one_of_two_wins),
    };

    return cmocka_run_group_tests_name("versions", tests, world_open, world_close);
}
