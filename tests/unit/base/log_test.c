/* log_test.c: tests the form of lines, with any contents. */
#include "base/log.h"

#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "unit.h"

static FILE *captured;
static int own_stderr;

static void begin_capture(void)
{
    captured = tmpfile();
    assert_non_null(captured);
    own_stderr = dup(STDERR_FILENO);
    assert_true(own_stderr >= 0);
    assert_true(dup2(fileno(captured), STDERR_FILENO) >= 0);
}

/* The text written to standard error since then. */
static struct str end_capture(struct arena *arena)
{
    char *text = arena_take(arena, 8192);
    size_t len;

    assert_true(dup2(own_stderr, STDERR_FILENO) >= 0);
    assert_int_equal(close(own_stderr), 0);
    rewind(captured);
    len = fread(text, 1, 8192, captured);
    assert_int_equal(fclose(captured), 0);
    return (struct str){ text, len };
}

static struct str head(struct arena *arena, const char *level)
{
    char *text = arena_take(arena, 64);

    (void)snprintf(text, 64, "lastsync[%ld] %s: ", (long)getpid(), level);
    return str_from(text);
}

/* A line as text, without its head and its end. */
static struct str line_of(struct arena *arena, enum log_level level, const char *message,
                          struct str value)
{
    struct log_field field = { "id", value, 7 };
    struct str start = head(arena, log_level_words[level]), line;

    begin_capture();
    log_event(level, message, &field, 1);
    line = end_capture(arena);
    assert_true(str_starts(line, start));
    assert_int_equal(line.ptr[line.len - 1], '\n');
    return (struct str){ line.ptr + start.len, line.len - start.len - 1 };
}

static void test_text(void **state)
{
    struct arena *arena = *state;

    log_setup(LOG_TEXT, LOG_DEBUG);
    assert_text(line_of(arena, LOG_NOTICE, "hello", STR("c1")), "hello id=c1");
    assert_text(line_of(arena, LOG_DEBUG, "a\nb\x7f", STR("")), "a?b? id=\"\"");
    assert_text(line_of(arena, LOG_INFO, "m", (struct str){ NULL, 0 }), "m id=7");
    assert_text(line_of(arena, LOG_INFO, "m", STR("a b")), "m id=\"a b\"");
    assert_text(line_of(arena, LOG_INFO, "m", STR("a=1")), "m id=\"a=1\"");
    assert_text(line_of(arena, LOG_INFO, "m", STR("\"\\\n\0\x1b[m")),
                "m id=\"\\\"\\\\\\u000a\\u0000\\u001b[m\"");
    assert_text(line_of(arena, LOG_INFO, "m", STR("\xc3\xa9\xff\xc2\x9b")),
                "m id=\"\xc3\xa9\\xff\\u009b\"");
}

static void test_long_values_are_cut(void **state)
{
    struct arena *arena = *state;
    static char text[2000];
    struct str line;

    memset(text, 'a', sizeof text);
    line = line_of(arena, LOG_INFO, "m", (struct str){ text, LOG_TEXT_MAX });
    assert_int_equal(line.len, strlen("m id=") + LOG_TEXT_MAX);
    line = line_of(arena, LOG_INFO, "m", (struct str){ text, LOG_TEXT_MAX + 1 });
    assert_int_equal(line.len, strlen("m id=...") + LOG_TEXT_MAX);
    memset(text, '\n', sizeof text);
    line = line_of(arena, LOG_INFO, "m", (struct str){ text, sizeof text });
    assert_true(line.len <= strlen("m id=\"...\"") + LOG_TEXT_MAX);
    assert_true(str_equal((struct str){ line.ptr + line.len - 9, 9 }, STR("u000a...\"")));
}

static void test_levels(void **state)
{
    struct arena *arena = *state;

    for (enum log_level limit = LOG_ERROR; limit <= LOG_DEBUG; limit++) {
        log_setup(LOG_TEXT, limit);
        for (enum log_level level = LOG_ERROR; level <= LOG_DEBUG; level++) {
            begin_capture();
            log_line(level, "%d", 1);
            assert_int_equal(end_capture(arena).len > 0, level <= limit);
            assert_int_equal(log_wants(level), level <= limit);
        }
    }
}

static void test_about(void **state)
{
    struct arena *arena = *state;
    struct log_subject subject = { STR("r1"), STR("o 1") };

    log_setup(LOG_TEXT, LOG_NOTICE);
    log_about(&subject);
    assert_text(line_of(arena, LOG_NOTICE, "m", STR("c")),
                "m id=c request_id=r1 opaque_id=\"o 1\"");
    subject.opaque_id.ptr = NULL;
    assert_text(line_of(arena, LOG_NOTICE, "m", STR("c")), "m id=c request_id=r1");
    log_about(NULL);
    assert_text(line_of(arena, LOG_NOTICE, "m", STR("c")), "m id=c");
}

