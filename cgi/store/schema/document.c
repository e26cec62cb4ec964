/* document.c: changes documents by one script. */
#include "store/schema/document.h"

#include "base/text.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

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

/* ---- reading ---- */

static size_t count_secrets(const struct str *names, size_t count)
{
    size_t secrets = 0;

    for (size_t i = 0; i < count; i++)
        secrets += key_is_secret(names[i]);
    return secrets;
}

size_t document_commands(const struct str *names, size_t count)
{
    return count_secrets(names, count) ? 2 : 1;
}

/* Asks for the names that are secret, or for those that are not, behind some of the caller's. */
static void ask_hash(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                     const struct str *names, size_t count, bool secret)
{
    struct str *arguments = ask_command(ask, NULL, 2 + own_count + count);
    struct command *command = &ask->commands[ask->command_count - 1];

    *arguments++ = STR("HMGET");
    *arguments++ = key;
    for (size_t i = 0; i < own_count; i++)
        *arguments++ = own[i];
    for (size_t i = 0; i < count; i++)
        if (key_is_secret(names[i]) == secret)
            *arguments++ = names[i];
    command->count = (size_t)(arguments - command->arguments);
}

void document_ask_fields(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                         const struct str *names, size_t count)
{
    ask_hash(ask, key, own, own_count, names, count, false);
    if (count_secrets(names, count))
        ask_hash(ask, key_secrets(ask, key), NULL, 0, names, count, true);
}

struct str *document_values(struct ask *ask, const struct reply *replies, size_t own_count,
                            const struct str *names, size_t count)
{
    struct str *values = arena_take(ask->arena, count * sizeof *values);
    size_t plain = own_count, secret = 0;

    for (size_t i = 0; i < count; i++)
        values[i] = key_is_secret(names[i]) ? reply_item(&replies[1], secret++)
                                            : reply_item(&replies[0], plain++);
    return values;
}

struct reading {
    const struct document_reader *reader;
    struct str id;
    const struct str *names;
    size_t count;
};

static void after_read(struct ask *ask, const struct reply *replies)
{
    const struct reading *reading = ask->operation;
    struct row *row = arena_take(ask->arena, sizeof *row);

    if (!reply_item(&replies[0], 0).ptr) {
        ask_end(ask, MISSING);
        return;
    }
    *row = reading->reader->read_row(ask, reading->id, replies, reading->names, reading->count);
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, FOUND);
}

void document_read(struct ask *ask, const struct document_reader *reader, struct str id,
                   const struct str *names, size_t count)
{
    struct reading *reading = arena_take(ask->arena, sizeof *reading);

    *reading = (struct reading){ reader, id, names, count };
    ask->operation = reading;
    ask_then(ask, after_read);
    reader->ask_fields(ask, id, names, count);
}

/* ---- changing ---- */

static bool any_secret(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (key_is_secret(pairs[i].name))
            return true;
    return false;
}

static struct str *add_pair(struct str *arguments, const struct pair *pair, struct str letter)
{
    *arguments++ = key_is_secret(pair->name) ? STR("secret") : STR("plain");
    *arguments++ = letter;
    *arguments++ = pair->name;
    *arguments++ = str_or_empty(pair->value);
    return arguments;
}

static void ask_both(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count)
{
    enum { BEFORE_PAIRS = 4, OF_PAIR = 4 };
    struct str *arguments =
        ask_command(ask, &script_update_secrets, BEFORE_PAIRS + OF_PAIR * (count + expected_count));

    *arguments++ = STR("2");
    *arguments++ = document.key;
    *arguments++ = key_secrets(ask, document.key);
    *arguments++ = document.live;
    for (size_t i = 0; i < expected_count; i++)
        arguments = add_pair(arguments, &expected[i], STR("g"));
    for (size_t i = 0; i < count; i++)
        arguments = add_pair(arguments, &changes[i], changes[i].value.ptr ? STR("s") : STR("c"));
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

    if (!document.live.len || any_secret(changes, count) || any_secret(expected, expected_count)) {
        ask_both(ask, document, changes, count, expected, expected_count);
        return;
    }
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
