/* standing.c: how connectors stand, and the sorted set of it. */
#include "store/standing.h"

#include "base/cron.h"
#include "base/instant.h"
#include "base/tree.h"
#include "store/key.h"
#include "store/scripts.h"

const struct str standing_words[STANDINGS] = {
    [FAILING] = STR_ROW("failing"),   [LOST] = STR_ROW("lost"),
    [LATE] = STR_ROW("late"),         [NEVER_SYNCED] = STR_ROW("never_synced"),
    [RUNNING] = STR_ROW("running"),   [FRESH] = STR_ROW("fresh"),
    [DISABLED] = STR_ROW("disabled"),
};

const struct str standing_fields[STANDING_FIELDS] = {
    [STANDING_DELETED] = STR_ROW("deleted"),
    [STANDING_PLACE] = STR_ROW("_place"),
    [STANDING_PLACED] = STR_ROW("_placed"),
    [STANDING_SUCCESS] = STR_ROW("_last_success"),
    [STANDING_ACCESS_SUCCESS] = STR_ROW("_access_control_last_success"),
    [STANDING_SEEN] = STR_ROW("last_seen"),
    [STANDING_REPORTED] = STR_ROW("_reported_at"),
    [STANDING_SCHEDULING] = STR_ROW("scheduling"),
    [STANDING_PAUSED] = STR_ROW("_paused"),
};

/* ---- scores ---- */

/* Of each two standings that the clock turns into each other, the worse one comes first. */
enum class { CLASS_FAILING, CLASS_RUNNING, CLASS_OK, CLASS_NEVER_SYNCED, CLASS_DISABLED, CLASSES };

static const struct {
    struct str word; /* that a _place begins with */
    enum standing standing;
    enum standing expired; /* what it becomes when its time has come */
} classes[CLASSES] = {
    [CLASS_FAILING] = { STR_ROW("failing"), FAILING, FAILING },
    [CLASS_RUNNING] = { STR_ROW("running"), RUNNING, LOST },
    [CLASS_OK] = { STR_ROW("ok"), FRESH, LATE },
    [CLASS_NEVER_SYNCED] = { STR_ROW("never_synced"), NEVER_SYNCED, NEVER_SYNCED },
    [CLASS_DISABLED] = { STR_ROW("disabled"), DISABLED, DISABLED },
};

/* A score is its class times this, and a second in which it expires: doubles hold it exactly. */
static const int64_t class_size = (int64_t)1 << 40, never = ((int64_t)1 << 40) - 1;

static int64_t clamp(int64_t second)
{
    return second < 0 ? 0 : second > never ? never : second;
}

void standing_scores(enum standing standing, int64_t now, int64_t *from, int64_t *to)
{
    for (int class = 0; class < CLASSES; class ++) {
        int64_t begin = class * class_size, due = begin + clamp(now + 1);

        if (classes[class].standing != standing && classes[class].expired != standing)
            continue;
        *from = classes[class].expired == standing ? begin : due;
        *to = classes[class].standing == standing ? begin + class_size : due;
    }
}

/* ---- times ---- */

