/* counts.c: tests the counts of ended syncs by day and by hour, and reading them. */
#include "store/connector/counts.h"

#include "base/instant.h"
#include "base/text.h"
#include "groups.h"
#include "store/schema/fields.h"

#define PAIR(name, value) { STR_ROW(name), STR_ROW(value) }
#define REPORT_OF(id, ...)                                                                         \
    report(id, (const struct pair[]){ __VA_ARGS__ },                                               \
           COUNT_OF(((const struct pair[]){ __VA_ARGS__ })))
#define DAYS(id) BYTES(key_days(world_ask(), str_from(id)))

enum { DAY_SECONDS = 86400, HOUR_SECONDS = 3600 };

static enum outcome report(const char *id, const struct pair *changes, size_t count)
{
    struct ask *ask = world_ask();

    connector_update(ask, str_from(id), REPORT, changes, count, NULL, 0);
    return world_run(world.stores[0], ask);
}

/* The first `size` bytes of the time so many seconds ago. */
static struct str time_before(int64_t seconds, size_t size)
{
    struct str time =
        instant_write((struct instant){ instant_now().seconds - seconds, 0 }, world.arena);

    time.len = size;
    return time;
}

/* The counts of a connector's latest day, without the date. */
static struct str counts_today(const char *id)
{
    struct str date, counts;

    counts_split(REDIS("HGET %b _today", CONNECTOR(id)), &date, &counts);
    return str_or_empty(counts);
}

static struct str counts_this_hour(const char *id)
{
    struct str time, counts;

    counts_split(str_or_empty(REDIS("GET %b", LIST_OF(key_hour, id))), &time, &counts);
    return str_or_empty(counts);
}

/* Moves the connector's day, and the hour of its shard, back by so much. */
static void age(const char *id, int64_t days, int64_t hours)
{
    struct str day = time_before(days * DAY_SECONDS, COUNTS_DAY);
    struct str hour = time_before(days * DAY_SECONDS + hours * HOUR_SECONDS, COUNTS_HOUR);

    day = arena_format(world.arena, "%.*s %.*s", STR_ARGS(day), STR_ARGS(counts_today(id)));
    hour = arena_format(world.arena, "%.*s %.*s", STR_ARGS(hour), STR_ARGS(counts_this_hour(id)));
    (void)REDIS("HSET %b _today %b", CONNECTOR(id), BYTES(day));
    (void)REDIS("SET %b %b", LIST_OF(key_hour, id), BYTES(hour));
}

static void complete(const char *id)
{
    assert_int_equal(REPORT_OF(id, PAIR("last_sync_status", "in_progress")), UPDATED);
    assert_int_equal(REPORT_OF(id, PAIR("last_sync_status", "completed")), UPDATED);
}

/* The sums over all connectors, in the last so many days or hours. */
static const struct counts *sum(size_t time_size, size_t count)
{
    static struct counts_span span;
    int64_t each = time_size == COUNTS_DAY ? DAY_SECONDS : HOUR_SECONDS;
    struct str *times = arena_take(world.arena, count * sizeof *times);
    struct ask *ask = world_ask();

    for (size_t i = 0; i < count; i++)
        times[i] = time_before((int64_t)(count - 1 - i) * each, time_size);
    span = (struct counts_span){ time_size, times,
                                 arena_take(world.arena, count * sizeof(struct counts)), count };
    counts_sum(ask, &span);
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    return span.counts;
}

/* ---- what is counted ---- */

