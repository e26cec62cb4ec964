/* search.c: goes through connectors, and keeps those that match. */
#include "store/connector/search.h"

#include <stdlib.h>

#include "base/number.h"
#include "store/schema/document.h"
#include "store/schema/key.h"

enum {
    VERIFIED_AT_ONCE = 32,       /* connectors whose texts were cut, and are read */
    VERIFIED_BYTES = 16 * 1024,  /* of one connector; longer ones are read alone */
    VERIFIED_ALONE = 512 * 1024, /* the share of a flush */
    FIRST_ROOM = 64
};

const struct walk_part search_groups[3] = { { .byte = SEARCH_LIVE_NAMED },
                                            { .byte = SEARCH_LIVE_UNNAMED },
                                            { .byte = SEARCH_DELETED } };

const struct str *search_keys(struct ask *ask, struct str (*key)(struct ask *ask, unsigned shard))
{
    struct str *keys = arena_take(ask->arena, key_shards(ask) * sizeof *keys);

    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        keys[shard] = arena_copy(ask->arena, key(ask, shard));
    return keys;
}

/* ---- what is kept ---- */

/* Copies a found connector into a place that another one may have used. */
static void keep(struct ask *ask, struct search *search, size_t at, const struct found *found)
{
    struct found *kept = &search->heap[at];
    struct search_room *room = &search->rooms[at];
    size_t size = found->id.len + found->key.len;

    if (room->size < size) {
        room->size = size + FIRST_ROOM;
        room->bytes = arena_take(ask->arena, room->size);
    }
    *kept = *found;
    memcpy(room->bytes, found->id.ptr, found->id.len);
    if (found->key.len)
        memcpy(room->bytes + found->id.len, found->key.ptr, found->key.len);
    kept->id.ptr = room->bytes;
    kept->key.ptr = room->bytes + found->id.len;
}

static void swap(struct search *search, size_t a, size_t b)
{
    struct found found = search->heap[a];
    struct search_room room = search->rooms[a];

    search->heap[a] = search->heap[b];
    search->rooms[a] = search->rooms[b];
    search->heap[b] = found;
    search->rooms[b] = room;
}

/* The top of the heap is the connector that comes last: a better one replaces it. */
static void sift_up(struct search *search, size_t at)
{
    while (at && search->before(search, &search->heap[(at - 1) / 2], &search->heap[at])) {
        swap(search, at, (at - 1) / 2);
        at = (at - 1) / 2;
    }
}

static void sift_down(struct search *search, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;

        if (child >= search->heap_count)
            return;
        if (child + 1 < search->heap_count &&
            search->before(search, &search->heap[child], &search->heap[child + 1]))
            child++;
        if (!search->before(search, &search->heap[at], &search->heap[child]))
            return;
        swap(search, at, child);
        at = child;
    }
}

static void grow_heap(struct ask *ask, struct search *search, uint64_t most)
{
    size_t room = search->heap_count;

    if (room && (room & (room - 1)))
        return; /* it grows at powers of two */
    if (room > most)
        return;
    search->heap = arena_grow(ask->arena, search->heap, room * sizeof *search->heap,
                              (room ? 2 * room : 1) * sizeof *search->heap);
    search->rooms = arena_grow(ask->arena, search->rooms, room * sizeof *search->rooms,
                               (room ? 2 * room : 1) * sizeof *search->rooms);
    memset(search->heap + room, 0, (room ? room : 1) * sizeof *search->heap);
    memset(search->rooms + room, 0, (room ? room : 1) * sizeof *search->rooms);
}

static void collect(struct ask *ask, struct search *search, const struct found *found)
{
    uint64_t most = search->before ? search->from + search->size : search->size;
    uint64_t at = search->total++;

    if (!search->before && at < search->from)
        return;
    if (search->heap_count < most) {
        grow_heap(ask, search, most);
        keep(ask, search, search->heap_count++, found);
        if (search->before)
            sift_up(search, search->heap_count - 1);
    } else if (search->before && most && search->before(search, found, &search->heap[0])) {
        keep(ask, search, 0, found);
        sift_down(search, 0);
    }
}

/* ---- the order of a heap's connectors ---- */

/* qsort passes no context. */
static const struct search *sorting;

static int by_order(const void *left, const void *right)
{
    return sorting->before(sorting, left, right)   ? -1
           : sorting->before(sorting, right, left) ? 1
                                                   : 0;
}

static void after_walk(struct ask *ask, struct walk *walk)
{
    struct search *search = walk->operation;

    search->found = search->heap;
    search->found_count = search->heap_count;
    if (search->before && search->heap_count) {
        uint64_t skipped = search->from < search->heap_count ? search->from : search->heap_count;

        sorting = search;
        qsort(search->heap, search->heap_count, sizeof *search->heap, by_order);
        search->found += skipped;
        search->found_count -= (size_t)skipped;
    }
    search->then(ask, search);
}

