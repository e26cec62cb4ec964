/* connector.c: the operations on connectors, as chains of commands. */
#include "store/connector/connector.h"

#include "store/connector/claim.h"
#include "store/connector/place.h"
#include "store/connector/standing.h"
#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"
#include "store/upkeep/whole.h"

/* ---- read ---- */

void connector_read(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    static const struct document_reader reader = { place_ask_fields, place_read_row };

    document_read(ask, &reader, id, names, count);
}

/* ---- what follows when an index name was written into a connector ---- */

/* It begins the state of an operation that does so. */
struct writing {
    struct claim claim;
    struct str before;   /* the index name that it had */
    struct state placed; /* what its hash says in the end */
    bool whole;          /* and all else with it */
    enum outcome outcome;
};

static void end_writing(struct ask *ask, const struct reply *replies)
{
    const struct writing *writing = ask->operation;

    (void)replies;
    ask_end(ask, writing->outcome);
}

/* A document that was written whole stands where a new one does. */
static void end_whole(struct ask *ask, const struct reply *replies)
{
    const struct writing *writing = ask->operation;

    (void)replies;
    if (writing->whole)
        standing_settle(ask, writing->claim.id, end_writing);
    else
        end_writing(ask, NULL);
}

/* Somebody else may have changed or deleted it meanwhile, and have left the name to us. */
static void release_own(struct ask *ask, const struct reply *replies)
{
    const struct writing *writing = ask->operation;

    (void)replies;
    if (state_has_name(writing->placed, writing->claim.index_name))
        end_whole(ask, NULL);
    else
        claim_release(ask, writing->claim.id, writing->claim.index_name, end_whole);
}

static void release_former(struct ask *ask, const struct reply *replies)
{
    const struct writing *writing = ask->operation;

    (void)replies;
    if (state_has_name(writing->placed, writing->before))
        release_own(ask, NULL);
    else
        claim_release(ask, writing->claim.id, writing->before, release_own);
}

/* The claim ends first, so that whoever changes the connector from then on can give the name up
 * himself. */
static void finish_writing(struct ask *ask)
{
    struct writing *writing = ask->operation;
    const struct claim *claim = &writing->claim;

    writing->placed = (struct state){ true, false, claim->index_name };
    ask_then(ask, NULL);
    claim_settle(ask, claim);
    place_start(ask, claim->id, &writing->placed, writing->before, release_former);
}

/* ---- put ---- */

struct putting {
    struct writing writing;
    const struct pair *fields;
    size_t count;
};

static void after_put(struct ask *ask, const struct reply *replies)
{
    struct writing *writing = ask->operation;

    writing->outcome = document_outcome(reply_item(&replies[1], 0));
    writing->before = str_or_empty(reply_item(&replies[1], 1));
    finish_writing(ask);
}

/* Lists the connector first: a crash before the hash is written then leaves an entry that the next
 * list mends, and not a connector that no list shows. */
