/* overview.c: lists connectors by their state, or in another order, with their histories. */
#include "store/connector/overview.h"

#include "base/number.h"
#include "store/connector/search.h"
#include "store/list/rows.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

enum { SEGMENTS_MAX = WALK_PARTS_MAX };

struct viewing {
    struct overview *overview;
    struct rows rows;
    struct rows_entry *entries;
    struct walk counted; /* of `standings`, whose parts are those of states */
    struct walk_part parts[WALK_PARTS_MAX];
    enum connector_state states[WALK_PARTS_MAX];
    bool runs[WALK_PARTS_MAX];
    struct walk_segment segments[SEGMENTS_MAX];
    struct search search;
    struct failures failures;
};

static bool is_wanted(const struct overview *overview, enum connector_state state)
{
    return !overview->states || overview->states & 1U << state;
}

static void read_rows(struct ask *ask, struct viewing *viewing, size_t count)
{
    bool too_many = viewing->overview->most && ask->total > viewing->overview->most;

    viewing->rows.entries = viewing->entries;
    viewing->rows.entry_count = too_many ? 0 : count;
    rows_read(ask, &viewing->rows);
}

/* ---- by state, without a selection: straight from `standings` ---- */

static bool take_standings(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                           size_t count)
{
    struct viewing *viewing = walk->operation;

    for (size_t i = 0; i < count; i++)
        viewing->entries[viewing->rows.entry_count++] =
            (struct rows_entry){ arena_copy(ask->arena, entries[i].member), entries[i].score };
    return true;
}

static void after_standings(struct ask *ask, struct walk *walk)
{
    struct viewing *viewing = walk->operation;

    read_rows(ask, viewing, viewing->rows.entry_count);
}

/* Makes a segment of the parts of each wanted state, the worst state first. */
static void view_by_state(struct ask *ask, struct viewing *viewing)
{
    const struct overview *overview = viewing->overview;
    struct walk *walk = &viewing->counted;

    walk->segments = viewing->segments;
    for (enum connector_state state = 0; state < CONNECTOR_STATES; state++)
        for (size_t part = 0; part < walk->part_count && is_wanted(overview, state); part++)
            if (viewing->states[part] == state && walk->counts[part])
                viewing->segments[walk->segment_count++] =
                    (struct walk_segment){ 1U << part, WALK_BY_SCORE, false };
    ask->total = walk_total(walk);
    walk->skip = overview->from;
    walk->most = overview->size;
    walk->take = take_standings;
    walk->then = after_standings;
    viewing->entries =
        arena_take(ask->arena, (size_t)(overview->size + 1) * sizeof *viewing->entries);
    walk_read(ask, walk);
}

/* ---- in another order, or with a selection ---- */

static void after_found(struct ask *ask, struct search *search)
{
    struct viewing *viewing = search->operation;
    size_t count = 0;

    viewing->entries = arena_take(ask->arena, (search->found_count + 1) * sizeof *viewing->entries);
    for (size_t i = 0; i < search->found_count; i++)
        if (search->found[i].score >= 0) /* else it was deleted meanwhile */
            viewing->entries[count++] =
                (struct rows_entry){ search->found[i].id, search->found[i].score };
    read_rows(ask, viewing, count);
}

static void after_search(struct ask *ask, struct search *search)
{
    ask->total = search->total;
    if (search->wants_scores)
        after_found(ask, search);
    else
        search_score(ask, search, after_found);
}

static void after_part(struct ask *ask, struct search *search)
{
    ask->total = walk_total(&search->walk);
    search_score(ask, search, after_found);
}

/* Reads only the wanted part, if only the order decides. */
static void after_counts(struct ask *ask, struct walk *walk)
{
    struct viewing *viewing = walk->operation;
    struct search *search = &viewing->search;
    bool all = !search->before && !search->states && !search->selection.fits;

    walk->most = UINT64_MAX;
    if (all) {
        walk->skip = search->from;
        walk->most = search->size;
        search->from = 0;
        search->wants_scores = false;
    }
    search_run(ask, search, all ? after_part : after_search);
}

