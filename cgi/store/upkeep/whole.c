/* whole.c: reads and writes whole documents. */
#include "store/upkeep/whole.h"

#include <stdlib.h>

#include "base/number.h"
#include "base/text.h"
#include "store/access/access_key.h"
#include "store/access/secret.h"
#include "store/connector/connector.h"
#include "store/job/sync_job.h"
#include "store/schema/document.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

static struct str key_of(struct ask *ask, const struct whole *whole)
{
    switch (whole->kind) {
    case WHOLE_CONNECTOR:
        return key_connector(ask, whole->id);
    case WHOLE_SYNC_JOB:
        return key_sync_job(ask, whole->id);
    case WHOLE_SECRET:
        return key_secret(ask, whole->id);
    default:
        return key_access(ask, whole->id);
    }
}

struct str whole_value(const struct whole *whole, struct str name)
{
    for (size_t i = 0; i < whole->field_count; i++)
        if (str_equal(whole->fields[i].name, name))
            return whole->fields[i].value;
    return (struct str){ NULL, 0 };
}

bool whole_is_deleted(const struct whole *whole)
{
    return str_equal(str_or_empty(whole_value(whole, connector_names[IS_DELETED])), STR("true"));
}

bool whole_is_complete(const struct whole *whole)
{
    switch (whole->kind) {
    case WHOLE_CONNECTOR:
        return whole_value(whole, connector_names[IS_DELETED]).ptr != NULL;
    case WHOLE_SYNC_JOB:
        return whole_value(whole, sync_job_names[JOB_CONNECTOR_ID]).ptr &&
               whole_value(whole, sync_job_names[JOB_STATUS]).ptr &&
               sync_job_score(whole_value(whole, sync_job_names[JOB_TYPE]),
                              whole_value(whole, sync_job_names[JOB_CREATED_AT]), &(int64_t){ 0 });
    case WHOLE_SECRET:
        return whole_value(whole, secret_value).ptr != NULL;
    default:
        return whole_value(whole, access_fields[ACCESS_SECRET_SHA256]).ptr &&
               whole_value(whole, access_fields[ACCESS_ROLE]).ptr;
    }
}

/* Whether a kind has a hash of secrets beside its own. */
static bool may_have_secrets(const struct whole *whole)
{
    return whole->kind == WHOLE_CONNECTOR || whole->kind == WHOLE_SYNC_JOB;
}

/* ---- reading ---- */

static int by_name(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    return str_compare(a->name, b->name);
}

static struct pair *read_pairs(struct ask *ask, const struct reply *reply, size_t *count)
{
    struct pair *pairs = arena_take(ask->arena, (reply->count / 2 + 1) * sizeof *pairs);

    *count = reply->count / 2;
    for (size_t i = 0; i < *count; i++)
        pairs[i] = (struct pair){ reply_item(reply, 2 * i), reply_item(reply, 2 * i + 1) };
    return pairs;
}

static struct pair *read_hash(struct ask *ask, const struct reply *reply, size_t *count)
{
    struct pair *pairs = read_pairs(ask, reply, count);

    qsort(pairs, *count, sizeof *pairs, by_name);
    return pairs;
}

static void read_history(struct ask *ask, struct whole *whole, const struct reply *reply)
{
    whole->entry_count = reply->count;
    whole->history = arena_take(ask->arena, (reply->count + 1) * sizeof *whole->history);
    for (size_t i = 0; i < reply->count; i++) {
        const struct reply *entry = &reply->items[i];

        whole->history[i].id = reply_item(entry, 0);
        whole->history[i].pairs = read_pairs(ask, &entry->items[1], &whole->history[i].count);
    }
}

static void after_read(struct ask *ask, const struct reply *replies)
{
    struct whole *whole = ask->operation;

    if (!replies[0].count) {
        ask_end(ask, MISSING);
        return;
    }
    whole->fields = read_hash(ask, &replies[0], &whole->field_count);
    whole->has_secrets = may_have_secrets(whole);
    if (whole->has_secrets)
        whole->secrets = read_hash(ask, &replies[1], &whole->secret_count);
    if (whole->kind == WHOLE_CONNECTOR) {
        read_history(ask, whole, &replies[2]);
        whole->days = read_hash(ask, &replies[3], &whole->day_count);
    }
    ask_end(ask, FOUND);
}

static void after_look(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, replies[0].number ? FOUND : MISSING);
}

void whole_look(struct ask *ask, const struct whole *whole)
{
    ask_then(ask, after_look);
    ASK(ask, STR("EXISTS"), key_of(ask, whole));
}

