/* accept_test.c: tests what Accept headers ask for. */
#include "http/accept.h"

#include "http/exposition.h"
#include "unit.h"

static const struct accept_offer plain = { STR_ROW("text/plain"), STR_ROW("0.0.4") };

/* clang-format off */
static const struct { struct str accept; unsigned quality; bool named; } wishes[] = {
    { { NULL, 0 },                                        1000, false },
    { STR_ROW(""),                                        1000, false },
    { STR_ROW("*/*"),                                     1000, false },
    { STR_ROW("text/*"),                                  1000, false },
    { STR_ROW("text/plain"),                              1000, true },
    { STR_ROW("TEXT/Plain"),                              1000, true },
    { STR_ROW("text/plain;version=0.0.4"),                1000, true },
    { STR_ROW("text/plain ; Version=\"0.0.4\" ; q=0.5"),   500, true },
    { STR_ROW("text/plain;charset=utf-8;q=0.25"),          250, true },
    { STR_ROW("text/plain;version=0.0.3"),                   0, false },
    { STR_ROW("text/plain;version=0.0.3,*/*;q=0.1"),       100, false },
    { STR_ROW("text/plain;version=1.0.0;q=0.9,text/plain;q=0.2"), 200, true },
    { STR_ROW("application/json"),                           0, false },
    { STR_ROW("text/plain;q=0"),                             0, true },
    { STR_ROW("text/plain;q=0,*/*"),                         0, true },
    { STR_ROW("text/*;q=0.7,*/*;q=0.9"),                   700, false },
    { STR_ROW("*/*;q=0.9,text/*;q=0.7"),                   700, false },
    { STR_ROW("application/*"),                              0, false },
    { STR_ROW("tex/*"),                                      0, false },
    { STR_ROW("text/pla*"),                                  0, false },
    { STR_ROW("text/plain;q=0.2,text/plain;q=0.8"),        800, true },
    { STR_ROW("text/plain;q=1.000"),                      1000, true },
    { STR_ROW("text/plain;q=0.123"),                       123, true },
    { STR_ROW("text/plain;q=1."),                         1000, true },
    { STR_ROW("text/plain;q=0."),                            0, true },
    { STR_ROW("text/plain;q=1.001"),                         0, false },
    { STR_ROW("text/plain;q=0.1234"),                        0, false },
    { STR_ROW("text/plain;q="),                              0, false },
    { STR_ROW("text/plain;q=x"),                             0, false },
    { STR_ROW("text/plain;q=-1,*/*;q=0.3"),                300, false },
    { STR_ROW("text/plain;q=2,*/*;q=0.3"),                 300, false },
    { STR_ROW(",,text/plain"),                            1000, true },
    { STR_ROW("a/b;c=\"x,text/plain\""),                     0, false },
    { STR_ROW("a/b;c=\"x\\\",text/plain\",*/*;q=0.4"),     400, false },
    { STR_ROW("a/b;c=\"text/plain"),                         0, false },
    { STR_ROW("a/b;c=\"\\"),                                 0, false },
    { STR_ROW(";"),                                          0, false },
};

/* Prometheus's headers and others, and whether the answer is OpenMetrics. */
static const struct { struct str accept; bool open_metrics; } formats[] = {
    { { NULL, 0 }, false },
    { STR_ROW("*/*"), false },
    { STR_ROW("application/json"), false },
    { STR_ROW("application/*"), false },
    { STR_ROW("application/openmetrics-text"), true },
    { STR_ROW("application/openmetrics-text; version=1.0.0; charset=utf-8"), true },
    { STR_ROW("application/openmetrics-text; version=0.0.1"), false },
    { STR_ROW("application/openmetrics-text; version=2.0.0"), false },
    { STR_ROW("application/openmetrics-text;q=0"), false },
    { STR_ROW("application/openmetrics-text;q=0,*/*;q=0"), false },
    { STR_ROW("application/openmetrics-text,text/plain"), true },
    { STR_ROW("text/plain,application/openmetrics-text;q=0.9"), false },
    { STR_ROW("application/openmetrics-text;version=1.0.0,*/*"), true },
    /* Prometheus 2.42, 2.50 with native histograms, 3.0, and 2.5 */
    { STR_ROW("application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), true },
    { STR_ROW("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), true },
    { STR_ROW("application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1"), true },
    { STR_ROW("application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"), false },
    { STR_ROW("text/plain;version=0.0.4;q=1,*/*;q=0.1"), false },
};
/* clang-format on */

static void test_wishes(void **state)
{
    (void)state;
    for_each_row (i, wishes) {
        struct accept_wish wish = accept_find(wishes[i].accept, &plain);

        assert_row(wish.quality == wishes[i].quality, str_or_empty(wishes[i].accept));
        assert_row(wish.named == wishes[i].named, str_or_empty(wishes[i].accept));
    }
}

static void test_formats(void **state)
{
    (void)state;
    for_each_row (i, formats)
        assert_row(exposition_prefers_open_metrics(formats[i].accept) == formats[i].open_metrics,
                   str_or_empty(formats[i].accept));
}

/* No prefix of a header is read beyond its end: a sanitizer would see it. */
static void test_cut_short(void **state)
{
    (void)state;
    for_each_row (i, formats) {
        for (size_t len = 1; len < formats[i].accept.len; len++) {
            char *copy = malloc(len);

            assert_non_null(copy);
            memcpy(copy, formats[i].accept.ptr, len);
            (void)exposition_prefers_open_metrics((struct str){ copy, len });
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wishes),
        cmocka_unit_test(test_formats),
        cmocka_unit_test(test_cut_short),
    };

    return cmocka_run_group_tests_name("http/accept", tests, NULL, NULL);
}
