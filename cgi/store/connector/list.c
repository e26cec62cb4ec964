/* list.c: lists connectors by index name. */
#include <stdlib.h>

#include "base/number.h"
#include "store/connector/search.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"

/* ---- what all lists end with ---- */

struct listing_up {
    struct connector_list list;
    struct walk walk;
    struct search search;
    struct rows rows;
    struct rows_entry *entries;
};

static void read_rows(struct ask *ask, struct listing_up *up, size_t count)
{
    up->rows.entries = up->entries;
    up->rows.entry_count = count;
    rows_read(ask, &up->rows);
}

/* ---- all of them: straight from `connectors`, which is in order ---- */

/* The parts are the scores. Connectors with an index name are sorted by it; the others by id. */
static const struct walk_part listing_parts[LISTING_COUNT] = {
    [LIVE_NAMED] = { .from = LIVE_NAMED, .to = LIVE_NAMED + 1 },
    [LIVE_UNNAMED] = { .from = LIVE_UNNAMED, .to = LIVE_UNNAMED + 1 },
    [DELETED_NAMED] = { .from = DELETED_NAMED, .to = DELETED_NAMED + 1 },
    [DELETED_UNNAMED] = { .from = DELETED_UNNAMED, .to = DELETED_UNNAMED + 1 },
};

static const struct walk_segment live_segments[] = {
    { 1U << LIVE_NAMED, WALK_BY_MEMBER },
    { 1U << LIVE_UNNAMED, WALK_BY_MEMBER },
};
static const struct walk_segment all_segments[] = {
    { 1U << LIVE_NAMED | 1U << DELETED_NAMED, WALK_BY_MEMBER },
    { 1U << LIVE_UNNAMED | 1U << DELETED_UNNAMED, WALK_BY_MEMBER },
};

static bool take_listed(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                        size_t count)
{
    struct listing_up *up = walk->operation;

    for (size_t i = 0; i < count; i++) {
        struct str index_name, id;

        key_read_listed(entries[i].member, &index_name, &id);
        if (id.ptr)
            up->entries[up->rows.entry_count++].id = arena_copy(ask->arena, id);
    }
    return true;
}

static void after_listed(struct ask *ask, struct walk *walk)
{
    struct listing_up *up = walk->operation;

    read_rows(ask, up, up->rows.entry_count);
}

static void after_listing_counts(struct ask *ask, struct walk *walk)
{
    const struct listing_up *up = walk->operation;

    ask->total = walk_total(walk);
    walk->skip = up->list.from;
    walk->most = up->list.size;
    walk->take = take_listed;
    walk->then = after_listed;
    walk_read(ask, walk);
}

static void list_all(struct ask *ask, struct listing_up *up)
{
    up->walk = (struct walk){ .keys = search_keys(ask, key_connectors),
                              .shards = key_shards(ask),
                              .parts = listing_parts,
                              .part_count = LISTING_COUNT,
                              .segments = up->list.include_deleted ? all_segments : live_segments,
                              .segment_count = 2,
                              .operation = up };
    up->entries = arena_take(ask->arena, (size_t)(up->list.size + 1) * sizeof *up->entries);
    walk_count(ask, &up->walk, after_listing_counts);
}

/* ---- a choice of them ---- */

static struct str id_of_listed(struct str member)
{
    struct str index_name, id;

    key_read_listed(member, &index_name, &id);
    return id;
}

void connector_choose(struct ask *ask, const struct choice *choice, const struct str *names,
                      size_t count)
{
    const struct rows rows = { .key = key_connector,
                               .live = connector_names[IS_DELETED],
                               .names = names,
                               .count = count,
                               .deleted = true };
    const struct walk walk = { .keys = search_keys(ask, key_connectors),
                               .shards = key_shards(ask),
                               .parts = listing_parts,
                               .part_count = LISTING_COUNT,
                               .segments = all_segments,
                               .segment_count = 2 };

    choose_documents(ask, choice, &rows, &walk, id_of_listed);
}

/* ---- some of them: out of the directory, and then sorted ---- */

static const struct walk_segment searched_groups[] = {
    { 1U << 0, WALK_BY_MEMBER },
    { 1U << 1, WALK_BY_MEMBER },
    { 1U << 2, WALK_BY_MEMBER },
};

