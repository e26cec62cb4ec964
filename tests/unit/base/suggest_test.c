/* suggest_test.c: tests "did you mean". */
#include "base/suggest.h"

#include "base/text.h"
#include "unit.h"

static const struct str last_sync[] = {
    STR_ROW("last_access_control_sync_error"),
    STR_ROW("last_access_control_sync_scheduled_at"),
    STR_ROW("last_access_control_sync_status"),
    STR_ROW("last_deleted_document_count"),
    STR_ROW("last_incremental_sync_scheduled_at"),
    STR_ROW("last_indexed_document_count"),
    STR_ROW("last_sync_error"),
    STR_ROW("last_sync_scheduled_at"),
    STR_ROW("last_sync_status"),
    STR_ROW("last_synced"),
    STR_ROW("sync_cursor"),
};

/* clang-format off */
static const struct { struct str word; const char *suggestion; } rows[] = {
    { STR_ROW("last_seen"),      " did you mean [last_synced]?" },
    { STR_ROW("last_sync"),      " did you mean any of [last_synced, last_sync_error, last_sync_status]?" },
    { STR_ROW("last_synced_at"), " did you mean any of [last_synced, last_sync_status, last_sync_error, last_sync_scheduled_at]?" },
    { STR_ROW("sync_cursors"),   " did you mean [sync_cursor]?" },
    { STR_ROW("foo"),            "" },
    { STR_ROW("error"),          "" },
    { STR_ROW("status"),         "" },
    { STR_ROW("name"),           "" },
    { STR_ROW(""),               "" },
    { STR_ROW("Last_Synced"),    " did you mean any of [last_synced, last_sync_error]?" },
};
/* clang-format on */

static void test_rows(void **state)
{
    for_each_row (i, rows)
        assert_same(suggest(rows[i].word, last_sync, COUNT_OF(last_sync), *state),
                    str_from(rows[i].suggestion));
}

/* More than half alike, and not just half. */
static void test_half_is_not_enough(void **state)
{
    static const struct str names[] = { STR_ROW("abcd") };

    assert_text(suggest(STR("abxy"), names, 1, *state), "");
    assert_text(suggest(STR("abcy"), names, 1, *state), " did you mean [abcd]?");
    assert_text(suggest(STR("abcdxxx"), names, 1, *state), " did you mean [abcd]?");
    assert_text(suggest(STR("abcdxxxx"), names, 1, *state), "");
}

static void test_equal_likeness_goes_by_name(void **state)
{
    static const struct str names[] = { STR_ROW("abcf"), STR_ROW("abce"), STR_ROW("abcg") };

    assert_text(suggest(STR("abcd"), names, 3, *state), " did you mean any of [abce, abcf, abcg]?");
}

static void test_lengths(void **state)
{
    for (size_t len = 60; len < 70; len++) {
        struct text word = text_new(*state, 80);
        struct str name;

        for (size_t i = 0; i < len; i++)
            text_byte(&word, 'a');
        name = text_str(&word);
        assert_int_equal(suggest(name, &name, 1, *state).len > 0, len <= 64);
        assert_int_equal(suggest(STR("a"), &name, 1, *state).len, 0);
    }
}

static void test_many_names(void **state)
{
    struct str names[100], made;

    for (size_t i = 0; i < COUNT_OF(names); i++)
        names[i] = arena_format(*state, "parameter_%zu", i);
    made = suggest(STR("parameter_"), names, COUNT_OF(names), *state);
    assert_true(str_starts(made, STR(" did you mean any of [parameter_0, parameter_1, ")));
    assert_true(made.len < 2000);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_half_is_not_enough),
        ARENA_TEST(test_equal_likeness_goes_by_name),
        ARENA_TEST(test_lengths),
        ARENA_TEST(test_many_names),
    };

    return cmocka_run_group_tests_name("suggest", tests, NULL, NULL);
}
