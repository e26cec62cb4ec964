/* key_read_test.c: tests that names of keys are read as they are made, and no others. */
#include "store/schema/key_read.h"

#include "base/text.h"
#include "store/schema/key.h"
#include "unit.h"

static const struct ask_settings plain = { .key_prefix = STR_ROW("p:") };

static void expect(struct ask *ask, struct str key, enum key_kind kind, unsigned shard,
                   struct str name, const char *status)
{
    struct key_parts parts = key_read(ask, key);

    assert_int_equal(parts.kind, kind);
    assert_int_equal(parts.shard, shard);
    assert_same(parts.name, name);
    assert_same(str_or_empty(parts.status), str_from(status ? status : ""));
    assert_int_equal(parts.status.ptr != NULL, status != NULL);
}

static void expect_ours(struct ask *ask)
{
    static const struct str any = { NULL, 0 }, id = STR_ROW("a{}%: \n\x7f\xff"), none = STR_ROW("");
    static const struct {
        struct str (*key)(struct ask *ask, unsigned shard);
        enum key_kind kind;
    } sets[] = {
        { key_connectors, KEY_CONNECTORS },
        { key_standings, KEY_STANDINGS },
        { key_successes, KEY_SUCCESSES },
        { key_directory, KEY_DIRECTORY },
        { key_long, KEY_LONG },
        { key_events, KEY_EVENTS },
        { key_unsynced, KEY_UNSYNCED },
        { key_told_until, KEY_TOLD_UNTIL },
        { key_muted, KEY_MUTED },
        { key_hour, KEY_HOUR },
        { key_hours, KEY_HOURS },
        { key_all_days, KEY_ALL_DAYS },
        { key_service_types, KEY_SERVICE_TYPES },
    };
    unsigned own = key_shard(ask, id);

    expect(ask, key_connector(ask, id), KEY_CONNECTOR, own, id, NULL);
    expect(ask, key_secrets(ask, key_connector(ask, id)), KEY_CONNECTOR_SECRETS, own, id, NULL);
    expect(ask, key_syncs(ask, id), KEY_SYNCS, own, id, NULL);
    expect(ask, key_days(ask, id), KEY_DAYS, own, id, NULL);
    expect(ask, key_intents(ask, id), KEY_INTENTS, own, id, NULL);
    expect(ask, key_index_name(ask, id), KEY_INDEX_NAME, own, id, NULL);
    expect(ask, key_sync_job(ask, id), KEY_SYNC_JOB, own, id, NULL);
    expect(ask, key_secrets(ask, key_sync_job(ask, id)), KEY_SYNC_JOB_SECRETS, own, id, NULL);
    for (unsigned shard = 0; shard < key_shards(ask); shard++) {
        for_each_row (i, sets)
            expect(ask, sets[i].key(ask, shard), sets[i].kind, shard, none, NULL);
        expect(ask, key_sync_jobs(ask, shard, id, any), KEY_CONNECTOR_JOBS, shard, id, NULL);
        expect(ask, key_sync_jobs(ask, shard, id, STR("error")), KEY_CONNECTOR_JOBS, shard, id,
               "error");
        expect(ask, key_sync_jobs(ask, shard, any, any), KEY_ALL_JOBS, shard, none, NULL);
        expect(ask, key_sync_jobs(ask, shard, any, STR("pending")), KEY_ALL_JOBS, shard, none,
               "pending");
    }
    expect(ask, key_schema(ask), KEY_SCHEMA, 0, none, NULL);
    expect(ask, key_access(ask, id), KEY_ACCESS, 0, id, NULL);
    expect(ask, key_access_list(ask), KEY_ACCESS_LIST, 0, none, NULL);
}

static void test_ours(void **state)
{
    static const unsigned shards[] = { 0, 1, 2, 16, 1024 };

    for_each_row (i, shards) {
        const struct ask_settings settings = { .key_prefix = STR("p:"), .shards = shards[i] };
        struct ask ask;

        ask_open(&ask, *state, &settings);
        expect_ours(&ask);
    }
}

/* The kinds of keys of the schema's first version, which must be recognised to be removed. */
static void test_of_the_first_version(void **state)
{
    struct ask ask;

    ask_open(&ask, *state, &plain);
    expect(&ask, STR("p:index_name:{a}:claims"), KEY_CLAIMS, 0, STR("a"), NULL);
    expect(&ask, STR("p:index_name:{a}:look"), KEY_LOOK, 0, STR("a"), NULL);
    expect(&ask, STR("p:index_name:{a}:token"), KEY_NAME_TOKEN, 0, STR("a"), NULL);
}

/* With several shards a key must have a shard's tag; without one, or with that of another number of
 * shards, it is none. */
static void test_without_a_tag(void **state)
{
    static const struct ask_settings settings = { .key_prefix = STR_ROW("p:"), .shards = 16 };
    static const char *const keys[] = { "p:connectors", "p:connector:{a}", "p:{x}:connectors",
                                        "p:{}:connectors", "p:{99}:connectors" };
    struct ask ask;

    ask_open(&ask, *state, &settings);
    for_each_row (i, keys)
        assert_int_equal(key_read(&ask, str_from(keys[i])).kind, KEY_OTHER);
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

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_ours),
        ARENA_TEST(test_of_the_first_version),
        ARENA_TEST(test_without_a_tag),
        ARENA_TEST(test_others),
    };

    return cmocka_run_group_tests_name("key_read", tests, NULL, NULL);
}
