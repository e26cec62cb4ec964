/* overview.c: lists connectors by how they stand. */
#include "store/connector/overview.h"

#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum {
    PAGE = 500,       /* entries that a step of a search reads */
    MENDINGS_MAX = 64 /* by one overview, before it leaves wrong entries to the next one */
};

/* A connector as the sorted set has it. */
struct entry {
    struct str id;
    int64_t score;
    struct str key; /* by which it is sorted, where that is not its standing */
};

/* Entries of one standing lie side by side in the sorted set. */
struct range {
    uint64_t rank, count;
};

struct viewing {
    struct overview *overview;
    const struct str *names; /* of the fields wanted in rows, standing_fields first */
    size_t count;
    struct range ranges[STANDINGS]; /* of what is wanted, the worst first */
    size_t range;                   /* of a search: the one at hand, of which */
    uint64_t searched;              /* so many were read */
    struct entry *page;
    size_t page_count;
    struct entry *entries; /* that are wanted */
    size_t entry_count, entry_room;
    size_t mended; /* the entry that is put right */
    unsigned mendings;
};

static void start(struct ask *ask);

/* ---- rows ---- */

static void ask_history(struct ask *ask, struct str id, struct str newest, unsigned size)
{
    struct str *arguments = ask_command(ask, &script_history, 5);

    arguments[0] = STR("2");
    arguments[1] = key_connector(ask, id);
    arguments[2] = key_syncs(ask, id);
    arguments[3] = newest;
    arguments[4] = ask_number(ask, size);
}

static void ask_fields(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    struct str *arguments = ask_command(ask, NULL, 2 + count);

    arguments[0] = STR("HMGET");
    arguments[1] = key_connector(ask, id);
    memcpy(arguments + 2, names, count * sizeof *names);
}

static struct row read_row(struct ask *ask, struct str id, const struct reply *replies,
                           size_t count, bool with_history)
{
    struct row row = { .id = id, .values = arena_take(ask->arena, count * sizeof *row.values) };

    for (size_t i = 0; i < count; i++)
        row.values[i] = reply_item(&replies[0], i);
    row.deleted = !str_equal(str_or_empty(row.values[STANDING_DELETED]), STR("false"));
    if (with_history && replies[1].count > 1)
        row.history = &replies[1].items[1];
    return row;
}

static struct str *all_names(struct ask *ask, const struct str *names, size_t count)
{
    struct str *all = arena_take(ask->arena, (STANDING_FIELDS + count) * sizeof *all);

    memcpy(all, standing_fields, sizeof standing_fields);
    if (count)
        memcpy(all + STANDING_FIELDS, names, count * sizeof *names);
    return all;
}

static void after_mending(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    start(ask);
}

static bool is_in_place(struct ask *ask, const struct viewing *viewing, const struct row *row,
                        int64_t score)
{
    return !row->deleted &&
           standing_of(row->values, viewing->overview->now, ask->settings, ask->arena).score ==
               score;
}

static void after_rows(struct ask *ask, const struct reply *replies)
{
    struct viewing *viewing = ask->operation;
    unsigned history = viewing->overview->history;
    struct row *rows = arena_take(ask->arena, viewing->entry_count * sizeof *rows);

    ask->row_count = 0;
    for (size_t i = 0; i < viewing->entry_count; i++) {
        const struct entry *entry = &viewing->entries[i];
        struct row row =
            read_row(ask, entry->id, replies + i * (history ? 2 : 1), viewing->count, history);

        if (!is_in_place(ask, viewing, &row, entry->score) && viewing->mendings < MENDINGS_MAX) {
            viewing->mendings++;
            standing_settle(ask, entry->id, after_mending);
            return;
        }
        if (!row.deleted)
            rows[ask->row_count++] = row;
    }
    ask->rows = rows;
    ask_end(ask, FOUND);
}

static void ask_rows(struct ask *ask, struct viewing *viewing)
{
    ask_then(ask, after_rows);
    for (size_t i = 0; i < viewing->entry_count; i++) {
        ask_fields(ask, viewing->entries[i].id, viewing->names, viewing->count);
        if (viewing->overview->history)
            ask_history(ask, viewing->entries[i].id, STR("+"), viewing->overview->history);
    }
    if (!viewing->entry_count)
        after_rows(ask, NULL);
}

/* ---- entries ---- */

static void add_entry(struct ask *ask, struct viewing *viewing, struct entry entry)
{
    if (viewing->entry_count == viewing->entry_room) {
        size_t room = viewing->entry_room ? viewing->entry_room * 2 : PAGE;

        viewing->entries =
            arena_grow(ask->arena, viewing->entries, viewing->entry_room * sizeof *viewing->entries,
                       room * sizeof *viewing->entries);
        viewing->entry_room = room;
    }
    viewing->entries[viewing->entry_count++] = entry;
}

