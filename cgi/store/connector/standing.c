/* standing.c: how connectors stand, and the sorted set of it. */
#include "store/connector/standing.h"

#include "base/cron.h"
#include "base/instant.h"
#include "base/tree.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

const struct str standing_words[STANDINGS] = {
    [FAILING] = STR_ROW("failing"),   [LOST] = STR_ROW("lost"),
    [LATE] = STR_ROW("late"),         [NEVER_SYNCED] = STR_ROW("never_synced"),
    [RUNNING] = STR_ROW("running"),   [FRESH] = STR_ROW("fresh"),
    [DISABLED] = STR_ROW("disabled"),
};

const struct str standing_fields[STANDING_FIELDS] = {
    [STANDING_DELETED] = STR_ROW("deleted"),
    [STANDING_PLACE] = STR_ROW("_place"),
    [STANDING_SCHEDULING] = STR_ROW("scheduling"),
};

/* ---- scores ---- */

/* Of each two standings that the clock turns into each other, the worse one comes first. */
enum class {
    CLASS_FAILING,
    CLASS_RUNNING,
    CLASS_SYNCED,
    CLASS_NEVER_SYNCED,
    CLASS_DISABLED,
    CLASSES
};

static const struct {
    enum standing standing;
    enum standing expired; /* what it becomes when its time has come */
} classes[CLASSES] = {
    [CLASS_FAILING] = { FAILING, FAILING },
    [CLASS_RUNNING] = { RUNNING, LOST },
    [CLASS_SYNCED] = { FRESH, LATE },
    [CLASS_NEVER_SYNCED] = { NEVER_SYNCED, NEVER_SYNCED },
    [CLASS_DISABLED] = { DISABLED, DISABLED },
};

/* The words that places begin with. */
static const struct {
    struct str word;
    enum class class;
    bool scheduled; /* late by its schedule, and not by its age */
} places[] = {
    { STR_ROW("never_synced"), CLASS_NEVER_SYNCED }, { STR_ROW("failing"), CLASS_FAILING },
    { STR_ROW("running"), CLASS_RUNNING },           { STR_ROW("ok"), CLASS_SYNCED },
    { STR_ROW("scheduled"), CLASS_SYNCED, true },    { STR_ROW("disabled"), CLASS_DISABLED },
};

enum { PLACES = sizeof places / sizeof places[0] };

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

/* A place as its parts. */
struct place {
    size_t word;                     /* of `places` */
    int64_t success, access_success; /* the next full minutes after these; 0 for none */
};

/* The next full minute after one that is written as "YYYY-MM-DDTHH:MM". */
static int64_t minute_after(struct str text)
{
    struct instant instant;

    return text.len && instant_read(text, &instant) == INSTANT_READ ? instant.seconds + 60 : 0;
}

/* A connector without a place, or with one of another version, was never heard of. */
static struct place read_place(struct str text)
{
    struct str word = str_take(&text, ' '), success = str_take(&text, ' ');
    struct place place = { 0, minute_after(success), minute_after(text) };

    for (size_t i = 0; i < PLACES; i++)
        if (str_equal(word, places[i].word))
            place.word = i;
    return place;
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
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

static int64_t next_sync(const struct place *place, struct str scheduling,
                         const struct ask_settings *settings, struct arena *arena)
{
    struct json_object *tree;
    int64_t due;

    if (!places[place->word].scheduled || !scheduling.ptr || !tree_parse(scheduling, arena, &tree))
        return place->success + settings->max_age;
    due = sooner(next_scheduled(tree, "full", place->success, settings),
                 next_scheduled(tree, "incremental", place->success, settings));
    return sooner(due, next_scheduled(tree, "access_control", place->access_success, settings));
}

/* Where time decides nothing, those without a success for longest come first. */
static int64_t expiry(const struct place *place, struct str scheduling,
                      const struct ask_settings *settings, struct arena *arena)
{
    switch (places[place->word].class) {
    case CLASS_RUNNING:
        return place->success + LOST_SECONDS;
    case CLASS_SYNCED:
        return next_sync(place, scheduling, settings, arena);
    default:
        return place->success;
    }
}

struct stand standing_of(const struct str *values, int64_t now, const struct ask_settings *settings,
                         struct arena *arena)
{
    struct place place = read_place(str_or_empty(values[STANDING_PLACE]));
    enum class class = places[place.word].class;
    int64_t second = clamp(expiry(&place, values[STANDING_SCHEDULING], settings, arena));

