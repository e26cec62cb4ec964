/* lists.c: tests lists: their order, their parts, filters, and how large they may be. */
#include "base/instant.h"
#include "base/text.h"
#include "groups.h"

enum { MANY = 3500 };

static struct ask *run_list(const struct connector_list *list)
{
    static const struct str names[] = { STR_ROW("name") };
    struct ask *ask = world_ask_rows(1);

    connector_list(ask, list, names, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return ask;
}

/* The ids of a list, separated by blanks, and then the total. */
static struct str ids_of(const struct connector_list *list)
{
    struct ask *ask = run_list(list);
    struct text text = text_new(world.arena, 128);

    for (size_t i = 0; i < ask->row_count; i++)
        text_format(&text, "%.*s ", STR_ARGS(ask->rows[i].id));
    text_format(&text, "of %llu", (unsigned long long)ask->total);
    return text_str(&text);
}

/* ---- many connectors, compared with a plain sort ---- */

struct expected {
    struct str index_name; /* empty for none */
    struct str id;
    bool deleted;
};

static struct expected connectors[MANY], listed[MANY];

/* First those with an index name, by it; then by id. Byte by byte; a blank follows an index name.
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

/* Sorts the expected connectors of a list into listed[], and gives their number. */
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
        if ((i + 1) % AT_ONCE == 0)
            world_flush(world.stores[0]);
    }
    world_flush(world.stores[0]);
    for (size_t i = 0; i < MANY; i++) {
        assert_int_equal(asks[i].outcome, CREATED);
        if (!connectors[i].deleted)
            continue;
        ask_open(&asks[i], world.arena, &world.settings);
        connector_delete(&asks[i], connectors[i].id, false);
        store_send(world.stores[0], &asks[i]);
    }
    world_flush(world.stores[0]);
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

    return values[SELECTED_NAME].len &&
           values[SELECTED_NAME].ptr[values[SELECTED_NAME].len - 1] == *last;
}

static bool wanted_sevens(const struct expected *connector)
{
    return connector->id.ptr[connector->id.len - 1] == '7';
}

static void test_order_and_parts(void **state)
{
    static const struct connector_list all = { .include_deleted = true };
    static const struct connector_list sevens = { .selection = { fits_sevens, "7" } };
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
    static const struct connector_list none = { .size = 10, .selection = { fits_sevens, "x" } };

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

/* ---- foreign members ---- */

/* Lists show members that have a hash, and mend nothing: check --fix does that. */
static void test_foreign_members_are_not_shown(void **state)
{
    static const struct connector_list list = { .size = 100 };

    (void)state;
    assert_int_equal(world_put("c1", "a"), CREATED);
    (void)REDIS("ZADD %b 0 foreign 0 %s 7 %s", LIST_OF(key_connectors, "c1"), "a gone", "b c1");
    assert_int_equal(run_list(&list)->row_count, 1);
    assert_text(run_list(&list)->rows[0].id, "c1");
    assert_text(REDIS("ZCARD %b", LIST_OF(key_connectors, "c1")), "4");
}

/* ---- long texts, and searches in them ---- */

static bool has_text(const void *text, const struct str *values)
{
    struct str wanted = str_from(text);

    for (size_t k = 0; k < SELECTED_FIELDS; k++)
        for (size_t i = 0; i + wanted.len <= values[k].len; i++)
            if (str_starts(str_from_offset(values[k], i), wanted))
                return true;
    return false;
}

static void put_described(const char *id, struct str name, struct str description)
{
    const struct pair fields[] = { { STR("deleted"), STR("false") },
                                   { STR("name"), name },
                                   { STR("description"), description } };
    struct ask *ask = world_ask();

    connector_put(ask, str_from(id), fields, COUNT_OF(fields));
    assert_int_equal(world_run(world.stores[0], ask), CREATED);
}

/* The directory has only the beginning of a long text: matches beyond it are found all the same,
 * and nothing else is. */
static void test_search_looks_behind_what_was_cut(void **state)
{
    enum { SHORT = 100, LONG = 20000 };
    char *text = arena_take(world.arena, LONG + 8);
    struct connector_list list = { .size = 10, .selection = { has_text, "needle" } };

    (void)state;
    memset(text, 'x', LONG);
    memcpy(text + LONG, "needle", 6);
    put_described("c1", (struct str){ text, LONG + 6 }, STR("d"));
    put_described("c2", (struct str){ text, LONG }, STR("d"));
    put_described("c3", STR("n"), (struct str){ text + LONG - SHORT * 2, SHORT * 2 + 6 });
    put_described("c4", STR("n"), (struct str){ text + LONG - SHORT, SHORT + 6 });
    put_described("c5", (struct str){ NULL, 0 }, STR("needle\0needle"));
    assert_text(ids_of(&list), "c1 c3 c4 c5 of 4");
    for (unsigned i = 0; i < 100; i++) /* more than are read at once */
        put_described(arena_format(world.arena, "d%u", i).ptr, (struct str){ text, LONG }, STR(""));
    assert_text(ids_of(&list), "c1 c3 c4 c5 of 4");
}

/* ---- how large an answer may be ---- */

static bool take_some(struct ask *ask, const struct row *rows, size_t count)
{
    size_t *left = ask->taker;

    (void)rows;
    if (*left < count)
        return false;
    *left -= count;
    return true;
}

/* The receiver of rows can stop them. */
static void test_a_taker_may_take_no_more(void **state)
{
    static const struct str names[] = { STR_ROW("name") };
    static const struct connector_list all = { .size = 1000 };
    static const enum outcome outcomes[] = { FOUND, TOO_LARGE };

    (void)state;
    for (unsigned i = 0; i < 120; i++)
        assert_int_equal(world_put(arena_format(world.arena, "c%u", i).ptr, NULL), CREATED);
    for_each_row (i, outcomes) {
        struct ask *ask = world_ask();
        size_t left = 120 - i;

        ask->take_rows = take_some;
        ask->taker = &left;
        connector_list(ask, &all, names, 1);
        assert_int_equal(world_run(world.stores[0], ask), outcomes[i]);
        assert_int_equal(ask->total, 120);
        assert_true(left < 120);
    }
}

/* A document that no answer could hold is not read at all. */
static void test_a_document_that_is_too_large(void **state)
{
    static const struct str names[] = { STR_ROW("name"), STR_ROW("description") };
    struct connector_list list = { .size = 10, .answer_max = 3000 };
    char *text = arena_take(world.arena, 4000);
    struct ask *ask;

    (void)state;
    memset(text, 'x', 4000);
    put_described("c1", STR("n"), (struct str){ text, 2900 });
    ask = world_ask_rows(2);
    connector_list(ask, &list, names, 2);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->rows[0].values[1].len, 2900);
    put_described("c2", STR("n"), (struct str){ text, 3000 });
    ask = world_ask_rows(2);
    connector_list(ask, &list, names, 2);
    assert_int_equal(world_run(world.stores[0], ask), TOO_LARGE);
    ask = world_ask_rows(1);
    connector_list(ask, &list, names, 1);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, 2);
}

