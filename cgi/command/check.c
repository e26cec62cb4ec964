/* check.c: compares indexes with hashes, and mends them: lastsync check. */
#include "command/check.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "command/line.h"
#include "command/progress.h"
#include "command/readable.h"
#include "command/session.h"
#include "store/connector/connector.h"
#include "store/job/sync_job.h"
#include "store/schema/fields.h"
#include "store/schema/key.h"
#include "store/schema/schema.h"
#include "store/upkeep/care.h"
#include "store/upkeep/scan.h"

enum {
    SUSPECTS_MAX = 1000, /* items that are kept for a further look */
    ITEMS_MAX = 3 * SCAN_PAGE,
    WHOLES_AT_ONCE = 20 /* documents that are read at once; few, as they may be long */
};

/* Milliseconds before each further look at an index name that seems wrong: together longer than a
 * request can last. */
static const int waits[] = { 10, 20, 40, 80, 160, 320, 640, 1280 };

struct check_options {
    bool fix;
};

struct check {
    struct session session;
    struct check_options options;
    struct progress progress;
    struct arena *items_arena, *suspects_arena;
    struct care_item items[ITEMS_MAX], suspects[SUSPECTS_MAX];
    size_t item_count, suspect_count;
    uint64_t keys, connectors, jobs, access_keys;
    uint64_t wrong, fixed, notes;
    enum outcome trouble; /* the outcome that has ended it, or ASKING */
    int output_fault;     /* the errno of the line that could not be written, which has ended it */
};

static bool goes_on(const struct check *check)
{
    return check->trouble == ASKING && !check->output_fault;
}

/* ---- messages ---- */

static const struct {
    const char *before, *behind;
    bool names_key; /* whether the message begins with the key */
} sentences[CARE_KINDS] = {
    [CARE_CONNECTOR] = { "connector ", " is not in its places in connectors and directory" },
    [CARE_LISTED] = { "connectors lists ", ", which matches no connector" },
    [CARE_ENTRY] = { "directory lists ", ", which matches no connector" },
    [CARE_STATE] = { "connector ", " is not in its places in standings and successes" },
    [CARE_LIVE] = { " lists connector ", ", which is gone or deleted", true },
    [CARE_NAME] = { "connector ", " does not hold its index name" },
    [CARE_HOLDER] = { "index name ", " is held by a connector that does not have it" },
    [CARE_JOB] = { "sync job ", " is not in all of its lists" },
    [CARE_LISTED_JOB] = { " lists sync job ", ", which does not belong there", true },
    [CARE_OWNER] = { "sync job ", " belongs to a connector that is gone" },
    [CARE_ORPHAN] = { "", " belongs to a document that is gone", true },
    [CARE_ACCESS] = { "key of access control ", " is not in lastsync:keys" },
};

static void print_line(struct check *check, const char *word, struct str line)
{
    progress_clear(&check->progress);
    if (printf("%s: %.*s\n", word, STR_ARGS(line)) < 0 && !check->output_fault)
        check->output_fault = errno;
}

static void print_item(struct check *check, const char *word, const struct care_item *item)
{
    struct arena *arena = check->session.arena;
    struct str key = sentences[item->kind].names_key ? session_quote(item->key, arena) : STR("");
    struct str id = item->kind == CARE_ORPHAN ? STR("") : session_quote(item->id, arena);

    print_line(check, word,
               arena_format(arena, "%.*s%s%.*s%s", STR_ARGS(key), sentences[item->kind].before,
                            STR_ARGS(id), sentences[item->kind].behind));
}

/* Reports a fault that needs no further look. */
static void print_wrong(struct check *check, struct str line)
{
    check->wrong++;
    print_line(check, "wrong", line);
}

/* ---- looking, and looking again ---- */

