/* sync_jobs.c: sync jobs: single operations, lists that are mended, and operations of several
 * stores at once, in every order of their flushes (see races.c). In the end the lists must say what
 * the hashes say. */
#include <stdio.h>

#include "base/text.h"
#include "groups.h"
#include "store/job/sync_job.h"

enum { RACING_MAX = 3, STEPS_MAX = 64, ORDERS_MAX = 3000 };

static const char *const types[] = { "full", "incremental", "access_control" };
static const char *const statuses[] = { "canceling",   "canceled", "completed", "error",
                                        "in_progress", "pending",  "suspended" };
static const struct str connector_id = STR_ROW("c1");
static const struct str status_name = STR_ROW("status");

static void prepare_create(struct ask *ask, const char *id, const char *type, unsigned second)
{
    struct pair *fields = arena_take(world.arena, 4 * sizeof *fields);

    fields[0] = (struct pair){ sync_job_connector_id, connector_id };
    fields[1] = (struct pair){ STR("job_type"), str_from(type) };
    fields[2] = (struct pair){ status_name, STR("pending") };
    fields[3] =
        (struct pair){ STR("created_at"),
                       arena_format(world.arena, "1970-01-01T00:00:%u.%sZ", 10 + second, "001") };
    sync_job_create(ask, str_from(id), fields, 4);
}

/* To another status; with `from`, only out of that one. */
static void prepare_move(struct ask *ask, const char *id, const char *from, const char *to)
{
    struct pair *pairs = arena_take(world.arena, 2 * sizeof *pairs);

    pairs[0] = (struct pair){ status_name, str_from(to) };
    pairs[1] = (struct pair){ status_name, str_from(from) };
    sync_job_update(ask, str_from(id), pairs, 1, pairs + 1, from ? 1 : 0);
}

static enum outcome create(const char *id, const char *type, unsigned second)
{
    struct ask *ask = world_ask();

    prepare_create(ask, id, type, second);
    return world_run(world.stores[0], ask);
}

static enum outcome move(const char *id, const char *from, const char *to)
{
    struct ask *ask = world_ask();

    prepare_move(ask, id, from, to);
    return world_run(world.stores[0], ask);
}

static enum outcome delete_job(const char *id)
{
    struct ask *ask = world_ask();

    sync_job_delete(ask, str_from(id));
    return world_run(world.stores[0], ask);
}