static void test_each_end_counts_once(void **state)
{
    struct str tomorrow;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress")), UPDATED);
    assert_null(REDIS("HGET %b _today", CONNECTOR("c1")).ptr);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_indexed_document_count", "40"),
                               PAIR("last_deleted_document_count", "2")),
                     UPDATED);
    tomorrow = time_before(-DAY_SECONDS, COUNTS_DAY);
    (void)REDIS("HSET %b _today %b", CONNECTOR("c1"), /* the duration is not known */
                BYTES(arena_format(world.arena, "%.*s 1 0 0 40 2 5 5", STR_ARGS(tomorrow))));
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_indexed_document_count", "40"),
                               PAIR("last_deleted_document_count", "2")),
                     NOOP);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), NOOP);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "canceled")), UPDATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "suspended")), UPDATED);
    assert_text(counts_today("c1"), "1 1 2 40 2 5 5");
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "error")), UPDATED);
    assert_text(counts_today("c1"), "1 1 2 40 2 5 5 0 1 0 0 0");
    assert_int_equal(REPORT_OF("c1", PAIR("last_access_control_sync_status", "completed"),
                               PAIR("last_sync_status", "completed"),
                               PAIR("last_indexed_document_count", "7")),
                     UPDATED);
    assert_text(counts_today("c1"), "2 1 2 47 2 5 5 1 1 0 0 0");
}

static void test_the_longest_is_kept(void **state)
{
    struct counts counts;

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "in_progress")), UPDATED);
    (void)REDIS("HSET %b _sync_started_at %s", CONNECTOR("c1"), "2026-01-01T00:00:00.000Z");
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed")), UPDATED);
    assert_true(counts_read(counts_today("c1"), &counts));
    assert_true(counts.content.millis > 0);
    assert_int_equal(counts.content.longest, counts.content.millis);
    complete("c1");
    assert_true(counts_read(counts_today("c1"), &counts));
    assert_int_equal(counts.content.completed, 2);
    assert_true(counts.content.longest <= counts.content.millis);
    assert_true(counts.content.longest > DAY_SECONDS);
}

/* No value that a client may report makes sums wrong, or scripts fail. */
static void test_documents_are_bounded(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed"),
                               PAIR("last_indexed_document_count", "9223372036854775807"),
                               PAIR("last_deleted_document_count", "-9223372036854775808")),
                     UPDATED);
    assert_text(counts_today("c1"), "1 0 0 1000000000000 0 0 0");
}

static void test_sums_stay_within_64_bits(void **state)
{
    const struct str line =
        STR("9223372036854775807 1 0 9223372036854775807 5 9223372036854775807 7");
    struct counts sum, more;
    struct counts_kind both;

    (void)state;
    assert_true(counts_read(line, &sum));
    assert_true(counts_read(line, &more));
    counts_add(&sum, &more);
    assert_true(sum.content.completed == INT64_MAX && sum.content.millis == INT64_MAX);
    assert_true(sum.indexed == INT64_MAX);
    assert_int_equal(sum.content.failed, 2);
    assert_int_equal(sum.deleted, 10);
    sum.access_control = sum.content;
    both = counts_both(&sum);
    assert_true(both.completed == INT64_MAX && both.failed == 4);
}

static void test_nothing_is_counted_without_days(void **state)
{
    (void)state;
    world.settings.days = 0;
    assert_int_equal(world_put("c1", NULL), CREATED);
    complete("c1");
    assert_null(REDIS("HGET %b _today", CONNECTOR("c1")).ptr);
    assert_text(REDIS("EXISTS %b", LIST_OF(key_hour, "c1")), "0");
}

static void test_foreign_counts_begin_anew(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b _today %s", CONNECTOR("c1"), "what is this?");
    (void)REDIS("SET %b %s", LIST_OF(key_hour, "c1"), "1");
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    assert_text(counts_today("c1"), "0 1 0 0 0 0 0");
    assert_text(counts_this_hour("c1"), "0 1 0 0 0 0 0");
}

/* ---- days and hours that are over ---- */

