/* sync_jobs.c: sync jobs: single operations, lists, the end of a job, and operations of several
 * stores at once, in every order of their flushes (see races.c). In the end the lists must agree
 * with the hashes. */
#include <stdio.h>

#include "base/text.h"
#include "groups.h"
#include "store/job/sync_job.h"
#include "store/schema/fields.h"

enum { RACING_MAX = 3, STEPS_MAX = 64, ORDERS_MAX = 3000 };

static const char *const types[] = { "full", "incremental", "access_control" };
static const char *const statuses[] = { "canceling",   "canceled", "completed", "error",
                                        "in_progress", "pending",  "suspended" };
static const struct str connector_id = STR_ROW("c1");
static const struct str status_name = STR_ROW("status");

static void prepare_create_at(struct ask *ask, const char *id, const char *type, struct str time)
{
    struct pair *fields = arena_take(world.arena, 4 * sizeof *fields);

    fields[0] = (struct pair){ sync_job_names[JOB_CONNECTOR_ID], connector_id };
    fields[1] = (struct pair){ STR("job_type"), str_from(type) };
    fields[2] = (struct pair){ status_name, STR("pending") };
    fields[3] = (struct pair){ STR("created_at"), time };
    sync_job_create(ask, str_from(id), fields, 4);
}

static void prepare_create(struct ask *ask, const char *id, const char *type, unsigned second)
{
    prepare_create_at(ask, id, type,
                      arena_format(world.arena, "1970-01-01T00:00:%u.%sZ", 10 + second, "001"));
}

static struct str jobs_of(struct str connector, const char *status, const char *id)
{
    struct ask *ask = world_ask();

    return key_sync_jobs(ask, key_shard(ask, str_from(id)), connector, str_from(status));
}

/* The arguments of a %b: the list of all jobs, or of c1's, of that status (NULL: of any), in the
 * shard of j1. */
static const struct str all_connectors = { NULL, 0 };
#define JOBS(status)     BYTES(jobs_of(all_connectors, status, "j1"))
#define OWN_JOBS(status) BYTES(jobs_of(connector_id, status, "j1"))

/* Sets another status; with `from`, only if it is that one. */
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
    struct ask *ask = world_ask_rows(1);
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
    assert_text(REDIS("ZRANGE %b 0 -1 WITHSCORES", JOBS(NULL)), "j1|11001");
    assert_text(REDIS("ZRANGE %b 0 -1 WITHSCORES", OWN_JOBS(NULL)), "j1|11001");
    assert_text(REDIS("ZRANGE %b 0 -1 WITHSCORES", JOBS("in_progress")), "j1|11001");
    assert_text(REDIS("ZRANGE %b 0 -1", OWN_JOBS("in_progress")), "j1");
    assert_text(REDIS("KEYS *sync_jobs*pending"), "");
    assert_text(REDIS("KEYS *sync_jobs*canceled"), "");
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

/* A time before 1970, or after the year 2286, is in the part of the job's own type. */
static void test_far_times_hide_no_job(void **state)
{
    static const char *const times[] = { "-292275054-12-31T00:00:00.000Z",
                                         "1969-12-31T23:59:59.999Z", "2286-11-20T17:46:40.000Z",
                                         "+55826-06-07T13:20:00.000Z" };

    (void)state;
    for_each_row (i, times) {
        struct ask *ask = world_ask();

        (void)REDIS("FLUSHDB");
        assert_int_equal(create("j1", "incremental", 1), CREATED);
        prepare_create_at(ask, "j2", "incremental", str_from(times[i]));
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
        assert_string_equal(list((struct sync_job_list){ 0 }), i < 2 ? "2: j1 j2" : "2: j2 j1");
        assert_string_equal(list((struct sync_job_list){ .types = 2, .from = 1, .size = 1 }),
                            i < 2 ? "2: j2" : "2: j1");
        assert_string_equal(list((struct sync_job_list){ .types = 5 }), "0:");
    }
}

/* The second in which job<number> of test_pages was made. */
static unsigned long time_of(struct str id)
{
    return strtoul(id.ptr + sizeof "job" - 1, NULL, 10) % 50;
}

static size_t jobs_left(void)
{
    struct ask *ask = world_ask_rows(1);

    sync_job_list(ask, &(struct sync_job_list){ .size = 0 }, &status_name, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return (size_t)ask->total;
}

/* Several pages of each type, merged; from several shards, if jobs were imported. */
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
    ask = world_ask_rows(1);
    sync_job_list(ask, &part, &sync_job_names[JOB_CONNECTOR_ID], 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->total, COUNT);
    assert_int_equal(ask->row_count, 50);
    part = (struct sync_job_list){ .size = COUNT + 10 };
    ask = world_ask_rows(1);
    sync_job_list(ask, &part, &sync_job_names[JOB_CONNECTOR_ID], 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, COUNT);
    for (size_t i = 1; i < COUNT; i++)
        assert_true(time_of(ask->rows[i - 1].id) >= time_of(ask->rows[i].id));
    for (size_t i = 0, deleted = 0; deleted < COUNT; i++) {
        ask = world_ask();
        sync_job_delete_some(ask, connector_id);
        assert_int_equal(world_run(world.stores[0], ask), DELETED);
        deleted = COUNT - jobs_left();
        assert_true(i < COUNT / 100 + 1);
    }
    ask = world_ask();
    sync_job_delete_some(ask, connector_id);
    assert_int_equal(world_run(world.stores[0], ask), NOOP);
    assert_text(REDIS("DBSIZE"), "0");
}