static void write_document(struct ask *ask)
{
    const struct putting *putting = ask->operation;
    const struct claim *claim = &putting->writing.claim;
    struct str *arguments;

    ask_then(ask, after_put);
    place_ask_relist(ask, claim->id, (struct state){ true, false, claim->index_name },
                     claim->index_name);
    arguments = ask_command(ask, &script_put, 6 + 2 * putting->count);
    *arguments++ = STR("3");
    *arguments++ = key_connector(ask, claim->id);
    *arguments++ = key_syncs(ask, claim->id);
    *arguments++ = key_secrets(ask, key_connector(ask, claim->id));
    *arguments++ = standing_fields[STANDING_PLACE];
    *arguments++ = standing_words[NEVER_SYNCED];
    for (size_t i = 0; i < putting->count; i++) {
        *arguments++ = putting->fields[i].name;
        *arguments++ = putting->fields[i].value;
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

    putting->writing.whole = true;
    putting->fields = fields;
    putting->count = count;
    ask->operation = putting;
    claim_start(ask, id, value_of(fields, count, STR("index_name")), write_document);
}

/* ---- restore ---- */

struct restoring {
    struct writing writing;
    const struct whole *whole;
};

static void write_whole(struct ask *ask)
{
    const struct restoring *restoring = ask->operation;
    const struct whole *whole = restoring->whole;
    struct str index_name = str_or_empty(whole_value(whole, STR("index_name")));

    ask_then(ask, after_put);
    place_ask_relist(ask, whole->id, (struct state){ true, whole_is_deleted(whole), index_name },
                     index_name);
    whole_ask_write(ask, whole);
}

void connector_restore(struct ask *ask, const struct whole *whole)
{
    struct restoring *restoring = arena_take_cleared(ask->arena, sizeof *restoring);

    restoring->writing.whole = true;
    restoring->whole = whole;
    ask->operation = restoring;
    claim_start(ask, whole->id,
                whole_is_deleted(whole) ? STR("")
                                        : str_or_empty(whole_value(whole, STR("index_name"))),
                write_whole);
}

/* ---- rename ---- */

struct renaming {
    struct writing writing;
    bool refuse_native;
};

static void after_unused_claim(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    release_own(ask, NULL);
}

static void after_rename(struct ask *ask, const struct reply *replies)
{
    struct writing *writing = ask->operation;
    const struct claim *claim = &writing->claim;

    writing->outcome = document_outcome(reply_item(&replies[0], 0));
    writing->before = str_or_empty(reply_item(&replies[0], 1));
    if (writing->outcome == UPDATED) {
        finish_writing(ask);
        return;
    }
    writing->placed = (struct state){ writing->outcome == NOOP, false, writing->before };
    ask_then(ask, after_unused_claim);
    claim_settle(ask, claim);
    if (!ask->command_count)
        end_writing(ask, NULL);
}

static void write_name(struct ask *ask)
{
    const struct renaming *renaming = ask->operation;
    const struct claim *claim = &renaming->writing.claim;
    struct str *arguments;

    ask_then(ask, after_rename);
    arguments = ask_command(ask, &script_rename, 4);
    arguments[0] = STR("1");
    arguments[1] = key_connector(ask, claim->id);
    arguments[2] = claim->index_name;
    arguments[3] = renaming->refuse_native ? STR("refuse") : STR("any");
}

void connector_rename(struct ask *ask, struct str id, struct str index_name, bool refuse_native)
{
    struct renaming *renaming = arena_take(ask->arena, sizeof *renaming);

    renaming->writing.whole = false;
    renaming->refuse_native = refuse_native;
    ask->operation = renaming;
    claim_start(ask, id, index_name, write_name);
}

/* ---- delete ---- */

struct deleting {
    struct str id;
    struct str index_name; /* that it had */
    struct state placed;   /* what its hash says in the end */
    bool hard;
};

static void after_deleting(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, DELETED);
}

static void settle_deleted(struct ask *ask, const struct reply *replies)
{
    const struct deleting *deleting = ask->operation;

    (void)replies;
    standing_settle(ask, deleting->id, after_deleting);
}

static void release_deleted(struct ask *ask, const struct reply *replies)
{
    const struct deleting *deleting = ask->operation;

    (void)replies;
    claim_release(ask, deleting->id, deleting->index_name, settle_deleted);
}

static void after_delete(struct ask *ask, const struct reply *replies)
{
    struct deleting *deleting = ask->operation;
    enum outcome outcome = document_outcome(reply_item(&replies[0], 0));

    if (outcome != DELETED) {
        ask_end(ask, outcome);
        return;
    }
    deleting->index_name = str_or_empty(reply_item(&replies[0], 1));
    deleting->placed = (struct state){ .index_name = STR("") };
    if (!deleting->hard)
        deleting->placed = (struct state){ true, true, deleting->index_name };
    ask_then(ask, NULL);
    place_start(ask, deleting->id, &deleting->placed, deleting->index_name, release_deleted);
}

void connector_delete(struct ask *ask, struct str id, bool hard)
{
    struct deleting *deleting = arena_take(ask->arena, sizeof *deleting);
    struct str *arguments;

    *deleting = (struct deleting){ .id = id, .hard = hard };
    ask->operation = deleting;
    ask_then(ask, after_delete);
    arguments = ask_command(ask, &script_delete, 5);
    arguments[0] = STR("3");
    arguments[1] = key_connector(ask, id);
    arguments[2] = key_syncs(ask, id);
    arguments[3] = key_secrets(ask, key_connector(ask, id));
    arguments[4] = hard ? STR("hard") : STR("soft");
}