void whole_read(struct ask *ask, struct whole *whole)
{
    struct str key = key_of(ask, whole);

    ask->operation = whole;
    ask_then(ask, after_read);
    ASK(ask, STR("HGETALL"), key);
    if (!may_have_secrets(whole))
        return;
    ASK(ask, STR("HGETALL"), key_secrets(ask, key));
    if (whole->kind != WHOLE_CONNECTOR)
        return;
    ASK(ask, STR("XRANGE"), key_syncs(ask, whole->id), STR("-"), STR("+"));
    ASK(ask, STR("HGETALL"), key_days(ask, whole->id));
}

/* ---- writing ---- */

static void after_hash(struct ask *ask, const struct reply *replies)
{
    struct str word = replies[ask->command_count - 1].text;

    ask_end(ask, str_equal(word, STR("updated")) ? UPDATED : CREATED);
}

/* The key goes into the list first: what the list has without a hash grants nothing. */
static void write_hash(struct ask *ask, const struct whole *whole)
{
    ask_then(ask, after_hash);
    if (whole->kind == WHOLE_KEY)
        ASK(ask, STR("SADD"), key_access_list(ask), whole->id);
    ASK_SCRIPT(ask, &script_replace, key_of(ask, whole));
    for (size_t i = 0; i < whole->field_count; i++) {
        ask_word(ask, whole->fields[i].name);
        ask_word(ask, whole->fields[i].value);
    }
}

void whole_write(struct ask *ask, const struct whole *whole)
{
    if (whole->kind == WHOLE_CONNECTOR)
        connector_restore(ask, whole);
    else if (whole->kind == WHOLE_SYNC_JOB)
        sync_job_restore(ask, whole);
    else
        write_hash(ask, whole);
}

bool whole_derives(struct str name)
{
    static const enum connector_field derived[] = { DUE_AT, NEXT_SYNCS, ACCESS_CONTROL_NEXT_SYNCS,
                                                    NAME_TOKEN };

    for (size_t i = 0; i < sizeof derived / sizeof derived[0]; i++)
        if (str_equal(connector_names[derived[i]], name))
            return true;
    return false;
}

/* ---- documents of the first version of the schema ---- */

enum { OF_ENTRY = 9 };

static struct str entry_value(const struct whole_entry *entry, struct str name)
{
    return str_or_empty(document_value(entry->pairs, entry->count, name));
}

static bool has_ended(struct str status)
{
    static const struct str ends[] = {
#define ENTRY_OF_ENDED(word) STR_ROW(word),
#define ENTRY_OF_RUNNING(word)
#define ENTRY_OF_WAITING(word)
#define SYNC_STATUS(enumerator, word, nature, code) ENTRY_OF_##nature(word)
#include "store/schema/words.def"
    };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (str_equal(status, ends[i]))
            return true;
    return false;
}

/* An entry of the first version was a report of either kind of sync, or of both. A report of ended
 * syncs becomes an entry for each kind. */
static void add_entry(struct whole *whole, const struct whole_entry *old, bool access,
                      struct arena *arena)
{
    struct str prefix = access ? STR("access_control_") : STR(""), milliseconds = old->id;
    struct str kind = entry_value(old, STR("kind"));
    struct str status = entry_value(old, access ? STR("access_control_status") : STR("status"));
    struct pair *pairs;
    struct str number;

    if (!has_ended(status) || (!str_equal(kind, STR("both")) &&
                               !str_equal(kind, access ? STR("access_control") : STR("content"))))
        return;
    number = milliseconds;
    milliseconds = str_take(&number, '-');
    pairs = arena_take(arena, OF_ENTRY * sizeof *pairs);
    pairs[0] = (struct pair){ STR("kind"), access ? STR("access_control") : STR("content") };
    pairs[1] = (struct pair){ STR("status"), status };
    pairs[2] =
        (struct pair){ STR("status_code"),
                       entry_value(old, arena_format(arena, "%.*sstatus_code", STR_ARGS(prefix))) };
    pairs[3] =
        (struct pair){ STR("error"),
                       entry_value(old, arena_format(arena, "%.*serror", STR_ARGS(prefix))) };
    pairs[4] = (struct pair){ STR("last_synced"), entry_value(old, STR("last_synced")) };
    pairs[5] = (struct pair){ STR("started_at"), STR("") };
    pairs[6] = (struct pair){ STR("indexed"), entry_value(old, STR("indexed")) };
    pairs[7] = (struct pair){ STR("deleted"), entry_value(old, STR("deleted")) };
    pairs[8] = (struct pair){ STR("duration_ms"), entry_value(old, STR("duration_ms")) };
    whole->history[whole->entry_count++] =
        (struct whole_entry){ arena_format(arena, "%.*s-%.*s%d", STR_ARGS(milliseconds),
                                           STR_ARGS(number), access ? 1 : 0),
                              pairs, OF_ENTRY };
}

