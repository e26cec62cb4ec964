/* sync_job.c: the operations on sync jobs. */
#include "store/job/sync_job.h"

#include "base/id.h"
#include "base/instant.h"
#include "store/connector/report.h"
#include "store/schema/document.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"
#include "store/upkeep/whole.h"

enum { DELETED_AT_ONCE = 100 };

static const struct str any = { NULL, 0 };

/* ---- new jobs ---- */

struct str sync_job_new_id(struct ask *ask, struct str connector_id)
{
    struct str id = id_new(ask->arena);

    while (key_shard(ask, id) != key_shard(ask, connector_id))
        id = id_new(ask->arena);
    return id;
}

bool sync_job_score(struct str type, struct str created_at, int64_t *score)
{
    struct instant instant;
    int64_t millis;

    if (!created_at.ptr || instant_read(created_at, &instant) != INSTANT_READ)
        return false;
    millis = instant_millis(instant);
    if (millis < 0)
        millis = 0;
    if (millis >= SYNC_JOB_LISTING_STEP)
        millis = SYNC_JOB_LISTING_STEP - 1;
    for (int64_t i = 0; i < SYNC_JOB_TYPES; i++) {
        if (!str_equal(str_or_empty(type), sync_job_type_words[i]))
            continue;
        *score = i * SYNC_JOB_LISTING_STEP + millis;
        return true;
    }
    return false;
}

static struct str value_of(const struct pair *fields, size_t count, enum sync_job_field field)
{
    return document_value(fields, count, sync_job_names[field]);
}

/* Begins the call that writes a whole job, up to its secret fields. */
static void put(struct ask *ask, struct str id, const struct pair *fields, size_t count,
                bool is_long)
{
    int64_t score = 0;

    (void)sync_job_score(value_of(fields, count, JOB_TYPE), value_of(fields, count, JOB_CREATED_AT),
                         &score);
    ask_then(ask, document_end);
    ASK_SCRIPT(ask, &script_job_put, key_sync_job(ask, id), key_prefix(ask, key_shard(ask, id)), id,
               ask_number(ask, score), str_or_empty(value_of(fields, count, JOB_CONNECTOR_ID)),
               str_or_empty(value_of(fields, count, JOB_STATUS)), is_long ? STR("long") : STR(""));
    ask_word_pairs(ask, fields, count);
}

void sync_job_create(struct ask *ask, struct str id, const struct pair *fields, size_t count)
{
    struct pair *sorted = arena_take(ask->arena, count * sizeof *sorted);
    size_t plain = 0, secret = count;

    for (size_t i = 0; i < count; i++)
        sorted[field_is_secret(fields[i].name) ? --secret : plain++] = fields[i];
    put(ask, id, sorted, plain, document_is_long(fields, count));
    ask_word_pairs(ask, sorted + plain, count - plain);
}

void sync_job_restore(struct ask *ask, const struct whole *whole)
{
    put(ask, whole->id, whole->fields, whole->field_count,
        document_is_long(whole->fields, whole->field_count) ||
            document_is_long(whole->secrets, whole->secret_count));
    if (whole->has_secrets)
        ask_word_pairs(ask, whole->secrets, whole->secret_count);
    else
        ask_word(ask, STR("keep"));
}

/* ---- one job ---- */

void sync_job_read(struct ask *ask, struct str id, const struct str *names, size_t count)
{
    static const struct document_reader reader = { key_sync_job, STR_ROW("job_type") };

    document_read(ask, &reader, id, names, count);
}

/* Whether update.lua can write the fields: none is secret, long, or in lists. */
static bool is_plain(const struct pair *changes, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (field_is_secret(changes[i].name) ||
            str_equal(changes[i].name, sync_job_names[JOB_STATUS]))
            return false;
    return !document_is_long(changes, count);
}

static bool none_is_secret(const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (field_is_secret(pairs[i].name))
            return false;
    return true;
}

void sync_job_update(struct ask *ask, struct str id, const struct pair *changes, size_t count,
                     const struct pair *expected, size_t expected_count)
{
    struct document job = { key_sync_job(ask, id), sync_job_names[JOB_TYPE] };

    if (is_plain(changes, count) && none_is_secret(expected, expected_count)) {
        document_update(ask, job, changes, count, expected, expected_count);
        return;
    }
    ask_then(ask, document_end);
    ASK_SCRIPT(ask, &script_job_update, job.key, key_prefix(ask, key_shard(ask, id)), id,
               document_long_word(changes, count));
    document_add_changes(ask, changes, count, expected, expected_count);
}

/* ---- a job's end, and its report ---- */

