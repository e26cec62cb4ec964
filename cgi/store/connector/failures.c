/* failures.c: reads the errors of connectors that fail. */
#include "store/connector/failures.h"

#include <stdlib.h>

#include "base/text.h"
#include "store/connector/ended.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"

/* ---- of one connector ---- */

enum { FAILED, STATUS, ERROR_TEXT, APART, OF_KIND };

/* clang-format off */
static const enum connector_field fields[FAILURE_FIELDS] = {
    CONSECUTIVE_FAILURES,                LAST_SYNC_STATUS,                LAST_SYNC_ERROR,                ENDED,
    ACCESS_CONTROL_CONSECUTIVE_FAILURES, LAST_ACCESS_CONTROL_SYNC_STATUS, LAST_ACCESS_CONTROL_SYNC_ERROR, ACCESS_CONTROL_ENDED,
};
/* clang-format on */

_Static_assert((int)OF_KIND *(int)FAILURE_KINDS == (int)FAILURE_FIELDS, "a row for each kind");

void failure_names(struct str names[FAILURE_FIELDS])
{
    for (size_t i = 0; i < FAILURE_FIELDS; i++)
        names[i] = connector_names[fields[i]];
}

bool failure_read(const struct str *values, enum failure_kind kind, struct str *error)
{
    const struct str *of_kind = values + (size_t)kind * OF_KIND;
    struct str failed = str_or_empty(of_kind[FAILED]);

    if (!failed.len || str_equal(failed, STR("0")))
        return false;
    *error = ended_read(of_kind[STATUS], of_kind[ERROR_TEXT], of_kind[APART]).error;
    return true;
}

/* ---- what is found ---- */

/* The errors of both kinds, a line each. */
static struct str errors_of(const struct str *values, struct arena *arena)
{
    struct str content = { NULL, 0 }, access = { NULL, 0 };
    struct text both;

    (void)failure_read(values, FAILURE_CONTENT, &content);
    (void)failure_read(values, FAILURE_ACCESS_CONTROL, &access);
    if (!content.len || !access.len)
        return content.len ? content : access;
    both = text_new(arena, content.len + access.len + 1);
    text_add(&both, content);
    text_byte(&both, '\n');
    text_add(&both, access);
    return text_str(&both);
}

/* The array grows at powers of two. */
static void keep(struct ask *ask, struct failures *failures, struct failure_found found)
{
    size_t count = failures->found_count;

    if (!(count & (count - 1)))
        failures->found = arena_grow(ask->arena, failures->found, count * sizeof found,
                                     (count ? 2 * count : 1) * sizeof found);
    failures->found[failures->found_count++] = found;
}

static void take_errors(struct ask *ask, struct rows *rows, const struct row *read, size_t count)
{
    struct failures *failures = rows->operation;
    const struct selection *selection = failures->selection;

    for (size_t i = 0; i < count; i++) {
        struct str errors = errors_of(read[i].values, ask_memory(ask));
        struct str found = { NULL, 0 };

        if (errors.len)
            found = selection->find(selection->filter, errors, ask->arena);
        if (found.len)
            keep(ask, failures, (struct failure_found){ read[i].id, found });
    }
}

static int by_id(const void *left, const void *right)
{
    const struct failure_found *a = left, *b = right;

    return str_compare(a->id, b->id);
}

struct str failures_found(const struct failures *failures, struct str id)
{
    struct failure_found wanted = { .id = id };
    const struct failure_found *found = NULL;

    if (failures && failures->found_count)
        found = bsearch(&wanted, failures->found, failures->found_count, sizeof wanted, by_id);
    return found ? found->found : (struct str){ NULL, 0 };
}

/* ---- reading ---- */

static void after_errors(struct ask *ask, struct rows *rows)
{
    struct failures *failures = rows->operation;

    if (failures->found_count)
        qsort(failures->found, failures->found_count, sizeof *failures->found, by_id);
    failures->then(ask, failures);
}

static bool take_failing(struct ask *ask, struct walk *walk, const struct walk_entry *entries,
                         size_t count)
{
    struct failures *failures = walk->operation;

    for (size_t i = 0; i < count; i++)
        failures->entries[failures->rows.entry_count++] =
            (struct rows_entry){ arena_copy(ask->arena, entries[i].member), entries[i].score };
    return true;
}

static void after_failing(struct ask *ask, struct walk *walk)
{
    struct failures *failures = walk->operation;

    failures->rows.entries = failures->entries;
    rows_read(ask, &failures->rows);
}

void failures_read(struct ask *ask, struct failures *failures, failures_then *then)
{
    struct walk *walk = &failures->walk;
    struct str *names = arena_take(ask->arena, FAILURE_FIELDS * sizeof *names);
    uint64_t total;

    failure_names(names);
    failures->then = then;
    failures->found = NULL;
    failures->found_count = 0;
    failures->segment = (struct walk_segment){ failures->failing, WALK_BY_OFFSET, true };
    walk->segments = &failures->segment;
    walk->segment_count = 1;
    total = walk_total(walk);
    failures->unread = total > FAILURES_MAX ? total - FAILURES_MAX : 0;
    walk->skip = 0;
    walk->most = total - failures->unread;
    walk->take = take_failing;
    walk->then = after_failing;
    walk->operation = failures;
    failures->entries =
        arena_take(ask->arena, (size_t)(walk->most + 1) * sizeof *failures->entries);
    failures->rows = (struct rows){ .key = key_connector,
                                    .live = connector_names[IS_DELETED],
                                    .names = names,
                                    .count = FAILURE_FIELDS,
                                    .field_max = FAILURES_TEXT_MAX,
                                    .slice = FAILURES_SLICE,
                                    .take = take_errors,
                                    .then = after_errors,
                                    .operation = failures };
    if (total)
        walk_read(ask, walk);
    else
        then(ask, failures);
}
