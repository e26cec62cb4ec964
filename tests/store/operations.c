/* operations.c: tests single operations: their answers, and the data after them. */
#include "base/text.h"
#include "groups.h"

static enum outcome update(const char *id, const struct pair *changes, size_t count,
                           const struct pair *expected, size_t expected_count)
{
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), MERGE, changes, count, expected, expected_count);
    return world_run(world.stores[0], ask);
}

static enum outcome rename_to(const char *id, const char *index_name)
{
    struct ask *ask = world_ask();

    connector_rename(ask, str_from(id), str_from(index_name), false);
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
    (void)REDIS("HSET %b name %b", CONNECTOR("c1"), "\0x", (size_t)2);
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
    (void)REDIS("HSET %b error old", CONNECTOR("c1"));
    (void)REDIS("HSET %b api_key_id secret", SECRETS("c1"));
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_null(REDIS("HGET %b error", CONNECTOR("c1")).ptr);
    assert_null(REDIS("HGET %b index_name", CONNECTOR("c1")).ptr);
    assert_null(REDIS("HGET %b _name_token", CONNECTOR("c1")).ptr);
    assert_text(REDIS("EXISTS %b", SECRETS("c1")), "0");
    assert_text(world_set(key_connectors), " c1|1");
    assert_text(REDIS("KEYS *index_name:*"), "");
    assert_text(REDIS("KEYS *intents*"), "");
}

/* Checks that a connector is in exactly these lists. */
static void test_lists_follow_each_write(void **state)
{
    static const struct pair described[] = { { STR_ROW("name"), STR_ROW("b") },
                                             { STR_ROW("service_type"), STR_ROW("github") },
                                             { STR_ROW("description"), STR_ROW("d") } };
    static const struct pair cleared[] = { { STR_ROW("name"), { NULL, 0 } },
                                           { STR_ROW("service_type"), { NULL, 0 } },
                                           { STR_ROW("description"), STR_ROW("d") } };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_text(world_set(key_directory), "0a name\0c1\0\0a\0\0.|0");
    assert_text(world_set(key_successes), "c1|0");
    assert_int_equal(update("c1", described, 3, NULL, 0), UPDATED);
    assert_int_equal(update("c1", described, 3, NULL, 0), NOOP);
    assert_text(world_set(key_directory), "0b\0c1\0github\0a\0d\0.|0");
    assert_text(REDIS("HGETALL %b", LIST_OF(key_service_types, "c1")), "github|1");
    assert_int_equal(rename_to("c1", "new"), UPDATED);
    assert_int_equal(rename_to("c1", "new"), NOOP);
    assert_text(world_set(key_directory), "0b\0c1\0github\0new\0d\0.|0");
    assert_text(world_set(key_connectors), "new c1|0");
    assert_int_equal(update("c1", cleared, 3, NULL, 0), UPDATED);
    assert_text(world_set(key_directory), "1\0c1\0\0new\0d\0.|0");
    assert_text(REDIS("EXISTS %b", LIST_OF(key_service_types, "c1")), "0");
    assert_int_equal(update("c1", described, 3, NULL, 0), UPDATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(world_set(key_directory), "2b\0c1\0github\0new\0d\0.|0");
    assert_text(REDIS("EXISTS %b", LIST_OF(key_service_types, "c1")), "0");
    assert_text(world_set(key_standings), "");
    assert_text(world_set(key_successes), "");
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(REDIS("KEYS *"), "");
}

static void test_put_revives(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(world_set(key_connectors), "a c1|2");
    assert_int_equal(world_put("c1", "b"), UPDATED);
    assert_text(world_set(key_connectors), "b c1|0");
    assert_text(REDIS("HGET %b deleted", CONNECTOR("c1")), "false");
    assert_text(REDIS("GET %b", INDEX_NAME("b")), "c1");
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
    (void)REDIS("HSET %b last_sync_error old", CONNECTOR("c1"));
    assert_int_equal(update("c1", changes, 3, NULL, 0), UPDATED);
    assert_text(
        REDIS("HMGET %b last_sync_status last_sync_error last_synced name", CONNECTOR("c1")),
        "completed|nil||a name");
    assert_int_equal(update("c1", changes, 3, NULL, 0), NOOP);
    assert_int_equal(update("c1", changes, 0, NULL, 0), NOOP);
    assert_text(REDIS("HEXISTS %b last_sync_error", CONNECTOR("c1")), "0");
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
    assert_null(REDIS("HGET %b error", CONNECTOR("c1")).ptr);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(update("c1", &set, 1, NULL, 0), MISSING);
    assert_text(REDIS("EXISTS %b", CONNECTOR("c1")), "0");
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
    (void)REDIS("HSET %b sync_cursor %s error old", CONNECTOR("c1"), "{\"a\":1}");
    assert_int_equal(update("c1", set, 2, absent, 2), CHANGED);
    assert_text(REDIS("HMGET %b sync_cursor error", CONNECTOR("c1")), "{\"a\":1}|old");
    assert_int_equal(update("c1", set, 2, present, 2), UPDATED);
    assert_text(REDIS("HMGET %b sync_cursor error", CONNECTOR("c1")), "{\"a\":2}|nil");
    assert_int_equal(update("c1", set, 2, present, 2), CHANGED);
    (void)REDIS("HDEL %b sync_cursor", CONNECTOR("c1"));
    assert_int_equal(update("c1", set, 2, absent, 2), UPDATED);
    (void)REDIS("HSET %b last_sync_error new", CONNECTOR("c1"));
    assert_int_equal(update("c1", set, 2, absent, 2), CHANGED);
    assert_int_equal(update("nobody", set, 2, absent, 2), MISSING);
}

/* All at once in one pipeline: each sees the results of those before it. */
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
    assert_text(REDIS("HGET %b error", CONNECTOR("c1")), "498");
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
        assert_same(world_set(key_connectors), str_from(rows[i].listed));
        assert_text(REDIS("EXISTS %b", INDEX_NAME("a")), "0");
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
    assert_text(REDIS("EXISTS %b", CONNECTOR("c2")), "0");
    assert_text(world_set(key_connectors), "a c1|0");
    assert_int_equal(world_put("c2", "A"), CREATED);
    assert_int_equal(world_put("c1", "a"), UPDATED);
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_text(REDIS("GET %b", INDEX_NAME("a")), "c1");
    assert_text(REDIS("HGET %b index_name", CONNECTOR("c2")), "A");
    assert_text(REDIS("GET %b", INDEX_NAME("A")), "c2");
}

