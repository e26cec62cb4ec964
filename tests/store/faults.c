/* faults.c: tests the store with a Redis that forgets, restarts, stops, refuses or is away. */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "base/instant.h"
#include "base/text.h"
#include "groups.h"

static enum outcome read_by(struct store *store, const char *id)
{
    struct ask *ask = world_ask();

    connector_read(ask, str_from(id), NULL, 0);
    return world_run(store, ask);
}

/* ---- scripts ---- */

/* Scripts are forgotten before each step of a put and of a delete, which work as usual. */
static void test_scripts_are_forgotten(void **state)
{
    struct ask *put = world_ask(), *delete = world_ask();

    (void)state;
    assert_int_equal(world_put("c2", "b"), CREATED);
    world_ask_put(put, STR("c1"), STR("a"));
    connector_delete(delete, STR("c2"), false);
    store_send(world.stores[0], put);
    store_send(world.stores[0], delete);
    for (unsigned i = 0; store_pending(world.stores[0]); i++) {
        assert_true(i < 10);
        (void)REDIS("SCRIPT FLUSH");
        store_flush(world.stores[0]);
    }
    assert_int_equal(put->outcome, CREATED);
    assert_int_equal(delete->outcome, DELETED);
    assert_text(world_set(key_connectors), "a c1|0|b c2|2");
    assert_text(REDIS("GET %b", INDEX_NAME("a")), "c1");
    assert_text(REDIS("KEYS *index_name:{b}*"), "");
}

/* Once Redis knows a script, its text is not sent again. */
static void test_scripts_are_sent_once(void **state)
{
    (void)state;
    (void)REDIS("SCRIPT FLUSH");
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    (void)REDIS("CONFIG RESETSTAT");
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_null(strstr(arena_copy(world.arena, REDIS("INFO commandstats")).ptr, "cmdstat_eval:"));
}

/* Of many calls that meet a Redis without the script, one has its text. */
static void test_scripts_are_sent_once_in_a_flush(void **state)
{
    enum { MANY = 20 };
    static const struct pair seen = { STR_ROW("last_seen"), STR_ROW("2026-11-28T00:00:00.000Z") };
    struct ask *asks[MANY];
    struct str info, eval = { NULL, 0 };

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("SCRIPT FLUSH");
    (void)REDIS("CONFIG RESETSTAT");
    for (int i = 0; i < MANY; i++) {
        asks[i] = world_ask();
        connector_update(asks[i], STR("c1"), TOUCH, &seen, 1, NULL, 0);
        store_send(world.stores[0], asks[i]);
    }
    world_flush(world.stores[0]);
    for (int i = 0; i < MANY; i++)
        assert_int_equal(asks[i]->outcome, i ? NOOP : UPDATED);
    info = REDIS("INFO commandstats");
    while (!str_starts(eval, STR("cmdstat_eval:")) && str_split(&info, '\n', &eval))
        continue;
    assert_true(str_starts(eval, STR("cmdstat_eval:calls=1,")));
}

/* ---- restarts and stops ---- */

/* An idle connection that was closed is noticed, and made anew, before anything is sent. */
static void test_restart_while_idle(void **state)
{
    int64_t idle_until = instant_ticks() + 250;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    idle_until = instant_ticks() + 250;
    assert_true(redis_server_restart(&world.redis));
    while (instant_ticks() < idle_until)
        (void)poll(NULL, 0, 10);
    assert_int_equal(read_by(world.stores[0], "c1"), MISSING);
    assert_int_equal(world_put("c1", "a"), CREATED);
}

static void test_stopped_redis_is_away_in_time(void **state)
{
    enum { SHORT = 200, NOISE = 3000 };
    struct store *store = world_store(SHORT);
    struct ask *ask = world_ask(), *other = world_ask(), *third = world_ask();
    int64_t began, took;

    (void)state;
    world_ask_put(ask, STR("c1"), STR("a"));
    connector_read(other, STR("c1"), NULL, 0);
    store_send(store, ask);
    store_send(store, other);
    redis_server_signal(&world.redis, SIGSTOP);
    began = instant_ticks();
    store_flush(store);
    took = instant_ticks() - began;
    redis_server_signal(&world.redis, SIGCONT);
    assert_int_equal(ask->outcome, AWAY);
    assert_int_equal(other->outcome, AWAY);
    assert_false(store_pending(store));
    assert_in_range(took, SHORT, SHORT + NOISE);
    /* Without a connection nothing waits, and late replies reach nobody. */
    connector_read(third, STR("c1"), NULL, 0);
    store_send(store, third);
    store_flush(store);
    assert_int_equal(third->outcome, AWAY);
    world_connect(store);
    assert_int_equal(read_by(store, "nobody"), MISSING);
    store_close(store);
}