static void end_reported(struct ask *ask, struct sync_job_end *end, struct str report)
{
    struct str rest = report;

    end->is_reported = document_outcome(str_take(&rest, ' ')) != MISSING;
    if (end->is_reported)
        report_end(ask, end->connector_id, report);
    else
        ask_end(ask, NOOP);
}

static void after_both(struct ask *ask, const struct reply *replies)
{
    struct sync_job_end *end = ask->operation;
    enum outcome outcome = document_outcome(str_or_empty(reply_item(&replies[0], 0)));
    struct str report = reply_item(&replies[0], 1);

    end->is_changed = outcome == UPDATED;
    if (report.ptr)
        end_reported(ask, end, report);
    else
        ask_end(ask, outcome);
}

static void after_report_apart(struct ask *ask, const struct reply *replies)
{
    end_reported(ask, ask->operation, replies[0].text);
}

static void after_job_apart(struct ask *ask, const struct reply *replies)
{
    struct sync_job_end *end = ask->operation;
    enum outcome outcome = document_outcome(replies[0].text);

    end->is_changed = outcome == UPDATED;
    if (outcome != UPDATED && outcome != NOOP) {
        ask_end(ask, outcome);
        return;
    }
    ask_then(ask, after_report_apart);
    ASK_SCRIPT(ask, &script_report, key_connector(ask, end->connector_id));
    report_add_words(ask, end->connector_id, REPORT, end->reports, end->report_count,
                     end->reports_over, end->reports_over_count, false);
}

void sync_job_finish(struct ask *ask, struct sync_job_end *end)
{
    int64_t place;

    end->is_reported = end->is_changed = false;
    ask->operation = end;
    if (key_shard(ask, end->id) != key_shard(ask, end->connector_id)) {
        ask_then(ask, after_job_apart);
        ASK_SCRIPT(ask, &script_job_update, key_sync_job(ask, end->id),
                   key_prefix(ask, key_shard(ask, end->id)), end->id,
                   document_long_word(end->changes, end->change_count));
        document_add_changes(ask, end->changes, end->change_count, end->expected,
                             end->expected_count);
        return;
    }
    ask_then(ask, after_both);
    ask_command(ask, &script_end,
                (const struct str[]){ STR("2"), key_connector(ask, end->connector_id),
                                      key_sync_job(ask, end->id) },
                3);
    report_add_words(ask, end->connector_id, REPORT, end->reports, end->report_count,
                     end->reports_over, end->reports_over_count, true);
    place = (int64_t)ask->commands[ask->command_count - 1].count - 2; /* after "2" and the keys */
    ask_word(ask, end->id);
    ask_word(ask, document_long_word(end->changes, end->change_count));
    document_add_changes(ask, end->changes, end->change_count, end->expected, end->expected_count);
    ask_word_number(ask, place);
}

/* ---- delete ---- */

static void after_delete(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? DELETED : MISSING);
}

void sync_job_delete(struct ask *ask, struct str id)
{
    ask_then(ask, after_delete);
    ASK_SCRIPT(ask, &script_job_delete, key_sync_job(ask, id), key_prefix(ask, key_shard(ask, id)),
               id);
}

static void after_some(struct ask *ask, const struct reply *replies)
{
    int64_t deleted = 0;

    for (size_t i = 0; i < ask->command_count; i++)
        deleted += replies[i].number;
    ask_end(ask, deleted ? DELETED : NOOP);
}

void sync_job_delete_some(struct ask *ask, struct str connector_id)
{
    ask_then(ask, after_some);
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        ASK_SCRIPT(ask, &script_job_delete, key_sync_jobs(ask, shard, connector_id, any),
                   key_prefix(ask, shard), STR(""), ask_number(ask, DELETED_AT_ONCE));
}

struct deleting {
    const struct str *ids;
    size_t count, at;
};

static void delete_each(struct ask *ask, struct deleting *deleting);

static void after_each(struct ask *ask, const struct reply *replies)
{
    struct deleting *deleting = ask->operation;

    for (size_t i = 0; i < ask->command_count; i++)
        ask->total += (uint64_t)replies[i].number;
    deleting->at += ask->command_count;
    delete_each(ask, deleting);
}

static void delete_each(struct ask *ask, struct deleting *deleting)
{
    size_t end = deleting->at + DELETED_AT_ONCE;

    if (deleting->at == deleting->count) {
        ask_end(ask, DELETED);
        return;
    }
    ask_then(ask, after_each);
    for (size_t i = deleting->at; i < deleting->count && i < end; i++)
        ASK_SCRIPT(ask, &script_job_delete, key_sync_job(ask, deleting->ids[i]),
                   key_prefix(ask, key_shard(ask, deleting->ids[i])), deleting->ids[i]);
}

