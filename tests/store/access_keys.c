/* access_keys.c: tests the operations on access keys. */
#include "groups.h"
#include "store/access/access_key.h"

static enum outcome create(struct str id, const struct str values[ACCESS_FIELDS])
{
    struct ask *ask = world_ask();

    access_key_create(ask, id, values);
    return world_run(world.stores[0], ask);
}

static enum outcome revoke(struct str id)
{
    struct ask *ask = world_ask();

    access_key_revoke(ask, id);
    return world_run(world.stores[0], ask);
}

static struct ask *read(struct str id)
{
    struct ask *ask = world_ask();

    access_key_read(ask, id);
    (void)world_run(world.stores[1], ask);
    return ask;
}

static struct ask *list(void)
{
    struct ask *ask = world_ask();

    access_key_list(ask);
    assert_int_equal(world_run(world.stores[1], ask), FOUND);
    return ask;
}

static const struct str full[ACCESS_FIELDS] = {
    [ACCESS_SECRET_SHA256] = STR_ROW("abc"),
    [ACCESS_ROLE] = STR_ROW("report_connector"),
    [ACCESS_CONNECTORS] = STR_ROW("a*,b"),
    [ACCESS_CREATED_AT] = STR_ROW("2026-01-01T00:00:00.000Z"),
    [ACCESS_EXPIRES_AT] = STR_ROW("2027-01-01T00:00:00.000Z"),
    [ACCESS_NAME] = STR_ROW("a name"),
    [ACCESS_OWNER] = STR_ROW("me"),
};

static void test_create_and_read(void **state)
{
    const struct ask *ask;

    (void)state;
    assert_int_equal(read(STR("one"))->outcome, MISSING);
    assert_int_equal(create(STR("one"), full), CREATED);
    ask = read(STR("one"));
    assert_int_equal(ask->outcome, FOUND);
    assert_text(ask->rows->id, "one");
    for (size_t i = 0; i < ACCESS_FIELDS; i++)
        assert_same(ask->rows->values[i], full[i]);
    assert_text(REDIS("HGET lastsync:key:{one} secret_sha256"), "abc");
    assert_text(REDIS("SISMEMBER lastsync:keys one"), "1");
}

static void test_absent_fields(void **state)
{
    static const struct str few[ACCESS_FIELDS] = {
        [ACCESS_SECRET_SHA256] = STR_ROW("abc"), [ACCESS_ROLE] = STR_ROW("x")
    };
    const struct ask *ask;

    (void)state;
    assert_int_equal(create(STR("one"), few), CREATED);
    assert_text(REDIS("HLEN lastsync:key:{one}"), "2");
    ask = read(STR("one"));
    assert_null(ask->rows->values[ACCESS_EXPIRES_AT].ptr);
    assert_null(ask->rows->values[ACCESS_CONNECTORS].ptr);
}

/* A hash without a secret is no key. */
static void test_half_a_key(void **state)
{
    (void)state;
    (void)REDIS("HSET lastsync:key:{one} role manage_connector");
    assert_int_equal(read(STR("one"))->outcome, MISSING);
}

static void test_revoke(void **state)
{
    (void)state;
    assert_int_equal(revoke(STR("one")), MISSING);
    assert_int_equal(create(STR("one"), full), CREATED);
    assert_int_equal(revoke(STR("one")), DELETED);
    assert_int_equal(revoke(STR("one")), MISSING);
    assert_int_equal(read(STR("one"))->outcome, MISSING);
    assert_text(REDIS("DBSIZE"), "0");
}

static void test_list(void **state)
{
    const struct ask *ask;

    (void)state;
    assert_int_equal(list()->row_count, 0);
    assert_int_equal(create(STR("one"), full), CREATED);
    assert_int_equal(create(STR("two"), full), CREATED);
    (void)REDIS("SADD lastsync:keys never-finished");
    ask = list();
    assert_int_equal(ask->row_count, 2);
    for (size_t i = 0; i < ask->row_count; i++) {
        assert_true(str_equal(ask->rows[i].id, STR("one")) ||
                    str_equal(ask->rows[i].id, STR("two")));
        assert_same(ask->rows[i].values[ACCESS_OWNER], full[ACCESS_OWNER]);
    }
}

/* No id leads to a Redis key of another kind. */
static void test_key_prefix_and_strange_ids(void **state)
{
    (void)state;
    world.settings.key_prefix = STR("p:");
    assert_int_equal(create(STR("a}{b"), full), CREATED);
    assert_text(REDIS("EXISTS p:lastsync:key:{a%%7D%%7Bb} p:lastsync:keys"), "2");
    assert_int_equal(read(STR("a}{b"))->outcome, FOUND);
    assert_int_equal(revoke(STR("a}{b")), DELETED);
    assert_text(REDIS("DBSIZE"), "0");
}

int test_access_keys(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_create_and_read),
        WORLD_TEST(test_absent_fields),
        WORLD_TEST(test_half_a_key),
        WORLD_TEST(test_revoke),
        WORLD_TEST(test_list),
        WORLD_TEST(test_key_prefix_and_strange_ids),
    };

    return cmocka_run_group_tests_name("access keys", tests, world_open, world_close);
}