/* Connectors without a success come last, in either order; scores are milliseconds. */
static const struct walk_part success_parts[] = {
    { .from = INT64_MIN / 2, .to = 1 },
    { .from = 1, .to = INT64_C(1) << 52 },
};

static const struct walk_segment ascending_successes[] = { { 1U << 1, WALK_BY_SCORE, false },
                                                           { 1U << 0, WALK_BY_SCORE, false } };
static const struct walk_segment descending_successes[] = { { 1U << 1, WALK_BY_SCORE, true },
                                                            { 1U << 0, WALK_BY_SCORE, false } };
static const struct walk_segment ascending_names[] = { { 1U << 0, WALK_BY_MEMBER, false },
                                                       { 1U << 1, WALK_BY_MEMBER, false } };
static const struct walk_segment descending_names[] = { { 1U << 0, WALK_BY_MEMBER, true },
                                                        { 1U << 1, WALK_BY_MEMBER, false } };

static bool stands_before(const struct search *search, const struct found *a, const struct found *b)
{
    enum connector_state left = state_of(a->score, search->now);
    enum connector_state right = state_of(b->score, search->now);

    if (left != right)
        return left < right;
    if (a->score != b->score)
        return a->score < b->score;
    return str_compare(a->id, b->id) < 0;
}

static bool succeeded_before(const struct search *search, const struct found *a,
                             const struct found *b)
{
    bool a_last = a->success < 1, b_last = b->success < 1;
    int order = (a->success > b->success) - (a->success < b->success);

    if (a_last || b_last)
        order = a_last - b_last;
    else if (search->descending)
        order = -order;
    if (!order) {
        order = str_compare(a->id, b->id);
        if (search->descending && !a_last)
            order = -order;
    }
    return order < 0;
}

static void view_otherwise(struct ask *ask, struct viewing *viewing)
{
    const struct overview *overview = viewing->overview;
    bool by_success = overview->order == BY_SUCCESS, selects = overview->selection.fits != NULL;
    struct search *search = &viewing->search;
    struct walk *walk = &search->walk;

    *search = (struct search){ .by_directory = selects || !by_success,
                               .selection = overview->selection,
                               .failures = &viewing->failures,
                               .wants_scores = true,
                               .wants_successes = selects && by_success,
                               .states = overview->states,
                               .now = overview->now,
                               .descending = overview->descending,
                               .from = overview->from,
                               .size = overview->size,
                               .operation = viewing };
    if (selects && overview->order == BY_STATE)
        search->before = stands_before;
    else if (selects && by_success)
        search->before = succeeded_before;
    *walk = (struct walk){ .shards = key_shards(ask), .segment_count = 2, .operation = viewing };
    if (search->by_directory) {
        walk->keys = search_keys(ask, key_directory);
        walk->parts = search_groups;
        walk->part_count = 3;
        walk->segments =
            overview->descending && overview->order == BY_NAME ? descending_names : ascending_names;
    } else {
        walk->keys = search_keys(ask, key_successes);
        walk->parts = success_parts;
        walk->part_count = 2;
        walk->segments = overview->descending ? descending_successes : ascending_successes;
    }
    walk_count(ask, walk, after_counts);
}

/* ---- errors ---- */

static void after_failures(struct ask *ask, struct failures *failures)
{
    struct viewing *viewing = failures->operation;

    viewing->overview->unsearched = failures->unread;
    view_otherwise(ask, viewing);
}

/* What a selection that searches errors finds in them must be known before the texts are searched.
 */
static void view_selected(struct ask *ask, struct viewing *viewing)
{
    const struct overview *overview = viewing->overview;
    struct failures *failures = &viewing->failures;

    if (!overview->selection.find || !is_wanted(overview, FAILING)) {
        view_otherwise(ask, viewing);
        return;
    }
    *failures = (struct failures){ .walk = viewing->counted,
                                   .selection = &overview->selection,
                                   .operation = viewing };
    for (size_t part = 0; part < viewing->counted.part_count; part++)
        if (viewing->states[part] == FAILING)
            failures->failing |= 1U << part;
    failures_read(ask, failures, after_failures);
}

/* ---- counts ---- */

