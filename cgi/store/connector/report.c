/* report.c: the reports of connectors, and the changes that their state depends on. */
#include "store/connector/report.h"

#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "store/connector/state.h"
#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

/* ---- the words of the call ---- */

/* Gives the time of a success: the reported time of the sync, but never later than now. Else a
 * clock that is ahead would keep the connector fresh. */
static struct instant success_time(const struct pair *changes, size_t count, struct instant now)
{
    struct str synced = document_value(changes, count, connector_names[LAST_SYNCED]);
    struct instant instant;

    if (!synced.len || instant_read(synced, &instant) != INSTANT_READ || instant.seconds < 1 ||
        instant.seconds > now.seconds ||
        (instant.seconds == now.seconds && instant.nanos > now.nanos))
        return now;
    return instant;
}

static struct str mode_word(unsigned mode, bool is_long)
{
    static const struct {
        struct str plain, of_long;
    } words[REPORT_MODES] = {
        [TOUCH] = { STR_ROW("touch"), STR_ROW("long touch") },
        [SETTLE] = { STR_ROW("settle"), STR_ROW("settle") }, /* its fields are never long */
        [REPORT] = { STR_ROW("report"), STR_ROW("long report") },
        [REPORT_LOOK] = { STR_ROW("look"), STR_ROW("look") },
    };

    return is_long ? words[mode].of_long : words[mode].plain;
}

/* Adds a letter for each field that a report may bring, and the values to set; marks the changes
 * that have a letter. */
static void add_reported(struct ask *ask, const struct pair *changes, size_t count, bool *added)
{
    char *letters = arena_take(ask_memory(ask), REPORT_FIELDS);
    struct str values[REPORT_FIELDS];
    size_t value_count = 0;

    for (size_t field = 0; field < REPORT_FIELDS; field++) {
        letters[field] = '-';
        for (size_t i = 0; i < count; i++) {
            if (added[i] || !str_equal(changes[i].name, report_names[field]))
                continue;
            added[i] = true;
            letters[field] = changes[i].value.ptr ? 's' : 'c';
            if (changes[i].value.ptr)
                values[value_count++] = changes[i].value;
            break;
        }
    }
    ask_word(ask, (struct str){ letters, REPORT_FIELDS });
    ask_words(ask, values, value_count);
}

/* Adds the other changes, and how many they are. If there are none, and nothing follows, it adds
 * nothing and gives false. */
static bool add_others(struct ask *ask, const struct pair *changes, size_t count, const bool *added,
                       bool more_follows)
{
    int64_t others = 0;

    for (size_t i = 0; i < count; i++)
        others += !added[i];
    if (!others && !more_follows)
        return false;
    ask_word_number(ask, others);
    for (size_t i = 0; i < count; i++) {
        const struct str words[] = { changes[i].value.ptr ? STR("s") : STR("c"), changes[i].name,
                                     str_or_empty(changes[i].value) };

        if (!added[i])
            ask_words(ask, words, 3);
    }
    return true;
}

void report_add_words(struct ask *ask, struct str id, unsigned mode, const struct pair *changes,
                      size_t count, const struct pair *expected, size_t expected_count,
                      bool has_more)
{
    struct instant now = instant_now(), success = success_time(changes, count, now);
    bool *added = arena_take_cleared(ask_memory(ask), (count + 1) * sizeof *added);
    const struct str words[] = {
        key_prefix(ask, key_shard(ask, id)),
        id,
        instant_write(now, ask_memory(ask)),
        ask_number(ask, instant_millis(now)),
        instant_write(success, ask_memory(ask)),
        ask_number(ask, instant_millis(success)),
        ask_number(ask, ask->settings->history),
        arena_format(ask_memory(ask), "%u %u", ask->settings->max_age, ask->settings->late_grace),
        mode_word(mode, document_is_long(changes, count)),
        ask_number(ask, ask->settings->days),
        ask_number(ask, ask->settings->events),
    };

    ask_words(ask, words, sizeof words / sizeof words[0]);
    add_reported(ask, changes, count, added);
    if (!add_others(ask, changes, count, added, expected_count || has_more))
        return;
    ask_word_number(ask, (int64_t)expected_count);
    for (size_t i = 0; i < expected_count; i++) {
        ask_word(ask, expected[i].name);
        ask_word(ask, str_or_empty(expected[i].value));
    }
}

