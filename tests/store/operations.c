/* operations.c: tests what single operations answer and leave behind. */
#include <poll.h>

#include "base/instant.h"
#include "base/text.h"
#include "groups.h"

static enum outcome update(const char *id, const struct pair *changes, size_t count,
                           const struct pair *expected, size_t expected_count)
{
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), MERGE, changes, count, expected, expected_count);
    return world_run(world.stores[0], ask);
}

/* ---- read ---- */

static void test_read(void **state)
{
    static const struct str names[] = { STR_ROW("name"), STR_ROW("error"), STR_ROW("index_name") };
    struct ask *ask = world_ask();

    (void)state;
    connector_read(ask, STR("c1"), names, COUNT_OF(names));
    assert_int_equal(world_run(world.stores[0], ask), MISSING);
    assert_int_equal(world_put("c1", "a"), CREATED);
    (void)REDIS("HSET connector:{c1} name %b", "\0x", (size_t)2);
    ask = world_ask();
    connector_read(ask, STR("c1"), names, COUNT_OF(names));
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, 1);
    assert_text(ask->rows[0].id, "c1");
    assert_text(ask->rows[0].values[0], "\0x");
    assert_null(ask->rows[0].values[1].ptr);
    assert_text(ask->rows[0].values[2], "a");
}

static void test_read_shows_deleted(void **state)
{
    static const struct str names[] = { STR_ROW("deleted") };
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    connector_read(ask, STR("c1"), names, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_text(ask->rows[0].values[0], "true");
}

/* ---- put ---- */

static void test_put_replaces_the_whole(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    (void)REDIS("HSET connector:{c1} error old");
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_null(REDIS("HGET connector:{c1} error").ptr);
    assert_null(REDIS("HGET connector:{c1} index_name").ptr);
    assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), " c1|1");
    assert_text(REDIS("EXISTS index_name:{a} index_name:{a}:claims"), "0");
}

static void test_put_revives(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "a c1|2");
    assert_int_equal(world_put("c1", "b"), UPDATED);
    assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "b c1|0");
    assert_text(REDIS("HGET connector:{c1} deleted"), "false");
    assert_text(REDIS("GET index_name:{b}"), "c1");
}

/* ---- update ---- */

static void test_update(void **state)
{
    static const struct pair changes[] = { { STR_ROW("last_sync_status"), STR_ROW("completed") },
                                           { STR_ROW("last_sync_error"), { NULL, 0 } },
                                           { STR_ROW("last_synced"), STR_ROW("") } };

    (void)state;
    assert_int_equal(update("c1", changes, 3, NULL, 0), MISSING);
    assert_text(REDIS("DBSIZE"), "0");
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET connector:{c1} last_sync_error old");
    assert_int_equal(update("c1", changes, 3, NULL, 0), UPDATED);
    assert_text(REDIS("HMGET connector:{c1} last_sync_status last_sync_error last_synced name"),
                "completed|nil||a name");
    assert_int_equal(update("c1", changes, 3, NULL, 0), NOOP);
    assert_int_equal(update("c1", changes, 0, NULL, 0), NOOP);
    assert_text(REDIS("HEXISTS connector:{c1} last_sync_error"), "0");
}

static void test_update_of_each_half_alone(void **state)
{
    static const struct pair set = { STR_ROW("error"), STR_ROW("x") };
    static const struct pair clear = { STR_ROW("error"), { NULL, 0 } };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(update("c1", &clear, 1, NULL, 0), NOOP);
    assert_int_equal(update("c1", &set, 1, NULL, 0), UPDATED);
    assert_int_equal(update("c1", &set, 1, NULL, 0), NOOP);
    assert_int_equal(update("c1", &clear, 1, NULL, 0), UPDATED);
    assert_int_equal(update("c1", &clear, 1, NULL, 0), NOOP);
}

static void test_update_misses_the_deleted(void **state)
{
    static const struct pair set = { STR_ROW("error"), STR_ROW("x") };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(update("c1", &set, 1, NULL, 0), MISSING);
    assert_null(REDIS("HGET connector:{c1} error").ptr);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(update("c1", &set, 1, NULL, 0), MISSING);
    assert_text(REDIS("EXISTS connector:{c1}"), "0");
}

static void test_update_guards(void **state)
{
    static const struct pair set[] = { { STR_ROW("sync_cursor"), STR_ROW("{\"a\":2}") },
                                       { STR_ROW("error"), { NULL, 0 } } };
    static const struct pair absent[] = { { STR_ROW("sync_cursor"), { NULL, 0 } },
                                          { STR_ROW("last_sync_error"), { NULL, 0 } } };
    static const struct pair present[] = { { STR_ROW("last_sync_error"), { NULL, 0 } },
                                           { STR_ROW("sync_cursor"), STR_ROW("{\"a\":1}") } };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(update("c1", set, 2, present, 2), CHANGED);
    (void)REDIS("HSET connector:{c1} sync_cursor %s error old", "{\"a\":1}");
    assert_int_equal(update("c1", set, 2, absent, 2), CHANGED);
    assert_text(REDIS("HMGET connector:{c1} sync_cursor error"), "{\"a\":1}|old");
    assert_int_equal(update("c1", set, 2, present, 2), UPDATED);
    assert_text(REDIS("HMGET connector:{c1} sync_cursor error"), "{\"a\":2}|nil");
    assert_int_equal(update("c1", set, 2, present, 2), CHANGED);
    (void)REDIS("HDEL connector:{c1} sync_cursor");
    assert_int_equal(update("c1", set, 2, absent, 2), UPDATED);
    (void)REDIS("HSET connector:{c1} last_sync_error new");
    assert_int_equal(update("c1", set, 2, absent, 2), CHANGED);
    assert_int_equal(update("nobody", set, 2, absent, 2), MISSING);
}

