/* events.c: tests the events of connectors: each change of state once, by reports and by time. */
#include "base/instant.h"
#include "base/text.h"
#include "groups.h"
#include "store/connector/mute.h"
#include "store/connector/state.h"
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
    const struct pair changes[] = {
        { STR("last_sync_status"), status ? str_from(status) : (struct str){ NULL, 0 } },
        { STR("last_sync_error"), error ? str_from(error) : (struct str){ NULL, 0 } }
    };
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
static enum outcome try_tick(void)
{
    struct ask *ask = world_ask();

    (void)REDIS("DEL lastsync:ticker");
    tick_tell(ask);
    return world_run(world.stores[0], ask);
}

static void tick(void)
{
    assert_int_equal(try_tick(), FOUND);
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

static void set_paused(const char *id, const char *paused)
{
    const struct pair change = { connector_names[PAUSED], str_from(paused) };
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), SETTLE, &change, 1, NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), NOOP);
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

/* A Redis that is full takes no event: then the connector stays, until the event can be told. */
static void test_no_end_without_its_event(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    if (world_is_cluster())
        return; /* each node has a limit of its own */
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    connector_delete(ask, STR("c1"), true);
    (void)REDIS("CONFIG SET maxmemory 1");
    (void)world_run(world.stores[0], ask);
    (void)REDIS("CONFIG SET maxmemory 0");
    assert_int_equal(ask->outcome, AWAY);
    world_connect(world.stores[0]);
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(told("c1"), "failing deleted");
}

/* Without the option, nothing is told, and what was told stays. */
static void test_ends_without_the_option(void **state)
{
    (void)state;
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    world.settings.events = 0;
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_text(told("c1"), "failing");
    world.settings.events = 1000;
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    world.settings.events = 0;
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(told("c1"), "failing failing");
}

