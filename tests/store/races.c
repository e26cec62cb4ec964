/* races.c: operations of several stores at once, in every order of their flushes.
 *
 * An operation takes a step with each flush of its store. So a race between operations is an order
 * of flushes, and all orders are tried, each from the same beginning; and once more with each
 * operation broken off after each of its steps, as if its worker was killed. In the end hashes and
 * lists must agree, no two connectors may have one index name, and a connector with an index name
 * must hold it. After the scenarios that are written here come some of chance, each in one order of
 * chance. */
#include <stdio.h>

#include "base/number.h"
#include "groups.h"
#include "store/schema/key.h"
#include "store/upkeep/care.h"

enum {
    OPERATIONS_MAX = 5, /* with END */
    STEPS_MAX = 128,
    ORDERS_MAX = 150,
    BROKEN_ORDERS = 20,
    CHANCES = 1000, /* scenarios of chance */
    SHOWN_MAX = 2
};

struct operation {
    enum {
        END,
        PUT_IT,
        RENAME_IT,
        DELETE_IT,
        REMOVE_IT,
        DESCRIBE_IT,
        LIST_ALL,
        REPORT_IT,
        VIEW_ALL,
        CONFIGURE_IT,
        RESERVE_IT
    } kind;
    const char *id;
    const char *index_name; /* of REPORT_IT: the status of the last sync; of DESCRIBE_IT: the
                               service type; of CONFIGURE_IT: what its status and its configuration,
                               a secret, become at once */
};

struct scenario {
    const char *name;
    struct operation before[OPERATIONS_MAX]; /* one after the other, to their ends */
    struct operation racing[OPERATIONS_MAX]; /* at once */
};

