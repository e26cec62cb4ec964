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
        { STR_ROW("native"), NATIVE },   { STR_ROW("noop"), NOOP },
        { STR_ROW("updated"), UPDATED },
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

/* ---- claims: an index name is claimed before it is written into a connector ---- */

struct claiming {
    struct str id;
    struct str index_name;         /* empty for none: nothing to claim */
    struct str word;               /* of this claim */
    struct str former;             /* a holder of the name who was found not to have it */
    void (*then)(struct ask *ask); /* the name is claimed */
};

static struct str random_word(struct ask *ask)
{
    uint64_t words[2];

    chance_fill(words, sizeof words);
    return arena_format(ask->arena, "%llu-%llu", (unsigned long long)words[0],
                        (unsigned long long)words[1]);
}

static void after_claim(struct ask *ask, const struct reply *replies);

static void ask_claim(struct ask *ask)
{
    const struct claiming *claiming = ask->operation;
    struct str *arguments;

    ask_then(ask, after_claim);
    arguments = ask_command(ask, &script_claim, 7);
    arguments[0] = STR("2");
    arguments[1] = key_index_name(ask, claiming->index_name);
    arguments[2] = key_claim(ask, claiming->index_name);
    arguments[3] = claiming->id;
    arguments[4] = claiming->word;
    arguments[5] = ask_number(ask, CLAIM_MILLISECONDS);
    arguments[6] = claiming->former;
}

static void after_holder(struct ask *ask, const struct reply *replies)
{
    const struct claiming *claiming = ask->operation;
    struct state holder = place_read_state(&replies[0]);

    if (holder.exists && !holder.deleted && str_equal(holder.index_name, claiming->index_name))
        ask_end(ask, TAKEN);
    else
        ask_claim(ask); /* left over from a crash: take it over */
}

static void after_claim(struct ask *ask, const struct reply *replies)
{
    struct claiming *claiming = ask->operation;

    if (str_equal(reply_item(&replies[0], 0), STR("claimed"))) {
        claiming->then(ask);
        return;
    }
    if (claiming->former.len) {
        ask_end(ask, TAKEN);
        return;
    }
    claiming->former = reply_item(&replies[0], 1);
    ask_then(ask, after_holder);
    place_ask_fields(ask, claiming->former, NULL, 0);
}

/* Claims the name for the ask's operation, which begins with a struct claiming, and goes on with
 * `then`; or ends the ask: TAKEN. */
static void claim(struct ask *ask, struct str id, struct str index_name,
                  void (*then)(struct ask *ask))
{
    struct claiming *claiming = ask->operation;

    *claiming = (struct claiming){ id, index_name, random_word(ask), STR(""), then };
    if (index_name.len)
        ask_claim(ask);
    else
        then(ask);
}

/* Asks to end the claim, in the pipeline of the step at hand. */
static void ask_settle(struct ask *ask, const struct claiming *claiming)
{
    struct str *arguments;

    if (!claiming->index_name.len)
        return;
    arguments = ask_command(ask, &script_settle, 3);
    arguments[0] = STR("1");
    arguments[1] = key_claim(ask, claiming->index_name);
    arguments[2] = claiming->word;
}

/* ---- put ---- */

struct putting {
    struct claiming claiming;
    const struct pair *fields;
    size_t count;
    enum outcome outcome;
};

static void after_putting(struct ask *ask, const struct reply *replies)
{
    const struct putting *putting = ask->operation;

    (void)replies;
    ask_end(ask, putting->outcome);
}

/* The hash is written: now what follows it. */
static void after_put(struct ask *ask, const struct reply *replies)
{
    struct putting *putting = ask->operation;
    const struct claiming *claiming = &putting->claiming;
    struct str before = str_or_empty(reply_item(&replies[1], 1));

    putting->outcome = outcome_of(reply_item(&replies[1], 0));
    place_start(ask, claiming->id, (struct state){ true, false, claiming->index_name }, before,
                after_putting);
    ask_settle(ask, claiming);
    if (!str_equal(before, claiming->index_name))
        ask_release(ask, before, claiming->id);
}

/* Lists the connector first: a crash before the hash is written then leaves an entry that the next
 * list mends, and not a connector that no list shows. */
static void write_document(struct ask *ask)
{
    const struct putting *putting = ask->operation;
    const struct claiming *claiming = &putting->claiming;
    struct str *arguments;

    ask_then(ask, after_put);
    place_ask_relist(ask, claiming->id, (struct state){ true, false, claiming->index_name },
                     claiming->index_name);
    arguments = ask_command(ask, &script_put, 2 + 2 * putting->count);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, claiming->id);
    for (size_t i = 0; i < putting->count; i++) {
        arguments[2 + 2 * i] = putting->fields[i].name;
        arguments[3 + 2 * i] = putting->fields[i].value;
    }
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

    putting->fields = fields;
    putting->count = count;
    ask->operation = putting;
    claim(ask, id, value_of(fields, count, STR("index_name")), write_document);
}

/* ---- rename ---- */

struct renaming {
    struct claiming claiming;
    bool refuse_native;
    enum outcome outcome;
};

static void after_renaming(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, UPDATED);
}

/* A name that was claimed and not written is given up again, and the claim ends first. */
static void after_undoing(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, ((const struct renaming *)ask->operation)->outcome);
}

static void after_rename(struct ask *ask, const struct reply *replies)
{
    struct renaming *renaming = ask->operation;
    const struct claiming *claiming = &renaming->claiming;
    struct str before = str_or_empty(reply_item(&replies[0], 1));
    enum outcome outcome = outcome_of(reply_item(&replies[0], 0));

    if (outcome == UPDATED) {
        place_start(ask, claiming->id, (struct state){ true, false, claiming->index_name }, before,
                    after_renaming);
        ask_settle(ask, claiming);
        ask_release(ask, before, claiming->id);
        return;
    }
    renaming->outcome = outcome;
    ask_then(ask, after_undoing);
    ask_settle(ask, claiming);
    if (!str_equal(before, claiming->index_name))
        ask_release(ask, claiming->index_name, claiming->id);
    if (!ask->command_count)
        ask_end(ask, outcome);
}

static void write_name(struct ask *ask)
{
    const struct renaming *renaming = ask->operation;
    struct str *arguments;

    ask_then(ask, after_rename);
    arguments = ask_command(ask, &script_rename, 4);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, renaming->claiming.id);
    arguments[2] = renaming->claiming.index_name;
    arguments[3] = renaming->refuse_native ? STR("refuse") : STR("any");
}

void connector_rename(struct ask *ask, struct str id, struct str index_name, bool refuse_native)
{
    struct renaming *renaming = arena_take(ask->arena, sizeof *renaming);

    renaming->refuse_native = refuse_native;
    ask->operation = renaming;
    claim(ask, id, index_name, write_name);
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
