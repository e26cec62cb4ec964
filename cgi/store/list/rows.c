/* rows.c: reads documents slice by slice. */
#include "store/list/rows.h"

#include <stdlib.h>

#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum {
    ASKED_AT_ONCE = 500, /* ids that one step looks up among the long documents */
    LENGTHS_AT_ONCE = 50,
    EXPECTED_OF_ENTRY = 200, /* about the bytes of an entry of the history */
    EXPECTED_OF_DAYS = 4096  /* and of the counts of a connector by day */
};

/* ---- slices ---- */

static void ask_slice(struct ask *ask, struct rows *rows);

/* How many of the entries from `at` on the next step reads. */
static size_t slice_size(const struct rows *rows)
{
    size_t left = rows->entry_count - rows->at, bytes = 0, count = 0;
    size_t most = rows->slice ? rows->slice : ROWS_SLICE;

    if (rows->history && ROWS_SLICE_ENTRIES / rows->history < most)
        most = ROWS_SLICE_ENTRIES / rows->history;
    while (count < left && count < most &&
           bytes + rows->lengths[rows->at + count] <= ROWS_SLICE_BYTES)
        bytes += rows->lengths[rows->at + count++];
    return count ? count : 1;
}

static bool is_long(const struct rows *rows, size_t at)
{
    return rows->lengths[at] > 0;
}

static size_t commands_of(const struct rows *rows, size_t at)
{
    return (is_long(rows, at) ? 1 : document_commands(rows->names, rows->count)) +
           (rows->history ? 1 : 0) + (rows->days ? 1 : 0);
}

/* Reads a row, which has no values if the document is gone by now. */
static struct row read_row(struct ask *ask, const struct rows *rows, size_t at,
                           const struct reply *replies)
{
    const struct rows_entry *entry = &rows->entries[at];
    const struct reply *days = &replies[commands_of(rows, at) - 1];
    const struct reply *history = rows->days ? days - 1 : days;
    struct row row = { .id = entry->id, .score = entry->score };

    if (is_long(rows, at))
        row.values = document_long_values(ask, &replies[0], 1, rows->names, rows->count);
    else
        row.values = document_values(ask, replies, 1, rows->names, rows->count);
    if (!reply_item(&replies[0], 0).ptr)
        row.values = NULL;
    else
        row.deleted = str_equal(reply_item(&replies[0], 0), STR("true"));
    if (rows->history && history->count > 1)
        row.history = &history->items[1];
    if (rows->days)
        row.days = days;
    return row;
}

static bool hand_on(struct ask *ask, struct rows *rows, const struct row *read, size_t count)
{
    if (!rows->take)
        return ask->take_rows(ask, read, count);
    rows->take(ask, rows, read, count);
    return true;
}

static void after_slice(struct ask *ask, const struct reply *replies)
{
    struct rows *rows = ask->operation;
    size_t size = slice_size(rows), count = 0;
    struct row *read = arena_take(ask_memory(ask), size * sizeof *read);

    for (size_t i = 0; i < size; i++) {
        read[count] = read_row(ask, rows, rows->at + i, replies);
        replies += commands_of(rows, rows->at + i);
        count += read[count].values && (rows->deleted || !read[count].deleted);
    }
    rows->at += size;
    if (count && !hand_on(ask, rows, read, count))
        ask_end(ask, TOO_LARGE);
    else
        ask_slice(ask, rows);
}

static void ask_slice(struct ask *ask, struct rows *rows)
{
    size_t size;

    if (rows->at == rows->entry_count) {
        if (rows->then)
            rows->then(ask, rows);
        else
            ask_end(ask, FOUND);
        return;
    }
    size = slice_size(rows);
    ask_then(ask, after_slice);
    for (size_t i = rows->at; i < rows->at + size; i++) {
        struct str key = rows->key(ask, rows->entries[i].id);

        if (is_long(rows, i))
            document_ask_long(ask, key, &rows->live, 1, rows->names, rows->count, rows->field_max,
                              0);
        else
            document_ask_fields(ask, key, &rows->live, 1, rows->names, rows->count);
        ask->expected += ROWS_EXPECTED + rows->lengths[i];
        if (rows->history) {
            ASK_SCRIPT(ask, &script_history, key, STR("+"), ask_number(ask, rows->history));
            ask->expected += (size_t)rows->history * EXPECTED_OF_ENTRY;
        }
        if (rows->days) {
            ASK(ask, STR("HGETALL"), key_days(ask, rows->entries[i].id));
            ask->expected += EXPECTED_OF_DAYS;
        }
    }
}

/* ---- how long the long ones are ---- */

/* The element of lengths[] for a long document whose length is not known yet. */
enum { LENGTH_UNKNOWN = 1 };

static void ask_lengths(struct ask *ask, struct rows *rows);

/* Gives the next document, from `at` on, whose length is not known yet; entry_count if there is
 * none. */