static bool is_listed_before(const struct search *search, const struct found *a,
                             const struct found *b)
{
    int order = a->is_last - b->is_last;

    (void)search;
    if (!order)
        order = str_compare(a->key, b->key);
    if (!order)
        order = str_compare(a->id, b->id);
    return order < 0;
}

static void after_search(struct ask *ask, struct search *search)
{
    struct listing_up *up = search->operation;

    ask->total = search->total;
    up->entries = arena_take(ask->arena, (search->found_count + 1) * sizeof *up->entries);
    for (size_t i = 0; i < search->found_count; i++)
        up->entries[i] = (struct rows_entry){ .id = search->found[i].id };
    read_rows(ask, up, search->found_count);
}

static void after_group_counts(struct ask *ask, struct walk *walk)
{
    struct listing_up *up = walk->operation;

    walk->most = UINT64_MAX;
    search_run(ask, &up->search, after_search);
}

static void list_some(struct ask *ask, struct listing_up *up)
{
    const struct connector_list *list = &up->list;

    up->search = (struct search){ .walk = { .keys = search_keys(ask, key_directory),
                                            .shards = key_shards(ask),
                                            .parts = search_groups,
                                            .part_count = 3,
                                            .segments = searched_groups,
                                            .segment_count = list->include_deleted ? 3 : 2,
                                            .operation = up },
                                  .by_directory = true,
                                  .selection = list->selection,
                                  .index_names = list->index_names,
                                  .index_name_count = list->index_name_count,
                                  .key_is_index_name = true,
                                  .before = is_listed_before,
                                  .from = list->from,
                                  .size = list->size,
                                  .operation = up };
    walk_count(ask, &up->search.walk, after_group_counts);
}

void connector_list(struct ask *ask, const struct connector_list *list, const struct str *names,
                    size_t count)
{
    struct listing_up *up = arena_take_cleared(ask->arena, sizeof *up);

    ask_in_slices(ask);
    up->list = *list;
    up->rows = (struct rows){ .key = key_connector,
                              .live = STR("deleted"),
                              .names = names,
                              .count = count,
                              .deleted = list->include_deleted,
                              .most = list->answer_max };
    if (list->index_name_count || list->selection.fits)
        list_some(ask, up);
    else
        list_all(ask, up);
}

/* ---- service types ---- */

static int by_number(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    if (a->score != b->score)
        return a->score < b->score ? 1 : -1;
    return str_compare(a->id, b->id);
}

static int by_type(const void *left, const void *right)
{
    const struct row *a = left, *b = right;

    return str_compare(a->id, b->id);
}

/* The sum of each type over all shards. */
static size_t add_up(struct row *rows, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(rows, count, sizeof *rows, by_type);
    for (size_t i = 0; i < count; i++) {
        if (kept && str_equal(rows[kept - 1].id, rows[i].id))
            rows[kept - 1].score += rows[i].score;
        else
            rows[kept++] = rows[i];
    }
    if (kept)
        qsort(rows, kept, sizeof *rows, by_number);
    return kept;
}

static void after_types(struct ask *ask, const struct reply *replies)
{
    struct row *rows;
    size_t room = 1, count = 0;

    for (size_t i = 0; i < ask->command_count; i++)
        room += replies[i].count / 2;
    rows = arena_take_cleared(ask->arena, room * sizeof *rows);
    for (size_t i = 0; i < ask->command_count; i++)
        for (size_t k = 0; k < replies[i].count / 2; k++) {
            rows[count].id = reply_item(&replies[i], 2 * k);
            (void)number_truncate(str_or_empty(reply_item(&replies[i], 2 * k + 1)),
                                  &rows[count++].score);
        }
    count = add_up(rows, count);
    ask->rows = rows;
    ask->row_count = count < SERVICE_TYPES_MAX ? count : SERVICE_TYPES_MAX;
    ask->total = count;
    ask_end(ask, FOUND);
}

void connector_service_types(struct ask *ask)
{
    ask->reads = true;
    ask_then(ask, after_types);
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        ASK(ask, STR("HGETALL"), key_service_types(ask, shard));
}
