/* atomicity.c: tests that each operation is done completely or not at all if its connection is cut,
 * or if Redis has no memory left. */
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/text.h"
#include "groups.h"
#include "sound.h"
#include "store/job/sync_job.h"
#include "store/redis/resp.h"

/* ---- operations, each on the data of fill() ---- */

static struct str job_id; /* of a job in the shard of its connector, c1 */

#define PAIR(name, value) { STR_ROW(name), STR_ROW(value) }

static void put_new(struct ask *ask)
{
    world_ask_put(ask, STR("c3"), STR("new"));
}

static void put_over(struct ask *ask)
{
    world_ask_put(ask, STR("c1"), STR("other"));
}

static void put_without_name(struct ask *ask)
{
    world_ask_put(ask, STR("c1"), (struct str){ NULL, 0 });
}

static void revive(struct ask *ask)
{
    world_ask_put(ask, STR("dead"), STR("risen"));
}

static void rename_it(struct ask *ask)
{
    connector_rename(ask, STR("c1"), STR("other"), false);
}

static void take_name_away(struct ask *ask)
{
    connector_rename(ask, STR("c1"), STR(""), false);
}

static void update_plain(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("error", "x"), PAIR("language", "de") };

    connector_update(ask, STR("c1"), MERGE, changes, COUNT_OF(changes), NULL, 0);
}

static void update_listed(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("name", "new"), PAIR("service_type", "mysql"),
                                           PAIR("api_key_id", "secret") };

    connector_update(ask, STR("c1"), MERGE, changes, COUNT_OF(changes), NULL, 0);
}

static void report_end(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("last_sync_status", "completed"),
                                           PAIR("last_synced", "2020-01-01T00:00:00.000Z") };

    connector_update(ask, STR("c1"), REPORT, changes, COUNT_OF(changes), NULL, 0);
}

static void touch(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("last_seen", "2020-01-01T00:00:00.000Z") };

    connector_update(ask, STR("c1"), TOUCH, changes, COUNT_OF(changes), NULL, 0);
}

static void switch_off(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("_paused", "true") };

    connector_update(ask, STR("c1"), SETTLE, changes, COUNT_OF(changes), NULL, 0);
}

static void delete_softly(struct ask *ask)
{
    connector_delete(ask, STR("c1"), false);
}

static void delete_hard(struct ask *ask)
{
    connector_delete(ask, STR("c1"), true);
}

static void make_job(struct ask *ask, struct str id)
{
    struct pair *fields = arena_take(world.arena, 5 * sizeof *fields);

    fields[0] = (struct pair){ STR("_connector_id"), STR("c1") };
    fields[1] = (struct pair){ STR("job_type"), STR("full") };
    fields[2] = (struct pair){ STR("status"), STR("pending") };
    fields[3] = (struct pair){ STR("created_at"), STR("2020-01-01T00:00:00.000Z") };
    fields[4] = (struct pair){ STR("connector"), STR("{}") };
    sync_job_create(ask, id, fields, 5);
}

static void create_job(struct ask *ask)
{
    make_job(ask, STR("new job"));
}

static void create_first_job(struct ask *ask)
{
    make_job(ask, job_id);
}

static void update_job(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("status", "canceling"), PAIR("connector", "{}") };

    sync_job_update(ask, job_id, changes, COUNT_OF(changes), NULL, 0);
}

static void end_job(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("status", "completed") };
    static const struct pair reports[] = { PAIR("last_sync_status", "completed") };
    struct sync_job_end *end = arena_take_cleared(world.arena, sizeof *end);

    *end = (struct sync_job_end){ .id = job_id,
                                  .connector_id = STR("c1"),
                                  .changes = changes,
                                  .change_count = 1,
                                  .reports = reports,
                                  .report_count = 1 };
    sync_job_finish(ask, end);
}

static void delete_job(struct ask *ask)
{
    sync_job_delete(ask, job_id);
}

static void delete_jobs(struct ask *ask)
{
    sync_job_delete_some(ask, STR("c1"));
}

static const struct operation {
    const char *name;
    void (*prepare)(struct ask *ask);
    bool frees; /* it only frees memory: Redis does it even without any left */
} operations[] = {
    { "put a new connector", put_new },
    { "put over a connector", put_over },
    { "put without an index name", put_without_name },
    { "put over a deleted one", revive },
    { "rename", rename_it },
    { "take the index name away", take_name_away, true },
    { "update", update_plain },
    { "update what is listed, and a secret", update_listed },
    { "report an end", report_end },
    { "report a sign of life", touch },
    { "switch off", switch_off },
    { "delete softly", delete_softly },
    { "delete hard", delete_hard, true },
    { "create a job", create_job },
    { "update a job", update_job },
    { "end a job", end_job },
    { "delete a job", delete_job, true },
    { "delete the jobs of a connector", delete_jobs, true },
};

static void run(void (*prepare)(struct ask *ask))
{
    struct ask *ask = world_ask();

    prepare(ask);
    (void)world_run(world.stores[0], ask);
    assert_in_range(ask->outcome, CREATED, DELETED);
}

static void start(struct ask *ask)
{
    static const struct pair changes[] = { PAIR("last_sync_status", "in_progress") };

    connector_update(ask, STR("c1"), REPORT, changes, 1, NULL, 0);
}

