/* access_credentials_test.c: tests reading keys from Authorization headers. */
#include "api/common/access_credentials.h"

#include "base/base64.h"
#include "base/text.h"
#include "unit.h"

/* clang-format off */
static const struct { struct str value; enum credentials_kind kind; bool broken; } rows[] = {
    { STR_ROW("ApiKey aWQ6c2VjcmV0"),                CREDENTIALS_API_KEY },
    { STR_ROW("apikey aWQ6c2VjcmV0"),                CREDENTIALS_API_KEY },
    { STR_ROW("APIKEY   aWQ6c2VjcmV0  "),            CREDENTIALS_API_KEY },
    { STR_ROW(" \tApiKey aWQ6c2VjcmV0"),             CREDENTIALS_API_KEY },
    { STR_ROW("Basic aWQ6c2VjcmV0"),                 CREDENTIALS_BASIC },
    { STR_ROW("bASIC aWQ6c2VjcmV0"),                 CREDENTIALS_BASIC },
    { STR_ROW(""),                                   CREDENTIALS_NONE },
    { STR_ROW(" "),                                  CREDENTIALS_NONE },
    { STR_ROW("aWQ6c2VjcmV0"),                       CREDENTIALS_NONE },
    { STR_ROW("Bearer aWQ6c2VjcmV0"),                CREDENTIALS_NONE },
    { STR_ROW("ApiKeyaWQ6c2VjcmV0"),                 CREDENTIALS_NONE },
    { STR_ROW("ApiKey\taWQ6c2VjcmV0"),               CREDENTIALS_NONE },
    { STR_ROW("ApiKey\0 aWQ6c2VjcmV0"),              CREDENTIALS_NONE },
    { STR_ROW("ApiKey"),                             CREDENTIALS_API_KEY, true },
    { STR_ROW("ApiKey "),                            CREDENTIALS_API_KEY, true },
    { STR_ROW("Basic"),                              CREDENTIALS_BASIC, true },
    { STR_ROW("ApiKey id:secret"),                   CREDENTIALS_API_KEY, true },
    { STR_ROW("ApiKey aWQ6c2VjcmV0 aWQ6c2VjcmV0"),   CREDENTIALS_API_KEY, true },
    { STR_ROW("ApiKey aWQ6c2VjcmV0, x"),             CREDENTIALS_API_KEY, true },
    { STR_ROW("ApiKey ApiKey aWQ6c2VjcmV0"),         CREDENTIALS_API_KEY, true },
};

/* The decoded text after ApiKey. */
static const struct str pairs[] = {
    STR_ROW(""), STR_ROW(":"), STR_ROW("id"), STR_ROW("id:"), STR_ROW(":secret"),
    STR_ROW("i d:secret"), STR_ROW("id\n:secret"), STR_ROW("id\0:secret"), STR_ROW("i*:secret"),
    STR_ROW("}:secret"), STR_ROW("i/d:secret"), STR_ROW("\xc3\xa4:secret"), STR_ROW("id:se cret"),
    STR_ROW("id:secret\0"), STR_ROW("id:secret\n"), STR_ROW("id:s\xc3\xa4"), STR_ROW("id:\x7f"),
};
/* clang-format on */

static void test_rows(void **state)
{
    for_each_row (i, rows) {
        struct credentials credentials = credentials_read(rows[i].value, *state);

        assert_row(credentials.kind == rows[i].kind, rows[i].value);
        assert_row(credentials.broken == rows[i].broken, rows[i].value);
        if (credentials.kind == CREDENTIALS_NONE || credentials.broken)
            continue;
        assert_text(credentials.id, "id");
        assert_text(credentials.secret, "secret");
    }
    assert_int_equal(credentials_read((struct str){ NULL, 0 }, *state).kind, CREDENTIALS_NONE);
}

static struct credentials read_pair(struct arena *arena, struct str pair)
{
    return credentials_read(arena_format(arena, "ApiKey %.*s", STR_ARGS(base64_write(pair, arena))),
                            arena);
}

static void test_broken_pairs(void **state)
{
    for_each_row (i, pairs)
        assert_row(read_pair(*state, pairs[i]).broken, pairs[i]);
}

/* The secret may have colons and any printable ASCII. */
static void test_any_secret(void **state)
{
    struct credentials credentials = read_pair(*state, STR("A-z_09:!:\"~:"));

    assert_int_equal(credentials.kind, CREDENTIALS_API_KEY);
    assert_text(credentials.id, "A-z_09");
    assert_text(credentials.secret, "!:\"~:");
}

static bool is_broken(struct arena *arena, size_t id, size_t secret)
{
    struct text pair = text_new(arena, 256);

    while (id--)
        text_byte(&pair, 'i');
    text_byte(&pair, ':');
    while (secret--)
        text_byte(&pair, 's');
    return read_pair(arena, text_str(&pair)).broken;
}

static void test_limits(void **state)
{
    struct text value = text_new(*state, 2048);

    assert_int_equal(AUTHORIZATION_MAX, 1024); /* as README says */
    assert_false(is_broken(*state, KEY_ID_MAX, KEY_SECRET_MAX));
    assert_true(is_broken(*state, KEY_ID_MAX + 1, 1));
    assert_true(is_broken(*state, 1, KEY_SECRET_MAX + 1));
    text_add(&value, STR("ApiKey "));
    while (value.len < AUTHORIZATION_MAX - 12)
        text_byte(&value, ' ');
    text_add(&value, STR("aWQ6c2VjcmV0"));
    assert_false(credentials_read(text_str(&value), *state).broken);
    text_byte(&value, ' ');
    assert_true(credentials_read(text_str(&value), *state).broken);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_rows),
        ARENA_TEST(test_broken_pairs),
        ARENA_TEST(test_any_secret),
        ARENA_TEST(test_limits),
    };

    return cmocka_run_group_tests_name("access_credentials", tests, NULL, NULL);
}