/* Runs an ask for each item in one pipeline, and keeps the items that are FOUND. */
static size_t run_all(struct check *check, struct care_item *items, size_t count,
                      void (*operation)(struct ask *ask, const struct care_item *item))
{
    struct session *session = &check->session;
    struct ask *asks = arena_take(session->arena, (count + 1) * sizeof *asks);
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        session_ask(session, &asks[i]);
        operation(&asks[i], &items[i]);
        store_send(session->store, &asks[i]);
    }
    while (store_pending(session->store))
        store_flush(session->store);
    for (size_t i = 0; i < count; i++) {
        if (asks[i].outcome == AWAY || asks[i].outcome == FAULTY ||
            (outcome_sentence(asks[i].outcome).ptr && asks[i].outcome != OUTDATED))
            check->trouble = asks[i].outcome;
        if (asks[i].outcome == FOUND)
            items[kept++] = items[i];
    }
    return kept;
}

static bool any_may_pass(const struct care_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (care_may_pass(items[i].kind))
            return true;
    return false;
}

static size_t look_again(struct check *check, struct care_item *items, size_t count)
{
    for (size_t i = 0; i < sizeof waits / sizeof waits[0] && any_may_pass(items, count); i++) {
        (void)poll(NULL, 0, waits[i]);
        count = run_all(check, items, count, care_look);
        arena_reset(check->session.arena);
    }
    return count;
}

static bool is_same(const struct care_item *a, const struct care_item *b)
{
    return a->kind == b->kind && str_equal(a->key, b->key) && str_equal(a->id, b->id);
}

static void mend(struct check *check, size_t count)
{
    struct care_item *items = check->suspects;
    struct care_item *left = arena_take(check->suspects_arena, (count + 1) * sizeof *left);
    size_t left_count, at = 0;

    memcpy(left, items, count * sizeof *left);
    (void)run_all(check, left, count, care_mend);
    arena_reset(check->session.arena);
    left_count = look_again(check, left, run_all(check, left, count, care_look));
    check->wrong += count;
    for (size_t i = 0; i < count; i++) {
        bool wrong = at < left_count && is_same(&items[i], &left[at]);

        at += wrong;
        check->fixed += !wrong;
        print_item(check, wrong ? "wrong" : "fixed", &items[i]);
    }
}

/* With several shards, a name that an interrupted request has left reserved is not a fault: the
 * next request for it finds that no connector has it, and takes it. */
static void count_suspect(struct check *check, const struct care_item *item)
{
    bool is_left = item->kind == CARE_HOLDER && check->session.settings.shards > 1;

    check->wrong += !is_left;
    check->notes += is_left;
    print_item(check, is_left ? "note" : "wrong", item);
}

/* Looks at all suspects until each is known to be right or wrong. */
static void settle(struct check *check)
{
    size_t count = look_again(check, check->suspects, check->suspect_count);

    check->suspect_count = 0;
    if (goes_on(check) && count && check->options.fix)
        mend(check, count);
    else
        for (size_t i = 0; i < count; i++)
            count_suspect(check, &check->suspects[i]);
    arena_reset(check->session.arena);
    arena_reset(check->suspects_arena);
}

static void add_suspect(struct check *check, const struct care_item *item)
{
    struct arena *arena = check->suspects_arena;

    /* A scan may give a member twice. */
    for (size_t i = 0; i < check->suspect_count; i++)
        if (is_same(&check->suspects[i], item))
            return;
    check->suspects[check->suspect_count++] = (struct care_item){ item->kind,
                                                                  item->shard,
                                                                  arena_copy(arena, item->key),
                                                                  arena_copy(arena, item->id),
                                                                  arena_copy(arena, item->owner),
                                                                  arena_copy(arena, item->status),
                                                                  item->score };
    if (check->suspect_count == SUSPECTS_MAX)
        settle(check);
}

/* Looks at the items that were added. */
static void look(struct check *check)
{
    size_t count = run_all(check, check->items, check->item_count, care_look);

    check->item_count = 0;
    for (size_t i = 0; i < count && goes_on(check); i++) {
        if (care_can_mend(check->items[i].kind)) {
            add_suspect(check, &check->items[i]);
            continue;
        }
        check->notes++;
        print_item(check, "note", &check->items[i]);
    }
    arena_reset(check->session.arena);
}

