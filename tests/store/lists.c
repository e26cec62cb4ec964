/* lists.c: tests lists: their order, their parts, filters, and how they mend the sorted set. */
#include "base/text.h"
#include "groups.h"

enum { MANY = 3500 };

static struct ask *run_list(const struct connector_list *list)
{
    static const struct str names[] = { STR_ROW("name") };
    struct ask *ask = world_ask();

    connector_list(ask, list, names, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return ask;
}

/* The ids of a list with a blank between them, and the total behind them. */
static struct str ids_of(const struct connector_list *list)
{
    struct ask *ask = run_list(list);
    struct text text = text_new(world.arena, 128);

    for (size_t i = 0; i < ask->row_count; i++)
        text_format(&text, "%.*s ", STR_ARGS(ask->rows[i].id));
    text_format(&text, "of %llu", (unsigned long long)ask->total);
    return text_str(&text);
}

/* ---- many connectors, and what a plain sort makes of them ---- */

struct expected {
    struct str index_name; /* empty for none */
    struct str id;
    bool deleted;
};

static struct expected connectors[MANY], listed[MANY];

/* With an index name first, by it; then by id. Byte by byte; an index name is followed by a blank.
 */
static int by_place(const void *left, const void *right)
{
    const struct expected *a = left, *b = right;
    struct str named = arena_format(world.arena, "%.*s ", STR_ARGS(a->index_name));
    struct str other = arena_format(world.arena, "%.*s ", STR_ARGS(b->index_name));
    int order;

    if (!a->index_name.len != !b->index_name.len)
        return a->index_name.len ? -1 : 1;
    order = str_compare(named, other);
    return order ? order : str_compare(a->id, b->id);
}

/* Sorts what a list shall hold into listed[], and gives how many that are. */
static size_t expect(bool include_deleted, bool (*wanted)(const struct expected *connector))
{
    size_t count = 0;

    for (size_t i = 0; i < MANY; i++)
        if ((include_deleted || !connectors[i].deleted) && (!wanted || wanted(&connectors[i])))
            listed[count++] = connectors[i];
    qsort(listed, count, sizeof listed[0], by_place);
    return count;
}

static void send_put(const struct expected *connector, struct ask *ask)
{
    struct pair *fields = arena_take(world.arena, 3 * sizeof *fields);

    fields[0] = (struct pair){ STR("deleted"), STR("false") };
    fields[1] = (struct pair){ STR("name"), connector->id };
    fields[2] = (struct pair){ STR("index_name"), connector->index_name };
    connector_put(ask, connector->id, fields, connector->index_name.len ? 3 : 2);
    store_send(world.stores[0], ask);
}

/* Fills Redis, and connectors[], with many connectors, of which every seventh is deleted. */
static void make_many(void)
{
    struct ask *asks = arena_take(world.arena, MANY * sizeof *asks);
    uint64_t seed = 1;

    for (size_t i = 0; i < MANY; i++) {
        uint64_t random = unit_random(&seed);
        struct expected *connector = &connectors[i];

        connector->deleted = i % 7 == 0;
        connector->id = arena_format(world.arena, "%llu-%zu", (unsigned long long)random % 50, i);
        connector->index_name =
            random >> 40 & 1
                ? arena_format(world.arena, "n%llu%s%zu", (unsigned long long)(random >> 50 & 3),
                               random >> 60 & 1 ? "!" : "", i % 1200 + i / 1200 * 5000)
                : STR("");
        ask_open(&asks[i], world.arena, &world.settings);
        send_put(connector, &asks[i]);
    }
    while (store_pending(world.stores[0]))
        store_flush(world.stores[0]);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(asks[i].outcome, CREATED);
        if (!connectors[i].deleted)
            continue;
        ask_open(&asks[i], world.arena, &world.settings);
        connector_delete(&asks[i], connectors[i].id, false);
        store_send(world.stores[0], &asks[i]);
    }
    while (store_pending(world.stores[0]))
        store_flush(world.stores[0]);
}

/* Checks one part of a list against listed[0 .. count - 1]. */
static void check_part(struct connector_list list, size_t count)
{
    struct ask *ask = run_list(&list);
    size_t left = list.from < count ? count - (size_t)list.from : 0;

    assert_int_equal(ask->total, count);
    assert_int_equal(ask->row_count, left < list.size ? left : list.size);
    for (size_t i = 0; i < ask->row_count; i++) {
        assert_same(ask->rows[i].id, listed[list.from + i].id);
        assert_same(ask->rows[i].values[0], listed[list.from + i].id);
    }
}

