/* budget.c: tests how much work long operations put into each flush: commands, bytes, and how long
 * others wait. It counts work and measures no time. */
#include "base/instant.h"
#include "base/number.h"
#include "base/text.h"
#include "groups.h"
#include "store/connector/failures.h"
#include "store/list/rows.h"

enum {
    MANY = 3000,
    FLUSH_BYTES_MAX = 2 * 1024 * 1024, /* of replies, in one flush */
    STEP_COMMANDS_MAX = 128            /* of one ask; for each further shard as well */
};

/* ---- counting ---- */

static uint64_t info_number(const char *section, const char *name)
{
    struct str info = REDIS("INFO %s", section), line;
    uint64_t number = 0;

    while (str_split(&info, '\n', &line)) {
        struct str key = str_take(&line, ':');

        if (line.len && line.ptr[line.len - 1] == '\r')
            line.len--;
        if (str_equal(key, str_from(name)))
            assert_int_equal(number_count(line, INT64_MAX, &number), NUMBER_READ);
    }
    return number;
}

/* The bytes that Redis has replied. This question's own reply counts too: a few kilobytes. */
static uint64_t replied_bytes(void)
{
    return info_number("stats", "total_net_output_bytes");
}

struct work {
    unsigned flushes;
    size_t commands; /* of one step, the most */
    uint64_t bytes;  /* of one flush, the most */
};

/* Flushes once, and counts. */
static void flush(struct work *work, const struct ask *ask)
{
    uint64_t before = replied_bytes(), bytes;

    if (ask->outcome == ASKING && ask->command_count > work->commands)
        work->commands = ask->command_count;
    if (ask->outcome == ASKING)
        world_check_slots(ask);
    store_flush(world.stores[0]);
    bytes = replied_bytes() - before;
    if (bytes > work->bytes)
        work->bytes = bytes;
    work->flushes++;
}

static struct work run_counting(struct ask *ask)
{
    struct work work = { .flushes = 0 };

    store_send(world.stores[0], ask);
    while (store_pending(world.stores[0]))
        flush(&work, ask);
    assert_int_equal(ask->outcome, FOUND);
    return work;
}

/* There are more if each shard is asked for each part of a set. */
static size_t commands_max(void)
{
    return STEP_COMMANDS_MAX + (world.settings.shards - 1) * WALK_PARTS_MAX;
}

/* ---- many connectors ---- */

static struct pair *fields_of(size_t number)
{
    struct pair *fields = arena_take(world.arena, 4 * sizeof *fields);

    fields[0] = (struct pair){ STR("deleted"), STR("false") };
    fields[1] = (struct pair){ STR("name"), arena_format(world.arena, "name %zu", number) };
    fields[2] = (struct pair){ STR("service_type"), number % 3 ? STR("github") : STR("mysql") };
    fields[3] = (struct pair){ STR("description"), STR("a description of a usual length, which "
                                                       "says what the connector is for") };
    return fields;
}

static void send_all(struct ask *asks)
{
    for (size_t i = 0; i < MANY; i++) {
        store_send(world.stores[0], &asks[i]);
        if ((i + 1) % AT_ONCE == 0)
            world_flush(world.stores[0]);
    }
    world_flush(world.stores[0]);
}

/* Each has two syncs in its history. */
static void fill_many(void)
{
    static const struct pair ends[] = { { STR_ROW("last_sync_status"), STR_ROW("completed") },
                                        { STR_ROW("last_sync_status"), STR_ROW("error") } };
    struct ask *asks = arena_take(world.arena, MANY * sizeof *asks);

    for (size_t i = 0; i < MANY; i++) {
        ask_open(&asks[i], world.arena, &world.settings);
        connector_put(&asks[i], arena_format(world.arena, "c%zu", i), fields_of(i), 4);
    }
    send_all(asks);
    for (size_t end = 0; end < COUNT_OF(ends); end++) {
        for (size_t i = 0; i < MANY; i++) {
            assert_true(asks[i].outcome == CREATED || asks[i].outcome == UPDATED);
            ask_open(&asks[i], world.arena, &world.settings);
            connector_update(&asks[i], arena_format(world.arena, "c%zu", i), REPORT, &ends[end], 1,
                             NULL, 0);
        }
        send_all(asks);
    }
}