static void test_a_day_ends(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    age("c1", 1, 0);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed")), UPDATED);
    assert_text(counts_today("c1"), "1 0 0 0 0 0 0");
    assert_text(REDIS("HGET %b %b", DAYS("c1"), BYTES(time_before(DAY_SECONDS, COUNTS_DAY))),
                "0 1 0 0 0 0 0");
    assert_text(REDIS("HLEN %b", DAYS("c1")), "1");
    assert_text(
        REDIS("HGET %b %b", LIST_OF(key_hours, "c1"), BYTES(time_before(DAY_SECONDS, COUNTS_HOUR))),
        "0 1 0 0 0 0 0");
    assert_text(REDIS("HGET %b %b", LIST_OF(key_all_days, "c1"),
                      BYTES(time_before(DAY_SECONDS, COUNTS_DAY))),
                "0 1 0 0 0 0 0");
    assert_int_equal(sum(COUNTS_DAY, 2)[0].content.failed, 1);
    assert_int_equal(sum(COUNTS_DAY, 2)[1].content.completed, 1);
    assert_int_equal(sum(COUNTS_HOUR, 25)[0].content.failed, 1);
    assert_int_equal(sum(COUNTS_HOUR, 25)[24].content.completed, 1);
}

/* As a worker with a different clock sees it. */
static void test_a_clock_behind_does_not_take_a_day_back(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    age("c1", -1, 0);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed")), UPDATED);
    assert_text(counts_today("c1"), "1 1 0 0 0 0 0");
    assert_text(REDIS("EXISTS %b", DAYS("c1")), "0");
}

/* Each is kept for its time, and not a day longer. */
static void test_what_is_old_goes(void **state)
{
    (void)state;
    world.settings.days = 20;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    age("c1", 1, 0);
    for (int64_t days = 2; days < 30; days++) {
        struct str day = time_before(days * DAY_SECONDS, COUNTS_DAY);
        struct str hour = time_before(days * DAY_SECONDS, COUNTS_HOUR);

        (void)REDIS("HSET %b %b %s", DAYS("c1"), BYTES(day), "0 1 0 0 0 0 0");
        (void)REDIS("HSET %b %b %s", LIST_OF(key_all_days, "c1"), BYTES(day), "0 2 0 0 0 0 0");
        (void)REDIS("HSET %b %b %s", LIST_OF(key_hours, "c1"), BYTES(hour), "0 3 0 0 0 0 0");
    }
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed")), UPDATED);
    assert_text(REDIS("HLEN %b", DAYS("c1")), "19");
    assert_text(REDIS("HLEN %b", LIST_OF(key_all_days, "c1")), "19");
    assert_text(REDIS("HLEN %b", LIST_OF(key_hours, "c1")), "14");
    assert_text(
        REDIS("HGET %b %b", DAYS("c1"), BYTES(time_before((int64_t)19 * DAY_SECONDS, COUNTS_DAY))),
        "0 1 0 0 0 0 0");
    assert_int_equal(sum(COUNTS_DAY, 20)[0].content.failed, 2);
    assert_int_equal(sum(COUNTS_DAY, 20)[4].content.failed, 2); /* without hours */
    assert_int_equal(sum(COUNTS_DAY, 20)[5].content.failed, 3);
    assert_int_equal(sum(COUNTS_DAY, 20)[19].content.completed, 1);
}

/* A day with hours is their sum, even if its own line is old. */
static void test_hours_make_the_day(void **state)
{
    struct str yesterday;

    (void)state;
    yesterday = time_before(DAY_SECONDS, COUNTS_DAY);
    for (int hour = 0; hour < 24; hour++) {
        struct str time =
            arena_format(world.arena, "%.*sT%d%d", STR_ARGS(yesterday), hour / 10, hour % 10);

        (void)REDIS("HSET %b %b %s", LIST_OF(key_hours, "c1"), BYTES(time),
                    "1 0 0 10 2 100 7 1 0 0 5 3");
    }
    (void)REDIS("HSET %b %b %s", LIST_OF(key_all_days, "c1"), BYTES(yesterday), "5 0 0 0 0 0 0");
    assert_int_equal(sum(COUNTS_DAY, 2)[0].content.completed, 24);
    assert_int_equal(sum(COUNTS_DAY, 2)[0].access_control.millis, 120);
    assert_int_equal(sum(COUNTS_DAY, 2)[0].content.longest, 7);
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("SET %b %b", LIST_OF(key_hour, "c1"),
                BYTES(arena_format(world.arena, "%.*sT23 1 0 0 0 0 0 0",
                                   STR_ARGS(time_before((int64_t)2 * DAY_SECONDS, COUNTS_DAY)))));
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    assert_text(REDIS("HGET %b %b", LIST_OF(key_all_days, "c1"), BYTES(yesterday)),
                "24 0 0 240 48 2400 7 24 0 0 120 3");
}