/* ---- the answer ---- */

static void complain_of_streams(void)
{
    static bool complained;

    if (!complained)
        log_line(LOG_WARNING, "this Redis knows no streams: no history is kept");
    complained = true;
}

/* ---- the times of the next syncs, from the stored schedules ---- */

enum { OF_SCHEDULING, OF_SUCCESS, OF_ACCESS_SUCCESS, OF_PAUSED, PLANNED_BY };

struct planning {
    struct str id;
    enum outcome outcome; /* the outcome to end the ask with; ASKING: the outcome of the write */
    struct pair expected[PLANNED_BY], changes[2];
};

static void after_plan(struct ask *ask, const struct reply *replies)
{
    const struct planning *planning = ask->operation;
    struct str answer = replies[0].text;
    enum outcome outcome = document_outcome(str_take(&answer, ' '));

    if (planning->outcome == ASKING)
        ask_end(ask, outcome == NOOP ? UPDATED : outcome);
    else
        ask_end(ask, planning->outcome);
}

static void write_plan(struct ask *ask, const struct reply *replies)
{
    struct planning *planning = ask->operation;
    struct state_plan plan = { .paused = { NULL, 0 } };

    for (size_t i = 0; i < PLANNED_BY; i++)
        planning->expected[i].value = reply_item(&replies[0], i);
    if (planning->expected[OF_PAUSED].value.ptr)
        plan = state_plan(
            planning->expected[OF_SCHEDULING].value, planning->expected[OF_SUCCESS].value,
            planning->expected[OF_ACCESS_SUCCESS].value, instant_now().seconds, ask->arena);
    planning->changes[0] = (struct pair){ connector_names[NEXT_SYNCS], plan.next };
    planning->changes[1] =
        (struct pair){ connector_names[ACCESS_CONTROL_NEXT_SYNCS], plan.access_next };
    ask_then(ask, after_plan);
    ASK_SCRIPT(ask, &script_report, key_connector(ask, planning->id));
    report_add_words(ask, planning->id, SETTLE, planning->changes, 2, planning->expected,
                     PLANNED_BY, false);
}

/* If the schedules change meanwhile, it stops: the request that changed them has computed the
 * times. */
static void plan_anew(struct ask *ask, struct str id, enum outcome outcome)
{
    static const enum connector_field fields[PLANNED_BY] = {
        [OF_SCHEDULING] = SCHEDULING,
        [OF_SUCCESS] = LAST_SUCCESS,
        [OF_ACCESS_SUCCESS] = ACCESS_CONTROL_LAST_SUCCESS,
        [OF_PAUSED] = PAUSED,
    };
    struct planning *planning = arena_take_cleared(ask->arena, sizeof *planning);

    planning->id = id;
    planning->outcome = outcome;
    ask->operation = planning;
    ask_then(ask, write_plan);
    ASK(ask, STR("HMGET"), key_connector(ask, id));
    for (size_t i = 0; i < PLANNED_BY; i++) {
        planning->expected[i].name = connector_names[fields[i]];
        ask_word(ask, planning->expected[i].name);
    }
}

void connector_settle(struct ask *ask, struct str id)
{
    plan_anew(ask, id, ASKING);
}

void report_end(struct ask *ask, struct str id, struct str answer)
{
    enum outcome outcome = document_outcome(str_take(&answer, ' '));
    struct str word;

    while (str_split(&answer, ' ', &word)) {
        if (str_equal(word, STR("unstreamed")))
            complain_of_streams();
        if (str_equal(word, STR("wrong")))
            outcome = FOUND;
        if (str_equal(word, STR("refill"))) {
            plan_anew(ask, id, outcome);
            return;
        }
    }
    ask_end(ask, outcome);
}
