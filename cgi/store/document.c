/* document.c: changes documents by one script. */
#include "store/document.h"

#include "base/instant.h"
#include "base/text.h"
#include "store/scripts.h"

enum outcome document_outcome(struct str word)
{
    static const struct {
        struct str word;
        enum outcome outcome;
    } words[] = {
        { STR_ROW("changed"), CHANGED }, { STR_ROW("created"), CREATED },
        { STR_ROW("deleted"), DELETED }, { STR_ROW("missing"), MISSING },
        { STR_ROW("native"), NATIVE },   { STR_ROW("noop"), NOOP },
        { STR_ROW("updated"), UPDATED },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(word, words[i].word))
            return words[i].outcome;
    return FAULTY;
}

struct answer document_read_answer(struct str text)
{
    struct answer answer = { .outcome = FAULTY };
    struct str word;

    answer.outcome = document_outcome(str_take(&text, ' '));
    while (str_split(&text, ' ', &word)) {
        answer.moved |= str_equal(word, STR("moved"));
        answer.unstreamed |= str_equal(word, STR("unstreamed"));
    }
    return answer;
}

static void after_update(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, document_outcome(replies[0].text));
}

/* Fills in the names and values of an update, whose first name goes to names[0]. */
static void fill_in(struct str *names, const struct pair *changes, size_t count, size_t sets,
                    const struct pair *expected, size_t expected_count)
{
    struct str *values = names + count + expected_count;
    size_t set = 0, clear = sets;

    for (size_t i = 0; i < count; i++) {
        if (changes[i].value.ptr) {
            names[set] = changes[i].name;
            values[set++] = changes[i].value;
        } else {
            names[clear++] = changes[i].name;
        }
    }
    for (size_t i = 0; i < expected_count; i++) {
        names[count + i] = expected[i].name;
        values[sets + i] = str_or_empty(expected[i].value);
    }
}

void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count)
{
    document_update_watched(ask, document, NULL, changes, count, expected, expected_count,
                            after_update);
}

static struct str *add_watch(struct ask *ask, struct str *arguments, const struct watch *watch)
{
    struct instant now = instant_now();

    *arguments++ = instant_write(now, ask->arena);
    *arguments++ = ask_number(ask, now.seconds * 1000 + now.nanos / 1000000);
    *arguments++ = ask_number(ask, ask->settings->history);
    *arguments++ = watch->reporting ? STR("report") : STR("touch");
    return arguments;
}

void document_update_watched(struct ask *ask, struct document document, const struct watch *watch,
                             const struct pair *changes, size_t count, const struct pair *expected,
                             size_t expected_count, ask_step *next)
{
    const size_t fixed = watch ? 11 : 6;
    size_t sets = 0;
    struct str *arguments;

    for (size_t i = 0; i < count; i++)
        sets += changes[i].value.ptr != NULL;
    ask_then(ask, next);
    arguments = ask_command(ask, &script_update, fixed + count + sets + 2 * expected_count);
    *arguments++ = watch ? STR("2") : STR("1");
    *arguments++ = document.key;
    if (watch)
        *arguments++ = watch->stream;
    *arguments++ = document.live;
    *arguments++ = ask_number(ask, (int64_t)sets);
    *arguments++ = ask_number(ask, (int64_t)(count - sets));
    *arguments++ = ask_number(ask, (int64_t)expected_count);
    if (watch)
        arguments = add_watch(ask, arguments, watch);
    fill_in(arguments, changes, count, sets, expected, expected_count);
}
