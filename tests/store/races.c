/* races.c: operations of several stores at once, in every order of their flushes.
 *
 * An operation takes a step with each flush of its store. So all that can happen between several of
 * them is an order of flushes, and all orders are tried, each from the same beginning. In the end
 * the hashes, the sorted set and the holders of index names must say the same. */
#include <stdio.h>

#include "base/text.h"
#include "groups.h"

enum { OPERATIONS_MAX = 4, STEPS_MAX = 64, ORDERS_MAX = 1500, SHOWN_MAX = 2 };

struct operation {
    enum {
        END,
        PUT_IT,
        DELETE_IT,
        REMOVE_IT,
        LIST_ALL,
        REPORT_IT,
        VIEW_ALL,
        CONFIGURE_IT,
        RUN
    } kind;
    const char *id;         /* of RUN: a command for Redis */
    const char *index_name; /* of REPORT_IT: the status of the last sync; of CONFIGURE_IT: what its
                               status and its configuration, a secret, become at once */
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
    { "race: a left-over claim's holder comes back, and another wants the name",
      { { RUN, "SET index_name:{a} x" } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
    { "race: two take over a left-over claim",
      { { RUN, "SET index_name:{a} z" } },
      { { PUT_IT, "x", "a" }, { PUT_IT, "y", "a" } } },
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
    { "race: list mends an entry while its connector comes",
      { { RUN, "ZADD connectors 0 a%b" } },
      { { LIST_ALL }, { PUT_IT, "x", "a" } } },
    { "race: list mends an entry while its connector goes",
      { { PUT_IT, "x", "a" }, { RUN, "ZADD connectors 0 b%b" } },
      { { LIST_ALL }, { REMOVE_IT, "x" } } },
    { "race: list mends an entry while its connector gets another name",
      { { PUT_IT, "x", "a" }, { RUN, "ZADD connectors 0 c%b" } },
      { { LIST_ALL }, { PUT_IT, "x", "b" } } },
    { "race: two lists mend one entry",
      { { PUT_IT, "x", "a" }, { RUN, "ZADD connectors 0 c%b" } },
      { { LIST_ALL }, { LIST_ALL } } },
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
    { "race: overview mends a standing while its connector reports",
      { { PUT_IT, "x", "a" }, { RUN, "ZADD standings 5 x" } },
      { { VIEW_ALL }, { REPORT_IT, "x", "error" } } },
    { "race: overview mends a standing while its connector goes",
      { { PUT_IT, "x", "a" }, { RUN, "ZADD standings 5 x" } },
      { { VIEW_ALL }, { REMOVE_IT, "x" } } },
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
struct walk {
    size_t choice[STEPS_MAX], options[STEPS_MAX], operation[STEPS_MAX];
    size_t steps;
    bool by_chance;
    uint64_t seed;
    unsigned orders, wrong;
    unsigned listed_wrongly; /* orders after which the sorted set is not what the hashes say, */
    unsigned stands_wrongly; /* or that of standings is not, */
    unsigned not_held;       /* a live connector does not hold its index name, or two have one, */
    unsigned not_freed;      /* a name is held by a connector that has it no more */
};

static void ask_configure(struct ask *ask, struct str id, struct str value)
{
    struct pair *changes = arena_take(world.arena, 2 * sizeof *changes);

    changes[0] = (struct pair){ STR("configuration"), value };
    changes[1] = (struct pair){ STR("status"), value };
    connector_update(ask, id, MERGE, changes, 2, NULL, 0);
}

static void prepare(struct ask *ask, const struct operation *operation)
{
    static const struct connector_list all = { .size = 100, .include_deleted = true };

    if (operation->kind == REPORT_IT)
        world_ask_report(ask, str_from(operation->id), str_from(operation->index_name));
    else if (operation->kind == CONFIGURE_IT)
        ask_configure(ask, str_from(operation->id), str_from(operation->index_name));
    else if (operation->kind == VIEW_ALL)
        world_ask_overview(ask);
    else if (operation->kind == PUT_IT)
        world_ask_put(ask, str_from(operation->id), str_from(operation->index_name));
    else if (operation->kind == LIST_ALL)
        connector_list(ask, &all, NULL, 0);
    else
        connector_delete(ask, str_from(operation->id), operation->kind == REMOVE_IT);
}

static void begin(const struct scenario *scenario)
{
    arena_reset(world.arena);
    (void)REDIS("FLUSHDB");
    for (const struct operation *operation = scenario->before; operation->kind != END;
         operation++) {
        struct ask *ask = world_ask();

        if (operation->kind == RUN) {
            static const struct str listed = STR_ROW(" x");

            (void)REDIS(operation->id, listed.ptr, listed.len);
            continue;
        }
        prepare(ask, operation);
        (void)world_run(world.stores[0], ask);
    }
}

/* Takes one order, and writes down which choices there were. */
static void race(const struct scenario *scenario, struct walk *walk, struct ask **asks,
                 size_t count)
{
    size_t unfinished[OPERATIONS_MAX];

    for (size_t i = 0; i < count; i++) {
        asks[i] = world_ask();
        prepare(asks[i], &scenario->racing[i]);
        store_send(world.stores[i], asks[i]);
    }
    for (walk->steps = 0;; walk->steps++) {
        size_t left = 0, chosen;

        for (size_t i = 0; i < count; i++)
            if (asks[i]->outcome == ASKING)
                unfinished[left++] = i;
        if (!left)
            return;
        assert_true(walk->steps < STEPS_MAX);
        if (walk->by_chance)
            walk->choice[walk->steps] = unit_random(&walk->seed) % left;
        chosen = unfinished[walk->choice[walk->steps]];
        walk->options[walk->steps] = left;
        walk->operation[walk->steps] = chosen;
        world_check_slots(asks[chosen]);
        store_flush(world.stores[chosen]);
    }
}

/* Goes on to the next order; false after the last one. */
static bool next_order(struct walk *walk)
{
    if (walk->orders == ORDERS_MAX)
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

/* What is stored beside the hashes, or what they want it to be. */
struct picture {
    struct str scores[COUNT_OF(ids)];          /* in the sorted set of standings */
    struct str listed;                         /* ZRANGE WITHSCORES of the sorted set */
    struct str holders[COUNT_OF(index_names)]; /* live ones; two would be written as two; or nil */
};

/* Whether a connector with these fields, "<deleted>|<index name>", has that index name, or none,
 * and is deleted or not. */
static bool has_state(struct str stored, struct str name, bool deleted)
{
    struct str index_name = stored, mark = str_take(&index_name, '|');

    return str_equal(index_name, name.len ? name : STR("nil")) &&
           str_equal(mark, deleted ? STR("true") : STR("false"));
}

static struct str wanted_score(const char *id)
{
    struct str stored = REDIS("HMGET connector:{%s} deleted _place", id), values[STANDING_FIELDS];
    struct str place = stored, mark = str_take(&place, '|');

    if (!str_equal(mark, STR("false")))
        return STR("nil");
    memset(values, 0, sizeof values);
    values[STANDING_PLACE] = place;
    return arena_format(world.arena, "%lld",
                        (long long)standing_of(values, 0, &world.settings, world.arena).score);
}

/* Lists come by score, and by byte order within one. */
static struct picture wanted_picture(void)
{
    struct text listed = text_new(world.arena, 128);
    struct str stored[COUNT_OF(ids)];
    struct picture picture;

    for (size_t i = 0; i < COUNT_OF(ids); i++)
        stored[i] = REDIS("HMGET connector:{%s} deleted index_name", ids[i]);
    for (unsigned score = 0; score < 4; score++)
        for (size_t k = score % 2 ? 0 : 1; k <= (score % 2 ? 0 : COUNT_OF(index_names)); k++)
            for (size_t i = 0; i < COUNT_OF(ids); i++)
                if (has_state(stored[i], k ? str_from(index_names[k - 1]) : STR(""), score > 1))
                    text_format(&listed, "%s%s %s|%u", listed.len ? "|" : "",
                                k ? index_names[k - 1] : "", ids[i], score);
    picture.listed = text_str(&listed);
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        picture.scores[i] = wanted_score(ids[i]);
    for (size_t k = 0; k < COUNT_OF(index_names); k++) {
        struct text holders = text_new(world.arena, 16);

        for (size_t i = 0; i < COUNT_OF(ids); i++)
            if (has_state(stored[i], str_from(index_names[k]), false))
                text_add(&holders, str_from(ids[i]));
        picture.holders[k] = holders.len ? text_str(&holders) : STR("nil");
    }
    return picture;
}

static struct picture actual_picture(void)
{
    struct picture picture = { .listed = REDIS("ZRANGE connectors 0 -1 WITHSCORES") };
    struct str holders = REDIS("MGET index_name:{a} index_name:{b} index_name:{c}");

    for (size_t k = 0; k < COUNT_OF(index_names); k++)
        picture.holders[k] = str_take(&holders, '|');
    for (size_t i = 0; i < COUNT_OF(ids); i++) {
        struct str score = REDIS("ZSCORE standings %s", ids[i]);

        picture.scores[i] = score.ptr ? score : STR("nil");
    }
    return picture;
}

/* Compares the two, and counts each kind of difference once an order. */
static bool agree(const struct picture *wanted, const struct picture *actual, struct walk *walk)
{
    bool listed = str_equal(wanted->listed, actual->listed), held = true, freed = true;
    bool stands = true;

    for (size_t k = 0; k < COUNT_OF(index_names); k++) {
        if (str_equal(wanted->holders[k], actual->holders[k]))
            continue;
        if (str_equal(wanted->holders[k], STR("nil")))
            freed = false;
        else
            held = false;
    }
    for (size_t i = 0; i < COUNT_OF(ids); i++)
        stands &= str_equal(wanted->scores[i], actual->scores[i]);
    walk->stands_wrongly += !stands;
    walk->listed_wrongly += !listed;
    walk->not_held += !held;
    walk->not_freed += !freed;
    return listed && held && freed && stands;
}

static void show_picture(const char *whose, const struct picture *picture)
{
    print_error("  %s: listed %.*s; a, b and c held by %.*s, %.*s, %.*s; x, y and z stand at %.*s, "
                "%.*s, %.*s\n",
                whose, STR_ARGS(picture->listed), STR_ARGS(picture->holders[0]),
                STR_ARGS(picture->holders[1]), STR_ARGS(picture->holders[2]),
                STR_ARGS(picture->scores[0]), STR_ARGS(picture->scores[1]),
                STR_ARGS(picture->scores[2]));
}

static void show(const struct scenario *scenario, const struct walk *walk, struct ask **asks,
                 const struct picture *wanted, const struct picture *actual)
{
    print_error("%s\n  order of flushes: ", scenario->name);
    for (size_t i = 0; i < walk->steps; i++)
        print_error("%c", (char)('A' + walk->operation[i]));
    for (size_t i = 0; i < OPERATIONS_MAX && scenario->racing[i].kind != END; i++)
        print_error("; %c ends with outcome %d", (char)('A' + i), (int)asks[i]->outcome);
    print_error("\n");
    show_picture("the hashes want", wanted);
    show_picture("what is stored ", actual);
}

/* Whether a connector's configuration is that of its status: both were written at once. */
static bool has_its_secrets(const char *id)
{
    return str_equal(REDIS("HMGET connector:{%s} status", id),
                     REDIS("HMGET connector:{%s}:secrets configuration", id));
}

/* Whether anything failed that must not: only a name may be taken, and a connector missing. */
static bool in_order(struct ask **asks, size_t count)
{
    bool orderly = !REDIS("KEYS index_name:*:*").len; /* neither claims nor looks are left */

    for (size_t i = 0; i < COUNT_OF(ids); i++)
        orderly &= has_its_secrets(ids[i]);

    for (size_t i = 0; i < count; i++)
        orderly &= asks[i]->outcome != AWAY && asks[i]->outcome != FAULTY;
    return orderly;
}

static void run_scenario(void **state)
{
    const struct scenario *scenario = *state;
    struct walk walk = { .steps = 0 };
    size_t count = 0;

    while (count < OPERATIONS_MAX && scenario->racing[count].kind != END)
        count++;
    do {
        struct ask *asks[OPERATIONS_MAX];
        struct picture wanted, actual;
        bool right;

        begin(scenario);
        race(scenario, &walk, asks, count);
        wanted = wanted_picture();
        actual = actual_picture();
        right = agree(&wanted, &actual, &walk);
        walk.orders++;
        if (right && in_order(asks, count))
            continue;
        if (walk.wrong++ < SHOWN_MAX)
            show(scenario, &walk, asks, &wanted, &actual);
    } while (next_order(&walk));
    print_message("%u orders of flushes%s\n", walk.orders,
                  walk.by_chance ? ", half of them by chance" : ", all that there are");
    if (walk.wrong)
        fail_msg("after %u of %u orders of flushes it is wrong: listed %u, standing %u, name not "
                 "held %u, name not freed %u",
                 walk.wrong, walk.orders, walk.listed_wrongly, walk.stands_wrongly, walk.not_held,
                 walk.not_freed);
}

int test_races(void)
{
    static struct CMUnitTest tests[COUNT_OF(scenarios)];

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
