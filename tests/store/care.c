/* care.c: tests that what is wrong is found and mended, and that documents go out and in whole.
 * That no script touches two slots is checked for each ask. */
#include "store/upkeep/care.h"
#include "base/text.h"
#include "groups.h"
#include "store/schema/schema.h"
#include "store/upkeep/scan.h"
#include "store/upkeep/whole.h"

static enum outcome look(struct care_item item)
{
    struct ask *ask = world_ask();
    struct care_item *kept = arena_take(world.arena, sizeof *kept);

    *kept = item;
    care_look(ask, kept);
    return world_run(world.stores[0], ask);
}

static enum outcome mend(struct care_item item)
{
    struct ask *ask = world_ask();
    struct care_item *kept = arena_take(world.arena, sizeof *kept);

    *kept = item;
    care_mend(ask, kept);
    return world_run(world.stores[0], ask);
}

static void expect_mending(struct care_item item)
{
    assert_int_equal(look(item), FOUND);
    assert_int_equal(mend(item), UPDATED);
    assert_int_equal(look(item), NOOP);
}

static void test_mending(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "n1"), CREATED);
    for (enum care_kind kind = CARE_PLACE; kind <= CARE_NAME; kind++)
        if (kind != CARE_ENTRY)
            assert_int_equal(look((struct care_item){ kind, .id = STR("c1") }), NOOP);
    (void)REDIS("DEL connectors");
    expect_mending((struct care_item){ CARE_PLACE, .id = STR("c1") });
    (void)REDIS("DEL standings");
    expect_mending((struct care_item){ CARE_STANDING, .id = STR("c1") });
    (void)REDIS("DEL %b", INDEX_NAME("n1"));
    expect_mending((struct care_item){ CARE_NAME, .id = STR("c1") });
    assert_text(REDIS("EXISTS index_name:{n1}:claims"), "0");
    (void)REDIS("SET %b c1", INDEX_NAME("n2"));
    expect_mending((struct care_item){ CARE_HOLDER, .id = STR("n2") });
    (void)REDIS("ZADD standings 1 gone");
    expect_mending((struct care_item){ CARE_STANDING_ENTRY, .id = STR("gone") });
    (void)REDIS("HSET %b a b", SECRETS("gone"));
    expect_mending((struct care_item){ CARE_ORPHAN, .key = STR("connector:{gone}:secrets"),
                                       .id = STR("connector:{gone}") });
}

/* What looked like an orphan has its document by now. */
static void test_mending_too_late(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b a b", SECRETS("c1"));
    assert_int_equal(mend((struct care_item){ CARE_ORPHAN, .key = STR("connector:{c1}:secrets"),
                                              .id = STR("connector:{c1}") }),
                     UPDATED);
    assert_text(REDIS("EXISTS %b", SECRETS("c1")), "1");
}

static struct whole *read_whole(enum whole_kind kind, const char *id)
{
    struct ask *ask = world_ask();
    struct whole *whole = arena_take_cleared(world.arena, sizeof *whole);

    whole->kind = kind;
    whole->id = str_from(id);
    whole_read(ask, whole);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return whole;
}

static enum outcome write_whole(const struct whole *whole)
{
    struct ask *ask = world_ask();

    whole_write(ask, whole);
    return world_run(world.stores[0], ask);
}

static void test_whole_connectors(void **state)
{
    struct whole *whole;

    (void)state;
    assert_int_equal(world_put("c1", "n1"), CREATED);
    (void)REDIS("HSET %b api_key_id key", SECRETS("c1"));
    (void)REDIS("XADD %b 5-1 a b", SYNCS("c1"));
    whole = read_whole(WHOLE_CONNECTOR, "c1");
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(write_whole(whole), CREATED);
    assert_text(world_set(key_connectors), "n1 c1|0");
    assert_text(REDIS("GET %b", INDEX_NAME("n1")), "c1");
    assert_text(REDIS("HGETALL %b", SECRETS("c1")), "api_key_id|key");
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
    assert_text(REDIS("ZCARD standings"), "1");
    (void)REDIS("HSET %b error new", CONNECTOR("c1"));
    (void)REDIS("XADD %b * a c", SYNCS("c1"));
    whole->has_secrets = false;
    (void)REDIS("HSET %b api_key_id other", SECRETS("c1"));
    assert_int_equal(write_whole(whole), UPDATED);
    assert_text(REDIS("HEXISTS %b error", CONNECTOR("c1")), "0");
    assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
    assert_text(REDIS("HGETALL %b", SECRETS("c1")), "api_key_id|other");
}