/* Members without a hash are not shown; lists mend nothing. */
static void test_foreign_members_are_not_shown(void **state)
{
    (void)state;
    assert_int_equal(create("j1", "full", 1), CREATED);
    (void)REDIS("ZADD %b 5 gone", JOBS(NULL));
    assert_string_equal(list((struct sync_job_list){ 0 }), "2: j1");
    assert_text(REDIS("ZCARD %b", JOBS(NULL)), "2");
}

static void test_new_ids_lie_with_their_connector(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    for (unsigned i = 0; i < 50; i++) {
        struct str connector = arena_format(world.arena, "c%u", i);

        assert_int_equal(key_shard(ask, sync_job_new_id(ask, connector)),
                         key_shard(ask, connector));
    }
}

/* ---- the end of a job ---- */

static const struct pair completed[] = { { STR_ROW("status"), STR_ROW("completed") },
                                         { STR_ROW("connector"), STR_ROW("{}") } };
static const struct pair in_progress[] = { { STR_ROW("status"), STR_ROW("in_progress") } };
static const struct pair reported[] = { { STR_ROW("last_sync_status"), STR_ROW("completed") } };
static const struct pair was_running[] = { { STR_ROW("last_sync_status"), { NULL, 0 } } };

static enum outcome finish(struct str id, struct sync_job_end *end)
{
    struct ask *ask = world_ask();

    *end = (struct sync_job_end){ .id = id,
                                  .connector_id = connector_id,
                                  .changes = completed,
                                  .change_count = COUNT_OF(completed),
                                  .expected = in_progress,
                                  .expected_count = 1,
                                  .reports = reported,
                                  .report_count = 1,
                                  .reports_over = was_running,
                                  .reports_over_count = 1 };
    sync_job_finish(ask, end);
    return world_run(world.stores[0], ask);
}

/* An id of a job in its connector's shard, or in another one if there is one. */
static struct str id_apart(bool apart)
{
    struct ask *ask = world_ask();

    for (unsigned i = 0;; i++) {
        struct str id = arena_format(world.arena, "job%u", i);
        bool lies_apart = key_shard(ask, id) != key_shard(ask, connector_id);

        if (lies_apart == (apart && key_shards(ask) > 1))
            return id;
    }
}

/* In one step if both lie in one shard; else the job comes first, and the end can be repeated. */
static void test_an_end_is_reported(void **state)
{
    static const bool apart[] = { false, true };

    (void)state;
    for_each_row (i, apart) {
        struct str id = id_apart(apart[i]);
        struct sync_job_end end;

        (void)REDIS("FLUSHDB");
        assert_int_equal(finish(id, &end), MISSING);
        assert_int_equal(create(id.ptr, "full", 1), CREATED);
        assert_int_equal(finish(id, &end), CHANGED);
        assert_int_equal(move(id.ptr, "pending", "in_progress"), UPDATED);
        assert_int_equal(finish(id, &end), NOOP); /* there is no such connector */
        assert_true(end.is_changed);
        assert_false(end.is_reported);
        assert_text(REDIS("HGET %b status", SYNC_JOB(id.ptr)), "completed");
        assert_int_equal(world_put("c1", NULL), CREATED);
        assert_int_equal(move(id.ptr, "completed", "in_progress"), UPDATED);
        assert_int_equal(finish(id, &end), UPDATED);
        assert_true(end.is_changed && end.is_reported);
        assert_text(REDIS("HGET %b status", SYNC_JOB(id.ptr)), "completed");
        assert_text(REDIS("HGET %b connector", JOB_SECRETS(id.ptr)), "{}");
        assert_text(REDIS("HGET %b last_sync_status", CONNECTOR("c1")), "completed");
        assert_text(REDIS("XLEN %b", SYNCS("c1")), "1");
        assert_text(REDIS("KEYS *sync_jobs*in_progress"), "");
    }
}

/* A job that gets a long field with its end is noted as a long one, in its shard. */
static void test_a_long_end_is_noted(void **state)
{
    enum { LONG = 100000 };
    static const bool apart[] = { false, true };
    char *text = arena_take(world.arena, LONG);
    struct pair changes[] = { completed[0], { STR("metadata"), { text, LONG } } };

    (void)state;
    memset(text, 'x', LONG);
    for_each_row (i, apart) {
        struct sync_job_end end = { .id = id_apart(apart[i]),
                                    .connector_id = connector_id,
                                    .changes = changes,
                                    .reports = reported,
                                    .report_count = 1 };

        (void)REDIS("FLUSHDB");
        assert_int_equal(world_put("c1", NULL), CREATED);
        assert_int_equal(create(end.id.ptr, "full", 1), CREATED);
        for (end.change_count = 1; end.change_count <= 2; end.change_count++) {
            struct ask *ask = world_ask();

            sync_job_finish(ask, &end);
            assert_int_equal(world_run(world.stores[0], ask),
                             end.change_count == 1 ? UPDATED : NOOP);
            assert_same(REDIS("SISMEMBER %b %b", LIST_OF(key_long, end.id.ptr), BYTES(end.id)),
                        end.change_count == 1 ? STR("0") : STR("1"));
        }
    }
}