/* Between two steps of a list. */
static void test_redis_that_ends_in_between(void **state)
{
    static const struct connector_list all = { .size = 10 };
    struct ask *ask = world_ask_rows(0);

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    connector_list(ask, &all, NULL, 0);
    store_send(world.stores[0], ask);
    store_flush(world.stores[0]);
    assert_int_equal(ask->outcome, ASKING);
    (void)REDIS("CLIENT KILL TYPE normal SKIPME yes");
    world_flush(world.stores[0]);
    assert_int_equal(ask->outcome, AWAY);
    world_connect(world.stores[0]);
    assert_int_equal(world_put("c1", "a"), UPDATED);
}

/* Only asks sent over the failed connection fail: the others use a new one. */
static void test_a_failed_exchange_ends_its_asks_alone(void **state)
{
    enum { LISTS = 8 };
    static const struct connector_list all = { .size = 1000 };
    struct ask *lists[LISTS];
    size_t away = 0;

    (void)state;
    for (unsigned i = 0; i < 60; i++)
        assert_int_equal(world_put(arena_format(world.arena, "c%u", i).ptr, NULL), CREATED);
    for (size_t i = 0; i < LISTS; i++) {
        lists[i] = world_ask_rows(0);
        connector_list(lists[i], &all, NULL, 0);
        store_send(world.stores[0], lists[i]);
    }
    for (size_t i = 0; i < 3; i++) /* until each asks for rows, of which a flush brings some */
        store_flush(world.stores[0]);
    (void)REDIS("CLIENT KILL TYPE normal SKIPME yes");
    store_flush(world.stores[0]);
    for (size_t i = 0; i < LISTS; i++)
        away += lists[i]->outcome == AWAY;
    assert_in_range(away, 1, LISTS - 1);
    world_flush(world.stores[0]);
    for (size_t i = 0; i < LISTS; i++)
        if (lists[i]->outcome != AWAY)
            assert_int_equal(lists[i]->row_count, 60);
        else
            away--;
    assert_int_equal(away, 0);
}

static void test_nobody_there(void **state)
{
    static const struct store_address nowhere = { .path = "/nonexistent/redis.sock" };
    struct store *store = store_open(&nowhere, &world.settings, PATIENCE);
    struct ask *ask = world_ask();
    int64_t began = instant_ticks();

    (void)state;
    connector_read(ask, STR("c1"), NULL, 0);
    store_send(store, ask);
    store_flush(store);
    assert_int_equal(ask->outcome, AWAY);
    assert_true(store_tick(store) > 0);
    assert_true(store_tick(store) > 0);
    assert_true(instant_ticks() - began < PATIENCE / 2);
    store_close(store);
}

static void test_database_number(void **state)
{
    struct store_address address = { .path = world.redis.socket, .database = 5 };
    struct store *store = store_open(&address, &world.settings, PATIENCE);
    struct ask *ask = world_ask();

    (void)state;
    world_connect(store);
    world_ask_put(ask, STR("c1"), STR("a"));
    assert_int_equal(world_run(store, ask), CREATED);
    assert_text(REDIS("DBSIZE"), "0");
    (void)REDIS("SELECT 5");
    assert_text(REDIS("HGET %b index_name", CONNECTOR("c1")), "a");
    (void)REDIS("SELECT 0");
    store_close(store);
}

/* ---- refusals ---- */

static void test_foreign_data(void **state)
{
    (void)state;
    (void)REDIS("SET %b foreign", CONNECTOR("c1"));
    assert_int_equal(read_by(world.stores[0], "c1"), FAULTY);
    assert_int_equal(world_put("c1", NULL), FAULTY);
    assert_int_equal(world_delete("c1", true), FAULTY);
    assert_text(REDIS("GET %b", CONNECTOR("c1")), "foreign");
    (void)REDIS("HSET %b foreign data", INDEX_NAME("a"));
    assert_int_equal(world_put("c2", "a"), FAULTY);
    (void)REDIS("SET %b foreign", LIST_OF(key_connectors, "c3"));
    assert_int_equal(world_put("c3", NULL), FAULTY);
    (void)REDIS("DEL %b", LIST_OF(key_connectors, "c3"));
    assert_int_equal(read_by(world.stores[0], "c9"), MISSING);
}

/* A Redis that cannot write for a while. The errors of one ask do not affect the others. */
static void test_redis_that_cannot_serve(void **state)
{
    static const struct {
        const char *begin, *end;
    } rows[] = {
        { "CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0" },
        { "CONFIG SET min-replicas-to-write 1", "CONFIG SET min-replicas-to-write 0" },
        { "REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE" },
        { "CONFIG SET replica-serve-stale-data no", "CONFIG SET replica-serve-stale-data yes" },
    };

    (void)state;
    for_each_row (i, rows) {
        struct ask *put = world_ask();

        if (i == 3)
            (void)REDIS("REPLICAOF 127.0.0.1 1");
        (void)REDIS(rows[i].begin);
        world_ask_put(put, STR("c1"), STR("a"));
        (void)world_run(world.stores[0], put);
        (void)REDIS(rows[i].end);
        (void)REDIS("REPLICAOF NO ONE");
        assert_int_equal(put->outcome, AWAY);
        world_connect(world.stores[0]);
        assert_int_equal(world_put("c1", "a"), CREATED);
        assert_int_equal(world_delete("c1", true), DELETED);
    }
}