/* The values that the first version had only in the history. */
static const struct upgraded_kind {
    struct str kind;
    enum connector_field status, failures, ended;
} upgraded_kinds[] = {
    { STR_ROW("content"), LAST_SYNC_STATUS, CONSECUTIVE_FAILURES, ENDED },
    { STR_ROW("access_control"), LAST_ACCESS_CONTROL_SYNC_STATUS,
      ACCESS_CONTROL_CONSECUTIVE_FAILURES, ACCESS_CONTROL_ENDED },
};

enum {
    UPGRADED_KINDS = sizeof upgraded_kinds / sizeof upgraded_kinds[0],
    FIELDS_ADDED = UPGRADED_KINDS + 1
};

static void add_field(struct whole *whole, enum connector_field field, struct str value)
{
    whole->fields[whole->field_count++] = (struct pair){ connector_names[field], value };
}

/* How the last sync ended, if another one has begun since. */
static void add_ended(struct whole *whole, const struct upgraded_kind *kind, struct arena *arena)
{
    const struct str word = STR("error: ");
    struct str status = whole_value(whole, connector_names[kind->status]);

    if (!status.ptr || has_ended(status))
        return;
    for (size_t i = whole->entry_count; i-- > 0;) {
        const struct whole_entry *entry = &whole->history[i];
        struct str ended = entry_value(entry, STR("status")),
                   error = entry_value(entry, STR("error"));

        if (!str_equal(entry_value(entry, STR("kind")), kind->kind))
            continue;
        if (str_starts(error, word)) {
            error = str_from_offset(error, word.len);
            ended = arena_format(arena, "%.*s %.*s", STR_ARGS(ended), STR_ARGS(error));
        }
        add_field(whole, kind->ended, ended);
        return;
    }
}

/* The second of the first failure since the last success, or `since` if that is earlier. */
static uint64_t earlier_failure(const struct whole *whole, const struct upgraded_kind *kind,
                                uint64_t since)
{
    struct str failures = str_or_empty(whole_value(whole, connector_names[kind->failures]));

    if (!failures.len || str_equal(failures, STR("0")))
        return since;
    for (size_t i = whole->entry_count; i-- > 0;) {
        const struct whole_entry *entry = &whole->history[i];
        struct str status = entry_value(entry, STR("status")), id = entry->id;
        uint64_t milliseconds;

        if (!str_equal(entry_value(entry, STR("kind")), kind->kind))
            continue;
        if (str_equal(status, STR("completed")))
            break;
        if (str_equal(status, STR("error")) &&
            number_count(str_take(&id, '-'), INT64_MAX, &milliseconds) == NUMBER_READ &&
            milliseconds / 1000 < since)
            since = milliseconds / 1000;
    }
    return since;
}

static void add_derived(struct whole *whole, struct arena *arena)
{
    uint64_t since = UINT64_MAX;

    for (size_t i = 0; i < UPGRADED_KINDS; i++) {
        add_ended(whole, &upgraded_kinds[i], arena);
        since = earlier_failure(whole, &upgraded_kinds[i], since);
    }
    if (since != UINT64_MAX)
        add_field(whole, FAILING_SINCE, arena_format(arena, "%llu", (unsigned long long)since));
    qsort(whole->fields, whole->field_count, sizeof *whole->fields, by_name);
}

bool whole_upgrade(struct whole *whole, struct arena *arena)
{
    static const struct str place = STR_ROW("_place");
    const struct pair *fields = whole->fields;
    const struct whole_entry *old = whole->history;
    size_t kept = 0, count = whole->entry_count;

    if (whole->kind != WHOLE_CONNECTOR || !whole_value(whole, place).ptr)
        return false;
    whole->fields = arena_take(arena, (whole->field_count + FIELDS_ADDED) * sizeof *whole->fields);
    for (size_t i = 0; i < whole->field_count; i++)
        if (!str_equal(fields[i].name, place))
            whole->fields[kept++] = fields[i];
    whole->field_count = kept;
    whole->history = arena_take(arena, (2 * count + 1) * sizeof *whole->history);
    whole->entry_count = 0;
    for (size_t i = 0; i < count; i++) {
        add_entry(whole, &old[i], false, arena);
        add_entry(whole, &old[i], true, arena);
    }
    add_derived(whole, arena);
    return true;
}