/* "<total>: <ids>" of a list. */
static const char *list(struct sync_job_list wanted)
{
    struct ask *ask = world_ask();
    struct text text = text_new(world.arena, 64);

    if (!wanted.size)
        wanted.size = 10000;
    sync_job_list(ask, &wanted, &status_name, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    text_format(&text, "%llu:", (unsigned long long)ask->total);
    for (size_t i = 0; i < ask->row_count; i++)
        text_format(&text, " %.*s", STR_ARGS(ask->rows[i].id));
    return arena_copy(world.arena, text_str(&text)).ptr;
}

/* ---- single operations ---- */

static void test_life(void **state)
{
    (void)state;
    assert_int_equal(create("j1", "full", 1), CREATED);
    assert_int_equal(move("j1", "pending", "in_progress"), UPDATED);
    assert_int_equal(move("j1", "pending", "canceled"), CHANGED);
    assert_int_equal(move("j1", NULL, "in_progress"), NOOP);
    assert_text(REDIS("ZRANGE {sync_jobs} 0 -1 WITHSCORES"), "j1|11001");
    assert_text(REDIS("ZRANGE {sync_jobs}:in_progress 0 -1 WITHSCORES"), "j1|11001");
    assert_text(REDIS("ZRANGE connector:{c1}:sync_jobs:in_progress 0 -1"), "j1");
    assert_text(REDIS("EXISTS {sync_jobs}:pending {sync_jobs}:canceled"), "0");
    assert_int_equal(delete_job("j1"), DELETED);
    assert_int_equal(delete_job("j1"), MISSING);
    assert_int_equal(move("j1", NULL, "in_progress"), MISSING);
    assert_text(REDIS("DBSIZE"), "0");
}

static void test_newest_first(void **state)
{
    (void)state;
    assert_int_equal(create("j1", "access_control", 1), CREATED);
    assert_int_equal(create("j2", "full", 3), CREATED);
    assert_int_equal(create("j3", "incremental", 2), CREATED);
    assert_string_equal(list((struct sync_job_list){ 0 }), "3: j2 j3 j1");
    assert_string_equal(list((struct sync_job_list){ .types = 5 }), "2: j2 j1");
    assert_string_equal(list((struct sync_job_list){ .from = 1, .size = 1 }), "3: j3");
    assert_string_equal(list((struct sync_job_list){ .status = STR("error") }), "0:");
}

/* Several pages of each type, merged. */
static void test_pages(void **state)
{
    enum { COUNT = 1700 };
    struct sync_job_list part = { .from = 1600, .size = 50 };
    struct ask *ask = world_ask();

    (void)state;
    for (unsigned i = 0; i < COUNT; i++) {
        prepare_create(ask = world_ask(), arena_format(world.arena, "job%u", i).ptr, types[i % 3],
                       i % 50);
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
    }
    sync_job_list(ask = world_ask(), &part, &sync_job_connector_id, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->total, COUNT);
    assert_int_equal(ask->row_count, 50);
    part = (struct sync_job_list){ .size = COUNT + 10 };
    sync_job_list(ask = world_ask(), &part, &sync_job_connector_id, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, COUNT);
    for (size_t i = 0, deleted = 0; deleted < COUNT; i++) {
        ask = world_ask();
        sync_job_delete_some(ask, connector_id);
        assert_int_equal(world_run(world.stores[0], ask), DELETED);
        deleted += 100;
        assert_true(i < COUNT / 100 + 1);
    }
    ask = world_ask();
    sync_job_delete_some(ask, connector_id);
    assert_int_equal(world_run(world.stores[0], ask), NOOP);
    assert_text(REDIS("DBSIZE"), "0");
}

/* What a crash between two writes leaves, and foreign entries. */
static void test_lists_mend(void **state)
{
    (void)state;
    assert_int_equal(create("j1", "full", 1), CREATED);
    (void)REDIS("HSET sync_job:{j1} status error");
    (void)REDIS("ZADD {sync_jobs}:error 11001 j1");
    (void)REDIS("ZADD connector:{c1}:sync_jobs:error 11001 j1");
    (void)REDIS("ZADD {sync_jobs} 5 gone 7 j1");
    assert_string_equal(list((struct sync_job_list){ .status = STR("pending") }), "0:");
    assert_string_equal(list((struct sync_job_list){ .status = STR("error") }), "1: j1");
    assert_string_equal(list((struct sync_job_list){ 0 }), "1: j1");
    assert_text(REDIS("ZRANGE {sync_jobs} 0 -1 WITHSCORES"), "j1|11001");
    assert_text(REDIS("EXISTS {sync_jobs}:pending connector:{c1}:sync_jobs:pending"), "0");
    (void)REDIS("ZADD connector:{c2}:sync_jobs 11001 j1");
    assert_string_equal(list((struct sync_job_list){ .connector_id = STR("c2") }), "0:");
    assert_string_equal(list((struct sync_job_list){ .connector_id = connector_id }), "1: j1");
}

/* ---- races ---- */

struct operation {
    enum { END, CREATE_IT, MOVE_IT, DELETE_IT, DELETE_ALL, LIST_PENDING, LIST_ALL } kind;
    const char *id, *from, *to;
};

struct scenario {
    const char *name;
    const char *status; /* of j1 before; NULL: it is not there */
    struct operation racing[RACING_MAX];
    bool one_wins; /* exactly one of the moves */
};

/* clang-format off */
static const struct scenario scenarios[] = {
    { "jobs race: two claims",                "pending",     { { MOVE_IT, "j1", NULL, "in_progress" }, { MOVE_IT, "j1", NULL, "in_progress" } } },
    { "jobs race: claim, cancel",             "pending",     { { MOVE_IT, "j1", NULL, "in_progress" }, { MOVE_IT, "j1", "pending", "canceled" } } },
    { "jobs race: two cancels",               "pending",     { { MOVE_IT, "j1", "pending", "canceled" }, { MOVE_IT, "j1", "pending", "canceled" } }, true },
    { "jobs race: complete, cancel, error",   "in_progress", { { MOVE_IT, "j1", "in_progress", "completed" }, { MOVE_IT, "j1", "in_progress", "canceling" }, { MOVE_IT, "j1", "in_progress", "error" } }, true },
    { "jobs race: suspend, claim, list",      "in_progress", { { MOVE_IT, "j1", "in_progress", "suspended" }, { MOVE_IT, "j1", NULL, "in_progress" }, { LIST_ALL } } },
    { "jobs race: claim, delete",             "pending",     { { MOVE_IT, "j1", NULL, "in_progress" }, { DELETE_IT, "j1" } } },
    { "jobs race: claim, delete all",         "pending",     { { MOVE_IT, "j1", NULL, "in_progress" }, { DELETE_ALL } } },
    { "jobs race: claim, cancel, delete all", "pending",     { { MOVE_IT, "j1", NULL, "in_progress" }, { MOVE_IT, "j1", "pending", "canceled" }, { DELETE_ALL } } },
    { "jobs race: two deletes, list",         "pending",     { { DELETE_IT, "j1" }, { DELETE_IT, "j1" }, { LIST_ALL } } },
    { "jobs race: create, list",              NULL,          { { CREATE_IT, "j1" }, { LIST_ALL } } },
    { "jobs race: create, list pending",      NULL,          { { CREATE_IT, "j1" }, { LIST_PENDING } } },
    { "jobs race: create, delete all, list",  NULL,          { { CREATE_IT, "j1" }, { DELETE_ALL }, { LIST_ALL } } },
    { "jobs race: claim, two lists",          "pending",     { { MOVE_IT, "j1", NULL, "in_progress" }, { LIST_PENDING }, { LIST_ALL } } },
};
/* clang-format on */

static void prepare(struct ask *ask, const struct operation *operation)
{
    static const struct sync_job_list all = { .size = 10 };
    static const struct sync_job_list pending = { .size = 10, .status = STR_ROW("pending") };

    switch (operation->kind) {
    case CREATE_IT:
        prepare_create(ask, operation->id, "full", 1);
        break;
    case MOVE_IT:
        prepare_move(ask, operation->id, operation->from, operation->to);
        break;
    case DELETE_IT:
        sync_job_delete(ask, str_from(operation->id));
        break;
    case DELETE_ALL:
        sync_job_delete_some(ask, connector_id);
        break;
    default:
        sync_job_list(ask, operation->kind == LIST_ALL ? &all : &pending, &status_name, 1);
        break;
    }
}

/* Which of the unfinished operations steps next: the orders, depth first, then by chance. */
struct walk {
    size_t choice[STEPS_MAX], options[STEPS_MAX];
    size_t steps;
    bool by_chance;
    uint64_t seed;
    unsigned orders;
};

static void race(const struct scenario *scenario, struct walk *walk, struct ask **asks,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        asks[i] = world_ask();
        prepare(asks[i], &scenario->racing[i]);
        store_send(world.stores[i], asks[i]);
    }
    for (walk->steps = 0;; walk->steps++) {
        size_t unfinished[RACING_MAX], left = 0;

        for (size_t i = 0; i < count; i++)
            if (asks[i]->outcome == ASKING)
                unfinished[left++] = i;
        if (!left)
            return;
        assert_true(walk->steps < STEPS_MAX);
        if (walk->by_chance)
            walk->choice[walk->steps] = unit_random(&walk->seed) % left;
        walk->options[walk->steps] = left;
        world_check_slots(asks[unfinished[walk->choice[walk->steps]]]);
        store_flush(world.stores[unfinished[walk->choice[walk->steps]]]);
    }
}