static void test_an_error_ends_one_ask_alone(void **state)
{
    struct ask *good = world_ask(), *bad = world_ask(), *also_good = world_ask();

    (void)state;
    (void)REDIS("SET %b foreign", CONNECTOR("bad"));
    assert_int_equal(world_put("c1", "a"), CREATED);
    connector_read(good, STR("c1"), NULL, 0);
    connector_read(bad, STR("bad"), NULL, 0);
    connector_read(also_good, STR("c2"), NULL, 0);
    store_send(world.stores[0], good);
    store_send(world.stores[0], bad);
    store_send(world.stores[0], also_good);
    store_flush(world.stores[0]);
    assert_int_equal(good->outcome, FOUND);
    assert_int_equal(bad->outcome, FAULTY);
    assert_int_equal(also_good->outcome, MISSING);
}

/* Reads until the outcome is this one; the store may have to reconnect. */
static void await(struct store *store, enum outcome outcome)
{
    int64_t until = instant_ticks() + PATIENCE;

    while (read_by(store, "c1") != outcome) {
        assert_true(instant_ticks() < until);
        (void)poll(NULL, 0, 1);
        (void)store_tick(store);
    }
}

/* Redis asks for a password that was not given: that will not pass by itself. */
static void test_missing_rights(void **state)
{
    struct store *store;

    (void)state;
    (void)REDIS("ACL SETUSER default -@write");
    assert_int_equal(world_put("c1", NULL), FAULTY);
    (void)REDIS("ACL SETUSER default +@all");
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("CONFIG SET requirepass secret");
    store = store_open(&world.address, &world.settings, PATIENCE);
    await(store, FAULTY);
    assert_int_equal(read_by(store, "c1"), FAULTY);
    (void)REDIS("CONFIG SET requirepass %s", "");
    world_connect(store);
    assert_int_equal(read_by(store, "c1"), FOUND);
    store_close(store);
}

/* ---- users and passwords ---- */

static void write_password(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The file is read at each connect, so a password that was changed in it and in Redis works. */
static void test_password_files(void **state)
{
    char path[sizeof world.redis.directory + 16];
    struct store_address address = { .path = world.redis.socket,
                                     .database = 3,
                                     .password_file = path };
    struct store *store;

    (void)state;
    (void)snprintf(path, sizeof path, "%s/password", world.redis.directory);
    (void)REDIS("CONFIG SET requirepass %s", "first one");
    write_password(path, "first one\nnot this line\n");
    store = store_open(&address, &world.settings, PATIENCE);
    world_connect(store);
    assert_int_equal(read_by(store, "c1"), MISSING);
    (void)REDIS("CONFIG SET requirepass second");
    (void)REDIS("CLIENT KILL TYPE normal SKIPME yes");
    await(store, FAULTY);
    assert_int_equal(remove(path), 0);
    assert_int_equal(read_by(store, "c1"), FAULTY);
    write_password(path, "second");
    world_connect(store);
    assert_int_equal(read_by(store, "c1"), MISSING);
    store_close(store);
    (void)REDIS("CONFIG SET requirepass %s", "");
    assert_int_equal(remove(path), 0);
}

static void test_users(void **state)
{
    struct store_address address = { .path = world.redis.socket,
                                     .user = "lastsync",
                                     .password = "pass word" };
    struct store *store;

    (void)state;
    (void)REDIS("ACL SETUSER lastsync on %s ~* +@all -info -ping", ">pass word");
    store = store_open(&address, &world.settings, PATIENCE);
    world_connect(store);
    assert_int_equal(read_by(store, "c1"), MISSING);
    store_close(store);
    address.user = "nobody";
    store = store_open(&address, &world.settings, PATIENCE);
    await(store, FAULTY);
    store_close(store);
    (void)REDIS("ACL DELUSER lastsync");
}

int test_faults(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_scripts_are_forgotten),
        WORLD_TEST(test_scripts_are_sent_once),
        WORLD_TEST(test_scripts_are_sent_once_in_a_flush),
        WORLD_TEST(test_restart_while_idle),
        WORLD_TEST(test_stopped_redis_is_away_in_time),
        WORLD_TEST(test_redis_that_ends_in_between),
        WORLD_TEST(test_a_failed_exchange_ends_its_asks_alone),
        WORLD_TEST(test_nobody_there),
        WORLD_TEST(test_database_number),
        WORLD_TEST(test_foreign_data),
        WORLD_TEST(test_redis_that_cannot_serve),
        WORLD_TEST(test_an_error_ends_one_ask_alone),
        WORLD_TEST(test_missing_rights),
        WORLD_TEST(test_password_files),
        WORLD_TEST(test_users),
    };

    return cmocka_run_group_tests_name("faults", tests, world_open, world_close);
}