static void test_index_name_is_freed(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(world_put("c2", "a"), CREATED);
    assert_int_equal(world_put("c1", "a"), TAKEN);
    assert_text(REDIS("HGET %b deleted", CONNECTOR("c1")), "true");
    assert_int_equal(world_put("c2", "b"), UPDATED);
    assert_int_equal(world_put("c1", "a"), UPDATED);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_int_equal(world_put("c3", "a"), CREATED);
    assert_int_equal(world_put("c3", NULL), UPDATED);
    assert_int_equal(world_put("c4", "a"), CREATED);
    assert_text(REDIS("KEYS *:intents"), "");
}

/* A name that nobody has, though its key names a connector: with several shards a crash can leave
 * that, and the next connector that wants the name takes it over. In one shard no crash can; check
 * --fix mends it. */
static void test_left_over_names_are_taken_over(void **state)
{
    static const struct pair left_over[] = {
        { { NULL, 0 }, { NULL, 0 } },
        { STR_ROW("false"), { NULL, 0 } },
        { STR_ROW("false"), STR_ROW("b") },
        { STR_ROW("true"), STR_ROW("a") },
    };

    (void)state;
    for_each_row (i, left_over) {
        bool over_shards = world.settings.shards > 1;

        (void)REDIS("FLUSHDB");
        if (left_over[i].name.ptr)
            (void)REDIS("HSET %b deleted %b", CONNECTOR("c1"), BYTES(left_over[i].name));
        if (left_over[i].value.ptr)
            (void)REDIS("HSET %b index_name %b", CONNECTOR("c1"), BYTES(left_over[i].value));
        (void)REDIS("SET %b c1", INDEX_NAME("a"));
        assert_int_equal(world_put("c2", "a"), over_shards ? CREATED : TAKEN);
        assert_same(REDIS("GET %b", INDEX_NAME("a")), str_from(over_shards ? "c2" : "c1"));
        assert_text(REDIS("KEYS *:intents"), "");
    }
}

static void test_a_real_holder_keeps_its_name(void **state)
{
    (void)state;
    (void)REDIS("HSET %b deleted false index_name a", CONNECTOR("c1"));
    (void)REDIS("SET %b c1", INDEX_NAME("a"));
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_text(REDIS("GET %b", INDEX_NAME("a")), "c1");
    assert_text(REDIS("KEYS *:intents"), "");
}

/* Begins a put of c1 with the name a, and stops it after so many steps; false if it has ended by
 * then. */
static bool put_and_die(unsigned steps)
{
    struct ask *ask = world_ask();
    struct store *dying = world_store(PATIENCE);

    (void)REDIS("FLUSHDB");
    world_ask_put(ask, STR("c1"), STR("a"));
    store_send(dying, ask);
    for (unsigned i = 0; i < steps; i++)
        store_flush(dying);
    store_close(dying);
    return ask->outcome == ASKING;
}

/* After whichever step a put stops, nobody waits for its name: either the connector is written, or
 * the name is free. */
static void test_a_name_whose_put_died_is_free(void **state)
{
    bool unfinished = true;

    (void)state;
    for (unsigned steps = 0; unfinished; steps++) {
        bool written;

        unfinished = put_and_die(steps);
        written = REDIS("HGET %b deleted", CONNECTOR("c1")).ptr != NULL;
        assert_true(written || unfinished);
        assert_int_equal(world_put("c2", "a"), written ? TAKEN : CREATED);
        assert_same(REDIS("GET %b", INDEX_NAME("a")), str_from(written ? "c1" : "c2"));
        assert_int_equal(world_put("c1", "a"), written ? UPDATED : TAKEN);
        assert_int_equal(world_put("c1", NULL), written ? UPDATED : CREATED);
        assert_int_equal(world_put("c2", "a"), written ? CREATED : UPDATED);
        assert_true(steps < 10);
    }
}

