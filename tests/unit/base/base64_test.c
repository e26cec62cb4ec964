/* base64_test.c: tests base64, by rows and by round trips. */
#include "base/base64.h"

#include "unit.h"

/* clang-format off */
static const struct { struct str bytes, usual, for_urls; } rows[] = {
    { STR_ROW(""),           STR_ROW(""),         STR_ROW("") },
    { STR_ROW("f"),          STR_ROW("Zg=="),     STR_ROW("Zg") },
    { STR_ROW("fo"),         STR_ROW("Zm8="),     STR_ROW("Zm8") },
    { STR_ROW("foo"),        STR_ROW("Zm9v"),     STR_ROW("Zm9v") },
    { STR_ROW("foob"),       STR_ROW("Zm9vYg=="), STR_ROW("Zm9vYg") },
    { STR_ROW("fooba"),      STR_ROW("Zm9vYmE="), STR_ROW("Zm9vYmE") },
    { STR_ROW("foobar"),     STR_ROW("Zm9vYmFy"), STR_ROW("Zm9vYmFy") },
    { STR_ROW("\0\xff\xfe"), STR_ROW("AP/+"),     STR_ROW("AP_-") },
    { STR_ROW("\xfb\xff"),   STR_ROW("+/8="),     STR_ROW("-_8") },
};

static const struct str refused[] = {
    STR_ROW("="),       STR_ROW("=="),      STR_ROW("===="),    STR_ROW("Z"),      STR_ROW("Z==="),
    STR_ROW("Zg="),     STR_ROW("Zm8=="),   STR_ROW("Zm9v="),   STR_ROW("Zm9v=="), STR_ROW("Zm9vY"),
    STR_ROW("Zh=="),    STR_ROW("Zm9="),    STR_ROW("Zh"),      STR_ROW("Zm9 v"),  STR_ROW(" Zm9v"),
    STR_ROW("Zm9v\n"),  STR_ROW("Zm-v"),    STR_ROW("Zm_v"),    STR_ROW("Zg==Zg"), STR_ROW("Zg==Zg=="),
    STR_ROW("Zm\0v"),   STR_ROW("Zm9\xc3"), STR_ROW("Zm.v"),    STR_ROW("Z=g="),   STR_ROW("@@@@"),
};
/* clang-format on */

static void test_rows(void **state)
{
    for_each_row (i, rows) {
        struct str bare = rows[i].usual;

        assert_same(base64_write(rows[i].bytes, *state), rows[i].usual);
        assert_same(base64_write_url(rows[i].bytes, *state), rows[i].for_urls);
        assert_same(base64_read(rows[i].usual, *state), rows[i].bytes);
        while (bare.len && bare.ptr[bare.len - 1] == '=')
            bare.len--;
        assert_same(base64_read(bare, *state), rows[i].bytes);
    }
}

static void test_refused(void **state)
{
    for_each_row (i, refused)
        assert_row(!base64_read(refused[i], *state).ptr, refused[i]);
}

/* Every text of four digits that can be read is also what its bytes are written as. */
static void test_there_and_back(void **state)
{
    uint64_t seed = 1;

    for (unsigned i = 0; i < 10000; i++) {
        uint64_t chance = unit_random(&seed);
        char bytes[sizeof chance];
        struct str part = { bytes, (size_t)(chance % (sizeof bytes + 1)) };

        memcpy(bytes, &chance, sizeof bytes);
        assert_same(base64_read(base64_write(part, *state), *state), part);
        arena_reset(*state);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_refused),
        ARENA_TEST(test_there_and_back),
    };

    return cmocka_run_group_tests_name("base64", tests, NULL, NULL);
}
