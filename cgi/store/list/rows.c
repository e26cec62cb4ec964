/* rows.c: reads documents slice by slice. */
#include "store/list/rows.h"

#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum {
    EXPECTED_OF_ENTRY = 200,       /* bytes of an entry of the history, about */
    EXPECTED_OF_WHOLE = 512 * 1024 /* of a long document that is not cut: all that a flush may have,
                                      for nobody knows how long it is */
};

static void ask_slice(struct ask *ask, struct rows *rows);

/* ---- one slice ---- */

/* How many of the entries from `at` on the next step reads. Of long ones that are not cut, each is
 * a slice of its own. */
static size_t slice_size(const struct rows *rows, const bool *is_long)
{
    size_t left = rows->entry_count - rows->at, count = 0;
    size_t most = rows->history ? ROWS_SLICE / 2 : ROWS_SLICE;

    if (most > left)
        most = left;
    if (rows->field_max)
        return most;
    while (count < most && !is_long[count])
        count++;
    return count ? count : 1;
}

/* What a slice was asked by. */
struct slice {
    struct rows *rows;
    size_t count;
    bool is_long[ROWS_SLICE];
};

static size_t commands_of(const struct rows *rows, bool is_long)
{
    return (is_long ? 1 : document_commands(rows->names, rows->count)) + (rows->history ? 1 : 0);
}

/* Reads a row: false where it is too large. It has no values where the document is not there. */
static bool read_row(struct ask *ask, const struct rows *rows, const struct rows_entry *entry,
                     const struct reply *replies, bool is_long, struct row *row)
{
    size_t last = commands_of(rows, is_long) - 1;

    *row = (struct row){ .id = entry->id, .score = entry->score };
    if (is_long) {
        if (!document_long_values(ask, &replies[0], 1, rows->names, rows->count, &row->values))
            return false;
    } else {
        row->values = document_values(ask, replies, 1, rows->names, rows->count);
    }
    if (!reply_item(&replies[0], 0).ptr)
        row->values = NULL;
    else
        row->deleted = str_equal(reply_item(&replies[0], 0), STR("true"));
    if (rows->history && replies[last].count > 1)
        row->history = &replies[last].items[1];
    return true;
}

static void after_slice(struct ask *ask, const struct reply *replies)
{
    const struct slice *slice = ask->operation;
    struct rows *rows = slice->rows;
    struct row *read = arena_take(ask_memory(ask), slice->count * sizeof *read);
    size_t count = 0;

    for (size_t i = 0; i < slice->count; i++) {
        bool is_long = slice->is_long[i];

        if (!read_row(ask, rows, &rows->entries[rows->at + i], replies, is_long, &read[count])) {
            ask_end(ask, TOO_LARGE);
            return;
        }
        replies += commands_of(rows, is_long);
        count += read[count].values != NULL;
    }
    rows->at += slice->count;
    if (count && !ask->take_rows(ask, read, count))
        ask_end(ask, TOO_LARGE);
    else
        ask_slice(ask, rows);
}

/* ---- which of them are long ---- */

static void after_long(struct ask *ask, const struct reply *replies)
{
    struct rows *rows = ask->operation;
    struct slice *slice = arena_take_cleared(ask->arena, sizeof *slice);
    size_t at[ROWS_SLICE], left = rows->entry_count - rows->at;
    unsigned shards[ROWS_SLICE], known = 0;

    if (left > ROWS_SLICE)
        left = ROWS_SLICE;
    for (size_t i = 0; i < left; i++) {
        unsigned shard = key_shard(ask, rows->entries[rows->at + i].id), k = 0;

        while (k < known && shards[k] != shard)
            k++;
        if (k == known) {
            shards[known] = shard;
            at[known++] = 0;
        }
        slice->is_long[i] = replies[k].items[at[k]++].number == 1;
    }
    slice->rows = rows;
    slice->count = slice_size(rows, slice->is_long);
    ask->operation = slice;
    ask_then(ask, after_slice);
    for (size_t i = 0; i < slice->count; i++) {
        struct str id = rows->entries[rows->at + i].id, key = rows->key(ask, id);

        if (slice->is_long[i])
            document_ask_long(ask, key, &rows->live, 1, rows->names, rows->count, rows->field_max,
                              rows->answer_max);
        else
            document_ask_fields(ask, key, &rows->live, 1, rows->names, rows->count);
        if (!slice->is_long[i])
            ask->expected += ROWS_EXPECTED;
        else
            ask->expected += rows->field_max ? LONG_JSON : EXPECTED_OF_WHOLE;
        if (rows->history) {
            ASK_SCRIPT(ask, &script_history, key, STR("+"), ask_number(ask, rows->history));
            ask->expected += rows->history * EXPECTED_OF_ENTRY;
        }
    }
}

/* One command for each shard that the next entries lie in, in the order in which they name them. */
static void ask_slice(struct ask *ask, struct rows *rows)
{
    size_t left = rows->entry_count - rows->at;
    unsigned shards[ROWS_SLICE], known = 0;

    ask->operation = rows;
    if (!left) {
        ask_end(ask, FOUND);
        return;
    }
    if (left > ROWS_SLICE)
        left = ROWS_SLICE;
    ask_then(ask, after_long);
    for (size_t i = 0; i < left; i++) {
        unsigned shard = key_shard(ask, rows->entries[rows->at + i].id), k = 0;

        while (k < known && shards[k] != shard)
            k++;
        if (k < known)
            continue;
        shards[known++] = shard;
        ASK(ask, STR("SMISMEMBER"), key_long(ask, shard));
        for (size_t other = i; other < left; other++)
            if (key_shard(ask, rows->entries[rows->at + other].id) == shard)
                ask_word(ask, rows->entries[rows->at + other].id);
    }
}

void rows_read(struct ask *ask, struct rows *rows)
{
    rows->at = 0;
    ask_slice(ask, rows);
}
