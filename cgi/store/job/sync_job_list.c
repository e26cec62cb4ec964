/* sync_job_list.c: lists sync jobs, in pages.
 *
 * A sorted set keeps the types of jobs apart, each by time, so a list is the merger of up to three
 * streams of entries, each of which is read from its newest end on. */
#include "base/number.h"
#include "store/job/sync_job.h"
#include "store/job/sync_job_place.h"
#include "store/schema/document.h"

enum {
    PAGE = 500,       /* entries that a step reads of a type */
    MENDINGS_MAX = 64 /* by one list, before it leaves wrong entries to the next one */
};

/* A job as the sorted set lists it. */
struct entry {
    struct str id;
    int64_t score; /* negative for one that is none of ours */
};

/* The jobs of a type, from the newest on. */
struct stream {
    int64_t first_score; /* that a job of this type can have */
    struct entry *page;  /* entries that were read and are not taken yet */
    size_t at, count;
    uint64_t offset; /* of the next page */
    bool ended;      /* there is no further page */
};

struct listing_up {
    struct sync_job_list list;
    const struct str *names; /* of the fields wanted in rows */
    size_t count;
    struct str key;
    struct stream streams[JOB_LISTINGS];
    size_t stream_count;
    struct entry *entries; /* the first ones, in order */
    uint64_t entry_count, wanted;
    uint64_t total;
    unsigned mendings;
    struct job_state wrong; /* of the entry that is mended */
};

static void start(struct ask *ask);

/* ---- the rows of the wanted entries ---- */

static bool is_in_place(const struct sync_job_list *list, struct entry entry,
                        struct job_state state)
{
    return state.exists && state.score == entry.score &&
           (!list->status.ptr || str_equal(state.status, list->status)) &&
           (!list->connector_id.ptr || str_equal(state.connector_id, list->connector_id));
}

static void after_mending(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    start(ask);
}

/* Puts a job into its places, and out of this one; then lists once more. */
static void mend(struct ask *ask, struct listing_up *up, struct entry entry, struct job_state state)
{
    const struct sync_job_list *list = &up->list;
    struct str *id = arena_take(ask->arena, sizeof *id);

    *id = entry.id;
    if (state.exists && list->connector_id.ptr &&
        !str_equal(state.connector_id, list->connector_id)) {
        ask_then(ask, after_mending);
        job_place_ask_none(ask, id, 1, list->connector_id);
        return;
    }
    up->wrong = state;
    if (!state.exists)
        up->wrong.connector_id = list->connector_id;
    job_place_start(ask, *id, &up->wrong, list->status, after_mending);
}

static void after_rows(struct ask *ask, const struct reply *replies)
{
    struct listing_up *up = ask->operation;
    size_t stride = document_commands(up->names, up->count), count = ask->command_count / stride;
    const struct entry *entries = up->entries + up->list.from;
    struct row *rows = arena_take(ask->arena, count * sizeof *rows);

    ask->row_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct reply *read = replies + i * stride;
        struct job_state state = job_place_read_state(read);

        if (is_in_place(&up->list, entries[i], state)) {
            rows[ask->row_count++] =
                job_place_read_row(ask, entries[i].id, read, up->names, up->count);
        } else if (up->mendings++ < MENDINGS_MAX) {
            mend(ask, up, entries[i], state);
            return;
        }
    }
    ask->rows = rows;
    ask->total = up->total;
    ask_end(ask, FOUND);
}

static void ask_rows(struct ask *ask, struct listing_up *up)
{
    ask_then(ask, after_rows);
    for (uint64_t i = up->list.from; i < up->entry_count; i++)
        job_place_ask_fields(ask, up->entries[i].id, up->names, up->count);
    if (!ask->command_count)
        after_rows(ask, NULL);
}

/* ---- the merger ---- */

/* Whether a comes before b: the newer first, and of the same millisecond the greater id, as in the
 * sorted set. */
static bool is_before(struct entry a, int64_t a_time, struct entry b, int64_t b_time)
{
    return a_time != b_time ? a_time > b_time : str_compare(a.id, b.id) > 0;
}

/* The stream whose next entry comes first; NULL where all have ended. */
static struct stream *first_stream(struct listing_up *up)
{
    struct stream *first = NULL;

    for (size_t i = 0; i < up->stream_count; i++) {
        struct stream *stream = &up->streams[i];

        if (stream->at == stream->count)
            continue;
        if (!first ||
            is_before(stream->page[stream->at],
                      stream->page[stream->at].score - stream->first_score, first->page[first->at],
                      first->page[first->at].score - first->first_score))
            first = stream;
    }
    return first;
}

/* Whether a page must be read before anybody can say what comes next. */
static bool needs_page(const struct stream *stream)
{
    return stream->at == stream->count && !stream->ended;
}

static bool any_needs_page(const struct listing_up *up)
{
    for (size_t i = 0; i < up->stream_count; i++)
        if (needs_page(&up->streams[i]))
            return true;
    return false;
}