static void test_whole_connectors_and_names(void **state)
{
    struct whole *whole;

    (void)state;
    assert_int_equal(world_put("c1", "n1"), CREATED);
    whole = read_whole(WHOLE_CONNECTOR, "c1");
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(world_put("c2", "n1"), CREATED);
    assert_int_equal(write_whole(whole), TAKEN);
    whole = read_whole(WHOLE_CONNECTOR, "c1"); /* as it is, deleted */
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(write_whole(whole), CREATED);
    assert_text(world_set(key_connectors), "n1 c2|0|n1 c1|2");
    assert_text(REDIS("ZRANGE standings 0 -1"), "c2");
    assert_text(REDIS("GET %b", INDEX_NAME("n1")), "c2");
}

static void test_whole_jobs(void **state)
{
    struct whole *whole;

    (void)state;
    (void)REDIS("HSET %b job_type full _connector_id c1 status pending created_at "
                "2026-01-01T00:00:00.000Z",
                SYNC_JOB("j"));
    whole = read_whole(WHOLE_SYNC_JOB, "j");
    assert_true(whole_is_complete(whole));
    assert_int_equal(write_whole(whole), UPDATED);
    assert_text(REDIS("ZRANGE {sync_jobs}:pending 0 -1"), "j");
    assert_text(REDIS("ZRANGE connector:{c1}:sync_jobs:pending 0 -1"), "j");
    for (size_t i = 0; i < whole->field_count; i++) {
        if (str_equal(whole->fields[i].name, STR("status")))
            whole->fields[i].value = STR("error");
        if (str_equal(whole->fields[i].name, STR("_connector_id")))
            whole->fields[i].value = STR("c2");
    }
    assert_int_equal(write_whole(whole), UPDATED);
    assert_text(REDIS("EXISTS {sync_jobs}:pending connector:{c1}:sync_jobs "
                      "connector:{c1}:sync_jobs:pending"),
                "0");
    assert_text(REDIS("ZRANGE connector:{c2}:sync_jobs:error 0 -1"), "j");
    assert_text(REDIS("ZRANGE {sync_jobs}:error 0 -1"), "j");
}

/* A prefix with bytes that patterns of Redis know is no pattern. */
static void test_scan_and_prefix(void **state)
{
    struct scan scan = { .ended = false };
    struct ask *ask;
    size_t count = 0;

    (void)state;
    world.settings.key_prefix = STR("p[*]?\\:");
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("MSET p*x: 1 pppp 1 other 1");
    while (!scan.ended) {
        ask = world_ask();
        scan_keys(ask, &scan);
        assert_int_equal(world_run(world.stores[0], ask), FOUND);
        for (size_t i = 0; i < scan.count; i++)
            assert_int_not_equal(key_read(ask, scan.found[i].text).kind, KEY_OTHER);
        count += scan.count;
    }
    assert_int_equal(count, 3); /* its hash, and the two lists */
}

static void test_versions(void **state)
{
    struct str version;
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(schema_judge((struct str){ NULL, 0 }), ASKING);
    assert_int_equal(schema_judge(STR("1")), ASKING);
    assert_int_equal(schema_judge(STR("0")), OUTDATED);
    assert_int_equal(schema_judge(STR("2")), NEWER);
    assert_int_equal(schema_judge(STR("x")), NEWER);
    (void)REDIS("HSET lastsync:schema version 0");
    schema_read(ask, &version);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_text(version, "0");
    ask = world_ask();
    schema_upgrade(ask, version);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    assert_text(REDIS("HGET lastsync:schema version"), "1");
    ask = world_ask();
    schema_upgrade(ask, version); /* somebody else was faster */
    assert_int_equal(world_run(world.stores[0], ask), CHANGED);
}

int test_care(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_mending),          WORLD_TEST(test_mending_too_late),
        WORLD_TEST(test_whole_connectors), WORLD_TEST(test_whole_connectors_and_names),
        WORLD_TEST(test_whole_jobs),       WORLD_TEST(test_scan_and_prefix),
        WORLD_TEST(test_versions),
    };

    return cmocka_run_group_tests_name("care", tests, world_open, world_close);
}
