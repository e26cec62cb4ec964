/* counts.c: reads the counts of syncs. */
#include "store/connector/counts.h"

#include "base/number.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"

enum {
    SHARDS_AT_ONCE = 16,          /* that one step reads */
    EXPECTED_OF_SHARD = 24 * 1024 /* about how many bytes it has */
};

/* ---- lines ---- */

enum { NUMBERS_OF_CONTENT = 7, NUMBERS = 12 };

/* The numbers in the order of a line. */
static void list_numbers(struct counts *counts, int64_t *numbers[NUMBERS])
{
    struct counts_kind *content = &counts->content, *access = &counts->access_control;
    int64_t *const places[NUMBERS] = {
        &content->completed, &content->failed,  &content->canceled, &counts->indexed,
        &counts->deleted,    &content->millis,  &content->longest,  &access->completed,
        &access->failed,     &access->canceled, &access->millis,    &access->longest,
    };

    memcpy(numbers, places, sizeof places);
}

bool counts_read(struct str line, struct counts *counts)
{
    int64_t *numbers[NUMBERS];
    struct str word;
    size_t count = 0;

    memset(counts, 0, sizeof *counts);
    list_numbers(counts, numbers);
    while (str_split(&line, ' ', &word)) {
        uint64_t number;

        if (count == NUMBERS || number_count(word, INT64_MAX, &number) != NUMBER_READ)
            break;
        *numbers[count++] = (int64_t)number;
    }
    if (count == NUMBERS || count == NUMBERS_OF_CONTENT)
        return true;
    memset(counts, 0, sizeof *counts);
    return false;
}

/* Sums stay within 64 bits, whatever was imported. */
static void add(int64_t *sum, int64_t more)
{
    if (__builtin_add_overflow(*sum, more, sum))
        *sum = INT64_MAX;
}

static void add_kind(struct counts_kind *kind, const struct counts_kind *other)
{
    add(&kind->completed, other->completed);
    add(&kind->failed, other->failed);
    add(&kind->canceled, other->canceled);
    add(&kind->millis, other->millis);
    if (other->longest > kind->longest)
        kind->longest = other->longest;
}

void counts_add(struct counts *counts, const struct counts *others)
{
    add_kind(&counts->content, &others->content);
    add_kind(&counts->access_control, &others->access_control);
    add(&counts->indexed, others->indexed);
    add(&counts->deleted, others->deleted);
}

struct counts_kind counts_both(const struct counts *counts)
{
    struct counts_kind both = counts->content;

    add_kind(&both, &counts->access_control);
    return both;
}

void counts_split(struct str line, struct str *time, struct str *counts)
{
    *counts = line;
    *time = line.ptr ? str_take(counts, ' ') : line;
}

/* ---- all connectors ---- */

struct summing {
    struct counts_span *span;
    unsigned shard;  /* the next one to be asked */
    unsigned number; /* the shard whose counts are being added, from 1 */
    unsigned *hours; /* for each time of the span: the last shard, by `number`, with hours of it */
};

/* Gives the place of a time in the span; the span's count if it is not there. */
static size_t place_of(const struct counts_span *span, struct str time)
{
    size_t low = 0, high = span->count;

    if (time.len < span->time_size)
        return span->count;
    time.len = span->time_size;
    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (str_compare(span->times[middle], time) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < span->count && str_equal(span->times[low], time) ? low : span->count;
}

static void add_line(struct summing *summing, struct str time, struct str line, bool is_hour)
{
    size_t at = place_of(summing->span, time);
    struct counts counts;

    if (at == summing->span->count || !counts_read(line, &counts))
        return;
    if (is_hour)
        summing->hours[at] = summing->number;
    else if (summing->hours[at] == summing->number)
        return;
    counts_add(&summing->span->counts[at], &counts);
}

static void add_lines(struct summing *summing, const struct reply *hash, bool is_hour)
{
    for (size_t i = 0; i + 1 < hash->count; i += 2)
        add_line(summing, str_or_empty(reply_item(hash, i)), str_or_empty(reply_item(hash, i + 1)),
                 is_hour);
}

/* If there are hours of a day, all of them are there: the day's counts are their sum. The day's own
 * line, which is made from the hours once an hour, is left out then. */
static void add_shard(struct summing *summing, const struct reply *replies)
{
    struct str hour, line;

    summing->number++;
    counts_split(str_or_empty(replies[0].text), &hour, &line);
    add_line(summing, hour, str_or_empty(line), true);
    add_lines(summing, &replies[1], true);
    if (summing->span->time_size == COUNTS_DAY)
        add_lines(summing, &replies[2], false);
}

static void ask_shards(struct ask *ask, struct summing *summing);

static void after_shards(struct ask *ask, const struct reply *replies)
{
    struct summing *summing = ask->operation;

    for (size_t i = 0; i < ask->command_count; i += 3)
        add_shard(summing, &replies[i]);
    if (summing->shard == key_shards(ask))
        ask_end(ask, FOUND);
    else
        ask_shards(ask, summing);
}

static void ask_shards(struct ask *ask, struct summing *summing)
{
    ask_then(ask, after_shards);
    for (int i = 0; i < SHARDS_AT_ONCE && summing->shard < key_shards(ask); i++, summing->shard++) {
        ASK(ask, STR("GET"), key_hour(ask, summing->shard));
        ASK(ask, STR("HGETALL"), key_hours(ask, summing->shard));
        ASK(ask, STR("HGETALL"), key_all_days(ask, summing->shard));
        ask->expected += EXPECTED_OF_SHARD;
    }
}

void counts_sum(struct ask *ask, struct counts_span *span)
{
    struct summing *summing = arena_take_cleared(ask->arena, sizeof *summing);

    ask_in_slices(ask);
    memset(span->counts, 0, span->count * sizeof *span->counts);
    summing->span = span;
    summing->hours = arena_take_cleared(ask->arena, (span->count + 1) * sizeof *summing->hours);
    ask->operation = summing;
    ask_shards(ask, summing);
}

/* ---- one connector ---- */

static void after_days(struct ask *ask, const struct reply *replies)
{
    struct row *row = arena_take_cleared(ask->arena, sizeof *row);
    struct reply *days = arena_take(ask->arena, sizeof *days);

    *days = replies[1];
    row->values = arena_take(ask->arena, sizeof *row->values);
    row->values[0] = reply_item(&replies[0], 1);
    row->days = days;
    ask->rows = row;
    ask->row_count = 1;
    ask_end(ask,
            str_equal(str_or_empty(reply_item(&replies[0], 0)), STR("false")) ? FOUND : MISSING);
}

void counts_of(struct ask *ask, struct str id)
{
    ask_then(ask, after_days);
    ASK(ask, STR("HMGET"), key_connector(ask, id), connector_names[IS_DELETED],
        connector_names[TODAY]);
    ASK(ask, STR("HGETALL"), key_days(ask, id));
}
