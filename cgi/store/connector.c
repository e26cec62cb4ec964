/* connector.c: the operations on connectors, as chains of commands. */
#include "store/connector.h"

#include "base/chance.h"
#include "base/text.h"
#include "store/key.h"
#include "store/place.h"
#include "store/scripts.h"

enum { CLAIM_MILLISECONDS = 10000 }; /* longer than any deadline of a request */

/* The outcome of a word that scripts answer. */
static enum outcome outcome_of(struct str word)
{
    static const struct {
        struct str word;
        enum outcome outcome;
    } words[] = {
        { STR_ROW("changed"), CHANGED }, { STR_ROW("created"), CREATED },
        { STR_ROW("deleted"), DELETED }, { STR_ROW("missing"), MISSING },
        { STR_ROW("noop"), NOOP },       { STR_ROW("updated"), UPDATED },
    };

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (str_equal(word, words[i].word))
            return words[i].outcome;
    return FAULTY;
}

/* ---- read ---- */

struct reading {
    struct str id;
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
    *row = place_read_row(ask, reading->id, &replies[0], reading->count);
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, FOUND);
}

void connector_read(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    struct reading *reading = arena_take(ask->arena, sizeof *reading);

    *reading = (struct reading){ id, count };
    ask->operation = reading;
    ask_then(ask, after_read);
    place_ask_fields(ask, id, names, count);
}

/* ---- update ---- */

static void after_update(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, outcome_of(replies[0].text));
}

void connector_update(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                      const struct pair *expected, size_t expected_count)
{
    enum { BEFORE_NAMES = 5 };
    size_t sets = 0, set, clear;
    struct str *arguments, *names, *values;

    for (size_t i = 0; i < count; i++)
        sets += changes[i].value.ptr != NULL;
    ask_then(ask, after_update);
    arguments = ask_command(ask, &script_update, BEFORE_NAMES + count + sets + 2 * expected_count);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, id);
    arguments[2] = ask_number(ask, (int64_t)sets);
    arguments[3] = ask_number(ask, (int64_t)(count - sets));
    arguments[4] = ask_number(ask, (int64_t)expected_count);
    names = arguments + BEFORE_NAMES;
    values = names + count + expected_count;
    set = 0;
    clear = sets;
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

/* Asks to give up an index name, in the pipeline of the step at hand; its reply comes last. */
static void ask_release(struct ask *ask, struct str index_name, struct str id)
{
    struct str *arguments;

    if (!index_name.len)
        return;
    arguments = ask_command(ask, &script_release, 4);
    arguments[0] = STR("2");
    arguments[1] = key_index_name(ask, index_name);
    arguments[2] = key_claim(ask, index_name);
    arguments[3] = id;
}

/* ---- put ---- */

struct putting {
    struct str id;
    const struct pair *fields;
    size_t count;
    struct str index_name; /* empty for none */
    struct str claim;      /* the word of our claim on it */
    struct str former;     /* a holder of the name who was found not to have it */
    enum outcome outcome;
};

static struct str random_word(struct ask *ask)
{
    uint64_t words[2];

    chance_fill(words, sizeof words);
    return arena_format(ask->arena, "%llu-%llu", (unsigned long long)words[0],
                        (unsigned long long)words[1]);
}

static void after_putting(struct ask *ask, const struct reply *replies)
{
    const struct putting *putting = ask->operation;

    (void)replies;
    ask_end(ask, putting->outcome);
}

/* The hash is written: now what follows it. */
static void after_write(struct ask *ask, const struct reply *replies)
{
    struct putting *putting = ask->operation;
    struct str before = str_or_empty(reply_item(&replies[1], 1));

    putting->outcome = outcome_of(reply_item(&replies[1], 0));
    place_start(ask, putting->id, (struct state){ true, false, putting->index_name }, before,
                after_putting);
    if (putting->index_name.len) {
        struct str *arguments = ask_command(ask, &script_settle, 3);

        arguments[0] = STR("1");
        arguments[1] = key_claim(ask, putting->index_name);
        arguments[2] = putting->claim;
    }
    if (!str_equal(before, putting->index_name))
        ask_release(ask, before, putting->id);
}