/* The last hour before a long pause is too old to be kept, but counts in its day. */
static void test_a_day_before_a_long_pause(void **state)
{
    struct str day;

    (void)state;
    day = time_before((int64_t)20 * DAY_SECONDS, COUNTS_DAY);
    (void)REDIS("HSET %b %b %s", LIST_OF(key_hours, "c1"),
                BYTES(arena_format(world.arena, "%.*sT05", STR_ARGS(day))), "1 0 0 7 0 10 10");
    (void)REDIS("SET %b %b", LIST_OF(key_hour, "c1"),
                BYTES(arena_format(world.arena, "%.*sT06 5 1 0 100 0 9000 3000", STR_ARGS(day))));
    assert_int_equal(world_put("c1", NULL), CREATED);
    complete("c1");
    assert_text(REDIS("HGET %b %b", LIST_OF(key_all_days, "c1"), BYTES(day)),
                "6 1 0 107 0 9010 3000");
    age("c1", 0, 1);
    complete("c1");
    assert_text(REDIS("HLEN %b", LIST_OF(key_hours, "c1")), "1"); /* the last one */
    assert_text(REDIS("HGET %b %b", LIST_OF(key_all_days, "c1"), BYTES(day)),
                "6 1 0 107 0 9010 3000");
}

/* ---- clocks that are wrong ---- */

/* To a clock that is 100 days ahead, what was counted in the last 80 days is too old. */
static void test_a_clock_far_ahead_removes_nothing(void **state)
{
    enum { AHEAD = 100, FILLED = 80 };

    (void)state;
    world.settings.days = 90;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    age("c1", AHEAD, 0);
    for (int64_t days = AHEAD + 1; days <= AHEAD + FILLED; days++) {
        struct str day = time_before(days * DAY_SECONDS, COUNTS_DAY);

        (void)REDIS("HSET %b %b %s", DAYS("c1"), BYTES(day), "0 1 0 0 0 0 0");
        (void)REDIS("HSET %b %b %s", LIST_OF(key_all_days, "c1"), BYTES(day), "0 2 0 0 0 0 0");
        if (days < AHEAD + 14)
            (void)REDIS("HSET %b %b %s", LIST_OF(key_hours, "c1"),
                        BYTES(time_before(days * DAY_SECONDS, COUNTS_HOUR)), "0 3 0 0 0 0 0");
    }
    complete("c1");
    assert_text(REDIS("HLEN %b", DAYS("c1")), "81");
    assert_text(REDIS("HLEN %b", LIST_OF(key_all_days, "c1")), "81");
    assert_text(REDIS("HLEN %b", LIST_OF(key_hours, "c1")), "14");
    age("c1", 1, 0); /* it was a pause of all: they are removed when the next day is over */
    complete("c1");
    assert_text(REDIS("HLEN %b", DAYS("c1")), "1");
    assert_text(REDIS("HLEN %b", LIST_OF(key_all_days, "c1")), "1");
    assert_text(REDIS("HLEN %b", LIST_OF(key_hours, "c1")), "1");
}