/* ---- service types ---- */

static void test_service_types(void **state)
{
    static const char *const types[] = { "github", "mysql", "github", "s3", "github", "s3" };
    struct ask *ask = world_ask();

    (void)state;
    connector_service_types(ask);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->row_count, 0);
    for (size_t i = 0; i < COUNT_OF(types); i++) {
        const struct pair fields[] = { { STR("deleted"), STR("false") },
                                       { STR("service_type"), str_from(types[i]) } };

        ask = world_ask();
        connector_put(ask, arena_format(world.arena, "c%zu", i), fields, 2);
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
    }
    assert_int_equal(world_put("untyped", NULL), CREATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(world_delete("c4", true), DELETED);
    ask = world_ask();
    connector_service_types(ask);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(ask->total, 2);
    assert_int_equal(ask->row_count, 2);
    assert_text(ask->rows[0].id, "github");
    assert_int_equal(ask->rows[0].score, 2);
    assert_text(ask->rows[1].id, "s3");
    assert_int_equal(ask->rows[1].score, 2);
}

/* In the order of the numbers, which are below 10,000. */
static struct str id_of(const char *letter, size_t number)
{
    return arena_format(world.arena, "%s%zu", letter, 10000 + number);
}

static void put_several(const char *letter, size_t from, size_t to)
{
    struct ask *asks = arena_take(world.arena, (to - from) * sizeof *asks);

    for (size_t i = from; i < to; i++) {
        ask_open(&asks[i - from], world.arena, &world.settings);
        world_ask_put(&asks[i - from], id_of(letter, i), (struct str){ NULL, 0 });
        store_send(world.stores[1], &asks[i - from]);
        if ((i - from + 1) % AT_ONCE == 0)
            world_flush(world.stores[1]);
    }
    world_flush(world.stores[1]);
    for (size_t i = from; i < to; i++)
        assert_int_equal(asks[i - from].outcome, CREATED);
}

static void delete_several(const char *letter, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        struct ask *ask = world_ask();

        connector_delete(ask, id_of(letter, i), true);
        assert_int_equal(world_run(world.stores[1], ask), DELETED);
    }
}

/* While a list is read in pages, connectors in front of the read ones come and go: all others are
 * listed once. */
