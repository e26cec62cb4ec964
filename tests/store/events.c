/* events.c: tests the events of connectors: each change of state once, by reports and by time. */
#include "base/instant.h"
#include "base/text.h"
#include "groups.h"
#include "store/connector/mute.h"
#include "store/event/notices.h"
#include "store/event/tick.h"
#include "store/schema/fields.h"

enum { MANY = 350, A_DAY = 86400 };

static int begin(void **state)
{
    int failed = world_begin(state);

    world.settings.events = 1000;
    return failed;
}

#define EVENT_TEST(function) cmocka_unit_test_setup_teardown(function, begin, world_end)

/* The words of the events of an id's shard, separated by blanks. */
static struct str told(const char *id)
{
    static const char script[] =
        "local words = {} for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', '+')) do "
        "words[#words + 1] = entry[2][2] end return table.concat(words, ' ')";

    return REDIS("EVAL %s 1 %b", script, LIST_OF(key_events, id));
}

/* A field of the latest event. */
static struct str latest(const char *id, const char *name)
{
    static const char script[] =
        "local entry = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)[1][2] "
        "for i = 1, #entry, 2 do if entry[i] == ARGV[1] then return entry[i + 1] end end";

    return REDIS("EVAL %s 1 %b %s", script, LIST_OF(key_events, id), name);
}

static enum outcome report(const char *id, const char *status, const char *error)
{
    const struct pair changes[] = { { STR("last_sync_status"), str_from(status) },
                                    { STR("last_sync_error"),
                                      error ? str_from(error) : (struct str){ NULL, 0 } } };
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), REPORT, changes, 2, NULL, 0);
    return world_run(world.stores[0], ask);
}

static enum outcome touch(const char *id)
{
    const struct pair change = { STR("last_seen"), instant_write(instant_now(), world.arena) };
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), TOUCH, &change, 1, NULL, 0);
    return world_run(world.stores[0], ask);
}

/* Does a tick, even if another one has just been done. */
static void tick(void)
{
    struct ask *ask = world_ask();

    (void)REDIS("DEL lastsync:ticker");
    tick_tell(ask);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
}

/* Sets the second of an id's score in `standings` to so many seconds ago, and gives it. */
static int64_t set_second(const char *id, int64_t ago)
{
    static const char script[] =
        "local score = redis.call('ZSCORE', KEYS[1], ARGV[1]) "
        "score = score - score % 2^40 + ARGV[2] "
        "return redis.call('ZADD', KEYS[1], string.format('%.0f', score), ARGV[1])";

    int64_t second = instant_now().seconds - ago;

    (void)REDIS("EVAL %s 1 %b %s %lld", script, LIST_OF(key_standings, id), id, (long long)second);
    return second;
}

static void put(const char *id)
{
    assert_int_equal(world_put(id, NULL), CREATED);
}

/* ---- by reports ---- */

static void test_each_change_is_told_once(void **state)
{
    (void)state;
    put("c1");
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_int_equal(report("c1", "completed", NULL), NOOP);
    assert_text(told("c1"), "");
    assert_int_equal(report("c1", "error", "401 Unauthorized"), UPDATED);
    assert_text(told("c1"), "failing");
    assert_text(latest("c1", "error"), "error: 401 Unauthorized");
    assert_text(latest("c1", "failures"), "1");
    assert_text(latest("c1", "from"), "");
    assert_true(str_equal(latest("c1", "since"), REDIS("HGET %b _failing_since", CONNECTOR("c1"))));
    assert_true(str_equal(latest("c1", "key"), key_connector(world_ask(), STR("c1"))));
    assert_int_equal(report("c1", "error", "401 Unauthorized"), NOOP);
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    assert_int_equal(report("c1", "error", "still so"), UPDATED);
    assert_int_equal(report("c1", "canceled", NULL), UPDATED);
    assert_text(told("c1"), "failing");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_text(told("c1"), "failing recovered");
    assert_text(latest("c1", "state"), "fresh");
    assert_text(latest("c1", "from"), "failing");
    assert_null(REDIS("HGET %b _told", CONNECTOR("c1")).ptr);
}

static void test_all_fields_are_there(void **state)
{
    static const char script[] =
        "local names, entry = {}, redis.call('XRANGE', KEYS[1], '-', '+')[1][2] "
        "for i = 1, #entry, 2 do names[#names + 1] = entry[i] end return table.concat(names, ' ')";
    struct text wanted = text_new(world.arena, 64);

    (void)state;
#define EVENT_FIELD(enumerator, name, ...) text_add(&wanted, STR(" " name));
#include "store/schema/fields.def"
    put("c1");
    assert_int_equal(report("c1", "error", NULL), UPDATED);
    assert_true(str_equal(REDIS("EVAL %s 1 %b", script, LIST_OF(key_events, "c1")),
                          str_from_offset(text_str(&wanted), 1)));
}