static struct entry read_entry(const struct reply *reply, size_t at)
{
    struct entry entry = { .id = reply_item(reply, 2 * at) };

    if (number_truncate(str_or_empty(reply_item(reply, 2 * at + 1)), &entry.score) != NUMBER_READ)
        entry.score = -1; /* not one of ours */
    return entry;
}

static void ask_range(struct ask *ask, uint64_t rank, uint64_t count)
{
    struct str *arguments = ask_command(ask, NULL, 5);

    arguments[0] = STR("ZRANGE");
    arguments[1] = key_standings(ask);
    arguments[2] = ask_number(ask, (int64_t)rank);
    arguments[3] = ask_number(ask, (int64_t)(rank + count - 1));
    arguments[4] = STR("WITHSCORES");
}

/* ---- the worst first: only what is wanted is read ---- */

static void after_part(struct ask *ask, const struct reply *replies)
{
    struct viewing *viewing = ask->operation;

    for (size_t i = 0; i < ask->command_count; i++)
        for (size_t k = 0; k < replies[i].count / 2; k++)
            add_entry(ask, viewing, read_entry(&replies[i], k));
    ask_rows(ask, viewing);
}

static void ask_part(struct ask *ask, struct viewing *viewing)
{
    uint64_t from = viewing->overview->from, left = viewing->overview->size;

    ask->total = 0;
    ask_then(ask, after_part);
    for (size_t i = 0; i < STANDINGS; i++) {
        struct range range = viewing->ranges[i];
        uint64_t skipped = from < range.count ? from : range.count;
        uint64_t taken = range.count - skipped < left ? range.count - skipped : left;

        ask->total += range.count;
        from -= skipped;
        left -= taken;
        if (taken)
            ask_range(ask, range.rank + skipped, taken);
    }
    if (!ask->command_count)
        ask_rows(ask, viewing);
}

/* ---- a search through all that stand as wanted, page by page ---- */

static int by_key(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    int order = str_compare(a->key, b->key);

    return order ? order : str_compare(a->id, b->id);
}

/* Those without a key come last, in either order. */
static void sort_entries(struct ask *ask, struct viewing *viewing)
{
    size_t count = viewing->entry_count, at = 0;
    struct entry *sorted = arena_take(ask->arena, (count + 1) * sizeof *sorted);

    if (viewing->overview->order == BY_STANDING || !count)
        return;
    qsort(viewing->entries, count, sizeof *viewing->entries, by_key);
    for (size_t i = 0; i < count; i++) {
        const struct entry *entry =
            &viewing->entries[viewing->overview->descending ? count - 1 - i : i];

        if (entry->key.len)
            sorted[at++] = *entry;
    }
    for (size_t i = 0; i < count; i++)
        if (!viewing->entries[i].key.len)
            sorted[at++] = viewing->entries[i];
    viewing->entries = sorted;
    viewing->entry_room = count;
}

static void cut_part(struct ask *ask, struct viewing *viewing)
{
    uint64_t from = viewing->overview->from, size = viewing->overview->size;

    ask->total = viewing->entry_count;
    sort_entries(ask, viewing);
    if (from > viewing->entry_count)
        from = viewing->entry_count;
    if (from)
        viewing->entries += from;
    viewing->entry_count -= (size_t)from;
    if (viewing->entry_count > size)
        viewing->entry_count = (size_t)size;
    viewing->entry_room = viewing->entry_count;
    ask_rows(ask, viewing);
}

static const struct str order_fields[] = {
    [BY_STANDING] = STR_ROW("deleted"),
    [BY_NAME] = STR_ROW("name"),
    [BY_SUCCESS] = STR_ROW("_last_success"),
};

/* Keeps what fits of the page whose fields have come: first the one to sort by. */
static void keep_fitting(struct ask *ask, struct viewing *viewing, const struct reply *replies)
{
    const struct selection *selection = &viewing->overview->selection;

    for (size_t i = 0; i < viewing->page_count; i++) {
        struct str *values = arena_take(ask->arena, (replies[i].count + 1) * sizeof *values);

        for (size_t k = 0; k < replies[i].count; k++)
            values[k] = reply_item(&replies[i], k);
        if (selection->fits && !selection->fits(selection->filter, values + 1))
            continue;
        viewing->page[i].key = str_or_empty(values[0]);
        add_entry(ask, viewing, viewing->page[i]);
    }
    viewing->page_count = 0;
}

static void after_page(struct ask *ask, const struct reply *replies);

