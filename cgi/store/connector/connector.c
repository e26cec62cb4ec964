/* connector.c: the operations that read and write one connector. */
#include "store/connector/connector.h"

#include "base/instant.h"
#include "store/connector/claim.h"
#include "store/connector/report.h"
#include "store/schema/document.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"
#include "store/upkeep/whole.h"

/* ---- read ---- */

void connector_read(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    static const struct document_reader reader = { key_connector, STR_ROW("deleted") };

    document_read(ask, &reader, id, names, count);
}

/* ---- update ---- */

/* Whether lists hold the field; see place.inc.lua. */
static bool is_listed(struct str name)
{
    return str_equal(name, connector_names[NAME]) ||
           str_equal(name, connector_names[SERVICE_TYPE]) ||
           str_equal(name, connector_names[DESCRIPTION]);
}

static bool is_plain(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (field_is_secret(pairs[i].name) || is_listed(pairs[i].name))
            return false;
    return true;
}

static void merge(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                  const struct pair *expected, size_t expected_count)
{
    struct document connector = { key_connector(ask, id), connector_names[IS_DELETED] };

    if (is_plain(changes, count) && is_plain(expected, expected_count) &&
        !document_is_long(changes, count)) {
        document_update(ask, connector, changes, count, expected, expected_count);
        return;
    }
    ask_then(ask, document_end);
    ASK_SCRIPT(ask, &script_change, connector.key, key_prefix(ask, key_shard(ask, id)), id,
               document_long_word(changes, count));
    document_add_changes(ask, changes, count, expected, expected_count);
}

static void after_report(struct ask *ask, const struct reply *replies)
{
    const struct str *id = ask->operation;

    report_end(ask, *id, replies[0].text);
}

static void report(struct ask *ask, struct str id, unsigned mode, const struct pair *changes,
                   size_t count, const struct pair *expected, size_t expected_count)
{
    struct str *kept = arena_take(ask->arena, sizeof *kept);

    *kept = id;
    ask->operation = kept;
    ask_then(ask, after_report);
    ASK_SCRIPT(ask, &script_report, key_connector(ask, id));
    report_add_words(ask, id, mode, changes, count, expected, expected_count, false);
}

void connector_update(struct ask *ask, struct str id, enum update_kind kind,
                      const struct pair *changes, size_t count, const struct pair *expected,
                      size_t expected_count)
{
    if (kind == MERGE)
        merge(ask, id, changes, count, expected, expected_count);
    else
        report(ask, id, kind, changes, count, expected, expected_count);
}

void connector_look(struct ask *ask, struct str id)
{
    report(ask, id, REPORT_LOOK, NULL, 0, NULL, 0);
}

/* ---- put, restore ---- */

/* Adds the first words that put.lua takes. */
static void put_words(struct ask *ask, const struct claim *claim)
{
    claim_words(ask, claim, &script_put);
    ask_word_number(ask, ask->settings->events);
    ask_word_number(ask, instant_now().seconds + ask->settings->max_age);
}

struct putting {
    const struct pair *fields;
    size_t count;
};

static void write_document(struct ask *ask, const struct claim *claim)
{
    const struct putting *putting = claim->operation;

    put_words(ask, claim);
    ask_word(ask, STR("keep"));
    ask_word(ask, document_long_word(putting->fields, putting->count));
    ask_word_pairs(ask, putting->fields, putting->count);
}

void connector_put(struct ask *ask, struct str id, const struct pair *fields, size_t count)
{
    struct putting *putting = arena_take(ask->arena, sizeof *putting);

    *putting = (struct putting){ fields, count };
    claim_start(ask, id, str_or_empty(document_value(fields, count, connector_names[INDEX_NAME])),
                write_document, putting);
}

static void write_whole(struct ask *ask, const struct claim *claim)
{
    const struct whole *whole = claim->operation;
    bool is_long = document_is_long(whole->fields, whole->field_count) ||
                   document_is_long(whole->secrets, whole->secret_count);

    put_words(ask, claim);
    ask_word(ask, STR("whole"));
    ask_word(ask, is_long ? STR("long") : STR(""));
    ask_word_pairs(ask, whole->fields, whole->field_count);
    if (whole->has_secrets)
        ask_word_pairs(ask, whole->secrets, whole->secret_count);
    else
        ask_word(ask, STR("keep"));
    ask_word_pairs(ask, whole->days, whole->day_count);
    for (size_t i = 0; i < whole->entry_count; i++) {
        ask_word(ask, whole->history[i].id);
        ask_word_pairs(ask, whole->history[i].pairs, whole->history[i].count);
    }
}

void connector_restore(struct ask *ask, const struct whole *whole)
{
    struct str index_name = str_or_empty(whole_value(whole, connector_names[INDEX_NAME]));
    union {
        const struct whole *from;
        void *to;
    } operation = { whole };

    claim_start(ask, whole->id, whole_is_deleted(whole) ? STR("") : index_name, write_whole,
                operation.to);
}

/* ---- rename ---- */

static void write_name(struct ask *ask, const struct claim *claim)
{
    const bool *refuse_native = claim->operation;

    claim_words(ask, claim, &script_rename);
    ask_word(ask, claim->index_name);
    ask_word(ask, *refuse_native ? STR("refuse") : STR("any"));
}

void connector_rename(struct ask *ask, struct str id, struct str index_name, bool refuse_native)
{
    bool *kept = arena_take(ask->arena, sizeof *kept);

    *kept = refuse_native;
    claim_start(ask, id, index_name, write_name, kept);
}

/* ---- delete ---- */

static void after_delete(struct ask *ask, const struct reply *replies)
{
    const struct str *id = ask->operation;
    enum outcome outcome = document_outcome(str_or_empty(reply_item(&replies[0], 0)));

    claim_release(ask, *id, str_or_empty(reply_item(&replies[0], 1)),
                  str_or_empty(reply_item(&replies[0], 2)), outcome);
}

void connector_delete(struct ask *ask, struct str id, bool hard)
{
    struct str *kept = arena_take(ask->arena, sizeof *kept);

    *kept = id;
    ask->operation = kept;
    ask_then(ask, after_delete);
    ASK_SCRIPT(ask, &script_delete, key_connector(ask, id), key_prefix(ask, key_shard(ask, id)), id,
               hard ? STR("hard") : STR("soft"), claim_scope(ask),
               ask_number(ask, ask->settings->events));
}