/* The next full minute after a stored time, 0 where there is none. */
static int64_t minute_after(struct str text)
{
    struct instant instant;

    if (!text.len || instant_read(text, &instant) != INSTANT_READ)
        return 0;
    return (instant.seconds / 60 + 1) * 60;
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* When a sync by this kind of schedule should have come after a success, `never` if it is not to.
 */
static int64_t next_scheduled(struct json_object *scheduling, const char *kind, int64_t success,
                              const struct ask_settings *settings)
{
    struct json_object *schedule = tree_member(scheduling, kind);
    struct cron cron;
    int64_t next;

    if (!success || !str_equal(tree_text(tree_member(schedule, "enabled")), STR("true")) ||
        !cron_read(tree_text(tree_member(schedule, "interval")), &cron) ||
        !cron_next(&cron, success, &next))
        return never;
    return next + settings->late_grace;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t due_at(const struct str *values, const struct ask_settings *settings,
                      struct arena *arena)
{
    int64_t success = minute_after(values[STANDING_SUCCESS]);
    int64_t access_success = minute_after(values[STANDING_ACCESS_SUCCESS]);
    struct json_object *scheduling;
    int64_t due;

    /* Nobody has ever set a schedule: the one that was made with the connector says nothing. */
    if (!values[STANDING_PAUSED].ptr || !values[STANDING_SCHEDULING].ptr ||
        !tree_parse(values[STANDING_SCHEDULING], arena, &scheduling))
        return success + settings->max_age;
    due = sooner(next_scheduled(scheduling, "full", success, settings),
                 next_scheduled(scheduling, "incremental", success, settings));
    return sooner(due, next_scheduled(scheduling, "access_control", access_success, settings));
}

static enum class class_of(struct str place) {
    struct str rest = place, word = str_take(&rest, ' ');

    for (int class = 0; class < CLASSES;
         class ++) if (str_equal(word, classes[class].word)) return (enum class) class;
    return CLASS_NEVER_SYNCED;
}

static int64_t expiry(enum class class, const struct str *values,
                      const struct ask_settings *settings, struct arena *arena)
{
    switch (class) {
    case CLASS_RUNNING:
        return LOST_SECONDS +
               later(minute_after(values[STANDING_SEEN]), minute_after(values[STANDING_REPORTED]));
    case CLASS_OK:
        return due_at(values, settings, arena);
    default: /* the longest without a success first */
        return minute_after(values[STANDING_SUCCESS]);
    }
}

struct stand standing_of(const struct str *values, int64_t now, const struct ask_settings *settings,
                         struct arena *arena)
{
    enum class class = class_of(str_or_empty(values[STANDING_PLACE]));
    int64_t second = clamp(expiry(class, values, settings, arena));
    bool expired = second <= now;

    return (struct stand){
        .standing = expired ? classes[class].expired : classes[class].standing,
        .has_due = class == CLASS_OK && second < never,
        .due_at = second,
        .score = class * class_size + second,
    };
}

/* ---- the sorted set ---- */

struct settling {
    struct str id, place;
    ask_step *then; /* follows, with no replies */
    void *operation;
};

static void read_standing(struct ask *ask);

static void after_settling(struct ask *ask, const struct reply *replies)
{
    const struct settling *settling = ask->operation;

    if (!str_equal(replies[1].text, STR("placed"))) {
        read_standing(ask);
        return;
    }
    ask->operation = settling->operation;
    ask_then(ask, NULL);
    settling->then(ask, NULL);
}

static void after_reading(struct ask *ask, const struct reply *replies)
{
    struct settling *settling = ask->operation;
    struct str values[STANDING_FIELDS], *arguments;
    bool gone;

    for (size_t i = 0; i < STANDING_FIELDS; i++)
        values[i] = reply_item(&replies[0], i);
    gone = !str_equal(str_or_empty(values[STANDING_DELETED]), STR("false"));
    settling->place = gone ? STR("") : str_or_empty(values[STANDING_PLACE]);
    ask_then(ask, after_settling);
    arguments = ask_command(ask, NULL, gone ? 3 : 4);
    arguments[0] = gone ? STR("ZREM") : STR("ZADD");
    arguments[1] = key_standings(ask);
    if (!gone)
        arguments[2] = ask_number(ask, standing_of(values, 0, ask->settings, ask->arena).score);
    arguments[gone ? 2 : 3] = settling->id;
    arguments = ask_command(ask, &script_placed, 3);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, settling->id);
    arguments[2] = settling->place;
}

static void read_standing(struct ask *ask)
{
    const struct settling *settling = ask->operation;
    struct str *arguments;

    ask_then(ask, after_reading);
    arguments = ask_command(ask, NULL, 2 + STANDING_FIELDS);
    arguments[0] = STR("HMGET");
    arguments[1] = key_connector(ask, settling->id);
    memcpy(arguments + 2, standing_fields, sizeof standing_fields);
}

void standing_settle(struct ask *ask, struct str id, ask_step *then)
{
    struct settling *settling = arena_take(ask->arena, sizeof *settling);

    *settling = (struct settling){ .id = id, .then = then, .operation = ask->operation };
    ask->operation = settling;
    read_standing(ask);
}
