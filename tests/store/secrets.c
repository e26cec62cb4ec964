/* secrets.c: tests that secrets are kept apart from the rest of a document, and are deleted with
 * it. */
#include "base/text.h"
#include "groups.h"
#include "store/job/sync_job.h"
#include "store/schema/fields.h"

static const struct str names[] = { STR_ROW("status"), STR_ROW("configuration"), STR_ROW("name"),
                                    STR_ROW("api_key_id"), STR_ROW("error") };

static enum outcome update(const char *id, const struct pair *changes, size_t count,
                           const struct pair *expected, size_t expected_count)
{
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), MERGE, changes, count, expected, expected_count);
    return world_run(world.stores[0], ask);
}

static const struct pair configured[] = { { STR_ROW("configuration"), STR_ROW("{\"a\":1}") },
                                          { STR_ROW("status"), STR_ROW("configured") },
                                          { STR_ROW("error"), { NULL, 0 } },
                                          { STR_ROW("api_key_id"), STR_ROW("key") } };

static void test_secrets_lie_apart(void **state)
{
    static const struct pair cleared[] = { { STR_ROW("api_key_id"), { NULL, 0 } } };

    (void)state;
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), MISSING);
    assert_text(REDIS("DBSIZE"), "0");
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b error old", CONNECTOR("c1"));
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), UPDATED);
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), NOOP);
    assert_text(REDIS("HMGET %b status error configuration api_key_id", CONNECTOR("c1")),
                "configured|nil|nil|nil");
    assert_text(REDIS("HMGET %b configuration api_key_id", SECRETS("c1")), "{\"a\":1}|key");
    assert_text(REDIS("HLEN %b", SECRETS("c1")), "2");
    assert_int_equal(update("c1", cleared, 1, NULL, 0), UPDATED);
    assert_int_equal(update("c1", cleared, 1, NULL, 0), NOOP);
    assert_text(REDIS("HKEYS %b", SECRETS("c1")), "configuration");
}

/* A difference on either side alone counts as one; a failed guard on either side leaves both as
 * they are. */
static void test_both_sides_count(void **state)
{
    static const struct pair rows[][2] = {
        { { STR_ROW("configuration"), STR_ROW("{\"a\":1}") }, { STR_ROW("status"), STR_ROW("b") } },
        { { STR_ROW("configuration"), STR_ROW("{}") }, { STR_ROW("status"), STR_ROW("b") } },
    };
    static const struct pair wrong[] = { { STR_ROW("configuration"), STR_ROW("{\"a\":1}") },
                                         { STR_ROW("configuration"), { NULL, 0 } },
                                         { STR_ROW("status"), STR_ROW("configured") },
                                         { STR_ROW("api_key_secret_id"), STR_ROW("x") } };
    static const struct pair right[] = { { STR_ROW("configuration"), STR_ROW("{}") },
                                         { STR_ROW("api_key_secret_id"), { NULL, 0 } },
                                         { STR_ROW("status"), STR_ROW("b") } };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(update("c1", configured, 2, NULL, 0), UPDATED);
    for_each_row (i, rows)
        assert_int_equal(update("c1", rows[i], 2, NULL, 0), UPDATED);
    for_each_row (i, wrong)
        assert_int_equal(update("c1", configured, 2, &wrong[i], 1), CHANGED);
    assert_text(REDIS("HGET %b status", CONNECTOR("c1")), "b");
    assert_text(REDIS("HGET %b configuration", SECRETS("c1")), "{}");
    assert_int_equal(update("c1", configured, 2, right, COUNT_OF(right)), UPDATED);
    assert_text(REDIS("HGET %b status", CONNECTOR("c1")), "configured");
    assert_text(REDIS("HGET %b configuration", SECRETS("c1")), "{\"a\":1}");
}

/* A key that is no hash is left alone, and so is the other side. */
static void test_foreign_secrets(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("SET %b foreign", SECRETS("c1"));
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), FAULTY);
    assert_null(REDIS("HGET %b status", CONNECTOR("c1")).ptr);
    assert_text(REDIS("GET %b", SECRETS("c1")), "foreign");
}

