/* metrics_test.c: tests counting in shared memory, by several processes. */
#include "base/metrics.h"

#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { SLOTS = 4, ROUNDS = 200000 };

static int open_metrics(void **state)
{
    (void)state;
    return metrics_open(SLOTS) ? 0 : -1;
}

/* Prometheus accepts each name; each ends with its unit, and exists once. */
static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < METRIC_COUNT; i++) {
        const struct metric_row *row = &metric_rows[i];

        assert_row(str_starts(row->name, STR("lastsync_")), row->name);
        assert_row(row->help.len && row->help.ptr[row->help.len - 1] == '.', row->name);
        assert_row(!memchr(row->help.ptr, '"', row->help.len), row->name);
        assert_row(!memchr(row->help.ptr, '\n', row->help.len), row->name);
        assert_row(row->name.len > row->unit.len, row->name);
        assert_row(
            !row->unit.len ||
                str_equal(str_from_offset(row->name, row->name.len - row->unit.len), row->unit),
            row->name);
        assert_row((row->type == HISTOGRAM) == (row->bound_count > 0), row->name);
        for (size_t k = 1; k < row->bound_count; k++)
            assert_row(row->bounds[k - 1] < row->bounds[k], row->name);
        for (size_t k = 0; k < i; k++)
            assert_row(!str_equal(row->name, metric_rows[k].name), row->name);
    }
}

/* No two metrics share a counter. */
static void test_each_has_its_place(void **state)
{
    (void)state;
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_row *row = &metric_rows[metric];

        if (row->type == HISTOGRAM)
            for (unsigned i = 0; i < row->bound_count; i++)
                metrics_observe(metric, row->bounds[i]);
        else if (row->type == GAUGE && row->series)
            metrics_set(metric, 1000 + metric);
        else
            for (unsigned i = 0; i < row->series; i++)
                metrics_add(metric, i, 1 + i);
    }
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_row *row = &metric_rows[metric];

        for (unsigned i = 0; row->type == HISTOGRAM && i < row->bound_count; i++)
            assert_int_equal(metrics_bucket(metric, i), 1);
        for (unsigned i = 0; row->type == COUNTER && i < row->series; i++)
            assert_int_equal(metrics_sum(metric, i), 1 + i);
        if (row->type == GAUGE && row->series)
            assert_int_equal(metrics_sum(metric, 0), 1000 + metric);
    }
}

static void test_histogram(void **state)
{
    const struct metric_row *row = &metric_rows[METRIC_BATCH];

    (void)state;
    metrics_observe(METRIC_BATCH, 0);
    metrics_observe(METRIC_BATCH, 1); /* a bound belongs to its bucket */
    metrics_observe(METRIC_BATCH, 2);
    metrics_observe(METRIC_BATCH, 3);
    metrics_observe(METRIC_BATCH, row->bounds[row->bound_count - 1]);
    metrics_observe(METRIC_BATCH, row->bounds[row->bound_count - 1] + 1);
    assert_int_equal(metrics_bucket(METRIC_BATCH, 0), 2);
    assert_int_equal(metrics_bucket(METRIC_BATCH, 1), 1);
    assert_int_equal(metrics_bucket(METRIC_BATCH, 2), 1);
    assert_int_equal(metrics_bucket(METRIC_BATCH, row->bound_count - 1), 1);
    assert_int_equal(metrics_bucket(METRIC_BATCH, row->bound_count), 1);
    assert_int_equal(metrics_total(METRIC_BATCH), 6 + 2 * 1024 + 1);
}

/* ---- nodes ---- */

static bool is_named(struct str name)
{
    struct str names[METRIC_NODES_MAX];
    unsigned count = metrics_node_names(names);

    for (unsigned i = 0; i < count; i++)
        if (str_equal(names[i], name))
            return true;
    return false;
}

/* Each process meets nodes in its own order; a node still has one set of counters, also after a
 * process has taken over a slot. */
static void test_nodes_by_name(void **state)
{
    struct str names[METRIC_NODES_MAX];

    (void)state;
    assert_int_equal(metrics_node_names(names), 0);
    metrics_add(METRIC_NODE_COMMANDS, metrics_node(STR("a:1")), 1);
    metrics_add(METRIC_NODE_COMMANDS, metrics_node(STR("b:1")), 2);
    metrics_enter(1);
    metrics_add(METRIC_NODE_COMMANDS, metrics_node(STR("b:1")), 10);
    metrics_add(METRIC_NODE_CONNECTIONS, metrics_node(STR("b:1")), 1);
    metrics_enter(0);
    metrics_add(METRIC_NODE_COMMANDS, metrics_node(STR("b:1")), 100);
    assert_int_equal(metrics_sum_of_node(METRIC_NODE_COMMANDS, STR("a:1")), 1);
    assert_int_equal(metrics_sum_of_node(METRIC_NODE_COMMANDS, STR("b:1")), 112);
    assert_int_equal(metrics_sum_of_node(METRIC_NODE_CONNECTIONS, STR("b:1")), 1);
    metrics_leave(1);
    assert_int_equal(metrics_sum_of_node(METRIC_NODE_CONNECTIONS, STR("b:1")), 0);
    assert_int_equal(metrics_node_names(names), 2);
}