static void add_item(struct check *check, struct care_item item)
{
    if (check->item_count == ITEMS_MAX)
        look(check);
    check->items[check->item_count++] = item;
}

/* ---- documents ---- */

/* Computes the score from the job's type and time; the job's places must have it. */
static void judge_job(struct check *check, const struct whole *whole)
{
    struct care_item item = { CARE_JOB, .id = whole->id };
    struct ask ask;

    if (!sync_job_score(whole_value(whole, sync_job_names[JOB_TYPE]),
                        whole_value(whole, sync_job_names[JOB_CREATED_AT]), &item.score))
        return;
    ask_open(&ask, check->items_arena, &check->session.settings);
    item.key = key_sync_job(&ask, whole->id);
    item.shard = key_shard(&ask, whole->id);
    add_item(check, item);
}

static void judge_whole(struct check *check, const struct whole *whole)
{
    struct arena *arena = check->session.arena;
    struct str fault = readable_fault(whole, arena), id = session_quote(whole->id, arena);
    const char *what = whole->kind == WHOLE_CONNECTOR ? "connector" : "sync job";
    struct str owner = whole_value(whole, sync_job_names[JOB_CONNECTOR_ID]);

    if (fault.ptr)
        print_wrong(check, arena_format(arena, "%s %.*s: its field %.*s cannot be read", what,
                                        STR_ARGS(id), STR_ARGS(session_quote(fault, arena))));
    else if (!whole_is_complete(whole))
        print_wrong(check,
                    arena_format(arena, "%s %.*s lacks required fields", what, STR_ARGS(id)));
    if (whole->kind != WHOLE_SYNC_JOB || !owner.ptr)
        return;
    add_item(check, (struct care_item){ CARE_OWNER, .key = arena_copy(check->items_arena, owner),
                                        .id = whole->id });
    judge_job(check, whole);
}

/* Reads documents, and checks their fields. */
static void judge_wholes(struct check *check, struct whole *wholes, size_t count)
{
    struct session *session = &check->session;
    struct ask asks[WHOLES_AT_ONCE];

    session_read_wholes(session, wholes, asks, count);
    for (size_t i = 0; i < count; i++) {
        if (asks[i].outcome == AWAY)
            check->trouble = AWAY;
        else if (asks[i].outcome == FOUND)
            judge_whole(check, &wholes[i]);
        else if (asks[i].outcome == FAULTY)
            print_wrong(check, arena_format(session->arena, "%.*s cannot be read",
                                            STR_ARGS(line_name(&wholes[i], session->arena))));
    }
    arena_reset(session->arena);
}

/* ---- keys ---- */

/* Items of a set's members. */
static void check_members(struct check *check, const struct care_item *pattern)
{
    struct session *session = &check->session;
    struct scan scan = { .ended = false };
    struct ask ask;

    while (!scan.ended && goes_on(check)) {
        ask_open(&ask, check->items_arena, &session->settings);
        scan_members(&ask, pattern->key, &scan);
        if (command_await(session->store, &ask) != FOUND) {
            check->trouble = ask.outcome;
            return;
        }
        for (size_t i = 0; i < scan.count; i++) {
            struct care_item item = *pattern;

            item.id = scan.found[i].text;
            add_item(check, item);
        }
        look(check);
        arena_reset(check->items_arena);
    }
}

/* The sets in a page of keys. Their members are read once the page is done. */
struct page {
    struct ask ask;
    struct care_item sets[SCAN_PAGE];
    struct whole wholes[WHOLES_AT_ONCE];
    size_t set_count, whole_count;
};

static void add_whole(struct check *check, struct page *page, enum whole_kind kind, struct str id)
{
    page->wholes[page->whole_count++] = (struct whole){ .kind = kind, .id = id };
    if (page->whole_count < WHOLES_AT_ONCE)
        return;
    judge_wholes(check, page->wholes, page->whole_count);
    page->whole_count = 0;
}

