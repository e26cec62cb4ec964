/* report.c: updates connectors, and derives from reports how they stand. */
#include "base/instant.h"
#include "base/log.h"
#include "base/text.h"
#include "store/connector/connector.h"
#include "store/connector/standing.h"
#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

/* The fields that report.lua has a letter for, in its order. Any other field is named to it. */
static const struct str lettered[] = {
    STR_ROW("last_sync_status"),
    STR_ROW("last_access_control_sync_status"),
    STR_ROW("last_synced"),
    STR_ROW("last_sync_error"),
    STR_ROW("last_access_control_sync_error"),
    STR_ROW("last_indexed_document_count"),
    STR_ROW("last_deleted_document_count"),
    STR_ROW("last_sync_scheduled_at"),
    STR_ROW("last_incremental_sync_scheduled_at"),
    STR_ROW("last_access_control_sync_scheduled_at"),
};

enum { LETTERED = sizeof lettered / sizeof lettered[0] };

struct reporting {
    struct str id;
    enum update_kind kind;
    enum outcome outcome;
};

static void end_report(struct ask *ask, const struct reply *replies)
{
    const struct reporting *reporting = ask->operation;

    (void)replies;
    ask_end(ask, reporting->outcome);
}

static void complain_of_streams(void)
{
    static bool complained;

    if (!complained)
        log_line(LOG_WARNING, "this Redis knows no streams: no history is kept");
    complained = true;
}

static void after_report(struct ask *ask, const struct reply *replies)
{
    struct reporting *reporting = ask->operation;
    struct str rest = replies[0].text, word = str_take(&rest, ' ');

    reporting->outcome = document_outcome(word);
    word = str_take(&rest, ' ');
    if (str_equal(word, STR("unstreamed"))) {
        complain_of_streams();
        word = str_take(&rest, ' ');
    }
    if (reporting->kind == RESCHEDULE && reporting->outcome == UPDATED)
        standing_settle(ask, reporting->id, end_report);
    else if (str_equal(word, STR("moved")))
        standing_place(ask, reporting->id, rest, end_report);
    else
        end_report(ask, NULL);
}

/* The place of each lettered field among the changes, or that of an empty one. */
static void find_lettered(const struct pair *changes, size_t count, const struct pair **found,
                          bool *is_lettered)
{
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < LETTERED && !is_lettered[i]; k++) {
            if (!str_equal(changes[i].name, lettered[k]))
                continue;
            found[k] = &changes[i];
            is_lettered[i] = true;
        }
}

static struct str letter_of(struct str value)
{
    return value.ptr ? STR("s") : STR("c");
}

static struct str *add_lettered(struct ask *ask, struct str *arguments, const struct pair **found)
{
    char *letters = arena_take(ask->arena, LETTERED);

    *arguments++ = (struct str){ letters, LETTERED };
    for (size_t i = 0; i < LETTERED; i++) {
        bool is_set = found[i] && found[i]->value.ptr;

        letters[i] = '-';
        if (found[i])
            letters[i] = is_set ? 's' : 'c';
        if (is_set)
            *arguments++ = found[i]->value;
    }
    return arguments;
}

static struct str *add_others(struct ask *ask, struct str *arguments, const struct pair *changes,
                              size_t count, const bool *is_lettered)
{
    struct str *number = arguments++;
    int64_t others = 0;

    for (size_t i = 0; i < count; i++) {
        if (is_lettered[i])
            continue;
        *arguments++ = letter_of(changes[i].value);
        *arguments++ = changes[i].name;
        *arguments++ = str_or_empty(changes[i].value);
        others++;
    }
    *number = ask_number(ask, others);
    return arguments;
}

static void ask_report(struct ask *ask, struct str id, enum update_kind kind,
                       const struct pair *changes, size_t count, const struct pair *expected,
                       size_t expected_count)
{
    enum { FIXED = 9 };
    struct instant now = instant_now();
    const struct pair *found[LETTERED] = { NULL };
    bool *is_lettered = arena_take_cleared(ask->arena, count * sizeof *is_lettered);
    size_t room = FIXED + 3 * count + 2 * expected_count;
    struct str *arguments = ask_command(ask, &script_report, room);
    struct command *command = &ask->commands[ask->command_count - 1];

    *arguments++ = STR("2");
    *arguments++ = key_connector(ask, id);
    *arguments++ = key_syncs(ask, id);
    *arguments++ = instant_write(now, ask->arena);
    *arguments++ = ask_number(ask, now.seconds * 1000 + now.nanos / 1000000);
    *arguments++ = ask_number(ask, ask->settings->history);
    *arguments++ = kind == REPORT ? STR("report") : STR("touch");
    find_lettered(changes, count, found, is_lettered);
    arguments = add_lettered(ask, arguments, found);
    arguments = add_others(ask, arguments, changes, count, is_lettered);
    for (size_t i = 0; i < expected_count; i++) {
        *arguments++ = expected[i].name;
        *arguments++ = str_or_empty(expected[i].value);
    }
    command->count = (size_t)(arguments - command->arguments);
}

void connector_update(struct ask *ask, struct str id, enum update_kind kind,
                      const struct pair *changes, size_t count, const struct pair *expected,
                      size_t expected_count)
{
    struct document connector = { key_connector(ask, id), STR("deleted") };
    struct reporting *reporting;

    if (kind == MERGE) {
        document_update(ask, connector, changes, count, expected, expected_count);
        return;
    }
    reporting = arena_take(ask->arena, sizeof *reporting);
    *reporting = (struct reporting){ .id = id, .kind = kind };
    ask->operation = reporting;
    ask_then(ask, after_report);
    ask_report(ask, id, kind, changes, count, expected, expected_count);
}