/* Asks for the fields of the page at hand, and for the next page. */
static void ask_page(struct ask *ask, struct viewing *viewing)
{
    const struct selection *selection = &viewing->overview->selection;
    size_t count = 1 + (selection->fits ? selection->field_count : 0);
    struct str *names = arena_take(ask->arena, count * sizeof *names);

    names[0] = order_fields[viewing->overview->order];
    if (selection->fits)
        memcpy(names + 1, selection->fields, selection->field_count * sizeof *names);
    while (viewing->range < STANDINGS &&
           viewing->searched >= viewing->ranges[viewing->range].count) {
        viewing->range++;
        viewing->searched = 0;
    }
    ask_then(ask, after_page);
    for (size_t i = 0; i < viewing->page_count; i++)
        ask_fields(ask, viewing->page[i].id, names, count);
    if (viewing->range < STANDINGS) {
        struct range range = viewing->ranges[viewing->range];
        uint64_t left = range.count - viewing->searched, taken = left < PAGE ? left : PAGE;

        ask_range(ask, range.rank + viewing->searched, taken);
        viewing->searched += taken;
    }
    if (!ask->command_count)
        cut_part(ask, viewing);
}

static void after_page(struct ask *ask, const struct reply *replies)
{
    struct viewing *viewing = ask->operation;
    size_t asked = viewing->page_count;
    const struct reply *next = asked < ask->command_count ? &replies[asked] : NULL;

    keep_fitting(ask, viewing, replies);
    if (next) {
        viewing->page = arena_take(ask->arena, (next->count / 2 + 1) * sizeof *viewing->page);
        for (size_t i = 0; i < next->count / 2; i++)
            viewing->page[viewing->page_count++] = read_entry(next, i);
    }
    ask_page(ask, viewing);
}

/* ---- counts ---- */

/* In the order of the sorted set. */
static const enum standing ranked[] = {
    FAILING, LOST, RUNNING, LATE, FRESH, NEVER_SYNCED, DISABLED
};

static void after_counts(struct ask *ask, const struct reply *replies)
{
    struct viewing *viewing = ask->operation;
    struct overview *overview = viewing->overview;
    uint64_t rank = 0;

    for (size_t i = 0; i < STANDINGS; i++) {
        enum standing standing = ranked[i];
        uint64_t count = (uint64_t)replies[standing].number;
        bool wanted = !overview->standings || (overview->standings & 1U << standing);

        overview->counts[standing] = count;
        viewing->ranges[standing] = (struct range){ rank, wanted ? count : 0 };
        rank += count;
    }
    if (overview->selection.fits || overview->order != BY_STANDING)
        ask_page(ask, viewing);
    else
        ask_part(ask, viewing);
}

static void start(struct ask *ask)
{
    struct viewing *viewing = ask->operation;

    viewing->entries = NULL;
    viewing->entry_count = viewing->entry_room = viewing->page_count = viewing->range = 0;
    viewing->searched = 0;
    ask_then(ask, after_counts);
    for (enum standing standing = FAILING; standing < STANDINGS; standing++) {
        struct str *arguments = ask_command(ask, NULL, 4);
        int64_t from, to;

        standing_scores(standing, viewing->overview->now, &from, &to);
        arguments[0] = STR("ZCOUNT");
        arguments[1] = key_standings(ask);
        arguments[2] = ask_number(ask, from);
        arguments[3] = arena_format(ask->arena, "(%lld", (long long)to);
    }
}

void overview_list(struct ask *ask, struct overview *overview, const struct str *names,
                   size_t count)
{
    struct viewing *viewing = arena_take_cleared(ask->arena, sizeof *viewing);

    viewing->overview = overview;
    viewing->names = all_names(ask, names, count);
    viewing->count = STANDING_FIELDS + count;
    ask->operation = viewing;
    start(ask);
}

/* ---- one connector ---- */

struct looking {
    struct str id;
    size_t count;
    bool with_history;
};

static void after_read(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;
    struct row *row = arena_take(ask->arena, sizeof *row);

    *row = read_row(ask, looking->id, replies, looking->count, looking->with_history);
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, row->deleted ? MISSING : FOUND);
}

void overview_read(struct ask *ask, struct str id, unsigned history, const struct str *names,
                   size_t count)
{
    struct looking *looking = arena_take(ask->arena, sizeof *looking);

    *looking = (struct looking){ id, STANDING_FIELDS + count, history };
    ask->operation = looking;
    ask_then(ask, after_read);
    ask_fields(ask, id, all_names(ask, names, count), STANDING_FIELDS + count);
    if (history)
        ask_history(ask, id, STR("+"), history);
}

static void after_history(struct ask *ask, const struct reply *replies)
{
    struct row *row = arena_take_cleared(ask->arena, sizeof *row);

    if (!str_equal(reply_item(&replies[0], 0), STR("found"))) {
        ask_end(ask, MISSING);
        return;
    }
    row->history = &replies[0].items[1];
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask, FOUND);
}

void overview_history(struct ask *ask, struct str id, struct str newest, unsigned size)
{
    ask_then(ask, after_history);
    ask_history(ask, id, newest, size);
}