static void check_key(struct check *check, struct page *page, struct str key,
                      const struct key_parts *parts)
{
    static const struct str any = { NULL, 0 };
    static const enum care_kind of_connectors[] = { CARE_CONNECTOR, CARE_STATE, CARE_NAME };
    struct care_item item = {
        .shard = parts->shard, .key = key, .id = parts->name, .owner = any, .status = any
    };

    switch (parts->kind) {
    case KEY_CONNECTOR:
        check->connectors++;
        for (size_t i = 0; i < sizeof of_connectors / sizeof of_connectors[0]; i++) {
            item.kind = of_connectors[i];
            add_item(check, item);
        }
        add_whole(check, page, WHOLE_CONNECTOR, parts->name);
        return;
    case KEY_SYNC_JOB:
        check->jobs++;
        add_whole(check, page, WHOLE_SYNC_JOB, parts->name);
        return;
    case KEY_CONNECTOR_SECRETS:
    case KEY_SYNCS:
    case KEY_DAYS:
        item.kind = CARE_ORPHAN;
        item.id = key_connector(&page->ask, parts->name);
        break;
    case KEY_SYNC_JOB_SECRETS:
        item.kind = CARE_ORPHAN;
        item.id = key_sync_job(&page->ask, parts->name);
        break;
    case KEY_NAME_TOKEN:
        item.kind = CARE_ORPHAN;
        item.id = key_index_name(&page->ask, parts->name);
        break;
    case KEY_INDEX_NAME:
        item.kind = CARE_HOLDER;
        break;
    case KEY_ACCESS:
        check->access_keys++;
        item.kind = CARE_ACCESS;
        break;
    default:
        return;
    }
    add_item(check, item);
}

/* Remembers a sorted set; false if the key is not one. */
static bool add_set(struct page *page, struct str key, const struct key_parts *parts)
{
    struct care_item item = { .shard = parts->shard, .key = key, .status = parts->status };

    switch (parts->kind) {
    case KEY_CONNECTORS:
        item.kind = CARE_LISTED;
        break;
    case KEY_DIRECTORY:
        item.kind = CARE_ENTRY;
        break;
    case KEY_STANDINGS:
    case KEY_SUCCESSES:
    case KEY_MUTED:
        item.kind = CARE_LIVE;
        break;
    case KEY_CONNECTOR_JOBS:
        item.owner = parts->name;
        item.kind = CARE_LISTED_JOB;
        break;
    case KEY_ALL_JOBS:
        item.kind = CARE_LISTED_JOB;
        break;
    default:
        return false;
    }
    page->sets[page->set_count++] = item;
    return true;
}

static void check_page(struct check *check, struct page *page, const struct scan *scan, size_t from)
{
    page->set_count = page->whole_count = 0;
    for (size_t i = from; i < scan->count && i < from + SCAN_PAGE; i++) {
        struct str key = scan->found[i].text, type = scan->found[i].type;
        struct key_parts parts = key_read(&page->ask, key);
        struct arena *arena = check->session.arena;

        if (parts.kind == KEY_OTHER || str_equal(type, STR("none")))
            continue;
        if (!str_equal(type, key_type(parts.kind)))
            print_wrong(check, arena_format(arena, "%.*s is a %.*s, and should be a %.*s",
                                            STR_ARGS(session_quote(key, arena)), STR_ARGS(type),
                                            STR_ARGS(key_type(parts.kind))));
        else if (!add_set(page, key, &parts))
            check_key(check, page, key, &parts);
    }
    judge_wholes(check, page->wholes, page->whole_count);
    look(check);
    arena_reset(check->items_arena);
    for (size_t i = 0; i < page->set_count && goes_on(check); i++)
        check_members(check, &page->sets[i]);
}

static void check_keys(struct check *check)
{
    static struct page page;
    struct arena *arena = arena_new();
    struct scan scan = { .ended = false };
    uint64_t done = 0;

    while (!scan.ended && goes_on(check)) {
        ask_open(&page.ask, arena, &check->session.settings);
        scan_keys(&page.ask, &scan);
        if (command_await(check->session.store, &page.ask) != FOUND) {
            check->trouble = page.ask.outcome;
            break;
        }
        for (size_t from = 0; from < scan.count && goes_on(check); from += SCAN_PAGE)
            check_page(check, &page, &scan, from);
        done += scan.count;
        progress_show(&check->progress, done);
        arena_reset(arena);
    }
    if (goes_on(check))
        settle(check);
    arena_free(arena);
}