static void test_reading_joins_them(void **state)
{
    static const struct connector_list all = { .size = 100 };
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_put("c2", "b"), CREATED);
    assert_int_equal(update("c2", configured, COUNT_OF(configured), NULL, 0), UPDATED);
    connector_read(ask, STR("c2"), names, COUNT_OF(names));
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_text(ask->rows[0].values[0], "configured");
    assert_text(ask->rows[0].values[1], "{\"a\":1}");
    assert_text(ask->rows[0].values[2], "a name");
    assert_text(ask->rows[0].values[3], "key");
    assert_null(ask->rows[0].values[4].ptr);
    ask = world_ask_rows(COUNT_OF(names));
    connector_list(ask, &all, names, COUNT_OF(names));
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, 2);
    for (size_t k = 0; k < COUNT_OF(names); k++)
        assert_int_equal(ask->rows[0].values[k].ptr != NULL, k == 2);
    assert_text(ask->rows[1].id, "c2");
    assert_text(ask->rows[1].values[1], "{\"a\":1}");
    assert_text(ask->rows[1].values[2], "a name");
}

static void test_secrets_go_with_their_connector(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), UPDATED);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_text(REDIS("EXISTS %b", SECRETS("c1")), "0");
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), UPDATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(REDIS("EXISTS %b", SECRETS("c1")), "1");
    assert_int_equal(update("c1", configured, COUNT_OF(configured), NULL, 0), MISSING);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(REDIS("DBSIZE"), "0");
}

/* ---- sync jobs ---- */

static const struct str job_names[] = { STR_ROW("connector"), STR_ROW("status") };

static void create_job(struct str id, struct str connector)
{
    const struct pair fields[] = { { STR("connector"), connector },
                                   { STR("job_type"), STR("full") },
                                   { STR("status"), STR("pending") },
                                   { STR("created_at"), STR("2024-11-09T15:13:08.231Z") },
                                   { sync_job_names[JOB_CONNECTOR_ID], STR("c1") } };
    struct ask *ask = world_ask();

    sync_job_create(ask, id, fields, COUNT_OF(fields));
    assert_int_equal(world_run(world.stores[0], ask), CREATED);
}

static void test_what_a_job_knows_of_its_connector(void **state)
{
    static const struct sync_job_list all = { .size = 100 };
    static const struct pair claimed[] = { { STR_ROW("connector"), STR_ROW("{\"id\":2}") },
                                           { STR_ROW("status"), STR_ROW("in_progress") } };
    static const struct pair expected = { STR_ROW("connector"), STR_ROW("{\"id\":1}") };
    static const enum outcome outcomes[] = { UPDATED, CHANGED };
    struct ask *ask = world_ask();

    (void)state;
    create_job(STR("j1"), STR("{\"id\":1}"));
    create_job(STR("j2"), STR("{\"id\":3}"));
    assert_text(REDIS("HMGET %b connector status", SYNC_JOB("j1")), "nil|pending");
    assert_text(REDIS("HGET %b connector", JOB_SECRETS("j1")), "{\"id\":1}");
    for_each_row (i, outcomes) {
        ask = world_ask();
        sync_job_update(ask, STR("j1"), claimed, COUNT_OF(claimed), &expected, 1);
        assert_int_equal(world_run(world.stores[0], ask), outcomes[i]);
    }
    ask = world_ask_rows(COUNT_OF(job_names));
    sync_job_list(ask, &all, job_names, COUNT_OF(job_names));
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, 2);
    assert_text(ask->rows[0].values[0], "{\"id\":3}");
    assert_text(ask->rows[0].values[1], "pending");
    assert_text(ask->rows[1].values[0], "{\"id\":2}");
    assert_text(ask->rows[1].values[1], "in_progress");
    for_each_row (i, ((const char *[]){ "j1", "j2" })) {
        ask = world_ask();
        sync_job_delete(ask, i ? STR("j2") : STR("j1"));
        assert_int_equal(world_run(world.stores[0], ask), DELETED);
    }
    assert_text(REDIS("DBSIZE"), "0");
}

int test_secrets(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_secrets_lie_apart),
        WORLD_TEST(test_both_sides_count),
        WORLD_TEST(test_foreign_secrets),
        WORLD_TEST(test_reading_joins_them),
        WORLD_TEST(test_secrets_go_with_their_connector),
        WORLD_TEST(test_what_a_job_knows_of_its_connector),
    };

    return cmocka_run_group_tests_name("secrets", tests, world_open, world_close);
}
