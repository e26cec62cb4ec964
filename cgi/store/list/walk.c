/* walk.c: reads sorted sets in order, merged over shards. */
#include "store/list/walk.h"

#include "base/number.h"

enum {
    EXPECTED_OF_MEMBER = 150, /* about the bytes of a member in a reply */
    SLACK = 32,               /* members that are read of a stream besides its share */
    BACK_MAX = 1000,          /* members that a page reads again at the most */
    PAGES_MAX = 4000          /* about the members that one step reads of all streams */
};

/* A part of the set in one shard, as far as it was read.
 *
 * Members come and go while it is read, and shift the ranks of all those behind them. So each page
 * begins some ranks before its place, with members that are known: those up to `last` are passed
 * over; if there are none, it has missed some, and is read again from further before. It ends with
 * a member behind the part, or with the set. */
struct walk_stream {
    unsigned shard;
    const struct walk_part *part;
    uint64_t rank,
        left; /* of the first member that was not read yet; and about how many are left */
    uint64_t begin, asked, back; /* of the page that was asked for: its rank, how many members, and
                                    how many of these are read again */
    bool skipped;                /* members before it were skipped by rank */
    bool ended;                  /* all of it was read */
    struct walk_entry *page;     /* the page that was read; its texts live as long as it does */
    size_t at, count;            /* of it */
    struct walk_entry last; /* the last member that was read; it has a text once there is one */
    struct arena *texts;
};

/* ---- counting ---- */

/* A bound of ZLEXCOUNT: '[' begins with the members that begin with the byte, '(' ends before
 * them. */
static struct str bound(struct ask *ask, char bracket, int byte)
{
    char *text = arena_take(ask_memory(ask), 2);

    text[0] = bracket;
    text[1] = (char)byte;
    return (struct str){ text, 2 };
}

static void after_counts(struct ask *ask, const struct reply *replies)
{
    struct walk *walk = ask->operation;

    for (size_t i = 0; i < walk->shards * walk->part_count; i++) {
        walk->shard_counts[i] = (uint64_t)replies[i].number;
        walk->counts[i % walk->part_count] += (uint64_t)replies[i].number;
    }
    walk->then(ask, walk);
}

void walk_count(struct ask *ask, struct walk *walk, walk_then *then)
{
    walk->then = then;
    walk->shard_counts =
        arena_take(ask->arena, walk->shards * walk->part_count * sizeof *walk->shard_counts);
    memset(walk->counts, 0, sizeof walk->counts);
    ask->operation = walk;
    ask_then(ask, after_counts);
    for (unsigned shard = 0; shard < walk->shards; shard++)
        for (size_t i = 0; i < walk->part_count; i++) {
            const struct walk_part *part = &walk->parts[i];

            if (part->byte)
                ASK(ask, STR("ZLEXCOUNT"), walk->keys[shard], bound(ask, '[', part->byte),
                    bound(ask, '(', part->byte + 1));
            else
                ASK(ask, STR("ZCOUNT"), walk->keys[shard], ask_number(ask, part->from),
                    ask_number(ask, part->to - 1));
        }
}

uint64_t walk_total(const struct walk *walk)
{
    uint64_t total = 0;

    for (size_t i = 0; i < walk->segment_count; i++)
        for (size_t part = 0; part < walk->part_count; part++)
            if (walk->segments[i].parts & 1U << part)
                total += walk->counts[part];
    return total;
}

/* ---- streams ---- */

/* The rank of the part's first member in a shard, from the end that is read first. */
static uint64_t first_rank(const struct walk *walk, unsigned shard, size_t part, bool reversed)
{
    const uint64_t *counts = walk->shard_counts + shard * walk->part_count;
    uint64_t rank = 0;

    for (size_t i = 0; i < walk->part_count; i++)
        if (reversed ? i > part : i < part)
            rank += counts[i];
    return rank;
}

static void free_texts(void *texts)
{
    arena_free(texts);
}