/* ---- counts of service types ---- */

static int by_name(const void *left, const void *right)
{
    const struct pair *a = left, *b = right;

    return str_compare(a->name, b->name);
}

/* Gives the service type in a member of the directory; empty for a deleted connector. */
static struct str type_in(struct str entry)
{
    bool deleted = entry.len && entry.ptr[0] == DIRECTORY_DELETED;

    (void)str_take(&entry, '\0');
    if (entry.ptr)
        (void)str_take(&entry, '\0');
    return entry.ptr && !deleted ? str_take(&entry, '\0') : STR("");
}

/* Counts the types of a shard in its directory: pairs of a type and its number. */
static struct pair *count_types(struct check *check, struct arena *arena, struct str key,
                                size_t *count)
{
    struct scan scan = { .ended = false };
    struct pair *pairs = arena_take(arena, sizeof *pairs);
    size_t room = 1, kept = 0;
    struct ask ask;

    *count = 0;
    while (!scan.ended && goes_on(check)) {
        ask_open(&ask, check->items_arena, &check->session.settings);
        scan_members(&ask, key, &scan);
        if (command_await(check->session.store, &ask) != FOUND)
            check->trouble = ask.outcome;
        for (size_t i = 0; i < scan.count && goes_on(check); i++) {
            struct str type = type_in(scan.found[i].text);

            if (!type.len)
                continue;
            if (*count == room) {
                pairs = arena_grow(arena, pairs, room * sizeof *pairs, 2 * room * sizeof *pairs);
                room *= 2;
            }
            pairs[(*count)++].name = arena_copy(arena, type);
        }
        arena_reset(check->items_arena);
    }
    if (*count)
        qsort(pairs, *count, sizeof *pairs, by_name);
    for (size_t i = 0; i < *count;) {
        size_t same = i;

        while (same < *count && str_equal(pairs[same].name, pairs[i].name))
            same++;
        pairs[kept++] = (struct pair){ pairs[i].name, arena_format(arena, "%zu", same - i) };
        i = same;
    }
    *count = kept;
    return pairs;
}

/* Gives UPDATED if the counts of a shard were wrong and are mended, FOUND if they are wrong. */
static enum outcome compare_types(struct check *check, struct arena *arena, unsigned shard,
                                  bool fix)
{
    struct care_types types = { .shard = shard, .fix = fix };
    struct ask ask;

    ask_open(&ask, arena, &check->session.settings);
    care_read_types(&ask, &types);
    if (command_await(check->session.store, &ask) != FOUND) {
        check->trouble = ask.outcome;
        return NOOP;
    }
    types.counted = count_types(check, arena, key_directory(&ask, shard), &types.counted_count);
    if (!goes_on(check))
        return NOOP;
    ask_open(&ask, arena, &check->session.settings);
    care_types(&ask, &types);
    if (command_await(check->session.store, &ask) != NOOP && ask.outcome != FOUND &&
        ask.outcome != UPDATED)
        check->trouble = ask.outcome;
    return ask.outcome;
}

/* Counts twice, as writes that cancel out may leave the stored counts as they were before the
 * counting, and the counted ones wrong. */
static void check_types_of(struct check *check, struct arena *arena, unsigned shard)
{
    enum outcome outcome = compare_types(check, arena, shard, false);

    if (outcome == FOUND)
        outcome = compare_types(check, arena, shard, check->options.fix);
    if (outcome != FOUND && outcome != UPDATED)
        return;
    check->wrong++;
    check->fixed += outcome == UPDATED;
    print_line(check, outcome == UPDATED ? "fixed" : "wrong",
               STR("service_types does not count what the directory lists"));
}