/* Subtracts muted connectors from the counts, unless one has changed since the counting. */
static void after_muted(struct ask *ask, const struct reply *replies)
{
    struct viewing *viewing = ask->operation;
    struct overview *overview = viewing->overview;
    int64_t score;

    overview->muted = 0;
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        for (size_t i = 0; i < replies[shard].count; i++) {
            uint64_t *of_state;

            if (number_truncate(str_or_empty(reply_item(&replies[shard], i)), &score) !=
                NUMBER_READ)
                continue;
            of_state = &overview->counts[state_of(score, overview->now)];
            *of_state -= *of_state > 0;
            overview->muted++;
        }
    if (overview->selection.fits || overview->order != BY_STATE)
        view_selected(ask, viewing);
    else
        view_by_state(ask, viewing);
}

static void after_state_counts(struct ask *ask, struct walk *walk)
{
    struct viewing *viewing = walk->operation;
    struct overview *overview = viewing->overview;

    memset(overview->counts, 0, sizeof overview->counts);
    overview->running = 0;
    for (size_t part = 0; part < walk->part_count; part++) {
        overview->counts[viewing->states[part]] += walk->counts[part];
        if (viewing->runs[part] && viewing->states[part] != LOST)
            overview->running += walk->counts[part];
    }
    ask_then(ask, after_muted);
    ask->operation = viewing;
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        ASK_SCRIPT(ask, &script_muted, key_muted(ask, shard), key_prefix(ask, shard),
                   ask_number(ask, overview->now));
}

void overview_list(struct ask *ask, struct overview *overview, const struct str *names,
                   size_t count)
{
    struct viewing *viewing = arena_take_cleared(ask->arena, sizeof *viewing);
    struct walk *walk = &viewing->counted;

    ask_in_slices(ask);
    viewing->overview = overview;
    overview->unsearched = 0;
    viewing->rows = (struct rows){ .key = key_connector,
                                   .live = connector_names[IS_DELETED],
                                   .names = names,
                                   .count = count,
                                   .history = overview->history,
                                   .days = overview->days,
                                   .field_max = overview->text_max };
    *walk = (struct walk){ .keys = search_keys(ask, key_standings),
                           .shards = key_shards(ask),
                           .parts = viewing->parts,
                           .operation = viewing };
    walk->part_count = state_parts(overview->now, viewing->parts, viewing->states, viewing->runs);
    walk_count(ask, walk, after_state_counts);
}

/* ---- one connector ---- */

struct looking {
    struct str id;
    const struct str *names;
    size_t count;
};

static void after_read(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;
    struct row *row = arena_take_cleared(ask->arena, sizeof *row);

    row->id = looking->id;
    row->values = arena_take(ask->arena, looking->count * sizeof *row->values);
    for (size_t i = 0; i < looking->count; i++)
        row->values[i] = reply_item(&replies[0], i + 1);
    if (number_truncate(str_or_empty(replies[1].text), &row->score) != NUMBER_READ)
        row->score = -1;
    if (ask->command_count > 2 && replies[2].count > 1)
        row->history = &replies[2].items[1];
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask,
            str_equal(str_or_empty(reply_item(&replies[0], 0)), STR("false")) ? FOUND : MISSING);
}

void overview_read(struct ask *ask, struct str id, unsigned history, const struct str *names,
                   size_t count)
{
    struct looking *looking = arena_take(ask->arena, sizeof *looking);

    *looking = (struct looking){ id, names, count };
    ask->operation = looking;
    ask_then(ask, after_read);
    ASK(ask, STR("HMGET"), key_connector(ask, id), connector_names[IS_DELETED]);
    ask_words(ask, names, count);
    ASK(ask, STR("ZSCORE"), key_standings(ask, key_shard(ask, id)), id);
    if (history)
        ASK_SCRIPT(ask, &script_history, key_connector(ask, id), STR("+"),
                   ask_number(ask, history));
}

static void after_history(struct ask *ask, const struct reply *replies)
{
    struct row *row = arena_take_cleared(ask->arena, sizeof *row);

    if (!str_equal(str_or_empty(reply_item(&replies[0], 0)), STR("found"))) {
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
    ASK_SCRIPT(ask, &script_history, key_connector(ask, id), newest, ask_number(ask, size));
}
