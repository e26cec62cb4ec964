/* media_test.c: tests media types, and that the types of answers can be read again. */
#include "http/media.h"

#include "unit.h"

/* clang-format off */
static const struct { struct str value; enum media_kind kind; const char *version; } read[] = {
    { STR_ROW("application/json"),                                            MEDIA_JSON,    NULL },
    { STR_ROW("APPLICATION/Json"),                                            MEDIA_JSON,    NULL },
    { STR_ROW(" application/json "),                                          MEDIA_JSON,    NULL },
    { STR_ROW("application/json;"),                                           MEDIA_JSON,    NULL },
    { STR_ROW("application/json ; ; charset=UTF-8"),                          MEDIA_JSON,    NULL },
    { STR_ROW("application/json;charset=\"utf-8\""),                          MEDIA_JSON,    NULL },
    { STR_ROW("application/json;charset=iso-8859-1"),                         MEDIA_FOREIGN, NULL },
    { STR_ROW("application/json;x=y"),                                        MEDIA_JSON,    NULL },
    { STR_ROW("application/json;compatible-with=8"),                          MEDIA_JSON,    "8" },
    { STR_ROW("application/x-ndjson"),                                        MEDIA_JSON,    NULL },
    { STR_ROW("application/*"),                                               MEDIA_JSON,    NULL },
    { STR_ROW("application/vnd.elasticsearch+json"),                          MEDIA_VENDOR,  NULL },
    { STR_ROW("application/vnd.elasticsearch+json; compatible-with=9"),       MEDIA_VENDOR,  "9" },
    { STR_ROW("application/vnd.elasticsearch+json;Compatible-With=\"8\""),    MEDIA_VENDOR,  "8" },
    { STR_ROW("application/vnd.elasticsearch+x-ndjson;compatible-with=7"),    MEDIA_VENDOR,  "7" },
    { STR_ROW("application/vnd.elasticsearch+json;compatible-with=123"),      MEDIA_VENDOR,  "123" },
    { STR_ROW("application/vnd.elasticsearch+json;compatible-with=x"),        MEDIA_FOREIGN, NULL },
    { STR_ROW("application/vnd.elasticsearch+json;compatible-with=-8"),       MEDIA_FOREIGN, NULL },
    { STR_ROW("application/jsonx"),                                           MEDIA_FOREIGN, NULL },
    { STR_ROW("application/yaml"),                                            MEDIA_FOREIGN, NULL },
    { STR_ROW("application/x-www-form-urlencoded"),                           MEDIA_FOREIGN, NULL },
    { STR_ROW("text/plain"),                                                  MEDIA_FOREIGN, NULL },
    { STR_ROW("text/html;level=1"),                                           MEDIA_FOREIGN, NULL },
    { STR_ROW("a/b"),                                                         MEDIA_FOREIGN, NULL },
};

static const struct str malformed[] = {
    STR_ROW(""), STR_ROW(" "), STR_ROW("foo"), STR_ROW("/"), STR_ROW("a/"), STR_ROW("/b"), STR_ROW("a/b/c"),
    STR_ROW("application/json charset=utf-8"), STR_ROW("application json"), STR_ROW("application /json"),
    STR_ROW("application/json;charset"), STR_ROW("application/json;charset="), STR_ROW("application/json;=utf-8"),
    STR_ROW("application/json;a b=c"), STR_ROW(";charset=utf-8"), STR_ROW("application/json\n"),
    STR_ROW("application/js\0on"), STR_ROW("application/json, text/plain"), STR_ROW("\xc3\xa4/json"), STR_ROW("(a)/b"),
};
/* clang-format on */

static void test_read(void **state)
{
    (void)state;
    for_each_row (i, read) {
        struct media media;

        assert_row(media_read(read[i].value, &media), read[i].value);
        assert_row(media.kind == read[i].kind, read[i].value);
        assert_row(!media.version.ptr == !read[i].version, read[i].value);
        if (read[i].version)
            assert_same(media.version, str_from(read[i].version));
    }
}

static void test_malformed(void **state)
{
    (void)state;
    for_each_row (i, malformed) {
        struct media media;

        assert_row(!media_read(malformed[i], &media), malformed[i]);
    }
}

static void test_versions(void **state)
{
    (void)state;
    assert_true(media_version_known((struct str){ NULL, 0 }));
    assert_true(media_version_known(STR("7")));
    assert_true(media_version_known(STR("8")));
    assert_true(media_version_known(STR("9")));
    assert_false(media_version_known(STR("6")));
    assert_false(media_version_known(STR("10")));
    assert_false(media_version_known(STR("08")));
    assert_false(media_version_known(STR("")));
}

static void test_written_is_read_again(void **state)
{
    for_each_row (i, read) {
        struct media media, again;
        struct str written;

        assert_true(media_read(read[i].value, &media));
        written = media_write(&media, *state);
        assert_row(media_read(written, &again), written);
        assert_row(again.kind == (media.kind == MEDIA_VENDOR ? MEDIA_VENDOR : MEDIA_JSON), written);
        if (media.kind != MEDIA_VENDOR)
            continue;
        if (media_version_known(media.version))
            assert_row(str_equal(again.version, media.version), written);
        else
            assert_row(!again.version.ptr, written);
    }
    assert_text(media_write(&(struct media){ MEDIA_VENDOR, STR("9") }, *state),
                "application/vnd.elasticsearch+json;compatible-with=9");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_read),
        ARENA_TEST(test_malformed),
        ARENA_TEST(test_versions),
        ARENA_TEST(test_written_is_read_again),
    };

    return cmocka_run_group_tests_name("media", tests, NULL, NULL);
}