/* A stream is bounded; Redis cuts it by whole nodes of a hundred entries. */
static void test_the_stream_is_bounded(void **state)
{
    (void)state;
    world.settings.events = 10;
    put("c1");
    for (int i = 0; i < 150; i++) {
        assert_int_equal(report("c1", "error", "no"), UPDATED);
        assert_int_equal(report("c1", "completed", NULL), UPDATED);
    }
    assert_in_range(
        strtol(arena_copy(world.arena, REDIS("XLEN %b", LIST_OF(key_events, "c1"))).ptr, NULL, 10),
        10, 110);
}

static void test_nothing_without_the_option(void **state)
{
    (void)state;
    world.settings.events = 0;
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_text(REDIS("EXISTS %b %b", LIST_OF(key_events, "c1"), LIST_OF(key_unsynced, "c1")), "0");
}

/* How many commands Redis has run, those within scripts among them. */
static long commands_run(void)
{
    struct str info = REDIS("INFO commandstats"), line;
    long calls = 0;

    while (str_split(&info, '\n', &line)) {
        struct str rest = line;

        (void)str_take(&rest, '=');
        if (rest.ptr && !str_starts(line, STR("cmdstat_info")) &&
            !str_starts(line, STR("cmdstat_config")))
            calls += strtol(arena_copy(world.arena, rest).ptr, NULL, 10);
    }
    return calls;
}

static long commands_of_syncs(unsigned events)
{
    long before;

    world.settings.events = events;
    assert_int_equal(report("c1", "completed", NULL), NOOP);
    before = commands_run();
    for (int i = 0; i < 10; i++) {
        assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
        assert_int_equal(touch("c1"), UPDATED);
        assert_int_equal(report("c1", "completed", NULL), UPDATED);
        assert_int_equal(report("c1", "completed", NULL), NOOP);
    }
    return commands_run() - before;
}

static void test_what_changes_nothing_costs_no_command(void **state)
{
    long without;

    (void)state;
    if (world_is_cluster())
        return; /* each node counts for itself */
    put("c1");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    without = commands_of_syncs(0);
    assert_true(without > 0);
    assert_int_equal(commands_of_syncs(1000), without);
}

static void test_an_end_of_the_connector_ends_what_was_told(void **state)
{
    (void)state;
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_text(told("c1"), "failing deleted");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(told("c1"), "failing deleted failing deleted");
    assert_text(latest("c1", "state"), "deleted");
    assert_text(latest("c1", "from"), "failing");
}

static void test_who_is_turned_off_is_not_failing(void **state)
{
    const struct pair off = { connector_names[PAUSED], STR("true") };
    struct ask *ask = world_ask();

    (void)state;
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    connector_update(ask, STR("c1"), SETTLE, &off, 1, NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), NOOP);
    assert_text(told("c1"), "failing disabled");
}

/* ---- by time ---- */

static void test_late_and_recovered(void **state)
{
    int64_t second;

    (void)state;
    put("c1");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    tick();
    assert_text(told("c1"), "");
    second = set_second("c1", 1);
    tick();
    tick();
    assert_text(told("c1"), "late");
    assert_true(str_equal(latest("c1", "since"), ask_number(world_ask(), second)));
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_text(told("c1"), "late recovered");
}

static void test_lost_and_back(void **state)
{
    (void)state;
    put("c1");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    tick();
    (void)set_second("c1", 0);
    tick();
    assert_text(told("c1"), "lost");
    assert_int_equal(touch("c1"), UPDATED);
    assert_text(told("c1"), "lost back");
    assert_int_equal(touch("c1"), UPDATED);
    assert_text(told("c1"), "lost back");
}

static void test_never_synced_for_too_long(void **state)
{
    (void)state;
    put("c1");
    assert_int_equal(world_put("c2", NULL), CREATED);
    assert_int_equal(report("c2", "completed", NULL), UPDATED);
    tick();
    (void)REDIS("ZADD %b 1 c1", LIST_OF(key_unsynced, "c1"));
    (void)REDIS("ZADD %b 1 c2", LIST_OF(key_unsynced, "c2"));
    tick();
    tick();
    assert_text(REDIS("EXISTS %b %b", LIST_OF(key_unsynced, "c1"), LIST_OF(key_unsynced, "c1")),
                "0");
    assert_text(REDIS("HEXISTS %b _told", CONNECTOR("c2")), "0");
    assert_text(told("c1"), "never_synced");
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    assert_text(told("c1"), "never_synced");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_text(told("c1"), "never_synced recovered");
}