/* Reads a whole JSON object, and gives the text of a member. */
static struct str member_of(struct arena *arena, struct str json, struct str name)
{
    struct json_reader reader;
    struct str value = { NULL, 0 };
    bool wanted = false;

    json_open(&reader, json, (struct json_budget){ 2, 100 }, arena);
    assert_int_equal(json_next(&reader), JSON_OBJECT);
    while (json_next(&reader) != JSON_OBJECT_END) {
        assert_row(reader.token != JSON_FAULT, json);
        if (wanted)
            value = reader.text;
        wanted = reader.token == JSON_KEY && str_equal(reader.text, name);
    }
    assert_int_equal(json_next(&reader), JSON_NOTHING);
    return value;
}

static void test_json(void **state)
{
    struct arena *arena = *state;
    struct log_field fields[] = { { "id", STR_ROW("a\"\\\n\xc3\xa9\xff\0z"), 0 },
                                  { "status", { NULL, 0 }, -5 } };
    struct str line;

    log_setup(LOG_JSON, LOG_NOTICE);
    begin_capture();
    log_event(LOG_WARNING, "a \"message\"", fields, COUNT_OF(fields));
    line = end_capture(arena);
    assert_text(member_of(arena, line, STR("level")), "warning");
    assert_text(member_of(arena, line, STR("message")), "a \"message\"");
    assert_text(member_of(arena, line, STR("id")), "a\"\\\n\xc3\xa9\xef\xbf\xbd\0z");
    assert_text(member_of(arena, line, STR("status")), "-5");
    assert_int_equal(member_of(arena, line, STR("time")).len, strlen("2026-11-24T20:44:32.580Z"));
}

/* The most and the largest fields possible, of any bytes: one object on one line, which a pipe
 * takes whole. */
static void test_json_of_anything(void **state)
{
    struct arena *arena = *state;
    static char bytes[3000];
    uint64_t seed = 1;

    log_setup(LOG_JSON, LOG_NOTICE);
    for (unsigned round = 0; round < 300; round++) {
        struct log_field fields[LOG_FIELDS_MAX];
        struct log_subject subject;
        struct str line;

        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (char)(round % 3 ? unit_random(&seed) : unit_random(&seed) % 0x30);
        for (size_t i = 0; i < LOG_FIELDS_MAX; i++)
            fields[i] = (struct log_field){
                "id", { bytes + unit_random(&seed) % 1000, unit_random(&seed) % 2000 }, 0
            };
        subject = (struct log_subject){ { bytes, 300 }, { bytes + 300, 2000 } };
        bytes[sizeof bytes - 1] = '\0';
        log_about(&subject);
        begin_capture();
        log_event(LOG_NOTICE, bytes, fields, LOG_FIELDS_MAX);
        line = end_capture(arena);
        log_about(NULL);
        assert_true(line.len <= 4096);
        assert_ptr_equal(memchr(line.ptr, '\n', line.len), line.ptr + line.len - 1);
        (void)member_of(arena, line, STR("id"));
        arena_reset(arena);
    }
}

static void test_journal(void **state)
{
    struct arena *arena = *state;
    struct stat status;
    char stream[64];
    struct str line;

    begin_capture();
    assert_int_equal(fstat(STDERR_FILENO, &status), 0);
    (void)snprintf(stream, sizeof stream, "%llu:%llu", (unsigned long long)status.st_dev,
                   (unsigned long long)status.st_ino);
    assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
    log_setup(LOG_TEXT, LOG_NOTICE);
    log_line(LOG_ERROR, "m");
    line = end_capture(arena);
    assert_true(str_starts(line, STR("<3>lastsync[")));
    log_setup(LOG_TEXT, LOG_NOTICE); /* standard error is something else now */
    begin_capture();
    log_line(LOG_ERROR, "m");
    assert_true(str_starts(end_capture(arena), STR("lastsync[")));
    assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
}

static void test_repeated(void **state)
{
    struct arena *arena = *state;
    struct str lines;

    log_setup(LOG_TEXT, LOG_NOTICE);
    begin_capture();
    for (int i = 0; i < 100; i++) {
        log_repeated(LOG_ERROR, "e");
        log_repeated(LOG_WARNING, "w");
    }
    lines = end_capture(arena);
    assert_int_equal(lines.len, head(arena, "error").len + head(arena, "warning").len + 4);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        ARENA_TEST(test_text),    ARENA_TEST(test_long_values_are_cut),
        ARENA_TEST(test_levels),  ARENA_TEST(test_about),
        ARENA_TEST(test_json),    ARENA_TEST(test_json_of_anything),
        ARENA_TEST(test_journal), ARENA_TEST(test_repeated),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