/* Opens the streams of the next segment. False if there is none. */
static bool open_segment(struct ask *ask, struct walk *walk)
{
    const struct walk_segment *segment = &walk->segments[walk->segment];
    struct walk_stream *stream;

    if (walk->segment >= walk->segment_count)
        return false;
    walk->stream_count = 0;
    for (unsigned shard = 0; shard < walk->shards; shard++)
        for (size_t part = 0; part < walk->part_count; part++) {
            uint64_t count = walk->shard_counts[shard * walk->part_count + part];

            if (!(segment->parts & 1U << part) || !count)
                continue;
            stream = &walk->streams[walk->stream_count];
            walk->ordered[walk->stream_count++] = stream;
            if (!stream->texts) {
                stream->texts = arena_new();
                arena_defer(ask->arena, free_texts, stream->texts);
            }
            stream->shard = shard;
            stream->part = &walk->parts[part];
            stream->rank = first_rank(walk, shard, part, segment->reversed);
            stream->left = count;
            stream->back = 1;
            stream->skipped = stream->ended = false;
            stream->at = stream->count = 0;
            stream->last.member = (struct str){ NULL, 0 };
        }
    if (walk->stream_count == 1) {
        uint64_t skipped = walk->skip < walk->streams[0].left ? walk->skip : walk->streams[0].left;

        walk->skip -= skipped;
        walk->streams[0].skipped = skipped > 0;
        walk->streams[0].rank += skipped;
        walk->streams[0].left -= skipped;
    }
    return true;
}

static bool needs_page(const struct walk_stream *stream)
{
    return stream->at == stream->count && !stream->ended;
}

static size_t count_needing_page(const struct walk *walk)
{
    size_t count = 0;

    for (size_t i = 0; i < walk->stream_count; i++)
        count += needs_page(&walk->streams[i]);
    return count;
}

/* Gives how many members to read of a stream at once, if `reading` streams are read: its share of
 * the wanted ones, and some more. */
static uint64_t page_size(const struct walk *walk, size_t reading)
{
    uint64_t share = walk->skip + walk->most, most = PAGES_MAX / reading;

    if (walk->stream_count > 1)
        share = share / walk->stream_count + share / walk->stream_count / 4 + SLACK;
    if (most > WALK_PAGE)
        most = WALK_PAGE;
    if (most < SLACK)
        most = SLACK;
    return share < most ? share : most;
}

/* ---- reading pages ---- */

/* Gives where a member lies: before the part (-1), in it (0) or behind it (1), as it is read. */
static int place_of(const struct walk_stream *stream, const struct walk_entry *entry, bool reversed)
{
    const struct walk_part *part = stream->part;
    int first = entry->member.len ? (unsigned char)entry->member.ptr[0] : 0;
    int place = part->byte ? (first > part->byte) - (first < part->byte)
                           : (entry->score >= part->to) - (entry->score < part->from);

    return reversed ? -place : place;
}

/* Whether a member comes after the last one that was read. */
static bool is_new(const struct walk_stream *stream, const struct walk_entry *entry, bool reversed)
{
    const struct walk_entry *last = &stream->last;
    int order = (entry->score > last->score) - (entry->score < last->score);

    if (!order)
        order = str_compare(entry->member, last->member);
    return !last->member.ptr || (reversed ? order < 0 : order > 0);
}

/* How many words of a reply a member has: itself and, unless all scores are 0, its score. */
static size_t words_of(const struct walk_stream *stream)
{
    return stream->part->byte ? 1 : 2;
}

/* Reads one member of a page; false if its score is none. */
static bool read_entry(const struct walk_stream *stream, const struct reply *reply, size_t at,
                       struct walk_entry *entry)
{
    size_t words = words_of(stream);

    *entry = (struct walk_entry){ .member = reply_item(reply, words * at), .shard = stream->shard };
    return words == 1 || number_truncate(str_or_empty(reply_item(reply, words * at + 1)),
                                         &entry->score) == NUMBER_READ;
}

