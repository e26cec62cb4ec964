/* document.c: changes documents by one script. */
#include "store/document.h"

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

/* Fills in the names and values, the first name at names[0]. */
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

void document_ask_update(struct ask *ask, struct document document, const struct pair *changes,
                         size_t count, const struct pair *expected, size_t expected_count)
{
    enum { BEFORE_NAMES = 6 };
    size_t sets = 0;
    struct str *arguments;

    for (size_t i = 0; i < count; i++)
        sets += changes[i].value.ptr != NULL;
    arguments = ask_command(ask, &script_update, BEFORE_NAMES + count + sets + 2 * expected_count);
    arguments[0] = STR("1");
    arguments[1] = document.key;
    arguments[2] = document.live;
    arguments[3] = ask_number(ask, (int64_t)sets);
    arguments[4] = ask_number(ask, (int64_t)(count - sets));
    arguments[5] = ask_number(ask, (int64_t)expected_count);
    fill_in(arguments + BEFORE_NAMES, changes, count, sets, expected, expected_count);
}

static void after_update(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, document_outcome(replies[0].text));
}

void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count)
{
    ask_then(ask, after_update);
    document_ask_update(ask, document, changes, count, expected, expected_count);
}