static bool next_order(struct walk *walk)
{
    if (++walk->orders == ORDERS_MAX)
        walk->by_chance = true;
    if (walk->by_chance)
        return walk->orders < 2 * ORDERS_MAX;
    while (walk->steps && walk->choice[walk->steps - 1] + 1 == walk->options[walk->steps - 1])
        walk->choice[--walk->steps] = 0;
    if (!walk->steps)
        return false;
    walk->choice[walk->steps - 1]++;
    return true;
}

/* The lists say of j1 what its hash says. */
static void check_lists(void)
{
    struct str stored = REDIS("HGET sync_job:{j1} status");
    struct str wanted = stored.ptr ? STR("j1") : STR("");

    for (size_t scope = 0; scope < 2; scope++) {
        const char *key = scope ? "connector:{c1}:sync_jobs" : "{sync_jobs}";

        assert_true(str_equal(REDIS("ZRANGE %s 0 -1", key), wanted));
        for (size_t i = 0; i < COUNT_OF(statuses); i++) {
            const char *whole = arena_format(world.arena, "%s:%s", key, statuses[i]).ptr;
            bool here = stored.ptr && str_equal(stored, str_from(statuses[i]));

            assert_true(str_equal(REDIS("ZRANGE %s 0 -1", whole), here ? STR("j1") : STR("")));
        }
    }
}

static void run_scenario(void **state)
{
    const struct scenario *scenario = *state;
    struct walk walk = { .steps = 0 };
    size_t count = 0;

    while (count < RACING_MAX && scenario->racing[count].kind != END)
        count++;
    do {
        struct ask *asks[RACING_MAX];
        size_t updated = 0;

        arena_reset(world.arena);
        (void)REDIS("FLUSHDB");
        if (scenario->status) {
            assert_int_equal(create("j1", "full", 1), CREATED);
            (void)move("j1", NULL, scenario->status);
        }
        race(scenario, &walk, asks, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_not_equal(asks[i]->outcome, AWAY);
            assert_int_not_equal(asks[i]->outcome, FAULTY);
            updated += asks[i]->outcome == UPDATED;
            /* A job that is there all the time is in each list of all. */
            if (scenario->racing[i].kind == LIST_ALL && REDIS("HGET sync_job:{j1} status").ptr &&
                scenario->status)
                assert_int_equal(asks[i]->row_count, 1);
        }
        if (scenario->one_wins)
            assert_int_equal(updated, 1);
        check_lists();
    } while (next_order(&walk));
    print_message("%u orders of flushes%s\n", walk.orders,
                  walk.by_chance ? ", half of them by chance" : ", all that there are");
}

int test_sync_jobs(void)
{
    static const struct CMUnitTest single[] = {
        WORLD_TEST(test_life),
        WORLD_TEST(test_newest_first),
        WORLD_TEST(test_pages),
        WORLD_TEST(test_lists_mend),
    };
    static struct CMUnitTest races[COUNT_OF(scenarios)];

    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        union {
            const struct scenario *from;
            void *to;
        } scenario = { &scenarios[i] };

        races[i] = (struct CMUnitTest){ scenarios[i].name, run_scenario, world_begin, world_end,
                                        scenario.to };
    }
    return cmocka_run_group_tests(single, world_open, world_close) +
           _cmocka_run_group_tests("races of jobs", races, COUNT_OF(races), world_open,
                                   world_close);
}