static void test_nodes_beyond_the_room(void **state)
{
    struct str names[METRIC_NODES_MAX];
    char text[METRIC_NODE_NAME + 1];

    (void)state;
    for (unsigned i = 0; i < 2 * METRIC_NODES_MAX; i++) {
        (void)snprintf(text, sizeof text, "node:%u", i);
        metrics_add(METRIC_NODE_COMMANDS, metrics_node(str_from(text)), 1);
    }
    memset(text, 'x', METRIC_NODE_NAME);
    text[METRIC_NODE_NAME] = '\0';
    metrics_add(METRIC_NODE_COMMANDS, metrics_node(str_from(text)), 1);
    assert_int_equal(metrics_node_names(names), METRIC_NODES_MAX);
    assert_true(is_named(STR("node:62")));
    assert_false(is_named(STR("node:63")));
    assert_int_equal(metrics_sum_of_node(METRIC_NODE_COMMANDS, STR("other")), METRIC_NODES_MAX + 2);
}

/* A worker: counts in its slot, sets a gauge, and ends without tidying up. */
static pid_t count_elsewhere(unsigned slot, unsigned times)
{
    pid_t pid = fork();

    if (pid == 0) {
        metrics_enter(slot);
        metrics_set(METRIC_CONNECTIONS, 7);
        for (unsigned i = 0; i < times; i++)
            metrics_add(METRIC_TURNS, 0, 1);
        _exit(0);
    }
    assert_true(pid > 0);
    return pid;
}

static void test_processes(void **state)
{
    pid_t pids[SLOTS];
    uint64_t seen = 0, before = 0;

    (void)state;
    for (unsigned slot = 1; slot < SLOTS; slot++)
        pids[slot] = count_elsewhere(slot, ROUNDS);
    for (unsigned slot = 1; slot < SLOTS; slot++) {
        while (waitpid(pids[slot], NULL, WNOHANG) == 0) {
            seen = metrics_sum(METRIC_TURNS, 0);
            assert_true(seen >= before); /* during the counting it never goes backwards */
            before = seen;
        }
    }
    assert_int_equal(metrics_sum(METRIC_TURNS, 0), (SLOTS - 1) * (uint64_t)ROUNDS);
    assert_int_equal(metrics_sum(METRIC_CONNECTIONS, 0), (SLOTS - 1) * 7);
    assert_int_equal(metrics_of_slot(METRIC_CONNECTIONS, 0), 0);
    assert_int_equal(metrics_of_slot(METRIC_CONNECTIONS, 2), 7);
}

/* A dead process's counters stay, its gauges do not; and the next process counts on. */
static void test_slot_is_taken_over(void **state)
{
    (void)state;
    assert_true(waitpid(count_elsewhere(1, 10), NULL, 0) > 0);
    metrics_leave(1);
    assert_int_equal(metrics_sum(METRIC_TURNS, 0), 10);
    assert_int_equal(metrics_sum(METRIC_CONNECTIONS, 0), 0);
    assert_true(waitpid(count_elsewhere(1, 5), NULL, 0) > 0);
    assert_int_equal(metrics_sum(METRIC_TURNS, 0), 15);
    assert_int_equal(metrics_sum(METRIC_CONNECTIONS, 0), 7);
}

/* Without memory nothing is counted, and nothing breaks. */
static void test_closed(void **state)
{
    (void)state;
    metrics_own = NULL;
    metrics_add(METRIC_TURNS, 0, 1);
    metrics_set(METRIC_CONNECTIONS, 1);
    metrics_observe(METRIC_BATCH, 1);
    assert_int_equal(metrics_sum(METRIC_TURNS, 0), 0);
    assert_int_equal(metrics_total(METRIC_BATCH), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test_setup(test_each_has_its_place, open_metrics),
        cmocka_unit_test_setup(test_histogram, open_metrics),
        cmocka_unit_test_setup(test_nodes_by_name, open_metrics),
        cmocka_unit_test_setup(test_nodes_beyond_the_room, open_metrics),
        cmocka_unit_test_setup(test_processes, open_metrics),
        cmocka_unit_test_setup(test_slot_is_taken_over, open_metrics),
        cmocka_unit_test_setup(test_closed, open_metrics),
    };

    return cmocka_run_group_tests_name("base/metrics", tests, NULL, NULL);
}