static void test_who_is_turned_off_is_not_failing(void **state)
{
    (void)state;
    put("c1");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    set_paused("c1", "true");
    assert_text(told("c1"), "failing disabled");
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    set_paused("c1", "false");
    assert_text(told("c1"), "failing disabled failing");
    assert_text(latest("c1", "error"), "error: no");
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

/* A success may be older than the times of the next syncs. These are computed again before it is
 * judged. */
static void test_an_old_success_is_judged_by_its_schedule(void **state)
{
    static const char daily[] = "{\"full\":{\"enabled\":true,\"interval\":\"0 0 0 * * ?\"}}";
    static const struct str none = { NULL, 0 };
    static const struct {
        int64_t age;
        struct str told;
    } rows[] = { { 600, STR_ROW("") }, { 3 * A_DAY, STR_ROW("late") } };

    (void)state;
    world.settings.max_age = 60;
    world.settings.late_grace = 3600;
    for_each_row (i, rows) {
        int64_t now = instant_now().seconds;
        struct state_plan plan = state_plan(STR(daily), none, none, now, world.arena);
        const struct pair settings[] = { { STR("scheduling"), STR(daily) },
                                         { connector_names[PAUSED], plan.paused },
                                         { connector_names[NEXT_SYNCS], plan.next } };
        const struct pair changes[] = { { STR("last_sync_status"), STR("completed") },
                                        { STR("last_synced"),
                                          instant_write((struct instant){ now - rows[i].age, 0 },
                                                        world.arena) } };
        struct ask *settle = world_ask(), *ask = world_ask();

        (void)REDIS("FLUSHDB");
        put("c1");
        connector_update(settle, STR("c1"), SETTLE, settings, COUNT_OF(settings), NULL, 0);
        assert_int_equal(world_run(world.stores[0], settle), UPDATED);
        connector_update(ask, STR("c1"), REPORT, changes, COUNT_OF(changes), NULL, 0);
        assert_int_equal(world_run(world.stores[0], ask), UPDATED);
        assert_same(told("c1"), rows[i].told);
    }
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

/* An event that Redis refuses is told when it takes it. */
static void test_a_refused_event_is_told_later(void **state)
{
    (void)state;
    put("c1");
    tick();
    (void)REDIS("ZADD %b 1 c1", LIST_OF(key_unsynced, "c1"));
    (void)REDIS("DEL %b", LIST_OF(key_events, "c1"));
    (void)REDIS("SET %b text", LIST_OF(key_events, "c1"));
    tick();
    assert_text(REDIS("ZSCORE %b c1", LIST_OF(key_unsynced, "c1")), "1");
    assert_text(REDIS("HEXISTS %b _told", CONNECTOR("c1")), "0");
    (void)REDIS("DEL %b", LIST_OF(key_events, "c1"));
    tick();
    assert_text(told("c1"), "never_synced");
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

static unsigned long told_events(const char *id)
{
    return strtoul(arena_copy(world.arena, REDIS("XLEN %b", LIST_OF(key_events, id))).ptr, NULL,
                   10);
}

/* One that was told of leaves between two slices, and the others move up. */
static void test_the_first_tick_skips_nobody(void **state)
{
    enum { TOGETHER = TICK_SLICE + 50 };
    const char *first = NULL;
    struct ask *ask = world_ask();

    (void)state;
    for (unsigned i = 0, count = 0; count < TOGETHER; i++) {
        const char *id = arena_format(world.arena, "c%u", i).ptr;

        if (key_shard(ask, str_from(id)) != key_shard(ask, STR("c1")))
            continue;
        put(id);
        assert_int_equal(report(id, "completed", NULL), UPDATED);
        (void)set_second(id, count ? A_DAY : 2 * A_DAY);
        first = count++ ? first : id;
    }
    tick_tell(ask);
    store_send(world.stores[0], ask);
    while (told_events(first) < TICK_SLICE) {
        assert_true(store_pending(world.stores[0]));
        store_flush(world.stores[0]);
    }
    (void)set_second(first, -A_DAY);
    world_flush(world.stores[0]);
    assert_int_equal(told_events(first), TOGETHER);
}

/* Of a failing one, the first tick has the error of the sync that failed, as the history has it. */
static void test_the_first_tick_has_the_error(void **state)
{
    char text[4100];
    struct pair changes[] = { { STR("last_access_control_sync_status"), STR("error") },
                              { STR("last_access_control_sync_error"), { text, 4097 } } };
    struct ask *ask = world_ask();

    (void)state;
    memset(text, 'x', sizeof text);
    memcpy(text + 4094, "\xe2\x82\xac", 3); /* a character at bytes 4095 to 4097 */
    world.settings.events = 0;
    put("c1");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    connector_update(ask, STR("c1"), REPORT, changes, 2, NULL, 0);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
    world.settings.events = 1000;
    tick();
    assert_int_equal(latest("c1", "error").len, (sizeof "error: " - 1) + 4094);

    (void)REDIS("FLUSHDB");
    world.settings.events = 0;
    put("c1");
    assert_int_equal(report("c1", "error", "401\nUnauthorized"), UPDATED);
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    world.settings.events = 1000;
    tick();
    assert_text(latest("c1", "error"), "error: 401\nUnauthorized");

    (void)REDIS("FLUSHDB");
    world.settings.events = 0;
    put("c1");
    assert_int_equal(report("c1", "completed", NULL), UPDATED);
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    assert_int_equal(report("c1", "error", "no route"), UPDATED);
    (void)REDIS("HSET %b _ended %s", CONNECTOR("c1"), "error older"); /* as it was left before */
    world.settings.events = 1000;
    tick();
    assert_text(latest("c1", "error"), "error: no route");
}

static bool is_unsynced(const char *id)
{
    return REDIS("ZSCORE %b %s", LIST_OF(key_unsynced, id), id).ptr;
}

/* Time passes, until it is looked whether the connector has synced. */
static void tick_later(const char *id)
{
    (void)REDIS("ZADD %b XX 1 %s", LIST_OF(key_unsynced, id), id);
    tick();
}

/* Events are turned on while connectors exist: for the first time, or after a time off. */
static void test_who_was_there_before_events(void **state)
{
    (void)state;
    for (int again = 0; again <= 1; again++) {
        const char *failing = again ? "f1" : "f0", *idle = again ? "i1" : "i0";
        const char *running = again ? "r1" : "r0", *off = again ? "o1" : "o0";
        const char *synced = again ? "s1" : "s0";

        world.settings.events = 0;
        for (unsigned shard = 0; again && shard < world.settings.shards; shard++)
            (void)REDIS("SET %b 1", BYTES(key_told_until(world_ask(), shard)));
        put(failing);
        assert_int_equal(report(failing, "error", "no"), UPDATED);
        put(idle);
        put(running);
        assert_int_equal(report(running, "in_progress", NULL), UPDATED);
        put(off);
        set_paused(off, "true");
        put(synced);
        assert_int_equal(report(synced, "completed", NULL), UPDATED);
        set_paused(synced, "true");
        world.settings.events = 1000;
        tick();
        assert_text(REDIS("HEXISTS %b _told", CONNECTOR(failing)), "1");
        assert_true(is_unsynced(idle) && is_unsynced(running) && is_unsynced(off));
        tick_later(synced);
        assert_false(is_unsynced(synced));
        tick_later(running);
        assert_true(is_unsynced(running));
        assert_int_equal(report(running, "canceled", NULL), UPDATED);
        tick_later(running);
        assert_false(is_unsynced(running));
        assert_text(latest(running, "event"), "never_synced");
    }
}

/* Whatever ends without a success leaves a connector that has never synced. */
static void test_never_synced_is_told_again(void **state)
{
    (void)state;
    put("c1");
    tick_later("c1");
    assert_text(told("c1"), "never_synced");
    set_paused("c1", "true");
    set_paused("c1", "false");
    tick();
    assert_text(told("c1"), "never_synced disabled");
    tick_later("c1");
    assert_text(told("c1"), "never_synced disabled never_synced");
    assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
    (void)set_second("c1", 0);
    tick();
    assert_text(latest("c1", "event"), "lost");
    assert_int_equal(report("c1", "canceled", NULL), UPDATED);
    assert_text(latest("c1", "event"), "back");
    tick_later("c1");
    assert_text(latest("c1", "event"), "never_synced");
    assert_int_equal(report("c1", "error", "no"), UPDATED);
    assert_text(latest("c1", "event"), "failing");
    assert_int_equal(report("c1", NULL, NULL), UPDATED);
    assert_text(latest("c1", "event"), "recovered");
    tick_later("c1");
    assert_text(latest("c1", "event"), "never_synced");
}

/* A tick by a host whose clock is ahead tells until the time of its clock. The next one, by a right
 * clock, tells what has come since. */
static void test_a_clock_ahead_silences_nothing(void **state)
{
    static const int ahead[] = { A_DAY, TICK_OVERLAP + 100, TICK_OVERLAP - 100 };

    (void)state;
    put("c1");
    for_each_row (i, ahead) {
        int64_t until = instant_now().seconds + ahead[i];

        assert_int_equal(report("c1", "in_progress", NULL), UPDATED);
        assert_int_equal(report("c1", "completed", NULL), UPDATED);
        tick();
        (void)REDIS("SET %b %lld", LIST_OF(key_told_until, "c1"), (long long)until);
        (void)set_second("c1", 1);
        tick();
        assert_text(latest("c1", "event"), "late");
        assert_int_equal(str_equal(REDIS("GET %b", LIST_OF(key_told_until, "c1")),
                                   ask_number(world_ask(), until)),
                         ahead[i] < TICK_OVERLAP);
    }
}

/* An id of the last shard. */
static const char *id_of_the_last(void)
{
    struct ask *ask = world_ask();
    const char *id = "c0";

    for (unsigned i = 1; key_shard(ask, str_from(id)) + 1 < key_shards(ask); i++)
        id = arena_format(world.arena, "c%u", i).ptr;
    return id;
}

static void test_a_faulty_shard_holds_up_no_other(void **state)
{
    const char *id = id_of_the_last();
    struct str late = world.settings.shards > 1 ? STR("late") : STR("");

    (void)state;
    put(id);
    assert_int_equal(report(id, "completed", NULL), UPDATED);
    (void)set_second(id, 1);
    (void)REDIS("SET %b foreign", BYTES(key_standings(world_ask(), 0)));
    assert_int_equal(try_tick(), FAULTY);
    assert_same(told(id), late);
    (void)REDIS("DEL %b", BYTES(key_standings(world_ask(), 0)));
    tick();
    assert_same(told(id), late);
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

static enum outcome lease(const char *token, int64_t milliseconds)
{
    struct ask *ask = world_ask();

    notices_lease(ask, STR("t"), str_from(token), milliseconds);
    return world_run(world.stores[0], ask);
}

/* Redis's clock was an hour ahead, and has been set back: what it let expire by then lasts for
 * long. */
static void test_a_clock_that_was_set_back_holds_up_nobody(void **state)
{
    struct ask *ask = world_ask();

    (void)state;
    (void)REDIS("SET lastsync:ticker other PX 3600000");
    tick_tell(ask);
    assert_int_equal(world_run(world.stores[0], ask), NOOP);
    assert_in_range(strtol(arena_copy(world.arena, REDIS("PTTL lastsync:ticker")).ptr, NULL, 10), 1,
                    TICK_MILLISECONDS);
    (void)REDIS("SET lastsync:notify:{t} other PX 3600000");
    assert_int_equal(lease("mine", 0), NOOP);
    assert_int_equal(lease("mine", 20000), FOUND);
    assert_int_equal(lease("other", 20000), NOOP);
    assert_int_equal(lease("mine", 20000), FOUND);
    assert_int_equal(lease("mine", 0), NOOP);
    assert_int_equal(lease("other", 20000), FOUND);
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

static void settle(struct notices *notices)
{
    struct ask *ask = world_ask();

    notices_done(ask, STR("t"), notices);
    assert_int_equal(world_run(world.stores[0], ask), UPDATED);
}

static void hold(struct notices *notices)
{
    for (size_t i = 0; i < notices->count; i++)
        notices->rows[i].hold_until = notices->rows[i].muted_until;
    settle(notices);
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

static void settle_told(struct notices *notices, const char *told)
{
    for (size_t i = 0; i < notices->count; i++)
        notices->rows[i].told_now = str_from(told);
    settle(notices);
}

/* A process that has lost its lease while a target took the event is late: the one that took over
 * has told of the recovery, too. */
static void test_who_comes_late_settles_nothing(void **state)
{
    (void)state;
    assert_int_equal(read_notices()->count, 0);
    put("c1");
    for (int held = 0; held <= 1; held++) {
        struct notices *late, *notices;

        assert_int_equal(report("c1", "error", "no"), UPDATED);
        notices = read_notices();
        if (held) {
            notices->rows[0].hold_until = 1;
            settle(notices);
        }
        late = read_notices();
        assert_int_equal(late->count, 1);
        settle_told(read_notices(), "failing 5");
        assert_int_equal(report("c1", "completed", NULL), UPDATED);
        settle_told(read_notices(), "ok 5");
        settle_told(late, "failing 7");
        assert_int_equal(report("c1", "error", "no"), UPDATED);
        notices = read_notices();
        assert_int_equal(notices->count, 1);
        assert_text(notices->rows[0].told, "ok 5");
        notices->rows[0].hold_until = 2; /* the other one has held it back anew */
        settle(notices);
        settle_told(late, "failing 7");
        notices = read_notices();
        assert_int_equal(notices->count, 1);
        assert_text(notices->rows[0].told, "ok 5");
        settle_told(notices, "failing 8");
        assert_int_equal(report("c1", "completed", NULL), UPDATED);
        settle_told(read_notices(), "ok 8");
        late->rows[0].hold_until = 1;
        settle(late);
        assert_int_equal(read_notices()->count, 0);
    }
}

/* A notice of one that was held back is about its present state, so none comes while older ones are
 * unread. */
static void test_one_held_back_comes_behind_all_entries(void **state)
{
    struct ask *ask = world_ask();
    struct notices *notices;

    (void)state;
    assert_int_equal(read_notices()->count, 0);
    put("c1");
    for (int i = 0; i <= NOTICES_MAX / 2; i++) {
        assert_int_equal(report("c1", "error", "no"), UPDATED);
        assert_int_equal(report("c1", "completed", NULL), UPDATED);
    }
    assert_text(
        REDIS("ZADD %bnotify:{t}:held 1 c1", BYTES(key_prefix(ask, key_shard(ask, STR("c1"))))),
        "1");
    notices = read_notices();
    assert_int_equal(notices->count, NOTICES_MAX);
    for (size_t i = 0; i < notices->count; i++)
        assert_true(notices->rows[i].entry.len);
    settle(notices);
    (void)REDIS("ZADD %bnotify:{t}:held 1 c1", BYTES(key_prefix(ask, key_shard(ask, STR("c1")))));
    notices = read_notices();
    assert_int_equal(notices->count, 3);
    assert_false(notices->rows[2].entry.len);
}

/* What the target was told of the connector, and when it is told of it again. */
static struct str known(const char *id)
{
    struct str prefix = key_prefix(world_ask(), key_shard(world_ask(), str_from(id)));
    struct str second =
        arena_copy(world.arena, REDIS("ZSCORE %bnotify:{t}:held %s", BYTES(prefix), id));

    return arena_format(world.arena, "%.*s|%.*s",
                        STR_ARGS(REDIS("HGET %bnotify:{t}:told %s", BYTES(prefix), id)),
                        STR_ARGS(second));
}

static void know(const char *id, const char *told)
{
    struct str prefix = key_prefix(world_ask(), key_shard(world_ask(), str_from(id)));

    (void)REDIS("HSET %bnotify:{t}:told %s %s", BYTES(prefix), id, told);
    (void)REDIS("ZADD %bnotify:{t}:held 7 %s", BYTES(prefix), id);
}

/* A target has to know what it was told until it is told the end. */
static void test_targets_forget_what_is_gone(void **state)
{
    (void)state;
    (void)read_notices();
    put("c1");
    put("c2");
    know("c1", "ok 5");
    know("c2", "failing 5");
    for (int hard = 0; hard <= 1; hard++) {
        assert_int_equal(world_delete("c1", hard), DELETED);
        assert_int_equal(world_delete("c2", hard), DELETED);
        assert_true(str_equal(known("c1"), str_from(hard ? "|" : "ok 5|7")));
        assert_true(str_equal(known("c2"), str_from(hard ? "failing 5|" : "failing 5|7")));
    }
}

static int64_t milliseconds(void)
{
    struct instant now = instant_now();

    return now.seconds * 1000 + now.nanos / 1000000;
}

static void begin_to_fail(int number)
{
    char id[16];

    (void)snprintf(id, sizeof id, "c%d", number);
    put(id);
    assert_int_equal(report(id, "error", "no"), UPDATED);
}

/* The oldest notices of all shards come first, so that none waits for another one's. */
static void test_a_bounded_number_is_read_at_once(void **state)
{
    struct notices *notices;
    int64_t began;
    char id[16];

    (void)state;
    assert_int_equal(read_notices()->count, 0);
    for (int i = 0; i < NOTICES_MAX; i++)
        begin_to_fail(i);
    began = milliseconds();
    while (milliseconds() == began)
        ;
    for (int i = 0; i < NOTICES_MAX / 2; i++)
        begin_to_fail(NOTICES_MAX + i);
    for (int later = 0; later <= 1; later++) {
        notices = read_notices();
        assert_int_equal(notices->count, later ? NOTICES_MAX / 2 : NOTICES_MAX);
        for (size_t i = 0; i < notices->count; i++) {
            (void)snprintf(id, sizeof id, "%.*s", STR_ARGS(notices->rows[i].connector));
            assert_int_equal(strtol(id + 1, NULL, 10) >= NOTICES_MAX, later);
        }
        settle(notices);
    }
    assert_int_equal(read_notices()->count, 0);
}

static void test_a_faulty_stream_holds_up_no_other(void **state)
{
    const char *id = id_of_the_last();
    struct notices *notices = arena_take(world.arena, sizeof *notices);
    struct ask *ask = world_ask();

    (void)state;
    assert_int_equal(read_notices()->count, 0);
    put(id);
    assert_int_equal(report(id, "error", "no"), UPDATED);
    (void)REDIS("SET %b foreign", BYTES(key_events(world_ask(), 0)));
    notices_read(ask, STR("t"), notices);
    if (world.settings.shards == 1) {
        assert_int_equal(world_run(world.stores[0], ask), FAULTY);
        return;
    }
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(notices->count, 1);
    assert_true(str_equal(notices->rows[0].connector, str_from(id)));
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
        EVENT_TEST(test_no_end_without_its_event),
        EVENT_TEST(test_ends_without_the_option),
        EVENT_TEST(test_who_is_turned_off_is_not_failing),
        EVENT_TEST(test_late_and_recovered),
        EVENT_TEST(test_an_old_success_is_judged_by_its_schedule),
        EVENT_TEST(test_lost_and_back),
        EVENT_TEST(test_never_synced_for_too_long),
        EVENT_TEST(test_a_refused_event_is_told_later),
        EVENT_TEST(test_the_first_tick_tells_what_stands),
        EVENT_TEST(test_the_first_tick_skips_nobody),
        EVENT_TEST(test_the_first_tick_has_the_error),
        EVENT_TEST(test_who_was_there_before_events),
        EVENT_TEST(test_never_synced_is_told_again),
        EVENT_TEST(test_a_clock_ahead_silences_nothing),
        EVENT_TEST(test_a_faulty_shard_holds_up_no_other),
        EVENT_TEST(test_one_tick_at_a_time),
        EVENT_TEST(test_a_clock_that_was_set_back_holds_up_nobody),
        EVENT_TEST(test_the_end_of_a_mute_is_not_missed),
        EVENT_TEST(test_who_comes_late_settles_nothing),
        EVENT_TEST(test_one_held_back_comes_behind_all_entries),
        EVENT_TEST(test_a_bounded_number_is_read_at_once),
        EVENT_TEST(test_a_faulty_stream_holds_up_no_other),
        EVENT_TEST(test_targets_forget_what_is_gone),
    };

    return cmocka_run_group_tests_name("events", tests, world_open, world_close);
}
