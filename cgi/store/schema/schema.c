/* schema.c: knows the versions of the schema, and upgrades data. */
#include "store/schema/schema.h"

#include "base/number.h"
#include "store/schema/document.h"
#include "store/schema/key.h"

static const struct str version_field = STR_ROW("version");

enum outcome schema_judge(struct str version)
{
    uint64_t number;

    if (!version.ptr)
        return ASKING;
    if (number_count(version, INT32_MAX, &number) != NUMBER_READ || number > SCHEMA_VERSION)
        return NEWER;
    return number < SCHEMA_VERSION ? OUTDATED : ASKING;
}

struct str schema_sentence(enum outcome outcome)
{
    return outcome == NEWER
               ? STR("the data has a version of the schema that this lastsync does not know: it is "
                     "for a newer one")
               : STR("the data has an older version of the schema: lastsync check --fix upgrades "
                     "it");
}

static void after_version(struct ask *ask, const struct reply *replies)
{
    struct str *version = ask->operation;

    *version = replies[0].text;
    ask_end(ask, FOUND);
}

void schema_read(struct ask *ask, struct str *version)
{
    struct str *arguments;

    ask->operation = version;
    ask_then(ask, after_version);
    arguments = ask_command(ask, NULL, 3);
    arguments[0] = STR("HGET");
    arguments[1] = key_schema(ask);
    arguments[2] = version_field;
}

/* ---- upgrades ---- */

/* From which version; and what changes the data, if anything must, and then calls `then`. It may
 * have run before, and have been broken off. */
static const struct upgrade {
    uint64_t from;
    void (*run)(struct ask *ask, ask_step *then);
} upgrades[] = {
    { SCHEMA_VERSION, NULL }, /* the end: there is no older one yet that needs anything */
};

struct upgrading {
    struct str stored;
    uint64_t version; /* that the data has by now */
};

static void upgrade(struct ask *ask);

static void after_step(struct ask *ask, const struct reply *replies)
{
    struct upgrading *upgrading = ask->operation;
    enum outcome outcome = document_outcome(replies[0].text);

    if (outcome != UPDATED) {
        ask_end(ask, outcome == FAULTY ? FAULTY : CHANGED);
        return;
    }
    upgrading->version++;
    upgrading->stored = ask_number(ask, (int64_t)upgrading->version);
    upgrade(ask);
}

/* Says that a step is done, if nobody else has. */
static void write_version(struct ask *ask, const struct reply *replies)
{
    const struct upgrading *upgrading = ask->operation;
    struct pair *pairs = arena_take(ask->arena, 2 * sizeof *pairs);

    (void)replies;
    pairs[0] = (struct pair){ version_field, ask_number(ask, (int64_t)upgrading->version + 1) };
    pairs[1] = (struct pair){ version_field, upgrading->stored };
    ask_then(ask, after_step);
    document_ask_update(ask, (struct document){ key_schema(ask), version_field }, &pairs[0], 1,
                        &pairs[1], 1);
}

static void upgrade(struct ask *ask)
{
    const struct upgrading *upgrading = ask->operation;
    const struct upgrade *step = upgrades;

    if (upgrading->version == SCHEMA_VERSION) {
        ask_end(ask, UPDATED);
        return;
    }
    while (step->from < upgrading->version)
        step++;
    if (step->from == upgrading->version && step->run)
        step->run(ask, write_version);
    else
        write_version(ask, NULL);
}

static void after_first(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? UPDATED : CHANGED);
}

void schema_upgrade(struct ask *ask, struct str version)
{
    struct upgrading *upgrading = arena_take(ask->arena, sizeof *upgrading);
    struct str *arguments;

    *upgrading = (struct upgrading){ version, 0 };
    ask->operation = upgrading;
    if (version.ptr) {
        (void)number_count(version, SCHEMA_VERSION, &upgrading->version);
        upgrade(ask);
        return;
    }
    ask_then(ask, after_first);
    arguments = ask_command(ask, NULL, 4);
    arguments[0] = STR("HSETNX");
    arguments[1] = key_schema(ask);
    arguments[2] = version_field;
    arguments[3] = ask_number(ask, SCHEMA_VERSION);
}