static void check_types(struct check *check)
{
    struct arena *arena = arena_new();
    struct ask ask;

    session_ask(&check->session, &ask);
    for (unsigned shard = 0; shard < key_shards(&ask) && goes_on(check); shard++) {
        check_types_of(check, arena, shard);
        arena_reset(arena);
    }
    arena_free(arena);
}

/* ---- the first version of the schema ---- */

/* Rewrites a document in this version of the schema. It can be repeated. */
static void upgrade_document(struct check *check, struct whole *whole)
{
    struct session *session = &check->session;
    struct ask ask;

    session_ask(session, &ask);
    whole_read(&ask, whole);
    if (command_await(session->store, &ask) == FOUND && whole_is_complete(whole)) {
        (void)whole_upgrade(whole, session->arena);
        session_ask(session, &ask);
        whole_write(&ask, whole);
        (void)command_await(session->store, &ask);
    }
    if (ask.outcome == TAKEN)
        print_wrong(check,
                    arena_format(session->arena, "%.*s: another connector has its index name",
                                 STR_ARGS(line_name(whole, session->arena))));
    if (whole->kind == WHOLE_CONNECTOR && ask.outcome != TAKEN && ask.outcome != AWAY &&
        ask.outcome != FAULTY) {
        session_ask(session, &ask);
        connector_settle(&ask, whole->id);
        (void)command_await(session->store, &ask);
    }
    if (ask.outcome == AWAY || ask.outcome == FAULTY)
        check->trouble = ask.outcome;
    arena_reset(session->arena);
}

/* What an upgrade does with a key: it removes keys that this version does not have, or rebuilds. */
static void upgrade_key(struct check *check, struct ask *page, struct str key, bool keys_go)
{
    struct key_parts parts = key_read(page, key);
    struct whole whole = { .id = parts.name };
    struct ask ask;

    switch (parts.kind) {
    case KEY_CONNECTOR:
    case KEY_SYNC_JOB:
        whole.kind = parts.kind == KEY_CONNECTOR ? WHOLE_CONNECTOR : WHOLE_SYNC_JOB;
        if (!keys_go)
            upgrade_document(check, &whole);
        break;
    case KEY_INDEX_NAME:
    case KEY_CLAIMS:
    case KEY_LOOK:
    case KEY_SERVICE_TYPES:
        if (!keys_go)
            break;
        session_ask(&check->session, &ask);
        care_remove(&ask, key);
        if (command_await(check->session.store, &ask) != DELETED)
            check->trouble = ask.outcome;
        break;
    default:
        break;
    }
}

static void upgrade_keys(struct check *check, bool keys_go)
{
    struct arena *arena = arena_new();
    struct scan scan = { .ended = false };
    uint64_t done = 0;
    struct ask ask;

    while (!scan.ended && goes_on(check)) {
        ask_open(&ask, arena, &check->session.settings);
        scan_keys(&ask, &scan);
        if (command_await(check->session.store, &ask) != FOUND)
            check->trouble = ask.outcome;
        for (size_t i = 0; i < scan.count && goes_on(check); i++)
            upgrade_key(check, &ask, scan.found[i].text, keys_go);
        done += scan.count;
        progress_show(&check->progress, done);
        arena_reset(arena);
    }
    arena_free(arena);
}

/* Types are counted when they change, so those of upgraded documents must be counted here. */
static void upgrade_types(struct check *check)
{
    struct arena *arena = arena_new();

    if (goes_on(check))
        (void)compare_types(check, arena, 0, check->options.fix);
    arena_free(arena);
}

/* Writes the version of the data. */
static void mark(struct check *check, struct str version, struct str sentence)
{
    struct ask ask;

    session_ask(&check->session, &ask);
    schema_mark(&ask, version);
    if (command_await(check->session.store, &ask) == AWAY || ask.outcome == FAULTY)
        check->trouble = ask.outcome;
    check->fixed += ask.outcome == UPDATED;
    print_line(check, ask.outcome == UPDATED ? "fixed" : "wrong", sentence);
}

