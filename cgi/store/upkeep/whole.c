/* whole.c: reads and writes whole documents. */
#include "store/upkeep/whole.h"

#include <stdlib.h>

#include "store/access/access_key.h"
#include "store/connector/connector.h"
#include "store/job/sync_job.h"
#include "store/job/sync_job_place.h"
#include "store/schema/document.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

static struct str key_of(struct ask *ask, const struct whole *whole)
{
    switch (whole->kind) {
    case WHOLE_CONNECTOR:
        return key_connector(ask, whole->id);
    case WHOLE_SYNC_JOB:
        return key_sync_job(ask, whole->id);
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
    return str_equal(str_or_empty(whole_value(whole, STR("deleted"))), STR("true"));
}

static struct job_state job_state_of(const struct whole *whole)
{
    return job_place_state_of(
        whole_value(whole, STR("job_type")), whole_value(whole, sync_job_connector_id),
        whole_value(whole, STR("status")), whole_value(whole, STR("created_at")));
}

bool whole_is_complete(const struct whole *whole)
{
    switch (whole->kind) {
    case WHOLE_CONNECTOR:
        return whole_value(whole, STR("deleted")).ptr != NULL;
    case WHOLE_SYNC_JOB:
        return job_state_of(whole).exists;
    default:
        return whole_value(whole, access_fields[ACCESS_SECRET_SHA256]).ptr &&
               whole_value(whole, access_fields[ACCESS_ROLE]).ptr;
    }
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
    whole->has_secrets = whole->kind != WHOLE_KEY;
    if (whole->has_secrets)
        whole->secrets = read_hash(ask, &replies[1], &whole->secret_count);
    if (whole->kind == WHOLE_CONNECTOR)
        read_history(ask, whole, &replies[2]);
    ask_end(ask, FOUND);
}

static struct str *ask_words(struct ask *ask, struct str name, struct str key, size_t count)
{
    struct str *arguments = ask_command(ask, NULL, count);

    arguments[0] = name;
    arguments[1] = key;
    return arguments + 2;
}

void whole_read(struct ask *ask, struct whole *whole)
{
    struct str key = key_of(ask, whole), *bounds;

    ask->operation = whole;
    ask_then(ask, after_read);
    (void)ask_words(ask, STR("HGETALL"), key, 2);
    if (whole->kind == WHOLE_KEY)
        return;
    (void)ask_words(ask, STR("HGETALL"), key_secrets(ask, key), 2);
    if (whole->kind != WHOLE_CONNECTOR)
        return;
    bounds = ask_words(ask, STR("XRANGE"), key_syncs(ask, whole->id), 4);
    bounds[0] = STR("-");
    bounds[1] = STR("+");
}

/* ---- writing ---- */

static struct str *add_pairs(struct str *arguments, const struct pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        *arguments++ = pairs[i].name;
        *arguments++ = pairs[i].value;
    }
    return arguments;
}

void whole_ask_write(struct ask *ask, const struct whole *whole)
{
    size_t count = 6 + 2 * (whole->field_count + whole->secret_count);
    struct str key = key_of(ask, whole), *arguments;
    struct command *command;

    for (size_t i = 0; i < whole->entry_count; i++)
        count += 2 + 2 * whole->history[i].count;
    arguments = ask_command(ask, &script_restore, count);
    command = &ask->commands[ask->command_count - 1];
    *arguments++ = whole->kind == WHOLE_CONNECTOR ? STR("3") : STR("2");
    *arguments++ = key;
    *arguments++ = key_secrets(ask, key);
    if (whole->kind == WHOLE_CONNECTOR)
        *arguments++ = key_syncs(ask, whole->id);
    *arguments++ = ask_number(ask, (int64_t)whole->field_count);
    arguments = add_pairs(arguments, whole->fields, whole->field_count);
    *arguments++ = whole->has_secrets ? ask_number(ask, (int64_t)whole->secret_count) : STR("keep");
    if (whole->has_secrets)
        arguments = add_pairs(arguments, whole->secrets, whole->secret_count);
    for (size_t i = 0; i < whole->entry_count; i++) {
        *arguments++ = whole->history[i].id;
        *arguments++ = ask_number(ask, (int64_t)whole->history[i].count);
        arguments = add_pairs(arguments, whole->history[i].pairs, whole->history[i].count);
    }
    command->count = (size_t)(arguments - command->arguments);
}

struct writing {
    const struct whole *whole;
    struct job_state state;
    struct str former, former_owner;
    enum outcome outcome;
};

static void end_writing(struct ask *ask, const struct reply *replies)
{
    const struct writing *writing = ask->operation;

    (void)replies;
    ask_end(ask, writing->outcome);
}

static void place_job(struct ask *ask, const struct reply *replies)
{
    struct writing *writing = ask->operation;
    struct str former = writing->former.len ? writing->former : (struct str){ NULL, 0 };

    (void)replies;
    job_place_start(ask, writing->whole->id, &writing->state, former, end_writing);
}

/* A job of that id may have been another connector's. */
static void after_job(struct ask *ask, const struct reply *replies)
{
    struct writing *writing = ask->operation;
    const struct reply *reply = &replies[ask->command_count - 1];

    writing->outcome = document_outcome(reply_item(reply, 0));
    writing->former = reply_item(reply, 2);
    writing->former_owner = reply_item(reply, 3);
    if (!writing->former_owner.len ||
        str_equal(writing->former_owner, writing->state.connector_id)) {
        place_job(ask, NULL);
        return;
    }
    ask_then(ask, place_job);
    job_place_ask_none(ask, &writing->whole->id, 1, writing->former_owner);
}

static void after_key(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, document_outcome(reply_item(&replies[1], 0)));
}

void whole_write(struct ask *ask, const struct whole *whole)
{
    struct writing *writing;

    if (whole->kind == WHOLE_CONNECTOR) {
        connector_restore(ask, whole);
        return;
    }
    if (whole->kind == WHOLE_KEY) {
        ask_then(ask, after_key);
        *ask_words(ask, STR("SADD"), key_access_list(ask), 3) = whole->id;
        whole_ask_write(ask, whole);
        return;
    }
    writing = arena_take_cleared(ask->arena, sizeof *writing);
    writing->whole = whole;
    writing->state = job_state_of(whole);
    ask->operation = writing;
    ask_then(ask, after_job);
    job_place_ask(ask, whole->id, writing->state);
    whole_ask_write(ask, whole);
}
