/* choose.c: judges documents slice by slice. */
#include "store/list/choose.h"

#include "store/schema/document.h"

enum {
    JUDGED_AT_ONCE = 50,        /* documents */
    SECRETS_JUDGED_AT_ONCE = 4, /* of those that have long secrets among what decides */
    JUDGED_BYTES = 300,         /* of one, about */
    SECRETS_BYTES = 64 * 1024
};

/* ---- what fits ---- */

static void keep(struct ask *ask, struct choice *choice, struct str id)
{
    if (ask->total++ >= choice->from && choice->chosen_count < choice->size)
        choice->chosen[choice->chosen_count++].id = arena_copy(ask->arena, id);
}

static void read_chosen(struct ask *ask, struct choice *choice)
{
    choice->rows.entries = choice->chosen;
    choice->rows.entry_count = choice->chosen_count;
    rows_read(ask, &choice->rows);
}

/* ---- judging a batch ---- */

static size_t commands_of_one(const struct choice *choice)
{
    return document_commands(choice->judged, choice->judged_count);
}

/* How many of the batch the next step reads. */
static size_t slice_size(const struct choice *choice)
{
    size_t most = commands_of_one(choice) > 1 ? SECRETS_JUDGED_AT_ONCE : JUDGED_AT_ONCE;
    size_t left = choice->batch_count - choice->batch_at;

    return left < most ? left : most;
}

static bool judge_batch(struct ask *ask, struct choice *choice);

static void after_slice(struct ask *ask, const struct reply *replies)
{
    struct choice *choice = ask->operation;
    size_t size = slice_size(choice);

    for (size_t i = 0; i < size; i++, replies += commands_of_one(choice)) {
        struct row row = { .id = choice->batch[choice->batch_at + i] };

        if (!reply_item(&replies[0], 0).ptr)
            continue; /* it has gone meanwhile, or was never there */
        row.values = document_values(ask, replies, 1, choice->judged, choice->judged_count);
        if (!choice->fits || choice->fits(choice->filter, &row, ask_memory(ask)))
            keep(ask, choice, row.id);
    }
    choice->batch_at += size;
    if (!judge_batch(ask, choice))
        return;
    if (choice->walks)
        walk_go_on(ask, &choice->walk);
    else
        read_chosen(ask, choice);
}

/* True where nothing of the batch is left to be read. */
static bool judge_batch(struct ask *ask, struct choice *choice)
{
    size_t size = slice_size(choice);

    if (!size)
        return true;
    ask->operation = choice;
    ask_then(ask, after_slice);
    for (size_t i = 0; i < size; i++)
        document_ask_fields(ask, choice->rows.key(ask, choice->batch[choice->batch_at + i]),
                            &choice->rows.live, 1, choice->judged, choice->judged_count);
    ask->expected += size * (commands_of_one(choice) > 1 ? SECRETS_BYTES : JUDGED_BYTES);
    return false;
}

static void begin(struct ask *ask, struct choice *choice)
{
    ask_in_slices(ask);
    ask->total = 0;
    choice->chosen_count = 0;
    choice->chosen =
        arena_take_cleared(ask->arena, (size_t)(choice->size + 1) * sizeof *choice->chosen);
}

void choose_among(struct ask *ask, struct choice *choice, const struct str *ids, size_t count)
{
    begin(ask, choice);
    choice->walks = false;
    choice->batch = arena_take(ask->arena, (count + 1) * sizeof *choice->batch);
    memcpy(choice->batch, ids, count * sizeof *ids);
    choice->batch_count = count;
    choice->batch_at = 0;
    if (judge_batch(ask, choice))
        read_chosen(ask, choice);
}

/* ---- walking ---- */

static bool take_members(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                         size_t count)
{
    struct choice *choice = walk->operation;

    arena_reset(choice->texts);
    choice->batch = arena_take(choice->texts, count * sizeof *choice->batch);
    choice->batch_count = choice->batch_at = 0;
    for (size_t i = 0; i < count; i++) {
        struct str id = choice->id_of(entries[i].member);

        if (id.ptr)
            choice->batch[choice->batch_count++] = arena_copy(choice->texts, id);
    }
    return judge_batch(ask, choice);
}

/* Where all fit, the walk has skipped what nobody wants. */
static bool take_all(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                     size_t count)
{
    struct choice *choice = walk->operation;

    for (size_t i = 0; i < count; i++) {
        struct str id = choice->id_of(entries[i].member);

        if (id.ptr)
            choice->chosen[choice->chosen_count++].id = arena_copy(ask->arena, id);
    }
    return true;
}

static void after_walk(struct ask *ask, struct walk *walk)
{
    read_chosen(ask, walk->operation);
}

static void after_counts(struct ask *ask, struct walk *walk)
{
    const struct choice *choice = walk->operation;

    walk->then = after_walk;
    if (choice->fits) {
        walk->most = UINT64_MAX;
        walk->take = take_members;
    } else {
        ask->total = walk_total(walk);
        walk->skip = choice->from;
        walk->most = choice->size;
        walk->take = take_all;
    }
    walk_read(ask, walk);
}

static void free_texts(void *texts)
{
    arena_free(texts);
}

void choose_walk(struct ask *ask, struct choice *choice, const struct walk *walk,
                 struct str (*id_of)(struct str member))
{
    begin(ask, choice);
    choice->walks = true;
    choice->id_of = id_of;
    choice->texts = arena_new();
    arena_defer(ask->arena, free_texts, choice->texts);
    choice->walk = *walk;
    choice->walk.operation = choice;
    walk_count(ask, &choice->walk, after_counts);
}