/* Lists the connector first: a crash before the hash is written then leaves an entry that the next
 * list mends, and not a connector that no list shows. */
static void write_document(struct ask *ask)
{
    const struct putting *putting = ask->operation;
    struct str *arguments;

    ask_then(ask, after_write);
    place_ask_relist(ask, putting->id, (struct state){ true, false, putting->index_name },
                     putting->index_name);
    arguments = ask_command(ask, &script_put, 2 + 2 * putting->count);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, putting->id);
    for (size_t i = 0; i < putting->count; i++) {
        arguments[2 + 2 * i] = putting->fields[i].name;
        arguments[3 + 2 * i] = putting->fields[i].value;
    }
}

static void after_claim(struct ask *ask, const struct reply *replies);

static void ask_claim(struct ask *ask)
{
    const struct putting *putting = ask->operation;
    struct str *arguments;

    ask_then(ask, after_claim);
    arguments = ask_command(ask, &script_claim, 7);
    arguments[0] = STR("2");
    arguments[1] = key_index_name(ask, putting->index_name);
    arguments[2] = key_claim(ask, putting->index_name);
    arguments[3] = putting->id;
    arguments[4] = putting->claim;
    arguments[5] = ask_number(ask, CLAIM_MILLISECONDS);
    arguments[6] = putting->former;
}

static void after_holder(struct ask *ask, const struct reply *replies)
{
    const struct putting *putting = ask->operation;
    struct state holder = place_read_state(&replies[0]);

    if (holder.exists && !holder.deleted && str_equal(holder.index_name, putting->index_name))
        ask_end(ask, TAKEN);
    else
        ask_claim(ask); /* left over from a crash: take it over */
}

static void after_claim(struct ask *ask, const struct reply *replies)
{
    struct putting *putting = ask->operation;
    struct str holder = reply_item(&replies[0], 1);

    if (str_equal(reply_item(&replies[0], 0), STR("claimed"))) {
        write_document(ask);
        return;
    }
    if (putting->former.len) {
        ask_end(ask, TAKEN);
        return;
    }
    putting->former = holder;
    ask_then(ask, after_holder);
    place_ask_fields(ask, holder, NULL, 0);
}

static struct str value_of(const struct pair *fields, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(fields[i].name, name))
            return fields[i].value;
    return STR("");
}

void connector_put(struct ask *ask, struct str id, const struct pair *fields, size_t count)
{
    struct putting *putting = arena_take(ask->arena, sizeof *putting);

    *putting = (struct putting){ .id = id,
                                 .fields = fields,
                                 .count = count,
                                 .index_name = value_of(fields, count, STR("index_name")),
                                 .claim = random_word(ask),
                                 .former = STR("") };
    ask->operation = putting;
    if (putting->index_name.len)
        ask_claim(ask);
    else
        write_document(ask);
}

/* ---- delete ---- */

struct deleting {
    struct str id;
    bool hard;
};

static void after_deleting(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, DELETED);
}

static void after_delete(struct ask *ask, const struct reply *replies)
{
    const struct deleting *deleting = ask->operation;
    struct str index_name = str_or_empty(reply_item(&replies[0], 1));
    enum outcome outcome = outcome_of(reply_item(&replies[0], 0));
    struct state state = { .index_name = STR("") };

    if (outcome != DELETED) {
        ask_end(ask, outcome);
        return;
    }
    if (!deleting->hard)
        state = (struct state){ true, true, index_name };
    place_start(ask, deleting->id, state, index_name, after_deleting);
    ask_release(ask, index_name, deleting->id);
}

void connector_delete(struct ask *ask, struct str id, bool hard)
{
    struct deleting *deleting = arena_take(ask->arena, sizeof *deleting);
    struct str *arguments;

    *deleting = (struct deleting){ id, hard };
    ask->operation = deleting;
    ask_then(ask, after_delete);
    arguments = ask_command(ask, &script_delete, 3);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, id);
    arguments[2] = hard ? STR("hard") : STR("soft");
}