/* As a worker whose clock is right sees it. */
static void test_a_clock_far_ahead_does_not_take_what_follows(void **state)
{
    static const struct pair ends[] = { PAIR("last_sync_status", "canceled"),
                                        PAIR("last_sync_status", "suspended") };
    struct str hour, day;

    (void)state;
    hour = time_before(-DAY_SECONDS, COUNTS_HOUR);
    day = time_before(-(int64_t)2 * DAY_SECONDS, COUNTS_DAY);
    assert_int_equal(world_put("c1", NULL), CREATED);
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        (void)REDIS("HSET %b _today %b", CONNECTOR("c1"),
                    BYTES(arena_format(world.arena, "%.*s 0 1 0 0 0 0 0", STR_ARGS(day))));
        (void)REDIS("SET %b %b", LIST_OF(key_hour, "c1"),
                    BYTES(arena_format(world.arena, "%.*s 0 2 0 0 0 0 0", STR_ARGS(hour))));
        assert_int_equal(report("c1", &ends[i], 1), UPDATED);
        assert_text(counts_today("c1"), "0 0 1 0 0 0 0");
        assert_text(counts_this_hour("c1"), "0 0 1 0 0 0 0");
    }
    assert_text(REDIS("HGET %b %b", DAYS("c1"), BYTES(day)), "0 2 0 0 0 0 0");
    assert_text(REDIS("HGET %b %b", LIST_OF(key_hours, "c1"), BYTES(hour)), "0 4 0 0 0 0 0");
    assert_text(REDIS("EXISTS %b", LIST_OF(key_all_days, "c1")), "0"); /* it is yet to come */
}

/* A clock that is ahead ends a day and an hour; others go on in both, which end once more. */
static void test_what_ends_twice_is_added(void **state)
{
    struct str hour, day;

    (void)state;
    hour = time_before(HOUR_SECONDS, COUNTS_HOUR);
    day = time_before(DAY_SECONDS, COUNTS_DAY);
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b %b %s", DAYS("c1"), BYTES(day), "1 0 0 10 0 5 5");
    (void)REDIS("HSET %b %b %s", LIST_OF(key_hours, "c1"), BYTES(hour), "1 0 0 10 0 5 5 0 1 0 7 7");
    (void)REDIS("HSET %b _today %b", CONNECTOR("c1"),
                BYTES(arena_format(world.arena, "%.*s 1 0 2 4 1 9 9 1 0 0 2 2", STR_ARGS(day))));
    (void)REDIS("SET %b %b", LIST_OF(key_hour, "c1"),
                BYTES(arena_format(world.arena, "%.*s 0 1 0 5 1 9 9", STR_ARGS(hour))));
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    assert_text(REDIS("HGET %b %b", DAYS("c1"), BYTES(day)), "2 0 2 14 1 14 9 1 0 0 2 2");
    assert_text(REDIS("HGET %b %b", LIST_OF(key_hours, "c1"), BYTES(hour)),
                "1 1 0 15 1 14 9 0 1 0 7 7");
    assert_text(counts_today("c1"), "0 1 0 0 0 0 0");
    assert_text(counts_this_hour("c1"), "0 1 0 0 0 0 0");
}

/* Its hours are removed, so the hour that such a clock brings is not all of that day. */
static void test_a_clock_far_behind_keeps_the_sum_of_a_day(void **state)
{
    struct str day;

    (void)state;
    day = time_before((int64_t)20 * DAY_SECONDS, COUNTS_DAY);
    assert_int_equal(world_put("c1", NULL), CREATED);
    (void)REDIS("HSET %b %b %s", LIST_OF(key_all_days, "c1"), BYTES(day), "50 0 0 0 0 0 0");
    (void)REDIS("SET %b %b", LIST_OF(key_hour, "c1"),
                BYTES(arena_format(world.arena, "%.*sT06 1 0 0 0 0 0 0", STR_ARGS(day))));
    complete("c1");
    age("c1", 0, 1);
    complete("c1");
    assert_text(REDIS("HLEN %b", LIST_OF(key_hours, "c1")), "1"); /* the last one */
    assert_text(REDIS("HGET %b %b", LIST_OF(key_all_days, "c1"), BYTES(day)), "50 0 0 0 0 0 0");
}

/* ---- the owner of counts ---- */