/* Whether the page follows what was read before: its first member is known, or before the part. */
static bool follows(const struct walk_stream *stream, const struct reply *reply, bool reversed)
{
    struct walk_entry first;

    if (!stream->begin || stream->back >= BACK_MAX || !read_entry(stream, reply, 0, &first))
        return true;
    if (!stream->last.member.ptr)
        return stream->skipped || place_of(stream, &first, reversed) < 0;
    return !is_new(stream, &first, reversed);
}

/* Chooses the members of a page that are new; those behind the part, or a page that is shorter than
 * asked for, end the stream. */
static size_t choose_new(struct walk_stream *stream, const struct reply *reply, bool reversed,
                         struct walk_entry *chosen)
{
    uint64_t count = reply->count / words_of(stream), kept = 0;

    stream->ended = count < stream->asked;
    for (size_t i = 0; i < count; i++) {
        struct walk_entry *entry = &chosen[kept];
        int place;

        if (!read_entry(stream, reply, i, entry))
            continue;
        place = place_of(stream, entry, reversed);
        stream->ended |= place > 0;
        kept += place == 0 && is_new(stream, entry, reversed);
    }
    stream->rank = stream->begin + count;
    stream->left = stream->left > kept ? stream->left - kept : 0;
    return kept;
}

static void take_page(struct ask *ask, struct walk_stream *stream, const struct reply *reply,
                      bool reversed)
{
    struct walk_entry *chosen = arena_take(ask_memory(ask), (reply->count + 1) * sizeof *chosen);

    stream->at = stream->count = 0;
    if (!follows(stream, reply, reversed)) {
        stream->back = 2 * stream->back + SLACK;
        return;
    }
    stream->back = SLACK;
    stream->count = choose_new(stream, reply, reversed, chosen);
    if (!stream->count)
        return;
    arena_reset(stream->texts);
    stream->page = arena_take(stream->texts, stream->count * sizeof *stream->page);
    for (size_t i = 0; i < stream->count; i++) {
        stream->page[i] = chosen[i];
        stream->page[i].member = arena_copy(stream->texts, chosen[i].member);
    }
    stream->last = stream->page[stream->count - 1];
}

static void merge(struct ask *ask, struct walk *walk);

static void after_pages(struct ask *ask, const struct reply *replies)
{
    struct walk *walk = ask->operation;
    size_t at = 0;

    for (size_t i = 0; i < walk->stream_count; i++) {
        struct walk_stream *stream = &walk->streams[i];

        if (needs_page(stream))
            take_page(ask, stream, &replies[at++], walk->segments[walk->segment].reversed);
    }
    merge(ask, walk);
}

static void ask_pages(struct ask *ask, struct walk *walk)
{
    struct str verb = walk->segments[walk->segment].reversed ? STR("ZREVRANGE") : STR("ZRANGE");
    uint64_t page = page_size(walk, count_needing_page(walk));

    ask_then(ask, after_pages);
    for (size_t i = 0; i < walk->stream_count; i++) {
        struct walk_stream *stream = &walk->streams[i];
        bool at_rank = stream->skipped && !stream->last.member.ptr;

        if (!needs_page(stream))
            continue;
        stream->begin = at_rank                       ? stream->rank
                        : stream->rank > stream->back ? stream->rank - stream->back
                                                      : 0;
        stream->asked = stream->rank - stream->begin + 1 +
                        (stream->left && stream->left < page ? stream->left : page);
        ASK(ask, verb, walk->keys[stream->shard], ask_number(ask, (int64_t)stream->begin),
            ask_number(ask, (int64_t)(stream->begin + stream->asked - 1)));
        if (!stream->part->byte)
            ask_word(ask, STR("WITHSCORES"));
        ask->expected += stream->asked * EXPECTED_OF_MEMBER;
    }
}

/* ---- merging ---- */