/* c1, whose sync runs, with a secret and a job; c2; and a deleted one. */
static void fill(void)
{
    (void)REDIS("FLUSHDB");
    arena_reset(world.arena);
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_put("c2", "b"), CREATED);
    assert_int_equal(world_put("dead", "gone"), CREATED);
    assert_int_equal(world_delete("dead", false), DELETED);
    run(update_listed);
    (void)REDIS("HDEL %b api_key_id", SECRETS("c1"));
    (void)REDIS("HSET %b api_key_id old", SECRETS("c1"));
    run(start);
    job_id = sync_job_new_id(world_ask(), STR("c1"));
    run(create_first_job);
}

/* ---- cut connections ---- */

static int connect_to_redis(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", world.redis.socket);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

/* Sends only these bytes, and waits until Redis has processed them. */
static void send_and_hang_up(struct str bytes)
{
    char reply[4096];
    int fd = connect_to_redis();

    for (size_t sent = 0; sent < bytes.len;) {
        ssize_t more = write(fd, bytes.ptr + sent, bytes.len - sent);

        assert_true(more > 0);
        sent += (size_t)more;
    }
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    while (read(fd, reply, sizeof reply) > 0)
        ;
    (void)close(fd);
}

static struct str bytes_of(const struct ask *ask)
{
    struct text text = text_new(world.arena, 4096);

    for (size_t i = 0; i < ask->command_count; i++)
        text_add(&text, resp_encode(&ask->commands[i], true, false, world.arena));
    return text_str(&text);
}

/* Runs so many steps of an operation, sends a part of the next one (in quarters), and dies. False
 * if there is no such step. Gives how many commands that step has. */
static bool die(const struct operation *operation, unsigned steps, unsigned quarters,
                size_t *commands)
{
    struct store *dying = world_store(PATIENCE);
    struct ask *ask = world_ask();
    bool unfinished;

    operation->prepare(ask);
    store_send(dying, ask);
    for (unsigned i = 0; i < steps && ask->outcome == ASKING; i++)
        store_flush(dying);
    unfinished = ask->outcome == ASKING;
    if (unfinished) {
        struct str bytes = bytes_of(ask);

        world_check_slots(ask);
        *commands = ask->command_count;
        bytes.len = bytes.len * quarters / 4;
        send_and_hang_up(bytes);
    }
    store_close(dying);
    return unfinished;
}

/* The data after a death fit together, except a name that was reserved, or not released, in another
 * shard: the next connector that wants it gets it. */
static void check_after_death(void)
{
    static const char *const names[] = { "a", "other", "new", "risen" };

    sound_check_but_names();
    for_each_row (i, names) {
        struct str holder = REDIS("GET %b", INDEX_NAME(names[i]));
        struct str has = holder.ptr ? REDIS("HMGET %b deleted index_name",
                                            CONNECTOR(arena_copy(world.arena, holder).ptr))
                                    : STR("");
        bool is_held = str_equal(has, arena_format(world.arena, "false|%s", names[i]));

        assert_int_equal(world_put("late comer", names[i]) == TAKEN, is_held);
    }
    sound_check_but_names();
}

static void test_death_leaves_whole_or_nothing(void **state)
{
    unsigned deaths = 0;

    (void)state;
    for_each_row (i, operations)
        for (unsigned quarters = 0; quarters <= 4; quarters++)
            for (unsigned steps = 0;; steps++) {
                struct str before;
                size_t commands;

                fill();
                before = world_digest();
                if (!die(&operations[i], steps, quarters, &commands))
                    break;
                if (!steps && quarters < 4 && commands == 1)
                    assert_same(world_digest(), before);
                check_after_death();
                deaths++;
            }
    assert_true(deaths >= 5 * COUNT_OF(operations));
}

/* One shard, one script: once its last byte is sent, all of it is done, though nobody reads the
 * reply.
 */
static void test_an_unread_reply_is_of_something_done(void **state)
{
    (void)state;
    if (world.settings.shards > 1)
        return;
    for_each_row (i, operations) {
        struct str before;
        size_t commands;

        fill();
        before = world_digest();
        assert_true(die(&operations[i], 0, 4, &commands));
        assert_row(!str_equal(world_digest(), before), str_from(operations[i].name));
        sound_check();
    }
}

/* ---- no memory ---- */

static void test_without_memory_nothing_changes(void **state)
{
    (void)state;
    for_each_row (i, operations) {
        struct ask *ask;
        struct str before;

        fill();
        before = world_digest();
        ask = world_ask();
        operations[i].prepare(ask);
        (void)REDIS("CONFIG SET maxmemory 1");
        (void)world_run(world.stores[0], ask);
        (void)REDIS("CONFIG SET maxmemory 0");
        if (ask->outcome == AWAY)
            assert_same(world_digest(), before);
        else
            assert_row(operations[i].frees, str_from(operations[i].name));
        sound_check();
        if (ask->outcome == AWAY) {
            run(operations[i].prepare);
            sound_check();
        }
    }
}

int test_atomicity(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_death_leaves_whole_or_nothing),
        WORLD_TEST(test_an_unread_reply_is_of_something_done),
        WORLD_TEST(test_without_memory_nothing_changes),
    };

    return cmocka_run_group_tests_name("atomicity", tests, world_open, world_close);
}
