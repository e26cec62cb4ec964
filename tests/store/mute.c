/* mute.c: tests muted connectors, and their counts. */
#include "store/connector/mute.h"

#include "base/instant.h"
#include "base/text.h"
#include "groups.h"

enum { AN_HOUR = 3600 };

static enum outcome mute(const char *id, int64_t seconds)
{
    struct ask *ask = world_ask();
    const struct mute mute = { instant_now().seconds + seconds, STR("a note"), STR("ann") };

    mute_begin(ask, str_from(id), &mute);
    return world_run(world.stores[0], ask);
}

static enum outcome unmute(const char *id)
{
    struct ask *ask = world_ask();

    mute_end(ask, str_from(id));
    return world_run(world.stores[0], ask);
}

static void check_counts(uint64_t never_synced, uint64_t muted)
{
    struct ask *ask = world_ask_rows(0);

    world_ask_overview(ask);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    assert_int_equal(world.overview.counts[NEVER_SYNCED], never_synced);
    assert_int_equal(world.overview.muted, muted);
    assert_int_equal(ask->total, never_synced + muted);
}

static void test_muted_ones_are_not_counted(void **state)
{
    (void)state;
    assert_int_equal(mute("c1", AN_HOUR), MISSING);
    for (int i = 0; i < 20; i++)
        assert_int_equal(world_put(arena_format(world.arena, "c%d", i).ptr, NULL), CREATED);
    check_counts(20, 0);
    assert_int_equal(mute("c1", AN_HOUR), UPDATED);
    assert_int_equal(mute("c7", AN_HOUR), UPDATED);
    check_counts(18, 2);
    assert_int_equal(unmute("c1"), UPDATED);
    assert_int_equal(unmute("c1"), NOOP);
    assert_null(REDIS("HGET %b _mute_note", CONNECTOR("c1")).ptr);
    check_counts(19, 1);
}

/* A mute ends by itself. */
static void test_it_ends_by_itself(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(mute("c1", -1), UPDATED);
    check_counts(1, 0);
}

static void test_it_ends_with_its_connector(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(mute("c1", AN_HOUR), UPDATED);
    assert_int_equal(world_delete("c1", false), DELETED);
    assert_int_equal(mute("c1", AN_HOUR), MISSING);
    assert_int_equal(unmute("c1"), MISSING);
    check_counts(0, 0);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    check_counts(1, 0);
    assert_int_equal(mute("c1", AN_HOUR), UPDATED);
    assert_int_equal(world_put("c1", NULL), UPDATED);
    assert_text(REDIS("EXISTS %b", LIST_OF(key_muted, "c1")), "0");
    check_counts(1, 0);
}

/* Overviews look at all mutes, so their number is bounded; ended ones make room. */
static void test_no_more_than_some(void **state)
{
    static const char fill[] =
        "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], ARGV[2], 'x' .. i) end";
    int64_t now = instant_now().seconds;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("EVAL %s 1 %b %d %lld", fill, LIST_OF(key_muted, "c1"), (int)MUTED_MAX,
                (long long)now + AN_HOUR);
    assert_int_equal(mute("c1", AN_HOUR), FULL);
    assert_null(REDIS("HGET %b _muted_until", CONNECTOR("c1")).ptr);
    (void)REDIS("EVAL %s 1 %b %d %lld", fill, LIST_OF(key_muted, "c1"), 1, (long long)now - 1);
    assert_int_equal(mute("c1", AN_HOUR), UPDATED);
    assert_int_equal(mute("c1", AN_HOUR + 1), UPDATED);
    assert_int_equal(unmute("c1"), UPDATED);
    (void)REDIS("DEL %b", LIST_OF(key_muted, "c1"));
}

int test_mute(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_muted_ones_are_not_counted),
        WORLD_TEST(test_it_ends_by_itself),
        WORLD_TEST(test_it_ends_with_its_connector),
        WORLD_TEST(test_no_more_than_some),
    };

    return cmocka_run_group_tests_name("mute", tests, world_open, world_close);
}