/* ---- scores ---- */

static bool has_wanted_state(const struct search *search, const struct found *found)
{
    if (!search->states)
        return true;
    return found->score >= 0 && search->states & 1U << state_of(found->score, search->now);
}

static int64_t score_of(const struct reply *reply)
{
    int64_t score;

    return reply->kind == REPLY_TEXT && number_truncate(reply->text, &score) == NUMBER_READ ? score
                                                                                            : -1;
}

/* One command for each shard, in the order in which the connectors first name it. */
static void ask_scores(struct ask *ask, const struct found *found, size_t count,
                       struct str (*key)(struct ask *ask, unsigned shard))
{
    unsigned shards = key_shards(ask);

    for (unsigned shard = 0; shard < shards; shard++) {
        bool any = false;

        for (size_t i = 0; i < count; i++) {
            if (found[i].shard != shard)
                continue;
            if (!any)
                ASK(ask, STR("ZMSCORE"), key(ask, shard));
            any = true;
            ask_word(ask, found[i].id);
        }
    }
    ask->expected += count * 20;
}

/* Takes the scores in that order, and gives the replies after them. */
static const struct reply *take_scores(const struct ask *ask, struct found *found, size_t count,
                                       const struct reply *replies, bool successes)
{
    unsigned shards = key_shards(ask);

    for (unsigned shard = 0; shard < shards; shard++) {
        size_t at = 0;

        for (size_t i = 0; i < count; i++) {
            int64_t score;

            if (found[i].shard != shard)
                continue;
            score = score_of(&replies->items[at++]);
            if (successes)
                found[i].success = score;
            else
                found[i].score = score;
        }
        replies += at > 0;
    }
    return replies;
}

static void finish_batch(struct ask *ask, struct search *search)
{
    for (size_t i = 0; i < search->batch_count; i++)
        if (has_wanted_state(search, &search->batch[i]))
            collect(ask, search, &search->batch[i]);
    search->batch_count = 0;
}

static void after_scores(struct ask *ask, const struct reply *replies)
{
    struct search *search = ask->operation;

    replies = take_scores(ask, search->batch, search->batch_count, replies, false);
    if (search->wants_successes)
        (void)take_scores(ask, search->batch, search->batch_count, replies, true);
    finish_batch(ask, search);
    walk_go_on(ask, &search->walk);
}

/* Continues with the batch, whose connectors all match by their texts. True if nothing must be read
 * for it. */
static bool score_batch(struct ask *ask, struct search *search)
{
    if (!search->batch_count || (!search->wants_scores && !search->wants_successes)) {
        finish_batch(ask, search);
        return true;
    }
    ask->operation = search;
    ask_then(ask, after_scores);
    ask_scores(ask, search->batch, search->batch_count, key_standings);
    if (search->wants_successes)
        ask_scores(ask, search->batch, search->batch_count, key_successes);
    return false;
}

/* ---- texts that were cut ---- */

static const enum connector_field selected[SELECTED_FIELDS] = {
    [SELECTED_NAME] = NAME,
    [SELECTED_SERVICE_TYPE] = SERVICE_TYPE,
    [SELECTED_INDEX_NAME] = INDEX_NAME,
    [SELECTED_DESCRIPTION] = DESCRIPTION,
};

/* Whether a connector fits by its texts; or, if these do not suffice, by its errors as well. */
static bool fits(const struct search *search, struct str values[SELECTED_VALUES])
{
    const struct selection *selection = &search->selection;

    values[SELECTED_FOUND] = (struct str){ NULL, 0 };
    if (selection->fits(selection->filter, values))
        return true;
    values[SELECTED_FOUND] = failures_found(search->failures, values[SELECTED_ID]);
    return values[SELECTED_FOUND].len && selection->fits(selection->filter, values);
}

static bool verify_batch(struct ask *ask, struct search *search);

static void after_texts(struct ask *ask, const struct reply *replies)
{
    struct search *search = ask->operation;

    for (size_t i = 0; i < ask->command_count; search->verified++) {
        struct str values[SELECTED_VALUES];

        if (!search->unsure[search->verified])
            continue;
        if (replies[i].kind != REPLY_LIST && ask->command_count > 1)
            break; /* it is long and is read alone */
        for (size_t k = 0; k < SELECTED_FIELDS; k++)
            values[k] = reply_item(&replies[i], k);
        values[SELECTED_ID] = search->batch[search->verified].id;
        search->unsure[search->verified] = false;
        if (!fits(search, values))
            search->batch[search->verified].id.ptr = NULL;
        i++;
    }
    if (verify_batch(ask, search))
        walk_go_on(ask, &search->walk);
}