/* The connector has reported something else meanwhile. */
static void test_an_end_that_is_too_late(void **state)
{
    struct str id = id_apart(false);
    struct sync_job_end end;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(create(id.ptr, "full", 1), CREATED);
    assert_int_equal(move(id.ptr, "pending", "in_progress"), UPDATED);
    (void)REDIS("HSET %b last_sync_status error", CONNECTOR("c1"));
    assert_int_equal(finish(id, &end), CHANGED);
    assert_text(REDIS("HGET %b status", SYNC_JOB(id.ptr)), "in_progress");
    assert_text(REDIS("EXISTS %b", SYNCS("c1")), "0");
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
    bool one_wins; /* exactly one of the moves succeeds */
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
struct orders {
    size_t choice[STEPS_MAX], options[STEPS_MAX];
    size_t steps;
    bool by_chance;
    uint64_t seed;
    unsigned count;
};

static void race(const struct scenario *scenario, struct orders *orders, struct ask **asks,
                 size_t count)
{
    for (size_t i = 0; i < count; i++) {
        asks[i] = world_ask_rows(1);
        prepare(asks[i], &scenario->racing[i]);
        store_send(world.stores[i], asks[i]);
    }
    for (orders->steps = 0;; orders->steps++) {
        size_t unfinished[RACING_MAX], left = 0;

        for (size_t i = 0; i < count; i++)
            if (asks[i]->outcome == ASKING)
                unfinished[left++] = i;
        if (!left)
            return;
        assert_true(orders->steps < STEPS_MAX);
        if (orders->by_chance)
            orders->choice[orders->steps] = unit_random(&orders->seed) % left;
        orders->options[orders->steps] = left;
        world_check_slots(asks[unfinished[orders->choice[orders->steps]]]);
        store_flush(world.stores[unfinished[orders->choice[orders->steps]]]);
    }
}

static bool next_order(struct orders *orders)
{
    if (++orders->count == ORDERS_MAX)
        orders->by_chance = true;
    if (orders->by_chance)
        return orders->count < 2 * ORDERS_MAX;
    while (orders->steps &&
           orders->choice[orders->steps - 1] + 1 == orders->options[orders->steps - 1])
        orders->choice[--orders->steps] = 0;
    if (!orders->steps)
        return false;
    orders->choice[orders->steps - 1]++;
    return true;
}

/* The lists agree with j1's hash. */
static void check_lists(void)
{
    struct str stored = REDIS("HGET %b status", SYNC_JOB("j1"));
    struct str wanted = stored.ptr ? STR("j1") : STR("");

    for (size_t scope = 0; scope < 2; scope++) {
        struct str connector = scope ? connector_id : all_connectors;

        assert_same(REDIS("ZRANGE %b 0 -1", BYTES(jobs_of(connector, NULL, "j1"))), wanted);
        for (size_t i = 0; i < COUNT_OF(statuses); i++) {
            bool here = stored.ptr && str_equal(stored, str_from(statuses[i]));

            assert_same(REDIS("ZRANGE %b 0 -1", BYTES(jobs_of(connector, statuses[i], "j1"))),
                        here ? STR("j1") : STR(""));
        }
    }
}

static void run_scenario(void **state)
{
    const struct scenario *scenario = *state;
    struct orders orders = { .steps = 0 };
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
        race(scenario, &orders, asks, count);
        for (size_t i = 0; i < count; i++) {
            assert_int_not_equal(asks[i]->outcome, AWAY);
            assert_int_not_equal(asks[i]->outcome, FAULTY);
            updated += asks[i]->outcome == UPDATED;
            /* A job that exists all the time is in every list of all jobs. */
            if (scenario->racing[i].kind == LIST_ALL &&
                REDIS("HGET %b status", SYNC_JOB("j1")).ptr && scenario->status)
                assert_int_equal(asks[i]->row_count, 1);
        }
        if (scenario->one_wins)
            assert_int_equal(updated, 1);
        check_lists();
    } while (next_order(&orders));
    print_message("%u orders of flushes%s\n", orders.count,
                  orders.by_chance ? ", half of them by chance" : ", all that there are");
}

int test_sync_jobs(void)
{
    static const struct CMUnitTest single[] = {
        WORLD_TEST(test_life),
        WORLD_TEST(test_newest_first),
        WORLD_TEST(test_far_times_hide_no_job),
        WORLD_TEST(test_pages),
        WORLD_TEST(test_foreign_members_are_not_shown),
        WORLD_TEST(test_new_ids_lie_with_their_connector),
        WORLD_TEST(test_an_end_is_reported),
        WORLD_TEST(test_a_long_end_is_noted),
        WORLD_TEST(test_an_end_that_is_too_late),
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
