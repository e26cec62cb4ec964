/* choose.c: judges documents slice by slice. */
#include "store/list/choose.h"

#include "store/schema/document.h"

enum {
    JUDGED_AT_ONCE = 50,        /* documents */
    SECRETS_JUDGED_AT_ONCE = 4, /* documents, if a field that decides is secret and long */
    JUDGED_BYTES = 300,         /* about the bytes of one document */
    SECRETS_BYTES = 64 * 1024
};

struct choosing {
    struct choice choice;
    struct rows rows;
    struct walk walk;
    struct str (*id_of)(struct str member);
    struct arena *texts; /* of the batch */
    struct str *batch;   /* ids */
    size_t batch_count, batch_at;
    struct rows_entry *chosen;
    size_t chosen_count;
};

/* ---- what fits ---- */

static void keep(struct ask *ask, struct choosing *choosing, struct str id)
{
    if (ask->total++ >= choosing->choice.from && choosing->chosen_count < choosing->choice.size)
        choosing->chosen[choosing->chosen_count++].id = arena_copy(ask->arena, id);
}

static void read_chosen(struct ask *ask, struct choosing *choosing)
{
    choosing->rows.entries = choosing->chosen;
    choosing->rows.entry_count = choosing->chosen_count;
    rows_read(ask, &choosing->rows);
}

/* ---- judging a batch ---- */

static size_t commands_of_one(const struct choosing *choosing)
{
    return document_commands(choosing->choice.judged, choosing->choice.judged_count);
}

/* How many of the batch the next step reads. */
static size_t slice_size(const struct choosing *choosing)
{
    size_t most = commands_of_one(choosing) > 1 ? SECRETS_JUDGED_AT_ONCE : JUDGED_AT_ONCE;
    size_t left = choosing->batch_count - choosing->batch_at;

    return left < most ? left : most;
}

static bool judge_batch(struct ask *ask, struct choosing *choosing);

static void after_slice(struct ask *ask, const struct reply *replies)
{
    struct choosing *choosing = ask->operation;
    size_t size = slice_size(choosing);

    for (size_t i = 0; i < size; i++, replies += commands_of_one(choosing)) {
        struct row row = { .id = choosing->batch[choosing->batch_at + i] };

        if (!reply_item(&replies[0], 0).ptr)
            continue; /* it has gone meanwhile, or was never there */
        row.values = document_values(ask, replies, 1, choosing->choice.judged,
                                     choosing->choice.judged_count);
        if (!choosing->choice.fits ||
            choosing->choice.fits(choosing->choice.filter, &row, ask_memory(ask)))
            keep(ask, choosing, row.id);
    }
    choosing->batch_at += size;
    if (!judge_batch(ask, choosing))
        return;
    if (choosing->choice.ids)
        read_chosen(ask, choosing);
    else
        walk_go_on(ask, &choosing->walk);
}

/* True if nothing of the batch is left to be read. */
static bool judge_batch(struct ask *ask, struct choosing *choosing)
{
    size_t size = slice_size(choosing);

    if (!size)
        return true;
    ask->operation = choosing;
    ask_then(ask, after_slice);
    for (size_t i = 0; i < size; i++)
        document_ask_fields(ask, choosing->rows.key(ask, choosing->batch[choosing->batch_at + i]),
                            &choosing->rows.live, 1, choosing->choice.judged,
                            choosing->choice.judged_count);
    ask->expected += size * (commands_of_one(choosing) > 1 ? SECRETS_BYTES : JUDGED_BYTES);
    return false;
}

static void choose_among(struct ask *ask, struct choosing *choosing)
{
    const struct choice *choice = &choosing->choice;

    choosing->batch = arena_take(ask->arena, (choice->id_count + 1) * sizeof *choosing->batch);
    memcpy(choosing->batch, choice->ids, choice->id_count * sizeof *choice->ids);
    choosing->batch_count = choice->id_count;
    if (judge_batch(ask, choosing))
        read_chosen(ask, choosing);
}

/* ---- walking ---- */

static bool take_members(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                         size_t count)
{
    struct choosing *choosing = walk->operation;

    arena_reset(choosing->texts);
    choosing->batch = arena_take(choosing->texts, count * sizeof *choosing->batch);
    choosing->batch_count = choosing->batch_at = 0;
    for (size_t i = 0; i < count; i++) {
        struct str id = choosing->id_of(entries[i].member);

        if (id.ptr)
            choosing->batch[choosing->batch_count++] = arena_copy(choosing->texts, id);
    }
    return judge_batch(ask, choosing);
}

/* If all fit, the walk has passed over the unwanted ones. */
static bool take_all(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                     size_t count)
{
    struct choosing *choosing = walk->operation;

    for (size_t i = 0; i < count; i++) {
        struct str id = choosing->id_of(entries[i].member);

        if (id.ptr)
            choosing->chosen[choosing->chosen_count++].id = arena_copy(ask->arena, id);
    }
    return true;
}

static void after_walk(struct ask *ask, struct walk *walk)
{
    read_chosen(ask, walk->operation);
}

static void after_counts(struct ask *ask, struct walk *walk)
{
    const struct choosing *choosing = walk->operation;

    walk->then = after_walk;
    if (choosing->choice.fits) {
        walk->most = UINT64_MAX;
        walk->take = take_members;
    } else {
        ask->total = walk_total(walk);
        walk->skip = choosing->choice.from;
        walk->most = choosing->choice.size;
        walk->take = take_all;
    }
    walk_read(ask, walk);
}

static void free_texts(void *texts)
{
    arena_free(texts);
}

static void choose_walk(struct ask *ask, struct choosing *choosing)
{
    choosing->texts = arena_new();
    arena_defer(ask->arena, free_texts, choosing->texts);
    choosing->walk.operation = choosing;
    walk_count(ask, &choosing->walk, after_counts);
}

void choose_documents(struct ask *ask, const struct choice *choice, const struct rows *rows,
                      const struct walk *walk, struct str (*id_of)(struct str member))
{
    struct choosing *choosing = arena_take_cleared(ask->arena, sizeof *choosing);

    choosing->choice = *choice;
    choosing->rows = *rows;
    choosing->rows.most = choice->answer_max;
    choosing->walk = *walk;
    choosing->id_of = id_of;
    choosing->chosen =
        arena_take_cleared(ask->arena, (size_t)(choice->size + 1) * sizeof *choosing->chosen);
    ask_in_slices(ask);
    ask->total = 0;
    if (choice->ids)
        choose_among(ask, choosing);
    else
        choose_walk(ask, choosing);
}