/* Reads the texts of the connectors of the batch that may match; then continues with those that
 * do. */
static bool verify_batch(struct ask *ask, struct search *search)
{
    size_t kept = 0, asked = 0;

    while (search->verified < search->batch_count && !search->unsure[search->verified])
        search->verified++;
    if (search->verified == search->batch_count) {
        for (size_t i = 0; i < search->batch_count; i++)
            if (search->batch[i].id.ptr)
                search->batch[kept++] = search->batch[i];
        search->batch_count = kept;
        return score_batch(ask, search);
    }
    ask->operation = search;
    ask_then(ask, after_texts);
    for (size_t i = search->verified; i < search->batch_count && asked < VERIFIED_AT_ONCE; i++) {
        struct str names[SELECTED_FIELDS];

        if (!search->unsure[i])
            continue;
        for (size_t k = 0; k < SELECTED_FIELDS; k++)
            names[k] = connector_names[selected[k]];
        document_ask_long(ask, key_connector(ask, search->batch[i].id), NULL, 0, names,
                          SELECTED_FIELDS, 0, asked ? VERIFIED_BYTES : 0);
        ask->expected += asked ? VERIFIED_BYTES : VERIFIED_ALONE;
        asked++;
    }
    return false;
}

/* ---- members ---- */

static bool has_index_name(const struct search *search, struct str index_name)
{
    for (size_t i = 0; i < search->index_name_count; i++)
        if (str_equal(search->index_names[i], index_name))
            return true;
    return !search->index_name_count;
}

/* Reads a member of the directory; false if it certainly does not match. */
static bool read_member(const struct search *search, const struct walk_entry *entry,
                        struct found *found, bool *unsure)
{
    struct str rest = str_from_offset(entry->member, 1), values[SELECTED_VALUES];
    struct str name = str_take(&rest, '\0'), id = str_take(&rest, '\0');

    values[SELECTED_NAME] = name;
    values[SELECTED_ID] = id;
    values[SELECTED_SERVICE_TYPE] = str_take(&rest, '\0');
    values[SELECTED_INDEX_NAME] = str_take(&rest, '\0');
    values[SELECTED_DESCRIPTION] = str_take(&rest, '\0');
    if (!id.ptr || !rest.ptr || !has_index_name(search, values[SELECTED_INDEX_NAME]))
        return false;
    *unsure = search->selection.fits && str_equal(rest, STR("+"));
    if (search->selection.fits && !*unsure && !fits(search, values))
        return false;
    *found = (struct found){ .id = id, .shard = entry->shard, .score = -1, .success = -1 };
    found->key = search->key_is_index_name ? values[SELECTED_INDEX_NAME] : name;
    found->is_last = !found->key.len;
    return true;
}

static bool take_members(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                         size_t count)
{
    struct search *search = walk->operation;

    arena_reset(search->texts);
    search->batch = arena_take(search->texts, count * sizeof *search->batch);
    search->unsure = arena_take(search->texts, count * sizeof *search->unsure);
    search->batch_count = search->verified = 0;
    for (size_t i = 0; i < count; i++) {
        struct found *found = &search->batch[search->batch_count];
        bool *unsure = &search->unsure[search->batch_count];

        *found = (struct found){
            .id = entries[i].member, .shard = entries[i].shard, .score = -1, .success = -1
        };
        *unsure = false;
        if (search->by_directory && !read_member(search, &entries[i], found, unsure))
            continue;
        search->batch_count++;
    }
    return verify_batch(ask, search);
}

static void free_texts(void *texts)
{
    arena_free(texts);
}

void search_run(struct ask *ask, struct search *search, search_then *then)
{
    search->texts = arena_new();
    arena_defer(ask->arena, free_texts, search->texts);
    search->then = then;
    search->heap = NULL;
    search->rooms = NULL;
    search->heap_count = 0;
    search->total = 0;
    search->walk.take = take_members;
    search->walk.then = after_walk;
    search->walk.operation = search;
    walk_read(ask, &search->walk);
}

/* ---- scores of what was found ---- */

static void after_found_scores(struct ask *ask, const struct reply *replies)
{
    struct search *search = ask->operation;

    (void)take_scores(ask, search->found, search->found_count, replies, false);
    search->then(ask, search);
}

void search_score(struct ask *ask, struct search *search, search_then *then)
{
    search->then = then;
    if (!search->found_count) {
        then(ask, search);
        return;
    }
    ask->operation = search;
    ask_then(ask, after_found_scores);
    ask_scores(ask, search->found, search->found_count, key_standings);
}
