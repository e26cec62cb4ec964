/* list.c: lists connectors, in pages. */
#include <stdlib.h>

#include "base/number.h"
#include "store/connector/connector.h"
#include "store/connector/place.h"
#include "store/schema/document.h"
#include "store/schema/key.h"

enum {
    PAGE = 500,       /* entries that a step of a search reads */
    MENDINGS_MAX = 64 /* by one list, before it leaves wrong entries to the next one */
};

/* A connector as the sorted set lists it. */
struct entry {
    struct str member, index_name, id;
    enum listing listing;
};

struct listing_up {
    struct connector_list list;
    const struct str *names; /* of the fields wanted in rows */
    size_t count;
    struct entry *entries; /* that fit, as far as the search has come */
    size_t entry_count, entry_room;
    struct entry *page; /* of the search: entries whose fields were asked for */
    size_t page_count;
    uint64_t rank; /* where the next page begins */
    bool searched; /* to the end */
    unsigned mendings;
    struct state wrong; /* of the entry that is mended */
};

static void start(struct ask *ask);
static void after_rows(struct ask *ask, const struct reply *replies);

/* The entry at a place of a reply of members and scores. */
static struct entry read_entry(const struct reply *reply, size_t at)
{
    struct entry entry = { .member = reply_item(reply, 2 * at) };
    uint64_t listing;

    key_read_listed(entry.member, &entry.index_name, &entry.id);
    if (number_count(reply_item(reply, 2 * at + 1), LISTING_COUNT, &listing) != NUMBER_READ)
        listing = LISTING_COUNT; /* not one of ours */
    entry.listing = (enum listing)listing;
    return entry;
}

static void add_entry(struct ask *ask, struct listing_up *up, struct entry entry)
{
    if (up->entry_count == up->entry_room) {
        size_t room = up->entry_room ? up->entry_room * 2 : PAGE;

        up->entries = arena_grow(ask->arena, up->entries, up->entry_room * sizeof *up->entries,
                                 room * sizeof *up->entries);
        up->entry_room = room;
    }
    up->entries[up->entry_count++] = entry;
}

/* ---- the rows of the wanted entries, which entries[0 .. entry_count - 1] are by now ---- */

static void ask_rows(struct ask *ask, struct listing_up *up)
{
    ask_then(ask, after_rows);
    for (size_t i = 0; i < up->entry_count; i++)
        place_ask_fields(ask, up->entries[i].id, up->names, up->count);
    if (!up->entry_count)
        after_rows(ask, NULL);
}

static bool is_in_place(struct entry entry, struct state state)
{
    return entry.id.ptr && state.exists && entry.listing == place_listing(state) &&
           str_equal(entry.index_name, state.index_name);
}

static void after_mending(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    start(ask);
}

/* Puts a connector into its place, and takes what is none of ours out; then lists once more. */
static void mend(struct ask *ask, struct entry entry, struct state *state)
{
    struct str *arguments;

    ask_then(ask, after_mending);
    if (entry.id.ptr) {
        place_start(ask, entry.id, state, entry.index_name, after_mending);
        return;
    }
    arguments = ask_command(ask, NULL, 3);
    arguments[0] = STR("ZREM");
    arguments[1] = key_connectors(ask);
    arguments[2] = entry.member;
}

static void after_rows(struct ask *ask, const struct reply *replies)
{
    struct listing_up *up = ask->operation;
    struct row *rows = arena_take(ask->arena, up->entry_count * sizeof *rows);
    size_t stride = document_commands(up->names, up->count);

    ask->row_count = 0;
    for (size_t i = 0; i < up->entry_count; i++) {
        const struct entry *entry = &up->entries[i];
        const struct reply *read = replies + i * stride;
        struct state state = place_read_state(read);

        if (!is_in_place(*entry, state)) {
            if (up->mendings++ < MENDINGS_MAX) {
                up->wrong = state;
                mend(ask, *entry, &up->wrong);
                return;
            }
            continue;
        }
        rows[ask->row_count++] = place_read_row(ask, entry->id, read, up->names, up->count);
    }
    ask->rows = rows;
    ask_end(ask, FOUND);
}

/* ---- a part of all live connectors: straight from the sorted set ---- */

static void after_part(struct ask *ask, const struct reply *replies)
{
    struct listing_up *up = ask->operation;

    ask->total = (uint64_t)replies[0].number;
    for (size_t i = 0; i < replies[1].count / 2; i++)
        add_entry(ask, up, read_entry(&replies[1], i));
    ask_rows(ask, up);
}