static void test_a_list_that_changes_meanwhile(void **state)
{
    enum { STAY = 4500, GO = 300, STEP = 60 };
    static const struct connector_list all = { .size = 10000 };
    static bool seen[STAY];
    const struct str name = STR("name");

    (void)state;
    for (int come = 0; come <= 1; come++) {
        struct ask *ask = world_ask_rows(1);

        put_several("s", 0, come ? 0 : STAY);
        if (!come)
            put_several("a", 0, GO);
        connector_list(ask, &all, &name, 1);
        store_send(world.stores[0], ask);
        for (size_t i = 0; ask->outcome == ASKING; i += STEP) {
            store_flush(world.stores[0]);
            if (i < GO && come)
                put_several("b", i, i + STEP);
            else if (i < GO)
                delete_several("a", i, i + STEP);
        }
        assert_int_equal(ask->outcome, FOUND);
        memset(seen, 0, sizeof seen);
        for (size_t i = 0; i < ask->row_count; i++) {
            struct str id = arena_copy(world.arena, ask->rows[i].id);
            unsigned long number = strtoul(id.ptr + 1, NULL, 10) - 10000;

            if (id.ptr[0] != 's')
                continue;
            assert_false(seen[number]);
            seen[number] = true;
        }
        for (size_t i = 0; i < STAY; i++)
            assert_true(seen[i]);
    }
}

static unsigned count_of(const struct ask *ask, struct str id)
{
    unsigned count = 0;

    for (size_t i = 0; i < ask->row_count; i++)
        count += str_equal(ask->rows[i].id, id);
    return count;
}

/* After so many flushes of a list, another worker's write comes between. Gives the list, or NULL if
 * it had ended before. */
static struct ask *list_around(struct ask *ask, unsigned flushes, struct ask *write)
{
    store_send(world.stores[0], ask);
    for (unsigned i = 0; i < flushes && ask->outcome == ASKING; i++)
        store_flush(world.stores[0]);
    if (ask->outcome != ASKING)
        return NULL;
    (void)world_run(world.stores[1], write);
    world_flush(world.stores[0]);
    assert_int_equal(ask->outcome, FOUND);
    return ask;
}

static void test_a_connector_that_is_deleted_meanwhile_is_not_listed(void **state)
{
    static const struct connector_list live = { .size = 10 },
                                       all = { .size = 10, .include_deleted = true };
    const struct str name = STR("name");
    const struct ask *seen;
    unsigned steps = 0;

    (void)state;
    assert_int_equal(world_put("c2", NULL), CREATED);
    do {
        struct ask *list = world_ask_rows(1), *deletion = world_ask();

        assert_int_equal(world_put("c1", NULL), steps ? UPDATED : CREATED);
        connector_list(list, &live, &name, 1);
        connector_delete(deletion, STR("c1"), false);
        seen = list_around(list, steps++, deletion);
        if (seen)
            assert_int_equal(count_of(seen, STR("c1")), 0);
    } while (seen);
    assert_true(steps > 3); /* it has counted, and walked, and then read */
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(count_of(run_list(&all), STR("c1")), 1);
}

static void test_a_connector_that_changes_its_state_meanwhile_is_not_listed_twice(void **state)
{
    const struct str name = STR("name");
    const struct ask *seen;
    unsigned steps = 0;

    (void)state;
    for (const char *const *id = (const char *const[]){ "c1", "c2", "c3", NULL }; *id; id++) {
        struct ask *ask = world_ask();

        assert_int_equal(world_put(*id, NULL), CREATED);
        world_ask_report(ask, str_from(*id), STR("completed"));
        assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    }
    do {
        struct ask *list = world_ask_rows(1), *begin = world_ask(), *end = world_ask();

        world_ask_report(begin, STR("c1"), STR("in_progress"));
        assert_int_equal(world_run(world.stores[1], begin), UPDATED);
        world.overview.now = instant_now().seconds;
        overview_list(list, &world.overview, &name, 1);
        world_ask_report(end, STR("c1"), STR("completed"));
        seen = list_around(list, steps++, end);
        if (seen)
            assert_in_range(count_of(seen, STR("c1")), 0, 1);
    } while (seen);
    assert_true(steps > 3);
}

int test_lists(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_connector_that_is_deleted_meanwhile_is_not_listed),
        WORLD_TEST(test_a_connector_that_changes_its_state_meanwhile_is_not_listed_twice),
        WORLD_TEST(test_order_and_parts),
        WORLD_TEST(test_filter_that_nothing_fits),
        WORLD_TEST(test_index_name_filter),
        WORLD_TEST(test_empty_lists),
        WORLD_TEST(test_foreign_members_are_not_shown),
        WORLD_TEST(test_search_looks_behind_what_was_cut),
        WORLD_TEST(test_a_taker_may_take_no_more),
        WORLD_TEST(test_a_document_that_is_too_large),
        WORLD_TEST(test_service_types),
        WORLD_TEST(test_a_list_that_changes_meanwhile),
    };

    return cmocka_run_group_tests_name("lists", tests, world_open, world_close);
}