static void check_parts(struct connector_list list, size_t count)
{
    const struct {
        uint64_t from, size;
    } parts[] = { { 0, 0 },         { 0, 1 },      { 0, 100 },       { 1, 999 },
                  { 999, 2 },       { 0, 10000 },  { count / 2, 7 }, { count - 1, 1 },
                  { count - 1, 2 }, { count, 10 }, { count + 1, 10 } };

    assert_true(count > 1);
    for (size_t i = 0; i < COUNT_OF(parts); i++) {
        list.from = parts[i].from;
        list.size = parts[i].size;
        check_part(list, count);
    }
    for (list.from = 0, list.size = 333; list.from < count; list.from += list.size)
        check_part(list, count);
}

static bool fits_sevens(const void *filter, const struct str *values)
{
    const char *last = filter;

    return values[0].len && values[0].ptr[values[0].len - 1] == *last;
}

static bool wanted_sevens(const struct expected *connector)
{
    return connector->id.ptr[connector->id.len - 1] == '7';
}

static void test_order_and_parts(void **state)
{
    static const struct str name = STR_ROW("name");
    static const struct connector_list all = { .include_deleted = true };
    static const struct connector_list sevens = { .selection = { fits_sevens, "7", &name, 1 } };
    struct connector_list every_seven = sevens;

    (void)state;
    make_many();
    check_parts((struct connector_list){ .from = 0 }, expect(false, NULL));
    check_parts(all, expect(true, NULL));
    check_parts(sevens, expect(false, wanted_sevens));
    every_seven.include_deleted = true;
    check_parts(every_seven, expect(true, wanted_sevens));
}

static void test_filter_that_nothing_fits(void **state)
{
    static const struct str name = STR_ROW("name");
    static const struct connector_list none = { .size = 10,
                                                .selection = { fits_sevens, "x", &name, 1 } };

    (void)state;
    assert_text(ids_of(&none), "of 0");
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_text(ids_of(&none), "of 0");
}

static void test_index_name_filter(void **state)
{
    static const struct str wanted[] = { STR_ROW("b"), STR_ROW("nobody's"), STR_ROW("d") };
    struct connector_list list = { .size = 10, .index_names = wanted, .index_name_count = 3 };

    (void)state;
    assert_int_equal(world_put("c4", "a"), CREATED);
    assert_int_equal(world_put("c3", "b"), CREATED);
    assert_int_equal(world_put("c2", "bb"), CREATED);
    assert_int_equal(world_put("c1", "d"), CREATED);
    assert_int_equal(world_put("c0", NULL), CREATED);
    assert_text(ids_of(&list), "c3 c1 of 2");
    assert_int_equal(world_delete("c3", false), DELETED);
    assert_text(ids_of(&list), "c1 of 1");
    list.include_deleted = true;
    assert_text(ids_of(&list), "c3 c1 of 2");
}

static void test_empty_lists(void **state)
{
    struct connector_list list = { .size = 100 };

    (void)state;
    assert_text(ids_of(&list), "of 0");
    list.include_deleted = true;
    assert_text(ids_of(&list), "of 0");
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(ids_of(&list), "c1 of 1");
    list.include_deleted = false;
    assert_text(ids_of(&list), "of 0");
}

/* ---- mending ---- */

/* Entries that say something else than the hash: after one list they are right. c1 has the index
 * name a, c2 none, c3 is deleted and had b. */
static void test_wrong_entries_are_mended(void **state)
{
    static const char right[] = "a c1|0| c2|1|b c3|2";
    static const char *const wrong[] = {
        "ZADD connectors 0 %s", /* a stale member */
        "ZADD connectors 2 %s", /* the same, as deleted */
        "ZADD connectors 1 %s",
    };
    static const char *const members[] = { "old c1", " c1",   "b c2", "a c2", "a c3", " c3",
                                           "a gone", " gone", "b c1", "0 c1", "a  c1" };
    struct connector_list list = { .size = 100, .include_deleted = true };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_put("c2", NULL), CREATED);
    assert_int_equal(world_put("c3", "b"), CREATED);
    assert_int_equal(world_delete("c3", false), DELETED);
    assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "a c1|0| c2|1|b c3|2");
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        for_each_row (k, members) {
            (void)REDIS(wrong[i], members[k]);
            (void)REDIS("ZADD connectors 0 %s", members[k]);
            assert_text(ids_of(&list), "c1 c3 c2 of 3");
            assert_same(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), str_from(right));
        }
}