/* States from before the first event are told too, also in several slices. */
static void test_the_first_tick_tells_what_stands(void **state)
{
    unsigned long all = 0;

    (void)state;
    world.settings.events = 0;
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    put("c2");
    for (int i = 0; i < MANY; i++) {
        const char *id = arena_format(world.arena, "late%d", i).ptr;

        put(id);
        assert_int_equal(report(id, "completed", NULL), UPDATED);
        (void)set_second(id, A_DAY);
    }
    world.settings.events = 1000;
    tick();
    tick();
    for (unsigned shard = 0; shard < world.settings.shards; shard++)
        all += strtoul(
            arena_copy(world.arena, REDIS("XLEN %b", BYTES(key_events(world_ask(), shard)))).ptr,
            NULL, 10);
    assert_int_equal(all, MANY + 1);
    assert_text(REDIS("ZCARD %b", LIST_OF(key_unsynced, "c2")), "1");
    assert_text(REDIS("HEXISTS %b _told", CONNECTOR("c1")), "1");
}

static void test_one_tick_at_a_time(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    tick();
    tick_tell(ask);
    assert_int_equal(world_run(world.stores[1], ask), NOOP);
    assert_in_range(strtol(arena_copy(world.arena, REDIS("PTTL lastsync:ticker")).ptr, NULL, 10), 1,
                    TICK_MILLISECONDS);
}

/* ---- events as targets read them ---- */

static struct notices *read_notices(void)
{
    struct notices *notices = arena_take(world.arena, sizeof *notices);
    struct ask *ask = world_ask();

    notices_read(ask, STR("t"), notices);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return notices;
}

static void unmute(const char *id)
{
    struct ask *ask = world_ask();

    mute_end(ask, str_from(id));
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
}

static void hold(struct notices *notices)
{
    struct ask *ask = world_ask();

    for (size_t i = 0; i < notices->count; i++)
        notices->rows[i].hold_until = notices->rows[i].muted_until;
    notices_done(ask, STR("t"), notices);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
}

/* A notice is held back while its connector is muted. If the mute ends between the reading and the
 * holding, the notice comes at once. */
static void test_the_end_of_a_mute_is_not_missed(void **state)
{
    const struct mute mute = { instant_now().seconds + A_DAY, STR(""), STR("") };
    struct notices *notices;

    (void)state;
    assert_int_equal(read_notices()->count, 0);
    put("c1");
    for (int late = 0; late <= 1; late++) {
        struct ask *ask = world_ask();

        mute_begin(ask, STR("c1"), &mute);
        assert_int_equal(world_run(world.stores[0], ask), UPDATED);
        if (late)
            assert_int_equal(report("c1", "completed", NULL), UPDATED);
        assert_int_equal(report("c1", "error", "no"), UPDATED);
        notices = read_notices();
        assert_true(notices->count >= 1);
        assert_int_equal(notices->rows[0].muted_until, mute.until);
        if (late)
            unmute("c1");
        hold(notices);
        assert_int_equal(read_notices()->count, late);
        if (!late)
            unmute("c1");
        assert_int_equal(read_notices()->count, 1);
    }
}

int test_events(void)
{
    const struct CMUnitTest tests[] = {
        EVENT_TEST(test_each_change_is_told_once),
        EVENT_TEST(test_all_fields_are_there),
        EVENT_TEST(test_the_stream_is_bounded),
        EVENT_TEST(test_nothing_without_the_option),
        EVENT_TEST(test_what_changes_nothing_costs_no_command),
        EVENT_TEST(test_an_end_of_the_connector_ends_what_was_told),
        EVENT_TEST(test_who_is_turned_off_is_not_failing),
        EVENT_TEST(test_late_and_recovered),
        EVENT_TEST(test_lost_and_back),
        EVENT_TEST(test_never_synced_for_too_long),
        EVENT_TEST(test_the_first_tick_tells_what_stands),
        EVENT_TEST(test_one_tick_at_a_time),
        EVENT_TEST(test_the_end_of_a_mute_is_not_missed),
    };

    return cmocka_run_group_tests_name("events", tests, world_open, world_close);
}
