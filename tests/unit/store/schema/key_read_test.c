/* key_read_test.c: tests that names of keys are read as they are made, and no others. */
#include "store/schema/key_read.h"

#include "base/text.h"
#include "store/schema/key.h"
#include "unit.h"

static const struct ask_settings plain = { .key_prefix = STR_ROW("p:") };

static void expect(struct ask *ask, struct str key, enum key_kind kind, struct str name,
                   const char *status)
{
    struct key_parts parts = key_read(ask, key);

    assert_int_equal(parts.kind, kind);
    assert_true(str_equal(parts.name, name));
    assert_true(str_equal(str_or_empty(parts.status), str_from(status ? status : "")));
    assert_int_equal(parts.status.ptr != NULL, status != NULL);
}

static void test_ours(void **state)
{
    static const struct str any = { NULL, 0 }, id = STR_ROW("a{}%: \n\x7f\xff"), none = STR_ROW("");
    struct ask ask;

    ask_open(&ask, *state, &plain);
    expect(&ask, key_connector(&ask, id), KEY_CONNECTOR, id, NULL);
    expect(&ask, key_secrets(&ask, key_connector(&ask, id)), KEY_CONNECTOR_SECRETS, id, NULL);
    expect(&ask, key_syncs(&ask, id), KEY_SYNCS, id, NULL);
    expect(&ask, key_sync_jobs(&ask, id, any), KEY_CONNECTOR_JOBS, id, NULL);
    expect(&ask, key_sync_jobs(&ask, id, STR("error")), KEY_CONNECTOR_JOBS, id, "error");
    expect(&ask, key_connectors(&ask), KEY_CONNECTORS, none, NULL);
    expect(&ask, key_standings(&ask), KEY_STANDINGS, none, NULL);
    expect(&ask, key_index_name(&ask, id), KEY_INDEX_NAME, id, NULL);
    expect(&ask, key_claims(&ask, id), KEY_CLAIMS, id, NULL);
    expect(&ask, key_look(&ask, id), KEY_LOOK, id, NULL);
    expect(&ask, key_sync_job(&ask, id), KEY_SYNC_JOB, id, NULL);
    expect(&ask, key_secrets(&ask, key_sync_job(&ask, id)), KEY_SYNC_JOB_SECRETS, id, NULL);
    expect(&ask, key_sync_jobs(&ask, any, any), KEY_ALL_JOBS, none, NULL);
    expect(&ask, key_sync_jobs(&ask, any, STR("pending")), KEY_ALL_JOBS, none, "pending");
    expect(&ask, key_schema(&ask), KEY_SCHEMA, none, NULL);
    expect(&ask, key_access(&ask, id), KEY_ACCESS, id, NULL);
    expect(&ask, key_access_list(&ask), KEY_ACCESS_LIST, none, NULL);
}

static void test_others(void **state)
{
    static const char *const keys[] = {
        "",
        "p:",
        "connector:{a}",
        "p:connector",
        "p:connector:{",
        "p:connector:{a",
        "p:connector:{a}b",
        "p:connector:{a{b}",
        "p:connector:{a%41}",
        "p:connector:{a%7d}",
        "p:connector:{a%7}",
        "p:connector:{a%}",
        "p:connector:{a}:syncs:x",
        "p:connectors2",
        "p:{sync_jobs}x",
        "p:sync_job:{a}:syncs",
    };
    struct ask ask;

    ask_open(&ask, *state, &plain);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        assert_int_equal(key_read(&ask, str_from(keys[i])).kind, KEY_OTHER);
}

static int open_arena(void **state)
{
    *state = arena_new();
    return 0;
}

static int close_arena(void **state)
{
    arena_free(*state);
    return 0;
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ours, open_arena, close_arena),
        cmocka_unit_test_setup_teardown(test_others, open_arena, close_arena),
    };

    return cmocka_run_group_tests_name("key_read", tests, NULL, NULL);
}