/* Takes entries in order, as long as there are as many as wanted, and all streams have one. */
static void merge(struct listing_up *up)
{
    while (up->entry_count < up->wanted && !any_needs_page(up)) {
        struct stream *stream = first_stream(up);

        if (!stream) {
            up->wanted = up->entry_count;
            return;
        }
        up->entries[up->entry_count++] = stream->page[stream->at++];
    }
}

/* ---- reading pages ---- */

static void ask_range(struct ask *ask, const struct listing_up *up, const struct stream *stream,
                      uint64_t most)
{
    struct str *arguments = ask_command(ask, NULL, 8);

    arguments[0] = STR("ZREVRANGEBYSCORE");
    arguments[1] = up->key;
    arguments[2] = ask_number(ask, stream->first_score + JOB_LISTING_STEP - 1);
    arguments[3] = ask_number(ask, stream->first_score);
    arguments[4] = STR("WITHSCORES");
    arguments[5] = STR("LIMIT");
    arguments[6] = ask_number(ask, (int64_t)stream->offset);
    arguments[7] = ask_number(ask, (int64_t)most);
}

static void ask_count(struct ask *ask, const struct listing_up *up, const struct stream *stream)
{
    struct str *arguments = ask_command(ask, NULL, 4);

    arguments[0] = STR("ZCOUNT");
    arguments[1] = up->key;
    arguments[2] = ask_number(ask, stream->first_score);
    arguments[3] = ask_number(ask, stream->first_score + JOB_LISTING_STEP - 1);
}

static uint64_t page_size(const struct listing_up *up)
{
    uint64_t left = up->wanted - up->entry_count;

    return left < PAGE ? left : PAGE;
}

/* An entry that came into the stream since the page before has moved others onto this page: they
 * are not read again. */
static void take_page(struct ask *ask, struct stream *stream, const struct reply *reply,
                      uint64_t most)
{
    struct entry last = { .score = INT64_MAX };
    size_t count = reply->count / 2;

    if (stream->count)
        last = stream->page[stream->count - 1];
    stream->page = arena_take(ask->arena, (count + 1) * sizeof *stream->page);
    stream->at = stream->count = 0;
    stream->offset += count;
    stream->ended = count < most;
    for (size_t i = 0; i < count; i++) {
        struct entry entry = { .id = reply_item(reply, 2 * i), .score = -1 };

        (void)number_truncate(str_or_empty(reply_item(reply, 2 * i + 1)), &entry.score);
        if (is_before(last, last.score, entry, entry.score))
            stream->page[stream->count++] = entry;
    }
}

static void after_pages(struct ask *ask, const struct reply *replies);

static void ask_pages(struct ask *ask, struct listing_up *up)
{
    ask_then(ask, after_pages);
    for (size_t i = 0; i < up->stream_count; i++)
        if (needs_page(&up->streams[i]))
            ask_range(ask, up, &up->streams[i], page_size(up));
}

static void after_pages(struct ask *ask, const struct reply *replies)
{
    struct listing_up *up = ask->operation;
    uint64_t most = page_size(up);
    size_t at = 0;

    for (size_t i = 0; i < up->stream_count; i++)
        if (needs_page(&up->streams[i]))
            take_page(ask, &up->streams[i], &replies[at++], most);
    merge(up);
    if (up->entry_count < up->wanted)
        ask_pages(ask, up);
    else
        ask_rows(ask, up);
}

static void after_counts(struct ask *ask, const struct reply *replies)
{
    struct listing_up *up = ask->operation;

    up->total = 0;
    for (size_t i = 0; i < up->stream_count; i++) {
        up->total += (uint64_t)replies[i].number;
        up->streams[i].ended = replies[i].number == 0;
    }
    if (up->list.size == 0 || up->total <= up->list.from)
        ask_rows(ask, up);
    else
        ask_pages(ask, up);
}

static void start(struct ask *ask)
{
    struct listing_up *up = ask->operation;

    up->stream_count = 0;
    up->entry_count = 0;
    up->wanted = up->list.from + up->list.size;
    ask_then(ask, after_counts);
    for (unsigned type = 0; type < JOB_LISTINGS; type++) {
        struct stream *stream = &up->streams[up->stream_count];

        if (up->list.types && !(up->list.types & 1U << type))
            continue;
        *stream = (struct stream){ .first_score = type * JOB_LISTING_STEP };
        up->stream_count++;
        ask_count(ask, up, stream);
    }
}

void sync_job_list(struct ask *ask, const struct sync_job_list *list, const struct str *names,
                   size_t count)
{
    struct listing_up *up = arena_take_cleared(ask->arena, sizeof *up);

    up->list = *list;
    up->names = names;
    up->count = count;
    up->key = key_sync_jobs(ask, list->connector_id, list->status);
    up->entries =
        arena_take(ask->arena, (size_t)(list->from + list->size + 1) * sizeof *up->entries);
    ask->operation = up;
    start(ask);
}