static size_t next_unknown(const struct rows *rows, size_t at)
{
    while (at < rows->entry_count && rows->lengths[at] != LENGTH_UNKNOWN)
        at++;
    return at;
}

static void after_lengths(struct ask *ask, const struct reply *replies)
{
    struct rows *rows = ask->operation;
    size_t at = rows->at;

    for (size_t i = 0; i < ask->command_count; i++) {
        at = next_unknown(rows, at);
        rows->lengths[at] = (size_t)replies[i].number + LENGTH_UNKNOWN + 1;
        rows->length += rows->lengths[at];
    }
    rows->at = at;
    if (rows->most && !rows->field_max && rows->length > rows->most)
        ask_end(ask, TOO_LARGE);
    else
        ask_lengths(ask, rows);
}

static void ask_lengths(struct ask *ask, struct rows *rows)
{
    size_t at = next_unknown(rows, rows->at);

    if (at == rows->entry_count) {
        rows->at = 0;
        ask_slice(ask, rows);
        return;
    }
    rows->at = at;
    ask_then(ask, after_lengths);
    for (size_t i = 0; i < LENGTHS_AT_ONCE && at < rows->entry_count; i++) {
        document_ask_length(ask, rows->key(ask, rows->entries[at].id), rows->names, rows->count);
        at = next_unknown(rows, at + 1);
    }
}

/* ---- which documents are long ---- */

static void ask_long(struct ask *ask, struct rows *rows);

/* Calls for each shard that entries of this step lie in, in the order of the shards. */
static void after_long(struct ask *ask, const struct reply *replies)
{
    struct rows *rows = ask->operation;
    size_t end = rows->at + ASKED_AT_ONCE;

    if (end > rows->entry_count)
        end = rows->entry_count;
    for (unsigned shard = 0; shard < key_shards(ask); shard++) {
        size_t place = 0;

        for (size_t i = rows->at; i < end; i++)
            if (rows->shards[i] == shard)
                rows->lengths[i] = replies->items[place++].number ? LENGTH_UNKNOWN : 0;
        replies += place > 0;
    }
    rows->at = end;
    ask_long(ask, rows);
}

static void ask_long(struct ask *ask, struct rows *rows)
{
    size_t end = rows->at + ASKED_AT_ONCE;

    if (rows->at == rows->entry_count) {
        rows->at = 0;
        ask_lengths(ask, rows);
        return;
    }
    if (end > rows->entry_count)
        end = rows->entry_count;
    ask_then(ask, after_long);
    for (unsigned shard = 0; shard < key_shards(ask); shard++) {
        bool any = false;

        for (size_t i = rows->at; i < end; i++) {
            if (rows->shards[i] != shard)
                continue;
            if (!any)
                ASK(ask, STR("SMISMEMBER"), key_long(ask, shard));
            any = true;
            ask_word(ask, rows->entries[i].id);
        }
    }
}

/* ---- what is read ---- */

static int by_id(const void *left, const void *right)
{
    const struct rows_entry *const *a = left, *const *b = right;
    int order = str_compare((*a)->id, (*b)->id);

    return order ? order : (*a > *b) - (*a < *b);
}

static bool is_repeated(const struct rows_entry *const *sorted, size_t at, size_t count)
{
    return at + 1 < count && str_equal(sorted[at]->id, sorted[at + 1]->id);
}

/* Leaves out all but the last of the entries with one id. */
static void leave_out_repeated(struct ask *ask, struct rows *rows)
{
    size_t count = rows->entry_count, kept = 0;
    const struct rows_entry **sorted = arena_take(ask->arena, (count + 1) * sizeof *sorted);
    struct rows_entry *entries;
    bool *repeated, any = false;

    for (size_t i = 0; i < count; i++)
        sorted[i] = &rows->entries[i];
    qsort(sorted, count, sizeof *sorted, by_id);
    for (size_t i = 0; i < count && !any; i++)
        any = is_repeated(sorted, i, count);
    if (!any)
        return;
    repeated = arena_take_cleared(ask->arena, count * sizeof *repeated);
    entries = arena_take(ask->arena, count * sizeof *entries);
    for (size_t i = 0; i < count; i++)
        repeated[sorted[i] - rows->entries] = is_repeated(sorted, i, count);
    for (size_t i = 0; i < count; i++)
        if (!repeated[i])
            entries[kept++] = rows->entries[i];
    rows->entries = entries;
    rows->entry_count = kept;
}

void rows_read(struct ask *ask, struct rows *rows)
{
    leave_out_repeated(ask, rows);
    rows->at = 0;
    rows->length = 0;
    rows->lengths = arena_take_cleared(ask->arena, (rows->entry_count + 1) * sizeof *rows->lengths);
    rows->shards = arena_take_cleared(ask->arena, (rows->entry_count + 1) * sizeof *rows->shards);
    for (size_t i = 0; key_shards(ask) > 1 && i < rows->entry_count; i++)
        rows->shards[i] = key_shard(ask, rows->entries[i].id);
    ask->operation = rows;
    ask_long(ask, rows);
}
