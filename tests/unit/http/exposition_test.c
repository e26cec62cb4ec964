/* exposition_test.c: tests the pages of metrics, in both formats. */
#include "http/exposition.h"

#include "unit.h"

static const uint64_t bounds[] = { 500000, 1000000000, 2500000000 };

/* clang-format off */
static const struct metric_row counter = { STR_ROW("a"), COUNTER, .help = STR_ROW("Help.") };
static const struct metric_row gauge = { STR_ROW("b_seconds"), GAUGE, STR_ROW("seconds"), .scale = 1000, .help = STR_ROW("Help.") };
static const struct metric_row info = { STR_ROW("c"), INFO, .labels = { STR_ROW("x"), STR_ROW("y") }, .help = STR_ROW("Help.") };
static const struct metric_row histogram = {
    STR_ROW("d_seconds"), HISTOGRAM, STR_ROW("seconds"), .bounds = bounds, .bound_count = COUNT_OF(bounds), .scale = 1000000000, .help = STR_ROW("Help.")
};

static const struct { uint64_t count, scale; const char *shown; } numbers[] = {
    { 0, 0, "0" }, { 7, 0, "7" }, { 7, 1, "7" }, { UINT64_MAX, 0, "18446744073709551615" },
    { 0, 1000, "0" }, { 1, 1000, "0.001" }, { 10, 1000, "0.01" }, { 100, 1000, "0.1" }, { 1000, 1000, "1" },
    { 1500, 1000, "1.5" }, { 1001, 1000, "1.001" }, { 12345678901U, 1000000000, "12.345678901" },
    { UINT64_MAX, 1000000000, "18446744073.709551615" }, { 1795552120123U, 1000, "1795552120.123" },
};

static const struct { struct str value, shown; } labels[] = {
    { STR_ROW(""), STR_ROW("") },
    { STR_ROW("plain"), STR_ROW("plain") },
    { STR_ROW("\\"), STR_ROW("\\\\") },
    { STR_ROW("\""), STR_ROW("\\\"") },
    { STR_ROW("\n"), STR_ROW("\\n") },
    { STR_ROW("\\n"), STR_ROW("\\\\n") },
    { STR_ROW("a\"} 1\nb 2\n"), STR_ROW("a\\\"} 1\\nb 2\\n") },
    { STR_ROW("gr\xc3\xbc\xc3\x9f"), STR_ROW("gr\xc3\xbc\xc3\x9f") },
    { STR_ROW("{},=\t\r"), STR_ROW("{},=\t\r") },
};
/* clang-format on */

static struct exposition new_page(struct arena *arena, bool open_metrics)
{
    struct text *text = arena_take(arena, sizeof *text);

    *text = text_new(arena, 0);
    return (struct exposition){ .text = text, .open_metrics = open_metrics };
}

static void fill(struct exposition *page)
{
    const struct str values[] = { STR("1"), STR("2") };
    const uint64_t buckets[] = { 1, 0, 2, 3 };

    exposition_family(page, &counter);
    exposition_sample(page, NULL, 3);
    exposition_family(page, &gauge);
    exposition_sample(page, NULL, 2500);
    exposition_sample(page, NULL, 500);
    exposition_family(page, &info);
    exposition_sample(page, values, 1);
    exposition_family(page, &histogram);
    exposition_histogram(page, buckets, 1500000000);
    exposition_end(page);
}

static void test_text(void **state)
{
    struct exposition page = new_page(*state, false);

    fill(&page);
    assert_text(text_str(page.text), "# HELP a_total Help.\n"
                                     "# TYPE a_total counter\n"
                                     "a_total 3\n"
                                     "# HELP b_seconds Help.\n"
                                     "# TYPE b_seconds gauge\n"
                                     "b_seconds 2.5\n"
                                     "b_seconds 0.5\n"
                                     "# HELP c_info Help.\n"
                                     "# TYPE c_info gauge\n"
                                     "c_info{x=\"1\",y=\"2\"} 1\n"
                                     "# HELP d_seconds Help.\n"
                                     "# TYPE d_seconds histogram\n"
                                     "d_seconds_bucket{le=\"0.0005\"} 1\n"
                                     "d_seconds_bucket{le=\"1.0\"} 1\n"
                                     "d_seconds_bucket{le=\"2.5\"} 3\n"
                                     "d_seconds_bucket{le=\"+Inf\"} 6\n"
                                     "d_seconds_sum 1.5\n"
                                     "d_seconds_count 6\n");
}

static void test_open_metrics(void **state)
{
    struct exposition page = new_page(*state, true);

    fill(&page);
    assert_text(text_str(page.text), "# HELP a Help.\n"
                                     "# TYPE a counter\n"
                                     "a_total 3\n"
                                     "# HELP b_seconds Help.\n"
                                     "# TYPE b_seconds gauge\n"
                                     "# UNIT b_seconds seconds\n"
                                     "b_seconds 2.5\n"
                                     "b_seconds 0.5\n"
                                     "# HELP c Help.\n"
                                     "# TYPE c info\n"
                                     "c_info{x=\"1\",y=\"2\"} 1\n"
                                     "# HELP d_seconds Help.\n"
                                     "# TYPE d_seconds histogram\n"
                                     "# UNIT d_seconds seconds\n"
                                     "d_seconds_bucket{le=\"0.0005\"} 1\n"
                                     "d_seconds_bucket{le=\"1.0\"} 1\n"
                                     "d_seconds_bucket{le=\"2.5\"} 3\n"
                                     "d_seconds_bucket{le=\"+Inf\"} 6\n"
                                     "d_seconds_sum 1.5\n"
                                     "d_seconds_count 6\n"
                                     "# EOF\n");
}

static void test_numbers(void **state)
{
    for_each_row (i, numbers) {
        struct exposition page = new_page(*state, false);
        struct metric_row row = { STR_ROW("n"), GAUGE, .scale = numbers[i].scale };

        page.family = &row;
        exposition_sample(&page, NULL, numbers[i].count);
        assert_same(text_str(page.text), arena_format(*state, "n %s\n", numbers[i].shown));
    }
}

static void test_labels(void **state)
{
    for_each_row (i, labels) {
        struct exposition page = new_page(*state, false);
        const struct str values[] = { labels[i].value, STR("end") };

        page.family = &info;
        exposition_sample(&page, values, 1);
        assert_same(text_str(page.text), arena_format(*state, "c_info{x=\"%.*s\",y=\"end\"} 1\n",
                                                      STR_ARGS(labels[i].shown)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        ARENA_TEST(test_text),
        ARENA_TEST(test_open_metrics),
        ARENA_TEST(test_numbers),
        ARENA_TEST(test_labels),
    };

    return cmocka_run_group_tests_name("http/exposition", tests, NULL, NULL);
}