    return (struct stand){
        .standing = second <= now ? classes[class].expired : classes[class].standing,
        .has_due = class == CLASS_SYNCED && second < never,
        .due_at = second,
        .score = class * class_size + second,
    };
}

/* ---- the sorted set ---- */

struct settling {
    struct str id;
    struct str place, scheduling; /* by which it was placed; an empty place for none */
    ask_step *then;               /* follows, with no replies */
    void *operation;
};

static void after_placing(struct ask *ask, const struct reply *replies);

/* Its schedule counts only where it is late by that, and is long. */
static void ask_standing(struct ask *ask, const struct settling *settling, bool with_schedule)
{
    size_t count = with_schedule ? STANDING_FIELDS : STANDING_SCHEDULING;
    struct str *arguments = ask_command(ask, NULL, 2 + count);

    arguments[0] = STR("HMGET");
    arguments[1] = key_connector(ask, settling->id);
    memcpy(arguments + 2, standing_fields, count * sizeof *standing_fields);
}

static bool is_scheduled(struct str place)
{
    return places[read_place(place).word].scheduled;
}

/* Writes the place, and reads the connector again: of several who do so at once, the last one to
 * write has seen the last state of the hash. */
static void put_into_place(struct ask *ask, const struct settling *settling)
{
    const struct str values[STANDING_FIELDS] = {
        [STANDING_PLACE] = settling->place, [STANDING_SCHEDULING] = settling->scheduling
    };
    bool gone = !settling->place.len;
    struct str *arguments;

    ask_then(ask, after_placing);
    arguments = ask_command(ask, NULL, gone ? 3 : 4);
    arguments[0] = gone ? STR("ZREM") : STR("ZADD");
    arguments[1] = key_standings(ask);
    if (!gone)
        arguments[2] = ask_number(ask, standing_of(values, 0, ask->settings, ask->arena).score);
    arguments[gone ? 2 : 3] = settling->id;
    ask_standing(ask, settling, is_scheduled(settling->place));
}

static struct str place_of(const struct reply *reply)
{
    if (!str_equal(str_or_empty(reply_item(reply, STANDING_DELETED)), STR("false")))
        return STR("");
    return str_or_empty(reply_item(reply, STANDING_PLACE));
}

static void after_reading(struct ask *ask, const struct reply *replies)
{
    struct settling *settling = ask->operation;

    settling->place = place_of(&replies[0]);
    settling->scheduling = str_or_empty(reply_item(&replies[0], STANDING_SCHEDULING));
    put_into_place(ask, settling);
}

static void read_again(struct ask *ask, const struct settling *settling)
{
    ask_then(ask, after_reading);
    ask_standing(ask, settling, true);
}

static void after_placing(struct ask *ask, const struct reply *replies)
{
    const struct settling *settling = ask->operation;
    struct str scheduling = str_or_empty(reply_item(&replies[1], STANDING_SCHEDULING));

    if (!str_equal(place_of(&replies[1]), settling->place) ||
        (is_scheduled(settling->place) && !str_equal(scheduling, settling->scheduling))) {
        read_again(ask, settling);
        return;
    }
    ask->operation = settling->operation;
    ask_then(ask, NULL);
    settling->then(ask, NULL);
}

static struct settling *start(struct ask *ask, struct str id, struct str place, ask_step *then)
{
    struct settling *settling = arena_take(ask->arena, sizeof *settling);

    *settling = (struct settling){ id, place, STR(""), then, ask->operation };
    ask->operation = settling;
    return settling;
}

void standing_settle(struct ask *ask, struct str id, ask_step *then)
{
    read_again(ask, start(ask, id, STR(""), then));
}

void standing_place(struct ask *ask, struct str id, struct str place, ask_step *then)
{
    const struct settling *settling = start(ask, id, place, then);

    if (is_scheduled(place))
        read_again(ask, settling); /* its schedule has to be read as well */
    else
        put_into_place(ask, settling);
}