/* The members are right and their scores are not. */
static void test_wrong_scores_are_mended(void **state)
{
    static const char *const wrong[] = {
        "ZADD connectors 2 %b", "ZADD connectors 3 %b", "ZADD connectors 1 %b",
        "ZADD connectors 0 %b", "ZADD connectors 9 %b",
    };
    static const struct str members[] = { STR_ROW("a c1"), STR_ROW(" c2"), STR_ROW("b c3") };
    struct connector_list list = { .size = 100, .include_deleted = true };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_put("c2", NULL), CREATED);
    assert_int_equal(world_put("c3", "b"), CREATED);
    assert_int_equal(world_delete("c3", false), DELETED);
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        for_each_row (k, members) {
            (void)REDIS(wrong[i], members[k].ptr, members[k].len);
            assert_text(ids_of(&list), "c1 c3 c2 of 3");
            assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "a c1|0| c2|1|b c3|2");
        }
}

/* A list of the live ones mends what it comes across. */
static void test_a_plain_list_mends(void **state)
{
    static const struct connector_list list = { .size = 100 };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    assert_int_equal(world_put("c2", "b"), CREATED);
    (void)REDIS("ZADD connectors 0 old%b 0 b%b 0 zz%b", " c1", (size_t)3, " gone", (size_t)5, " c1",
                (size_t)3);
    (void)REDIS("HSET connector:{c2} deleted true");
    assert_text(ids_of(&list), "c1 of 1");
    assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "a c1|0|b c2|2");
}

/* Names that went wrong together are mended a part at a time, and never shown. */
static void test_many_wrong_entries(void **state)
{
    enum { WRONG = 150 };
    static const struct connector_list list = { .size = 1000 };
    unsigned lists = 0;

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    for (unsigned i = 0; i < WRONG; i++)
        (void)REDIS("ZADD connectors 0 a%b%u", " gone", (size_t)5, i);
    while (!str_equal(REDIS("ZCARD connectors"), STR("1"))) {
        struct ask *ask = run_list(&list);

        assert_int_equal(ask->row_count, 1);
        assert_text(ask->rows[0].id, "c1");
        assert_true(++lists < WRONG);
    }
    assert_text(ids_of(&list), "c1 of 1");
}

/* A member that is not of the form "<index name> <id>" is nobody's, and goes like any other wrong
 * one. */
static void test_members_of_no_form_are_removed(void **state)
{
    struct connector_list list = { .size = 100 };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    (void)REDIS("ZADD connectors 0 foreign");
    assert_text(ids_of(&list), "c1 of 1");
    assert_text(REDIS("ZRANGE connectors 0 -1"), "a c1");
}

/* A connector that no list shows, for its entry is lost: the next put or delete brings it back. */
static void test_lost_entries_come_back(void **state)
{
    static const struct connector_list list = { .size = 100 };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    (void)REDIS("DEL connectors");
    assert_text(ids_of(&list), "of 0");
    assert_int_equal(world_put("c1", "a"), UPDATED);
    assert_text(ids_of(&list), "c1 of 1");
    (void)REDIS("DEL connectors");
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_text(REDIS("ZRANGE connectors 0 -1 WITHSCORES"), "a c1|2");
}

int test_lists(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_order_and_parts),
        WORLD_TEST(test_filter_that_nothing_fits),
        WORLD_TEST(test_index_name_filter),
        WORLD_TEST(test_empty_lists),
        WORLD_TEST(test_wrong_entries_are_mended),
        WORLD_TEST(test_wrong_scores_are_mended),
        WORLD_TEST(test_a_plain_list_mends),
        WORLD_TEST(test_many_wrong_entries),
        WORLD_TEST(test_members_of_no_form_are_removed),
        WORLD_TEST(test_lost_entries_come_back),
    };

    return cmocka_run_group_tests_name("lists", tests, world_open, world_close);
}