static void test_all_connectors_are_summed_up(void **state)
{
    enum { CONNECTORS = 40 };

    (void)state;
    for (int i = 0; i < CONNECTORS; i++) {
        const char *id = arena_format(world.arena, "c%d", i).ptr;

        assert_int_equal(world_put(id, NULL), CREATED);
        assert_int_equal(REPORT_OF(id, PAIR("last_sync_status", "completed"),
                                   PAIR("last_indexed_document_count", "3")),
                         UPDATED);
    }
    assert_int_equal(sum(COUNTS_HOUR, 2)[1].content.completed +
                         sum(COUNTS_HOUR, 2)[0].content.completed,
                     CONNECTORS);
    assert_int_equal(sum(COUNTS_DAY, 2)[1].indexed + sum(COUNTS_DAY, 2)[0].indexed, 3 * CONNECTORS);
}

static void test_counts_go_with_their_connector(void **state)
{
    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "error")), UPDATED);
    age("c1", 1, 0);
    assert_int_equal(REPORT_OF("c1", PAIR("last_sync_status", "completed")), UPDATED);
    assert_text(REDIS("EXISTS %b", DAYS("c1")), "1");
    assert_int_equal(world_put("c1", NULL), UPDATED); /* its history begins anew as well */
    assert_text(REDIS("EXISTS %b", DAYS("c1")), "0");
    assert_text(counts_today("c1"), "");
    (void)REDIS("HSET %b %s %s", DAYS("c1"), "2026-01-01", "0 1 0 0 0 0 0");
    assert_int_equal(world_delete("c1", true), DELETED);
    assert_text(REDIS("EXISTS %b", DAYS("c1")), "0");
}

static void test_counts_of_one(void **state)
{
    struct ask *ask, *next = world_ask();

    (void)state;
    assert_int_equal(world_put("c1", NULL), CREATED);
    complete("c1");
    (void)REDIS("HSET %b %s %s", DAYS("c1"), "2026-01-01", "0 1 0 0 0 0 0");
    ask = world_ask();
    counts_of(ask, STR("c1"));
    assert_int_equal(world_run(world.stores[0], ask), FOUND);
    counts_of(next, STR("c2"));
    assert_int_equal(world_run(world.stores[0], next), MISSING); /* its replies take their place */
    assert_same(ask->rows->values[0], REDIS("HGET %b _today", CONNECTOR("c1")));
    assert_int_equal(ask->rows->days->count, 2);
    assert_text(reply_item(ask->rows->days, 1), "0 1 0 0 0 0 0");
    assert_int_equal(world_delete("c1", false), DELETED);
    ask = world_ask();
    counts_of(ask, STR("c1"));
    assert_int_equal(world_run(world.stores[0], ask), MISSING);
}

int test_counts(void)
{
    const struct CMUnitTest tests[] = {
        WORLD_TEST(test_each_end_counts_once),
        WORLD_TEST(test_the_longest_is_kept),
        WORLD_TEST(test_documents_are_bounded),
        WORLD_TEST(test_sums_stay_within_64_bits),
        WORLD_TEST(test_nothing_is_counted_without_days),
        WORLD_TEST(test_foreign_counts_begin_anew),
        WORLD_TEST(test_a_day_ends),
        WORLD_TEST(test_a_clock_behind_does_not_take_a_day_back),
        WORLD_TEST(test_what_is_old_goes),
        WORLD_TEST(test_hours_make_the_day),
        WORLD_TEST(test_a_day_before_a_long_pause),
        WORLD_TEST(test_a_clock_far_ahead_removes_nothing),
        WORLD_TEST(test_a_clock_far_ahead_does_not_take_what_follows),
        WORLD_TEST(test_what_ends_twice_is_added),
        WORLD_TEST(test_a_clock_far_behind_keeps_the_sum_of_a_day),
        WORLD_TEST(test_all_connectors_are_summed_up),
        WORLD_TEST(test_counts_go_with_their_connector),
        WORLD_TEST(test_counts_of_one),
    };

    return cmocka_run_group_tests_name("counts", tests, world_open, world_close);
}