/* Upgrades data of the first version: first it removes all keys other than documents, then it
 * rewrites each document. If it is interrupted, it starts again from the beginning. */
static void upgrade(struct check *check)
{
    upgrade_keys(check, true);
    upgrade_keys(check, false);
    upgrade_types(check);
}

/* Data without a version are of the first version, or have lost their version. */
static enum outcome judge_version(struct check *check, struct str version)
{
    struct ask ask;

    if (version.ptr)
        return schema_judge(version) == OUTDATED ? FOUND : MISSING;
    session_ask(&check->session, &ask);
    care_look_for_data(&ask);
    return command_await(check->session.store, &ask);
}

/* True if the data have this version, or have been upgraded to it. */
static bool check_version(struct check *check, struct str version)
{
    enum outcome found = judge_version(check, version);
    struct str sentence = found == FOUND ? outcome_sentence(OUTDATED)
                                         : STR("the data does not say its version, which is this "
                                               "one");

    if (found == MISSING)
        return true;
    if (found != FOUND && found != NOOP) {
        check->trouble = found;
        return false;
    }
    check->wrong++;
    if (!check->options.fix) {
        print_line(check, "wrong", sentence);
        return found == NOOP;
    }
    if (found == FOUND)
        upgrade(check);
    if (goes_on(check))
        mark(check, version, sentence);
    return goes_on(check) && check->fixed == check->wrong;
}

static void check_all(struct check *check)
{
    struct str version;
    struct ask ask;
    char room[24];

    session_ask(&check->session, &ask);
    schema_read(&ask, &version);
    if (command_await(check->session.store, &ask) != FOUND) {
        check->trouble = ask.outcome;
        return;
    }
    if (version.ptr) {
        (void)snprintf(room, sizeof room, "%.*s", STR_ARGS(version));
        version = str_from(room);
    }
    arena_reset(check->session.arena);
    if (!check_version(check, version))
        return;
    check_keys(check);
    if (goes_on(check))
        check_types(check);
}

/* ---- the command ---- */

static int sum_up(struct check *check)
{
    progress_clear(&check->progress);
    if (check->trouble != ASKING)
        return command_fail_store(check->trouble);
    (void)printf("%llu connectors, %llu sync jobs, %llu keys of access control: %llu wrong, %llu "
                 "of them fixed; %llu notes\n",
                 (unsigned long long)check->connectors, (unsigned long long)check->jobs,
                 (unsigned long long)check->access_keys, (unsigned long long)check->wrong,
                 (unsigned long long)check->fixed, (unsigned long long)check->notes);
    if (fflush(stdout) && !check->output_fault)
        check->output_fault = errno;
    if (check->output_fault)
        return command_fail_output(check->output_fault);
    return check->wrong == check->fixed ? COMMAND_DONE : COMMAND_FAILED;
}

static int run(struct check *check)
{
    int status = session_measure(&check->session, &check->keys);

    if (status)
        return status;
    check->progress = progress_begin("keys", check->keys);
    check_all(check);
    return sum_up(check);
}

int check_run(int count, char **arguments)
{
    static const struct option rows[] = {
        { "fix", OPTION_FLAG, offsetof(struct check_options, fix), "false",
          "mend the faults that can be mended" },
    };
    static const struct option_table table = { rows, 1 };
    static struct check check;
    struct command_line line = {
        .usage = "check [option ...]",
        .help = "Compares the indexes in Redis with the documents, while the service runs. Exits "
                "with 0\nif nothing is wrong, or all of it was fixed, and with 1 otherwise.",
        .own = &table,
        .own_place = &check.options
    };
    enum config_result result = config_read_command(&check.session.config, &line, count, arguments);
    int status;

    if (result != CONFIG_READ)
        return config_status(result);
    session_open(&check.session, SCHEMA_REPAIRED);
    check.items_arena = arena_new();
    check.suspects_arena = arena_new();
    status = run(&check);
    arena_free(check.items_arena);
    arena_free(check.suspects_arena);
    session_close(&check.session);
    return status;
}