static void ask_part(struct ask *ask, const struct listing_up *up)
{
    struct str *arguments;

    ask_then(ask, after_part);
    arguments = ask_command(ask, NULL, 4);
    arguments[0] = STR("ZCOUNT");
    arguments[1] = key_connectors(ask);
    arguments[2] = ask_number(ask, LIVE_NAMED);
    arguments[3] = ask_number(ask, LIVE_UNNAMED);
    arguments = ask_command(ask, NULL, 8);
    arguments[0] = STR("ZRANGEBYSCORE");
    arguments[1] = key_connectors(ask);
    arguments[2] = ask_number(ask, LIVE_NAMED);
    arguments[3] = ask_number(ask, LIVE_UNNAMED);
    arguments[4] = STR("LIMIT");
    arguments[5] = ask_number(ask, (int64_t)up->list.from);
    arguments[6] = ask_number(ask, (int64_t)up->list.size);
    arguments[7] = STR("WITHSCORES");
}

/* ---- a search through the sorted set, page by page ---- */

static int by_place(const void *left, const void *right)
{
    const struct entry *a = left, *b = right;
    bool unnamed = !a->index_name.len, other_unnamed = !b->index_name.len;

    if (unnamed != other_unnamed)
        return unnamed ? 1 : -1;
    return str_compare(a->member, b->member);
}

/* Leaves the wanted part of what was found. */
static void cut_part(struct ask *ask, struct listing_up *up)
{
    uint64_t from = up->list.from, left;

    ask->total = up->entry_count;
    if (up->list.include_deleted && up->entry_count)
        qsort(up->entries, up->entry_count, sizeof *up->entries, by_place);
    if (from > up->entry_count)
        from = up->entry_count;
    left = up->entry_count - from;
    if (from)
        up->entries += from;
    up->entry_count = (size_t)(left < up->list.size ? left : up->list.size);
    up->entry_room = up->entry_count;
    ask_rows(ask, up);
}

static bool has_name(const struct connector_list *list, struct str index_name)
{
    if (!list->index_name_count)
        return true;
    for (size_t i = 0; i < list->index_name_count; i++)
        if (str_equal(list->index_names[i], index_name))
            return true;
    return false;
}

static void after_page(struct ask *ask, const struct reply *replies);

/* Asks for the fields of the page at hand that the filter wants, and for the next page. */
static void ask_page(struct ask *ask, struct listing_up *up)
{
    struct str *arguments;

    ask_then(ask, after_page);
    arguments = ask_command(ask, NULL, 5);
    arguments[0] = STR("ZRANGE");
    arguments[1] = key_connectors(ask);
    arguments[2] = ask_number(ask, (int64_t)up->rank);
    arguments[3] = ask_number(ask, (int64_t)up->rank + PAGE - 1);
    arguments[4] = STR("WITHSCORES");
    for (size_t i = 0; i < up->page_count; i++)
        place_ask_fields(ask, up->page[i].id, up->list.selection.fields,
                         up->list.selection.field_count);
}

/* Keeps what fits of the page whose fields have come. */
static void keep_fitting(struct ask *ask, struct listing_up *up, const struct reply *replies)
{
    const struct selection *selection = &up->list.selection;
    size_t stride = document_commands(selection->fields, selection->field_count);

    for (size_t i = 0; i < up->page_count; i++) {
        struct row row = place_read_row(ask, up->page[i].id, replies + i * stride,
                                        selection->fields, selection->field_count);

        if (selection->fits(selection->filter, row.values))
            add_entry(ask, up, up->page[i]);
    }
    up->page_count = 0;
}

/* Takes the entries of a new page that may fit: into the page, if a filter must see their fields.
 */
static void take_page(struct ask *ask, struct listing_up *up, const struct reply *reply)
{
    size_t count = reply->count / 2;

    up->page = arena_take(ask->arena, (count + 1) * sizeof *up->page);
    up->searched = count < PAGE;
    up->rank += count;
    for (size_t i = 0; i < count; i++) {
        struct entry entry = read_entry(reply, i);

        if (entry.listing >= DELETED_NAMED && !up->list.include_deleted) {
            up->searched = true;
            break;
        }
        if (!has_name(&up->list, entry.index_name))
            continue;
        if (up->list.selection.fits)
            up->page[up->page_count++] = entry;
        else
            add_entry(ask, up, entry);
    }
}

static void after_page(struct ask *ask, const struct reply *replies)
{
    struct listing_up *up = ask->operation;

    keep_fitting(ask, up, replies + 1);
    if (!up->searched)
        take_page(ask, up, &replies[0]);
    if (up->searched && !up->page_count)
        cut_part(ask, up);
    else
        ask_page(ask, up);
}

static void start(struct ask *ask)
{
    struct listing_up *up = ask->operation;
    const struct connector_list *list = &up->list;

    up->entries = NULL;
    up->entry_count = up->entry_room = up->page_count = 0;
    up->rank = 0;
    up->searched = false;
    if (list->include_deleted || list->index_name_count || list->selection.fits)
        ask_page(ask, up);
    else
        ask_part(ask, up);
}

void connector_list(struct ask *ask, const struct connector_list *list, const struct str *names,
                    size_t count)
{
    struct listing_up *up = arena_take_cleared(ask->arena, sizeof *up);

    up->list = *list;
    up->names = names;
    up->count = count;
    ask->operation = up;
    start(ask);
}