/* All at once in one pipeline: each sees what those before it have left. */
static void test_many_asks_in_one_flush(void **state)
{
    enum { MANY = 500 };
    static struct pair changes[MANY];
    struct ask *asks[MANY];

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (size_t i = 0; i < MANY; i++) {
        asks[i] = world_ask();
        changes[i] = (struct pair){ STR("error"), arena_format(world.arena, "%zu", i - i % 2) };
        connector_update(asks[i], STR("c1"), MERGE, &changes[i], 1, NULL, 0);
        store_send(world.stores[0], asks[i]);
    }
    store_flush(world.stores[0]);
    assert_false(store_pending(world.stores[0]));
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(asks[i]->outcome, i % 2 ? NOOP : UPDATED);
    assert_text(REDIS("HGET connector:{c1} error"), "498");
}

/* ---- delete ---- */

static void test_delete(void **state)
{
    static const struct {
        const char *index_name;
        const char *listed; /* after a soft delete */
    } rows[] = { { "a", "a c1|2" }, { NULL, " c1|3" } };

    (void)state;
    for_each_row (i, rows) {
        assert_int_equal(world_delete("c1", false), MISSING);
        assert_int_equal(world_delete("c1", true), MISSING);
        assert_int_equal(world_put("c1", rows[i].index_name), CREATED);
        assert_int_equal(world_delete("c1", false), DELETED);
        assert_same(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), str_from(rows[i].listed));
        assert_text(REDIS("EXISTS index_name:{a}"), "0");
        assert_int_equal(world_delete("c1", false), MISSING);
        assert_int_equal(world_delete("c1", true), DELETED);
        assert_text(REDIS("DBSIZE"), "0");
        assert_int_equal(world_put("c1", rows[i].index_name), CREATED);
        assert_int_equal(world_delete("c1", true), DELETED);
        assert_text(REDIS("DBSIZE"), "0");
    }
}

/* ---- index names ---- */

static void test_index_name_is_unique(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_text(REDIS("EXISTS connector:{c2}"), "0");
    assert_text(REDIS("ZRANGE connectors 0 -1"), "a c1");
    assert_int_equal(world_put("c2", "A"), CREATED);
    assert_int_equal(world_put("c1", "a"), UPDATED);
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_text(REDIS("GET index_name:{a}"), "c1");
    assert_text(REDIS("HGET connector:{c2} index_name"), "A");
    assert_text(REDIS("GET index_name:{A}"), "c2");
}

static void test_index_name_is_freed(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(world_put("c2", "a"), CREATED);
    assert_int_equal(world_put("c1", "a"), TAKEN);
    assert_text(REDIS("HGET connector:{c1} deleted"), "true");
    assert_int_equal(world_put("c2", "b"), UPDATED);
    assert_int_equal(world_put("c1", "a"), UPDATED);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(world_put("c3", "a"), CREATED);
    assert_int_equal(world_put("c3", NULL), UPDATED);
    assert_int_equal(world_put("c4", "a"), CREATED);
    assert_text(REDIS("KEYS *:*:*"), "");
}

/* What a crash can leave: a holder that has not, or not any more, the name in its hash. */
static void test_left_over_claims_are_taken_over(void **state)
{
    static const char *const left_over[] = {
        "DEL connector:{c1}",
        "HSET connector:{c1} deleted false",
        "HSET connector:{c1} deleted false index_name b",
        "HSET connector:{c1} deleted true index_name a",
    };

    (void)state;
    for_each_row (i, left_over) {
        (void)REDIS("FLUSHDB");
        (void)REDIS(left_over[i]);
        (void)REDIS("SET index_name:{a} c1");
        assert_int_equal(world_put("c2", "a"), CREATED);
        assert_text(REDIS("GET index_name:{a}"), "c2");
        assert_text(REDIS("EXISTS index_name:{a}:claims"), "0");
    }
}

static void test_a_real_holder_keeps_its_name_without_a_claim(void **state)
{
    (void)state;
    (void)REDIS("HSET connector:{c1} deleted false index_name a");
    (void)REDIS("SET index_name:{a} c1");
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_text(REDIS("GET index_name:{a}"), "c1");
}

