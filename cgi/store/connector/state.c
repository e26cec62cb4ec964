/* state.c: scores, and the times of next syncs. */
#include "store/connector/state.h"

#include "base/cron.h"
#include "base/instant.h"
#include "base/text.h"
#include "base/tree.h"

/* ---- scores ---- */

enum state_class {
#define STATE_CLASS(enumerator, ...) enumerator,
#include "store/schema/words.def"
    STATE_CLASSES
};

static const struct {
    enum connector_state state, expired;
} classes[STATE_CLASSES] = {
#define STATE_CLASS(enumerator, state, expired) [enumerator] = { state, expired },
#include "store/schema/words.def"
};

_Static_assert(2 * (int)STATE_CLASSES <= (int)WALK_PARTS_MAX, "each class has two parts at most");

static const int64_t class_size = INT64_C(1) << 40;

/* Splits a score into its class and its second. A foreign score may have no valid class. */
static enum state_class class_of(int64_t score, int64_t *second)
{
    int64_t class = score / class_size;

    *second = score % class_size;
    return score < 0 || class >= STATE_CLASSES ? CLASS_NEVER_SYNCED : (enum state_class) class;
}

enum connector_state state_of(int64_t score, int64_t now)
{
    int64_t second;
    enum state_class class = class_of(score, &second);

    return second <= now ? classes[class].expired : classes[class].state;
}

static bool class_runs(enum state_class class)
{
    return class >= CLASS_FAILING_RUNNING && class <= CLASS_DISABLED_RUNNING;
}

bool state_runs(int64_t score)
{
    int64_t second;

    return class_runs(class_of(score, &second));
}

size_t state_parts(int64_t now, struct walk_part parts[WALK_PARTS_MAX],
                   enum connector_state states[WALK_PARTS_MAX], bool runs[WALK_PARTS_MAX])
{
    size_t count = 0;

    for (enum state_class class = 0; class < STATE_CLASSES; class ++) {
        int64_t from = class * class_size, end = from + class_size, turn = from + now + 1;

        if (classes[class].state == classes[class].expired)
            turn = from;
        if (turn > from) {
            parts[count] = (struct walk_part){ .from = from, .to = turn };
            states[count] = classes[class].expired;
            runs[count++] = class_runs(class);
        }
        parts[count] = (struct walk_part){ .from = turn, .to = end };
        states[count] = classes[class].state;
        runs[count++] = class_runs(class);
    }
    return count;
}

/* ---- schedules ---- */

enum { SYNCS_KEPT = 8 }; /* times; they are computed again when the last one has passed */

static bool read_schedule(struct json_object *scheduling, const char *kind, struct cron *cron)
{
    struct json_object *schedule = tree_member(scheduling, kind);

    return str_equal(tree_text(tree_member(schedule, "enabled")), STR("true")) &&
           cron_read(tree_text(tree_member(schedule, "interval")), cron);
}

/* Writes a second, and the next times of several schedules after it, separated by blanks. A point
 * follows the last time that will ever come. */
static struct str next_syncs(const struct cron *crons, size_t count, int64_t after,
                             struct arena *arena)
{
    struct text list = text_new(arena, (size_t)12 * (SYNCS_KEPT + 1));

    if (after < 0)
        after = 0;
    text_number(&list, after);
    for (int i = 0; i < SYNCS_KEPT; i++) {
        int64_t first = INT64_MAX;

        for (size_t k = 0; k < count; k++) {
            int64_t next;

            if (cron_next(&crons[k], after, &next) && next < first)
                first = next;
        }
        text_byte(&list, ' ');
        if (first == INT64_MAX) {
            text_byte(&list, '.');
            break;
        }
        text_number(&list, first);
        after = first;
    }
    return text_str(&list);
}

static int64_t second_of(struct str success, int64_t now)
{
    struct instant instant;

    return success.len && instant_read(success, &instant) == INSTANT_READ ? instant.seconds : now;
}

struct state_plan state_plan(struct str scheduling, struct str success, struct str access_success,
                             int64_t now, struct arena *arena)
{
    struct state_plan plan = { .paused = STR("false") };
    struct cron content[2], access;
    struct json_object *tree;
    bool has_access;
    size_t count = 0;

    if (!scheduling.ptr || !tree_parse(scheduling, arena, &tree))
        tree = tree_new_object(arena);
    count += read_schedule(tree, "full", &content[count]);
    count += read_schedule(tree, "incremental", &content[count]);
    has_access = read_schedule(tree, "access_control", &access);
    if (count)
        plan.next = next_syncs(content, count, second_of(success, now), arena);
    if (has_access)
        plan.access_next = next_syncs(&access, 1, second_of(access_success, now), arena);
    if (!count && !has_access)
        plan.paused = STR("true");
    return plan;
}