void sync_job_delete_each(struct ask *ask, const struct str *ids, size_t count)
{
    struct deleting *deleting = arena_take(ask->arena, sizeof *deleting);

    *deleting = (struct deleting){ ids, count, 0 };
    ask->operation = deleting;
    ask->total = 0;
    delete_each(ask, deleting);
}

/* ---- lists ---- */

static const struct walk_part type_parts[SYNC_JOB_TYPES] = {
    [JOB_FULL] = { .from = 0, .to = SYNC_JOB_LISTING_STEP },
    [JOB_INCREMENTAL] = { .from = SYNC_JOB_LISTING_STEP, .to = 2 * SYNC_JOB_LISTING_STEP },
    [JOB_ACCESS_CONTROL] = { .from = 2 * SYNC_JOB_LISTING_STEP, .to = 3 * SYNC_JOB_LISTING_STEP },
};

struct listing_up {
    struct sync_job_list list;
    struct walk walk;
    struct walk_segment newest;
    struct rows rows;
    struct rows_entry *entries;
};

static bool take_jobs(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                      size_t count)
{
    struct listing_up *up = walk->operation;

    for (size_t i = 0; i < count; i++)
        up->entries[up->rows.entry_count++].id = arena_copy(ask->arena, entries[i].member);
    return true;
}

static void after_walk(struct ask *ask, struct walk *walk)
{
    struct listing_up *up = walk->operation;

    up->rows.entries = up->entries;
    rows_read(ask, &up->rows);
}

static void after_counts(struct ask *ask, struct walk *walk)
{
    const struct listing_up *up = walk->operation;

    ask->total = walk_total(walk);
    walk->skip = up->list.from;
    walk->most = up->list.size;
    walk->take = take_jobs;
    walk->then = after_walk;
    walk_read(ask, walk);
}

void sync_job_list(struct ask *ask, const struct sync_job_list *list, const struct str *names,
                   size_t count)
{
    struct listing_up *up = arena_take_cleared(ask->arena, sizeof *up);
    struct str *keys = arena_take(ask->arena, key_shards(ask) * sizeof *keys);

    ask_in_slices(ask);
    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        keys[shard] =
            arena_copy(ask->arena, key_sync_jobs(ask, shard, list->connector_id, list->status));
    up->list = *list;
    up->rows = (struct rows){ .key = key_sync_job,
                              .live = sync_job_names[JOB_TYPE],
                              .names = names,
                              .count = count,
                              .most = list->answer_max };
    up->entries = arena_take(ask->arena, (size_t)(list->size + 1) * sizeof *up->entries);
    up->newest = (struct walk_segment){ list->types ? list->types : (1U << SYNC_JOB_TYPES) - 1,
                                        WALK_BY_OFFSET, true };
    up->walk = (struct walk){ .keys = keys,
                              .shards = key_shards(ask),
                              .parts = type_parts,
                              .part_count = SYNC_JOB_TYPES,
                              .segments = &up->newest,
                              .segment_count = 1,
                              .operation = up };
    walk_count(ask, &up->walk, after_counts);
}

/* ---- a choice of them ---- */

static struct str id_of_member(struct str member)
{
    return member;
}

/* The lists that hold all jobs that can match; no job is in two of them. */
static struct walk candidates(struct ask *ask, const struct sync_job_choice *wanted)
{
    struct walk_segment *order = arena_take(ask->arena, sizeof *order);
    size_t statuses = wanted->statuses ? wanted->status_count : 1, count = 0;
    struct str *keys = arena_take(ask->arena, (statuses * key_shards(ask) + 1) * sizeof *keys);

    for (unsigned shard = 0; shard < key_shards(ask); shard++)
        for (size_t i = 0; i < statuses; i++)
            keys[count++] =
                arena_copy(ask->arena, key_sync_jobs(ask, shard, wanted->connector_id,
                                                     wanted->statuses ? wanted->statuses[i] : any));
    *order =
        (struct walk_segment){ (1U << SYNC_JOB_TYPES) - 1, WALK_BY_OFFSET, wanted->newest_first };
    return (struct walk){ .keys = keys,
                          .shards = (unsigned)count,
                          .parts = type_parts,
                          .part_count = SYNC_JOB_TYPES,
                          .segments = order,
                          .segment_count = 1 };
}

void sync_job_choose(struct ask *ask, const struct sync_job_choice *wanted, const struct str *names,
                     size_t count)
{
    const struct rows rows = {
        .key = key_sync_job, .live = sync_job_names[JOB_TYPE], .names = names, .count = count
    };
    const struct walk walk = candidates(ask, wanted);

    choose_documents(ask, &wanted->of, &rows, &walk, id_of_member);
}