/* A put that stopped after its first step: nobody may have the name until its claim has expired. */
static void test_unfinished_claim(void **state)
{
    struct ask *ask = world_ask();
    struct store *dying = world_store(PATIENCE);
    int64_t until;

    (void)state;
    world_ask_put(ask, STR("c1"), STR("a"));
    store_send(dying, ask);
    store_flush(dying);
    assert_int_equal(ask->outcome, ASKING);
    store_close(dying);
    assert_text(REDIS("GET index_name:{a}"), "c1");
    assert_text(REDIS("EVAL %s 1 index_name:{a}:claims",
                      "local left = redis.call('PTTL', KEYS[1]) return left > 0 and left <= 20000"),
                "1");
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_int_equal(world_put("c3", "a"), TAKEN);
    assert_text(REDIS("EXISTS connector:{c2} connector:{c3}"), "0");
    (void)REDIS("PEXPIRE index_name:{a}:claims 1");
    for (until = instant_ticks() + 10000;
         !str_equal(REDIS("EXISTS index_name:{a}:claims"), STR("0"));) {
        assert_true(instant_ticks() < until);
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(world_put("c2", "a"), CREATED);
    assert_text(REDIS("GET index_name:{a}"), "c2");
}

/* The same id may go on with its own unfinished claim. */
static void test_repeated_put_after_a_crash(void **state)
{
    (void)state;
    for (unsigned steps = 1; steps <= 3; steps++) {
        struct ask *ask = world_ask();
        struct store *dying = world_store(PATIENCE);

        (void)REDIS("FLUSHDB");
        world_ask_put(ask, STR("c1"), STR("a"));
        store_send(dying, ask);
        for (unsigned i = 0; i < steps; i++)
            store_flush(dying);
        store_close(dying);
        assert_in_set(world_put("c1", "a"), ((LargestIntegralType[]){ CREATED, UPDATED }), 2);
        assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "a c1|0");
        assert_text(REDIS("GET index_name:{a}"), "c1");
    }
}

/* ---- keys ---- */

static void test_key_prefix(void **state)
{
    (void)state;
    world.settings.key_prefix = STR("some:");
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_text(
        REDIS("EXISTS some:connector:{c1} some:connectors some:index_name:{a} some:standings"),
        "4");
    assert_text(REDIS("DBSIZE"), "4");
    world.settings.key_prefix = STR("other:");
    assert_int_equal(world_put("c2", "a"), CREATED);
    world.settings.key_prefix = STR("some:");
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(REDIS("KEYS some:*"), "");
}

/* Ids that would move a key to another slot, end it early, or collide with each other. */
static void test_strange_ids(void **state)
{
    static const struct {
        struct str id;
        struct str key;
    } rows[] = {
        { STR_ROW("{a}"), STR_ROW("connector:{%7Ba%7D}") },
        { STR_ROW("}{"), STR_ROW("connector:{%7D%7B}") },
        { STR_ROW("%7B"), STR_ROW("connector:{%257B}") },
        { STR_ROW("{"), STR_ROW("connector:{%7B}") },
        { STR_ROW("a\0b"), STR_ROW("connector:{a%00b}") },
        { STR_ROW("a\x1f\x7f\n"), STR_ROW("connector:{a%1F%7F%0A}") },
        { STR_ROW("a b  c"), STR_ROW("connector:{a b  c}") },
        { STR_ROW("\xc3\xa4/\"'*"), STR_ROW("connector:{\xc3\xa4/\"'*}") },
    };
    static const struct connector_list all = { .size = 100 };
    struct ask *ask;

    (void)state;
    for_each_row (i, rows) {
        ask = world_ask();
        world_ask_put(ask, rows[i].id, arena_format(world.arena, "name-%zu", i));
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
        assert_text(REDIS("HGET %b deleted", rows[i].key.ptr, rows[i].key.len), "false");
    }
    ask = world_ask();
    connector_list(ask, &all, NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, COUNT_OF(rows));
    for_each_row (i, rows)
        assert_same(ask->rows[i].id, rows[i].id);
    for_each_row (i, rows) {
        struct ask *deleting = world_ask();

        connector_delete(deleting, rows[i].id, true);
        assert_int_equal(world_run(world.stores[0], deleting), DELETED);
    }
    assert_text(REDIS("DBSIZE"), "0");
}

int test_operations(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_read),
        WORLD_TEST(test_read_shows_deleted),
        WORLD_TEST(test_put_replaces_the_whole),
        WORLD_TEST(test_put_revives),
        WORLD_TEST(test_update),
        WORLD_TEST(test_update_of_each_half_alone),
        WORLD_TEST(test_update_misses_the_deleted),
        WORLD_TEST(test_update_guards),
        WORLD_TEST(test_many_asks_in_one_flush),
        WORLD_TEST(test_delete),
        WORLD_TEST(test_index_name_is_unique),
        WORLD_TEST(test_index_name_is_freed),
        WORLD_TEST(test_left_over_claims_are_taken_over),
        WORLD_TEST(test_a_real_holder_keeps_its_name_without_a_claim),
        WORLD_TEST(test_unfinished_claim),
        WORLD_TEST(test_repeated_put_after_a_crash),
        WORLD_TEST(test_key_prefix),
        WORLD_TEST(test_strange_ids),
    };

    return cmocka_run_group_tests_name("operations", tests, world_open, world_close);
}