static int64_t key_of(const struct walk_segment *segment, const struct walk_stream *stream)
{
    const struct walk_entry *entry = &stream->page[stream->at];

    if (segment->order == WALK_BY_MEMBER)
        return 0;
    return entry->score - (segment->order == WALK_BY_OFFSET ? stream->part->from : 0);
}

static bool is_before(const struct walk_segment *segment, const struct walk_stream *a,
                      const struct walk_stream *b)
{
    int64_t left = key_of(segment, a), right = key_of(segment, b);
    int order = (left > right) - (left < right);

    if (!order)
        order = str_compare(a->page[a->at].member, b->page[b->at].member);
    return segment->reversed ? order > 0 : order < 0;
}

/* Whether a stream's next member comes before that of another. */
static bool comes_before(const struct walk *walk, const struct walk_stream *a,
                         const struct walk_stream *b)
{
    if (a->at == a->count)
        return false;
    return b->at == b->count || is_before(&walk->segments[walk->segment], a, b);
}

/* Puts all streams in order again; only those with a new page are out of order. */
static void order_streams(struct walk *walk)
{
    for (size_t i = 1; i < walk->stream_count; i++) {
        struct walk_stream *stream = walk->ordered[i];
        size_t at = i;

        for (; at && comes_before(walk, stream, walk->ordered[at - 1]); at--)
            walk->ordered[at] = walk->ordered[at - 1];
        walk->ordered[at] = stream;
    }
}

/* Moves the first stream, which has gone on, after those that come before it now. */
static void order_first(struct walk *walk)
{
    struct walk_stream *first = walk->ordered[0];
    size_t low = 1, high = walk->stream_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (comes_before(walk, walk->ordered[middle], first))
            low = middle + 1;
        else
            high = middle;
    }
    memmove(walk->ordered, walk->ordered + 1, (low - 1) * sizeof(struct walk_stream *));
    walk->ordered[low - 1] = first;
}

/* Takes members in order, as long as all streams have one, into the batch. */
static size_t fill_batch(struct walk *walk)
{
    size_t count = 0;

    if (count_needing_page(walk))
        return 0;
    order_streams(walk);
    while (count < WALK_PAGE && walk->most && walk->stream_count) {
        struct walk_stream *stream = walk->ordered[0];

        if (stream->at == stream->count)
            break;
        if (walk->skip)
            walk->skip--;
        else {
            walk->batch[count++] = stream->page[stream->at];
            walk->most--;
        }
        stream->at++;
        if (needs_page(stream))
            break;
        order_first(walk);
    }
    return count;
}

/* Whether the segment at hand is over. */
static bool has_ended(const struct walk *walk)
{
    for (size_t i = 0; i < walk->stream_count; i++)
        if (walk->streams[i].at < walk->streams[i].count || !walk->streams[i].ended)
            return false;
    return true;
}

static void merge(struct ask *ask, struct walk *walk)
{
    while (walk->most) {
        size_t count = fill_batch(walk);

        if (count && !walk->take(ask, walk, walk->batch, count))
            return;
        if (!walk->most)
            break;
        if (has_ended(walk)) {
            walk->segment++;
            if (!open_segment(ask, walk))
                break;
        }
        if (count_needing_page(walk)) {
            ask_pages(ask, walk);
            return;
        }
    }
    walk->then(ask, walk);
}

void walk_go_on(struct ask *ask, struct walk *walk)
{
    ask->operation = walk;
    merge(ask, walk);
}

void walk_read(struct ask *ask, struct walk *walk)
{
    size_t streams = walk->shards * walk->part_count;

    walk->streams = arena_take_cleared(ask->arena, streams * sizeof *walk->streams);
    walk->ordered = arena_take(ask->arena, streams * sizeof(struct walk_stream *));
    walk->batch = arena_take(ask->arena, WALK_PAGE * sizeof *walk->batch);
    walk->segment = walk->stream_count = 0;
    ask->operation = walk;
    if (!open_segment(ask, walk)) {
        walk->then(ask, walk);
        return;
    }
    merge(ask, walk);
}
