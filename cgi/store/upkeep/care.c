/* care.c: checks items, and mends them. */
#include "store/upkeep/care.h"

#include "base/text.h"
#include "store/connector/connector.h"
#include "store/schema/document.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"
#include "store/schema/scripts.h"

/* ---- what one script looks at ---- */

/* A key of a foreign type is reported separately, and so is a field of which scripts make nothing
 * (see readable.h). */
static bool met_error(struct ask *ask, const struct reply *replies)
{
    for (size_t i = 0; i < ask->command_count; i++) {
        if (replies[i].kind != REPLY_ERROR)
            continue;
        ask_end(ask, str_starts(replies[i].text, STR("WRONGTYPE")) ||
                             str_starts(replies[i].text, STR("ERR Error running script")) ||
                             str_starts(replies[i].text, STR("ERR user_script"))
                         ? NOOP
                         : (enum outcome)replies[i].number);
        return true;
    }
    return false;
}

static void after_script(struct ask *ask, const struct reply *replies)
{
    if (met_error(ask, replies))
        return;
    ask_end(ask, str_equal(replies[0].text, STR("wrong"))   ? FOUND
                 : str_equal(replies[0].text, STR("right")) ? NOOP
                                                            : UPDATED);
}

/* The words of care.lua for the kinds that it knows. */
static const struct str words[CARE_KINDS] = {
    [CARE_CONNECTOR] = STR_ROW("connector"),
    [CARE_LISTED] = STR_ROW("listed"),
    [CARE_ENTRY] = STR_ROW("entry"),
    [CARE_LIVE] = STR_ROW("live"),
    [CARE_JOB] = STR_ROW("job"),
    [CARE_LISTED_JOB] = STR_ROW("listed_job"),
    [CARE_ORPHAN] = STR_ROW("belongs"),
};

/* The id in a member of the directory. */
static struct str id_in(struct str entry)
{
    (void)str_take(&entry, '\0');
    return entry.ptr ? str_take(&entry, '\0') : STR("");
}

static void ask_script(struct ask *ask, const struct care_item *item, struct str mode)
{
    ask_then(ask, after_script);
    ASK_SCRIPT(ask, &script_care, item->key, key_prefix(ask, item->shard), mode, words[item->kind],
               item->id);
    if (item->kind == CARE_ENTRY)
        ask_word(ask, id_in(item->id));
    else if (item->kind == CARE_JOB)
        ask_word_number(ask, item->score);
    ask_word(ask, str_or_empty(item->owner));
    ask_word(ask, str_or_empty(item->status));
}

/* ---- index names ---- */

struct looking {
    const struct care_item *item;
    struct str holder, token;
};

static bool has_name(const struct reply *fields, struct str name)
{
    return str_equal(str_or_empty(reply_item(fields, 0)), STR("false")) &&
           str_equal(str_or_empty(reply_item(fields, 1)), name);
}

static void ask_name(struct ask *ask, struct str id)
{
    ASK(ask, STR("HMGET"), key_connector(ask, id), connector_names[IS_DELETED],
        connector_names[INDEX_NAME]);
}

static void end_look(struct ask *ask, bool wrong)
{
    ask_end(ask, wrong ? FOUND : NOOP);
}

static void after_name_holder(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;

    if (!met_error(ask, replies))
        end_look(ask, !str_equal(str_or_empty(replies[0].text), looking->item->id));
}

static void after_name(struct ask *ask, const struct reply *replies)
{
    struct str name;

    if (met_error(ask, replies))
        return;
    name = str_or_empty(reply_item(&replies[0], 1));
    if (!name.len || !has_name(&replies[0], name)) {
        ask_end(ask, NOOP);
        return;
    }
    ask_then(ask, after_name_holder);
    ASK(ask, STR("GET"), key_index_name(ask, name));
}

static void after_holder_fields(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;

    if (!met_error(ask, replies))
        end_look(ask, !has_name(&replies[0], looking->item->id));
}

static void after_holder(struct ask *ask, const struct reply *replies)
{
    struct looking *looking = ask->operation;

    if (met_error(ask, replies))
        return;
    if (!replies[0].text.ptr) {
        ask_end(ask, NOOP);
        return;
    }
    looking->holder = replies[0].text;
    ask_then(ask, after_holder_fields);
    ask_name(ask, looking->holder);
}

/* ---- what has no shard, and what may lie in two ---- */

static void after_access(struct ask *ask, const struct reply *replies)
{
    if (!met_error(ask, replies))
        end_look(ask, !replies[0].number && replies[1].number);
}

static void after_owner(struct ask *ask, const struct reply *replies)
{
    if (!met_error(ask, replies))
        end_look(ask, !replies[0].number && replies[1].number);
}

static void after_state(struct ask *ask, const struct reply *replies)
{
    if (met_error(ask, replies))
        return;
    ask_end(ask, str_equal(replies[0].text, STR("noop wrong")) ? FOUND : NOOP);
}

void care_look(struct ask *ask, const struct care_item *item)
{
    struct looking *looking = arena_take_cleared(ask->arena, sizeof *looking);

    looking->item = item;
    ask->takes_errors = true;
    switch (item->kind) {
    case CARE_STATE:
        connector_look(ask, item->id);
        ask->next = after_state;
        break;
    case CARE_NAME:
        ask_then(ask, after_name);
        ask_name(ask, item->id);
        break;
    case CARE_HOLDER:
        ask_then(ask, after_holder);
        ASK(ask, STR("GET"), key_index_name(ask, item->id));
        break;
    case CARE_OWNER:
        ask_then(ask, after_owner);
        ASK(ask, STR("EXISTS"), key_connector(ask, item->key));
        ASK(ask, STR("EXISTS"), key_sync_job(ask, item->id));
        break;
    case CARE_ACCESS:
        ask_then(ask, after_access);
        ASK(ask, STR("SISMEMBER"), key_access_list(ask), item->id);
        ASK(ask, STR("EXISTS"), key_access(ask, item->id));
        break;
    default:
        ask_script(ask, item, STR("look"));
        break;
    }
    ask->operation = looking;
}