/* Another put of the same id succeeds after the unfinished one. */
static void test_repeated_put_after_a_crash(void **state)
{
    bool unfinished = true;

    (void)state;
    for (unsigned steps = 0; unfinished; steps++) {
        unfinished = put_and_die(steps);
        assert_in_set(world_put("c1", "a"), ((LargestIntegralType[]){ CREATED, UPDATED }), 2);
        assert_text(world_set(key_connectors), "a c1|0");
        assert_text(REDIS("GET %b", INDEX_NAME("a")), "c1");
        assert_int_equal(world_delete("c1", true), DELETED);
        assert_text(REDIS("KEYS *index_name*"), "");
    }
}

static void test_rename(void **state)
{
    (void)state;
    assert_int_equal(rename_to("c1", "a"), MISSING);
    assert_text(REDIS("DBSIZE"), "0");
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(world_put("c2", "b"), CREATED);
    assert_int_equal(rename_to("c1", "b"), TAKEN);
    assert_text(world_set(key_connectors), "b c2|0| c1|1");
    assert_int_equal(rename_to("c1", "a"), UPDATED);
    assert_int_equal(rename_to("c1", "c"), UPDATED);
    assert_text(REDIS("EXISTS %b", INDEX_NAME("a")), "0");
    assert_text(REDIS("GET %b", INDEX_NAME("c")), "c1");
    assert_int_equal(rename_to("c2", "c"), TAKEN);
    assert_int_equal(rename_to("c1", ""), UPDATED);
    assert_int_equal(rename_to("c1", ""), NOOP);
    assert_text(REDIS("EXISTS %b", INDEX_NAME("c")), "0");
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(rename_to("c1", "c"), MISSING);
    assert_text(REDIS("EXISTS %b", INDEX_NAME("c")), "0");
    assert_text(REDIS("KEYS *:intents"), "");
}

static void test_rename_of_a_native_one(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b is_native true", CONNECTOR("c1"));
    connector_rename(ask, STR("c1"), STR("a"), true);
    assert_int_equal(world_run(world.stores[0], ask), NATIVE);
    assert_text(REDIS("EXISTS %b", INDEX_NAME("a")), "0");
    assert_text(REDIS("KEYS *:intents"), "");
    assert_int_equal(rename_to("c1", "a"), UPDATED);
}

/* ---- keys ---- */

/* How many keys match the pattern. */
static struct str count_keys(const char *pattern)
{
    return REDIS("EVAL %s 0 %s", "return #redis.call('KEYS', ARGV[1])", pattern);
}

static void test_key_prefix(void **state)
{
    (void)state;
    world.settings.key_prefix = STR("some:");
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_text(REDIS("EXISTS %b %b %b %b", CONNECTOR("c1"), INDEX_NAME("a"),
                      LIST_OF(key_connectors, "c1"), LIST_OF(key_standings, "c1")),
                "4");
    assert_same(count_keys("some:*"), REDIS("DBSIZE"));
    world.settings.key_prefix = STR("other:");
    assert_int_equal(world_put("c2", "a"), CREATED);
    world.settings.key_prefix = STR("some:");
    assert_int_equal(world_put("c2", "a"), TAKEN);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(count_keys("some:*"), "0");
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
    struct str prefix;

    (void)state;
    for_each_row (i, rows) {
        ask = world_ask();
        world_ask_put(ask, rows[i].id, arena_format(world.arena, "name-%zu", i));
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
        prefix = key_prefix(ask, key_shard(ask, rows[i].id));
        assert_text(REDIS("HGET %b%b deleted", BYTES(prefix), BYTES(rows[i].key)), "false");
    }
    ask = world_ask_rows(0);
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
        WORLD_TEST(test_lists_follow_each_write),
        WORLD_TEST(test_update),
        WORLD_TEST(test_update_of_each_half_alone),
        WORLD_TEST(test_update_misses_the_deleted),
        WORLD_TEST(test_update_guards),
        WORLD_TEST(test_many_asks_in_one_flush),
        WORLD_TEST(test_delete),
        WORLD_TEST(test_index_name_is_unique),
        WORLD_TEST(test_index_name_is_freed),
        WORLD_TEST(test_left_over_names_are_taken_over),
        WORLD_TEST(test_a_real_holder_keeps_its_name),
        WORLD_TEST(test_a_name_whose_put_died_is_free),
        WORLD_TEST(test_repeated_put_after_a_crash),
        WORLD_TEST(test_rename),
        WORLD_TEST(test_rename_of_a_native_one),
        WORLD_TEST(test_key_prefix),
        WORLD_TEST(test_strange_ids),
    };

    return cmocka_run_group_tests_name("operations", tests, world_open, world_close);
}