/* clang-format off */
static const struct scenario scenarios[] = {
    { "race: two puts of one new connector, one name",
      { { END } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "x", "a" } } },
    { "race: two puts of one new connector, two names",
      { { END } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "x", "b" } } },
    { "race: two new connectors want one name",
      { { END } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
    { "race: three new connectors want one name",
      { { END } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" }, { PUT_IT, "z", "a" } } },
    { "race: put without and with a name",
      { { END } },
      { { PUT_IT, "x", NULL }, { PUT_IT, "x", "a" } } },
    { "race: another name against the same name",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "b" }, { PUT_IT, "x", "a" } } },
    { "race: two other names",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "b" }, { PUT_IT, "x", "c" } } },
    { "race: no name against another name",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", NULL }, { PUT_IT, "x", "b" } } },
    { "race: no name against the same name",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", NULL }, { PUT_IT, "x", "a" } } },
    { "race: put against soft delete",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "a" }, { DELETE_IT, "x" } } },
    { "race: put against hard delete",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "a" }, { REMOVE_IT, "x" } } },
    { "race: another name against soft delete",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "b" }, { DELETE_IT, "x" } } },
    { "race: another name against hard delete",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "b" }, { REMOVE_IT, "x" } } },
    { "race: first put against hard delete",
      { { END } },
      { { PUT_IT, "x", "a" }, { REMOVE_IT, "x" } } },
    { "race: soft delete against hard delete",
      { { PUT_IT, "x", "a" } },
      { { DELETE_IT, "x" }, { REMOVE_IT, "x" } } },
    { "race: two soft deletes",
      { { PUT_IT, "x", "a" } },
      { { DELETE_IT, "x" }, { DELETE_IT, "x" } } },
    { "race: soft delete, and another takes the name",
      { { PUT_IT, "x", "a" } },
      { { DELETE_IT, "x" }, { PUT_IT, "y", "a" } } },
    { "race: hard delete, and another takes the name",
      { { PUT_IT, "x", "a" } },
      { { REMOVE_IT, "x" }, { PUT_IT, "y", "a" } } },
    { "race: another name, and another connector takes the old one",
      { { PUT_IT, "x", "a" } },
      { { PUT_IT, "x", "b" }, { PUT_IT, "y", "a" } } },
    { "race: two connectors swap names",
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "b" } },
      { { PUT_IT, "x", "b" }, { PUT_IT, "y", "a" } } },
    { "race: a deleted connector is revived, and another takes its name",
      { { PUT_IT, "x", "a" }, { DELETE_IT, "x" } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
    { "race: a deleted connector is revived and removed",
      { { PUT_IT, "x", "a" }, { DELETE_IT, "x" } },
      { { PUT_IT, "x", "a" }, { REMOVE_IT, "x" } } },
    { "race: two want a name that was reserved and not taken",
      { { RESERVE_IT, "z", "a" } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
    { "race: renames of two connectors to one name",
      { { PUT_IT, "x", "b" }, { PUT_IT, "y", "c" } },
      { { RENAME_IT, "x", "a" }, { RENAME_IT, "y", "a" } } },
    { "race: rename against put, and another wants the old name",
      { { PUT_IT, "x", "a" } },
      { { RENAME_IT, "x", "b" }, { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
    { "race: rename there and back, and another wants the name",
      { { PUT_IT, "x", "a" } },
      { { RENAME_IT, "x", "b" }, { RENAME_IT, "x", "a" }, { RENAME_IT, "y", "a" } } },
    { "race: rename against soft delete, and another wants either name",
      { { PUT_IT, "x", "a" } },
      { { RENAME_IT, "x", "b" }, { DELETE_IT, "x" }, { PUT_IT, "y", "b" } } },
    { "race: two equal renames, and one to another name",
      { { PUT_IT, "x", NULL } },
      { { RENAME_IT, "x", "b" }, { RENAME_IT, "x", "b" }, { RENAME_IT, "x", "c" } } },
    { "race: two equal puts, and a rename to another name",
      { { END } },
      { { PUT_IT, "x", "b" }, { PUT_IT, "x", "b" }, { RENAME_IT, "x", "c" } } },
    { "race: two equal renames, and soft delete",
      { { PUT_IT, "x", NULL } },
      { { RENAME_IT, "x", "b" }, { RENAME_IT, "x", "b" }, { DELETE_IT, "x" } } },
    { "race: two equal renames, rename to none, and another wants the name",
      { { PUT_IT, "x", NULL } },
      { { RENAME_IT, "x", "b" }, { RENAME_IT, "x", "b" }, { RENAME_IT, "x", NULL }, { PUT_IT, "y", "b" } } },
    { "race: describe against rename",
      { { PUT_IT, "x", "a" } },
      { { DESCRIBE_IT, "x", "mysql" }, { RENAME_IT, "x", "b" } } },
    { "race: describe against soft delete and put",
      { { PUT_IT, "x", "a" } },
      { { DESCRIBE_IT, "x", "mysql" }, { DELETE_IT, "x" }, { PUT_IT, "x", "a" } } },
    { "race: delete, revival, and another wants the name",
      { { PUT_IT, "x", "a" } },
      { { DELETE_IT, "x" }, { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
    { "race: delete against two names",
      { { PUT_IT, "x", "a" } },
      { { DELETE_IT, "x" }, { PUT_IT, "x", "a" }, { PUT_IT, "x", "b" } } },
    { "race: list against put",
      { { PUT_IT, "x", "a" } },
      { { LIST_ALL }, { PUT_IT, "x", "b" } } },
    { "race: list against soft delete",
      { { PUT_IT, "x", "a" } },
      { { LIST_ALL }, { DELETE_IT, "x" } } },
    { "race: list against hard delete",
      { { PUT_IT, "x", "a" } },
      { { LIST_ALL }, { REMOVE_IT, "x" } } },
    { "race: two reports",
      { { PUT_IT, "x", "a" } },
      { { REPORT_IT, "x", "completed" }, { REPORT_IT, "x", "in_progress" } } },
    { "race: three reports",
      { { PUT_IT, "x", "a" }, { REPORT_IT, "x", "completed" } },
      { { REPORT_IT, "x", "error" }, { REPORT_IT, "x", "in_progress" }, { REPORT_IT, "x", "completed" } } },
    { "race: report against put",
      { { PUT_IT, "x", "a" } },
      { { REPORT_IT, "x", "error" }, { PUT_IT, "x", "a" } } },
    { "race: report against soft delete",
      { { PUT_IT, "x", "a" } },
      { { REPORT_IT, "x", "error" }, { DELETE_IT, "x" } } },
    { "race: report against hard delete and put",
      { { PUT_IT, "x", "a" } },
      { { REPORT_IT, "x", "error" }, { REMOVE_IT, "x" }, { PUT_IT, "x", NULL } } },
    { "race: overview against report",
      { { PUT_IT, "x", "a" } },
      { { VIEW_ALL }, { REPORT_IT, "x", "error" } } },
    { "race: two configurations",
      { { PUT_IT, "x", "a" } },
      { { CONFIGURE_IT, "x", "1" }, { CONFIGURE_IT, "x", "2" } } },
    { "race: configuration against put",
      { { PUT_IT, "x", "a" }, { CONFIGURE_IT, "x", "1" } },
      { { CONFIGURE_IT, "x", "2" }, { PUT_IT, "x", "b" } } },
    { "race: configuration against soft delete and put",
      { { PUT_IT, "x", "a" }, { CONFIGURE_IT, "x", "1" } },
      { { CONFIGURE_IT, "x", "2" }, { DELETE_IT, "x" }, { PUT_IT, "x", "a" } } },
    { "race: configuration against hard delete and put",
      { { PUT_IT, "x", "a" }, { CONFIGURE_IT, "x", "1" } },
      { { CONFIGURE_IT, "x", "2" }, { REMOVE_IT, "x" }, { PUT_IT, "x", NULL } } },
};
/* clang-format on */

static const char *const ids[] = { "x", "y", "z" };
static const char *const index_names[] = { "a", "b", "c" };

/* The orders of one scenario, walked through depth first: which of the unfinished operations steps
 * next. */
struct course {
    size_t choice[STEPS_MAX], options[STEPS_MAX], operation[STEPS_MAX];
    size_t steps;
    bool by_chance;
    uint64_t seed;
    size_t broken, broken_after; /* this operation is broken off after so many of its steps;
                                    `count`: none */
    bool is_broken;              /* whether it was, before its end */
    unsigned orders, wrong;
    unsigned most; /* orders, if not all are tried */
};

static void ask_configure(struct ask *ask, struct str id, struct str value)
{
    struct pair *changes = arena_take(world.arena, 2 * sizeof *changes);

    changes[0] = (struct pair){ STR("configuration"), value };
    changes[1] = (struct pair){ STR("status"), value };
    connector_update(ask, id, MERGE, changes, 2, NULL, 0);
}

static void ask_describe(struct ask *ask, struct str id, struct str type)
{
    struct pair *changes = arena_take(world.arena, sizeof *changes);

    changes[0] = (struct pair){ STR("service_type"), type };
    connector_update(ask, id, MERGE, changes, 1, NULL, 0);
}

static bool take_any(struct ask *ask, const struct row *rows, size_t count)
{
    (void)ask;
    (void)rows;
    (void)count;
    return true;
}

static void prepare(struct ask *ask, const struct operation *operation)
{
    static const struct connector_list all = { .size = 100, .include_deleted = true };
    struct str id = str_from(operation->id), word = str_from(operation->index_name);

    ask->take_rows = take_any;
    switch (operation->kind) {
    case PUT_IT:
        world_ask_put(ask, id, word);
        break;
    case RENAME_IT:
        connector_rename(ask, id, word, false);
        break;
    case DESCRIBE_IT:
        ask_describe(ask, id, word);
        break;
    case REPORT_IT:
        world_ask_report(ask, id, word);
        break;
    case CONFIGURE_IT:
        ask_configure(ask, id, word);
        break;
    case VIEW_ALL:
        world_ask_overview(ask);
        break;
    case LIST_ALL:
        connector_list(ask, &all, NULL, 0);
        break;
    default:
        connector_delete(ask, id, operation->kind == REMOVE_IT);
        break;
    }
}

/* Leaves the data of a crash after the second step of a claim. */
static void reserve(const struct operation *operation)
{
    struct str key = key_index_name(world_ask(), str_from(operation->index_name));

    if (world.settings.shards == 1)
        return; /* it cannot happen there */
    (void)REDIS("SET %b %s", key.ptr, key.len, operation->id);
    (void)REDIS("SET %b:token 0123456789abcdef", key.ptr, key.len);
}

static void begin(const struct scenario *scenario)
{
    arena_reset(world.arena);
    (void)REDIS("FLUSHDB");
    for (const struct operation *operation = scenario->before; operation->kind != END;
         operation++) {
        struct ask *ask = world_ask();

        if (operation->kind == RESERVE_IT) {
            reserve(operation);
            continue;
        }
        prepare(ask, operation);
        (void)world_run(world.stores[0], ask);
    }
}

/* Tries one order, and records the choices that there were. The outcome of an operation that is
 * broken off does not count. */
static void race(const struct scenario *scenario, struct course *course, struct ask **asks,
                 size_t count)
{
    size_t unfinished[OPERATIONS_MAX], taken[OPERATIONS_MAX] = { 0 };

    for (size_t i = 0; i < count; i++) {
        asks[i] = world_ask();
        prepare(asks[i], &scenario->racing[i]);
        store_send(world.stores[i], asks[i]);
    }
    for (course->steps = 0;; course->steps++) {
        size_t left = 0, chosen;

        for (size_t i = 0; i < count; i++)
            if (asks[i]->outcome == ASKING &&
                !(i == course->broken && taken[i] == course->broken_after))
                unfinished[left++] = i;
        if (!left)
            break;
        assert_true(course->steps < STEPS_MAX);
        if (course->by_chance)
            course->choice[course->steps] = unit_random(&course->seed) % left;
        chosen = unfinished[course->choice[course->steps]];
        course->options[course->steps] = left;
        course->operation[course->steps] = chosen;
        world_check_slots(asks[chosen]);
        store_flush(world.stores[chosen]);
        taken[chosen]++;
    }
    course->is_broken = course->broken < count && asks[course->broken]->outcome == ASKING;
    if (course->is_broken) {
        store_close(world.stores[course->broken]);
        world.stores[course->broken] = world_store(PATIENCE);
    }
}

/* Goes on to the next order; false after the last one. */
static bool next_order(struct course *course)
{
    if (course->orders == ORDERS_MAX)
        course->by_chance = true;
    if (course->by_chance)
        return course->orders < course->most;
    while (course->steps &&
           course->choice[course->steps - 1] + 1 == course->options[course->steps - 1])
        course->choice[--course->steps] = 0;
    if (!course->steps)
        return false;
    course->choice[course->steps - 1]++;
    return true;
}

/* ---- what is stored ---- */

/* A connector as its hash has it. */
struct stored {
    bool exists, live;
    struct str index_name, type;
};

static struct stored read_stored(const char *id)
{
    struct str key = key_connector(world_ask(), str_from(id)), parts, deleted, name;

    parts = REDIS("HMGET %b deleted index_name service_type", key.ptr, key.len);
    deleted = str_take(&parts, '|');
    name = str_take(&parts, '|');
    return (struct stored){ .exists = !str_equal(deleted, STR("nil")),
                            .live = str_equal(deleted, STR("false")),
                            .index_name = str_equal(name, STR("nil")) ? STR("") : name,
                            .type = str_equal(parts, STR("nil")) ? STR("") : parts };
}

static void print_operations(const char *when, const struct operation *operations)
{
    static const char *const kinds[] = {
        [PUT_IT] = "put",        [RENAME_IT] = "rename",     [DELETE_IT] = "delete",
        [REMOVE_IT] = "remove",  [DESCRIBE_IT] = "describe", [LIST_ALL] = "list",
        [REPORT_IT] = "report",  [VIEW_ALL] = "view",        [CONFIGURE_IT] = "configure",
        [RESERVE_IT] = "reserve"
    };

    print_error("  %s:", when);
    for (const struct operation *one = operations; one->kind != END; one++)
        print_error(" %s %s %s;", kinds[one->kind], one->id ? one->id : "",
                    one->index_name ? one->index_name : "-");
    print_error("\n");
}

/* Reports the faults after an order, with its name. */
static bool complain(const struct scenario *scenario, const struct course *course, const char *what,
                     const char *of)
{
    if (course->wrong >= SHOWN_MAX)
        return false;
    print_error("%s: %s of %s\n", scenario->name, what, of);
    print_operations("before", scenario->before);
    print_operations("racing", scenario->racing);
    print_error("  order of flushes: ");
    for (size_t i = 0; i < course->steps; i++)
        print_error("%c", (char)('A' + course->operation[i]));
    print_error("; %c is broken off after %zu\n", (char)('A' + course->broken),
                course->broken_after);
    return false;
}

/* With care, which compares lists with the hash, and by hand what it cannot see. */
static enum outcome look(enum care_kind kind, struct str key, struct str id)
{
    struct ask *ask = world_ask();
    struct care_item item = { kind, key_shard(ask, id), key, id, { NULL, 0 }, { NULL, 0 }, 0 };

    care_look(ask, &item);
    return ask->outcome == ASKING ? world_run(world.stores[0], ask) : ask->outcome;
}

static size_t count_of(struct str key)
{
    uint64_t count = 0;

    assert_int_equal(number_count(REDIS("ZCARD %b", key.ptr, key.len), 100, &count), NUMBER_READ);
    return (size_t)count;
}

/* Whether the lists of all shards hold as many connectors as there are. */
static bool has_counts(size_t connectors, size_t live)
{
    size_t listed = 0, entries = 0, standings = 0, successes = 0;

    for (unsigned shard = 0; shard < world.settings.shards; shard++) {
        listed += count_of(key_connectors(world_ask(), shard));
        entries += count_of(key_directory(world_ask(), shard));
        standings += count_of(key_standings(world_ask(), shard));
        successes += count_of(key_successes(world_ask(), shard));
    }
    return listed == connectors && entries == connectors && standings == live && successes == live;
}

static bool has_types(size_t typed)
{
    struct ask *ask = world_ask();
    int64_t count = 0;

    connector_service_types(ask);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    for (size_t i = 0; i < ask->row_count; i++)
        count += ask->rows[i].score;
    return count == (int64_t)typed;
}

/* Whether a connector's configuration is that of its status: both were written at once. */
static bool has_its_secrets(const char *id)
{
    struct str key = key_connector(world_ask(), str_from(id));

    return str_equal(REDIS("HMGET %b status", key.ptr, key.len),
                     REDIS("HMGET %b:secrets configuration", key.ptr, key.len));
}

static bool is_right(const struct scenario *scenario, const struct course *course)
{
    struct stored stored[COUNT_OF(ids)];
    size_t connectors = 0, live = 0, typed = 0;
    bool right = true;

    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct str id = str_from(ids[i]), key = key_connector(world_ask(), id);

        stored[i] = read_stored(ids[i]);
        connectors += stored[i].exists;
        live += stored[i].live;
        typed += stored[i].live && stored[i].type.len;
        if (!has_its_secrets(ids[i]))
            right = complain(scenario, course, "secrets", ids[i]);
        if (look(CARE_CONNECTOR, key, id) == FOUND || look(CARE_STATE, key, id) == FOUND)
            right = complain(scenario, course, "places", ids[i]);
        if (look(CARE_NAME, key, id) == FOUND)
            right = complain(scenario, course, "the holder of the index name", ids[i]);
        for (size_t k = 0; k < i; k++)
            if (stored[i].live && stored[k].live && stored[i].index_name.len &&
                str_equal(stored[i].index_name, stored[k].index_name))
                right = complain(scenario, course, "the same index name as another one", ids[i]);
    }
    if (!has_counts(connectors, live))
        right = complain(scenario, course, "numbers", "the lists");
    if (!has_types(typed))
        right = complain(scenario, course, "counts", "service types");
    return right;
}

/* If no operation was broken off, no name is left reserved. */
static bool is_tidy(const struct scenario *scenario, const struct course *course)
{
    bool right = true;

    for (size_t k = 0; k < COUNT_OF(index_names) && !course->is_broken; k++) {
        struct str name = str_from(index_names[k]);

        if (look(CARE_HOLDER, STR(""), name) == FOUND)
            right = complain(scenario, course, "a holder without it", index_names[k]);
    }
    return right;
}

/* A name that no connector has can be taken by any, even after a crash. */
static bool is_free(const struct scenario *scenario, const struct course *course)
{
    bool right = true;

    for (size_t k = 0; k < COUNT_OF(index_names); k++) {
        struct str name = str_from(index_names[k]);
        struct ask *ask = world_ask();
        bool had = false;

        for (size_t i = 0; i < COUNT_OF(ids); i++) {
            struct stored stored = read_stored(ids[i]);

            had |= stored.live && str_equal(stored.index_name, name);
        }
        world_ask_put(ask, STR("late comer"), name);
        if ((world_run(world.stores[0], ask) == TAKEN) != had)
            right = complain(scenario, course, "who may have it", index_names[k]);
    }
    return right;
}

/* Whether another connector ever wanted the index name of an operation. */
static bool is_disputed(const struct operation *operations, const struct operation *by)
{
    bool disputed = false;

    for (const struct operation *one = operations; one->kind != END; one++)
        disputed |= one->id && !str_equal(str_from(one->id), str_from(by->id)) &&
                    str_equal(str_from(one->index_name), str_from(by->index_name));
    return disputed;
}

/* Whether an operation failed otherwise than by a name that another connector may have or a missing
 * connector. */
static bool in_order(const struct scenario *scenario, const struct course *course,
                     struct ask **asks, size_t count)
{
    bool right = true;

    for (size_t i = 0; i < count; i++) {
        const struct operation *operation = &scenario->racing[i];

        if (asks[i]->outcome == AWAY || asks[i]->outcome == FAULTY)
            right = complain(scenario, course, "a failure", "a request");
        if (asks[i]->outcome == TAKEN && !is_disputed(scenario->before, operation) &&
            !is_disputed(scenario->racing, operation))
            right =
                complain(scenario, course, "a taken name that nobody else wants", operation->id);
    }
    return right;
}

/* Tries all orders, or random ones if they are too many; breaks off one operation, or none. */
static unsigned run_orders(const struct scenario *scenario, size_t count, size_t broken,
                           size_t broken_after, size_t *most_steps)
{
    struct course course = { .broken = broken,
                             .broken_after = broken_after,
                             .most = broken < count ? BROKEN_ORDERS : 2 * ORDERS_MAX,
                             .by_chance = broken < count };

    do {
        struct ask *asks[OPERATIONS_MAX];
        bool right;

        begin(scenario);
        race(scenario, &course, asks, count);
        right = is_right(scenario, &course) && is_tidy(scenario, &course) &&
                is_free(scenario, &course) && in_order(scenario, &course, asks, count);
        for (size_t i = 0; i < course.steps && most_steps; i++) {
            size_t steps = 0;

            for (size_t k = 0; k < course.steps; k++)
                steps += course.operation[k] == course.operation[i];
            if (steps > *most_steps)
                *most_steps = steps;
        }
        course.orders++;
        course.wrong += !right;
    } while (next_order(&course));
    if (course.wrong)
        fail_msg("after %u of %u orders of flushes it is wrong", course.wrong, course.orders);
    return course.orders;
}

static size_t racing_count(const struct scenario *scenario)
{
    size_t count = 0;

    while (scenario->racing[count].kind != END)
        count++;
    return count;
}

static void run_scenario(void **state)
{
    const struct scenario *scenario = *state;
    size_t count = racing_count(scenario), most_steps = 0;
    unsigned orders;

    orders = run_orders(scenario, count, count, 0, &most_steps);
    for (size_t broken = 0; broken < count; broken++)
        for (size_t after = 0; after < most_steps; after++)
            orders += run_orders(scenario, count, broken, after, NULL);
    print_message("%u orders of flushes\n", orders);
}

/* ---- scenarios of chance ---- */

/* Mostly renames of one connector: so they meet often. */
static struct operation operation_by_chance(uint64_t *seed)
{
    static const struct operation operations[] = {
        { RENAME_IT, "x", NULL }, { RENAME_IT, "x", NULL }, { RENAME_IT, "x", NULL },
        { RENAME_IT, "y", NULL }, { PUT_IT, "x", NULL },    { PUT_IT, "y", NULL },
        { DELETE_IT, "x", NULL }, { REMOVE_IT, "x", NULL }
    };
    struct operation operation = operations[unit_random(seed) % COUNT_OF(operations)];
    size_t name = unit_random(seed) % (COUNT_OF(index_names) + 1);

    operation.index_name = name ? index_names[name - 1] : NULL;
    return operation;
}

static struct scenario scenario_by_chance(uint64_t *seed)
{
    struct scenario scenario = { .name = "by chance", .before = { { PUT_IT, "x", NULL } } };
    size_t racing = 3 + unit_random(seed) % 2;

    scenario.before[1] = operation_by_chance(seed);
    for (size_t i = 0; i < racing; i++)
        scenario.racing[i] = operation_by_chance(seed);
    return scenario;
}

static void run_chances(void **state)
{
    uint64_t seed = 1;

    (void)state;
    for (size_t i = 0; i < CHANCES; i++) {
        struct scenario scenario = scenario_by_chance(&seed);
        size_t count = racing_count(&scenario);
        struct course course = { .by_chance = true, .seed = seed };
        struct ask *asks[OPERATIONS_MAX];

        course.broken = unit_random(&seed) % (2 * count);
        course.broken_after = unit_random(&seed) % 4;
        begin(&scenario);
        race(&scenario, &course, asks, count);
        assert_true(is_right(&scenario, &course) && is_tidy(&scenario, &course) &&
                    is_free(&scenario, &course) && in_order(&scenario, &course, asks, count));
    }
}

int test_races(void)
{
    static struct CMUnitTest tests[COUNT_OF(scenarios) + 1];

    tests[COUNT_OF(scenarios)] =
        (struct CMUnitTest){ "race: by chance", run_chances, world_begin, world_end, NULL };
    for (size_t i = 0; i < COUNT_OF(scenarios); i++) {
        union {
            const struct scenario *from;
            void *to;
        } scenario = { &scenarios[i] };

        tests[i] = (struct CMUnitTest){ scenarios[i].name, run_scenario, world_begin, world_end,
                                        scenario.to };
    }
    return _cmocka_run_group_tests("races", tests, COUNT_OF(tests), world_open, world_close);
}
