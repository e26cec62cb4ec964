/* document.c: reads and changes documents. */
#include "store/schema/document.h"

#include "store/schema/fields.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum outcome document_outcome(struct str word)
{
    static const struct {
        struct str word;
        enum outcome outcome;
    } words[] = {
        { STR_ROW("changed"), CHANGED }, { STR_ROW("created"), CREATED },
        { STR_ROW("deleted"), DELETED }, { STR_ROW("full"), FULL },
        { STR_ROW("missing"), MISSING }, { STR_ROW("native"), NATIVE },
        { STR_ROW("noop"), NOOP },       { STR_ROW("taken"), TAKEN },
        { STR_ROW("updated"), UPDATED },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(word, words[i].word))
            return words[i].outcome;
    return FAULTY;
}

struct str document_value(const struct pair *pairs, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(pairs[i].name, name))
            return pairs[i].value;
    return (struct str){ NULL, 0 };
}

bool document_is_long(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t len = pairs[i].value.len;

        if (len > LONG_TEXT && (len > LONG_JSON || !field_is_json(pairs[i].name)))
            return true;
    }
    return false;
}

struct str document_long_word(const struct pair *pairs, size_t count)
{
    return document_is_long(pairs, count) ? STR("long") : STR("");
}

/* ---- reading ---- */

static bool any_secret(const struct str *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (field_is_secret(names[i]))
            return true;
    return false;
}

size_t document_commands(const struct str *names, size_t count)
{
    return any_secret(names, count) ? 2 : 1;
}

/* Adds the names that are secret, or those that are not. */
static void add_names(struct ask *ask, const struct str *names, size_t count, bool secret)
{
    for (size_t i = 0; i < count; i++)
        if (field_is_secret(names[i]) == secret)
            ask_word(ask, names[i]);
}

void document_ask_fields(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                         const struct str *names, size_t count)
{
    ASK(ask, STR("HMGET"), key);
    ask_words(ask, own, own_count);
    add_names(ask, names, count, false);
    if (!any_secret(names, count))
        return;
    ASK(ask, STR("HMGET"), key_secrets(ask, key));
    add_names(ask, names, count, true);
}

struct str *document_values(struct ask *ask, const struct reply *replies, size_t own_count,
                            const struct str *names, size_t count)
{
    struct str *values = arena_take(ask_memory(ask), (count + 1) * sizeof *values);
    size_t plain = own_count, secret = 0;

    for (size_t i = 0; i < count; i++)
        values[i] = field_is_secret(names[i]) ? reply_item(&replies[1], secret++)
                                              : reply_item(&replies[0], plain++);
    return values;
}

static size_t count_plain(const struct str *names, size_t count)
{
    size_t plain = 0;

    for (size_t i = 0; i < count; i++)
        plain += !field_is_secret(names[i]);
    return plain;
}

void document_ask_length(struct ask *ask, struct str key, const struct str *names, size_t count)
{
    ASK_SCRIPT(ask, &script_lengths, key, ask_number(ask, (int64_t)count_plain(names, count)));
    add_names(ask, names, count, false);
    add_names(ask, names, count, true);
}

void document_ask_long(struct ask *ask, struct str key, const struct str *own, size_t own_count,
                       const struct str *names, size_t count, size_t field_max, size_t most)
{
    size_t plain = own_count + count_plain(names, count);

    ASK_SCRIPT(ask, &script_rows, key, ask_number(ask, (int64_t)field_max),
               ask_number(ask, (int64_t)most), ask_number(ask, (int64_t)plain));
    ask_words(ask, own, own_count);
    add_names(ask, names, count, false);
    add_names(ask, names, count, true);
}

struct str *document_long_values(struct ask *ask, const struct reply *reply, size_t own_count,
                                 const struct str *names, size_t count)
{
    struct str *values = arena_take(ask_memory(ask), (count + 1) * sizeof *values);
    size_t plain = own_count, secret = own_count + count_plain(names, count);

    for (size_t i = 0; i < count; i++)
        values[i] = reply_item(reply, field_is_secret(names[i]) ? secret++ : plain++);
    return values;
}

struct reading {
    struct str id;
    const struct str *names;
    size_t count;
};

static void after_read(struct ask *ask, const struct reply *replies)
{
    const struct reading *reading = ask->operation;
    struct str live = reply_item(&replies[0], 0);
    struct row *row = arena_take_cleared(ask->arena, sizeof *row);

    if (!live.ptr) {
        ask_end(ask, MISSING);
        return;
    }
    row->id = reading->id;
    row->deleted = str_equal(live, STR("true"));
    row->values = document_values(ask, replies, 1, reading->names, reading->count);
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, FOUND);
}

void document_read(struct ask *ask, const struct document_reader *reader, struct str id,
                   const struct str *names, size_t count)
{
    struct reading *reading = arena_take(ask->arena, sizeof *reading);

    *reading = (struct reading){ id, names, count };
    ask->operation = reading;
    ask_then(ask, after_read);
    document_ask_fields(ask, reader->key(ask, id), &reader->live, 1, names, count);
}

/* ---- changing ---- */

void document_end(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, document_outcome(replies[0].text));
}

static void add_change(struct ask *ask, const struct pair *pair, struct str letter)
{
    const struct str words[] = { field_is_secret(pair->name) ? STR("secret") : STR("plain"), letter,
                                 pair->name, str_or_empty(pair->value) };

    ask_words(ask, words, sizeof words / sizeof words[0]);
}

void document_add_changes(struct ask *ask, const struct pair *changes, size_t count,
                          const struct pair *expected, size_t expected_count)
{
    for (size_t i = 0; i < expected_count; i++)
        add_change(ask, &expected[i], STR("g"));
    for (size_t i = 0; i < count; i++)
        add_change(ask, &changes[i], changes[i].value.ptr ? STR("s") : STR("c"));
}

void document_update(struct ask *ask, struct document document, const struct pair *changes,
                     size_t count, const struct pair *expected, size_t expected_count)
{
    size_t sets = 0;

    for (size_t i = 0; i < count; i++)
        sets += changes[i].value.ptr != NULL;
    ask_then(ask, document_end);
    ASK_SCRIPT(ask, &script_update, document.key, document.live, ask_number(ask, (int64_t)sets),
               ask_number(ask, (int64_t)(count - sets)), ask_number(ask, (int64_t)expected_count));
    for (size_t i = 0; i < count; i++)
        if (changes[i].value.ptr)
            ask_word(ask, changes[i].name);
    for (size_t i = 0; i < count; i++)
        if (!changes[i].value.ptr)
            ask_word(ask, changes[i].name);
    for (size_t i = 0; i < expected_count; i++)
        ask_word(ask, expected[i].name);
    for (size_t i = 0; i < count; i++)
        if (changes[i].value.ptr)
            ask_word(ask, changes[i].value);
    for (size_t i = 0; i < expected_count; i++)
        ask_word(ask, str_or_empty(expected[i].value));
}