static const struct str names[] = { STR_ROW("name"), STR_ROW("description"),
                                    STR_ROW("service_type"), STR_ROW("configuration") };

static void check_work(const struct work *work)
{
    assert_in_range(work->commands, 1, commands_max());
    assert_in_range(work->bytes, 1, FLUSH_BYTES_MAX);
}

/* One step for each slice, some for the members, and some to find the long ones. */
static void test_a_long_list_comes_in_slices(void **state)
{
    static const struct connector_list all = { .size = MANY };
    struct ask *ask;
    struct work work;

    (void)state;
    fill_many();
    ask = world_ask_rows(COUNT_OF(names));
    connector_list(ask, &all, names, COUNT_OF(names));
    work = run_counting(ask);
    assert_int_equal(ask->row_count, MANY);
    check_work(&work);
    assert_in_range(work.flushes, MANY / ROWS_SLICE, MANY / ROWS_SLICE + 64);
}

static void test_a_long_overview_comes_in_slices(void **state)
{
    struct ask *ask;
    struct work work;

    (void)state;
    fill_many();
    ask = world_ask_rows(COUNT_OF(names));
    world.overview.size = MANY;
    world.overview.history = 10;
    world.overview.text_max = 1000;
    world.overview.now = instant_now().seconds;
    overview_list(ask, &world.overview, names, COUNT_OF(names));
    work = run_counting(ask);
    assert_int_equal(ask->row_count, MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(ask->rows[i].history->count, 2);
    check_work(&work);
}

/* ---- searches ---- */

static bool ends_with_999(const void *filter, const struct str *values)
{
    struct str name = values[SELECTED_NAME];
    unsigned *seen = *(unsigned *const *)filter;

    ++*seen;
    return name.len > 3 && str_equal(str_from_offset(name, name.len - 3), STR("999"));
}

/* A search looks at each connector once, in a page of each shard, and reads only the documents that
 * it gives. */
static void test_a_search_reads_pages(void **state)
{
    unsigned seen = 0, *filter = &seen;
    struct connector_list list = { .size = 100, .selection = { ends_with_999, &filter } };
    struct ask *ask;
    struct work work;

    (void)state;
    fill_many();
    ask = world_ask_rows(1);
    connector_list(ask, &list, names, 1);
    work = run_counting(ask);
    assert_int_equal(ask->row_count, 3);
    assert_int_equal(seen, MANY);
    check_work(&work);
    assert_in_range(work.bytes, 1, 512 * 1024);
    assert_in_range(work.flushes, world.settings.shards > 1 ? 1 : MANY / WALK_PAGE, 64);
}

static bool fits_nothing_found(const void *filter, const struct str *values)
{
    (void)filter;
    return !values[SELECTED_FOUND].len && values[SELECTED_NAME].len > 1000;
}

static struct str count_errors(const void *filter, struct str errors, struct arena *arena)
{
    unsigned *seen = *(unsigned *const *)filter;

    (void)arena;
    assert_int_equal(errors.len, FAILURES_TEXT_MAX);
    ++*seen;
    return (struct str){ NULL, 0 };
}

/* Each error is read once, and is cut: a slice of them has few bytes, however long they are. */
static void test_a_search_of_errors_reads_slices(void **state)
{
    enum { LONG = 64 * 1024, LONG_ONES = 40 };
    unsigned seen = 0, *filter = &seen;
    char *bytes = arena_take(world.arena, LONG);
    const struct pair error = { STR("last_sync_error"), { memset(bytes, 'x', LONG), LONG } };
    struct ask *ask;
    struct work work;

    (void)state;
    fill_many();
    for (unsigned i = 0; i < LONG_ONES; i++) {
        ask = world_ask();
        connector_update(ask, arena_format(world.arena, "c%u", MANY - 1 - i), REPORT, &error, 1,
                         NULL, 0);
        assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    }
    ask = world_ask_rows(1);
    world.overview.size = 10;
    world.overview.selection = (struct selection){ fits_nothing_found, &filter, count_errors };
    world.overview.now = instant_now().seconds;
    overview_list(ask, &world.overview, names, 1);
    work = run_counting(ask);
    assert_int_equal(ask->row_count, 0);
    assert_int_equal(seen, LONG_ONES);
    check_work(&work);
    assert_in_range(work.bytes, 1, 512 * 1024);
    assert_in_range(work.flushes, FAILURES_MAX / FAILURES_SLICE, 96);
}

static void test_an_overview_by_name_reads_what_it_gives(void **state)
{
    struct ask *ask;
    struct work work;

    (void)state;
    fill_many();
    ask = world_ask_rows(1);
    world.overview.size = 10;
    world.overview.order = BY_NAME;
    world.overview.now = instant_now().seconds;
    overview_list(ask, &world.overview, names, 1);
    work = run_counting(ask);
    assert_int_equal(ask->row_count, 10);
    check_work(&work);
    assert_in_range(work.bytes, 1, 128 * 1024);
    assert_in_range(work.flushes, 1, 8);
}

/* ---- waiting for others ---- */

static struct ask *send_report(const char *status)
{
    struct ask *ask = world_ask();

    world_ask_report(ask, STR("c1"), str_from(status));
    store_send(world.stores[0], ask);
    return ask;
}

/* Behind however many lists, a report is answered with the next flush. */
static void test_a_report_waits_for_one_slice_at_most(void **state)
{
    enum { LISTS = 20 };
    static const struct connector_list all = { .size = MANY };
    static const char *const statuses[] = { "in_progress", "completed" };
    struct ask *lists[LISTS];
    struct work work = { .flushes = 0 };

    (void)state;
    fill_many();
    for (size_t i = 0; i < LISTS; i++) {
        lists[i] = world_ask_rows(COUNT_OF(names));
        connector_list(lists[i], &all, names, COUNT_OF(names));
        store_send(world.stores[0], lists[i]);
    }
    for (unsigned i = 0; store_pending(world.stores[0]); i++) {
        struct ask *report = send_report(statuses[i % 2]);

        flush(&work, lists[0]);
        assert_int_equal(report->outcome, UPDATED);
    }
    for (size_t i = 0; i < LISTS; i++)
        assert_int_equal(lists[i]->row_count, MANY);
    assert_in_range(work.bytes, 1, FLUSH_BYTES_MAX);
    assert_true(work.flushes > MANY / ROWS_SLICE);
}

/* An ask whose time is over is not sent. */
static void test_too_late_is_not_sent(void **state)
{
    struct ask *late = world_ask(), *early = world_ask();
    uint64_t commands;

    (void)state;
    if (world_is_cluster())
        skip(); /* its nodes talk to each other too: the commands cannot be counted */
    assert_int_equal(world_put("c1", NULL), CREATED);
    world_ask_report(late, STR("c1"), STR("error"));
    late->deadline = instant_ticks() + PATIENCE / 2;
    store_send(world.stores[0], late);
    commands = info_number("stats", "total_commands_processed");
    store_flush(world.stores[0]);
    assert_int_equal(info_number("stats", "total_commands_processed"), commands + 1); /* INFO */
    assert_int_equal(late->outcome, AWAY);
    assert_text(REDIS("EXISTS %b", SYNCS("c1")), "0");
    world_ask_report(early, STR("c1"), STR("error"));
    early->deadline = instant_ticks() + 2 * PATIENCE;
    assert_int_equal(world_run(world.stores[0], early), UPDATED);
}

/* A list whose time is over between two of its steps ends there. */
static void test_a_list_that_becomes_late(void **state)
{
    static const struct connector_list all = { .size = 10 };
    struct ask *ask = world_ask_rows(1);

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    connector_list(ask, &all, names, 1);
    store_send(world.stores[0], ask);
    store_flush(world.stores[0]);
    assert_int_equal(ask->outcome, ASKING);
    ask->deadline = instant_ticks();
    store_flush(world.stores[0]);
    assert_int_equal(ask->outcome, AWAY);
    assert_false(store_pending(world.stores[0]));
}

/* ---- long documents ---- */

enum { LONG = 12, LONG_BYTES = 1024 * 1024 };

static void fill_long(void)
{
    char *text = arena_take(world.arena, LONG_BYTES);

    memset(text, 'x', LONG_BYTES);
    for (unsigned i = 0; i < LONG; i++) {
        struct pair *fields = fields_of(i);
        struct ask *ask = world_ask();

        fields[3].value = (struct str){ text, LONG_BYTES };
        connector_put(ask, arena_format(world.arena, "c%u", i), fields, 4);
        assert_int_equal(world_run(world.stores[0], ask), CREATED);
    }
}

/* One by one, if they are wanted whole. */
static void test_long_documents_come_one_by_one(void **state)
{
    static const struct connector_list all = { .size = LONG };
    struct ask *ask;
    struct work work;

    (void)state;
    fill_long();
    ask = world_ask_rows(2);
    connector_list(ask, &all, names, 2);
    work = run_counting(ask);
    assert_int_equal(ask->row_count, LONG);
    for (size_t i = 0; i < LONG; i++)
        assert_int_equal(ask->rows[i].values[1].len, LONG_BYTES);
    assert_in_range(work.bytes, LONG_BYTES, LONG_BYTES + LONG_BYTES / 2);
    assert_in_range(work.flushes, LONG, LONG + 8);
}

/* In an overview they are cut in Redis: bytes that are not shown are not read. */
static void test_long_documents_are_cut(void **state)
{
    struct ask *ask;
    struct work work;

    (void)state;
    fill_long();
    ask = world_ask_rows(2);
    world.overview.text_max = 1000;
    world.overview.now = instant_now().seconds;
    overview_list(ask, &world.overview, names, 2);
    work = run_counting(ask);
    assert_int_equal(ask->row_count, LONG);
    for (size_t i = 0; i < LONG; i++)
        assert_int_equal(ask->rows[i].values[1].len, 1000);
    assert_in_range(work.bytes, 1, LONG_BYTES / 4);
}

/* A document that no answer could hold is measured, and not read. */
static void test_too_long_documents_are_not_read(void **state)
{
    static const struct connector_list all = { .size = LONG, .answer_max = LONG_BYTES / 2 };
    struct work work = { .flushes = 0 };
    struct ask *ask;

    (void)state;
    fill_long();
    ask = world_ask_rows(2);
    connector_list(ask, &all, names, 2);
    store_send(world.stores[0], ask);
    while (store_pending(world.stores[0]))
        flush(&work, ask);
    assert_int_equal(ask->outcome, TOO_LARGE);
    assert_in_range(work.bytes, 1, LONG_BYTES / 4);
}

/* This holds for several lists at once: together they stay within the limit of a flush. */
static void test_long_documents_of_several_lists(void **state)
{
    enum { LISTS = 8 };
    static const struct connector_list all = { .size = LONG };
    struct work work = { .flushes = 0 };
    struct ask *lists[LISTS];

    (void)state;
    fill_long();
    for (size_t i = 0; i < LISTS; i++) {
        lists[i] = world_ask_rows(2);
        connector_list(lists[i], &all, names, 2);
        store_send(world.stores[0], lists[i]);
    }
    while (store_pending(world.stores[0]))
        flush(&work, lists[0]);
    for (size_t i = 0; i < LISTS; i++)
        assert_int_equal(lists[i]->row_count, LONG);
    assert_in_range(work.bytes, LONG_BYTES, FLUSH_BYTES_MAX);
}

int test_budget(void)
{
    static const struct CMUnitTest tests[] = {
        WORLD_TEST(test_a_long_list_comes_in_slices),
        WORLD_TEST(test_a_long_overview_comes_in_slices),
        WORLD_TEST(test_a_search_reads_pages),
        WORLD_TEST(test_a_search_of_errors_reads_slices),
        WORLD_TEST(test_an_overview_by_name_reads_what_it_gives),
        WORLD_TEST(test_a_report_waits_for_one_slice_at_most),
        WORLD_TEST(test_too_late_is_not_sent),
        WORLD_TEST(test_a_list_that_becomes_late),
        WORLD_TEST(test_long_documents_come_one_by_one),
        WORLD_TEST(test_long_documents_are_cut),
        WORLD_TEST(test_too_long_documents_are_not_read),
        WORLD_TEST(test_long_documents_of_several_lists),
    };

    return cmocka_run_group_tests_name("budget", tests, world_open, world_close);
}