/* ---- mending ---- */

static void after_mending(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, UPDATED);
}

static void rename_to_own(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;
    struct str name = str_or_empty(reply_item(&replies[0], 1));

    if (name.len && has_name(&replies[0], name))
        connector_rename(ask, looking->item->id, name, false);
    else
        ask_end(ask, UPDATED);
}

/* The holder's intents are struck out: what it may still write now has another token. */
static void after_strike(struct ask *ask, const struct reply *replies)
{
    const struct looking *looking = ask->operation;

    if (!str_equal(replies[0].text, STR("free"))) {
        ask_end(ask, NOOP);
        return;
    }
    ask_then(ask, after_mending);
    ASK_SCRIPT(ask, &script_release, key_index_name(ask, looking->item->id), looking->holder,
               looking->token);
}

/* Lets go of a name that its holder does not have, unless the holder or another connector takes it
 * meanwhile. */
static void release_name(struct ask *ask, const struct reply *replies)
{
    struct looking *looking = ask->operation;
    struct str name = looking->item->id;

    if (!replies[0].text.ptr) {
        ask_end(ask, NOOP);
        return;
    }
    looking->holder = arena_copy(ask->arena, replies[0].text);
    looking->token = arena_copy(ask->arena, str_or_empty(replies[1].text));
    if (key_shards(ask) > 1) {
        ask_then(ask, after_strike);
        ASK_SCRIPT(ask, &script_strike, key_connector(ask, looking->holder), name);
        return;
    }
    ask_then(ask, after_mending);
    ASK_SCRIPT(ask, &script_release, key_index_name(ask, name), looking->holder, looking->token,
               key_connector(ask, looking->holder), name);
}

void care_mend(struct ask *ask, const struct care_item *item)
{
    struct looking *looking = arena_take_cleared(ask->arena, sizeof *looking);

    looking->item = item;
    ask->operation = looking;
    switch (item->kind) {
    case CARE_STATE:
        connector_settle(ask, item->id);
        break;
    case CARE_NAME:
        ask_then(ask, rename_to_own);
        ask_name(ask, item->id);
        break;
    case CARE_HOLDER:
        ask_then(ask, release_name);
        ASK(ask, STR("GET"), key_index_name(ask, item->id));
        ASK(ask, STR("GET"),
            arena_format(ask->arena, "%.*s:token", STR_ARGS(key_index_name(ask, item->id))));
        break;
    case CARE_ACCESS:
        ask_then(ask, after_mending);
        ASK(ask, STR("SADD"), key_access_list(ask), item->id);
        break;
    default:
        ask_script(ask, item, STR("fix"));
        break;
    }
}

bool care_can_mend(enum care_kind kind)
{
    return kind != CARE_OWNER;
}

bool care_may_pass(enum care_kind kind)
{
    return kind == CARE_NAME || kind == CARE_HOLDER;
}

/* ---- counts of service types ---- */

static void after_types(struct ask *ask, const struct reply *replies)
{
    ask_end(ask, str_equal(replies[0].text, STR("wrong"))   ? FOUND
                 : str_equal(replies[0].text, STR("fixed")) ? UPDATED
                                                            : NOOP);
}

void care_types(struct ask *ask, const struct care_types *types)
{
    ask_then(ask, after_types);
    ASK_SCRIPT(ask, &script_types, key_service_types(ask, types->shard),
               types->fix ? STR("fix") : STR("look"));
    ask_word_pairs(ask, types->before, types->before_count);
    ask_word_pairs(ask, types->counted, types->counted_count);
}

static void after_reading_types(struct ask *ask, const struct reply *replies)
{
    struct care_types *types = ask->operation;
    struct pair *pairs = arena_take(ask->arena, (replies[0].count / 2 + 1) * sizeof *pairs);

    types->before_count = replies[0].count / 2;
    for (size_t i = 0; i < types->before_count; i++)
        pairs[i] =
            (struct pair){ reply_item(&replies[0], 2 * i), reply_item(&replies[0], 2 * i + 1) };
    types->before = pairs;
    ask_end(ask, FOUND);
}

void care_read_types(struct ask *ask, struct care_types *types)
{
    ask->operation = types;
    ask_then(ask, after_reading_types);
    ASK(ask, STR("HGETALL"), key_service_types(ask, types->shard));
}

/* ---- keys ---- */

static void after_removal(struct ask *ask, const struct reply *replies)
{
    (void)replies;
    ask_end(ask, DELETED);
}

void care_remove(struct ask *ask, struct str key)
{
    ask_then(ask, after_removal);
    ASK(ask, STR("DEL"), key);
}

static void after_looking(struct ask *ask, const struct reply *replies)
{
    if (replies[1].number)
        ask_end(ask, NOOP);
    else
        ask_end(ask, replies[0].number ? FOUND : MISSING);
}

void care_look_for_data(struct ask *ask)
{
    static const struct str any = { NULL, 0 };

    ask_then(ask, after_looking);
    ASK(ask, STR("EXISTS"), key_connectors(ask, 0), key_standings(ask, 0),
        key_sync_jobs(ask, 0, any, any));
    ASK(ask, STR("EXISTS"), key_directory(ask, 0));
}
